//! A test sign-in: an administrator signs in at a provider with their own identity there, also while it is turned off, and
//! sees once what it says and what would come of it. No account, link, session or group comes of it, whatever it says.
use std::sync::Arc;

use domain::{
    EventKind, Refusal, Right,
    audit_events::Target,
    groups::{given, values},
    path::Continuation,
    policy::ProfileAttribute,
    provider_health::Asked,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use storage::{
    Conn, accounts::groups::list_groups, policy::providers::Provider,
    sign_in::attempts::consume_state,
};
use upstream::{Assertion, Connector, UpstreamError};

use crate::{
    Callback, Error, LoginOutcome, RequestContext,
    admin::{
        flash::Once,
        simulate::{Decided, Trying},
    },
    policy::context::PolicyContext,
    services::SignIn,
    sign_in::{
        callback::{exchange, is_known},
        start::{LoginPurpose, LoginState, Purpose, Started},
        upstream_identity::UpstreamIdentity,
    },
    transaction::{Administrator, Transactions},
};

/// Claims that are shown, and how many characters of each.
const MOST: usize = 200;
const LONGEST: usize = 500;

/// What a test came to, for the page that shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestedSignIn {
    /// The provider's name, and whether it is turned on.
    pub name: String,
    pub enabled: bool,
    /// What the provider said, or why nothing can be said of anybody.
    pub told: Result<Told, String>,
}

/// What a provider said of the administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// By name, in order; values that are no text as JSON.
    pub claims: Vec<(String, String)>,
    /// Claims beyond those that are shown.
    pub left_out: usize,
    /// What of it counts here.
    pub counts: Vec<(Counted, String)>,
    /// Fields that a new account's profile would get.
    pub fields: Vec<(ProfileAttribute, String)>,
    /// What would be decided; several where accounts are only supposed.
    pub decided: Vec<Decided>,
}

domain::named! {
    /// What something that a provider said counts as.
    pub enum Counted {
        /// The person's key.
        Subject = "subject",
        /// The address, as far as one can be written to.
        Address = "address",
        /// How far the address is believed: the name of a kind of trust.
        Trust = "trust",
        /// What the person is called.
        Name = "name",
        /// The provider asked for two factors.
        SecondFactor = "second-factor",
        /// Words for groups.
        GroupWords = "group-words",
        /// Groups that they give.
        Groups = "groups",
        /// The claim filter lets nobody in who comes like this.
        Filtered = "filtered",
    }
}

impl SignIn {
    /// Begins a test sign-in; `Err`: why the provider cannot be asked, in words for administrators.
    ///
    /// # Errors
    /// Without the right to change providers, without a recent sign-in, [`Refusal::ProviderUnknown`].
    pub async fn start_test(
        &self,
        ctx: &RequestContext,
        key: &str,
    ) -> Result<Result<Started, String>, Error> {
        let begun = self.begin(ctx, key, Purpose::Test, Continuation::Admin).await?;
        Ok(begun.map_err(|(_, error)| error.to_string()))
    }

    /// Whether the session's person may try providers now.
    pub(crate) async fn may_test(&self, ctx: &RequestContext) -> Result<(), Error> {
        let right = Right::ChangeProviders;
        self.administer::<_, Error, _>(ctx, right, |_, _, _| Box::pin(async { Ok(()) })).await
    }

    /// The connector of a start; that of a test knows nothing of what was read before.
    pub(crate) async fn connector_for(
        &self,
        row: &Provider,
        start: &LoginState,
    ) -> Result<Arc<dyn Connector>, Error> {
        if start.is_test() {
            self.configuration().new_connector(row)
        } else {
            self.configuration().connector(row).await
        }
    }

    /// Asks a provider. A test counts neither for its health nor against it, and is not kept away by it.
    pub(crate) async fn ask<T>(
        &self,
        row: &Provider,
        start: &LoginState,
        work: impl Future<Output = Result<T, UpstreamError>>,
        says: impl FnOnce(&T) -> Asked,
    ) -> Result<T, UpstreamError> {
        if start.is_test() {
            work.await
        } else {
            self.configuration().ask_provider(row, work, says).await
        }
    }

