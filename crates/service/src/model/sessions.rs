//! What is done in a session: by its person, by somebody who took it, after it ended, by administrators.
use domain::{Refusal, linking::facts::AccountState};
use storage::{
    accounts::{bump_rev, find_account, links::list_links, set_account_state},
    sign_in::sessions::end_sessions,
};

use crate::{
    Error, Ligature, RequestContext,
    admin::{ProviderEdit, SaveProblem, SettingsEdit, association::Association},
    sign_in::{
        start::{LoginPurpose, LoginState},
        upstream_identity::UpstreamIdentity,
    },
};

use super::{
    fixtures::{ANOTHER, DELEGATE, PASSWORD, PROVIDERS},
    product::Product,
    session_acts::SessionAct,
};

impl Product {
    pub(super) async fn act(&mut self, account: usize, act: SessionAct) {
        let Some(session) = Self::session_of(&self.ligature, self.accounts[account]).await else {
            return;
        };
        let ctx = Self::ctx(Some(session));
        let start = Self::start_of(&self.ligature, &ctx, act);
        self.sent(account, &ctx, act, start).await;
    }

    /// The start of an identity that is to be added.
    pub(super) fn start_of(
        ligature: &Ligature,
        ctx: &RequestContext,
        act: SessionAct,
    ) -> Option<(UpstreamIdentity, LoginState)> {
        let SessionAct::Add(identity) = act else { return None };
        let held = Self::identity(identity, None, true);
        let start = Self::start(ligature, ctx, &held);
        Some((held, start))
    }

    /// The page is sent, or the provider answers. Whether it was done.
    pub(super) async fn sent(
        &mut self,
        account: usize,
        ctx: &RequestContext,
        act: SessionAct,
        start: Option<(UpstreamIdentity, LoginState)>,
    ) -> bool {
        let done = match (act, start) {
            (SessionAct::Add(_), Some((held, start))) => {
                let result = self.ligature.sign_in().complete_login(ctx, held, start).await;
                return self.settle(result).await.is_some();
            }
            (SessionAct::Unlink(method), _) => {
                let mut links = list_links(
                    &mut self.ligature.store.read().await.unwrap(),
                    self.accounts[account],
                )
                .await
                .unwrap();
                links.sort_by_key(|l| {
                    (PROVIDERS.iter().position(|p| l.namespace.contains(p)), l.subject.clone())
                });
                let target = match links.get(method) {
                    Some(link) => Some(link.id),
                    None if method == links.len() => None,
                    None => return false,
                };
                self.ligature.account_settings().remove_method(ctx, target).await
            }
            (SessionAct::Password, _) => {
                self.ligature.account_settings().set_own_password(ctx, ANOTHER).await
            }
            (SessionAct::Add(_), None) => return false,
        };
        self.read_mails().await;
        match done {
            Ok(()) => true,
            Err(Error::Refused { .. }) => false,
            Err(error) => panic!("{error}"),
        }
    }

