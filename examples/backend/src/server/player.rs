//! Who is asking.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};
use odnoklassniki::{AccessToken, UserId};

use super::app::App;
use super::error::Refusal;
use super::input::is_visible_ascii;
use crate::store::Hash;

/// How long OK's word on whose token it is counts. A player who was thrown out at OK is known here
/// for that long.
const USER_TTL: Duration = Duration::from_secs(5 * 60);
/// How long a token is known to be one that was made here. Renewed by use; OK ends tokens long
/// before.
const MADE_HERE_TTL: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The time of [`Config::per_minute`](crate::Config::per_minute).
const MINUTE: Duration = Duration::from_secs(60);
const MAX_TOKEN: usize = 1024;

/// A logged-in player.
pub(super) struct Player {
    pub(super) user: UserId,
    pub(super) token: AccessToken,
}

impl App {
    /// The player of `Authorization: Bearer <access token>`. OK says who it is, not the game.
    pub(super) async fn player(&self, headers: &HeaderMap) -> Result<Player, Refusal> {
        let token = bearer(headers)?;
        let hash = token_hash(&token);
        let user = match self.store.cached_user(&hash).await? {
            Some(user) => user,
            None => {
                let user = self.ok.user_of(&self.config, &token).await?;
                self.store.put_user(&hash, user, USER_TTL).await?;
                user
            }
        };
        Ok(Player { user, token })
    }

    /// Remembers that a token was made here just now, and whose it is: the next request need not
    /// ask OK again.
    pub(super) async fn introduce(&self, player: &Player) -> Result<(), Refusal> {
        self.store
            .put_user(&token_hash(&player.token), player.user, USER_TTL)
            .await?;
        self.store
            .put_user(&made_here_hash(&player.token), player.user, MADE_HERE_TTL)
            .await?;
        Ok(())
    }

    /// Refuses tokens that `POST /session` did not make. OK gives others to whoever asks by the
    /// token flow, together with the session's key. With that a player writes check values of their
    /// own.
    pub(super) async fn only_made_here(&self, player: &Player) -> Result<(), Refusal> {
        let hash = made_here_hash(&player.token);
        if self.store.cached_user(&hash).await? != Some(player.user) {
            let message = "rewards need a token of this server's `POST /session`: the key of any other is known to the player";
            return Err(Refusal::forbidden("foreign_token", message));
        }
        Ok(self
            .store
            .put_user(&hash, player.user, MADE_HERE_TTL)
            .await?)
    }

    /// Counts a request of the player's against the limit of a minute. In the store: the limit is
    /// that of all instances together.
    pub(super) async fn limit(&self, user: UserId, what: &'static str) -> Result<(), Refusal> {
        let count = self.store.count(user, what, MINUTE).await?;
        if count.steps <= u64::from(self.config.per_minute) {
            return Ok(());
        }
        let seconds = count.reset_in.as_secs() + 1;
        let message = format!(
            "more than {} requests in a minute; come again later",
            self.config.per_minute
        );
        Err(
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message)
                .retry_after(seconds),
        )
    }
}

fn bearer(headers: &HeaderMap) -> Result<AccessToken, Refusal> {
    let missing = || {
        Refusal::log_in(
            "no_token",
            "send the player's token: `Authorization: Bearer <access token>`",
        )
    };
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values
        .next()
        .and_then(|value| value.to_str().ok())
        .ok_or_else(missing)?;
    let (scheme, token) = value.split_once(' ').ok_or_else(missing)?;
    let good = values.next().is_none()
        && scheme.eq_ignore_ascii_case("bearer")
        && (1..=MAX_TOKEN).contains(&token.len())
        && is_visible_ascii(token);
    if good {
        Ok(AccessToken::new(token))
    } else {
        Err(missing())
    }
}

fn token_hash(token: &AccessToken) -> Hash {
    Hash::of(&["token", token.expose()])
}

fn made_here_hash(token: &AccessToken) -> Hash {
    Hash::of(&["made here", token.expose()])
}
