//! Taking one's data along, and deleting one's own account: two weeks in which it can be taken back, then it is gone.
use domain::{
    AccountId, EventKind, Micros, Refusal,
    account_rules::{
        change::AccountChange,
        rewind::{Changed, KEPT},
    },
    audit_events::Target,
    limits::KNOWN_FOR,
};
use serde_json::{Value, json};
use storage::{
    Conn,
    accounts::{
        agreements::list_agreements,
        attributes::list_attributes,
        find_account, find_subject,
        groups::list_memberships,
        links::list_links,
        list_closed, list_emails, list_former_emails, list_holders_of_role, list_roles,
        merges::list_merged_into,
        passkeys::list_passkeys,
        password_set_at, remove_account,
        second_factors::{TOTP, find_factor},
        set_closing,
    },
    maintenance::audit::{AuditFilter, forget_in_event, list_audit_events, list_events_of},
    sign_in::{browsers::list_browsers, sessions::list_sessions},
};

use crate::{
    Error, RequestContext,
    account::changes::{ProfileChange, doer},
    admin::setup::OWNER,
    audit::Event,
    audit_seals::withheld,
    notifications::messages::Kind,
    services::AccountSettings,
    transaction::Transactions,
};

/// How long it can be taken back.
pub const GRACE: Micros = KEPT;

impl AccountSettings {
    /// Whether the caller may take what is kept about them along.
    ///
    /// # Errors
    /// As [`crate::AccountSettings::export`].
    pub async fn may_export(&self, ctx: &RequestContext) -> Result<(), Error> {
        self.accounts()
            .may_begin_change(&mut self.store.read().await?, ctx, AccountChange::Export)
            .await
            .map(drop)
    }

