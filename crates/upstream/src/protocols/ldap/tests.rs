//! The directory against a small server on loopback that speaks LDAP, and against servers that do not.
use std::{collections::BTreeMap, time::Duration};

use rehearsal::directory::{Directory as Server, Entry, sample};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::{Assertion, Found, SafeHttpOptions, Settings, connector, presets};

const NOW: domain::Micros = 1_800_000_000 * domain::SECOND;

fn guard(timeout: Duration) -> SafeHttpClient {
    let options = SafeHttpOptions { allow_private: true, timeout, ..SafeHttpOptions::default() };
    SafeHttpClient::new(options).unwrap()
}

/// The settings of a preset for a server of these tests.
fn settings(key: &str, port: u16) -> LdapSettings {
    let preset = presets::choices().find(|preset| preset.key == key).unwrap();
    let typed = BTreeMap::from([("directory", "dc1.example.test")]);
    let Settings::Ldap(settings) = preset.settings("", &typed) else { panic!() };
    assert_eq!(
        settings.servers,
        ["ldaps://dc1.example.test"],
        "encrypted unless somebody says otherwise"
    );
    LdapSettings {
        servers: vec![format!("ldap://127.0.0.1:{port}")],
        bind_dn: "cn=reader,dc=example,dc=test".into(),
        base_dn: "dc=example,dc=test".into(),
        plain: true,
        ..settings
    }
}

async fn asked(
    settings: LdapSettings,
    login: &str,
    password: &str,
) -> Result<PasswordAnswer, UpstreamError> {
    let secret = SecretString::from("reader-password");
    let connector = connector(Settings::Ldap(settings), secret, guard(Duration::from_secs(60)));
    let SignInWay::Password(way) = connector.way() else { panic!() };
    way.password(login, &password.into(), NOW).await
}

async fn right(settings: LdapSettings, login: &str, password: &str) -> Assertion {
    match asked(settings, login, password).await.unwrap() {
        PasswordAnswer::Right(assertion) => *assertion,
        PasswordAnswer::Wrong(why) => panic!("{why}"),
    }
}

async fn wrong(settings: LdapSettings, login: &str, password: &str) -> String {
    match asked(settings, login, password).await.unwrap() {
        PasswordAnswer::Wrong(why) => why.to_string(),
        PasswordAnswer::Right(_) => panic!("{login} got in"),
    }
}

#[tokio::test]
async fn a_person_of_the_directory_shows_who_they_are_by_user_name_or_address() {
    let server = Server::serve(0, sample()).await.unwrap();
    for login in ["anna", "ANNA", " anna ", "anna@example.test"] {
        let anna = right(settings("openldap", server.port), login, "anna-password").await;
        assert_eq!(anna.subject, "0d6f1c1e-8a53-4d5e-9a0e-1c7a4a3b2f01");
        assert_eq!(
            (anna.email.as_deref(), anna.email_verified),
            (Some("anna@example.test"), false)
        );
        assert_eq!((anna.name.as_deref(), anna.auth_at), (Some("Anna Berg"), Some(NOW)));
        assert_eq!(
            anna.claims["groups"],
            serde_json::json!(["editors", "staff"]),
            "with groups of groups"
        );
    }
    let flat = LdapSettings { nested_groups: false, ..settings("openldap", server.port) };
    assert_eq!(
        right(flat, "anna", "anna-password").await.claims["groups"],
        serde_json::json!(["editors"])
    );
    let none = LdapSettings { group_filter: String::new(), ..settings("openldap", server.port) };
    assert!(!right(none, "anna", "anna-password").await.claims.contains_key("groups"));
}

