//! What a game pays in its build: crates, seconds, bytes.
//!
//! A *whole* game has all of Bevy's default features. It is built once from nothing, which takes a
//! quarter of an hour. Each plugin or feature that leaves Bevy's own crates as they are is then
//! added to a copy of what was built. What has Bevy compiled with other features cannot be measured
//! so. It is added to a *headless* game, which is built from nothing each time. A *small* game is
//! the same, built with a profile for small programs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};

use super::run::Runner;

/// The name of [`parts`].
pub const PARTS: &str = "no plugin, but 14 messages and `webbrowser`";

/// How much of Bevy a game has, and how it is built.
pub struct Bevy {
    pub dependency: &'static str,
    pub plugins: &'static str,
    pub profile: &'static str,
    /// Cargo's options that name a target, or nothing: for this machine.
    pub target: &'static [&'static str],
    /// Where in the folder of builds its program is.
    pub program: &'static str,
}

pub const WHOLE: Bevy = Bevy {
    dependency: "bevy = \"0.19.1\"\n",
    plugins: "DefaultPlugins",
    profile: "",
    target: &[],
    program: "release/game",
};
const HEADLESS: Bevy = Bevy {
    dependency: "bevy = { version = \"0.19.1\", default-features = false, features = [\"std\"] }\n",
    plugins: "MinimalPlugins",
    ..WHOLE
};
const SMALL: Bevy = Bevy {
    profile: "[profile.release]\ncodegen-units = 1\nlto = \"fat\"\nopt-level = \"s\"\nstrip = true\n",
    ..HEADLESS
};

/// What is added to a game: its dependencies, and what it does with them.
pub struct Added {
    pub name: &'static str,
    pub dependencies: String,
    pub program: &'static str,
    pub setup: String,
}

/// Returns the plugin with everything that it does for a game, so that the linker keeps it.
/// `plugins` is what the game adds.
pub fn social(root: &Path, name: &'static str, features: &str, plugins: &str) -> Added {
    Added {
        name,
        dependencies: format!(
            "bevy_odnoklassniki = {{ path = \"{}\", features = [{features}] }}\n",
            root.display()
        ),
        program: include_str!("../../games/social.rs"),
        setup: format!(
            ".add_plugins({plugins}).add_systems(Startup, log_in).add_systems(Update, (ask, receive))"
        ),
    }
}

/// Returns a game without the plugin that passes on as many kinds of messages and opens a page in
/// the browser. It shows what two of the plugin's dependencies take by themselves.
fn parts() -> Added {
    Added {
        name: PARTS,
        dependencies: "webbrowser = { version = \"1.2.6\", features = [\"hardened\"] }\n"
            .to_owned(),
        program: concat!(
            include_str!("../../games/parts.rs"),
            "fn open() { std::thread::spawn(|| println!(\"{:?}\", webbrowser::open(\"https://ok.ru/\"))); }\n"
        ),
        ..messages("")
    }
}

/// Returns a game without the plugin that passes on as many kinds of messages, and opens nothing.
pub fn messages(name: &'static str) -> Added {
    Added {
        name,
        dependencies: String::new(),
        program: concat!(include_str!("../../games/parts.rs"), "fn open() {}\n"),
        setup: ".add_plugins(messages).add_systems(Startup, log_in).add_systems(Update, (ask, receive)).add_systems(PostUpdate, pass)"
            .to_owned(),
    }
}

/// Features that leave Bevy's crates as they are in a whole game.
fn added_to_whole(root: &Path) -> Vec<Added> {
    let secret = "OdnoklassnikiPlugin::new(AppCredentials::new(\"512000123456\", \"CBAPUBLICKEYBABABA\").with_signer(
        bevy_odnoklassniki::protocol::Signer::application(
            bevy_odnoklassniki::protocol::ApplicationSecretKey::new(\"A1B2C3D4E5F60718293A4B5C\"),
        ),
    ))";
    vec![
        social(root, "default features", "", "plugin()"),
        social(root, "`winit`", "\"winit\"", "plugin()"),
        social(
            root,
            "`file-store`",
            "\"file-store\"",
            "plugin().with_session_store(FileStore::new(\"session.json\"))",
        ),
        social(
            root,
            "`insecure-embedded-secret`",
            "\"insecure-embedded-secret\"",
            secret,
        ),
        parts(),
    ]
}

/// Another plugin of the field, with an HTTP request.
fn reqwest() -> Added {
    Added {
        name: "`bevy_mod_reqwest`",
        dependencies: "bevy_mod_reqwest = \"0.22\"\n".to_owned(),
        program: include_str!("../../games/reqwest.rs"),
        setup: ".add_plugins(ReqwestPlugin::default()).add_systems(Update, ask)".to_owned(),
    }
}

