//! What an administrator configures of GitHub, or of a server that speaks its dialect.
use serde::{Deserialize, Serialize};

/// GitHub, or a server that speaks its dialect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GithubSettings {
    pub client_id: String,
    #[serde(default = "github_web")]
    pub web_url: String,
    #[serde(default = "github_api")]
    pub api_url: String,
}

impl GithubSettings {
    /// Those of github.com.
    pub(crate) fn usual() -> Self {
        Self { client_id: String::new(), web_url: github_web(), api_url: github_api() }
    }

    /// Whether they ask github.com itself.
    pub(super) fn is_usual(&self) -> bool {
        self.web_url == github_web() && self.api_url == github_api()
    }
}

fn github_web() -> String {
    "https://github.com".into()
}

fn github_api() -> String {
    "https://api.github.com".into()
}