#[tokio::test]
async fn whoever_does_not_know_the_password_gets_nowhere() {
    let server = Server::serve(0, sample()).await.unwrap();
    let of = || settings("openldap", server.port);
    assert!(right(of(), "anna", "anna-password").await.email.is_some());
    assert!(wrong(of(), "anna", "ben-password").await.contains("InvalidCredentials"));
    assert!(wrong(of(), "nobody", "anna-password").await.contains("finds nobody"));
    // Without its password the search account would be nobody, and nobody would hear of it.
    let connector =
        connector(Settings::Ldap(of()), String::new().into(), guard(Duration::from_secs(60)));
    let SignInWay::Password(way) = connector.way() else { panic!() };
    let unset = way.password("anna", &"anna-password".to_owned().into(), NOW).await.unwrap_err();
    assert!(unset.to_string().contains("search account: no password"), "{unset}");
    let before = server.asked().len();
    // An empty password would be a bind as nobody, which succeeds (RFC 4513 §5.1.2).
    for (login, password) in
        [("anna", ""), ("", "anna-password"), ("an\0na", "x"), ("anna", "a\0b")]
    {
        wrong(of(), login, password).await;
    }
    wrong(of(), &"a".repeat(2000), "x").await;
    assert_eq!(server.asked().len(), before, "nothing of it is asked of the directory");
    assert!(
        server.asked().iter().any(|a| a.starts_with("bind cn=ligature-nobody,")),
        "nobody takes the way of somebody"
    );
}

#[tokio::test]
async fn what_is_typed_is_a_name_and_no_part_of_a_search() {
    let mut people = sample();
    people.push(Entry::new(
        "uid=zoe \\28ops\\29\\2C jr,ou=people,dc=example,dc=test",
        "pä$$ wörd",
        &[("objectClass", "person"), ("uid", "zoë (ops), jr*"), ("entryUUID", "z-1")],
    ));
    let server = Server::serve(0, people).await.unwrap();
    let of = || settings("openldap", server.port);
    assert_eq!(right(of(), "zoë (ops), jr*", "pä$$ wörd").await.subject, "z-1");
    for injected in ["*", "ann*", "anna)(objectClass=*", "*)(uid=anna", "{login}", "\\61nna"] {
        assert!(
            wrong(of(), injected, "anna-password").await.contains("finds nobody"),
            "{injected}"
        );
    }
}

#[tokio::test]
async fn a_name_of_two_entries_is_nobodys() {
    let mut people = sample();
    people.push(Entry::new(
        "uid=anna,ou=guests,dc=example,dc=test",
        "guest-password",
        &[("objectClass", "person"), ("uid", "anna"), ("entryUUID", "g-1")],
    ));
    let server = Server::serve(0, people).await.unwrap();
    for password in ["anna-password", "guest-password"] {
        let why = wrong(settings("openldap", server.port), "anna", password).await;
        assert!(why.contains("several entries"), "{why}");
    }
    assert!(right(settings("openldap", server.port), "ben", "ben-password").await.email.is_some());
}

#[tokio::test]
async fn active_directory_is_asked_as_it_is_documented() {
    let person = |name: &str, flags: &str| {
        Entry::new(
            &format!("CN={name},CN=Users,dc=example,dc=test"),
            "right",
            &[
                ("objectCategory", "person"),
                ("objectClass", "user"),
                ("sAMAccountName", name),
                ("userPrincipalName", &format!("{name}@corp.test")),
                ("userAccountControl", flags),
                ("displayName", "Vera"),
                ("mail", "vera@corp.test"),
            ],
        )
        .with("objectGUID", b"\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff")
    };
    let server = Server::serve(
        0,
        vec![
            Entry::new("cn=reader,dc=example,dc=test", "reader-password", &[]),
            person("vera", "512"),
            person("gone", "514"),
            Entry::new(
                "CN=g,dc=example,dc=test",
                "",
                &[
                    ("objectClass", "group"),
                    ("cn", "Sales"),
                    ("member", "CN=vera,CN=Users,dc=example,dc=test"),
                ],
            ),
        ],
    )
    .await
    .unwrap();
    let of = || settings("active-directory", server.port);
    for login in ["vera", "vera@corp.test"] {
        let vera = right(of(), login, "right").await;
        assert_eq!(vera.subject, "00112233-4455-6677-8899-aabbccddeeff");
        assert_eq!(vera.claims["groups"], serde_json::json!(["Sales"]));
        assert_eq!(vera.claims["preferred_username"], "vera");
    }
    assert!(wrong(of(), "gone", "right").await.contains("finds nobody"), "a disabled account");
}

