//! OK's page in place of the game: the game starts anew, and the result has the id of before.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use odnoklassniki_sandbox::{Behavior, PageKind};
use serde_json::{Value, json};
use test_support::browser::{Brand, in_each_engine, wait_for};
use test_support::site;

use crate::world::{World, built_game, result};

in_each_engine!(
    a_post_is_published_in_place_of_the_game,
    a_page_needs_no_click_and_is_cancelled,
    a_login_stores_the_session_and_the_waiting_widget_leaves_again,
    a_player_goes_back_and_forward_and_finishes,
    a_game_that_was_reloaded_cancels_and_opens_again,
    the_timeout_passes_while_the_game_is_away,
    nothing_is_replayed_after_the_result,
    a_second_page_waits_for_the_first,
    what_an_earlier_run_has_left_ends_as_it_must,
    what_cannot_be_restored_is_removed,
    a_game_that_may_store_nothing_stays,
    a_stored_session_that_is_damaged_is_quarantined,
);

const ENTRY: &str = "callback_listener.page";
const BACK: &str = "callback_listener.back";

impl World {
    /// Starts a game whose requests leave it.
    fn leaving(brand: Brand, query: &str) -> Option<Self> {
        Self::start_with(brand, &format!("&mode=page{query}"), "")
    }

    /// Clicks into a third of the canvas, and waits for OK's page in place of the game.
    #[track_caller]
    fn leave(&self, third: u32) {
        self.execute("window.wasLeft = true");
        self.click(third);
        self.wait_for_service("/dk");
        assert_eq!(self.browser.tabs().len(), 1, "no window opens");
    }

    /// Waits for OK's page in place of the game.
    #[track_caller]
    fn wait_for_service(&self, path: &str) {
        let is_its = |url: &str| url.starts_with("http://localhost") && url.contains(path);
        self.browser.wait_for_url(is_its);
    }

    /// Waits until the game runs again, at the URL of before.
    #[track_caller]
    fn wait_for_next_run(&self) {
        let start = format!("http://127.0.0.1:{}/?", self.port);
        let url = self.browser.wait_for_url(|url| url.starts_with(&start));
        assert!(
            url.ends_with("mode=page") || url.contains("&mode=page&"),
            "{url}"
        );
        assert!(!url.contains('#'), "{url}");
        self.wait_until_it_runs();
    }

    fn wait_for_results(&self, count: usize) -> Value {
        self.wait_for_next_run();
        self.results(count);
        self.execute("window.report")
    }

    fn stored(&self, name: &str) -> Value {
        self.execute(&format!("sessionStorage.getItem('{name}')"))
    }

    /// Returns the id of the only request that is kept.
    #[track_caller]
    fn kept_id(&self) -> u64 {
        let entry = self.stored(ENTRY);
        let (_, id) =
            (entry.as_str().and_then(|entry| entry.split_once("\"id\":"))).expect("an id");
        let digits: String = id.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().expect("a number")
    }

    /// Asserts that nothing is left of requests that are over.
    fn expect_nothing_stored(&self) {
        assert_eq!(
            [self.stored(ENTRY), self.stored(BACK)],
            [json!(null), json!(null)]
        );
    }

    /// Asserts that the session's secrets and OK's URL are not in the tab's storage.
    fn expect_no_secret_stored(&self) {
        let all = self.execute("JSON.stringify(sessionStorage)").to_string();
        assert!(all.contains(ENTRY), "{all}");
        for secret in [
            "tkn1",
            "cea5cfa2a11a",
            "access_token",
            "st.cmd",
            "signature",
        ] {
            assert!(!all.contains(secret), "{secret} is in {all}");
        }
    }
}

/// Asserts that a post has been published, and returns the id of its request.
#[track_caller]
fn published(report: &Value) -> u64 {
    let post = json!({ "kind": "post", "outcome": "completed" });
    assert_eq!(without_ids(report), (vec![post], 1));
    id_of(&report[0])
}

/// Returns the id of the request of a result. A driver may write it as a float.
#[track_caller]
fn id_of(result: &Value) -> u64 {
    let id = result["id"].as_f64().expect("a number");
    assert!((1.0..9e15).contains(&id) && id.fract() == 0.0, "{id}");
    id as u64
}

/// Returns the results without the ids of topics and friends, and how many of these there are.
fn without_ids(report: &Value) -> (Vec<Value>, usize) {
    let results = report.as_array().cloned().unwrap_or_default();
    let count = |result: &Value| result["ids"].as_array().map_or(0, Vec::len);
    let ids = results.iter().map(count).sum();
    let bare = results
        .into_iter()
        .map(|result| json!({ "kind": result["kind"], "outcome": result["outcome"] }));
    (bare.collect(), ids)
}

