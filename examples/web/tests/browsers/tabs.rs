//! Two tabs of one game, and a page of the same site that knows no token.

use serde_json::json;
use test_support::browser::{Brand, Tab, in_each_engine, wait_for};

use crate::world::{World, result};

in_each_engine!(callbacks_of_two_games_cross_and_a_third_page_receives_nothing);

/// Listens on every way, with names that can be guessed.
const SPY: &str = "(() => {
    window.heard = [];
    const hear = event => heard.push([event.type, String(event.data ?? event.key)]);
    addEventListener('message', hear);
    addEventListener('storage', hear);
    const names = ['callback_listener', 'callback_listener.back', 'bevy_odnoklassniki', 'ok'];
    const tokens = ['', '/', '/' + '0'.repeat(32), '/' + 'f'.repeat(32), '/1', '/*', '/undefined'];
    for (const name of names) {
        for (const token of tokens) { new BroadcastChannel(name + token).onmessage = hear; }
    }
})()";

/// What each game requests, and which buttons the player presses there.
const GAMES: [[(&str, &[&str]); 4]; 2] = [
    [
        ("invite", &["#cancel"]),
        ("suggest", &["input[type=checkbox]", "#publish"]),
        ("post", &["#publish"]),
        ("login", &["#deny"]),
    ],
    [
        ("invite", &["input[type=checkbox]", "#publish"]),
        ("suggest", &["#cancel"]),
        ("post", &["#cancel"]),
        ("login", &["#log-in", "#allow"]),
    ],
];

/// The windows in the order in which the player answers: game and request.
const ORDER: [(usize, usize); 8] = [
    (0, 3),
    (1, 0),
    (0, 1),
    (1, 3),
    (1, 2),
    (0, 0),
    (1, 1),
    (0, 2),
];

fn callbacks_of_two_games_cross_and_a_third_page_receives_nothing(brand: Brand) {
    let Some(mut world) = World::start(brand) else {
        return;
    };
    let first = world.game.clone();
    let spy = world.browser.new_tab();
    let page = format!("http://127.0.0.1:{}/assets/odnoklassniki.html", world.port);
    world.browser.goto(&page);
    world.execute(SPY);
    let second = world.browser.new_tab();
    world.browser.goto(&world.url(""));
    world.wait_until_it_runs();

    let mut windows: [Vec<Tab>; 2] = Default::default();
    for (game, tab) in [&first, &second].into_iter().enumerate() {
        world.game = tab.clone();
        for request in 0..4 {
            world.go_to_game();
            let before = world.browser.tabs();
            match request {
                3 => world.press("l"),
                third => world.click(third),
            }
            let opened = || {
                world
                    .browser
                    .tabs()
                    .into_iter()
                    .find(|tab| !before.contains(tab))
            };
            windows[game].push(wait_for(opened).expect("a window"));
        }
    }
    for (game, request) in ORDER {
        world.browser.switch_to(&windows[game][request]);
        for button in GAMES[game][request].1 {
            world.browser.click(button);
        }
    }
    let expected = [
        [
            "login cancelled 0",
            "suggest completed 1",
            "invite cancelled 0",
            "post completed 1",
        ],
        [
            "invite completed 1",
            "login completed 0",
            "post cancelled 0",
            "suggest cancelled 0",
        ],
    ];
    for (tab, expected) in [first, second].into_iter().zip(expected) {
        world.game = tab;
        let mut results = world.results(4);
        let mut expected = expected.map(|text| {
            let words: Vec<_> = text.split(' ').collect();
            result(words[0], words[1], words[2].parse().expect("a number"))
        });
        // Buttons of two windows may be quicker than the way of the first result.
        results.sort();
        expected.sort();
        assert_eq!(results, expected);
        assert_eq!(world.notices(), json!([]));
    }
    world.browser.switch_to(&spy);
    assert_eq!(world.execute("window.heard"), json!([]));
}
