//! The widgets: requests, the pages that wait for a button, responses.

pub(crate) mod dialog;
pub(crate) mod request;
pub(crate) mod response;
