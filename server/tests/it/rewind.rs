//! "This wasn't me" as a rewind: what a notice's link does alone, what something from before does, and who hears of it.
use crate::world::{Browser, PASSWORD, Page, World};
use rehearsal::application::{Registration, serve};
use serde_json::json;

const STOLEN: &str = "a phrase of the intruder alone";

/// The newest mail to an address.
async fn last(w: &World, to: &str) -> rehearsal::mailbox::Mail {
    let n = w.mails(to).await;
    w.mail(to, n).await
}

/// The secret of the newest undo link that went to an address.
async fn link(w: &World, to: &str) -> String {
    secret_in(&last(w, to).await.text)
}

fn secret_in(text: &str) -> String {
    text.split_whitespace()
        .find(|t| t.contains("/undo/"))
        .unwrap_or_else(|| panic!("no link in {text}"))
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned()
}

async fn change_address(w: &World, b: &Browser, to: &str) {
    let page = b.post("/fn/account/email", &[("email", to)]).await;
    let done = b.code(&page, &last(w, to).await.code.unwrap()).await;
    assert_eq!(done.path(), "/account", "{}", done.body);
}

/// A reset, if the address has an account that it may open; `None`: no code came.
async fn reset(w: &World, b: &Browser, address: &str, password: &str) -> Option<Page> {
    let sent = w.mails(address).await;
    let asked = b.post("/fn/reset/ask", &[("email", address)]).await;
    if w.mails(address).await == sent {
        return None;
    }
    let code = w.mail(address, sent + 1).await.code?;
    Some(
        b.post(
            "/fn/reset/set",
            &[("attempt", &asked.attempt()), ("code", &code), ("password", password)],
        )
        .await,
    )
}

/// Shows UD-01, MA-14.
#[tokio::test(flavor = "multi_thread")]
async fn ud_01_an_address_that_was_changed_twice_goes_with_the_first_change() {
    let w = World::new("recommended").await;
    let v = w.sign_up("v@example.test").await;
    change_address(&w, &v, "a@evil.test").await;
    let first = link(&w, "v@example.test").await;
    // Without the owner's word the new address gets the account back.
    let thief = w.browser();
    change_address(&w, &v, "b@evil.test").await;
    assert!(
        last(&w, "v@example.test").await.subject.contains("has changed"),
        "the address of before hears of the second change too"
    );
    assert!(reset(&w, &thief, "b@evil.test", STOLEN).await.is_some());
    let begun =
        w.browser().post("/fn/undo", &[("secret", &link(&w, "v@example.test").await)]).await;
    assert!(
        begun.has("To decide now"),
        "recovery by the intruder spends the first link, its own notice is there: {}",
        begun.body
    );
    assert_eq!(
        w.browser().post("/fn/undo", &[("secret", &first)]).await.refusal(),
        "account.undo_over"
    );
    w.healthy().await;
}

/// Shows UD-01: undone by the first change's mail alone, nobody of since gets in; with something from before it is all gone.
#[tokio::test(flavor = "multi_thread")]
async fn ud_01_after_the_link_neither_address_opens_the_account() {
    let w = World::new("recommended").await;
    let v = w.sign_up("v@example.test").await;
    let intruder = v.clone();
    change_address(&w, &intruder, "a@evil.test").await;
    let first = link(&w, "v@example.test").await;
    change_address(&w, &intruder, "b@evil.test").await;
    let owner = w.browser();
    let page = owner.post("/fn/undo", &[("secret", &first)]).await;
    assert!(
        page.has("b•••@e•••.test") && page.has("v•••@e•••.test"),
        "what goes and what comes back is shown: {}",
        page.body
    );
    assert!(!intruder.is_signed_in().await);
    for address in ["a@evil.test", "b@evil.test"] {
        assert!(reset(&w, &w.browser(), address, STOLEN).await.is_none(), "{address}");
    }
    assert!(
        reset(&w, &w.browser(), "v@example.test", STOLEN).await.is_none(),
        "a mailbox alone brings nothing back"
    );
    let done = owner.take_back(&first, PASSWORD).await;
    assert!(done.has("The change is undone"), "{}", done.body);
    assert_eq!(owner.password("v@example.test", PASSWORD).await.path(), "/account");
    let account = owner.get("/account").await;
    assert!(account.has("v@example.test") && !account.has("evil.test"), "{}", account.body);
    for address in ["a@evil.test", "b@evil.test"] {
        assert!(reset(&w, &w.browser(), address, STOLEN).await.is_none(), "{address}");
        assert_eq!(
            w.rows("account_email", "canonical", address).await,
            0,
            "{address} is forgotten"
        );
    }
    w.healthy().await;
}

