//! The commands of an owner to its listener.

use std::time::Duration;

use crate::{page_url::PageUrl, table::PendingCallback, time::Instant, token::LinkToken};

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
}
