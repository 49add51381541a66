//! What people change in their own account, who hears of it, and how it is taken back.
use crate::world::{Browser, PASSWORD, Page, World};
use domain::policy::Document;

async fn policy(w: &World, change: impl FnOnce(&mut serde_json::Value)) {
    let mut document: serde_json::Value =
        serde_json::from_str(domain::policy::preset_text("recommended").unwrap()).unwrap();
    change(&mut document);
    w.ligature()
        .policy_admin()
        .use_document("instance", Document::parse(&document.to_string()).unwrap())
        .await
        .unwrap();
}

/// The newest mail to an address.
async fn last(w: &World, to: &str) -> rehearsal::mailbox::Mail {
    let n = w.mails(to).await;
    w.mail(to, n).await
}

/// The page behind a notice's link, as a path.
fn undo_path(mail: &rehearsal::mailbox::Mail) -> String {
    let at = mail.text.find("/undo/").unwrap_or_else(|| panic!("no link in {}", mail.text));
    mail.text[at..].split_whitespace().next().unwrap().to_owned()
}

async fn take_back(b: &Browser, path: &str) -> Page {
    b.take_back(path, PASSWORD).await
}

async fn addresses(b: &Browser) -> String {
    let page = b.get("/account").await;
    page.body
        .split("id=\"addresses\"")
        .nth(1)
        .unwrap()
        .split("</section>")
        .next()
        .unwrap()
        .to_owned()
}

/// Shows MA-14, MA-13.
#[tokio::test(flavor = "multi_thread")]
async fn the_old_address_stays_until_the_new_one_is_proved_and_can_take_the_change_back() {
    let w = World::new("recommended").await;
    let b = w.sign_up("vera@example.test").await;
    let page = b.post("/fn/account/email", &[("email", "vera.new@example.test")]).await;
    assert!(
        page.path().ends_with("/code") && page.has("Until you type it nothing changes"),
        "{}",
        page.body
    );
    assert!(
        addresses(&b).await.contains("vera@example.test")
            && !addresses(&b).await.contains("vera.new")
    );
    let code = last(&w, "vera.new@example.test").await.code.unwrap();
    let done = b.code(&page, &code).await;
    assert_eq!(done.path(), "/account", "{}", done.body);
    assert!(
        addresses(&b).await.contains("vera.new@example.test")
            && !addresses(&b).await.contains(">vera@example.test")
    );
    let notice = last(&w, "vera@example.test").await;
    assert!(notice.subject.contains("has changed"), "{}", notice.subject);
    assert!(notice.code.is_none() && !notice.text.contains("vera.new@"), "masked: {}", notice.text);
    // For 14 days the old one is nobody else's, and its reader can take it back; opening the page changes nothing.
    let path = undo_path(&notice);
    let reader = w.browser();
    let question = reader.get(&path).await;
    assert!(question.has("This wasn't me") && question.has("v•••@e•••.test"), "{}", question.body);
    assert!(b.is_signed_in().await);
    w.pass(13 * 24 * 3600);
    let taken = w
        .browser()
        .post(
            "/fn/signup",
            &[("email", "vera@example.test"), ("name", "T"), ("password", PASSWORD)],
        )
        .await;
    assert!(taken.path().ends_with("/code"));
    let answer = take_back(&reader, &path).await;
    assert!(answer.path() == "/login" && answer.has("The change is undone"), "{}", answer.body);
    assert!(!b.is_signed_in().await, "everybody is signed out");
    let again = w.browser();
    assert_eq!(again.password("vera@example.test", PASSWORD).await.path(), "/account");
    assert!(
        addresses(&again).await.contains("vera@example.test")
            && !addresses(&again).await.contains("vera.new")
    );
    assert_eq!(take_back(&reader, &path).await.refusal(), "account.undo_over", "it works once");
    w.healthy().await;
}

