//! What applications are told of a person: by scope, by name, and how the person signed in.
use crate::services::Tokens;
use domain::{
    AccountId, Micros, SECOND,
    groups::{current_identity, mirrored, values},
    linking::facts::{AccountState, Local},
    policy::ProfileAttribute,
};
use expr::Variables;
use issuer::{RegisteredClient, Told};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use storage::{
    Conn,
    accounts::{
        attributes::{BY_CODE, list_attributes},
        find_account,
        links::{find_claims, list_links},
        list_emails, list_roles,
    },
    oauth::applications::find_consent,
};

use crate::{
    Error,
    account::second_factor::SET_UP,
    policy::{context::PolicyContext, expressions::mapped},
};

/// How a person had signed in when an application's tokens began, and what it asked for beyond scopes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Standing {
    pub auth_at: Micros,
    /// `password`, `code`, `phone`, `passkey` or a provider's key.
    pub method: String,
    pub factor: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub userinfo_claims: Vec<String>,
    /// The thumbprint of the key that the tokens are bound to (RFC 9449).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Of a guarded host's token: the host that it was given to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// How sure the sign-in was, and by what: `acr` tells one factor from two, `amr` in words of RFC 8176 and `fed` for
/// an identity provider.
pub(super) fn assurance(method: &str, factor: &str) -> (&'static str, Vec<&'static str>) {
    let mut amr = vec![match method {
        "password" => "pwd",
        "code" => "otp",
        "phone" => "sms",
        "passkey" => "pop",
        _ => "fed",
    }];
    match factor {
        "" | SET_UP => return (issuer::ACR_ONE_FACTOR, amr),
        "totp" if !amr.contains(&"otp") => amr.push("otp"),
        _ => {}
    }
    amr.push("mfa");
    (issuer::ACR_TWO_FACTORS, amr)
}

impl Tokens {
    /// What of this an application may be told of an account: all of it, or what the person allowed (rule 20).
    pub(super) async fn allowed_of(
        &self,
        c: &mut Conn,
        account: AccountId,
        client: &RegisteredClient,
        asked: &Told,
    ) -> Result<Told, Error> {
        if client.settings.first_party {
            return Ok(asked.clone());
        }
        Ok(asked.and(&Told::parse(&find_consent(c, account, client.id).await?.unwrap_or_default())))
    }

    /// Claims of an active account, as far as they are asked for, allowed and proved. Everything that tells an application
    /// of a person comes from here. `method`: how the person signed in, as [`Standing::method`].
    pub(super) async fn claims(
        &self,
        account: AccountId,
        client: &RegisteredClient,
        method: &str,
        asked: &Told,
    ) -> Result<Option<Map<String, Value>>, Error> {
        let mut conn = self.store.read().await?;
        let c = &mut conn;
        let Some(row) =
            find_account(c, self.org, account).await?.filter(|a| a.state() == AccountState::Active)
        else {
            return Ok(None);
        };
        let Some(sub) = self.application_gate().subject_for(c, account, client).await? else {
            return Ok(None);
        };
        let told = self.allowed_of(c, account, client, asked).await?;
        let mut claims = Map::new();
        claims.insert("sub".into(), json!(sub));
        let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        let fields = list_attributes(c, account).await?;
        let find =
            |attribute: &ProfileAttribute| fields.iter().find(|f| f.name == attribute.name());
        let field = |attribute: &ProfileAttribute| find(attribute).map(|f| f.value.clone());
        if told.has("name") && !row.name.is_empty() {
            put("name", json!(row.name));
        }
        for attribute in
            [ProfileAttribute::GivenName, ProfileAttribute::FamilyName, ProfileAttribute::Username]
        {
            let claim = attribute.claim();
            if let Some(value) = field(&attribute).filter(|_| told.has(claim)) {
                put(claim, json!(value));
            }
        }
        if told.has("locale") {
            put("locale", json!(field(&ProfileAttribute::Locale).unwrap_or(row.locale)));
        }
        if told.has("updated_at") {
            put(
                "updated_at",
                json!(fields.iter().map(|f| f.updated_at).max().unwrap_or(row.created_at) / SECOND),
            );
        }
        // An address that the account does not own says nothing about whose it is, and libraries take it for a name
        // whatever `email_verified` says (CN-03). A number likewise.
        let unproved = client.settings.unproved_contacts;
        if told.has("email")
            && let Some(email) = list_emails(c, account)
                .await?
                .into_iter()
                .filter(|e| e.owner || unproved)
                .max_by_key(|e| e.owner)
        {
            put("email", json!(email.typed));
            put("email_verified", json!(email.owner));
        }
        if told.has("phone_number")
            && let Some(phone) =
                find(&ProfileAttribute::Phone).filter(|f| f.source == BY_CODE || unproved)
        {
            put("phone_number", json!(phone.value));
            put("phone_number_verified", json!(phone.source == BY_CODE));
        }
        if told.has("roles") {
            put("roles", json!(list_roles(c, self.org, account).await?));
        }
        if told.has("groups")
            && let Some(groups) = self.group_names(c, account, client, method).await?
        {
            put("groups", json!(groups));
        }
        if told.has("identities") {
            let (last, all) = self.identity_claims(c, account).await?;
            put("last_identity", last);
            put("identities", all);
        }
        if !client.settings.claims.is_empty() {
            self.mapped_claims(c, account, client, &told, &mut claims).await?;
        }
        Ok(Some(claims))
    }

