//! Applications as administrators register and change them.
use domain::{
    ApplicationId, EventKind, HOUR, Micros, Refusal, Right, audit_events::Target, colour::Colour,
    groups::folded,
};
use issuer::{Brand, RegisteredClient, SettingProblem, Settings};
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::{
    accounts::groups::list_groups,
    oauth::{
        applications::{
            Application, add_application, add_secret, find_application, list_applications,
            list_secrets, remove_consent, set_application,
        },
        tokens::end_tokens_of,
    },
    policy::{config_version::change_config_version, providers::list_providers},
};

use crate::{
    Authority, Error, RequestContext,
    audit::Event,
    crypto::{
        hex::hex,
        random::{hash, row_id, token},
    },
    oidc_provider::registered::{registered, settings_of},
    services::Applications,
    transaction::Transactions,
};

/// How long an old secret counts beside a new one.
const OVERLAP: Micros = 24 * HOUR;

/// An application as the console shows it.
#[derive(Debug, Clone)]
pub struct ApplicationView {
    pub client_id: String,
    pub name: String,
    pub redirect_uris: Vec<String>,
    pub active: bool,
    pub settings: Settings,
    /// Ends of the secrets that count; `None`: no end.
    pub secrets: Vec<Option<Micros>>,
}

/// What an application's form holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationForm {
    pub client_id: String,
    pub name: String,
    pub redirect_uris: Vec<String>,
    #[serde(default)]
    pub settings: Settings,
    #[serde(default = "yes")]
    pub active: bool,
}

fn yes() -> bool {
    true
}

impl ApplicationForm {
    /// Field names of what cannot be, all at once.
    #[must_use]
    pub fn problems(&self) -> Vec<SettingProblem> {
        let id = &self.client_id;
        let mut found = self.settings.problems(&self.redirect_uris);
        if id.is_empty()
            || id.len() > 60
            || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        {
            found.push("client_id");
        }
        if self.name.trim().is_empty()
            || self.name.chars().count() > 80
            || self.name.chars().any(char::is_control)
        {
            found.push("name");
        }
        if !found.contains(&"claims")
            && self.settings.claims.values().any(|text| expr::check(text).is_err())
        {
            found.push("claims");
        }
        found
    }
}

