//! What a signer is asked, and what it returns.

use std::fmt;

use crate::id::ApplicationId;
use crate::secret::AccessToken;
use crate::signature::{SIGNED_PARAMETERS, Signature};
use crate::widget::kind::WidgetKind;

/// What a backend is asked to sign: fields, never a finished text.
///
/// The backend should build the text itself (with [`widget_signature`](crate::widget_signature))
/// and first check the fields. Is the return URL the game's own page or on loopback? Would the game
/// post this attachment? Did this player ask too often?
///
/// ```
/// use odnoklassniki::*;
///
/// let signer = Signer::backend(|request: &SigningRequest<'_>| {
///     let key = ApplicationSecretKey::new("A1B2C3D4E5F60718293A4B5C"); // on the server
///     Ok(BackendSignature { signature: widget_signature(request.fields(), &key), access_token: None })
/// });
/// let mut builder = WidgetUrlBuilder::new(ApplicationId::new(512_000_123_456));
/// let url = builder.build(&InviteWidget::new(), ReturnTo::default(), &signer).unwrap();
/// assert_eq!(url.signature().as_str(), "4847d5dc56ee4e348cf63aec85eed41a");
/// ```
pub struct SigningRequest<'a> {
    kind: WidgetKind,
    app_id: ApplicationId,
    fields: [(&'static str, Option<&'a str>); 4],
}

impl<'a> SigningRequest<'a> {
    /// Takes the signed ones of a URL's parameters.
    pub(crate) fn new(
        kind: WidgetKind,
        app_id: ApplicationId,
        pairs: &[(&'a str, &'a str)],
    ) -> Self {
        let value = |signed| {
            let pair = pairs.iter().find(|&&(name, _)| name == signed);
            pair.map(|&(_, value)| value)
        };
        Self {
            kind,
            app_id,
            fields: SIGNED_PARAMETERS.map(|name| (name, value(name))),
        }
    }

    /// Returns the kind of the widget.
    pub fn kind(&self) -> WidgetKind {
        self.kind
    }

    /// Returns the id of the application.
    pub fn app_id(&self) -> ApplicationId {
        self.app_id
    }

    /// Returns the signed parameters with their raw values, in the order in which they are hashed
    /// ([`SIGNED_PARAMETERS`]).
    ///
    /// ```
    /// # use odnoklassniki::*;
    /// let signer = Signer::backend(|request: &SigningRequest<'_>| {
    ///     assert!(request.fields().eq([("st.return", "okgame://invited"), ("st.state", "n1")]));
    ///     Err(SigningError::NotLoggedIn)
    /// });
    /// # let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1));
    /// let widget = InviteWidget::new().state("n1").return_url("okgame://invited").comment("not signed");
    /// let error = builder.build(&widget, ReturnTo::default(), &signer).unwrap_err();
    /// assert_eq!(error, SigningError::NotLoggedIn.into());
    /// ```
    pub fn fields(&self) -> impl Iterator<Item = (&'a str, &'a str)> + Clone {
        self.fields
            .iter()
            .filter_map(|&(name, value)| value.map(|value| (name, value)))
    }

    /// Returns a copy to keep.
    #[must_use]
    pub fn to_owned(&self) -> OwnedSigningRequest {
        let owned = self
            .fields
            .map(|(name, value)| (name, value.map(str::to_owned)));
        OwnedSigningRequest::new(self.kind, self.app_id, owned)
    }

    pub(crate) fn from_fields(
        kind: WidgetKind,
        app_id: ApplicationId,
        fields: [(&'static str, Option<&'a str>); 4],
    ) -> Self {
        Self {
            kind,
            app_id,
            fields,
        }
    }
}

impl fmt::Debug for SigningRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningRequest")
            .field("kind", &self.kind)
            .field("app_id", &self.app_id)
            .finish_non_exhaustive()
    }
}

/// What an asynchronous backend is asked to sign: a [`SigningRequest`] to keep.
pub struct OwnedSigningRequest {
    kind: WidgetKind,
    app_id: ApplicationId,
    fields: Fields,
}

