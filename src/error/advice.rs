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
            Some(ErrorCode::SERVICE) => "OK has a fault for now: try again later",
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
            "wait for a pending request to end, or cancel one with CancelRequest; then try again"
        }
        RequestErrorKind::UrlTooLong => "shorten the named value, or drop attachment blocks",
        RequestErrorKind::CannotOpen => {
            "install or choose a default browser (on Linux: set BROWSER), or give the plugin an Opener; with WebviewHost, ship its program; on the web, let the game's frame allow popups"
        }
        RequestErrorKind::PopupBlocked => {
            "send the request again, in the same frame as a click of the player; a page that holds the game in a sandboxed frame must add allow-popups"
        }
        RequestErrorKind::PortUnavailable => {
            "check whether a firewall or sandbox forbids sockets on 127.0.0.1, then try again"
        }
        RequestErrorKind::ListenerLost | RequestErrorKind::PageLost => "send the request again",
        RequestErrorKind::InvalidCallback => {
            "ask the player before you send it a second time, because OK may have done it already; report the text of this error"
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

#[cfg(test)]
mod tests {
    use callback_listener::ListenError;
    use odnoklassniki::oauth::OAuthError;
    use odnoklassniki::{Refusal, SigningError};

    use super::*;
    use crate::error::RequestError;
    use crate::request::RequestId;

    macro_rules! all_kinds {
        ($($kind:ident)+) => {
            const ALL: &[RequestErrorKind] = &[$(RequestErrorKind::$kind),+];

            /// Fails to compile while a kind is missing above.
            const fn _is_listed(kind: RequestErrorKind) {
                match kind {
                    $(RequestErrorKind::$kind)|+ => {}
                }
            }
        };
    }
    all_kinds! {
        Refused InvalidRequest NotLoggedIn NotConfigured NotApproved AlreadyPending TooManyPending
        UrlTooLong CannotOpen PopupBlocked PortUnavailable ListenerLost PageLost InvalidCallback Network
        Unsupported
    }

    #[test]
    fn advice_says_to_try_again_exactly_where_that_may_help() {
        let kinds = ALL.iter().map(|kind| RequestError::new(*kind, "text"));
        let codes = (-1..=2000).map(|code| Refusal::new(ErrorCode(code), "").into());
        let oauth = [
            "access_denied",
            "invalid_request",
            "invalid_scope",
            "invalid_client",
            "unauthorized_client",
            "unsupported_response_type",
            "server_error",
            "temporarily_unavailable",
            "another",
        ]
        .map(|name| RequestError::oauth(&OAuthError::new(name, "")));
        let others = [
            RequestError::no_redirect(),
            RequestError::no_listener(&ListenError::Ports("17811".to_owned())),
            RequestError::other_flow_pending(RequestId::from_raw(1)),
            SigningError::NotLoggedIn.into(),
            SigningError::Refused(String::new()).into(),
            SigningError::Unavailable(String::new()).into(),
        ];
        for error in kinds.chain(codes).chain(oauth).chain(others) {
            let advice = error.advice();
            let says_so = ["try again", "send the request again", "next attempt"]
                .iter()
                .any(|words| advice.contains(words));
            assert_eq!(says_so, error.is_retryable(), "{error:?}: {advice}");
        }
    }
}
