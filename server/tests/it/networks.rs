//! How requests come in: several addresses, Unix sockets, proxies that say who asks; and what no text may hold.
use std::{net::SocketAddr, path::Path};

use reqwest::Method;
use server::{config::Config, layers::address::Addresses, listen::Listening, serve};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    sync::oneshot,
};

use crate::world::World;

/// A world's product at other places too, until the sender is dropped.
struct Served {
    addresses: Vec<SocketAddr>,
    _stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<anyhow::Result<()>>,
}

async fn serve_at(w: &World, listen: &str, change: impl FnOnce(&mut Config)) -> Served {
    let mut config = w.nodes[0].config.clone();
    change(&mut config);
    let (router, addresses): (_, Addresses) =
        serve::application(w.nodes[0].organisations.clone(), &config).await.unwrap();
    let listening = Listening::open(listen).unwrap();
    let places = listening.addresses();
    let (stop, stopped) = oneshot::channel::<()>();
    let done = tokio::spawn(async move {
        listening.serve(router, &config, &addresses, async { drop(stopped.await) }).await
    });
    Served { addresses: places, _stop: stop, done }
}

/// One request as it stands on the wire, with words before it and header lines in it; the answer, or nothing.
async fn ask(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    before: &[u8],
    head: &str,
    body: &str,
) -> String {
    stream.write_all(before).await.unwrap();
    let request =
        format!("{head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    // Whoever is refused may find the connection closed already.
    drop(stream.write_all(request.as_bytes()).await);
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Asks for a code by mail; the network that the mail names.
async fn network_of(
    w: &World,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    before: &[u8],
    headers: &str,
    to: &str,
) -> String {
    let host = w.url().replace("http://", "");
    let head = format!(
        "POST /fn/signup HTTP/1.1\r\nhost: {host}\r\norigin: {}\r\ncontent-type: application/x-www-form-urlencoded{headers}",
        w.url()
    );
    let answer =
        ask(stream, before, &head, &format!("email={to}&name=V&password=a+long+enough+password"))
            .await;
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    w.mail(to, 1).await.text
}

/// Also a health check of the proxy itself, and a stranger who says the same words.
#[tokio::test(flavor = "multi_thread")]
async fn px_02_a_proxy_says_at_the_beginning_of_a_connection_who_asks() {
    let w = World::new("goss").await;
    let at = serve_at(&w, "127.0.0.1:0, 127.0.0.1:0", |c| {
        c.server.proxy_protocol = true;
        c.server.trusted_proxies = vec!["127.0.0.1/32".into()];
    })
    .await;
    assert_eq!(at.addresses.len(), 2);
    let open = |n: usize| TcpStream::connect(at.addresses[n]);
    let one = network_of(
        &w,
        open(0).await.unwrap(),
        b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 8080\r\n",
        "",
        "one@example.test",
    )
    .await;
    assert!(one.contains("203.0.113.0/24"), "{one}");
    // Version 2: PROXY, TCP over IPv4, 12 bytes of addresses and ports.
    let mut two = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".to_vec();
    two.extend([198, 51, 100, 7, 127, 0, 0, 1, 0x12, 0x67, 0x1f, 0x90]);
    let text = network_of(&w, open(1).await.unwrap(), &two, "", "two@example.test").await;
    assert!(text.contains("198.51.100.0/24"), "{text}");
    // The client behind it is no proxy of ours: what it writes into a header does not count.
    let forged = network_of(
        &w,
        open(0).await.unwrap(),
        b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 8080\r\n",
        "\r\nx-forwarded-for: 192.0.2.66",
        "forged@example.test",
    )
    .await;
    assert!(forged.contains("203.0.113.0/24") && !forged.contains("192.0.2"), "{forged}");
    let health = ask(
        open(0).await.unwrap(),
        b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0",
        "GET /readyz HTTP/1.1\r\nhost: x",
        "",
    )
    .await;
    assert!(health.starts_with("HTTP/1.1 200"), "LOCAL: {health}");
    for words in [&b""[..], b"PROXY NONSENSE\r\n", b"PROXY TCP4 203.0.113.7 127.0.0.1 4711\r\n"] {
        let answer =
            ask(open(0).await.unwrap(), words, "GET /healthz HTTP/1.1\r\nhost: x", "").await;
        assert!(!answer.contains("200 OK"), "{}: {answer}", String::from_utf8_lossy(words));
    }
    // Who is no proxy of ours says nothing to us.
    let strangers = serve_at(&w, "127.0.0.1:0", |c| {
        c.server.proxy_protocol = true;
        c.server.trusted_proxies = vec!["192.0.2.1/32".into()];
    })
    .await;
    let open = || TcpStream::connect(strangers.addresses[0]);
    let answer = ask(
        open().await.unwrap(),
        b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 8080\r\n",
        "GET /healthz HTTP/1.1\r\nhost: x",
        "",
    )
    .await;
    assert!(!answer.contains("200 OK"), "{answer}");
    assert!(
        ask(open().await.unwrap(), b"", "GET /healthz HTTP/1.1\r\nhost: x", "")
            .await
            .contains("200 OK")
    );
}

/// Also a socket that a process left behind, and one that is in use.
#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_on_this_machine_comes_by_a_socket_and_its_word_is_taken() {
    let w = World::new("goss").await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("http.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "left behind");
    let listen = format!("unix:{}, 127.0.0.1:0", path.display());
    let at = serve_at(&w, &listen, |_| {}).await;
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o660, "the proxy's group, and nobody else");
    let text = network_of(
        &w,
        UnixStream::connect(&path).await.unwrap(),
        b"",
        "\r\nx-forwarded-for: 203.0.113.7:4711",
        "v@example.test",
    )
    .await;
    assert!(text.contains("203.0.113.0/24"), "{text}");
    // By the other place the same header is nobody's word.
    let text = network_of(
        &w,
        TcpStream::connect(at.addresses[0]).await.unwrap(),
        b"",
        "\r\nx-forwarded-for: 203.0.113.7",
        "w@example.test",
    )
    .await;
    assert!(text.contains("127.0.0.0/24"), "{text}");
    assert!(Listening::open(&listen).is_err(), "in use");
    let Served { done, _stop, .. } = at;
    drop(_stop);
    done.await.unwrap().unwrap();
    assert!(!Path::new(&path).exists(), "and gone at the end");
}

/// Shows FR-08's neighbour that PostgreSQL alone knows: a text with a NUL is unknown, on both databases.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_database_can_hold_is_unknown_like_anything_that_nobody_has() {
    let w = World::new("recommended").await;
    w.sign_up("vera@example.test").await;
    let b = w.browser();
    let known = b.get("/account").await;
    assert!(known.status < 400);
    for path in [
        "/undo/%00",
        "/undo/a%00b",
        "/attempt/%00/choose",
        "/%00",
        "/login?f=%00&entry=%00",
        "/authorize?client_id=%00&response_type=code",
        "/refused/%00?ref=%00",
        "/setup?token=%00",
        "/callback/%00?state=%00&code=%00",
        "/undo/%FF",
    ] {
        let page = b.get(path).await;
        assert!(page.status < 500, "{path}: {} {}", page.status, page.body);
    }
    for (path, form) in [
        ("/fn/signin/password", [("email", "vera@example.test\0"), ("password", "\0")]),
        ("/fn/signup", [("email", "new\0@example.test"), ("password", "a long enough password\0")]),
        ("/fn/attempt/code", [("attempt", "\0"), ("code", "\0")]),
        ("/fn/reset", [("email", "\0"), ("x", "")]),
        ("/fn/undo", [("secret", "\0"), ("x", "")]),
    ] {
        let page = b.post(path, &form).await;
        assert!(page.status < 500, "{path}: {} {}", page.status, page.body);
    }
    for (path, form) in [
        ("/token", [("grant_type", "authorization_code"), ("code", "\0"), ("client_id", "\0")]),
        ("/device_authorization", [("client_id", "\0"), ("scope", "openid"), ("x", "")]),
        ("/par", [("client_id", "\0"), ("client_secret", "\0"), ("x", "")]),
    ] {
        let page = b.send(b.request(Method::POST, path).form(&form)).await;
        assert!((400..500).contains(&page.status), "{path}: {} {}", page.status, page.body);
    }
    w.healthy().await;
}
