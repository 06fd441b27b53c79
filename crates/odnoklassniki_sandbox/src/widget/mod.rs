//! Widget addresses: what a request says, and how its answer is told.

pub(crate) mod answer;
pub(crate) mod request;