fn a_post_is_published_in_place_of_the_game(brand: Brand) {
    let Some(world) = World::leaving(brand, "") else {
        return;
    };
    let before = world.browser.url();
    world.leave(2);
    assert_eq!(world.execute("document.referrer"), "");
    world.browser.click("#publish");
    let posted = published(&world.wait_for_results(1));
    assert_eq!(world.browser.url(), before, "the game's own address");
    world.expect_nothing_stored();
    if brand == Brand::Chromium {
        for url in world.browser.history() {
            assert!(!url.contains("/assets/odnoklassniki.html"), "{url}");
        }
    }
    // The next request has a greater id.
    world.leave(0);
    world.browser.click("input[type=checkbox]");
    world.browser.click("#publish");
    let report = world.wait_for_results(1);
    let invited = json!({ "kind": "invite", "outcome": "completed" });
    assert_eq!(without_ids(&report), (vec![invited], 1));
    assert!(id_of(&report[0]) > posted);
    assert_eq!(world.notices(), json!([]));
}

/// A popup would need a click of the player's.
fn a_page_needs_no_click_and_is_cancelled(brand: Brand) {
    let Some(world) = World::leaving(brand, "") else {
        return;
    };
    world.click_by_script(1);
    world.wait_for_service("/dk");
    world.browser.click("#cancel");
    world.wait_for_next_run();
    assert_eq!(world.results(1), [result("suggest", "cancelled", 0)]);
    world.expect_nothing_stored();
}

fn a_login_stores_the_session_and_the_waiting_widget_leaves_again(brand: Brand) {
    let Some(world) = World::leaving(brand, "&loggedout=1") else {
        return;
    };
    world
        .sandbox
        .queue_behavior(PageKind::Login, Behavior::Accept);
    // The login's page leads to a run of the game that leaves again for the post's.
    world.leave(2);
    world.browser.click("#publish");
    published(&world.wait_for_results(1));
    world.expect_nothing_stored();
    let session = "localStorage.getItem('web_game session')";
    let stored = world.execute(session).to_string();
    assert!(stored.contains("access_token"), "the store has the session");
    // It is there at the next start, without a login.
    world.browser.reload();
    world.wait_for_next_run();
    world.leave(2);
    world.browser.click("#cancel");
    world.wait_for_next_run();
    assert_eq!(world.results(1), [result("post", "cancelled", 0)]);
    // A login alone has its result after the restart.
    world
        .sandbox
        .queue_behavior(PageKind::Login, Behavior::Accept);
    world.execute("window.wasLeft = true");
    world.press("l");
    world.wait_for_next_run();
    assert_eq!(world.results(1), [result("login", "completed", 0)]);
}

fn a_player_goes_back_and_forward_and_finishes(brand: Brand) {
    let Some(world) = World::leaving(brand, "") else {
        return;
    };
    world.leave(2);
    world.browser.back();
    world.wait_for_next_run();
    world.expect_no_secret_stored();
    let id = world.kept_id();
    assert_eq!(world.execute("window.report"), json!([]), "it is pending");
    world.browser.forward();
    world.wait_for_service("/dk");
    world.browser.reload();
    world.browser.click("#publish");
    assert_eq!(published(&world.wait_for_results(1)), id, "its old id");
    world.expect_nothing_stored();
}

fn a_game_that_was_reloaded_cancels_and_opens_again(brand: Brand) {
    let Some(world) = World::leaving(brand, "") else {
        return;
    };
    world.leave(2);
    world.browser.back();
    world.wait_for_next_run();
    world.browser.reload();
    world.wait_for_next_run();
    let id = world.kept_id();
    // Within a second it would be a double click, and does nothing.
    let opens_again = || {
        world.press("r");
        world.browser.url().starts_with("http://localhost")
    };
    wait_for(|| opens_again().then_some(())).expect("the page opens again");
    world.browser.click("#publish");
    assert_eq!(published(&world.wait_for_results(1)), id, "its old id");

    world.leave(1);
    world.browser.back();
    world.wait_for_next_run();
    world.browser.reload();
    world.wait_for_next_run();
    world.press("c");
    assert_eq!(world.results(1), [result("suggest", "cancelled", 0)]);
    assert_eq!(world.stored(ENTRY), json!(null));
    // It is over in the next run, too.
    world.browser.reload();
    world.wait_for_next_run();
    assert_eq!(world.execute("window.report"), json!([]));
}

