//! Codes of an attempt: sent to the claimed mailbox or to the account's own, typed, counted.
use domain::{
    AccountId, Policy, Proof, Refusal,
    attempt::{Kept, ProvedBy, State},
    contact::Contact,
    facts::{Act, By},
    policy::MailEvent,
};
use storage::{
    Conn,
    accounts::{Email, find_account, list_emails},
    attempts::Attempt,
};

use super::Deed;
use crate::{
    Arrival, Fault, Ligature, Visitor,
    arrive::client_of,
    challenge::{Binding, Shape},
    held::Held,
    mails::Kind,
    transaction::Acting,
};

impl Ligature {
    /// Mails the code that a state waits for; states that wait for none send nothing. For a decoy the same page without a mail.
    pub(crate) async fn send_code(&self, c: &mut Conn, visitor: &Acting, row: &Attempt, state: &State, held: &Held, policy: &Policy) -> Result<(), Fault> {
        let Some(binding) = code_binding(held, state) else { return Ok(()) };
        let binding = Binding { hidden: !state.may_show_address(policy), ..binding };
        let letter = match (state, binding.account) {
            (State::Confirming { .. } | State::EmailChanged { .. }, _) => {
                let kind = if matches!(state, State::Confirming { .. }) { Kind::ClaimCode } else { Kind::EmailCode };
                held.address().map(|to| self.letter(kind, Contact::Mailbox(to), visitor.locale.clone(), visitor, &held.provider_name, &held.label()))
            }
            (_, Some(account)) => {
                let locale = find_account(c, self.org, account).await?.map_or_else(|| visitor.locale.clone(), |a| a.locale);
                let to = match state {
                    // It was the account's when the page was entered; it is not any more (LK-23).
                    State::Proving { address: Some(address), .. } => Some(self.own_contact(c, account, address).await?.ok_or(Refusal::AttemptExpired)?),
                    _ => None,
                };
                to.map(|to| self.letter(Kind::LinkCode, to, locale, visitor, &held.provider_name, &held.label()))
            }
            (_, None) => None,
        };
        self.challenge(c, visitor, row, &binding, Shape::of(policy), letter).await.map(drop)
    }

    /// The account's own address: the one that was matched, in the account's spelling, else its first one that proves
    /// anything (GO-36).
    pub(crate) async fn mail_target(&self, c: &mut Conn, held: &Held, account: AccountId) -> Result<Option<Email>, Fault> {
        let emails: Vec<Email> = list_emails(c, account).await?.into_iter().filter(|e| e.proof != "none").collect();
        let claimed = held.address();
        let matched = emails.iter().find(|e| claimed.as_ref().is_some_and(|a| a.as_str() == e.canonical)).cloned();
        Ok(matched.or_else(|| emails.into_iter().find(|e| !e.contested)))
    }

    /// A new code; the tries stay as they are.
    ///
    /// # Errors
    /// [`Refusal::AttemptStep`] where no code is awaited.
    pub async fn resend(&self, visitor: &Visitor, id: &str) -> Result<Arrival, Fault> {
        let secret = id.to_owned();
        self.settle(visitor, move |this, c, visitor| {
            let secret = secret.clone();
            Box::pin(async move {
                let open = this.opened_for_step(c, &visitor, &secret).await?;
                let visitor = visitor.on_way(&open.continuation);
                match &open.state {
                    State::AwaitingCode(awaited) => this.send_awaited(c, &visitor, &open.row, awaited, None).await?,
                    State::Confirming { .. } | State::Proving { .. } | State::EmailChanged { updating: true, .. } => {
                        let held = open.held()?;
                        let policy = this.ground(c, client_of(&open.continuation).as_deref()).await?.policy(Some(&held.key));
                        this.send_code(c, &visitor, &open.row, &open.state, held, &policy).await?;
                    }
                    state if state.is_terminal() => return Err(Refusal::AttemptExpired.into()),
                    _ => return Err(Refusal::AttemptStep.into()),
                }
                Ok(Ok(Arrival::Page { id: secret, page: open.state.page() }))
            })
        })
        .await
    }

