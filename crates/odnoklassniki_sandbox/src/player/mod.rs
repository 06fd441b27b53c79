//! A player without a browser: plain HTTP, but in a browser's manner.

mod html;
mod relay;

use std::fmt;
use std::time::Duration;

use ureq::http::{Response, header};
use ureq::{Agent, Body};

use self::html::{Form, FormKind};
use crate::behavior::{BEHAVIOR_HEADER, Behavior};
use crate::form;

/// Redirects followed for one link, all pages together.
const MAX_REDIRECTS: usize = 10;
/// Forms sent for one link: a page may ask again, and a login has two.
const MAX_FORMS: usize = 4;
/// Largest page that is read, in bytes.
const MAX_PAGE: u64 = 1 << 20;
/// Cookies kept while one link is played.
const MAX_COOKIES: usize = 50;
/// Friends chosen on a page where nobody is.
const FRIENDS: usize = 2;

/// Plays the person in front of the browser: opens a link, fills the form on the page it leads to,
/// presses a button and follows the way back. Only plain HTTP on this machine is visited.
///
/// He logs in, too, and allows all that is asked. The answer of a login is in the fragment of an
/// address, which no server sees. A page that has an element with the attribute
/// `data-relay="<path>"` has a behavior that passes the fragment on; in its place the player sends
/// the fragment to that path of the same server, followed by the last segment of the page's own
/// path if it begins with `/r/`, or else by the value of `state`.
///
/// ```
/// use odnoklassniki_sandbox::{Player, Sandbox};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sandbox = Sandbox::start()?;
/// // The link a game would open; this one is refused, as it has no signature.
/// let link = format!("{}/dk?st.cmd=WidgetInvite&st.app={}", sandbox.url(), sandbox.app().id);
/// let played = Player::accept().comment("Come and play!").play(&link)?;
/// assert_eq!(played.status, 200);
/// assert!(played.title.starts_with("Refused"));
/// assert!(!played.pressed);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing happens before `play`"]
pub struct Player {
    accepts: bool,
    comment: Option<String>,
    behavior: Option<Behavior>,
    language: String,
    timeout: Duration,
}

/// Where a played link ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Played {
    /// HTTP status of the last page, or of the answer to the fragment it passed on.
    pub status: u16,
    /// The page's title; empty if it has none. If it passed a fragment on: the answer, if that is
    /// plain text.
    pub title: String,
    /// Whether there was a form, and its button was pressed.
    pub pressed: bool,
}

impl Player {
    /// A player who publishes, sends, or logs in and allows it. Where no friend is chosen he takes
    /// the first two.
    pub fn accept() -> Self {
        Self {
            accepts: true,
            comment: None,
            behavior: None,
            language: "en".to_owned(),
            timeout: Duration::from_secs(15),
        }
    }

    /// A player who presses cancel, at a login on the first page.
    pub fn cancel() -> Self {
        Self {
            accepts: false,
            ..Self::accept()
        }
    }

    /// What he writes into the comment field, if the page has one. Without it he leaves the field
    /// as it is.
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// What the sandbox does with the page he opens, in place of its own behavior; a behavior that
    /// was set aside by [`queue_behavior`](crate::Sandbox::queue_behavior) waits for the next one.
    /// So each of several players at the same time has his own. A program in between that is no
    /// sandbox takes no notice.
    ///
    /// ```
    /// use odnoklassniki_sandbox::{Player, Behavior};
    /// let refused = Player::accept().behavior(Behavior::Error(455));
    /// # let _ = refused;
    /// ```
    pub fn behavior(mut self, behavior: Behavior) -> Self {
        self.behavior = Some(behavior);
        self
    }

