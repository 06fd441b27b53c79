//! The answer of a login, in the query or behind the `#`.

use std::time::Duration;

use odnoklassniki::CallbackError;
use odnoklassniki::MAX_CALLBACK_BYTES;
use odnoklassniki::oauth::{AuthorizationResponse, Authorized, ResponseType};
use zeroize::Zeroizing;

use super::escapes::escape;
use crate::callback::{Page, Verdict};
use crate::request::grade::{Answered, judge_login};

const STATE: &str = "fedcba9876543210fedcba9876543210";

/// Reads two lines as query and fragment: what they say does not depend on how it is written, and
/// never arrives at a login that it does not name.
pub fn fragment(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (query, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let answer = AuthorizationResponse::from_pairs(&[query, rest]);
    if let Ok(answer) = &answer {
        check(answer);
        again(answer);
    }
    let read = what(&answer);
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
    for asked in [ResponseType::Token, ResponseType::Code] {
        let judge = judge_login(asked, Zeroizing::new(STATE.to_owned()));
        if let Verdict::Finish(Answered::Login(Ok(answer)), page) = judge(query) {
            assert!(
                answer.state.as_deref().is_none_or(|state| state == STATE),
                "an answer to another login"
            );
            assert_eq!(
                page == Page::Completed,
                !matches!(answer.authorized, Authorized::Refused(_))
            );
        }
    }
}

/// Everything an answer says, to be compared.
fn what(answer: &Result<AuthorizationResponse, CallbackError>) -> String {
    answer
        .as_ref()
        .map_or_else(|error| format!("{error:?}"), said)
}

fn said(answer: &AuthorizationResponse) -> String {
    let said = match &answer.authorized {
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
    format!("{said} {:?}", answer.state)
}

/// The limits of what was read.
fn check(answer: &AuthorizationResponse) {
    let visible =
        |secret: &str| !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic());
    match &answer.authorized {
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

/// Writes the answer with every byte escaped, and reads that.
fn again(answer: &AuthorizationResponse) {
    let mut pairs = Vec::new();
    match &answer.authorized {
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
    pairs.extend(answer.state.clone().map(|state| ("state", state)));
    let written: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", escape(value)))
        .collect();
    let written = written.join("&");
    if written.len() <= MAX_CALLBACK_BYTES {
        let read = AuthorizationResponse::from_pairs(&[&written]);
        assert_eq!(what(&read), said(answer), "written again");
    }
}
