//! The configuration of a listener, and the reasons why it cannot start.

use std::{io, sync::Arc};

use crate::{
    counters::CallbackCounters, page::Pages, redirect_uri::RedirectUri, return_links::ReturnLinks,
};

/// What a listener is started with. Every field has a default.
#[derive(Clone, Debug)]
pub struct ListenerConfig {
    /// The redirect URIs that are registered with the service; the listener takes the first whose
    /// port is free. None: any free port, for services that take any return URL.
    pub redirect_uris: Vec<RedirectUri>,
    /// On a desktop: callbacks come as these links, which the owner hands to
    /// [`Listener::receive`](crate::Listener::receive). The redirect URIs are unused then.
    pub return_links: Option<ReturnLinks>,
    /// On a desktop: whether the listener opens a port, which its one-time links need. A program
    /// that shows the service's page itself needs none, if it has [`return_links`](Self::return_links).
    pub opens_port: bool,
    /// In a browser: the return page, as a URL relative to the program's page or as a whole one, on
    /// the program's own origin. Unused on a desktop.
    pub return_page: String,
    /// In a browser, for a program without a return page: the origin of the service, such as
    /// `https://service.example`. The messages that its page posts are the callbacks then. A parser
    /// gets them as JSON, or as the text that was posted. `None`: the return page is used.
    ///
    /// The service must be told no return URL. Unused on a desktop.
    pub service_origin: Option<String>,
    /// Where connections and refusals are counted.
    pub counters: Arc<CallbackCounters>,
    /// What the user reads.
    pub pages: Pages,
    /// The service's name, for log lines.
    pub service: &'static str,
    /// The target of log lines.
    pub log_target: &'static str,
    /// The name of the listener's thread.
    pub thread_name: &'static str,
}

impl Default for ListenerConfig {
    fn default() -> Self {
        Self {
            redirect_uris: Vec::new(),
            return_links: None,
            opens_port: true,
            return_page: "return.html".to_owned(),
            service_origin: None,
            counters: Arc::default(),
            pages: Pages::default(),
            service: "the service",
            log_target: "callback_listener",
            thread_name: "callback",
        }
    }
}

/// Why no listener could be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// No callback can reach the program here: it runs in wasm, but not in a page.
    #[error("no callback can reach a program on this platform yet")]
    Unsupported,
    /// The return page is not on the program's own origin, or its URL cannot be read.
    #[error("the return page {0} is not on the origin of this page")]
    ReturnPage(String),
    /// No message of the service can reach the program: its page is isolated from other windows
    /// (COOP and COEP). A return page works there.
    #[error("this page is isolated from other windows, so no message of theirs reaches it")]
    Isolated,
    /// There is no port on the loopback address.
    #[error("no port on the loopback address: {0}")]
    Bind(#[source] io::Error),
    /// None of the redirect URIs' ports is free. The text names each with its reason.
    #[error("none of the redirect URIs' ports is free: {0}")]
    Ports(String),
    /// The system has no poll queue left.
    #[error("no poll queue: {0}")]
    Poll(#[source] io::Error),
    /// The system has no thread left.
    #[error("no thread: {0}")]
    Thread(#[source] io::Error),
}

/// The listener has failed; its [`Lost`](crate::CallbackEvent::Lost) event says why.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the callback listener has stopped")]
pub struct ListenerGone;
