//! My Account: methods, addresses, sessions; removing a method; ending sessions.
pub(crate) mod changes;
pub mod deletion;
pub(crate) mod effects;
pub(crate) mod email;
pub mod leaked_passwords;
pub(crate) mod may_change;
pub mod merge;
pub mod passkeys;
pub(crate) mod password;
pub mod phone;
pub(crate) mod profile;
pub mod reauthenticate;
pub mod recovered;
pub(crate) mod removal;
pub mod second_factor;
pub(crate) mod take_email;
pub mod undo;

use crate::{services::AccountSettings, transaction::Transactions};
use domain::{
    AccountId, DAY, EventKind, LinkId, Micros, Outcome, Refusal,
    account_rules::{
        change::{AccountChange, Change, ChangeOutcome, change},
        remove::RemoveOutcome,
        rewind::Changed,
    },
    decide,
    linking::facts::{Facts, Intent},
    policy::OnUnlink,
};
use serde_json::json;
use storage::{
    Conn,
    accounts::{
        attributes::{Attribute as Field, find_phone},
        find_account,
        links::{list_links, release_link, set_nickname},
        list_emails, list_former_emails, password_set_at, remove_password,
        second_factors::{TOTP, find_factor},
        snapshots::load_snapshots,
    },
    maintenance::{
        audit::{AuditEvent, AuditFilter, list_audit_events},
        instance::find_loss,
    },
    policy::providers::Provider,
    sign_in::{
        attempts::{Ending, end_attempts},
        sessions::{end_session_of, end_sessions, end_sessions_by_link, list_sessions},
    },
};

use crate::{
    Error, RequestContext, SessionInfo,
    account::{
        changes::{ProfileChange, doer},
        removal::{Going, Removal},
    },
    audit::Event,
    notifications::messages::Kind,
    policy::documents::Policies,
    sign_in::upstream_identity::UpstreamIdentity,
    transaction::LiveRequest,
};

/// A way to sign in, as My Account lists it.
#[derive(Debug, Clone)]
pub struct Method {
    /// The link's id; `None` for the password.
    pub link: Option<LinkId>,
    pub key: String,
    pub name: String,
    /// The preset of the provider's settings, for its mark; empty: none.
    pub preset: String,
    pub label: String,
    /// What the person calls it; empty: nothing.
    pub nickname: String,
    pub added_at: Micros,
    pub used_at: Option<Micros>,
    /// The provider is switched on.
    pub usable: bool,
    /// It is the one that this session stands on.
    pub current: bool,
    /// Why it cannot be removed; `None`: it can.
    pub stays: Option<Refusal>,
}

/// An address, as My Account lists it.
#[derive(Debug, Clone)]
pub struct Address {
    pub typed: String,
    /// As it is compared.
    pub canonical: String,
    pub proved: bool,
    pub primary: bool,
    /// Somebody else of a provider that the account has came with it: it proves nothing for now (I13).
    pub contested: bool,
    /// Another one stays that is proved (UD-09).
    pub removable: bool,
    /// It was given up, and hears of everything for a while (threat rule 19).
    pub former: bool,
}

/// A session, as My Account lists it.
#[derive(Debug, Clone)]
pub struct SessionRow {
    pub id: String,
    pub method: String,
    pub agent: String,
    pub network: String,
    pub created_at: Micros,
    pub seen_at: Micros,
    pub current: bool,
}

/// The page's data.
#[derive(Debug, Clone)]
pub struct Overview {
    pub name: String,
    pub addresses: Vec<Address>,
    /// Addresses of the last 14 days.
    pub former: Vec<Address>,
    pub methods: Vec<Method>,
    /// Providers that may be added: key, name, origin.
    pub addable: Vec<crate::policy::providers::Button>,
    /// Profile fields with their sources.
    pub fields: Vec<Field>,
    /// Adding and removing is allowed at all (GO-24).
    pub manageable: bool,
    /// The list of sign-in methods cannot be changed by its owner and is only shown (GO-24, GO-26).
    pub fixed: bool,
    pub administrator: bool,
    /// A password can be set, or replaced, here.
    pub password_settable: bool,
    /// Since when a second factor is asked for.
    pub second_factor: Option<Micros>,
    /// Another account can be merged into this one (I12, policy).
    pub mergeable: bool,
    /// The proved number; `None` where there can be none.
    pub phone: Option<Option<String>>,
    /// How many passkeys there are; `None` where they cannot be added.
    pub passkeys: Option<usize>,
    /// The service was restored in the last two weeks: when, and since when changes of this account are lost, where that is known.
    pub restored: Option<(Micros, Option<Micros>)>,
}

