//! The game in a real window, with a player's eyes and hands. They click its buttons, act on OK's
//! page in a real Chromium, and look at the window afterwards. Pictures are kept in `screenshots/`
//! in the target folder.
#![cfg(target_os = "linux")]

mod game;

use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use game::Game;
use test_support::browser::Browser;

/// On OK's page: takes the first friends of the list and no others, and gives their names.
fn choose_friends(page: &Browser, count: usize) -> Vec<String> {
    while page.count("input[name=friend]:checked") > 0 {
        page.click("input[name=friend]:checked");
    }
    let choose = |friend| {
        let person = format!(".person:nth-child({friend})");
        page.click(&format!("{person} input[name=friend]"));
        page.text(&format!("{person} span"))
            .lines()
            .next()
            .expect("a name")
            .to_owned()
    };
    (1..=count).map(choose).collect()
}

fn publish(page: &Browser) {
    page.click("#publish");
    page.wait_for_url(|url| url.contains("/r/"));
}

#[test]
fn friends_come_and_posts_are_shown() {
    let Some(game) = Game::start(&["--lang", "en"]) else {
        return;
    };
    game.keep("start");
    game.build(4);
    game.keep("castle");
    let empty = game.look();

    game.ask("invite");
    assert_eq!(game.state().pending().len(), 1);
    assert_eq!(game.state().pending()[0].kind, "invite");
    let page = game.page(0);
    game.keep("pending");
    assert!(
        game.state().guests().is_empty(),
        "an open page is no success"
    );
    let names = choose_friends(&page, 2);
    publish(&page);
    let invited = game.until_said("Invited(2)");
    assert_eq!(invited.guests(), names);
    let faces = invited.faces();
    for &face in &faces {
        let face = game.until_changed("a face", face, &empty);
        assert!(face.colors() > 50, "a face of {} colors", face.colors());
    }
    game.leave_page(0, page);
    game.keep("guests");
    let with_guests = game.look();

    game.ask("suggest");
    let page = game.page(1);
    choose_friends(&page, 3);
    publish(&page);
    let thanked = game.until_said("Suggested(3)");
    assert_eq!(
        thanked.guests(),
        names,
        "who got a recommendation has not come"
    );
    game.leave_page(1, page);
    let now = game.look();
    assert!(
        faces
            .iter()
            .all(|&face| now.crop(face).difference(&with_guests.crop(face)) < 0.02),
        "the guests stay"
    );

    for (call, button, word) in [
        (2, "post", "Look at this!"),
        (3, "post_group", "Who builds a higher one?"),
    ] {
        game.ask(button);
        let page = game.page(call);
        page.type_into("#comment", word);
        let text = page.text(".post .text");
        let before = game.look();
        publish(&page);
        let state = game.until("the post", |state| state.posted().len() == call - 1);
        assert_eq!(state.posted()[call - 2], text);
        let place = game.until_said("Posted").area("posts");
        assert!(place.height > 0);
        game.until_changed("the post", place, &before);
        game.leave_page(call, page);
    }
    game.keep("posted");
    assert_eq!(game.state().guests(), names);
    assert_eq!(game.links().len(), 4, "one page for each click");
}

#[test]
fn a_player_who_is_not_logged_in_logs_in_first() {
    // Asleep: the session, and the page that has waited for it, wake the window.
    let Some(game) = Game::start(&["--lang", "en", "--logged-out", "--reactive"]) else {
        return;
    };
    game.ask("invite");
    let kinds: Vec<_> = game
        .state()
        .pending()
        .into_iter()
        .map(|request| (request.kind, request.opened))
        .collect();
    assert_eq!(
        kinds,
        [("invite".to_owned(), false), ("login".to_owned(), true)]
    );
    game.keep("login");
    let page = game.login_page(0);
    page.click("#log-in");
    page.click("#allow");
    page.wait_for_url(|url| url.ends_with("/login"));
    game.leave_page(0, page);
    let page = game.page(1);
    publish(&page);
    assert_eq!(game.until_said("Invited(2)").guests().len(), 2);
    game.leave_page(1, page);
    // The player is logged in now: the game asks for no second login.
    game.ask("suggest");
    assert_eq!(game.state().pending().len(), 1);
    game.page(2);
}

