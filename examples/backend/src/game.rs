//! The game's side: what a Bevy game says to the server. It holds neither the application's secret
//! key nor the session's.
//!
//! 1. [`RequestLogin::code`] brings a code; `POST /session` makes a token of it, which
//!    [`OkSession`] is given.
//! 2. [`Backend`] signs for the game: it is the signer in `AppCredentials`.
//! 3. An invitation's callback goes to `POST /rewards`; only the response counts.
//!
//! Calls are made on threads of their own: a frame never waits for the server. They send
//! their results through a channel.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bevy::prelude::*;
use bevy_odnoklassniki::Invited;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::oauth::ExpiresIn;
use bevy_odnoklassniki::protocol::{
    BackendSignature, SigningBackend, SigningError, SigningRequest, UserId,
};
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

/// Longer than the server takes in its worst case, shorter than the plugin's own signing timeout.
const TIMEOUT: Duration = Duration::from_secs(12);

/// The game's server, as the game sees it. Clones are the same one.
#[derive(Resource, Clone)]
pub struct Backend(Arc<Shared>);

struct Shared {
    url: String,
    agent: ureq::Agent,
    logouts: AtomicU64,
    /// The player's token, once there is one.
    token: Mutex<Option<Arc<AccessToken>>>,
    sender: Sender<CallResult>,
    receiver: Mutex<Receiver<CallResult>>,
}

/// How a call ended.
enum CallResult {
    /// With the number of logouts before it was asked for.
    Session(u64, Result<SessionData, Refused>),
    Claim(Claim, Result<u64, Refused>),
}

/// Why the server refused: its code for programs, and its text for developers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// `already_used`, `not_verified` and so on; `unreachable` if there was no response.
    pub error: String,
    /// What to change.
    pub message: String,
}

/// A callback of OK's page for which the player wants a reward.
#[derive(Clone, Debug)]
pub struct Claim {
    users: Vec<UserId>,
    state: String,
    check_value: String,
}

/// How a claim ended.
#[derive(Message, Clone, Debug)]
pub struct ClaimFinished {
    /// The claim.
    pub claim: Claim,
    /// For how many friends the reward is due, or why for none.
    pub granted: Result<u64, Refused>,
}

/// The systems and resources of the game's side.
pub fn plugin(app: &mut App) {
    app.add_message::<ClaimFinished>()
        .add_systems(Update, (share_session, apply_results, send_code).chain());
}

