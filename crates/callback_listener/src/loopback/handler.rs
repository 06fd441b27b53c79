//! The response to a complete request.
//!
//! The order of the checks is fixed: `Host`, methods that no path has, form of the target, path,
//! token, and then the rest. So a client without a token learns no more than a 404.

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

use super::{address::BoundAddress, head::Head, response::Response};
use crate::{
    config::ListenerConfig,
    counters::{CallbackCounters, RefusedCallback},
    page::{Page, Pages},
    return_links::ReturnLink,
    table::{CallbackEvent, CallbackTable, Notify, Receipt, Visit},
    texts::Texts,
    time::Instant,
};

/// The most lines that the log has about errors without `state`: any page can lead a browser here.
const MAX_WARNINGS: u64 = 16;
/// The longest name of such an error that is logged.
const MAX_ERROR_NAME: usize = 64;

/// Responds to requests: the listener without sockets, thread or clock.
pub struct Handler<Id, T> {
    table: CallbackTable<Id, T>,
    notify: Box<dyn FnMut(CallbackEvent<Id, T>) -> bool + Send>,
    receiver_gone: bool,
    address: BoundAddress,
    pub(super) counters: Arc<CallbackCounters>,
    pages: Pages,
    service: &'static str,
    pub(super) log_target: &'static str,
}

/// What to do after the head.
pub(super) enum Decision {
    /// Respond now.
    Respond(Response),
    /// Read the fragment first.
    Fragment(Fragment),
}

/// A posted fragment that is still to come.
pub(super) struct Fragment {
    token: Zeroizing<String>,
    texts: &'static Texts,
    /// Its length in bytes, at most 16 KiB.
    pub(super) length: usize,
}

