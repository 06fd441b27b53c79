//! Fingers. No engine takes their press for the player's consent to a window, only their release.
//!
//! WebKit's driver has no finger.

use odnoklassniki_sandbox::Behavior;
use test_support::browser::{Brand, in_each_browser};

use crate::world::{World, result};

in_each_browser!(a_tap_sends_a_request);

fn a_tap_sends_a_request(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    world.sandbox.set_behavior(Behavior::Accept);
    world.tap(2);
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
}