/// Returns all others, and two plugins of the field.
fn added_to_headless(root: &Path) -> Vec<Added> {
    let keyring = "plugin().with_session_store(KeyringStore::new(\"game\", \"player\"))";
    let panel =
        "(plugin(), bevy_egui::EguiPlugin::default(), bevy_odnoklassniki_panel::OkPanelPlugin)";
    let egui = social(
        root,
        "`bevy_odnoklassniki_panel`, with `bevy_egui`",
        "",
        panel,
    );
    vec![
        social(root, "default features", "", "plugin()"),
        parts(),
        social(root, "`keyring`", "\"keyring\"", keyring),
        social(
            root,
            "`sandbox`",
            "\"sandbox\"",
            "OdnoklassnikiPlugin::sandbox()",
        ),
        Added {
            dependencies: format!(
                "{}bevy_odnoklassniki_panel = {{ path = \"{}/crates/bevy_odnoklassniki_panel\" }}\n\
                 bevy_egui = {{ version = \"0.42\", default-features = false }}\n",
                egui.dependencies,
                root.display()
            ),
            ..egui
        },
        reqwest(),
        Added {
            name: "`bevy-steamworks`",
            dependencies: "bevy-steamworks = \"0.17\"\n".to_owned(),
            program: include_str!("../../games/steamworks.rs"),
            setup: ".add_plugins(steam()).add_systems(Update, receive)".to_owned(),
        },
    ]
}

/// Where games are built, and what the plain one is like.
pub struct Workshop {
    folder: PathBuf,
    pub target: PathBuf,
    bevy: Bevy,
    /// The versions that all games share.
    lock: Vec<u8>,
    crates: BTreeSet<String>,
}

/// Builds headless games.
///
/// # Errors
///
/// A game cannot be built.
pub fn headless(runner: &mut Runner, progress: impl Fn(&str)) -> Result<Value, String> {
    let added = added_to_headless(&runner.root);
    each_from_nothing(runner, HEADLESS, "headless", &added, progress)
}

/// Builds headless games with a profile for small programs.
///
/// # Errors
///
/// A game cannot be built.
pub fn small(runner: &mut Runner, progress: impl Fn(&str)) -> Result<Value, String> {
    let added = [
        social(&runner.root, "default features", "", "plugin()"),
        parts(),
        reqwest(),
    ];
    each_from_nothing(runner, SMALL, "small", &added, progress)
}

fn each_from_nothing(
    runner: &mut Runner,
    bevy: Bevy,
    name: &str,
    added: &[Added],
    progress: impl Fn(&str),
) -> Result<Value, String> {
    let shop = Workshop::open(runner, bevy, name)?;
    let from_nothing = |runner: &mut Runner| {
        _ = fs::remove_dir_all(&shop.target);
        shop.build(runner)
    };
    progress("no plugin");
    let plain = from_nothing(runner)?;
    let mut rows = vec![plain.row("no plugin", shop.crates.len())];
    for added in added {
        progress(added.name);
        let crates = shop.add(runner, added)?;
        rows.push(from_nothing(runner)?.row_beside(&plain, added.name, crates.len()));
    }
    _ = fs::remove_dir_all(&shop.target);
    Ok(rows.into())
}

/// Builds whole games, each from a copy of what was built for the plain one.
///
/// # Errors
///
/// A game cannot be built.
pub fn whole(runner: &mut Runner, progress: impl Fn(&str)) -> Result<Value, String> {
    let mut shop = Workshop::open(runner, WHOLE, "whole")?;
    let cold = shop.cold_build(runner, &progress)?;
    let kept = shop.target.clone();
    shop.target = kept.with_file_name("copy");
    let again = |runner: &mut Runner| {
        _ = fs::remove_dir_all(&shop.target);
        // With the times of the files, by which cargo knows that they are built.
        runner.run(
            Command::new("cp")
                .arg("--archive")
                .arg(&kept)
                .arg(&shop.target),
        )?;
        shop.build(runner)
    };
    // The last steps, which every game needs.
    progress("no plugin");
    shop.write("// Again.\n", "", "")?;
    let plain = again(runner)?;
    let mut rows = vec![
        Built {
            seconds: cold,
            ..plain
        }
        .row("no plugin", shop.crates.len()),
    ];
    for added in added_to_whole(&runner.root.clone()) {
        progress(added.name);
        let crates = shop.add(runner, &added)?;
        rows.push(again(runner)?.row_beside(&plain, added.name, crates.len()));
    }
    _ = fs::remove_dir_all(&shop.target);
    Ok(rows.into())
}

/// Returns the crates that the default features add to a whole game, without ours. Nothing is
/// built.
///
/// # Errors
///
/// Cargo cannot list them.
pub fn crates(runner: &mut Runner) -> Result<BTreeSet<String>, String> {
    let shop = Workshop::open(runner, WHOLE, "whole")?;
    shop.add(
        runner,
        &social(&runner.root.clone(), "default features", "", "plugin()"),
    )
}

/// A program that was built.
pub struct Built {
    seconds: f64,
    bytes: u64,
}

impl Built {
    fn row(&self, name: &str, crates: usize) -> Value {
        json!({ "name": name, "crates": crates, "seconds": self.seconds, "bytes": self.bytes })
    }

    /// Returns what it has more than the plain one.
    fn row_beside(&self, plain: &Self, name: &str, crates: usize) -> Value {
        let bytes = self.bytes as i64 - plain.bytes as i64;
        json!({ "name": name, "crates": crates, "seconds": self.seconds - plain.seconds, "bytes": bytes })
    }
}