    /// The code that was typed.
    ///
    /// # Errors
    /// [`Refusal::CodeExhausted`] on the last wrong one; refusals of the decision. A wrong one with tries left is a page.
    pub async fn enter_code(&self, visitor: &Visitor, id: &str, typed: &str) -> Result<Arrival, Fault> {
        let mut conn = self.store.read().await?;
        let open = self.opened(&mut conn, visitor, id).await?;
        if let State::AwaitingCode(_) = open.state {
            drop(conn);
            return self.take_code(visitor, id, open, typed, None).await;
        }
        if let State::EmailChanged { .. } = open.state {
            drop(conn);
            return self.update_email(visitor, id, open, typed).await;
        }
        let (awaited, proven, act) = match &open.state {
            State::Confirming { .. } => (open.state.clone(), true, Some(Act::Arrived)),
            state => {
                let (target, by) = state.proving()?;
                (state.clone(), state.proven(), target.map(|t| Act::Proved(t, Proof::Mailbox, by)))
            }
        };
        let proof = match &open.state {
            State::Proving { address: Some(address), .. } => Contact::parse(address).ok().map(|c| ProvedBy::code_to(&c)),
            _ => None,
        };
        let binding = code_binding(open.held()?, &open.state).ok_or(Refusal::AttemptStep)?;
        drop(conn);
        match self.compare_code(&open.row, &binding, typed).await {
            Ok(right) => {
                let act = act.ok_or(Refusal::CodeWrong)?;
                let secret = id.to_owned();
                self.settle(visitor, move |this, c, visitor| {
                    let (secret, right, awaited, proof) = (secret.clone(), right.clone(), awaited.clone(), proof.clone());
                    Box::pin(async move {
                        let open = this.opened_for_step(c, &visitor, &secret).await?;
                        let visitor = visitor.on_way(&open.continuation);
                        if open.state != awaited {
                            return Err(if open.state.is_terminal() { Refusal::AttemptExpired } else { Refusal::AttemptStep }.into());
                        }
                        this.use_up(c, &right).await?;
                        this.step(c, &visitor, open, Deed { kept: Kept { proof, ..Kept::default() }, ..Deed::new(act, proven) }).await
                    })
                })
                .await
            }
            Err(fault) => self.wrong_code(visitor, id, fault).await,
        }
    }

    /// After a wrong code: the same page with what is left, or the end.
    pub(crate) async fn wrong_code(&self, visitor: &Visitor, id: &str, fault: Fault) -> Result<Arrival, Fault> {
        let refusal = fault.refusal();
        if !matches!(refusal, Refusal::CodeWrong | Refusal::CodeExhausted | Refusal::CodeExpired | Refusal::CredentialsWrong) {
            return Err(fault);
        }
        let secret = id.to_owned();
        self.settle(visitor, move |this, c, visitor| {
            let secret = secret.clone();
            Box::pin(async move {
                let open = this.opened_for_step(c, &visitor, &secret).await?;
                let visitor = visitor.on_way(&open.continuation);
                if refusal == Refusal::CodeExhausted {
                    if !open.state.is_terminal() {
                        this.move_on(c, &open, &State::Refused { refusal }, refusal.code()).await?;
                        let event = crate::audit::Event::new("attempt.refused").code(refusal.code()).support(&open.row.support_code);
                        this.record(c, event).await?;
                        this.tell_of_refusal(c, &visitor, &open).await?;
                    }
                    let told = client_of(&open.continuation).is_some();
                    // The person is signed in already; the application gets its answer, only the address stays.
                    if let (State::EmailChanged { .. }, true) = (&open.state, told) {
                        return Ok(Ok(Self::own_question(&visitor, &open)?.1));
                    }
                    return Ok(if told { Ok(Arrival::Page { id: secret, page: "over" }) } else { Err((refusal, open.row.support_code)) });
                }
                this.move_on(c, &open, &open.state, refusal.code()).await?;
                Ok(Ok(Arrival::Page { id: secret, page: open.state.page() }))
            })
        })
        .await
    }

