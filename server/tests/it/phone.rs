//! Telephone numbers: proved by a code, for signing in, binding and confirming; and what they are no good for.
use crate::world::{Browser, PASSWORD, World};
use domain::policy::Document;
use serde_json::json;

const NUMBER: &str = "+4930123456";

/// A world whose texts go out, to two countries.
async fn with_texts(preset: &str) -> World {
    World::with(preset, |config| {
        config.sms.webhook_token = rehearsal::mailbox::TOKEN.into();
        config.sms.prefixes = vec!["+49".into(), "+86".into()];
    })
    .await
}

/// Changes the instance's policy, from a preset's.
async fn policy(w: &World, preset: &str, change: impl FnOnce(&mut serde_json::Value)) {
    let mut document: serde_json::Value =
        serde_json::from_str(domain::policy::preset_text(preset).unwrap()).unwrap();
    change(&mut document);
    w.ligature()
        .policy_admin()
        .use_document("instance", Document::parse(&document.to_string()).unwrap())
        .await
        .unwrap();
}

/// Proves a number in My Account; answers how many texts it has had.
async fn prove(w: &World, b: &Browser, number: &str) -> usize {
    let canonical: String = number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let n = w.mails(&canonical).await + 1;
    let page = b.post("/fn/account/phone", &[("phone", number)]).await;
    assert!(page.path().ends_with("/code"), "{}", page.body);
    let code = w.mail(&canonical, n).await.code.unwrap();
    let done = b.code(&page, &code).await;
    assert!(done.path() == "/account/phone" && done.has(&canonical), "{}", done.body);
    n
}

/// Shows AU-18, RL-08.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_proved_by_a_text_then_it_signs_in_and_strangers_learn_nothing() {
    let w = with_texts("recommended").await;
    let v = w.sign_up("vera@example.test").await;
    let bad = v.post("/fn/account/phone", &[("phone", "030 123456")]).await;
    assert!(
        bad.path() == "/account/phone"
            && bad.has("value=\"030 123456\"")
            && bad.has("aria-invalid"),
        "{}",
        bad.body
    );
    assert!(
        v.post("/fn/account/phone", &[("phone", "+44 20 7946 0000")])
            .await
            .has("We cannot send texts to this country")
    );
    assert_eq!(w.mails("+442079460000").await, 0);
    let texts = prove(&w, &v, "+49 (30) 12-34 56").await;
    assert_eq!(texts, 1);
    let text = w.mail(NUMBER, 1).await.text;
    assert!(
        text.contains("gives this number to your account")
            && text.lines().last().unwrap().starts_with("@127.0.0.1"),
        "{text}"
    );
    assert!(
        w.mail("vera@example.test", 2).await.text.contains("+•••56"),
        "the mailbox hears of it, masked"
    );
    // The permit is off unless the instance turns it on.
    let b = w.browser();
    assert_eq!(b.post("/fn/signin/code", &[("email", NUMBER)]).await.refusal(), "account.code_off");
    assert_eq!(b.get("/login/code").await.refusal(), "account.code_off");
    policy(&w, "recommended", |d| d["permits"]["phone_code_sign_in"] = true.into()).await;
    assert!(
        b.get("/login").await.has("/login/code") && b.get("/login/code").await.has("type=\"tel\"")
    );
    assert_eq!(
        b.post("/fn/signin/code", &[("email", "vera@example.test")]).await.refusal(),
        "account.code_off",
        "the mailbox has its own permit"
    );
    let page = b.post("/fn/signin/code", &[("email", "0049 30 123456")]).await;
    let code = w.mail(NUMBER, 2).await.code.unwrap();
    let stranger = w.browser();
    let nobody = stranger.post("/fn/signin/code", &[("email", "+49 30 999956")]).await;
    assert_eq!(nobody.body.replace(&nobody.attempt(), ""), page.body.replace(&page.attempt(), ""));
    assert_eq!(w.mails("+4930999956").await, 0);
    assert!(stranger.code(&nobody, &code).await.has("isn't right"), "another browser's code");
    assert!(b.code(&page, "AAAA-AAAA").await.has("isn't right"));
    assert_eq!(b.code(&page, &code).await.path(), "/account");
    assert!(b.get("/account/sessions").await.has("Code to the phone"));
    assert_eq!(b.code(&page, &code).await.refusal(), "attempt.expired", "once");
    // The number stands for the address at the password too.
    let c = w.browser();
    assert_eq!(c.password(NUMBER, PASSWORD).await.path(), "/account");
    assert!(w.browser().password("+4930999956", PASSWORD).await.has("Wrong email or password"));
    w.healthy().await;
}

