//! What somebody does rests on a session that is alive, and a role that is held, in the transaction that commits it.
use crate::world::{Browser, PASSWORD, Page, World};
use domain::{AccountId, Refusal, Role, path::Continuation};
use futures_util::{FutureExt, future::BoxFuture};
use rehearsal::provider::{Knobs, Provider};
use service::{Error, Ligature, RequestContext};

/// The request of a browser with the session that it has now.
async fn ctx(w: &World, b: &Browser) -> RequestContext {
    let cookie = b.session_cookie().unwrap();
    let secret = cookie.split_once('=').unwrap().1.to_owned();
    let session = w.ligature().sessions().session(&secret).await.unwrap();
    assert!(session.is_some());
    RequestContext {
        browser: vec![7; 32],
        locale: "en".into(),
        session,
        ..RequestContext::default()
    }
}

/// Goes back from the provider; while the provider keeps its token answer, something else happens.
async fn meanwhile(
    w: &World,
    at: &Provider,
    b: &Browser,
    callback: &str,
    happens: impl Future<Output = ()>,
) -> Page {
    let before = at.log().iter().filter(|s| s.what == "token").count();
    w.knobs(at, Knobs { hold: true, ..Knobs::default() });
    let waiting = b.get(callback);
    let asked = async {
        while at.log().iter().filter(|s| s.what == "token").count() == before {
            tokio::task::yield_now().await;
        }
        happens.await;
        w.knobs(at, Knobs::default());
    };
    futures_util::future::join(waiting, asked).await.0
}

async fn reset(w: &World, email: &str, password: &str) {
    let b = w.browser();
    let page = b.post("/fn/reset/ask", &[("email", email)]).await;
    let n = w.mails(email).await;
    let code = w.mail(email, n).await.code.unwrap();
    let done = b
        .post(
            "/fn/reset/set",
            &[("attempt", &page.attempt()), ("code", &code), ("password", password)],
        )
        .await;
    assert!(b.is_signed_in().await, "{}", done.body);
}

/// An intruder in the owner's session went to a provider to add an own identity; the owner resets the password before
/// the provider answers.
#[tokio::test(flavor = "multi_thread")]
async fn sf_01_an_add_that_waited_for_the_provider_while_its_session_ended_links_nothing_and_opens_nothing()
 {
    let w = World::new("recommended").await;
    w.sign_up("vera@example.test").await;
    let intruder = w.browser();
    intruder.password("vera@example.test", PASSWORD).await;
    // The same way, with nothing happening meanwhile.
    let callback = intruder.at_provider(&intruder.start_add("harbour").await, "h-1").await;
    let done = meanwhile(&w, &w.harbour, &intruder, &callback, async {}).await;
    assert_eq!((done.path().as_str(), w.links("h-1").await), ("/account", 1), "{}", done.body);
    let callback = intruder.at_provider(&intruder.start_add("pigeon").await, "p-new").await;
    let refused = meanwhile(
        &w,
        &w.pigeon,
        &intruder,
        &callback,
        reset(&w, "vera@example.test", "another long password"),
    )
    .await;
    assert_eq!(refused.refusal(), "session.ended", "{}", refused.body);
    assert_eq!(w.links("p-new").await, 0);
    assert!(!intruder.is_signed_in().await);
    w.healthy().await;
}

/// Shows SF-01, SF-02. Confirming rotates the session: one that ended meanwhile is not followed by a fresh one.
#[tokio::test(flavor = "multi_thread")]
async fn sf_02_confirming_by_a_provider_does_not_bring_an_ended_session_back() {
    let w = World::new("goss").await;
    let v = w.browser();
    v.sign_in("meridian", "m-vera").await;
    let thief = w.browser();
    thief.sign_in("meridian", "m-vera").await;
    let fresh = |hold| {
        let now = w.ligature().now() / 1_000_000;
        Knobs {
            id_token: serde_json::json!({ "iat": now, "exp": now + 300, "auth_time": now }),
            hold,
            ..Knobs::default()
        }
    };
    w.pass(660);
    for (ended, expected) in [(false, "/account/sessions"), (true, "session.ended")] {
        let start = thief
            .post_only(
                "/fn/account/confirm/provider",
                &[("provider", "meridian"), ("to", "/account/sessions")],
            )
            .await
            .header("location");
        let callback = thief.at_provider(&start, "m-vera").await;
        let before = w.meridian.log().iter().filter(|s| s.what == "token").count();
        w.knobs(&w.meridian, fresh(true));
        let others = async {
            while w.meridian.log().iter().filter(|s| s.what == "token").count() == before {
                tokio::task::yield_now().await;
            }
            if ended {
                let owner = ctx(&w, &v).await;
                w.ligature().account_settings().end_sessions(&owner, None, true).await.unwrap();
            }
            w.knobs(&w.meridian, fresh(false));
        };
        let page = futures_util::future::join(thief.get(&callback), others).await.0;
        let came = if ended { page.refusal() } else { page.path() };
        assert_eq!(came, expected, "{}", page.body);
        assert_eq!(thief.is_signed_in().await, !ended);
    }
}

