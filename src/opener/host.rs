//! [`PageHost`]: a window of the game's own for OK's page, and [`OkPage`], what it gets.

use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use callback_listener::{PageUrl, Receipt, ReturnLinks, ReturnToken};
#[cfg(feature = "webview")]
use zeroize::Zeroizing;

use super::{OpenError, PageEvent};
use crate::platform;
use crate::request::callback::CallbackListener;

/// Shows OK's pages inside of the game: a webview, an engine of the game's own, a browser view of
/// the platform. See [`OdnoklassnikiPlugin::with_page_host`](crate::OdnoklassnikiPlugin::with_page_host).
///
/// A host gets the signed URL in memory, with the player's token in it. Keep it out of arguments,
/// environment variables, files and logs: other programs can read those. A host that only starts
/// another program with a link is an [`Opener`](crate::Opener).
///
/// The host watches where its view goes. Before it loads a URL for which
/// [`OkPage::is_return`] is true, it stops, and hands the whole URL to [`OkPage::returned`].
///
/// ```
/// use std::sync::mpsc::Sender;
/// use bevy_odnoklassniki::{OkPage, OpenError, PageHost};
///
/// /// The thread of the game's engine shows what comes through this channel.
/// struct Engine(Sender<OkPage>);
///
/// impl PageHost for Engine {
///     fn open(&self, page: OkPage) -> Result<(), OpenError> {
///         let gone = |_| OpenError::new("the engine's thread has ended");
///         self.0.send(page).map_err(gone)
///     }
/// }
///
/// /// The engine is about to load `url` in the view of `page`. Returns whether it may.
/// fn may_load(page: &OkPage, url: &str) -> bool {
///     if !page.is_return(url) {
///         return true;
///     }
///     if page.returned(url) {
///         // Close the window and drop the page.
///     }
///     false
/// }
/// ```
pub trait PageHost: Send + Sync + 'static {
    /// Shows `page`. The plugin calls it on the thread `ok-opener`, so it may block, also for as
    /// long as the page is open: then call [`OkPage::shown`].
    ///
    /// `Ok` means that a window appears, or has appeared. Dropping the page means that it is closed.
    ///
    /// # Errors
    ///
    /// Returns why the page cannot be shown. The request ends as
    /// [`CannotOpen`](crate::RequestErrorKind::CannotOpen), or goes on in the player's browser, if
    /// the error is [`OpenError::use_browser`].
    fn open(&self, page: OkPage) -> Result<(), OpenError>;

    /// Notes that the player has logged out ([`RequestLogout`](crate::RequestLogout)). A host whose
    /// view keeps cookies, storage or a cache of OK's pages forgets them here. Otherwise the next
    /// player at this computer is logged in to OK as the one before.
    ///
    /// The plugin calls it on a thread of its own, and it may block. All pages are
    /// [over](OkPage::is_over) by then, though their windows may still be closing. The next page
    /// opens when it has returned, and belongs to the next player. The end of the game waits for it,
    /// at most 200 ms: what takes longer must be done before the next page of a later run loads.
    ///
    /// The default does nothing: it is for a view that keeps nothing, and for one that shares the
    /// cookies of the player's browser.
    fn log_out(&self) {}
}

/// A page of OK that a [`PageHost`] shows. It belongs to one request, and dropping it says that the
/// page is closed.
///
/// `Debug` shows no URL.
pub struct OkPage {
    url: Arc<PageUrl>,
    return_links: ReturnLinks,
    return_token: ReturnToken,
    listener: Weak<CallbackListener>,
    send: Box<dyn Fn(PageEvent) + Send + Sync>,
    life: Arc<PageLife>,
}

/// What the plugin and the host share about a page.
#[derive(Default)]
pub(crate) struct PageLife(Mutex<Life>);

#[derive(Default)]
struct Life {
    /// Whether `PageHost::open` has returned. Until then a dropped page may mean that it failed.
    is_open: bool,
    /// Whether the host has dropped the page.
    is_dropped: bool,
    is_over: bool,
    on_over: Vec<Box<dyn FnOnce() + Send>>,
}

/// What a page is made of.
pub(crate) struct HostedPage {
    pub(crate) url: Arc<PageUrl>,
    pub(crate) return_links: ReturnLinks,
    pub(crate) return_token: ReturnToken,
    pub(crate) listener: Weak<CallbackListener>,
}

impl OkPage {
    /// Returns the URL to show. It holds the player's token: keep it in memory.
    #[must_use]
    pub fn url(&self) -> &PageUrl {
        &self.url
    }

    /// Returns whether this is the URL to which OK sends the player back: scheme, host and path
    /// character by character, and the secret of this request. Do not load it.
    #[must_use]
    pub fn is_return(&self, url: &str) -> bool {
        let link = self.return_links.parse(url);
        link.is_some_and(|link| self.return_token.matches(link.token().expose()))
    }