/// Shows AU-10, AU-18: the account that is named by its number, with its twin for nobody's.
#[tokio::test(flavor = "multi_thread")]
async fn au_10_au_18_an_identity_is_bound_by_a_code_to_the_phone_of_the_account_that_was_named() {
    let w = with_texts("authing_ask").await;
    let v = w.sign_up("vera@example.test").await;
    prove(&w, &v, NUMBER).await;
    policy(&w, "authing_ask", |d| d["choices"]["bind_methods"] = json!(["phone_code"])).await;
    let b = w.browser();
    let chooser = b.sign_in("harbour", "h-1").await;
    let page = b.pick(&chooser, "enter_account").await;
    assert!(page.has("text message") && !page.has("/fn/attempt/password"), "{}", page.body);
    // Only by the methods that are on, whatever a form says.
    assert_eq!(
        b.post(
            "/fn/attempt/password",
            &[("attempt", &page.attempt()), ("email", NUMBER), ("password", PASSWORD)]
        )
        .await
        .refusal(),
        "attempt.step"
    );
    assert_eq!(
        b.post("/fn/attempt/name", &[("attempt", &page.attempt()), ("email", "vera@example.test")])
            .await
            .refusal(),
        "link.not_allowed"
    );
    let other = w.browser();
    let chooser = other.sign_in("harbour", "h-2").await;
    let page = other.pick(&chooser, "enter_account").await;
    let decoy = other
        .post("/fn/attempt/name", &[("attempt", &page.attempt()), ("email", "+49 30 999956")])
        .await;
    assert!(decoy.path().ends_with("/code"));
    let chooser = b.sign_in("harbour", "h-1").await;
    let page = b.pick(&chooser, "enter_account").await;
    let asked =
        b.post("/fn/attempt/name", &[("attempt", &page.attempt()), ("email", NUMBER)]).await;
    assert_eq!(asked.body.replace(&asked.attempt(), ""), decoy.body.replace(&decoy.attempt(), ""));
    assert_eq!(w.mails("+4930999956").await, 0);
    let text = w.mail(NUMBER, 2).await;
    assert!(text.text.contains("adds Harbour to your account"), "{}", text.text);
    assert!(other.code(&decoy, &text.code.clone().unwrap()).await.has("isn't right"));
    assert_eq!(b.code(&asked, &text.code.unwrap()).await.path(), "/account");
    assert_eq!((w.links("h-1").await, w.links("h-2").await), (1, 0));
    w.healthy().await;
}

/// Numbers are handed on: whoever proves one has it, and whoever had it hears of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_somebody_else_proves_leaves_the_account_that_had_it_and_opens_it_no_more() {
    let w = with_texts("recommended").await;
    policy(&w, "recommended", |d| d["permits"]["phone_code_sign_in"] = true.into()).await;
    let v = w.sign_up("vera@example.test").await;
    prove(&w, &v, NUMBER).await;
    let waiting = w.browser();
    let page = waiting.post("/fn/signin/code", &[("email", NUMBER)]).await;
    let code = w.mail(NUMBER, 2).await.code.unwrap();
    let t = w.sign_up("theo@example.test").await;
    prove(&w, &t, NUMBER).await;
    assert!(
        !v.get("/account/phone").await.has(NUMBER) && t.get("/account/phone").await.has(NUMBER)
    );
    let told = w.mail("vera@example.test", 3).await;
    assert!(told.text.contains("somebody else proved"), "{}", told.text);
    assert_eq!(
        waiting.code(&page, &code).await.refusal(),
        "attempt.expired",
        "a code from before opens nobody's account"
    );
    // "This wasn't me" takes the number away again; the sessions end.
    let undo = w.mail("theo@example.test", 2).await.text;
    let link = undo.split_whitespace().find(|t| t.contains("/undo/")).unwrap().to_owned();
    let path = link.split_once("/undo/").map(|(_, secret)| format!("/undo/{secret}")).unwrap();
    let shown = w.browser().get(&path).await;
    assert!(shown.has("+•••56"), "{}", shown.body);
    let secret = path.rsplit('/').next().unwrap().to_owned();
    w.browser().post("/fn/undo", &[("secret", &secret)]).await;
    assert!(!t.is_signed_in().await);
    let again = w.browser();
    assert_eq!(again.password("theo@example.test", PASSWORD).await.path(), "/account");
    assert!(!again.get("/account/phone").await.has(NUMBER));
    w.healthy().await;
}

