//! Plain OAuth 2.0 (RFC 6749) with PKCE, and an answer that tells who the person is, read by configured paths; in the
//! dialect of the vendor.
mod addresses;
mod paths;

use ::http::Request;
use ::oauth2::HttpRequest;
use futures_util::{FutureExt, future::BoxFuture};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::Url;

use self::paths::{at, text_at};
use crate::{
    Assertion, Check, CodeExchange, Connector, RedirectFlow, SafeHttpClient, SignInWay, Start,
    UpstreamError,
    connection_test::{client_known, trial},
    error::{Part, Trouble, kind_of},
    http::answer,
    origin::origin_of,
    protocols::{
        client::Client,
        dialect::{Bearer, Dialect},
        request,
        token::{Tokens, exchange},
    },
    settings::Oauth2Settings,
    subject::subject,
};

pub struct Generic {
    settings: Oauth2Settings,
    dialect: &'static Dialect,
    secret: SecretString,
    guard: SafeHttpClient,
}

impl Generic {
    pub fn new(
        settings: Oauth2Settings,
        dialect: &'static Dialect,
        secret: SecretString,
        guard: SafeHttpClient,
    ) -> Self {
        Self { settings, dialect, secret, guard }
    }

    fn client(&self) -> Client<'_> {
        Client {
            id: &self.settings.client_id,
            secret: &self.secret,
            auth: self.settings.auth,
            audience: &self.settings.token_url,
            key_id: "",
            team_id: "",
        }
    }

    fn start(&self, start: &Start<'_>) -> Result<Url, UpstreamError> {
        let (settings, dialect) = (&self.settings, self.dialect);
        let mut all = request::parameters(
            &settings.client_id,
            settings.scopes.iter().map(String::as_str),
            start,
            dialect,
        );
        let again = settings.extra_again.iter().filter(|_| start.fresh || start.choose);
        let fresh = dialect.fresh.iter().filter(|_| start.fresh);
        let choose = dialect.choose.iter().filter(|_| start.fresh || start.choose);
        let configured =
            settings.extra.iter().chain(again).map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in choose
            .chain(fresh)
            .copied()
            .chain(configured)
            .filter(|(name, _)| !request::OURS.contains(name))
        {
            request::put(&mut all, name, value);
        }
        request::address(Part::Settings, &settings.authorization_url, all, dialect)
    }

    /// Everything that was told of the person: the answer, with the token answer's fields under `token` and those of the
    /// answer beside it under `me`.
    async fn who(&self, tokens: &Tokens) -> Result<Value, UpstreamError> {
        let lookup = &self.dialect.lookup;
        let mut more = Map::new();
        if !lookup.kept.is_empty() {
            let kept: Map<String, Value> = tokens
                .more
                .iter()
                .filter(|(name, _)| lookup.kept.contains(&name.as_str()))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            more.insert("token".into(), kept.into());
        }
        if let Some(me) = lookup.me {
            let url = Url::parse(&self.settings.token_url)
                .and_then(|url| url.join(me))
                .map_err(|_| UpstreamError::field(Part::Settings, "token_url", "no address"))?;
            let me = self
                .told(self.asking(url, &tokens.access, Vec::new(), None)?, &tokens.access)
                .await?;
            more.insert("me".into(), me.into());
        }
        let more = Value::Object(more);
        let mut query: Vec<(&'static str, String)> = Vec::new();
        for (name, path) in lookup.query {
            let value = if *path == "client_id" {
                Some(self.settings.client_id.clone())
            } else {
                at(&more, path).and_then(in_words)
            };
            query.push((
                *name,
                value.ok_or_else(|| {
                    UpstreamError::field(Part::Token, *path, kind_of(at(&more, path)))
                })?,
            ));
        }
        if lookup.proof {
            query.push(("appsecret_proof", self.proof(&tokens.access)));
        }
        let url = Url::parse(&self.settings.userinfo_url)
            .map_err(|_| UpstreamError::field(Part::Settings, "userinfo_url", "no address"))?;
        let mut who = self
            .told(self.asking(url, &tokens.access, query, lookup.post)?, &tokens.access)
            .await?;
        if let Value::Object(more) = more {
            who.extend(more);
        }
        Ok(Value::Object(who))
    }

    /// The request that asks, with the token where the vendor wants it.
    fn asking(
        &self,
        mut url: Url,
        access: &str,
        query: Vec<(&'static str, String)>,
        post: Option<&'static str>,
    ) -> Result<HttpRequest, UpstreamError> {
        let by_query = self.dialect.lookup.bearer == Bearer::Query;
        if by_query || !query.is_empty() {
            let mut pairs = url.query_pairs_mut();
            pairs.extend_pairs(query);
            if by_query {
                pairs.append_pair("access_token", access);
            }
        }
        let mut request = if post.is_some() {
            Request::post(url.as_str()).header("content-type", "application/json")
        } else {
            Request::get(url.as_str())
        }
        .header("accept", "application/json");
        if !by_query {
            request = request.header("authorization", format!("Bearer {access}"));
        }
        request.body(post.unwrap_or_default().as_bytes().to_vec()).map_err(|_| {
            UpstreamError::answer(Part::Userinfo, "its address or the access token cannot be sent")
        })
    }

    async fn told(
        &self,
        request: HttpRequest,
        access: &str,
    ) -> Result<Map<String, Value>, UpstreamError> {
        let said = self.guard.ask(Part::Userinfo, request).await?;
        let readings = answer::Readings { form: false, ..self.dialect.readings };
        let never = [access, self.secret.expose_secret()];
        if said.status().is_success() {
            let fields = answer::object(Part::Userinfo, said.body(), readings)?;
            return match answer::told_error(&fields, &never)
                .filter(|_| self.settings.subject_path != "error")
            {
                // An answer that names the person is none that refuses.
                Some(error)
                    if at(&Value::Object(fields.clone()), &self.settings.subject_path)
                        .is_none() =>
                {
                    Err(UpstreamError::Refused(Trouble::new(Part::Userinfo, error)))
                }
                _ => Ok(fields),
            };
        }
        answer::good(Part::Userinfo, said.status(), said.body(), readings, &never)
    }

    /// Facebook, "Securing Graph API requests": the access token under the application's secret, in hexadecimal digits.
    fn proof(&self, access: &str) -> String {
        let Ok(mut mac) =
            Hmac::<sha2::Sha256>::new_from_slice(self.secret.expose_secret().as_bytes())
        else {
            return String::new();
        };
        mac.update(access.as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    async fn finish_visit(&self, visit: CodeExchange<'_>) -> Result<Assertion, UpstreamError> {
        let (settings, dialect) = (&self.settings, self.dialect);
        let tokens =
            exchange(&self.guard, &settings.token_url, &self.client(), dialect, &visit).await?;
        let who = self.who(&tokens).await?;
        let found = at(&who, &settings.subject_path);
        let subject =
            found.filter(|value| !dialect.numbered || value.is_number()).and_then(subject);
        let subject = subject.ok_or_else(|| {
            UpstreamError::field(Part::Userinfo, settings.subject_path.clone(), kind_of(found))
        })?;
        let mut email = text_at(&who, &settings.email_path)
            .filter(|email| dialect.no_reply.is_empty() || !email.ends_with(dialect.no_reply));
        let mut email_verified =
            email.is_some() && at(&who, &settings.email_verified_path) == Some(&Value::Bool(true));
        if !settings.addresses_url.is_empty() {
            email = self.address(&tokens.access).await?;
            email_verified = email.is_some();
        }
        let Value::Object(mut claims) = who.clone() else {
            return Err(UpstreamError::answer(Part::Userinfo, "no object"));
        };
        claims
            .retain(|name, _| dialect.claims.is_empty() || dialect.claims.contains(&name.as_str()));
        let name = text_at(&who, &settings.name_path).or_else(|| text_at(&who, dialect.name_else));
        Ok(Assertion { subject, email, email_verified, name, auth_at: None, claims, once: None })
    }
}

/// A value as a parameter has it.
fn in_words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl RedirectFlow for Generic {
    fn authorization_url<'a>(
        &'a self,
        start: Start<'a>,
    ) -> BoxFuture<'a, Result<Url, UpstreamError>> {
        async move { self.start(&start) }.boxed()
    }

    fn finish<'a>(
        &'a self,
        visit: CodeExchange<'a>,
    ) -> BoxFuture<'a, Result<Assertion, UpstreamError>> {
        self.guard.in_all(Part::Token, self.finish_visit(visit)).boxed()
    }

    fn site(&self) -> Option<String> {
        origin_of(&self.settings.authorization_url)
    }
}