/// Shows MA-14, RL-08.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_somebody_else_gives_the_same_page_and_a_notice_to_its_owner() {
    let w = World::new("recommended").await;
    w.sign_up("theo@example.test").await;
    let b = w.sign_up("vera@example.test").await;
    let before = w.mails("theo@example.test").await;
    let bare = |p: &Page| {
        p.body.replace(&p.attempt(), "ID").replace("t•••", "x•••").replace("n•••", "x•••")
    };
    let taken = b.post("/fn/account/email", &[("email", "theo@example.test")]).await;
    let free = b.post("/fn/account/email", &[("email", "nobody@example.test")]).await;
    assert_eq!((taken.status, bare(&taken)), (free.status, bare(&free)));
    let mail = w.mail("theo@example.test", before + 1).await;
    assert!(
        mail.subject.contains("wants to use your address") && mail.code.is_none(),
        "{} {}",
        mail.subject,
        mail.text
    );
    assert!(b.code(&taken, "ZZZZ-ZZZZ").await.path().ends_with("/code"));
    assert!(addresses(&b).await.contains("vera@example.test"));
    let broken = b.post("/fn/account/email", &[("email", "no address")]).await;
    assert!(
        broken.path() == "/account/email" && broken.has("value=\"no address\""),
        "{}",
        broken.body
    );
}

/// Shows MA-14, PH-05. Whoever wins the race for an address: the slower one is refused at the code.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_got_an_owner_meanwhile_is_not_taken() {
    let w = World::new("recommended").await;
    let b = w.sign_up("vera@example.test").await;
    let page = b.post("/fn/account/email", &[("email", "shared@example.test")]).await;
    let code = last(&w, "shared@example.test").await.code.unwrap();
    w.sign_up("shared@example.test").await;
    let refused = b.code(&page, &code).await;
    assert_eq!(refused.refusal(), "account.email_taken", "{}", refused.body);
    assert!(addresses(&b).await.contains("vera@example.test"));
    w.healthy().await;
}

/// Shows MA-13. Every proved address hears of a new identity; the link removes it, bars it at sign-in and signs everybody out.
#[tokio::test(flavor = "multi_thread")]
async fn this_was_not_me_removes_a_new_identity_for_good() {
    let w = World::new("recommended").await;
    let b = w.sign_up("vera@example.test").await;
    b.add("harbour", "h-1").await;
    let thief = w.browser();
    thief.sign_in("harbour", "h-1").await;
    assert!(thief.is_signed_in().await);
    let path = undo_path(&last(&w, "vera@example.test").await);
    let answer = take_back(&w.browser(), &path).await;
    assert!(answer.has("The change is undone"), "{}", answer.body);
    assert!(!thief.is_signed_in().await && !b.is_signed_in().await);
    let page = thief.sign_in("harbour", "h-1").await;
    assert!(page.path().ends_with("/choose"), "a new person's page: {}", page.body);
    let back = w.browser();
    back.password("vera@example.test", PASSWORD).await;
    assert_eq!(back.methods().await, ["Password"]);
    // The owner may still want it, signed in and recently; nobody else can bring it back.
    assert_eq!(back.add("harbour", "h-1").await.path(), "/account");
    w.healthy().await;
}

/// Shows MA-13. A removed identity comes back, unless it opened another account meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn this_was_not_me_puts_a_removed_identity_back() {
    let w = World::new("recommended").await;
    let b = w.sign_up("vera@example.test").await;
    b.add("harbour", "h-1").await;
    let remove = async || {
        let page = b.get("/account").await;
        let path = page
            .body
            .split("href=\"")
            .find(|h| h.contains("/remove"))
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        b.post("/fn/account/remove", &[("link", path.split('/').nth(3).unwrap())]).await;
        undo_path(&last(&w, "vera@example.test").await)
    };
    let path = remove().await;
    assert_eq!(b.methods().await, ["Password"]);
    take_back(&w.browser(), &path).await;
    b.password("vera@example.test", PASSWORD).await;
    assert_eq!(b.methods().await, ["Harbour", "Password"]);
    let path = remove().await;
    let other = w.browser();
    let chooser = other.sign_in("harbour", "h-1").await;
    other.pick(&chooser, "create_new").await;
    assert!(other.is_signed_in().await);
    // It is another account's by now, and stays that.
    assert!(take_back(&w.browser(), &path).await.has("The change is undone"));
    assert!(
        other.is_signed_in().await
            && w.browser().sign_in("harbour", "h-1").await.path() == "/account"
    );
    let back = w.browser();
    back.password("vera@example.test", PASSWORD).await;
    assert_eq!(back.methods().await, ["Password"]);
    assert_eq!(w.links("h-1").await, 2, "one released, one of the other account");
    w.healthy().await;
}

