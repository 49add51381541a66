//! Programs that register applications by themselves (RFC 7591). Off until an administrator makes an initial access
//! token, and again when none is left.
use domain::{ApplicationId, DAY, EventKind, Micros, Refusal, Right, SECOND, audit_events::Target};
use issuer::{MetadataProblem, Registration, read_metadata};
use serde_json::{Value, json};
use storage::{
    oauth::{
        applications::{Application, add_application, add_secret},
        registrations::{
            RegistrationToken, add_registration_token, end_registration_token,
            list_registration_tokens, use_registration_token,
        },
    },
    policy::config_version::change_config_version,
};

use crate::{
    Error, RequestContext,
    audit::Event,
    crypto::{
        hex::hex,
        random::{hash, row_id, token},
    },
    services::Applications,
    transaction::Transactions,
};

/// Why a program was not registered.
#[derive(Debug)]
pub enum RegisterProblem {
    /// No initial access token that lets somebody: 401.
    Token,
    /// 400 with the standard's code.
    Metadata(MetadataProblem),
    Error(Error),
}

impl<T: Into<Error>> From<T> for RegisterProblem {
    fn from(error: T) -> Self {
        Self::Error(error.into())
    }
}

/// An initial access token as the console lists it.
#[derive(Debug, Clone)]
pub struct RegistrationTokenView {
    /// Its hash in hex: by this it is ended.
    pub id: String,
    pub label: String,
    pub uses_left: i32,
    pub expires_at: Micros,
}

