//! WebKit opens a window only in a frame that was asked for in the player's gesture. winit asks for
//! a new frame at every event, so a pointer that moves after the click takes the gesture away.

use std::io::{self, Write as _};

use test_support::browser::{Brand, in_each_browser, wait_for};
use test_support::reliability::scale;

use crate::world::World;

in_each_browser!(webkit, WebKit: each_click_opens_a_window_or_shows_a_button);

fn each_click_opens_a_window_or_shows_a_button(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    // Every second time a move comes for sure between the release and the frame.
    world.execute(
        "(() => { const canvas = document.querySelector('#game'), channel = new MessageChannel();
        window.moves = false;
        channel.port1.onmessage = () => canvas.dispatchEvent(new PointerEvent('pointermove',
            { pointerId: 1, pointerType: 'mouse', clientX: 300, clientY: 300, button: -1 }));
        addEventListener('pointerup', () => moves && channel.port2.postMessage(0)); })()",
    );
    let (mut opened, mut shown) = ([0, 0], [0, 0]);
    for click in 0..scale(10, 50) {
        let is_forced = click % 2;
        world.execute(&format!("window.moves = {}", is_forced == 1));
        let (x, y) = world.point(2);
        world.browser.click_and_move((x, y), (x + 7.0, y + 5.0));
        let has_opened = wait_for(|| {
            let has_opened = world.browser.tabs().len() == 2;
            (has_opened || world.browser.count("#bevy-ok-open") == 1).then_some(has_opened)
        });
        if has_opened.expect("a window or a button") {
            opened[is_forced] += 1;
            world.wait_for_page("/dk");
            world.browser.close_tab();
            world.go_to_game();
            world.press("c");
        } else {
            shown[is_forced] += 1;
            world.browser.click("#bevy-ok-cancel");
        }
        let results = world.results(click + 1);
        assert_eq!(results.len(), click + 1, "one result each");
        assert!(results.iter().all(|(_, outcome, _)| outcome == "cancelled"));
    }
    _ = writeln!(
        io::stderr(),
        "WebKit, pointer moved by its driver: {} windows, {} buttons; between release and frame: \
         {} windows, {} buttons",
        opened[0],
        shown[0],
        opened[1],
        shown[1]
    );
}
