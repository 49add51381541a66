//! What a database's words mean for whoever runs it.

/// A part of the database's words, and what to do.
const CAUSES: &[(&str, &str)] = &[
    (
        "server does not support TLS",
        "the server has no TLS: switch it on there (ssl = on), or use sslmode=prefer inside one machine",
    ),
    (
        "no encryption",
        "the server takes connections by TLS only: use sslmode=require or verify-full",
    ),
    ("SSL off", "the server takes connections by TLS only: use sslmode=require or verify-full"),
    (
        "SSL encryption",
        "the server takes no connections by TLS from here: use sslmode=disable, or a hostssl line in its pg_hba.conf",
    ),
    (
        "BadSignature",
        "no known authority signed the server's certificate: the one in sslrootcert has the same name and another key",
    ),
    ("UnknownIssuer", "no known authority signed the server's certificate: give sslrootcert=FILE"),
    (
        "NotValidForName",
        "the server's certificate is for another host: use the host that it names, or sslmode=verify-ca",
    ),
    (
        "not valid for name",
        "the server's certificate is for another host: use the host that it names, or sslmode=verify-ca",
    ),
    (
        "CaUsedAsEndEntity",
        "the server shows an authority's own certificate: make it one for the host, with basicConstraints=CA:FALSE",
    ),
    ("Expired", "the server's certificate is over"),
    (
        "requires a valid client certificate",
        "the server wants a certificate of ours: give sslcert and sslkey",
    ),
    ("CertificateRequired", "the server wants a certificate of ours: give sslcert and sslkey"),
    (
        "does not allow writes",
        "the server is a standby: name every host, with target_session_attrs=read-write",
    ),
    ("password authentication failed", "look at user and password in database.url"),
    (
        "prepared statement",
        "a pooler in transaction mode lost a prepared statement: PgBouncer 1.21 or later with max_prepared_statements = 200, or pool_mode = session",
    ),
];

/// The database's words, with what to do where that is known; once, however often it is asked.
pub(crate) fn explained(words: &str) -> String {
    match CAUSES.iter().find(|(part, _)| words.contains(part)) {
        Some((_, remedy)) if !words.contains(remedy) => format!("{words} ({remedy})"),
        _ => words.to_owned(),
    }
}

/// Whether the database takes no writes now, for whatever reason (RB-09): what to do.
pub(crate) fn takes_no_writes(words: &str) -> Option<&'static str> {
    const REASONS: &[(&str, &str)] = &[
        ("readonly database", "the database file or its folder may not be written to by this user"),
        (
            "read-only transaction",
            "the server is read-only, perhaps a standby: name every host, with target_session_attrs=read-write",
        ),
        ("database or disk is full", "the disk of the database is full"),
        ("No space left on device", "the disk of the database is full"),
        ("disk I/O error", "the disk of the database fails, or is full"),
    ];
    REASONS.iter().find(|(part, _)| words.contains(part)).map(|(_, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_explained_and_the_rest_stays() {
        assert!(
            explained("error performing TLS handshake: invalid peer certificate: UnknownIssuer")
                .ends_with("give sslrootcert=FILE)")
        );
        assert!(explained("no pg_hba.conf entry for host \"127.0.0.1\", user \"u\", database \"x\", no encryption").contains("sslmode=require"));
        assert!(
            explained("prepared statement \"s1\" does not exist")
                .contains("max_prepared_statements"),
            "FR-61"
        );
        let once = explained("prepared statement \"s1\" does not exist");
        assert_eq!(explained(&once), once);
        assert_eq!(
            crate::Error::unavailable(
                "creating an object: prepared statement \"s22\" does not exist"
            )
            .to_string()
            .matches("max_prepared_statements")
            .count(),
            1,
            "FR-61: also where the pool of connections met it"
        );
        assert_eq!(explained("something else"), "something else");
        assert_eq!(takes_no_writes("something else"), None);
        assert!(
            takes_no_writes("cannot execute UPDATE in a read-only transaction")
                .is_some_and(|r| r.contains("read-write"))
        );
    }
}