/// Shows NE-04, MA-13.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_password_is_set_where_the_policy_lets_it_and_is_taken_back_by_the_notice() {
    let w = World::new("recommended").await;
    let b = w.browser();
    let chooser = b.sign_in("meridian", "m-vera").await;
    b.pick(&chooser, "create_new").await;
    assert!(!b.get("/account").await.has("Set a password"));
    let refused = b.post("/fn/account/password", &[("password", PASSWORD)]).await;
    assert_eq!(refused.refusal(), "account.password_by_reset", "{}", refused.body);
    policy(&w, |d| d["choices"]["password_add"] = "in_account".into()).await;
    assert!(b.get("/account").await.has("Set a password"));
    for weak in ["short", "password1234567890", "vera@example.test", "aaaaaaaaaaaaaaaaaaaaaaaa"] {
        let page = b.post("/fn/account/password", &[("password", weak)]).await;
        assert!(
            page.path() == "/account/password" && page.has("hard to guess") && !page.has(weak),
            "{weak}: {}",
            page.body
        );
    }
    let other = w.browser();
    other.sign_in("meridian", "m-vera").await;
    let done = b.post("/fn/account/password", &[("password", PASSWORD)]).await;
    assert!(done.path() == "/account" && done.has("The password is set"), "{}", done.body);
    assert!(
        b.is_signed_in().await && !other.is_signed_in().await,
        "every other browser is signed out"
    );
    assert_eq!(b.methods().await, ["Meridian", "Password"]);
    let path = undo_path(&last(&w, "vera@example.test").await);
    let done = w.browser().take_back_by(&path, "meridian", "m-vera").await;
    assert!(done.has("The change is undone"), "{}", done.body);
    assert!(!b.is_signed_in().await);
    b.sign_in("meridian", "m-vera").await;
    assert_eq!(b.methods().await, ["Meridian"]);
    w.healthy().await;
}

/// Shows GD-01.
#[tokio::test(flavor = "multi_thread")]
async fn the_export_holds_all_of_ones_own_and_nothing_of_others_and_no_secret() {
    let w = World::new("recommended").await;
    w.sign_up("theo@example.test").await;
    let b = w.sign_up("vera@example.test").await;
    b.add("meridian", "m-vera").await;
    let ticket = b.post_only("/fn/account/export", &[]).await.header("location");
    // Nobody else has it by the address, nor does asking for the head use it up.
    assert_eq!(w.browser().get(&ticket).await.refusal(), "session.ended");
    let elsewhere = w.browser();
    elsewhere.password("vera@example.test", PASSWORD).await;
    assert_eq!(elsewhere.get(&ticket).await.path(), "/account/export", "another browser");
    let shared = w.browser();
    shared.password("theo@example.test", PASSWORD).await;
    let left = shared.post_only("/fn/account/export", &[]).await.header("location");
    shared.post("/fn/signout", &[]).await;
    shared.password("vera@example.test", PASSWORD).await;
    assert_eq!(shared.get(&left).await.path(), "/account/export", "another person");
    for b in [elsewhere, shared] {
        b.post("/fn/signout", &[]).await;
    }
    assert_eq!(b.send(b.request(reqwest::Method::HEAD, &ticket)).await.status, 405);
    let page = b.get(&ticket).await;
    assert_eq!(page.header("content-type"), "application/json");
    assert!(
        page.header("content-disposition").contains("account.json")
            && page.header("cache-control").contains("no-store")
    );
    let data: serde_json::Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(data["emails"][0]["address"], "vera@example.test");
    assert_eq!(data["identities"][0]["subject"], "m-vera");
    assert_eq!(data["identities"][0]["claims"]["name"], "Vera");
    assert!(
        data["sessions"].as_array().unwrap().len() == 1
            && data["events"].as_array().unwrap().len() > 2,
        "{data}"
    );
    assert_eq!(data["known_browsers"].as_array().unwrap().len(), 3, "{data}");
    assert_eq!(data["account"]["subject"].as_str().unwrap().len(), 26);
    for never in ["theo", "$argon2", b.session_cookie().unwrap().split_once('=').unwrap().1] {
        assert!(!page.body.contains(never), "{never}");
    }
    let again = b.get(&ticket).await;
    assert!(again.path() == "/account/export" && again.has("<h1"), "a ticket counts once");
    assert_eq!(w.rows("audit_event", "kind", "account.exported").await, 1);
    let late = b.post_only("/fn/account/export", &[]).await.header("location");
    w.pass(11 * 60);
    assert!(b.get(&late).await.path().starts_with("/account/"), "nor after ten minutes");
    assert_eq!(w.rows("audit_event", "kind", "account.exported").await, 1);
    assert_eq!(b.post("/fn/account/export", &[]).await.path(), "/account/confirm", "MA-09");
    assert_eq!(w.browser().post("/fn/account/export", &[]).await.refusal(), "session.ended");
}

