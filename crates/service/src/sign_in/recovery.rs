//! A database that was restored or that took over (RB-18, docs/adr/0027): what may have come back to life opens nothing.
use crate::services::Maintenance;
use std::sync::Arc;

use storage::maintenance::recovery::Recovery;

use crate::Error;

impl Maintenance {
    /// Makes void what a restored copy or a promoted standby revived. Called before the first request and every minute; without a
    /// recovery it only reads.
    ///
    /// # Errors
    /// [`Error::Storage`]: then nothing may be served.
    pub async fn settle_recovery(&self) -> Result<Option<Recovery>, Error> {
        Ok(self.store.settle(Arc::clone(&self.clock), self.settings.synchronous_standby).await?)
    }

    /// The same on an operator's word, where nothing can be seen: a snapshot of a file system, a copy by other tools.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn recover(&self, recovery: Recovery) -> Result<(), Error> {
        Ok(self.store.recover(recovery, self.now(), "cli").await?)
    }
}
