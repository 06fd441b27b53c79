//! Resources that the game has removed, though they must stay: they are put back, and what was
//! pending ends.

use std::sync::{Arc, Mutex, PoisonError};

use bevy_ecs::resource::Resource;
use bevy_ecs::world::World;

use super::outcome::Ending;
use super::view::Entry;
use super::{Desk, Finished, PendingRequests, RequestId};
use crate::error::{RequestError, RequestErrorKind};
use crate::session::{OkSession, SessionChange, SessionStatus};

/// The results of requests that were pending when [`PendingRequests`] was removed.
#[derive(Resource, Clone, Debug, Default)]
pub(crate) struct LostResults(Arc<Mutex<Vec<Finished>>>);

impl LostResults {
    /// One more request, and those that have joined it.
    pub(super) fn add(&self, id: RequestId, entry: &Entry) {
        let error = RequestError::new(
            RequestErrorKind::NotConfigured,
            "the game has removed the resource PendingRequests",
        )
        .with_advice(
            "leave PendingRequests in the world: requests that are pending end without it",
        );
        let results = entry.ids(id).map(|id| {
            let error = error.clone();
            Finished::without_answer(entry.kind(), id, Ending::Failed(error))
        });
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(results);
    }

    fn take(&self) -> Vec<Finished> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Puts back what the systems cannot work without.
pub(super) fn put_back(world: &mut World) {
    if !world.contains_resource::<OkSession>() {
        log::error!(
            "the game has removed the resource OkSession: nobody is logged in any more. Leave it in the world"
        );
        world.insert_resource(OkSession::new());
    }
    if !world.contains_resource::<PendingRequests>() {
        log::error!(
            "the game has removed the resource PendingRequests: pending requests end. Leave it in the world"
        );
        let lost_results = world.get_resource_or_init::<LostResults>().clone();
        let mut requests = PendingRequests::new(lost_results.clone());
        if let Some(mut desk) = world.get_resource_mut::<Desk>() {
            desk.abandon();
        }
        for finished in lost_results.take() {
            requests.remember(finished.clone());
            match finished {
                Finished::Post(message) => _ = world.write_message(message),
                Finished::Invite(message) => _ = world.write_message(message),
                Finished::Suggest(message) => _ = world.write_message(message),
                Finished::Login(message) => _ = world.write_message(message),
            }
        }
        world.insert_resource(requests);
    }
    let is_logging_in = world.resource::<PendingRequests>().is_logging_in();
    let mut session = world.resource_mut::<OkSession>();
    if !is_logging_in && session.status() == SessionStatus::LoggingIn {
        session.tell(SessionChange::LoginEnded);
    }
    session.set_logging_in(is_logging_in);
}
