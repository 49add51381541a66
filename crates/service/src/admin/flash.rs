//! A form's outcome for the next page, kept for ten minutes and bound to the browser.
use crate::services::{Maintenance, PageState};
use domain::MINUTE;
use storage::sign_in::flash::{add_flash, find_flash};

use crate::{
    Error, RequestContext,
    crypto::random::{hash, token},
};

impl PageState {
    /// Keeps a text; answers the id for the next page's address.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn keep_flash(&self, ctx: &RequestContext, body: String) -> Result<String, Error> {
        let (id, until) = (token(), self.now() + 10 * MINUTE);
        let (hashed, browser) = (hash(&id), ctx.browser.clone());
        self.store
            .write::<_, Error, _>(async move |c| {
                Ok(add_flash(c, &hashed, &browser, &body, until).await?)
            })
            .await?;
        Ok(id)
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
            .write::<_, Error, _>(async move |c| {
                Ok(storage::maintenance::tidy::tidy(c, now).await?
                    + storage::accounts::merges::remove_leftovers(c, now - 14 * domain::DAY)
                        .await?
                    + storage::maintenance::tidy::wipe_expired_assertions(c, now).await?
                    + storage::maintenance::outbox::wipe_dead_mails(c, now).await?)
            })
            .await?;
        Ok(rows + gone)
    }
}
