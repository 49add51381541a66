//! One-time passwords by time (RFC 6238) and recovery codes: begun and ended in My Account, asked for at every sign-in
//! and before every link to the account (I5, LK-15).
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    AccountId, CredentialId, EventKind, Refusal, Right, SECOND,
    account_rules::{administer::AdminAction, change::AccountChange, rewind::Changed},
    audit_events::Target,
};
use fast_qr::{
    QRBuilder,
    convert::{Builder as _, svg::SvgBuilder},
};
use serde_json::json;
use storage::{
    Conn,
    accounts::{
        find_account, list_emails,
        second_factors::{
            TOTP, TOTP_BEGUN, count_recovery_codes, find_factor, remove_factor, set_factor,
            set_recovery_codes, spend_recovery_code, use_step,
        },
    },
    policy::organisations::organisation_name,
    sign_in::sessions::set_session_factor,
};
use totp_rs::{Builder, Totp};

use crate::{
    Error, RequestContext,
    account::changes::{ProfileChange, doer},
    audit::Event,
    codes::limits::{Counted, Guarded},
    crypto::random::{random_bytes, row_id},
    notifications::messages::Kind,
    services::SecondFactors,
    transaction::Transactions,
};

/// Recovery codes of an account, and their letters: 50 bits.
const RECOVERY_CODES: usize = 10;
const RECOVERY_LENGTH: usize = 10;

/// What My Account shows of the second factor.
#[derive(Debug, Clone)]
pub struct SecondFactorView {
    /// Since when there is one.
    pub since: Option<domain::Micros>,
    pub recovery_codes_left: i64,
    /// One that was begun: its first code is awaited.
    pub begun: Option<Begun>,
}

/// What an authenticator needs to know.
#[derive(Debug, Clone)]
pub struct Begun {
    /// An SVG image of the address.
    pub qr: String,
    /// For typing, in groups of four.
    pub secret: String,
    pub url: String,
}

fn totp(secret: &[u8], issuer: &str, name: &str) -> Result<Totp, Error> {
    // A colon ends the issuer in the address that authenticators read.
    let clean =
        |s: &str| s.chars().filter(|c| *c != ':' && !c.is_control()).take(60).collect::<String>();
    Builder::new()
        .with_secret(secret.to_vec())
        .with_issuer(Some(clean(issuer)))
        .with_account_name(clean(name))
        .build()
        .map_err(|e| Error::Internal(e.to_string()))
}

