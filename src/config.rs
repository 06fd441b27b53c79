//! The plugin's configuration, from before the app runs.

use core::time::Duration;
use std::sync::Arc;

use bevy_app::App;
use callback_listener::RedirectUri;
use odnoklassniki::FieldError;
use odnoklassniki::Hosts;

use crate::capabilities::OkCapabilities;
use crate::credentials::AppCredentials;
use crate::deep_links::OkDeepLinks;
use crate::opener::{BlockedPopup, Opener, PageHost, WebWindow};
use crate::platform;
use crate::request::{DEFAULT_TIMEOUT, RequestLogin};
use crate::return_links::ReturnLinks;
use crate::session::{SessionData, SessionStore};
use crate::wake::AppWaker;

/// Inserts something into the app.
type Insert = Box<dyn FnOnce(&mut App) + Send>;

/// What goes into the app. The plugin lives as long as the app, so it gives all of this away: a
/// session that the game replaces is then wiped.
pub(crate) struct Setup {
    pub(crate) credentials: AppCredentials,
    pub(crate) config: Config,
    pub(crate) session: Option<SessionData>,
    /// Other resources to insert.
    pub(crate) insert: Vec<Insert>,
}

/// How long a signing backend may take by default.
const SIGNING_TIMEOUT: Duration = Duration::from_secs(15);

/// Where the return page is: every tool for Bevy on the web serves `assets/`.
const RETURN_PAGE_URL: &str = "assets/odnoklassniki.html";

/// The driver's settings.
pub(crate) struct Config {
    pub(crate) capabilities: OkCapabilities,
    /// The game's opener, in place of the default one.
    pub(crate) opener: Option<Arc<dyn Opener>>,
    /// Shows the pages inside of the game. `None` on the web.
    pub(crate) page_host: Option<Arc<dyn PageHost>>,
    /// The links by which callbacks come, in place of a port. `None` on the web.
    pub(crate) return_links: Option<ReturnLinks>,
    /// Takes those links from the game.
    pub(crate) deep_links: OkDeepLinks,
    pub(crate) web_window: WebWindow,
    pub(crate) blocked_popup: BlockedPopup,
    pub(crate) timeout: Duration,
    pub(crate) signing_timeout: Duration,
    /// Whether a page opens before a backend has signed its URL: a browser opens a window only in
    /// the frame of the click.
    pub(crate) opens_unsigned: bool,
    pub(crate) hosts: Hosts,
    pub(crate) wake: Option<AppWaker>,
    /// The login's redirect URIs, or what is wrong with one of them.
    pub(crate) redirect_uris: Result<Vec<RedirectUri>, FieldError>,
    /// The web's return page, relative to the game's page. `None`: OK's messages to the game's page
    /// are the callbacks. Other platforms always have one.
    pub(crate) return_page: Option<String>,
    /// Makes the login for requests that have no session.
    pub(crate) automatic_login: Option<Arc<dyn Fn() -> RequestLogin + Send + Sync>>,
    /// The runtime takes it in the first frame.
    pub(crate) store: Option<Arc<dyn SessionStore>>,
    /// Keeps what is pending for the next run of the game. `None` on the web.
    pub(crate) pending_store: Option<Arc<dyn SessionStore>>,
    /// Why no request can work, if something failed before the app ran.
    pub(crate) setup_error: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            capabilities: OkCapabilities::default(),
            opener: None,
            page_host: None,
            return_links: None,
            deep_links: OkDeepLinks::default(),
            web_window: WebWindow::default(),
            blocked_popup: BlockedPopup::default(),
            timeout: DEFAULT_TIMEOUT,
            signing_timeout: SIGNING_TIMEOUT,
            opens_unsigned: platform::OPENS_UNSIGNED,
            hosts: Hosts::default(),
            wake: None,
            redirect_uris: Ok(Vec::new()),
            return_page: Some(RETURN_PAGE_URL.to_owned()),
            automatic_login: None,
            store: None,
            pending_store: None,
            setup_error: None,
        }
    }
}

impl Config {
    /// Sets the web's return page, or that there is none, and what can be done then.
    pub(crate) fn set_return_page(&mut self, url: Option<String>) {
        self.return_page = url;
        self.update_capabilities();
    }

    /// Sets the game's page host, where a game can have one.
    pub(crate) fn set_page_host(&mut self, host: Arc<dyn PageHost>) {
        if !platform::HAS_RETURN_PAGE {
            self.page_host = Some(host);
            let links = self.return_links.take().unwrap_or_default();
            self.set_return_links(links);
        }
    }

    /// Sets the links by which callbacks come, where they can come so.
    pub(crate) fn set_return_links(&mut self, links: ReturnLinks) {
        if !platform::HAS_RETURN_PAGE {
            self.deep_links.set_links(links.checked().ok());
            self.return_links = Some(links);
            self.update_capabilities();
        }
    }

    fn update_capabilities(&mut self) {
        // On phones only links reach the game.
        let has_callbacks = platform::HAS_CALLBACKS || self.return_links.is_some();
        self.capabilities = OkCapabilities::new(has_callbacks, self.return_page.is_some());
    }

    pub(crate) fn set_redirect_uris(&mut self, uris: impl Iterator<Item = String>) {
        self.redirect_uris = uris.map(|uri| redirect_uri(&uri)).collect();
    }

    /// Returns whether a page opens before a backend has signed its URL. In place of the game it
    /// cannot wait.
    pub(crate) fn opens_unsigned(&self) -> bool {
        self.opens_unsigned && self.web_window != WebWindow::Page
    }

    /// Makes a sleeping app run another frame.
    pub(crate) fn wake_app(&self) {
        if let Some(wake) = &self.wake {
            wake.wake();
        }
    }
}

fn redirect_uri(uri: &str) -> Result<RedirectUri, FieldError> {
    uri.parse()
        .map_err(|problem: callback_listener::InvalidRedirectUri| {
            let remedy =
                "give a URI as it is registered with OK, of the form http://127.0.0.1:17811/login";
            FieldError::new("redirect_uri", problem.to_string(), remedy)
        })
}
