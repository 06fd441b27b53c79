//! The pages a user can see. All of them are made of constants: no byte of a request is ever in
//! one.

use crate::texts::Texts;

/// The hash of `style.css`, for the content policy (CSP level 3, `hash-source`).
macro_rules! style_hash {
    () => {
        "sha256-nptJlFPF2iN/ZgH5RfUaa/lz/s22RSoC3Zv0qIKDcgQ="
    };
}

/// The hash of `relay.js`, likewise. A test computes both again.
macro_rules! script_hash {
    () => {
        "sha256-0xKoHQXZGtxTSXNYa/OwuwWODUXtuEpR6hbfCpbEgmU="
    };
}

/// The same, for the return page.
pub(crate) const STYLE_HASH: &str = style_hash!();

pub(crate) const STYLE: &str = include_str!("../pages/style.css");
const SCRIPT: &str = include_str!("../pages/relay.js");

/// The pages in their languages.
#[derive(Clone, Copy, Debug)]
pub struct Pages(&'static [Texts]);

impl Pages {
    /// Takes the texts of each language. Browsers that ask for none of them get the first.
    #[must_use]
    pub const fn new(languages: &'static [Texts]) -> Self {
        Self(languages)
    }

    /// Returns the texts in every language, the first one first.
    pub(crate) fn languages(self) -> &'static [Texts] {
        if self.0.is_empty() {
            return &[Texts::ENGLISH];
        }
        self.0
    }

    /// Returns the texts in the language that the values of `Accept-Language` like best (RFC 9110,
    /// 12.5.4).
    pub(crate) fn preferred<'a>(self, values: impl Iterator<Item = &'a [u8]>) -> &'static Texts {
        let mut best = (0, &self.languages()[0]);
        for choice in values.flat_map(|value| value.split(|byte| *byte == b',')) {
            let choice = std::str::from_utf8(choice).unwrap_or_default();
            let mut parts = choice.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default();
            let known = |texts: &&Texts| primary(texts.language).eq_ignore_ascii_case(primary(tag));
            let Some(texts) = self.0.iter().find(known) else {
                continue;
            };
            let weight = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(1000, thousandths);
            if weight > best.0 {
                best = (weight, texts);
            }
        }
        best.1
    }
}

/// Texts in English that fit any program.
impl Default for Pages {
    fn default() -> Self {
        Self(&[Texts::ENGLISH])
    }
}

/// Returns the part of a language tag before its region: `pt` of `pt-BR`.
fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or_default()
}

/// Returns a quality value in thousandths; 0 for what is none.
fn thousandths(text: &str) -> u32 {
    match text.parse::<f32>() {
        // In range, so the cast keeps the value.
        Ok(quality) if (0.0..=1.0).contains(&quality) => (quality * 1000.0) as u32,
        _ => 0,
    }
}

/// Which page to show. A [`CallbackParser`](crate::CallbackParser) chooses among the first five.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Page {
    /// The service did what was asked, and the program knows.
    Completed,
    /// The user cancelled, and the program knows.
    Cancelled,
    /// The service refused, and the program knows.
    Refused,
    /// The service did nothing, because it has not approved the program yet; the program knows.
    NotApproved,
    /// The callback cannot be used, and the program knows.
    Invalid,
    /// The request had ended before.
    AlreadyFinished,
    /// A link that was used before or is not ready: begin again in the program.
    StartAgain,
    /// No request has this URL.
    NotFound,
    /// The right URL without a callback in it.
    Nothing,
    /// A request that no browser sends for a callback.
    BadRequest,
    /// A request with more headers than the listener reads, mostly cookies. The page says what
    /// helps.
    TooLarge,
    /// Hands the part of the URL after `#` to the listener.
    Relay,
    /// The same, shown for an OAuth error without `state` until its script has found a whole
    /// callback after `#`.
    LoginFailed,
}

