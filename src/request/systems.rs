//! The plugin's two systems: requests out, answers in.

use bevy_ecs::message::{MessageReader, MessageWriter};
use bevy_ecs::system::{Res, ResMut, SystemParam};

use super::{
    CancelRequest, Desk, Finished, InviteFinished, PendingRequests, PostFinished, ReopenRequest, RequestId,
    RequestInvite, RequestNotice, RequestOpened, RequestPost, RequestSuggest, SuggestFinished,
};
use crate::credentials::AppCredentials;

/// Where the desk says what the game is to be told.
pub(crate) type Tell<'a> = &'a mut dyn FnMut(Report);

/// What the game is told.
pub(crate) enum Report {
    Opened(RequestOpened),
    Notice(RequestNotice),
    Finished(Finished),
}

#[derive(SystemParam)]
pub(crate) struct Reports<'w> {
    opened: MessageWriter<'w, RequestOpened>,
    notices: MessageWriter<'w, RequestNotice>,
    posts: MessageWriter<'w, PostFinished>,
    invites: MessageWriter<'w, InviteFinished>,
    suggests: MessageWriter<'w, SuggestFinished>,
}

impl Reports<'_> {
    fn write(&mut self, report: Report) {
        match report {
            Report::Opened(message) => _ = self.opened.write(message),
            Report::Notice(message) => _ = self.notices.write(message),
            Report::Finished(Finished::Post(message)) => _ = self.posts.write(message),
            Report::Finished(Finished::Invite(message)) => _ = self.invites.write(message),
            Report::Finished(Finished::Suggest(message)) => _ = self.suggests.write(message),
        }
    }
}

#[derive(SystemParam)]
pub(crate) struct Incoming<'w, 's> {
    posts: MessageReader<'w, 's, RequestPost>,
    invites: MessageReader<'w, 's, RequestInvite>,
    suggests: MessageReader<'w, 's, RequestSuggest>,
    reopen: MessageReader<'w, 's, ReopenRequest>,
    cancel: MessageReader<'w, 's, CancelRequest>,
}

/// Sends what the game has asked for since the last frame.
pub(crate) fn send(
    mut incoming: Incoming,
    mut desk: ResMut<Desk>,
    mut requests: ResMut<PendingRequests>,
    credentials: Option<Res<AppCredentials>>,
    mut reports: Reports,
) {
    let mut told = false;
    let mut tell = |report: Report| {
        told = true;
        reports.write(report);
    };
    // What has come in meanwhile counts first: what is answered is neither cancelled nor opened again.
    if desk.has_news() {
        desk.receive(&mut requests, &mut tell);
    }
    // Before the new requests, so that these find a free place, and after them for what was written in this frame.
    let cancelled: Vec<RequestId> = incoming.cancel.read().map(|cancel| cancel.id).collect();
    for &id in &cancelled {
        desk.cancel(&mut requests, id, &mut tell);
    }
    let drafts = (incoming.posts.read().map(|request| &request.0))
        .chain(incoming.invites.read().map(|request| &request.0))
        .chain(incoming.suggests.read().map(|request| &request.0));
    for draft in drafts {
        desk.submit(&mut requests, draft, credentials.as_deref(), &mut tell);
    }
    for &ReopenRequest { id } in incoming.reopen.read() {
        desk.reopen(&mut requests, id, &mut tell);
    }
    for id in cancelled {
        desk.cancel(&mut requests, id, &mut tell);
    }
    // The game's systems have run for this frame; a sleeping app needs another to see what it is told.
    if told {
        desk.told_late = true;
        desk.settings.wake_app();
    }
}

/// Takes what the listener, the openers and the backend have reported.
pub(crate) fn receive(mut desk: ResMut<Desk>, mut requests: ResMut<PendingRequests>, mut reports: Reports) {
    let mut told = core::mem::take(&mut desk.told_late);
    // Looked at first, so that `PendingRequests` counts as changed only when it is.
    if desk.has_news() {
        desk.receive(&mut requests, &mut |report| {
            told = true;
            reports.write(report);
        });
    }
    // In this frame the game reads what it was told. It takes one more to show it all: a state that is set in `Update` is
    // entered in the next frame. A sleeping app would draw half of it and sleep on.
    if told {
        desk.settings.wake_app();
    }
}
