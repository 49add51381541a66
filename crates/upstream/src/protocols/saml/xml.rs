//! XML of SAML messages and metadata: bounded, and without anything that neither has a use for (SAML 2.0 Core §5.4, "XML
//! Signature Best Practices" §3). One parser reads everything, so that two cannot disagree about one text.
use uppsala::{Document, NodeId, NodeKind, Parser};

/// The largest text, in bytes.
pub const LARGEST: usize = 192 * 1024;
/// How deep elements stand in each other.
const DEEPEST: u32 = 48;

pub const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
pub const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
pub const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
pub const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Reads a text that is no longer than `largest` bytes.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse(text: &str, largest: usize) -> Result<Document<'_>, String> {
    if text.len() > largest {
        return Err(format!("longer than {largest} bytes"));
    }
    let body = text.trim_start_matches('\u{feff}').trim_start();
    let after = match body.strip_prefix("<?xml") {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_whitespace()) => {
            rest.split_once("?>").map_or("", |(_, rest)| rest)
        }
        _ => body,
    };
    if after.contains("<!DOCTYPE") || after.contains("<!ENTITY") {
        return Err("it has a document type, which a message never needs".into());
    }
    if after.contains("<?") {
        return Err("it has a processing instruction, which a message never needs".into());
    }
    Parser::new()
        .with_max_depth(DEEPEST)
        .with_forbid_dtd(true)
        .with_forbid_entities(true)
        .parse(body)
        .map_err(|_| "no well-formed XML, or nested too deeply".into())
}

/// An element of a document.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    pub doc: &'d Document<'d>,
    pub id: NodeId,
}

impl<'d> Node<'d> {
    /// The outermost element.
    pub fn root(doc: &'d Document<'d>) -> Option<Self> {
        doc.document_element().map(|id| Self { doc, id })
    }

    pub fn is(self, namespace: &str, name: &str) -> bool {
        self.doc.element(self.id).is_some_and(|e| e.matches_name_ns(namespace, name))
    }

    /// An attribute without a namespace.
    pub fn attribute(self, name: &str) -> Option<&'d str> {
        self.doc
            .element(self.id)?
            .attributes
            .iter()
            .find(|a| a.name.namespace_uri.is_none() && a.name.local_name == name)
            .map(|a| a.value.as_ref())
    }

    /// Elements directly below.
    pub fn children(self) -> impl Iterator<Item = Self> {
        self.doc
            .children_iter(self.id)
            .filter(move |id| self.doc.element(*id).is_some())
            .map(move |id| Self { id, ..self })
    }

    /// Elements of a name directly below.
    pub fn all(self, namespace: &str, name: &str) -> Vec<Self> {
        self.children().filter(|child| child.is(namespace, name)).collect()
    }

    /// The one element of a name directly below; `Err` where there are several.
    pub fn one(self, namespace: &str, name: &str) -> Result<Option<Self>, Several> {
        match self.all(namespace, name).as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            _ => Err(Several),
        }
    }

    /// Every element below, however deep.
    pub fn descendants(self) -> impl Iterator<Item = Self> {
        self.doc
            .descendants(self.id)
            .into_iter()
            .filter(move |id| self.doc.element(*id).is_some())
            .map(move |id| Self { id, ..self })
    }

    /// All of its text in one, whatever stands between its parts: a comment never ends it.
    pub fn text(self) -> String {
        let mut all = String::new();
        for id in self.doc.descendants(self.id) {
            if let Some(NodeKind::Text(text) | NodeKind::CData(text)) = self.doc.node_kind(id) {
                all.push_str(text);
            }
        }
        all
    }
}

/// Several elements where one may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Several;

/// Text for an element or an attribute.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_never_needs_is_refused_before_it_is_read() {
        for good in [
            "<a/>",
            "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>b<!-- c --></a>",
            "<a>&amp;&#65;</a>",
        ] {
            assert!(parse(good, LARGEST).is_ok(), "{good}");
        }
        for bad in [
            "",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a>&other;</a>",
            "<a b='1' b='2'/>",
            "<x:a/>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            "<?xml version='1.0'?><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
            "<a><?b c?></a>",
            "<?b c?><a/>",
            "<?xml-stylesheet href='b'?><a/>",
        ] {
            assert!(parse(bad, LARGEST).is_err(), "{bad}");
        }
        assert!(parse(&format!("<a>{}</a>", "b".repeat(50)), 20).is_err());
        let deep = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
        assert!(parse(&deep(40), LARGEST).is_ok() && parse(&deep(60), LARGEST).is_err());
        assert!(parse(&deep(20_000), LARGEST).is_err());
    }

    /// Wide and full of attributes, at the bound: reading stays in the order of its length.
    #[test]
    fn a_text_at_the_bound_is_read_quickly() {
        let begun = std::time::Instant::now();
        for piece in ["<b/>", "<b c=''/>\n", "<!---->", "&amp;", "<b xmlns:c='d'/>"] {
            let n = (LARGEST - 20) / piece.len();
            let text = format!("<a>{}</a>", piece.repeat(n));
            let doc = parse(&text, LARGEST).unwrap();
            assert!(Node::root(&doc).unwrap().descendants().count() <= n);
        }
        let attributes: String = (0..9000).map(|n| format!(" a{n}=''")).collect();
        let _read = parse(&format!("<a{attributes}/>"), LARGEST);
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    }

    #[test]
    fn a_comment_ends_no_text() {
        let doc = parse("<a>admin@corp.test<!-- x -->.evil.test</a>", LARGEST).unwrap();
        assert_eq!(Node::root(&doc).unwrap().text(), "admin@corp.test.evil.test");
    }
}
