//! What a complete request is answered with.
//!
//! Checks go in one order, so that nobody without a token learns more than a 404 tells:
//! `Host`, methods that no path has, form of the target, path, token, and only then the rest.

use std::time::Instant;

use zeroize::Zeroizing;

use super::{
    counters::{CallbackCounters, LOG, RefusedCallback},
    head::Head,
    pages::{Lang, Page},
    response::Response,
    routes::{Back, Emit, Reply, Routes, Start, Visit},
    site::Site,
};

/// The most lines that the log has about errors without `state`: any page can lead a browser here.
const MAX_WARNINGS: u64 = 16;
/// The longest name of such an error that is logged.
const MAX_ERROR_NAME: usize = 64;

/// What a connection needs to know of the world.
pub(crate) struct Context<'a, A> {
    /// Who waits for what.
    pub(crate) routes: &'a mut Routes<A>,
    /// Where refusals are counted.
    pub(crate) counters: &'a CallbackCounters,
    /// What the listener answers to.
    pub(crate) site: &'a Site,
    /// Where events go.
    pub(crate) emit: Emit<'a, A>,
}

/// What to do after the head.
pub(crate) enum Decision {
    /// Answer now.
    Respond(Response),
    /// Read the fragment first.
    Fragment(Fragment),
}

/// A posted fragment that is still to come.
pub(crate) struct Fragment {
    token: Zeroizing<String>,
    language: Lang,
    /// Its length in bytes, at most 16 KiB.
    pub(crate) length: usize,
}

/// A refusal on the way, with the language once it is known.
struct Refusal(RefusedCallback, Lang);