    /// Returns the URLs of which one, with anything behind it, is the return: for a view that asks
    /// nobody before it stops.
    #[cfg(feature = "webview")]
    pub(crate) fn return_urls(&self) -> [Zeroizing<String>; 2] {
        let redirect_uri = self.return_links.redirect_uri().to_owned();
        [
            self.return_links.return_url(&self.return_token),
            Zeroizing::new(redirect_uri),
        ]
    }

    /// Notes that the player sees the page: [`RequestOpened`](crate::RequestOpened) follows, unless
    /// `open` has returned already.
    pub fn shown(&self) {
        (self.send)(PageEvent::Opened);
    }

    /// Takes the URL to which OK sends the player back, with its whole query and fragment. Returns
    /// whether that ended the request: close the window then.
    ///
    /// It is `false` for another URL ([`is_return`](Self::is_return)), after the first return, for a
    /// request that has ended, and for a return that is no callback: the request goes on then.
    pub fn returned(&self, url: &str) -> bool {
        let link = self.return_links.parse(url);
        let own = link.filter(|link| self.return_token.matches(link.token().expose()));
        let Some(link) = own.filter(|_| !self.is_over()) else {
            return false;
        };
        // `None`: the listener's thread is slow. Its event comes before that of the closed page.
        let listener = self.listener.upgrade();
        let receipt = listener.map_or(Some(Receipt::Unknown), |listener| listener.receive(link));
        let is_taken = matches!(receipt, Some(Receipt::Done(_)) | None);
        if is_taken {
            self.life.end_by_host();
        }
        is_taken
    }

    /// Notes that the player has closed the page, as dropping it does: the request ends as
    /// [`Cancelled`](crate::Outcome::Cancelled) by the player.
    pub fn closed(self) {
        self.send_unless_over(PageEvent::Cancelled);
    }

    /// Notes that the view has failed, by its own fault or the system's: the request ends as
    /// [`PageLost`](crate::RequestErrorKind::PageLost). The plugin logs `why`: keep URLs out of it.
    pub fn lost(self, why: impl Into<String>) {
        self.send_unless_over(PageEvent::Lost(why.into()));
    }

    /// Returns whether the request has ended, or its page was opened anew: close the window.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.life.lock().is_over
    }

    /// Calls `notify` once when the page is [over](Self::is_over), or at once if it is: it has the
    /// host's own thread close the window.
    ///
    /// The plugin calls it in a frame, or when the game ends, so it must not block.
    pub fn on_over(&self, notify: impl FnOnce() + Send + 'static) {
        let mut life = self.life.lock();
        if !life.is_over {
            return life.on_over.push(Box::new(notify));
        }
        drop(life);
        notify();
    }

    /// Sends how the page ended, once. After that, nothing else counts.
    fn send_unless_over(&self, event: PageEvent) {
        if !self.life.end_by_host() {
            (self.send)(event);
        }
    }
}

impl Drop for OkPage {
    fn drop(&mut self) {
        let mut life = self.life.lock();
        life.is_dropped = true;
        life.on_over.clear();
        if life.is_open {
            drop(life);
            self.send_unless_over(PageEvent::Cancelled);
        }
    }
}

impl fmt::Debug for OkPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OkPage").finish_non_exhaustive()
    }
}

impl PageLife {
    fn lock(&self) -> MutexGuard<'_, Life> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the page for the host, and notifies it.
    pub(crate) fn end(&self) {
        let mut life = self.lock();
        life.is_over = true;
        let on_over = core::mem::take(&mut life.on_over);
        drop(life);
        on_over.into_iter().for_each(|notify| notify());
    }

    /// Ends the page. The host knows it. Returns whether it was over before.
    fn end_by_host(&self) -> bool {
        let mut life = self.lock();
        life.on_over.clear();
        core::mem::replace(&mut life.is_over, true)
    }

    /// Notes that `PageHost::open` has returned. Returns whether the host has dropped the page
    /// meanwhile.
    fn opened(&self) -> bool {
        let mut life = self.lock();
        life.is_open = true;
        life.is_dropped
    }
}

/// Has the host show a page, on a thread of its own. Calls `send` for each event. Returns what ends
/// the page.
pub(crate) fn open_in_host(
    host: Arc<dyn PageHost>,
    page: HostedPage,
    wait: impl FnOnce() + Send + 'static,
    send: impl Fn(PageEvent) + Clone + Send + Sync + 'static,
) -> Arc<PageLife> {
    let life = Arc::<PageLife>::default();
    let page = OkPage {
        url: page.url,
        return_links: page.return_links,
        return_token: page.return_token,
        listener: page.listener,
        send: Box::new(send.clone()),
        life: Arc::clone(&life),
    };
    let opening = Arc::clone(&life);
    let otherwise = || PageEvent::CannotOpen(OpenError::new("the host ended without a result"));
    platform::run("ok-opener", send, otherwise, move || {
        wait();
        match host.open(page) {
            Err(error) => PageEvent::CannotOpen(error),
            // Over already if the request has ended: then the event changes nothing.
            Ok(()) if opening.opened() => PageEvent::Cancelled,
            Ok(()) => PageEvent::Opened,
        }
    });
    life
}
