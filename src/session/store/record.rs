//! A session as the text of a store.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use odnoklassniki::oauth::{ExpiresIn, Scope};
use odnoklassniki::{AccessToken, SessionSecretKey, UserId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::session::data::{Expiry, SessionData, Timestamp};

const FORMAT: &str = "bevy_odnoklassniki session";
const VERSION: u32 = 1;

/// The longest record that is read, in bytes.
pub(super) const MAX_RECORD: usize = 64 * 1024;

#[derive(Serialize)]
struct Written<'a> {
    format: &'a str,
    version: u32,
    app_id: &'a str,
    access_token: &'a str,
    session_secret_key: Option<&'a str>,
    user_id: Option<UserId>,
    scopes: Option<Vec<&'a str>>,
    /// Seconds since 1970.
    obtained: Option<u64>,
    /// Seconds, from `obtained` on.
    expires_in: Option<u64>,
}

#[derive(Deserialize)]
struct Read {
    access_token: String,
    session_secret_key: Option<String>,
    user_id: Option<UserId>,
    /// A list of strings; anything else counts as unknown.
    scopes: Option<Box<RawValue>>,
    obtained: Option<u64>,
    #[serde(default)]
    expires_in: ExpiresIn,
}

/// Only the fields that identify a record: another version may have other fields besides.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
    app_id: Option<String>,
}

