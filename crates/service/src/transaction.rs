//! Transactions in which somebody acts. What an act rests on is read in the transaction that commits it: here the
//! session, and for administrators their role. A session that was found before a network call, a hash or a wait is a
//! hint for pages and nothing else (I14, SF-01 to SF-03, DL-05).
use std::ops::Deref;

use domain::{
    AccountId, EventKind, Refusal, Right,
    audit_events::{self, Target},
    roles::{Presence, may_use},
};
use futures_util::future::BoxFuture;
use ref_cast::RefCast;
use storage::{
    Conn,
    accounts::{
        hold_account, list_roles,
        second_factors::{TOTP, find_factor},
    },
    sign_in::sessions::find_session,
};

use crate::{
    Configuration, Error, LoginOutcome, RequestContext, SessionInfo,
    audit::Event,
    core::{Core, Service},
    policy::expression_values::Answers,
    sign_in::login_outcome::TxOutcome,
};

/// A session that was alive when this transaction began. Its account's row is held until the transaction ends, so that
/// whatever ends the session either came before and was seen, or comes after and ends what this transaction opens.
/// Only the functions of this module make one.
#[derive(Debug, Clone)]
pub(crate) struct Session(SessionInfo);

impl Deref for Session {
    type Target = SessionInfo;
    fn deref(&self) -> &SessionInfo {
        &self.0
    }
}

impl From<Session> for SessionInfo {
    fn from(session: Session) -> Self {
        session.0
    }
}

/// Who sent the request, with the session as it is in this transaction.
pub(crate) type LiveRequest = RequestContext<Session>;

impl LiveRequest {
    /// The session.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`] without one.
    pub fn session(&self) -> Result<&Session, Refusal> {
        self.session.as_ref().ok_or(Refusal::SessionEnded)
    }

    /// The same request after every session of its account was ended: what it opens is a new one.
    pub fn signed_out(&self) -> Self {
        Self { session: None, ..self.clone() }
    }

    /// The session, if it is this account's.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`] without one, and for somebody else's.
    pub fn session_of(&self, account: AccountId) -> Result<&Session, Refusal> {
        self.session
            .as_ref()
            .filter(|session| session.account == account)
            .ok_or(Refusal::SessionEnded)
    }
}

/// An administrator whose session is alive and whose role has the right, in this transaction; and who is there, where the
/// right is power (DL-06). Everything that the console writes takes one.
#[derive(Debug, Clone)]
pub(crate) struct Administrator {
    acting: LiveRequest,
    pub account: AccountId,
    /// Roles of the organisation, as they are in this transaction.
    pub roles: Vec<String>,
}

impl Administrator {
    /// The request.
    pub fn acting(&self) -> &LiveRequest {
        &self.acting
    }

    /// As the audit trail names them.
    pub fn name(&self) -> String {
        format!("admin:{}", self.account)
    }

    /// Whether one of their roles has a right.
    pub fn may(&self, right: Right) -> bool {
        domain::roles::may(&self.roles, right)
    }

    /// An event of theirs.
    pub fn event(&self, kind: EventKind, target: Target) -> Event {
        Event::of(&self.acting, kind, audit_events::Actor::Administrator(self.account), target)
    }
}

/// On whose word something of the instance changes.
#[derive(Debug, Clone)]
pub enum Authority {
    /// An administrator's, from the console: session and role are read in the transaction that changes it.
    Console(Box<RequestContext>),
    /// The operator's, from the command line, who has the database and the master key. The name that the audit trail gets.
    Operator(&'static str),
}

/// Who acts on an authority, as the transaction found them.
pub(crate) struct Actor {
    operator: &'static str,
    /// Nobody of the console: the operator.
    pub admin: Option<Administrator>,
}

impl Actor {
    /// As the audit trail names them.
    pub fn name(&self) -> String {
        self.admin.as_ref().map_or_else(|| self.operator.to_owned(), Administrator::name)
    }