type Act = fn(Ligature, RequestContext) -> BoxFuture<'static, Result<(), Error>>;

/// Everything that changes something of one's own account, as somebody does it whose request came with a live session.
const OWN: &[(&str, Act)] = &[
    ("password", |l, v| {
        async move { l.account_settings().set_own_password(&v, "yet another long password").await }
            .boxed()
    }),
    ("email", |l, v| {
        async move { l.account_settings().ask_new_email(&v, "new@example.test").await.map(drop) }
            .boxed()
    }),
    ("second factor", |l, v| {
        async move { l.second_factors().begin_second_factor(&v).await }.boxed()
    }),
    ("sessions", |l, v| {
        async move { l.account_settings().end_sessions(&v, None, false).await }.boxed()
    }),
    ("export", |l, v| async move { l.account_settings().export(&v).await.map(drop) }.boxed()),
    ("confirm by password", |l, v| {
        async move {
            l.reauthentication()
                .confirm_by_password(&v, PASSWORD, Continuation::Account)
                .await
                .map(drop)
        }
        .boxed()
    }),
    ("confirm by code", |l, v| {
        async move { l.reauthentication().ask_confirm_code(&v, Continuation::Account).await.map(drop) }.boxed()
    }),
    ("close", |l, v| async move { l.account_settings().close_account(&v).await }.boxed()),
];

/// Two instances that no case names: an export, and ending the other sessions.
#[tokio::test(flavor = "multi_thread")]
async fn sf_01_every_act_of_ones_own_account_is_refused_when_the_session_ended_since_the_request_came()
 {
    let w = World::new("recommended").await;
    for (n, (name, act)) in OWN.iter().enumerate() {
        for ended in [false, true] {
            let email = format!("v{n}{ended}@example.test");
            let b = w.sign_up(&email).await;
            let request = ctx(&w, &b).await;
            if ended {
                w.ligature().account_settings().end_sessions(&request, None, true).await.unwrap();
            }
            let done = act(w.ligature(), request).await;
            match ended {
                false => assert!(done.is_ok(), "{name}: {done:?}"),
                true => {
                    assert_eq!(done.map_err(|f| f.refusal()), Err(Refusal::SessionEnded), "{name}")
                }
            }
            if ended {
                assert!(!b.is_signed_in().await, "{name}");
                assert_eq!(
                    w.browser().password(&email, PASSWORD).await.path(),
                    "/account",
                    "{name}: nothing changed"
                );
            }
        }
    }
}

/// What an administrator writes.
const CONSOLE: &[(&str, Act)] = &[
    ("brand", |l, v| {
        async move { l.branding().save_brand(&v, "Ligature", "").await.map(drop) }.boxed()
    }),
    ("draft", |l, v| {
        async move {
            match l.policy_admin().save_draft(&v, "instance", "{}").await {
                Ok(_) => Ok(()),
                Err(service::admin::SaveProblem::Error(error)) => Err(error),
                Err(other) => panic!("{other:?}"),
            }
        }
        .boxed()
    }),
    ("registration token", |l, v| {
        async move { l.applications().make_registration_token(&v, "ci", 1, 1).await.map(drop) }
            .boxed()
    }),
];