#[tokio::test]
async fn many_groups_come_page_by_page() {
    let mut all = sample();
    for n in 0..9 {
        all.push(Entry::new(
            &format!("cn=g{n},dc=example,dc=test"),
            "",
            &[
                ("objectClass", "groupOfNames"),
                ("cn", &format!("g{n}")),
                ("member", "uid=ben,ou=people,dc=example,dc=test"),
            ],
        ));
    }
    // One that holds itself, too.
    all.push(Entry::new(
        "cn=loop,dc=example,dc=test",
        "",
        &[
            ("objectClass", "groupOfNames"),
            ("cn", "loop"),
            ("member", "cn=loop,dc=example,dc=test"),
            ("member", "cn=g1,dc=example,dc=test"),
        ],
    ));
    let server = Server::serve(0, all).await.unwrap();
    let ben = right(settings("openldap", server.port), "ben", "ben-password").await;
    assert_eq!(
        ben.claims["groups"],
        serde_json::json!(["g0", "g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8", "loop", "staff"])
    );
}

#[tokio::test]
async fn the_next_server_is_asked_where_one_does_not_answer() {
    let server = Server::serve(0, sample()).await.unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let two = LdapSettings {
        servers: vec![format!("ldap://{closed}"), format!("ldap://127.0.0.1:{}", server.port)],
        ..settings("openldap", server.port)
    };
    assert!(right(two, "anna", "anna-password").await.email.is_some());
    let one = LdapSettings {
        servers: vec![format!("ldap://{closed}")],
        ..settings("openldap", server.port)
    };
    assert!(matches!(asked(one, "anna", "x").await, Err(UpstreamError::Down(_))));
}

#[tokio::test]
async fn a_test_says_which_part_of_a_directory_does_not_work() {
    let server = Server::serve(0, sample()).await.unwrap();
    let tried = async |settings: LdapSettings, secret: &str| {
        let connector = connector(
            Settings::Ldap(settings),
            secret.to_owned().into(),
            guard(Duration::from_secs(60)),
        );
        connector
            .check("", NOW)
            .await
            .into_iter()
            .map(|c| (c.part, matches!(c.found, Found::Works(_))))
            .collect::<Vec<_>>()
    };
    let of = || settings("openldap", server.port);
    let good = [(Part::Directory, true), (Part::SearchAccount, true)];
    assert_eq!(tried(of(), "reader-password").await, [good[0], good[1], (Part::Entries, true)]);
    assert_eq!(tried(of(), "other").await, [good[0], (Part::SearchAccount, false)]);
    for broken in [
        LdapSettings { base_dn: "dc=other,dc=test".into(), ..of() },
        LdapSettings { subject_attribute: "objectGUID".into(), ..of() },
        LdapSettings { login_filter: "(|(uid={login})(objectClass=person))".into(), ..of() },
    ] {
        assert_eq!(
            tried(broken, "reader-password").await,
            [good[0], good[1], (Part::Entries, false)]
        );
    }
    // A server that does no TLS is not talked to without.
    let encrypted = LdapSettings { plain: false, ..of() };
    assert_eq!(tried(encrypted, "reader-password").await, [(Part::Directory, false)]);
}