impl AccountSettings {
    /// Everything on the first page of My Account.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`].
    pub async fn overview(&self, ctx: &RequestContext) -> Result<Overview, Error> {
        let session = ctx.signed_in()?;
        let mut conn = self.store.read().await?;
        let c = &mut conn;
        let account =
            find_account(c, self.org, session.account).await?.ok_or(Refusal::SessionEnded)?;
        let policies = self.configuration().policies(c).await?;
        let local = policies.effective(None, None);
        let methods = self.method_rows(c, &policies, session.account, Some(session)).await?;
        let emails = list_emails(c, session.account).await?;
        let proved = emails.iter().filter(|e| e.is_proved()).count();
        let row = |e: storage::accounts::Email| Address {
            removable: proved > usize::from(e.is_proved()),
            proved: e.is_proved(),
            primary: e.is_primary,
            contested: e.contested,
            former: false,
            canonical: e.canonical,
            typed: e.typed,
        };
        let addresses = emails.into_iter().map(row).collect();
        let former = list_former_emails(c, session.account, self.now()).await?;
        let former = former
            .into_iter()
            .map(|e| Address {
                canonical: e.canonical,
                typed: e.typed,
                proved: false,
                primary: false,
                removable: true,
                contested: false,
                former: true,
            })
            .collect();
        let administrator =
            !storage::accounts::list_roles(c, self.org, session.account).await?.is_empty();
        let addable = self.addable_providers(c, session.account).await?;
        let fields = self.accounts().profile(c, session.account).await?;
        let second_factor = find_factor(c, session.account, TOTP).await?.map(|(_, at)| at);
        let number = find_phone(c, session.account).await?;
        let restored = find_loss(c)
            .await?
            .filter(|(at, _)| account.created_at < *at && self.now() - at < 14 * DAY);
        drop(conn);
        let mergeable = match self.merges().may_merge(ctx).await {
            Ok(()) => true,
            Err(error) if error.refusal() == Refusal::NotRecent => true,
            Err(error) if [Refusal::MergeOff, Refusal::NotAllowed].contains(&error.refusal()) => {
                false
            }
            Err(error) => return Err(error),
        };
        let mut buttons = Vec::new();
        for row in addable {
            let origin = self.configuration().connector(&row).await.ok().and_then(|c| c.origin());
            buttons.push(crate::policy::providers::Button::new(&row, origin));
        }
        let has = methods.iter().any(|m| m.link.is_none());
        let may = |what| {
            change(
                Change {
                    account: session.account,
                    state: account.state(),
                    what,
                    reauthenticated: true,
                },
                &local,
            )
            .outcome
                == Ok(ChangeOutcome::Change)
        };
        let password_settable = may(AccountChange::Password { first: !has });
        let manageable = may(AccountChange::Email { taken: false });
        let fixed = !manageable
            || (buttons.is_empty()
                && !methods.is_empty()
                && methods.iter().all(|m| m.stays == Some(Refusal::ManagementOff)));
        let phone = if number.is_some()
            || (may(AccountChange::Phone { held_by: None }) && self.configuration().has_texts())
        {
            Some(number)
        } else {
            None
        };
        let passkeys = if may(AccountChange::Passkey) && self.configuration().has_passkeys() {
            Some(self.passkeys().own_passkeys(ctx).await?.len())
        } else {
            None
        };
        Ok(Overview {
            name: account.name,
            addresses,
            former,
            methods,
            addable: buttons,
            fields,
            manageable,
            fixed,
            administrator,
            password_settable,
            second_factor,
            mergeable,
            phone,
            passkeys,
            restored,
        })
    }

