//! "This wasn't me": the links of notices take a change back and end every session.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    AccountId, DAY, Facts, LinkId, Micros, Outcome, Refusal,
    address::masked,
    decide,
    facts::{Intent, Undo, Undone},
};
use serde::{Deserialize, Serialize};
use storage::{
    Conn,
    accounts::{bump_rev, find_account, find_password, is_email_taken, list_emails, own_email, remove_email, remove_password, set_closing, set_primary_email},
    links::{bar_link, find_link, find_released, list_links, release_link, restore_link},
    merges::{Moved, find_merge},
    passkeys::{list_passkeys, remove_passkey},
    undo::{add_undo, find_undo, list_undos, spend_undo},
};

use crate::{
    Caller, Fault, Ligature, Visitor,
    audit::Event,
    chance::{hash, token},
    email_change::RESERVED,
    profile::Before,
};

/// A change, as its undo row keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(crate) enum Undoable {
    Email {
        old: String,
        new: String,
    },
    Link {
        link: LinkId,
        /// The profile as it was before the identity filled it.
        #[serde(default)]
        before: Vec<Before>,
    },
    Unlink {
        link: LinkId,
    },
    Password,
    SecondFactor,
    Passkey {
        id: Vec<u8>,
    },
    Phone {
        number: String,
        /// The number that the account had before.
        old: Option<String>,
    },
    Delete,
    Merge {
        merge: [u8; 16],
    },
}

impl Undoable {
    /// How long it can be taken back: as long as what would come back is kept.
    fn life(&self) -> Micros {
        match self {
            Self::Email { .. } => RESERVED,
            Self::Link { .. } | Self::Unlink { .. } | Self::Password | Self::SecondFactor | Self::Passkey { .. } | Self::Phone { .. } | Self::Delete | Self::Merge { .. } => 14 * DAY,
        }
    }

    fn what(&self) -> Undone {
        match self {
            Self::Email { .. } => Undone::Email,
            Self::Link { .. } => Undone::Link,
            Self::Unlink { .. } => Undone::Unlink,
            Self::Password => Undone::Password,
            Self::SecondFactor => Undone::SecondFactor,
            Self::Passkey { .. } => Undone::Passkey,
            Self::Phone { .. } => Undone::Phone,
            Self::Delete => Undone::Delete,
            Self::Merge { .. } => Undone::Merge,
        }
    }
}

/// What the page of a link says.
#[derive(Debug, Clone)]
pub struct UndoView {
    pub what: Undone,
    /// The new address, masked, or the provider's name.
    pub about: String,
    pub at: Micros,
}

impl Ligature {
    /// The address of the page that takes a change back; the secret is only in the mail.
    pub(crate) async fn undo_url(&self, c: &mut Conn, account: AccountId, what: &Undoable) -> Result<String, Fault> {
        let (secret, now) = (token(), self.now());
        let row = storage::undo::Undo { account_id: account, what: serde_json::to_string(what)?, created_at: now, expires_at: now + what.life() };
        add_undo(c, self.org, &hash(&secret), &row).await?;
        Ok(format!("{}/undo/{secret}", self.settings.public_url))
    }

    /// What a link would take back. Looking at it changes nothing: mail scanners follow links.
    ///
    /// # Errors
    /// [`Refusal::UndoOver`].
    pub async fn undo_view(&self, secret: &str) -> Result<UndoView, Fault> {
        let mut conn = self.store.read().await?;
        let row = self.undo_row(&mut conn, &key_of(secret)?).await?;
        self.shown_undo(&mut conn, &row).await
    }

    /// What of the caller's own account can be taken back, with the id to say which.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`].
    pub async fn own_undos(&self, visitor: &Visitor) -> Result<Vec<(String, UndoView)>, Fault> {
        let account = Self::caller(visitor)?.account;
        let mut conn = self.store.read().await?;
        let mut all = Vec::new();
        for (hash, row) in list_undos(&mut conn, account, self.now()).await? {
            all.push((URL_SAFE_NO_PAD.encode(&hash), self.shown_undo(&mut conn, &row).await?));
        }
        Ok(all)
    }