    /// Claims that the application's own expressions make. One that fails is left out and logged, without what it saw.
    async fn mapped_claims(
        &self,
        c: &mut Conn,
        account: AccountId,
        client: &RegisteredClient,
        told: &Told,
        claims: &mut Map<String, Value>,
    ) -> Result<(), Error> {
        let (last, all) = self.identity_claims(c, account).await?;
        let said = |one: &Value| one.get("claims").cloned().unwrap_or_else(|| json!({}));
        let fields: Map<String, Value> = list_attributes(c, account)
            .await?
            .into_iter()
            .map(|f| (f.name, json!(f.value)))
            .collect();
        let variables = Variables {
            claims: Value::Object(claims.clone()),
            last: said(&last),
            identities: all
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, one)| (key.clone(), said(one)))
                .collect::<Map<_, _>>()
                .into(),
            account: Value::Object(fields),
            application: json!({"client_id": client.client_id}),
            provider: json!({"key": last.get("provider")}),
        };
        let texts = client
            .settings
            .claims
            .iter()
            .filter(|(name, text)| told.has_own(name, text))
            .map(|(name, text)| (name.clone(), text.clone()))
            .collect();
        claims.extend(mapped(client.client_id.clone(), texts, variables).await?);
        Ok(())
    }

    /// The keys of the groups that count in this sign-in, and the names that a provider tells whose groups are mirrored
    /// without a mapping. Those of another provider, by which the person signed in some other time, are not the person's
    /// now (GV-18). Nothing where the organisation has no groups and none are mirrored.
    async fn group_names(
        &self,
        c: &mut Conn,
        account: AccountId,
        client: &RegisteredClient,
        method: &str,
    ) -> Result<Option<Vec<String>>, Error> {
        let config = self.configuration().policy_context(c, Some(&client.client_id)).await?;
        let held = self.groups().in_force(c, account, method, &config).await?;
        let mut names: Vec<String> = held.into_iter().map(|group| group.key).collect();
        match self.mirrored_names(c, account, method, &config).await? {
            Some(mirrored) => names.extend(mirrored),
            None if config.groups.keys.is_empty() => return Ok(None),
            None => {}
        }
        Ok(Some(names))
    }

    /// What a provider that mirrors its groups said at the last sign-in by it, if the session stands on one and no mapping
    /// says what its words mean here.
    async fn mirrored_names(
        &self,
        c: &mut Conn,
        account: AccountId,
        method: &str,
        config: &PolicyContext,
    ) -> Result<Option<Vec<String>>, Error> {
        let policy = config.policy(Some(method));
        let Some(provider) = config
            .providers
            .iter()
            .find(|p| p.key == method && Local::named(method).is_none())
            .filter(|_| policy.choices.mirror_groups)
            .filter(|p| config.groups.rules_of(p.id).is_empty())
        else {
            return Ok(None);
        };
        let links = list_links(c, account).await?;
        let used = links.iter().map(|link| (link.id, link.provider_id, link.used_at));
        let Some(link) = current_identity(used, provider.id) else { return Ok(None) };
        let said: Map<String, Value> = find_claims(c, link)
            .await?
            .and_then(|sealed| self.keys.open_sealed("claims", &sealed))
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let named = values(&said, &policy.choices.groups_attribute);
        Ok(Some(mirrored(&named, &config.groups.keys).into_iter().map(str::to_owned).collect()))
    }

    /// The identity that was used last (GV-05), and all of them by provider (GV-06), with what the provider said.
    async fn identity_claims(
        &self,
        c: &mut Conn,
        account: AccountId,
    ) -> Result<(Value, Value), Error> {
        let providers = self.configuration().providers(c).await?;
        let mut links = list_links(c, account).await?;
        links.sort_by_key(|l| std::cmp::Reverse(l.used_at));
        let (mut last, mut all) = (Value::Null, Map::new());
        for link in links {
            let Some(provider) = providers.iter().find(|p| p.id == link.provider_id) else {
                continue;
            };
            let sealed = find_claims(c, link.id).await?;
            let said: Value = sealed
                .and_then(|s| self.keys.open_sealed("claims", &s))
                .and_then(|b| serde_json::from_slice(&b).ok())
                .unwrap_or_default();
            let told = json!({"provider": provider.key, "subject": link.subject, "used_at": link.used_at / SECOND, "claims": said});
            if last.is_null() {
                last = told.clone();
            }
            all.entry(provider.key.clone()).or_insert(told);
        }
        Ok((last, Value::Object(all)))
    }
}
