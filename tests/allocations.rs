//! A frame in which the plugin has nothing to do allocates nothing.

use std::sync::mpsc::channel;

use allocation_counter::measure;
use bevy_app::App;
use bevy_odnoklassniki::protocol::SessionSecretKey;
use bevy_odnoklassniki::{MAX_PENDING, prelude::*};

#[test]
fn an_idle_frame_allocates_nothing() {
    for pending in [0, 1, MAX_PENDING] {
        let (sender, opened) = channel();
        let session = SessionData::new(AccessToken::new("token"), SessionSecretKey::new("key"));
        let plugin = OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"));
        let mut app = App::new();
        app.add_plugins(plugin.with_session(session).with_opener(move |_: &ShortLink| {
            _ = sender.send(());
            Ok::<(), OpenError>(())
        }));
        for number in 0..pending {
            app.world_mut().write_message(RequestInvite::new().comment(number.to_string()));
        }
        app.update();
        (0..pending).for_each(|_| opened.recv().expect("the opener is called"));
        // The frames in which the game is told that the pages are open; messages are kept for two more.
        while app.world().resource::<PendingRequests>().iter().any(|request| !request.is_opened()) {
            app.update();
        }
        for _ in 0..3 {
            app.update();
        }
        assert_eq!(measure(|| app.update()).count_total, 0, "{pending} pending");
    }
}
