//! What may be signed. **This is the file that a game edits.** A signature makes OK believe that
//! the game itself asks, so nothing should be signed that the game would never ask for.
//!
//! All functions here only look at texts: they know no player and no network, and are easy to test.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use odnoklassniki::Attachment;
use serde::Deserialize;
use url::Url;

/// The most blocks of a post.
const MAX_BLOCKS: usize = 8;
/// The most characters of one text.
const MAX_TEXT: usize = 1_000;

/// Returns whether OK may send a callback to this URL: it is the plugin's listener on the player's
/// machine, or one of the game's pages, character by character.
///
/// The listener's URL is checked in its exact form. Anything looser (a prefix, a parsed host)
/// has let attackers through elsewhere: `http://127.0.0.1:1@evil.example/` begins well, too.
///
/// ```
/// use backend_example::policy::return_url;
///
/// let token = "0123456789abcdef0123456789abcdef";
/// assert!(return_url(&format!("http://127.0.0.1:40123/r/{token}"), &[]));
/// assert!(!return_url(&format!("http://127.0.0.1.evil.example/r/{token}"), &[]));
/// ```
#[must_use]
pub fn return_url(url: &str, pages: &[String]) -> bool {
    is_loopback_receiver(url) || pages.iter().any(|page| page == url)
}

/// `http://127.0.0.1:<port>/r/<32 lower-case hex digits>`, or the same on `[::1]`.
fn is_loopback_receiver(url: &str) -> bool {
    let rest = url
        .strip_prefix("http://127.0.0.1:")
        .or_else(|| url.strip_prefix("http://[::1]:"));
    let Some((port, token)) = rest.and_then(|rest| rest.split_once("/r/")) else {
        return false;
    };
    let hex = token.len() == 32
        && token
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_port(port) && hex
}

fn is_port(text: &str) -> bool {
    let digits = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    digits && text.parse::<u16>().is_ok()
}

/// Returns whether a login code may have come to this URI. As at OK it must be one of the
/// `registered`, character by character; only `http://127.0.0.1:0/…` and `http://[::1]:0/…` stand
/// for every port. (OK compares once more, with the URI for which it made the code.)
///
/// ```
/// use backend_example::policy::redirect_uri;
///
/// let registered = ["http://127.0.0.1:0/login".to_owned()];
/// assert!(redirect_uri("http://127.0.0.1:40123/login", &registered));
/// assert!(!redirect_uri("http://127.0.0.1:40123/other", &registered));
/// ```
#[must_use]
pub fn redirect_uri(uri: &str, registered: &[String]) -> bool {
    registered.iter().any(|known| {
        let any_port = ["http://127.0.0.1:", "http://[::1]:"]
            .into_iter()
            .find_map(|start| Some((start, known.strip_prefix(start)?.strip_prefix("0/")?)));
        match any_port {
            Some((start, path)) => {
                let given = uri
                    .strip_prefix(start)
                    .and_then(|rest| rest.split_once('/'));
                given.is_some_and(|(port, rest)| is_port(port) && rest == path)
            }
            None => uri == known,
        }
    })
}