/// Shows UD-02. Nothing that was set after the change is left, and the password of before counts.
#[tokio::test(flavor = "multi_thread")]
async fn ud_02_a_password_and_an_identity_that_came_after_the_change_go_with_it() {
    let w = World::new("recommended").await;
    let v = w.sign_up("v@example.test").await;
    change_address(&w, &v, "a@evil.test").await;
    let first = link(&w, "v@example.test").await;
    assert!(
        v.post("/fn/account/password", &[("password", STOLEN)]).await.has("The password is set")
    );
    v.add("harbour", "h-1").await;
    assert_eq!(w.browser().password("a@evil.test", STOLEN).await.path(), "/account");
    assert_eq!(w.browser().sign_in("harbour", "h-1").await.path(), "/account");
    let owner = w.browser();
    owner.post("/fn/undo", &[("secret", &first)]).await;
    assert_eq!(
        w.browser().password("a@evil.test", STOLEN).await.path(),
        "/login",
        "suspended by the link alone"
    );
    assert!(!w.browser().sign_in("harbour", "h-1").await.path().starts_with("/account"));
    let wrong = owner.post("/fn/undo/password", &[("secret", &first), ("password", STOLEN)]).await;
    assert!(wrong.has("That doesn't match what your account had before"), "{}", wrong.body);
    assert!(owner.take_back(&first, PASSWORD).await.has("The change is undone"));
    assert_eq!(w.browser().password("v@example.test", STOLEN).await.path(), "/login");
    assert_eq!(owner.password("v@example.test", PASSWORD).await.path(), "/account");
    assert_eq!(owner.methods().await, ["Password"]);
    assert!(!w.browser().sign_in("harbour", "h-1").await.path().starts_with("/account"));
    w.healthy().await;
}

/// Shows UD-02: who has nothing from before gets the address back after 72 hours, and recovers by it.
#[tokio::test(flavor = "multi_thread")]
async fn ud_02_without_anything_from_before_the_address_is_back_after_72_hours() {
    let w = World::new("recommended").await;
    let v = w.sign_up("v@example.test").await;
    change_address(&w, &v, "a@evil.test").await;
    let first = link(&w, "v@example.test").await;
    v.post("/fn/account/password", &[("password", STOLEN)]).await;
    let sent = w.mails("a@evil.test").await;
    w.browser().post("/fn/undo", &[("secret", &first)]).await;
    assert!(
        w.mail("a@evil.test", sent + 1).await.subject.contains("is being undone"),
        "every address hears of it"
    );
    w.pass(71 * 3600);
    w.ligature().maintenance().tidy().await.unwrap();
    assert!(
        reset(&w, &w.browser(), "v@example.test", "four quite unrelated words").await.is_none()
    );
    w.pass(2 * 3600);
    w.ligature().maintenance().tidy().await.unwrap();
    let owner = w.browser();
    assert!(reset(&w, &owner, "v@example.test", "four quite unrelated words").await.is_some());
    assert!(owner.is_signed_in().await);
    assert!(reset(&w, &w.browser(), "a@evil.test", STOLEN).await.is_none());
    w.healthy().await;
}

