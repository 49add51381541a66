//! Rules about one account: what its owner, or whoever says to be, may do to it.
pub mod rewind;
