//! LDAP directories (RFC 4511): the entry is searched by an account of ours, then bound to with the password that was typed.
mod connection;
mod entry;
pub(crate) mod filter;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use futures_util::{FutureExt, future::BoxFuture};
use ldap3_proto::proto::{
    LdapDerefAliases, LdapFilter, LdapSearchRequest, LdapSearchResultEntry, LdapSearchScope,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;

use self::{
    connection::{Bound, Connection},
    entry::{assertion, texts},
    filter::Template,
};
use crate::{
    Check, Connector, SafeHttpClient, SignInWay, UpstreamError,
    connector::{PasswordAnswer, PasswordCheck},
    error::{Part, Trouble},
    settings::LdapSettings,
};

/// The longest user name and password, in bytes: longer ones are wrong without asking.
const LONGEST: usize = 1024;
/// Groups of one person, and how deep groups are looked for in groups.
const MOST_GROUPS: usize = 500;
const DEEPEST: usize = 8;
/// A name that nobody has.
const NOBODY: &str = "ligature-nobody";

/// A configured directory.
pub(crate) struct Directory {
    settings: LdapSettings,
    secret: SecretString,
    guard: SafeHttpClient,
}

impl Directory {
    pub(crate) fn new(settings: LdapSettings, secret: SecretString, guard: SafeHttpClient) -> Self {
        Self { settings, secret, guard }
    }

    /// A connection to the first server that answers.
    async fn open(&self) -> Result<Connection, UpstreamError> {
        // So that a server that hangs leaves time for the next one.
        let servers = u32::try_from(self.settings.servers.len()).unwrap_or(u32::MAX).max(1);
        let each = self.guard.options().timeout / servers.saturating_add(1);
        let mut last = UpstreamError::Down(Trouble::new(Part::Directory, "no server"));
        for server in &self.settings.servers {
            last = match timeout(each, Connection::open(server, self.settings.plain, &self.guard))
                .await
            {
                Ok(Ok(open)) => return Ok(open),
                Ok(Err(error)) => error,
                Err(_) => UpstreamError::Down(Trouble::of(
                    Part::Directory,
                    server.clone(),
                    "no answer in time",
                )),
            };
        }
        Err(last)
    }

    /// A connection as the account that searches.
    async fn search_account(&self) -> Result<Connection, UpstreamError> {
        let mut open = self.open().await?;
        match open.bind(&self.settings.bind_dn, self.secret.expose_secret()).await? {
            Bound::Yes => Ok(open),
            Bound::No(trouble) => {
                Err(UpstreamError::Refused(Trouble { part: Part::SearchAccount, ..trouble }))
            }
        }
    }

    /// Entries that the login filter finds; two are enough to know that a name is not one person's.
    async fn find(
        &self,
        open: &mut Connection,
        login: &str,
    ) -> Result<Vec<LdapSearchResultEntry>, UpstreamError> {
        let filter = Template::new(&self.settings.login_filter, &["login"])
            .ok_or_else(|| UpstreamError::field(Part::Settings, "login_filter", "no filter"))?;
        let s = &self.settings;
        let named =
            [&s.subject_attribute, &s.username_attribute, &s.email_attribute, &s.name_attribute];
        let attrs = named
            .into_iter()
            .chain(&s.wanted_attributes)
            .filter(|name| !name.is_empty())
            .cloned()
            .collect();
        let request = subtree(&s.base_dn, filter.filled(&[("login", login)]), attrs);
        open.search(LdapSearchRequest { sizelimit: 2, ..request }, 2, false).await
    }

    /// Names of the groups of an entry, in order; `None` where none are asked for.
    async fn groups(
        &self,
        open: &mut Connection,
        found: &LdapSearchResultEntry,
    ) -> Result<Option<Vec<String>>, UpstreamError> {
        let s = &self.settings;
        if s.group_filter.trim().is_empty() {
            return Ok(None);
        }
        let filter = Template::new(&s.group_filter, &["dn", "username"])
            .ok_or_else(|| UpstreamError::field(Part::Settings, "group_filter", "no filter"))?;
        let base = if s.group_base_dn.trim().is_empty() { &s.base_dn } else { &s.group_base_dn };
        let username = texts(found, &s.username_attribute).into_iter().next().unwrap_or_default();
        let (mut names, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut level = vec![(found.dn.clone(), username)];
        for _ in 0..if s.nested_groups { DEEPEST } else { 1 } {
            let mut next = Vec::new();
            for (dn, username) in level {
                let filter = filter.filled(&[("dn", dn.as_str()), ("username", username.as_str())]);
                let request = subtree(base, filter, vec![s.group_name_attribute.clone()]);
                for group in open.search(request, MOST_GROUPS, true).await? {
                    if seen.len() < MOST_GROUPS && seen.insert(group.dn.to_lowercase()) {
                        names.extend(texts(&group, &s.group_name_attribute).into_iter().next());
                        // A group has no user name: nothing is found by one.
                        next.push((group.dn, NOBODY.to_owned()));
                    }
                }
            }
            level = next;
            if level.is_empty() {
                break;
            }
        }
        Ok(Some(names.into_iter().collect()))
    }

    async fn ask(
        &self,
        login: &str,
        password: &str,
        now: domain::Micros,
    ) -> Result<PasswordAnswer, UpstreamError> {
        let mut open = self.search_account().await?;
        let mut found = self.find(&mut open, login).await?;
        let entry = (found.len() == 1).then(|| found.swap_remove(0));
        // Nobody's password takes the way of somebody's, so that the time tells little.
        let dn = entry.as_ref().map_or_else(
            || format!("cn={NOBODY},{}", self.settings.base_dn),
            |entry| entry.dn.clone(),
        );
        let bound = self.open().await?.bind(&dn, password).await?;
        match (entry, bound) {
            (Some(entry), Bound::Yes) => {
                let groups = self.groups(&mut open, &entry).await?;
                Ok(PasswordAnswer::Right(Box::new(assertion(&self.settings, &entry, groups, now)?)))
            }
            (Some(_), Bound::No(trouble)) => Ok(PasswordAnswer::Wrong(trouble)),
            (None, _) => Ok(PasswordAnswer::Wrong(Trouble::of(
                Part::Entries,
                "login_filter",
                if found.is_empty() { "finds nobody" } else { "finds several entries" },
            ))),
        }
    }

    /// What is tried without anybody: the way there, the account that searches, where people are.
    async fn tried(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        let mut open = match self.open().await {
            Ok(open) => open,
            Err(error) => return vec![Check::broken(Part::Directory, error)],
        };
        checks.push(Check::works(
            Part::Directory,
            if self.settings.plain { "answers without encryption" } else { "answers, encrypted" },
        ));
        match open.bind(&self.settings.bind_dn, self.secret.expose_secret()).await {
            Ok(Bound::Yes) => checks.push(Check::works(Part::SearchAccount, "may sign in")),
            Ok(Bound::No(trouble)) => {
                let trouble = Trouble { part: Part::SearchAccount, ..trouble };
                checks.push(Check::broken(Part::SearchAccount, UpstreamError::Refused(trouble)));
                return checks;
            }
            Err(error) => {
                checks.push(Check::broken(Part::SearchAccount, error));
                return checks;
            }
        }
        // Anybody who has a key: an entry there shows that the place is right and the key can be read.
        let key = &self.settings.subject_attribute;
        let request =
            subtree(&self.settings.base_dn, LdapFilter::Present(key.clone()), vec![key.clone()]);
        let anybody = open.search(LdapSearchRequest { sizelimit: 1, ..request }, 1, false).await;
        checks.push(match (anybody, self.find(&mut open, NOBODY).await) {
            (Err(error), _) | (_, Err(error)) => Check::broken(Part::Entries, error),
            (Ok(some), Ok(nobody)) if !some.is_empty() && nobody.is_empty() => {
                Check::works(Part::Entries, format!("have {key}"))
            }
            (Ok(some), Ok(_)) => {
                let (field, what) = if some.is_empty() {
                    (
                        "base_dn",
                        format!("no entry has {key}, or the search account may not read it"),
                    )
                } else {
                    ("login_filter", "finds somebody for a name that nobody has".to_owned())
                };
                Check::broken(Part::Entries, UpstreamError::field(Part::Entries, field, what))
            }
        });
        checks
    }
}

/// A search below a place, for at most some seconds of the server's time.
fn subtree(base: &str, filter: LdapFilter, attrs: Vec<String>) -> LdapSearchRequest {
    LdapSearchRequest {
        base: base.to_owned(),
        scope: LdapSearchScope::Subtree,
        aliases: LdapDerefAliases::Never,
        sizelimit: 0,
        timelimit: 5,
        typesonly: false,
        filter,
        attrs,
    }
}

impl PasswordCheck for Directory {
    fn password<'a>(
        &'a self,
        login: &'a str,
        password: &'a SecretString,
        now: domain::Micros,
    ) -> BoxFuture<'a, Result<PasswordAnswer, UpstreamError>> {
        async move {
            let (login, password) = (login.trim(), password.expose_secret());
            let typed = |text: &str| (1..=LONGEST).contains(&text.len()) && !text.contains('\0');
            if !typed(login) || login.chars().any(char::is_control) || !typed(password) {
                let why = Trouble::new(Part::Directory, "nothing to ask");
                return Ok(PasswordAnswer::Wrong(Trouble { unasked: true, ..why }));
            }
            match timeout(self.guard.options().timeout, self.ask(login, password, now)).await {
                Ok(answer) => answer,
                Err(_) => {
                    Err(UpstreamError::Down(Trouble::new(Part::Directory, "no answer in time")))
                }
            }
        }
        .boxed()
    }
}

impl Connector for Directory {
    fn way(&self) -> SignInWay<'_> {
        SignInWay::Password(self)
    }

    fn check<'a>(&'a self, _: &'a str, _: domain::Micros) -> BoxFuture<'a, Vec<Check>> {
        async move {
            match timeout(self.guard.options().timeout, self.tried()).await {
                Ok(checks) => checks,
                Err(_) => {
                    let trouble = Trouble::new(Part::Directory, "no answer in time");
                    vec![Check::broken(Part::Directory, UpstreamError::Down(trouble))]
                }
            }
        }
        .boxed()
    }

    /// The password was typed just now.
    fn supports_auth_time(&self) -> bool {
        true
    }
}
