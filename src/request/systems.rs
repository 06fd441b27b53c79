//! The plugin's two systems: requests out, answers in.

use std::collections::HashSet;

use bevy_app::AppExit;
use bevy_ecs::change_detection::DetectChangesMut as _;
use bevy_ecs::message::{Message, MessageReader, MessageWriter, Messages};
use bevy_ecs::system::{Commands, Res, ResMut, SystemParam};

use super::{
    CancelRequest, Desk, Finished, InviteFinished, LoginFinished, PendingRequests, PostFinished,
    ReopenRequest, RequestInvite, RequestKind, RequestLogin, RequestNotice, RequestOpened,
    RequestPost, RequestSuggest, SuggestFinished, removed,
};
use crate::credentials::AppCredentials;
use crate::session::{OkSession, RequestLogout, SessionChanged};

/// Where the desk says what the game is to be told.
pub(crate) type Tell<'a> = &'a mut dyn FnMut(Report);

/// What the desk works with in a frame.
pub(crate) struct Frame<'a> {
    pub(crate) requests: &'a mut PendingRequests,
    pub(crate) session: &'a mut OkSession,
    pub(crate) credentials: Option<&'a AppCredentials>,
    pub(crate) tell: Tell<'a>,
}

/// What the game is told.
pub(crate) enum Report {
    Opened(RequestOpened),
    Notice(RequestNotice),
    Finished(Finished),
    Session(SessionChanged),
}

/// Where messages for the game are written. The game may have removed a queue, by mistake.
#[derive(SystemParam)]
pub(crate) struct Reports<'w> {
    opened: Option<MessageWriter<'w, RequestOpened>>,
    notices: Option<MessageWriter<'w, RequestNotice>>,
    posts: Option<MessageWriter<'w, PostFinished>>,
    invites: Option<MessageWriter<'w, InviteFinished>>,
    suggests: Option<MessageWriter<'w, SuggestFinished>>,
    logins: Option<MessageWriter<'w, LoginFinished>>,
    session: Option<MessageWriter<'w, SessionChanged>>,
}

impl Reports<'_> {
    fn write(&mut self, report: Report) {
        match report {
            Report::Opened(message) => write(&mut self.opened, message),
            Report::Notice(message) => write(&mut self.notices, message),
            Report::Finished(Finished::Post(message)) => write(&mut self.posts, message),
            Report::Finished(Finished::Invite(message)) => write(&mut self.invites, message),
            Report::Finished(Finished::Suggest(message)) => write(&mut self.suggests, message),
            Report::Finished(Finished::Login(message)) => write(&mut self.logins, message),
            Report::Session(message) => write(&mut self.session, message),
        }
    }
}

/// Writes a message, if its queue is there.
fn write<M: Message>(writer: &mut Option<MessageWriter<M>>, message: M) {
    match writer {
        Some(writer) => _ = writer.write(message),
        None => log::error!(
            "the game has removed the resource Messages<{}>: a message is lost. Leave it in the world",
            core::any::type_name::<M>()
        ),
    }
}

/// What the game has asked for. A queue that it has removed has nothing in it.
#[derive(SystemParam)]
pub(crate) struct Incoming<'w, 's> {
    posts: Option<MessageReader<'w, 's, RequestPost>>,
    invites: Option<MessageReader<'w, 's, RequestInvite>>,
    suggests: Option<MessageReader<'w, 's, RequestSuggest>>,
    logins: Option<MessageReader<'w, 's, RequestLogin>>,
    logouts: Option<MessageReader<'w, 's, RequestLogout>>,
    reopen: Option<MessageReader<'w, 's, ReopenRequest>>,
    cancel: Option<MessageReader<'w, 's, CancelRequest>>,
}

impl Incoming<'_, '_> {
    fn is_empty(&self) -> bool {
        !(has_unread(&self.posts)
            || has_unread(&self.invites)
            || has_unread(&self.suggests)
            || has_unread(&self.logins)
            || has_unread(&self.logouts)
            || has_unread(&self.reopen)
            || has_unread(&self.cancel))
    }
}

/// Returns what has not been read yet.
fn read<'a, M: Message>(reader: &'a mut Option<MessageReader<M>>) -> impl Iterator<Item = &'a M> {
    reader.iter_mut().flat_map(|reader| reader.read())
}

fn has_unread<M: Message>(reader: &Option<MessageReader<M>>) -> bool {
    reader.as_ref().is_some_and(|reader| !reader.is_empty())
}

/// What the game may have asked for. Not by readers: what they have read would be lost if a
/// condition of the game's own on `OkSystems` kept the system from running.
#[derive(SystemParam)]
pub(crate) struct Queued<'w> {
    posts: Option<Res<'w, Messages<RequestPost>>>,
    invites: Option<Res<'w, Messages<RequestInvite>>>,
    suggests: Option<Res<'w, Messages<RequestSuggest>>>,
    logins: Option<Res<'w, Messages<RequestLogin>>>,
    logouts: Option<Res<'w, Messages<RequestLogout>>>,
    reopen: Option<Res<'w, Messages<ReopenRequest>>>,
    cancel: Option<Res<'w, Messages<CancelRequest>>>,
}

fn is_empty<M: Message>(queue: &Option<Res<Messages<M>>>) -> bool {
    queue.as_ref().is_none_or(|queue| queue.is_empty())
}