enum Place<'a> {
    Go(&'a str),
    Return(&'a str),
    Fragment(&'a str),
    /// The registered redirect address.
    Redirect,
}

impl<A> Context<'_, A> {
    /// Counts a refusal and makes its answer.
    pub(crate) fn refuse(&self, reason: RefusedCallback, language: Lang) -> Response {
        // The first of a run will do: the browser tries several times.
        if reason == RefusedCallback::Tls && self.counters.refused(reason) == 0 {
            log::warn!(
                target: LOG,
                "a browser asked for https at {}, where only plain http is served: register a redirect URI with \
                 127.0.0.1 in place of localhost (docs/troubleshooting.md)",
                self.site.origin
            );
        }
        self.counters.count(reason);
        Response::refused(reason, language)
    }

    /// Decides about a complete head.
    pub(crate) fn head(&mut self, bytes: &[u8], now: Instant) -> Decision {
        match self.try_head(bytes, now) {
            Ok(decision) => decision,
            Err(Refusal(reason, language)) => Decision::Respond(self.refuse(reason, language)),
        }
    }

    fn try_head(&mut self, bytes: &[u8], now: Instant) -> Result<Decision, Refusal> {
        let head = Head::parse(bytes).map_err(|reason| Refusal(reason, Lang::default()))?;
        let language = head.language();
        let refuse = |reason| Refusal(reason, language);

        let host = self
            .site
            .hosts
            .iter()
            .find(|host| head.is_exactly("Host", host));
        let host = host.ok_or(refuse(RefusedCallback::WrongHost))?;
        if !matches!(head.method, "GET" | "POST") {
            return Ok(self.wrong_method(&head, "GET, POST", language));
        }
        let (path, query) = head.target().map_err(refuse)?;
        let place = if let Some(token) = path.strip_prefix("/go/") {
            Place::Go(token)
        } else if let Some(token) = path.strip_prefix("/r/") {
            Place::Return(token)
        } else if let Some(token) = path.strip_prefix("/f/") {
            Place::Fragment(token)
        } else if self.site.redirect_path.as_deref() == Some(path) {
            Place::Redirect
        } else {
            return Err(refuse(RefusedCallback::Unknown));
        };

        match place {
            Place::Go(token) => {
                let start = self.routes.find_start(token);
                if start == Start::Unknown {
                    self.routes.unknown_token(self.emit);
                    return Err(refuse(RefusedCallback::Unknown));
                }
                if head.method != "GET" {
                    return Ok(self.wrong_method(&head, "GET", language));
                }
                check_navigation(&head).map_err(refuse)?;
                Ok(Decision::Respond(self.visit(start, language)))
            }
            Place::Return(token) => {
                let back = self.known_back(token).map_err(refuse)?;
                if head.method != "GET" {
                    return Ok(self.wrong_method(&head, "GET", language));
                }
                check_navigation(&head).map_err(refuse)?;
                Ok(Decision::Respond(self.returned(back, query, now, language)))
            }
            Place::Fragment(token) => {
                if let Err(reason) = self.known_back(token) {
                    // In a word, which the script of the relay page can show.
                    return Ok(Decision::Respond(self.count(reason, 404, Page::NotFound)));
                }
                if head.method != "POST" {
                    return Ok(self.wrong_method(&head, "POST", language));
                }
                let length = check_fragment(&head, host).map_err(refuse)?;
                Ok(Decision::Fragment(Fragment {
                    token: Zeroizing::new(token.to_owned()),
                    language,
                    length,
                }))
            }
            Place::Redirect => {
                let token = state(query).map_err(refuse)?;
                // OK may hand back an empty one with an error that names no request.
                let token = token.filter(|token| !token.is_empty() || oauth_error(query).is_none());
                let back = token
                    .map(|token| self.known_back(token))
                    .transpose()
                    .map_err(refuse)?;
                if head.method != "GET" {
                    return Ok(self.wrong_method(&head, "GET", language));
                }
                check_navigation(&head).map_err(refuse)?;
                Ok(Decision::Respond(match (back, oauth_error(query)) {
                    (Some(back), _) => self.returned(back, query, now, language),
                    (None, Some(name)) => {
                        self.warn_of_error(name);
                        self.refuse(RefusedCallback::NoState, language)
                    }
                    // The state is behind the `#`, too: so comes every answer of the token flow,
                    // and nothing is refused.
                    (None, None) => Response::page(200, Page::Relay, language),
                }))
            }
        }
    }

    /// Decides about a complete body. The token is looked up again: its request may have ended
    /// while the body was on its way.
    pub(crate) fn fragment(&mut self, fragment: &Fragment, body: &[u8], now: Instant) -> Response {
        let Ok(raw) = std::str::from_utf8(body) else {
            return self.refuse(RefusedCallback::Malformed, fragment.language);
        };
        let back = match self.known_back(&fragment.token) {
            Ok(back) => back,
            Err(reason) => return self.count(reason, 404, Page::NotFound),
        };
        let reply = match back {
            Back::Live(_) if raw.is_empty() => Reply::Unrecognized,
            _ => self.routes.answer(back, raw, now, self.emit),
        };
        match reply {
            Reply::Answered(page) => {
                self.counters.count_answer();
                Response::name(200, page)
            }
            Reply::Unrecognized => self.count(RefusedCallback::Nothing, 200, Page::Nothing),
            Reply::Finished => self.count(RefusedCallback::Finished, 200, Page::AlreadyFinished),
            Reply::Stranger => self.count(RefusedCallback::Stranger, 404, Page::NotFound),
            Reply::Unknown => self.count(RefusedCallback::Unknown, 404, Page::NotFound),
        }
    }

    fn visit(&mut self, start: Start, language: Lang) -> Response {
        let reason = match self.routes.visit(start, self.emit) {
            Visit::Redirect(target) => return Response::redirect(target),
            Visit::Redirected(target) => return Response::redirect(&target),
            Visit::NotReady => RefusedCallback::NotReady,
            Visit::Used => RefusedCallback::LinkUsed,
            Visit::Finished => RefusedCallback::Finished,
            Visit::Unknown => RefusedCallback::Unknown,
        };
        self.refuse(reason, language)
    }

    fn returned(&mut self, back: Back, query: &str, now: Instant, language: Lang) -> Response {
        let reply = match back {
            Back::Live(_) if query.is_empty() => Reply::Unrecognized,
            _ => self.routes.answer(back, query, now, self.emit),
        };
        let reason = match reply {
            Reply::Answered(page) => {
                self.counters.count_answer();
                return Response::page(200, page, language);
            }
            // The answer may stand behind the `#`, which only a script can see.
            Reply::Unrecognized => RefusedCallback::Nothing,
            Reply::Finished => RefusedCallback::Finished,
            Reply::Stranger => RefusedCallback::Stranger,
            Reply::Unknown => RefusedCallback::Unknown,
        };
        self.refuse(reason, language)
    }

    fn known_back(&mut self, token: &str) -> Result<Back, RefusedCallback> {
        match self.routes.find_back(token) {
            Back::Unknown => {
                self.routes.unknown_token(self.emit);
                Err(RefusedCallback::Unknown)
            }
            back => Ok(back),
        }
    }

    /// Names in the log what OK says of a login that it does not name.
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
            target: LOG,
            "the browser came back with the OAuth error {name} without `state`. It ends no login, because any page could \
             send it. If OK did: compare the application id and the redirect URIs with the settings on OK"
        );
    }

    fn wrong_method(&self, head: &Head<'_>, allow: &str, language: Lang) -> Decision {
        self.counters.count(RefusedCallback::Method);
        Decision::Respond(Response::method(head.method, allow, language))
    }

    fn count(&self, reason: RefusedCallback, status: u16, page: Page) -> Response {
        self.counters.count(reason);
        Response::name(status, page)
    }
}