/// Shows UD-03. The former address hears of the deletion, and the link of the address's change takes it back too.
#[tokio::test(flavor = "multi_thread")]
async fn ud_03_a_deletion_after_the_change_is_stopped_by_the_same_link() {
    let w = World::new("recommended").await;
    let v = w.sign_up("v@example.test").await;
    change_address(&w, &v, "a@evil.test").await;
    let first = link(&w, "v@example.test").await;
    let sent = w.mails("v@example.test").await;
    v.post("/fn/account/delete", &[]).await;
    assert!(
        w.mail("v@example.test", sent + 1).await.text.contains("/undo/"),
        "the former address hears of it"
    );
    let owner = w.browser();
    assert!(owner.get(&format!("/undo/{first}")).await.has("The deletion of the account"));
    owner.post("/fn/undo", &[("secret", &first)]).await;
    assert_eq!(w.rows("account", "state", "closing").await, 0, "it stops at once");
    assert!(owner.take_back(&first, PASSWORD).await.has("The change is undone"));
    assert_eq!(owner.password("v@example.test", PASSWORD).await.path(), "/account");
    w.pass(20 * 24 * 3600);
    w.ligature().maintenance().tidy().await.unwrap();
    assert_eq!(w.accounts().await, 1);
    w.healthy().await;
}

async fn unlink(b: &Browser) {
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
}

/// Shows UD-04, in both orders.
#[tokio::test(flavor = "multi_thread")]
async fn ud_04_an_identity_that_was_linked_and_removed_never_opens_the_account() {
    for order in [[0, 1], [1, 0]] {
        let w = World::new("recommended").await;
        let v = w.sign_up("v@example.test").await;
        v.add("harbour", "h-1").await;
        assert_eq!(w.browser().sign_in("harbour", "h-1").await.path(), "/account");
        let added = link(&w, "v@example.test").await;
        unlink(&v).await;
        let links = [added, link(&w, "v@example.test").await];
        for n in order {
            w.browser().take_back(&links[n], PASSWORD).await;
        }
        let thief = w.browser();
        assert!(
            !thief.sign_in("harbour", "h-1").await.path().starts_with("/account")
                && !thief.is_signed_in().await,
            "{order:?}"
        );
        let owner = w.browser();
        assert_eq!(owner.password("v@example.test", PASSWORD).await.path(), "/account");
        assert_eq!(owner.methods().await, ["Password"], "{order:?}");
        w.healthy().await;
    }
}

/// Shows UD-04 over time: the notice of the removal still works when the journal has forgotten how the identity came.
#[tokio::test(flavor = "multi_thread")]
async fn ud_04_an_identity_that_was_barred_stays_so_when_the_journal_has_forgotten_why() {
    for barred in [false, true] {
        let w = World::new("recommended").await;
        let v = w.sign_up("v@example.test").await;
        v.add("harbour", "h-1").await;
        let added = link(&w, "v@example.test").await;
        w.pass(10 * 86_400);
        let again = w.browser();
        again.password("v@example.test", PASSWORD).await;
        unlink(&again).await;
        let removed = link(&w, "v@example.test").await;
        if barred {
            let noted = w.browser().take_back(&added, PASSWORD).await;
            assert!(noted.has("It won't come back"), "{}", noted.body);
        }
        w.pass(5 * 86_400);
        w.ligature().maintenance().tidy().await.unwrap();
        let done = w.browser().take_back(&removed, PASSWORD).await;
        assert!(done.has("The change is undone"), "{}", done.body);
        let owner = w.browser();
        owner.password("v@example.test", PASSWORD).await;
        let there = if barred { vec!["Password"] } else { vec!["Harbour", "Password"] };
        assert_eq!(
            owner.methods().await,
            there,
            "what was removed comes back, what was barred does not"
        );
        w.healthy().await;
    }
}

/// Rule 18: what was shown on a link's page counts in the browser that showed it, for half an hour.
#[tokio::test(flavor = "multi_thread")]
async fn rule_18_what_was_shown_on_a_links_page_counts_in_its_browser_and_for_half_an_hour() {
    for (minutes, same, works) in [(29, true, true), (31, true, false), (0, false, false)] {
        let w = World::new("recommended").await;
        let v = w.sign_up("v@example.test").await;
        v.add("harbour", "h-1").await;
        let secret = link(&w, "v@example.test").await;
        let owner = w.browser();
        owner.post("/fn/undo", &[("secret", &secret)]).await;
        assert!(
            owner
                .post("/fn/undo/password", &[("secret", &secret), ("password", PASSWORD)])
                .await
                .has("/fn/undo/finish")
        );
        w.pass(minutes * 60);
        let b = if same { owner } else { w.browser() };
        let done = b.post("/fn/undo/finish", &[("secret", &secret), ("answer", "back")]).await;
        assert_eq!(done.has("The change is undone"), works, "{minutes} {same}: {}", done.body);
    }
}

