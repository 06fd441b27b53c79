//! A session outlives the game: restarts with each store, and stores that are damaged, foreign, or
//! not there.

use bevy_odnoklassniki::sandbox::Player;
use bevy_odnoklassniki::{
    MemoryStore, RequestErrorKind, SessionChange, SessionStore, StoreError, StoreErrorKind,
    prelude::*,
};
use test_support::game::Game;

/// Starts a run of the game on this sandbox, with this store. The player accepts whatever is
/// opened.
fn run(sandbox: &OkSandbox, store: impl SessionStore) -> Game {
    let plugin = OdnoklassnikiPlugin::with_sandbox(sandbox.clone())
        .without_session()
        .with_session_store(store);
    Game::from_plugin(plugin.with_opener(|link: &OneTimeLink| {
        Player::accept()
            .play(link.expose())
            .map(drop)
            .map_err(|error| OpenError::new(error.to_string()))
    }))
}

fn log_in(game: &mut Game) {
    game.write(RequestLogin::new());
    game.run_until("the login", |kit| kit.messages.logins.pop());
    assert!(session(game).is_logged_in());
}

fn session(game: &Game) -> &OkSession {
    game.app.world().resource()
}

/// Waits until the session is restored.
fn restored(game: &mut Game) -> SessionStatus {
    game.run_until("the store", |kit| {
        let status = kit.app.world().resource::<OkSession>().status();
        (status != SessionStatus::Restoring).then_some(status)
    })
}

fn reasons(game: &Game) -> Vec<SessionChange> {
    game.messages
        .session
        .iter()
        .map(|change| change.reason.clone())
        .collect()
}

