//! Signing a player in (docs/protocol.md, section 7): what is asked, what is answered, and what was
//! given out.

pub(crate) mod answer;
pub(crate) mod desk;
pub(crate) mod exchange;
pub(crate) mod ledger;
pub(crate) mod redirect;
pub(crate) mod request;
pub(crate) mod rights;
