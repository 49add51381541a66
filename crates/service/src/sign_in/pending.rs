//! An application's request while its person signs in: a row under the hash of what a small cookie of this browser holds.
//! So a browser may have many tabs on their way, and an application may send along what it likes (FR-34, FR-52).
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    MINUTE, Micros, Refusal, SECOND,
    path::{AuthorizeRequest, Waiting},
};
use storage::{
    Conn,
    oauth::pending::{PendingRow, add_pending, change_pending, find_pending},
};

use crate::{
    Error,
    crypto::random::{hash, token},
    services::SignIn,
    sign_in::start::cookie_id,
};

/// How long a request leads on.
const LEADS: Micros = 60 * MINUTE;
/// How long its row stays: as long as the last start that was made for it.
const KEPT: Micros = LEADS + 15 * MINUTE;
/// How many of one network wait at the same time.
const MOST: i64 = 5_000;
/// The longest sealed text, in characters; an application's `state` of 6,000 is well below.
const LARGEST: usize = 16_000;
const PURPOSE: &str = "pending-authorization";

/// What a browser's cookie says of a request that it began. It leads to the row; the rest is only for what is shown when
/// the row is gone (FR-36).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingCookie {
    secret: String,
    /// When it began, to the second.
    pub at: Micros,
    pub client_id: String,
}

impl PendingCookie {
    /// A cookie's text; `None`: none of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '~');
        let (secret, at, client) = (parts.next()?, parts.next()?, parts.next()?);
        let at: Micros = at.parse().ok()?;
        let ours = secret.len() == 43 && client.len() <= 60;
        ours.then(|| Self {
            secret: secret.to_owned(),
            at: at.saturating_mul(SECOND),
            client_id: client.to_owned(),
        })
    }

    fn text(&self) -> String {
        format!("{}~{}~{}", self.secret, self.at / SECOND, self.client_id)
    }
}

/// Where a request waits now.
#[derive(Debug, Clone)]
pub struct Kept {
    /// What pages' addresses call it; the cookie's name ends in it.
    pub entry: String,
    /// The cookie to set; `None`: the browser has it.
    pub cookie: Option<String>,
}

fn name_of(row: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(row)
}

impl SignIn {
    /// Keeps a request while its person signs in; one that waits already keeps its place. `None`: it is too large.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn keep_request(
        &self,
        network: &str,
        mut request: AuthorizeRequest,
    ) -> Result<Option<Kept>, Error> {
        let secret = token();
        let (row, now) = (hash(&secret), self.now());
        let cookie = PendingCookie { secret, at: now, client_id: request.client_id.clone() };
        // Half an hour is left at every page, so that nobody's way ends while they read one.
        if let Some(waiting) = request.waits.clone().filter(|w| now - w.since < LEADS / 2)
            && let Ok(row) = URL_SAFE_NO_PAD.decode(&waiting.row)
        {
            let sealed = self.keys.seal_json(PURPOSE, &request)?;
            let (org, entry) = (self.org, waiting.entry);
            let still = self
                .store
                .write::<_, Error, _>(move |c| {
                    Box::pin(async move { Ok(change_pending(c, org, &row, &sealed, now).await?) })
                })
                .await?;
            if still {
                return Ok(Some(Kept { entry, cookie: None }));
            }
        }
        let entry = cookie_id(&token());
        request.waits = Some(Waiting { entry: entry.clone(), row: name_of(&row), since: now });
        let sealed = self.keys.seal_json(PURPOSE, &request)?;
        if sealed.len() > LARGEST {
            return Ok(None);
        }
        let row = PendingRow {
            hash: row,
            organisation: self.org,
            network: self.keys.lookup(&[b"pending", network.as_bytes()]),
            sealed,
            at: now,
            expires_at: now.saturating_add(KEPT),
        };
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move { Ok(add_pending(c, &row, MOST).await?) })
            })
            .await?;
        Ok(Some(Kept { entry, cookie: Some(cookie.text()) }))
    }

    /// The request that a browser's cookie leads to.
    ///
    /// # Errors
    /// [`Refusal::AttemptExpired`] when its hour is over or it is unknown, [`Error::Storage`].
    pub async fn waiting_request(&self, cookie: &PendingCookie) -> Result<AuthorizeRequest, Error> {
        if !self.leads_on(cookie) {
            return Err(Refusal::AttemptExpired.into());
        }
        let mut conn = self.store.read().await?;
        let found = self.waiting_row(&mut conn, &name_of(&hash(&cookie.secret))).await?;
        Ok(found.ok_or(Refusal::AttemptExpired)?)
    }

    /// Whether the hour of a request is not over yet.
    #[must_use]
    pub fn leads_on(&self, cookie: &PendingCookie) -> bool {
        self.now() - cookie.at < LEADS
    }

    pub(crate) async fn waiting_row(
        &self,
        c: &mut Conn,
        row: &str,
    ) -> Result<Option<AuthorizeRequest>, Error> {
        let Ok(row) = URL_SAFE_NO_PAD.decode(row) else { return Ok(None) };
        let sealed = find_pending(c, self.org, &row, self.now()).await?;
        Ok(sealed.and_then(|text| self.keys.open_json(PURPOSE, &text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_of_ours_reads_back_and_no_other_does() {
        let cookie = PendingCookie {
            secret: token(),
            at: 1_700_000_000 * SECOND,
            client_id: "photos.v2".into(),
        };
        assert_eq!(PendingCookie::parse(&cookie.text()), Some(cookie.clone()));
        for bad in ["", "a~1~b", &cookie.secret, &format!("{}~x~a", cookie.secret)] {
            assert_eq!(PendingCookie::parse(bad), None, "{bad}");
        }
    }
}
