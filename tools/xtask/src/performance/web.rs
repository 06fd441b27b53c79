//! What the plugin costs a game in a browser: what its player downloads, and crates.
//!
//! The game has a window without a renderer, as `examples/web`: it builds in minutes, and the
//! difference is the same. The crates are counted beside all of Bevy.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::{Value, json};

use super::cost::{self, Added, Bevy, WHOLE, Workshop};
use super::run::Runner;

/// The names of the games beside the plain one.
pub const MESSAGES: &str = "no plugin, but 14 kinds of messages";
pub const PLUGIN: &str = "the plugin, with `winit`";

const OLDEST_WASM_OPT: u32 = 120;
const TARGET: &[&str] = &["--target", "wasm32-unknown-unknown"];
const WINDOW: Bevy = Bevy {
    dependency: "bevy = { version = \"0.19.1\", default-features = false, features = [\"std\", \"bevy_log\", \"bevy_winit\"] }\n",
    plugins: "DefaultPlugins",
    profile: "[profile.release]\ncodegen-units = 1\nlto = \"fat\"\nopt-level = \"z\"\nstrip = true\n",
    target: TARGET,
    program: "wasm32-unknown-unknown/release/game.wasm",
};

/// Builds a game without the plugin, with as many kinds of messages, and with the plugin.
///
/// # Errors
///
/// A game cannot be built.
pub fn measure(runner: &mut Runner, progress: impl Fn(&str)) -> Result<Value, String> {
    let plugin = cost::social(&runner.root, PLUGIN, "\"winit\"", "plugin()");
    let (crates, beyond_protocol) = added_crates(runner, &plugin)?;
    let shop = Workshop::open(runner, WINDOW, "web")?;
    progress("no plugin");
    let plain = Download::of(runner, &shop)?;
    let mut games = vec![json!({ "name": "no plugin", "bytes": plain.bytes, "gzip": plain.gzip })];
    for added in [cost::messages(MESSAGES), plugin] {
        progress(added.name);
        shop.add(runner, &added)?;
        let download = Download::of(runner, &shop)?;
        games.push(json!({
            "name": added.name,
            "bytes": download.bytes as i64 - plain.bytes as i64,
            "gzip": download.gzip as i64 - plain.gzip as i64,
        }));
    }
    _ = fs::remove_dir_all(&shop.target);
    Ok(json!({
        "games": games,
        "wasm_opt": wasm_opt(runner),
        "crates": crates,
        "crates_beyond_protocol": beyond_protocol,
    }))
}

/// Returns how many crates the plugin adds to a game with Bevy's default features, without ours;
/// and how many of them OK's protocol does not need. Nothing is built.
fn added_crates(runner: &mut Runner, plugin: &Added) -> Result<(usize, usize), String> {
    let bevy = Bevy {
        target: TARGET,
        ..WHOLE
    };
    let shop = Workshop::open(runner, bevy, "web-whole")?;
    let mut added = shop.add(runner, plugin)?;
    added.retain(|name| !name.starts_with("callback_listener "));
    let protocol = shop.crates(runner, "odnoklassniki")?;
    Ok((added.len(), added.difference(&protocol).count()))
}

/// What a player downloads: the program and its script.
struct Download {
    bytes: u64,
    gzip: u64,
}

impl Download {
    /// Builds the game, and prepares it for a browser.
    fn of(runner: &mut Runner, shop: &Workshop) -> Result<Self, String> {
        shop.build(runner)?;
        let program = shop.program();
        let folder = shop.target.join("page");
        let bindgen = env::var_os("WASM_BINDGEN").unwrap_or_else(|| "wasm-bindgen".into());
        runner.run(
            Command::new(bindgen)
                .args(["--target", "web", "--no-typescript", "--out-dir"])
                .args([&folder, &program]),
        )?;
        let program = folder.join("game_bg.wasm");
        if wasm_opt(runner).is_some() {
            let mut optimize = Command::new("wasm-opt");
            optimize.args(["--all-features", "-Oz", "-o"]);
            runner.run(optimize.args([&program, &program]))?;
        }
        let mut download = Self { bytes: 0, gzip: 0 };
        for file in [program, folder.join("game.js")] {
            runner.run(
                Command::new("gzip")
                    .args(["-9", "--force", "--keep"])
                    .arg(&file),
            )?;
            let mut packed = file.clone().into_os_string();
            packed.push(".gz");
            download.bytes += size(&file)?;
            download.gzip += size(&PathBuf::from(packed))?;
        }
        Ok(download)
    }
}

fn size(file: &Path) -> Result<u64, String> {
    let found = fs::metadata(file).map_err(|error| format!("{}: {error}", file.display()));
    Ok(found?.len())
}

/// Returns the version of `wasm-opt`, where it is installed and new enough: browsers refuse what
/// 108 makes of a program.
fn wasm_opt(runner: &mut Runner) -> Option<String> {
    let said = runner.run(Command::new("wasm-opt").arg("--version")).ok()?;
    let version: u32 = said
        .strip_prefix("wasm-opt version ")?
        .split_whitespace()
        .next()?
        .parse()
        .ok()?;
    (version >= OLDEST_WASM_OPT).then(|| format!("wasm-opt {version}"))
}
