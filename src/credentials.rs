//! [`AppCredentials`]: the application's id and key, and a signer in place of the player's session.

use std::sync::Arc;

use bevy_ecs::resource::Resource;
use odnoklassniki::{ApplicationId, Signer};

use crate::error::{RequestError, RequestErrorKind};

/// The application's id and public key from its settings on OK. The plugin signs requests with the
/// player's session ([`OkSession`](crate::OkSession)), or with the signer of
/// [`with_signer`](Self::with_signer).
///
/// [`OdnoklassnikiPlugin::new`](crate::OdnoklassnikiPlugin::new) takes it and inserts it as a
/// resource. A game may replace the resource at any time; pending requests keep the signer they
/// started with. With a wrong id each request fails with [`RequestErrorKind::NotConfigured`].
///
/// Never ship the application's *secret* key: everything in a game binary is public.
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
    /// Creates credentials from the application id (decimal digits) and the public key
    /// (`application_key` of OK's REST interface).
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

    /// Sets what signs the requests, such as the game's backend, in place of the player's session
    /// ([`OkSession`](crate::OkSession)).
    ///
    /// If the backend verifies results, give each invitation and recommendation a fresh, random
    /// [`state`](odnoklassniki::WidgetParameters::state). The plugin's default state is only the
    /// request's number.
    ///
    /// On the web a backend that blocks would stop the game: take [`Signer::async_backend`] there.
    ///
    /// ```
    /// # use bevy_odnoklassniki::AppCredentials;
    /// use bevy_odnoklassniki::protocol::{
    ///     BackendSignature, Signer, SigningBackend, SigningError, SigningRequest,
    /// };
    ///
    /// struct Backend;
    /// impl SigningBackend for Backend {
    ///     fn sign(&self, _request: &SigningRequest<'_>) -> Result<BackendSignature, SigningError> {
    ///         // Send request.kind() and request.fields() to the game's server; this may block.
    ///         Err(SigningError::Unavailable("no server in this example".into()))
    ///     }
    /// }
    /// AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA")
    ///     .with_signer(Signer::backend(Backend));
    /// ```
    #[must_use]
    pub fn with_signer(mut self, signer: Signer) -> Self {
        self.signer = Some(Arc::new(signer));
        self
    }

    /// Returns the application id, as the game gave it: [`validate`](Self::validate) checks it.
    #[must_use]
    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// Returns the application's public key, as the game gave it.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.public_key
    }

    /// Returns the signer of [`with_signer`](Self::with_signer). `None` means that the player's
    /// session signs.
    #[must_use]
    pub fn signer(&self) -> Option<&Signer> {
        self.signer.as_deref()
    }

    /// Checks that these can be the credentials of an application.
    ///
    /// # Errors
    ///
    /// Returns [`RequestErrorKind::NotConfigured`] if the id is no number or the public key is
    /// empty.
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