    /// Whether a start may go on: its provider is turned on, or it is a test in the session that asked for it.
    pub(crate) async fn may_go_on(
        &self,
        ctx: &RequestContext,
        start: &LoginState,
        row: &Provider,
    ) -> Result<(), Error> {
        let refusal = match &start.purpose {
            LoginPurpose::Test { session } => {
                let own = ctx.session.as_ref().is_some_and(|own| own.hash == *session);
                (!own).then_some(Refusal::SessionEnded)
            }
            _ => (!row.enabled).then_some(Refusal::ProviderDisabled),
        };
        match refusal {
            Some(refusal) => Err(self.spend(ctx, start, refusal).await),
            None => Ok(()),
        }
    }

    /// The provider's answer to a test.
    pub(crate) async fn test_answer(
        &self,
        ctx: &RequestContext,
        start: LoginState,
        row: Provider,
        answer: &Callback,
    ) -> Result<LoginOutcome, Error> {
        self.may_go_on(ctx, &start, &row).await?;
        let connector = self.connector_for(&row, &start).await?;
        let Some(flow) = connector.way().redirect() else {
            return Err(self.spend(ctx, &start, Refusal::StateMismatch).await);
        };
        let redirect_uri = self.configuration().redirect_uri(&row.key);
        let counts = self.counted_claims(&row).await?;
        let came = match (&answer.error, &answer.not_kept, &answer.code) {
            // Words of an answer that a browser brought are shown only where they are the standard's (OC-14).
            (Some(error), _, _) if is_known(error) => Err(format!("authorization answer: {error}")),
            (Some(_), _, _) => Err("authorization answer: an error of the provider's".to_owned()),
            (None, Some(why), _) => Err(why.clone()),
            (None, None, None) => Err("authorization answer: no code".to_owned()),
            (None, None, Some(code)) => flow
                .finish(exchange(&start, answer, code, &redirect_uri, &counts, self.now()))
                .await
                .map_err(|error| error.to_string()),
        };
        self.tested(ctx, start, row, came).await
    }

    /// The end of a test. What it came to is kept for the person who asked, sealed, and shown once.
    pub(crate) async fn tested(
        &self,
        ctx: &RequestContext,
        start: LoginState,
        row: Provider,
        came: Result<Assertion, String>,
    ) -> Result<LoginOutcome, Error> {
        let key = row.key.clone();
        let done = self
            .with_expressions(|this| {
                let (start, row, came) = (start.clone(), row.clone(), came.clone());
                async move {
                    this.administer::<_, Error, _>(ctx, Right::ChangeProviders, |this, c, admin| {
                        Box::pin(async move { this.test_in(c, &admin, &start, row, came).await })
                    })
                    .await
                }
            })
            .await;
        let found = match done {
            Ok(found) => found,
            // The session or the right is gone: the start is over all the same.
            Err(error @ Error::Refused { .. }) => {
                return Err(self.spend(ctx, &start, error.refusal()).await);
            }
            Err(error) => return Err(error),
        };
        let id = self.page_state().keep_once(ctx, Once::TestSignIn, &found).await?;
        Ok(LoginOutcome::Tested { key, id })
    }

    async fn test_in(
        &self,
        c: &mut Conn,
        admin: &Administrator,
        start: &LoginState,
        row: Provider,
        came: Result<Assertion, String>,
    ) -> Result<TestedSignIn, Error> {
        let LoginPurpose::Test { session } = &start.purpose else {
            return Err(Refusal::StateMismatch.into());
        };
        if admin.acting().session()?.hash != *session {
            return Err(Refusal::SessionEnded.into());
        }
        let (key, name, enabled) = (row.key.clone(), row.name.clone(), row.enabled);
        let told = match came {
            Ok(assertion) => {
                let identity = UpstreamIdentity::new(row, assertion);
                self.consume_answer(c, start, &identity).await?;
                Ok(self.would_come_of(c, admin, &identity).await?)
            }
            Err(why) => {
                if !consume_state(c, &start.consumed_hash(), start.consumed_until()).await? {
                    return Err(Refusal::StateReplayed.into());
                }
                Err(why)
            }
        };
        // What the provider said stands on the page alone.
        let event = admin
            .event(EventKind::ProviderTested, Target::Provider(key.clone()))
            .by_provider(key)
            .code(if told.is_ok() { "answered" } else { "not_answered" });
        self.record(c, event).await?;
        Ok(TestedSignIn { name, enabled, told })
    }

