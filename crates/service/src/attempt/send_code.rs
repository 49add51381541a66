//! Sending an attempt's code, and what a wrong one costs.
use crate::{
    Error, LoginOutcome, RequestContext,
    attempt::{code::code_binding, opened::Opened},
    codes::challenge::{Binding, Shape},
    notifications::messages::Kind,
    services::Attempts,
    sign_in::upstream_identity::UpstreamIdentity,
    transaction::{LiveRequest, Transactions},
};
use domain::{
    AccountId, EventKind, Policy, Refusal, attempt::State, contact::Contact, policy::MailEvent,
};
use storage::{
    Conn,
    accounts::{Email, find_account, list_emails},
    sign_in::attempts::Attempt,
};

impl Attempts {
    /// Mails the code that a state waits for; states that wait for none send nothing. For a decoy the same page without a mail.
    pub(crate) async fn send_code(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        row: &Attempt,
        state: &State,
        identity: &UpstreamIdentity,
        policy: &Policy,
    ) -> Result<(), Error> {
        let Some(binding) = code_binding(identity, state) else { return Ok(()) };
        let binding = Binding { hidden: !state.may_show_address(policy), ..binding };
        let message = match (state, binding.account) {
            (State::Confirming { .. } | State::EmailChanged { .. }, _) => {
                let kind = if matches!(state, State::Confirming { .. }) {
                    Kind::ClaimCode
                } else {
                    Kind::EmailCode
                };
                identity.address().map(|to| {
                    self.notifications().code_message(
                        kind,
                        Contact::Mailbox(to),
                        ctx.locale.clone(),
                        ctx,
                        &identity.provider_name,
                        &identity.label(),
                    )
                })
            }
            (_, Some(account)) => {
                let locale = find_account(c, self.org, account)
                    .await?
                    .map_or_else(|| ctx.locale.clone(), |a| a.locale);
                let to = match state {
                    // It was the account's when the page was entered; it is not any more (LK-23).
                    State::Proving { address: Some(address), .. } => Some(
                        self.own_contact(c, account, address)
                            .await?
                            .ok_or(Refusal::AttemptExpired)?,
                    ),
                    _ => None,
                };
                to.map(|to| {
                    self.notifications().code_message(
                        Kind::LinkCode,
                        to,
                        locale,
                        ctx,
                        &identity.provider_name,
                        &identity.label(),
                    )
                })
            }
            (_, None) => None,
        };
        self.codes().challenge(c, ctx, row, &binding, Shape::of(policy), message).await.map(drop)
    }

    /// The account's own address: the one that was matched, in the account's spelling, else its first one that proves
    /// anything (GO-36).
    pub(crate) async fn mail_target(
        &self,
        c: &mut Conn,
        identity: &UpstreamIdentity,
        account: AccountId,
    ) -> Result<Option<Email>, Error> {
        let emails: Vec<Email> =
            list_emails(c, account).await?.into_iter().filter(|e| e.is_proved()).collect();
        let claimed = identity.address();
        let matched = emails
            .iter()
            .find(|e| claimed.as_ref().is_some_and(|a| a.as_str() == e.canonical))
            .cloned();
        Ok(matched.or_else(|| emails.into_iter().find(|e| !e.contested)))
    }

    /// After a wrong code: the same page with what is left, or the end.
    pub(crate) async fn wrong_code(
        &self,
        ctx: &RequestContext,
        id: &str,
        error: Error,
    ) -> Result<LoginOutcome, Error> {
        let refusal = error.refusal();
        if !matches!(
            refusal,
            Refusal::CodeWrong
                | Refusal::CodeExhausted
                | Refusal::CodeExpired
                | Refusal::CredentialsWrong
        ) {
            return Err(error);
        }
        let secret = id.to_owned();
        self.retry_step(ctx, async move |this, c, ctx| {
            let open = this.opened_for_step(c, &ctx, &secret).await?;
            let ctx = ctx.for_continuation(&open.continuation);
            if refusal == Refusal::CodeExhausted {
                if !open.state.is_terminal() {
                    this.move_on(c, &open, &State::Refused { refusal }, refusal.code()).await?;
                    let event = this
                        .of_attempt(&ctx, &open, EventKind::AttemptRefused)
                        .code(refusal.code())
                        .support(&open.row.support_code);
                    this.record(c, event).await?;
                    this.tell_of_refusal(c, &ctx, &open).await?;
                }
                let told = open.continuation.client_id().is_some();
                // The person is signed in already; the application gets its answer, only the address stays.
                if let (State::EmailChanged { .. }, true) = (&open.state, told) {
                    return Ok(Ok(Self::own_question(&ctx, &open)?.1));
                }
                return Ok(if told {
                    Ok(LoginOutcome::Page { id: secret, page: "over" })
                } else {
                    Err((refusal, open.row.support_code))
                });
            }
            this.move_on(c, &open, &open.state, refusal.code()).await?;
            Ok(Ok(LoginOutcome::Page { id: secret, page: open.state.page() }))
        })
        .await
    }

    /// The account hears that somebody tried, if the policy says so.
    pub(crate) async fn tell_of_refusal(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        open: &Opened,
    ) -> Result<(), Error> {
        let (State::Proving { target: Some(account), .. }, Some(identity)) =
            (&open.state, &open.identity)
        else {
            return Ok(());
        };
        let policy = self
            .configuration()
            .policy_context(c, open.continuation.client_id())
            .await?
            .policy(Some(&identity.key));
        if policy.notifies(MailEvent::Refused) {
            self.notifications()
                .notify(
                    c,
                    *account,
                    Kind::RefusedNotice,
                    ctx,
                    &identity.provider_name,
                    &identity.label(),
                    None,
                )
                .await?;
        }
        Ok(())
    }
}
