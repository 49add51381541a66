//! "This wasn't me" (threat rule 18): a notice's link signs everybody out and suspends what came since; a credential from
//! before, or 72 hours, takes it back for good. What is taken back is computed by [`domain::account_rules::rewind`].
use crate::services::{Rewinds, Transactions};
use domain::{EventKind, Ruling, account_rules::undo::UndoOutcome};
use std::collections::BTreeSet;

use domain::{
    AccountId, CredentialId, DAY, LinkId, MINUTE, Micros, Refusal,
    account_rules::{
        rewind::{Change, Changed, KEPT, Rewind, Span, WAIT, Way, is_gone, rewind},
        undo::{Undo, UndoBy, UndoStep},
    },
    attempt::ProvedBy,
    email_address::masked,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::{
    Conn,
    accounts::{
        Account,
        access::{AccessRow, find_own_link, list_barred, list_ways, remove_way, restore_way},
        attributes::find_phone_owner,
        find_account, hold_account, is_email_taken,
        journal::{
            UndoLink, Waiting, add_undo_link, find_rewind, find_undo_link, list_due_rewinds,
            remove_rewind, remove_undo_links, set_rewind, set_rewound, set_shown,
        },
        links::{bar_link, find_link, find_released, list_links},
        list_emails, remove_email,
        second_factors::{TOTP, TOTP_BEGUN, remove_factor},
        set_primary_email,
    },
};

use crate::{
    Error, LoginOutcome, RequestContext, SessionInfo,
    account::{
        changes::{Entry, Noted, ProfileChange, ways_of},
        passkeys::Ceremony,
        second_factor::purpose,
    },
    audit::Event,
    codes::limits::Guarded,
    crypto::random::{hash, row_id, token},
    notifications::messages::Kind,
    policy::{context::PolicyContext, providers::Button},
    sign_in::{complete_login::TxOutcome, start::LoginState, upstream_identity::UpstreamIdentity},
    transaction::LiveRequest,
};

/// How long a question lives that a session asked, and a credential that was shown to one.
const ASKED: Micros = 30 * MINUTE;
/// A provider's clock may be this far from ours.
const SKEW: Micros = MINUTE;

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

/// What came of the last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    /// The account is as it was.
    Back,
    /// What was gone never comes back.
    Barred,
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

/// A credential that was shown on a link's page.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Shown {
    way: Way,
    browser: Vec<u8>,
    at: Micros,
    /// It stands for the second factor too.
    factor: bool,
}

/// A link with the account that it is about.
struct Open {
    link: UndoLink,
    account: Account,
    now: BTreeSet<Way>,
    rows: Vec<AccessRow>,
    barred: BTreeSet<Way>,
    entries: Vec<Entry>,
    waiting: Option<Waiting>,
}

impl Open {
    fn journal(&self) -> Vec<Change> {
        self.entries.iter().map(|e| e.change.clone()).collect()
    }

    /// What goes for good: what is there, and what a link's word only suspended.
    fn goes(&self, answer: &Rewind) -> BTreeSet<Way> {
        let waits = self
            .entries
            .iter()
            .filter(|e| !e.change.rewound && e.change.kind == Changed::Suspended)
            .flat_map(|e| &e.change.removed);
        answer.remove.iter().chain(waits.filter(|w| !answer.after.contains(w))).cloned().collect()
    }

    fn answer(&self, span: Span) -> Rewind {
        rewind(&self.journal(), &self.now, &self.barred, span)
    }

    fn live(&self, rev: i64) -> Option<&Entry> {
        self.entries.iter().find(|e| {
            e.change.rev == rev && !e.change.rewound && e.change.kind != Changed::Suspended
        })
    }

    /// The row of a way: as it is now, or as it was when it was last removed.
    fn row(&self, way: &Way) -> Option<&AccessRow> {
        let has = |row: &&AccessRow| row.ways().contains(way);
        self.rows
            .iter()
            .find(has)
            .or_else(|| self.entries.iter().rev().flat_map(|e| &e.kept).find(has))
    }