type Fields = [(&'static str, Option<String>); 4];

impl OwnedSigningRequest {
    pub(crate) fn new(kind: WidgetKind, app_id: ApplicationId, fields: Fields) -> Self {
        Self {
            kind,
            app_id,
            fields,
        }
    }

    /// Returns the request that a [`SigningBackend`](crate::SigningBackend) takes.
    #[must_use]
    pub fn as_request(&self) -> SigningRequest<'_> {
        let fields = self.fields.each_ref();
        let fields = fields.map(|(name, value)| (*name, value.as_deref()));
        SigningRequest::from_fields(self.kind, self.app_id, fields)
    }

    /// Returns the kind of the widget.
    pub fn kind(&self) -> WidgetKind {
        self.kind
    }

    /// Returns the id of the application.
    pub fn app_id(&self) -> ApplicationId {
        self.app_id
    }

    /// Returns the signed parameters, as [`SigningRequest::fields`] does.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.fields
            .iter()
            .filter_map(|(name, value)| Some((*name, value.as_deref()?)))
    }
}

impl fmt::Debug for OwnedSigningRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedSigningRequest")
            .field("kind", &self.kind)
            .field("app_id", &self.app_id)
            .finish_non_exhaustive()
    }
}

/// What receives the result of a reply.
type Receive = Box<dyn FnOnce(Result<BackendSignature, SigningError>) + Send>;

/// Takes the signature of an asynchronous backend, once. A reply that is dropped counts as
/// [`SigningError::Unavailable`].
pub struct SigningReply(Option<Receive>);

impl SigningReply {
    /// Creates a reply that hands its result to `receive`.
    pub fn new(
        receive: impl FnOnce(Result<BackendSignature, SigningError>) + Send + 'static,
    ) -> Self {
        Self(Some(Box::new(receive)))
    }

    /// Hands over the signature, or why there is none. Any thread may call it.
    pub fn send(mut self, result: Result<BackendSignature, SigningError>) {
        if let Some(receive) = self.0.take() {
            receive(result);
        }
    }
}

impl Drop for SigningReply {
    fn drop(&mut self) {
        if let Some(receive) = self.0.take() {
            let text = "the backend ended without a reply";
            receive(Err(SigningError::Unavailable(text.to_owned())));
        }
    }
}

impl fmt::Debug for SigningReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningReply")
    }
}

/// What a [`SigningBackend`](crate::SigningBackend) returns.
///
/// ```
/// # use odnoklassniki::*;
/// let signer = Signer::backend(|request: &SigningRequest<'_>| {
///     let key = SessionSecretKey::new("k"); // of the player's session, kept on the server
///     let signature = widget_signature(request.fields(), &key);
///     Ok(BackendSignature { signature, access_token: Some(AccessToken::new("t0k")) })
/// });
/// # let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1));
/// let url = builder.build(&InviteWidget::new(), ReturnTo::default(), &signer).unwrap();
/// assert!(url.expose().ends_with("&st.access_token=t0k"));
/// ```
#[derive(Debug)]
pub struct BackendSignature {
    /// The signature of the fields.
    pub signature: Signature,
    /// The player's token, if the signature is made with the key of a session. The URL then carries
    /// it. None if it is made with the application's key: the player logs in on OK's page.
    pub access_token: Option<AccessToken>,
}

/// Why a URL was not signed.
///
/// The texts are shown to people: put no secrets into them.
///
/// ```
/// use odnoklassniki::SigningError;
/// let error = SigningError::Refused("too many posts today".to_owned());
/// assert_eq!(error.to_string(), "the signing backend refused: too many posts today");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The backend could not be reached. Trying again may help.
    #[error("the signing backend is not available: {0}")]
    Unavailable(String),
    /// The backend checked the fields and refused them.
    #[error("the signing backend refused: {0}")]
    Refused(String),
    /// No player is logged in, so there is no key.
    #[error("no player is logged in")]
    NotLoggedIn,
}