impl Connector for Generic {
    fn way(&self) -> SignInWay<'_> {
        SignInWay::Redirect(self)
    }

    fn check<'a>(
        &'a self,
        redirect_uri: &'a str,
        now: domain::Micros,
    ) -> BoxFuture<'a, Vec<Check>> {
        async move {
            let visit = trial(redirect_uri, now);
            let (url, client) = (&self.settings.token_url, self.client());
            vec![client_known(exchange(&self.guard, url, &client, self.dialect, &visit).await)]
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Auth, SafeHttpOptions, protocols::dialect::PLAIN, testing::Server};

    async fn who(server: &Server) -> Result<Assertion, UpstreamError> {
        let settings = Oauth2Settings {
            client_id: "c".into(),
            authorization_url: server.url("/authorize"),
            token_url: server.url("/token"),
            userinfo_url: server.url("/userinfo"),
            auth: Auth::Post,
            subject_path: "user.id".into(),
            email_path: "user.email".into(),
            email_verified_path: "user.sure".into(),
            ..Oauth2Settings::default()
        };
        let guard = SafeHttpClient::new(SafeHttpOptions {
            allow_private: true,
            timeout: std::time::Duration::from_secs(60),
            ..SafeHttpOptions::default()
        })
        .unwrap();
        let visit = CodeExchange {
            redirect_uri: "http://here.test/cb",
            code: "the-code",
            issuer: None,
            user: None,
            nonce: "n",
            verifier: &"v".repeat(43),
            fresh: false,
            counts: &[],
            now: 0,
        };
        Generic::new(settings, &PLAIN, SecretString::from("the-secret"), guard).finish(visit).await
    }

    fn server(userinfo: &str) -> Server {
        let server = Server::start();
        server.says("/token", r#"{"access_token":"t","token_type":"Bearer"}"#);
        server.says("/userinfo", userinfo);
        server
    }

    #[tokio::test]
    async fn id_17_the_subject_of_an_answer_is_kept_as_it_came_or_refused() {
        for (there, kept) in [
            ("7", "7"),
            (r#""7""#, r#""7""#),
            (r#"" 7""#, " 7"),
            (r#""007""#, "007"),
            (r#""a\u0062""#, "ab"),
            ("18446744073709551615", "18446744073709551615"),
        ] {
            assert_eq!(
                who(&server(&format!(r#"{{"user":{{"id":{there}}}}}"#))).await.unwrap().subject,
                kept,
                "{there}"
            );
        }
        for bad in
            ["7.0", "7e0", "007", "18446744073709551616", "null", "true", r#""""#, r#""\n""#, "[7]"]
        {
            assert!(
                matches!(
                    who(&server(&format!(r#"{{"user":{{"id":{bad}}}}}"#))).await,
                    Err(UpstreamError::Answer(_))
                ),
                "{bad}"
            );
        }
    }

    #[tokio::test]
    async fn id_19_an_answer_with_a_key_twice_is_refused_wherever_it_stands() {
        let good = r#"{"user":{"id":7,"email":"v@ex.test","sure":true}}"#;
        let said = who(&server(good)).await.unwrap();
        assert_eq!((said.email.as_deref(), said.email_verified), (Some("v@ex.test"), true));
        for twice in [
            r#"{"user":{"id":7,"email":"v@ex.test","sure":false,"sure":true}}"#,
            r#"{"user":{"id":7},"user":{"id":8}}"#,
            r#"{"user":{"id":7},"more":[{"a":1,"a":2}]}"#,
        ] {
            assert!(matches!(who(&server(twice)).await, Err(UpstreamError::Answer(_))), "{twice}");
        }
        let token = server(good);
        token.says("/token", r#"{"access_token":"t","access_token":"u","token_type":"Bearer"}"#);
        assert!(matches!(who(&token).await, Err(UpstreamError::Answer(_))));
        assert_eq!(token.asked(), ["/token"], "nobody was asked who that is");
        token.says(
            "/token",
            r#"{"error":"invalid_grant","error_description":"a","error_description":"b"}"#,
        );
        assert!(matches!(who(&token).await, Err(UpstreamError::Answer(_))));
    }

    /// FR-09, FR-10, FR-12: everything that still says which token it is works.
    #[tokio::test]
    async fn fr_09_fr_10_fr_12_a_token_answer_works_whatever_shape_its_unneeded_parts_have() {
        let provider = server(r#"{"user":{"id":7}}"#);
        for lifetime in ["3600", r#""3600""#, "3600.0", "-1", "null", "{}"] {
            provider.says(
                "/token",
                &format!(r#"{{"access_token":"t","token_type":"Bearer","expires_in":{lifetime}}}"#),
            );
            assert_eq!(who(&provider).await.unwrap().subject, "7", "{lifetime}");
        }
        for body in [
            r#"{"access_token":"t"}"#,
            r#"{"access_token":"t","token_type":null}"#,
            r#"{"access_token":"t","token_type":7,"scope":["a","b"]}"#,
            r#"{"access_token":"t","scope":null,"refresh_token":7}"#,
        ] {
            provider.says("/token", body);
            assert!(who(&provider).await.is_ok(), "{body}");
        }
        for (kind, body) in [
            ("text/plain; charset=utf-8", r#"{"access_token":"t"}"#),
            ("text/javascript", r#"{"access_token":"t"}"#),
            ("text/html", r#"{"access_token":"t"}"#),
            ("application/x-www-form-urlencoded", "access_token=t&token_type=bearer"),
            ("text/plain", "access_token=t&expires_in=5"),
        ] {
            for status in [200, 201, 203] {
                provider.answers("/token", status, kind, body);
                assert_eq!(who(&provider).await.unwrap().subject, "7", "{kind} {status}");
            }
        }
    }

    /// FR-12: the part, the field and the provider's own words, and nothing that we sent.
    #[tokio::test]
    async fn fr_12_an_error_is_told_as_one_whatever_its_status_and_its_label() {
        let provider = server(r#"{"user":{"id":7}}"#);
        assert!(who(&provider).await.is_ok());
        for (status, kind, body, told) in [
            (
                400,
                "text/plain",
                r#"{"error":"invalid_grant"}"#,
                "refused: token endpoint: invalid_grant",
            ),
            (
                200,
                "application/json",
                r#"{"error":"invalid_grant"}"#,
                "refused: token endpoint: invalid_grant",
            ),
            (
                200,
                "text/html",
                "error=bad_verification_code&error_description=used",
                "refused: token endpoint: bad_verification_code (used)",
            ),
            (
                401,
                "application/json",
                r#"{"error":"invalid_client","error_description":"the-secret is wrong for the-code"}"#,
                "refused: token endpoint: invalid_client (… is wrong for …)",
            ),
            (403, "text/html", "<h1>no</h1>", "refused: token endpoint: status 403"),
            (
                200,
                "text/html",
                "<h1>hello</h1>",
                "check failed: token endpoint: a page instead of JSON",
            ),
            (200, "application/json", "", "check failed: token endpoint: an empty answer"),
            (
                200,
                "application/json",
                r#"{"access_token":7}"#,
                "check failed: token endpoint: access_token: a number",
            ),
            (
                200,
                "application/json",
                r#"{"token_type":"Bearer"}"#,
                "check failed: token endpoint: access_token: missing",
            ),
            (503, "application/json", "{}", "no answer: token endpoint: status 503"),
        ] {
            provider.answers("/token", status, kind, body);
            assert_eq!(who(&provider).await.unwrap_err().to_string(), told, "{body}");
        }
        provider.says("/token", r#"{"access_token":"t"}"#);
        provider.says("/userinfo", r#"{"user":{}}"#);
        assert_eq!(
            who(&provider).await.unwrap_err().to_string(),
            "check failed: userinfo: user.id: missing"
        );
        provider.answers(
            "/userinfo",
            401,
            "application/json",
            r#"{"error":{"message":"token t is bad","code":190}}"#,
        );
        assert_eq!(
            who(&provider).await.unwrap_err().to_string(),
            "refused: userinfo: 190 (token t is bad)"
        );
    }
}
