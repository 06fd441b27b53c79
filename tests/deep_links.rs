//! Links that the system hands to the game, in place of a port for callbacks.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bevy_app::App;
use bevy_odnoklassniki::Finished;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::test_kit::TIMEOUT;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use test_support::flow;
use test_support::game::Game;
use test_support::http;
use test_support::reliability::{measured, millis, scale};

const SCHEME: &str = "ok512000123456";

/// Returns a game without a sandbox whose callbacks are links of a scheme.
fn game() -> (Game, OkDeepLinks) {
    with_links(ReturnLinks::scheme(SCHEME))
}

fn with_links(links: ReturnLinks) -> (Game, OkDeepLinks) {
    let plugin = flow::plugin().with_return_links(links);
    let links = plugin.deep_links();
    let mut game = Game::from_plugin(plugin);
    game.update();
    (game, links)
}

/// Writes an invitation, and returns the link to which OK sends the player back.
fn invite(game: &mut Game, number: u32) -> (RequestId, String) {
    let request = RequestInvite::new().comment(number.to_string());
    let id = request.id();
    game.write(request);
    let flow = game.follow(id);
    (id, flow.callback_url(7))
}

fn name(game: &Game, id: RequestId) -> Option<&'static str> {
    let requests = game.app.world().resource::<PendingRequests>();
    requests.finished(id).map(Finished::outcome_name)
}

/// Waits for a result, and for what might follow it.
fn settle(game: &mut Game, id: RequestId) {
    game.run_until("the result", |kit| {
        let requests = kit.app.world().resource::<PendingRequests>();
        requests.finished(id).map(|_| ())
    });
    game.update();
}

#[test]
fn a_link_ends_its_request_once() {
    for (links, prefix) in [
        (ReturnLinks::scheme(SCHEME), "ok512000123456://r/"),
        (
            ReturnLinks::https("https://game.example/ok"),
            "https://game.example/ok/r/",
        ),
    ] {
        let (mut game, links) = with_links(links);
        let (id, link) = invite(&mut game, 1);
        assert!(link.starts_with(prefix), "{link}");
        let resource = game.app.world().resource::<OkDeepLinks>().clone();
        for foreign in [
            "",
            "ok512000123456://level/7",
            "ok512000123456://r/",
            &link[1..],
            &link.to_uppercase(),
            &link.replace("?code", "/?code"),
            // Its own link, but no callback, or one with another state.
            link.split('?').next().expect("a link"),
            &link.replace("state=", "state=9"),
        ] {
            assert_eq!(resource.deliver(foreign), Delivered::NotOurs, "{foreign}");
        }
        let unknown = format!("{prefix}{}?code=OK", "0".repeat(32));
        assert_eq!(links.deliver(&unknown), Delivered::TooLate);
        game.update();
        assert_eq!(name(&game, id), None);

        assert_eq!(links.deliver(&link), Delivered::Taken);
        assert_eq!(resource.deliver(&link), Delivered::TooLate, "twice");
        settle(&mut game, id);
        assert_eq!(name(&game, id), Some("completed"));
        assert_eq!(links.deliver(&link), Delivered::TooLate, "late");
        game.update();
        assert_eq!(game.messages.finished(), 1);
        assert!(!game.messages.invites[0].resumed && game.messages.invites[0].tag.is_none());
    }
}

#[test]
fn a_login_returns_to_the_registered_link_with_its_state() {
    let (mut game, links) = game();
    let request = RequestLogin::new().tag("menu");
    let id = request.id();
    game.write(request);
    let page = http::get(&game.link_of(id));
    let url = http::header(&page, "location").expect("the URL");
    let parameter = |name| http::parameter(url, name).expect("it is sent");
    assert_eq!(parameter("redirect_uri"), "ok512000123456://authorize");
    let state = parameter("state");
    let link = |state: &str| {
        format!(
            "ok512000123456://authorize#access_token=t&session_secret_key=k&expires_in=1800&state={state}"
        )
    };
    assert_eq!(links.deliver(&link(&"0".repeat(32))), Delivered::TooLate);
    assert_eq!(links.deliver(&link("")), Delivered::NotOurs);
    assert_eq!(links.deliver(&link(&state)), Delivered::Taken);
    settle(&mut game, id);
    let login = &game.messages.logins[0];
    assert_eq!(login.tag.as_deref(), Some("menu"));
    assert!(matches!(
        login.outcome,
        Outcome::Completed(LoggedIn::Session)
    ));
}

