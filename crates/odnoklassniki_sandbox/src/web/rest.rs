//! `/fb.do` and `/api/…`: the REST methods that the sandbox has (apiok.ru/en/dev/methods).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::response::json;
use crate::application::Application;
use crate::error_code::{
    METHOD, PARAM_API_KEY, PARAM_SESSION_EXPIRED, PARAM_SESSION_KEY, PARAM_SIGNATURE,
    PERMISSION_DENIED, Refusal, SESSION_REQUIRED,
};
use crate::form::{self, Fields};
use crate::oauth::scopes::Scopes;
use crate::oauth::tokens::{TokenOwner, TokenStatus};
use crate::signature;
use crate::state::SandboxState;

/// The player, if the call has a session.
type Caller = Option<TokenOwner>;

/// A method, and the scope that a session needs for it.
struct Method {
    run: fn(Caller) -> Result<Value, Refusal>,
    needs: Option<&'static str>,
}

/// Finds a method.
fn method(name: &str) -> Option<Method> {
    Some(match name {
        "users.getLoggedInUser" => Method {
            run: logged_in_user,
            needs: None,
        },
        _ => return None,
    })
}

/// Lets every page read the responses. It exposes no header, so a page does not see
/// `Invocation-Error`, and it allows no cookies.
pub(super) async fn allow_pages(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    response
}

/// Answers the question that a browser asks before a request that is not simple. OK's own kit
/// sends its GET with a `Content-Type`.
pub(super) async fn preflight() -> Response {
    let allowed = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type"),
    ];
    (StatusCode::NO_CONTENT, allowed).into_response()
}

/// `/fb.do?method=…`.
pub(super) async fn call(
    State(sandbox): State<Arc<SandboxState>>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let fields = form::parse_call(query, &body);
    let method = fields
        .as_ref()
        .and_then(|fields| fields.get("method"))
        .unwrap_or_default()
        .to_owned();
    respond(run(&sandbox, &method, fields.as_ref()))
}

/// `/api/<group>/<name>`.
pub(super) async fn call_by_path(
    State(sandbox): State<Arc<SandboxState>>,
    Path((group, name)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let fields = form::parse_call(query, &body);
    respond(run(&sandbox, &format!("{group}.{name}"), fields.as_ref()))
}

fn run(sandbox: &SandboxState, name: &str, fields: Option<&Fields>) -> Result<Value, Refusal> {
    if name.is_empty() {
        return Err(Refusal::param("method is missing"));
    }
    let method = method(name).ok_or_else(|| {
        let name: String = name.chars().take(60).collect();
        Refusal::new(METHOD, format!("the sandbox has no method {name}"))
    })?;
    let caller = caller(sandbox, fields)?;
    check_scope(caller, method.needs)?;
    (method.run)(caller)
}

/// Checks that the player has granted a scope. A call without a session needs none: the secret key
/// proves that the application makes it.
fn check_scope(caller: Caller, needs: Option<&str>) -> Result<(), Refusal> {
    let needed = needs.and_then(Scopes::named).unwrap_or_default();
    match caller {
        Some(owner) if !needed.are_within(owner.scopes) => Err(Refusal::new(
            PERMISSION_DENIED,
            format!("the player has not granted {needed}"),
        )),
        _ => Ok(()),
    }
}

/// Returns the id of the player, as text: OK's REST has all ids as texts.
fn logged_in_user(caller: Caller) -> Result<Value, Refusal> {
    let owner = caller.ok_or_else(|| Refusal::new(SESSION_REQUIRED, "access_token is missing"))?;
    Ok(owner.user_id.to_string().into())
}

/// Checks application, session and signature.
fn caller(sandbox: &SandboxState, fields: Option<&Fields>) -> Result<Caller, Refusal> {
    let fields =
        fields.ok_or_else(|| Refusal::param("the parameters are not percent-encoded UTF-8"))?;
    if let Some(name) = fields.doubled() {
        let name: String = name.chars().take(40).collect();
        return Err(Refusal::param(format!("{name} is there twice")));
    }
    let key = fields.get("application_key").unwrap_or_default();
    let app = sandbox.apps.iter().find(|app| app.public_key == key);
    let app =
        app.ok_or_else(|| Refusal::new(PARAM_API_KEY, "no application has this application_key"))?;
    let token = fields
        .get("access_token")
        .or_else(|| fields.get("session_key"));
    let (caller, secret) = match token {
        None => (None, app.secret_key.clone()),
        Some(token) => {
            let owner = owner(sandbox, app, token)?;
            (
                Some(owner),
                signature::session_secret(token, &app.secret_key),
            )
        }
    };
    let sent = fields.get("sig").unwrap_or_default();
    // OK's documentation leaves `session_key` out of the signed text, but its kits sign it.
    let signed = [&[][..], &["session_key"]]
        .iter()
        .any(|without| sent == signature::of_call(fields, without, &secret));
    if !signed {
        let which = if token.is_some() {
            "the session's secret key"
        } else {
            "the application's secret key"
        };
        let text =
            format!("sig must be the lower-case MD5 over the sorted parameters, then {which}");
        return Err(Refusal::new(PARAM_SIGNATURE, text));
    }
    Ok(caller)
}

fn owner(sandbox: &SandboxState, app: &Application, token: &str) -> Result<TokenOwner, Refusal> {
    match sandbox.token_status(app.id, token) {
        TokenStatus::Valid(owner) => Ok(owner),
        TokenStatus::Expired => Err(Refusal::new(PARAM_SESSION_EXPIRED, "Session expired")),
        TokenStatus::Unknown => Err(Refusal::new(
            PARAM_SESSION_KEY,
            "no session of this application has this token",
        )),
    }
}

/// Makes the response. Errors have status 200, too: the header and the text show them.
fn respond(result: Result<Value, Refusal>) -> Response {
    let refusal = match result {
        Ok(value) => return json(StatusCode::OK, &value),
        Err(refusal) => refusal,
    };
    let text = format!("{} : {}", refusal.name(), refusal.message);
    let error = json!({ "error_code": refusal.code, "error_msg": text, "error_data": Value::Null });
    let mut response = json(StatusCode::OK, &error);
    let header = HeaderName::from_static("invocation-error");
    response
        .headers_mut()
        .insert(header, HeaderValue::from(refusal.code));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_needs_the_scope() {
        let owner = |names| {
            Some(TokenOwner {
                user_id: 1,
                scopes: Scopes::parse(names).unwrap(),
            })
        };
        let code = |caller, needs| check_scope(caller, needs).err().map(|refusal| refusal.code);
        assert_eq!(code(owner("GET_EMAIL"), Some("GET_EMAIL")), None);
        assert_eq!(code(owner("GET_EMAIL"), Some("VALUABLE_ACCESS")), Some(10));
        assert_eq!(code(owner(""), None), None);
        assert_eq!(code(None, Some("GET_EMAIL")), None);
    }
}
