//! A session outlives the game: restarts with each store, and stores that are damaged, foreign, or not there.

mod support;

use bevy_odnoklassniki::sandbox::Player;
use bevy_odnoklassniki::{
    MemoryStore, OkErrorKind, SessionChange, SessionStore, StoreError, StoreErrorKind, prelude::*,
};
use support::game::Game;

/// A run of the game on this sandbox, with this store. The player accepts whatever is opened.
fn run(sandbox: &OkSandbox, store: impl SessionStore) -> Game {
    let plugin = OdnoklassnikiPlugin::on_sandbox(sandbox.clone()).signed_out().with_session_store(store);
    Game::from_plugin(plugin.with_opener(|link: &ShortLink| {
        Player::accept().play(link.expose()).map(drop).map_err(|error| OpenError::new(error.to_string()))
    }))
}

fn sign_in(game: &mut Game) {
    game.write(RequestLogin::new());
    game.run_until("the sign-in", |kit| kit.heard.logins.pop());
    assert!(session(game).is_signed_in());
}

fn session(game: &Game) -> &OkSession {
    game.app.world().resource()
}

/// Waits until the store has said what it has.
fn restored(game: &mut Game) -> SessionStatus {
    game.run_until("the store", |kit| {
        let status = kit.app.world().resource::<OkSession>().status();
        (status != SessionStatus::Restoring).then_some(status)
    })
}

fn reasons(game: &Game) -> Vec<SessionChange> {
    game.heard.session.iter().map(|change| change.reason.clone()).collect()
}

/// Sign in, restart, play on, sign out, restart.
fn outlives_a_restart<S: SessionStore>(store: impl Fn() -> S) {
    let sandbox = OkSandbox::start().expect("a sandbox");
    let mut first = run(&sandbox, store());
    assert_eq!(restored(&mut first), SessionStatus::SignedOut);
    sign_in(&mut first);
    let token = session(&first).expose_secrets().expect("secrets").0.expose().to_owned();
    drop(first);

    let mut second = run(&sandbox, store());
    // In the very first frame: it waits for the store.
    assert!(second.invite(RequestInvite::new()).completed().is_some());
    assert_eq!(reasons(&second), [SessionChange::Restored]);
    assert_eq!(session(&second).expose_secrets().expect("secrets").0.expose(), token);
    assert_eq!(session(&second).scopes().map(<[_]>::len), Some(1));
    assert!(session(&second).expires_in().is_some());
    second.write(RequestLogout);
    second.update();
    assert_eq!(session(&second).status(), SessionStatus::SignedOut);
    drop(second);

    let mut third = run(&sandbox, store());
    assert_eq!(restored(&mut third), SessionStatus::SignedOut, "nothing is left of it");
    let error = third.invite(RequestInvite::new()).error().cloned().expect("a failure");
    assert_eq!(error.kind(), OkErrorKind::NotLoggedIn);
}

#[test]
fn in_memory() {
    let store = MemoryStore::new();
    outlives_a_restart(|| store.clone());
}

#[test]
fn an_expired_session_is_restored_as_expired() {
    let (sandbox, store) = (OkSandbox::start().expect("a sandbox"), MemoryStore::new());
    let mut first = run(&sandbox, store.clone());
    sign_in(&mut first);
    drop(first);
    // As if it had been stored long ago.
    let mut record: serde_json::Value =
        serde_json::from_str(&store.load().expect("read").expect("kept")).expect("JSON");
    record["obtained"] = 1_000_000_000.into();
    store.save(&record.to_string()).expect("saved");
    let mut second = run(&sandbox, store);
    assert_eq!(restored(&mut second), SessionStatus::Expired);
    second.update();
    assert_eq!(reasons(&second), [SessionChange::Expired]);
}

#[test]
fn another_applications_session_is_set_aside() {
    let (sandbox, store) = (OkSandbox::start().expect("a sandbox"), MemoryStore::new());
    let mut first = run(&sandbox, store.clone());
    sign_in(&mut first);
    drop(first);
    let mut other = Game::from_plugin(
        OdnoklassnikiPlugin::new(AppCredentials::new("512000999999", "CBAPUBLICKEYBABABA"))
            .with_session_store(store.clone()),
    );
    assert_eq!(restored(&mut other), SessionStatus::SignedOut);
    other.update();
    let error = session(&other).store_error().cloned().expect("reported");
    assert_eq!(error.kind(), StoreErrorKind::Foreign);
    assert!(!error.advice().is_empty());
    assert_eq!(reasons(&other), [SessionChange::StoreFailed(error)]);
}

#[test]
fn a_store_that_fails_is_told_and_the_session_stays() {
    struct Broken;
    impl SessionStore for Broken {
        fn load(&self) -> Result<Option<zeroize::Zeroizing<String>>, StoreError> {
            panic!("a bug of the store")
        }
        fn save(&self, _: &str) -> Result<(), StoreError> {
            Err(StoreError::new(StoreErrorKind::Denied, "no room"))
        }
        fn clear(&self) -> Result<(), StoreError> {
            Ok(())
        }
        fn set_aside(&self) -> Result<String, StoreError> {
            Ok(String::new())
        }
    }
    let sandbox = OkSandbox::start().expect("a sandbox");
    let mut game = run(&sandbox, Broken);
    assert_eq!(restored(&mut game), SessionStatus::SignedOut);
    sign_in(&mut game);
    game.run_until("both failures", |kit| {
        let failed = |change: &&SessionChanged| matches!(change.reason, SessionChange::StoreFailed(_));
        (kit.heard.session.iter().filter(failed).count() == 2).then_some(())
    });
    assert!(session(&game).is_signed_in());
    assert_eq!(session(&game).store_error().map(StoreError::kind), Some(StoreErrorKind::Denied));
}

