//! A game without a sandbox, in a process whose memory, threads and sockets are counted. The test
//! plays OK by hand.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Instant;

use bevy_app::App;
use bevy_odnoklassniki::protocol::SessionSecretKey;
use bevy_odnoklassniki::{CallbackCounters, prelude::*};

use crate::game::Game;
use crate::http;
use crate::wait::TIMEOUT;

/// A recommendation whose page is open.
pub struct Flow {
    /// The id of the request.
    pub id: RequestId,
    /// The return URL.
    pub back: String,
    /// The state that OK sends back.
    pub state: String,
}

impl Flow {
    /// Returns the URL that OK sends the browser to when the player has chosen this friend.
    pub fn callback_url(&self, friend: u64) -> String {
        callback_url(&self.back, &self.state, friend)
    }

    /// Returns host and port of the listener.
    pub fn host(&self) -> &str {
        http::split(&self.back).0
    }
}

/// Does the same in a process that has no [`Flow`].
pub fn callback_url(back: &str, state: &str, friend: u64) -> String {
    format!("{back}?code=OK&selected=[{friend}]&state={state}")
}

/// Returns a plugin without a sandbox, whose opener opens nothing.
pub fn plugin() -> OdnoklassnikiPlugin {
    let session = SessionData::new(AccessToken::new("token"), SessionSecretKey::new("key"));
    OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
        .with_session(session)
        .with_opener(|_: &OneTimeLink| Ok::<(), OpenError>(()))
}

/// Returns an app with this plugin and so many pending invitations, whose frames do nothing but
/// wait.
pub fn app_at_rest(mut app: App, plugin: OdnoklassnikiPlugin, pending: usize) -> App {
    let (sender, opened) = channel();
    app.add_plugins(plugin.with_opener(move |_: &OneTimeLink| {
        // Later pages are opened, too, when the receiver is gone.
        _ = sender.send(());
        Ok::<(), OpenError>(())
    }));
    app.finish();
    app.cleanup();
    for number in 0..pending {
        app.world_mut()
            .write_message(RequestInvite::new().comment(number.to_string()));
    }
    app.update();
    // Waited for without frames: their number would be another each time, and frames are what is
    // counted.
    (0..pending).for_each(|_| opened.recv().expect("the opener is called"));
    come_to_rest(&mut app);
    app
}

/// Runs frames until all pages are open, and the messages about them are gone: Bevy keeps them for
/// two frames.
///
/// # Panics
///
/// When it takes longer than [`TIMEOUT`].
pub fn come_to_rest(app: &mut App) {
    let end = Instant::now() + TIMEOUT;
    while app
        .world()
        .resource::<PendingRequests>()
        .iter()
        .any(|request| !request.is_opened())
    {
        assert!(Instant::now() < end, "not all pages were opened");
        thread::yield_now();
        app.update();
    }
    for _ in 0..3 {
        app.update();
    }
}

impl Game {
    /// Returns a game whose opener opens nothing. It has no thread and no socket but the plugin's.
    pub fn without_sandbox() -> Self {
        Self::from_plugin(plugin())
    }

    /// Writes a recommendation and follows its one-time link.
    pub fn begin(&mut self, request: RequestSuggest) -> Flow {
        let id = request.id();
        self.write(request);
        self.follow(id)
    }

    /// Follows the one-time link of a request as a browser does, and reads the return URL.
    pub fn follow(&mut self, id: RequestId) -> Flow {
        let page = http::get(&self.link_of(id));
        assert_eq!(http::status(&page), 303, "{page}");
        let url = http::header(&page, "location").expect("the signed URL");
        let parameter = |name| http::parameter(url, name).expect("it is always sent");
        Flow {
            id,
            back: parameter("st.return"),
            state: parameter("st.state"),
        }
    }

    /// Waits for the result of a recommendation.
    #[track_caller]
    pub fn suggested(&mut self, id: RequestId) -> Outcome<bevy_odnoklassniki::Suggested> {
        self.run_until("the recommendation's result", |kit| {
            Some(
                kit.messages
                    .suggests
                    .iter()
                    .find(|finished| finished.id == id)?
                    .outcome
                    .clone(),
            )
        })
    }

    /// Waits until a recommendation is completed, and returns the chosen friends.
    #[track_caller]
    pub fn friends_of(&mut self, flow: &Flow) -> Vec<u64> {
        let outcome = self.suggested(flow.id);
        let suggested = outcome
            .completed()
            .unwrap_or_else(|| panic!("not completed: {outcome:?}"));
        suggested.users.iter().map(|friend| friend.get()).collect()
    }

    /// Returns what has come to the listener.
    pub fn callbacks(&self) -> &CallbackCounters {
        self.app
            .world()
            .resource::<PendingRequests>()
            .callback_counters()
    }

    /// Forgets the messages so far: a game that runs for long would collect them without end.
    pub fn forget(&mut self) {
        self.messages = bevy_odnoklassniki::test_kit::MessageLog::default();
    }
}

/// Returns how many sockets this process has before the plugin has one. The test kit starts a
/// sandbox and ends it; what tokio keeps for the signals of the process, if it is built so, stays.
#[cfg(target_os = "linux")]
pub fn sockets_at_rest() -> usize {
    drop(OkSandbox::start());
    crate::process::Process::this().sockets()
}
