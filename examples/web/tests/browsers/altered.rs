//! The built game with other files, and with a probe in its page.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::Value;
use test_support::browser::{Brand, scratch, wait_for};

use crate::world::{World, built_game};

/// The game's page with a script that sees what the game leaves in it; see `window.probe`.
fn probed_page(game: &Path, more: &str) -> String {
    let page = fs::read_to_string(game.join("index.html")).expect("the game's page");
    let scripts = format!(
        "<script>{}</script>\n{more}<script type=\"module\">",
        include_str!("probe.js")
    );
    page.replace("<script type=\"module\">", &scripts)
        .replace("./web_game.js", "/web_game.js")
}

/// The return page as it was built.
pub(crate) const RETURN_PAGE: &str = include_str!("../../../../assets/pages/odnoklassniki.html");

/// Makes the game's folder. `change` gets it and the game's page, and changes its files.
fn altered_game(more: &str, change: impl FnOnce(&Path, &str)) -> Option<Box<dyn AsRef<Path>>> {
    let game = built_game()?;
    let folder = scratch();
    let path = folder.path();
    for file in ["web_game.js", "web_game_bg.wasm"] {
        symlink(Path::new(&game).join(file), path.join(file)).expect("a link");
    }
    let page = probed_page(Path::new(&game), more);
    fs::create_dir(path.join("assets")).expect("a folder");
    fs::write(path.join("index.html"), &page).expect("a file");
    fs::write(path.join("assets/odnoklassniki.html"), RETURN_PAGE).expect("a file");
    change(path, &page);
    Some(Box::new(folder))
}

/// A game with a probe in its page.
pub(crate) struct ProbedWorld {
    pub(crate) world: World,
    _folder: Box<dyn AsRef<Path>>,
}

impl ProbedWorld {
    pub(crate) fn start(brand: Brand, query: &str) -> Option<Self> {
        Self::start_altered(brand, query, "", "", |_, _| {})
    }

    /// Starts a game with these headers, with more in its page, and with changed files.
    pub(crate) fn start_altered(
        brand: Brand,
        query: &str,
        headers: &'static str,
        more: &str,
        change: impl FnOnce(&Path, &str),
    ) -> Option<Self> {
        let folder = altered_game(more, change)?;
        let world = World::start_in(brand, folder.as_ref().as_ref(), query, headers)?;
        Some(Self {
            world,
            _folder: folder,
        })
    }

    /// Evaluates an expression about `window.probe` in the game's page.
    pub(crate) fn probe(&self, expression: &str) -> Value {
        self.world.browser.switch_to(&self.world.game);
        self.world.execute(&format!("window.probe.{expression}"))
    }

    /// Waits until an open window was looked at, from now on.
    pub(crate) fn wait_for_a_look(&self) {
        let looks = || self.probe("fired(1000)").as_u64().expect("a number");
        // The first one may have begun before.
        let enough = looks() + 2;
        wait_for(|| (looks() >= enough).then_some(())).expect("the window is watched");
    }
}
