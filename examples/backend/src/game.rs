//! The game's side: what a Bevy game says to the server. It holds neither the application's secret key nor the session's.
//!
//! 1. [`RequestLogin::code`] brings a code; `POST /session` makes a token of it, which [`OkSession`] is given.
//! 2. [`Backend`] signs for the game: it is the signer in `AppCredentials`.
//! 3. An invitation's answer goes to `POST /rewards`; only what comes back counts.
//!
//! Calls are made on threads of their own: a frame never waits for the server. [`Heard`] brings the answers.

use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bevy::prelude::*;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::{BackendSignature, SigningBackend, SigningError, SigningRequest, UserId};
use bevy_odnoklassniki::{Invited, LoggedIn, LoginCode};
use serde_json::{Map, Value, json};

/// Longer than the server takes in its worst case, shorter than the plugin's own signing deadline.
const TIMEOUT: Duration = Duration::from_secs(12);

/// The game's server, as the game sees it. Clones are the same one.
#[derive(Resource, Clone)]
pub struct Backend(Arc<Shared>);

struct Shared {
    url: String,
    agent: ureq::Agent,
    /// The player's token, once there is one.
    token: Mutex<Option<Arc<AccessToken>>>,
    told: Sender<Told>,
    heard: Mutex<Receiver<Told>>,
}

/// What a thread has brought.
enum Told {
    Session(Result<Session, Refused>),
    Reward(Claim, Result<u64, Refused>),
}

struct Session {
    token: AccessToken,
    user: Option<UserId>,
    expires_in: Option<u64>,
}

/// Why the server said no: its word for programs, and its text for developers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// `already_used`, `not_verified` and so on; `unreachable` if there was no answer.
    pub error: String,
    /// What to change.
    pub message: String,
}

/// An answer of OK's page for which the player wants a reward.
#[derive(Clone, Debug)]
pub struct Claim {
    users: Vec<UserId>,
    state: String,
    check_value: String,
}

/// What the server has said about a claim.
#[derive(Message, Clone, Debug)]
pub struct RewardAnswered {
    /// The claim.
    pub claim: Claim,
    /// For how many friends the reward is due, or why for none.
    pub granted: Result<u64, Refused>,
}

/// The systems and resources of the game's side.
pub fn plugin(app: &mut App) {
    app.add_message::<RewardAnswered>().add_systems(Update, (hear, send_code).chain());
}

