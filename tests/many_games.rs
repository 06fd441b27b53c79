//! Many requests: in several games at once, and in one for a long time. (Very many: the program
//! `soak`.)
#![cfg(target_os = "linux")]

use bevy_odnoklassniki::prelude::*;
use test_support::child_protocol::{ChildProcess, expect_line, print_line, read_line};
use test_support::flow::{Flow, sockets_at_rest};
use test_support::game::Game;
use test_support::process::Process;
use test_support::reliability::{measured, scale};
use test_support::wait::wait_until;
use test_support::{http, subprocess};

const GAMES: u64 = 4;

/// Plays a whole flow with a friend that no other flow has.
fn play(game: &mut Game, friend: u64) {
    let flow = game.begin(RequestSuggest::new().comment(friend.to_string()));
    complete(game, &flow, friend);
    game.forget();
}

fn complete(game: &mut Game, flow: &Flow, friend: u64) {
    assert_eq!(http::status(&http::get(&flow.callback_url(friend))), 200);
    assert_eq!(game.friends_of(flow), [friend]);
    assert_eq!(
        game.messages.finished(),
        1,
        "one result, and no other game's"
    );
}

/// The child process: many flows, and callbacks of other games in between.
fn play_beside_others() {
    let mut game = Game::without_sandbox();
    let first = game.begin(RequestSuggest::new());
    print_line("PATH", http::split(&first.back).1);
    // Which game this is, and the paths of the others.
    let number: u64 = read_line().parse().expect("a number");
    let strangers: Vec<_> = (1..GAMES)
        .map(|_| format!("http://{}{}", first.host(), read_line()))
        .collect();
    expect_line("PLAY");
    let flows = scale(25, 500);
    for flow in 1..=flows {
        let stranger = &strangers[flow as usize % strangers.len()];
        assert_eq!(
            http::status(&http::get(&format!("{stranger}?code=OK&selected=[1]"))),
            404
        );
        play(&mut game, number * 1_000_000 + flow);
    }
    complete(&mut game, &first, number);
}

#[test]
fn games_side_by_side_do_not_mix() {
    const TEST: &str = "games_side_by_side_do_not_mix";
    if subprocess::is_child(TEST) {
        return play_beside_others();
    }
    let mut games: Vec<_> = (0..GAMES)
        .map(|_| ChildProcess::start(&mut subprocess::command(TEST)))
        .collect();
    let paths: Vec<_> = games.iter_mut().map(|game| game.receive("PATH")).collect();
    for (number, game) in games.iter_mut().enumerate() {
        game.send(&number.to_string());
        for (_, path) in paths
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != number)
        {
            game.send(path);
        }
    }
    games.iter_mut().for_each(|game| game.send("PLAY"));
    games.into_iter().for_each(ChildProcess::assert_passes);
    measured(
        20,
        format_args!(
            "{GAMES} processes, {} flows each: none crossed, none failed",
            scale(25, 500)
        ),
    );
}

/// Waits until the listener is alone, with one socket more than `before`: openers end, and
/// connections are closed, a moment after a flow.
fn wait_for_quiet(here: &Process, before: usize) {
    wait_until("the listener to be alone", || {
        here.our_threads().len() <= 1 && here.sockets() <= before + 1
    });
}

#[test]
fn many_flows_leave_nothing_behind() {
    const TEST: &str = "many_flows_leave_nothing_behind";
    const WARM_UP: u64 = 200;
    if !subprocess::is_child(TEST) {
        return ChildProcess::start(&mut subprocess::command(TEST)).assert_passes();
    }
    let mut game = Game::without_sandbox();
    let here = Process::this();
    let sockets = sockets_at_rest();
    let mut before = None;
    for flow in 1..=scale(1000, 5000) {
        play(&mut game, flow);
        if flow == WARM_UP {
            wait_for_quiet(&here, sockets);
            before = Some((here.resident_kib(), here.descriptors()));
        }
    }
    let (memory, descriptors) = before.expect("more flows than that");
    wait_for_quiet(&here, sockets);
    let growth = here.resident_kib().saturating_sub(memory);
    assert!(growth <= 5 * 1024, "memory +{growth} KiB");
    assert!(
        here.descriptors() <= descriptors,
        "{} descriptors after {descriptors}",
        here.descriptors()
    );
    assert_eq!((here.children(), here.zombies()), (0, 0));
}
