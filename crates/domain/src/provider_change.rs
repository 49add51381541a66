//! Whether a provider may be saved as it is: its word counts for every identity that is linked to it, so whoever can
//! change where that word comes from can become those people (threat rules 15 and 16).
use std::collections::BTreeSet;

use crate::policy::Belief;

/// What of a provider would change, read in the transaction that saves it.
#[derive(Debug, Clone, Default)]
pub struct ProviderChange {
    /// Where its word comes from changes, or it is new under its key and namespace.
    pub source: bool,
    /// Identities that would be left behind, since their namespace would not be its own any more; those that can be taken
    /// back count too.
    pub left_behind: i64,
    /// Identities that it would speak for, in every organisation that takes it.
    pub links: i64,
    /// It is offered to other organisations.
    pub offered: bool,
    /// What is believed of it now, and what would be; the effective policy over every application.
    pub believed: BTreeSet<Belief>,
    pub would_be: BTreeSet<Belief>,
    /// A stored secret would go to an address that is another one than when it was typed.
    pub secret_travels: bool,
    pub by: SavedBy,
}

/// Who saves a provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SavedBy {
    /// Whoever has the master key, on the command line.
    Operator,
    /// Somebody who may say whose word counts; `confirmed`: the number of identities that they were shown.
    Owner { confirmed: Option<i64> },
    /// Somebody with the provider role alone.
    #[default]
    Delegate,
}

/// Why a provider is not saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSaved {
    /// Another namespace is another provider: identities are moved on purpose, never by an edit.
    Namespace,
    /// Only an owner says what is believed.
    Belief,
    /// Only an owner says where it is asked.
    Source,
    /// An owner has to say that they mean it, for so many linked identities.
    Unconfirmed(i64),
    /// The secret has to be typed again.
    Secret,
}

/// Decides on the change.
///
/// # Errors
/// [`NotSaved`].
pub fn may_save(change: &ProviderChange) -> Result<(), NotSaved> {
    if change.left_behind > 0 {
        return Err(NotSaved::Namespace);
    }
    match change.by {
        SavedBy::Delegate if !change.would_be.is_subset(&change.believed) => {
            return Err(NotSaved::Belief);
        }
        SavedBy::Delegate
            if change.source
                && (change.links > 0 || change.offered || !change.believed.is_empty()) =>
        {
            return Err(NotSaved::Source);
        }
        SavedBy::Owner { confirmed }
            if change.source && change.links > 0 && confirmed != Some(change.links) =>
        {
            return Err(NotSaved::Unconfirmed(change.links));
        }
        SavedBy::Delegate | SavedBy::Owner { .. } | SavedBy::Operator => {}
    }
    if change.secret_travels { Err(NotSaved::Secret) } else { Ok(()) }
}

/// Why a provider is not deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotDeleted {
    /// So many identities are linked by it, or can still be taken back: switched off it keeps them.
    Linked(i64),
    /// So many other organisations use it.
    Adopted(i64),
}

/// Decides whether a provider may be deleted. Nobody loses a way to sign in by it.
///
/// # Errors
/// [`NotDeleted`].
pub fn may_delete(links: i64, adopters: i64) -> Result<(), NotDeleted> {
    if links > 0 {
        Err(NotDeleted::Linked(links))
    } else if adopters > 0 {
        Err(NotDeleted::Adopted(adopters))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(confirmed: Option<i64>) -> SavedBy {
        SavedBy::Owner { confirmed }
    }

    #[test]
    fn dl_01_a_delegate_changes_the_source_only_of_what_speaks_for_nobody() {
        let fresh = ProviderChange { source: true, ..ProviderChange::default() };
        assert_eq!(may_save(&fresh), Ok(()));
        for change in [
            ProviderChange { links: 1, ..fresh.clone() },
            ProviderChange { offered: true, ..fresh.clone() },
            ProviderChange { believed: [Belief::VerifiedFlag].into(), ..fresh.clone() },
        ] {
            assert_eq!(may_save(&change), Err(NotSaved::Source));
            // What is no source is theirs.
            assert_eq!(may_save(&ProviderChange { source: false, ..change }), Ok(()));
        }
    }

    #[test]
    fn dl_01_an_owner_confirms_the_very_number_of_linked_identities() {
        let change =
            |by| ProviderChange { source: true, links: 3, by, ..ProviderChange::default() };
        assert_eq!(may_save(&change(owner(None))), Err(NotSaved::Unconfirmed(3)));
        assert_eq!(may_save(&change(owner(Some(2)))), Err(NotSaved::Unconfirmed(3)));
        assert_eq!(may_save(&change(owner(Some(3)))), Ok(()));
        assert_eq!(may_save(&ProviderChange { source: false, ..change(owner(None)) }), Ok(()));
        assert_eq!(may_save(&change(SavedBy::Operator)), Ok(()));
    }

    /// Its people would be nobody's, or somebody else's: not even the operator does that by an edit.
    #[test]
    fn dl_01_nobody_takes_a_provider_out_of_the_namespace_of_linked_identities() {
        for by in [owner(Some(1)), SavedBy::Delegate, SavedBy::Operator] {
            let change = ProviderChange { source: true, by, ..ProviderChange::default() };
            assert_eq!(may_save(&change), Ok(()));
            let left = ProviderChange { left_behind: 1, ..change };
            assert_eq!(may_save(&left), Err(NotSaved::Namespace));
        }
    }

    #[test]
    fn nobody_loses_a_way_in_by_a_deletion() {
        assert_eq!(may_delete(0, 0), Ok(()));
        assert_eq!(may_delete(2, 1), Err(NotDeleted::Linked(2)));
        assert_eq!(may_delete(0, 1), Err(NotDeleted::Adopted(1)));
    }

    #[test]
    fn dl_02_a_secret_is_typed_again_by_everybody() {
        for by in [owner(Some(0)), SavedBy::Delegate, SavedBy::Operator] {
            assert_eq!(
                may_save(&ProviderChange {
                    source: true,
                    secret_travels: true,
                    by,
                    ..ProviderChange::default()
                }),
                Err(NotSaved::Secret)
            );
        }
    }

    #[test]
    fn dl_03_a_delegate_never_gains_belief_and_may_let_it_go() {
        let domain = Belief::Domain("corp.test".into());
        let change = |now: &[Belief], then: &[Belief], by| ProviderChange {
            believed: now.iter().cloned().collect(),
            would_be: then.iter().cloned().collect(),
            by,
            ..ProviderChange::default()
        };
        assert_eq!(
            may_save(&change(&[], std::slice::from_ref(&domain), SavedBy::Delegate)),
            Err(NotSaved::Belief)
        );
        assert_eq!(
            may_save(&change(std::slice::from_ref(&domain), &[], SavedBy::Delegate)),
            Ok(())
        );
        assert_eq!(
            may_save(&change(
                &[Belief::VerifiedFlag],
                std::slice::from_ref(&domain),
                SavedBy::Delegate
            )),
            Err(NotSaved::Belief)
        );
        assert_eq!(may_save(&change(&[], std::slice::from_ref(&domain), owner(None))), Ok(()));
    }
}