    /// `Accept-Language` of his browser; `en` if not set.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = language.into();
        self
    }

    /// Longest time for one page; 15 seconds if not set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Opens the link and acts.
    ///
    /// # Errors
    /// See [`PlayerError`].
    pub fn play(&self, link: &str) -> Result<Played, PlayerError> {
        let agent: Agent = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(self.timeout))
            .timeout_connect(Some(self.timeout.min(Duration::from_secs(5))))
            .user_agent("odnoklassniki_sandbox player")
            .build()
            .into();
        let mut browser = Browser {
            player: self,
            agent,
            redirects: 0,
            cookies: Vec::new(),
        };
        let mut page = browser.visit(link, "none")?;
        let mut pressed = false;
        for _ in 0..MAX_FORMS {
            if let Some((status, title)) = browser.relay(&page)? {
                return Ok(Played {
                    status,
                    title,
                    pressed,
                });
            }
            let Some(mut form) = Form::find(&page.text) else {
                return Ok(Played {
                    status: page.status,
                    title: html::title(&page.text),
                    pressed,
                });
            };
            let body = self.fill(&mut form)?;
            let target = join(&page.address, &form.action)?;
            page = browser.send(&target, &page.address, &body)?;
            pressed = true;
        }
        Err(PlayerError::NoWayOut)
    }

    fn fill(&self, form: &mut Form) -> Result<String, PlayerError> {
        let has = |action: &str| {
            form.buttons
                .iter()
                .any(|(name, value)| name == "action" && value == action)
        };
        let action = match (form.kind, self.accepts) {
            (FormKind::Widget, true) => "publish",
            (FormKind::Widget, false) => "cancel",
            (FormKind::SignIn, true) if has("log-in") => "log-in",
            (FormKind::SignIn, true) => "allow",
            (FormKind::SignIn, false) => "deny",
        };
        if !has(action) {
            return Err(PlayerError::NoButton(action));
        }
        if let Some(comment) = &self.comment {
            for (name, value) in &mut form.fields {
                if name == "comment" {
                    value.clone_from(comment);
                }
            }
        }
        let mut pairs = form.fields.clone();
        let mut boxes: Vec<_> = form.boxes.iter().filter(|choice| choice.checked).collect();
        if boxes.is_empty() && form.kind == FormKind::Widget {
            boxes = form.boxes.iter().take(FRIENDS).collect();
        }
        pairs.extend(
            boxes
                .iter()
                .map(|choice| (choice.name.clone(), choice.value.clone())),
        );
        pairs.push(("action".to_owned(), action.to_owned()));
        Ok(form::write(&pairs))
    }
}

/// A page the player sees.
struct Page {
    /// Without the fragment, which a browser keeps to itself.
    address: String,
    fragment: Option<String>,
    status: u16,
    text: String,
}

struct Browser<'a> {
    player: &'a Player,
    agent: Agent,
    redirects: usize,
    /// Origin, name and value.
    cookies: Vec<(String, String, String)>,
}