/// Shows UD-08.
#[tokio::test(flavor = "multi_thread")]
async fn ud_08_a_recovery_spends_every_link_of_before() {
    let w = World::new("recommended").await;
    let v = w.sign_up("v@example.test").await;
    v.add("harbour", "h-1").await;
    let (older, page) = (link(&w, "v@example.test").await, w.browser());
    assert!(page.get(&format!("/undo/{older}")).await.has("Sign everyone out"));
    let owner = w.browser();
    let done = reset(&w, &owner, "v@example.test", "four quite unrelated words").await.unwrap();
    assert!(done.path() == "/account/recovered" && done.has("Harbour"), "{}", done.body);
    assert_eq!(page.post("/fn/undo", &[("secret", &older)]).await.refusal(), "account.undo_over");
    assert!(owner.is_signed_in().await);
    // The recovery itself has a link, and the journal is there for who shows something from before.
    let own = link(&w, "v@example.test").await;
    assert!(w.browser().get(&format!("/undo/{own}")).await.has("A new password was set"));
    assert!(owner.get("/account/activity").await.has("Harbour was added to your account"));
    w.healthy().await;
}

/// An account with two proved addresses: Ben's became part of Vera's.
async fn two_addresses(w: &World) -> Browser {
    let v = w.sign_up("v@example.test").await;
    w.sign_up("ben@example.test").await;
    let preview =
        v.post("/fn/account/merge", &[("email", "ben@example.test"), ("password", PASSWORD)]).await;
    v.post("/fn/attempt/merge", &[("attempt", &preview.attempt())]).await;
    assert!(v.get("/account").await.has("ben@example.test"));
    v
}

/// Shows UD-09.
#[tokio::test(flavor = "multi_thread")]
async fn ud_09_each_address_can_be_removed_with_a_notice_to_it_but_not_the_last_proved_one() {
    let w = World::new("recommended").await;
    let v = two_addresses(&w).await;
    let sent = w.mails("ben@example.test").await;
    let done = v.post("/fn/account/email/remove", &[("address", "ben@example.test")]).await;
    assert!(
        done.path() == "/account"
            && done.has("The address is removed")
            && done.has("Removed addresses"),
        "{}",
        done.body
    );
    let notice = w.mail("ben@example.test", sent + 1).await;
    assert!(
        notice.subject.contains("was removed") && notice.text.contains("/undo/"),
        "{}",
        notice.text
    );
    assert!(
        reset(&w, &w.browser(), "ben@example.test", STOLEN).await.is_none(),
        "it recovers nothing any more"
    );
    assert_eq!(
        v.post("/fn/account/email/remove", &[("address", "v@example.test")]).await.refusal(),
        "account.last_address"
    );
    assert_eq!(
        v.post("/fn/account/email/remove", &[("address", "nobody@example.test")]).await.refusal(),
        "account.method_unknown"
    );
    // The removed one can say that it was not its owner.
    let secret = secret_in(&notice.text);
    assert!(w.browser().take_back(&secret, PASSWORD).await.has("The change is undone"));
    let b = w.browser();
    b.password("v@example.test", PASSWORD).await;
    assert!(b.get("/account").await.has("ben@example.test"));
    w.pass(11 * 60);
    assert_eq!(
        b.post("/fn/account/email/remove", &[("address", "ben@example.test")]).await.path(),
        "/account/confirm",
        "MA-09"
    );
    w.healthy().await;
}

/// Shows UD-09, rule 19: an address that somebody else has by now hears nothing and undoes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn ud_09_an_address_given_up_as_somebody_elses_hears_and_undoes_nothing() {
    let w = World::new("recommended").await;
    let v = two_addresses(&w).await;
    let of_before = link(&w, "ben@example.test").await;
    assert!(w.browser().get(&format!("/undo/{of_before}")).await.has("Sign everyone out"));
    let sent = w.mails("ben@example.test").await;
    v.post("/fn/account/email/remove", &[("address", "ben@example.test"), ("foreign", "on")]).await;
    assert_eq!(
        w.browser().post("/fn/undo", &[("secret", &of_before)]).await.refusal(),
        "account.undo_over"
    );
    v.add("harbour", "h-1").await;
    assert_eq!(w.mails("ben@example.test").await, sent);
    assert!(v.is_signed_in().await);
    assert!(w.sign_up("ben@example.test").await.is_signed_in().await, "it is reserved for nobody");
    w.healthy().await;
}

