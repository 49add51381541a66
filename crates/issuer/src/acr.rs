//! How strong a sign-in was, as tokens say it (`acr`).

/// The assurance of a sign-in with one factor, and with two (OpenID Connect Core §2, `acr`).
pub const ACR_ONE_FACTOR: &str = "urn:ligature:acr:one-factor";
pub const ACR_TWO_FACTORS: &str = "urn:ligature:acr:two-factors";
