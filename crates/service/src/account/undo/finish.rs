//! How an undo ends: at the word of who had the account before, or when its time has come.
use super::open::{Open, undone};
use crate::{
    Error, RequestContext, SessionInfo,
    services::Rewinds,
    transaction::{LiveRequest, Transactions},
};
use domain::{
    AccountId, EventKind, Refusal,
    account_rules::{
        rewind::{Span, Way, is_gone},
        undo::{UndoBy, UndoStep},
    },
};
use storage::{
    Conn,
    accounts::{
        hold_account,
        journal::{
            UndoLink, find_rewind, list_due_rewinds, remove_rewind, remove_undo_links, set_rewound,
        },
        links::bar_link,
    },
};

/// What came of the last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    /// The account is as it was.
    Back,
    /// What was gone never comes back.
    Barred,
}

impl Rewinds {
    /// Takes back for good everything from a change on, the link's own one unless an earlier or later one is named; the
    /// credential that was shown must be from before it, with its factor.
    ///
    /// # Errors
    /// [`Refusal::UndoOver`], [`Refusal::UndoCredential`], [`Refusal::CodeWrong`], [`Refusal::RateLimited`], [`Refusal::LastMethod`].
    pub async fn finish_undo(
        &self,
        ctx: &RequestContext,
        secret: &str,
        first: Option<i64>,
        code: &str,
    ) -> Result<Undone, Error> {
        let open = self.open_undo(&mut self.store.read().await?, secret).await?;
        let first = first.unwrap_or(open.link.rev);
        let shown = self.proved(ctx, &open, first, code).await?;
        let secret = secret.to_owned();
        self.retry_transaction(ctx, async move |this, c, ctx| {
            let open = this.hold_undo(c, &secret).await?;
            if first == open.link.rev && is_gone(&open.journal(), &open.now, first) {
                return this.bar_gone(c, &ctx, &open, &shown.way).await;
            }
            open.live(first).ok_or(Refusal::UndoOver)?;
            this.take_back(c, &ctx, open, Span::from(first), Some(&shown.way)).await?;
            Ok(Undone::Back)
        })
        .await
    }

    /// What a change added is gone already; by the word of who had the account before, no other undo brings it back.
    async fn bar_gone(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        open: &Open,
        shown: &Way,
    ) -> Result<Undone, Error> {
        let (id, rev) = (open.account.id, open.link.rev);
        let answer = open.answer(Span::from(rev));
        if !answer.after.contains(shown) {
            return Err(Refusal::UndoCredential.into());
        }
        let decision =
            self.decide_undo(c, open, &answer, UndoStep::Finish, UndoBy::Credential).await?;
        self.accounts().change(c, id).await?;
        for way in &open.live(rev).ok_or(Refusal::UndoOver)?.change.added {
            if let Way::Identity { link } = way {
                bar_link(c, id, *link).await?;
            }
        }
        set_rewound(c, id, &[rev]).await?;
        self.record(
            c,
            undone(ctx, UndoBy::Credential, EventKind::AccountUndoGone, open, &decision),
        )
        .await?;
        Ok(Undone::Barred)
    }

    /// It was the owner: what the link suspended counts again, and no link of before does anything any more.
    ///
    /// # Errors
    /// As [`crate::Rewinds::finish_undo`].
    pub async fn keep_changes(
        &self,
        ctx: &RequestContext,
        secret: &str,
        code: &str,
    ) -> Result<(), Error> {
        let open = self.open_undo(&mut self.store.read().await?, secret).await?;
        self.proved(ctx, &open, open.link.rev, code).await?;
        let secret = secret.to_owned();
        self.retry_transaction(ctx, async move |this, c, ctx| {
            let open = this.hold_undo(c, &secret).await?;
            let id = open.account.id;
            let answer = open.answer(Span::from(open.link.rev));
            let decision =
                this.decide_undo(c, &open, &answer, UndoStep::Keep, UndoBy::Credential).await?;
            this.accounts().change(c, id).await?;
            let event =
                undone(&ctx, UndoBy::Credential, EventKind::AccountUndoKept, &open, &decision);
            this.follow(c, &ctx, &open, &open.answer(Span::NOTHING)).await?;
            remove_rewind(c, id).await?;
            remove_undo_links(c, id).await?;
            this.record(c, event).await
        })
        .await
    }

    /// Rewinds whose time has come: nobody showed anything, every address was told. Answers how many.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn finish_due_undos(&self) -> Result<usize, Error> {
        let due = list_due_rewinds(&mut self.store.read().await?, self.org, self.now()).await?;
        let n = due.len();
        for account in due {
            let this = self.clone();
            let done = self
                .store
                .write(move |c| Box::pin(async move { this.finish_due(c, account).await }))
                .await;
            match done {
                Err(error) if error.is_race() => {}
                other => other?,
            }
        }
        Ok(n)
    }

    async fn finish_due(&self, c: &mut Conn, account: AccountId) -> Result<(), Error> {
        hold_account(c, account).await?;
        let Some(waiting) = find_rewind(c, account).await?.filter(|w| w.due_at <= self.now())
        else {
            return Ok(());
        };
        let link = UndoLink {
            hash: Vec::new(),
            account_id: account,
            rev: waiting.first,
            sent_to: String::new(),
            shown: String::new(),
            expires_at: 0,
        };
        let open = self.open_account_undo(c, link).await?;
        let locale = open.account.locale.clone();
        let ctx = RequestContext::<SessionInfo> { locale, ..RequestContext::default() };
        match self
            .take_back(c, &ctx, open, Span { first: waiting.first, last: waiting.last }, None)
            .await
        {
            // A disabled account waits no longer; what was suspended stays so.
            Err(error)
                if matches!(
                    error.refusal(),
                    Refusal::AccountDisabled | Refusal::AccountPending | Refusal::LastMethod
                ) =>
            {
                Ok(remove_rewind(c, account).await?)
            }
            other => other,
        }
    }
}
