//! Applications sign people in through us: their registration, requests, tokens, and how they hear of a sign-out.

mod address;
pub(crate) mod address_wanted;
mod applications;
mod authorize;
mod claims;
mod consent;
pub(crate) mod consent_wanted;
mod device;
mod dpop;
pub(crate) mod error_redirect;
mod forward_auth;
mod gate;
mod logout;
mod register;
pub(crate) mod registered;
pub(crate) mod token_endpoint;
mod token_problem;
mod tokens;

pub use address::AddressView;
pub use applications::{ApplicationForm, ApplicationView};
pub use authorize::{Authorized, Granted};
pub use claims::Standing;
pub use consent::{AccessRow, ConsentView, Next, ToldLine};
pub use device::{DeviceAsked, DeviceView};
pub use dpop::{Scheme, Shown};
pub use error_redirect::{PostedReply, REPLY};
pub use forward_auth::{ForwardDone, ForwardPerson, ForwardStart, GuardedHost};
pub use issuer::{
    Algorithm, Brand, Grant, Kind as ApplicationKind, Line, ReplyTo,
    Settings as ApplicationSettings,
};
pub use logout::{LogoutAsked, Out};
pub use register::{RegisterProblem, RegistrationTokenView};
pub use token_problem::TokenProblem;
