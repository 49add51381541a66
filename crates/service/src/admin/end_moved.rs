//! The end of a move: who came along keeps the identity of the new provider, and loses that of the old one (FR-57).
use domain::{
    AccountId, EventKind, LinkId, Right, account_rules::rewind::Changed, audit_events::Target,
    identity_move::NotMoved,
};
use serde_json::{Value, json};
use storage::{
    Conn,
    accounts::links::{list_links, list_twins, release_link},
    policy::providers::Provider,
    sign_in::sessions::end_sessions_by_link,
};

use crate::{
    Authority, Error,
    admin::move_identities::{BATCH, MOVED_FROM, Move, Moved, PAGE, ROUNDS, Rule},
    notifications::messages::Kind,
    services::ProviderAdmin,
    transaction::{Actor, Transactions},
};

impl ProviderAdmin {
    /// Ends the identities of the old provider whose twin at the new one came by a move. Who has an identity of both for
    /// another reason keeps both. `confirmed`: how many, as the owner was shown.
    ///
    /// # Errors
    /// Without the right to say whose word counts, or [`Refusal::NotFound`](domain::Refusal::NotFound).
    pub async fn end_moved(
        &self,
        authority: &Authority,
        from: &str,
        to: &str,
        confirmed: usize,
    ) -> Result<Result<Moved, NotMoved>, Error> {
        let mut moved = Moved { done: 0, still: confirmed };
        for _ in 0..ROUNDS {
            let asked = Move { from: from.to_owned(), to: to.to_owned(), rule: Rule::SameSubject };
            let still = moved.still;
            let ended = self
                .with_authority::<_, Error, _>(
                    authority,
                    Right::ChangeTrust,
                    move |this, c, actor| {
                        Box::pin(async move {
                            let (from, to) = this.both(c, &asked).await?;
                            this.end_batch(c, (&from, &to), still, &actor).await
                        })
                    },
                )
                .await?;
            match ended {
                Ok(done) => moved = Moved { done: moved.done + done, still: still - done },
                Err(why) if moved.done == 0 => return Ok(Err(why)),
                Err(_) => break,
            }
            if moved.still == 0 {
                break;
            }
        }
        Ok(Ok(moved))
    }

    async fn end_batch(
        &self,
        c: &mut Conn,
        (from, to): (&Provider, &Provider),
        confirmed: usize,
        by: &Actor,
    ) -> Result<Result<usize, NotMoved>, Error> {
        let found = self.moved(c, from, to).await?;
        if found.len() != confirmed {
            return Ok(Err(NotMoved::Unconfirmed(found.len())));
        }
        let done = found.len().min(BATCH);
        for (link, account) in found.into_iter().take(BATCH) {
            self.end_one(c, link, account, from, by).await?;
        }
        if done == 0 {
            return Ok(Ok(0));
        }
        let detail = json!({"to": to.key, "ended": done});
        let event = by.event(EventKind::ProviderMoved, Target::Provider(from.key.clone()));
        self.record(c, event.by_provider(from.key.clone()).detail(detail)).await?;
        Ok(Ok(done))
    }

    /// Old identities whose twin came by a move: its evidence names them.
    pub(super) async fn moved(
        &self,
        c: &mut Conn,
        from: &Provider,
        to: &Provider,
    ) -> Result<Vec<(LinkId, AccountId)>, Error> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = list_twins(c, self.org, from.id, to.id, after, PAGE).await?;
            let Some((last, ..)) = page.last() else { break };
            after = Some(*last);
            let of = |evidence: &str, link: LinkId| {
                serde_json::from_str::<Value>(evidence)
                    .is_ok_and(|said| said.get(MOVED_FROM) == Some(&json!(link)))
            };
            all.extend(
                page.into_iter()
                    .filter(|(link, _, evidence)| of(evidence, *link))
                    .map(|(link, account, _)| (link, account)),
            );
        }
        Ok(all)
    }

    /// The end of an old identity, as its owner could have ended it.
    async fn end_one(
        &self,
        c: &mut Conn,
        link: LinkId,
        account: AccountId,
        from: &Provider,
        by: &Actor,
    ) -> Result<(), Error> {
        let changing = self.accounts().change(c, account).await?;
        let old = list_links(c, account)
            .await?
            .into_iter()
            .find(|l| l.id == link)
            .ok_or(storage::Error::Changed)?;
        if !release_link(c, account, link, self.now()).await? {
            return Err(storage::Error::Changed.into());
        }
        end_sessions_by_link(c, account, link, "").await?;
        let what = (Changed::Unlink, EventKind::LinkRemoved, Kind::UnlinkNotice);
        self.told(c, changing, what, from, &old, by).await
    }
}
