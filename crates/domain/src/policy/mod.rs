//! The linking policy as data: documents per scope, how scopes merge, and the presets.
mod attribute;
mod belief;
mod check;
mod choices;
mod effective;
mod evidence;
mod fields;
mod lint;
mod presets;
mod rules;
mod second_factor;
mod second_factor_demand;

pub use attribute::{AttributeUse, Fold, ProfileAttribute};
pub use belief::Belief;
pub use check::{Problem, Remedy};
pub use choices::{
    AbandonAudit, AfterAdd, Agreement, Alphabet, CodeRecipient, Disclosure, DistinctBy,
    EmailChange, Field, MailEvent, MailMatrix, Mapping, Merge, NoMatch, Notify, Offer, OnUnlink,
    PasswordAdd, Pin, ProofMethod, Requires, SoleProvider, Sync, UnverifiedTarget,
};
pub use effective::{Effective, Kind, explain};
pub use evidence::{Claim, Evidence, Word};
pub use fields::{
    ChoiceFields, Choices, Document, FloorFields, Floors, PermitFields, Permits, Policy,
};
pub use lint::{Danger, DangerName, Exposes, lint};
pub use presets::{PRESETS, deviations, preset, preset_text};
pub use rules::{Match, OnMultipleMatches, OnSingleMatch, Rule};
pub use second_factor::{FactorState, Owes, SecondFactor};
