//! What the log holds at its most talkative level: a real process, and the secrets that people met on their way.
use std::process::{Command, Stdio};

use rehearsal::{
    mailbox::Mailbox,
    provider::{Person, Provider},
};
use serde_json::json;

use crate::{
    cluster::file,
    commands::{ligature, text},
    world::{Browser, PASSWORD},
};

/// The values of an address's parameters that open something.
fn secrets_of(address: &str) -> Vec<String> {
    url::Url::parse(address)
        .unwrap()
        .query_pairs()
        .filter(|(name, _)| ["state", "nonce", "code", "code_challenge"].contains(&&**name))
        .map(|(_, value)| value.into_owned())
        .collect()
}

/// The n-th mail (from 1) to an address; bounded.
async fn mail(mailbox: &Mailbox, to: &str, n: usize) -> rehearsal::mailbox::Mail {
    for _ in 0..500 {
        if let Some(mail) = mailbox.to(to).get(n - 1) {
            return mail.clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("no mail {n} to {to}");
}

/// Shows TX-02: sign-up by a code, a password, a provider's sign-in, a link that takes a change back, and cookies, at `trace`.
#[tokio::test(flavor = "multi_thread")]
async fn tx_02_no_level_of_the_log_holds_a_secret_that_somebody_met() {
    let person = |sub: &str| Person { sub: sub.into(), claims: json!({"name": "H"}) };
    let provider = Provider::serve(0, "Harbour", vec![person("h-1")]).await.unwrap();
    let mailbox = Mailbox::serve(0).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let listen =
        std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let base = format!("http://{listen}");
    let environment = [
        ("LIGATURE__SERVER__LISTEN", listen.as_str()),
        ("LIGATURE__SERVER__PUBLIC_URL", base.as_str()),
        ("LIGATURE__HTTP_CLIENT__ALLOW_PRIVATE", "true"),
        ("LIGATURE__MAIL__SMTP_URL", mailbox.smtp.as_str()),
    ];
    let seed = json!({"preset": "recommended", "providers": [{"key": "harbour", "name": "Harbour", "secret": "rehearsal-secret", "settings": {"kind": "oidc", "issuer": provider.issuer, "client_id": "ligature"}}]});
    let seed = file(dir.path(), "seed.json", &seed.to_string());
    for arguments in [&["init"][..], &["migrate"], &["seed", &seed]] {
        let done = ligature(dir.path(), arguments, &environment, "");
        assert!(done.status.success(), "{arguments:?}: {}", text(&done));
    }
    let (out, err) = (dir.path().join("out"), dir.path().join("err"));
    let mut server = Command::new(env!("CARGO_BIN_EXE_ligature"))
        .arg("serve")
        .current_dir(dir.path())
        .envs(environment)
        .env("LIGATURE__DEMO", "true")
        .env("LIGATURE__LIMITS__HASH_KIB", "1024")
        .env("LIGATURE__LOG__LEVEL", "trace")
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&out).unwrap())
        .stderr(std::fs::File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let walk = tokio::spawn(async move { walk(&base, &mailbox).await }).await;
    server.kill().unwrap();
    server.wait().unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&std::fs::read(out).unwrap()),
        String::from_utf8_lossy(&std::fs::read(err).unwrap())
    );
    let secrets = walk.unwrap_or_else(|e| panic!("{e}: {said}"));
    assert!(said.contains("TRACE") && said.contains("/undo/{secret}"), "nothing was told: {said}");
    assert!(secrets.len() > 10, "{secrets:?}");
    for (what, secret) in &secrets {
        assert!(secret.len() > 5, "{what} is empty");
        let line = said.lines().find(|l| l.contains(secret.as_str()));
        assert_eq!(line, None, "{what}: {secret}");
    }
}

/// Everything secret on the way of one person, with what it is.
async fn walk(base: &str, mailbox: &Mailbox) -> Vec<(&'static str, String)> {
    let probe = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in 0..500 {
        if probe.get(format!("{base}/readyz")).send().await.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let mut met =
        vec![("password", PASSWORD.to_owned()), ("client secret", "rehearsal-secret".into())];
    let vera = Browser::new(base);
    let to = "vera@example.test";
    let page =
        vera.post("/fn/signup", &[("email", to), ("name", "V"), ("password", PASSWORD)]).await;
    let code = mail(mailbox, to, 1).await.code.unwrap();
    met.extend([("attempt", page.attempt()), ("code by mail", code.clone())]);
    let page =
        vera.post("/fn/attempt/code", &[("attempt", &page.attempt()), ("code", &code)]).await;
    assert_eq!(page.path(), "/account", "{}", page.body);
    let authorization = vera.start_add("harbour").await;
    met.extend(secrets_of(&authorization).into_iter().map(|s| ("authorization request", s)));
    let callback = vera.at_provider(&authorization, "h-1").await;
    met.extend(secrets_of(&callback).into_iter().map(|s| ("callback", s)));
    assert_eq!(vera.get(&callback).await.path(), "/account");
    let notice = mail(mailbox, to, 2).await.text;
    let undo = notice.split("/undo/").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert_eq!(Browser::new(base).get(&format!("/undo/{undo}")).await.status, 200);
    met.push(("undo link", undo));
    let again = Browser::new(base);
    assert_eq!(again.password(to, PASSWORD).await.path(), "/account");
    for browser in [&vera, &again] {
        // Shorter ones are no secret: the way that was used last.
        let cookies = browser.cookies();
        let values = cookies.split("; ").map(|c| c.split_once('=').unwrap().1);
        met.extend(values.filter(|v| v.len() > 20).map(|v| ("cookie", v.to_owned())));
    }
    met
}
