//! A form's outcome for the next page, kept for ten minutes and bound to the browser.
use domain::MINUTE;
use storage::flash::{add_flash, find_flash};

use crate::{
    Fault, Ligature, Visitor,
    chance::{hash, token},
};

impl Ligature {
    /// Keeps a text; answers the id for the next page's address.
    ///
    /// # Errors
    /// [`Fault::Storage`].
    pub async fn keep_flash(&self, visitor: &Visitor, body: String) -> Result<String, Fault> {
        let (id, until) = (token(), self.now() + 10 * MINUTE);
        let (hashed, browser) = (hash(&id), visitor.browser.clone());
        self.store.write::<_, Fault, _>(move |c| Box::pin(async move { Ok(add_flash(c, &hashed, &browser, &body, until).await?) })).await?;
        Ok(id)
    }

    /// What was kept for this browser.
    ///
    /// # Errors
    /// [`Fault::Storage`].
    pub async fn flash(&self, visitor: &Visitor, id: &str) -> Result<Option<String>, Fault> {
        if id.len() > 64 {
            return Ok(None);
        }
        Ok(find_flash(&mut self.store.read().await?, &hash(id), &visitor.browser, self.now()).await?)
    }

    /// The organisation's name, for the head of pages.
    ///
    /// # Errors
    /// [`Fault::Storage`].
    pub async fn organisation_name(&self) -> Result<String, Fault> {
        Ok(storage::organisations::organisation_name(&mut self.store.read().await?, self.org).await?)
    }

    /// Removes what is over, and wipes what providers said in attempts that are.
    ///
    /// # Errors
    /// [`Fault::Storage`].
    pub async fn tidy(&self) -> Result<usize, Fault> {
        let (now, gone) = (self.now(), self.remove_closed().await? + self.finish_due_undos().await?);
        self.tend_keys(false).await?;
        self.tend_data_keys().await?;
        let rows = self
            .store
            .write::<_, Fault, _>(move |c| {
                Box::pin(async move {
                    Ok(storage::tidy::tidy(c, now).await?
                        + storage::merges::remove_leftovers(c, now - 14 * domain::DAY).await?
                        + storage::tidy::wipe_expired_assertions(c, now).await?
                        + storage::outbox::wipe_dead_mails(c, now).await?)
                })
            })
            .await?;
        Ok(rows + gone)
    }
}