impl Backend {
    /// A server at this address: `https://`, or `http://` on this machine.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .new_agent();
        let (told, heard) = channel();
        Self(Arc::new(Shared { url: url.into(), agent, token: Mutex::default(), told, heard: Mutex::new(heard) }))
    }

    /// Asks for the reward. The answer is one [`RewardAnswered`].
    pub fn claim(&self, claim: Claim) {
        let body = json!({
            "widget": "invite", "users": claim.users, "state": claim.state, "check_value": claim.check_value,
        });
        self.on_a_thread(move |backend| {
            let granted = backend.post("/rewards", &body).and_then(|answer| {
                answer["granted"].as_u64().ok_or_else(|| Refused::unreachable("its answer names no number"))
            });
            Told::Reward(claim, granted)
        });
    }

    fn exchange(&self, code: &LoginCode) {
        // Once, and within two minutes: who takes it has it.
        let Some(secret) = code.take() else { return };
        let redirect_uri = code.redirect_uri().to_owned();
        self.on_a_thread(move |backend| {
            let body = json!({ "code": secret.expose(), "redirect_uri": redirect_uri });
            Told::Session(backend.post("/session", &body).and_then(|answer| {
                let token =
                    answer["access_token"].as_str().ok_or_else(|| Refused::unreachable("there is no token in it"))?;
                Ok(Session {
                    token: AccessToken::new(token),
                    user: answer["user_id"].as_str().and_then(|id| id.parse().ok()),
                    expires_in: answer["expires_in"].as_u64(),
                })
            }))
        });
    }

    fn on_a_thread(&self, call: impl FnOnce(&Self) -> Told + Send + 'static) {
        let backend = self.clone();
        let started = std::thread::Builder::new().name("game-backend".into()).spawn(move || {
            let told = call(&backend);
            // Nobody hears it if the game has ended.
            _ = backend.0.told.send(told);
        });
        if let Err(error) = started {
            log::warn!("no thread for a call of the server: {error}");
        }
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        let mut request = self.0.agent.post(format!("{}{path}", self.0.url)).header("Content-Type", "application/json");
        if let Some(token) = self.token() {
            request = request.header("Authorization", format!("Bearer {}", token.expose()));
        }
        let broken = |error: ureq::Error| Refused::unreachable(&error.to_string());
        let mut response = request.send(body.to_string()).map_err(broken)?;
        let text = response.body_mut().with_config().limit(64 * 1024).read_to_string().map_err(broken)?;
        let answer: Value = serde_json::from_str(&text).map_err(|_| Refused::unreachable("its answer is no JSON"))?;
        match answer["error"].as_str() {
            Some(error) => {
                let message = answer["message"].as_str().unwrap_or_default().to_owned();
                Err(Refused { error: error.to_owned(), message })
            }
            None => Ok(answer),
        }
    }

    fn token(&self) -> Option<Arc<AccessToken>> {
        self.0.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The plugin asks it for signatures, on a thread of its own.
impl SigningBackend for Backend {
    fn sign(&self, request: &SigningRequest<'_>) -> Result<BackendSignature, SigningError> {
        let token = self.token().ok_or(SigningError::NotLoggedIn)?;
        let fields: Map<String, Value> =
            request.fields().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        let body = json!({ "widget": request.kind().name(), "app_id": request.app_id(), "fields": fields });
        let answer = self.post("/sign", &body).map_err(|refused| match refused.error.as_str() {
            "no_token" | "sign_in_again" => SigningError::NotLoggedIn,
            "unreachable" => SigningError::Unavailable(refused.message),
            _ => SigningError::Refused(refused.to_string()),
        })?;
        let signature = answer["signature"].as_str().and_then(|text| text.parse().ok());
        let signature = signature.ok_or_else(|| SigningError::Unavailable("its answer holds no signature".into()))?;
        // The signature is made for this very token, so the address must carry it.
        Ok(BackendSignature { signature, access_token: Some(AccessToken::new(token.expose())) })
    }
}

impl Claim {
    /// What is to be sent of an invitation's answer. `state` is the one that the request set. `None` if OK sent no check
    /// value: then nothing can be verified.
    #[must_use]
    pub fn new(invited: &Invited, state: &str) -> Option<Self> {
        let check_value = invited.check_value.clone()?;
        Some(Self { users: invited.users.clone(), state: state.to_owned(), check_value })
    }
}

impl Refused {
    fn unreachable(why: &str) -> Self {
        Self { error: "unreachable".to_owned(), message: why.to_owned() }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error, self.message)
    }
}

/// The code of a sign-in goes to the server.
fn send_code(mut logins: MessageReader<LoginFinished>, backend: Res<Backend>) {
    for login in logins.read() {
        if let Outcome::Completed(LoggedIn::Code(code)) = &login.outcome {
            backend.exchange(code);
        }
    }
}

/// What the server has answered.
fn hear(backend: Res<Backend>, mut session: ResMut<OkSession>, mut rewards: MessageWriter<RewardAnswered>) {
    let told: Vec<Told> = backend.0.heard.lock().unwrap_or_else(PoisonError::into_inner).try_iter().collect();
    for told in told {
        match told {
            Told::Session(Ok(Session { token, user, expires_in })) => {
                let mut data = SessionData::without_key(AccessToken::new(token.expose()));
                if let Some(user) = user {
                    data = data.user_id(user);
                }
                if let Some(seconds) = expires_in {
                    data = data.expires_in(Duration::from_secs(seconds));
                }
                *backend.0.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(token));
                session.accept(data);
            }
            Told::Session(Err(refused)) => log::warn!("the server made no session of the code: {refused}"),
            Told::Reward(claim, granted) => _ = rewards.write(RewardAnswered { claim, granted }),
        }
    }
}