/// Shows OC-12 for directories: whatever a server sends, it costs no more than its time and some memory, and no panic.
#[tokio::test]
async fn oc_12_a_hostile_directory_is_given_up() {
    // A length of 2 GiB; nesting without an end; an answer to nothing; garbage; TLS.
    let deep: Vec<u8> = std::iter::repeat_n([0x30_u8, 0x80], 5000).flatten().collect();
    let mut nested = vec![0x30, 0x83, 0x00, 0x80, 0x00];
    nested.extend(std::iter::repeat_n([0x30_u8, 0x82, 0x40, 0x00], 2000).flatten());
    for lie in [
        b"\x30\x84\x7f\xff\xff\xff".to_vec(),
        deep,
        nested,
        b"\x30\x0c\x02\x01\x07\x61\x07\x0a\x01\x00\x04\x00\x04\x00".to_vec(),
        b"\x30\x05\x02\x01\x01\x61\x00".to_vec(),
        b"HTTP/1.1 200 OK\r\n\r\n".to_vec(),
        vec![0xff; 1 << 20],
        Vec::new(),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let lie = lie.clone();
                tokio::spawn(async move {
                    let mut first = [0; 16];
                    let _ = socket.read(&mut first).await;
                    let _ = socket.write_all(&lie).await;
                    // And then nothing more, with the line open.
                    std::future::pending::<()>().await;
                });
            }
        });
        let connector = connector(
            Settings::Ldap(settings("openldap", port)),
            "x".to_owned().into(),
            guard(Duration::from_millis(300)),
        );
        let SignInWay::Password(way) = connector.way() else { panic!() };
        let answer = way.password("anna", &"x".to_owned().into(), NOW).await;
        assert!(answer.is_err(), "{answer:?}");
        serving.abort();
    }
}

/// The header of a constructed value (X.690 §8.1.3.5), for a content of that length.
fn header(tag: u8, length: usize) -> Vec<u8> {
    let [.., a, b, c, d] = length.to_be_bytes();
    vec![tag, 0x84, a, b, c, d]
}

/// Shows OC-12 for directories: a message that is whole, and too large or too deep, is refused as it comes.
#[tokio::test]
async fn oc_12_a_message_that_is_too_large_or_too_deep_is_not_read() {
    // A bind that succeeds, with a remark of this length; one that nests as far as its size allows.
    let remark = |length: usize| {
        let mut op = vec![0x0a, 1, 0, 0x04, 0];
        op.extend(header(0x04, length));
        op.extend(vec![b'x'; length]);
        let mut message = vec![0x02, 1, 1];
        message.extend(header(0x61, op.len()));
        message.extend(op);
        [header(0x30, message.len()), message].concat()
    };
    let (mut headers, mut length) = (Vec::new(), 0);
    while length < 240 << 10 {
        headers.push(header(0x30, length));
        length += 6;
    }
    let deep = headers.into_iter().rev().flatten().collect();
    let answered = async |lie: Vec<u8>| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut first = [0; 16];
            let _ = socket.read(&mut first).await;
            let _ = socket.write_all(&lie).await;
            std::future::pending::<()>().await;
        });
        let guard = guard(Duration::from_secs(2));
        let connector =
            connector(Settings::Ldap(settings("openldap", port)), "x".to_owned().into(), guard);
        let SignInWay::Password(way) = connector.way() else { panic!() };
        let error = way.password("anna", &"x".to_owned().into(), NOW).await.unwrap_err();
        serving.abort();
        error.to_string()
    };
    // The good way: the bind is taken, and the server hangs at the search.
    let small = answered(remark(100)).await;
    assert!(small.contains("in time"), "{small}");
    for lie in [remark(600 << 10), deep] {
        let told = answered(lie).await;
        assert!(!told.contains("in time"), "{told}");
    }
}

/// Shows OC-11 for directories: a console cannot reach what an operator did not name.
#[tokio::test]
async fn oc_11_a_directory_inside_is_called_only_where_an_operator_named_it() {
    let server = Server::serve(0, sample()).await.unwrap();
    let ask = async |directories: &[String]| {
        let outside = crate::Outside::default().with_directories(directories);
        let guard = SafeHttpClient::through(SafeHttpOptions::default(), outside).unwrap();
        let connector = connector(
            Settings::Ldap(settings("openldap", server.port)),
            "reader-password".to_owned().into(),
            guard,
        );
        let SignInWay::Password(way) = connector.way() else { panic!() };
        way.password("anna", &"anna-password".to_owned().into(), NOW).await
    };
    assert!(matches!(ask(&["127.0.0.1".into()]).await, Ok(PasswordAnswer::Right(_))));
    let asked = server.asked().len();
    let refused = ask(&["ldap.example.test".into()]).await.unwrap_err();
    assert!(refused.to_string().contains("http_client.directories"), "{refused}");
    assert_eq!(server.asked().len(), asked, "not even a connection");
}