impl Applications {
    /// Whether some program could register now.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn takes_registrations(&self) -> Result<bool, Error> {
        Ok(!list_registration_tokens(&mut self.store.read().await?, self.org, self.now())
            .await?
            .is_empty())
    }

    /// `POST /register`: the answer of RFC 7591 §3.2.1.
    ///
    /// # Errors
    /// [`RegisterProblem`]. Metadata that cannot be used does not use the token up.
    pub async fn register(
        &self,
        initial: &str,
        metadata: &Value,
    ) -> Result<Value, RegisterProblem> {
        let hashed = hash(initial);
        let known =
            list_registration_tokens(&mut self.store.read().await?, self.org, self.now()).await?;
        if !known.iter().any(|t| t.hash == hashed) {
            return Err(RegisterProblem::Token);
        }
        let Registration { name, redirect_uris, settings } =
            read_metadata(metadata).map_err(RegisterProblem::Metadata)?;
        let now = self.now();
        let client_id = format!(
            "dyn-{}",
            domain::one_time_code::encode(&crate::crypto::random::random_bytes::<16>())
                .to_lowercase()
        );
        let secret = (!settings.kind.is_public()).then(token);
        let mut answer = json!({
            "client_id": client_id,
            "client_id_issued_at": now / SECOND,
            "client_name": name,
            "redirect_uris": redirect_uris,
            "response_types": ["code"],
            "grant_types": settings.grants.iter().map(|g| g.name()).collect::<Vec<_>>(),
            "token_endpoint_auth_method": if secret.is_some() { "client_secret_basic" } else { "none" },
            "application_type": if settings.kind == issuer::Kind::Native { "native" } else { "web" },
            "id_token_signed_response_alg": settings.algorithm.name(),
            "subject_type": if settings.pairwise { "pairwise" } else { "public" },
            "post_logout_redirect_uris": settings.post_logout_redirect_uris,
            "dpop_bound_access_tokens": settings.dpop,
            "scope": issuer::SCOPES.into_iter().filter(|s| *s != "openid" || !settings.plain_oauth).collect::<Vec<_>>().join(" "),
        });
        if let (Some(secret), Some(fields)) = (&secret, answer.as_object_mut()) {
            fields.insert("client_secret".into(), json!(secret));
            fields.insert("client_secret_expires_at".into(), json!(0));
        }
        let row = Application {
            id: ApplicationId(row_id(now)),
            organisation_id: self.org,
            client_id: client_id.clone(),
            name,
            redirect_uris: serde_json::to_string(&redirect_uris)?,
            active: true,
            created_at: now,
            settings: serde_json::to_string(&settings)?,
        };
        let this = self.clone();
        let registered = self
            .store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    let Some(label) = use_registration_token(c, this.org, &hashed, now).await?
                    else {
                        return Ok(false);
                    };
                    add_application(c, &row).await?;
                    if let Some(secret) = secret {
                        add_secret(c, row.id, &hex(&hash(&secret)), now, now).await?;
                    }
                    change_config_version(c, this.org).await?;
                    this.record(
                        c,
                        Event::program(
                            EventKind::ApplicationRegistered,
                            Target::Application(client_id.clone()),
                        )
                        .in_application(client_id.clone())
                        .detail(json!({"client_id": client_id, "token": label})),
                    )
                    .await?;
                    Ok(true)
                })
            })
            .await?;
        if registered { Ok(answer) } else { Err(RegisterProblem::Token) }
    }

    /// Initial access tokens that still let somebody.
    ///
    /// # Errors
    /// As [`crate::AdminRights::allowed`].
    pub async fn registration_tokens(
        &self,
        ctx: &RequestContext,
    ) -> Result<Vec<RegistrationTokenView>, Error> {
        self.admin_rights().allowed(ctx, Right::SeeApplications).await?;
        let rows =
            list_registration_tokens(&mut self.store.read().await?, self.org, self.now()).await?;
        Ok(rows
            .into_iter()
            .map(|r| RegistrationTokenView {
                id: hex(&r.hash),
                label: r.label,
                uses_left: r.uses_left,
                expires_at: r.expires_at,
            })
            .collect())
    }

    /// Makes an initial access token; it is shown once.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] for a label that is none, or numbers out of range (1 to 100 uses, 1 to 90 days).
    pub async fn make_registration_token(
        &self,
        ctx: &RequestContext,
        label: &str,
        uses: i32,
        days: i64,
    ) -> Result<String, Error> {
        self.admin_rights().allowed(ctx, Right::ChangeApplications).await?;
        let label = label.trim().to_owned();
        if label.is_empty()
            || label.chars().count() > 60
            || label.chars().any(char::is_control)
            || !(1..=100).contains(&uses)
            || !(1..=90).contains(&days)
        {
            return Err(Refusal::BadRequest.into());
        }
        let (secret, now) = (token(), self.now());
        let row = RegistrationToken {
            hash: hash(&secret),
            label: label.clone(),
            uses_left: uses,
            expires_at: now + days * DAY,
        };
        self.administer::<_, Error, _>(ctx, Right::ChangeApplications, move |this, c, admin| {
            Box::pin(async move {
                add_registration_token(c, this.org, &row, now).await?;
                this.record(
                    c,
                    admin
                        .event(EventKind::RegistrationOpened, Target::Registration(label.clone()))
                        .detail(json!({"token": label, "uses": uses, "days": days})),
                )
                .await
            })
        })
        .await?;
        Ok(secret)
    }

    /// Ends an initial access token. What it registered stays.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for one that is not there.
    pub async fn end_registration_token(
        &self,
        ctx: &RequestContext,
        id: &str,
    ) -> Result<(), Error> {
        self.admin_rights().allowed(ctx, Right::ChangeApplications).await?;
        let known =
            list_registration_tokens(&mut self.store.read().await?, self.org, self.now()).await?;
        let row = known.into_iter().find(|t| hex(&t.hash) == id).ok_or(Refusal::NotFound)?;
        self.administer(ctx, Right::ChangeApplications, move |this, c, admin| {
            Box::pin(async move {
                end_registration_token(c, this.org, &row.hash).await?;
                this.record(
                    c,
                    admin
                        .event(
                            EventKind::RegistrationClosed,
                            Target::Registration(row.label.clone()),
                        )
                        .detail(json!({"token": row.label})),
                )
                .await
            })
        })
        .await
    }
}
