//! A message as a mail: text and HTML, in the account's language, everything escaped.
use app::i18n::{Lang, t, ta, utc_text};
use lettre::{
    Address,
    address::Envelope,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use minijinja::{AutoEscape, Environment, context};
use service::notifications::messages::{Kind, Message};

/// The rendered parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// A message's words in the language of its account.
///
/// # Errors
/// When a template fails, which a test for each kind and language rules out.
pub fn render(message: &Message) -> anyhow::Result<Rendered> {
    let lang = Lang::parse(&message.locale).unwrap_or_default();
    let time = match message.minutes {
        1 => t(lang, "mail-minute"),
        minutes => ta(lang, "mail-minutes", &[("minutes", &minutes.to_string())]),
    };
    let words = [
        ("provider", message.provider.as_str()),
        ("identity", message.identity.as_str()),
        ("time", time.as_str()),
    ];
    let kind = message.kind.name();
    let subject = one_line(&ta(lang, &format!("mail-{kind}-subject"), &words));
    let at = utc_text(message.at);
    let unknown = t(lang, "agent-unknown");
    let agent = if message.agent.is_empty() { &unknown } else { &message.agent };
    // Its link has been used: everybody is signed out, and what is left is to decide.
    let waits = message.kind == Kind::UndoBegun;
    let values = context! {
        lang => lang.tag(),
        subject => &subject,
        body => ta(lang, &format!("mail-{kind}-body"), &words),
        code => &message.code,
        place => ta(lang, "mail-where", &[("at", &at), ("agent", agent), ("network", &message.network)]),
        not_you => t(lang, "mail-not-you"),
        undo => &message.undo,
        undo_lead => t(lang, if waits { "mail-undo-decide" } else { "mail-undo" }),
        undo_button => t(lang, if waits { "undo-own-decide" } else { "mail-undo-button" }),
        foot => ta(lang, "mail-foot", &[("url", &message.public_url)]),
    };
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|name| {
        if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None }
    });
    templates.add_template("mail.txt", include_str!("../../templates/mail.txt"))?;
    templates.add_template("mail.html", include_str!("../../templates/mail.html"))?;
    Ok(Rendered {
        text: templates.get_template("mail.txt")?.render(&values)?,
        html: templates.get_template("mail.html")?.render(&values)?,
        subject,
    })
}

/// The message for the wire: one recipient, our sender, both parts. Its Message-ID is made of an id that is the same at
/// every try (RFC 5322 §3.6.4): what arrives twice is seen to be one, and mail servers that want one take it (FR-18).
///
/// # Errors
/// When the stored address cannot be a mailbox.
pub fn message(message: &Message, id: &str, from: &Mailbox) -> anyhow::Result<lettre::Message> {
    let rendered = render(message)?;
    let to: Address = ascii_domain(message.to.as_str()).parse()?;
    // The application's sender is what people see; the envelope stays ours, where what cannot be delivered comes back.
    let shown = match &message.sender {
        Some((name, address)) if address.is_empty() => {
            Mailbox::new(Some(one_line(name)), from.email.clone())
        }
        Some((name, address)) => Mailbox::new(Some(one_line(name)), address.parse()?),
        None => from.clone(),
    };
    let envelope = Envelope::new(Some(from.email.clone()), vec![to.clone()])?;
    let id = format!("<{id}@{}>", from.email.domain());
    let mut message = lettre::Message::builder()
        .message_id(Some(id))
        .envelope(envelope)
        .from(shown)
        .to(Mailbox::new(None, to))
        .subject(rendered.subject)
        .multipart(MultiPart::alternative_plain_html(rendered.text, rendered.html))?;
    // No out-of-office answers, please (RFC 3834 §5).
    message.headers_mut().insert_raw(HeaderValue::new(
        HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".into(),
    ));
    Ok(message)
}

