//! The store in a file. Several processes on one machine may share it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use odnoklassniki::UserId;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::types::{CALLBACK_TTL, Callback, Claim, Count, Hash, RewardKind, StoreError};

/// How long to wait for another process that is writing.
const BUSY: Duration = Duration::from_secs(5);

/// Times are milliseconds since 1970. Whatever has `until` is forgotten then. Claims stay: they are
/// the promise. The table `answers` holds the used callbacks.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS states (user TEXT, state TEXT, kind TEXT NOT NULL, until INTEGER NOT NULL,
        PRIMARY KEY (user, state)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS answers (answer TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS claims (user TEXT, kind TEXT, friend TEXT, at INTEGER NOT NULL,
        PRIMARY KEY (user, kind, friend)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS counters (user TEXT, name TEXT, steps INTEGER NOT NULL, until INTEGER NOT NULL,
        PRIMARY KEY (user, name)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS users (token TEXT PRIMARY KEY, user TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS states_until ON states (until);
    CREATE INDEX IF NOT EXISTS answers_until ON answers (until);
    CREATE INDEX IF NOT EXISTS counters_until ON counters (until);
    CREATE INDEX IF NOT EXISTS users_until ON users (until);
";

#[derive(Clone)]
pub(super) struct Sqlite(Arc<Mutex<Connection>>);

impl Sqlite {
    pub(super) async fn open(path: PathBuf) -> Result<Self, StoreError> {
        let open = move || -> rusqlite::Result<Connection> {
            let connection = Connection::open(path)?;
            connection.busy_timeout(BUSY)?;
            // Readers do not wait for writers. `synchronous` stays at FULL: a claim survives the
            // loss of power.
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.execute_batch(TABLES)?;
            Ok(connection)
        };
        let connection = blocking(open).await?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Runs `work` where it may block.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = Arc::clone(&self.0);
        // After a panic the connection is still good: SQLite rolled back.
        blocking(move || work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner))).await
    }

    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        self.with(|connection| {
            connection.query_row("SELECT 1 FROM claims UNION SELECT 1", [], |_| Ok(()))
        })
        .await
    }

    pub(super) async fn remember_state(
        &self,
        user: UserId,
        kind: RewardKind,
        state: &Hash,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        let (user, state) = (user.to_string(), state.clone());
        self.with(move |connection| {
            forget_old(connection, "states")?;
            // A state that was signed for the other kind is left as it is, and no row changes.
            let rows = connection.execute(
                "INSERT INTO states VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET until = excluded.until WHERE kind = excluded.kind",
                params![user, state.0, kind.name(), later(ttl)],
            )?;
            Ok(rows == 1)
        })
        .await
    }

    pub(super) async fn count(
        &self,
        user: UserId,
        name: &'static str,
        window: Duration,
    ) -> Result<Count, StoreError> {
        let user = user.to_string();
        self.with(move |connection| {
            forget_old(connection, "counters")?;
            let (steps, until) = connection.query_row(
                "INSERT INTO counters VALUES (?1, ?2, 1, ?3) ON CONFLICT DO UPDATE SET steps = steps + 1
                 RETURNING steps, until",
                params![user, name, later(window)],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
            )?;
            let left = u64::try_from(until - now()).unwrap_or_default();
            Ok(Count { steps: steps.unsigned_abs(), reset_in: Duration::from_millis(left) })
        })
        .await
    }

    pub(super) async fn cached_user(&self, token: &Hash) -> Result<Option<UserId>, StoreError> {
        let token = token.clone();
        let user = self.with(move |connection| {
            let query = "SELECT user FROM users WHERE token = ?1 AND until > ?2";
            connection
                .query_row(query, params![token.0, now()], |row| {
                    row.get::<_, String>(0)
                })
                .optional()
        });
        Ok(user.await?.and_then(|user| user.parse().ok()))
    }

    pub(super) async fn put_user(
        &self,
        token: &Hash,
        user: UserId,
        ttl: Duration,
    ) -> Result<(), StoreError> {
        let (token, user) = (token.clone(), user.to_string());
        self.with(move |connection| {
            forget_old(connection, "users")?;
            let put = "INSERT OR REPLACE INTO users VALUES (?1, ?2, ?3)";
            connection
                .execute(put, params![token.0, user, later(ttl)])
                .map(drop)
        })
        .await
    }

    pub(super) async fn claim(&self, callback: &Callback) -> Result<Claim, StoreError> {
        let callback = callback.clone();
        self.with(move |connection| claim(connection, &callback))
            .await
    }
}

fn claim(connection: &mut Connection, callback: &Callback) -> rusqlite::Result<Claim> {
    let (user, kind) = (callback.user.to_string(), callback.kind.name());
    // Immediate: whoever comes second waits here, and then sees what the first has done.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    forget_old(&transaction, "answers")?;
    let marked = transaction.execute(
        "INSERT OR IGNORE INTO answers VALUES (?1, ?2)",
        params![callback.id.0, later(CALLBACK_TTL)],
    )?;
    if marked == 0 {
        return Ok(Claim::AlreadyUsed);
    }
    let spent = transaction.execute(
        "DELETE FROM states WHERE user = ?1 AND state = ?2 AND kind = ?3 AND until > ?4",
        params![user, callback.state.0, kind, now()],
    )?;
    if spent == 0 {
        // Leaving without a commit takes the mark back.
        return Ok(Claim::UnknownState);
    }
    let mut granted = 0;
    for friend in &callback.friends {
        let new = transaction.execute(
            "INSERT OR IGNORE INTO claims VALUES (?1, ?2, ?3, ?4)",
            params![user, kind, friend.to_string(), now()],
        )?;
        granted += u64::try_from(new).unwrap_or_default();
    }
    transaction.commit()?;
    Ok(Claim::Granted(granted))
}

/// Old rows go in passing; there is no other housekeeping. `table` is one of ours.
fn forget_old(connection: &Connection, table: &'static str) -> rusqlite::Result<()> {
    connection
        .execute(&format!("DELETE FROM {table} WHERE until <= ?1"), [now()])
        .map(drop)
}

fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn later(ttl: Duration) -> i64 {
    now().saturating_add(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|_| StoreError("the work was given up".to_owned()))?;
    // Only the kind: SQLite's own words may name paths and values.
    done.map_err(|error| {
        StoreError(
            error
                .sqlite_error_code()
                .map_or("SQLite failed".into(), |code| format!("{code:?}")),
        )
    })
}
