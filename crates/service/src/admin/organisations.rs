//! Several organisations on one instance (ZI-09, ZI-20): each has its own address, accounts, providers, applications, policies
//! and keys. The home organisation's owners make them; nobody sees into another one.
use std::sync::{Arc, PoisonError, RwLock};

use domain::{EventKind, Micros, OrgId, Refusal, Right, SECOND, audit_events::Target};
use serde_json::json;
use storage::{
    accounts::{count_accounts, list_holders_of_role},
    policy::organisations::{
        Organisation, add_organisation, find_organisation, list_organisations, load_organisation,
        set_organisation,
    },
};
use url::{Host, Url};

use crate::{
    Authority, Error, Ligature, RequestContext,
    admin::setup::OWNER,
    core::Core,
    crypto::random::row_id,
    notifications::messages::{Channel, Due},
    services::OrganisationAdmin,
    transaction::Transactions,
};

/// How long the list of organisations is believed: a change counts everywhere within this time.
const FRESH: Micros = SECOND;

/// An organisation in the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationView {
    pub slug: String,
    pub name: String,
    pub address: String,
    pub active: bool,
    pub home: bool,
    pub has_owner: bool,
    pub accounts: i64,
}

/// What the form of an organisation holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationForm {
    pub slug: String,
    pub name: String,
    pub address: String,
    pub active: bool,
}

/// A field that cannot be saved: its name and the key of what to do.
pub type FieldError = (&'static str, &'static str);

/// Whether an address is one that people can sign in at: https, or http on this machine; nothing behind the port.
#[must_use]
pub fn is_address(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && !address.ends_with('/');
    let own_spelling = url.as_str().trim_end_matches('/') == address;
    bare && own_spelling
        && url.host().is_some()
        && (url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url))
}

/// An address of this machine: never reached from elsewhere (`localhost` and names below it by RFC 6761 §6.3).
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        // Schemes that URLs do not know (smtp) keep addresses as names.
        Some(Host::Domain(name)) => {
            name == "localhost"
                || name.ends_with(".localhost")
                || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        None => false,
    }
}

/// Host and port of an address.
fn authority(address: &str) -> &str {
    address.split_once("://").map_or(address, |(_, rest)| rest)
}

/// Whether a request for a host is one for an address of ours: its authority, also with the port that its scheme has anyway
/// (RFC 9110 §4.2.3).
#[must_use]
pub fn is_at(address: &str, host: &str) -> bool {
    let (scheme, authority) = address.split_once("://").unwrap_or(("", address));
    let bare = match scheme {
        "https" => host.strip_suffix(":443"),
        "http" => host.strip_suffix(":80"),
        _ => None,
    };
    host.eq_ignore_ascii_case(authority)
        || bare.is_some_and(|bare| bare.eq_ignore_ascii_case(authority))
}

impl OrganisationForm {
    fn wrong(&self, home: bool) -> Option<FieldError> {
        let slug = !self.slug.is_empty()
            && self.slug != "new"
            && self.slug.len() <= 40
            && self.slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !slug {
            return Some(("slug", "field-key"));
        }
        if self.name.trim().is_empty()
            || self.name.chars().count() > 60
            || self.name.chars().any(char::is_control)
        {
            return Some(("name", "field-name"));
        }
        (!home && !is_address(&self.address)).then_some(("address", "field-organisation-address"))
    }
}

impl OrganisationAdmin {
    /// Every organisation of the instance.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] without [`Right::RunInstance`].
    pub async fn admin_organisations(
        &self,
        ctx: &RequestContext,
    ) -> Result<Vec<OrganisationView>, Error> {
        self.admin_rights().allowed(ctx, Right::RunInstance).await?;
        let mut conn = self.store.read_bulk().await?;
        let mut views = Vec::new();
        for row in list_organisations(&mut conn).await? {
            let home = row.id == self.org;
            views.push(OrganisationView {
                has_owner: !list_holders_of_role(&mut conn, row.id, OWNER).await?.is_empty(),
                accounts: count_accounts(&mut conn, row.id).await?,
                address: if home { self.settings.public_url.clone() } else { row.address },
                slug: row.slug,
                name: row.name,
                active: row.active,
                home,
            });
        }
        Ok(views)
    }

    /// Makes or changes an organisation from the console.
    ///
    /// # Errors
    /// As [`crate::OrganisationAdmin::admin_organisations`]; inside, a field that cannot be saved.
    pub async fn save_organisation(
        &self,
        ctx: &RequestContext,
        form: OrganisationForm,
        create: bool,
    ) -> Result<Result<(), FieldError>, Error> {
        self.admin_rights().allowed(ctx, Right::RunInstance).await?;
        self.put_organisation(&Authority::Console(Box::new(ctx.clone())), form, create).await
    }

