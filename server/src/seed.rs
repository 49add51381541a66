//! `ligature seed FILE`: a preset, providers and applications from a file, for first set-ups, demos and tests.
use serde::Deserialize;
use service::{
    Authority, Ligature,
    admin::{
        ProviderEdit, SaveProblem, SettingsEdit,
        association::{Association, Mode},
        change_groups::GroupForm,
    },
    oidc_provider::ApplicationForm,
};
use upstream::Settings;

/// The file: JSON.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seed {
    pub preset: Option<String>,
    /// Documents by scope, on top of the preset.
    pub policies: std::collections::BTreeMap<String, serde_json::Value>,
    /// Groups of the organisation: applications and documents name them by their keys.
    pub groups: Vec<SeedGroup>,
    pub providers: Vec<SeedProvider>,
    pub applications: Vec<SeedApplication>,
}

/// A group, without its members.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedGroup {
    pub key: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub description: String,
}

/// A provider with its secret and association.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedProvider {
    pub key: String,
    pub name: String,
    pub settings: Settings,
    pub secret: String,
    /// `loginOnly`, `associationMode` and `challengeBindingMethods` as an Authing connection has them, instead of the
    /// next fields (AU-22).
    #[serde(default)]
    pub authing: Option<serde_json::Value>,
    #[serde(default)]
    pub association: Option<String>,
    #[serde(default)]
    pub verified_counts: bool,
    #[serde(default)]
    pub login_only: bool,
    /// What the binding page asks for: `password`, `email_code`, `identity`; empty: as the instance says.
    #[serde(default)]
    pub bind_methods: Vec<domain::policy::ProofMethod>,
    #[serde(default)]
    pub domains: Vec<String>,
    /// The provider is the own directory of these domains.
    #[serde(default)]
    pub own_directory: bool,
    #[serde(default = "yes")]
    pub as_source: bool,
    #[serde(default = "yes")]
    pub as_target: bool,
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Offered to every organisation of the instance.
    #[serde(default)]
    pub shared: bool,
}

/// An application with its secret.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedApplication {
    pub client_id: String,
    pub name: String,
    pub secret: String,
    pub redirect_uris: Vec<String>,
    #[serde(default)]
    pub settings: service::oidc_provider::ApplicationSettings,
}

fn yes() -> bool {
    true
}

/// Applies a seed; what exists by its key is changed.
///
/// # Errors
/// The first thing that could not be saved.
pub async fn apply(ligature: &Ligature, seed: Seed) -> anyhow::Result<()> {
    if let Some(preset) = &seed.preset {
        ligature.policy_admin().use_preset(preset).await?;
    }
    for group in seed.groups {
        let key = group.key.clone();
        let SeedGroup { key: named, name, description } = group;
        let form = GroupForm { key: named, name, description };
        let put = ligature.group_admin().put_group(&Authority::Operator("cli"), form).await;
        put.map_err(|problem| anyhow::anyhow!("group {key}: {problem:?}"))?;
    }
    for (position, provider) in (0..).zip(seed.providers) {
        let stated = Association {
            mode: provider.association.as_deref().map_or(Mode::Inherit, Mode::parse),
            login_only: provider.login_only,
            bind_methods: provider.bind_methods,
            as_source: provider.as_source,
            as_target: provider.as_target,
            verified_counts: provider.verified_counts,
            domains: provider.domains,
            own_directory: provider.own_directory,
        };
        let association = match &provider.authing {
            None => stated,
            Some(connection) => {
                let imported = Association::import(connection).map_err(|field| {
                    anyhow::anyhow!("provider {}: authing.{field}", provider.key)
                })?;
                Association {
                    mode: imported.mode,
                    login_only: imported.login_only,
                    bind_methods: imported.bind_methods,
                    ..stated
                }
            }
        };
        let edit = ProviderEdit {
            key: provider.key.clone(),
            name: Some(provider.name),
            settings: SettingsEdit::Whole(Box::new(provider.settings)),
            secret: provider.secret,
            enabled: Some(provider.enabled),
            position: Some(position),
            shared: Some(provider.shared),
            association: Some(association),
            ..ProviderEdit::default()
        };
        ligature
            .provider_admin()
            .put_provider(&Authority::Operator("cli"), edit, false)
            .await
            .map_err(|problem| match problem {
                SaveProblem::Fields(fields) => {
                    let all: Vec<String> = fields
                        .iter()
                        .map(|(field, message)| format!("{field}: {message}"))
                        .collect();
                    anyhow::anyhow!("provider {}: {}", provider.key, all.join(", "))
                }
                SaveProblem::Policy(p) => {
                    anyhow::anyhow!("provider {}: {} {}", provider.key, p.path, p.remedy)
                }
                SaveProblem::NotAgreed(_) => {
                    anyhow::anyhow!("provider {}: the operator is asked nothing", provider.key)
                }
                SaveProblem::Unconfirmed(links) => {
                    anyhow::anyhow!("provider {}: {links} identities are linked", provider.key)
                }
                SaveProblem::Error(error) => anyhow::anyhow!("provider {}: {error}", provider.key),
            })?;
    }
    for application in seed.applications {
        let SeedApplication { client_id, name, secret, redirect_uris, settings } = application;
        let secret = (!settings.kind.is_public()).then_some(secret);
        let form = ApplicationForm {
            client_id: client_id.clone(),
            name,
            redirect_uris,
            settings,
            active: true,
        };
        let problems = ligature.applications().application_problems(&form).await?;
        anyhow::ensure!(problems.is_empty(), "application {client_id}: {}", problems.join(", "));
        ligature
            .applications()
            .put_application(&Authority::Operator("cli"), form, secret, None)
            .await?;
    }
    for (scope, document) in seed.policies {
        let document = domain::policy::Document::parse(&document.to_string())
            .map_err(|p| anyhow::anyhow!("policy {scope}: {} {}", p.path, p.value))?;
        ligature.policy_admin().use_document(&scope, document).await?;
    }
    Ok(())
}
