use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};

use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::{Delivered, OkDeepLinks, OkPage, PageHost, RequestErrorKind};

use super::{OpenPages, lock};
use crate::test_host::{game_with, invite, outcome, receive, return_link};

/// A browser that is another program. The test sees the URL.
struct Browser {
    pages: OpenPages,
    urls: Mutex<Sender<String>>,
}

impl PageHost for Browser {
    fn open(&self, page: OkPage) -> Result<(), OpenError> {
        self.pages.open(page, |url| {
            let urls = self.urls.lock().expect("no panic");
            urls.send(url.to_owned())
                .map_err(|_| OpenError::new("the test is over"))
        })
    }
}

#[test]
fn a_page_is_kept_until_the_link_of_its_request_comes() {
    let (sender, urls) = channel();
    let pages = OpenPages::default();
    let kept = pages.0.clone();
    let mut game = game_with(Browser {
        pages,
        urls: Mutex::new(sender),
    });
    let id = invite(&mut game);
    let link = return_link(&receive(&urls));
    game.run_until("the page to be open", |kit| {
        kit.messages.opened.first().map(|_| ())
    });
    game.update();
    assert_eq!(lock(&kept).open.len(), 1);
    assert_eq!(game.messages.finished(), 0, "nobody knows how it goes on");

    let links = game.app.world().resource::<OkDeepLinks>().clone();
    assert_eq!(links.deliver(&link), Delivered::Taken);
    assert_eq!(outcome(&mut game, id), ("completed", None));
    assert_eq!(lock(&kept).open.len(), 0);
    assert_eq!(links.deliver(&link), Delivered::TooLate);
}

#[test]
fn a_page_is_dropped_when_the_game_cancels_its_request() {
    let (sender, urls) = channel();
    let pages = OpenPages::default();
    let kept = pages.0.clone();
    let mut game = game_with(Browser {
        pages,
        urls: Mutex::new(sender),
    });
    let id = invite(&mut game);
    let _ = receive(&urls);
    game.write(CancelRequest { id });
    assert_eq!(outcome(&mut game, id), ("cancelled", None));
    game.run_until("the page to be dropped", |_| {
        lock(&kept).open.is_empty().then_some(())
    });
}

#[test]
fn a_browser_that_does_not_start_ends_the_request() {
    let (sender, urls) = channel();
    drop(urls);
    let pages = OpenPages::default();
    let kept = pages.0.clone();
    let mut game = game_with(Browser {
        pages,
        urls: Mutex::new(sender),
    });
    let id = invite(&mut game);
    let cannot_open = Some(RequestErrorKind::CannotOpen);
    assert_eq!(outcome(&mut game, id), ("failed", cannot_open));
    assert_eq!(lock(&kept).open.len(), 0);
}