impl Backend {
    /// Returns a handle to the server at this URL: `https://`, or `http://` on this machine.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .new_agent();
        let (sender, receiver) = channel();
        Self(Arc::new(Shared {
            url: url.into(),
            agent,
            logouts: AtomicU64::new(0),
            token: Mutex::default(),
            sender,
            receiver: Mutex::new(receiver),
        }))
    }

    /// Asks for the reward. It ends in one [`ClaimFinished`].
    pub fn claim(&self, claim: Claim) {
        let body = json!({
            "widget": "invite", "users": claim.users, "state": claim.state, "check_value": claim.check_value,
        });
        self.spawn_call(
            move |backend| {
                backend.post("/rewards", &body).and_then(|response| {
                    response["granted"]
                        .as_u64()
                        .ok_or_else(|| Refused::unreachable("its response has no number"))
                })
            },
            |granted| CallResult::Claim(claim, granted),
        );
    }

    fn exchange(&self, code: &LoginCode) {
        // Once, and within two minutes: who takes it has it.
        let Some(secret) = code.take() else { return };
        let redirect_uri = code.redirect_uri().to_owned();
        let logouts = self.0.logouts.load(Ordering::Relaxed);
        self.spawn_call(
            move |backend| {
                let body = json!({ "code": secret.expose(), "redirect_uri": redirect_uri });
                let response = backend.post("/session", &body)?;
                let token = response["access_token"].as_str();
                let token =
                    token.ok_or_else(|| Refused::unreachable("its response has no token"))?;
                let mut data = SessionData::without_key(AccessToken::new(token));
                if let Some(user) = response["user_id"].as_str().and_then(|id| id.parse().ok()) {
                    data = data.user_id(user);
                }
                if let Some(life) = ExpiresIn::deserialize(&response["expires_in"])
                    .ok()
                    .and_then(ExpiresIn::known)
                {
                    data = data.expires_in(life);
                }
                Ok(data)
            },
            move |made| CallResult::Session(logouts, made),
        );
    }

    /// Makes a call without holding up a frame. Sends its result, also if there is no thread for
    /// it.
    fn spawn_call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Self) -> Result<T, Refused> + Send + 'static,
        wrap: impl FnOnce(Result<T, Refused>) -> CallResult + Clone + Send + 'static,
    ) {
        let (backend, wrap_failure) = (self.clone(), wrap.clone());
        let started = std::thread::Builder::new()
            .name("game-backend".into())
            .spawn(move || {
                let result = wrap(call(&backend));
                // Fails if the game has ended. Then it needs no result.
                _ = backend.0.sender.send(result);
            });
        if let Err(error) = started {
            let refused = Refused::unreachable(&format!("no thread for the call: {error}"));
            _ = self.0.sender.send(wrap_failure(Err(refused)));
        }
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        let mut request = self
            .0
            .agent
            .post(format!("{}{path}", self.0.url))
            .header("Content-Type", "application/json");
        if let Some(token) = self.token() {
            request = request.header("Authorization", format!("Bearer {}", token.expose()));
        }
        let broken = |error: ureq::Error| Refused::unreachable(&error.to_string());
        let mut response = request.send(body.to_string()).map_err(broken)?;
        let text = response
            .body_mut()
            .with_config()
            .limit(64 * 1024)
            .read_to_string()
            .map_err(broken)?;
        let response: Value = serde_json::from_str(&text)
            .map_err(|_| Refused::unreachable("its response is no JSON"))?;
        match response["error"].as_str() {
            Some(error) => {
                let message = response["message"].as_str().unwrap_or_default().to_owned();
                Err(Refused {
                    error: error.to_owned(),
                    message,
                })
            }
            None => Ok(response),
        }
    }

    fn token(&self) -> Option<Arc<AccessToken>> {
        self.0
            .token
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The plugin asks it for signatures, on a thread of its own.
impl SigningBackend for Backend {
    fn sign(&self, request: &SigningRequest<'_>) -> Result<BackendSignature, SigningError> {
        let token = self.token().ok_or(SigningError::NotLoggedIn)?;
        let fields: Map<String, Value> = request
            .fields()
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect();
        let body = json!({ "widget": request.kind().name(), "app_id": request.app_id(), "fields": fields });
        let response =
            self.post("/sign", &body)
                .map_err(|refused| match refused.error.as_str() {
                    "no_token" | "log_in_again" => SigningError::NotLoggedIn,
                    "unreachable" => SigningError::Unavailable(refused.message),
                    _ => SigningError::Refused(refused.to_string()),
                })?;
        let signature = response["signature"]
            .as_str()
            .and_then(|text| text.parse().ok());
        let signature = signature
            .ok_or_else(|| SigningError::Unavailable("its response has no signature".into()))?;
        // The signature is made for this very token, so the URL must carry it.
        Ok(BackendSignature {
            signature,
            access_token: Some(AccessToken::new(token.expose())),
        })
    }
}

impl Claim {
    /// Takes what is to be sent from an invitation's callback. `state` is the one that the request
    /// set. `None` if OK sent no check value: then nothing can be verified.
    #[must_use]
    pub fn new(invited: &Invited, state: &str) -> Option<Self> {
        let check_value = invited.check_value.clone()?;
        Some(Self {
            users: invited.users.clone(),
            state: state.to_owned(),
            check_value,
        })
    }
}

impl Refused {
    fn unreachable(why: &str) -> Self {
        Self {
            error: "unreachable".to_owned(),
            message: why.to_owned(),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error, self.message)
    }
}

/// The server is asked with the token of the session that there is: logged in, restored from a
/// store, or none any more.
fn share_session(
    mut changed: MessageReader<SessionChanged>,
    session: Res<OkSession>,
    backend: Res<Backend>,
) {
    let changes: Vec<_> = changed.read().map(|change| &change.reason).collect();
    let logouts = changes
        .iter()
        .filter(|reason| ***reason == SessionChange::LoggedOut)
        .count();
    backend
        .0
        .logouts
        .fetch_add(logouts as u64, Ordering::Relaxed);
    if !changes.is_empty() {
        let token = session
            .expose_secrets()
            .map(|(token, _)| Arc::new(AccessToken::new(token.expose())));
        *backend
            .0
            .token
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = token;
    }
}

/// The code of a login goes to the server.
fn send_code(mut logins: MessageReader<LoginFinished>, backend: Res<Backend>) {
    for login in logins.read() {
        if let Outcome::Completed(LoggedIn::Code(code)) = &login.outcome {
            backend.exchange(code);
        }
    }
}

/// Applies the results of calls. A player who has logged out meanwhile stays logged out.
fn apply_results(
    backend: Res<Backend>,
    mut session: ResMut<OkSession>,
    mut rewards: MessageWriter<ClaimFinished>,
) {
    let results: Vec<CallResult> = backend
        .0
        .receiver
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .try_iter()
        .collect();
    for result in results {
        match result {
            CallResult::Session(logouts, _)
                if logouts != backend.0.logouts.load(Ordering::Relaxed) => {}
            CallResult::Session(_, Ok(data)) => session.accept(data),
            CallResult::Session(_, Err(refused)) => {
                log::warn!("the server made no session of the code: {refused}");
                session.exchange_failed();
            }
            CallResult::Claim(claim, granted) => {
                _ = rewards.write(ClaimFinished { claim, granted });
            }
        }
    }
}