/// The ASCII form of an address's domain, which every mail server takes (RFC 5890 §2.3.2.1, FR-20).
fn ascii_domain(address: &str) -> String {
    match address.rsplit_once('@').and_then(|(local, domain)| {
        idna::domain_to_ascii(domain).ok().map(|domain| format!("{local}@{domain}"))
    }) {
        Some(ascii) => ascii,
        None => address.to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(150).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(kind: Kind, locale: &str, provider: &str) -> Message {
        Message {
            kind,
            to: domain::contact::Contact::parse("v@ex.test").unwrap(),
            locale: locale.into(),
            code: "K7QM-3XRD".into(),
            minutes: 10,
            provider: provider.into(),
            identity: "v•••@e•••.test".into(),
            agent: "Firefox, Linux".into(),
            network: "192.0.2.0/24".into(),
            at: 1_700_000_000_000_000,
            public_url: "https://login.test".into(),
            undo: "https://login.test/undo/abc".into(),
            client: None,
            sender: None,
        }
    }

    #[test]
    fn every_mail_is_complete_in_every_language() {
        for kind in Kind::ALL {
            for lang in Lang::ALL {
                let mail = render(&sample(kind, lang.tag(), "Acme")).unwrap();
                assert!(
                    !mail.subject.is_empty()
                        && mail.text.contains("K7QM-3XRD")
                        && mail.html.contains("K7QM-3XRD"),
                    "{} {}",
                    kind.name(),
                    lang.tag()
                );
                assert!(
                    mail.text.contains("192.0.2.0/24") && mail.text.contains("2023"),
                    "{}",
                    mail.text
                );
            }
        }
    }

    #[test]
    fn a_mail_with_a_code_says_for_how_long_it_counts() {
        let says = |kind, lang: Lang, minutes| {
            let sent = Message { minutes, ..sample(kind, lang.tag(), "Acme") };
            render(&sent).unwrap().text
        };
        for (lang, ten, four, one) in [
            (Lang::En, "for 10 minutes", "for 4 minutes", "for one minute"),
            (Lang::De, "gilt 10 Minuten", "gilt 4 Minuten", "gilt eine Minute"),
            (Lang::Zh, "10 分钟内有效", "4 分钟内有效", "1 分钟内有效"),
        ] {
            for kind in Kind::ALL.into_iter().filter(|kind| kind.name().ends_with("-code")) {
                for (minutes, told) in [(10, ten), (4, four), (1, one)] {
                    let text = says(kind, lang, minutes);
                    assert!(text.contains(told), "{}: {text}", kind.name());
                }
            }
        }
    }

    #[test]
    fn em_05_names_in_mails_are_text_not_markup() {
        let mail =
            render(&sample(Kind::LinkCode, "en", "<a href=\"https://evil.test\">Acme</a> {{7*7}}"))
                .unwrap();
        assert!(
            mail.html.matches("<a ").count() == 1
                && !mail.html.contains("href=\"https://evil.test")
                && mail.html.contains("&lt;a"),
            "{}",
            mail.html
        );
        assert!(mail.text.contains("{{7*7}}") && !mail.text.contains("49"));
    }

    #[test]
    fn fr_18_every_mail_has_a_message_id_of_the_senders_domain_that_stays_at_each_try() {
        let from: Mailbox = "Login <login@login.test>".parse().unwrap();
        let ids: Vec<String> = ["a1", "a1", "b2"]
            .iter()
            .map(|id| {
                let text = String::from_utf8(
                    message(&sample(Kind::LinkCode, "en", "Acme"), id, &from).unwrap().formatted(),
                )
                .unwrap();
                text.lines().find_map(|l| l.strip_prefix("Message-ID: ")).unwrap().to_owned()
            })
            .collect();
        assert_eq!(ids, ["<a1@login.test>", "<a1@login.test>", "<b2@login.test>"]);
    }

    #[test]
    fn em_04_line_breaks_in_names_and_addresses_make_no_headers_and_no_recipients() {
        let from: Mailbox = "Login <login@login.test>".parse().unwrap();
        let text = String::from_utf8(
            message(&sample(Kind::LinkCode, "en", "Acme\r\nBcc: evil@x.test"), "a1", &from)
                .unwrap()
                .formatted(),
        )
        .unwrap();
        let head = text.split("\r\n\r\n").next().unwrap();
        assert!(
            !head.contains("\r\nBcc:")
                && head.matches("\r\nTo:").count() + usize::from(head.starts_with("To:")) == 1,
            "{head}"
        );
        for to in
            ["v@ex.test\r\nBcc: evil@x.test", "v@ex.test, evil@x.test", "<v@ex.test>", "a b@x.test"]
        {
            assert!(domain::contact::Contact::parse(to).is_err(), "no mail goes to {to}");
        }
    }
}
