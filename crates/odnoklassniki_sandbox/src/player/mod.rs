//! A player without a browser window: plain HTTP, in the manner of a browser.

mod browser;
mod error;
mod page;
mod url;

use std::time::Duration;

use self::browser::Browser;
use self::page::{Form, FormKind};
use crate::behavior::Behavior;
use crate::form;

pub use self::error::PlayerError;

/// Forms that the player sends for one link: a page may ask again, and a login has two.
const MAX_FORMS: usize = 4;
/// Friends that the player chooses on a page where none is chosen.
const FRIENDS: usize = 2;

/// Plays the person in front of the browser: opens a link, fills the page's form, presses a button
/// and follows the redirect to the game. The player visits only plain HTTP on this machine.
///
/// At a login the player logs in and allows all that the application asks for. The response of a
/// login is in the fragment of a URL, which no server sees. A page with the attribute
/// `data-relay="<path>"`, in double quotes, has a script that passes the fragment on. In place of
/// the script the player posts the fragment to that path. Behind it goes the last segment of the
/// page's own path if that begins with `/r/`, or else the value of `state`.
///
/// ```
/// use odnoklassniki_sandbox::{Player, Sandbox};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sandbox = Sandbox::start()?;
/// // The link a game would open; the sandbox refuses this one, as it has no signature.
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

/// Where a link has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Played {
    /// HTTP status of the last page, or of the response to the fragment that it passed on.
    pub status: u16,
    /// The page's title; empty if it has none. If the page passed a fragment on and the response is
    /// plain text: that text.
    pub title: String,
    /// Whether there was a form, and the player pressed its button.
    pub pressed: bool,
}

impl Player {
    /// Makes a player who publishes, sends, or logs in and allows. On a page where no friend is
    /// chosen they choose the first two.
    pub fn accept() -> Self {
        Self {
            accepts: true,
            comment: None,
            behavior: None,
            language: "en".to_owned(),
            timeout: Duration::from_secs(15),
        }
    }

    /// Makes a player who presses cancel; at a login on the first page.
    pub fn cancel() -> Self {
        Self {
            accepts: false,
            ..Self::accept()
        }
    }

    /// Sets what the player writes into the comment field, if the page has one. Without it they
    /// leave the field as it is.
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Sets what the sandbox does with the page that the player opens, in place of its own
    /// behavior. Behaviors of [`queue_behavior`](crate::Sandbox::queue_behavior) wait for the next
    /// request. So several players can have different behaviors at the same time. Other servers
    /// ignore it.
    pub fn behavior(mut self, behavior: Behavior) -> Self {
        self.behavior = Some(behavior);
        self
    }

    /// Sets the `Accept-Language` of the browser. The default is `en`.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = language.into();
        self
    }

    /// Sets the longest time for one page. The default is 15 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Opens the link and acts.
    ///
    /// # Errors
    /// The link leads away from this machine, or to no end; see [`PlayerError`].
    pub fn play(&self, link: &str) -> Result<Played, PlayerError> {
        let mut browser = Browser::new(self.timeout, &self.language, self.behavior.as_ref());
        let mut page = browser.open(link)?;
        let mut pressed = false;
        for _ in 0..MAX_FORMS {
            if let Some((status, title)) = browser.relay(&page)? {
                return Ok(Played {
                    status,
                    title,
                    pressed,
                });
            }
            let Some(form) = &page.content.form else {
                return Ok(Played {
                    status: page.status,
                    title: page.content.title,
                    pressed,
                });
            };
            let body = self.fill(form)?;
            page = browser.submit(&page, &form.action, &body)?;
            pressed = true;
        }
        Err(PlayerError::NoWayOut)
    }

    /// Fills a form and chooses its button. Returns the body to send.
    fn fill(&self, form: &Form) -> Result<String, PlayerError> {
        let has = |action: &str| form.buttons.iter().any(|button| button == action);
        let action = match (form.kind, self.accepts) {
            (FormKind::Widget, true) => "publish",
            (FormKind::Widget, false) => "cancel",
            (FormKind::Login, true) if has("log-in") => "log-in",
            (FormKind::Login, true) => "allow",
            (FormKind::Login, false) => "deny",
        };
        if !has(action) {
            return Err(PlayerError::NoButton(action));
        }
        let fields = form.fields.iter().map(|(name, value)| {
            let comment = self.comment.as_ref().filter(|_| name == "comment");
            (name, comment.unwrap_or(value))
        });
        let mut boxes: Vec<_> = form.boxes.iter().filter(|choice| choice.checked).collect();
        if boxes.is_empty() && form.kind == FormKind::Widget {
            boxes = form.boxes.iter().take(FRIENDS).collect();
        }
        let boxes = boxes
            .into_iter()
            .map(|choice| (&choice.name, &choice.value));
        let mut pairs: Vec<_> = fields.chain(boxes).collect();
        let button = ("action".to_owned(), action.to_owned());
        pairs.push((&button.0, &button.1));
        Ok(form::write(&pairs))
    }
}