/// Does something while a transaction that was begun before it has not committed yet: the act finds the old state when
/// it begins, and the new one when it commits.
async fn behind<F>(
    w: &World,
    first: F,
    act: impl Future<Output = Result<(), Error>> + Send + 'static,
) -> Result<(), Error>
where
    F: for<'c> FnOnce(&'c mut storage::Conn) -> BoxFuture<'c, Result<(), storage::Error>>
        + Send
        + 'static,
{
    let (begun, wait_begun) = tokio::sync::oneshot::channel();
    let (go, wait_go) = tokio::sync::oneshot::channel::<()>();
    let store = w.ligature().store.clone();
    let writing = tokio::spawn(async move {
        store
            .write::<_, storage::Error, _>(move |c| {
                async move {
                    first(c).await?;
                    begun.send(()).unwrap();
                    wait_go.await.unwrap();
                    Ok(())
                }
                .boxed()
            })
            .await
    });
    wait_begun.await.unwrap();
    let acting = tokio::spawn(act);
    // The act reads what it needs to begin, and then waits for its turn to write. A slow machine that lets it begin only
    // afterwards makes this test weaker, never red.
    let since = std::time::Instant::now();
    while since.elapsed() < std::time::Duration::from_millis(60) {
        tokio::task::yield_now().await;
    }
    go.send(()).unwrap();
    writing.await.unwrap().unwrap();
    acting.await.unwrap()
}

/// Shows SF-03. An owner's session ends while a save of theirs is under way.
#[tokio::test(flavor = "multi_thread")]
async fn sf_03_nothing_of_the_console_is_written_when_the_session_ended_during_the_save() {
    let w = World::new("recommended").await;
    let boss = w.owner().await;
    for (name, act) in CONSOLE {
        act(w.ligature(), ctx(&w, &boss).await).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        let other = w.browser();
        other.password("owner@example.test", PASSWORD).await;
        let request = ctx(&w, &other).await;
        let (account, hash) = (
            request.session.as_ref().unwrap().account,
            request.session.as_ref().unwrap().hash.clone(),
        );
        let events = w
            .rows(
                "audit_event",
                "actor",
                &format!("admin:{}", request.session.as_ref().unwrap().account),
            )
            .await;
        // Whoever ends a session holds its account.
        let done = behind(
            &w,
            move |c| {
                async move {
                    storage::accounts::hold_account(c, account).await?;
                    storage::sign_in::sessions::end_session(c, &hash).await.map(drop)
                }
                .boxed()
            },
            act(w.ligature(), request.clone()),
        )
        .await;
        assert_eq!(done.map_err(|f| f.refusal()), Err(Refusal::SessionEnded), "{name}");
        assert_eq!(
            w.rows(
                "audit_event",
                "actor",
                &format!("admin:{}", request.session.as_ref().unwrap().account)
            )
            .await,
            events,
            "{name}: nothing was written"
        );
    }
}

/// An owner takes a delegate's role while a save of the delegate is under way.
#[tokio::test(flavor = "multi_thread")]
async fn dl_05_a_role_that_was_taken_during_the_save_is_worth_nothing_when_it_commits() {
    let w = World::new("recommended").await;
    let boss = w.owner().await;
    let owner = ctx(&w, &boss).await;
    for (n, (name, act)) in CONSOLE.iter().enumerate() {
        let b = w.sign_up(&format!("second{n}@example.test")).await;
        let request = ctx(&w, &b).await;
        let account: AccountId = request.session.as_ref().unwrap().account;
        assert_eq!(
            act(w.ligature(), request.clone()).await.map_err(|f| f.refusal()),
            Err(Refusal::Forbidden),
            "{name}: no role yet"
        );
        w.ligature().account_admin().set_role(&owner, account, Role::Owner, true).await.unwrap();
        act(w.ligature(), request.clone()).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        let org = w.ligature().org;
        let done = behind(
            &w,
            move |c| {
                async move {
                    let row = storage::accounts::find_account(c, org, account).await?.unwrap();
                    storage::accounts::bump_rev(c, account, row.rev).await?;
                    storage::accounts::remove_role(c, org, account, "owner").await.map(drop)
                }
                .boxed()
            },
            act(w.ligature(), request),
        )
        .await;
        assert_eq!(done.map_err(|f| f.refusal()), Err(Refusal::Forbidden), "{name}");
    }
}
