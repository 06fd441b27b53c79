//! The plugin's two systems: requests out, answers in.

use bevy_ecs::message::{MessageReader, MessageWriter};
use bevy_ecs::system::{Res, ResMut, SystemParam};

use super::{
    CancelRequest, Desk, Finished, InviteFinished, PendingRequests, PostFinished, ReopenRequest, RequestInvite,
    RequestNotice, RequestOpened, RequestPost, RequestSuggest, SuggestFinished,
};
use crate::credentials::AppCredentials;

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
    let credentials = credentials.as_deref();
    let drafts = (incoming.posts.read().map(|request| &request.0))
        .chain(incoming.invites.read().map(|request| &request.0))
        .chain(incoming.suggests.read().map(|request| &request.0));
    for draft in drafts {
        desk.submit(&mut requests, draft, credentials, &mut |report| {
            reports.write(report);
        });
    }
    for &ReopenRequest { id } in incoming.reopen.read() {
        desk.reopen(&mut requests, id);
    }
    for &CancelRequest { id } in incoming.cancel.read() {
        desk.cancel(&mut requests, id, &mut |report| reports.write(report));
    }
}

/// Takes what the listener and the openers have put into their channels.
pub(crate) fn receive(mut desk: ResMut<Desk>, mut requests: ResMut<PendingRequests>, mut reports: Reports) {
    // Looked at first, so that `PendingRequests` counts as changed only when it is.
    if desk.has_news() {
        desk.receive(&mut requests, &mut |report| reports.write(report));
    }
}
