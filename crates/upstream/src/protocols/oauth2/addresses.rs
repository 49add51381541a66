//! A list of a person's addresses, in pages (GitHub REST, "List email addresses for the authenticated user"; Gitea's API).
use ::http::HeaderMap;
use serde_json::Value;
use url::Url;

use super::Generic;
use crate::{
    UpstreamError,
    error::{Part, Trouble, kind_of},
    http::json,
};

/// More pages are not read.
const PAGES: usize = 10;

impl Generic {
    /// The primary address if it is verified, else any verified one (ID-07). Without the permission to ask there is none,
    /// and the administrator is told (FR-27): who the person is has been shown without it.
    pub(super) async fn address(&self, access: &str) -> Result<Option<String>, UpstreamError> {
        let mut url = self.settings.addresses_url.clone();
        let mut all = Vec::new();
        for _ in 0..PAGES {
            let said = self.guard.get(Part::Addresses, &url, Some(access)).await?;
            let status = said.status().as_u16();
            if [401, 403, 404].contains(&status) {
                tracing::warn!(
                    status,
                    permission = self.dialect.addresses_need,
                    "signed in without an address: the provider's application lacks a permission"
                );
                return Ok(None);
            }
            if !said.status().is_success() {
                return Err(UpstreamError::Down(Trouble::new(
                    Part::Addresses,
                    format!("status {status}"),
                )));
            }
            match json::read(said.body()) {
                Ok(Value::Array(page)) => all.extend(page),
                Ok(other) => {
                    return Err(UpstreamError::answer(
                        Part::Addresses,
                        format!("{} instead of a list", kind_of(Some(&other))),
                    ));
                }
                Err(malformed) => {
                    return Err(UpstreamError::answer(Part::Addresses, malformed.to_string()));
                }
            }
            match next(&url, said.headers()) {
                Some(more) => url = more,
                None => break,
            }
        }
        Ok(verified(&all, self.dialect.no_reply))
    }
}

/// The next page (RFC 8288), of the same origin: the access token goes nowhere else.
fn next(here: &str, headers: &HeaderMap) -> Option<String> {
    let here = Url::parse(here).ok()?;
    let links = headers
        .get_all("link")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let one = links
        .filter(|link| {
            link.split(';').skip(1).any(|p| matches!(p.trim(), "rel=\"next\"" | "rel=next"))
        })
        .find_map(|link| link.split_once('<')?.1.split_once('>').map(|(url, _)| url.to_owned()))?;
    let url = here.join(&one).ok()?;
    (url.origin() == here.origin() && url != here).then(|| url.into())
}

fn verified(all: &[Value], no_reply: &str) -> Option<String> {
    let true_at = |one: &Value, name: &str| one.get(name) == Some(&Value::Bool(true));
    let address = |one: &Value| one.get("email").and_then(Value::as_str).map(str::to_owned);
    let usable: Vec<&Value> = all
        .iter()
        .filter(|one| {
            true_at(one, "verified")
                && address(one).is_some_and(|a| no_reply.is_empty() || !a.ends_with(no_reply))
        })
        .collect();
    usable
        .iter()
        .find(|one| true_at(one, "primary"))
        .or(usable.first())
        .and_then(|one| address(one))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn id_07_only_addresses_that_the_provider_verified_count() {
        let of = |all: Value| verified(all.as_array().unwrap(), "@users.noreply.github.com");
        assert_eq!(
            of(json!([{"email": "v@ex.test", "primary": true, "verified": true}])).as_deref(),
            Some("v@ex.test")
        );
        assert_eq!(of(json!([{"email": "v@ex.test", "primary": true, "verified": false}])), None);
        let secondary = json!([{"email": "v@ex.test", "primary": true, "verified": false}, {"email": "w@ex.test", "primary": false, "verified": true}]);
        assert_eq!(of(secondary).as_deref(), Some("w@ex.test"));
        assert_eq!(
            of(
                json!([{"email": "1+v@users.noreply.github.com", "primary": true, "verified": true}])
            ),
            None
        );
        assert_eq!(of(json!([{"email": "v@ex.test", "verified": "true"}, 7, null])), None);
    }

    #[test]
    fn fr_27_the_next_page_is_of_the_same_origin() {
        let page = |link: &str| {
            next(
                "https://api.test/user/emails",
                &HeaderMap::from_iter([(::http::header::LINK, link.parse().unwrap())]),
            )
        };
        assert_eq!(page("<https://api.test/user/emails?page=2>; rel=\"next\", <https://api.test/user/emails?page=9>; rel=\"last\"").as_deref(), Some("https://api.test/user/emails?page=2"));
        assert_eq!(page("<https://evil.test/?page=2>; rel=\"next\""), None);
        assert_eq!(page("<https://api.test/user/emails>; rel=\"next\""), None);
        assert_eq!(page("<https://api.test/user/emails?page=1>; rel=\"prev\""), None);
    }
}
