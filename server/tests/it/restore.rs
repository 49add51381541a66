//! A restored backup and a promoted standby: what was used or ended after the copy was taken stays used and ended (RB-18).
use crate::{
    op::{Answer, CALLBACK, Rp, answer, register},
    world::{Browser, PASSWORD, Page, World, psql},
};
use serde_json::json;
use service::Recovery;

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const NEW_PASSWORD: &str = "four quite unrelated words";

async fn last(w: &World, to: &str) -> rehearsal::mailbox::Mail {
    let n = w.mails(to).await;
    w.mail(to, n).await
}

/// Everything that works once or until somebody ends it, at one moment.
struct Open {
    vera: Browser,
    /// Holds a copy of the cookie of Vera's session, which a sign-out takes from hers.
    thief: Browser,
    rp: Rp,
    code: String,
    access: String,
    refresh: String,
    tv: Rp,
    device: String,
    /// A browser, its page and the code that sets a new password for Theo.
    reset: (Browser, Page, String),
    /// The secret of the link that takes Uma's new identity back.
    undo: String,
    /// A linking attempt of Vera's that waits for its code.
    linking: (Browser, Page, String),
    /// Lets a program register an application.
    registration: String,
}

impl Open {
    async fn new(w: &World) -> Self {
        let rp = register(w, "rp", json!({})).await;
        let tv = register(w, "tv", json!({"kind": "native", "grants": ["device_code"]})).await;
        let vera = w.sign_up("vera@example.test").await;
        let uma = w.sign_up("uma@example.test").await;
        w.sign_up("theo@example.test").await;
        let owner = w.owner().await;
        let page = owner
            .post(
                "/fn/admin/registration",
                &[("label", "Build server"), ("uses", "1"), ("days", "7")],
            )
            .await;
        let registration = page
            .body
            .split("<code class=\"secret\">")
            .nth(1)
            .unwrap_or_else(|| panic!("{}", page.body))
            .split('<')
            .next()
            .unwrap()
            .to_owned();
        let begun = tv.post("/device_authorization", &[("scope", "openid")]).await;
        assert!(
            vera.post("/fn/device", &[("code", &begun.text("user_code")), ("answer", "allow")])
                .await
                .has("The device is connected")
        );
        let tokens =
            rp.token(&rp.code(&vera, &[("scope", "openid offline_access")]).await, &[]).await;
        assert_eq!(uma.add("harbour", "h-1").await.path(), "/account");
        let notice = last(w, "uma@example.test").await.text;
        let undo = notice[notice.find("/undo/").unwrap() + 6..]
            .split_whitespace()
            .next()
            .unwrap()
            .to_owned();
        let resetting = w.browser();
        let page = resetting.post("/fn/reset/ask", &[("email", "theo@example.test")]).await;
        let reset = (resetting, page, last(w, "theo@example.test").await.code.unwrap());
        let adding = w.browser();
        let chooser = adding.sign_in("pigeon", "p-vera").await;
        let before = w.mails("vera@example.test").await;
        let page = adding.pick(&chooser, "add_to_existing").await;
        let linking = (adding, page, w.mail("vera@example.test", before + 1).await.code.unwrap());
        let code = rp.code(&vera, &[]).await;
        let thief = w.browser();
        thief.set_cookie(&vera.session_cookie().unwrap());
        Self {
            thief,
            code,
            access: tokens.text("access_token"),
            refresh: tokens.text("refresh_token"),
            device: begun.text("device_code"),
            vera,
            rp,
            tv,
            reset,
            undo,
            linking,
            registration,
        }
    }

    /// The same things, where the world is served now.
    fn at(&self, w: &World) -> Self {
        let of =
            |(b, page, code): &(Browser, Page, String)| (b.now_at(w), page.clone(), code.clone());
        Self {
            vera: self.vera.now_at(w),
            thief: self.thief.now_at(w),
            rp: self.rp.at(w),
            code: self.code.clone(),
            access: self.access.clone(),
            refresh: self.refresh.clone(),
            tv: self.tv.at(w),
            device: self.device.clone(),
            reset: of(&self.reset),
            undo: self.undo.clone(),
            linking: of(&self.linking),
            registration: self.registration.clone(),
        }
    }

