//! The store in Redis, for instances on many machines.
//!
//! Whatever takes more than one command is a script: Redis runs scripts one after the other and
//! whole. All keys of a script carry the player's id in braces, so that they would also live on one
//! node of a cluster. Times are Redis's own, so the instances' clocks need not agree.

use std::time::Duration;

use odnoklassniki::{ApplicationId, UserId};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands as _, RedisError, RedisResult, Script};

use super::types::{CALLBACK_TTL, Callback, Claim, Count, Hash, RewardKind, StoreError};

/// For a command, and for making a connection. Redis responds within a millisecond, or is not well.
const TIMEOUT: Duration = Duration::from_secs(2);

/// KEYS: state. ARGV: kind, milliseconds. 0 if it belongs to another kind.
const REMEMBER_STATE: &str = "
    local kind = redis.call('GET', KEYS[1])
    if kind and kind ~= ARGV[1] then return 0 end
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return 1";

/// KEYS: counter. ARGV: milliseconds. The steps, and the milliseconds that are left.
const COUNT: &str = "
    local steps = redis.call('INCR', KEYS[1])
    local left = redis.call('PTTL', KEYS[1])
    if left < 0 then
        redis.call('PEXPIRE', KEYS[1], ARGV[1])
        left = tonumber(ARGV[1])
    end
    return {steps, left}";

/// KEYS: used callback, state, claims. ARGV: kind, milliseconds, friends. The number of new
/// friends; -1 used, -2 unknown state.
const CLAIM: &str = "
    if redis.call('EXISTS', KEYS[1]) == 1 then return -1 end
    if redis.call('GET', KEYS[2]) ~= ARGV[1] then return -2 end
    redis.call('DEL', KEYS[2])
    redis.call('SET', KEYS[1], '', 'PX', ARGV[2])
    local granted = 0
    for i = 3, #ARGV do granted = granted + redis.call('SADD', KEYS[3], ARGV[i]) end
    return granted";

#[derive(Clone)]
pub(super) struct Redis {
    /// Begins every key, so that several games can share one Redis.
    prefix: String,
    connection: ConnectionManager,
}

impl Redis {
    pub(super) async fn open(url: &str, app: ApplicationId) -> Result<Self, StoreError> {
        let client = redis::Client::open(url).map_err(failed)?;
        // A command that fails is not tried again by itself: a claim may have been carried out
        // although its response was lost. The next command makes a new connection.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        let connection = ConnectionManager::new_with_config(client, config)
            .await
            .map_err(failed)?;
        Ok(Self {
            prefix: format!("ok_backend:{app}"),
            connection,
        })
    }

    fn key(&self, user: UserId, what: &str, which: &str) -> String {
        format!("{}:{{{user}}}:{what}:{which}", self.prefix)
    }

    fn user_key(&self, token: &Hash) -> String {
        format!("{}:user:{}", self.prefix, token.0)
    }

    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        let pong: RedisResult<String> = redis::cmd("PING")
            .query_async(&mut self.connection.clone())
            .await;
        pong.map(drop).map_err(failed)
    }

    pub(super) async fn remember_state(
        &self,
        user: UserId,
        kind: RewardKind,
        state: &Hash,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        let script = Script::new(REMEMBER_STATE);
        let mut call = script.key(self.key(user, "state", &state.0));
        call.arg(kind.name()).arg(milliseconds(ttl));
        let remembered: u8 = call
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(failed)?;
        Ok(remembered == 1)
    }

    pub(super) async fn count(
        &self,
        user: UserId,
        name: &'static str,
        window: Duration,
    ) -> Result<Count, StoreError> {
        let script = Script::new(COUNT);
        let mut call = script.key(self.key(user, "count", name));
        call.arg(milliseconds(window));
        let (steps, left) = call
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(failed)?;
        Ok(Count {
            steps,
            reset_in: Duration::from_millis(left),
        })
    }

    pub(super) async fn cached_user(&self, token: &Hash) -> Result<Option<UserId>, StoreError> {
        let user: Option<String> = self
            .connection
            .clone()
            .get(self.user_key(token))
            .await
            .map_err(failed)?;
        Ok(user.and_then(|user| user.parse().ok()))
    }

    pub(super) async fn put_user(
        &self,
        token: &Hash,
        user: UserId,
        ttl: Duration,
    ) -> Result<(), StoreError> {
        let mut connection = self.connection.clone();
        connection
            .pset_ex(self.user_key(token), user.to_string(), milliseconds(ttl))
            .await
            .map_err(failed)
    }

    pub(super) async fn claim(&self, callback: &Callback) -> Result<Claim, StoreError> {
        let (user, kind) = (callback.user, callback.kind.name());
        let script = Script::new(CLAIM);
        let mut call = script.key(self.key(user, "answer", &callback.id.0));
        call.key(self.key(user, "state", &callback.state.0))
            .key(self.key(user, "claims", kind));
        call.arg(kind).arg(milliseconds(CALLBACK_TTL));
        for friend in &callback.friends {
            call.arg(friend.to_string());
        }
        let granted: i64 = call
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(failed)?;
        Ok(match granted {
            -1 => Claim::AlreadyUsed,
            -2 => Claim::UnknownState,
            granted => Claim::Granted(granted.unsigned_abs()),
        })
    }
}

fn milliseconds(time: Duration) -> u64 {
    // Redis knows no life of nothing.
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// Only the kind of trouble: the text of an error may name URLs and commands.
fn failed(error: RedisError) -> StoreError {
    StoreError(error.category().to_owned())
}
