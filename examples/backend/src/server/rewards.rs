//! `POST /rewards`: a callback of a widget becomes a reward, once.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use odnoklassniki::{Authenticity, Sent, Signer, UserId, WidgetKind, session_secret_key};
use serde::Deserialize;
use serde_json::json;

use super::app::App;
use super::error::{Refusal, json_response};
use super::input::{Body, widget_kind};
use super::state::{check_state, state_hash};
use crate::store::{Callback, Claim, Hash, RewardKind};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToReward {
    widget: String,
    users: Vec<UserId>,
    state: String,
    check_value: String,
}

pub(super) async fn claim(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Body(asked): Body<ToReward>,
) -> Result<Response, Refusal> {
    let player = app.player(&headers).await?;
    app.limit(player.user, "rewards").await?;
    let kind = match widget_kind(&asked.widget)? {
        WidgetKind::Invite => RewardKind::Invite,
        WidgetKind::Suggest => RewardKind::Suggest,
        WidgetKind::Post => {
            let message = "posts are not rewarded: OK does not sign their callbacks with anything that can be checked";
            return Err(Refusal::unprocessable("post_not_rewarded", message));
        }
    };
    check_state(&asked.state)?;
    app.only_made_here(&player).await?;

    // `"answer"` is part of hashes that stores already keep.
    let id = Hash::of(&["answer", &player.user.to_string(), &asked.check_value]);
    let sent = Sent {
        users: asked.users,
        check_value: Some(asked.check_value),
    };
    let key = session_secret_key(&player.token, &app.config.app_secret);
    let signer = Signer::session(player.token, key);
    if sent.authenticity(Some(&asked.state), &signer) != Authenticity::Matched {
        let message = "the callback does not fit its check value: it was changed, belongs to another session, or OK \
                       computes the value in a way that is not known yet";
        return Err(Refusal::unprocessable("not_verified", message));
    }

    let state = state_hash(&asked.state);
    let callback = Callback {
        user: player.user,
        kind,
        state,
        id,
        friends: sent.users,
    };
    match app.store.claim(&callback).await? {
        // A real game writes the reward into the player's inventory here, in the transaction of the
        // claim: then a response that is lost on its way loses nothing.
        Claim::Granted(granted) => Ok(json_response(
            StatusCode::OK,
            &json!({ "granted": granted }),
        )),
        Claim::AlreadyUsed => {
            let message = "this callback was used before; what it was worth is granted";
            Err(Refusal::new(StatusCode::CONFLICT, "already_used", message))
        }
        Claim::UnknownState => {
            let message = "`state` was not signed here for this player and widget within the last hour, or was used";
            Err(Refusal::unprocessable("unknown_state", message))
        }
    }
}