#[test]
fn a_player_changes_their_mind() {
    let Some(game) = Game::start(&["--lang", "en"]) else {
        return;
    };
    game.ask("invite");
    let page = game.page(0);
    let before = game.look();
    page.click("#cancel");
    page.wait_for_url(|url| url.contains("/r/"));
    let cancelled = game.until_said("Cancelled");
    assert!(cancelled.guests().is_empty());
    game.leave_page(0, page);
    game.until_changed("kind words", cancelled.area("message"), &before);
    game.keep("cancelled");

    // A closed tab says nothing: the request waits until the player says so in the game.
    let request = game.ask("post");
    let page = game.page(1);
    page.close_tab();
    assert_eq!(game.state().pending().len(), 1);
    game.click_of(request, "cancel");
    assert!(game.until_said("CalledOff").posted().is_empty());
}

#[test]
fn a_player_who_never_comes_back_reads_kind_words() {
    // Asleep, in Russian, and the player does not act on the page: the game itself must notice.
    let options = ["--lang", "ru", "--timeout", "8", "--reactive"];
    let Some(game) = Game::start_without_browser(&options) else {
        return;
    };
    assert_eq!(game.state().language(), "ru");
    game.keep("russian");
    game.ask("suggest");
    let before = game.look();
    game.fall_asleep();
    let timed_out = game.until_said("TimedOut");
    assert!(is_russian(timed_out.message()), "{:?}", timed_out.message());
    game.until_changed("kind words", timed_out.area("message"), &before);
    game.keep("timed_out");

    game.click("language");
    let english = game.until("English", |state| state.language() == "en");
    assert!(!is_russian(english.message()), "{:?}", english.message());
}

fn is_russian(text: &str) -> bool {
    text.chars().any(|letter| ('а'..='я').contains(&letter))
}

#[test]
fn a_double_click_and_open_again() {
    let Some(game) = Game::start(&["--lang", "en"]) else {
        return;
    };
    let first_click = Instant::now();
    game.click("invite");
    game.click("invite");
    let quick = first_click.elapsed() < Duration::from_secs(1);
    let request = game.until("an opened page", |state| {
        state.pending().iter().any(|request| request.opened)
    });
    let request = match request.pending().as_slice() {
        [request] => request.id,
        several => panic!("two requests of a double click: {several:?}"),
    };
    let page = game.page(0);
    let pages = game.links().len();
    // The plugin opens the page again for a click that comes more than a second later.
    assert!(pages == 1 || !quick, "two pages of a double click");

    game.click_of(request, "reopen");
    let again = game.page(pages);
    let links = game.links();
    assert_eq!(links.len(), pages + 1);
    assert_ne!(links[pages - 1], links[pages], "a new page has a new link");
    // The old link is dead, and does no harm.
    let form = page.tab();
    page.new_tab();
    page.goto(&links[0]);
    assert_eq!(page.count("#publish"), 0, "{}", page.url());
    assert_eq!(game.state().pending().len(), 1);
    choose_friends(&again, 2);
    publish(&again);
    game.until_said("Invited(2)");
    // The first page is still there, and comes too late.
    page.switch_to(&form);
    choose_friends(&page, 3);
    publish(&page);
    assert_eq!(page.text("h1"), "Already finished");
    game.click("language");
    let later = game.until("a later frame", |state| state.language() == "ru");
    assert_eq!(
        (later.said(), later.guests().len()),
        ("Invited(2)", 2),
        "one result for one request: {later:?}"
    );
    assert!(later.pending().is_empty());
}

fn is_link(text: &str) -> bool {
    text.starts_with("http://127.0.0.1:") && text.contains("/go/")
}

#[test]
fn a_copied_link_leads_to_the_page() {
    let Some(game) = Game::start_without_browser(&["--lang", "en"]) else {
        return;
    };
    let Some(browser) = Browser::start() else {
        return;
    };
    let request = game.ask("invite");
    let before = game.look();
    game.click_of(request, "copy");
    let copied = game.until("that it was copied", |state| state.said() == "LinkCopied");
    game.until_changed("that it was copied", copied.area("message"), &before);
    let old = game.screen().wait_for_clipboard(is_link);
    game.keep("copied");

    // Opened again, and still no page: the new link is good, the old one is not.
    game.click_of(request, "reopen");
    game.until("that it was opened again", |state| {
        state.said() == "LookAtBrowser"
    });
    game.click_of(request, "copy");
    game.until("that the new link was copied", |state| {
        state.said() == "LinkCopied"
    });
    let new = game
        .screen()
        .wait_for_clipboard(|text| is_link(text) && text != old);
    browser.goto(&old);
    assert_eq!(
        browser.count("#publish"),
        0,
        "the old link still leads to the page"
    );
    browser.goto(&new);
    let names = choose_friends(&browser, 1);
    publish(&browser);
    assert_eq!(game.until_said("Invited(1)").guests(), names);
}

