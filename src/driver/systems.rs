//! The plugin's two systems: requests out, callbacks in.

use std::collections::HashSet;

use bevy_app::AppExit;
use bevy_ecs::change_detection::DetectChangesMut as _;
use bevy_ecs::message::Messages;
use bevy_ecs::system::{Commands, Res, ResMut, SystemParam};
use bevy_ecs::world::World;

use super::events::Event;
use super::queues::{Incoming, MessageWriters, Queued};
use super::runtime::{GameData, Runtime};
use crate::credentials::AppCredentials;
use crate::request::PendingRequests;
use crate::session::{OkSession, SessionChange, SessionStatus};

/// Returns whether [`send`] may have work. This check is cheaper than running the system.
pub(crate) fn may_send(
    queued: Queued,
    runtime: Res<Runtime>,
    session: Option<Res<OkSession>>,
) -> bool {
    session.is_some_and(|session| !queued.is_empty() || runtime.has_work(&session))
}

/// Returns whether [`receive`] has work.
pub(crate) fn may_receive(
    runtime: Res<Runtime>,
    session: Option<Res<OkSession>>,
    requests: Option<Res<PendingRequests>>,
) -> bool {
    match (session, requests) {
        (Some(session), Some(_)) => runtime.needs_extra_frame || runtime.has_work(&session),
        // The game has removed a resource, which `receive` puts back.
        _ => true,
    }
}

/// Handles the messages that the game has written since the last frame.
pub(crate) fn send(mut incoming: Incoming, driver: Option<DriverParams>) {
    // `receive` puts removed resources back in the next frame; messages wait until then.
    let Some(mut driver) = driver else { return };
    // Checked first, so that resources count as changed only when they are.
    if incoming.is_empty() && !driver.has_work() {
        return;
    }
    let wrote = driver.run(|runtime, game| {
        // Earlier events come first: a request whose callback has arrived is neither cancelled nor
        // reopened. The same goes for a session that the game has given in this frame.
        runtime.receive(game);
        if incoming.is_logout() {
            runtime.handle([Event::LogoutRequested], game);
        }
        // Cancellations come before new requests, so that these find a free place. A request that
        // is written and cancelled in one frame opens no page.
        let mut cancelled = HashSet::new();
        for id in incoming.cancels() {
            if cancelled.insert(id) {
                runtime.handle([Event::CancelRequested(id)], game);
            }
        }
        for submission in incoming.submissions() {
            let is_cancelled = game.is_exiting || cancelled.contains(&submission.id);
            let event = match is_cancelled {
                true => Event::CancelledBeforeSend(Box::new(submission)),
                false => Event::Submitted(Box::new(submission)),
            };
            runtime.handle([event], game);
        }
        for id in incoming.reopens() {
            runtime.handle([Event::ReopenRequested(id)], game);
        }
    });
    // The game's systems have run in this frame; a sleeping app needs another frame to read the
    // messages.
    if wrote {
        driver.runtime.needs_extra_frame = true;
        driver.runtime.config.wake_app();
    }
}

/// Handles what the listeners, the openers, the store and the backend have sent.
pub(crate) fn receive(driver: Option<DriverParams>, mut commands: Commands) {
    let Some(mut driver) = driver else {
        return commands.queue(put_back);
    };
    let mut wrote = core::mem::take(&mut driver.runtime.needs_extra_frame);
    if driver.has_work() {
        wrote |= driver.run(Runtime::receive);
    }
    // The game reads the messages in this frame, and may need one more to show everything: a state
    // that `Update` sets is entered in the next frame. A sleeping app would stop halfway.
    if wrote {
        driver.runtime.config.wake_app();
    }
}

/// The driver, and the part of the world that it works with.
#[derive(SystemParam)]
pub(crate) struct DriverParams<'w> {
    runtime: ResMut<'w, Runtime>,
    requests: ResMut<'w, PendingRequests>,
    session: ResMut<'w, OkSession>,
    credentials: Option<Res<'w, AppCredentials>>,
    exits: Option<Res<'w, Messages<AppExit>>>,
    writers: MessageWriters<'w>,
}

impl DriverParams<'_> {
    fn has_work(&self) -> bool {
        self.runtime.has_work(&self.session)
    }

    /// Runs the driver. Returns whether it wrote messages. The session counts as changed only when
    /// it is.
    fn run(&mut self, work: impl FnOnce(&mut Runtime, &mut GameData<'_>)) -> bool {
        let mut wrote = false;
        let mut write = |message| {
            wrote = true;
            self.writers.write(message);
        };
        let before = (self.requests.revision(), self.session.revision());
        let mut game = GameData {
            requests: self.requests.bypass_change_detection(),
            session: self.session.bypass_change_detection(),
            credentials: self.credentials.as_deref(),
            is_exiting: self.exits.as_ref().is_some_and(|exits| !exits.is_empty()),
            write: &mut write,
        };
        work(&mut self.runtime, &mut game);
        self.runtime.keep(&game);
        if self.requests.revision() != before.0 {
            self.requests.set_changed();
        }
        if self.session.revision() != before.1 {
            self.session.set_changed();
        }
        wrote
    }
}

/// Puts back the resources that the game has removed by mistake. Pending requests go on.
fn put_back(world: &mut World) {
    let Some(runtime) = world.get_resource::<Runtime>() else {
        return;
    };
    let (counters, is_logging_in) = (runtime.counters.clone(), runtime.is_logging_in());
    let pending = runtime.pending();
    if !world.contains_resource::<PendingRequests>() {
        log::error!("the game has removed the resource PendingRequests. Leave it in the world");
        let mut requests = PendingRequests::new(counters);
        requests.set_pending(pending);
        world.insert_resource(requests);
    }
    if !world.contains_resource::<OkSession>() {
        log::error!(
            "the game has removed the resource OkSession: no player is logged in any more. Leave it in the world"
        );
        world.insert_resource(OkSession::new());
    }
    let mut session = world.resource_mut::<OkSession>();
    if !is_logging_in && session.status() == SessionStatus::LoggingIn {
        session.changed(SessionChange::LoginEnded);
    }
    session.set_logging_in(is_logging_in);
}
