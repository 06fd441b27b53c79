//! Records in a file: damaged, foreign, in the way of another program, and of two runs at once.

use std::fs;

use super::*;

#[test]
fn what_cannot_be_restored_is_set_aside() {
    let (record, id, link) = record();
    let with = |name: &str, value: Value| {
        let mut other = record.clone();
        other[name] = value;
        other.to_string()
    };
    let whole = record.to_string();
    for text in [
        " ".to_owned(),
        "{}".to_owned(),
        whole[..whole.len() - 3].to_owned(),
        with("version", 3.into()),
        with("version", 1.into()),
        with("app_id", "513".into()),
        with("format", "another game's".into()),
        "x".repeat(70_000),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ok").join("pending.json");
        fs::create_dir(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, &text).expect("a file");
        let (mut game, links) = run(PendingFile::at(&path));
        assert_eq!(links.deliver(&link), Delivered::TooLate);
        game.update();
        assert!(game.pending().is_empty() && results(&game).is_empty());
        let moved = path.with_file_name("pending.json.quarantine-1");
        let kept = fs::read_to_string(&moved).expect("it is kept");
        assert_eq!(kept, text);
        // The store works on.
        let (new, _) = invite(&mut game, 8);
        assert_ne!(new, id);
        assert!(
            fs::read_to_string(&path)
                .expect("a record")
                .contains("castle-8")
        );
    }
}

/// A run that could not remove its file has emptied it.
#[test]
fn an_empty_file_is_no_record_and_is_not_set_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pending.json");
    fs::write(&path, "").expect("a file");
    let (mut game, links) = run(PendingFile::at(&path));
    game.update();
    assert!(!path.with_file_name("pending.json.quarantine-1").exists());
    let (id, link) = invite(&mut game, 7);
    assert!(fs::metadata(&path).expect("a record").len() > 0);
    assert_eq!(links.deliver(&link), Delivered::Taken);
    settle(&mut game, id);
    assert!(!path.exists());
}

#[test]
fn the_file_is_the_players_own_and_goes_with_the_last_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("my_game").join("pending.json");
    let (mut game, links) = run(PendingFile::at(&path));
    game.update();
    assert!(!path.exists(), "nothing is pending");
    let (id, link) = invite(&mut game, 7);
    assert!(path.exists());
    #[cfg(unix)]
    for (name, expected) in [
        ("", 0o700),
        ("pending.json", 0o600),
        ("pending.json.lock", 0o600),
    ] {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.path().join("my_game").join(name);
        let mode = fs::metadata(path).expect("it exists").permissions().mode();
        assert_eq!(mode & 0o777, expected, "{name}");
    }
    assert_eq!(links.deliver(&link), Delivered::Taken);
    settle(&mut game, id);
    assert!(!path.exists());
    // What another program puts in the way is not followed, and nothing is lost in this run.
    #[cfg(unix)]
    {
        let target = folder.path().join("target");
        fs::write(&target, "mine").expect("a file");
        std::os::unix::fs::symlink(&target, &path).expect("a link");
        std::os::unix::fs::symlink(&target, path.with_extension("json.new")).expect("a link");
        let (id, link) = invite(&mut game, 8);
        assert_eq!(links.deliver(&link), Delivered::Taken);
        settle(&mut game, id);
        assert_eq!(fs::read_to_string(&target).expect("a file"), "mine");
    }
}

/// What lies in the place of the lock is not opened: a pipe would block the game, and a link lead
/// elsewhere.
#[test]
#[cfg(unix)]
fn a_lock_that_is_no_file_is_not_opened() {
    use std::process::Command;
    for is_pipe in [true, false] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pending.json");
        let lock = folder.path().join("pending.json.lock");
        let target = folder.path().join("target");
        if is_pipe {
            let made = Command::new("mkfifo").arg(&lock).status();
            assert!(made.expect("mkfifo").success());
        } else {
            std::os::unix::fs::symlink(&target, &lock).expect("a link");
        }
        // Opening a pipe would wait here without end.
        assert!(PendingFile::at(&path).load().is_err());
        let (mut game, links) = run(PendingFile::at(&path));
        let (id, link) = invite(&mut game, 7);
        assert!(!path.exists() && !target.exists());
        assert_eq!(links.deliver(&link), Delivered::Taken);
        assert_eq!(settle(&mut game, id).outcome_name(), "completed");
    }
}

/// The second run at the same time leaves the requests to the first.
#[test]
fn two_runs_at_once_share_no_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pending.json");
    let (mut first, links) = run(PendingFile::at(&path));
    let (id, link) = invite(&mut first, 7);
    let (mut second, others) = run(PendingFile::at(&path));
    second.update();
    assert!(second.pending().is_empty());
    assert_eq!(others.deliver(&link), Delivered::TooLate);
    let (other, other_link) = invite(&mut second, 8);
    assert_eq!(others.deliver(&other_link), Delivered::Taken);
    assert_eq!(settle(&mut second, other).outcome_name(), "completed");
    let record = fs::read_to_string(&path).expect("the record of the first");
    assert!(record.contains("castle-7") && !record.contains("castle-8"));
    assert_eq!(links.deliver(&link), Delivered::Taken);
    assert_eq!(settle(&mut first, id).outcome_name(), "completed");
    assert!(!path.exists());
    drop((first, second));
    let (mut third, _) = run(PendingFile::at(&path));
    invite(&mut third, 9);
    assert!(
        fs::read_to_string(&path)
            .expect("a record")
            .contains("castle-9")
    );
}
