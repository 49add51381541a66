//! A provider that means harm, at each of its endpoints: huge, slow, lying, without an end. It costs the time of one call and
//! some memory, and never more (OC-12).
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use serde_json::json;

use super::tests::{NOW, Op, start, visit};
use super::*;
use crate::SafeHttpOptions;

/// What a person waits at most, and what may be taken from one answer, sockets included.
const LONGEST: Duration = Duration::from_secs(5);
const LARGEST: usize = 20 << 20;

/// What comes first, and what comes after it for as long as it is taken.
#[derive(Clone)]
struct Behaviour {
    name: &'static str,
    first: Vec<u8>,
    then: Vec<u8>,
    /// A byte at a time.
    slow: bool,
}

fn behaviours() -> Vec<Behaviour> {
    let json = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let of = |name, first: &str, then: &[u8]| Behaviour {
        name,
        first: first.as_bytes().to_vec(),
        then: then.to_vec(),
        slow: false,
    };
    let sized = |name, body: &[u8]| Behaviour {
        first: [format!("{json}content-length: {}\r\n\r\n", body.len()).as_bytes(), body].concat(),
        ..of(name, "", b"")
    };
    let many = |byte: u8| vec![byte; 60_000];
    vec![
        of(
            "a gibibyte",
            &format!("{json}content-length: 1073741824\r\n\r\n{{\"a\":\""),
            &many(b'x'),
        ),
        of(
            "pieces without an end",
            &format!("{json}transfer-encoding: chunked\r\n\r\n"),
            &[b"ea60\r\n".as_slice(), &many(b' '), b"\r\n"].concat(),
        ),
        of("headers without an end", json, &b"x-more: and more\r\n".repeat(3000)),
        of("one header without an end", &format!("{json}x-long: "), &many(b'y')),
        of("a status line without an end", "HTTP/1.1 200 ", &many(b'O')),
        of(
            "provisional answers without an end",
            "",
            &b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(900),
        ),
        of("no HTTP", "", &many(0)),
        of("more than it says", &format!("{json}content-length: 2\r\n\r\n{{}}"), &many(b'z')),
        of("less than it says", &format!("{json}content-length: 400\r\n\r\n{{\"a\":"), b""),
        of("nothing", "", b""),
        of(
            "a packed bomb",
            &format!("{json}content-encoding: gzip\r\ncontent-length: 65536\r\n\r\n\u{1f}"),
            &many(0),
        ),
        sized("deep JSON", "[".repeat(1_000_000).as_bytes()),
        sized("deep JSON with keys", "{\"a\":".repeat(200_000).as_bytes()),
        sized("no UTF-8", &[b"{\"a\":\"".as_slice(), &[0xff; 1000], b"\"}"].concat()),
        sized("a large JWT", format!("eyJ{}.e30.AA", "A".repeat(1_000_000)).as_bytes()),
        Behaviour {
            slow: true,
            ..of("a byte at a time", &format!("{json}content-length: 100000\r\n\r\n"), b" ")
        },
    ]
}

/// Serves one behaviour; counts what is taken of it.
async fn serve(behaviour: Behaviour) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(misbehave(socket, behaviour.clone(), Arc::clone(&counted)));
        }
    });
    (url, taken)
}

async fn misbehave(mut socket: TcpStream, behaviour: Behaviour, taken: Arc<AtomicUsize>) {
    let mut asked = [0; 4096];
    let _ = socket.read(&mut asked).await;
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    let mut next = behaviour.first;
    while socket.write_all(&next).await.is_ok() {
        taken.fetch_add(next.len(), Ordering::Relaxed);
        if behaviour.then.is_empty() {
            // The line stays open.
            return std::future::pending().await;
        }
        if behaviour.slow {
            tick.tick().await;
        }
        next.clone_from(&behaviour.then);
    }
}

/// A start and a visit at a provider whose every call may take this long.
async fn visited(op: &Op, timeout: Duration) -> Vec<UpstreamError> {
    let options = SafeHttpOptions { allow_private: true, timeout, ..SafeHttpOptions::default() };
    let guard = SafeHttpClient::new(options).unwrap();
    let connector = Oidc::new(op.settings(), "the-secret".into(), guard);
    let begun = connector.authorization_url(start(false, false)).await.err();
    begun.into_iter().chain(connector.finish(visit(NOW)).await.err()).collect()
}

