//! The ways to sign in that an account has: listed, named, removed, and those that could be added.
use crate::{
    Error, RequestContext, SessionInfo,
    account::{
        changes::{ProfileChange, doer},
        removal::{Going, Removal},
    },
    audit::Event,
    notifications::messages::Kind,
    policy::documents::Policies,
    services::AccountSettings,
    sign_in::upstream_identity::UpstreamIdentity,
    transaction::{LiveRequest, Transactions},
};
use domain::{
    AccountId, EventKind, LinkId, Micros, Outcome, Refusal,
    account_rules::{remove::RemoveOutcome, rewind::Changed},
    decide,
    linking::facts::{Facts, Intent},
    policy::OnUnlink,
};
use serde_json::json;
use storage::{
    Conn,
    accounts::{
        links::{list_links, release_link, set_nickname},
        password_set_at, remove_password,
        snapshots::load_snapshots,
    },
    policy::providers::Provider,
    sign_in::sessions::{end_sessions, end_sessions_by_link},
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

impl AccountSettings {
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
                preset: crate::policy::providers::Button::new(provider).preset,
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

    /// Providers that the account may add, by the decision itself for an identity that nobody has (GO-25, GO-27).
    pub(super) async fn addable_providers(
        &self,
        c: &mut Conn,
        id: AccountId,
    ) -> Result<Vec<Provider>, Error> {
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
            Event::own(ctx, EventKind::LinkRemoved, account)
                .by_provider(method.key.clone())
                .detail(detail),
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
}