fn grouped(secret: &str) -> String {
    secret
        .chars()
        .collect::<Vec<_>>()
        .chunks(4)
        .map(|c| c.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The factor of a session in which one was set up. It satisfies the policy; applications are told of one factor until the
/// next sign-in, since whoever set it up showed nothing that was there before.
pub(crate) const SET_UP: &str = "set_up";

impl SecondFactors {
    /// The page's data.
    ///
    /// # Errors
    /// [`Refusal::NotRecent`], [`Refusal::ManagementOff`]: why nothing may be changed here now.
    pub async fn second_factor_view(
        &self,
        ctx: &RequestContext,
    ) -> Result<SecondFactorView, Error> {
        let account = ctx.signed_in()?.account;
        let mut conn = self.store.read().await?;
        let c = &mut conn;
        let since = find_factor(c, account, TOTP).await?.map(|(_, at)| at);
        self.accounts()
            .may_begin_change(c, ctx, AccountChange::SecondFactor { adds: since.is_none() })
            .await?;
        let begun = match find_factor(c, account, TOTP_BEGUN).await? {
            Some((sealed, _)) if since.is_none() => {
                let totp = self.authenticator(c, account, &sealed).await?;
                let url = totp.to_url().map_err(|e| Error::Internal(e.to_string()))?;
                let code = QRBuilder::new(url.as_str())
                    .build()
                    .map_err(|e| Error::Internal(format!("{e:?}")))?;
                Some(Begun {
                    qr: SvgBuilder::default().margin(2).to_str(&code),
                    secret: grouped(&totp.secret().to_base32()),
                    url,
                })
            }
            _ => None,
        };
        Ok(SecondFactorView {
            since,
            recovery_codes_left: count_recovery_codes(c, account).await?,
            begun,
        })
    }

    async fn authenticator(
        &self,
        c: &mut Conn,
        account: AccountId,
        sealed: &str,
    ) -> Result<Totp, Error> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|e| Error::Internal(e.to_string()))?;
        let secret = self
            .keys
            .open_sealed(&purpose(account), &sealed)
            .ok_or_else(|| Error::Internal("a sealed factor does not open".into()))?;
        let name =
            list_emails(c, account).await?.into_iter().next().map(|e| e.typed).unwrap_or_default();
        let issuer = organisation_name(c, self.org).await?;
        totp(&secret, &issuer, if name.is_empty() { "account" } else { &name })
    }

    /// Makes a secret for an authenticator; it counts only after its first code.
    ///
    /// # Errors
    /// As [`crate::SecondFactors::second_factor_view`].
    pub async fn begin_second_factor(&self, ctx: &RequestContext) -> Result<(), Error> {
        let sealed = URL_SAFE_NO_PAD
            .encode(self.keys.seal(&purpose(ctx.signed_in()?.account), &random_bytes::<20>())?);
        self.act(ctx, async move |this, c, ctx| {
            let now = this.now();
            let account = this
                .accounts()
                .may_change(c, &ctx, AccountChange::SecondFactor { adds: true }, now)
                .await?
                .account;
            if find_factor(c, account, TOTP).await?.is_some() {
                return Err(Refusal::AttemptStep.into());
            }
            Ok(set_factor(
                c,
                this.org,
                account,
                CredentialId(row_id(now)),
                TOTP_BEGUN,
                &sealed,
                now,
            )
            .await?)
        })
        .await
    }

    /// The first code of the authenticator: from now on it is asked for. Answers the recovery codes, shown this once.
    ///
    /// # Errors
    /// [`Refusal::CodeWrong`], [`Refusal::RateLimited`]; as [`crate::SecondFactors::second_factor_view`].
    pub async fn add_second_factor(
        &self,
        ctx: &RequestContext,
        typed: &str,
    ) -> Result<Vec<String>, Error> {
        let session = ctx.signed_in()?.clone();
        let counted =
            self.codes().count_try(ctx, Guarded::Factor, Some(session.account), &[]).await?;
        let (codes, hashes) = self.new_recovery_codes(session.account);
        let typed = typed.to_owned();
        self.act(ctx, async move |this, c, ctx| {
            let session = ctx.session()?;
            let (account, now) = (session.account, this.now());
            let allowed = this
                .accounts()
                .may_change(c, &ctx, AccountChange::SecondFactor { adds: true }, now)
                .await?;
            let changing = this.accounts().change(c, account).await?;
            let (sealed, _) =
                find_factor(c, account, TOTP_BEGUN).await?.ok_or(Refusal::AttemptStep)?;
            let step =
                matching(&counted, &this.authenticator(c, account, &sealed).await?, &typed, now)
                    .ok_or(Refusal::CodeWrong)?;
            remove_factor(c, account, TOTP_BEGUN).await?;
            set_factor(c, this.org, account, CredentialId(row_id(now)), TOTP, &sealed, now).await?;
            use_step(c, account, step).await?;
            set_recovery_codes(c, account, &hashes, now).await?;
            set_session_factor(c, &session.hash, SET_UP).await?;
            this.codes().forget_tries(c, Guarded::Factor, account).await?;
            this.sessions().end_everything(c, account, Some(&ctx)).await?;
            this.record(
                c,
                Event::own(&ctx, EventKind::SecondFactorAdded, account).detail(allowed.trace),
            )
            .await?;
            let noted = this
                .accounts()
                .changed(c, changing, Changed::SecondFactor, &doer(&ctx), ProfileChange::default())
                .await?;
            this.notifications()
                .notify(c, account, Kind::SecondFactorNotice, &ctx, "", "", noted.as_ref())
                .await
        })
        .await?;
        Ok(codes)
    }

    /// New recovery codes; the old ones are worth nothing any more.
    ///
    /// # Errors
    /// As [`crate::SecondFactors::second_factor_view`]; [`Refusal::AttemptStep`] without a second factor.
    pub async fn renew_recovery_codes(&self, ctx: &RequestContext) -> Result<Vec<String>, Error> {
        let account = ctx.signed_in()?.account;
        let (codes, hashes) = self.new_recovery_codes(account);
        self.act(ctx, async move |this, c, ctx| {
            let now = this.now();
            let allowed = this
                .accounts()
                .may_change(c, &ctx, AccountChange::SecondFactor { adds: false }, now)
                .await?;
            if find_factor(c, account, TOTP).await?.is_none() {
                return Err(Refusal::AttemptStep.into());
            }
            let changing = this.accounts().change(c, account).await?;
            set_recovery_codes(c, account, &hashes, now).await?;
            this.record(
                c,
                Event::own(&ctx, EventKind::RecoveryCodesRenewed, account).detail(allowed.trace),
            )
            .await?;
            let noted = this
                .accounts()
                .changed(c, changing, Changed::RecoveryCodes, &doer(&ctx), ProfileChange::default())
                .await?;
            this.notifications()
                .notify(c, account, Kind::RecoveryCodesNotice, &ctx, "", "", noted.as_ref())
                .await
        })
        .await?;
        Ok(codes)
    }

    /// Takes the second factor away. The session was confirmed with it just now, or it could not come here.
    ///
    /// # Errors
    /// As [`crate::SecondFactors::second_factor_view`]; [`Refusal::AttemptStep`] without one.
    pub async fn remove_second_factor(&self, ctx: &RequestContext) -> Result<(), Error> {
        self.act(ctx, async move |this, c, ctx| {
            let allowed = this
                .accounts()
                .may_change(c, &ctx, AccountChange::SecondFactor { adds: false }, this.now())
                .await?;
            let changing = this.accounts().change(c, allowed.account).await?;
            if !this.drop_second_factor(c, allowed.account).await? {
                return Err(Refusal::AttemptStep.into());
            }
            this.record(
                c,
                Event::own(&ctx, EventKind::SecondFactorRemoved, allowed.account)
                    .detail(allowed.trace),
            )
            .await?;
            let noted = this
                .accounts()
                .changed(
                    c,
                    changing,
                    Changed::SecondFactorGone,
                    &doer(&ctx),
                    ProfileChange::default(),
                )
                .await?;
            this.notifications()
                .notify(c, allowed.account, Kind::SecondFactorGone, &ctx, "", "", noted.as_ref())
                .await
        })
        .await
    }

    /// An administrator takes a lost second factor away; the account hears of it, and its sessions end.
    ///
    /// # Errors
    /// As [`crate::AdminRights::allowed`]; [`Refusal::NotFound`] without one.
    pub async fn admin_remove_second_factor(
        &self,
        ctx: &RequestContext,
        account: AccountId,
    ) -> Result<(), Error> {
        self.administer(ctx, Right::GovernAccounts, move |this, c, admin| {
            Box::pin(async move {
                let row = find_account(c, this.org, account).await?.ok_or(Refusal::NotFound)?;
                let changing = this.accounts().change(c, account).await?;
                let trace = this
                    .admin_rights()
                    .may_govern(c, &admin, account, row.state(), AdminAction::RemoveSecondFactor)
                    .await?;
                if !this.drop_second_factor(c, account).await? {
                    return Err(Refusal::NotFound.into());
                }
                this.sessions().end_everything(c, account, None).await?;
                this.record(
                    c,
                    admin
                        .event(EventKind::SecondFactorRemoved, Target::Account(account))
                        .detail(trace),
                )
                .await?;
                let noted = this
                    .accounts()
                    .changed(
                        c,
                        changing,
                        Changed::SecondFactorGone,
                        &admin.name(),
                        ProfileChange::default(),
                    )
                    .await?;
                this.notifications()
                    .notify(
                        c,
                        account,
                        Kind::SecondFactorGone,
                        admin.acting(),
                        "",
                        "",
                        noted.as_ref(),
                    )
                    .await
            })
        })
        .await
    }

    /// Factor, begun factor and recovery codes go; `false`: there was no factor.
    pub(crate) async fn drop_second_factor(
        &self,
        c: &mut Conn,
        account: AccountId,
    ) -> Result<bool, Error> {
        remove_factor(c, account, TOTP_BEGUN).await?;
        set_recovery_codes(c, account, &[], self.now()).await?;
        self.codes().forget_tries(c, Guarded::Factor, account).await?;
        Ok(remove_factor(c, account, TOTP).await? > 0)
    }

    /// A code of the account's authenticator, or a recovery code; each opens once. Answers which of them it was.
    /// The try is counted before the code is looked at, in a transaction of its own.
    ///
    /// # Errors
    /// [`Refusal::CodeWrong`], [`Refusal::RateLimited`].
    pub(crate) async fn check_factor(
        &self,
        ctx: &RequestContext,
        account: AccountId,
        typed: &str,
    ) -> Result<&'static str, Error> {
        let recovery = domain::one_time_code::fold(typed);
        if recovery.len() == RECOVERY_LENGTH {
            return self.check_recovery_code(ctx, account, &recovery).await;
        }
        let counted = self.codes().count_try(ctx, Guarded::Factor, Some(account), &[]).await?;
        let (this, typed) = (self.clone(), typed.to_owned());
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    let (sealed, _) =
                        find_factor(c, account, TOTP).await?.ok_or(Refusal::PolicyChanged)?;
                    let step = matching(
                        &counted,
                        &this.authenticator(c, account, &sealed).await?,
                        &typed,
                        this.now(),
                    )
                    .ok_or(Refusal::CodeWrong)?;
                    // A code that was used, and every one before it, is wrong by now.
                    if !use_step(c, account, step).await? {
                        return Err(Refusal::CodeWrong.into());
                    }
                    counted.was_right(c).await
                })
            })
            .await?;
        Ok(TOTP)
    }

    /// A code of an authenticator that the account had before (rule 18); its steps are not kept any more.
    ///
    /// # Errors
    /// [`Refusal::CodeWrong`], [`Refusal::RateLimited`].
    pub(crate) async fn check_kept_factor(
        &self,
        ctx: &RequestContext,
        account: AccountId,
        sealed: &str,
        typed: &str,
    ) -> Result<(), Error> {
        let counted = self.codes().count_try(ctx, Guarded::Factor, Some(account), &[]).await?;
        let mut conn = self.store.read().await?;
        matching(
            &counted,
            &self.authenticator(&mut conn, account, sealed).await?,
            typed,
            self.now(),
        )
        .map(drop)
        .ok_or_else(|| Refusal::CodeWrong.into())
    }

    /// A sealed text under the key of today.
    pub(crate) fn reseal_text(&self, purpose: &str, sealed: &str) -> Result<String, Error> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|e| Error::Internal(e.to_string()))?;
        let secret = self
            .keys
            .open_sealed(purpose, &bytes)
            .ok_or_else(|| Error::Internal("a sealed factor does not open".into()))?;
        Ok(URL_SAFE_NO_PAD.encode(self.keys.seal(purpose, &secret)?))
    }

    async fn check_recovery_code(
        &self,
        ctx: &RequestContext,
        account: AccountId,
        folded: &str,
    ) -> Result<&'static str, Error> {
        let counted =
            self.codes().count_try(ctx, Guarded::RecoveryCode, Some(account), &[]).await?;
        let hash = self.recovery_hash(account, folded);
        let (this, ctx) = (self.clone(), ctx.clone());
        self.store
            .write::<_, Error, _>(move |c| {
                Box::pin(async move {
                    if !counted.opens() || !spend_recovery_code(c, account, &hash).await? {
                        return Err(Refusal::CodeWrong.into());
                    }
                    counted.was_right(c).await?;
                    let left = count_recovery_codes(c, account).await?;
                    this.record(
                        c,
                        Event::own(&ctx, EventKind::RecoveryCodeUsed, account)
                            .detail(json!({"left": left})),
                    )
                    .await?;
                    this.notifications()
                        .notify(c, account, Kind::RecoveryCodeUsed, &ctx, "", "", None)
                        .await
                })
            })
            .await?;
        Ok("recovery")
    }

    /// New recovery codes as the person reads them, and their keyed hashes.
    fn new_recovery_codes(&self, account: AccountId) -> (Vec<String>, Vec<Vec<u8>>) {
        let fresh = || {
            domain::one_time_code::encode(&random_bytes::<16>())
                .chars()
                .take(RECOVERY_LENGTH)
                .collect::<String>()
        };
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| fresh()).collect();
        let hashes = codes
            .iter()
            .map(|code| self.recovery_hash(account, &domain::one_time_code::fold(code)))
            .collect();
        (
            codes
                .iter()
                .map(|code| {
                    format!(
                        "{}-{}",
                        &code.chars().take(5).collect::<String>(),
                        code.chars().skip(5).collect::<String>()
                    )
                })
                .collect(),
            hashes,
        )
    }

    fn recovery_hash(&self, account: AccountId, folded: &str) -> Vec<u8> {
        self.keys.lookup(&[b"recovery-code", &account.0, folded.as_bytes()])
    }
}