    async fn poll(&self) -> Answer {
        self.tv.post("/token", &[("grant_type", DEVICE_GRANT), ("device_code", &self.device)]).await
    }

    async fn set_password(&self) -> Page {
        let (b, page, code) = &self.reset;
        b.post(
            "/fn/reset/set",
            &[("attempt", &page.attempt()), ("code", code), ("password", NEW_PASSWORD)],
        )
        .await
    }

    async fn link(&self) -> Page {
        self.linking.0.code(&self.linking.1, &self.linking.2).await
    }

    async fn take_back(&self, w: &World) -> Page {
        w.browser().take_back(&format!("/undo/{}", self.undo), PASSWORD).await
    }

    async fn register(&self, w: &World) -> Answer {
        let tool = json!({"client_name": "Tool", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_post"});
        answer(
            reqwest::Client::new()
                .post(format!("{}/register", w.url()))
                .bearer_auth(&self.registration)
                .json(&tool),
        )
        .await
    }

    /// Uses and ends all of it, as people do; each works.
    async fn use_all(&self, w: &World) {
        assert_eq!(self.rp.userinfo(&self.access).await.status, 200);
        assert_eq!(self.rp.token(&self.code, &[]).await.status, 200);
        assert_eq!(self.rp.refresh(&self.refresh).await.status, 200);
        assert_eq!(self.poll().await.status, 200);
        assert_eq!(self.register(w).await.status, 201);
        let linked = self.link().await;
        assert_eq!(
            (linked.path().as_str(), w.links("p-vera").await),
            ("/account", 1),
            "{}",
            linked.body
        );
        let reset = self.set_password().await;
        assert_eq!(reset.path(), "/account", "{}", reset.body);
        let undone = self.take_back(w).await;
        assert!(undone.has("The change is undone"), "{}", undone.body);
        assert!(self.thief.is_signed_in().await);
        self.vera.post("/fn/signout", &[]).await;
        assert!(!self.thief.is_signed_in().await);
    }

    /// Nothing of what works once works.
    async fn one_time_things_are_over(&self, w: &World) {
        assert_eq!(self.rp.token(&self.code, &[]).await.error(), (400, "invalid_grant"));
        assert_eq!(self.poll().await.error(), (400, "invalid_grant"));
        let reset = self.set_password().await;
        assert_eq!(
            (reset.status, reset.refusal().as_str()),
            (404, "attempt.unknown"),
            "{}",
            reset.body
        );
        let linked = self.link().await;
        assert_eq!(
            (linked.refusal().as_str(), w.links("p-vera").await),
            ("attempt.unknown", 0),
            "{}",
            linked.body
        );
        let undone = self.take_back(w).await;
        assert_eq!(undone.refusal(), "account.undo_over", "{}", undone.body);
        assert_eq!(w.browser().password("theo@example.test", NEW_PASSWORD).await.path(), "/login");
    }

    /// Nothing of what somebody can end works.
    async fn everything_else_is_over(&self, w: &World) {
        assert!(!self.thief.is_signed_in().await);
        assert_eq!(self.rp.userinfo(&self.access).await.status, 401);
        assert_eq!(self.rp.refresh(&self.refresh).await.error(), (400, "invalid_grant"));
        assert_eq!(self.register(w).await.error(), (401, "invalid_token"));
    }

    /// Honest people sign in again and go on.
    async fn people_go_on(&self, w: &World) {
        let b = w.browser();
        assert_eq!(b.password("vera@example.test", PASSWORD).await.path(), "/account");
        let tokens = self
            .rp
            .token(&self.rp.code(&b, &[("scope", "openid offline_access")]).await, &[])
            .await;
        assert_eq!(self.rp.refresh(&tokens.text("refresh_token")).await.status, 200);
        let theo = w.browser();
        let page = theo.post("/fn/reset/ask", &[("email", "theo@example.test")]).await;
        let code = last(w, "theo@example.test").await.code.unwrap();
        let reset = theo
            .post(
                "/fn/reset/set",
                &[("attempt", &page.attempt()), ("code", &code), ("password", NEW_PASSWORD)],
            )
            .await;
        assert_eq!(reset.path(), "/account", "{}", reset.body);
        w.healthy().await;
    }
}

async fn restored(w: &mut World) -> Open {
    let open = Open::new(w).await;
    let copy = w.back_up().await;
    w.pass(6);
    open.use_all(w).await;
    w.move_to(copy, |_| {}).await;
    open.at(w)
}

#[tokio::test(flavor = "multi_thread")]
async fn rb_18_a_restored_backup_opens_nothing_that_was_open_when_it_was_taken() {
    let mut w = World::new("recommended").await;
    let open = restored(&mut w).await;
    open.one_time_things_are_over(&w).await;
    open.everything_else_is_over(&w).await;
    open.people_go_on(&w).await;
    assert_eq!(w.rows("audit_event", "kind", "instance.restored").await, 1);
    // A restart of the restored server ends nothing more.
    let b = w.browser();
    b.password("vera@example.test", PASSWORD).await;
    w.add_node().await;
    assert!(b.is_signed_in().await);
    assert_eq!(w.rows("audit_event", "kind", "instance.restored").await, 1);
}

/// Shows RB-18: what the copy cannot know, an identity that was removed since, My Account says until it is looked after.
#[tokio::test(flavor = "multi_thread")]
async fn rb_18_my_account_says_that_changes_are_lost_and_what_came_back_can_be_removed_again() {
    let mut w = World::new("recommended").await;
    let b = w.sign_up("vera@example.test").await;
    b.add("harbour", "h-1").await;
    assert!(!b.get("/account").await.has("restored"));
    let copy = w.back_up().await;
    let remove = async |b: &Browser| {
        let page = b.get("/account").await;
        let link = page
            .body
            .split("name=\"link\" value=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        b.post("/fn/account/remove", &[("link", &link)]).await
    };
    let removed = remove(&b).await;
    assert_eq!(b.methods().await.len(), 1, "{}", removed.body);
    w.move_to(copy, |_| {}).await;
    assert!(!b.now_at(&w).is_signed_in().await);
    let b = w.browser();
    b.password("vera@example.test", PASSWORD).await;
    let page = b.get("/account").await;
    // A dump does not say when it was taken.
    let says = if w.ligature().store.is_postgres() {
        "to an earlier state on"
    } else {
        "from a backup on"
    };
    assert!(
        page.has(&format!("This service was restored {says}")) && page.has("set it again"),
        "{}",
        page.body
    );
    assert_eq!(b.methods().await.len(), 2, "the copy has it still");
    remove(&b).await;
    assert_eq!(b.methods().await.len(), 1);
    let late = w.sign_up("new@example.test").await;
    assert!(!late.get("/account").await.has("restored"), "whoever came later has lost nothing");
    w.pass(15 * 86_400);
    let b = w.browser();
    b.password("vera@example.test", PASSWORD).await;
    assert!(!b.get("/account").await.has("restored"));
}

/// A standby that lacks what happened last takes over: by itself on PostgreSQL, whose timeline tells; by an operator's word on SQLite.
async fn promoted(w: &mut World, synchronous: bool) -> Open {
    let open = Open::new(w).await;
    let standby = w.standby().await;
    w.pass(6);
    open.use_all(w).await;
    w.move_to(standby, |c| c.database.synchronous_standby = synchronous).await;
    if !w.ligature().store.is_postgres() {
        let open = open.at(w);
        assert!(open.thief.is_signed_in().await, "without that word the copy is believed");
        w.ligature().maintenance().recover(Recovery::Promoted { synchronous }).await.unwrap();
    }
    open.at(w)
}

#[tokio::test(flavor = "multi_thread")]
async fn rb_18_a_promoted_standby_that_may_lack_commits_opens_nothing_that_was_open_before() {
    let mut w = World::new("recommended").await;
    let open = promoted(&mut w, false).await;
    open.one_time_things_are_over(&w).await;
    open.everything_else_is_over(&w).await;
    open.people_go_on(&w).await;
    assert_eq!(w.rows("audit_event", "kind", "instance.promoted").await, 1);
    let b = w.browser();
    b.password("vera@example.test", PASSWORD).await;
    assert!(b.get("/account").await.has("This service was restored to an earlier state on"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rb_18_the_promotion_of_a_synchronous_standby_ends_what_works_once_and_no_session() {
    let mut w = World::new("recommended").await;
    let open = promoted(&mut w, true).await;
    open.one_time_things_are_over(&w).await;
    assert!(open.thief.is_signed_in().await);
    assert!(!open.thief.get("/account").await.has("restored"), "nothing is lost");
    assert_eq!(open.rp.userinfo(&open.access).await.status, 200);
    assert_eq!(open.rp.refresh(&open.refresh).await.status, 200);
    open.people_go_on(&w).await;
}

/// Shows RB-18: nodes that run while PostgreSQL fails over. The first connection to the new server looks before it is used.
#[tokio::test(flavor = "multi_thread")]
async fn rb_18_a_running_node_sees_a_promotion_at_its_first_connection() {
    let w = World::new("recommended").await;
    if !w.ligature().store.is_postgres() {
        return; // An embedded database has no connections to lose.
    }
    let open = Open::new(&w).await;
    psql(&w.database, "UPDATE instance SET timeline = '00000000'");
    psql(
        &w.database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    // Connections of the pool that died answer one error each.
    for _ in 0..100 {
        if open.vera.get("/account").await.status < 500 {
            break;
        }
    }
    open.one_time_things_are_over(&w).await;
    open.everything_else_is_over(&w).await;
    open.people_go_on(&w).await;
    assert_eq!(w.rows("audit_event", "kind", "instance.promoted").await, 1);
}

/// Shows RB-18 for what no document names: a one-time password is good once, and a letter with a dead code is not sent.
#[tokio::test(flavor = "multi_thread")]
async fn rb_18_a_one_time_password_that_was_used_after_the_copy_opens_no_second_session() {
    let mut w = World::new("recommended").await;
    let b = w.sign_up("vera@example.test").await;
    let page = b.post("/fn/account/second-factor/begin", &[]).await;
    let key: String = page
        .body
        .split("<code class=\"secret\">")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .replace(' ', "");
    let totp = totp_rs::Builder::new()
        .with_secret(totp_rs::Secret::try_from_base32(key).unwrap())
        .build()
        .unwrap();
    w.pass(30 - w.ligature().now() / 1_000_000 % 30);
    let now = |w: &World| {
        totp.generate(u64::try_from(w.ligature().now() / 1_000_000).unwrap()).to_string()
    };
    assert!(
        b.post("/fn/account/second-factor/on", &[("code", &now(&w))])
            .await
            .has("The second factor is on")
    );
    w.pass(30);
    let copy = w.back_up().await;
    let sign_in = async |w: &World, code: &str| {
        let b = w.browser();
        let asked = b.password("vera@example.test", PASSWORD).await;
        b.post("/fn/attempt/factor", &[("attempt", &asked.attempt()), ("code", code)]).await.path()
    };
    let seen = now(&w);
    assert_eq!(sign_in(&w, &seen).await, "/account");
    assert!(sign_in(&w, &seen).await.ends_with("/factor"), "used");
    w.move_to(copy, |_| {}).await;
    assert!(sign_in(&w, &seen).await.ends_with("/factor"), "used before the restore");
    w.pass(60);
    assert_eq!(sign_in(&w, &now(&w)).await, "/account");
}
