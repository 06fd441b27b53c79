//! The ids of two runs of the game, each in a process of its own.

use std::path::Path;
use std::process::Output;

use test_support::subprocess;

use super::*;

const TEST: &str = "ids::a_request_from_before_the_plugin_and_a_resumed_one_have_one_result_each";
const FOLDER: &str = "OK_IDS_FOLDER";
const LINK: &str = "OK_IDS_LINK";

/// Runs a run of the game. Returns what it has written behind `word`.
fn child(folder: &Path, link: &str, word: &str) -> String {
    let mut command = subprocess::command(TEST);
    let command = command.env(FOLDER, folder).env(LINK, link);
    let Output { stdout, status, .. } = command.output().expect("a process");
    let output = String::from_utf8_lossy(&stdout);
    assert!(status.success(), "{output}");
    let line = output.lines().find_map(|line| line.split_once(word));
    line.expect("it says so").1.to_owned()
}

fn say(line: &str) {
    use std::io::Write as _;
    let written = writeln!(std::io::stdout(), "{line}");
    written.expect("the test reads");
}

/// Sends an invitation, and ends without warning.
fn first_run(path: &Path) {
    let (mut game, _) = run(PendingFile::at(path));
    let (_, link) = invite(&mut game, 7);
    say(&format!("SENT {link}"));
    std::process::exit(0);
}

/// Builds a request before the plugin, whose link comes after that of the first run.
fn second_run(path: &Path, link: &str) {
    let early = RequestInvite::new().tag("early");
    let id = early.id();
    let (mut game, links) = run(PendingFile::at(path));
    game.write(early);
    let early_link = game.follow(id).callback_url(8);
    assert_eq!(game.pending().len(), 2);
    assert!(RequestInvite::new().id() > game.pending().into_iter().max().expect("two"));
    for link in [link, &early_link] {
        assert_eq!(links.deliver(link), Delivered::Taken);
    }
    game.run_until("both results", |kit| {
        (kit.messages.invites.len() == 2).then_some(())
    });
    game.update();
    assert_eq!(game.messages.finished(), 2);
    let results = results(&game);
    let tags = results.iter().rev().map(|end| {
        let (tag, resumed) = (end.tag().expect("a tag"), end.is_resumed());
        format!("{tag} {resumed}")
    });
    say(&format!("ENDED {}", tags.collect::<Vec<_>>().join(", ")));
}

#[test]
fn a_request_from_before_the_plugin_and_a_resumed_one_have_one_result_each() {
    if subprocess::is_child(TEST) {
        let folder = std::env::var(FOLDER).expect("a folder");
        let path = Path::new(&folder).join("pending.json");
        return match std::env::var(LINK).expect("a link").as_str() {
            "" => first_run(&path),
            link => second_run(&path, link),
        };
    }
    let folder = tempfile::tempdir().expect("a folder");
    let link = child(folder.path(), "", "SENT ");
    let ended = child(folder.path(), &link, "ENDED ");
    assert_eq!(ended, "castle-7 true, early false");
    assert!(!folder.path().join("pending.json").exists());
}