/// Shows MA-09.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_is_shut_at_once_can_be_taken_back_and_is_gone_after_two_weeks() {
    let w = World::new("recommended").await;
    let b = w.sign_up("vera@example.test").await;
    b.add("harbour", "h-1").await;
    let other = w.browser();
    other.password("vera@example.test", PASSWORD).await;
    let question = b.get("/account/delete").await;
    assert!(question.has("For 14 days you can take it back"), "{}", question.body);
    let done = b.post("/fn/account/delete", &[]).await;
    assert!(done.path() == "/login" && done.has("will be deleted in 14 days"), "{}", done.body);
    assert!(!b.is_signed_in().await && !other.is_signed_in().await);
    assert!(
        w.browser().password("vera@example.test", PASSWORD).await.path().ends_with("/restore"),
        "nobody is in without a word on it"
    );
    assert!(w.browser().sign_in("harbour", "h-1").await.path().ends_with("/restore"));
    let path = undo_path(&last(&w, "vera@example.test").await);
    assert!(take_back(&w.browser(), &path).await.has("The change is undone"));
    assert_eq!(b.password("vera@example.test", PASSWORD).await.path(), "/account");
    // Once more, for good.
    let mut sent = w.mails("vera@example.test").await;
    b.post("/fn/account/delete", &[]).await;
    let notice = loop {
        sent += 1;
        let mail = w.mail("vera@example.test", sent).await;
        if mail.text.contains("/undo/") {
            break mail;
        }
    };
    w.pass(13 * 86_400);
    w.ligature().maintenance().tidy().await.unwrap();
    assert_eq!(w.links("h-1").await, 1, "still there, still taken");
    w.pass(86_400 + 1);
    w.ligature().maintenance().tidy().await.unwrap();
    assert_eq!((w.links("h-1").await, w.accounts().await), (0, 0));
    let late = take_back(&w.browser(), &undo_path(&notice)).await;
    assert_eq!(late.refusal(), "account.undo_over");
    assert_eq!(w.rows("audit_event", "detail", "vera@example.test").await, 0);
    w.sign_up("vera@example.test").await;
    assert_eq!(w.accounts().await, 1, "the address is free");
    w.healthy().await;
}

