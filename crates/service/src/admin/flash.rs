//! A form's outcome for the next page, kept for ten minutes and bound to the browser; sealed where it is read once.
use crate::services::{Maintenance, PageState};
use domain::MINUTE;
use serde::{Serialize, de::DeserializeOwned};
use storage::sign_in::flash::{add_flash, find_flash, take_flash};

use crate::{
    Error, RequestContext,
    crypto::random::{hash, token},
};

/// What is read once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    RecoveryCodes,
    Export,
    TestSignIn,
}

impl Once {
    /// What it is sealed for: of this kind, for this person, under this id.
    fn purpose(self, ctx: &RequestContext, id: &str) -> Result<String, Error> {
        Ok(format!("once-{self:?}-{}-{id}", ctx.signed_in()?.account))
    }
}

/// What acts are sealed for: this person.
fn act_of(ctx: &RequestContext) -> Result<String, Error> {
    Ok(format!("act-{}", ctx.signed_in()?.account))
}

impl PageState {
    /// Keeps a text; answers the id for the next page's address.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn keep_flash(&self, ctx: &RequestContext, body: String) -> Result<String, Error> {
        let id = token();
        self.keep(ctx, &id, body).await?;
        Ok(id)
    }

    async fn keep(&self, ctx: &RequestContext, id: &str, body: String) -> Result<(), Error> {
        let until = self.now() + 10 * MINUTE;
        let (hashed, browser) = (hash(id), ctx.browser.clone());
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { Ok(add_flash(c, &hashed, &browser, &body, until).await?) })
            })
            .await
    }

    /// Keeps what the session's person may see once, sealed; answers the id for the next page's address.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`](domain::Refusal::SessionEnded), [`Error::Storage`].
    pub async fn keep_once<T: Serialize + Sync>(
        &self,
        ctx: &RequestContext,
        kind: Once,
        value: &T,
    ) -> Result<String, Error> {
        let id = token();
        let sealed = self.keys.seal_json(&kind.purpose(ctx, &id)?, value)?;
        self.keep(ctx, &id, sealed).await?;
        Ok(id)
    }

    /// What was kept for this person in this browser, to whoever comes first. Then it is gone.
    ///
    /// # Errors
    /// As [`crate::PageState::keep_once`].
    pub async fn take_once<T: DeserializeOwned>(
        &self,
        ctx: &RequestContext,
        kind: Once,
        id: &str,
    ) -> Result<Option<T>, Error> {
        let purpose = kind.purpose(ctx, id)?;
        if id.len() > 64 {
            return Ok(None);
        }
        let (hashed, browser, now) = (hash(id), ctx.browser.clone(), self.now());
        let sealed = self
            .store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { Ok(take_flash(c, &hashed, &browser, now).await?) })
            })
            .await?;
        Ok(sealed.and_then(|sealed| self.keys.open_json(&purpose, &sealed)))
    }

    /// What a person is asked about before it is done, sealed for them and for a quarter of an hour.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`](domain::Refusal::SessionEnded), [`Error::Internal`].
    pub fn seal_act<T: Serialize>(&self, ctx: &RequestContext, act: &T) -> Result<String, Error> {
        let until = self.now() + 15 * MINUTE;
        self.keys.seal_json(&act_of(ctx)?, &(until, act))
    }

    /// The same opened, for the same person; `None` when it is too old, or was changed.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`](domain::Refusal::SessionEnded).
    pub fn open_act<T: DeserializeOwned>(
        &self,
        ctx: &RequestContext,
        sealed: &str,
    ) -> Result<Option<T>, Error> {
        let opened: Option<(i64, T)> = self.keys.open_json(&act_of(ctx)?, sealed);
        Ok(opened.filter(|(until, _)| *until > self.now()).map(|(_, act)| act))
    }

    /// What was kept for this browser.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn flash(&self, ctx: &RequestContext, id: &str) -> Result<Option<String>, Error> {
        if id.len() > 64 {
            return Ok(None);
        }
        Ok(find_flash(&mut self.store.read().await?, &hash(id), &ctx.browser, self.now()).await?)
    }

    /// The organisation's name, for the head of pages.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn organisation_name(&self) -> Result<String, Error> {
        Ok(storage::policy::organisations::organisation_name(
            &mut self.store.read().await?,
            self.org,
        )
        .await?)
    }
}

impl Maintenance {
    /// Removes what is over, and wipes what providers said in attempts that are.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn tidy(&self) -> Result<usize, Error> {
        let (now, gone) = (
            self.now(),
            self.account_settings().remove_closed().await?
                + self.rewinds().finish_due_undos().await?,
        );
        self.key_rotation().rotate_due_keys(false).await?;
        self.key_rotation().rotate_due_data_keys().await?;
        let rows = self
            .store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    Ok(storage::maintenance::tidy::tidy(c, now).await?
                        + storage::accounts::merges::remove_leftovers(c, now - 14 * domain::DAY)
                            .await?
                        + storage::maintenance::tidy::wipe_expired_assertions(c, now).await?
                        + storage::maintenance::outbox::wipe_dead_mails(c, now).await?)
                })
            })
            .await?;
        Ok(rows + gone + self.seal_audit().await?)
    }
}
