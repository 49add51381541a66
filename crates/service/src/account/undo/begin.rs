//! How an undo begins: a question of a session, or the word of a notice's link.
use super::{
    open::{ASKED, undone},
    view::UndoPage,
};
use crate::{
    Error, RequestContext,
    account::changes::{Noted, ProfileChange},
    crypto::random::{hash, token},
    notifications::messages::Kind,
    services::Rewinds,
    transaction::{LiveRequest, Transactions},
};
use domain::{
    EventKind, Refusal,
    account_rules::{
        rewind::{Changed, KEPT, Span, WAIT, is_gone},
        undo::{UndoBy, UndoStep},
    },
};
use storage::{
    Conn,
    accounts::{
        access::remove_way,
        find_account,
        journal::{UndoLink, Waiting, add_undo_link, set_rewind},
    },
};

impl Rewinds {
    /// My Account's button: a page that asks for a credential from before the change. Whoever only has a session suspends
    /// nothing.
    ///
    /// # Errors
    /// [`Refusal::UndoOver`] for foreign and unknown changes alike, [`Refusal::SessionEnded`].
    pub async fn ask_own_undo(&self, ctx: &RequestContext, rev: i64) -> Result<String, Error> {
        self.act(ctx, async move |this, c, ctx| {
            let secret = token();
            let link = UndoLink {
                hash: hash(&secret),
                account_id: ctx.session()?.account,
                rev,
                sent_to: String::new(),
                shown: String::new(),
                expires_at: this.now() + ASKED,
            };
            if this.open_account_undo(c, link.clone()).await?.live(rev).is_none() {
                return Err(Refusal::UndoOver.into());
            }
            add_undo_link(c, this.org, &link).await?;
            Ok(secret)
        })
        .await
    }

    /// The link's word alone: everybody is signed out, what came since is suspended, and a rewind waits. About something
    /// that is gone it does nothing.
    ///
    /// # Errors
    /// [`Refusal::UndoOver`], [`Refusal::UndoCredential`] for a question of a session.
    pub async fn begin_undo(&self, ctx: &RequestContext, secret: &str) -> Result<UndoPage, Error> {
        let secret = secret.to_owned();
        self.retry_transaction(ctx, async move |this, c, ctx| {
            this.begin_undo_in(c, &ctx, &secret).await
        })
        .await
    }

    async fn begin_undo_in(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        secret: &str,
    ) -> Result<UndoPage, Error> {
        let open = self.hold_undo(c, secret).await?;
        let (id, rev) = (open.account.id, open.link.rev);
        if is_gone(&open.journal(), &open.now, rev) {
            return Ok(UndoPage::Gone);
        }
        if open.begun() {
            return Ok(UndoPage::Show);
        }
        let answer = open.answer(Span::from(rev));
        let decision = self
            .decide_undo(
                c,
                &open,
                &answer,
                UndoStep::Suspend,
                if open.link.sent_to.is_empty() { UndoBy::Nothing } else { UndoBy::Link },
            )
            .await?;
        let changing = self.accounts().change(c, id).await?;
        let now = self.now();
        for way in &answer.suspend {
            remove_way(c, id, way, now, Some(now + KEPT)).await?;
        }
        self.put_back(c, &open, &answer.reinstate).await?;
        self.sessions().end_everything(c, id, None).await?;
        self.accounts()
            .changed(c, changing, Changed::Suspended, "link", ProfileChange::default())
            .await?;
        let last = find_account(c, self.org, id).await?.map_or(open.account.rev, |a| a.rev);
        set_rewind(c, self.org, id, Waiting { first: rev, last, due_at: now + WAIT }).await?;
        self.record(c, undone(ctx, UndoBy::Link, EventKind::AccountUndoBegun, &open, &decision))
            .await?;
        let noted = Noted { rev, added: Vec::new() };
        self.notifications().notify(c, id, Kind::UndoBegun, ctx, "", "", Some(&noted)).await?;
        Ok(UndoPage::Show)
    }
}
