//! What the page of a link says, and My Account about changes that can be taken back.
use super::open::Open;
use crate::{
    Error, RequestContext,
    account::{changes::ways_of, passkeys::Ceremony},
    policy::{context::PolicyContext, providers::Button},
    services::Rewinds,
};
use domain::{
    AccountId, LinkId, Micros, Refusal,
    account_rules::rewind::{Change, Changed, Rewind, Span, Way, is_gone},
    email_address::masked,
};
use std::collections::BTreeSet;
use storage::{
    Conn,
    accounts::{
        access::{AccessRow, list_ways},
        journal::find_rewind,
        links::{find_released, list_links},
    },
};

/// Something of the account on the page: a message key's part, and which one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub key: &'static str,
    pub about: String,
}

/// A change on the page.
#[derive(Debug, Clone)]
pub struct ChangeView {
    pub rev: i64,
    pub what: Changed,
    /// The new address or number, masked, or the provider's name.
    pub about: String,
    pub at: Micros,
}

/// What the page of a link is about to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoPage {
    /// Whether the link's word counts.
    Begin,
    /// Something from before the change.
    Show,
    /// From where on, and whether for good.
    Decide,
    /// What the notice is about is gone: nothing, unless something from before is shown, too.
    Gone,
    /// Whether what is gone may ever come back.
    Bar,
}

/// What the page of a link says. Looking at it changes nothing: mail scanners follow links.
#[derive(Debug, Clone)]
pub struct UndoView {
    pub change: ChangeView,
    pub page: UndoPage,
    /// What stops at once.
    pub stops: Vec<Line>,
    /// What goes, and comes back, for good.
    pub goes: Vec<Line>,
    pub comes: Vec<Line>,
    /// When a rewind that waits is done by itself.
    pub due: Option<Micros>,
    /// Changes that can be the first one that is taken back, the oldest first.
    pub changes: Vec<ChangeView>,
    pub password: bool,
    pub passkey: Option<Ceremony>,
    pub providers: Vec<Button>,
    /// The second factor from before is asked for.
    pub code: bool,
}

impl Rewinds {
    /// What a link would take back.
    ///
    /// # Errors
    /// [`Refusal::UndoOver`].
    pub async fn undo_view(&self, ctx: &RequestContext, secret: &str) -> Result<UndoView, Error> {
        let mut conn = self.store.read().await?;
        let c = &mut conn;
        let open = self.open_undo(c, secret).await?;
        let config = self.configuration().policy_context(c, None).await?;
        let answer = open.answer(Span::from(open.link.rev));
        let entry = open.live(open.link.rev).ok_or(Refusal::UndoOver)?;
        let shown = open.shown(&ctx.browser, self.now());
        let page = match shown {
            Some(_) if is_gone(&open.journal(), &open.now, open.link.rev) => UndoPage::Bar,
            None if is_gone(&open.journal(), &open.now, open.link.rev) => UndoPage::Gone,
            Some(_) => UndoPage::Decide,
            None if open.begun() || open.link.sent_to.is_empty() => UndoPage::Show,
            None => UndoPage::Begin,
        };
        let mut view = UndoView {
            change: self.change_view(c, &config, open.account.id, &entry.change).await?,
            page,
            stops: self.lines(c, &config, &open, &answer.suspend).await?,
            goes: self.lines(c, &config, &open, &open.goes(&answer)).await?,
            comes: self.lines(c, &config, &open, &answer.restore).await?,
            due: open.waiting.map(|w| w.due_at),
            changes: Vec::new(),
            password: answer.after.iter().any(|w| matches!(w, Way::Password { .. })),
            passkey: None,
            providers: Vec::new(),
            code: shown.is_some_and(|s| !s.factor)
                && answer.after.iter().any(|w| matches!(w, Way::Factor { .. })),
        };
        if page == UndoPage::Decide {
            for entry in open.entries.iter().filter(|e| open.live(e.change.rev).is_some()) {
                view.changes
                    .push(self.change_view(c, &config, open.account.id, &entry.change).await?);
            }
        }
        if matches!(page, UndoPage::Show | UndoPage::Gone) {
            let usable = answer
                .after
                .iter()
                .any(|w| matches!(w, Way::Passkey { .. }) && open.now.contains(w));
            view.passkey = if usable && self.configuration().has_passkeys() {
                Some(self.passkeys().begin_passkey_sign_in(ctx)?)
            } else {
                None
            };
            for row in self.providers_before(c, &config, &open, &answer).await? {
                view.providers.push(self.configuration().button(&row));
            }
        }
        Ok(view)
    }

