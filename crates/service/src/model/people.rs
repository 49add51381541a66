//! What people do without a session, and what an add that dies leaves.
use std::sync::{Arc, atomic::Ordering};

use domain::{AccountId, MINUTE, linking::facts::UserAction, path::Continuation};

use crate::{Error, Ligature, LoginOutcome, NewPerson, RequestContext};

use super::{
    fixtures::{ADDRESSES, PASSWORD},
    product::Product,
    session_acts::{Identity, Way},
};

impl Product {
    pub(super) async fn sign_up(&mut self, address: usize, finish: bool) {
        let ctx = Self::ctx(None);
        let person = NewPerson {
            email: ADDRESSES[address].into(),
            name: "N".into(),
            password: PASSWORD.into(),
        };
        self.codes.clear();
        let result = self.ligature.sign_in().sign_up(&ctx, person, Continuation::Account).await;
        if let (Some(LoginOutcome::Page { id, .. }), true) = (self.settle(result).await, finish) {
            self.enter(&ctx, &id, address).await;
        }
        self.read_mails().await;
    }

    pub(super) async fn sign_in(
        &mut self,
        identity: Identity,
        address: Option<usize>,
        verified: bool,
        way: Way,
    ) {
        let (mut ctx, held) = (Self::ctx(None), Self::identity(identity, address, verified));
        let start = Self::start(&self.ligature, &ctx, &held);
        self.codes.clear();
        let result = self.ligature.sign_in().complete_login(&ctx, held, start).await;
        let Some(arrival) = self.settle(result).await else { return };
        if let LoginOutcome::SignedIn { secret, continuation: Continuation::Path(path), .. } =
            &arrival
        {
            let id = path.as_str().split('/').nth(2).unwrap().to_owned();
            ctx.session = self.ligature.sessions().session(secret).await.unwrap();
            self.answer(&ctx, &id, address.unwrap_or(0), way).await;
            return;
        }
        let LoginOutcome::Page { id, .. } = arrival else { return };
        let act = match way {
            Way::Create => UserAction::CreateNew,
            Way::UseExisting => UserAction::UseExisting,
            Way::AddRight | Way::AddWrong | Way::AddLate => UserAction::AddTo(None),
            Way::Cancel => {
                let result = self.ligature.attempt_steps().cancel(&ctx, &id).await;
                self.settle(result).await;
                return;
            }
        };
        let result = self.ligature.attempt_steps().pick(&ctx, &id, act).await;
        let (Some(LoginOutcome::Page { .. }), Some(address)) = (self.settle(result).await, address)
        else {
            return;
        };
        match way {
            Way::AddWrong => {
                for _ in 0..4 {
                    let result =
                        self.ligature.attempt_steps().enter_code(&ctx, &id, "ZZZZ-ZZZZ").await;
                    self.settle(result).await;
                }
                // The right one is worth nothing after three wrong ones.
                self.enter(&ctx, &id, address).await;
            }
            Way::AddLate => {
                self.read_mails().await;
                self.clock.fetch_add(11 * MINUTE, Ordering::SeqCst);
                let code = self.codes.get(ADDRESSES[address]).cloned().unwrap_or_default();
                let result = self.ligature.attempt_steps().enter_code(&ctx, &id, &code).await;
                self.settle(result).await;
                self.clock.fetch_sub(11 * MINUTE, Ordering::SeqCst);
            }
            _ => {
                if let Some(LoginOutcome::Page { page: "choose", .. }) =
                    self.enter(&ctx, &id, address).await
                {
                    self.pick_owner(&ctx, &id, address).await;
                }
            }
        }
        self.read_mails().await;
    }

    /// Behind the code several accounts are shown: the person takes the one that owns the address, if one does.
    pub(super) async fn pick_owner(&mut self, ctx: &RequestContext, id: &str, address: usize) {
        let owner = storage::accounts::find_owner(
            &mut self.ligature.store.read().await.unwrap(),
            self.ligature.org,
            ADDRESSES[address],
        )
        .await
        .unwrap();
        let Some(owner) = owner else { return };
        let result =
            self.ligature.attempt_steps().pick(ctx, id, UserAction::AddTo(Some(owner))).await;
        // An identity that the account had once asks for the account's own code again.
        if let Some(LoginOutcome::Page { .. }) = self.settle(result).await {
            self.enter(ctx, id, address).await;
        }
    }

    pub(super) async fn answer(
        &mut self,
        ctx: &RequestContext,
        id: &str,
        address: usize,
        way: Way,
    ) {
        let result = match way {
            Way::AddRight => {
                let asked = self.ligature.attempt_steps().ask_email_code(ctx, id).await;
                self.settle(asked).await;
                self.enter(ctx, id, address).await;
                return;
            }
            Way::AddWrong => self.ligature.attempt_steps().ignore_email(ctx, id).await,
            Way::Create | Way::UseExisting | Way::AddLate | Way::Cancel => {
                self.ligature.attempt_steps().leave_email(ctx, id).await
            }
        };
        self.settle(result).await;
    }

    pub(super) async fn add(&mut self, account: usize, identity: Identity, address: Option<usize>) {
        let Some(result) =
            Self::adding(&self.ligature, self.accounts[account], identity, address).await
        else {
            return;
        };
        self.settle(result).await;
        self.read_mails().await;
    }

    pub(super) async fn adding(
        ligature: &Ligature,
        account: AccountId,
        identity: Identity,
        address: Option<usize>,
    ) -> Option<Result<LoginOutcome, Error>> {
        let session = Self::session_of(ligature, account).await?;
        let (ctx, held) = (Self::ctx(Some(session)), Self::identity(identity, address, true));
        let start = Self::start(ligature, &ctx, &held);
        Some(ligature.sign_in().complete_login(&ctx, held, start).await)
    }

    /// Another process on the same database adds an identity and dies at one of its waits; then it starts anew.
    pub(super) async fn crash(
        &mut self,
        account: usize,
        identity: Identity,
        address: Option<usize>,
        after: u16,
    ) {
        let (folder, key, clock, guard, id) = (
            self.folder.path().to_owned(),
            self.key.clone(),
            Arc::clone(&self.clock),
            self.guard.clone(),
            self.accounts[account],
        );
        let doomed = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let ligature = Self::open(&folder, &key, &clock, &guard).await;
                let death = async {
                    for _ in 0..after {
                        tokio::task::yield_now().await;
                    }
                };
                tokio::select! {
                    biased;
                    _ = Self::adding(&ligature, id, identity, address) => {}
                    () = death => {}
                }
            });
        });
        doomed.join().unwrap();
        self.ligature = Self::open(self.folder.path(), &self.key, &self.clock, &self.guard).await;
        self.add(account, identity, address).await;
    }
}
