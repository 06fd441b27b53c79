//! The program itself: its settings, its first line, its end.

mod support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use backend_example::{Config, Place};
use support::get;

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backend_example"));
    command
        .env_clear()
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, value) in GOOD {
        command.env(name, value);
    }
    command
}

const GOOD: [(&str, &str); 5] = [
    ("OK_APP_ID", "512000123456"),
    ("OK_APP_KEY", "CBAPUBLICKEYBABABA"),
    ("OK_APP_SECRET", "secret-canary"),
    (
        "OK_REDIRECT_URIS",
        "http://127.0.0.1:17811/login, https://game.example/login",
    ),
    ("LISTEN", "127.0.0.1:0"),
];

/// The settings with one variable changed.
fn read(name: &str, value: Option<&str>) -> Result<Config, String> {
    let good = |asked: &str| {
        GOOD.iter()
            .find(|(known, _)| *known == asked)
            .map(|(_, value)| (*value).to_owned())
    };
    let get = |asked: &str| {
        if asked == name {
            value.map(str::to_owned)
        } else {
            good(asked)
        }
    };
    Config::read(get).map_err(|error| error.to_string())
}

#[test]
fn settings_are_read() {
    let config = read("", None).expect("settings");
    assert_eq!(
        config.redirect_uris,
        ["http://127.0.0.1:17811/login", "https://game.example/login"]
    );
    assert_eq!(config.place, Place::File("backend.sqlite3".into()));
    assert_eq!(config.per_minute, 30);
    assert!(!format!("{config:?}").contains("canary"));
    let config = read("REDIS_URL", Some("redis://:canary@127.0.0.1/")).expect("settings");
    assert!(!format!("{config:?}").contains("canary"));
    assert_eq!(
        read("DATABASE", Some("a.sqlite3")).expect("settings").place,
        Place::File("a.sqlite3".into())
    );
    assert_eq!(
        read("OK_API_URL", Some("http://127.0.0.1:7780"))
            .expect("settings")
            .hosts
            .api(),
        "http://127.0.0.1:7780/"
    );
}

#[test]
fn settings_that_cannot_be_used_name_the_variable_and_what_to_do() {
    for (name, value, says) in [
        (
            "OK_APP_ID",
            None,
            "OK_APP_ID is not set: give the application's id",
        ),
        ("OK_APP_ID", Some("  "), "OK_APP_ID is not set"),
        (
            "OK_APP_ID",
            Some("canary"),
            "OK_APP_ID cannot be used: it is not a number",
        ),
        ("OK_APP_KEY", None, "OK_APP_KEY is not set"),
        ("OK_APP_SECRET", None, "OK_APP_SECRET is not set"),
        (
            "OK_APP_SECRET",
            Some("CBAPUBLICKEYBABABA"),
            "OK_APP_SECRET cannot be used: it is the public key",
        ),
        ("OK_REDIRECT_URIS", None, "OK_REDIRECT_URIS is not set"),
        (
            "OK_REDIRECT_URIS",
            Some("canary"),
            "OK_REDIRECT_URIS cannot be used",
        ),
        (
            "LISTEN",
            Some("canary"),
            "LISTEN cannot be used: it is no socket address",
        ),
        (
            "OK_API_URL",
            Some("http://canary.example/"),
            "OK_API_URL cannot be used: it is plain http",
        ),
        (
            "SIGN_RETURN_URLS",
            Some("http://canary.example/"),
            "SIGN_RETURN_URLS cannot be used",
        ),
        (
            "SIGN_RETURN_URLS",
            Some("https://canary.example/?a"),
            "SIGN_RETURN_URLS cannot be used",
        ),
        (
            "SIGN_LINK_HOSTS",
            Some("https://canary.example"),
            "SIGN_LINK_HOSTS cannot be used",
        ),
        (
            "SIGN_LINK_HOSTS",
            Some("CANARY.example"),
            "SIGN_LINK_HOSTS cannot be used",
        ),
        ("PER_MINUTE", Some("canary"), "PER_MINUTE cannot be used"),
    ] {
        let error = read(name, value).expect_err(name);
        assert!(error.starts_with(says), "{error}");
        assert!(!error.to_lowercase().contains("canary"), "{error}");
    }
}

#[test]
fn a_program_without_settings_says_which() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = program(folder.path())
        .env_remove("OK_APP_SECRET")
        .output()
        .expect("a program");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.starts_with("backend_example: OK_APP_SECRET is not set"),
        "{said}"
    );
    let output = program(folder.path())
        .arg("--what")
        .output()
        .expect("a program");
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("--what"));
}

#[test]
fn it_serves_until_it_is_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = program(folder.path()).spawn().expect("a program");
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
    stdout.read_line(&mut line).expect("a line");
    let url = line
        .trim()
        .strip_prefix("listening on ")
        .expect("where it listens")
        .to_owned();
    assert_eq!(get(&format!("{url}/health")).status, 200);
    assert!(folder.path().join("backend.sqlite3").is_file());
    if cfg!(unix) {
        let killed = Command::new("kill").arg(child.id().to_string()).status();
        assert!(killed.is_ok_and(|status| status.success()));
        assert!(child.wait().expect("an end").success());
    } else {
        let _ = child.kill();
        let _ = child.wait();
    }
    let mut logged = String::new();
    child
        .stderr
        .take()
        .expect("its log")
        .read_to_string(&mut logged)
        .expect("text");
    assert!(
        logged.contains("INFO GET /health: 200 in ") && !logged.contains("canary"),
        "{logged}"
    );
}

/// The whole way, in one command and without a setting.
#[cfg(feature = "demo")]
#[test]
fn the_demo_goes_from_the_login_to_a_reward_that_is_granted_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_backend_example"))
        .arg("--demo")
        .env("TMPDIR", folder.path())
        .env_remove("REDIS_URL")
        .output()
        .expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for part in [
        "code flow: logged in as 5",
        "backend signature:",
        "verified reward: granted for 2",
        "replay refused:",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!(
        folder.path().read_dir().expect("a folder").count(),
        0,
        "its database is gone"
    );
}
