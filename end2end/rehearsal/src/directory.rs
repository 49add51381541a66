//! A small directory that speaks LDAP (RFC 4511): entries in memory, simple binds, searches with filters and pages.
//! Without encryption, for loopback only.
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use futures_util::{SinkExt, StreamExt};
use ldap3_proto::{
    LdapCodec,
    control::LdapControl,
    proto::{
        LdapBindCred, LdapBindResponse, LdapFilter, LdapMsg, LdapOp, LdapPartialAttribute,
        LdapResult, LdapResultCode, LdapSearchRequest, LdapSearchResultEntry, LdapSearchScope,
    },
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::Framed;

/// An entry: its name, its password if it has one, its attributes.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    pub dn: String,
    pub password: String,
    pub attributes: Vec<(String, Vec<u8>)>,
}

impl Entry {
    #[must_use]
    pub fn new(dn: &str, password: &str, attributes: &[(&str, &str)]) -> Self {
        Self {
            dn: dn.into(),
            password: password.into(),
            attributes: attributes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
                .collect(),
        }
    }

    /// With a value that may be no text.
    #[must_use]
    pub fn with(mut self, name: &str, value: &[u8]) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    fn has(&self, name: &str, fits: impl Fn(&str) -> bool) -> bool {
        self.attributes.iter().any(|(known, value)| {
            known.eq_ignore_ascii_case(name) && fits(&String::from_utf8_lossy(value).to_lowercase())
        })
    }
}

/// A directory that runs. It ends with the process.
#[derive(Clone)]
pub struct Directory {
    pub port: u16,
    entries: Arc<Mutex<Vec<Entry>>>,
    /// Names that bound, and filters that were searched for, in order.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Directory {
    /// Serves entries at a port of loopback; 0: any.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn serve(port: u16, entries: Vec<Entry>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await?;
        let directory = Self {
            port: listener.local_addr()?.port(),
            entries: Arc::new(Mutex::new(entries)),
            asked: Arc::default(),
        };
        let serving = directory.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.talk(socket).await });
            }
        });
        Ok(directory)
    }

    /// What it was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().map(|asked| asked.clone()).unwrap_or_default()
    }

    /// Other entries from now on.
    pub fn set(&self, entries: Vec<Entry>) {
        if let Ok(mut there) = self.entries.lock() {
            *there = entries;
        }
    }

    fn note(&self, what: String) {
        if let Ok(mut asked) = self.asked.lock() {
            asked.push(what);
        }
    }

    async fn talk(&self, socket: TcpStream) {
        let mut framed = Framed::new(socket, LdapCodec::default());
        let mut bound = false;
        while let Some(Ok(message)) = framed.next().await {
            let answers = match message.op {
                LdapOp::BindRequest(asked) => {
                    let known = self.bind(&asked.dn, &asked.cred);
                    bound = known;
                    let res = if known {
                        LdapBindResponse::new_success("")
                    } else {
                        LdapBindResponse::new_invalidcredentials("", "")
                    };
                    vec![LdapMsg::new(message.msgid, LdapOp::BindResponse(res))]
                }
                LdapOp::SearchRequest(asked) => {
                    self.search(message.msgid, &asked, bound, &message.ctrl)
                }
                _ => return,
            };
            for answer in answers {
                if framed.send(answer).await.is_err() {
                    return;
                }
            }
        }
    }

    fn all(&self) -> Vec<Entry> {
        self.entries.lock().map(|entries| entries.clone()).unwrap_or_default()
    }

    fn bind(&self, dn: &str, cred: &LdapBindCred) -> bool {
        self.note(format!("bind {dn}"));
        let LdapBindCred::Simple(password) = cred else { return false };
        // A name with an empty password is nobody, and yet a success (RFC 4513 §5.1.2): the trap is the client's to avoid.
        password.is_empty()
            || self.all().iter().any(|e| {
                e.dn.eq_ignore_ascii_case(dn) && !e.password.is_empty() && e.password == *password
            })
    }

    fn search(
        &self,
        id: i32,
        asked: &LdapSearchRequest,
        bound: bool,
        controls: &[LdapControl],
    ) -> Vec<LdapMsg> {
        self.note(format!("search {:?}", asked.filter));
        let base = asked.base.to_lowercase();
        let below = |dn: &str| {
            let dn = dn.to_lowercase();
            dn == base || asked.scope != LdapSearchScope::Base && dn.ends_with(&format!(",{base}"))
        };
        let mut found: Vec<Entry> = self
            .all()
            .into_iter()
            .filter(|e| bound && below(&e.dn) && fits(&asked.filter, e))
            .collect();
        let limit = usize::try_from(asked.sizelimit).unwrap_or(0);
        let mut code = LdapResultCode::Success;
        if limit > 0 && found.len() > limit {
            found.truncate(limit);
            code = LdapResultCode::SizeLimitExceeded;
        }
        // The cookie is the number of entries that were given out.
        let page = controls.iter().find_map(|control| match control {
            LdapControl::SimplePagedResults { size, cookie } => {
                let from = std::str::from_utf8(cookie).ok()?.parse::<usize>().unwrap_or(0);
                Some((usize::try_from(*size).unwrap_or(1).min(2), from))
            }
            _ => None,
        });
        let mut more = Vec::new();
        if let Some((size, from)) = page {
            let rest = found.len().saturating_sub(from);
            found = found.into_iter().skip(from).take(size).collect();
            let cookie =
                if rest > size { (from + size).to_string().into_bytes() } else { Vec::new() };
            more.push(LdapControl::SimplePagedResults { size: 0, cookie });
        }
        let wanted = |name: &str| {
            asked.attrs.is_empty() || asked.attrs.iter().any(|w| w.eq_ignore_ascii_case(name))
        };
        let mut answers: Vec<LdapMsg> = found
            .into_iter()
            .map(|entry| {
                let mut attributes: Vec<LdapPartialAttribute> = Vec::new();
                for (name, value) in entry.attributes.into_iter().filter(|(name, _)| wanted(name)) {
                    match attributes.iter_mut().find(|a| a.atype.eq_ignore_ascii_case(&name)) {
                        Some(there) => there.vals.push(value),
                        None => {
                            attributes
                                .push(LdapPartialAttribute { atype: name, vals: vec![value] });
                        }
                    }
                }
                LdapMsg::new(
                    id,
                    LdapOp::SearchResultEntry(LdapSearchResultEntry { dn: entry.dn, attributes }),
                )
            })
            .collect();
        let done = LdapResult {
            code,
            matcheddn: String::new(),
            message: String::new(),
            referral: Vec::new(),
        };
        answers.push(LdapMsg::new_with_ctrls(id, LdapOp::SearchResultDone(done), more));
        answers
    }
}