/// Shows MA-12, MA-13. The same in My Account, after confirming; only one's own.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_taken_back_in_my_account_too() {
    let w = World::new("recommended").await;
    let b = w.sign_up("vera@example.test").await;
    b.add("harbour", "h-1").await;
    let page = b.get("/account/activity").await;
    assert!(page.has("Harbour was added to your account"), "{}", page.body);
    let id = page
        .body
        .split("name=\"change\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let stranger = w.sign_up("theo@example.test").await;
    assert_eq!(
        stranger.post("/fn/account/undo", &[("change", &id)]).await.refusal(),
        "account.undo_over"
    );
    assert_eq!(
        stranger.post("/fn/account/undo", &[("change", "AAAA")]).await.refusal(),
        "account.undo_over"
    );
    w.pass(11 * 60);
    // A session alone suspends nothing and signs nobody out.
    let asked = b.post("/fn/account/undo", &[("change", &id)]).await;
    let secret = asked.path().rsplit('/').next().unwrap().to_owned();
    assert!(
        asked.has("Password from before the change")
            && b.post("/fn/undo", &[("secret", &secret)]).await.refusal()
                == "account.undo_credential",
        "{}",
        asked.body
    );
    assert!(b.is_signed_in().await);
    assert!(
        b.post("/fn/undo/finish", &[("secret", &secret), ("answer", "back")])
            .await
            .has("Confirm with something that your account had before")
    );
    let wrong =
        b.post("/fn/undo/password", &[("secret", &secret), ("password", "not the password")]).await;
    assert!(wrong.has("That doesn't match what your account had before"), "{}", wrong.body);
    b.post("/fn/undo/password", &[("secret", &secret), ("password", PASSWORD)]).await;
    let elsewhere =
        w.browser().post("/fn/undo/finish", &[("secret", &secret), ("answer", "back")]).await;
    assert!(
        elsewhere.has("Confirm with something that your account had before"),
        "what was shown counts in its browser: {}",
        elsewhere.body
    );
    let done = b.post("/fn/undo/finish", &[("secret", &secret), ("answer", "back")]).await;
    assert!(done.path() == "/login" && done.has("The change is undone"), "{}", done.body);
    assert!(!b.is_signed_in().await);
    b.password("vera@example.test", PASSWORD).await;
    assert_eq!(b.methods().await, ["Password"]);
    assert!(!b.get("/account/activity").await.has("Harbour was added to your account"));
    w.healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_owner_of_the_console_cannot_go() {
    let w = World::new("recommended").await;
    let owner = w.owner().await;
    assert_eq!(owner.get("/account/delete").await.refusal(), "account.last_owner");
    assert_eq!(owner.post("/fn/account/delete", &[]).await.refusal(), "account.last_owner");
    assert!(owner.get("/admin").await.status == 200);
}

/// Shows PH-03, PH-05, SB-12. Recovery leaves nothing to whoever was in: sessions, a change that waits, a half-open attempt.
#[tokio::test(flavor = "multi_thread")]
async fn a_reset_ends_sessions_on_every_node_and_changes_that_wait() {
    let mut w = World::new("recommended").await;
    w.add_node().await;
    let thief = w.sign_up("vera@example.test").await;
    let more = [w.browser(), w.browser_of(1)];
    for b in &more {
        b.password("vera@example.test", PASSWORD).await;
        assert!(b.is_signed_in().await);
    }
    let served = w.nodes[1].served();
    assert!(served > 0, "the other node really is asked");
    let waiting = thief.post("/fn/account/email", &[("email", "thief@evil.test")]).await;
    let code = last(&w, "thief@evil.test").await.code.unwrap();
    let victim = w.browser();
    let page = victim.post("/fn/reset/ask", &[("email", "vera@example.test")]).await;
    let reset = last(&w, "vera@example.test").await.code.unwrap();
    let new = "four quite unrelated words";
    let done = victim
        .post("/fn/reset/set", &[("attempt", &page.attempt()), ("code", &reset), ("password", new)])
        .await;
    assert_eq!(done.path(), "/account", "{}", done.body);
    // On whichever node they come next.
    for b in more.iter().chain([&thief]) {
        for node in [0, 1] {
            assert!(!w.moved(b, node).is_signed_in().await);
        }
    }
    assert!(w.nodes[1].served() >= served + 3);
    let late = thief.code(&waiting, &code).await;
    assert!(
        ["attempt.unknown", "session.ended", "attempt.expired"].contains(&late.refusal().as_str()),
        "{}",
        late.body
    );
    assert!(addresses(&victim).await.contains("vera@example.test"));
    assert_eq!(w.browser().password("vera@example.test", PASSWORD).await.path(), "/login");
    assert!(
        last(&w, "vera@example.test").await.subject.contains("password"),
        "and the mailbox hears of it"
    );
    w.healthy().await;
}

/// Shows MA-13: what the identity changed in the profile goes with it; what was changed since stays.
#[tokio::test(flavor = "multi_thread")]
async fn this_was_not_me_gives_back_what_the_identity_changed_in_the_profile() {
    let w = World::new("recommended").await;
    policy(&w, |d| d["choices"]["sync"] = serde_json::json!({"on_create": [], "on_login": [], "on_link": ["name", "given_name", "attr.team"]})).await;
    let b = w.sign_up("vera@example.test").await;
    w.harbour
        .person("h-9", serde_json::json!({"name": "Mallory", "given_name": "Mal", "team": "red"}));
    b.add("harbour", "h-9").await;
    let account = b.get("/account").await;
    assert!(
        account.has("Hello Mallory") && account.has("Mal") && account.has("red"),
        "{}",
        account.body
    );
    take_back(&w.browser(), &undo_path(&last(&w, "vera@example.test").await)).await;
    let c = w.browser();
    c.password("vera@example.test", PASSWORD).await;
    let account = c.get("/account").await;
    assert!(
        account.has("Hello Someone") && !account.has(">Mal<") && !account.has(">red<"),
        "{}",
        account.body
    );
    assert!(!c.methods().await.iter().any(|m| m.contains("Harbour")));
}

/// Shows MA-08: passkeys and mailbox codes count as ways in exactly where the policy lets them open the account.
#[tokio::test(flavor = "multi_thread")]
async fn ma_08_the_last_way_in_is_counted_over_every_kind_that_opens_the_account_today() {
    let w = World::new("recommended").await;
    let b = w.browser();
    let chooser = b.sign_in("harbour", "h-1").await;
    b.pick(&chooser, "create_new").await;
    let account = b.get("/account").await;
    assert!(!account.has("/remove"), "the only way in: {}", account.body);
    let link = link_of(&w, "h-1").await;
    assert_eq!(
        b.post("/fn/account/remove", &[("link", &link.1)]).await.refusal(),
        "account.last_method"
    );
    // A passkey that nobody may use changes nothing; one that may is enough.
    let (ligature, id) = (w.ligature(), link.0);
    let row = storage::accounts::passkeys::Passkey {
        id: vec![7; 16],
        account_id: id,
        user_id: storage::key(id),
        name: "Laptop".into(),
        data: "{}".into(),
        created_at: 1,
        used_at: None,
    };
    let org = ligature.org;
    ligature
        .store
        .write::<_, service::Error, _>(move |c| {
            Box::pin(
                async move { Ok(storage::accounts::passkeys::add_passkey(c, org, &row).await?) },
            )
        })
        .await
        .unwrap();
    assert_eq!(
        b.post("/fn/account/remove", &[("link", &link.1)]).await.refusal(),
        "account.last_method"
    );
    policy(&w, |d| d["permits"]["passkey_sign_in"] = true.into()).await;
    assert!(b.get("/account").await.has("/remove"));
    assert!(
        b.post("/fn/account/remove", &[("link", &link.1)])
            .await
            .has("The sign-in method is removed.")
    );
    // Now the passkey is the last one.
    let removed = b.post("/fn/account/passkey/remove", &[("id", &"07".repeat(16))]).await;
    assert_eq!(removed.refusal(), "account.last_method");
    let foreign = w.sign_up("vera@example.test").await;
    assert_eq!(
        foreign.post("/fn/account/passkey/remove", &[("id", &"07".repeat(16))]).await.refusal(),
        "account.method_unknown"
    );
    w.healthy().await;
}

/// The account and the link of an identity.
async fn link_of(w: &World, subject: &str) -> (domain::AccountId, String) {
    let ligature = w.ligature();
    let mut c = ligature.store.read().await.unwrap();
    let link = storage::accounts::links::find_link(
        &mut c,
        ligature.org,
        &format!("oidc:{}", w.harbour.issuer),
        subject,
        "",
    )
    .await
    .unwrap()
    .unwrap()
    .link;
    (link.account_id, link.id.to_string())
}