    /// Providers that the account may add, by the decision itself for an identity that nobody has (GO-25, GO-27).
    async fn addable_providers(&self, c: &mut Conn, id: AccountId) -> Result<Vec<Provider>, Error> {
        let config = self.configuration().policy_context(c, None).await?;
        let all = load_snapshots(c, self.org, &[id]).await?;
        let account = all.get(&id).ok_or(Refusal::SessionEnded)?;
        let may = |provider: &&Provider| {
            let identity = UpstreamIdentity::nobody(provider);
            // The list shows what could be added; whoever begins is asked to confirm first.
            provider.enabled
                && matches!(
                    decide(
                        &Facts::local(Intent::Add(config.add_to(account, &identity)), None),
                        &config.policy(Some(&provider.key))
                    )
                    .outcome,
                    Outcome::Link { .. }
                )
        };
        Ok(config.providers.iter().filter(may).cloned().collect())
    }

    /// The methods of any account, for its owner and for administrators.
    pub(crate) async fn method_rows(
        &self,
        c: &mut Conn,
        policies: &Policies,
        id: AccountId,
        session: Option<&SessionInfo>,
    ) -> Result<Vec<Method>, Error> {
        let config = self.configuration().policy_context(c, None).await?;
        let removal = Removal::load(self, c, id).await?;
        let providers = &config.providers;
        let local = policies.effective(None, None);
        let mut rows = Vec::new();
        for link in list_links(c, id).await? {
            let Some(provider) = providers.iter().find(|p| p.id == link.provider_id) else {
                continue;
            };
            let policy = config.policy(Some(&provider.key));
            let own = provider.enabled && policy.permits.sign_in;
            rows.push(Method {
                link: Some(link.id),
                key: provider.key.clone(),
                name: provider.name.clone(),
                preset: crate::policy::providers::Button::new(provider, None).preset,
                label: link.label,
                nickname: link.nickname,
                added_at: link.created_at,
                used_at: Some(link.used_at),
                usable: own,
                current: session.is_some_and(|c| c.link == Some(link.id)),
                stays: removal.stays(Going::Link(link.id)),
            });
        }
        if let Some(set_at) = password_set_at(c, id).await? {
            rows.push(Method {
                link: None,
                key: "password".into(),
                name: "password".into(),
                preset: String::new(),
                label: String::new(),
                nickname: String::new(),
                added_at: set_at,
                used_at: None,
                usable: local.permits.password_sign_in,
                current: session.is_some_and(|c| c.method == "password"),
                stays: removal.stays(Going::Password),
            });
        }
        Ok(rows)
    }

    /// Names an identity of the caller's own account, so that two of one provider can be told apart (GO-31). An empty
    /// name takes it away.
    ///
    /// # Errors
    /// [`Refusal::MethodUnknown`] for foreign and unknown ids alike (MA-12), [`Refusal::BadRequest`] for a name that is none.
    pub async fn name_method(
        &self,
        ctx: &RequestContext,
        link: LinkId,
        name: &str,
    ) -> Result<(), Error> {
        let (account, name) = (ctx.signed_in()?.account, name.trim().to_owned());
        if name.chars().count() > 40 || name.chars().any(char::is_control) {
            return Err(Refusal::BadRequest.into());
        }
        self.act(ctx, async move |_, c, _| {
            if set_nickname(c, account, link, &name).await? {
                Ok(())
            } else {
                Err(Refusal::MethodUnknown.into())
            }
        })
        .await
    }

    /// Removes a method of the caller's own account; `None` is the password. The last usable one stays (I7, MA-08).
    ///
    /// # Errors
    /// [`Refusal::MethodUnknown`] for foreign and unknown ids alike (MA-12), [`Refusal::LastMethod`], [`Refusal::ManagementOff`].
    pub async fn remove_method(
        &self,
        ctx: &RequestContext,
        link: Option<LinkId>,
    ) -> Result<(), Error> {
        self.act(ctx, async move |this, c, ctx| this.remove_in(c, &ctx, link).await).await
    }

