//! The telephone number of one's own account: proved by a code to it, taken away again. A number belongs to whoever
//! proved it last, since numbers are handed on; the account that had it before hears of it by mail.
use domain::{
    AccountId, Facts, Outcome, Refusal,
    attempt::{Awaited, CodePurpose, State},
    contact::{Contact, Phone},
    decide,
    facts::{Intent, Remove, What},
    path::{Continuation, SafePath},
};
use storage::{
    Conn,
    accounts::{bump_rev, find_account},
    attributes::{BY_CODE, find_phone, find_phone_owner, remove_attribute, set_attribute},
    snapshots::load_snapshots,
};

use crate::{
    Arrival, Fault, Ligature, Visitor,
    arrive::Settled,
    attempt::{Opened, trace_of},
    audit::Event,
    mails::Kind,
    undo::Undoable,
};

/// The page of the number.
const PHONE: &str = "/account/phone";

impl Ligature {
    /// Whether texts can be sent at all.
    #[must_use]
    pub fn has_texts(&self) -> bool {
        self.settings.texts
    }

    /// Whether a text may go to this number: into the countries that the operator pays for.
    pub(crate) fn texts_reach(&self, contact: &Contact) -> bool {
        let to = &self.settings.text_prefixes;
        self.settings.texts && (to.is_empty() || to.iter().any(|prefix| contact.as_str().starts_with(prefix.as_str())))
    }

    /// The caller's proved number, and whether it may be removed.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`], [`Refusal::ManagementOff`], [`Refusal::NotRecent`].
    pub async fn own_phone(&self, visitor: &Visitor) -> Result<Option<(String, bool)>, Fault> {
        let mut conn = self.store.read().await?;
        let account = self.may_change(&mut conn, visitor, What::Phone, self.now()).await?.account;
        let Some(phone) = find_phone(&mut conn, account).await? else { return Ok(None) };
        let removable = self.decide_phone_removal(&mut conn, account, true).await?.is_ok();
        Ok(Some((phone, removable)))
    }

    /// Sends a code to a number that the caller wants to have.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for what is no international number, [`Refusal::NotAllowed`] where no text can go,
    /// [`Refusal::NotRecent`], [`Refusal::ManagementOff`], [`Refusal::RateLimited`].
    pub async fn ask_new_phone(&self, visitor: &Visitor, typed: &str) -> Result<Arrival, Fault> {
        let contact = Phone::parse(typed).map(Contact::Phone).map_err(|_| Refusal::BadRequest)?;
        if !self.texts_reach(&contact) {
            return Err(Refusal::NotAllowed.into());
        }
        let visitor = visitor.clone();
        self.settle(move |this, c| {
            let (visitor, contact) = (visitor.clone(), contact.clone());
            Box::pin(async move {
                let account = this.may_change(c, &visitor, What::Phone, this.now()).await?.account;
                this.count_code_attempt(c, contact.as_str()).await?;
                let awaited = Awaited { purpose: CodePurpose::NewPhone, account: Some(account), contact: contact.as_str().to_owned() };
                let back = Continuation::Path(SafePath::parse(PHONE).map_err(|_| Fault::Internal("a path of ours".into()))?);
                this.await_code(c, &visitor, awaited, None, &back, domain::code::TRIES).await
            })
        })
        .await
    }

    /// The right code: the number is the account's from now on, and nobody else's.
    pub(crate) async fn finish_new_phone(&self, c: &mut Conn, visitor: &Visitor, open: &Opened, account: AccountId, contact: &Contact) -> Result<Settled, Fault> {
        let caller = visitor.session.as_ref().filter(|caller| caller.account == account).ok_or(Refusal::SessionEnded)?;
        let row = find_account(c, self.org, account).await?.ok_or(Refusal::SessionEnded)?;
        bump_rev(c, account, row.rev).await?;
        // What was recent when the code was asked for still is when it comes back.
        let allowed = self.may_change(c, visitor, What::Phone, open.row.created_at).await?;
        let number = contact.as_str();
        let old = find_phone(c, account).await?.filter(|old| old != number);
        if let Some(before) = find_phone_owner(c, self.org, number).await?.filter(|before| *before != account) {
            remove_attribute(c, before, "phone").await?;
            self.record(c, Event::new("phone.lost").account(before).by("system")).await?;
            self.tell(c, before, Kind::PhoneGone, visitor, "", &domain::contact::masked(number), None).await?;
        }
        set_attribute(c, self.org, account, "phone", number, number, BY_CODE, self.now()).await?;
        self.move_on(c, open, &State::Done, "").await?;
        self.record(c, Event::new("phone.proved").account(account).detail(allowed.trace)).await?;
        let undo = Undoable::Phone { number: number.to_owned(), old };
        self.tell(c, account, Kind::PhoneNotice, visitor, "", &domain::contact::masked(number), Some(&undo)).await?;
        Ok(Ok(Arrival::Continue { caller: Box::new(caller.clone()), continuation: open.continuation.clone() }))
    }

    /// Whether the number may go: something else must open the account (I7).
    async fn decide_phone_removal(&self, c: &mut Conn, account: AccountId, recent: bool) -> Result<Result<serde_json::Value, Refusal>, Fault> {
        let ground = self.ground(c, None).await?;
        let snapshots = load_snapshots(c, self.org, &[account]).await?;
        let mut own = snapshots.get(&account).ok_or(Refusal::SessionEnded)?.clone();
        own.phone = false;
        let remove = Remove { account, usable_left: ground.count(&own, None).usable, recent };
        let (facts, policy) = (Facts::local(Intent::Remove(remove), None), ground.policy(None));
        let decision = decide(&facts, &policy);
        Ok(match decision.outcome {
            Outcome::Refuse { refusal } => Err(refusal),
            _ => Ok(trace_of(&facts, &decision)),
        })
    }

    /// Removes the caller's number.
    ///
    /// # Errors
    /// [`Refusal::MethodUnknown`] where there is none, [`Refusal::LastMethod`], [`Refusal::NotRecent`].
    pub async fn remove_phone(&self, visitor: &Visitor) -> Result<(), Fault> {
        let caller = Self::caller(visitor)?.clone();
        let (this, visitor) = (self.clone(), visitor.clone());
        self.store
            .write(move |c| {
                Box::pin(async move {
                    let account = caller.account;
                    let row = find_account(c, this.org, account).await?.ok_or(Refusal::SessionEnded)?;
                    bump_rev(c, account, row.rev).await?;
                    let number = find_phone(c, account).await?.ok_or(Refusal::MethodUnknown)?;
                    let policy = this.ground(c, None).await?.policy(None);
                    let trace = this.decide_phone_removal(c, account, Self::recent(&caller, this.now(), &policy)).await??;
                    remove_attribute(c, account, "phone").await?;
                    this.record(c, Event::new("phone.removed").account(account).detail(trace)).await?;
                    this.tell(c, account, Kind::PhoneGone, &visitor, "", &domain::contact::masked(&number), None).await
                })
            })
            .await
    }

    /// "This wasn't me": the number goes, and the one before comes back unless somebody else proved it since.
    pub(crate) async fn give_phone_back(&self, c: &mut Conn, account: AccountId, number: &str, old: Option<&str>) -> Result<(), Fault> {
        if find_phone(c, account).await?.as_deref() != Some(number) {
            return Ok(());
        }
        match old {
            Some(old) if find_phone_owner(c, self.org, old).await?.is_none() => {
                set_attribute(c, self.org, account, "phone", old, old, BY_CODE, self.now()).await?;
            }
            Some(_) | None => remove_attribute(c, account, "phone").await?,
        }
        Ok(())
    }
}
