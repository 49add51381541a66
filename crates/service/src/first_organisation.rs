//! The organisation that an instance begins with: found or made at start.
use domain::{Micros, OrgId};
use storage::{
    Store,
    policy::organisations::{add_organisation, find_organisation},
};

use crate::Error;

/// Its slug and its id.
const DEFAULT_ORGANISATION: (&str, OrgId) = ("default", OrgId([1; 16]));

/// Finds or makes the first organisation.
pub(crate) async fn first_organisation(store: &Store, now: Micros) -> Result<OrgId, Error> {
    let (slug, id) = DEFAULT_ORGANISATION;
    if let Some(found) = find_organisation(&mut store.read().await?, slug).await? {
        return Ok(found);
    }
    store
        .write::<_, Error, _>(move |c| {
            Box::pin(async move { Ok(add_organisation(c, id, slug, "Ligature", "", now).await?) })
        })
        .await?;
    Ok(find_organisation(&mut store.read().await?, slug).await?.unwrap_or(id))
}