impl Page {
    /// Every page.
    pub const ALL: [Self; 13] = [
        Self::Completed,
        Self::Cancelled,
        Self::Refused,
        Self::NotApproved,
        Self::Invalid,
        Self::AlreadyFinished,
        Self::StartAgain,
        Self::NotFound,
        Self::Nothing,
        Self::BadRequest,
        Self::TooLarge,
        Self::Relay,
        Self::LoginFailed,
    ];

    /// Returns its name: what `/f` responds, so that the relay page shows the same text.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
            Self::NotApproved => "not-approved",
            Self::Invalid => "invalid",
            Self::AlreadyFinished => "already-finished",
            Self::StartAgain => "start-again",
            Self::NotFound => "not-found",
            Self::Nothing => "nothing",
            Self::BadRequest => "bad-request",
            Self::TooLarge => "too-large",
            Self::Relay => "relay",
            Self::LoginFailed => "login-failed",
        }
    }

    pub(crate) fn text(self, texts: &Texts) -> &'static str {
        match self {
            Self::Completed => texts.completed,
            Self::Cancelled => texts.cancelled,
            Self::Refused => texts.refused,
            Self::NotApproved => texts.not_approved,
            Self::Invalid => texts.invalid,
            Self::AlreadyFinished => texts.already_finished,
            Self::StartAgain => texts.start_again,
            Self::NotFound => texts.not_found,
            Self::Nothing => texts.nothing,
            Self::BadRequest => texts.bad_request,
            Self::TooLarge => texts.too_large,
            Self::Relay => texts.no_script,
            Self::LoginFailed => texts.login_failed,
        }
    }

    /// Returns the whole page as the browser gets it. (`</head>` and `<body>` may be left out in
    /// HTML.)
    #[must_use]
    pub fn html(self, texts: &Texts) -> String {
        let head = [
            "<!doctype html>\n<html lang=\"",
            texts.language,
            "\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
            "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n<title>",
            texts.title,
            "</title>\n<style>",
            STYLE,
            "</style>\n",
        ];
        let mut html = head.concat();
        match self {
            Self::Relay | Self::LoginFailed => self.relay(texts, &mut html),
            _ => html.extend(["<main>\n", self.text(texts)]),
        }
        html.push_str("</main>\n");
        html
    }

    /// Writes every text that the relay page may show, hidden except for the text of `self`; its
    /// script shows the part that fits.
    fn relay(self, texts: &Texts, html: &mut String) {
        // Where its script posts to; the token follows.
        html.push_str("<main data-relay=\"/f/\">\n");
        let own = [
            ("no-script", texts.no_script),
            ("wait", texts.wait),
            ("lost", texts.lost),
            ("unsure", texts.unsure),
        ];
        let others = [
            Self::Completed,
            Self::Cancelled,
            Self::Refused,
            Self::NotApproved,
            Self::Invalid,
            Self::AlreadyFinished,
            Self::NotFound,
            Self::Nothing,
            Self::LoginFailed,
        ];
        let shown = if self == Self::Relay {
            "no-script"
        } else {
            self.name()
        };
        let others = others.map(|page| (page.name(), page.text(texts)));
        for (name, text) in own.into_iter().chain(others) {
            let end = if name == shown {
                "\">\n"
            } else {
                "\" hidden>\n"
            };
            html.extend(["<section id=\"", name, end, text, "</section>\n"]);
        }
        html.extend(["<script>", SCRIPT, "</script>\n"]);
    }

    /// Returns the content policy: nothing but the listener's style, and on the relay page its
    /// script.
    pub(crate) fn policy(self) -> &'static str {
        match self {
            Self::Relay | Self::LoginFailed => concat!(
                "default-src 'none'; script-src '",
                script_hash!(),
                "'; style-src '",
                style_hash!(),
                "'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            _ => concat!(
                "default-src 'none'; script-src 'none'; style-src '",
                style_hash!(),
                "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
        }
    }
}
