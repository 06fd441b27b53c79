//! What a window with OK's page costs: the program that the game ships, memory, and time.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::run::{Runner, json_lines};

/// Builds the program for players, and shows pages with it on a virtual screen.
///
/// # Errors
///
/// It cannot be built or stripped, or shows nothing.
pub fn measure(runner: &mut Runner) -> Result<Value, String> {
    runner.cargo("build --locked --quiet --release -p odnoklassniki_webview")?;
    let program = runner.target.join("release/odnoklassniki_webview");
    let stripped = runner.target.join("performance/odnoklassniki_webview");
    runner.run(Command::new("strip").arg("-o").args([&stripped, &program]))?;
    let mut said = String::new();
    for (package, test) in [
        ("bevy_odnoklassniki --features webview", "webview -- cost"),
        (
            "social_game",
            "sleeping_window -- a_desktop_app_beside_a_webview",
        ),
    ] {
        let mut cargo = Command::new("cargo");
        cargo
            .args("test --locked --quiet -p".split(' '))
            .args(package.split(' '))
            .arg("--test")
            .args(test.split(' '))
            .args(["--nocapture", "--test-threads=1"])
            .env("OK_RELIABILITY", "full")
            .env("OK_REQUIRE_WINDOW", "1")
            .env("OK_REQUIRE_WEBVIEW", "1")
            .env("OK_WEBVIEW", &stripped);
        said += &runner.run(&mut cargo)?;
    }
    let size = |file| {
        let found = fs::metadata(file).map_err(|error| format!("the program: {error}"));
        Ok::<_, String>(found?.len())
    };
    match json_lines(&said).collect::<Vec<_>>().as_slice() {
        [window, sleeping] => Ok(json!({
            "bytes": size(&program)?,
            "stripped": size(&stripped)?,
            "window": window,
            "sleeping": sleeping,
        })),
        _ => Err("the tests printed no figures".to_owned()),
    }
}