/// Whether an entry fits a filter; texts count without their case.
fn fits(filter: &LdapFilter, entry: &Entry) -> bool {
    match filter {
        LdapFilter::And(all) => all.iter().all(|one| fits(one, entry)),
        LdapFilter::Or(all) => all.iter().any(|one| fits(one, entry)),
        LdapFilter::Not(one) => !fits(one, entry),
        LdapFilter::Equality(name, value) => {
            let value = value.to_lowercase();
            entry.has(name, |there| there == value)
        }
        LdapFilter::Present(name) => entry.has(name, |_| true),
        // A bit of a number is set (MS-ADTS §3.1.1.3.4.4.1), and the chain of groups as far as it was written down.
        LdapFilter::Extensible(rule) => {
            let name = rule.type_.as_deref().unwrap_or_default();
            let value = rule.match_value.to_lowercase();
            match (rule.matching_rule.as_deref(), value.parse::<u32>()) {
                (Some("1.2.840.113556.1.4.803"), Ok(bits)) => {
                    entry.has(name, |there| there.parse::<u32>().is_ok_and(|n| n & bits == bits))
                }
                _ => entry.has(name, |there| there == value),
            }
        }
        _ => false,
    }
}

/// The people of the demo: Anna and Ben, whom other providers know too, and their groups.
#[must_use]
pub fn sample() -> Vec<Entry> {
    let person = |uid: &str, name: &str, mail: &str, key: &str| {
        Entry::new(
            &format!("uid={uid},ou=people,dc=example,dc=test"),
            &format!("{uid}-password"),
            &[
                ("objectClass", "person"),
                ("uid", uid),
                ("cn", name),
                ("mail", mail),
                ("entryUUID", key),
            ],
        )
    };
    let group = |name: &str, members: &[&str]| {
        let mut entry = Entry::new(
            &format!("cn={name},ou=groups,dc=example,dc=test"),
            "",
            &[("objectClass", "groupOfNames"), ("cn", name)],
        );
        for member in members {
            entry = entry.with("member", member.as_bytes());
        }
        entry
    };
    vec![
        Entry::new("cn=reader,dc=example,dc=test", "reader-password", &[("cn", "reader")]),
        person("anna", "Anna Berg", "anna@example.test", "0d6f1c1e-8a53-4d5e-9a0e-1c7a4a3b2f01"),
        person("ben", "Ben Okafor", "ben@example.test", "0d6f1c1e-8a53-4d5e-9a0e-1c7a4a3b2f02"),
        group("editors", &["uid=anna,ou=people,dc=example,dc=test"]),
        group(
            "staff",
            &["uid=ben,ou=people,dc=example,dc=test", "cn=editors,ou=groups,dc=example,dc=test"],
        ),
    ]
}
