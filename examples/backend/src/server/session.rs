//! `POST /session`: a code of the login page becomes a token.

use std::fmt;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use odnoklassniki::AuthCode;
use serde::Deserialize;
use serde_json::json;

use super::app::App;
use super::error::{Refusal, json_response};
use super::input::{Body, is_visible_ascii};
use super::player::Player;
use crate::policy;

const MAX_CODE: usize = 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSession {
    code: String,
    redirect_uri: String,
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    Body(asked): Body<NewSession>,
) -> Result<Response, Refusal> {
    if !(1..=MAX_CODE).contains(&asked.code.len()) || !is_visible_ascii(&asked.code) {
        return Err(Refusal::bad_request(
            "`code` is not a code of OK's: send it as it came, decoded once",
        ));
    }
    if !policy::redirect_uri(&asked.redirect_uri, &app.config.redirect_uris) {
        let message =
            "`redirect_uri` is not one of this server's OK_REDIRECT_URIS, character by character";
        return Err(Refusal::forbidden("redirect_uri_refused", message));
    }
    let code = AuthCode::new(asked.code);
    let granted = app
        .ok
        .exchange(&app.config, &code, &asked.redirect_uri)
        .await?;
    let user = app.ok.user_of(&app.config, &granted.access_token).await?;
    let player = Player {
        user,
        token: granted.access_token,
    };
    app.introduce(&player).await?;
    // Two secrets stay here. The session's key can be made again from the token whenever it is
    // needed. The refresh token, `granted.refresh_token`, is dropped; README.md says where to keep
    // it if players should stay logged in for weeks.
    Ok(json_response(
        StatusCode::OK,
        &json!({
            "access_token": player.token.expose(),
            "user_id": player.user,
            "expires_in": granted.expires_in.map(|time| time.as_secs()),
        }),
    ))
}

impl fmt::Debug for NewSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewSession([redacted])")
    }
}
