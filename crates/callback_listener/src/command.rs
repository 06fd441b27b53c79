//! The commands of an owner to its listener.

use std::{
    sync::{Mutex, PoisonError, mpsc::SyncSender},
    time::Duration,
};

use crate::{
    page_url::PageUrl,
    return_links::ReturnLink,
    table::{PendingCallback, Receipt},
    time::Instant,
    token::LinkToken,
};

pub(crate) enum Command<Id, T> {
    Add(PendingCallback<Id, T>),
    SetPage(Id, PageUrl),
    SetDeadline(Id, Instant),
    RenewLink(Id, LinkToken),
    Retire {
        id: Id,
        tombstone: Duration,
        keep_link: bool,
    },
    DropLink(Id),
    /// A callback that came in another way, and where to send what became of it.
    Deliver(ReturnLink, Option<SyncSender<Receipt>>),
    Stop,
}

/// The commands that the listener has not carried out yet.
pub(crate) struct CommandQueue<Id, T>(Mutex<Vec<Command<Id, T>>>);

impl<Id, T> Default for CommandQueue<Id, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Id, T> CommandQueue<Id, T> {
    pub(crate) fn push(&self, command: Command<Id, T>) {
        self.lock().push(command);
    }

    pub(crate) fn take(&self) -> Vec<Command<Id, T>> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Command<Id, T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