/// Shows MA-08, MA-09 for numbers. Whoever a number is handed on to takes it away by proving it; nobody is stranded by that.
#[tokio::test(flavor = "multi_thread")]
async fn ma_08_a_number_never_counts_as_the_last_way_in_and_changing_it_needs_a_recent_sign_in() {
    let w = with_texts("recommended").await;
    policy(&w, "recommended", |d| {
        d["permits"]["phone_code_sign_in"] = true.into();
        d["permits"]["password_sign_in"] = false.into();
    })
    .await;
    let b = w.browser();
    let chooser = b.sign_in("harbour", "h-1").await;
    b.pick(&chooser, "create_new").await;
    prove(&w, &b, NUMBER).await;
    let account = b.get("/account").await;
    assert!(
        !account.has("/remove") && account.has(NUMBER),
        "the identity is the last way in: {}",
        account.body
    );
    // The next owner of the number proves it: this account keeps its way in, and hears of it where it has a mailbox.
    let next = w.browser();
    let chooser = next.sign_in("harbour", "h-2").await;
    next.pick(&chooser, "create_new").await;
    prove(&w, &next, NUMBER).await;
    assert!(!b.get("/account").await.has(NUMBER));
    assert_eq!(
        (
            w.rows("audit_event", "kind", "phone.lost").await,
            w.rows("audit_event", "detail", "take_phone").await
        ),
        (1, 2)
    );
    assert_eq!(b.methods().await, ["Harbour"]);
    let again = w.browser();
    again.sign_in("harbour", "h-1").await;
    assert!(again.is_signed_in().await);

    prove(&w, &b, "+49 30 111111").await;
    w.pass(11 * 60);
    assert_eq!(
        b.post("/fn/account/phone", &[("phone", "+49 30 222222")]).await.path(),
        "/account/confirm"
    );
    assert_eq!(b.post("/fn/account/phone/remove", &[]).await.path(), "/account/confirm");
    // With its provider switched off there is nothing better, and no mailbox: the phone confirms.
    w.provider("harbour", serde_json::json!({"enabled": false})).await;
    let confirm = b.get("/account/confirm?to=/account/phone").await;
    assert!(confirm.has("+•••11"), "{}", confirm.body);
    let page = b.post("/fn/account/confirm/code", &[("to", "/account/phone")]).await;
    let text = w.mail("+4930111111", 2).await;
    assert!(text.text.contains("confirms that it is you"), "{}", text.text);
    assert_eq!(b.code(&page, &text.code.unwrap()).await.path(), "/account/phone");
    prove(&w, &b, "+49 30 222222").await;
    assert!(!b.get("/account").await.has("111111"));
    b.post("/fn/account/phone/remove", &[]).await;
    assert!(!b.get("/account").await.has("222222"));
    w.provider("harbour", serde_json::json!({"enabled": true})).await;
    w.healthy().await;
}

/// Shows RL-05 for texts, which cost money.
#[tokio::test(flavor = "multi_thread")]
async fn rl_05_texts_have_budgets_for_each_number_and_for_all_of_them_and_the_page_does_not_show_it()
 {
    let w = World::with("recommended", |config| {
        config.sms.webhook_token = rehearsal::mailbox::TOKEN.into();
        config.limits.mails_an_hour = 2;
        config.limits.texts_an_hour = 4;
    })
    .await;
    policy(&w, "recommended", |d| d["permits"]["phone_code_sign_in"] = true.into()).await;
    let owner = w.owner().await;
    let (v, t) = (w.sign_up("vera@example.test").await, w.sign_up("theo@example.test").await);
    prove(&w, &v, NUMBER).await;
    for _ in 0..3 {
        assert!(
            w.browser()
                .post("/fn/signin/code", &[("email", NUMBER)])
                .await
                .path()
                .ends_with("/code")
        );
    }
    w.mail(NUMBER, 3).await;
    prove(&w, &t, "+49 30 777777").await;
    for _ in 0..2 {
        assert!(
            w.browser()
                .post("/fn/signin/code", &[("email", "+49 30 777777")])
                .await
                .path()
                .ends_with("/code")
        );
    }
    // Its owner's own code is counted apart from what strangers ask for.
    assert_eq!((w.mails(NUMBER).await, w.mails("+4930777777").await), (3, 1));
    assert_eq!(w.rows("audit_event", "kind", "texts.flood").await, 1);
    assert!(owner.get("/admin/audit").await.has("Texts stopped"));
}