    pub(crate) async fn remove_in(
        &self,
        c: &mut Conn,
        ctx: &LiveRequest,
        link: Option<LinkId>,
    ) -> Result<(), Error> {
        let session = ctx.session()?;
        let account = session.account;
        let changing = self.accounts().change(c, account).await?;
        let policies = self.configuration().policies(c).await?;
        let methods = self.method_rows(c, &policies, account, Some(session)).await?;
        let method = methods.iter().find(|m| m.link == link).ok_or(Refusal::MethodUnknown)?;
        // Everything that opens the account counts, also what is not in this list: passkeys, a code to its mailbox.
        let removal = Removal::load(self, c, account).await?;
        let going = link.map_or(Going::Password, Going::Link);
        let policy = removal.policy(going);
        let (_, decision) = removal.decide(going, session.is_reauthenticated(self.now(), &policy));
        let RemoveOutcome { notify } = decision.outcome?;
        let now = self.now();
        match link {
            Some(id) => {
                if !release_link(c, account, id, now).await? {
                    return Err(Refusal::MethodUnknown.into());
                }
                match policy.choices.on_unlink {
                    OnUnlink::RevokeIdentity => {
                        end_sessions_by_link(c, account, id, &session.public_id).await?
                    }
                    OnUnlink::RevokeOthers => {
                        end_sessions(c, account, Some(&session.public_id)).await?
                    }
                };
            }
            None => {
                remove_password(c, account).await?;
            }
        }
        let detail =
            json!({"reasons": decision.reasons, "policy_version": decision.policy_version});
        self.record(
            c,
            Event {
                provider: method.key.clone(),
                ..Event::new(EventKind::LinkRemoved).account(account).detail(detail)
            },
        )
        .await?;
        let what = if link.is_some() { Changed::Unlink } else { Changed::PasswordGone };
        let noted = self
            .accounts()
            .changed(c, changing, what, &doer(ctx), ProfileChange::default())
            .await?;
        match link {
            // Notices of links follow the mail matrix (GO-35, LK-17); those of passwords cannot be switched off.
            Some(_) if notify => {
                self.notifications()
                    .notify(
                        c,
                        account,
                        Kind::UnlinkNotice,
                        ctx,
                        &method.name,
                        &method.label,
                        noted.as_ref(),
                    )
                    .await?
            }
            Some(_) => {}
            None => {
                self.notifications()
                    .notify(c, account, Kind::PasswordGone, ctx, "", "", noted.as_ref())
                    .await?
            }
        }
        Ok(())
    }

    /// The caller's sessions.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`].
    pub async fn own_sessions(&self, ctx: &RequestContext) -> Result<Vec<SessionRow>, Error> {
        let session = ctx.signed_in()?;
        let now = self.now();
        let rows = list_sessions(
            &mut self.store.read().await?,
            session.account,
            now,
            now - self.settings.session_idle,
        )
        .await?;
        let row = |s: storage::sign_in::sessions::Session| SessionRow {
            current: s.public_id == session.public_id,
            id: s.public_id,
            method: s.method,
            agent: s.agent,
            network: s.network,
            created_at: s.created_at,
            seen_at: s.seen_at,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// Ends one session by its public id, or with `None` all others, or with `everywhere` all of them.
    ///
    /// # Errors
    /// [`Refusal::MethodUnknown`] for foreign and unknown ids alike.
    pub async fn end_sessions(
        &self,
        ctx: &RequestContext,
        which: Option<String>,
        everywhere: bool,
    ) -> Result<(), Error> {
        self.act(ctx, async move |this, c, ctx| {
            let session = ctx.session()?;
            let ended = match (&which, everywhere) {
                (Some(id), _) => end_session_of(c, session.account, id).await?,
                (None, true) => {
                    this.codes().forget_known_browsers(c, session.account, None).await?;
                    end_sessions(c, session.account, None).await?
                }
                (None, false) => {
                    this.codes().forget_known_browsers(c, session.account, Some(&ctx)).await?;
                    end_sessions(c, session.account, Some(&session.public_id)).await?
                }
            };
            if which.is_none() {
                end_attempts(c, Ending::Account(session.account)).await?;
            }
            if everywhere {
                end_attempts(c, Ending::Browser(&ctx.browser)).await?;
            }
            if ended == 0 && which.is_some() {
                return Err(Refusal::MethodUnknown.into());
            }
            this.record(
                c,
                Event::new(EventKind::SessionEnded)
                    .account(session.account)
                    .detail(json!({"sessions": ended})),
            )
            .await
        })
        .await
    }

    /// What happened in the caller's account, newest first.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`].
    pub async fn activity(&self, ctx: &RequestContext) -> Result<Vec<AuditEvent>, Error> {
        let filter =
            AuditFilter { account: Some(ctx.signed_in()?.account), ..AuditFilter::default() };
        Ok(list_audit_events(&mut self.store.read().await?, self.org, &filter, 50).await?)
    }
}