/// Rule 19: the same can be said of an address that was replaced; until then it hears of everything.
#[tokio::test(flavor = "multi_thread")]
async fn rule_19_a_former_address_hears_of_everything_until_its_owner_says_that_it_is_somebody_elses()
 {
    let w = World::new("recommended").await;
    let v = w.sign_up("v@example.test").await;
    change_address(&w, &v, "w@example.test").await;
    let of_change = link(&w, "v@example.test").await;
    let sent = w.mails("v@example.test").await;
    v.add("harbour", "h-1").await;
    assert!(w.mail("v@example.test", sent + 1).await.text.contains("/undo/"), "it hears of it");
    w.pass(60);
    let said = v
        .post("/fn/account/email/remove", &[("address", "v@example.test"), ("foreign", "on")])
        .await;
    assert!(said.has("The address is removed") && !said.has(">v@example.test<"), "{}", said.body);
    v.add("atlas", "a-1").await;
    assert_eq!(w.mails("v@example.test").await, sent + 1);
    assert_eq!(
        w.browser().post("/fn/undo", &[("secret", &of_change)]).await.refusal(),
        "account.undo_over"
    );
    // One that was not said so of stops after 14 days by itself.
    change_address(&w, &v, "x@example.test").await;
    w.pass(14 * 24 * 3600 + 1);
    let b = w.browser();
    b.password("x@example.test", PASSWORD).await;
    let sent = w.mails("w@example.test").await;
    b.add("meridian", "m-1").await;
    assert_eq!(w.mails("w@example.test").await, sent);
    w.healthy().await;
}

/// Rule 19: notices of passwords go out whatever the policy says, those of links as it says.
#[tokio::test(flavor = "multi_thread")]
async fn rule_19_notices_of_a_password_cannot_be_switched_off() {
    let w = World::new("goss").await;
    let v = w.sign_up("v@example.test").await;
    let sent = w.mails("v@example.test").await;
    v.add("harbour", "h-1").await;
    assert_eq!(w.mails("v@example.test").await, sent, "GOSS tells nothing of links");
    v.post("/fn/account/remove", &[("link", "password")]).await;
    assert!(w.mail("v@example.test", sent + 1).await.subject.contains("password"));
    w.healthy().await;
}