#[test]
fn where_the_program_of_the_webview_is_missing_the_browser_opens_and_the_game_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(game) = Game::start_in(folder.path(), &["--lang", "en", "--webview"]) else {
        return;
    };
    let request = game.ask("invite");
    let state = game.until("what to do", |state| state.said() == "BrowserInstead");
    assert!(state.message().contains("your browser"));
    game.click_of(request, "copy");
    game.until("that it was copied", |state| state.said() == "LinkCopied");
    game.click_of(request, "cancel");
    game.until_said("CalledOff");
}

#[test]
fn a_sleeping_window_shows_the_result() {
    let Some(game) = Game::start(&["--lang", "en", "--reactive"]) else {
        return;
    };
    game.ask("invite");
    let page = game.page(0);
    choose_friends(&page, 2);
    game.fall_asleep();
    let (before, asleep) = (game.look(), Instant::now());
    publish(&page);
    let state = game.until_said("Invited(2)");
    for face in state.faces() {
        game.until_changed("a face", face, &before);
    }
    assert!(!game.state().is_focused());
    // Without a wake the next frame comes a minute after the last.
    assert!(
        asleep.elapsed() < Duration::from_secs(30),
        "the game slept on for {:?}",
        asleep.elapsed()
    );
}

#[test]
fn the_panel_opens_and_closes() {
    let Some(game) = Game::start_without_browser(&["--lang", "en", "--panel"]) else {
        return;
    };
    assert!(game.state().has_panel());
    let with_panel = game.look();
    // Not "panel": the picture of that name in the README shows more than an idle panel.
    game.keep("idle-panel");
    game.window().focus();
    game.window().key("F12");
    game.until("a closed panel", |state| !state.has_panel());
    game.window()
        .wait_for_picture("the game without the panel", |now| {
            now.difference(&with_panel) > 0.05
        });
    let without_panel = game.look();
    game.window().key("F12");
    game.until("an open panel", |state| state.has_panel());
    game.window()
        .wait_for_picture("the panel", |now| now.difference(&without_panel) > 0.05);
    // The keyboard still plays. Whether the block holds is a matter of luck.
    assert_eq!(
        (game.state().blocks(), game.state().is_finished()),
        (0, false)
    );
    game.window().key("space");
    game.until("a block", |state| state.blocks() > 0 || state.is_finished());
}

#[test]
fn a_window_closed_with_a_page_open() {
    let Some(mut game) = Game::start(&["--lang", "en"]) else {
        return;
    };
    game.ask("invite");
    game.page(0);
    let link = game.links().remove(0);
    let listener = link
        .trim_start_matches("http://")
        .split('/')
        .next()
        .expect("a host")
        .to_owned();
    drop(TcpStream::connect(&listener).expect("it listens while a request is pending"));
    let status = game.close();
    assert_eq!(status.code(), Some(0), "{status}");
    assert_eq!(game.processes(), [0; 0], "a process is left");
    assert!(
        TcpStream::connect(&listener).is_err(),
        "the port is still open"
    );
}

#[test]
fn a_wrong_option_is_named() {
    let game = |option: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_social_game"));
        // Half of what the real OK needs.
        command
            .arg(option)
            .env("OK_APP_ID", "512000123456")
            .env_remove("OK_APP_KEY");
        command.output().expect("it starts")
    };
    let half = game("--panel");
    assert_eq!(half.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&half.stderr).contains("OK_APP_KEY"),
        "{half:?}"
    );
    let refused = game("--bad");
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("--bad"),
        "{refused:?}"
    );
    let help = game("--help");
    assert_eq!(help.status.code(), Some(0));
    assert!(
        String::from_utf8_lossy(&help.stdout).contains("--report"),
        "{help:?}"
    );
}
