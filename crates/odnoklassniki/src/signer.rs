//! Signs widget URLs: with a session, or through a backend.

use std::fmt;

use crate::id::ApplicationId;
#[cfg(feature = "insecure-embedded-secret")]
use crate::secret::ApplicationSecretKey;
use crate::secret::{AccessToken, SessionKey, SessionSecretKey, SigningKey};
use crate::signature::{SIGNED_PARAMETERS, Signature, ordered_signature};
use crate::widget::kind::WidgetKind;

/// Signs widget URLs.
///
/// A game signs with the session of its player ([`session`](Signer::session)), or lets its backend
/// sign ([`backend`](Signer::backend)). It cannot be cloned or printed.
pub struct Signer(Kind);

enum Kind {
    Session(AccessToken, SessionSecretKey),
    PortalSession(SessionKey, SessionSecretKey),
    #[cfg(feature = "insecure-embedded-secret")]
    Application(ApplicationSecretKey),
    Backend(Box<dyn SigningBackend>),
}

/// What a [`Signer`] signs with. It holds no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignerKind {
    /// The session of a player who logged in: [`Signer::session`].
    Session,
    /// The session of a game that was started inside the portal: [`Signer::portal_session`].
    PortalSession,
    /// The application's secret key (feature `insecure-embedded-secret`).
    Application,
    /// The game's own server: [`Signer::backend`].
    Backend,
}

impl Signer {
    /// Signs with the session of a player who logged in. The URL carries `st.access_token`. Source:
    /// <https://apiok.ru/en/ext/publish>.
    pub fn session(token: AccessToken, key: SessionSecretKey) -> Self {
        Self(Kind::Session(token, key))
    }

    /// Signs with the session of a game that was started inside the portal. The URL carries
    /// `st.session_key`. Source: OK's JavaScript SDK.
    pub fn portal_session(session: SessionKey, key: SessionSecretKey) -> Self {
        Self(Kind::PortalSession(session, key))
    }

    /// Signs with the application's secret key, and the player logs in on OK's page. Source:
    /// <https://apiok.ru/en/ext/publish>.
    ///
    /// # Warning
    /// **Whatever is in a binary is public.** Anyone can read the key out of a game that is shipped
    /// with it, and then sign, call and read everything as your application. This is for sandboxes,
    /// tests and servers. A game uses [`session`](Signer::session) or [`backend`](Signer::backend).
    #[cfg(feature = "insecure-embedded-secret")]
    pub fn application(key: ApplicationSecretKey) -> Self {
        Self(Kind::Application(key))
    }

    /// Lets a backend sign. Closures are backends too.
    ///
    /// ```
    /// use odnoklassniki::{Signer, SigningError, SigningRequest};
    ///
    /// let signer = Signer::backend(|_: &SigningRequest<'_>| Err(SigningError::NotLoggedIn));
    /// assert!(signer.is_remote());
    /// ```
    pub fn backend(backend: impl SigningBackend) -> Self {
        Self(Kind::Backend(Box::new(backend)))
    }

    /// Returns whether signing asks a backend. That may take long: do not do it in a frame.
    pub fn is_remote(&self) -> bool {
        matches!(self.0, Kind::Backend(_))
    }

    /// Returns what it signs with.
    #[must_use]
    pub fn kind(&self) -> SignerKind {
        match &self.0 {
            Kind::Session(..) => SignerKind::Session,
            Kind::PortalSession(..) => SignerKind::PortalSession,
            #[cfg(feature = "insecure-embedded-secret")]
            Kind::Application(_) => SignerKind::Application,
            Kind::Backend(_) => SignerKind::Backend,
        }
    }

    /// Returns whether the key of a session has the form of one
    /// ([`SessionSecretKey::is_well_formed`]). True if there is no session.
    ///
    /// ```
    /// # use odnoklassniki::*;
    /// let mistaken = Signer::session(AccessToken::new("t0k"), SessionSecretKey::new("CBAPUBLICKEYBABABA"));
    /// assert!(!mistaken.is_key_well_formed());
    /// ```
    #[must_use]
    pub fn is_key_well_formed(&self) -> bool {
        match &self.0 {
            Kind::Session(_, key) | Kind::PortalSession(_, key) => key.is_well_formed(),
            _ => true,
        }
    }