#[cfg(feature = "file-store")]
mod in_a_file {
    use std::fs;

    use bevy_odnoklassniki::FileStore;

    use super::*;

    #[test]
    fn it_outlives_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("game").join("session.json");
        outlives_a_restart(|| FileStore::new(&path));
        assert!(!path.exists(), "erased at sign-out");
    }

    #[test]
    fn a_damaged_file_is_kept_beside_and_the_player_signs_in_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("session.json");
        for (number, damage) in
            ["", "{", "\u{0}\u{1}", r#"{"format":"bevy_odnoklassniki session","version":1}"#].into_iter().enumerate()
        {
            fs::write(&path, damage).expect("written");
            let sandbox = OkSandbox::start().expect("a sandbox");
            let mut game = run(&sandbox, FileStore::new(&path));
            assert_eq!(restored(&mut game), SessionStatus::SignedOut, "{damage:?}");
            let error = session(&game).store_error().expect("reported");
            assert!(matches!(error.kind(), StoreErrorKind::Damaged | StoreErrorKind::Foreign), "{error}");
            let aside = folder.path().join(format!("session.json.aside-{}", number + 1));
            assert_eq!(fs::read_to_string(aside).expect("kept"), damage);
            sign_in(&mut game);
            drop(game);
            assert!(fs::read_to_string(&path).expect("a new one").contains("access_token"));
        }
    }
}

/// Secret Service of GNOME, in a D-Bus session of its own: as on a desktop, only that nobody must type.
#[cfg(all(target_os = "linux", feature = "keyring"))]
mod in_the_keyring {
    use std::path::Path;
    use std::process::Command;

    use bevy_odnoklassniki::KeyringStore;
    use support::inner;
    use support::programs::KEYRING;

    use super::*;

    const STAGE: &str = "OK_TEST_STAGE";
    const TEST: &str = "in_the_keyring::it_outlives_a_restart";

    fn store() -> KeyringStore {
        KeyringStore::new("bevy_odnoklassniki test", "player")
    }

    /// The inner process again, with an unlocked keyring in this home.
    fn in_a_desktop_session(home: &Path, stage: &str) {
        let script = r#"printf '\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$@""#;
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "sh", "-c", script, "sh"]).arg(std::env::current_exe().expect("this program has a path"));
        inner::as_inner(&mut command, TEST);
        let run_folder = home.join("run");
        std::fs::create_dir_all(&run_folder).expect("a folder");
        for variable in ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"] {
            command.env_remove(variable);
        }
        command.env("HOME", home).env("XDG_DATA_HOME", home.join("data")).env("XDG_RUNTIME_DIR", run_folder);
        let output = command.env(STAGE, stage).output().expect("dbus-run-session starts");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stage}: {}{text}", String::from_utf8_lossy(&output.stdout));
    }

    #[test]
    fn it_outlives_a_restart() {
        if inner::is_inner(TEST) {
            return match std::env::var(STAGE).as_deref() {
                Ok("restart") => outlives_a_restart(store),
                Ok("keep") => {
                    let sandbox = OkSandbox::start().expect("a sandbox");
                    sign_in(&mut run(&sandbox, store()));
                }
                Ok("find") => {
                    let sandbox = OkSandbox::start().expect("a sandbox");
                    let mut game = run(&sandbox, store());
                    assert_eq!(restored(&mut game), SessionStatus::SignedIn);
                }
                Ok("damage") => {
                    store().save("no session").expect("saved");
                    let sandbox = OkSandbox::start().expect("a sandbox");
                    let mut game = run(&sandbox, store());
                    assert_eq!(restored(&mut game), SessionStatus::SignedOut);
                    let error = session(&game).store_error().expect("reported");
                    assert_eq!(error.kind(), StoreErrorKind::Damaged);
                    let aside = KeyringStore::new("bevy_odnoklassniki test", "player (set aside 1)");
                    assert_eq!(aside.load().expect("read").expect("kept").as_str(), "no session");
                }
                other => panic!("{other:?}"),
            };
        }
        if KEYRING.find_or_skip(support::programs::keyring).is_none() {
            return;
        }
        let home = tempfile::tempdir().expect("a folder");
        for stage in ["restart", "keep", "find", "damage"] {
            in_a_desktop_session(home.path(), stage);
        }
    }

    /// No desktop session: the failure is seen, quickly, and nothing else happens.
    #[test]
    fn without_a_keyring_the_failure_is_visible() {
        const TEST: &str = "in_the_keyring::without_a_keyring_the_failure_is_visible";
        if inner::is_inner(TEST) {
            let sandbox = OkSandbox::start().expect("a sandbox");
            let mut game = run(&sandbox, store());
            assert_eq!(restored(&mut game), SessionStatus::SignedOut);
            let error = session(&game).store_error().cloned().expect("reported");
            assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
            assert!(error.advice().contains("Secret Service"), "{}", error.advice());
            return sign_in(&mut game);
        }
        let home = tempfile::tempdir().expect("a folder");
        let mut command = inner::command(TEST);
        for variable in ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"] {
            command.env_remove(variable);
        }
        command.env("HOME", home.path()).env("XDG_RUNTIME_DIR", home.path());
        let output = command.output().expect("the inner process runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}