/// Rule 18: what the owner picks on the page is the first change that goes; a credential of since is not from before.
#[tokio::test(flavor = "multi_thread")]
async fn rule_18_the_owner_says_which_change_was_the_first_foreign_one() {
    let w = World::new("recommended").await;
    let v = w.sign_up("v@example.test").await;
    v.add("harbour", "h-1").await;
    v.add("atlas", "a-new").await;
    let later = link(&w, "v@example.test").await;
    let owner = w.browser();
    owner.post("/fn/undo", &[("secret", &later)]).await;
    // The identity of the first change is from before the second, and not from before itself.
    let started =
        owner.post_only("/fn/undo/provider", &[("secret", &later), ("provider", "harbour")]).await;
    let callback = owner.at_provider(&started.header("location"), "h-1").await;
    let shown = owner.get(&callback).await;
    let first = shown
        .body
        .split("name=\"first\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let refused = owner
        .post("/fn/undo/finish", &[("secret", &later), ("answer", "back"), ("first", &first)])
        .await;
    assert!(refused.has("That was added after the change"), "{}", refused.body);
    owner.post("/fn/undo/password", &[("secret", &later), ("password", PASSWORD)]).await;
    assert!(
        owner
            .post("/fn/undo/finish", &[("secret", &later), ("answer", "back"), ("first", &first)])
            .await
            .has("The change is undone")
    );
    owner.password("v@example.test", PASSWORD).await;
    assert_eq!(owner.methods().await, ["Password"]);
    w.healthy().await;
}

/// Shows UD-08: "it was me" ends every link, and what one had suspended is there again.
#[tokio::test(flavor = "multi_thread")]
async fn rule_18_it_was_me_gives_back_what_the_link_suspended_and_ends_all_links() {
    let w = World::new("recommended").await;
    let v = w.sign_up("v@example.test").await;
    v.add("harbour", "h-1").await;
    let mailed = link(&w, "v@example.test").await;
    let thief = w.browser();
    thief.post("/fn/undo", &[("secret", &mailed)]).await;
    assert!(!w.browser().sign_in("harbour", "h-1").await.path().starts_with("/account"));
    let owner = w.browser();
    assert_eq!(owner.password("v@example.test", PASSWORD).await.path(), "/account");
    let asked = owner.get("/account/activity").await;
    assert!(asked.has("Decide now"), "{}", asked.body);
    let change = asked
        .body
        .split("name=\"change\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let page = owner.post("/fn/account/undo", &[("change", &change)]).await;
    let secret = page.path().rsplit('/').next().unwrap().to_owned();
    owner.post("/fn/undo/password", &[("secret", &secret), ("password", PASSWORD)]).await;
    assert!(
        owner
            .post("/fn/undo/finish", &[("secret", &secret), ("answer", "keep")])
            .await
            .has("Everything stays as it is")
    );
    assert_eq!(w.browser().sign_in("harbour", "h-1").await.path(), "/account");
    assert_eq!(thief.post("/fn/undo", &[("secret", &mailed)]).await.refusal(), "account.undo_over");
    w.healthy().await;
}

/// Rule 18: what came after a link had cut everybody off stays when the time is over; whoever still got in had something
/// from before.
#[tokio::test(flavor = "multi_thread")]
async fn rule_18_what_came_after_the_link_stays_when_the_72_hours_are_over() {
    let w = World::new("recommended").await;
    let v = w.sign_up("v@example.test").await;
    v.add("harbour", "h-1").await;
    let secret = link(&w, "v@example.test").await;
    w.browser().post("/fn/undo", &[("secret", &secret)]).await;
    let owner = w.browser();
    assert_eq!(owner.password("v@example.test", PASSWORD).await.path(), "/account");
    owner.add("atlas", "a-new").await;
    assert_eq!(owner.methods().await, ["Atlas", "Password"]);
    w.pass(73 * 3600);
    w.ligature().maintenance().tidy().await.unwrap();
    assert_eq!(w.rows("audit_event", "kind", "account.undone").await, 1);
    let later = w.browser();
    later.password("v@example.test", PASSWORD).await;
    assert_eq!(later.methods().await, ["Atlas", "Password"]);
    w.healthy().await;
}

/// Rule 18: a second factor that was only begun is no trap for who takes a change back.
#[tokio::test(flavor = "multi_thread")]
async fn rule_18_a_second_factor_that_somebody_had_begun_goes_with_the_change() {
    let w = World::new("recommended").await;
    let v = w.sign_up("v@example.test").await;
    let begun = v.post("/fn/account/second-factor/begin", &[]).await;
    assert!(begun.has("<code class=\"secret\">"), "{}", begun.body);
    v.add("harbour", "h-1").await;
    let secret = link(&w, "v@example.test").await;
    assert!(w.browser().take_back(&secret, PASSWORD).await.has("The change is undone"));
    let owner = w.browser();
    owner.password("v@example.test", PASSWORD).await;
    let page = owner.get(&begun.path()).await;
    assert!(page.status == 200 && !page.has("<code class=\"secret\">"), "{}", page.body);
}

/// Two browsers finish one undo at the same moment: it is done once.
#[tokio::test(flavor = "multi_thread")]
async fn rule_18_two_words_at_the_same_moment_take_a_change_back_once() {
    let w = World::new("recommended").await;
    let v = w.sign_up("v@example.test").await;
    v.add("harbour", "h-1").await;
    let secret = link(&w, "v@example.test").await;
    let owner = w.browser();
    let form = [("secret", secret.as_str())];
    let (one, two) = tokio::join!(owner.post("/fn/undo", &form), owner.post("/fn/undo", &form));
    assert!(one.has("To decide now") && two.has("To decide now"), "{} {}", one.body, two.body);
    owner.post("/fn/undo/password", &[("secret", &secret), ("password", PASSWORD)]).await;
    let word = [("secret", secret.as_str()), ("answer", "back")];
    let (one, two) =
        tokio::join!(owner.post("/fn/undo/finish", &word), owner.post("/fn/undo/finish", &word));
    let done = [&one, &two].iter().filter(|p| p.has("The change is undone")).count();
    assert_eq!(done, 1, "{} {}", one.body, two.body);
    assert_eq!(w.rows("audit_event", "kind", "account.undone").await, 1);
    w.healthy().await;
}

/// Shows RP-01. On the way to an application, and where only passkeys, phones or addresses are foreign.
#[tokio::test(flavor = "multi_thread")]
async fn rp_01_after_a_recovery_the_page_of_what_else_opens_the_account_always_comes_first() {
    let w = World::new("recommended").await;
    let base = serve(
        0,
        Registration {
            issuer: w.url(),
            client_id: "photos".into(),
            secret: "photos-secret".into(),
        },
    )
    .await
    .unwrap();
    w.apply(json!({"applications": [{"client_id": "photos", "name": "Photos", "secret": "photos-secret", "redirect_uris": [format!("{base}/cb")]}]})).await;
    let new = [
        "four quite unrelated words",
        "five other quite unrelated words",
        "six more quite unrelated other words",
    ];
    // Nothing else opens it: nothing to show.
    w.sign_up("v@example.test").await;
    assert_eq!(reset(&w, &w.browser(), "v@example.test", new[0]).await.unwrap().path(), "/account");
    // Only a passkey.
    let ligature = w.ligature();
    let account = storage::accounts::find_owner(
        &mut ligature.store.read().await.unwrap(),
        ligature.org,
        "v@example.test",
    )
    .await
    .unwrap()
    .unwrap();
    let row = storage::accounts::passkeys::Passkey {
        id: vec![7; 16],
        account_id: account,
        user_id: storage::key(account),
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
        reset(&w, &w.browser(), "v@example.test", new[1]).await.unwrap().path(),
        "/account/recovered"
    );
    // On the way to the application, and then there.
    let b = w.browser();
    let login = b.get(&format!("{base}/login")).await;
    let entry = login.url.split("entry=").nth(1).unwrap().to_owned();
    let sent = w.mails("v@example.test").await;
    let asked = b.post("/fn/reset/ask", &[("email", "v@example.test"), ("entry", &entry)]).await;
    let code = w.mail("v@example.test", sent + 1).await.code.unwrap();
    let page = b
        .post(
            "/fn/reset/set",
            &[("attempt", &asked.attempt()), ("code", &code), ("password", new[2])],
        )
        .await;
    assert!(page.path() == "/account/recovered" && page.has("Tick what is yours"), "{}", page.body);
    let why = "it is how you get your account back";
    assert!(
        page.has(why) && !page.body.contains("mine[address-"),
        "an address that is alone has no box, and the page says why: {}",
        page.body
    );
    let entry = page
        .body
        .split("name=\"entry\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let there = b.post("/fn/account/recovered", &[("entry", &entry)]).await;
    assert!(there.url.starts_with(&base), "{} {}", there.url, there.body);
    // Only a second address.
    let other = World::new("recommended").await;
    two_addresses(&other).await;
    let v = other.browser();
    assert_eq!(
        reset(&other, &v, "v@example.test", new[0]).await.unwrap().path(),
        "/account/recovered"
    );
    // One of several has to be theirs; the others go at once and for good (PH-04).
    let unsaid = v.post("/fn/account/recovered", &[]).await;
    assert!(
        unsaid.path() == "/account/recovered" && unsaid.has("Tick at least one address"),
        "{}",
        unsaid.body
    );
    assert!(
        unsaid.body.matches("name=\"mine[address-").count() == 2 && !unsaid.has(why),
        "of two each has a box: {}",
        unsaid.body
    );
    let own = format!(
        "mine[address-{}]",
        "v@example.test".bytes().map(|b| format!("{b:02x}")).collect::<String>()
    );
    let done = v.post("/fn/account/recovered", &[(&own, "on")]).await;
    assert!(done.path() == "/account" && !done.has("ben@example.test"), "{}", done.body);
}
