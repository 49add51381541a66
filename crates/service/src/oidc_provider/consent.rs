//! What people allow applications: asked once for each thing that is told, remembered, taken back in My Account.
use domain::{Refusal, path::AuthorizeRequest};
use issuer::{Line, RegisteredClient, Told};
use storage::oauth::applications::{find_consent, list_access};
use url::Url;

use crate::{
    Error, RequestContext,
    oidc_provider::{authorize::Granted, registered::registered},
    services::Authorization,
    transaction::Transactions,
};

/// A thing that an application is told or may do, and whether it was allowed before.
#[derive(Debug, Clone)]
pub struct ToldLine {
    pub line: Line,
    pub before: bool,
}

/// Where the browser goes when the person has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    Host(String),
    /// A program on the same machine.
    Here,
    /// A program that the machine knows by this scheme.
    Scheme(String),
}

impl Next {
    fn of(redirect_uri: &str) -> Option<Self> {
        let url = Url::parse(redirect_uri).ok()?;
        Some(match (url.scheme(), url.host_str()) {
            (_, Some("127.0.0.1" | "[::1]" | "localhost")) => Self::Here,
            ("https" | "http", Some(host)) => Self::Host(host.to_owned()),
            (scheme, _) => Self::Scheme(scheme.to_owned()),
        })
    }
}

/// What the page of a request shows.
#[derive(Debug, Clone)]
pub struct ConsentView {
    pub application: String,
    pub lines: Vec<ToldLine>,
    pub next: Next,
    /// Nobody here has looked at the application's name (CN-02).
    pub unchecked: bool,
}

/// An application with access, as My Account lists it.
#[derive(Debug, Clone)]
pub struct AccessRow {
    pub client_id: String,
    pub name: String,
    pub lines: Vec<ToldLine>,
}

/// A page's lines for what is asked, next to what was allowed before.
pub(super) fn lines(asked: &Told, known: &Told) -> Vec<ToldLine> {
    let before = asked.and(known).lines();
    let news = asked.without(known).lines();
    // A line of which a part is new is new; names and language are two parts of one.
    let part = |line: &Line, new: &Line| {
        line == new
            || (*line == Line::Text("profile") && matches!(new, Line::Text("name" | "language")))
    };
    let whole = |line: &Line| before.contains(line) && !news.iter().any(|new| part(line, new));
    asked.lines().into_iter().map(|line| ToldLine { before: whole(&line), line }).collect()
}

impl Authorization {
    /// The page's data.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`], [`Refusal::ApplicationUnknown`].
    pub async fn consent_view(
        &self,
        ctx: &RequestContext,
        request: &AuthorizeRequest,
    ) -> Result<ConsentView, Error> {
        let account = ctx.signed_in()?.account;
        let mut conn = self.store.read().await?;
        let client = self
            .configuration()
            .registered_client(&mut conn, &request.client_id)
            .await?
            .ok_or(Refusal::ApplicationUnknown)?;
        let known =
            Told::parse(&find_consent(&mut conn, account, client.id).await?.unwrap_or_default());
        let next = Next::of(&request.redirect_uri).ok_or(Refusal::ApplicationUnknown)?;
        Ok(ConsentView {
            lines: lines(&Self::told_by(request, &client), &known),
            next,
            unchecked: client.settings.unchecked_name,
            application: client.name,
        })
    }

    /// The person's word: on to the application, with a code or with `access_denied`.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`]; [`Refusal::ApplicationUnknown`].
    pub async fn consent(
        &self,
        ctx: &RequestContext,
        request: &AuthorizeRequest,
        allow: bool,
    ) -> Result<Granted, Error> {
        ctx.signed_in()?;
        if !allow {
            return self
                .error_uri(&request.into(), "access_denied", "the person did not allow it")
                .map(Granted::Code);
        }
        let request = request.clone();
        self.act(ctx, async move |this, c, ctx| {
            this.grant_in(c, ctx.session()?, request, true).await
        })
        .await
    }

    /// The name of an application that does not let the caller in.
    ///
    /// # Errors
    /// [`Refusal::ApplicationUnknown`].
    pub async fn application_name(&self, request: &AuthorizeRequest) -> Result<String, Error> {
        let mut conn = self.store.read().await?;
        let client = self.configuration().registered_client(&mut conn, &request.client_id).await?;
        Ok(client.ok_or(Refusal::ApplicationUnknown)?.name)
    }

    /// An application's name and redirect URIs, for the way back to where it begins; `None`: there is no such application.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn site(&self, client_id: &str) -> Result<Option<(String, Vec<String>)>, Error> {
        let mut conn = self.store.read().await?;
        let client = self.configuration().registered_client(&mut conn, client_id).await?;
        Ok(client.map(|client| (client.name, client.redirect_uris)))
    }

    /// Back to an application that does not let the caller in, which is told so (RFC 6749 §4.1.2.1).
    ///
    /// # Errors
    /// [`Error::Internal`] when sealing the answer fails.
    pub fn turned_away(&self, request: &AuthorizeRequest) -> Result<Granted, Error> {
        self.error_uri(&request.into(), "access_denied", "the person may not use this application")
            .map(Granted::Code)
    }

    /// Applications that have access to the caller's account.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`].
    pub async fn own_applications(&self, ctx: &RequestContext) -> Result<Vec<AccessRow>, Error> {
        let account = ctx.signed_in()?.account;
        let rows = list_access(&mut self.store.read().await?, account, self.now()).await?;
        Ok(rows
            .into_iter()
            .map(|(row, scope)| {
                let RegisteredClient { client_id, name, .. } = registered(&row);
                let lines = Told::parse(&scope.unwrap_or_default())
                    .lines()
                    .into_iter()
                    .map(|line| ToldLine { line, before: false })
                    .collect();
                AccessRow { client_id, name, lines }
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows CN-01 on the page: what is new is shown as new, also where only a part of a line is.
    #[test]
    fn cn_01_a_line_was_allowed_before_only_if_all_of_it_was() {
        let shown = |asked: &str, known: &str| -> Vec<(Line, bool)> {
            lines(&Told::parse(asked), &Told::parse(known))
                .into_iter()
                .map(|l| (l.line, l.before))
                .collect()
        };
        let (profile, email) = (Line::Text("profile"), Line::Text("email"));
        let asked = "openid name given_name family_name locale email";
        assert_eq!(shown(asked, asked), [(profile.clone(), true), (email.clone(), true)]);
        assert_eq!(shown(asked, "openid email"), [(profile.clone(), false), (email.clone(), true)]);
        assert_eq!(
            shown(asked, "openid phone"),
            [(profile.clone(), false), (email.clone(), false)],
            "what is not asked for now is no line"
        );
        assert_eq!(
            shown(asked, "name locale email"),
            [(profile.clone(), false), (email, true)],
            "a part of the names is new"
        );
        assert_eq!(
            shown("name locale", "locale"),
            [(profile, false)],
            "the language was there, the name is new"
        );
        assert_eq!(
            shown("name given_name", "name"),
            [(Line::Text("name"), false)],
            "a part of the line is new"
        );
    }
}