/// Log in, restart, play on, log out, restart.
fn outlives_a_restart<S: SessionStore>(store: impl Fn() -> S) {
    let sandbox = OkSandbox::start().expect("a sandbox");
    let mut first = run(&sandbox, store());
    assert_eq!(restored(&mut first), SessionStatus::LoggedOut);
    log_in(&mut first);
    let token = session(&first)
        .expose_secrets()
        .expect("secrets")
        .0
        .expose()
        .to_owned();
    drop(first);

    let mut second = run(&sandbox, store());
    // In the very first frame: it waits for the store.
    assert!(second.invite(RequestInvite::new()).completed().is_some());
    assert_eq!(reasons(&second), [SessionChange::Restored]);
    assert_eq!(
        session(&second)
            .expose_secrets()
            .expect("secrets")
            .0
            .expose(),
        token
    );
    assert_eq!(session(&second).scopes().map(<[_]>::len), Some(1));
    assert!(session(&second).expires_in().is_some());
    second.write(RequestLogout);
    second.update();
    assert_eq!(session(&second).status(), SessionStatus::LoggedOut);
    drop(second);

    let mut third = run(&sandbox, store());
    assert_eq!(
        restored(&mut third),
        SessionStatus::LoggedOut,
        "nothing is left of it"
    );
    let error = third
        .invite(RequestInvite::new())
        .error()
        .cloned()
        .expect("a failure");
    assert_eq!(error.kind(), RequestErrorKind::NotLoggedIn);
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
    log_in(&mut first);
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
fn another_applications_session_is_quarantined() {
    let (sandbox, store) = (OkSandbox::start().expect("a sandbox"), MemoryStore::new());
    let mut first = run(&sandbox, store.clone());
    log_in(&mut first);
    drop(first);
    let mut other = Game::from_plugin(
        OdnoklassnikiPlugin::new(AppCredentials::new("512000999999", "CBAPUBLICKEYBABABA"))
            .with_session_store(store.clone()),
    );
    assert_eq!(restored(&mut other), SessionStatus::LoggedOut);
    other.update();
    let error = session(&other).store_error().cloned().expect("reported");
    assert_eq!(error.kind(), StoreErrorKind::WrongApplication);
    assert!(!error.advice().is_empty());
    assert_eq!(reasons(&other), [SessionChange::StoreFailed(error)]);
}

#[test]
fn a_store_that_fails_is_reported_and_the_session_stays() {
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
        fn quarantine(&self) -> Result<String, StoreError> {
            Ok(String::new())
        }
    }
    let sandbox = OkSandbox::start().expect("a sandbox");
    let mut game = run(&sandbox, Broken);
    assert_eq!(restored(&mut game), SessionStatus::LoggedOut);
    log_in(&mut game);
    game.run_until("both failures", |kit| {
        let failed =
            |change: &&SessionChanged| matches!(change.reason, SessionChange::StoreFailed(_));
        (kit.messages.session.iter().filter(failed).count() == 2).then_some(())
    });
    assert!(session(&game).is_logged_in());
    assert_eq!(
        session(&game).store_error().map(StoreError::kind),
        Some(StoreErrorKind::Denied)
    );
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
        assert!(!path.exists(), "erased at logout");
    }

    #[test]
    fn a_damaged_file_is_kept_beside_and_the_player_logs_in_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("session.json");
        for (number, damage) in [
            "",
            "{",
            "\u{0}\u{1}",
            r#"{"format":"bevy_odnoklassniki session","version":1}"#,
        ]
        .into_iter()
        .enumerate()
        {
            fs::write(&path, damage).expect("written");
            let sandbox = OkSandbox::start().expect("a sandbox");
            let mut game = run(&sandbox, FileStore::new(&path));
            assert_eq!(restored(&mut game), SessionStatus::LoggedOut, "{damage:?}");
            let error = session(&game).store_error().expect("reported");
            assert!(
                matches!(
                    error.kind(),
                    StoreErrorKind::Corrupt | StoreErrorKind::WrongApplication
                ),
                "{error}"
            );
            let quarantined = folder
                .path()
                .join(format!("session.json.quarantine-{}", number + 1));
            assert_eq!(fs::read_to_string(quarantined).expect("kept"), damage);
            log_in(&mut game);
            drop(game);
            assert!(
                fs::read_to_string(&path)
                    .expect("a new one")
                    .contains("access_token")
            );
        }
    }

    /// A game that was started twice: neither takes away what the other is writing.
    #[test]
    fn two_processes_save_to_one_file() {
        use std::time::Duration;

        use test_support::subprocess;

        const TEST: &str = "in_a_file::two_processes_save_to_one_file";
        const TEXT: &str = "OK_TEST_TEXT";
        if subprocess::is_child(TEST) {
            let store = FileStore::new(std::env::var_os("OK_TEST_FILE").expect("a file"));
            let text = std::env::var(TEXT).expect("a text");
            let errors: Vec<_> = (0..500).filter_map(|_| store.save(&text).err()).collect();
            assert!(
                errors.is_empty(),
                "{} of 500 saves: {}",
                errors.len(),
                errors[0]
            );
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let store = FileStore::new(folder.path().join("session.json"));
        let texts = ["a".repeat(200), "b".repeat(4000)];
        store.save(&texts[0]).expect("saved");
        let start = |text: &String| {
            let mut command = subprocess::command(TEST);
            command
                .env("OK_TEST_FILE", store.path())
                .env(TEXT, text)
                .stdout(std::process::Stdio::piped());
            command.spawn().expect("the game starts")
        };
        let mut games = texts.each_ref().map(start);
        while games
            .iter_mut()
            .any(|game| game.try_wait().expect("its state").is_none())
        {
            let text = store
                .load()
                .expect("read")
                .expect("there is always one of them");
            assert!(
                texts.iter().any(|whole| whole.as_str() == text.as_str()),
                "{} bytes",
                text.len()
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        for game in games {
            let output = game.wait_with_output().expect("its end");
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stdout)
            );
        }
        assert_eq!(
            fs::read_dir(folder.path()).expect("a folder").count(),
            1,
            "no scratch files are left"
        );
    }
}

#[cfg(all(target_os = "linux", feature = "keyring"))]
mod in_the_keyring;

/// Windows' own keyring, or Wine's. It needs no service, so nothing is set up.
#[cfg(all(windows, feature = "keyring"))]
mod in_credential_manager {
    use bevy_odnoklassniki::KeyringStore;

    use super::*;

    /// Credentials belong to the account, so each test has its own service.
    fn store(test: &str) -> KeyringStore {
        KeyringStore::new(
            format!("bevy_odnoklassniki {test} {}", std::process::id()),
            "player",
        )
    }

    #[test]
    fn it_outlives_a_restart() {
        outlives_a_restart(|| store("restart"));
        assert!(
            store("restart").load().expect("read").is_none(),
            "erased at log out"
        );
    }

    #[test]
    fn a_damaged_one_is_quarantined_and_log_out_always_works() {
        let store = store("damaged");
        store.clear().expect("nothing to erase is no error");
        store.save("no session").expect("saved");
        let sandbox = OkSandbox::start().expect("a sandbox");
        let mut game = run(&sandbox, self::store("damaged"));
        assert_eq!(restored(&mut game), SessionStatus::LoggedOut);
        assert_eq!(
            session(&game).store_error().map(StoreError::kind),
            Some(StoreErrorKind::Corrupt)
        );
        log_in(&mut game);
        drop(game);
        assert!(
            store
                .load()
                .expect("read")
                .is_some_and(|text| text.contains("access_token"))
        );
        store.clear().expect("erased");
        assert!(store.load().expect("read").is_none());
    }
}