    async fn shown_undo(&self, c: &mut Conn, row: &storage::undo::Undo) -> Result<UndoView, Fault> {
        let what: Undoable = serde_json::from_str(&row.what)?;
        let about = match &what {
            Undoable::Email { new, .. } => masked(new),
            Undoable::Link { link, .. } | Undoable::Unlink { link } => self.provider_of(c, row.account_id, *link).await?,
            Undoable::Phone { number, .. } => domain::contact::masked(number),
            Undoable::Password | Undoable::SecondFactor | Undoable::Passkey { .. } | Undoable::Delete | Undoable::Merge { .. } => String::new(),
        };
        Ok(UndoView { what: what.what(), about, at: row.created_at })
    }

    async fn undo_row(&self, c: &mut Conn, key: &[u8]) -> Result<storage::undo::Undo, Fault> {
        find_undo(c, self.org, key, self.now()).await?.ok_or_else(|| Refusal::UndoOver.into())
    }

    async fn provider_of(&self, c: &mut Conn, account: AccountId, link: LinkId) -> Result<String, Fault> {
        let active = list_links(c, account).await?.into_iter().find(|l| l.id == link);
        let row = match active {
            Some(row) => Some(row),
            None => find_released(c, account, link).await?,
        };
        let ground = self.ground(c, None).await?;
        Ok(row.and_then(|l| ground.provider(l.provider_id).map(|p| p.name.clone())).unwrap_or_default())
    }

    /// Takes the change of a notice's link back, ends every session of the account and every open attempt that its
    /// mailbox could finish.
    ///
    /// # Errors
    /// [`Refusal::UndoOver`], [`Refusal::EmailTaken`], [`Refusal::AlreadyInUse`], [`Refusal::LastMethod`].
    pub async fn undo(&self, secret: &str) -> Result<Undone, Fault> {
        self.take_back(key_of(secret)?, None).await
    }

    /// The same in My Account, by the id of [`Ligature::own_undos`].
    ///
    /// # Errors
    /// As [`Ligature::undo`]; [`Refusal::NotRecent`]; [`Refusal::UndoOver`] for foreign and unknown ids alike.
    pub async fn undo_own(&self, visitor: &Visitor, id: &str) -> Result<Undone, Fault> {
        let caller = Self::caller(visitor)?.clone();
        let key = URL_SAFE_NO_PAD.decode(id).map_err(|_| Refusal::UndoOver)?;
        self.take_back(key, Some(caller)).await
    }

    async fn take_back(&self, key: Vec<u8>, caller: Option<Caller>) -> Result<Undone, Fault> {
        let mut rounds = 0;
        loop {
            let (this, key, caller) = (self.clone(), key.clone(), caller.clone());
            match self.store.write(move |c| Box::pin(async move { this.undo_in(c, &key, caller.as_ref()).await })).await {
                Err(fault) if fault.is_race() && rounds < 3 => rounds += 1,
                other => return other,
            }
        }
    }

