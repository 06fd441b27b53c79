//! What game and helper say to each other: one JSON object a line, in UTF-8. Pure.

use core::fmt;
use std::io::{self, BufRead, Read as _};
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use url::Url;

/// The only version so far.
pub(crate) const VERSION: u64 = 1;

/// The longest line in bytes, without its end.
pub(crate) const MAX_LINE: usize = 1024 * 1024;

/// How many return URLs one page may have.
const MAX_RETURNS: usize = 16;

/// The longest title in characters.
const MAX_TITLE: usize = 80;

/// What the game asks for. It holds the signed URL, so it has no `Debug` that shows it.
pub(crate) enum Command {
    /// The first line: show a page.
    Show(Box<Page>),
    /// The last URL that was reported as returned was not the game's callback: the player goes on.
    Resume,
}

/// The page to show.
pub(crate) struct Page {
    /// An `http` or `https` URL.
    pub(crate) url: String,
    /// Where the page may return to: URLs without query and fragment.
    pub(crate) returns: Vec<String>,
    /// What the title shows behind the host.
    pub(crate) title: String,
    /// Where cookies and the like are kept; nowhere if absent.
    pub(crate) profile: Option<PathBuf>,
    /// The language that the page is asked for, such as `ru`.
    pub(crate) language: Option<String>,
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Show(_) => "Show(<secret>)",
            Self::Resume => "Resume",
        })
    }
}

/// Why a line is not a [`Command`]. Holds nothing of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadLine(String);

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the helper reports. It has no `Debug`, because it may hold a callback.
pub(crate) enum Report<'a> {
    /// The helper can show a page.
    Hello,
    /// The window is there.
    Shown,
    /// The window shows a page of this host.
    At(&'a str),
    /// The page went to this URL, which is one of `returns` with anything behind it.
    Returned(&'a str),
    /// The player or the page has closed the window.
    Closed,
    /// There is no window, for this reason.
    Failed(&'a str),
}

impl Command {
    /// Parses a line.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, BadLine> {
        let bad = |text: &str| BadLine(text.to_owned());
        if line.len() > MAX_LINE {
            return Err(bad("a line is longer than 1 MiB"));
        }
        let value = serde_json::from_slice(line).map_err(|_| bad("a line is not JSON"))?;
        let Value::Object(mut fields) = value else {
            return Err(bad("a line is not a JSON object"));
        };
        // First of all, because another version may have any other field.
        match fields.get("v").and_then(Value::as_u64) {
            Some(VERSION) => {}
            Some(other) => {
                return Err(BadLine(format!(
                    "the game speaks version {other} of the protocol, but this program speaks \
                     version {VERSION}: ship the program that belongs to the game's plugin"
                )));
            }
            None => return Err(bad("a line names no version of the protocol")),
        }
        match fields.get("resume") {
            Some(Value::Bool(true)) => Ok(Self::Resume),
            Some(_) => Err(bad("resume is not true")),
            None => Ok(Self::Show(Box::new(Page::parse(&mut fields)?))),
        }
    }
}

impl Page {
    fn parse(fields: &mut Map<String, Value>) -> Result<Self, BadLine> {
        let bad = |text: &str| BadLine(text.to_owned());
        let mut text = |name: &str| match fields.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(BadLine(format!("{name} is not a text"))),
        };
        let url = text("url")?.ok_or_else(|| bad("url is missing"))?;
        let title = text("title")?.unwrap_or_default();
        let profile = text("profile")?.map(PathBuf::from);
        let language = text("lang")?;
        let is_web = Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !is_web {
            return Err(bad("url is not an http or https URL"));
        }
        if profile.as_ref().is_some_and(|folder| !folder.is_absolute()) {
            return Err(bad("profile is not an absolute path"));
        }
        // A C string, and a header in the end.
        let is_tag = |tag: &String| {
            !tag.is_empty()
                && tag.len() <= 35
                && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        if !language.as_ref().is_none_or(is_tag) {
            return Err(bad("lang is not a language"));
        }
        let Some(Value::Array(returns)) = fields.remove("returns") else {
            return Err(bad("returns is not a list"));
        };
        if returns.is_empty() || returns.len() > MAX_RETURNS {
            return Err(bad("returns has none or more than 16 URLs"));
        }
        let returns = returns.iter().map(return_url).collect::<Option<_>>();
        Ok(Self {
            url,
            returns: returns.ok_or_else(|| bad("returns holds what is not a return URL"))?,
            title: shown(&title),
            profile,
            language,
        })
    }
}

/// Returns a return URL as web engines write it.
fn return_url(value: &Value) -> Option<String> {
    let url = Url::parse(value.as_str()?).ok()?;
    let leads_nowhere = matches!(
        url.scheme(),
        "javascript" | "data" | "file" | "blob" | "about"
    );
    let is_bare = url.query().is_none() && url.fragment().is_none();
    (is_bare && url.has_host() && !leads_nowhere).then(|| url.into())
}

/// Returns the part of a title that a window can show.
fn shown(title: &str) -> String {
    // Marks that turn the direction of writing could make the host look like another one.
    let is_harmless = |c: &char| {
        !c.is_control()
            && !matches!(*c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}')
    };
    title.chars().filter(is_harmless).take(MAX_TITLE).collect()
}

impl Report<'_> {
    /// Returns the line with its end, or `None` if it would be longer than [`MAX_LINE`].
    pub(crate) fn line(&self) -> Option<String> {
        let value = match *self {
            Self::Hello => json!({ "hello": VERSION }),
            Self::Shown => json!({ "shown": true }),
            Self::At(host) => json!({ "at": host }),
            Self::Returned(url) => json!({ "returned": url }),
            Self::Closed => json!({ "closed": true }),
            Self::Failed(why) => json!({ "failed": why }),
        };
        let mut line = value.to_string();
        if line.len() > MAX_LINE {
            return None;
        }
        line.push('\n');
        Some(line)
    }
}

/// Reads the next line, without its end. `None` at the end of the input. A line that is too long
/// comes with one byte more than allowed, and what follows is the rest of it.
pub(crate) fn read_line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let limit = MAX_LINE as u64 + 1;
    input.by_ref().take(limit).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok(Some(line))
}

#[cfg(test)]
mod tests;