#[test]
fn a_link_wakes_a_sleeping_game() {
    let mut slowest = Duration::ZERO;
    let (mut game, links) = game();
    for number in 0..20 {
        let (id, link) = invite(&mut game, number);
        while game.was_woken() {}
        // The game's loop sleeps from here on.
        let links = links.clone();
        let began = Instant::now();
        let thread = thread::spawn(move || links.deliver(&link));
        assert!(game.wait_for_wake(TIMEOUT), "not woken");
        slowest = slowest.max(began.elapsed());
        game.update();
        assert_eq!(name(&game, id), Some("completed"), "in the next frame");
        assert_eq!(thread.join().expect("no panic"), Delivered::Taken);
    }
    assert!(slowest < Duration::from_millis(100), "{slowest:?}");
    let slowest = millis(slowest);
    measured(25, format_args!("a sleeping game woken in {slowest}"));
}

#[test]
fn many_threads_with_one_link_make_one_result() {
    let (mut game, links) = game();
    for number in 0..20 {
        let (id, link) = invite(&mut game, number);
        let link = Arc::new(link);
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (links, link) = (links.clone(), Arc::clone(&link));
                thread::spawn(move || links.deliver(&link))
            })
            .collect();
        let ends: Vec<_> = threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect();
        let taken = ends.iter().filter(|end| **end == Delivered::Taken).count();
        assert_eq!(taken, 1, "{ends:?}");
        assert!(!ends.contains(&Delivered::NotOurs));
        settle(&mut game, id);
        assert_eq!(game.messages.finished(), number as usize + 1);
    }
    measured(25, "20 x 8 threads with one link: 1 result each");
}

#[test]
fn a_link_after_the_end_is_too_late() {
    let ends: [fn(&mut Game, RequestId); 2] = [
        |game, id| game.write(CancelRequest { id }),
        |game, _| game.write(RequestLogout),
    ];
    for end in ends {
        let (mut game, links) = game();
        let (id, link) = invite(&mut game, 1);
        end(&mut game, id);
        game.update();
        assert_eq!(name(&game, id), Some("cancelled"));
        assert_eq!(links.deliver(&link), Delivered::TooLate);
        game.update();
        game.update();
        assert_eq!(game.messages.finished(), 1);
    }
    let (mut game, links) = game();
    let (_, link) = invite(&mut game, 1);
    drop(game);
    assert_eq!(links.deliver(&link), Delivered::TooLate, "the game is over");
}

/// Without a store of an earlier run, nothing waits for a link then.
#[test]
fn links_before_the_plugin_and_before_the_first_frame_end_nothing() {
    let ours = format!("{SCHEME}://r/{}?code=OK", "1".repeat(32));
    let plugin = flow::plugin();
    assert_eq!(plugin.deep_links().deliver(&ours), Delivered::NotOurs);
    let plugin = plugin.with_return_links(ReturnLinks::scheme(SCHEME));
    let links = plugin.deep_links();
    assert_eq!(
        links.deliver("ok512000123456://level/7"),
        Delivered::NotOurs
    );
    assert_eq!(links.deliver(&ours), Delivered::Taken, "perhaps");
    assert_eq!(links.deliver(&ours), Delivered::TooLate, "twice");
    for digit in 2..60_u32 {
        let link = format!("{SCHEME}://r/{digit:032x}?code=OK");
        assert_eq!(links.deliver(&link), Delivered::Taken);
    }
    let mut app = App::new();
    app.add_plugins(plugin);
    assert_eq!(
        links.deliver(&ours),
        Delivered::TooLate,
        "it is known by now"
    );
    app.update();
    assert_eq!(links.deliver(&ours), Delivered::TooLate);
    app.update();
    let requests = app.world().resource::<PendingRequests>();
    assert!(requests.is_empty() && requests.recently_finished().count() == 0);
}

#[test]
fn links_of_a_wrong_form_are_named() {
    let (mut game, links) = with_links(ReturnLinks::scheme("OK512"));
    let outcome = game.invite(RequestInvite::new());
    let error = outcome.error().expect("a failure");
    assert_eq!(error.kind(), RequestErrorKind::InvalidRequest);
    assert_eq!(error.field(), Some("return_links"));
    assert_eq!(links.deliver("OK512://r/"), Delivered::NotOurs);
    assert!(game.pending().is_empty());
}