    /// Everything that is kept about the caller's own account, nothing of others, no secret (GD-01).
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`], [`Refusal::NotRecent`].
    pub async fn export(&self, ctx: &RequestContext) -> Result<Value, Error> {
        let mut conn = self.store.read_bulk().await?;
        let c = &mut conn;
        let allowed = self.accounts().may_begin_change(c, ctx, AccountChange::Export).await?;
        let id = allowed.account;
        let account = find_account(c, self.org, id).await?.ok_or(Refusal::SessionEnded)?;
        let config = self.configuration().policy_context(c, None).await?;
        let mut identities = Vec::new();
        for link in list_links(c, id).await? {
            let sealed = storage::accounts::links::find_claims(c, link.id).await?;
            let claims: Value = sealed
                .and_then(|s| self.keys.open_sealed("claims", &s))
                .and_then(|b| serde_json::from_slice(&b).ok())
                .unwrap_or_default();
            let provider = config.provider(link.provider_id).map(|p| p.name.clone());
            identities
                .push(json!({"provider": provider, "subject": link.subject, "label": link.label, "called": link.nickname, "added_at": link.created_at, "used_at": link.used_at, "claims": claims}));
        }
        let email = |e: &storage::accounts::Email| json!({"address": e.typed, "proved_by": e.proof.to_string(), "owner": e.owner, "primary": e.is_primary});
        let emails: Vec<Value> = list_emails(c, id).await?.iter().map(email).collect();
        let former: Vec<Value> = list_former_emails(c, id, self.now())
            .await?
            .iter()
            .map(|e| json!({"address": e.typed}))
            .collect();
        let fields: Vec<Value> = list_attributes(c, id).await?.iter().map(|f| json!({"name": f.name, "value": f.value, "source": f.source, "updated_at": f.updated_at})).collect();
        let sessions: Vec<Value> = list_sessions(c, id, self.now(), 0)
            .await?
            .iter()
            .map(|s| json!({"method": s.method, "browser": s.agent, "network": s.network, "created_at": s.created_at, "seen_at": s.seen_at}))
            .collect();
        let filter = AuditFilter { account: Some(id), ..AuditFilter::default() };
        let events: Vec<Value> = list_audit_events(c, self.org, &filter, 10_000)
            .await?
            .iter()
            .map(|e| json!({"at": e.at, "kind": e.kind, "provider": e.provider, "code": e.code}))
            .collect();
        let agreements: Vec<Value> = list_agreements(c, &[id])
            .await?
            .iter()
            .map(|(_, what, at)| json!({"what": what, "accepted_at": at}))
            .collect();
        let passkeys: Vec<Value> = list_passkeys(c, id)
            .await?
            .iter()
            .map(|k| json!({"called": k.name, "added_at": k.created_at, "used_at": k.used_at}))
            .collect();
        let browsers: Vec<Value> = list_browsers(c, id, self.now() - KNOWN_FOR)
            .await?
            .iter()
            .map(|at| json!({"signed_in_at": at}))
            .collect();
        let groups: Vec<Value> = list_memberships(c, id)
            .await?
            .iter()
            .map(|held| json!({"key": held.group.key, "name": held.group.name, "said_by_provider": held.provider.is_some(), "since": held.since}))
            .collect();
        let second_factor = find_factor(c, id, TOTP).await?.map(|(_, at)| at);
        let (subject, roles, password) = (
            find_subject(c, id).await?,
            list_roles(c, self.org, id).await?,
            password_set_at(c, id).await?,
        );
        drop(conn);
        self.act(ctx, async move |this, c, ctx| {
            this.record(c, Event::own(&ctx, EventKind::AccountExported, id).detail(allowed.trace))
                .await
        })
        .await?;
        Ok(json!({
            "format": "ligature-account-1",
            "times": "microseconds since 1970-01-01 UTC",
            "account": {"id": id.to_string(), "subject": subject, "name": account.name, "language": account.locale, "created_at": account.created_at, "roles": roles, "password_set_at": password, "second_factor_since": second_factor},
            "emails": emails,
            "former_emails": former,
            "profile": fields,
            "identities": identities,
            "agreements": agreements,
            "passkeys": passkeys,
            "groups": groups,
            "sessions": sessions,
            "known_browsers": browsers,
            "events": events,
        }))
    }

    /// Whether the caller may begin to delete the account.
    ///
    /// # Errors
    /// [`Refusal::LastOwner`], [`Refusal::NotRecent`].
    pub async fn may_close(&self, ctx: &RequestContext) -> Result<(), Error> {
        let mut conn = self.store.read().await?;
        let what = self.closing_of(&mut conn, ctx.signed_in()?.account).await?;
        self.accounts().may_begin_change(&mut conn, ctx, what).await.map(drop)
    }

    async fn closing_of(&self, c: &mut Conn, account: AccountId) -> Result<AccountChange, Error> {
        let owners = list_holders_of_role(c, self.org, OWNER).await?;
        Ok(AccountChange::Delete { last_owner: owners == [account] })
    }

    /// Begins to delete the caller's account: signed out everywhere at once, gone after two weeks. Identities and
    /// addresses stay taken until then, so that nobody else gets them by the change of mind.
    ///
    /// # Errors
    /// As [`crate::AccountSettings::may_close`].
    pub async fn close_account(&self, ctx: &RequestContext) -> Result<(), Error> {
        self.act(ctx, async move |this, c, ctx| {
            let what = this.closing_of(c, ctx.session()?.account).await?;
            let allowed = this.accounts().may_change(c, &ctx, what, this.now()).await?;
            let id = allowed.account;
            let changing = this.accounts().change(c, id).await?;
            set_closing(c, id, Some(this.now() + GRACE)).await?;
            this.sessions().end_everything(c, id, None).await?;
            let noted = this
                .accounts()
                .changed(c, changing, Changed::Delete, &doer(&ctx), ProfileChange::default())
                .await?;
            this.notifications()
                .notify(c, id, Kind::ClosingNotice, &ctx, "", "", noted.as_ref())
                .await?;
            this.record(c, Event::own(&ctx, EventKind::AccountClosing, id).detail(allowed.trace))
                .await
        })
        .await
    }

    /// Takes what names an account out of its events. They stay under the name that is answered, with what their batches
    /// are sealed over.
    async fn forget_in_trail(&self, c: &mut Conn, account: AccountId) -> Result<String, Error> {
        let name = self.keys.pseudonym(&[b"account", &account.0]);
        for event in list_events_of(c, account).await? {
            forget_in_event(c, event.id, &name, &withheld(&self.keys, &event)).await?;
        }
        Ok(name)
    }

    /// Removes accounts whose two weeks are over; what audit keeps of them names nobody. Answers how many went.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn remove_closed(&self) -> Result<usize, Error> {
        let this = self.clone();
        self.store
            .write(move |c| {
                Box::pin(async move {
                    let ids = list_closed(c, this.org, this.now(), 100).await?;
                    for id in &ids {
                        // What became part of it goes with it.
                        for merged in list_merged_into(c, *id).await? {
                            this.forget_in_trail(c, merged).await?;
                            remove_account(c, merged).await?;
                        }
                        remove_account(c, *id).await?;
                        let tombstone = this.forget_in_trail(c, *id).await?;
                        this.record(
                            c,
                            Event::system(
                                EventKind::AccountDeleted,
                                Target::Gone(tombstone.clone()),
                            )
                            .subject(tombstone),
                        )
                        .await?;
                    }
                    Ok(ids.len())
                })
            })
            .await
    }
}
