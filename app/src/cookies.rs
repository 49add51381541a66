//! Cookies: `__Host-`, Secure, HttpOnly, Lax, path `/`; on a loopback http address the same names without the prefix.
use domain::OrgId;
use http::HeaderMap;

/// Names and attributes for this instance.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    pub secure: bool,
    pub org: OrgId,
}

/// A cookie to set; an empty value with age 0 removes it.
#[derive(Debug, Clone)]
pub struct Cookie {
    pub name: String,
    pub value: String,
    /// Seconds.
    pub age: i64,
}

impl Cookies {
    fn name(self, base: &str) -> String {
        if self.secure { format!("__Host-{base}") } else { base.to_owned() }
    }

    /// The session's cookie of this organisation.
    #[must_use]
    pub fn session_name(self) -> String {
        let org: String = self.org.to_string().chars().take(8).collect();
        self.name(&format!("lg_s_{org}"))
    }

    #[must_use]
    pub fn session(self, secret: &str) -> Cookie {
        Cookie {
            name: self.session_name(),
            value: secret.to_owned(),
            age: if secret.is_empty() { 0 } else { 30 * 86_400 },
        }
    }

    #[must_use]
    pub fn browser_name(self) -> String {
        self.name("lg_b")
    }

    #[must_use]
    pub fn browser(self, secret: &str) -> Cookie {
        Cookie { name: self.browser_name(), value: secret.to_owned(), age: 400 * 86_400 }
    }

    #[must_use]
    pub fn start_name(self, id: &str) -> String {
        self.name(&format!("lg_st_{id}"))
    }

    #[must_use]
    pub fn start(self, id: &str, sealed: &str) -> Cookie {
        Cookie {
            name: self.start_name(id),
            value: sealed.to_owned(),
            age: if sealed.is_empty() { 0 } else { 600 },
        }
    }

    /// A posted answer, on its way back to us.
    #[must_use]
    pub fn posted_name(self, id: &str) -> String {
        self.name(&format!("lg_cb_{id}"))
    }

    #[must_use]
    pub fn posted(self, id: &str, sealed: &str) -> Cookie {
        Cookie {
            name: self.posted_name(id),
            value: sealed.to_owned(),
            age: if sealed.is_empty() { 0 } else { 60 },
        }
    }

    #[must_use]
    pub fn entry_name(self, id: &str) -> String {
        self.name(&format!("lg_en_{id}"))
    }

    /// An application's request. It leads on for an hour; for the rest of a day it tells where somebody came from (FR-36).
    #[must_use]
    pub fn entry(self, id: &str, text: &str) -> Cookie {
        Cookie { name: self.entry_name(id), value: text.to_owned(), age: 86_400 }
    }

    #[must_use]
    pub fn language_name(self) -> String {
        self.name("lg_lang")
    }

    #[must_use]
    pub fn language(self, tag: &str) -> Cookie {
        Cookie { name: self.language_name(), value: tag.to_owned(), age: 400 * 86_400 }
    }

    #[must_use]
    pub fn last_name(self) -> String {
        self.name("lg_last")
    }

    /// The method used last in this browser.
    #[must_use]
    pub fn last(self, method: &str) -> Cookie {
        Cookie { name: self.last_name(), value: method.to_owned(), age: 400 * 86_400 }
    }

    /// What a provider's sign-out has to bring back to this browser.
    #[must_use]
    pub fn left_name(self) -> String {
        self.name("lg_out")
    }

    #[must_use]
    pub fn left(self, sealed: &str) -> Cookie {
        Cookie {
            name: self.left_name(),
            value: sealed.to_owned(),
            age: if sealed.is_empty() { 0 } else { 600 },
        }
    }

    #[must_use]
    pub fn refused_name(self) -> String {
        self.name("lg_r")
    }

    /// What was refused last in this browser, for its page: the code and the support code.
    #[must_use]
    pub fn refused(self, code: &str, support: &str) -> Cookie {
        Cookie { name: self.refused_name(), value: format!("{code}~{support}"), age: 600 }
    }

    /// The header's value.
    #[must_use]
    pub fn header(self, cookie: &Cookie) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!(
            "{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
            cookie.name, cookie.value, cookie.age
        )
    }
}

/// The rest of the names, and the values, of a request's cookies whose names begin so; oldest first, as browsers send those
/// of one path (RFC 6265 §5.4).
pub fn with_prefix<'a>(
    headers: &'a HeaderMap,
    prefix: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str)> + 'a {
    headers
        .get_all(http::header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|p| p.trim().split_once('='))
        .filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value)))
}

/// A cookie's value in a request.
#[must_use]
pub fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(http::header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, v)| v.to_owned())
}