/// The server is slow after the start: a run that the browser has kept stays for a while before the
/// next one, and must not end the request.
fn the_timeout_passes_while_the_game_is_away(brand: Brand) {
    let Some(folder) = built_game() else { return };
    let Some(mut world) = World::prepare(brand, Path::new(&folder), "") else {
        return;
    };
    let starts = Arc::new(AtomicUsize::new(0));
    world.port = site::serve_folder_with(Path::new(&folder), move |path: &str| {
        if path.is_empty() && starts.fetch_add(1, Ordering::Relaxed) > 0 {
            thread::sleep(Duration::from_secs(1));
        }
        ""
    });
    world.browser.goto(&world.url("&mode=page&timeout=5"));
    world.wait_until_it_runs();
    world.leave(2);
    // OK's page is younger than the request.
    let has_passed = || world.execute("performance.now() > 5000") == true;
    wait_for(|| has_passed().then_some(())).expect("the time passes");
    world.browser.back();
    assert_eq!(world.wait_for_results(1)[0]["outcome"], "timed_out");
    assert_eq!(world.stored(ENTRY), json!(null));
    world.browser.reload();
    world.wait_for_next_run();
    assert_eq!(world.execute("window.report"), json!([]));
}

fn nothing_is_replayed_after_the_result(brand: Brand) {
    let Some(world) = World::leaving(brand, "") else {
        return;
    };
    world.leave(2);
    world.browser.click("#publish");
    world.wait_for_results(1);
    world.browser.reload();
    world.wait_for_next_run();
    assert_eq!(world.execute("window.report"), json!([]), "once");
    world.browser.back();
    world.wait_for_service("/dk");
    world.browser.forward();
    world.wait_for_next_run();
    assert_eq!(world.execute("window.report.length"), 0, "nor by Forward");
    // To the run that has left, which the browser has kept with the storage of then.
    world.execute("sessionStorage.setItem('mark', 'now')");
    world.execute("window.isLater = true");
    world.execute("history.go(-2)");
    let is_back = || world.execute("window.isLater").is_null() && world.stored("mark") == "now";
    wait_for(|| is_back().then_some(())).expect("a run that finds the storage of now");
    world.wait_for_next_run();
    assert_eq!(world.stored(ENTRY), json!(null), "nothing is pending");
    assert_eq!(world.execute("window.report"), json!([]));
    world.leave(0);
    world.browser.click("#cancel");
    world.wait_for_next_run();
    assert_eq!(world.results(1), [result("invite", "cancelled", 0)]);
}

fn a_second_page_waits_for_the_first(brand: Brand) {
    let Some(world) = World::leaving(brand, "") else {
        return;
    };
    // Both in one frame: the key logs in, the click posts.
    world.execute(
        "(() => { const canvas = document.querySelector('#game');
        const box = canvas.getBoundingClientRect();
        const at = { bubbles: true, pointerId: 1, pointerType: 'mouse', button: 0,
            clientX: box.left + 500, clientY: box.top + 100 };
        const send = (type, buttons) => canvas.dispatchEvent(new PointerEvent(type, { ...at, buttons }));
        canvas.focus();
        send('pointermove', 0);
        send('pointerdown', 1);
        setTimeout(() => {
            send('pointerup', 0);
            canvas.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, key: 'l', code: 'KeyL' }));
        }, 100); })()",
    );
    world.wait_for_service("/oauth/");
    world.browser.click("#deny");
    // The game has the login's result, and goes on to the post.
    world.wait_for_service("/dk");
    world.browser.click("#publish");
    let (results, _) = without_ids(&world.wait_for_results(1));
    assert_eq!(results.len(), 1, "{results:?}");
    assert_eq!(
        (&results[0]["kind"], &results[0]["outcome"]),
        (&json!("post"), &json!("completed"))
    );
    world.expect_nothing_stored();
}

/// Returns what a game has kept of an invitation whose page was open. Nothing is pending any more.
fn left_entry(world: &World) -> Value {
    world.leave(0);
    world.browser.back();
    world.wait_for_next_run();
    let entry = world.stored(ENTRY);
    let is_cancelled = || {
        world.press("c");
        world.stored(ENTRY).is_null()
    };
    wait_for(|| is_cancelled().then_some(())).expect("it is cancelled");
    entry
}

/// Starts the game anew with an entry that a script has changed.
fn start_with(world: &World, entry: &Value, script: &str) {
    world.execute(&format!(
        "(() => {{ const lines = {entry}.split('\\n');
        const past = () => {{ lines[4] = lines[4].replace(/\"deadline\":\\d+/, '\"deadline\":1000000000000'); }};
        {script};
        sessionStorage.setItem('{ENTRY}', lines.join('\\n')); }})()"
    ));
    world.browser.reload();
    world.wait_for_next_run();
}

