//! Opener policies (COOP) of the game, of OK and of the return page, in every combination.

use std::path::Path;
use std::time::Duration;

use odnoklassniki_sandbox::{Behavior, PageSettings};
use test_support::browser::{Brand, Tab, in_each_engine};
use test_support::site;

use crate::world::{World, built_game, result};

in_each_engine!(every_opener_policy_leaves_one_result);

const SAME_ORIGIN: &str = "Cross-Origin-Opener-Policy: same-origin\r\n";
const ISOLATED: &str =
    "Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n";
const RETURN_PAGE: &str = "assets/odnoklassniki.html";

/// With most of them the window looks closed to the game while it is open. That ends nothing.
fn every_opener_policy_leaves_one_result(brand: Brand) {
    let Some(folder) = built_game() else { return };
    let folder = Path::new(&folder);
    let Some(mut world) = World::prepare(brand, folder, "") else {
        return;
    };
    // OK's page stays for a while, so that a window that looks closed is seen.
    let accept = Behavior::Delay(Duration::from_millis(500), Box::new(Behavior::Accept));
    world.sandbox.set_behavior(accept);
    let mut looked_closed = 0;
    let mut earlier = None;
    for game in ["", SAME_ORIGIN, ISOLATED] {
        for page in ["", SAME_ORIGIN, ISOLATED] {
            let headers = move |path: &str| if path == RETURN_PAGE { page } else { game };
            world.port = site::serve_folder_with(folder, headers);
            for coop in [false, true] {
                let case = format!("game {game:?}, OK {coop}, return page {page:?}");
                world
                    .sandbox
                    .set_page_settings(PageSettings::default().coop(coop));
                world.game = world.browser.new_tab();
                world.browser.goto(&world.url(""));
                world.wait_until_it_runs();
                world.execute(
                    "(() => { const open = window.open.bind(window);
                    window.open = (...all) => window.popup = open(...all);
                    window.closed_at = 0;
                    setInterval(() => window.popup?.closed && !report.length && window.closed_at++, 20); })()",
                );
                world.click(2);
                let results = world.results(1);
                assert_eq!(results, [result("post", "completed", 1)], "{case}");
                looked_closed += u32::from(world.execute("window.closed_at > 0") == true);
                let row = (world.game.clone(), case);
                if let Some(row) = earlier.replace(row) {
                    expect_one_result(&mut world, row);
                }
            }
        }
    }
    if let Some(row) = earlier {
        expect_one_result(&mut world, row);
    }
    // A browser that comes to the page late may not be seen in between.
    assert!(looked_closed >= 9, "{looked_closed} of 18 looked closed");
}

/// Expects no more than one result in a game, and closes it. The message came by two ways meanwhile.
fn expect_one_result(world: &mut World, (game, case): (Tab, String)) {
    world.game = game;
    assert_eq!(world.results(1).len(), 1, "{case}");
    let notices = world.notices();
    assert!(notices.is_array(), "{case}: {notices}");
    assert!(
        !notices.to_string().contains("PopupBlocked"),
        "{case}: {notices}"
    );
    world.browser.close_tab();
}