    pub(super) async fn late(&mut self, account: usize, act: SessionAct) {
        let id = self.accounts[account];
        let Some(session) = Self::session_of(&self.ligature, id).await else { return };
        let ctx = Self::ctx(Some(session));
        let start = Self::start_of(&self.ligature, &ctx, act);
        self.ligature
            .store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { Ok(end_sessions(c, id, None).await?) })
            })
            .await
            .unwrap();
        assert!(!self.sent(account, &ctx, act, start).await, "{act:?} for a session that is over");
    }

    pub(super) async fn intrude(&mut self, account: usize, acts: &[SessionAct]) {
        let id = self.accounts[account];
        if Self::session_of(&self.ligature, id).await.is_none() {
            return;
        }
        let (before, password, identity) = {
            let c = &mut self.ligature.store.read().await.unwrap();
            let link = list_links(c, id).await.unwrap().into_iter().next();
            let identity = link.map(|l| {
                (
                    PROVIDERS.iter().position(|p| l.namespace.contains(p)).unwrap(),
                    l.subject[1..].parse().unwrap(),
                )
            });
            (
                find_account(c, self.ligature.org, id).await.unwrap().unwrap().rev,
                storage::accounts::find_password(c, id).await.unwrap().is_some(),
                identity,
            )
        };
        for act in acts {
            self.act(account, *act).await;
        }
        let journal = self
            .ligature
            .accounts()
            .journal(&mut self.ligature.store.read().await.unwrap(), id)
            .await
            .unwrap();
        let Some(first) = journal
            .iter()
            .map(|e| &e.change)
            .filter(|c| c.rev > before && !c.rewound)
            .map(|c| c.rev)
            .min()
        else {
            return;
        };
        let ctx = Self::ctx(Self::session_of(&self.ligature, id).await);
        let (shown, _) = self.ligature.rewinds().own_undos(&ctx).await.unwrap();
        // The page of what was added and is gone again is not offered; the one of its removal is.
        let asked = shown.iter().map(|c| c.rev).filter(|rev| *rev > before).min().unwrap();
        let secret = self.ligature.rewinds().ask_own_undo(&ctx, asked).await.unwrap();
        match identity {
            _ if password => {
                self.ligature.rewinds().undo_by_password(&ctx, &secret, PASSWORD).await.unwrap()
            }
            Some(identity) => {
                let mut held = Self::identity(identity, None, true);
                held.assertion.auth_at = Some(self.ligature.now());
                let start = LoginState {
                    purpose: LoginPurpose::Undo { secret: secret.clone() },
                    ..Self::start(&self.ligature, &ctx, &held)
                };
                self.ligature.sign_in().complete_login(&ctx, held, start).await.unwrap();
            }
            None => panic!("an account that nothing opens"),
        }
        self.ligature.rewinds().finish_undo(&ctx, &secret, Some(first), "").await.unwrap();
        self.read_mails().await;
    }

    /// Whether it was saved. What was moved is moved back.
    pub(super) async fn delegate(&mut self, provider: usize, believe: bool) -> bool {
        let key = PROVIDERS[provider];
        let session = Self::session_of(&self.ligature, DELEGATE).await.unwrap();
        let ctx = Self::ctx(Some(session));
        let (config, document) = {
            let c = &mut self.ligature.store.read().await.unwrap();
            (
                self.ligature.configuration().provider(c, key).await.unwrap().config,
                self.ligature
                    .configuration()
                    .policies(c)
                    .await
                    .unwrap()
                    .document(&crate::policy::documents::provider_scope(key)),
            )
        };
        let association = Association::read(&document);
        let form = |config: &str, association: Association| ProviderEdit {
            key: key.into(),
            settings: SettingsEdit::Whole(serde_json::from_str(config).unwrap()),
            association: Some(association),
            consent: Some(domain::continuity::Consent { stranded: i64::MAX, tell: false }),
            ..ProviderEdit::default()
        };
        let changed = if believe {
            form(&config, Association { verified_counts: true, ..association.clone() })
        } else {
            form(&config.replace("\"x\"", "\"y\""), association.clone())
        };
        match self.ligature.provider_admin().save_provider(&ctx, changed, false).await {
            Ok(()) => {
                self.ligature
                    .provider_admin()
                    .save_provider(&ctx, form(&config, association), false)
                    .await
                    .unwrap();
                true
            }
            Err(SaveProblem::Fields(fields))
                if matches!(fields.as_slice(), [("verified_counts" | "client_id", _)]) =>
            {
                false
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    pub(super) async fn switch(&mut self, account: usize) {
        let (this, id) = (self.ligature.clone(), self.accounts[account]);
        let org = this.org;
        this.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    let row = find_account(c, org, id).await?.ok_or(Refusal::NotFound)?;
                    bump_rev(c, id, row.rev).await?;
                    let next = if row.state() == AccountState::Active {
                        AccountState::Disabled
                    } else {
                        AccountState::Active
                    };
                    set_account_state(c, org, id, next).await?;
                    end_sessions(c, id, None).await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
    }
}
