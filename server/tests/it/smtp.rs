//! Mail servers as they are met: those that refuse at each step, those of companies, those that are gone in the middle.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use server::{
    config::{Config, Mail},
    mail::smtp::Smtp,
    text::NotSent,
};
use service::notifications::messages::{Kind, Message};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::{
    cluster::{Authority, file},
    commands::{ligature, text},
    world::{PASSWORD, World},
};

/// A mail server that says what it is told to say, and notes what it is asked. An empty answer is none: it hangs.
#[derive(Clone, Default)]
struct Front {
    says: Arc<Mutex<HashMap<&'static str, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
    port: u16,
}

impl Front {
    async fn start(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let front = Self { port: listener.local_addr().unwrap().port(), ..Self::default() };
        let serving = front.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (front, tls) = (serving.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => front.talk(stream).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => front.talk(stream).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        front
    }

    fn say(&self, at: &'static str, line: &str) {
        self.says.lock().unwrap().insert(at, line.to_owned());
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    async fn talk(&self, stream: impl AsyncRead + AsyncWrite + Unpin) -> Option<()> {
        let mut stream = BufReader::new(stream);
        let said = |at: &str, usual: &str| {
            self.says.lock().unwrap().get(at).cloned().unwrap_or_else(|| usual.to_owned())
        };
        let mut answer = said("greeting", "220 front ready");
        loop {
            if answer.is_empty() {
                std::future::pending::<()>().await;
            }
            stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
            let mut line = String::new();
            if answer.starts_with("421") || stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let word =
                line.split([' ', ':']).next().unwrap_or_default().trim().to_ascii_uppercase();
            self.asked.lock().unwrap().push(line.trim().to_owned());
            answer = match word.as_str() {
                "EHLO" => said("EHLO", "250-front\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME"),
                "AUTH" => said("AUTH", "235 2.7.0 ok"),
                "MAIL" => said("MAIL", "250 2.1.0 ok"),
                "RCPT" => said("RCPT", "250 2.1.5 ok"),
                "DATA" if said("DATA", "354 go on").starts_with("354") => {
                    stream.write_all(b"354 go on\r\n").await.ok()?;
                    loop {
                        let mut line = String::new();
                        if stream.read_line(&mut line).await.ok()? == 0 || line == ".\r\n" {
                            break;
                        }
                    }
                    said("END", "250 2.0.0 taken")
                }
                "DATA" => said("DATA", ""),
                "QUIT" => return None,
                _ => "502 5.5.1 what?".into(),
            };
        }
    }

    fn config(&self) -> Mail {
        Mail {
            smtp_url: format!("smtp://user:password@127.0.0.1:{}", self.port),
            from: "Login <login@example.test>".into(),
            timeout_ms: 1000,
            ..Mail::default()
        }
    }
}

fn letter(to: &str) -> Message {
    Message {
        kind: Kind::SignInCode,
        to: domain::contact::Contact::parse(to).unwrap(),
        locale: "en".into(),
        code: "K7QM-3XRD".into(),
        minutes: 10,
        provider: String::new(),
        identity: String::new(),
        agent: String::new(),
        network: String::new(),
        at: 1_700_000_000_000_000,
        public_url: "https://login.test".into(),
        undo: String::new(),
        client: None,
        sender: None,
    }
}

async fn send(config: &Mail, to: &str) -> Result<(), NotSent> {
    Smtp::new(config).unwrap().send(&letter(to), "a1").await
}

/// What big front ends say, and at which step. Also servers that hang, and a connection that was closed between two mails.
#[tokio::test(flavor = "multi_thread")]
async fn fr_55_only_what_is_said_of_the_mail_itself_ends_it() {
    let yet = |r: &NotSent| matches!(r, NotSent::Yet(_));
    let ours = |r: &NotSent| matches!(r, NotSent::Ours(_));
    let ever = |r: &NotSent| matches!(r, NotSent::Ever(_));
    let well = Front::start(None).await;
    assert_eq!(send(&well.config(), "v@ex.test").await, Ok(()));
    type Judge<'a> = &'a dyn Fn(&NotSent) -> bool;
    let cases: [(&'static str, &str, Judge<'_>); 17] = [
        ("greeting", "554 5.7.1 Service unavailable; your network is on our block list", &ours),
        ("greeting", "421 4.7.0 Try again later", &yet),
        ("greeting", "", &yet),
        ("EHLO", "550 5.7.1 Invalid HELO", &ours),
        ("AUTH", "535 5.7.8 Username and Password not accepted", &ours),
        ("AUTH", "454 4.7.0 Temporary authentication failure", &yet),
        ("MAIL", "550 5.7.60 SMTP; Client does not have permissions to send as this sender", &ours),
        ("MAIL", "530 5.7.0 Authentication Required", &ours),
        ("MAIL", "451 4.3.0 later", &yet),
        ("RCPT", "550 5.1.1 The email account that you tried to reach does not exist", &ever),
        ("RCPT", "450 4.2.1 greylisted", &yet),
        ("RCPT", "530 5.7.57 SMTP; Client was not authenticated", &ours),
        ("DATA", "554 5.5.1 no valid recipients", &ever),
        ("END", "552 5.7.0 content rejected", &ever),
        ("END", "452 4.3.1 insufficient system storage", &yet),
        ("END", "421 4.7.0 closing", &yet),
        // OP-02: it may have been taken; the next try carries the same Message-ID.
        ("END", "", &yet),
    ];
    for (at, line, judge) in cases {
        let front = Front::start(None).await;
        front.say(at, line);
        let refused = send(&front.config(), "v@ex.test").await.unwrap_err();
        assert!(judge(&refused), "{at}: {line}: {refused:?}");
    }
    // Nobody there.
    let gone = Mail { smtp_url: "smtp://127.0.0.1:1".into(), ..well.config() };
    assert!(yet(&send(&gone, "v@ex.test").await.unwrap_err()));
    // The server closes what is quiet: the next mail opens another connection, and is none the worse.
    let front = Front::start(None).await;
    let smtp = Smtp::new(&front.config()).unwrap();
    smtp.send(&letter("v@ex.test"), "a1").await.unwrap();
    smtp.send(&letter("v@ex.test"), "a2").await.unwrap();
    assert_eq!(
        front.asked().iter().filter(|l| l.starts_with("EHLO")).count(),
        1,
        "one connection for both"
    );
    front.say("END", "421 4.4.2 idle");
    assert!(smtp.send(&letter("v@ex.test"), "a3").await.is_err());
    front.say("END", "250 ok");
    smtp.send(&letter("v@ex.test"), "a3").await.unwrap();
}

/// Shows FR-20.
#[tokio::test(flavor = "multi_thread")]
async fn fr_20_an_internationalised_domain_goes_out_in_its_ascii_form() {
    let front = Front::start(None).await;
    send(&front.config(), "v@bücher.test").await.unwrap();
    assert!(
        front.asked().contains(&"RCPT TO:<v@xn--bcher-kva.test>".to_owned()),
        "{:?}",
        front.asked()
    );
    if domain::contact::Contact::parse("bücher@ex.test").is_ok() {
        let refused = send(&front.config(), "bücher@ex.test").await.unwrap_err();
        assert!(matches!(&refused, NotSent::Ever(why) if why.contains("SMTPUTF8")), "{refused:?}");
        front.say("EHLO", "250-front\r\n250-AUTH PLAIN\r\n250 SMTPUTF8");
        send(&front.config(), "bücher@ex.test").await.unwrap();
        assert!(front.asked().iter().any(|l| l.contains("SMTPUTF8")), "{:?}", front.asked());
    }
}

/// Shows FR-21, OP-03.
#[tokio::test(flavor = "multi_thread")]
async fn fr_21_a_mail_server_of_a_company_is_believed_by_its_own_authority_and_nobody_is_greeted_in_clear()
 {
    let authority = Authority::new();
    let (cert, key) = authority.sign("localhost");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(cert.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
        )
        .unwrap();
    let front = Front::start(Some(TlsAcceptor::from(Arc::new(config)))).await;
    let folder = tempfile::tempdir().unwrap();
    let ca = file(folder.path(), "ca.pem", &authority.pem());
    let mut server = Config::default();
    server.server.public_url = "https://login.example.test".into();
    server.mail = Mail {
        smtp_url: format!("smtps://user:password@localhost:{}", front.port),
        ca_file: Some(ca.into()),
        ..front.config()
    };
    assert_eq!(server.problems(), vec![]);
    send(&server.mail(), "v@ex.test").await.unwrap();
    assert_eq!(front.asked()[0], "EHLO login.example.test", "the public host is our name");
    let hello = Mail { hello: "mx.example.test".into(), ..server.mail.clone() };
    send(&hello, "v@ex.test").await.unwrap();
    assert!(front.asked().contains(&"EHLO mx.example.test".to_owned()));
    let before = front.asked().len();
    let refused =
        send(&Mail { ca_file: None, ..server.mail.clone() }, "v@ex.test").await.unwrap_err();
    assert!(matches!(refused, NotSent::Yet(_) | NotSent::Ours(_)), "{refused:?}");
    let other_name = Mail {
        smtp_url: server.mail.smtp_url.replace("localhost", "127.0.0.1"),
        ..server.mail.clone()
    };
    assert!(send(&other_name, "v@ex.test").await.is_err(), "for another host");
    // STARTTLS that is wanted and not offered: no sender, no password, no mail.
    let plain = Front::start(None).await;
    let wanted = Mail {
        smtp_url: format!("smtp://user:password@127.0.0.1:{}?tls=required", plain.port),
        ..server.mail.clone()
    };
    assert!(send(&wanted, "v@ex.test").await.is_err());
    assert!(
        plain.asked().iter().all(|l| l.starts_with("EHLO") || l.starts_with("QUIT")),
        "{:?}",
        plain.asked()
    );
    assert_eq!(
        front.asked().len(),
        before,
        "nothing was said to a server that could not be verified"
    );
    for bad in ["/no/such.pem", "/proc/version"] {
        server.mail.ca_file = Some(bad.into());
        if bad.contains("such") {
            assert_eq!(server.problems()[0].path, "mail.ca_file");
        }
    }
}

/// Shows FR-55, OP-01, OP-02: mails wait while our password is wrong, and what a server refuses for good can be tried again.
#[tokio::test(flavor = "multi_thread")]
async fn op_02_mails_wait_while_our_own_setting_is_wrong_and_dead_ones_are_listed_and_tried_again()
{
    let front = Front::start(None).await;
    let mail = front.config();
    let w = World::with("recommended", |c| c.mail = mail).await;
    front.say("AUTH", "535 5.7.8 Username and Password not accepted");
    let b = w.browser();
    b.post("/fn/signup", &[("email", "v@example.test"), ("name", "V"), ("password", PASSWORD)])
        .await;
    let until = async |state: &str, error: &str| {
        for _ in 0..400 {
            let mut conn = w.ligature().store.read().await.unwrap();
            let unsent =
                storage::maintenance::outbox::list_unsent_mails(&mut conn, 10).await.unwrap();
            if unsent.iter().any(|m| m.state == state && m.last_error.contains(error))
                || state.is_empty() && unsent.is_empty()
            {
                return;
            }
            drop(conn);
            w.pass(1);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nothing became {state:?} {error:?}");
    };
    until("waiting", "does not take our user and password").await;
    assert!(w.ligature().notifications().mail_is_stuck().await.unwrap());
    assert_eq!(w.rows("outbox", "state", "dead").await, 0);
    // The password is mended; now the recipient is not known there.
    front.say("AUTH", "235 ok");
    front.say("RCPT", "550 5.1.1 no such user");
    until("dead", "does not take the recipient").await;
    let dir = tempfile::tempdir().unwrap();
    file(dir.path(), "ligature.key", &w.key);
    let run = |arguments: &[&str]| {
        text(&ligature(dir.path(), arguments, &[("LIGATURE__DATABASE__URL", &w.database)], ""))
    };
    let listed = run(&["mails"]);
    assert!(
        listed.contains("dead")
            && listed.contains("sign-up-code")
            && listed.contains("can be sent")
            && listed.contains("no such user")
            && !listed.contains("v@example.test"),
        "{listed}"
    );
    assert!(
        run(&["doctor"]).contains("note: mail: 1 mails or texts were given up"),
        "{}",
        run(&["doctor"])
    );
    front.say("RCPT", "250 ok");
    assert!(run(&["mails", "retry"]).contains("1 mails or texts are tried again"));
    until("", "").await;
    assert!(front.asked().iter().any(|l| l == "RCPT TO:<v@example.test>"));
    assert!(run(&["mails"]).contains("Everything went out"));
    w.healthy().await;
}
