//! Credentials and backends that cannot sign.

use std::sync::Mutex;

use bevy_odnoklassniki::protocol::{
    BackendSignature, Signer, SigningBackend, SigningError, SigningRequest,
};

use super::*;

#[test]
fn bad_credentials_fail_each_request_and_never_the_app() {
    for (credentials, kind) in [
        (
            AppCredentials::new("my game", "CBAPUBLICKEYBABABA"),
            RequestErrorKind::NotConfigured,
        ),
        (
            AppCredentials::new("512000123456", ""),
            RequestErrorKind::NotConfigured,
        ),
        (
            AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"),
            RequestErrorKind::NotLoggedIn,
        ),
    ] {
        let mut game = Game::from_plugin(OdnoklassnikiPlugin::new(credentials));
        let error = game
            .invite(RequestInvite::new())
            .error()
            .cloned()
            .expect("a failure");
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!error.advice().is_empty());
    }
}

/// Signs with the sandbox's session, on demand.
struct Backend {
    session: Mutex<Option<Signer>>,
}

impl SigningBackend for Backend {
    fn sign(&self, _: &SigningRequest<'_>) -> Result<BackendSignature, SigningError> {
        let session = self
            .session
            .lock()
            .map_err(|_| SigningError::Unavailable("poisoned".into()))?;
        session
            .as_ref()
            .map(|_| ())
            .ok_or(SigningError::NotLoggedIn)?;
        panic!("the backend's own bug");
    }
}

#[test]
fn a_backend_that_fails_or_panics_fails_the_request() {
    for (signer, kind) in [
        (None, RequestErrorKind::NotLoggedIn),
        (Some(()), RequestErrorKind::Network),
    ] {
        let mut game = Game::with_sandbox(Behavior::Accept);
        let session = signer.map(|()| {
            use bevy_odnoklassniki::protocol::{AccessToken, SessionSecretKey};
            Signer::session(AccessToken::new("token"), SessionSecretKey::new("key"))
        });
        let backend = Signer::backend(Backend {
            session: Mutex::new(session),
        });
        let credentials =
            AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA").with_signer(backend);
        game.app.insert_resource(credentials);
        let error = game
            .invite(RequestInvite::new())
            .error()
            .cloned()
            .expect("a failure");
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(
            (game.messages.opened.len(), game.messages.finished()),
            (0, 1)
        );
    }
}