    /// The same from the command line: whoever can run it has the database and the master key.
    ///
    /// # Errors
    /// [`Error`]; inside, a field that cannot be saved.
    pub async fn put_organisation(
        &self,
        word: &Authority,
        form: OrganisationForm,
        create: bool,
    ) -> Result<Result<(), FieldError>, Error> {
        let found = find_organisation(&mut self.store.read().await?, &form.slug).await?;
        let home = found == Some(self.org);
        if let Some(wrong) = form.wrong(home) {
            return Ok(Err(wrong));
        }
        if !home
            && authority(&form.address).eq_ignore_ascii_case(authority(&self.settings.public_url))
        {
            return Ok(Err(("address", "field-taken")));
        }
        self.with_authority(word, Right::RunInstance, move |this, c, actor| {
            Box::pin(async move {
                let detail = json!({"organisation": form.slug, "name": form.name.trim(), "address": form.address, "active": form.active});
                let kind = match (found, create) {
                    (Some(_), true) => return Ok(Err(("slug", "field-taken"))),
                    (None, false) => return Err(Refusal::NotFound.into()),
                    (None, true) => {
                        if !add_organisation(c, OrgId(row_id(this.now())), &form.slug, form.name.trim(), &form.address, this.now()).await? {
                            return Ok(Err(("address", "field-taken")));
                        }
                        EventKind::OrganisationCreated
                    }
                    (Some(id), false) => {
                        let row = load_organisation(c, id).await?;
                        let row = if home {
                            Organisation { name: form.name.trim().to_owned(), ..row }
                        } else {
                            Organisation { name: form.name.trim().to_owned(), address: form.address.clone(), active: form.active, ..row }
                        };
                        if !set_organisation(c, &row).await? {
                            return Ok(Err(("address", "field-taken")));
                        }
                        EventKind::OrganisationChanged
                    }
                };
                let event = actor.event(kind, Target::Organisation(form.slug.clone()));
                this.record(c, event.detail(detail)).await?;
                Ok(Ok(()))
            })
        })
        .await
    }

    /// The address where an organisation's first owner is made, once, within an hour; `None` when it has one.
    ///
    /// # Errors
    /// As [`crate::OrganisationAdmin::admin_organisations`]; [`Refusal::NotFound`].
    pub async fn first_owner_address(
        &self,
        ctx: &RequestContext,
        slug: &str,
    ) -> Result<Option<String>, Error> {
        self.admin_rights().allowed(ctx, Right::RunInstance).await?;
        let one = self.organisation(slug).await?;
        let (detail, invited) = (json!({"organisation": slug}), slug.to_owned());
        self.administer::<_, Error, _>(ctx, Right::RunInstance, move |this, c, admin| {
            Box::pin(async move {
                let Some(token) = one.setup().setup_token_in(c).await? else { return Ok(None) };
                this.record(
                    c,
                    admin
                        .event(EventKind::OrganisationInvited, Target::Organisation(invited))
                        .detail(detail),
                )
                .await?;
                Ok(Some(format!("{}/setup?token={token}", one.settings.public_url)))
            })
        })
        .await
    }

    /// The product for one organisation of this instance, by its slug.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub async fn organisation(&self, slug: &str) -> Result<Ligature, Error> {
        let row = self
            .list_organisations()
            .await?
            .into_iter()
            .find(|o| o.slug == slug)
            .ok_or(Refusal::NotFound)?;
        Ok(self.for_row(&row))
    }

    async fn list_organisations(&self) -> Result<Vec<Organisation>, Error> {
        Ok(list_organisations(&mut self.store.read().await?).await?)
    }

    fn for_row(&self, row: &Organisation) -> Ligature {
        let core: &Core = self;
        Ligature::from(if row.id == self.org {
            core.clone()
        } else {
            core.of_organisation(row.id, &row.address)
        })
    }
}

/// Every organisation of the instance, found by the host that a request names.
#[derive(Clone)]
pub struct Organisations(Arc<Known>);

struct Known {
    home: Ligature,
    seen: RwLock<Seen>,
    reading: tokio::sync::Mutex<()>,
}

/// The list as it was at a moment; those without the home one.
#[derive(Default)]
struct Seen {
    at: Micros,
    all: Vec<(Organisation, Ligature)>,
}

impl Organisations {
    /// `home`: what [`Ligature::open`] made.
    #[must_use]
    pub fn new(home: Ligature) -> Self {
        Self(Arc::new(Known {
            home,
            seen: RwLock::default(),
            reading: tokio::sync::Mutex::new(()),
        }))
    }

    /// The organisation of the configuration.
    #[must_use]
    pub fn home(&self) -> &Ligature {
        &self.0.home
    }

    /// The organisation whose people sign in at this host and port; a switched-off one is not found.
    ///
    /// # Errors
    /// [`Error::Storage`] before the list was ever read.
    pub async fn at(&self, host: &str) -> Result<Option<Ligature>, Error> {
        if is_at(&self.home().settings.public_url, host) {
            return Ok(Some(self.home().clone()));
        }
        self.refresh().await?;
        Ok(self.pick(|row| row.active && is_at(&row.address, host)))
    }

