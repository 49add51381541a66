//! The one gate before every application: a code, a refresh, a device, a guarded host and the session of a returning
//! person ask it alike (rule 21).
use crate::{audit::Event, services::ApplicationGate};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    AccountId, EventKind, Facts, Micros, Outcome, ProviderId, Refusal,
    audit_events::Target,
    decide,
    groups::admits,
    linking::facts::{CompletedRequirements, Intent, Known, Local, ProviderFacts},
    policy::Owes,
};
use issuer::{RegisteredClient, Told};
use serde_json::json;
use storage::{
    Conn,
    accounts::{
        find_account, find_subject,
        second_factors::{TOTP, find_factor},
    },
    oauth::applications::{find_consent, set_consent},
    sign_in::sessions::{Session, find_session_of},
};

use crate::{Error, SessionInfo, oidc_provider::Standing};

/// A sign-in as applications meet it: a session's, or the one that their tokens began with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignedIn<'a> {
    pub account: AccountId,
    /// `password`, `code`, `phone`, `passkey` or a provider's key.
    pub method: &'a str,
    /// The second factor; empty: none.
    pub factor: &'a str,
}

impl<'a> From<&'a SessionInfo> for SignedIn<'a> {
    fn from(session: &'a SessionInfo) -> Self {
        Self { account: session.account, method: &session.method, factor: &session.factor }
    }
}

impl<'a> From<(AccountId, &'a Standing)> for SignedIn<'a> {
    fn from((account, standing): (AccountId, &'a Standing)) -> Self {
        Self { account, method: &standing.method, factor: &standing.factor }
    }
}

/// What the gate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    Open,
    /// Another sign-in first, on the way to this application.
    SignIn,
    /// The application's policy asks for a second factor, and the account has none: it is set up first.
    SetUpFactor,
    /// The application is open to groups, and the account is in none of them. Signing in the same way again helps nobody.
    NotAMember,
}

impl Gate {
    /// The refusal of a page that can offer no other way.
    pub(crate) fn refusal(self) -> Option<Refusal> {
        match self {
            Self::Open => None,
            Self::SignIn | Self::SetUpFactor => Some(Refusal::NotAllowed),
            Self::NotAMember => Some(Refusal::NotAMember),
        }
    }
}

impl ApplicationGate {
    /// Whether a sign-in opens an application now: its provider leads there, policy has it, what is asked there was
    /// accepted, the account is in a group that the application is open to, the second factor that is wanted was shown, and
    /// the account is active. The decision is that of the
    /// sign-in itself, so that signing in elsewhere first, or earlier, gets nobody around it.
    pub(crate) async fn may_open(
        &self,
        c: &mut Conn,
        client_id: &str,
        who: SignedIn<'_>,
    ) -> Result<Gate, Error> {
        let Some(row) = find_account(c, self.org, who.account).await? else {
            return Ok(Gate::SignIn);
        };
        let config = self.configuration().policy_context(c, Some(client_id)).await?;
        let local = Local::named(who.method);
        let key = local.is_none().then_some(who.method);
        let provider = key.map(|key| {
            let row = config.providers.iter().find(|p| p.key == key);
            ProviderFacts {
                id: row.map_or(ProviderId([0; 16]), |p| p.id),
                enabled: row.is_some_and(|p| p.enabled),
                filter: Some(true),
                second_factor: who.factor == "provider",
            }
        });
        let shown = (!who.factor.is_empty() && who.factor != "provider").then_some(who.account);
        let known = Known {
            account: who.account,
            state: row.state(),
            link: None,
            second_factor: find_factor(c, who.account, TOTP).await?.is_some(),
        };
        let policy = config.policy(key);
        let mut facts = Facts {
            provider,
            local: local.unwrap_or_default(),
            given: CompletedRequirements { factor: shown, ..CompletedRequirements::default() },
            ..Facts::local(Intent::SignIn, Some(known))
        };
        self.decisions().add_agreed(c, &policy, &[who.account], &mut facts.given).await?;
        if !matches!(decide(&facts, &policy).outcome, Outcome::SignIn { .. }) {
            return Ok(Gate::SignIn);
        }
        // Before a second factor is asked for that would open nothing.
        if !config.open_to.is_empty() {
            let held = self.groups().in_force(c, who.account, who.method, &config).await?;
            let held: Vec<String> = held.into_iter().map(|group| group.key).collect();
            if !admits(&config.open_to, &held) {
                return Ok(Gate::NotAMember);
            }
        }
        Ok(
            match self
                .configuration()
                .owed(c, &config.policy(None), who.account, who.factor)
                .await?
            {
                Owes::Nothing | Owes::Soon(_) => Gate::Open,
                Owes::Show => Gate::SignIn,
                Owes::Now => Gate::SetUpFactor,
            },
        )
    }

    /// The session that applications know by a name, if it is alive and this account's.
    pub(super) async fn session_of(
        &self,
        c: &mut Conn,
        sid: &str,
        account: AccountId,
        now: Micros,
    ) -> Result<Option<(Session, Vec<u8>)>, Error> {
        if sid.is_empty() {
            return Ok(None);
        }
        let found =
            find_session_of(c, self.org, sid, now, now - self.settings.session_idle).await?;
        Ok(found.filter(|(session, _)| session.account_id == account))
    }

    /// The subject that an application knows an account by: the same whichever provider was used (ZI-02).
    pub(crate) async fn subject_for(
        &self,
        c: &mut Conn,
        account: AccountId,
        client: &RegisteredClient,
    ) -> Result<Option<String>, Error> {
        let Some(sub) = find_subject(c, account).await? else { return Ok(None) };
        if !client.settings.pairwise {
            return Ok(Some(sub));
        }
        // Each application is a sector of its own (OpenID Connect Core §8.1): its id never changes, its addresses may.
        Ok(Some(URL_SAFE_NO_PAD.encode(self.keys.lookup(&[
            b"pairwise",
            client.client_id.as_bytes(),
            sub.as_bytes(),
        ]))))
    }

    /// The person's word is kept beside what they allowed before.
    pub(crate) async fn remember_consent(
        &self,
        c: &mut Conn,
        session: &SessionInfo,
        client: &RegisteredClient,
        asked: &Told,
    ) -> Result<(), Error> {
        let account = session.account;
        let all = Told::parse(&find_consent(c, account, client.id).await?.unwrap_or_default())
            .or(asked)
            .text();
        set_consent(c, account, client.id, &all, self.now()).await?;
        self.record(
            c,
            Event::in_session(
                session,
                EventKind::ApplicationAllowed,
                Target::Application(client.client_id.clone()),
            )
            .in_application(client.client_id.clone())
            .detail(json!({"client_id": client.client_id, "scope": all})),
        )
        .await
    }
}
