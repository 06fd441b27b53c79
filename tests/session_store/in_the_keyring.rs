//! The Secret Service of GNOME in a separate D-Bus session: as on a desktop, but without typing.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use bevy_odnoklassniki::KeyringStore;
use secret_service::EncryptionType;
use secret_service::blocking::SecretService;
use test_support::programs::KEYRING;
use test_support::subprocess;

use super::*;

const STAGE: &str = "OK_TEST_STAGE";
const TEST: &str = "in_the_keyring::it_outlives_a_restart";

fn store() -> KeyringStore {
    KeyringStore::new("bevy_odnoklassniki test", "player")
}

/// Unlocks the login keyring, or makes one; its password is empty.
const UNLOCKED: &str =
    r"printf '\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null";
/// The service alone: without a login keyring in this home, none is the default; with one, it is
/// locked.
const STARTED: &str = "gnome-keyring-daemon --start --components=secrets >/dev/null";

/// Runs the child process of a test, with a keyring in this home. A child process that hangs is
/// killed.
fn in_a_desktop_session(home: &Path, test: &str, stage: &str, keyring: &str) {
    let script = format!(r#"{keyring} && exec "$@""#);
    let mut command = Command::new("timeout");
    command.args([
        "--kill-after=5",
        "90",
        "dbus-run-session",
        "--",
        "sh",
        "-c",
        &script,
        "sh",
    ]);
    command.arg(std::env::current_exe().expect("this program has a path"));
    subprocess::run_test(&mut command, test);
    let run_folder = home.join("run");
    std::fs::create_dir_all(&run_folder).expect("a folder");
    for variable in ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"] {
        command.env_remove(variable);
    }
    command
        .env("HOME", home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_RUNTIME_DIR", run_folder);
    let output = command
        .env(STAGE, stage)
        .output()
        .expect("dbus-run-session starts");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{stage}: {}{text}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn it_outlives_a_restart() {
    if subprocess::is_child(TEST) {
        return match std::env::var(STAGE).as_deref() {
            Ok("restart") => outlives_a_restart(store),
            Ok("keep") => {
                let sandbox = OkSandbox::start().expect("a sandbox");
                log_in(&mut run(&sandbox, store()));
            }
            Ok("find") => {
                let sandbox = OkSandbox::start().expect("a sandbox");
                let mut game = run(&sandbox, store());
                assert_eq!(restored(&mut game), SessionStatus::LoggedIn);
            }
            Ok("damage") => {
                store().save("no session").expect("saved");
                let sandbox = OkSandbox::start().expect("a sandbox");
                let mut game = run(&sandbox, store());
                assert_eq!(restored(&mut game), SessionStatus::LoggedOut);
                let error = session(&game).store_error().expect("reported");
                assert_eq!(error.kind(), StoreErrorKind::Corrupt);
                let quarantined =
                    KeyringStore::new("bevy_odnoklassniki test", "player (quarantine 1)");
                assert_eq!(
                    quarantined.load().expect("read").expect("kept").as_str(),
                    "no session"
                );
            }
            other => panic!("{other:?}"),
        };
    }
    if KEYRING
        .find_or_skip(test_support::programs::keyring)
        .is_none()
    {
        return;
    }
    let home = tempfile::tempdir().expect("a folder");
    for stage in ["restart", "keep", "find", "damage"] {
        in_a_desktop_session(home.path(), TEST, stage, UNLOCKED);
    }
}

/// No desktop session: the failure is seen, quickly, and nothing else happens.
#[test]
fn without_a_keyring_the_failure_is_visible() {
    const TEST: &str = "in_the_keyring::without_a_keyring_the_failure_is_visible";
    if subprocess::is_child(TEST) {
        let sandbox = OkSandbox::start().expect("a sandbox");
        let mut game = run(&sandbox, store());
        assert_eq!(restored(&mut game), SessionStatus::LoggedOut);
        let error = session(&game).store_error().cloned().expect("reported");
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
        assert!(
            error.advice().contains("Secret Service"),
            "{}",
            error.advice()
        );
        return log_in(&mut game);
    }
    let home = tempfile::tempdir().expect("a folder");
    let mut command = subprocess::command(TEST);
    for variable in [
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "DBUS_SESSION_BUS_ADDRESS",
        "XDG_RUNTIME_DIR",
    ] {
        command.env_remove(variable);
    }
    command
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path());
    let output = command.output().expect("the child process runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

/// The service runs and has no default keyring: window managers, fresh users, servers.
#[test]
fn without_a_default_keyring_the_advice_is_to_make_one() {
    const TEST: &str = "in_the_keyring::without_a_default_keyring_the_advice_is_to_make_one";
    if subprocess::is_child(TEST) {
        let error = store().save("text").expect_err("nowhere to save it");
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
        assert!(
            error.advice().contains("default keyring"),
            "{error}: {}",
            error.advice()
        );
        assert_eq!(store().load(), Ok(None));
        assert_eq!(store().clear(), Ok(()));

        let sandbox = OkSandbox::start().expect("a sandbox");
        let mut game = run(&sandbox, store());
        assert_eq!(restored(&mut game), SessionStatus::LoggedOut);
        assert!(
            session(&game).store_error().is_none(),
            "nothing is stored, and nothing is wrong yet"
        );
        log_in(&mut game);
        game.run_until("the failure", |kit| {
            let error = kit.app.world().resource::<OkSession>().store_error()?;
            (error.kind() == StoreErrorKind::Unavailable).then_some(())
        });
        assert!(session(&game).is_logged_in());
        let failures = |game: &Game| {
            let failed = |reason: &&SessionChange| matches!(reason, SessionChange::StoreFailed(_));
            reasons(game).iter().filter(failed).count()
        };
        game.write(RequestLogout);
        game.update();
        game.update();
        return assert_eq!(
            (session(&game).status(), failures(&game)),
            (SessionStatus::LoggedOut, 1)
        );
    }
    if KEYRING
        .find_or_skip(test_support::programs::keyring)
        .is_some()
    {
        let home = tempfile::tempdir().expect("a folder");
        in_a_desktop_session(home.path(), TEST, "all", STARTED);
    }
}

/// There is no player to type the password, and no screen for the prompt.
#[test]
fn a_keyring_that_stays_locked_says_no() {
    const TEST: &str = "in_the_keyring::a_keyring_that_stays_locked_says_no";
    if subprocess::is_child(TEST) {
        if std::env::var(STAGE).as_deref() == Ok("keep") {
            return store().save("text").expect("saved");
        }
        for error in [
            store().load().expect_err("locked"),
            store().save("x").expect_err("locked"),
        ] {
            assert_eq!(error.kind(), StoreErrorKind::Denied, "{error}");
            assert!(
                error.advice().contains("unlock the keyring"),
                "{}",
                error.advice()
            );
        }
        let error = store()
            .clear()
            .expect_err("it cannot be erased, and the error says so");
        assert_eq!(error.kind(), StoreErrorKind::Denied, "{error}");
        // One that is locked and empty.
        let error = KeyringStore::new("another game", "player")
            .save("x")
            .expect_err("locked");
        return assert_eq!(error.kind(), StoreErrorKind::Denied, "{error}");
    }
    if KEYRING
        .find_or_skip(test_support::programs::keyring)
        .is_some()
    {
        let home = tempfile::tempdir().expect("a folder");
        in_a_desktop_session(home.path(), TEST, "keep", UNLOCKED);
        in_a_desktop_session(home.path(), TEST, "locked", STARTED);
    }
}

/// A second item for the same game and player, in the keyring that lives as long as the desktop
/// session.
fn save_elsewhere(text: &str) {
    let service = SecretService::connect(EncryptionType::Plain).expect("the service");
    let collection = service
        .get_collection_by_alias("session")
        .expect("the session's keyring");
    let attributes = HashMap::from([
        ("service", "bevy_odnoklassniki test"),
        ("username", "player"),
    ]);
    collection
        .create_item("a test", attributes, text.as_bytes(), false, "text/plain")
        .expect("an item");
}

/// Returns what is kept under the names of quarantined sessions.
fn quarantined() -> Vec<String> {
    let kept = (1..5).map(|number| {
        KeyringStore::new(
            "bevy_odnoklassniki test",
            format!("player (quarantine {number})"),
        )
    });
    kept.filter_map(|store| store.load().expect("read"))
        .map(|text| text.as_str().to_owned())
        .collect()
}

#[test]
fn two_items_that_match_are_kept_and_log_out_erases_both() {
    const TEST: &str = "in_the_keyring::two_items_that_match_are_kept_and_log_out_erases_both";
    if subprocess::is_child(TEST) {
        // The same in both: nothing to choose.
        store().save("one").expect("saved");
        save_elsewhere("one");
        assert_eq!(store().load().expect("read").expect("kept").as_str(), "one");
        store().clear().expect("both are erased");
        assert_eq!(store().load(), Ok(None));

        // The store cannot know which one is right.
        store().save("one").expect("saved");
        save_elsewhere("two");
        let error = store().load().expect_err("which of them?");
        assert_eq!(error.kind(), StoreErrorKind::Failed);
        assert!(
            error.to_string().contains('2') && error.advice().contains("logs in again"),
            "{error}"
        );
        store().save("three").expect("saved");
        assert_eq!(
            store().load().expect("read").expect("kept").as_str(),
            "three"
        );
        let mut kept = quarantined();
        kept.sort();
        assert_eq!(kept, ["one", "two"], "nothing is lost");
        save_elsewhere("four");
        store().clear().expect("both are erased");
        assert_eq!(store().load(), Ok(None));

        // A game that starts with two: the player logs in again, plays, and logs out.
        store().save("five").expect("saved");
        save_elsewhere("six");
        let sandbox = OkSandbox::start().expect("a sandbox");
        let mut game = run(&sandbox, store());
        assert_eq!(restored(&mut game), SessionStatus::LoggedOut);
        assert_eq!(
            session(&game).store_error().map(StoreError::kind),
            Some(StoreErrorKind::Failed)
        );
        log_in(&mut game);
        drop(game);
        let mut game = run(&sandbox, store());
        assert_eq!(restored(&mut game), SessionStatus::LoggedIn);
        game.write(RequestLogout);
        game.update();
        drop(game);
        assert_eq!(store().load(), Ok(None));
        return assert_eq!(quarantined().len(), 4);
    }
    if KEYRING
        .find_or_skip(test_support::programs::keyring)
        .is_some()
    {
        let home = tempfile::tempdir().expect("a folder");
        in_a_desktop_session(home.path(), TEST, "all", UNLOCKED);
    }
}