    fn secret(&self, credential: CredentialId) -> Option<String> {
        self.rows.iter().chain(self.entries.iter().rev().flat_map(|e| &e.kept)).find_map(|row| {
            match row {
                AccessRow::Credential { id, secret, .. } if *id == credential => {
                    Some(secret.clone())
                }
                _ => None,
            }
        })
    }

    fn shown(&self, browser: &[u8], now: Micros) -> Option<Shown> {
        let shown: Shown = serde_json::from_str(&self.link.shown).ok()?;
        (shown.browser == browser && now - shown.at < ASKED).then_some(shown)
    }

    /// A link has begun a rewind from its change on, or from an earlier one.
    fn begun(&self) -> bool {
        self.waiting.is_some_and(|w| w.first <= self.link.rev)
    }
}

impl Rewinds {
    async fn open_undo(&self, c: &mut Conn, secret: &str) -> Result<Open, Error> {
        let link = find_undo_link(c, self.org, &key_of(secret)?, self.now())
            .await?
            .ok_or(Refusal::UndoOver)?;
        let open = self.open_account_undo(c, link).await?;
        // Its change was taken back, or the time for it is over.
        if open.live(open.link.rev).is_none() {
            return Err(Refusal::UndoOver.into());
        }
        Ok(open)
    }

    /// The same in a transaction that changes the account: nobody else does from here on.
    async fn hold_undo(&self, c: &mut Conn, secret: &str) -> Result<Open, Error> {
        let link = find_undo_link(c, self.org, &key_of(secret)?, self.now())
            .await?
            .ok_or(Refusal::UndoOver)?;
        hold_account(c, link.account_id).await?;
        self.open_undo(c, secret).await
    }