    /// An event of theirs.
    pub fn event(&self, kind: EventKind, target: Target) -> Event {
        match &self.admin {
            Some(admin) => admin.event(kind, target),
            None => Event::operator(kind, target),
        }
    }
}

/// How often the work of one request may turn out to need more values: a few times while administrators change things.
const ROUNDS: usize = 8;

/// What a transaction runs, as an async closure: `async move |this, c, ctx| { … }`. `AsyncFnOnce` beside it tells the
/// compiler the types of the arguments; this trait says that the future can be sent to the transaction's task, which no
/// bound on `AsyncFnOnce` can say.
pub(crate) trait Work<'c, S, A>:
    FnOnce(S, &'c mut Conn, A) -> Self::Future + Send + 'static
{
    type Output;
    type Future: Future<Output = <Self as Work<'c, S, A>>::Output> + Send;
}

impl<'c, S, A, F, R> Work<'c, S, A> for F
where
    F: FnOnce(S, &'c mut Conn, A) -> R + Send + 'static,
    R: Future + Send,
{
    type Output = R::Output;
    type Future = R;
}

/// Transactions of a service. The work gets the service, the connection and who acts, as they are in the transaction.
pub(crate) trait Transactions: Service {
    /// Runs work that needs values of expressions, again and again until it has all that it asks for.
    fn with_expressions<T, F, R>(
        &self,
        mut work: F,
    ) -> impl Future<Output = Result<T, Error>> + Send
    where
        T: Send,
        F: FnMut(Self) -> R + Send,
        R: Future<Output = Result<T, Error>> + Send,
    {
        async move {
            let mut answers = Answers::default();
            for _ in 0..ROUNDS {
                match work(Self::from(self.with_answers(answers.clone()))).await {
                    Err(Error::Unanswered(question)) => answers.add(*question).await?,
                    other => return other,
                }
            }
            Err(Error::Internal("the values of expressions do not settle".into()))
        }
    }

    /// Runs a transaction until nobody else is faster, tried again three times at most, and turns a committed refusal into an error.
    fn retry_step<F>(
        &self,
        ctx: &RequestContext,
        work: F,
    ) -> impl Future<Output = Result<LoginOutcome, Error>> + Send
    where
        F: AsyncFnOnce(Self, &mut Conn, LiveRequest) -> Result<TxOutcome, Error>
            + for<'c> Work<'c, Self, LiveRequest, Output = Result<TxOutcome, Error>>
            + Clone
            + Sync,
    {
        async move {
            match self.retry_transaction(ctx, work).await? {
                Ok(arrival) => Ok(arrival),
                Err((refusal, support)) => Err(Error::Refused { refusal, support }),
            }
        }
    }

    /// Runs a transaction until nobody else is faster and every value of an expression that it asks for is known.
    fn retry_transaction<T, F>(
        &self,
        ctx: &RequestContext,
        work: F,
    ) -> impl Future<Output = Result<T, Error>> + Send
    where
        T: Send + 'static,
        F: AsyncFnOnce(Self, &mut Conn, LiveRequest) -> Result<T, Error>
            + for<'c> Work<'c, Self, LiveRequest, Output = Result<T, Error>>
            + Clone
            + Sync,
    {
        async move {
            self.with_expressions(|this| {
                let work = work.clone();
                async move { this.retry_rounds(ctx, work).await }
            })
            .await
        }
    }

    /// Tried again three times at most.
    fn retry_rounds<T, F>(
        &self,
        ctx: &RequestContext,
        work: F,
    ) -> impl Future<Output = Result<T, Error>> + Send
    where
        T: Send + 'static,
        F: AsyncFnOnce(Self, &mut Conn, LiveRequest) -> Result<T, Error>
            + for<'c> Work<'c, Self, LiveRequest, Output = Result<T, Error>>
            + Clone
            + Sync,
    {
        async move {
            let mut rounds = 0;
            loop {
                let (this, again, hint) = (self.clone(), work.clone(), ctx.clone());
                let done = self
                    .store
                    .write(move |c| {
                        Box::pin(async move {
                            let acting = live(&this, c, &hint).await?;
                            again(this, c, acting).await
                        })
                    })
                    .await;
                match done {
                    Err(Error::Storage(storage::Error::Changed | storage::Error::Duplicate))
                        if rounds < 3 =>
                    {
                        rounds += 1
                    }
                    other => return other,
                }
            }
        }
    }

    /// Runs a transaction of the session's person. Nobody else changes their account while it runs.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`] when the session is over by then.
    fn act<T, F>(
        &self,
        ctx: &RequestContext,
        work: F,
    ) -> impl Future<Output = Result<T, Error>> + Send
    where
        T: Send + 'static,
        F: AsyncFnOnce(Self, &mut Conn, LiveRequest) -> Result<T, Error>
            + for<'c> Work<'c, Self, LiveRequest, Output = Result<T, Error>>,
    {
        async move {
            let (this, hint) = (self.clone(), ctx.clone());
            self.store
                .write(move |c| {
                    Box::pin(async move {
                        let acting = live(&this, c, &hint).await?;
                        acting.session()?;
                        work(this, c, acting).await
                    })
                })
                .await
        }
    }

    /// Runs a transaction of an administrator.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`] when the session is over by then, [`Refusal::Forbidden`] when the right is gone; for
    /// rights that are power [`Refusal::NotRecent`] and [`Refusal::FactorWanted`] (DL-06).
    fn administer<T, E, F>(
        &self,
        ctx: &RequestContext,
        right: Right,
        work: F,
    ) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send + 'static,
        E: From<Error> + From<storage::Error> + Send + 'static,
        F: for<'c> FnOnce(Self, &'c mut Conn, Administrator) -> BoxFuture<'c, Result<T, E>>
            + Send
            + 'static,
    {
        async move {
            let (this, hint) = (self.clone(), ctx.clone());
            self.store
                .write(move |c| {
                    Box::pin(async move {
                        let admin = administrator(&this, c, &hint, right).await?;
                        work(this, c, admin).await
                    })
                })
                .await
        }
    }

    /// Runs a transaction on somebody's word.
    ///
    /// # Errors
    /// As [`Transactions::administer`] for an administrator's.
    fn with_authority<T, E, F>(
        &self,
        authority: &Authority,
        right: Right,
        work: F,
    ) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send + 'static,
        E: From<Error> + From<storage::Error> + Send + 'static,
        F: for<'c> FnOnce(Self, &'c mut Conn, Actor) -> BoxFuture<'c, Result<T, E>>
            + Send
            + 'static,
    {
        async move {
            let (this, authority) = (self.clone(), authority.clone());
            self.store
                .write(move |c| {
                    Box::pin(async move {
                        let actor = match authority {
                            Authority::Console(hint) => Actor {
                                operator: "",
                                admin: Some(administrator(&this, c, &hint, right).await?),
                            },
                            Authority::Operator(operator) => Actor { operator, admin: None },
                        };
                        work(this, c, actor).await
                    })
                })
                .await
        }
    }
}

impl<S: Service> Transactions for S {}

async fn administrator(
    core: &Core,
    c: &mut Conn,
    hint: &RequestContext,
    right: Right,
) -> Result<Administrator, Error> {
    let acting = live(core, c, hint).await?;
    let session = acting.session()?;
    let account = session.account;
    let roles = list_roles(c, core.org, account).await?;
    if right == Right::RunInstance && !core.is_home() {
        return Err(Refusal::Forbidden.into());
    }
    let policy = Configuration::ref_cast(core).policy_context(c, None).await?.policy(None);
    let presence = Presence {
        reauthenticated: session.is_reauthenticated(core.now(), &policy),
        unshown: session.factor.is_empty() && find_factor(c, account, TOTP).await?.is_some(),
        owes: Configuration::ref_cast(core).owed(c, &policy, account, &session.factor).await?,
    };
    may_use(&roles, right, presence)?;
    Ok(Administrator { acting, account, roles })
}

/// The request with its session as it is now; without one when it is over. The account is held before the session
/// is read: who ends sessions holds it too.
async fn live(core: &Core, c: &mut Conn, hint: &RequestContext) -> Result<LiveRequest, Error> {
    let session = match &hint.session {
        None => None,
        Some(seen) => {
            hold_account(c, seen.account).await?;
            let now = core.now();
            find_session(c, core.org, &seen.hash, now, now - core.settings.session_idle)
                .await?
                .map(|(row, name)| Session(SessionInfo::of(row, name, seen.hash.clone())))
        }
    };
    Ok(RequestContext {
        browser: hint.browser.clone(),
        agent: hint.agent.clone(),
        network: hint.network.clone(),
        locale: hint.locale.clone(),
        session,
        requesting_client: hint.requesting_client.clone(),
    })
}
