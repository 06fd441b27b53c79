//! `POST /sign`: the signature of a widget, made from its fields after looking at them.
//!
//! Never a finished text: whoever gets a text of their own signed gets anything signed.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use odnoklassniki::{UserId, WidgetKind, session_secret_key, widget_signature};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::app::App;
use super::error::{Refusal, json_response};
use super::input::{Body, widget_kind};
use super::state::{check_state, state_hash};
use crate::policy;
use crate::store::RewardKind;

/// The fields together, in bytes. OK's URL must hold them, percent-encoded.
const MAX_FIELDS: usize = 8 * 1024;
/// How long after signing a callback is rewarded.
const STATE_TTL: Duration = Duration::from_secs(60 * 60);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToSign {
    widget: String,
    app_id: String,
    fields: Fields,
}

/// The names that OK signs (`odnoklassniki::SIGNED_PARAMETERS`). Serde refuses others, and a name
/// that comes twice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(rename = "st.attachment")]
    attachment: Option<String>,
    #[serde(rename = "st.redirect_uri")]
    redirect_uri: Option<IgnoredAny>,
    #[serde(rename = "st.return")]
    return_url: Option<String>,
    #[serde(rename = "st.state")]
    state: Option<String>,
}

pub(super) async fn sign(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Body(asked): Body<ToSign>,
) -> Result<Response, Refusal> {
    let player = app.player(&headers).await?;
    app.limit(player.user, "sign").await?;
    let kind = widget_kind(&asked.widget)?;
    if asked.app_id != app.config.app_id.to_string() {
        return Err(Refusal::forbidden(
            "wrong_app",
            "`app_id` is not the application of this server",
        ));
    }
    check(&app, kind, &asked.fields)?;
    remember(&app, player.user, kind, &asked.fields).await?;

    let Fields {
        attachment,
        return_url,
        state,
        redirect_uri: _,
    } = &asked.fields;
    let fields = [
        ("st.attachment", attachment),
        ("st.return", return_url),
        ("st.state", state),
    ];
    let sent = fields
        .iter()
        .filter_map(|(name, value)| value.as_deref().map(|value| (*name, value)));
    let key = session_secret_key(&player.token, &app.config.app_secret);
    let signature = widget_signature(sent, &key);
    Ok(json_response(
        StatusCode::OK,
        &json!({ "signature": signature.as_str() }),
    ))
}

fn check(app: &App, kind: WidgetKind, fields: &Fields) -> Result<(), Refusal> {
    let Fields {
        attachment,
        redirect_uri,
        return_url,
        state,
    } = fields;
    let texts = [attachment, return_url, state].into_iter().flatten();
    if texts.map(String::len).sum::<usize>() > MAX_FIELDS {
        return Err(Refusal::too_large(
            "the fields have more than 8 KiB together",
        ));
    }
    if redirect_uri.is_some() {
        let message =
            "`st.redirect_uri` is not signed: its callback has no documented form; use `st.return`";
        return Err(Refusal::forbidden("redirect_uri_refused", message));
    }
    // Without one the callback would be a message to any window that opened the page.
    let return_url = return_url
        .as_deref()
        .ok_or_else(|| Refusal::bad_request("`st.return` is missing"))?;
    if !policy::return_url(return_url, &app.config.return_urls) {
        let message = "`st.return` is neither the plugin's receiver (http://127.0.0.1:<port>/r/<32 hex digits>) nor one \
                       of this server's SIGN_RETURN_URLS";
        return Err(Refusal::forbidden("return_refused", message));
    }
    match state.as_deref() {
        Some(state) => check_state(state)?,
        // A callback without a state belongs to no request, and would fit any.
        None if kind != WidgetKind::Post => {
            return Err(Refusal::bad_request("`st.state` is missing"));
        }
        None => {}
    }
    match (kind, attachment.as_deref()) {
        (WidgetKind::Post, Some(attachment)) => {
            policy::attachment(attachment, &app.config.link_hosts)
                .map_err(|problem| Refusal::forbidden("attachment_refused", problem))
        }
        (WidgetKind::Post, None) => Err(Refusal::bad_request(
            "`st.attachment` is missing: a post needs one",
        )),
        (_, Some(_)) => Err(Refusal::bad_request("`st.attachment` is for posts only")),
        (_, None) => Ok(()),
    }
}

/// Remembers the state: a reward needs a callback with a state that was signed here.
async fn remember(
    app: &App,
    user: UserId,
    kind: WidgetKind,
    fields: &Fields,
) -> Result<(), Refusal> {
    let kind = match kind {
        WidgetKind::Invite => RewardKind::Invite,
        WidgetKind::Suggest => RewardKind::Suggest,
        WidgetKind::Post => return Ok(()),
    };
    let state = fields.state.as_deref().unwrap_or_default();
    if app
        .store
        .remember_state(user, kind, &state_hash(state), STATE_TTL)
        .await?
    {
        return Ok(());
    }
    let message = "`st.state` was signed for another widget: take a new one each time";
    Err(Refusal::new(StatusCode::CONFLICT, "state_taken", message))
}