/// A refusal on the way, with the language once it is known.
struct Refusal(RefusedCallback, &'static Texts);

/// What a path leads to.
enum Route<'a> {
    /// A one-time link, by its token.
    Link(&'a str),
    /// A return URL, by its token.
    Return(&'a str),
    /// The post of the relay page, by its token.
    Fragment(&'a str),
    /// The redirect URI.
    Redirect,
}

impl<Id: Copy + Eq, T> Handler<Id, T> {
    /// Creates a handler with an empty table. `notify` is the same as for
    /// [`Listener::start`](crate::Listener::start).
    pub fn new(
        address: BoundAddress,
        config: &ListenerConfig,
        notify: impl FnMut(CallbackEvent<Id, T>) -> bool + Send + 'static,
    ) -> Self {
        Self {
            table: CallbackTable::default(),
            notify: Box::new(notify),
            receiver_gone: false,
            address,
            counters: Arc::clone(&config.counters),
            pages: config.pages,
            service: config.service,
            log_target: config.log_target,
        }
    }

    /// Returns the table of pending callbacks.
    pub fn table(&mut self) -> &mut CallbackTable<Id, T> {
        &mut self.table
    }

    /// Ends what is over at `now`.
    pub fn expire(&mut self, now: Instant) {
        self.with_table(|table, notify| table.expire(now, notify));
    }

    /// Delivers an event that does not come from the table.
    pub(super) fn notify(&mut self, event: CallbackEvent<Id, T>) {
        self.receiver_gone |= !(self.notify)(event);
    }

    /// Returns whether the receiver of the events is gone.
    pub(super) fn is_receiver_gone(&self) -> bool {
        self.receiver_gone
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.table.next_deadline()
    }

    fn with_table<R>(
        &mut self,
        act: impl FnOnce(&mut CallbackTable<Id, T>, Notify<'_, Id, T>) -> R,
    ) -> R {
        let Self {
            table,
            notify,
            receiver_gone,
            ..
        } = self;
        act(table, &mut |event| *receiver_gone |= !notify(event))
    }

    /// Returns the texts in the language that the browser asks for.
    pub(super) fn preferred<'a>(
        &self,
        accept_language: impl Iterator<Item = &'a [u8]>,
    ) -> &'static Texts {
        self.pages.preferred(accept_language)
    }

    /// Counts a refusal and logs its reason. Nothing that the client sent is in the line: it could
    /// be a secret, or write a line of its own.
    pub(super) fn count(&self, reason: RefusedCallback) {
        self.counters.count(reason);
        log::debug!(
            target: self.log_target,
            "the callback listener refused a request: {}",
            reason.as_str()
        );
    }

    /// Counts a refusal and responds to it.
    pub(super) fn refuse(&self, reason: RefusedCallback, texts: &Texts) -> Response {
        // The first of a run will do: the browser tries several times.
        if reason == RefusedCallback::Tls && self.counters.refused(reason) == 0 {
            log::warn!(
                target: self.log_target,
                "a browser asked for https at {}, where only plain http is served: register a redirect URI with \
                 127.0.0.1 in place of localhost",
                self.address.origin
            );
        }
        self.count(reason);
        Response::refused(reason, texts)
    }

    /// Receives a callback that came to the owner in another way.
    pub(super) fn deliver(&mut self, callback: &ReturnLink, now: Instant) -> Receipt {
        let mut receipt = Receipt::NotACallback;
        for text in callback.texts() {
            if receipt == Receipt::NotACallback {
                receipt = self.receive(callback.token().expose(), text, now);
            }
        }
        match receipt.completed() {
            Ok(_) => self.counters.count_completed(),
            Err(reason) => self.count(reason),
        }
        receipt
    }

    /// Decides about a complete head.
    pub(super) fn head(&mut self, bytes: &[u8], now: Instant) -> Decision {
        match self.try_head(bytes, now) {
            Ok(decision) => decision,
            Err(Refusal(reason, texts)) => Decision::Respond(self.refuse(reason, texts)),
        }
    }

    fn try_head(&mut self, bytes: &[u8], now: Instant) -> Result<Decision, Refusal> {
        let head = Head::parse(bytes)
            .map_err(|reason| Refusal(reason, self.preferred(std::iter::empty())))?;
        let texts = self.preferred(head.accept_language());
        let refuse = |reason| Refusal(reason, texts);

        let hosts = &self.address.hosts;
        let Some(host) = hosts.iter().find(|host| head.is_exactly("Host", host)) else {
            return Err(refuse(RefusedCallback::WrongHost));
        };
        if !matches!(head.method(), "GET" | "POST") {
            return Ok(self.wrong_method(&head, "GET, POST", texts));
        }
        let (path, query) = head.path_and_query().map_err(refuse)?;
        let route = self.route(path).ok_or(refuse(RefusedCallback::Unknown))?;
        match route {
            Route::Link(token) => {
                if !self.table.has_link(token) {
                    self.with_table(CallbackTable::notify_unknown_token);
                    return Err(refuse(RefusedCallback::Unknown));
                }
                if head.method() != "GET" {
                    return Ok(self.wrong_method(&head, "GET", texts));
                }
                check_navigation(&head).map_err(refuse)?;
                self.visit(token).map(Decision::Respond).map_err(refuse)
            }
            Route::Return(token) => {
                self.check_token(token).map_err(refuse)?;
                if head.method() != "GET" {
                    return Ok(self.wrong_method(&head, "GET", texts));
                }
                check_navigation(&head).map_err(refuse)?;
                Ok(Decision::Respond(self.query(token, query, now, texts)))
            }
            Route::Fragment(token) => {
                let host = host.clone();
                if let Err(reason) = self.check_token(token) {
                    // As a name, for which the script of the relay page shows a text.
                    return Ok(Decision::Respond(self.name(reason, 404, Page::NotFound)));
                }
                if head.method() != "POST" {
                    return Ok(self.wrong_method(&head, "POST", texts));
                }
                let length = check_fragment(&head, &host).map_err(refuse)?;
                Ok(Decision::Fragment(Fragment {
                    token: Zeroizing::new(token.to_owned()),
                    texts,
                    length,
                }))
            }
            Route::Redirect => {
                let token = state(query).map_err(refuse)?;
                // A service may send back an empty one with an error that names no request.
                let token = token.filter(|token| !token.is_empty() || oauth_error(query).is_none());
                if let Some(token) = token {
                    self.check_token(token).map_err(refuse)?;
                }
                if head.method() != "GET" {
                    return Ok(self.wrong_method(&head, "GET", texts));
                }
                check_navigation(&head).map_err(refuse)?;
                Ok(Decision::Respond(match (token, oauth_error(query)) {
                    (Some(token), _) => self.query(token, query, now, texts),
                    (None, Some(name)) => {
                        self.warn_of_error(name);
                        self.refuse(RefusedCallback::NoState, texts)
                    }
                    // The state is behind the `#`, too: every callback of the token flow comes like
                    // this, and nothing is refused.
                    (None, None) => Response::page(200, Page::Relay, texts),
                }))
            }
        }
    }

    fn route<'a>(&self, path: &'a str) -> Option<Route<'a>> {
        if let Some(token) = path.strip_prefix("/go/") {
            Some(Route::Link(token))
        } else if let Some(token) = path.strip_prefix("/r/") {
            Some(Route::Return(token))
        } else if let Some(token) = path.strip_prefix("/f/") {
            Some(Route::Fragment(token))
        } else if self.address.redirect_path.as_deref() == Some(path) {
            Some(Route::Redirect)
        } else {
            None
        }
    }

    /// Responds to a complete body. The token is looked up again: its request may have ended while
    /// the body was on its way.
    pub(super) fn fragment(&mut self, fragment: &Fragment, body: &[u8], now: Instant) -> Response {
        let Ok(text) = std::str::from_utf8(body) else {
            return self.refuse(RefusedCallback::Malformed, fragment.texts);
        };
        match self.receive(&fragment.token, text, now) {
            Receipt::Done(page) => {
                self.counters.count_completed();
                Response::name(200, page)
            }
            Receipt::NotACallback => self.name(RefusedCallback::Nothing, 200, Page::Nothing),
            Receipt::Finished => self.name(RefusedCallback::Finished, 200, Page::AlreadyFinished),
            Receipt::StateMismatch => {
                self.name(RefusedCallback::StateMismatch, 404, Page::NotFound)
            }
            Receipt::Unknown => self.name(RefusedCallback::Unknown, 404, Page::NotFound),
        }
    }

    /// Responds to a callback in a query.
    fn query(&mut self, token: &str, query: &str, now: Instant, texts: &Texts) -> Response {
        match self.receive(token, query, now).completed() {
            Ok(page) => {
                self.counters.count_completed();
                Response::page(200, page, texts)
            }
            Err(reason) => self.refuse(reason, texts),
        }
    }

    fn visit(&mut self, token: &str) -> Result<Response, RefusedCallback> {
        self.with_table(|table, notify| match table.visit(token, notify) {
            Visit::Open(page) => Ok(Response::redirect(page)),
            Visit::OpenLast(page) => Ok(Response::redirect(&page)),
            Visit::NotReady => Err(RefusedCallback::NotReady),
            Visit::Used => Err(RefusedCallback::LinkUsed),
            Visit::Finished => Err(RefusedCallback::Finished),
            Visit::Unknown => Err(RefusedCallback::Unknown),
        })
    }

    fn receive(&mut self, token: &str, text: &str, now: Instant) -> Receipt {
        self.with_table(|table, notify| {
            let receipt = table.receive(token, text, now, notify);
            if receipt == Receipt::Unknown {
                table.notify_unknown_token(notify);
            }
            receipt
        })
    }

    fn check_token(&mut self, token: &str) -> Result<(), RefusedCallback> {
        if self.table.has_return(token) {
            return Ok(());
        }
        self.with_table(CallbackTable::notify_unknown_token);
        Err(RefusedCallback::Unknown)
    }

    /// Names in the log the error of a login that the service does not name.
    fn warn_of_error(&self, name: &str) {
        if self.counters.refused(RefusedCallback::NoState) >= MAX_WARNINGS {
            return;
        }
        // As OAuth errors are spelled: no escape, nothing that writes a line of its own, nothing
        // that could be a token.
        let plain = |byte: u8| byte.is_ascii_lowercase() || b"_-.".contains(&byte);
        let is_plain = name.len() <= MAX_ERROR_NAME && name.bytes().all(plain);
        let name = if is_plain {
            name
        } else {
            "with a name that is not plain"
        };
        log::warn!(
            target: self.log_target,
            "the browser came back with the OAuth error {name} without `state`. It ends no login, because any page could \
             send it. If {service} did: compare the application id and the redirect URIs with the settings on {service}",
            service = self.service,
        );
    }

    fn wrong_method(&self, head: &Head<'_>, allow: &str, texts: &Texts) -> Decision {
        self.count(RefusedCallback::Method);
        Decision::Respond(Response::method(head.method(), allow, texts))
    }

    /// Counts a refusal and responds with the name of a page.
    fn name(&self, reason: RefusedCallback, status: u16, page: Page) -> Response {
        self.count(reason);
        Response::name(status, page)
    }
}