/// Looks into an attachment: base64 of JSON, or JSON. The error says what to change.
///
/// The server accepts only blocks that are listed here, and in them only fields that are listed
/// here. So it refuses a field that OK adds later, until the operator has added it to the list.
/// `link_hosts` are the hosts that links and pictures may have.
///
/// ```
/// use backend_example::policy::attachment;
/// use odnoklassniki::Attachment;
///
/// let hosts = ["game.example".to_owned()];
/// let post = Attachment::new().text("Level 12!").link("https://game.example/");
/// assert_eq!(attachment(&post.to_base64(), &hosts), Ok(()));
/// let post = Attachment::new().link("https://casino.example/");
/// assert!(attachment(&post.to_json(), &hosts).unwrap_err().contains("SIGN_LINK_HOSTS"));
/// ```
///
/// # Errors
/// The first thing in it that may not be signed.
pub fn attachment(value: &str, link_hosts: &[String]) -> Result<(), String> {
    // Blanks around JSON belong to it (RFC 8259, section 2). They are signed and sent like the
    // rest.
    let json = if value
        .trim_start_matches([' ', '\t', '\n', '\r'])
        .starts_with('{')
    {
        value.to_owned()
    } else {
        let bytes = STANDARD
            .decode(value)
            .map_err(|_| "the attachment is neither JSON nor padded base64 of it")?;
        String::from_utf8(bytes)
            .map_err(|_| "the attachment is base64 of something that is no text")?
    };
    Attachment::from_json(&json)
        .and_then(|attachment| attachment.validate())
        .map_err(|error| error.to_string())?;
    let topic: Topic = serde_json::from_str(&json).map_err(|error| {
        // Only the place: serde's own words may quote the text.
        let (line, column) = (error.line(), error.column());
        format!("the attachment has a block or a field that this server does not sign (line {line}, column {column})")
    })?;
    if topic.media.len() > MAX_BLOCKS {
        return Err(format!(
            "the attachment has {} blocks; at most {MAX_BLOCKS} are signed",
            topic.media.len()
        ));
    }
    topic
        .media
        .iter()
        .enumerate()
        .try_for_each(|(index, block)| {
            check(block, link_hosts)
                .map_err(|problem| format!("media[{index}] of the attachment {problem}"))
        })
}

/// The attachment as far as it may be signed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    media: Vec<Block>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum Block {
    Text {
        text: String,
    },
    Link {
        url: String,
    },
    App {
        text: String,
        #[serde(default)]
        images: Vec<Image>,
        #[serde(default)]
        actions: Vec<Action>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Image {
    url: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    mark: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    text: String,
    #[serde(default)]
    mark: String,
}

fn check(block: &Block, hosts: &[String]) -> Result<(), String> {
    match block {
        Block::Text { text } => short(text),
        Block::Link { url } => own_url(url, hosts),
        Block::App {
            text,
            images,
            actions,
        } => {
            short(text)?;
            for Image { url, title, mark } in images {
                own_url(url, hosts)?;
                short(title)?;
                short(mark)?;
            }
            actions
                .iter()
                .try_for_each(|Action { text, mark }| short(text).and_then(|()| short(mark)))
        }
    }
}

fn short(text: &str) -> Result<(), String> {
    match text.chars().count() {
        0..=MAX_TEXT => Ok(()),
        _ => Err(format!("has a text of more than {MAX_TEXT} characters")),
    }
}

fn own_url(url: &str, hosts: &[String]) -> Result<(), String> {
    match https_host(url) {
        Some(host) if hosts.contains(&host) => Ok(()),
        Some(_) => Err("has a link to a host that is not among SIGN_LINK_HOSTS".to_owned()),
        None => Err("has a link that is no plain https URL".to_owned()),
    }
}

/// Returns the host of an https URL on which all readers agree: no user name, no port, nothing
/// that a browser repairs.
fn https_host(text: &str) -> Option<String> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    // A scheme has no letter case (RFC 3986, section 3.1).
    let (_, rest) = text
        .split_once("://")
        .filter(|(scheme, _)| plain && scheme.eq_ignore_ascii_case("https"))?;
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?;
    // What stands between the slashes is the host itself, so there is nothing else that could be
    // taken for it.
    let written = rest.split(['/', '?', '#']).next()?;
    (written == host).then(|| host.to_owned())
}

/// Whether it can be in `SIGN_RETURN_URLS`: https, without query and fragment, because it is
/// unknown how OK appends its callback to one.
pub(crate) fn is_page_of_the_game(url: &str) -> bool {
    url.starts_with("https://") && https_host(url).is_some() && !url.contains(['?', '#'])
}

/// Whether it can be in `SIGN_LINK_HOSTS`.
pub(crate) fn is_host(host: &str) -> bool {
    https_host(&format!("https://{host}/")).is_some_and(|read| read == host)
}