    /// The account hears that somebody tried, if the policy says so.
    async fn tell_of_refusal(&self, c: &mut Conn, visitor: &Acting, open: &super::Opened) -> Result<(), Fault> {
        let (State::Proving { target: Some(account), .. }, Some(held)) = (&open.state, &open.held) else { return Ok(()) };
        let policy = self.ground(c, client_of(&open.continuation).as_deref()).await?.policy(Some(&held.key));
        if policy.notifies(MailEvent::Refused) {
            self.tell(c, *account, Kind::RefusedNotice, visitor, &held.provider_name, &held.label(), None).await?;
        }
        Ok(())
    }
}

/// What the code of a state is bound to; `None` where no code is awaited.
pub(crate) fn code_binding(held: &Held, state: &State) -> Option<Binding> {
    let claimed = held.address().map(|a| a.as_str().to_owned()).unwrap_or_default();
    let base = Binding { provider: held.provider.to_string(), namespace: held.namespace.clone(), subject: held.assertion.subject.clone(), ..Binding::default() };
    match state {
        State::Confirming { .. } => Some(Binding { action: "claim", address: claimed, ..base }),
        State::EmailChanged { account, updating: true } => Some(Binding { action: "email", account: Some(*account), address: claimed, ..base }),
        State::Proving { target, by, address, .. } => {
            let action = match by {
                By::Rule => "link",
                By::Name => "bind",
            };
            Some(Binding { action, account: *target, address: address.clone().unwrap_or(claimed), ..base })
        }
        State::Choosing { .. }
        | State::Binding { .. }
        | State::FinishingSignup { .. }
        | State::EmailChanged { updating: false, .. }
        | State::AwaitingCode(_)
        | State::Merging { .. }
        | State::Completing { .. }
        | State::Done
        | State::Abandoned
        | State::Refused { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::{AccountId, facts::By};

    use super::*;
    use crate::held::Held;

    fn claiming(address: &str) -> Held {
        let assertion = upstream::Assertion { subject: "s1".into(), email: Some(address.into()), email_verified: true, name: None, auth_at: None, claims: serde_json::Map::new() };
        Held { provider: domain::ProviderId([1; 16]), key: "p".into(), provider_name: "P".into(), namespace: "oidc:https://p.test".into(), source: String::new(), assertion }
    }

    /// Shows LK-23: each code is bound to the very address that it goes to, so that it proves that one and no other.
    #[test]
    fn lk_23_a_code_is_bound_to_the_address_that_it_goes_to() {
        let account = AccountId([7; 16]);
        let proving = |address: Option<&str>, by| State::Proving { choice: None, target: Some(account), by, address: address.map(str::to_owned), proven: false };
        let bound = |held: &Held, state: &State| code_binding(held, state).map(|b| (b.action, b.account, b.address));
        let (one, other) = (claiming(" V@EX.test"), claiming("w@ex.test"));
        let confirming = State::Confirming { choice: None };
        assert_eq!(bound(&one, &confirming), Some(("claim", None, "v@ex.test".into())), "the claimed one, in the spelling that is compared");
        assert_eq!(bound(&other, &confirming), Some(("claim", None, "w@ex.test".into())));
        let changed = |updating| State::EmailChanged { account, updating };
        assert_eq!(bound(&other, &changed(true)), Some(("email", Some(account), "w@ex.test".into())));
        assert_eq!(bound(&other, &changed(false)), None, "no code is awaited yet");
        // A code to the account's own address is bound to that, whatever is claimed.
        for (by, action) in [(By::Rule, "link"), (By::Name, "bind")] {
            assert_eq!(bound(&one, &proving(Some("own@ex.test"), by)), Some((action, Some(account), "own@ex.test".into())));
            assert_eq!(bound(&one, &proving(Some("+491700000001"), by)), Some((action, Some(account), "+491700000001".into())));
            assert_eq!(bound(&one, &proving(None, by)), Some((action, Some(account), "v@ex.test".into())), "for nobody's account the page is that of the claimed one");
        }
        assert_eq!(bound(&one, &State::Done), None);
    }
}