impl Applications {
    /// Field names of what cannot be, also against what else is configured.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn application_problems(
        &self,
        form: &ApplicationForm,
    ) -> Result<Vec<SettingProblem>, Error> {
        let mut found = form.problems();
        let known = list_providers(&mut self.store.read().await?, self.org).await?;
        if !form.settings.providers.iter().all(|key| known.iter().any(|p| p.key == *key)) {
            found.push("providers");
        }
        let groups = list_groups(&mut self.store.read().await?, self.org).await?;
        let is_group = |key: &String| groups.iter().any(|g| folded(&g.key) == folded(key));
        if !form.settings.groups.iter().all(is_group) {
            found.push("groups");
        }
        if !form.settings.brand.colour.is_empty()
            && Colour::parse(&form.settings.brand.colour).is_none()
        {
            found.push("colour");
        }
        Ok(found)
    }

    /// Registers an application, or changes the one with this client id; `create` says which of both it must be. A secret
    /// that is given counts from now on.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] with problems, or where there is one to create or none to change; as
    /// `administer` for an administrator.
    pub async fn put_application(
        &self,
        authority: &Authority,
        form: ApplicationForm,
        secret: Option<String>,
        create: Option<bool>,
    ) -> Result<(), Error> {
        if !self.application_problems(&form).await?.is_empty() {
            return Err(Refusal::BadRequest.into());
        }
        let (now, groups) = (self.now(), form.settings.groups.clone());
        let row = Application {
            id: ApplicationId(row_id(now)),
            organisation_id: self.org,
            client_id: form.client_id,
            name: form.name.trim().to_owned(),
            redirect_uris: serde_json::to_string(&form.redirect_uris)?,
            active: form.active,
            created_at: now,
            settings: serde_json::to_string(&Settings {
                brand: Brand {
                    colour: Colour::parse(&form.settings.brand.colour)
                        .map(Colour::hex)
                        .unwrap_or_default(),
                    ..form.settings.brand
                },
                ..form.settings
            })?,
        };
        self.with_authority(authority, Right::ChangeApplications, move |this, c, actor| {
            Box::pin(async move {
                let mut row = row;
                change_config_version(c, row.organisation_id).await?;
                let new = add_application(c, &row).await?;
                if create.is_some_and(|create| create != new) {
                    return Err(Refusal::BadRequest.into());
                }
                if !new {
                    // The logo has a form of its own.
                    let before = list_applications(c, row.organisation_id)
                        .await?
                        .into_iter()
                        .find(|a| a.client_id == row.client_id);
                    let mut settings = settings_of(&row);
                    settings.brand.logo =
                        before.map(|b| settings_of(&b).brand.logo).unwrap_or_default();
                    row.settings = serde_json::to_string(&settings)?;
                    set_application(c, &row).await?;
                }
                let client = row.client_id;
                if let (Some(row), Some(secret)) =
                    (find_application(c, this.org, &client).await?, secret)
                {
                    add_secret(c, row.id, &hex(&hash(&secret)), now, now).await?;
                }
                let kind = if new {
                    EventKind::ApplicationRegistered
                } else {
                    EventKind::ApplicationChanged
                };
                let event = actor
                    .event(kind, Target::Application(client.clone()))
                    .in_application(client.clone());
                this.record(c, event.detail(json!({"client_id": client, "groups": groups}))).await
            })
        })
        .await
    }

    /// Registered applications, for the console.
    ///
    /// # Errors
    /// As [`crate::AdminRights::allowed`].
    pub async fn admin_applications(
        &self,
        ctx: &RequestContext,
    ) -> Result<Vec<ApplicationView>, Error> {
        self.admin_rights().allowed(ctx, Right::SeeApplications).await?;
        let mut conn = self.store.read().await?;
        let mut all = Vec::new();
        for row in list_applications(&mut conn, self.org).await? {
            let secrets = list_secrets(&mut conn, row.id, self.now())
                .await?
                .into_iter()
                .map(|(_, end)| end)
                .collect();
            let RegisteredClient { client_id, name, redirect_uris, settings, .. } =
                registered(&row);
            all.push(ApplicationView {
                client_id,
                name,
                redirect_uris,
                active: row.active,
                settings,
                secrets,
            });
        }
        Ok(all)
    }

    /// Saves an application from the console; answers the secret of a new confidential one, shown once.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for what cannot be used, or a client id that is taken.
    pub async fn save_application(
        &self,
        ctx: &RequestContext,
        form: ApplicationForm,
        create: bool,
    ) -> Result<Option<String>, Error> {
        self.admin_rights().allowed(ctx, Right::ChangeApplications).await?;
        let secret = (create && !form.settings.kind.is_public()).then(token);
        self.put_application(
            &Authority::Console(Box::new(ctx.clone())),
            form,
            secret.clone(),
            Some(create),
        )
        .await?;
        Ok(secret)
    }

    /// A new secret; the old ones count for another day, so that nothing stops meanwhile.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for an unknown or public application.
    pub async fn rotate_secret(
        &self,
        ctx: &RequestContext,
        client_id: &str,
    ) -> Result<String, Error> {
        self.admin_rights().allowed(ctx, Right::ChangeApplications).await?;
        let row = find_application(&mut self.store.read().await?, self.org, client_id)
            .await?
            .filter(|r| !settings_of(r).kind.is_public())
            .ok_or(Refusal::NotFound)?;
        let (secret, now) = (token(), self.now());
        let fresh = hex(&hash(&secret));
        let client = client_id.to_owned();
        self.administer::<_, Error, _>(ctx, Right::ChangeApplications, move |this, c, admin| {
            Box::pin(async move {
                add_secret(c, row.id, &fresh, now, now + OVERLAP).await?;
                this.record(
                    c,
                    admin
                        .event(EventKind::ApplicationSecret, Target::Application(client.clone()))
                        .in_application(client.clone())
                        .detail(json!({"client_id": client})),
                )
                .await
            })
        })
        .await?;
        Ok(secret)
    }

    /// Takes an application's access to the caller's account back.
    ///
    /// # Errors
    /// [`Refusal::MethodUnknown`] for one that has none.
    pub async fn revoke_application(
        &self,
        ctx: &RequestContext,
        client_id: &str,
    ) -> Result<(), Error> {
        let client = client_id.to_owned();
        self.act(ctx, async move |this, c, ctx| {
            let account = ctx.session()?.account;
            let row =
                find_application(c, this.org, &client).await?.ok_or(Refusal::MethodUnknown)?;
            let consents = remove_consent(c, account, row.id).await?;
            if consents + end_tokens_of(c, account, Some(row.id), this.now()).await? == 0 {
                return Err(Refusal::MethodUnknown.into());
            }
            this.record(
                c,
                Event::in_session(
                    ctx.session()?,
                    EventKind::ApplicationRevoked,
                    Target::Application(client.clone()),
                )
                .in_application(client.clone())
                .detail(json!({"client_id": client})),
            )
            .await
        })
        .await
    }
}