impl Browser<'_> {
    fn visit(&mut self, link: &str, site: &str) -> Result<Page, PlayerError> {
        let (address, fragment) = match link.split_once('#') {
            Some((address, fragment)) => (address, Some(fragment)),
            None => (link, None),
        };
        let cookies = self.cookies(checked(address)?);
        let request = self
            .agent
            .get(address)
            .header("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
            .header("Accept-Language", &self.player.language)
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Dest", "document")
            .header("Sec-Fetch-User", "?1")
            .header("Sec-Fetch-Site", site);
        let request = if cookies.is_empty() {
            request
        } else {
            request.header(header::COOKIE, cookies)
        };
        let request = match &self.player.behavior {
            Some(behavior) => request.header(BEHAVIOR_HEADER, behavior.to_string()),
            None => request,
        };
        let response = request.call().map_err(PlayerError::from_network)?;
        self.follow(address, fragment, response, site)
    }

    fn send(&mut self, address: &str, from: &str, body: &str) -> Result<Page, PlayerError> {
        let cookies = self.cookies(checked(address)?);
        let request = self
            .agent
            .post(address)
            .header("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
            .header("Accept-Language", &self.player.language)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Origin", checked(from)?)
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Dest", "document")
            .header("Sec-Fetch-User", "?1")
            .header("Sec-Fetch-Site", "same-origin");
        let request = if cookies.is_empty() {
            request
        } else {
            request.header(header::COOKIE, cookies)
        };
        let response = request.send(body).map_err(PlayerError::from_network)?;
        // The way back leads to another port of this machine, which browsers call the same site.
        self.follow(address, None, response, "same-site")
    }

    fn follow(
        &mut self,
        address: &str,
        fragment: Option<&str>,
        mut response: Response<Body>,
        site: &str,
    ) -> Result<Page, PlayerError> {
        self.keep_cookies(checked(address)?, &response);
        let status = response.status().as_u16();
        if matches!(status, 301..=303) {
            self.redirects += 1;
            if self.redirects > MAX_REDIRECTS {
                return Err(PlayerError::NoWayOut);
            }
            let location = response.headers().get(header::LOCATION);
            let location = location
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default();
            let mut next = join(address, location)?;
            // A fragment survives redirects that bring none of their own.
            if let (Some(fragment), false) = (fragment, next.contains('#')) {
                next = format!("{next}#{fragment}");
            }
            return self.visit(&next, site);
        }
        let text = response
            .body_mut()
            .with_config()
            .limit(MAX_PAGE)
            .lossy_utf8(true)
            .read_to_string()
            .map_err(PlayerError::from_network)?;
        Ok(Page {
            address: address.to_owned(),
            fragment: fragment.map(str::to_owned),
            status,
            text,
        })
    }

    /// The `Cookie` header for an origin; empty if there is nothing to send.
    fn cookies(&self, origin: &str) -> String {
        let own = self.cookies.iter().filter(|(known, ..)| known == origin);
        own.map(|(_, name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// Keeps names and values, each origin for itself. That is less than a browser does, and enough
    /// to stay logged in.
    fn keep_cookies(&mut self, origin: &str, response: &Response<Body>) {
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie
                .to_str()
                .ok()
                .and_then(|text| text.split(';').next())
                .and_then(|pair| pair.split_once('='));
            let Some((name, value)) = pair else { continue };
            self.cookies
                .retain(|(known, other, _)| known != origin || other != name);
            if self.cookies.len() < MAX_COOKIES {
                self.cookies.push((
                    origin.to_owned(),
                    name.trim().to_owned(),
                    value.trim().to_owned(),
                ));
            }
        }
    }
}

/// Origin of an address the player may visit.
fn checked(address: &str) -> Result<&str, PlayerError> {
    const SCHEME: &str = "http://";
    let rest = address.strip_prefix(SCHEME).ok_or(PlayerError::Elsewhere)?;
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest.get(..host_end).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if !matches!(name, "127.0.0.1" | "localhost" | "[::1]") {
        return Err(PlayerError::Elsewhere);
    }
    address
        .get(..SCHEME.len() + host_end)
        .ok_or(PlayerError::Elsewhere)
}

/// A link of a page: absolute, or a path on the same server.
fn join(page: &str, link: &str) -> Result<String, PlayerError> {
    if link.starts_with('/') && !link.starts_with("//") {
        return Ok(format!("{}{link}", checked(page)?));
    }
    checked(link).map(|_| link.to_owned())
}

/// Why a player got nowhere. Carries no address: widget addresses hold tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlayerError {
    /// The link leads to something else than plain HTTP on this machine.
    Elsewhere,
    /// Too many redirects, or the form came again and again.
    NoWayOut,
    /// The page has no button with this `action`.
    NoButton(&'static str),
    /// No answer in time.
    TimedOut,
    /// Nobody listens, the connection broke, or the answer is no HTTP.
    Network(String),
}

impl PlayerError {
    fn from_network(error: ureq::Error) -> Self {
        match error {
            ureq::Error::Timeout(_) => Self::TimedOut,
            ureq::Error::Io(error) => Self::Network(error.kind().to_string()),
            ureq::Error::BadUri(_) => Self::Elsewhere,
            other => Self::Network(other.to_string()),
        }
    }
}

impl fmt::Display for PlayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere => f.write_str("the link leads away from plain HTTP on this machine"),
            Self::NoWayOut => f.write_str("redirects or forms without end"),
            Self::NoButton(action) => write!(f, "the page has no `{action}` button"),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Network(why) => write!(f, "network: {why}"),
        }
    }
}

impl std::error::Error for PlayerError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine() {
        for good in [
            "http://127.0.0.1:5/a",
            "http://localhost",
            "http://[::1]:5?x",
        ] {
            assert!(checked(good).is_ok(), "{good}");
        }
        for bad in [
            "https://127.0.0.1/",
            "http://127.0.0.1.example/",
            "http://a@127.0.0.1/",
            "file:///x",
            "",
            "http://",
        ] {
            assert_eq!(checked(bad), Err(PlayerError::Elsewhere), "{bad}");
        }
    }

    #[test]
    fn links() {
        assert_eq!(
            join("http://127.0.0.1:5/a?b", "/c").unwrap(),
            "http://127.0.0.1:5/c"
        );
        assert_eq!(
            join("http://127.0.0.1:5/", "http://127.0.0.1:6/d").unwrap(),
            "http://127.0.0.1:6/d"
        );
        assert!(join("http://127.0.0.1:5/", "//evil/d").is_err());
        assert!(join("http://127.0.0.1:5/", "okgame://d").is_err());
    }
}
