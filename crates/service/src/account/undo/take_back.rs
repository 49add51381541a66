//! The rewind for good: ways go and come back as the rewind answers.
use super::open::{Open, undone};
use crate::{
    Error, RequestContext,
    account::{changes::ways_of, second_factor::purpose},
    codes::limits::Guarded,
    crypto::random::row_id,
    notifications::messages::Kind,
    services::Rewinds,
};
use domain::{
    EventKind, Refusal,
    account_rules::{
        rewind::{Changed, Rewind, Span, Way},
        undo::{UndoBy, UndoStep},
    },
};
use std::collections::BTreeSet;
use storage::{
    Conn,
    accounts::{
        access::{AccessRow, list_ways, remove_way, restore_way},
        attributes::find_phone_owner,
        is_email_taken,
        journal::{remove_rewind, set_rewound},
        links::{bar_link, find_link, find_released},
        list_emails, remove_email,
        second_factors::{TOTP, TOTP_BEGUN, remove_factor},
        set_primary_email,
    },
};

impl Rewinds {
    /// The rewind for good. `shown`: the credential from before that was shown; without one its time has come.
    pub(super) async fn take_back<S>(
        &self,
        c: &mut Conn,
        ctx: &RequestContext<S>,
        open: Open,
        span: Span,
        shown: Option<&Way>,
    ) -> Result<(), Error> {
        let id = open.account.id;
        let by = if shown.is_some() { UndoBy::Credential } else { UndoBy::Waited };
        let what = open.entries.iter().find(|e| e.change.rev == span.first).map(|e| e.change.kind);
        self.accounts().change(c, id).await?;
        let answer = open.answer(span);
        if shown.is_some_and(|way| !answer.after.contains(way)) {
            return Err(Refusal::UndoCredential.into());
        }
        let decision = self.decide_undo(c, &open, &answer, UndoStep::Finish, by).await?;
        self.follow(c, ctx, &open, &answer).await?;
        for entry in open.entries.iter().rev().filter(|e| answer.changes.contains(&e.change.rev)) {
            self.accounts()
                .give_back(c, id, &entry.profile.provider, &entry.profile.before)
                .await?;
        }
        remove_factor(c, id, TOTP_BEGUN).await?;
        remove_rewind(c, id).await?;
        self.codes().forget_tries(c, Guarded::Password, id).await?;
        self.sessions().end_everything(c, id, None).await?;
        let event = undone(ctx, by, EventKind::AccountUndone, &open, &decision);
        self.record(c, event.code(what.map(Changed::name).unwrap_or_default())).await?;
        self.notifications().notify(c, id, Kind::UndoDone, ctx, "", "", None).await
    }

    /// Does what an answer says.
    pub(super) async fn follow<S>(
        &self,
        c: &mut Conn,
        ctx: &RequestContext<S>,
        open: &Open,
        answer: &Rewind,
    ) -> Result<(), Error> {
        let (id, now) = (open.account.id, self.now());
        for way in &answer.remove {
            remove_way(c, id, way, now, None).await?;
        }
        self.put_back(c, open, &answer.brought.difference(&open.now).cloned().collect()).await?;
        for merge in &answer.unmerge {
            self.merges().unmerge(c, ctx, *merge).await?;
        }
        let there = ways_of(&list_ways(c, id).await?);
        self.put_back(c, open, &answer.after.difference(&there).cloned().collect()).await?;
        for way in &answer.disown {
            match way {
                Way::Identity { link } => bar_link(c, id, *link).await?,
                Way::Address { canonical, .. } => remove_email(c, id, canonical).await?,
                Way::Primary { .. }
                | Way::Password { .. }
                | Way::Factor { .. }
                | Way::RecoveryCodes { .. }
                | Way::Passkey { .. }
                | Way::Phone { .. }
                | Way::Merged { .. }
                | Way::Deletion => {}
            }
        }
        for way in &answer.after {
            if let Way::Primary { canonical } = way
                && list_emails(c, id).await?.iter().any(|e| e.canonical == *canonical)
            {
                set_primary_email(c, id, canonical, None).await?;
            }
        }
        Ok(set_rewound(c, id, &answer.changes).await?)
    }

    /// Puts ways back from the rows that the journal kept, where they belong to nobody else by now.
    pub(super) async fn put_back(
        &self,
        c: &mut Conn,
        open: &Open,
        ways: &BTreeSet<Way>,
    ) -> Result<(), Error> {
        let (id, now) = (open.account.id, self.now());
        for way in ways {
            let Some(row) =
                open.row(way).filter(|_| !matches!(way, Way::Primary { .. } | Way::Merged { .. }))
            else {
                continue;
            };
            let free = match row {
                AccessRow::Email { canonical, .. } => {
                    !is_email_taken(c, self.org, canonical, id, now).await?
                }
                AccessRow::Phone { number, .. } => {
                    find_phone_owner(c, self.org, number).await?.is_none()
                }
                AccessRow::Link { id: link } => match find_released(c, id, *link).await? {
                    Some(released) => {
                        find_link(c, self.org, &released.namespace, &released.subject, "")
                            .await?
                            .is_none()
                    }
                    None => false,
                },
                AccessRow::Credential { .. }
                | AccessRow::RecoveryCodes { .. }
                | AccessRow::Passkey { .. }
                | AccessRow::Merge { .. }
                | AccessRow::Deletion => true,
            };
            // A sealed secret is sealed anew: the key of its time may be on its way out.
            let fresh = match row {
                AccessRow::Credential { id: credential, kind, secret, created_at, used_step }
                    if kind == TOTP =>
                {
                    let secret = self.second_factors().reseal_text(&purpose(id), secret)?;
                    AccessRow::Credential {
                        id: *credential,
                        kind: kind.clone(),
                        secret,
                        created_at: *created_at,
                        used_step: *used_step,
                    }
                }
                other => other.clone(),
            };
            restore_way(c, self.org, id, &fresh, free, row_id(now), now).await?;
        }
        Ok(())
    }
}
