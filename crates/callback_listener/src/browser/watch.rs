//! Watches a window of the program: whether its page says hello, and whether the user closes it.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
    time::Duration,
};

use js_sys::Reflect;
use web_sys::Window;

use super::{
    blank::note_closed,
    bridge::{GRACE, lead},
    events::Timer,
    greetings::{has_greeted, was_sent_on},
    opened,
    return_page::find_return_page,
};
use crate::link::OneTimeLink;

/// How often a window is looked at. Browsers slow down the timers of hidden pages to this.
const LOOK: Duration = Duration::from_secs(1);

/// What happens to a window of the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum WindowEvent {
    /// The window is open, or a window that was open follows the link.
    Opened,
    /// The browser opened no window; see [`PopupBlocked`](super::PopupBlocked).
    Blocked,
    /// The user has closed the window. It is not known for every window: an opener policy (COOP)
    /// hides it.
    Closed,
    /// The return page is not there, or is of another version. The window is closed.
    ReturnPageMissing,
}

/// What receives the events of a window.
pub(super) type Notify = Rc<dyn Fn(WindowEvent)>;

/// Watches a window, until it is dropped.
pub(super) struct Watch(Rc<Watched>);

/// Watches a frame of the program's page, until it is dropped. See [`watch_frame`].
pub struct FrameWatch(#[allow(dead_code, reason = "dropping it ends the watch")] Watch);

impl std::fmt::Debug for FrameWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FrameWatch").finish_non_exhaustive()
    }
}

/// Accepts messages of a frame in which the program has opened `link`, and watches for the return
/// page there. `window` is the frame's. A program without a return page leaves the frame blank.
///
/// Calls `notify` with [`WindowEvent::ReturnPageMissing`] at most. The program shows the frame's
/// close button, and removes the frame.
pub fn watch_frame(
    window: Window,
    link: &OneTimeLink,
    notify: impl Fn(WindowEvent) + 'static,
) -> FrameWatch {
    opened::remember(window.clone());
    lead(&window, link);
    FrameWatch(Watch::start(window, link, true, Rc::new(notify)))
}

struct Watched {
    window: Window,
    link: OneTimeLink,
    is_frame: bool,
    notify: Notify,
    last: Cell<Sight>,
    seen: Cell<Seen>,
    /// Whether the return page was fetched to see whether it is there.
    has_fetched: Cell<bool>,
    timer: RefCell<Option<Timer>>,
}

/// Where the window was seen open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Nowhere,
    OnReturnPage,
    OnOtherSite,
}

/// What can be seen of a window now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sight {
    /// The first page is still loading.
    Loading,
    /// A whole page of the program's own site.
    OwnPage,
    /// A page of another site, or the browser's own error page.
    Foreign,
    /// Closed, or cut off by an opener policy.
    Closed,
}

impl Watch {
    pub(super) fn start(
        window: Window,
        link: &OneTimeLink,
        is_frame: bool,
        notify: Notify,
    ) -> Self {
        let watched = Rc::new(Watched {
            window,
            link: link.clone(),
            is_frame,
            notify,
            last: Cell::new(Sight::Loading),
            seen: Cell::new(Seen::Nowhere),
            has_fetched: Cell::new(false),
            timer: RefCell::new(None),
        });
        watched.look_after(LOOK);
        Self(watched)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.timer.take();
    }
}

impl Watched {
    fn look_after(self: &Rc<Self>, wait: Duration) {
        let watched = Rc::downgrade(self);
        let timer = web_sys::window().and_then(|window| {
            Timer::start(&window, wait, move || {
                if let Some(watched) = Weak::upgrade(&watched) {
                    watched.look();
                }
            })
        });
        self.timer.replace(timer);
    }

    fn look(self: &Rc<Self>) {
        let sight = sight(&self.window);
        note_closed();
        // Without a return page no window says hello.
        let has_greeted = has_greeted(self.link.token());
        let is_second = self.last.replace(sight) == sight;
        self.timer.take();
        match sight {
            Sight::Closed if self.is_closed_by_user() => {
                return match is_second {
                    true => (self.notify)(WindowEvent::Closed),
                    // Its last message may be in the queue.
                    false => self.look_after(GRACE),
                };
            }
            // It was cut off: nothing else will be seen.
            Sight::Closed if has_greeted || self.has_fetched.get() => return,
            _ if has_greeted && self.is_frame => return,
            Sight::Foreign => self.seen.set(Seen::OnOtherSite),
            Sight::OwnPage if has_greeted => self.seen.set(Seen::OnReturnPage),
            Sight::OwnPage if is_second => return self.end_without_page(),
            Sight::OwnPage | Sight::Loading | Sight::Closed => {}
        }
        let is_hidden = matches!(sight, Sight::Foreign | Sight::Closed);
        let may_be_missing = is_hidden && is_second && !has_greeted && !self.link.is_blank();
        if may_be_missing && !self.has_fetched.replace(true) {
            self.fetch_page();
        }
        self.look_after(LOOK);
    }

    /// Returns whether a window that counts as closed was closed by the user, as far as that can be
    /// known.
    fn is_closed_by_user(&self) -> bool {
        match self.seen.get() {
            Seen::Nowhere => false,
            // The service's page may have cut it off meanwhile.
            Seen::OnReturnPage => !was_sent_on(self.link.token()),
            Seen::OnOtherSite => true,
        }
    }

    /// Fetches the return page. A window shows a browser's own page for a response without a text,
    /// and for no connection; only the first means that the page is missing.
    fn fetch_page(self: &Rc<Self>) {
        let watched = Rc::downgrade(self);
        find_return_page(&self.link, move |is_there| {
            if let Some(watched) = Weak::upgrade(&watched)
                && !is_there
                && !has_greeted(watched.link.token())
            {
                watched.timer.take();
                watched.end_without_page();
            }
        });
    }

    fn end_without_page(&self) {
        if !self.is_frame {
            // It fails for a window that was cut off.
            _ = self.window.close();
        }
        (self.notify)(WindowEvent::ReturnPageMissing);
    }
}

fn sight(window: &Window) -> Sight {
    if window.closed().unwrap_or(true) {
        return Sight::Closed;
    }
    let Ok(url) = window.location().href() else {
        return Sight::Foreign;
    };
    let state = Reflect::get(window, &"document".into())
        .and_then(|document| Reflect::get(&document, &"readyState".into()));
    match state {
        Ok(state) if url != "about:blank" && state == "complete" => Sight::OwnPage,
        _ => Sight::Loading,
    }
}
