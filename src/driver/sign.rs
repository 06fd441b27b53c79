//! Making the signed URL of a widget's page.

use core::fmt;
use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use callback_listener::PageUrl;
use odnoklassniki::{
    ApplicationId, BackendSignature, Hosts, ReturnTo, Signature, Signer, SigningError,
    SigningReply, SigningRequest, WidgetKind, WidgetParameters as _, WidgetUrlBuilder,
};
use zeroize::Zeroizing;

use crate::error::{RequestError, RequestErrorKind};
use crate::request::RequestId;
use crate::request::submission::WidgetPayload;

/// A page with its signed URL.
#[derive(Debug)]
pub(crate) struct SignedPage {
    pub(crate) url: PageUrl,
    pub(crate) signature: Signature,
}

/// Everything to sign a widget's page with, in the frame or on a thread of its own.
pub(crate) struct UnsignedPage {
    id: RequestId,
    app_id: ApplicationId,
    hosts: Hosts,
    widget: WidgetPayload,
    /// `None`: OK posts the result to the window that has opened the page.
    return_url: Option<Zeroizing<String>>,
}

impl UnsignedPage {
    pub(crate) fn new(
        id: RequestId,
        app_id: ApplicationId,
        hosts: Hosts,
        widget: WidgetPayload,
        return_url: Option<Zeroizing<String>>,
    ) -> Self {
        Self {
            id,
            app_id,
            hosts,
            widget,
            return_url,
        }
    }

    /// Returns the `st.state` to send: the game's, or else the request's number. OK's documentation
    /// does not say that it returns the state of a post, so a post has only the game's.
    pub(crate) fn state(&self) -> Option<String> {
        let own = self
            .widget
            .parameters
            .get("st.state")
            .map(ToOwned::to_owned);
        own.or_else(|| (self.widget.widget != WidgetKind::Post).then(|| self.id.get().to_string()))
    }

    /// Signs with a backend that may reply later, and calls `done` once.
    pub(crate) fn ask(
        self,
        signer: &Signer,
        done: impl FnOnce(Result<SignedPage, RequestError>) + Send + 'static,
    ) {
        // The URL is built twice: first to find out what to sign, then with the signature.
        let asked = Arc::new(Mutex::new(None));
        let notes = Arc::clone(&asked);
        let first = self.sign(&Signer::backend(move |request: &SigningRequest<'_>| {
            *lock(&notes) = Some(request.to_owned());
            Err(SigningError::NotLoggedIn)
        }));
        let request = lock(&asked).take();
        let (Some(request), Err(_)) = (request, &first) else {
            // A parameter that cannot be sent.
            return done(first);
        };
        signer.ask(
            request,
            SigningReply::new(move |result| done(self.sign(&replying(result)))),
        );
    }

    pub(crate) fn sign(&self, signer: &Signer) -> Result<SignedPage, RequestError> {
        let state = self.state();
        let return_to = ReturnTo {
            return_url: self.return_url.as_ref().map(|url| url.as_str()),
            state: state.as_deref(),
        };
        let mut builder = WidgetUrlBuilder::new(self.app_id).with_hosts(self.hosts.clone());
        let sent = match self.return_url {
            Some(_) => Cow::Borrowed(&self.widget),
            // OK ties the message to it, and closes its window then.
            None => Cow::Owned(self.widget.clone().silent(true)),
        };
        let url = builder.build_parameters(sent.widget, &sent.parameters, return_to, signer)?;
        let signature = url.signature().clone();
        // The builder percent-encodes everything, so this cannot fail.
        let url = PageUrl::new(url.expose().to_owned()).map_err(|error| {
            RequestError::new(RequestErrorKind::InvalidRequest, error.to_string())
        })?;
        Ok(SignedPage { url, signature })
    }
}

/// Returns a signer with this result. It signs once.
fn replying(result: Result<BackendSignature, SigningError>) -> Signer {
    let result = Mutex::new(Some(result));
    Signer::backend(move |_: &SigningRequest<'_>| {
        let result = lock(&result).take();
        result.unwrap_or(Err(SigningError::NotLoggedIn))
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Omits the return URL, which holds the return token.
impl fmt::Debug for UnsignedPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsignedPage")
            .field("id", &self.id)
            .field("app_id", &self.app_id)
            .finish_non_exhaustive()
    }
}
