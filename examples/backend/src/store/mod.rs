//! What the server remembers. Nothing of it is in the process, so instances can come and go.
//!
//! | operation | for |
//! | --- | --- |
//! | [`Store::remember_state`] | which `st.state` was signed for whom |
//! | [`Store::claim`] | a callback is used once, a friend is rewarded once |
//! | [`Store::count`] | limits that hold across all instances |
//! | [`Store::cached_user`], [`Store::put_user`] | not asking OK for the same token every time |
//!
//! Tokens, states and check values are kept as SHA-256 only: who reads the store can do nothing
//! with it.

mod redis;
mod sqlite;
mod types;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use odnoklassniki::{ApplicationId, UserId};

pub use types::{Callback, Claim, Count, Hash, RewardKind, StoreError};

/// Where a store is. `Debug` does not show the URL of Redis, which may have a password in it.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// A database file, for all instances on one machine.
    File(PathBuf),
    /// `redis://…`, for instances on many.
    Redis(String),
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Redis(_) => f.write_str("Redis([redacted])"),
        }
    }
}

/// The server's memory, in a file or in Redis. A clone is another handle to the same.
#[derive(Clone)]
pub struct Store(Backend);

#[derive(Clone)]
enum Backend {
    Sqlite(sqlite::Sqlite),
    Redis(redis::Redis),
}

/// Calls the operation of whichever store there is.
macro_rules! either {
    ($store:expr, $inner:ident => $call:expr) => {
        match &$store.0 {
            Backend::Sqlite($inner) => $call.await,
            Backend::Redis($inner) => $call.await,
        }
    };
}

impl Store {
    /// Opens it. A file is made if there is none; in Redis the keys of other applications are left
    /// alone.
    ///
    /// # Errors
    /// It cannot be reached.
    pub async fn open(place: &Place, app: ApplicationId) -> Result<Self, StoreError> {
        Ok(Self(match place {
            Place::File(path) => Backend::Sqlite(sqlite::Sqlite::open(path.clone()).await?),
            Place::Redis(url) => Backend::Redis(redis::Redis::open(url, app).await?),
        }))
    }

    /// Checks that it responds.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        either!(self, store => store.ping())
    }

    /// Remembers that a state was signed. `false`: it was signed for the other kind, and means that
    /// for as long as it is remembered. Otherwise a recommendation could be sold as an invitation,
    /// because OK's callback does not say which it was.
    ///
    /// # Errors
    /// The store cannot be reached.
    pub async fn remember_state(
        &self,
        user: UserId,
        kind: RewardKind,
        state: &Hash,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        either!(self, store => store.remember_state(user, kind, state, ttl))
    }

    /// One more step of the user's counter `name`.
    ///
    /// # Errors
    /// The store cannot be reached.
    pub async fn count(
        &self,
        user: UserId,
        name: &'static str,
        window: Duration,
    ) -> Result<Count, StoreError> {
        either!(self, store => store.count(user, name, window))
    }

    /// Returns whose token this is, if an instance has asked OK lately.
    ///
    /// # Errors
    /// The store cannot be reached.
    pub async fn cached_user(&self, token: &Hash) -> Result<Option<UserId>, StoreError> {
        either!(self, store => store.cached_user(token))
    }

    /// Remembers whose token this is.
    ///
    /// # Errors
    /// The store cannot be reached.
    pub async fn put_user(
        &self,
        token: &Hash,
        user: UserId,
        ttl: Duration,
    ) -> Result<(), StoreError> {
        either!(self, store => store.put_user(token, user, ttl))
    }

    /// Uses a callback: spends its state, marks it as used, and counts the friends who are new. All
    /// of it or nothing, and one after the other, however many instances ask.
    ///
    /// # Errors
    /// The store cannot be reached. The server does not know then whether the store made the claim, so
    /// it must grant nothing.
    pub async fn claim(&self, callback: &Callback) -> Result<Claim, StoreError> {
        either!(self, store => store.claim(callback))
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Backend::Sqlite(_) => "Store(SQLite)",
            Backend::Redis(_) => "Store(Redis)",
        })
    }
}
