//! [`AppCredentials`]: who the game is, and what signs its requests in place of the player's session.

use std::sync::Arc;

use bevy_ecs::resource::Resource;
use odnoklassniki::{ApplicationId, Signer};

use crate::error::{RequestError, RequestErrorKind};

/// The application's id and public key from its settings on OK. Requests are signed with the
/// player's session ([`OkSession`](crate::OkSession)), or with what
/// [`with_signer`](Self::with_signer) is given.
///
/// It is given to [`OdnoklassnikiPlugin::new`](crate::OdnoklassnikiPlugin::new) and lives on as a
/// resource; a game may replace the resource at any time, requests that are pending keep the signer
/// they began with. A wrong id is no panic: each request then fails with
/// [`RequestErrorKind::NotConfigured`].
///
/// The application's *secret* key has no place here: what is shipped inside a game is public.
///
/// ```
/// use bevy_odnoklassniki::AppCredentials;
///
/// let credentials = AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA");
/// assert!(credentials.validate().is_ok());
/// ```
#[derive(Resource, Clone, Debug)]
pub struct AppCredentials {
    app_id: String,
    public_key: String,
    signer: Option<Arc<Signer>>,
}

impl AppCredentials {
    /// Takes the application id (decimal digits) and the public key (`application_key` of OK's REST
    /// interface).
    ///
    /// Nothing is checked here; see [`validate`](Self::validate).
    #[must_use]
    pub fn new(app_id: impl Into<String>, public_key: impl Into<String>) -> Self {
        Self {
            app_id: app_id.into(),
            public_key: public_key.into(),
            signer: None,
        }
    }

    /// Signs with the game's own backend, or anything else that can sign, in place of the player's
    /// session ([`OkSession`](crate::OkSession)).
    ///
    /// A backend that is to verify answers wants a state of the game's own in each invitation and
    /// recommendation ([`state`](odnoklassniki::WidgetParameters::state)), fresh and random: the
    /// plugin's own is the request's number.
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

    /// What signs the requests in place of the player's session, if anything does.
    ///
    /// ```
    /// use bevy_odnoklassniki::prelude::*;
    /// use bevy_odnoklassniki::protocol::{Signer, SignerKind, SigningError, SigningRequest};
    ///
    /// let credentials = AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA");
    /// assert!(credentials.signer().is_none());
    /// let signer = Signer::backend(|_: &SigningRequest<'_>| Err(SigningError::NotLoggedIn));
    /// assert_eq!(credentials.with_signer(signer).signer().map(Signer::kind), Some(SignerKind::Backend));
    /// ```
    #[must_use]
    pub fn signer(&self) -> Option<&Signer> {
        self.signer.as_deref()
    }

    /// Whether these can be the credentials of an application.
    ///
    /// # Errors
    ///
    /// [`RequestErrorKind::NotConfigured`] for an id that is no number or an empty public key.
    ///
    /// ```
    /// use bevy_odnoklassniki::{AppCredentials, RequestErrorKind};
    ///
    /// let error = AppCredentials::new("my game", "CBAPUBLICKEYBABABA").validate().unwrap_err();
    /// assert_eq!(error.kind(), RequestErrorKind::NotConfigured);
    /// ```
    pub fn validate(&self) -> Result<(), RequestError> {
        self.application_id().map(drop)
    }

    pub(crate) fn shared_signer(&self) -> Option<&Arc<Signer>> {
        self.signer.as_ref()
    }

    pub(crate) fn application_id(&self) -> Result<ApplicationId, RequestError> {
        let app_id = self.app_id.parse().map_err(|error| {
            RequestError::new(
                RequestErrorKind::NotConfigured,
                format!("AppCredentials: {error}"),
            )
        })?;
        if self.public_key.trim().is_empty() {
            return Err(RequestError::new(
                RequestErrorKind::NotConfigured,
                "AppCredentials: the public key is empty",
            ));
        }
        Ok(app_id)
    }
}