    async fn would_come_of(
        &self,
        c: &mut Conn,
        admin: &Administrator,
        identity: &UpstreamIdentity,
    ) -> Result<Told, Error> {
        let config = self.configuration().policy_context(c, None).await?;
        if !config.still_says(identity) {
            return Err(Refusal::PolicyChanged.into());
        }
        let (known, _) = self.decisions().known(c, identity).await?;
        // Whoever runs the provider can make it say anybody's address, so what is found is only for those who see accounts
        // anyway (DL-04), and for whom the identity belongs to.
        let sees = admin.may(Right::SeeAccounts)
            || known.is_some_and(|known| known.account == admin.account);
        let trying = Trying { sees, proven: false, turned_on: true };
        let decided = self.simulations().on_identity(c, &config, identity, trying).await?;
        let policy = config.policy(Some(&identity.key));
        let around = self.configuration().expression_context(c, &policy, known, &config).await?;
        let made = self.values(identity, &policy, &around)?;
        let on_create = policy.choices.sync.on_create.iter();
        let fields = on_create
            .filter_map(|field| Some((field.clone(), short(made.profile(field)?))))
            .collect();
        let mut counts = vec![(Counted::Subject, short(&identity.assertion.subject))];
        if let Some(address) = identity.address() {
            counts.push((Counted::Address, short(address.as_str())));
        }
        if let Some(trust) = identity.trust(&policy, false) {
            counts.push((Counted::Trust, trust.name().to_owned()));
        }
        if !identity.name().is_empty() {
            counts.push((Counted::Name, identity.name()));
        }
        if identity.second_factor(&policy) {
            counts.push((Counted::SecondFactor, String::new()));
        }
        if made.filter == Some(false) {
            counts.push((Counted::Filtered, String::new()));
        }
        counts.extend(self.groups_of(c, &config, identity).await?);
        let all = &identity.assertion.claims;
        Ok(Told {
            claims: all
                .iter()
                .take(MOST)
                .map(|(name, value)| (short(name), short(&in_words(value))))
                .collect(),
            left_out: all.len().saturating_sub(MOST),
            counts,
            fields,
            decided: decided.into_iter().map(Decided::from).collect(),
        })
    }

    /// The words that count for groups, and the groups that they give.
    async fn groups_of(
        &self,
        c: &mut Conn,
        config: &PolicyContext,
        identity: &UpstreamIdentity,
    ) -> Result<Vec<(Counted, String)>, Error> {
        let policy = config.policies.effective(Some(&identity.key), None);
        let said = values(&identity.assertion.claims, &policy.choices.groups_attribute);
        if said.is_empty() {
            return Ok(Vec::new());
        }
        let mut counts = vec![(Counted::GroupWords, short(&said.join(", ")))];
        let ids = given(&config.groups.rules_of(identity.provider), &said);
        if !ids.is_empty() {
            let all = list_groups(c, self.org).await?;
            let names: Vec<String> =
                all.into_iter().filter(|g| ids.contains(&g.id)).map(|g| g.name).collect();
            counts.push((Counted::Groups, short(&names.join(", "))));
        }
        Ok(counts)
    }
}

fn in_words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A text that a page can show: without control characters, cut where it is long.
fn short(text: &str) -> String {
    let mut shown: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_said_is_shown_short_and_in_plain_characters() {
        assert_eq!(short("a\u{0}b\nc"), "a b c");
        assert_eq!(short(&"é".repeat(LONGEST)).chars().count(), LONGEST);
        assert!(short(&"é".repeat(LONGEST + 1)).ends_with('…'));
        assert_eq!(in_words(&serde_json::json!({"a": [1]})), r#"{"a":[1]}"#);
        assert_eq!(in_words(&serde_json::json!("text")), "text");
    }
}
