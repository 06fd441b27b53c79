//! A frame in which the plugin has nothing to do allocates nothing.

use allocation_counter::measure;
use bevy_app::App;
use bevy_odnoklassniki::MAX_PENDING;
use test_support::flow;

#[test]
fn an_idle_frame_allocates_nothing() {
    for pending in [0, 1, MAX_PENDING] {
        let mut app = flow::app_at_rest(App::new(), flow::plugin(), pending);
        assert_eq!(measure(|| app.update()).count_total, 0, "{pending} pending");
    }
}
