//! A return page that is missing, or is not this version's.

use std::fs;
use std::path::Path;

use serde_json::json;
use test_support::browser::{Brand, in_each_engine, wait_for};

use crate::altered::{ProbedWorld, RETURN_PAGE};
use crate::world::result;

in_each_engine!(
    no_file_ends_the_request,
    the_game_in_place_of_the_page_ends_the_request,
    an_older_page_ends_the_request,
    a_service_workers_fallback_ends_the_request,
    an_isolated_game_finds_no_file,
    in_a_frame_a_missing_page_ends_the_request,
    a_slow_page_is_not_missing,
    a_game_does_not_leave_without_its_page,
);

/// The page that is served in place of the return page.
const FILE: &str = "assets/odnoklassniki.html";

/// A service worker takes the page's requests over before the game starts.
const REGISTER: &str = "<script type=\"module\">
    await navigator.serviceWorker.register('/worker.js');
    window.isControlled = new Promise(resolve => {
        if (navigator.serviceWorker.controller) resolve(true);
        navigator.serviceWorker.addEventListener('controllerchange', () => resolve(true));
    });
    await isControlled;
</script>";

/// Clicks, and expects exactly one result within 6 seconds and no window or dialog after it.
fn fails(probed: &ProbedWorld) {
    let world = &probed.world;
    fails_soon(probed);
    wait_for(|| (world.browser.tabs().len() == 1).then_some(())).expect("the window is closed");
    world.browser.switch_to(&world.game);
    assert_eq!(world.browser.count("dialog"), 0);
    assert_eq!(world.notices(), json!([]));
    assert_eq!(world.results(1).len(), 1);
}

/// Clicks, and expects a result within 6 seconds.
fn fails_soon(probed: &ProbedWorld) {
    let world = &probed.world;
    world.click(2);
    assert_eq!(world.results(1), [result("post", "failed", 0)]);
    let took = probed.probe("reported - window.probe.released");
    let took = took.as_f64().expect("a number");
    eprintln!("the missing page was noticed after {took:.0} ms");
    assert!(took < 6000.0, "{took} ms");
    let advice = probed.probe("lines.filter(line => line.includes('return page')).join()");
    let advice = advice.as_str().unwrap_or_default().to_owned();
    assert!(advice.contains("odnoklassniki.html"), "{advice}");
}

fn no_file_ends_the_request(brand: Brand) {
    let remove = |folder: &Path, _: &str| fs::remove_file(folder.join(FILE)).expect("a file");
    if let Some(probed) = ProbedWorld::start_altered(brand, "", "", "", remove) {
        fails(&probed);
    }
}

/// A host of single-page programs serves the game for every unknown path.
fn the_game_in_place_of_the_page_ends_the_request(brand: Brand) {
    let replace = |folder: &Path, game: &str| fs::write(folder.join(FILE), game).expect("a file");
    if let Some(probed) = ProbedWorld::start_altered(brand, "", "", "", replace) {
        fails(&probed);
    }
}

fn an_older_page_ends_the_request(brand: Brand) {
    let replace = |folder: &Path, _: &str| {
        let older = RETURN_PAGE.replace("\"callback_listener\"", "\"callback_listener_0\"");
        assert_ne!(older, RETURN_PAGE);
        // Its policy names the script that was changed.
        let older = older.replace("Content-Security-Policy", "X-Other");
        fs::write(folder.join(FILE), older).expect("a file");
    };
    if let Some(probed) = ProbedWorld::start_altered(brand, "", "", "", replace) {
        fails(&probed);
    }
}

fn a_service_workers_fallback_ends_the_request(brand: Brand) {
    let fallback = "event.respondWith(fetch('/index.html'))";
    if let Some(probed) = start_with_worker(brand, "", fallback) {
        fails(&probed);
    }
}

/// The browser's own page cuts the window off: it counts as closed, and cannot be closed.
fn an_isolated_game_finds_no_file(brand: Brand) {
    let isolated =
        "Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n";
    let remove = |folder: &Path, _: &str| fs::remove_file(folder.join(FILE)).expect("a file");
    if let Some(probed) = ProbedWorld::start_altered(brand, "", isolated, "", remove) {
        fails_soon(&probed);
        assert_eq!(probed.world.notices(), json!([]));
    }
}

fn in_a_frame_a_missing_page_ends_the_request(brand: Brand) {
    let remove = |folder: &Path, _: &str| fs::remove_file(folder.join(FILE)).expect("a file");
    if let Some(probed) = ProbedWorld::start_altered(brand, "&mode=frame", "", "", remove) {
        fails(&probed);
    }
}

/// The worker holds the page back for longer than a missing one takes: two looks, one a second.
fn a_slow_page_is_not_missing(brand: Brand) {
    let hold = "event.respondWith(new Promise(resolve => setTimeout(resolve, 3500)).then(() => fetch(event.request)))";
    let Some(probed) = start_with_worker(brand, "", hold) else {
        return;
    };
    let world = &probed.world;
    world.click(2);
    world.wait_for_page("/dk");
    world.browser.click("#cancel");
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
    assert_eq!(world.notices(), json!([]));
}

/// Starts a game whose service worker does something else with the return page.
fn start_with_worker(brand: Brand, query: &str, act: &str) -> Option<ProbedWorld> {
    let worker = format!(
        "addEventListener('install', () => skipWaiting());
        addEventListener('activate', event => event.waitUntil(clients.claim()));
        addEventListener('fetch', event => {{
            const isPage = new URL(event.request.url).pathname.endsWith('/odnoklassniki.html');
            if (isPage && event.request.mode === 'navigate') {{ {act}; }}
        }});"
    );
    let write =
        |folder: &Path, _: &str| fs::write(folder.join("worker.js"), worker).expect("a file");
    let probed = ProbedWorld::start_altered(brand, query, "", REGISTER, write)?;
    let is_controlled = || {
        probed
            .world
            .execute("navigator.serviceWorker.controller !== null")
    };
    wait_for(|| (is_controlled() == true).then_some(())).expect("the worker starts");
    Some(probed)
}

/// The player would not come back.
fn a_game_does_not_leave_without_its_page(brand: Brand) {
    let remove = |folder: &Path, _: &str| fs::remove_file(folder.join(FILE)).expect("a file");
    if let Some(probed) = ProbedWorld::start_altered(brand, "&mode=page", "", "", remove) {
        fails(&probed);
    }
}
