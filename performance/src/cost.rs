//! What a game pays in its build: crates, seconds, bytes. A game with all of Bevy's default features is built without the
//! plugin, with each of its features, and with two other plugins.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};

use crate::run::Runner;

/// A game that is built.
struct Game {
    name: &'static str,
    dependencies: String,
    program: String,
}

const BEVY: &str = "bevy = \"0.19.1\"\n";

/// Everything that the plugin does for a game, so that the linker keeps it.
fn social(root: &Path, name: &'static str, feature: Option<&str>, setup: &str, more: &str) -> Game {
    let features = feature.map_or_else(String::new, |feature| format!(", features = [\"{feature}\"]"));
    let root = root.display();
    let dependencies = format!("{BEVY}bevy_odnoklassniki = {{ path = \"{root}\"{features} }}\n");
    let plugin = "OdnoklassnikiPlugin::new(AppCredentials::new(\"512000123456\", \"CBAPUBLICKEYBABABA\"))
        .with_redirect_uris([\"http://127.0.0.1:17811/login\"])";
    let program = format!(
        "//! A game with the plugin.
use bevy::prelude::*;
use bevy_odnoklassniki::prelude::*;

fn sign_in(mut logins: MessageWriter<RequestLogin>) {{
    logins.write(RequestLogin::new().scopes([Scope::VALUABLE_ACCESS]));
}}

fn ask(
    keys: Res<ButtonInput<KeyCode>>,
    mut invites: MessageWriter<RequestInvite>,
    mut suggests: MessageWriter<RequestSuggest>,
    mut posts: MessageWriter<RequestPost>,
) {{
    if keys.just_pressed(KeyCode::Space) {{
        invites.write(RequestInvite::new().comment(\"Come and play\"));
        suggests.write(RequestSuggest::new().comment(\"Play\"));
        posts.write(RequestPost::new(Attachment::new().text(\"Level 12\").link(\"https://game.example/\")));
    }}
}}

fn hear(
    mut logins: MessageReader<LoginFinished>,
    mut invites: MessageReader<InviteFinished>,
    mut suggests: MessageReader<SuggestFinished>,
    mut posts: MessageReader<PostFinished>,
) {{
    logins.read().for_each(|finished| info!(\"{{finished:?}}\"));
    invites.read().for_each(|finished| info!(\"{{finished:?}}\"));
    suggests.read().for_each(|finished| info!(\"{{finished:?}}\"));
    posts.read().for_each(|finished| info!(\"{{finished:?}}\"));
}}

fn main() -> AppExit {{
    let plugin = {plugin}{setup};
    App::new().add_plugins((DefaultPlugins, plugin)){more}.add_systems(Startup, sign_in).add_systems(Update, (ask, hear)).run()
}}
"
    );
    Game { name, dependencies, program }
}

/// The first is the game without a plugin.
fn games(root: &Path) -> Vec<Game> {
    let game = |name, dependencies: &str, program: &str| Game {
        name,
        dependencies: format!("{BEVY}{dependencies}"),
        program: format!("//! A game.\nuse bevy::prelude::*;\n{program}"),
    };
    let egui = Game {
        dependencies: format!("{}bevy_egui = \"0.42\"\n", social(root, "", Some("egui"), "", "").dependencies),
        ..social(
            root,
            "egui",
            Some("egui"),
            "",
            ".add_plugins((bevy_egui::EguiPlugin::default(), bevy_odnoklassniki::OkPanelPlugin))",
        )
    };
    vec![
        game("no plugin", "", "fn main() -> AppExit {\n    App::new().add_plugins(DefaultPlugins).run()\n}\n"),
        social(root, "default features", None, "", ""),
        social(root, "winit", Some("winit"), "", ""),
        social(root, "file-store", Some("file-store"), ".with_session_store(FileStore::new(\"session.json\"))", ""),
        social(root, "keyring", Some("keyring"), ".with_session_store(KeyringStore::new(\"game\", \"player\"))", ""),
        social(root, "insecure-embedded-secret", Some("insecure-embedded-secret"), "", ""),
        social(root, "sandbox", Some("sandbox"), "; let plugin = OdnoklassnikiPlugin::sandbox()", ""),
        egui,
        game(
            "bevy_mod_reqwest",
            "bevy_mod_reqwest = \"0.22\"\n",
            "use bevy_mod_reqwest::*;

fn ask(keys: Res<ButtonInput<KeyCode>>, mut client: BevyReqwest) {
    if keys.just_pressed(KeyCode::Space) && let Ok(request) = client.get(\"https://game.example/\").build() {
        client
            .send(request)
            .on_response(|response: On<ReqwestResponseEvent>| info!(\"{}\", response.event().status()))
            .on_error(|error: On<ReqwestErrorEvent>| info!(\"{:?}\", error.event().entity));
    }
}

fn main() -> AppExit {
    App::new().add_plugins((DefaultPlugins, ReqwestPlugin::default())).add_systems(Update, ask).run()
}
",
        ),
        game(
            "bevy-steamworks",
            "bevy-steamworks = \"0.17\"\n",
            "use bevy_steamworks::*;

fn hear(client: Res<Client>, keys: Res<ButtonInput<KeyCode>>) {
    if keys.just_pressed(KeyCode::Space) {
        client.friends().get_friends(FriendFlags::IMMEDIATE).iter().for_each(|friend| info!(\"{}\", friend.name()));
    }
}

fn main() -> AppExit {
    let Ok(steam) = SteamworksPlugin::init_app(480) else { return AppExit::error() };
    App::new().add_plugins(steam).add_plugins(DefaultPlugins).add_systems(Update, hear).run()
}
",
        ),
    ]
}

/// Builds all of them. The game without a plugin is built first, from nothing; it takes a quarter of an hour, and is kept for the
/// next time. Each of the others starts from a copy of that, so that what it takes longer is what it adds to a cold build.
///
/// # Errors
///
/// A game cannot be built.
pub fn measure(runner: &mut Runner, tell: impl Fn(&str)) -> Result<Value, String> {
    let home = runner.target.parent().map_or_else(|| runner.target.clone(), Path::to_path_buf).join("games");
    let (folder, kept, copy) = (home.join("game"), home.join("target"), home.join("target-copy"));
    let games = games(&runner.root);
    let [without, others @ ..] = games.as_slice() else { return Err("no games".to_owned()) };

    // The versions of the project's own tests, where both have them.
    write(&folder, without)?;
    let lock = folder.join("Cargo.lock");
    copy_file(&runner.root.join("Cargo.lock"), &lock)?;
    let cold = cold_build(runner, &folder, &kept, &home.join("cold.json"), &tell)?;
    let lock_without = fs::read(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    let crates = crates_of(runner, &folder)?;
    // The last steps alone, which every game needs.
    fresh_copy(runner, &kept, &copy)?;
    let program = folder.join("src/main.rs");
    fs::write(&program, format!("{}\n// Again.\n", without.program))
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let (again, bytes) = build(runner, &folder, &copy)?;

    let mut measured = vec![json!({
        "name": without.name, "crates": crates.len(), "seconds": cold, "bytes": bytes, "again_seconds": again,
    })];
    for game in others {
        tell(&format!("a game with {}", game.name));
        write(&folder, game)?;
        fs::write(&lock, &lock_without).map_err(|error| format!("{}: {error}", lock.display()))?;
        let its_crates = crates_of(runner, &folder)?;
        fresh_copy(runner, &kept, &copy)?;
        let (seconds, its_bytes) = build(runner, &folder, &copy)?;
        measured.push(json!({
            "name": game.name,
            "crates": its_crates.difference(&crates).filter(|name| !name.contains("odnoklassniki")).count(),
            "seconds": seconds - again,
            "bytes": its_bytes as i64 - bytes as i64,
        }));
    }
    _ = fs::remove_dir_all(&copy);
    Ok(measured.into())
}

/// How long the game without a plugin took to build from nothing; it is built unless that is known.
fn cold_build(
    runner: &mut Runner,
    folder: &Path,
    target: &Path,
    known: &Path,
    tell: &impl Fn(&str),
) -> Result<f64, String> {
    let compiler = runner.run(Command::new("rustc").arg("--version"))?;
    let lock = folder.join("Cargo.lock");
    // Cargo leaves out of the lock file what the game does not use.
    runner.run(Command::new("cargo").args(["fetch", "--quiet"]).current_dir(folder))?;
    let lock = fs::read_to_string(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    let stamp = json!({ "compiler": compiler.trim(), "lock": lock });
    let last: Option<Value> = fs::read_to_string(known).ok().and_then(|text| serde_json::from_str(&text).ok());
    if let Some(last) = last
        && last.get("of") == Some(&stamp)
        && let Some(seconds) = last.get("seconds").and_then(Value::as_f64)
        && target.is_dir()
    {
        return Ok(seconds);
    }
    tell("a game without a plugin, from nothing: a quarter of an hour on two cores");
    _ = fs::remove_dir_all(target);
    let (seconds, _) = build(runner, folder, target)?;
    let text = json!({ "of": stamp, "seconds": seconds }).to_string();
    fs::write(known, text).map_err(|error| format!("{}: {error}", known.display()))?;
    Ok(seconds)
}

fn write(folder: &Path, game: &Game) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", folder.display());
    fs::create_dir_all(folder.join("src")).map_err(failed)?;
    let manifest = format!(
        "[package]\nname = \"game\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{}",
        game.dependencies
    );
    fs::write(folder.join("Cargo.toml"), manifest).map_err(failed)?;
    fs::write(folder.join("src/main.rs"), &game.program).map_err(failed)
}

/// Builds for release; gives seconds, and the bytes of the program.
fn build(runner: &mut Runner, folder: &Path, target: &Path) -> Result<(f64, u64), String> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release"]).env("CARGO_TARGET_DIR", target).current_dir(folder);
    let began = Instant::now();
    runner.run(&mut cargo)?;
    let seconds = began.elapsed().as_secs_f64();
    let program = target.join("release/game");
    let bytes = fs::metadata(&program).map_err(|error| format!("{}: {error}", program.display()))?.len();
    Ok((seconds, bytes))
}

/// Name and version of every crate.
fn crates_of(runner: &mut Runner, folder: &Path) -> Result<BTreeSet<String>, String> {
    let mut cargo = Command::new("cargo");
    cargo.args(["tree", "--quiet", "--edges", "normal", "--prefix", "none", "--format", "{p}"]).current_dir(folder);
    let said = runner.run(&mut cargo)?;
    let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    Ok(said.lines().filter(|line| !line.is_empty() && !line.starts_with("game ")).map(name).collect())
}

fn fresh_copy(runner: &mut Runner, from: &PathBuf, to: &PathBuf) -> Result<(), String> {
    _ = fs::remove_dir_all(to);
    // With the times of the files, by which cargo knows that they are built.
    runner.run(Command::new("cp").arg("--archive").arg(from).arg(to)).map(drop)
}

fn copy_file(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(drop).map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
}
