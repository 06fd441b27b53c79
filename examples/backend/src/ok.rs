//! The two calls to OK: exchanging a code, and asking whose token it is.

use std::sync::Arc;
use std::time::Duration;

use odnoklassniki::oauth::{OAuthErrorCode, TokenError, TokenRequest, TokenResponse};
use odnoklassniki::{
    AccessToken, AuthCode, ErrorCode, FormBody, REST_UNSIGNED_PARAMETERS, Refusal, UserId,
    rest_signature, session_secret_key,
};
use tokio::sync::Semaphore;
use ureq::http::header::CONTENT_TYPE;
use url::form_urlencoded;

use crate::config::Config;

/// A good response is far shorter.
const MAX_RESPONSE: u64 = 64 * 1024;
/// For one call, from the look-up of the name to the last byte.
const TIMEOUT: Duration = Duration::from_secs(8);
/// More calls at a time are refused rather than queued: whoever waits that long has given up.
const MAX_CALLS: usize = 32;

/// OK, as the server sees it.
pub(crate) struct OkService {
    agent: ureq::Agent,
    calls: Arc<Semaphore>,
}

/// Why OK gave nothing. The texts hold no secret: they end up in logs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    /// The player has to log in again: the code or the token is not good any more.
    #[error("{0}")]
    LogInAgain(String),
    /// OK has enough of us for a while.
    #[error("{0}")]
    Later(String),
    /// OK refused for a reason that players cannot help: wrong keys, a permission that is missing.
    #[error("OK refused: {0}")]
    Refused(String),
    /// No response, or none of OK's.
    #[error("OK's service did not respond as it should: {0}")]
    Unreachable(String),
}

impl OkService {
    pub(crate) fn new(config: &Config) -> Self {
        let mut agent = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            // OK's errors come with any status; the body says what is wrong.
            .http_status_as_error(false)
            // A redirect would carry the secrets of the body to somewhere else.
            .max_redirects(0)
            .max_redirects_will_error(false);
        if config.hosts.api().starts_with("http://") {
            // Only a sandbox on this machine: a proxy is not asked for that.
            agent = agent.proxy(None);
        }
        Self {
            agent: agent.build().new_agent(),
            calls: Arc::new(Semaphore::new(MAX_CALLS)),
        }
    }

    /// Exchanges a code (`docs/protocol.md`, 7.4).
    pub(crate) async fn exchange(
        &self,
        config: &Config,
        code: &AuthCode,
        redirect_uri: &str,
    ) -> Result<TokenResponse, RequestError> {
        let request = TokenRequest::exchange(config.app_id, &config.app_secret, code, redirect_uri);
        let form = FormBody::new(request.form().expose());
        let (status, body) = self.post(TokenRequest::url(&config.hosts), form).await?;
        TokenResponse::parse(&body).map_err(|error| not_exchanged(status, error))
    }

    /// Asks `users.getLoggedInUser` (`docs/protocol.md`, 8). It is signed with the session's key,
    /// which is made with the application's secret: a token of another application gets nothing.
    pub(crate) async fn user_of(
        &self,
        config: &Config,
        token: &AccessToken,
    ) -> Result<UserId, RequestError> {
        let key = session_secret_key(token, &config.app_secret);
        let signed = [
            ("application_key", config.app_key.as_str()),
            ("format", "JSON"),
            ("method", "users.getLoggedInUser"),
        ];
        let signature = rest_signature(signed, &REST_UNSIGNED_PARAMETERS, &key);
        let secret = [
            ("access_token", token.expose()),
            ("sig", signature.as_str()),
        ];
        // The whole capacity at once: a text that grows leaves copies of the token behind.
        let most = signed
            .iter()
            .chain(&secret)
            .map(|(name, value)| name.len() + 2 + 3 * value.len())
            .sum();
        let form = form_urlencoded::Serializer::new(String::with_capacity(most))
            .extend_pairs(signed.iter().chain(&secret))
            .finish();
        let (status, body) = self
            .post(format!("{}fb.do", config.hosts.api()), FormBody::new(form))
            .await?;
        read_user(status, &body)
    }

