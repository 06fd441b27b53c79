use super::super::record::MAX_RECORD;
use super::*;

#[test]
fn a_session_is_kept_and_replaced_in_private() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("game").join("session.json"));
    assert!(store.load().unwrap().is_none());
    store.clear().unwrap();
    make_folder(store.file.folder()).unwrap();
    fs::write(
        store.file.folder().join(".session.json.new-x7"),
        "of a game that was killed",
    )
    .unwrap();
    for text in ["first", "second"] {
        store.save(text).unwrap();
        assert_eq!(store.load().unwrap().unwrap().as_str(), text);
    }
    assert_eq!(
        fs::read_dir(store.file.folder()).unwrap().count(),
        1,
        "no scratch files are left"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            fs::metadata(store.path()).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            fs::metadata(store.file.folder())
                .unwrap()
                .permissions()
                .mode()
                & 0o777,
            0o700
        );
    }
    store.clear().unwrap();
    assert!(store.load().unwrap().is_none());
}

#[test]
fn quarantined_files_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("session.json"));
    for (number, text) in ["one", "two"].into_iter().enumerate() {
        store.save(text).unwrap();
        let place = store.quarantine().unwrap();
        assert!(
            place.ends_with(&format!("session.json.quarantine-{}", number + 1)),
            "{place}"
        );
        assert_eq!(fs::read_to_string(place).unwrap(), text);
        assert!(store.load().unwrap().is_none());
    }
}

#[test]
fn errors_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("blocked");
    fs::write(&blocked, "a file where a folder should be").unwrap();
    let store = FileStore::new(blocked.join("session.json"));
    let error = store.save("text").unwrap_err();
    assert!(error.to_string().contains("session.json"), "{error}");
    match store.load() {
        Err(error) => assert!(error.to_string().contains("session.json"), "{error}"),
        // Windows does not distinguish such a path from a missing file.
        Ok(found) => assert!(cfg!(windows) && found.is_none()),
    }
    // The store does not touch a folder or a link, and does not panic on bytes that are no text.
    let others = vec![folder.path().to_owned()];
    #[cfg(unix)]
    let others = {
        let mut others = others;
        let target = folder.path().join("target");
        fs::write(&target, "another program's").unwrap();
        std::os::unix::fs::symlink(&target, folder.path().join("link")).unwrap();
        others.push(folder.path().join("link"));
        others
    };
    for other in others {
        let store = FileStore::new(&other);
        assert!(store.load().is_err() && store.save("x").is_err() && store.clear().is_err());
        assert!(store.quarantine().is_err() && fs::symlink_metadata(&other).is_ok());
    }
    let store = FileStore::new(folder.path().join("binary"));
    fs::write(store.path(), [0xff; 70_000]).unwrap();
    assert!(
        store.load().unwrap().unwrap().len() > MAX_RECORD,
        "seen to be too long"
    );
}

/// Two games, or a game that runs twice, use one file. Each save once removed the scratch file of
/// the other.
#[test]
fn two_writers_and_a_reader_of_one_file() {
    use std::sync::atomic::{AtomicBool, Ordering};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("session.json");
    let texts = ["a".repeat(200), "b".repeat(4000)];
    FileStore::new(&path).save(&texts[0]).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let store = FileStore::new(&path);
            while !done.load(Ordering::Relaxed) {
                let text = store.load().unwrap().expect("there is always one of them");
                assert!(
                    texts.iter().any(|whole| whole.as_str() == text.as_str()),
                    "{} bytes",
                    text.len()
                );
                // On Windows a file that is open for reading all the time cannot be replaced.
                thread::sleep(Duration::from_millis(1));
            }
        });
        let writer = |text| {
            let store = FileStore::new(&path);
            move || {
                (0..300)
                    .filter_map(|_| store.save(text).err())
                    .collect::<Vec<_>>()
            }
        };
        let writers = texts.each_ref().map(|text| scope.spawn(writer(text)));
        let errors = writers.map(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
        assert!(
            errors.iter().all(Vec::is_empty),
            "{} of 600 saves: {:?}",
            errors.iter().flatten().count(),
            errors
        );
        reader.join().unwrap();
    });
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no scratch files are left"
    );
}

/// Two games find the same corrupt file, and the other one is quicker.
#[test]
fn a_file_that_another_game_has_quarantined_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("session.json"));
    store.save("corrupt").unwrap();
    store.quarantine().unwrap();
    assert!(
        store
            .file
            .move_to_free_name()
            .unwrap()
            .starts_with("elsewhere")
    );
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "kept once, and no empty file is left"
    );
}

/// A game does not remove a scratch file that another game writes, only abandoned ones.
#[test]
fn only_an_abandoned_scratch_file_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("session.json"));
    let path = |end: &str| folder.path().join(format!(".session.json.new-{end}"));
    fs::write(path("left"), "of a game that was killed").unwrap();
    // About to be written.
    fs::write(path("new"), "").unwrap();
    let written = File::create(path("written")).unwrap();
    written.lock().unwrap();
    (&written).write_all(b"by another game").unwrap();
    store.save("text").unwrap();
    let are_there = || ["left", "new", "written"].map(|end| path(end).exists());
    assert_eq!(are_there(), [false, true, true]);
    drop(written);
    store.clear().unwrap();
    assert_eq!(are_there(), [false, true, false]);
}

/// A game that is killed after it creates its scratch file and before it locks it leaves an empty
/// one.
#[test]
fn an_old_empty_scratch_file_is_removed_unless_it_is_locked() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("session.json"));
    let path = |end: &str| folder.path().join(format!(".session.json.new-{end}"));
    let with_age = |end: &str, age: u64| {
        let file = File::create(path(end)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age))
            .unwrap();
        file
    };
    let are_there = || ["old", "new", "locked"].map(|end| path(end).exists());
    for act in [
        |store: &FileStore| store.save("text"),
        |store: &FileStore| store.clear(),
    ] {
        drop(with_age("old", 3600));
        drop(with_age("new", 0));
        let locked = with_age("locked", 3600);
        locked.lock().unwrap();
        act(&store).unwrap();
        assert_eq!(are_there(), [false, true, true]);
        drop(locked);
        store.clear().unwrap();
        assert_eq!(are_there(), [false, true, false]);
    }
}

#[test]
fn an_empty_file_is_old_after_a_minute() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let ago = |seconds| Some(now - Duration::from_secs(seconds));
    assert_eq!(
        [0, 60, 61].map(|seconds| is_left(0, ago(seconds), now)),
        [false, false, true]
    );
    assert!(
        !is_left(0, Some(now + Duration::from_secs(3600)), now),
        "the clock was set back"
    );
    assert!(!is_left(0, None, now));
    assert!(
        is_left(1, ago(0), now) && is_left(1, None, now),
        "a file with content is abandoned at any age"
    );
}
