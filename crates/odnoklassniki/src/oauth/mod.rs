//! Logging a player in: the authorize URL, the response, and the exchange of a code.
//!
//! | flow | used by | where the response is |
//! | --- | --- | --- |
//! | [`ResponseType::Token`] | a game without a server | the fragment of the redirect URI ([`AuthorizationResponse`]) |
//! | [`ResponseType::Code`] | a game with a server, which exchanges the code ([`TokenRequest`]) | its query |
//!
//! Sources: <https://apiok.ru/en/ext/oauth/client>, <https://apiok.ru/en/ext/oauth/server>, RFC
//! 6749; `docs/protocol.md`, 7.
//!
//! ```
//! use odnoklassniki::oauth::*;
//! use odnoklassniki::{ApplicationId, Hosts};
//!
//! let request = AuthorizeRequest {
//!     client_id: ApplicationId::new(512_000_123_456),
//!     response_type: ResponseType::Token,
//!     scopes: &[Scope::VALUABLE_ACCESS],
//!     layout: Layout::Full,
//!     redirect_uri: "http://127.0.0.1:17811/login",
//!     state: "9f86d081884c7d659a2feaa0c55ad015",
//! };
//! let url = request.url(&Hosts::default())?;
//! assert!(url.expose().starts_with("https://connect.ok.ru/oauth/authorize?client_id=512000123456&"));
//! # Ok::<(), odnoklassniki::FieldError>(())
//! ```

mod authorize;
mod error;
mod expires_in;
mod response;
mod scope;
mod token;

pub use authorize::{AuthorizeRequest, AuthorizeUrl, Layout, ResponseType};
pub use error::{OAuthError, OAuthErrorCode};
pub use expires_in::ExpiresIn;
pub use response::{AuthorizationResponse, Authorized, TokenGrant};
pub use scope::Scope;
pub use token::{TokenError, TokenRequest, TokenResponse};
