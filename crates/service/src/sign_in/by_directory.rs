//! Signing in by a directory: its password is typed on a page of ours, under the same limits as our own.
use domain::{
    EventKind, Refusal, limits::folded_login, path::Continuation, provider_health::Asked,
};
use upstream::{PasswordAnswer, SignInWay};

use crate::{
    Error, LoginOutcome, RequestContext,
    codes::limits::{Counted, Guarded},
    crypto::random::support_code,
    services::SignIn,
    sign_in::{
        start::{LoginPurpose, LoginState},
        upstream_identity::UpstreamIdentity,
    },
};

/// What was typed for a directory, with the state of the start that led to its page.
#[derive(Clone)]
pub struct DirectoryAnswer {
    pub state: String,
    pub login: String,
    pub password: String,
}

/// The page of a directory.
#[derive(Debug, Clone)]
pub struct DirectoryPage {
    /// The provider's name.
    pub name: String,
    /// It is for signing in, and not for showing something in a session.
    pub signs_in: bool,
    /// Where the application that waits gets its answer.
    pub redirect_uri: Option<String>,
}

impl SignIn {
    /// The page that a start at a directory leads to.
    ///
    /// # Errors
    /// As [`crate::SignIn::callback`] before any request.
    pub async fn directory_page(
        &self,
        ctx: &RequestContext,
        key: &str,
        state: &str,
        cookie: Option<&str>,
    ) -> Result<DirectoryPage, Error> {
        let (start, row) = self.begun(ctx, key, Some(state), cookie).await?;
        self.may_go_on(ctx, &start, &row).await?;
        match self.connector_for(&row, &start).await?.way() {
            SignInWay::Password(_) => Ok(DirectoryPage {
                name: row.name,
                signs_in: start.purpose == LoginPurpose::SignIn,
                redirect_uri: match start.continuation {
                    Continuation::Authorize(request) => Some(request.redirect_uri),
                    _ => None,
                },
            }),
            SignInWay::Redirect(_) => Err(self.spend(ctx, &start, Refusal::StateMismatch).await),
        }
    }

    /// Finishes a start by a password that the directory checks. A wrong one leaves the start as it is.
    ///
    /// # Errors
    /// [`Refusal::CredentialsWrong`], [`Refusal::RateLimited`]; otherwise as [`crate::SignIn::callback`].
    pub async fn sign_in_by_directory(
        &self,
        ctx: &RequestContext,
        key: &str,
        answer: DirectoryAnswer,
        cookie: Option<&str>,
    ) -> Result<LoginOutcome, Error> {
        let (start, row) = self.begun(ctx, key, Some(&answer.state), cookie).await?;
        self.may_go_on(ctx, &start, &row).await?;
        let connector = self.connector_for(&row, &start).await?;
        let SignInWay::Password(directory) = connector.way() else {
            return Err(self.spend(ctx, &start, Refusal::StateMismatch).await);
        };
        let typed = format!("{} {}", row.id, folded_login(&answer.login));
        // Whose password it is shows only afterwards: in a session of one's own everybody else's is guessed at, too.
        let counted =
            self.codes().count_try(ctx, Guarded::Directory, None, typed.as_bytes()).await?;
        let password = answer.password.into();
        let asked = self.ask(
            &row,
            &start,
            directory.password(&answer.login, &password, self.now()),
            |answer| match answer {
                PasswordAnswer::Right(_) => Asked::Worked,
                // What cannot be anybody's was not even asked.
                PasswordAnswer::Wrong(why) if why.unasked => Asked::Nothing,
                PasswordAnswer::Wrong(_) => Asked::Answered,
            },
        );
        match asked.await {
            Ok(PasswordAnswer::Right(assertion)) => {
                self.store
                    .write::<_, Error, _>(move |c| {
                        Box::pin(async move { counted.was_right(c).await })
                    })
                    .await?;
                if start.is_test() {
                    return self.tested(ctx, start, row, Ok(*assertion)).await;
                }
                self.complete_login(ctx, UpstreamIdentity::new(row, *assertion), start).await
            }
            Ok(PasswordAnswer::Wrong(why)) => {
                Err(self.tell_wrong(ctx, &start, why.to_string()).await)
            }
            Err(error) => {
                self.not_counted(counted).await?;
                if start.is_test() {
                    return self.tested(ctx, start, row, Err(error.to_string())).await;
                }
                Err(self.spend_upstream(ctx, &start, &error).await)
            }
        }
    }

    /// The directory did not look at the password.
    async fn not_counted(&self, counted: Counted) -> Result<(), Error> {
        self.store.write(move |c| Box::pin(async move { counted.was_not_made(c).await })).await
    }

    /// A wrong password, with the directory's reason for administrators.
    async fn tell_wrong(&self, ctx: &RequestContext, start: &LoginState, why: String) -> Error {
        let refusal = Refusal::CredentialsWrong;
        let (this, support) = (self.clone(), support_code());
        let (event, shown) = (start.event(ctx, EventKind::SignInRefused), support.clone());
        let told = self
            .store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    let event = event
                        .code(refusal.code())
                        .support(&support)
                        .detail(serde_json::json!({ "why": why }));
                    this.record(c, event).await
                })
            })
            .await;
        told.map_or_else(|error| error, |()| Error::Refused { refusal, support: shown })
    }
}