/// A gateway that is down for a while loses nothing and sends nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn op_01_a_text_waits_for_its_gateway_and_goes_out_once() {
    let w = with_texts("recommended").await;
    let v = w.sign_up("vera@example.test").await;
    w.mailbox.set_down(true);
    let page = v.post("/fn/account/phone", &[("phone", NUMBER)]).await;
    let mut told = false;
    for _ in 0..200 {
        told = v.get(&page.path()).await.has("delayed");
        if told {
            break;
        }
    }
    assert!(told);
    assert_eq!(w.mails(NUMBER).await, 0);
    w.mailbox.set_down(false);
    w.pass(5);
    let code = w.mail(NUMBER, 1).await.code.unwrap();
    assert_eq!(v.code(&page, &code).await.path(), "/account/phone");
    assert_eq!(w.mails(NUMBER).await, 1);
}

/// Without a sender nothing about codes by phone is offered, and presets and the linter say so.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_sender_nothing_offers_a_text_and_the_preset_that_wants_one_says_so() {
    let (without, with) = (World::new("authing_ask").await, with_texts("authing_ask").await);
    for (w, texts) in [(&without, false), (&with, true)] {
        policy(w, "authing_ask", |d| d["permits"]["phone_code_sign_in"] = true.into()).await;
        let owner = w.owner().await;
        let preset = owner.get("/admin/policy/presets/authing_ask").await;
        assert_eq!(preset.has("Codes by phone wait until a sender"), !texts, "{}", preset.body);
        assert_eq!(preset.has("Texts cannot be sent"), !texts);
        let b = w.browser();
        assert_eq!(b.get("/login").await.has("/login/code"), texts);
        let chooser = b.sign_in("harbour", "h-1").await;
        assert_eq!(b.pick(&chooser, "enter_account").await.has("country code"), texts);
        let v = w.sign_up("vera@example.test").await;
        assert_eq!(v.get("/account").await.has("/account/phone"), texts);
        let asked = v.post("/fn/account/phone", &[("phone", NUMBER)]).await;
        assert_eq!(asked.path().ends_with("/code"), texts, "{}", asked.body);
    }
}

/// A number that a provider gives, or that a person writes, is not proved: it signs nobody in.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_nobody_proved_opens_nothing_and_a_provider_does_not_replace_a_proved_one() {
    let w = with_texts("recommended").await;
    policy(&w, "recommended", |d| {
        d["permits"]["phone_code_sign_in"] = true.into();
        d["choices"]["sync"] = json!({"on_create": ["name", "phone"], "on_login": ["phone"]});
    })
    .await;
    w.meridian.person("m-tel", json!({"name": "Tel", "email": "tel@example.test", "email_verified": true, "phone_number": "+49 30 555555"}));
    let b = w.browser();
    let chooser = b.sign_in("meridian", "m-tel").await;
    assert_eq!(b.pick(&chooser, "create_new").await.path(), "/account");
    assert!(b.get("/account").await.has("+49 30 555555"), "copied, with its source");
    w.browser().post("/fn/signin/code", &[("email", "+49 30 555555")]).await;
    assert_eq!(w.mails("+4930555555").await, 0);
    prove(&w, &b, NUMBER).await;
    let again = w.browser();
    again.sign_in("meridian", "m-tel").await;
    let account = again.get("/account").await;
    assert!(
        account.has(NUMBER) && account.has("proved by a code") && !account.has("+49 30 555555"),
        "{}",
        account.body
    );
}

/// UD-05: the intruder's number, then the owner's; whichever notice the owner follows, the intruder's is not given back.
#[tokio::test(flavor = "multi_thread")]
async fn ud_05_a_number_that_somebody_else_proved_is_given_back_by_no_undo() {
    for follows in ["+4930222222", "+4930333333"] {
        let w = with_texts("recommended").await;
        let v = w.sign_up("vera@example.test").await;
        let (mut links, numbers) =
            (std::collections::BTreeMap::new(), ["+4930222222", "+4930333333"]);
        for number in numbers {
            let sent = w.mails("vera@example.test").await;
            prove(&w, &v, number).await;
            let text = w.mail("vera@example.test", sent + 1).await.text;
            links.insert(
                number,
                text.split_whitespace()
                    .find(|t| t.contains("/undo/"))
                    .unwrap()
                    .rsplit('/')
                    .next()
                    .unwrap()
                    .to_owned(),
            );
        }
        let done = w.browser().take_back(&links[follows], PASSWORD).await;
        assert!(done.has("The change is undone"), "{}", done.body);
        let b = w.browser();
        assert_eq!(b.password("vera@example.test", PASSWORD).await.path(), "/account");
        let page = b.get("/account/phone").await;
        assert!(!page.has("+4930222222"), "{}", page.body);
        assert!(!page.has("+4930333333"), "later means every later change");
        w.healthy().await;
    }
}