    /// An organisation by its id, switched off or not.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn of(&self, org: OrgId) -> Result<Option<Ligature>, Error> {
        if org == self.home().org {
            return Ok(Some(self.home().clone()));
        }
        self.refresh().await?;
        Ok(self.pick(|row| row.id == org))
    }

    /// All of them, the home one first.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn all(&self) -> Result<Vec<Ligature>, Error> {
        self.refresh().await?;
        let seen = self.0.seen.read().unwrap_or_else(PoisonError::into_inner);
        Ok(std::iter::once(self.home().clone())
            .chain(seen.all.iter().map(|(_, one)| one.clone()))
            .collect())
    }

    fn pick(&self, wanted: impl Fn(&Organisation) -> bool) -> Option<Ligature> {
        let seen = self.0.seen.read().unwrap_or_else(PoisonError::into_inner);
        seen.all.iter().find(|(row, _)| wanted(row)).map(|(_, one)| one.clone())
    }

    fn is_fresh(&self) -> bool {
        let age = self.home().now() - self.0.seen.read().unwrap_or_else(PoisonError::into_inner).at;
        (0..FRESH).contains(&age)
    }

    /// Reads the list when the one that is known is a second old; one request reads, the others wait for it.
    async fn refresh(&self) -> Result<(), Error> {
        if self.is_fresh() {
            return Ok(());
        }
        let _reading = self.0.reading.lock().await;
        if self.is_fresh() {
            return Ok(());
        }
        let home = self.home();
        // Readers see the old list or the new one, never none.
        let old = self.0.seen.read().unwrap_or_else(PoisonError::into_inner).all.clone();
        let rows = match home.organisation_admin().list_organisations().await {
            Ok(rows) => rows,
            Err(error) if old.is_empty() => return Err(error),
            // Without a database, those that are known are served what can be served.
            Err(error) => {
                tracing::error!(%error, "organisations cannot be read: the list of before stays");
                old.iter().map(|(row, _)| row.clone()).collect()
            }
        };
        let all = rows
            .into_iter()
            .filter(|row| row.id != home.org)
            .map(|row| {
                // What an organisation has in memory stays as long as its address does.
                let kept = old
                    .iter()
                    .find(|(o, _)| o.id == row.id && o.address == row.address)
                    .map(|(_, one)| one.clone());
                let one = kept.unwrap_or_else(|| home.organisation_admin().for_row(&row));
                (row, one)
            })
            .collect();
        *self.0.seen.write().unwrap_or_else(PoisonError::into_inner) = Seen { at: home.now(), all };
        Ok(())
    }

    /// The next message of a channel that is due, of any organisation, with the organisation that sends it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn next_message(&self, channel: Channel) -> Result<Option<(Ligature, Due)>, Error> {
        loop {
            let Some(row) = self.home().notifications().claim_message(channel).await? else {
                return Ok(None);
            };
            let sender = self.of(row.organisation_id).await?;
            match sender {
                Some(one) => {
                    if let Some(due) = one.notifications().open_message(row).await? {
                        return Ok(Some((one, due)));
                    }
                }
                None => self.home().notifications().finish_message(&row, "expired", "").await?,
            }
        }
    }

    /// Tells the applications of one session that ended, in whichever organisation; `false`: none waits.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn tell_of_end(&self) -> Result<bool, Error> {
        let home = self.home();
        if !home.logout().is_end_due().await? {
            return Ok(false);
        }
        let Some((sid, tries)) = home.logout().claim_end().await? else { return Ok(true) };
        let whose =
            storage::oauth::logins::find_organisation_of_end(&mut home.store.read().await?, &sid)
                .await?;
        let one = match whose {
            Some(org) => self.of(org).await?,
            None => None,
        };
        one.as_ref().unwrap_or(home).logout().tell_end_of(&sid, tries).await?;
        Ok(true)
    }

    /// What is due every minute: the instance's own once, and that of each organisation.
    ///
    /// # Errors
    /// The first [`Error`].
    pub async fn tidy(&self) -> Result<usize, Error> {
        let mut rows = self.home().maintenance().tidy().await?;
        for one in self.all().await?.into_iter().skip(1) {
            rows += one.account_settings().remove_closed().await?
                + one.rewinds().finish_due_undos().await?;
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_03_an_organisations_address_is_https_and_nothing_but_an_origin() {
        for good in [
            "https://acme.example.com",
            "https://acme.example.com:8443",
            "http://127.0.0.1:8080",
            "http://acme.localhost:8080",
        ] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "acme.example.com",
            "http://acme.example.com",
            "https://acme.example.com/",
            "https://acme.example.com/o",
            "https://a@b.example",
            "https://x.example?y",
            "https://x.example#y",
            "https://Acme.example.com",
            "https://x.example:443",
            "ftp://x.example",
            "http://localhost.example.com",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
