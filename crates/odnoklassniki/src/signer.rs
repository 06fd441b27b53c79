//! Signs widget URLs: with a session, or through a backend.

use std::fmt;

#[cfg(feature = "insecure-embedded-secret")]
use crate::secret::ApplicationSecretKey;
use crate::secret::{AccessToken, SessionKey, SessionSecretKey, SigningKey};
use crate::signature::ordered_signature;
use crate::signing::{
    BackendSignature, OwnedSigningRequest, SigningError, SigningReply, SigningRequest,
};

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
    AsyncBackend(Box<Ask>),
}

/// Asks an asynchronous backend.
type Ask = dyn Fn(OwnedSigningRequest, SigningReply) + Send + Sync;

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
    /// The game's own server: [`Signer::backend`] or [`Signer::async_backend`].
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

    /// Lets a backend sign without waiting for it, as a game in a browser must.
    ///
    /// `ask` starts the call and returns at once. Whoever has the response hands it to the reply:
    ///
    /// ```
    /// use odnoklassniki::{OwnedSigningRequest, Signer, SigningError, SigningReply};
    ///
    /// let signer = Signer::async_backend(|request: OwnedSigningRequest, reply: SigningReply| {
    ///     // In a browser: `wasm_bindgen_futures::spawn_local(async move { … })`.
    ///     std::thread::spawn(move || {
    ///         // Send `request.fields()` to the backend, and then:
    ///         drop(request);
    ///         reply.send(Err(SigningError::NotLoggedIn));
    ///     });
    /// });
    /// assert!(signer.is_remote());
    /// ```
    ///
    /// A [`WidgetUrlBuilder`](crate::WidgetUrlBuilder) cannot wait for it and returns
    /// [`SigningError::Unavailable`]; [`ask`](Self::ask) can.
    pub fn async_backend(
        ask: impl Fn(OwnedSigningRequest, SigningReply) + Send + Sync + 'static,
    ) -> Self {
        Self(Kind::AsyncBackend(Box::new(ask)))
    }

    /// Signs, and hands the signature to the reply: later if the backend is asynchronous, else
    /// before it returns.
    pub fn ask(&self, request: OwnedSigningRequest, reply: SigningReply) {
        match &self.0 {
            Kind::AsyncBackend(ask) => ask(request, reply),
            _ => reply.send(self.sign(&request.as_request())),
        }
    }

    /// Returns whether signing asks a backend. That may take long: do not do it in a frame.
    pub fn is_remote(&self) -> bool {
        matches!(self.0, Kind::Backend(_) | Kind::AsyncBackend(_))
    }

    /// Returns whether signing asks a backend that replies later: [`async_backend`](Self::async_backend).
    pub fn is_async(&self) -> bool {
        matches!(self.0, Kind::AsyncBackend(_))
    }

    /// Returns what it signs with.
    #[must_use]
    pub fn kind(&self) -> SignerKind {
        match &self.0 {
            Kind::Session(..) => SignerKind::Session,
            Kind::PortalSession(..) => SignerKind::PortalSession,
            #[cfg(feature = "insecure-embedded-secret")]
            Kind::Application(_) => SignerKind::Application,
            Kind::Backend(_) | Kind::AsyncBackend(_) => SignerKind::Backend,
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
            Kind::AsyncBackend(_) => {
                let text = "the backend replies later, and this caller cannot wait";
                return Err(SigningError::Unavailable(text.to_owned()));
            }
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
            Kind::Backend(_) | Kind::AsyncBackend(_) => None,
        }
    }

    /// Returns the key, if there is one here.
    pub(crate) fn key(&self) -> Option<&dyn SigningKey> {
        match &self.0 {
            Kind::Session(_, key) | Kind::PortalSession(_, key) => Some(key),
            #[cfg(feature = "insecure-embedded-secret")]
            Kind::Application(key) => Some(key),
            Kind::Backend(_) | Kind::AsyncBackend(_) => None,
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer([redacted])")
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