/// Whether [`send`] may have something to do. A frame is cheaper if this is all that is looked at.
pub(crate) fn may_send(queued: Queued, desk: Res<Desk>, session: Option<Res<OkSession>>) -> bool {
    let Some(session) = session else { return false };
    let nothing = is_empty(&queued.posts)
        && is_empty(&queued.invites)
        && is_empty(&queued.suggests)
        && is_empty(&queued.logins)
        && is_empty(&queued.logouts)
        && is_empty(&queued.reopen)
        && is_empty(&queued.cancel);
    !nothing || has_work(&desk, &session)
}

/// Whether [`receive`] has something to do.
pub(crate) fn may_receive(
    desk: Res<Desk>,
    session: Option<Res<OkSession>>,
    requests: Option<Res<PendingRequests>>,
) -> bool {
    let (Some(session), Some(_)) = (session, requests) else {
        return true;
    };
    desk.told_late || desk.config.store.is_some() || has_work(&desk, &session)
}

/// Whether something is to be done that the game has not asked for by a message.
fn has_work(desk: &Desk, session: &OkSession) -> bool {
    desk.has_news() || session.has_changes() || session.is_due()
}

/// The desk, and the world as it works with it.
#[derive(SystemParam)]
pub(crate) struct Office<'w> {
    desk: ResMut<'w, Desk>,
    requests: ResMut<'w, PendingRequests>,
    session: ResMut<'w, OkSession>,
    credentials: Option<Res<'w, AppCredentials>>,
    exits: Option<Res<'w, Messages<AppExit>>>,
    reports: Reports<'w>,
}

impl Office<'_> {
    fn has_work(&self) -> bool {
        has_work(&self.desk, &self.session)
    }

    /// Says whether the game was told something. The session counts as changed only when it is.
    fn work(&mut self, act: impl FnOnce(&mut Desk, &mut Frame<'_>)) -> bool {
        let mut told = false;
        let mut tell = |report| {
            told = true;
            self.reports.write(report);
        };
        self.desk.is_exiting = self.exits.as_ref().is_some_and(|exits| !exits.is_empty());
        let before = self.session.revision();
        let mut frame = Frame {
            requests: &mut self.requests,
            session: self.session.bypass_change_detection(),
            credentials: self.credentials.as_deref(),
            tell: &mut tell,
        };
        act(&mut self.desk, &mut frame);
        if self.session.revision() != before {
            self.session.set_changed();
        }
        told
    }
}

/// Sends what the game has asked for since the last frame.
pub(crate) fn send(mut incoming: Incoming, office: Option<Office>) {
    // What the game has removed is put back in the next frame; messages wait that long.
    let Some(mut office) = office else { return };
    // Looked at first, so that resources count as changed only when they are.
    if incoming.is_empty() && !office.has_work() {
        return;
    }
    let told = office.work(|desk, frame| {
        // What has come in meanwhile counts first: what is answered is neither cancelled nor opened
        // again. So does the session that a system of the game has given in this frame.
        desk.receive(frame);
        desk.settle(frame);
        if read(&mut incoming.logouts).count() > 0 {
            desk.logout(frame);
        }
        // Before the new requests, so that these find a free place. What is written and cancelled
        // in one frame opens no page.
        let mut cancelled = HashSet::new();
        for &CancelRequest { id } in read(&mut incoming.cancel) {
            if cancelled.insert(id) {
                desk.cancel(frame, id);
            }
        }
        for RequestLogin(draft) in read(&mut incoming.logins) {
            match desk.is_exiting || cancelled.contains(&draft.id) {
                true => desk.call_off(frame, RequestKind::Login, draft.id),
                false => desk.submit_login(frame, draft),
            }
        }
        let drafts = (read(&mut incoming.posts).map(|request| &request.0))
            .chain(read(&mut incoming.invites).map(|request| &request.0))
            .chain(read(&mut incoming.suggests).map(|request| &request.0));
        for draft in drafts {
            match desk.is_exiting || cancelled.contains(&draft.id) {
                true => desk.call_off(frame, draft.kind.into(), draft.id),
                false => desk.submit(frame, draft),
            }
        }
        for &ReopenRequest { id } in read(&mut incoming.reopen) {
            desk.reopen(frame, id);
        }
        desk.settle(frame);
    });
    // The game's systems have run for this frame; a sleeping app needs another to see what it is
    // told.
    if told {
        office.desk.told_late = true;
        office.desk.config.wake_app();
    }
}

/// Takes what the listeners, the openers, the store and the backend have reported.
pub(crate) fn receive(office: Option<Office>, mut commands: Commands) {
    let Some(mut office) = office else {
        return commands.queue(removed::put_back);
    };
    let mut told = core::mem::take(&mut office.desk.told_late);
    if office.desk.config.store.is_some() || office.has_work() {
        told |= office.work(|desk, frame| {
            desk.restore(frame);
            desk.receive(frame);
            desk.settle(frame);
        });
    }
    // In this frame the game reads what it was told. It takes one more to show it all: a state that
    // is set in `Update` is entered in the next frame. A sleeping app would draw half of it and
    // sleep on.
    if told {
        office.desk.config.wake_app();
    }
}
