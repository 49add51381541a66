//! Changes of the configuration that take something from people, or let more in than before: what they do is read in the
//! transaction that makes them, and somebody has to have agreed to it (AD-07).
use domain::{
    AccountId, EventKind, OrgId, ProviderId,
    audit_events::Target,
    continuity::{Consent, Effect, Word, may_take_effect},
};
use ref_cast::RefCast;
use serde_json::json;
use storage::{
    Conn,
    accounts::{
        list_emails,
        stranded::{WaysIn, count_stranded, list_stranded},
    },
    policy::{organisations::list_organisations, providers::list_adopters},
};

use crate::{
    Configuration, Error, RequestContext, SessionInfo,
    notifications::messages::Kind,
    policy::context::PolicyContext,
    services::Continuity,
    transaction::{Actor, Administrator},
};

/// Names that the page shows.
const NAMED: i64 = 5;
/// Mails that one change sends.
pub const MAILS: i64 = 1000;

/// What a change would do, for the page that asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Accounts that would have no way in, in every organisation.
    pub stranded: i64,
    /// Those of them that are other organisations' people.
    pub elsewhere: i64,
    /// The first ones of this organisation, by name.
    pub first: Vec<(AccountId, String)>,
    /// What lets more in than before, by name.
    pub widens: Vec<&'static str>,
    /// They could come back by setting a password: a mail that says so helps.
    pub can_return: bool,
}

impl Shown {
    /// What the decision looks at.
    #[must_use]
    pub fn effect(&self) -> Effect {
        Effect { stranded: self.stranded, widens: !self.widens.is_empty() }
    }
}

/// The ways in before and after a change.
#[derive(Debug, Clone, Default)]
pub(crate) struct Change {
    pub now: WaysIn,
    pub then: WaysIn,
    /// Taken away from the organisations that took it, too.
    pub withdrawn: Option<ProviderId>,
    pub widens: Vec<&'static str>,
}

impl PolicyContext {
    /// What opens accounts: the same that [`PolicyContext::count`] counts as usable for one.
    pub fn ways_in(&self) -> WaysIn {
        let local = self.policy(None);
        WaysIn {
            providers: self
                .providers
                .iter()
                .filter(|p| p.enabled && self.policy(Some(&p.key)).permits.sign_in)
                .map(|p| p.id)
                .collect(),
            password: local.permits.password_sign_in,
            passkeys: local.permits.passkey_sign_in,
            email: local.permits.email_code_sign_in,
        }
    }
}

impl Change {
    /// One provider opens nothing any more.
    pub fn without(config: &PolicyContext, gone: ProviderId) -> Self {
        let now = config.ways_in();
        let mut then = now.clone();
        then.providers.retain(|id| *id != gone);
        Self { now, then, ..Self::default() }
    }
}

impl Continuity {
    /// What a change would do.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub(crate) async fn shown(&self, c: &mut Conn, change: &Change) -> Result<Shown, Error> {
        let here = count_stranded(c, self.org, &change.now, &change.then).await?;
        let mut elsewhere = 0;
        if let Some(gone) = change.withdrawn {
            for org in list_adopters(c, gone).await?.into_iter().filter(|org| *org != self.org) {
                elsewhere += self.stranded_in(c, org, gone).await?;
            }
        }
        Ok(Shown {
            stranded: here + elsewhere,
            elsewhere,
            first: list_stranded(c, self.org, &change.now, &change.then, NAMED).await?,
            widens: change.widens.clone(),
            can_return: here > 0 && change.then.password,
        })
    }

    /// Another organisation's people who would lose a provider that is offered to them.
    async fn stranded_in(&self, c: &mut Conn, org: OrgId, gone: ProviderId) -> Result<i64, Error> {
        let all = list_organisations(c).await?;
        let Some(row) = all.into_iter().find(|row| row.id == org) else { return Ok(0) };
        let core = self.of_organisation(org, &row.address);
        let config = Configuration::ref_cast(&core).policy_context(c, None).await?;
        let change = Change::without(&config, gone);
        Ok(count_stranded(c, org, &change.now, &change.then).await?)
    }

    /// Lets a change be made that was agreed to, or says what has to be shown first. In the transaction that makes it,
    /// before anything is written.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub(crate) async fn ask(
        &self,
        c: &mut Conn,
        change: &Change,
        actor: &Actor,
        consent: Option<Consent>,
    ) -> Result<Result<i64, Shown>, Error> {
        let shown = self.shown(c, change).await?;
        let word = match &actor.admin {
            None => Word::Operator,
            Some(_) => Word::Administrator(consent),
        };
        if may_take_effect(shown.effect(), word).is_err() {
            return Ok(Err(shown));
        }
        if let (Some(admin), Some(Consent { tell: true, .. })) = (&actor.admin, consent) {
            self.tell(c, change, admin).await?;
        }
        if shown.stranded > 0 {
            tracing::warn!(accounts = shown.stranded, "a change leaves accounts without a way in");
        }
        Ok(Ok(shown.stranded))
    }

    /// Tells those who lose their last way in how to come back.
    async fn tell(
        &self,
        c: &mut Conn,
        change: &Change,
        admin: &Administrator,
    ) -> Result<(), Error> {
        let who = list_stranded(c, self.org, &change.now, &change.then, MAILS).await?;
        // The administrator's browser is none of the person's business.
        let nobody = RequestContext::<SessionInfo>::default();
        let mut told = 0;
        for (account, _) in &who {
            // A new password goes to an address of one's own; to any other the mail would promise what does not happen.
            if list_emails(c, *account).await?.iter().any(|email| email.owner) {
                self.notifications()
                    .notify(c, *account, Kind::WayBack, &nobody, "", "", None)
                    .await?;
                told += 1;
            }
        }
        let event = admin.event(EventKind::RecoveryOffered, Target::Instance);
        self.record(c, event.detail(json!({ "accounts": who.len(), "told": told }))).await
    }
}