    pub(crate) fn sign(
        &self,
        request: &SigningRequest<'_>,
    ) -> Result<BackendSignature, SigningError> {
        let signature = match &self.0 {
            Kind::Session(_, key) | Kind::PortalSession(_, key) => {
                ordered_signature(request.fields(), key)
            }
            #[cfg(feature = "insecure-embedded-secret")]
            Kind::Application(key) => ordered_signature(request.fields(), key),
            Kind::Backend(backend) => return backend.sign(request),
        };
        Ok(BackendSignature {
            signature,
            access_token: None,
        })
    }

    /// Returns name and value of what a URL must carry beside a signature made here.
    pub(crate) fn credential(&self) -> Option<(&'static str, &str)> {
        match &self.0 {
            Kind::Session(token, _) => Some(("st.access_token", token.expose())),
            Kind::PortalSession(session, _) => Some(("st.session_key", session.expose())),
            #[cfg(feature = "insecure-embedded-secret")]
            Kind::Application(_) => None,
            Kind::Backend(_) => None,
        }
    }

    /// Returns the key, if there is one here.
    pub(crate) fn key(&self) -> Option<&dyn SigningKey> {
        match &self.0 {
            Kind::Session(_, key) | Kind::PortalSession(_, key) => Some(key),
            #[cfg(feature = "insecure-embedded-secret")]
            Kind::Application(key) => Some(key),
            Kind::Backend(_) => None,
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer([redacted])")
    }
}

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
}

impl fmt::Debug for SigningRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningRequest")
            .field("kind", &self.kind)
            .field("app_id", &self.app_id)
            .finish_non_exhaustive()
    }
}

/// A server that signs for the game.
///
/// `sign` may block, for example on a network call. The plugin calls it outside of the frame, and
/// so should you. Closures `Fn(&SigningRequest<'_>) -> Result<BackendSignature, SigningError>`
/// implement it.
///
/// ```
/// use odnoklassniki::{BackendSignature, Signer, SigningBackend, SigningError, SigningRequest};
///
/// struct Offline;
/// impl SigningBackend for Offline {
///     fn sign(&self, _: &SigningRequest<'_>) -> Result<BackendSignature, SigningError> {
///         Err(SigningError::Unavailable("no network".to_owned()))
///     }
/// }
/// assert!(Signer::backend(Offline).is_remote());
/// ```
pub trait SigningBackend: Send + Sync + 'static {
    /// Signs the fields.
    ///
    /// # Errors
    /// The reasons that [`SigningError`] lists.
    ///
    /// ```
    /// # use odnoklassniki::*;
    /// /// Asks another backend, but never for a post.
    /// struct NoPosts<B>(B);
    /// impl<B: SigningBackend> SigningBackend for NoPosts<B> {
    ///     fn sign(&self, request: &SigningRequest<'_>) -> Result<BackendSignature, SigningError> {
    ///         match request.kind() {
    ///             WidgetKind::Post => Err(SigningError::Refused("no posts".to_owned())),
    ///             _ => self.0.sign(request),
    ///         }
    ///     }
    /// }
    /// # let signer = Signer::backend(NoPosts(|_: &SigningRequest<'_>| Err(SigningError::NotLoggedIn)));
    /// # let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1));
    /// let error = builder.build(&InviteWidget::new(), ReturnTo::default(), &signer).unwrap_err();
    /// assert_eq!(error, SigningError::NotLoggedIn.into());
    /// # let post = PostWidget::new(Attachment::new().text("a"));
    /// # let error = builder.build(&post, ReturnTo::default(), &signer).unwrap_err();
    /// # assert_eq!(error, SigningError::Refused("no posts".to_owned()).into());
    /// ```
    fn sign(&self, request: &SigningRequest<'_>) -> Result<BackendSignature, SigningError>;
}

impl<F> SigningBackend for F
where
    F: Fn(&SigningRequest<'_>) -> Result<BackendSignature, SigningError> + Send + Sync + 'static,
{
    fn sign(&self, request: &SigningRequest<'_>) -> Result<BackendSignature, SigningError> {
        self(request)
    }
}

/// What a [`SigningBackend`] returns.
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
