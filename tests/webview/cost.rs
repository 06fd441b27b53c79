//! How long the player waits for the window, and what it takes while it is open.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, Instant};

use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::sandbox::Behavior;
use serde_json::json;
use test_support::browser::{processes_of, wait_for};
use test_support::process::Process;
use test_support::reliability::{is_full, scale};

use crate::setup::{Page, Setup, wait_for_window, write};

const LONG: Duration = Duration::from_secs(120);
/// The engine's two and the program.
const PROCESSES: usize = 3;
/// So many looks in a row have found the same.
const SAME_LOOKS: u32 = 15;
/// All of them together. A page with pictures takes more than the sandbox's.
const MOST_KIB: u64 = 400 * 1024;

/// With `OK_RELIABILITY=full` it prints a line of JSON, for `scripts/bench --only webview`.
#[test]
fn the_memory_of_a_window_is_measured_and_given_back() {
    let Some(setup) = Setup::x11() else { return };
    let mut game = setup.game(Behavior::Ask);
    let mut times = Vec::new();
    let mut memory = BTreeMap::new();
    for _ in 0..scale(1, 20) {
        let written = Instant::now();
        let id = write(&mut game, Page::Invite, LONG);
        wait_for_window(&mut game, id);
        times.push(written.elapsed().as_secs_f64() * 1000.0);
        memory = memory_of(&setup);
        game.write(CancelRequest { id });
        game.update();
        setup.expect_no_process();
    }
    assert_eq!(memory.len(), PROCESSES, "{memory:?}");
    assert!(memory.values().sum::<u64>() < MOST_KIB, "{memory:?} KiB");
    if is_full() {
        let line = json!({ "window_ms": times, "memory_kib": memory });
        _ = writeln!(std::io::stdout(), "\n{line}");
    }
}

/// Returns what each process takes, when the page is there and no process grows any more.
fn memory_of(setup: &Setup) -> BTreeMap<String, u64> {
    let (mut before, mut same) = (BTreeMap::new(), 0);
    let steady = wait_for(|| {
        let now: BTreeMap<_, _> = processes_of(setup.home())
            .into_iter()
            .map(Process::of)
            .filter_map(|process| Some((process.program()?, process.proportional_kib()?)))
            .collect();
        same = if now == before { same + 1 } else { 0 };
        before = now;
        (before.len() == PROCESSES && same >= SAME_LOOKS).then(|| before.clone())
    });
    steady.expect("the processes are there and do not grow")
}