impl Workshop {
    /// Makes the plain game's sources, with the versions of the project's own tests where both have
    /// them.
    pub fn open(runner: &mut Runner, bevy: Bevy, name: &str) -> Result<Self, String> {
        let home = runner.target.join("games").join(name);
        let (folder, target) = (home.join("game"), home.join("target"));
        let mut shop = Self {
            folder,
            target,
            bevy,
            lock: Vec::new(),
            crates: BTreeSet::new(),
        };
        shop.write("", "", "")?;
        let lock = shop.folder.join("Cargo.lock");
        fs::copy(runner.root.join("Cargo.lock"), &lock)
            .map_err(|error| format!("{}: {error}", lock.display()))?;
        // Cargo leaves out what the game does not use, and adds what only it has.
        runner.run(
            Command::new("cargo")
                .args(["fetch", "--quiet"])
                .current_dir(&shop.folder),
        )?;
        shop.lock = fs::read(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
        shop.crates = shop.crates(runner, "game")?;
        Ok(shop)
    }

    /// Makes the sources of a game with more; the crates that are added, without ours.
    pub fn add(&self, runner: &mut Runner, added: &Added) -> Result<BTreeSet<String>, String> {
        self.write(added.program, &added.setup, &added.dependencies)?;
        let lock = self.folder.join("Cargo.lock");
        fs::write(&lock, &self.lock).map_err(|error| format!("{}: {error}", lock.display()))?;
        let crates = self.crates(runner, "game")?;
        Ok(crates
            .difference(&self.crates)
            .filter(|name| !name.contains("odnoklassniki"))
            .cloned()
            .collect())
    }

    fn write(&self, program: &str, setup: &str, dependencies: &str) -> Result<(), String> {
        let failed = |error| format!("{}: {error}", self.folder.display());
        let Bevy {
            dependency,
            plugins,
            profile,
            ..
        } = self.bevy;
        fs::create_dir_all(self.folder.join("src")).map_err(failed)?;
        let package = "[package]\nname = \"game\"\nedition = \"2024\"\n\n[workspace]\n";
        let manifest = format!("{package}\n{profile}\n[dependencies]\n{dependency}{dependencies}");
        fs::write(self.folder.join("Cargo.toml"), manifest).map_err(failed)?;
        let main = format!(
            "fn main() -> AppExit {{\n    App::new().add_plugins({plugins}){setup}.run()\n}}\n"
        );
        fs::write(
            self.folder.join("src/main.rs"),
            format!("use bevy::prelude::*;\n{program}\n{main}"),
        )
        .map_err(failed)
    }

    /// Builds for release.
    pub fn build(&self, runner: &mut Runner) -> Result<Built, String> {
        let mut cargo = Command::new("cargo");
        cargo
            .args(["build", "--release"])
            .args(self.bevy.target)
            .env("CARGO_TARGET_DIR", &self.target)
            .current_dir(&self.folder);
        let began = Instant::now();
        runner.run(&mut cargo)?;
        let seconds = began.elapsed().as_secs_f64();
        let program = self.program();
        let bytes = fs::metadata(&program)
            .map_err(|error| format!("{}: {error}", program.display()))?
            .len();
        Ok(Built { seconds, bytes })
    }

    /// Returns where the built program is.
    pub fn program(&self) -> PathBuf {
        self.target.join(self.bevy.program)
    }

    /// Returns how long the plain game takes to build from nothing; it is built unless that is
    /// known and the build is still there.
    fn cold_build(&self, runner: &mut Runner, progress: &impl Fn(&str)) -> Result<f64, String> {
        let known = self.target.with_file_name("cold.json");
        let compiler = runner.run(Command::new("rustc").arg("--version"))?;
        let stamp =
            json!({ "compiler": compiler.trim(), "lock": String::from_utf8_lossy(&self.lock) });
        let last: Option<Value> = fs::read_to_string(&known)
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok());
        if let Some(last) =
            last.filter(|last| self.target.is_dir() && last.get("of") == Some(&stamp))
            && let Some(seconds) = last.get("seconds").and_then(Value::as_f64)
        {
            return Ok(seconds);
        }
        progress("a whole game, from nothing: a quarter of an hour on two cores");
        _ = fs::remove_dir_all(&self.target);
        let Built { seconds, .. } = self.build(runner)?;
        let text = json!({ "of": stamp, "seconds": seconds }).to_string();
        fs::write(&known, text).map_err(|error| format!("{}: {error}", known.display()))?;
        Ok(seconds)
    }

    /// Returns name and version of every crate that the game, or another package, is made of.
    pub fn crates(&self, runner: &mut Runner, package: &str) -> Result<BTreeSet<String>, String> {
        let mut cargo = Command::new("cargo");
        cargo.args([
            "tree", "--quiet", "--edges", "normal", "--prefix", "none", "--format", "{p}",
        ]);
        cargo.args(["--package", package]).args(self.bevy.target);
        let said = runner.run(cargo.current_dir(&self.folder))?;
        let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
        Ok(said
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with("game "))
            .map(name)
            .collect())
    }
}
