//! Takes OK's callbacks as links of a scheme, on Linux and Windows. The system starts a process for
//! each link, and that process leaves the link to the game that runs.
//!
//! docs/platforms.md says how to register the scheme `ok512000000001` for this program. It runs on
//! the sandbox: `cargo run --example scheme` opens its page in your browser, and you are the player.
//! The browser then asks whether to open the link.
#![expect(clippy::print_stderr, reason = "an example may print")]

use std::fs::{self, DirBuilder, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, io, process, thread};

use bevy::app::ScheduleRunnerPlugin;
use bevy::log::LogPlugin;
use bevy::platform::dirs::preferences_dir;
use bevy::prelude::*;
use bevy_odnoklassniki::prelude::*;

/// `ok` and the application's id, here that of the sandbox.
const SCHEME: &str = "ok512000000001";

fn main() -> io::Result<AppExit> {
    // The system gives the link as the only argument.
    let link = env::args_os()
        .nth(1)
        .and_then(|link| link.into_string().ok());
    let folder = private_folder()?;
    let Some(_lock) = lock(&folder)? else {
        if let Some(link) = link {
            leave_link(&folder, &link)?;
        }
        return Ok(AppExit::Success);
    };

    let plugin = OdnoklassnikiPlugin::sandbox().with_return_links(ReturnLinks::scheme(SCHEME));
    let links = plugin.deep_links();
    // With a pending store, a link that starts the game ends a request of an earlier run.
    let deliver = move |link: &str| eprintln!("a link came: {:?}", links.deliver(link));
    link.as_deref().into_iter().for_each(&deliver);
    thread::spawn(move || {
        loop {
            if let Err(error) = take_links(&folder, &deliver) {
                eprintln!("cannot take a link: {error}");
            }
            thread::sleep(Duration::from_millis(100));
        }
    });
    Ok(App::new()
        .add_plugins(LogPlugin::default())
        .add_plugins(ScheduleRunnerPlugin::run_loop(Duration::from_millis(10)))
        .add_plugins(plugin)
        .add_systems(Startup, invite)
        .add_systems(Update, (show_link, show_result))
        .run())
}

/// Returns a folder that other accounts of the machine cannot read: a link may hold a token. On
/// Linux it is in memory, where the session has such a folder.
fn private_folder() -> io::Result<PathBuf> {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let folder = runtime
        .filter(|folder| folder.is_absolute())
        .or_else(preferences_dir)
        .ok_or_else(|| io::Error::other("there is no folder for the game's files"))?
        .join("castle-links");
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(&folder)?;
    Ok(folder)
}

/// Returns the lock of the one process that is the game, or `None` in every other process. The
/// system unlocks it when the process ends.
fn lock(folder: &Path) -> io::Result<Option<File>> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    let file = options.open(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Leaves a link to the game that runs. The file gets its name when it is whole.
fn leave_link(folder: &Path, link: &str) -> io::Result<()> {
    let whole = folder.join(format!("{}.link", process::id()));
    let part = whole.with_extension("part");
    fs::write(&part, link)?;
    fs::rename(part, whole)
}

/// Takes every link that other processes have left.
fn take_links(folder: &Path, deliver: impl Fn(&str)) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|name| name == "link") {
            let link = fs::read_to_string(&path)?;
            fs::remove_file(&path)?;
            deliver(&link);
        }
    }
    Ok(())
}

fn invite(mut invites: MessageWriter<RequestInvite>) {
    invites.write(RequestInvite::new().comment("Build a castle with me!"));
}

fn show_link(mut opened: MessageReader<RequestOpened>) {
    for link in opened.read().filter_map(|page| page.link.as_ref()) {
        eprintln!("Look into your browser. No page? {}", link.expose());
    }
}

fn show_result(mut finished: MessageReader<InviteFinished>, mut exit: MessageWriter<AppExit>) {
    for InviteFinished { outcome, .. } in finished.read() {
        match outcome {
            Outcome::Completed(invited) => eprintln!("invited: {:?}", invited.users),
            Outcome::Failed(error) => eprintln!("{error}: {}", error.advice()),
            other => eprintln!("no invitation: {}", other.name()),
        }
        exit.write(AppExit::Success);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn one_process_is_the_game_and_takes_each_link_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let game = lock(folder).expect("no error");
        assert!(game.is_some());
        assert!(lock(folder).expect("no error").is_none());

        let taken = RefCell::new(Vec::new());
        let take = || take_links(folder, |link| taken.borrow_mut().push(link.to_owned()));
        take().expect("no link");
        fs::write(folder.join("1.part"), "ok51").expect("not whole yet");
        leave_link(folder, "ok512000000001://r/7?code=OK").expect("left");
        take().expect("a link");
        take().expect("no second one");
        assert_eq!(taken.into_inner(), ["ok512000000001://r/7?code=OK"]);

        drop(game);
        assert!(lock(folder).expect("no error").is_some());
    }
}
