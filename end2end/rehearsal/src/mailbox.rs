//! An SMTP sink and a gateway for text messages, with one inbox to read in the browser and as JSON.
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Html,
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::page::{escape, html};

/// A mail or text as it came in.
#[derive(Debug, Clone, Serialize)]
pub struct Mail {
    pub to: Vec<String>,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub raw: String,
    /// The first thing in the text that looks like a code.
    pub code: Option<String>,
}

/// The mailbox.
#[derive(Clone, Default)]
pub struct Mailbox {
    mails: Arc<Mutex<Vec<Mail>>>,
    down: Arc<Mutex<bool>>,
    pub smtp: String,
    /// Where texts are posted to.
    pub texts: String,
}

/// The token that texts must come with.
pub const TOKEN: &str = "rehearsal-gateway";

/// A text, as it is posted.
#[derive(Deserialize)]
struct Posted {
    id: String,
    to: String,
    body: String,
}

impl Mailbox {
    /// Listens for SMTP on a loopback port (0: any).
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn serve(port: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await?;
        let gateway = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let texts = format!("http://{}/texts", gateway.local_addr()?);
        let mailbox =
            Self { smtp: format!("smtp://{}", listener.local_addr()?), texts, ..Self::default() };
        let router = mailbox.router();
        tokio::spawn(async move { axum::serve(gateway, router).await });
        let for_task = mailbox.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mailbox = for_task.clone();
                tokio::spawn(async move { drop(mailbox.talk(stream).await) });
            }
        });
        Ok(mailbox)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Mail>> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses mail for now, or takes it again.
    pub fn set_down(&self, down: bool) {
        *self.down.lock().unwrap_or_else(PoisonError::into_inner) = down;
    }

    fn is_down(&self) -> bool {
        *self.down.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Mails to an address, oldest first.
    #[must_use]
    pub fn to(&self, address: &str) -> Vec<Mail> {
        self.lock()
            .iter()
            .filter(|m| m.to.iter().any(|t| t.eq_ignore_ascii_case(address)))
            .cloned()
            .collect()
    }

    /// All mails, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Mail> {
        self.lock().clone()
    }

    /// The pages: `/` for people, `/mails` as JSON; `POST /texts` takes a text.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(page))
            .route("/mails", get(|State(m): State<Self>| async move { Json(m.all()) }))
            .route("/texts", post(take_text))
            .with_state(self.clone())
    }

    async fn talk(&self, stream: TcpStream) -> anyhow::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut to = Vec::new();
        if self.is_down() {
            stream.write_all(b"421 4.3.2 not now\r\n").await?;
            return Ok(());
        }
        stream.write_all(b"220 rehearsal ready\r\n").await?;
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let upper = line.trim().to_ascii_uppercase();
            let answer: &[u8] = if upper.starts_with("EHLO") {
                b"250-rehearsal\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
            } else if upper.starts_with("RCPT TO:") {
                to.push(
                    line.trim()
                        .get(8..)
                        .unwrap_or_default()
                        .split(['<', '>'])
                        .nth(1)
                        .unwrap_or_default()
                        .to_owned(),
                );
                b"250 ok\r\n"
            } else if upper == "DATA" {
                stream.write_all(b"354 go on\r\n").await?;
                let raw = read_data(&mut stream).await?;
                self.lock().push(parse(std::mem::take(&mut to), raw));
                b"250 ok\r\n"
            } else if upper == "QUIT" {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            } else {
                b"250 ok\r\n"
            };
            stream.write_all(answer).await?;
        }
    }
}