    async fn undo_in(&self, c: &mut Conn, key: &[u8], caller: Option<&Caller>) -> Result<Undone, Fault> {
        let undo = self.undo_row(c, key).await?;
        if caller.is_some_and(|caller| caller.account != undo.account_id) {
            return Err(Refusal::UndoOver.into());
        }
        let what: Undoable = serde_json::from_str(&undo.what)?;
        if !spend_undo(c, key).await? {
            return Err(Refusal::UndoOver.into());
        }
        let id = undo.account_id;
        let account = find_account(c, self.org, id).await?.ok_or(Refusal::UndoOver)?;
        bump_rev(c, id, account.rev).await?;
        let elsewhere = match &what {
            Undoable::Email { old, .. } => is_email_taken(c, self.org, old, id, self.now()).await?,
            Undoable::Unlink { link } => match find_released(c, id, *link).await? {
                Some(row) => find_link(c, self.org, &row.namespace, &row.subject).await?.is_some(),
                None => false,
            },
            Undoable::Link { .. } | Undoable::Password | Undoable::SecondFactor | Undoable::Passkey { .. } | Undoable::Phone { .. } | Undoable::Delete | Undoable::Merge { .. } => false,
        };
        let policy = self.ground(c, None).await?.policy(None);
        let recent = caller.is_none_or(|caller| Self::recent(caller, self.now(), &policy));
        let undo = Undo { account: id, state: account.state(), what: what.what(), elsewhere, ways_left: self.ways_left(c, id, &what).await?, recent };
        let decision = decide(&Facts::local(Intent::Undo(undo), None), &policy);
        if let Outcome::Refuse { refusal } = decision.outcome {
            return Err(refusal.into());
        }
        match &what {
            Undoable::Email { old, new } => {
                remove_email(c, id, new).await?;
                own_email(c, id, old).await?;
                set_primary_email(c, id, old, None).await?;
            }
            Undoable::Link { link, before } => {
                let ground = self.ground(c, None).await?;
                let row = list_links(c, id).await?.into_iter().find(|l| l.id == *link);
                if let Some(provider) = row.and_then(|l| ground.provider(l.provider_id)) {
                    self.give_back(c, id, &provider.key, before).await?;
                }
                release_link(c, id, *link, self.now()).await?;
                bar_link(c, id, *link).await?;
            }
            Undoable::Unlink { link } => {
                restore_link(c, id, *link).await?;
            }
            Undoable::Password => {
                remove_password(c, id).await?;
            }
            Undoable::SecondFactor => {
                self.drop_second_factor(c, id).await?;
            }
            Undoable::Passkey { id: passkey } => {
                remove_passkey(c, id, passkey).await?;
            }
            Undoable::Phone { number, old } => self.give_phone_back(c, id, number, old.as_deref()).await?,
            Undoable::Delete => set_closing(c, id, None).await?,
            Undoable::Merge { merge } => self.unmerge(c, *merge).await?,
        }
        self.end_everything(c, id, None).await?;
        let detail = serde_json::json!({"what": what.what(), "reasons": decision.reasons, "policy_version": decision.policy_version});
        self.record(c, Event::new("account.undone").account(id).detail(detail)).await?;
        Ok(what.what())
    }

    /// Ways in that would be left: usable identities, a password, and a mailbox that can set a new one.
    async fn ways_left(&self, c: &mut Conn, id: AccountId, what: &Undoable) -> Result<u32, Fault> {
        let moved: Moved = match what {
            Undoable::Merge { merge } => find_merge(c, storage::Key(*merge)).await?.and_then(|m| serde_json::from_str(&m.moved).ok()).unwrap_or_default(),
            _ => Moved::default(),
        };
        let links = list_links(c, id).await?;
        let going = |l: &storage::links::Link| matches!(what, Undoable::Link { link, .. } if *link == l.id) || moved.links.contains(&l.id.0);
        let mut left = links.iter().filter(|l| !going(l)).count();
        left += usize::from(*what != Undoable::Password && moved.credentials.is_empty() && find_password(c, id).await?.is_some());
        let going = |key: &Vec<u8>| matches!(what, Undoable::Passkey { id } if id == key) || moved.passkeys.contains(key);
        left += list_passkeys(c, id).await?.iter().filter(|k| !going(&k.id)).count();
        left += usize::from(list_emails(c, id).await?.iter().any(|e| e.owner && !moved.emails.iter().any(|m| m.canonical == e.canonical) && !moved.owned.contains(&e.canonical)));
        Ok(u32::try_from(left).unwrap_or(u32::MAX))
    }
}

/// The key of a secret's row.
fn key_of(secret: &str) -> Result<Vec<u8>, Refusal> {
    if secret.len() > 64 { Err(Refusal::UndoOver) } else { Ok(hash(secret)) }
}