impl<Id, T> fmt::Debug for Handler<Id, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler")
            .field("address", &self.address)
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}

/// Checks the rules for a link, a return URL and the redirect URI: the navigation of a whole tab,
/// without a body.
fn check_navigation(head: &Head<'_>) -> Result<(), RefusedCallback> {
    check_rest(head)?;
    // A script's WebSocket may come without `Sec-Fetch-*` (Chromium's does), but never without its
    // key (RFC 6455, 4.1).
    let is_socket = head.has("Sec-WebSocket-Key");
    if !is_socket
        && head.is_only("Sec-Fetch-Mode", "navigate")
        && head.is_only("Sec-Fetch-Dest", "document")
    {
        Ok(())
    } else {
        Err(RefusedCallback::NotNavigation)
    }
}

/// Checks the rules for a posted fragment, and returns its length: it must come from the listener's
/// page. A privacy setting can make `null` of that page's origin. Then the browser must say that
/// the page is ours: no script can set `Sec-Fetch-Site`, and a page whose origin really is opaque
/// is `cross-site`.
fn check_fragment(head: &Head<'_>, host: &str) -> Result<usize, RefusedCallback> {
    let length = check_rest(head)?;
    let is_named = head.is_exactly("Origin", &format!("http://{host}"))
        && head.is_only("Sec-Fetch-Site", "same-origin");
    let is_vouched_for =
        head.is_exactly("Origin", "null") && head.is_exactly("Sec-Fetch-Site", "same-origin");
    if !is_named && !is_vouched_for {
        return Err(RefusedCallback::WrongOrigin);
    }
    length.ok_or(RefusedCallback::NoLength)
}

/// Checks the rules for all paths: body length, expectations, prefetch.
fn check_rest(head: &Head<'_>) -> Result<Option<usize>, RefusedCallback> {
    let length = head.body_length()?;
    if head.has("Expect") {
        return Err(RefusedCallback::Expectation);
    }
    if head.is_speculative() {
        return Err(RefusedCallback::Prefetch);
    }
    Ok(length)
}

/// Returns the values of a parameter, as they are in a query. A query that went through HTML has
/// `&amp;` for `&`.
fn values<'a>(query: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let pairs = query.split('&').map(|pair| pair.trim_start_matches("amp;"));
    pairs.filter_map(move |pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// Returns the token that came back as `state`. It is made of hex digits, which need no escape.
fn state(query: &str) -> Result<Option<&str>, RefusedCallback> {
    let mut states = values(query, "state");
    let first = states.next();
    if states.next().is_some() {
        Err(RefusedCallback::Malformed)
    } else {
        Ok(first)
    }
}

/// Returns the value of the first `error` that has one.
fn oauth_error(query: &str) -> Option<&str> {
    values(query, "error").find(|name| !name.is_empty())
}
