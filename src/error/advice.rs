//! The one table of what to do about an error. `docs/troubleshooting.md` quotes it.

use odnoklassniki::ErrorCode;
use odnoklassniki::oauth::OAuthErrorCode;

use super::kind::RequestErrorKind;

/// Returns one line on what to do, for the developer.
pub(super) fn advice(
    kind: RequestErrorKind,
    code: Option<ErrorCode>,
    oauth: Option<&OAuthErrorCode>,
) -> &'static str {
    if let Some(code) = oauth {
        return oauth_advice(code);
    }
    match kind {
        RequestErrorKind::Refused => match code {
            Some(ErrorCode::PARAM_SIGNATURE) => {
                "check that the session secret key belongs to this access token and application, and is not the public key"
            }
            Some(ErrorCode::PARAM_SESSION_EXPIRED | ErrorCode::PARAM_SESSION_KEY) => {
                "log the player in again (RequestLogin). Soon after a login it means that the player removed the application on OK, or that the session belongs to another application; soon after the game's start, that this machine's clock was set back while the session was stored"
            }
            Some(ErrorCode::PERMISSION_DENIED | ErrorCode::PARAM_PERMISSION) => {
                "request the missing permission at login (RequestLogin::scopes; OkSession::scopes lists what was granted), or ask OK's support to give it to the application"
            }
            Some(ErrorCode::PARAM_APPLICATION_DISABLED) => {
                "switch the application on in its settings on OK, or ask OK's support why it is off"
            }
            Some(ErrorCode::APP_NO_PLATFORM_ALLOWED) => {
                "tick the platform EXTERNAL in the application's settings on OK"
            }
            Some(ErrorCode::FLOOD_BLOCKED | ErrorCode::LIMIT_REACHED) => {
                "wait before the next attempt"
            }
            Some(ErrorCode::NO_SUCH_APP) => {
                "check the application id against the application's settings on OK"
            }
            Some(ErrorCode::PARAM_API_KEY) => {
                "check the application's public key against the application's settings on OK"
            }
            Some(ErrorCode::PARAM) => "OK's text names the parameter that is missing or wrong",
            Some(ErrorCode::PARAM_USER_ID) => "check the user ids in target",
            Some(ErrorCode::PARAM_GROUP_ID) => "check group_id",
            Some(ErrorCode::CENSOR_MATCH) => "OK's filter refused the text: send another",
            Some(
                ErrorCode::FRIEND_RESTRICTION
                | ErrorCode::GROUP_RESTRICTION
                | ErrorCode::PRIVACY_RESTRICTION,
            ) => "nothing to fix: that friend or group does not allow it",
            Some(_) => "look the code up in OK's list of errors, apiok.ru/en/dev/errors",
            None => "ask the game's backend why it does not sign this request",
        },
        RequestErrorKind::InvalidRequest => "correct the named value; nothing was opened",
        RequestErrorKind::NotLoggedIn => {
            "write RequestLogin first, or let the plugin do it: OdnoklassnikiPlugin::with_automatic_login"
        }
        RequestErrorKind::NotConfigured => {
            "give the plugin the application id and public key from the application's settings on OK"
        }
        RequestErrorKind::NotApproved => {
            "OK must approve the application before it can publish: write to api-support@ok.ru with its id and the URL of its site"
        }
        RequestErrorKind::AlreadyPending => "nothing to do: wait for the request that is pending",
        RequestErrorKind::TooManyPending => {
            "wait for a pending request to end, or cancel one with CancelRequest"
        }
        RequestErrorKind::UrlTooLong => "shorten the named value, or drop attachment blocks",
        RequestErrorKind::CannotOpen => {
            "install or choose a default browser (on Linux: set BROWSER), or give the plugin an Opener"
        }
        RequestErrorKind::PopupBlocked => {
            "send the request in the same frame as the player's click"
        }
        RequestErrorKind::PortUnavailable => {
            "check whether a firewall or sandbox forbids sockets on 127.0.0.1"
        }
        RequestErrorKind::ListenerLost => "send the request again",
        RequestErrorKind::InvalidCallback => {
            "try again; if it happens again, report it with the text of this error"
        }
        RequestErrorKind::Network => "check the connection and try again",
        RequestErrorKind::Unsupported => "check OkCapabilities before offering this to the player",
    }
}

fn oauth_advice(code: &OAuthErrorCode) -> &'static str {
    match code {
        OAuthErrorCode::UnauthorizedClient => {
            "switch on \"Client OAUTH\" and tick the platform EXTERNAL in the application's settings on OK, or use RequestLogin::code() with a backend"
        }
        OAuthErrorCode::InvalidScope => {
            "request only scopes that the application has; OK's support (api-support@ok.ru) grants LONG_ACCESS_TOKEN and others"
        }
        OAuthErrorCode::InvalidClient => {
            "check the application id (not the public key), and that the application is switched on and has the platform EXTERNAL"
        }
        OAuthErrorCode::UnsupportedResponseType => {
            "OK does not offer this flow to the application: check \"Client OAUTH\", or use the other flow"
        }
        OAuthErrorCode::InvalidRequest => {
            "check that the redirect URI is registered in the application's settings on OK, character by character"
        }
        OAuthErrorCode::ServerError | OAuthErrorCode::TemporarilyUnavailable => "try again later",
        _ => "see docs/troubleshooting.md; the text of this error has OK's own words",
    }
}