/// Shows OC-12: at every endpoint, every way to misbehave is an error in words, in time, for little.
#[tokio::test(flavor = "multi_thread")]
async fn oc_12_a_hostile_provider_costs_one_call_and_little_memory() {
    assert_eq!(SafeHttpOptions::default().timeout, LONGEST, "unless an operator says otherwise");
    let op = Op::start();
    // Without an address userinfo is asked.
    op.says(&json!({"email": null}));
    op.server.says("/userinfo", r#"{"sub":"s1"}"#);
    assert_eq!(visited(&op, LONGEST).await, [], "nothing is wrong with it as it is");
    let endpoints = [
        "jwks_uri",
        "token_endpoint",
        "userinfo_endpoint",
        "pushed_authorization_request_endpoint",
    ];
    for behaviour in behaviours() {
        let name = behaviour.name;
        let (url, taken) = serve(behaviour).await;
        for endpoint in endpoints {
            let push = endpoint.starts_with("pushed");
            op.announces(&json!({endpoint: url, "require_pushed_authorization_requests": push}));
            let (begun, before) = (Instant::now(), taken.load(Ordering::Relaxed));
            let errors = visited(&op, Duration::from_millis(900)).await;
            assert_eq!(errors.len(), 1, "{name} at {endpoint}: {errors:?}");
            let waited = begun.elapsed();
            assert!(waited < LONGEST, "{name} at {endpoint}: {waited:?}");
            let cost = taken.load(Ordering::Relaxed) - before;
            assert!(cost < LARGEST, "{name} at {endpoint}: {cost} bytes");
            let told = errors.iter().map(ToString::to_string).collect::<String>();
            assert!(told.len() < 500 && !told.contains("the-secret"), "{told}");
        }
    }
}

/// Shows OC-11: what leads inside is not followed from any endpoint, and of a provider outside nothing inside is called.
#[tokio::test]
async fn oc_11_no_endpoint_leads_inside() {
    let op = Op::start();
    op.says(&json!({"email": null}));
    op.server.says("/userinfo", r#"{"sub":"s1"}"#);
    op.server.says("/inside", r#"{"sub":"s1","access_token":"t","keys":[],"request_uri":"urn:x"}"#);
    for endpoint in
        ["jwks_uri", "token_endpoint", "userinfo_endpoint", "pushed_authorization_request_endpoint"]
    {
        for status in [302, 307, 308] {
            op.server.leads("/led", status, "/inside");
            let push = endpoint.starts_with("pushed");
            let led = json!({endpoint: op.server.url("/led"), "require_pushed_authorization_requests": push});
            op.announces(&led);
            assert_eq!(visited(&op, LONGEST).await.len(), 1, "{endpoint} {status}");
        }
    }
    let asked = op.server.asked();
    assert!(asked.contains(&"/led".to_owned()) && !asked.contains(&"/inside".to_owned()));
    // Addresses inside, named by a provider outside: as if they were missing.
    let guard = SafeHttpClient::new(SafeHttpOptions::default()).unwrap();
    let settings = OidcSettings { issuer: "https://op.test".into(), ..OidcSettings::default() };
    let outside = json!({"issuer": "https://op.test", "authorization_endpoint": "https://op.test/a", "token_endpoint": "https://op.test/t", "jwks_uri": "https://op.test/k"});
    assert!(Metadata::read(&outside, &settings, &guard).is_ok());
    for inside in
        ["http://10.0.0.1/p", "http://169.254.169.254/latest", "file:///etc/passwd", "gopher://x"]
    {
        let mut said = outside.clone();
        said["pushed_authorization_request_endpoint"] = inside.into();
        assert_eq!(Metadata::read(&said, &settings, &guard).unwrap().pushed_endpoint, None);
        said["token_endpoint"] = inside.into();
        assert!(Metadata::read(&said, &settings, &guard).is_err(), "{inside}");
    }
    // By https they can be named, and are not called: that is asked where the call is made.
    let said = guard.json(Part::Pushed, "https://10.0.0.1/p").await.unwrap_err().to_string();
    assert!(said.contains("may not be called"), "{said}");
}
