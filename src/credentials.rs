//! [`AppCredentials`]: who the game is, and what signs its requests.

use std::sync::Arc;

use bevy_ecs::resource::Resource;
use odnoklassniki::{AccessToken, ApplicationId, SessionSecretKey, Signer};

use crate::request::{OkError, OkErrorKind};

/// The application's id and public key from its settings on OK, and what signs its requests.
///
/// It is given to [`OdnoklassnikiPlugin::new`](crate::OdnoklassnikiPlugin::new) and lives on as a resource; a game may
/// replace the resource at any time, requests that are pending keep the signer they began with. A wrong id is no panic:
/// each request then fails with [`OkErrorKind::NotConfigured`].
///
/// The application's *secret* key has no place here: what is shipped inside a game is public.
///
/// ```
/// use bevy_odnoklassniki::AppCredentials;
/// use bevy_odnoklassniki::protocol::{AccessToken, SessionSecretKey};
///
/// let credentials = AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA")
///     .with_session(AccessToken::new("tkn1…"), SessionSecretKey::new("6d0b9c…"));
/// assert!(credentials.check().is_ok());
/// assert!(!format!("{credentials:?}").contains("6d0b9c"));
/// ```
#[derive(Resource, Clone, Debug)]
pub struct AppCredentials {
    app_id: String,
    public_key: String,
    signer: Option<Arc<Signer>>,
}

impl AppCredentials {
    /// Takes the application id (decimal digits) and the public key (`application_key` of OK's REST interface).
    ///
    /// Nothing is checked here; see [`check`](Self::check).
    #[must_use]
    pub fn new(app_id: impl Into<String>, public_key: impl Into<String>) -> Self {
        Self { app_id: app_id.into(), public_key: public_key.into(), signer: None }
    }

    /// Signs with a player's session, as OAuth's token flow or a backend delivered it.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    ///
    /// let credentials = AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA")
    ///     .with_session(AccessToken::new("token"), SessionSecretKey::new("secret"));
    /// assert_eq!(credentials.public_key(), "CBAPUBLICKEYBABABA");
    /// ```
    #[must_use]
    pub fn with_session(self, access_token: AccessToken, session_secret_key: SessionSecretKey) -> Self {
        self.with_signer(Signer::session(access_token, session_secret_key))
    }

    /// Signs with anything that can sign, such as the game's own backend.
    ///
    /// ```
    /// # use bevy_odnoklassniki::AppCredentials;
    /// use bevy_odnoklassniki::protocol::{BackendSignature, Signer, SigningBackend, SigningError, SigningRequest};
    ///
    /// struct Backend;
    /// impl SigningBackend for Backend {
    ///     fn sign(&self, request: &SigningRequest<'_>) -> Result<BackendSignature, SigningError> {
    ///         // Send request.kind() and request.fields() to the game's server; this may block.
    ///         # let _ = request;
    ///         Err(SigningError::Unavailable("no server in this example".into()))
    ///     }
    /// }
    /// let credentials = AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA").with_signer(Signer::backend(Backend));
    /// # let _ = credentials;
    /// ```
    #[must_use]
    pub fn with_signer(mut self, signer: Signer) -> Self {
        self.signer = Some(Arc::new(signer));
        self
    }

    /// The application id, as it was given.
    ///
    /// ```
    /// use bevy_odnoklassniki::AppCredentials;
    /// assert_eq!(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA").app_id(), "512000123456");
    /// ```
    #[must_use]
    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// The application's public key.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.public_key
    }

    /// What signs the requests, if anything does.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::protocol::SignerKind;
    ///
    /// let credentials = AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA");
    /// assert!(credentials.signer().is_none());
    /// let credentials = credentials.with_session(AccessToken::new("token"), SessionSecretKey::new("secret"));
    /// assert_eq!(credentials.signer().map(|signer| signer.kind()), Some(SignerKind::Session));
    /// ```
    #[must_use]
    pub fn signer(&self) -> Option<&Signer> {
        self.signer.as_deref()
    }

    /// Whether requests can be signed with these credentials.
    ///
    /// # Errors
    ///
    /// [`OkErrorKind::NotConfigured`] for an id that is no number or an empty public key,
    /// [`OkErrorKind::NotLoggedIn`] when there is no session and no other signer.
    ///
    /// ```
    /// use bevy_odnoklassniki::{AppCredentials, OkErrorKind};
    ///
    /// let error = AppCredentials::new("my game", "CBAPUBLICKEYBABABA").check().unwrap_err();
    /// assert_eq!(error.kind(), OkErrorKind::NotConfigured);
    /// ```
    pub fn check(&self) -> Result<(), OkError> {
        self.signing().map(drop)
    }

    pub(crate) fn signing(&self) -> Result<(ApplicationId, &Arc<Signer>), OkError> {
        let app_id = self
            .app_id
            .parse()
            .map_err(|error| OkError::new(OkErrorKind::NotConfigured, format!("AppCredentials: {error}")))?;
        if self.public_key.trim().is_empty() {
            return Err(OkError::new(OkErrorKind::NotConfigured, "AppCredentials: the public key is empty"));
        }
        let signer = self
            .signer
            .as_ref()
            .ok_or_else(|| OkError::new(OkErrorKind::NotLoggedIn, "there is no session to sign the request with"))?;
        Ok((app_id, signer))
    }
}