    async fn providers_before(
        &self,
        c: &mut Conn,
        config: &PolicyContext,
        open: &Open,
        answer: &Rewind,
    ) -> Result<Vec<storage::policy::providers::Provider>, Error> {
        let mut all: Vec<storage::policy::providers::Provider> = Vec::new();
        for way in &answer.after {
            if let Way::Identity { link } = way
                && let Some(row) = self.link_row(c, open.account.id, *link).await?
                && let Some(provider) = config
                    .provider(row.provider_id)
                    .filter(|p| p.enabled && all.iter().all(|b| b.key != p.key))
            {
                all.push(provider.clone());
            }
        }
        Ok(all)
    }

    async fn link_row(
        &self,
        c: &mut Conn,
        account: AccountId,
        link: LinkId,
    ) -> Result<Option<storage::accounts::links::Link>, Error> {
        let active = list_links(c, account).await?.into_iter().find(|l| l.id == link);
        match active {
            Some(row) => Ok(Some(row)),
            None => Ok(find_released(c, account, link).await?),
        }
    }

    async fn change_view(
        &self,
        c: &mut Conn,
        config: &PolicyContext,
        account: AccountId,
        change: &Change,
    ) -> Result<ChangeView, Error> {
        let mut about = String::new();
        for way in change.added.iter().chain(&change.removed) {
            about = match way {
                Way::Address { canonical, .. } => masked(canonical),
                Way::Phone { number } => domain::contact::masked(number),
                Way::Identity { link } => self
                    .link_row(c, account, *link)
                    .await?
                    .and_then(|l| config.provider(l.provider_id).map(|p| p.name.clone()))
                    .unwrap_or_default(),
                Way::Primary { .. }
                | Way::Password { .. }
                | Way::Factor { .. }
                | Way::RecoveryCodes { .. }
                | Way::Passkey { .. }
                | Way::Merged { .. }
                | Way::Deletion => String::new(),
            };
            if !about.is_empty() {
                break;
            }
        }
        Ok(ChangeView { rev: change.rev, what: change.kind, about, at: change.at })
    }

    async fn lines(
        &self,
        c: &mut Conn,
        config: &PolicyContext,
        open: &Open,
        ways: &BTreeSet<Way>,
    ) -> Result<Vec<Line>, Error> {
        let mut all = Vec::new();
        for way in ways {
            let (key, about) = match way {
                Way::Address { canonical, .. } => ("address", masked(canonical)),
                Way::Identity { link } => {
                    let row = self.link_row(c, open.account.id, *link).await?;
                    (
                        "identity",
                        row.and_then(|l| config.provider(l.provider_id).map(|p| p.name.clone()))
                            .unwrap_or_default(),
                    )
                }
                Way::Password { .. } => ("password", String::new()),
                Way::Factor { .. } => ("factor", String::new()),
                Way::RecoveryCodes { .. } => ("codes", String::new()),
                Way::Passkey { .. } => match open.row(way) {
                    Some(AccessRow::Passkey { name, .. }) => ("passkey", name.clone()),
                    _ => ("passkey", String::new()),
                },
                Way::Phone { number } => ("phone", domain::contact::masked(number)),
                Way::Merged { .. } => ("merged", String::new()),
                Way::Deletion => ("deletion", String::new()),
                Way::Primary { .. } => continue,
            };
            all.push(Line { key, about });
        }
        Ok(all)
    }

    /// What of the caller's own account can be taken back, the newest first; and the first change of a rewind that waits,
    /// with its time.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`].
    pub async fn own_undos(
        &self,
        ctx: &RequestContext,
    ) -> Result<(Vec<ChangeView>, Option<(i64, Micros)>), Error> {
        let account = ctx.signed_in()?.account;
        let mut conn = self.store.read().await?;
        let config = self.configuration().policy_context(&mut conn, None).await?;
        let rows = list_ways(&mut conn, account).await?;
        let entries = self.accounts().journal(&mut conn, account).await?;
        let (journal, now): (Vec<Change>, _) =
            (entries.into_iter().map(|e| e.change).collect(), ways_of(&rows));
        let mut all = Vec::new();
        for change in journal.iter().rev().filter(|c| {
            !c.rewound && c.kind != Changed::Suspended && !is_gone(&journal, &now, c.rev)
        }) {
            all.push(self.change_view(&mut conn, &config, account, change).await?);
        }
        Ok((all, find_rewind(&mut conn, account).await?.map(|w| (w.first, w.due_at))))
    }
}
