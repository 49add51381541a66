//! What a directory that a stranger runs answers to a search, and filters with what a stranger typed.
#![allow(clippy::unwrap_used, reason = "what is asserted may panic")]
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::FutureExt;
use ldap3_proto::proto::{LdapFilter, LdapSearchRequest};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    connection::Connection,
    entry::{assertion, texts},
    filter::Template,
    subtree,
};
use crate::settings::LdapSettings;

/// What a server has sent already; what it is sent goes nowhere.
struct Sent(io::Cursor<Vec<u8>>);

impl AsyncRead for Sent {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let most = into.initialize_unfilled();
        let read = io::Read::read(&mut self.0, most)?;
        into.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Sent {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(data.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The answer to a search, byte for byte as it comes from the socket. Where the input is text, its first line is a filter
/// with a place, and the rest what somebody typed.
pub fn directory(data: &[u8]) {
    answers(data);
    if let Some((filter, typed)) =
        std::str::from_utf8(data).ok().and_then(|text| text.split_once('\n'))
    {
        filled(filter, typed);
    }
}

fn answers(data: &[u8]) {
    let settings = LdapSettings {
        subject_attribute: "entryUUID".into(),
        email_attribute: "mail".into(),
        name_attribute: "cn".into(),
        username_attribute: "uid".into(),
        wanted_attributes: vec!["department".into(), "memberOf".into()],
        ..LdapSettings::default()
    };
    let request = subtree("dc=corp,dc=test", LdapFilter::Present("uid".into()), vec!["*".into()]);
    let mut open = Connection::over(Box::new(Sent(io::Cursor::new(data.to_vec()))));
    let search = open.search(LdapSearchRequest { sizelimit: 2, ..request }, 500, true);
    let Ok(found) = search.now_or_never().unwrap() else { return };
    assert!(found.len() <= 500);
    for key in ["entryUUID", "objectGUID"] {
        let settings = LdapSettings { subject_attribute: key.into(), ..settings.clone() };
        for entry in &found {
            let groups = texts(entry, "memberOf");
            assert!(groups.len() <= 50 && groups.iter().all(|one| one.len() <= 2000));
            let Ok(person) = assertion(&settings, entry, Some(groups), 1) else { continue };
            let key = person.subject;
            assert!(
                (1..=255).contains(&key.len()) && !key.chars().any(char::is_control),
                "{key:?}"
            );
            assert!(!person.email_verified, "the directory does not vouch for addresses");
        }
    }
}

/// A filter without its values.
fn shape(filter: &LdapFilter) -> String {
    let all = |filters: &[LdapFilter]| filters.iter().map(shape).collect::<Vec<_>>().join(",");
    match filter {
        LdapFilter::And(filters) => format!("and[{}]", all(filters)),
        LdapFilter::Or(filters) => format!("or[{}]", all(filters)),
        LdapFilter::Not(one) => format!("not[{}]", shape(one)),
        LdapFilter::Equality(name, _) => format!("{name}="),
        LdapFilter::GreaterOrEqual(name, _) => format!("{name}>"),
        LdapFilter::LessOrEqual(name, _) => format!("{name}<"),
        LdapFilter::Approx(name, _) => format!("{name}~"),
        LdapFilter::Present(name) => format!("{name}=*"),
        LdapFilter::Substring(name, parts) => {
            let (initial, end) = (parts.initial.is_some(), parts.final_.is_some());
            format!("{name}={initial}*{}*{end}", parts.any.len())
        }
        LdapFilter::Extensible(rule) => format!("{:?}:{:?}", rule.type_, rule.matching_rule),
    }
}

/// Whatever is typed, the filter that is sent has the shape of the one that an administrator wrote.
fn filled(text: &str, typed: &str) {
    let Some(template) = Template::new(text, &["login"]) else { return };
    let (quiet, filled) =
        (template.filled(&[("login", "x")]), template.filled(&[("login", typed)]));
    assert_eq!(shape(&quiet), shape(&filled));
}