#[test]
fn a_tag_comes_back_with_every_result() {
    let (mut game, links) = game();
    let request = RequestInvite::new().tag("castle-7");
    let id = request.id();
    game.write(request);
    let link = game.follow(id).callback_url(7);
    let requests = game.app.world().resource::<PendingRequests>();
    let pending = requests.get(id).expect("pending");
    assert_eq!(
        (pending.tag(), pending.is_resumed()),
        (Some("castle-7"), false)
    );
    assert_eq!(links.deliver(&link), Delivered::Taken);
    settle(&mut game, id);
    assert_eq!(game.messages.invites[0].tag.as_deref(), Some("castle-7"));
    let long = "x".repeat(257);
    // Refused, cancelled, and cancelled in the frame in which it was written.
    game.write(RequestInvite::new().comment("a").tag(long.clone()));
    game.write(RequestLogin::new().tag(long.clone()));
    let request = RequestInvite::new().comment("b").tag("b");
    game.write(CancelRequest { id: request.id() });
    game.write(request);
    game.update();
    game.update();
    for (finished, name) in [
        (&game.messages.invites[1], "failed"),
        (&game.messages.invites[2], "cancelled"),
    ]
    .map(|(finished, name)| (finished.clone(), name))
    {
        let expected = if name == "failed" { &*long } else { "b" };
        assert_eq!(finished.outcome.name(), name);
        assert_eq!(finished.tag.as_deref(), Some(expected));
    }
    let login = &game.messages.logins[0];
    assert_eq!(
        login.outcome.error().and_then(RequestError::field),
        Some("tag")
    );
    assert_eq!(login.tag, Some(long));
}

/// Returns texts made of parts of the links of two requests.
fn texts(links: [String; 2]) -> impl Strategy<Value = String> {
    let [first, second] = links;
    let token = |link: &str| link["ok512000123456://r/".len()..][..32].to_owned();
    let tokens = vec![
        token(&first),
        token(&second),
        "0".repeat(32),
        "\u{1F600}".to_owned(),
    ];
    let query = first.split_once('?').expect("a query").1.to_owned();
    let parts = prop_oneof![
        Just("ok512000123456://r/".to_owned()),
        Just("ok512000123456://authorize".to_owned()),
        prop::sample::select(tokens),
        Just(query),
        prop::sample::select(vec![
            "?",
            "#",
            "&",
            "/",
            "=",
            "%",
            "state=",
            "code=OK",
            "result={}"
        ])
        .prop_map(ToOwned::to_owned),
        "\\PC{0,20}",
    ];
    prop_oneof![
        any::<String>(),
        prop::collection::vec(parts, 0..9).prop_map(|parts| parts.concat()),
        (
            prop::sample::select(vec![first, second]),
            any::<prop::sample::Index>(),
            any::<char>()
        )
            .prop_map(|(link, at, letter)| {
                let mut letters: Vec<_> = link.chars().collect();
                let at = at.index(letters.len());
                letters[at] = letter;
                letters.into_iter().collect()
            }),
    ]
}

#[test]
fn no_text_ends_a_foreign_request_or_two() {
    let (mut game, links) = game();
    let (mut number, mut count, mut ended_by_text) = (0, 0, 0);
    let rounds = scale(25, 250);
    for _ in 0..rounds {
        number += 2;
        // One for each round: it counts the cases of all its runs.
        let mut runner = TestRunner::new(ProptestConfig::with_cases(8));
        let requests = [invite(&mut game, number), invite(&mut game, number + 1)];
        let strategy = texts(requests.clone().map(|(_, link)| link));
        let delivered = std::cell::RefCell::new(Vec::new());
        runner
            .run(&prop::collection::vec(strategy, 40), |texts| {
                for text in texts {
                    let end = links.deliver(&text);
                    delivered.borrow_mut().push((text, end));
                }
                Ok(())
            })
            .expect("no panic");
        game.update();
        let delivered = delivered.into_inner();
        for (id, link) in &requests {
            let token = &link["ok512000123456://r/".len()..][..32];
            let taken: Vec<_> = delivered
                .iter()
                .filter(|(text, end)| *end == Delivered::Taken && text.contains(token))
                .collect();
            // Exactly the texts that were taken have ended a request, each its own.
            assert_eq!(
                taken.len(),
                usize::from(name(&game, *id).is_some()),
                "{taken:?}"
            );
            let ends = game.messages.invites.iter().filter(|end| end.id == *id);
            assert!(ends.count() <= 1);
            game.write(CancelRequest { id: *id });
        }
        let taken = delivered.iter().filter(|(_, end)| *end == Delivered::Taken);
        let ended = requests.iter().filter(|(id, _)| name(&game, *id).is_some());
        let ended = ended.count();
        assert_eq!(taken.count(), ended);
        count += delivered.len();
        ended_by_text += ended;
        game.update();
    }
    assert!(count >= rounds * 8 * 40, "{count}");
    assert!(ended_by_text > 0, "the texts are near to links");
    measured(
        25,
        format_args!("{count} texts: {ended_by_text} ended their own request, none another"),
    );
}
