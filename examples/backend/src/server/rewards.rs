//! `POST /rewards`: an answer of a widget becomes a reward, once.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use odnoklassniki::{Authenticity, Sent, Signer, UserId, WidgetKind, session_secret_key};
use serde::Deserialize;
use serde_json::json;

use super::error::{Refusal, reply};
use super::sign::{check_state, widget_kind};
use super::{App, Body};
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
            let message = "posts are not rewarded: OK does not sign their answers with anything that can be checked";
            return Err(Refusal::unprocessable("post_not_rewarded", message));
        }
    };
    check_state(&asked.state)?;
    app.only_made_here(&player).await?;

    let answer = Hash::of(&["answer", &player.user.to_string(), &asked.check_value]);
    let sent = Sent {
        users: asked.users,
        check_value: Some(asked.check_value),
    };
    let key = session_secret_key(&player.token, &app.config.app_secret);
    let signer = Signer::session(player.token, key);
    if sent.authenticity(Some(&asked.state), &signer) != Authenticity::Matched {
        let message = "the answer does not fit its check value: it was changed, belongs to another session, or OK \
                       computes the value in a way that is not known yet";
        return Err(Refusal::unprocessable("not_verified", message));
    }

    let state = state_hash(&asked.state);
    let answer = Callback {
        user: player.user,
        kind,
        state,
        answer,
        friends: sent.users,
    };
    match app.store.claim(&answer).await? {
        // A real game writes the reward into the player's inventory here, in the transaction of the
        // claim: then a response that is lost on its way loses nothing.
        Claim::Granted(granted) => Ok(reply(StatusCode::OK, &json!({ "granted": granted }))),
        Claim::AlreadyUsed => {
            let message = "this answer was used before; what it was worth is granted";
            Err(Refusal::new(StatusCode::CONFLICT, "already_used", message))
        }
        Claim::UnknownState => {
            let message = "`state` was not signed here for this player and widget within the last hour, or was used";
            Err(Refusal::unprocessable("unknown_state", message))
        }
    }
}

pub(super) fn state_hash(state: &str) -> Hash {
    Hash::of(&["state", state])
}