pub(crate) fn purpose(account: AccountId) -> String {
    format!("totp-{account}")
}

/// The time step of a code that fits now, or one step before or after, if the counted try may be looked at.
fn matching(counted: &Counted, totp: &Totp, typed: &str, now: domain::Micros) -> Option<i64> {
    fitting(totp, typed, now).filter(|_| counted.opens())
}

fn fitting(totp: &Totp, typed: &str, now: domain::Micros) -> Option<i64> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let seconds = u64::try_from(now / SECOND).ok()?;
    totp.check(&digits, seconds).and_then(|step| i64::try_from(step).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of RFC 6238, appendix B, cut to six digits.
    #[test]
    fn codes_are_those_of_rfc_6238_and_fit_one_step_around() {
        let totp = totp(b"12345678901234567890", "Ligature: Demo", "a:b@example.test").unwrap();
        for (at, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            let step = at / 30;
            assert_eq!(fitting(&totp, code, at * SECOND), Some(step));
            assert_eq!(
                fitting(&totp, &format!("{} {}", &code[..3], &code[3..]), (at + 30) * SECOND),
                Some(step),
                "one step late, with a space"
            );
            assert_eq!(fitting(&totp, code, (at + 61) * SECOND), None);
        }
        assert!(totp.to_url().unwrap().starts_with("otpauth://totp/Ligature%20Demo:ab%40example.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"));
        assert_eq!(fitting(&totp, "", 0), None);
    }
}