/// Why a record is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BadRecord {
    /// It cannot be read.
    Corrupt(&'static str),
    /// It can be read, but belongs to another application or version.
    WrongApplication(&'static str),
}

/// Returns the text for a store.
pub(super) fn write(app_id: &str, data: &SessionData) -> Zeroizing<String> {
    let written = Written {
        format: FORMAT,
        version: VERSION,
        app_id,
        access_token: data.access_token.expose(),
        session_secret_key: data
            .session_secret_key
            .as_ref()
            .map(SessionSecretKey::expose),
        user_id: data.user_id,
        scopes: data
            .scopes
            .as_ref()
            .map(|scopes| scopes.iter().map(Scope::as_str).collect()),
        obtained: data.expiry.and_then(|expiry| seconds(expiry.since.wall?)),
        expires_in: data.expiry.map(|expiry| expiry.length.as_secs()),
    };
    // The whole capacity from the start: a growing vector leaves copies of the secrets behind. JSON
    // turns one byte into six at most.
    let mut text = Vec::with_capacity(MAX_RECORD);
    // Writing strings and numbers into a vector cannot fail.
    _ = serde_json::to_writer(&mut text, &written);
    Zeroizing::new(String::from_utf8(text).unwrap_or_default())
}

/// Parses the text of a store.
pub(super) fn read(app_id: &str, text: &str) -> Result<SessionData, BadRecord> {
    const CORRUPT: BadRecord = BadRecord::Corrupt("it is no record of a session");
    if text.len() > MAX_RECORD {
        return Err(BadRecord::Corrupt("it is too long"));
    }
    let head: Head = serde_json::from_str(text).map_err(|_| CORRUPT)?;
    if head.format != FORMAT {
        return Err(CORRUPT);
    }
    if head.version != VERSION {
        return Err(BadRecord::WrongApplication(
            "it was written by another version of the plugin",
        ));
    }
    if head.app_id.as_deref() != Some(app_id) {
        return Err(BadRecord::WrongApplication(
            "it belongs to another application",
        ));
    }
    let read: Read = serde_json::from_str(text).map_err(|_| CORRUPT)?;
    if read.access_token.is_empty() {
        return Err(BadRecord::Corrupt("the token is empty"));
    }
    // Omitting only the unreadable scopes would claim that the player did not grant them.
    let scopes = read
        .scopes
        .and_then(|scopes| serde_json::from_str::<Vec<String>>(scopes.get()).ok())
        .and_then(|scopes| scopes.iter().map(|scope| scope.parse().ok()).collect());
    Ok(SessionData {
        access_token: AccessToken::new(read.access_token),
        session_secret_key: read.session_secret_key.map(SessionSecretKey::new),
        user_id: read.user_id,
        scopes,
        expiry: read
            .expires_in
            .known()
            .map(|length| expiry(length, read.obtained)),
    })
}

/// Returns the rest of a lifetime that began in another run of the game.
fn expiry(length: Duration, obtained: Option<u64>) -> Expiry {
    let now = Timestamp::now();
    let began = obtained.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
    let passed = match now
        .wall
        .zip(began)
        .map(|(now, began)| now.duration_since(began))
    {
        Some(Ok(passed)) => passed,
        // It begins in the future, so one of the two times is wrong. Only OK knows the true one.
        Some(Err(_)) => {
            log::warn!(
                "the stored session is from the future: this machine's clock was, or is, wrong"
            );
            Duration::ZERO
        }
        None => Duration::ZERO,
    };
    Expiry {
        length: length.saturating_sub(passed),
        since: now,
    }
}

fn seconds(time: SystemTime) -> Option<u64> {
    time.duration_since(UNIX_EPOCH)
        .ok()
        .map(|passed| passed.as_secs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn session() -> SessionData {
        SessionData::new(AccessToken::new("tkn1\"\\я"), SessionSecretKey::new("key"))
            .user_id(UserId::new(561))
            .scopes([Scope::VALUABLE_ACCESS])
            .expires_in(Duration::from_secs(1800))
    }

    #[test]
    fn a_session_is_read_back() {
        let text = write("512", &session());
        let back = read("512", &text).unwrap();
        assert_eq!(back.access_token, session().access_token);
        assert_eq!(back.session_secret_key, session().session_secret_key);
        assert_eq!(
            (back.user_id, back.scopes.clone()),
            (session().user_id, session().scopes)
        );
        let left = back.left(Timestamp::now()).unwrap().as_secs();
        assert!((1790..=1800).contains(&left), "{left}");
        let bare = SessionData::without_key(AccessToken::new("t"));
        let back = read("512", &write("512", &bare)).unwrap();
        assert!(
            back.session_secret_key.is_none() && back.scopes.is_none() && back.expiry.is_none()
        );
    }

    #[test]
    fn a_lifetime_counts_from_when_it_began() {
        let at = |obtained: u64, length: u64| {
            expiry(Duration::from_secs(length), Some(obtained))
                .length
                .as_secs()
        };
        let now = seconds(crate::platform::wall_clock().unwrap()).unwrap();
        assert!((99..=100).contains(&at(now - 100, 200)));
        assert_eq!(at(now - 100, 50), 0);
        // From the future: the whole lifetime, and not more.
        assert_eq!(at(now + 1_000_000, 50), 50);
        assert_eq!(at(u64::MAX, 50), 50);
        assert_eq!(expiry(Duration::from_secs(50), None).length.as_secs(), 50);
    }

    #[test]
    fn corrupt_and_foreign_records_are_distinguished() {
        let text = write("512", &session());
        assert_eq!(
            read("513", &text).unwrap_err(),
            BadRecord::WrongApplication("it belongs to another application")
        );
        let later = text.replace("\"version\":1", "\"version\":2");
        assert!(matches!(
            read("512", &later),
            Err(BadRecord::WrongApplication(_))
        ));
        for corrupt in [
            String::new(),
            "{}".into(),
            "[]".into(),
            text.replace(FORMAT, "other"),
            text.replace("\"access_token\"", "\"token\""),
            text.replace("561", "-1"),
            text[..text.len() - 1].to_owned(),
            "x".repeat(MAX_RECORD + 1),
        ] {
            assert!(
                matches!(read("512", &corrupt), Err(BadRecord::Corrupt(_))),
                "{corrupt:.60}"
            );
        }
    }

    #[test]
    fn an_unreadable_field_beside_the_token_does_not_discard_the_session() {
        let text = write(
            "512",
            &session().scopes([Scope::VALUABLE_ACCESS, Scope::GET_EMAIL]),
        );
        let expiry = |written: &str| {
            let back = read(
                "512",
                &text.replace("\"expires_in\":1800", &format!("\"expires_in\":{written}")),
            );
            back.unwrap()
                .left(Timestamp::now())
                .map(|left| left.as_secs())
        };
        for written in [
            "null",
            "\"\"",
            "-1",
            "\"soon\"",
            "[]",
            "{\"a\":1}",
            "\"\\ud83d\"",
            "-0.5",
        ] {
            assert_eq!(expiry(written), None, "{written}");
        }
        for written in ["1800", "\"1800\"", "1800.7", "\"1800.7\"", "1.8e3"] {
            assert!(
                expiry(written).is_some_and(|left| (1790..=1800).contains(&left)),
                "{written}"
            );
        }
        for written in ["99999999999999999999", "1e999", "\"99999999999999999999\""] {
            assert!(
                expiry(written).is_some_and(|left| left > u64::MAX / 2),
                "{written}"
            );
        }
        assert_eq!(expiry("0"), Some(0));
        let without = text.replace(",\"expires_in\":1800", "");
        assert!(
            read("512", &without)
                .unwrap()
                .left(Timestamp::now())
                .is_none()
        );
        // Unreadable scopes count as unknown; an empty list is known.
        let scopes = |written: &str| {
            let known = "[\"VALUABLE_ACCESS\",\"GET_EMAIL\"]";
            assert!(text.contains(known));
            read("512", &text.replace(known, written)).unwrap().scopes
        };
        for written in [
            "null",
            "\"VALUABLE_ACCESS\"",
            "[7]",
            "[\"VALUABLE_ACCESS\",\"lower\"]",
            "{}",
        ] {
            assert_eq!(scopes(written), None, "{written}");
        }
        assert_eq!(scopes("[]"), Some(Vec::new()));
        assert_eq!(scopes("[\"GET_EMAIL\"]"), Some(vec![Scope::GET_EMAIL]));
    }

    proptest! {
        #[test]
        fn a_record_cut_or_changed_anywhere_does_not_panic(at in 0_usize..400, byte: u8, cut: bool) {
            let text = write("512", &session());
            let mut bytes = text.as_bytes().to_vec();
            let at = at % bytes.len();
            if cut { bytes.truncate(at) } else { bytes[at] = byte }
            _ = read("512", &String::from_utf8_lossy(&bytes));
        }
    }
}