fn what_an_earlier_run_has_left_ends_as_it_must(brand: Brand) {
    let Some(world) = World::leaving(brand, "") else {
        return;
    };
    let entry = left_entry(&world);
    let callback = "lines[3] = lines[2] + ' code=OK&selected=[3]'";
    let foreign = "lines[3] = '9'.repeat(32) + ' code=OK&selected=[3]'";
    for (script, outcome) in [
        // A callback that was stored before counts, however late.
        (format!("past(); {callback}"), "completed"),
        (callback.to_owned(), "completed"),
        ("past()".to_owned(), "timed_out"),
        (format!("past(); {foreign}"), "timed_out"),
    ] {
        start_with(&world, &entry, &script);
        let report = world.wait_for_results(1);
        assert_eq!(report[0]["outcome"], outcome, "{script}");
        assert_eq!(report.as_array().map(Vec::len), Some(1), "{script}");
        assert_eq!(world.stored(ENTRY), json!(null), "{script}");
    }
    // A callback that is none, or names another request, ends nothing.
    for (text, notices) in [
        ("utm_source=x", json!([])),
        (
            "code=OK&selected=[3]&state=999",
            json!(["UnexpectedCallback"]),
        ),
    ] {
        start_with(&world, &entry, &format!("lines[3] = lines[2] + ' {text}'"));
        let is_taken = || {
            let taken = format!("sessionStorage.getItem('{ENTRY}')?.split('\\n')[3] === ''");
            world.execute(&taken) == true
        };
        wait_for(|| is_taken().then_some(())).expect("the callback is used up");
        assert_eq!(world.notices(), notices);
        world.press("c");
        assert_eq!(world.results(1), [result("invite", "cancelled", 0)]);
    }
}

fn what_cannot_be_restored_is_removed(brand: Brand) {
    let Some(world) = World::leaving(brand, "") else {
        return;
    };
    let entry = left_entry(&world);
    for script in [
        "lines.length = 1",
        "lines[0] = 'callback_listener 2'",
        "lines[4] = ''",
        "lines[4] = lines[4].replace('512000000001', '512000000002')",
        "lines[4] = lines[4].replace(/\"version\":\\d+/, '\"version\":99')",
        "lines[4] = lines[4].slice(0, -9)",
        "lines[4] = 'x'.repeat(70000)",
        "lines[4] = lines[4].replace(/\"id\":\\d+/, '\"id\":0')",
        "lines[4] = '{}'",
    ] {
        start_with(&world, &entry, script);
        wait_for(|| world.stored(ENTRY).is_null().then_some(())).expect("it is removed");
        assert_eq!(world.execute("window.report"), json!([]), "{script}");
    }
    world.leave(2);
    world.browser.click("#publish");
    assert_eq!(world.wait_for_results(1)[0]["outcome"], "completed");
}

fn a_game_that_may_store_nothing_stays(brand: Brand) {
    let Some(world) = World::leaving(brand, "") else {
        return;
    };
    world.execute("Storage.prototype.setItem = () => { throw new Error('full'); }");
    world.click(2);
    assert_eq!(world.results(1), [result("post", "failed", 0)]);
    world.wait_for_next_run();
    world.expect_nothing_stored();
}

fn a_stored_session_that_is_damaged_is_quarantined(brand: Brand) {
    let Some(world) = World::leaving(brand, "&loggedout=1") else {
        return;
    };
    world.execute("localStorage.setItem('web_game session', 'damaged')");
    world.browser.reload();
    world.wait_for_next_run();
    let kept = "localStorage.getItem('web_game session (quarantine 1)')";
    wait_for(|| (world.execute(kept) == "damaged").then_some(())).expect("it is quarantined");
    assert_eq!(
        world.execute("localStorage.getItem('web_game session')"),
        json!(null)
    );
    // A login works, and its session is stored beside it.
    world
        .sandbox
        .queue_behavior(PageKind::Login, Behavior::Accept);
    world.press("l");
    let is_back = || world.execute("window.report?.length") == 1;
    wait_for(|| is_back().then_some(())).expect("the login's result");
    assert_eq!(world.results(1), [result("login", "completed", 0)]);
    let stored = world.execute("localStorage.getItem('web_game session')");
    assert!(stored.to_string().contains("access_token"));
    assert_eq!(world.execute(kept), "damaged");
}
