use std::path::Path;
use std::thread;

use tempfile::TempDir;

use super::*;

fn profile(folder: &Path) -> Arc<Profile> {
    Arc::new(Profile::new(folder.to_owned()))
}

/// Returns a folder of a game that keeps other files there, too.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("save.txt"), "the game's own").unwrap();
    fs::create_dir(folder.path().join("cookies")).unwrap();
    folder
}

/// Puts a cookie there, as the program does.
fn keep(used: &Used) {
    fs::create_dir_all(used.folder()).unwrap();
    fs::write(Path::new(used.folder()).join("cookies"), "a cookie").unwrap();
}

fn is_kept(folder: &Path) -> bool {
    folder.join(NAME).join("cookies").exists()
}

fn enter(profile: &Arc<Profile>) -> Used {
    profile.enter().unwrap().expect("it can be used")
}

/// Asserts that the game's files are there, and nothing that is ours.
#[track_caller]
fn expect_cleared(folder: &Path) {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().flatten().collect();
    names.sort_by_key(fs::DirEntry::file_name);
    let names: Vec<_> = names.iter().map(fs::DirEntry::file_name).collect();
    assert_eq!(names, ["cookies", "save.txt"]);
}

#[test]
fn a_log_out_removes_what_the_engine_keeps_and_nothing_else() {
    let folder = folder();
    let folder = folder.path();
    let profile = profile(folder);
    let used = enter(&profile);
    keep(&used);
    drop(used);
    assert!(is_kept(folder));
    drop(enter(&profile));
    assert!(is_kept(folder), "without a log out it stays");

    profile.log_out();
    expect_cleared(folder);
    keep(&enter(&profile));
    drop(enter(&profile));
    assert!(is_kept(folder), "the next player has their own");
}

#[test]
fn the_last_program_clears_and_the_next_one_waits_for_it() {
    let folder = folder();
    let profile = profile(folder.path());
    let (first, second) = (enter(&profile), enter(&profile));
    keep(&first);
    profile.log_out();
    let next = thread::spawn({
        let profile = Arc::clone(&profile);
        move || drop(enter(&profile))
    });
    drop(first);
    assert!(is_kept(folder.path()), "a window is open");
    assert!(!next.is_finished());
    drop(second);
    next.join().unwrap();
    expect_cleared(folder.path());
}

#[test]
fn a_game_that_ends_right_after_the_log_out_loses_nothing() {
    let folder = folder();
    let folder = folder.path();
    let ended = profile(folder);
    let used = enter(&ended);
    keep(&used);
    ended.log_out();
    // Its threads end with it.
    core::mem::forget(used);
    assert!(folder.join(MARK).exists() && is_kept(folder));

    let next = profile(folder);
    let used = enter(&next);
    expect_cleared(folder);
    keep(&used);
    drop(used);
    drop(enter(&next));
    assert!(is_kept(folder));
}

#[test]
fn what_cannot_be_removed_is_not_used() {
    let folder = folder();
    fs::write(folder.path().join(NAME), "a file").unwrap();
    let profile = profile(folder.path());
    drop(enter(&profile));
    profile.log_out();
    for _ in 0..2 {
        assert!(profile.enter().unwrap().is_none());
    }
    fs::remove_file(folder.path().join(NAME)).unwrap();
    drop(enter(&profile));
    expect_cleared(folder.path());
}

#[test]
fn a_disk_that_takes_no_mark_loses_nothing_in_this_run() {
    let folder = folder();
    let profile = profile(folder.path());
    let used = enter(&profile);
    keep(&used);
    // In place of the mark.
    fs::create_dir(folder.path().join(MARK)).unwrap();
    profile.log_out();
    fs::remove_dir(folder.path().join(MARK)).unwrap();
    drop(used);
    expect_cleared(folder.path());
}

#[test]
fn a_log_out_makes_no_folder() {
    let folder = folder();
    let profile = profile(&folder.path().join("profile"));
    profile.log_out();
    expect_cleared(folder.path());
}

#[test]
fn the_folder_must_have_a_name_that_the_program_can_read() {
    let relative = profile(Path::new("profile"));
    assert!(relative.enter().is_err());
    assert!(!Path::new("profile").exists());
    #[cfg(unix)]
    {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt as _;
        let folder = folder();
        let name = folder.path().join(OsStr::from_bytes(b"\xff"));
        assert!(profile(&name).enter().is_err());
        expect_cleared(folder.path());
    }
}
