//! A game that updates only when something happens, and is not in front.

use std::io::{self, Write as _};

use odnoklassniki_sandbox::Behavior;
use serde_json::json;
use test_support::browser::{Brand, in_each_engine};
use test_support::reliability::{is_full, scale};

use crate::world::World;

in_each_engine!(a_callback_wakes_a_reactive_game);

fn a_callback_wakes_a_reactive_game(brand: Brand) {
    let Some(world) = World::start_with(brand, "&reactive=1", "") else {
        return;
    };
    world.sandbox.set_behavior(Behavior::Accept);
    // From the first message with a callback, on either way, until the game pushes its result. A
    // frame that this script asks for then says what the browser itself takes.
    world.execute(
        "(() => { window.times = []; window.frames_taken = []; let came = null;
        // The same message comes by the other way, too, even after the result.
        const known = new Set();
        const see = data => { const [name, kind, token] = String(data).split('\\n');
            if (name + kind !== 'callback_listenercallback' || known.has(token)) { return; }
            known.add(token);
            const now = came = performance.now();
            requestAnimationFrame(() => frames_taken.push(performance.now() - now)); };
        addEventListener('message', event => see(event.data), true);
        const Channel = BroadcastChannel;
        window.BroadcastChannel = class extends Channel {
            constructor(name) { super(name); this.addEventListener('message', event => see(event.data)); }
        };
        const push = report.push.bind(report);
        report.push = entry => { times.push(performance.now() - came); came = null; return push(entry); };
        addEventListener('pointerup', () => setTimeout(() =>
            document.querySelector('#game').blur())); })()",
    );
    let wanted = scale(12, 50);
    for count in 1..=wanted {
        world.click(count as u32 % 3);
        let results = world.results(count);
        assert_eq!(results.len(), count, "one result each");
    }
    assert_eq!(world.notices(), json!([]));
    let [times, frames] = ["window.times", "window.frames_taken"].map(|list| {
        let list = world.execute(list);
        let list = list.as_array().expect("a list").iter();
        list.map(|time| time.as_f64().expect("a number"))
            .collect::<Vec<_>>()
    });
    let quantile = |mut times: Vec<f64>, part: usize| {
        times.sort_by(f64::total_cmp);
        times[times.len() * part / 100]
    };
    let beyond: Vec<_> = times
        .iter()
        .zip(&frames)
        .map(|(time, frame)| time - frame)
        .collect();
    assert_eq!((times.len(), frames.len()), (wanted, wanted));
    let (p50, p99) = (quantile(times.clone(), 50), quantile(times, 99));
    let (frame, beyond) = (quantile(frames, 99), quantile(beyond, 99));
    _ = writeln!(
        io::stderr(),
        "{brand:?}, callback to result: p50 {p50:.1} ms, p99 {p99:.1} ms; a frame alone: p99 \
         {frame:.1} ms; beyond it: p99 {beyond:.1} ms"
    );
    // The time says nothing on a busy machine, or for a game that is not built for release.
    assert!(!is_full() || beyond <= 50.0, "{beyond} ms");
}
