//! A killed game leaves nothing, and neither does one that ends.

use std::time::Duration;

use bevy_odnoklassniki::WebviewHost;
use bevy_odnoklassniki::sandbox::Behavior;
use test_support::child_protocol::{ChildProcess, print_line, read_line};
use test_support::subprocess;

use crate::setup::{Page, Setup, game, kill, wait_for_window, write};

const LONG: Duration = Duration::from_secs(120);

#[test]
fn a_killed_game_leaves_no_process() {
    const NAME: &str = "processes::a_killed_game_leaves_no_process";
    if subprocess::is_child(NAME) {
        let host = WebviewHost::new().with_program(read_line());
        let mut game = game(Behavior::Ask, host);
        let id = write(&mut game, Page::Invite, LONG);
        wait_for_window(&mut game, id);
        print_line("SHOWN", "");
        // Until it is killed.
        loop {
            game.update();
            std::thread::yield_now();
        }
    }
    let Some(setup) = Setup::x11() else { return };
    let mut child = ChildProcess::start(&mut subprocess::command(NAME));
    child.send(&setup.home().join("start").display().to_string());
    child.receive("SHOWN");
    assert!(!setup.programs().is_empty());
    kill(child.id());
    setup.expect_no_process();
}

#[test]
fn the_window_ends_with_the_app() {
    let Some(setup) = Setup::x11() else { return };
    let mut game = setup.game(Behavior::Ask);
    let id = write(&mut game, Page::Invite, LONG);
    wait_for_window(&mut game, id);
    drop(game);
    setup.expect_no_process();
}