/// A text is taken once, whatever is repeated.
async fn take_text(
    State(mailbox): State<Mailbox>,
    headers: HeaderMap,
    Json(text): Json<Posted>,
) -> StatusCode {
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|v| v == value);
    if !is("authorization", &format!("Bearer {TOKEN}")) || !is("idempotency-key", &text.id) {
        return StatusCode::UNAUTHORIZED;
    }
    if mailbox.is_down() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let mut all = mailbox.lock();
    if !all.iter().any(|m| m.raw == text.id) {
        let code = text.body.split_whitespace().find(|w| looks_like_code(w)).map(str::to_owned);
        all.push(Mail {
            to: vec![text.to],
            subject: "Text message".into(),
            text: text.body,
            html: String::new(),
            raw: text.id,
            code,
        });
    }
    StatusCode::ACCEPTED
}

async fn read_data(stream: &mut BufReader<TcpStream>) -> anyhow::Result<String> {
    let (mut raw, mut line) = (String::new(), String::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(raw);
        }
        raw.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

fn parse(to: Vec<String>, raw: String) -> Mail {
    let (head, _) = raw.split_once("\r\n\r\n").unwrap_or((&raw, ""));
    let subject = decode_words(&header(head, "Subject"));
    let (text, html) = (part(&raw, "text/plain"), part(&raw, "text/html"));
    let code = text.split_whitespace().find(|w| looks_like_code(w)).map(str::to_owned);
    Mail { to, subject, text, html, raw, code }
}

/// Groups of four letters and digits with dashes between, the last one may be shorter.
fn looks_like_code(word: &str) -> bool {
    let groups: Vec<&str> = word.split('-').collect();
    let plain = word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
    let (last, full) = groups.split_last().map_or(("", [].as_slice()), |(l, f)| (*l, f));
    plain && groups.len() >= 2 && full.iter().all(|g| g.len() == 4) && (1..=4).contains(&last.len())
}

fn header(head: &str, name: &str) -> String {
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    unfolded
        .lines()
        .find_map(|l| {
            l.split_once(": ")
                .filter(|(n, _)| n.eq_ignore_ascii_case(name))
                .map(|(_, v)| v.to_owned())
        })
        .unwrap_or_default()
}

/// RFC 2047 words in base 64, which is what arrives here.
fn decode_words(text: &str) -> String {
    text.split(' ')
        .map(|word| {
            word.strip_prefix("=?utf-8?b?")
                .and_then(|w| w.strip_suffix("?="))
                .and_then(|w| STANDARD.decode(w).ok())
                .and_then(|b| String::from_utf8(b).ok())
                .unwrap_or_else(|| format!("{word} "))
        })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// The decoded body of the first part of a type.
fn part(raw: &str, kind: &str) -> String {
    let Some(start) = raw.find(&format!("Content-Type: {kind}")) else { return String::new() };
    let rest = raw.get(start..).unwrap_or_default();
    let Some((head, body)) = rest.split_once("\r\n\r\n") else { return String::new() };
    let body = body.split("\r\n--").next().unwrap_or_default();
    match header(head, "Content-Transfer-Encoding").to_ascii_lowercase().as_str() {
        "base64" => STANDARD
            .decode(body.split_whitespace().collect::<String>())
            .ok()
            .and_then(|b| String::from_utf8(b).ok())
            .unwrap_or_default(),
        "quoted-printable" => quoted(body),
        _ => body.to_owned(),
    }
}

fn quoted(body: &str) -> String {
    let joined = body.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'=' {
            let hex: Vec<u8> = rest.by_ref().take(2).collect();
            bytes.extend(
                std::str::from_utf8(&hex).ok().and_then(|h| u8::from_str_radix(h, 16).ok()),
            );
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn page(State(mailbox): State<Mailbox>) -> Html<String> {
    let mails: String = mailbox
        .all()
        .iter()
        .rev()
        .map(|m| {
            format!(
                "<h2>{}</h2><p>To {}</p><pre>{}</pre>",
                escape(&m.subject),
                escape(&m.to.join(", ")),
                escape(&m.text)
            )
        })
        .collect();
    html("Mailbox", &if mails.is_empty() { "<p>No mail yet.</p>".to_owned() } else { mails })
}