    async fn open_account_undo(&self, c: &mut Conn, link: UndoLink) -> Result<Open, Error> {
        let id = link.account_id;
        let account = find_account(c, self.org, id).await?.ok_or(Refusal::UndoOver)?;
        let rows = list_ways(c, id).await?;
        Ok(Open {
            account,
            now: ways_of(&rows),
            rows,
            barred: list_barred(c, id).await?.into_iter().collect(),
            entries: self.accounts().journal(c, id).await?,
            waiting: find_rewind(c, id).await?,
            link,
        })
    }

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
                let origin =
                    self.configuration().connector(&row).await.ok().and_then(|c| c.origin());
                view.providers.push(Button::new(&row, origin));
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
        self.record(c, undone(EventKind::AccountUndoBegun, &open, &decision)).await?;
        let noted = Noted { rev, added: Vec::new() };
        self.notifications().notify(c, id, Kind::UndoBegun, ctx, "", "", Some(&noted)).await?;
        Ok(UndoPage::Show)
    }

    async fn decide_undo(
        &self,
        c: &mut Conn,
        open: &Open,
        answer: &Rewind,
        step: UndoStep,
        by: UndoBy,
    ) -> Result<Ruling<UndoOutcome>, Error> {
        let opens = |w: &&Way| w.is_credential() || matches!(w, Way::Address { owner: true, .. });
        let ways_left =
            u32::try_from(answer.after.iter().filter(opens).count()).unwrap_or(u32::MAX);
        let undo =
            Undo { account: open.account.id, state: open.account.state(), step, by, ways_left };
        let policy = self.configuration().policy_context(c, None).await?.policy(None);
        let ruling = domain::account_rules::undo::undo(undo, &policy);
        ruling.outcome?;
        Ok(ruling)
    }

    /// Shows a password from before the change, whether or not it is still the account's.
    ///
    /// # Errors
    /// [`Refusal::UndoOver`], [`Refusal::CredentialsWrong`], [`Refusal::RateLimited`].
    pub async fn undo_by_password(
        &self,
        ctx: &RequestContext,
        secret: &str,
        password: &str,
    ) -> Result<(), Error> {
        let open = self.open_undo(&mut self.store.read().await?, secret).await?;
        let answer = open.answer(Span::from(open.link.rev));
        let before = answer.after.iter().find(|w| matches!(w, Way::Password { .. })).cloned();
        let stored = match &before {
            Some(Way::Password { id }) => open.secret(*id).map(|secret| (*id, secret)),
            _ => None,
        };
        self.passwords().check_stored_password(ctx, open.account.id, stored, password).await?;
        let way = before.ok_or(Refusal::CredentialsWrong)?;
        self.keep_shown(
            &open,
            Shown { way, browser: ctx.browser.clone(), at: self.now(), factor: false },
        )
        .await
    }

    /// Shows a passkey from before the change.
    ///
    /// # Errors
    /// [`Refusal::UndoOver`], [`Refusal::PasskeyWrong`], [`Refusal::UndoCredential`] for one of another account or of since.
    pub async fn undo_by_passkey(
        &self,
        ctx: &RequestContext,
        secret: &str,
        sealed: &str,
        answer: &str,
    ) -> Result<(), Error> {
        let (account, proof) = self.passkeys().shown_passkey(ctx, sealed, answer).await?;
        let ProvedBy::Passkey(id) = proof else {
            return Err(Error::Internal("a passkey is shown by itself".into()));
        };
        let open = self.open_undo(&mut self.store.read().await?, secret).await?;
        let way = Way::Passkey { id };
        if account != open.account.id
            || !open.answer(Span::from(open.link.rev)).after.contains(&way)
        {
            return Err(Refusal::UndoCredential.into());
        }
        // The device verified the person: it stands for the second factor too.
        self.keep_shown(
            &open,
            Shown { way, browser: ctx.browser.clone(), at: self.now(), factor: true },
        )
        .await
    }

    async fn keep_shown(&self, open: &Open, shown: Shown) -> Result<(), Error> {
        let (key, text) = (open.link.hash.clone(), serde_json::to_string(&shown)?);
        self.store
            .write(move |c| {
                Box::pin(async move {
                    if set_shown(c, &key, &text).await? {
                        Ok(())
                    } else {
                        Err(Refusal::UndoOver.into())
                    }
                })
            })
            .await
    }

    /// A provider's answer to a start from a link's page: an identity from before the change, asked anew there.
    pub(crate) async fn undo_by_identity(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        identity: &UpstreamIdentity,
        secret: &str,
        start: &LoginState,
    ) -> Result<TxOutcome, Error> {
        let open = self.hold_undo(c, secret).await?;
        let config = self.configuration().policy_context(c, None).await?;
        let provider = config.provider(identity.provider).ok_or(Refusal::ProviderUnknown)?;
        let reports_auth_time =
            self.configuration().connector(provider).await?.supports_auth_time();
        if reports_auth_time && identity.assertion.auth_at.is_none_or(|at| at + SKEW < start.at) {
            return Err(Refusal::NotFresh.into());
        }
        let after = open.answer(Span::from(open.link.rev)).after;
        let own =
            find_own_link(c, open.account.id, &identity.namespace, &identity.assertion.subject)
                .await?;
        let way = own
            .into_iter()
            .map(|link| Way::Identity { link })
            .find(|w| after.contains(w))
            .ok_or(Refusal::UndoCredential)?;
        let factor = identity.second_factor(&config.policy(Some(&identity.key)));
        let shown = Shown { way, browser: ctx.browser.clone(), at: self.now(), factor };
        if !set_shown(c, &open.link.hash, &serde_json::to_string(&shown)?).await? {
            return Err(Refusal::UndoOver.into());
        }
        Ok(Ok(LoginOutcome::Undo { secret: secret.to_owned() }))
    }

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
            let way = shown.way.clone();

            let open = this.hold_undo(c, &secret).await?;
            if first == open.link.rev && is_gone(&open.journal(), &open.now, first) {
                return this.bar_gone(c, &open, &way).await;
            }
            open.live(first).ok_or(Refusal::UndoOver)?;
            this.take_back(c, &ctx, open, Span::from(first), Some(&way)).await?;
            Ok(Undone::Back)
        })
        .await
    }

    /// What a change added is gone already; by the word of who had the account before, no other undo brings it back.
    async fn bar_gone(&self, c: &mut Conn, open: &Open, shown: &Way) -> Result<Undone, Error> {
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
        self.record(c, undone(EventKind::AccountUndoGone, open, &decision)).await?;
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
        self.retry_transaction(ctx, async move |this, c, _| {
            let open = this.hold_undo(c, &secret).await?;
            let id = open.account.id;
            let answer = open.answer(Span::from(open.link.rev));
            let decision =
                this.decide_undo(c, &open, &answer, UndoStep::Keep, UndoBy::Credential).await?;
            this.accounts().change(c, id).await?;
            let event = undone(EventKind::AccountUndoKept, &open, &decision);
            this.follow(c, &open, &open.answer(Span::NOTHING)).await?;
            remove_rewind(c, id).await?;
            remove_undo_links(c, id).await?;
            this.record(c, event).await
        })
        .await
    }

    /// A credential from before a change was shown in this browser, and now its factor too.
    async fn proved(
        &self,
        ctx: &RequestContext,
        open: &Open,
        first: i64,
        code: &str,
    ) -> Result<Shown, Error> {
        let shown = open.shown(&ctx.browser, self.now()).ok_or(Refusal::UndoCredential)?;
        open.live(first).ok_or(Refusal::UndoOver)?;
        let after = open.answer(Span::from(first)).after;
        if !after.contains(&shown.way) {
            return Err(Refusal::UndoCredential.into());
        }
        if let (false, Some(Way::Factor { id })) =
            (shown.factor, after.iter().find(|w| matches!(w, Way::Factor { .. })))
        {
            if open.now.contains(&Way::Factor { id: *id }) {
                self.second_factors().check_factor(ctx, open.account.id, code).await?;
            } else {
                let sealed = open.secret(*id).ok_or(Refusal::UndoCredential)?;
                self.second_factors()
                    .check_kept_factor(ctx, open.account.id, &sealed, code)
                    .await?;
            }
        }
        Ok(shown)
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

    /// The rewind for good. `shown`: the credential from before that was shown; without one its time has come.
    async fn take_back<S>(
        &self,
        c: &mut Conn,
        ctx: &RequestContext<S>,
        open: Open,
        span: Span,
        shown: Option<&Way>,
    ) -> Result<(), Error> {
        let id = open.account.id;
        let by = if shown.is_some() { UndoBy::Credential } else { UndoBy::Waited };
        let what = open.entries.iter().find(|e| e.change.rev == span.first).map(|e| e.change.kind);
        self.accounts().change(c, id).await?;
        let answer = open.answer(span);
        if shown.is_some_and(|way| !answer.after.contains(way)) {
            return Err(Refusal::UndoCredential.into());
        }
        let decision = self.decide_undo(c, &open, &answer, UndoStep::Finish, by).await?;
        self.follow(c, &open, &answer).await?;
        for entry in open.entries.iter().rev().filter(|e| answer.changes.contains(&e.change.rev)) {
            self.accounts()
                .give_back(c, id, &entry.profile.provider, &entry.profile.before)
                .await?;
        }
        remove_factor(c, id, TOTP_BEGUN).await?;
        remove_rewind(c, id).await?;
        self.codes().forget_tries(c, Guarded::Password, id).await?;
        self.sessions().end_everything(c, id, None).await?;
        let event = undone(EventKind::AccountUndone, &open, &decision);
        self.record(
            c,
            Event { code: what.map(Changed::name).unwrap_or_default().to_owned(), ..event },
        )
        .await?;
        self.notifications().notify(c, id, Kind::UndoDone, ctx, "", "", None).await
    }

    /// Does what an answer says.
    async fn follow(&self, c: &mut Conn, open: &Open, answer: &Rewind) -> Result<(), Error> {
        let (id, now) = (open.account.id, self.now());
        for way in &answer.remove {
            remove_way(c, id, way, now, None).await?;
        }
        self.put_back(c, open, &answer.brought.difference(&open.now).cloned().collect()).await?;
        for merge in &answer.unmerge {
            self.merges().unmerge(c, *merge).await?;
        }
        let there = ways_of(&list_ways(c, id).await?);
        self.put_back(c, open, &answer.after.difference(&there).cloned().collect()).await?;
        for way in &answer.disown {
            match way {
                Way::Identity { link } => bar_link(c, id, *link).await?,
                Way::Address { canonical, .. } => remove_email(c, id, canonical).await?,
                Way::Primary { .. }
                | Way::Password { .. }
                | Way::Factor { .. }
                | Way::RecoveryCodes { .. }
                | Way::Passkey { .. }
                | Way::Phone { .. }
                | Way::Merged { .. }
                | Way::Deletion => {}
            }
        }
        for way in &answer.after {
            if let Way::Primary { canonical } = way
                && list_emails(c, id).await?.iter().any(|e| e.canonical == *canonical)
            {
                set_primary_email(c, id, canonical, None).await?;
            }
        }
        Ok(set_rewound(c, id, &answer.changes).await?)
    }

    /// Puts ways back from the rows that the journal kept, where they belong to nobody else by now.
    async fn put_back(&self, c: &mut Conn, open: &Open, ways: &BTreeSet<Way>) -> Result<(), Error> {
        let (id, now) = (open.account.id, self.now());
        for way in ways {
            let Some(row) =
                open.row(way).filter(|_| !matches!(way, Way::Primary { .. } | Way::Merged { .. }))
            else {
                continue;
            };
            let free = match row {
                AccessRow::Email { canonical, .. } => {
                    !is_email_taken(c, self.org, canonical, id, now).await?
                }
                AccessRow::Phone { number, .. } => {
                    find_phone_owner(c, self.org, number).await?.is_none()
                }
                AccessRow::Link { id: link } => match find_released(c, id, *link).await? {
                    Some(released) => {
                        find_link(c, self.org, &released.namespace, &released.subject)
                            .await?
                            .is_none()
                    }
                    None => false,
                },
                AccessRow::Credential { .. }
                | AccessRow::RecoveryCodes { .. }
                | AccessRow::Passkey { .. }
                | AccessRow::Merge { .. }
                | AccessRow::Deletion => true,
            };
            // A sealed secret is sealed anew: the key of its time may be on its way out.
            let fresh = match row {
                AccessRow::Credential { id: credential, kind, secret, created_at, used_step }
                    if kind == TOTP =>
                {
                    let secret = self.second_factors().reseal_text(&purpose(id), secret)?;
                    AccessRow::Credential {
                        id: *credential,
                        kind: kind.clone(),
                        secret,
                        created_at: *created_at,
                        used_step: *used_step,
                    }
                }
                other => other.clone(),
            };
            restore_way(c, self.org, id, &fresh, free, row_id(now), now).await?;
        }
        Ok(())
    }
}

fn undone(kind: EventKind, open: &Open, decision: &Ruling<UndoOutcome>) -> Event {
    let what = open.live(open.link.rev).map(|e| e.change.kind);
    Event::new(kind).account(open.account.id).detail(json!({"what": what, "reasons": decision.reasons, "policy_version": decision.policy_version}))
}

/// The key of a secret's row.
fn key_of(secret: &str) -> Result<Vec<u8>, Refusal> {
    if secret.len() > 64 { Err(Refusal::UndoOver) } else { Ok(hash(secret)) }
}

/// A change can be taken back for so long, and a closing account is gone no earlier.
const _: () = assert!(KEPT == 14 * DAY && WAIT < KEPT);
