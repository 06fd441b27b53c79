//! The authorization response of a login, in the query or behind the `#`.

use std::time::Duration;

use odnoklassniki::CallbackError;
use odnoklassniki::MAX_CALLBACK_BYTES;
use odnoklassniki::oauth::{AuthorizationResponse, Authorized};

use crate::escapes::escape;

/// Parses two lines as query and fragment: what they say does not depend on how it is written.
pub fn fragment(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (query, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let response = AuthorizationResponse::from_pairs(&[query, rest]);
    if let Ok(response) = &response {
        check(response);
        again(response);
    }
    let read = what(&response);
    if query.len() + rest.len() < MAX_CALLBACK_BYTES {
        if !rest.starts_with(['?', '#']) {
            let joined = format!("{query}&{rest}");
            assert_eq!(
                what(&AuthorizationResponse::from_pairs(&[&joined])),
                read,
                "in one part"
            );
        }
        if !query.starts_with(['?', '#']) {
            assert_eq!(
                what(&AuthorizationResponse::from_pairs(&[
                    &format!("#{query}"),
                    rest
                ])),
                read,
                "with its mark"
            );
        }
    }
}

/// Returns everything that a response says, to be compared.
fn what(response: &Result<AuthorizationResponse, CallbackError>) -> String {
    response
        .as_ref()
        .map_or_else(|error| format!("{error:?}"), said)
}

fn said(response: &AuthorizationResponse) -> String {
    let said = match &response.authorized {
        Authorized::Token(grant) => {
            let secrets = [
                grant.access_token.expose(),
                grant.session_secret_key.expose(),
            ];
            format!("{secrets:?} {:?} {:?}", grant.expires_in, grant.scopes)
        }
        Authorized::Code(code) => code.expose().to_owned(),
        other => format!("{other:?}"),
    };
    format!("{said} {:?}", response.state)
}

/// The limits of what was read.
fn check(response: &AuthorizationResponse) {
    let visible =
        |secret: &str| !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic());
    match &response.authorized {
        Authorized::Token(grant) => {
            assert!(
                visible(grant.access_token.expose()) && visible(grant.session_secret_key.expose())
            );
            assert!(
                grant
                    .scopes
                    .as_ref()
                    .is_none_or(|scopes| scopes.len() <= 64)
            );
        }
        Authorized::Code(code) => assert!(visible(code.expose())),
        Authorized::Refused(error) => {
            let (code, text) = (error.code.as_str(), &error.description);
            assert!(code.chars().count() <= 64 && text.chars().count() <= 512);
            assert!(!code.chars().chain(text.chars()).any(char::is_control));
        }
        other => panic!("{other:?}"),
    }
}

/// Writes the response with every byte escaped, and reads that.
fn again(response: &AuthorizationResponse) {
    let mut pairs = Vec::new();
    match &response.authorized {
        Authorized::Token(grant) => {
            pairs.push(("access_token", grant.access_token.expose().to_owned()));
            pairs.push((
                "session_secret_key",
                grant.session_secret_key.expose().to_owned(),
            ));
            pairs.extend(
                grant
                    .expires_in
                    .map(|time: Duration| ("expires_in", time.as_secs().to_string())),
            );
            let list = |scopes: &Vec<_>| {
                scopes
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(";")
            };
            pairs.extend(
                grant
                    .scopes
                    .as_ref()
                    .map(|scopes| ("permissions_granted", list(scopes))),
            );
        }
        Authorized::Code(code) => pairs.push(("code", code.expose().to_owned())),
        Authorized::Refused(error) => {
            pairs.push(("error", error.code.to_string()));
            pairs.push(("error_description", error.description.clone()));
        }
        other => panic!("{other:?}"),
    }
    pairs.extend(response.state.clone().map(|state| ("state", state)));
    let written: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", escape(value)))
        .collect();
    let written = written.join("&");
    if written.len() <= MAX_CALLBACK_BYTES {
        let read = AuthorizationResponse::from_pairs(&[&written]);
        assert_eq!(what(&read), said(response), "written again");
    }
}
