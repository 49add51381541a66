//! Mails by SMTP, one step after the other, so that each failure is laid at the right door (FR-55).
use std::time::Duration;

use lettre::{
    Address,
    message::Mailbox,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail as MailFrom, Rcpt},
        extension::{ClientId, Extension, MailParameter},
    },
};
use percent_encoding::percent_decode_str;
use service::notifications::messages::Message;
use tokio::sync::Mutex;
use url::Url;

use crate::{config::Mail, mail::render, text::NotSent};

/// A mail server and our sender. One connection is kept for the mails that follow.
pub struct Smtp {
    server: Server,
    from: Mailbox,
    open: Mutex<Option<AsyncSmtpConnection>>,
}

struct Server {
    host: String,
    port: u16,
    /// `None`: plain, on this machine.
    tls: Option<(Begin, TlsParameters)>,
    credentials: Option<Credentials>,
    hello: ClientId,
    /// How long each step may take.
    patience: Duration,
}

/// When TLS begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begin {
    AtOnce,
    /// By STARTTLS, and never without.
    AfterHello,
}

/// What a mail server is asked, in order (RFC 5321 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Connect,
    SignIn,
    Sender,
    Recipient,
    Content,
}

/// A step that failed.
struct Failure {
    step: Step,
    /// The server's answer, if it gave one.
    code: Option<u16>,
    says: String,
}

impl Failure {
    fn of(step: Step, error: &Error) -> Self {
        Self { step, code: error.status().map(u16::from), says: error.to_string() }
    }

    /// Only what a server says of this recipient or this content is the mail's own fault. Everything before it is ours, and so is
    /// "sign in first", whenever it comes: it is true of the next mail too.
    fn judged(self) -> NotSent {
        let step = match self.step {
            Step::Connect => "the mail server cannot be used",
            Step::SignIn => "the mail server does not take our user and password",
            Step::Sender => "the mail server does not take our sender",
            Step::Recipient => "the mail server does not take the recipient",
            Step::Content => "the mail server does not take the content",
        };
        let says = format!("{step}: {}", self.says);
        let permanent = self.code.is_some_and(|code| (500..600).contains(&code));
        let wants_sign_in = matches!(self.code, Some(530 | 534 | 535 | 538));
        match self.step {
            Step::Recipient | Step::Content if permanent && !wants_sign_in => NotSent::Ever(says),
            _ if permanent => NotSent::Ours(says),
            _ => NotSent::Yet(says),
        }
    }
}

impl Smtp {
    /// `None` without a mail server.
    #[must_use]
    pub fn new(config: &Mail) -> Option<Self> {
        if config.smtp_url.is_empty() {
            return None;
        }
        Some(Self {
            server: Server::read(config)?,
            from: config.from.parse().ok()?,
            open: Mutex::default(),
        })
    }

    /// `id`: the same at every try.
    ///
    /// # Errors
    /// [`NotSent`].
    pub async fn send(&self, message: &Message, id: &str) -> Result<(), NotSent> {
        let message =
            render::message(message, id, &self.from).map_err(|e| NotSent::Ever(e.to_string()))?;
        let mut open = self.open.lock().await;
        if let Some(mut kept) = open.take() {
            match self.server.hand_over(&mut kept, &message).await {
                Ok(()) => {
                    *open = Some(kept);
                    return Ok(());
                }
                // Servers end connections that are quiet: nothing was said of this mail.
                Err(Failure { step: Step::Sender, code: None, .. }) => {}
                Err(failure) => return Err(failure.judged()),
            }
        }
        let mut fresh = self.server.connect().await.map_err(Failure::judged)?;
        self.server.hand_over(&mut fresh, &message).await.map_err(Failure::judged)?;
        *open = Some(fresh);
        Ok(())
    }
}

impl Server {
    fn read(config: &Mail) -> Option<Self> {
        let url = Url::parse(&config.smtp_url).ok()?;
        let host = url.host_str()?.to_owned();
        let required = url.query_pairs().any(|(name, value)| name == "tls" && value == "required");
        let (begin, port) = match url.scheme() {
            "smtps" => (Some(Begin::AtOnce), 465),
            "smtp" if required => (Some(Begin::AfterHello), 587),
            "smtp" => (None, 25),
            _ => return None,
        };
        let tls = match begin {
            None => None,
            Some(begin) => Some((begin, tls(config, &host)?)),
        };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let credentials = url
            .password()
            .map(|password| Credentials::new(decoded(url.username()), decoded(password)));
        let hello = if config.hello.is_empty() {
            ClientId::default()
        } else {
            ClientId::Domain(config.hello.clone())
        };
        Some(Self {
            host,
            port: url.port().unwrap_or(port),
            tls,
            credentials,
            hello,
            patience: Duration::from_millis(config.timeout_ms.max(1)),
        })
    }

    async fn step<T>(
        &self,
        step: Step,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Failure> {
        match tokio::time::timeout(self.patience, work).await {
            Ok(done) => done.map_err(|e| Failure::of(step, &e)),
            Err(_) => Err(Failure { step, code: None, says: "no answer in time".into() }),
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let at_once = self
            .tls
            .as_ref()
            .filter(|(begin, _)| *begin == Begin::AtOnce)
            .map(|(_, tls)| tls.clone());
        let to = (self.host.as_str(), self.port);
        let mut connection = self
            .step(
                Step::Connect,
                AsyncSmtpConnection::connect_tokio1(
                    to,
                    Some(self.patience),
                    &self.hello,
                    at_once,
                    None,
                ),
            )
            .await?;
        if let Some((Begin::AfterHello, tls)) = &self.tls {
            self.step(Step::Connect, connection.starttls(tls.clone(), &self.hello)).await?;
        }
        if let Some(credentials) = &self.credentials {
            self.step(Step::SignIn, connection.auth(DEFAULT_MECHANISMS, credentials)).await?;
        }
        Ok(connection)
    }

    async fn hand_over(
        &self,
        connection: &mut AsyncSmtpConnection,
        message: &lettre::Message,
    ) -> Result<(), Failure> {
        let envelope = message.envelope();
        let plain = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        let mut parameters = Vec::new();
        // RFC 6531 §3.2; domains are in their ASCII form by now.
        if !envelope.to().iter().chain(envelope.from()).all(plain) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Failure {
                    step: Step::Recipient,
                    code: Some(553),
                    says: "the server takes only ASCII before the @ (no SMTPUTF8)".into(),
                });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        self.step(
            Step::Sender,
            connection.command(MailFrom::new(envelope.from().cloned(), parameters)),
        )
        .await?;
        for to in envelope.to() {
            self.step(Step::Recipient, connection.command(Rcpt::new(to.clone(), Vec::new())))
                .await?;
        }
        self.step(Step::Content, connection.command(Data)).await?;
        self.step(Step::Content, connection.message(&message.formatted())).await.map(drop)
    }
}

/// TLS with the system's authorities and the company's own.
fn tls(config: &Mail, host: &str) -> Option<TlsParameters> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(file) = &config.ca_file {
        builder =
            builder.add_root_certificate(Certificate::from_pem(&std::fs::read(file).ok()?).ok()?);
    }
    builder.build_rustls().ok()
}