/// The rules for `/go`, `/r` and the redirect address: the navigation of a whole tab, and no body
/// we would have to read.
fn check_navigation(head: &Head<'_>) -> Result<(), RefusedCallback> {
    check_rest(head)?;
    // A script's WebSocket may come without `Sec-Fetch-*` (Chromium's does), but never without its
    // key (RFC 6455, 4.1).
    let socket = head.has("Sec-WebSocket-Key");
    if !socket
        && head.is_only("Sec-Fetch-Mode", "navigate")
        && head.is_only("Sec-Fetch-Dest", "document")
    {
        Ok(())
    } else {
        Err(RefusedCallback::NotNavigation)
    }
}

/// The rules for `/f`: posted by our own page, with a length. A privacy setting can make `null` of
/// that page's origin. Then the browser must say itself that the page is ours: no script can set
/// `Sec-Fetch-Site`, and a page whose origin really is opaque is `cross-site`.
fn check_fragment(head: &Head<'_>, host: &str) -> Result<usize, RefusedCallback> {
    let length = check_rest(head)?;
    let named = head.is_exactly("Origin", &format!("http://{host}"))
        && head.is_only("Sec-Fetch-Site", "same-origin");
    let vouched =
        head.is_exactly("Origin", "null") && head.is_exactly("Sec-Fetch-Site", "same-origin");
    if !named && !vouched {
        return Err(RefusedCallback::WrongOrigin);
    }
    length.ok_or(RefusedCallback::NoLength)
}

/// The values of a parameter, as they stand in a query. One that went through HTML comes with
/// `&amp;` for `&`.
fn values<'a>(query: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let pairs = query.split('&').map(|pair| pair.trim_start_matches("amp;"));
    pairs.filter_map(move |pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// The token that came back as `state`. It is made of hex digits, which nobody has a reason to
/// escape.
fn state(query: &str) -> Result<Option<&str>, RefusedCallback> {
    let mut states = values(query, "state");
    let first = states.next();
    if states.next().is_some() {
        Err(RefusedCallback::Malformed)
    } else {
        Ok(first)
    }
}

/// The value of the first `error` that has one.
fn oauth_error(query: &str) -> Option<&str> {
    values(query, "error").find(|name| !name.is_empty())
}

/// The rules for all paths: body length, expectations, prefetch.
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
