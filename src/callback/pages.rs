//! The pages a player can see. All of them are made of constants: no byte of a request is ever in
//! one.

/// The hash of `style.css`, for the content policy (CSP level 3, `hash-source`).
macro_rules! style_hash {
    () => {
        "sha256-nptJlFPF2iN/ZgH5RfUaa/lz/s22RSoC3Zv0qIKDcgQ="
    };
}

/// The hash of `relay.js`, likewise. A test computes both again.
macro_rules! script_hash {
    () => {
        "sha256-uo6ZKqZMBebRwDLFDA1CflVlP8sBut/UYrVpZA7GF8A="
    };
}

/// The language of a page.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) enum Lang {
    /// Russian.
    Ru,
    /// English, also for a browser that asks for neither.
    #[default]
    En,
}

/// Which page to show. What it says is in `assets/pages/<name>.<language>.html`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Page {
    /// The answer reached the game.
    Completed,
    /// The player cancelled, and the game knows.
    Cancelled,
    /// OK refused, and the game knows.
    Refused,
    /// OK published nothing, because it has not approved the application yet (topic id 0), and the
    /// game knows.
    NotApproved,
    /// An answer came that cannot be used, and the game knows.
    Invalid,
    /// The request had ended before.
    AlreadyFinished,
    /// A link that was used before or is not ready: begin again in the game.
    StartAgain,
    /// No request has this address.
    NotFound,
    /// The right address without an answer in it.
    Nothing,
    /// A request no browser sends on the way of an answer.
    BadRequest,
    /// A request with more headers than are read, mostly cookies: what helps.
    TooLarge,
    /// Hands the part of the address after `#` to the listener.
    Relay,
    /// The same, shown for an OAuth error without `state` until its script has found a whole answer
    /// after `#`.
    LoginFailed,
}

const STYLE: &str = include_str!("../../assets/pages/style.css");
const SCRIPT: &str = include_str!("../../assets/pages/relay.js");

/// What a page says.
struct Words {
    /// Of the page, and of the section of the relay page that says the same.
    name: &'static str,
    ru: &'static str,
    en: &'static str,
}

/// Those in `assets/pages/<name>.<language>.html`.
macro_rules! words {
    ($name:literal) => {
        Words {
            name: $name,
            ru: include_str!(concat!("../../assets/pages/", $name, ".ru.html")),
            en: include_str!(concat!("../../assets/pages/", $name, ".en.html")),
        }
    };
}

impl Words {
    fn text(&self, language: Lang) -> &'static str {
        match language {
            Lang::Ru => self.ru,
            Lang::En => self.en,
        }
    }
}

impl Page {
    /// Every page.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 13] = [
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

    fn words(self) -> Words {
        match self {
            Self::Completed => words!("completed"),
            Self::Cancelled => words!("cancelled"),
            Self::Refused => words!("refused"),
            Self::NotApproved => words!("not-approved"),
            Self::Invalid => words!("invalid"),
            Self::AlreadyFinished => words!("already-finished"),
            Self::StartAgain => words!("start-again"),
            Self::NotFound => words!("not-found"),
            Self::Nothing => words!("nothing"),
            Self::BadRequest => words!("bad-request"),
            Self::TooLarge => words!("too-large"),
            Self::Relay => Words {
                name: "relay",
                ..words!("no-script")
            },
            Self::LoginFailed => words!("login-failed"),
        }
    }

    /// The name of the file, and what `/f` answers so that the relay page shows the same text.
    pub(crate) fn name(self) -> &'static str {
        self.words().name
    }

    /// The whole page. `</head>` and `<body>` may be left out in HTML.
    pub(crate) fn html(self, language: Lang) -> String {
        let (code, title) = match language {
            Lang::Ru => ("ru", "Одноклассники: ответ для игры"),
            Lang::En => ("en", "Odnoklassniki: answer for the game"),
        };
        let head = [
            "<!doctype html>\n<html lang=\"",
            code,
            "\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
            "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n<title>",
            title,
            "</title>\n<style>",
            STYLE,
            "</style>\n",
        ];
        let mut html = head.concat();
        match self {
            Self::Relay | Self::LoginFailed => self.relay(language, &mut html),
            _ => html.extend(["<main>\n", self.words().text(language)]),
        }
        html.push_str("</main>\n");
        html
    }

    /// All that the relay page may have to say, hidden but for the text of `self`; its script shows
    /// the part that fits.
    fn relay(self, language: Lang, html: &mut String) {
        // Where its script posts to; the token follows.
        html.push_str("<main data-relay=\"/f/\">\n");
        let own = [
            words!("no-script"),
            words!("wait"),
            words!("lost"),
            words!("unsure"),
        ];
        let answers = [
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
        let shown = self.words().text(language);
        for words in own.into_iter().chain(answers.map(Self::words)) {
            let text = words.text(language);
            let end = if text == shown {
                "\">\n"
            } else {
                "\" hidden>\n"
            };
            html.extend(["<section id=\"", words.name, end, text, "</section>\n"]);
        }
        html.extend(["<script>", SCRIPT, "</script>\n"]);
    }

    /// The content policy: nothing but our own style, and on the relay page our own script.
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
