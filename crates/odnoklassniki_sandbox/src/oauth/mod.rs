//! The login (docs/protocol.md, section 7): requests, dialog, responses, and the tokens that it
//! issues.

pub(crate) mod dialog;
pub(crate) mod page_error;
pub(crate) mod redirect_uri;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod scopes;
pub(crate) mod token_endpoint;
pub(crate) mod tokens;
pub(crate) mod types;
