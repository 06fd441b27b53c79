//! `/fb.do` and `/api/…`: OK's REST methods (apiok.ru/en/dev/methods), as far as the sandbox has
//! them.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::{Household, call_fields, json};
use crate::app::Application;
use crate::codes::{
    METHOD, PARAM_API_KEY, PARAM_SESSION_EXPIRED, PARAM_SESSION_KEY, PARAM_SIGNATURE,
    PERMISSION_DENIED, Refusal, SESSION_REQUIRED,
};
use crate::form::Fields;
use crate::house::House;
use crate::oauth::ledger::{Holder, Standing};
use crate::oauth::rights::Rights;
use crate::signature;

/// The player, if a call came with a session.
type Caller = Option<Holder>;

/// A method, and the right it needs of the session it is called with.
struct Method {
    run: fn(Caller) -> Result<Value, Refusal>,
    needs: Option<&'static str>,
}

/// Every method there is.
fn method(name: &str) -> Option<Method> {
    Some(match name {
        "users.getLoggedInUser" => Method {
            run: logged_in_user,
            needs: None,
        },
        _ => return None,
    })
}

/// `/fb.do?method=…`.
pub(crate) async fn call(
    State(house): Household,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let fields = call_fields(query, &body);
    let method = fields
        .as_ref()
        .and_then(|fields| fields.get("method"))
        .unwrap_or_default()
        .to_owned();
    answer(answered(&house, &method, fields.as_ref()))
}

/// `/api/<group>/<name>`.
pub(crate) async fn call_by_path(
    State(house): Household,
    Path((group, name)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    answer(answered(
        &house,
        &format!("{group}.{name}"),
        call_fields(query, &body).as_ref(),
    ))
}

fn answered(house: &House, name: &str, fields: Option<&Fields>) -> Result<Value, Refusal> {
    if name.is_empty() {
        return Err(Refusal::param("method is missing"));
    }
    let method = method(name).ok_or_else(|| {
        let name: String = name.chars().take(60).collect();
        Refusal::new(METHOD, format!("the sandbox has no method {name}"))
    })?;
    let caller = caller(house, fields)?;
    permitted(caller, method.needs)?;
    (method.run)(caller)
}

/// A session may do what the player has granted; without one the application may, as its secret key
/// proves who it is.
fn permitted(caller: Caller, needs: Option<&str>) -> Result<(), Refusal> {
    let needed = needs.and_then(Rights::named).unwrap_or_default();
    match caller {
        Some(holder) if !needed.are_within(holder.rights) => Err(Refusal::new(
            PERMISSION_DENIED,
            format!("the player has not granted {needed}"),
        )),
        _ => Ok(()),
    }
}

/// The id of the player, as text: ids are texts all over OK's REST.
fn logged_in_user(caller: Caller) -> Result<Value, Refusal> {
    let holder = caller.ok_or_else(|| Refusal::new(SESSION_REQUIRED, "access_token is missing"))?;
    Ok(holder.user_id.to_string().into())
}

/// Checks application, session and signature.
fn caller(house: &House, fields: Option<&Fields>) -> Result<Caller, Refusal> {
    let fields =
        fields.ok_or_else(|| Refusal::param("the parameters are not percent-encoded UTF-8"))?;
    if let Some(name) = fields.doubled() {
        let name: String = name.chars().take(40).collect();
        return Err(Refusal::param(format!("{name} is there twice")));
    }
    let key = fields.get("application_key").unwrap_or_default();
    let app = house.apps.iter().find(|app| app.public_key == key);
    let app =
        app.ok_or_else(|| Refusal::new(PARAM_API_KEY, "no application has this application_key"))?;
    let token = fields
        .get("access_token")
        .or_else(|| fields.get("session_key"));
    let (caller, secret) = match token {
        None => (None, app.secret_key.clone()),
        Some(token) => {
            let holder = holder(house, app, token)?;
            (
                Some(holder),
                signature::session_secret(token, &app.secret_key),
            )
        }
    };
    let given = fields.get("sig").unwrap_or_default();
    // OK's documentation leaves `session_key` out of the text, its kits sign it: either will do.
    let signed = [&[][..], &["session_key"]]
        .iter()
        .any(|without| given == signature::of_call(fields, without, &secret));
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

fn holder(house: &House, app: &Application, token: &str) -> Result<Holder, Refusal> {
    match house.standing(app.id, token) {
        Standing::Live(holder) => Ok(holder),
        Standing::Expired => Err(Refusal::new(PARAM_SESSION_EXPIRED, "Session expired")),
        Standing::Unknown => Err(Refusal::new(
            PARAM_SESSION_KEY,
            "no session of this application has this token",
        )),
    }
}

/// Errors, too, have status 200: a header and the text tell them apart.
fn answer(answer: Result<Value, Refusal>) -> Response {
    let refusal = match answer {
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
    fn a_session_may_do_what_was_granted() {
        let holder = |scope| {
            Some(Holder {
                user_id: 1,
                rights: Rights::read(scope).unwrap(),
            })
        };
        let code = |caller, needs| permitted(caller, needs).err().map(|refusal| refusal.code);
        assert_eq!(code(holder("GET_EMAIL"), Some("GET_EMAIL")), None);
        assert_eq!(code(holder("GET_EMAIL"), Some("VALUABLE_ACCESS")), Some(10));
        assert_eq!(code(holder(""), None), None);
        assert_eq!(code(None, Some("GET_EMAIL")), None);
    }
}
