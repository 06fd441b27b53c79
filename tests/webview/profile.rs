//! Cookies that the game wants kept: they last until the player logs out.

use std::fs;
use std::path::Path;
use std::time::Duration;

use bevy_odnoklassniki::WebviewHost;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::Hosts;
use bevy_odnoklassniki::sandbox::Behavior;
use bevy_odnoklassniki::test_kit::MessageLog;
use test_support::child_protocol::{ChildProcess, print_line, read_line};
use test_support::game::Game;
use test_support::{site, subprocess};

use crate::setup::{Page, Setup, kill, result, wait_for_window, write};

const LONG: Duration = Duration::from_secs(120);

/// A page in OK's place. It greets a player whom it knows by its cookie and by its storage as one who
/// has chosen a friend; all others have chosen none. Then it remembers the player.
const PAGE: &str = "<!doctype html><body><script>
    const query = new URLSearchParams(location.search);
    const back = query.get('st.return'), state = query.get('st.state');
    const known = [document.cookie.includes('player=1'), localStorage.player == '1'];
    document.cookie = 'player=1; max-age=86400';
    localStorage.player = '1';
    const chosen = known.map((is, i) => is ? i + 7 : 0).filter(id => id);
    // Others stay open. The engine writes what it keeps in a while.
    if (query.get('st.cmd') == 'WidgetSuggest')
        setTimeout(() => location.href = back + '?code=OK&selected=[' + chosen + ']&state=' + state, 1500);
</script>";

fn log_in(game: &mut Game) {
    let session = game.app.world().resource::<OkSandbox>().session_data();
    game.app
        .world_mut()
        .resource_mut::<OkSession>()
        .accept(session);
    game.update();
}

fn game(setup: &Setup, port: u16, profile: Option<&Path>) -> Game {
    let host = match profile {
        Some(folder) => setup.host().with_profile(folder),
        None => setup.host(),
    };
    game_with(host, port)
}

fn game_with(host: WebviewHost, port: u16) -> Game {
    let hosts = Hosts::sandbox(&format!("http://127.0.0.1:{port}")).expect("hosts");
    Game::with(Behavior::Ask, |plugin| {
        plugin.with_hosts(hosts).with_page_host(host)
    })
}

/// Opens the page, and returns by what it knows the player: 7 is the cookie, 8 the storage.
#[track_caller]
fn known_by(game: &mut Game) -> Vec<u64> {
    game.messages = MessageLog::default();
    let request = RequestSuggest::new().timeout(LONG);
    let id = request.id();
    game.write(request);
    game.run_until("the result", |kit| {
        let requests = kit.app.world().resource::<PendingRequests>();
        requests.finished(id).map(drop)
    });
    game.update();
    assert_eq!(game.messages.finished(), 1);
    let last = game.messages.suggests.last().expect("a result");
    let suggested = last.outcome.completed().expect("completed");
    suggested.users.iter().map(|user| user.get()).collect()
}

#[test]
fn cookies_last_until_the_player_logs_out() {
    let Some(setup) = Setup::x11() else { return };
    let port = site::serve(PAGE.to_owned());
    let folder = setup.home().join("game/profile");
    fs::create_dir_all(&folder).expect("made");
    fs::write(folder.join("save.txt"), "the game's own").expect("written");
    let mut first = game(&setup, port, Some(&folder));
    assert_eq!(known_by(&mut first), [] as [u64; 0]);
    assert_eq!(known_by(&mut first), [7, 8], "the next page of this game");
    drop(first);
    let mut second = game(&setup, port, Some(&folder));
    assert_eq!(known_by(&mut second), [7, 8], "the next run");
    // While a page is open.
    second.messages = MessageLog::default();
    let id = write(&mut second, Page::Invite, LONG);
    wait_for_window(&mut second, id);
    second.write(RequestLogout);
    assert_eq!(result(&mut second, id), "cancelled by the game");
    log_in(&mut second);
    assert_eq!(known_by(&mut second), [] as [u64; 0], "another player");
    assert_eq!(known_by(&mut second), [7, 8], "the same player");
    // While none is open.
    second.write(RequestLogout);
    second.update();
    drop(second);
    let mut third = game(&setup, port, Some(&folder));
    assert_eq!(
        known_by(&mut third),
        [] as [u64; 0],
        "a player of the next run"
    );
    drop(third);
    setup.expect_no_process();
    let mut names: Vec<_> = fs::read_dir(&folder).expect("there").flatten().collect();
    names.sort_by_key(fs::DirEntry::file_name);
    let names: Vec<_> = names.iter().map(fs::DirEntry::file_name).collect();
    assert_eq!(names, ["odnoklassniki-webview", "save.txt"]);
    let text = fs::read_to_string(folder.join("save.txt")).expect("there");
    assert_eq!(text, "the game's own");
}

/// A game that ends in the frame of the log out, while a page is open: its end waits for the host, and
/// not for the window.
#[test]
fn a_log_out_right_before_the_end_of_the_game_counts() {
    const NAME: &str = "profile::a_log_out_right_before_the_end_of_the_game_counts";
    if subprocess::is_child(NAME) {
        let host = WebviewHost::new().with_program(read_line());
        let host = host.with_profile(read_line());
        let mut game = game_with(host, read_line().parse().expect("a port"));
        let id = write(&mut game, Page::Invite, LONG);
        wait_for_window(&mut game, id);
        print_line("SHOWN", "");
        read_line();
        game.write(RequestLogout);
        game.update();
        drop(game);
        std::process::abort();
    }
    let Some(setup) = Setup::x11() else { return };
    let port = site::serve(PAGE.to_owned());
    let folder = setup.home().join("profile");
    assert_eq!(
        known_by(&mut game(&setup, port, Some(&folder))),
        [] as [u64; 0]
    );
    let start = |folder: &Path| {
        let mut child = ChildProcess::start(&mut subprocess::command(NAME));
        child.send(&setup.home().join("start").display().to_string());
        child.send(&folder.display().to_string());
        child.send(&port.to_string());
        child.receive("SHOWN");
        child
    };
    // One that is killed without a log out loses nothing.
    kill(start(&folder).id());
    setup.expect_no_process();
    assert_eq!(known_by(&mut game(&setup, port, Some(&folder))), [7, 8]);

    let mut child = start(&folder);
    child.send("");
    setup.expect_no_process();
    assert_eq!(
        known_by(&mut game(&setup, port, Some(&folder))),
        [] as [u64; 0]
    );
    assert_eq!(known_by(&mut game(&setup, port, Some(&folder))), [7, 8]);
}

#[test]
fn without_a_profile_nothing_lasts() {
    let Some(setup) = Setup::x11() else { return };
    let port = site::serve(PAGE.to_owned());
    let mut game = game(&setup, port, None);
    for _ in 0..2 {
        assert_eq!(known_by(&mut game), [] as [u64; 0]);
    }
    drop(game);
    setup.expect_no_process();
}