    /// Sends a form and reads the response, whatever its status. The texts of errors need not be
    /// UTF-8.
    async fn post(&self, url: String, form: FormBody) -> Result<(u16, Vec<u8>), RequestError> {
        let permit = Arc::clone(&self.calls).try_acquire_owned();
        let permit = permit
            .map_err(|_| RequestError::Later("too many calls to OK are under way".to_owned()))?;
        let agent = self.agent.clone();
        let call = move || {
            let _permit = permit;
            let request = agent
                .post(&url)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            let mut response = request.send(form.expose())?;
            let body = response
                .body_mut()
                .with_config()
                .limit(MAX_RESPONSE)
                .read_to_vec()?;
            Ok((response.status().as_u16(), body))
        };
        // ureq blocks, and asynchronous code must not.
        let response = tokio::task::spawn_blocking(call).await;
        let response =
            response.map_err(|_| RequestError::Unreachable("the call was given up".to_owned()))?;
        // The URL that ureq may name in an error has no secret in it: those are in the body.
        response.map_err(|error: ureq::Error| RequestError::Unreachable(error.to_string()))
    }
}

/// Why there is no token for a code.
fn not_exchanged(status: u16, error: TokenError) -> RequestError {
    match error {
        TokenError::Refused(refusal) => match refusal.code {
            OAuthErrorCode::InvalidGrant
            | OAuthErrorCode::AccessDenied
            | OAuthErrorCode::InvalidToken => {
                // Many of these: a client tries codes, or sends used ones.
                log::warn!("a code was not taken: {}", refusal.code);
                RequestError::LogInAgain(
                    "OK does not take this code: it was used, or is too old".into(),
                )
            }
            // All parameters are sent, so it is the one that OK compares.
            OAuthErrorCode::InvalidRequest => {
                log::warn!(
                    "a code was not taken: {}. If that goes on, compare the game's redirect URI with \
                     OK_REDIRECT_URIS and OK's settings",
                    refusal.code
                );
                RequestError::LogInAgain(
                    "OK does not take this code: it probably came to another redirect URI".into(),
                )
            }
            OAuthErrorCode::ServerError | OAuthErrorCode::TemporarilyUnavailable => {
                RequestError::Later(refusal.to_string())
            }
            _ => RequestError::Refused(refusal.to_string()),
        },
        TokenError::Api(refusal) => refused(&refusal, "code"),
        other => RequestError::Unreachable(format!("HTTP {status}: {other}")),
    }
}

/// What a refusal with a number means. Players do not see its text, because OK may quote secrets in it.
fn refused(refusal: &Refusal, what: &str) -> RequestError {
    let why = refusal.code.to_string();
    match refusal.code {
        // As OK's own kits do, log in again. 104: a token that this application's secret does not
        // fit, so one of another application.
        ErrorCode::PARAM_SESSION_EXPIRED
        | ErrorCode::PARAM_SESSION_KEY
        | ErrorCode::PARAM_SIGNATURE => {
            RequestError::LogInAgain(format!("OK does not take this {what}: {why}"))
        }
        ErrorCode::SERVICE
        | ErrorCode::FLOOD_BLOCKED
        | ErrorCode::IP_BLOCKED
        | ErrorCode::LIMIT_REACHED => RequestError::Later(why),
        _ => RequestError::Refused(why),
    }
}

/// The id, as text or number, or OK's refusal: an object with `error_code`, with status 200 too.
fn read_user(status: u16, body: &[u8]) -> Result<UserId, RequestError> {
    if let Some(refusal) = Refusal::from_rest(body) {
        return Err(refused(&refusal, "access token"));
    }
    serde_json::from_slice(body)
        .map_err(|_| RequestError::Unreachable(format!("HTTP {status}: it is no user id")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_to_who_is_this() {
        assert_eq!(
            read_user(200, b"\"561104940000\"").unwrap(),
            UserId::new(561_104_940_000)
        );
        assert_eq!(read_user(200, b"561").unwrap(), UserId::new(561));
        for bad in [
            "",
            "<html>",
            "{}",
            "null",
            "[]",
            "\"\"",
            "-1",
            "\"x\"",
            "{\"error_code\":\"x\"}",
            "1e99",
        ] {
            assert!(
                matches!(
                    read_user(200, bad.as_bytes()),
                    Err(RequestError::Unreachable(_))
                ),
                "{bad}"
            );
        }
        let error = |code: i32| {
            read_user(
                200,
                format!("{{\"error_code\":{code},\"error_msg\":\"m\"}}").as_bytes(),
            )
            .unwrap_err()
        };
        assert!(matches!(error(102), RequestError::LogInAgain(_)));
        assert!(matches!(error(103), RequestError::LogInAgain(_)));
        assert!(matches!(error(104), RequestError::LogInAgain(_)));
        assert!(matches!(error(8), RequestError::Later(_)));
        assert!(matches!(error(101), RequestError::Refused(_)));
    }
}
