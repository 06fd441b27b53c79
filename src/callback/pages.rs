//! The pages a player can see. All of them are constants: no byte of a request is ever in one.

/// The hash of `style.css`, for the content policy (CSP level 3, `hash-source`).
macro_rules! style_hash {
    () => {
        "sha256-nptJlFPF2iN/ZgH5RfUaa/lz/s22RSoC3Zv0qIKDcgQ="
    };
}

/// The hash of `relay.js`, likewise. A test computes both again.
macro_rules! script_hash {
    () => {
        "sha256-0fY6fYhLyVvGugFuzeOnWuRPpZmLl3b98lDhd2eym0s="
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
    /// OK published nothing, because it has not approved the application yet (topic id 0), and the game knows.
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
    /// Hands the part of the address after `#` to the listener.
    Relay,
}

/// The same head for all pages: title, look, content. `</head>` and `<body>` may be left out in HTML.
macro_rules! page {
    ($lang:literal, $title:literal, $($part:expr),+) => {
        page!($lang, $title; "<main>"; $($part),+)
    };
    ($lang:literal, $title:literal; $main:literal; $($part:expr),+) => {
        concat!(
            "<!doctype html>\n<html lang=\"", $lang, "\">\n<meta charset=\"utf-8\">\n",
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
            "<meta name=\"color-scheme\" content=\"light dark\">\n",
            "<link rel=\"icon\" href=\"data:,\">\n<title>", $title, "</title>\n<style>",
            include_str!("../../assets/pages/style.css"),
            "</style>\n", $main, "\n", $($part,)+ "</main>\n",
        )
    };
}

macro_rules! text {
    ($name:literal, $lang:literal) => {
        include_str!(concat!("../../assets/pages/", $name, ".", $lang, ".html"))
    };
}

/// One hidden part of the relay page; its script shows the one that fits.
macro_rules! section {
    ($name:literal, $lang:literal) => {
        concat!("<section id=\"", $name, "\" hidden>\n", text!($name, $lang), "</section>\n")
    };
}

macro_rules! relay {
    ($lang:literal, $title:literal) => {
        page!(
            $lang,
            $title;
            // Where its script posts to; the token follows.
            "<main data-relay=\"/f/\">";
            "<section id=\"no-script\">\n",
            text!("no-script", $lang),
            "</section>\n",
            section!("wait", $lang),
            section!("lost", $lang),
            section!("unsure", $lang),
            section!("completed", $lang),
            section!("cancelled", $lang),
            section!("refused", $lang),
            section!("not-approved", $lang),
            section!("invalid", $lang),
            section!("already-finished", $lang),
            section!("not-found", $lang),
            section!("nothing", $lang),
            "<script>",
            include_str!("../../assets/pages/relay.js"),
            "</script>\n"
        )
    };
}

macro_rules! both {
    ($language:ident, $name:literal) => {
        match $language {
            Lang::Ru => page!("ru", "Одноклассники: ответ для игры", text!($name, "ru")),
            Lang::En => page!("en", "Odnoklassniki: answer for the game", text!($name, "en")),
        }
    };
}

impl Page {
    /// Every page.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 11] = [
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
        Self::Relay,
    ];

    /// The name of the file, and what `/f` answers so that the relay page shows the same text.
    pub(crate) fn name(self) -> &'static str {
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
            Self::Relay => "relay",
        }
    }

    /// The whole page.
    pub(crate) fn html(self, language: Lang) -> &'static str {
        match self {
            Self::Completed => both!(language, "completed"),
            Self::Cancelled => both!(language, "cancelled"),
            Self::Refused => both!(language, "refused"),
            Self::NotApproved => both!(language, "not-approved"),
            Self::Invalid => both!(language, "invalid"),
            Self::AlreadyFinished => both!(language, "already-finished"),
            Self::StartAgain => both!(language, "start-again"),
            Self::NotFound => both!(language, "not-found"),
            Self::Nothing => both!(language, "nothing"),
            Self::BadRequest => both!(language, "bad-request"),
            Self::Relay => match language {
                Lang::Ru => relay!("ru", "Одноклассники: ответ для игры"),
                Lang::En => relay!("en", "Odnoklassniki: answer for the game"),
            },
        }
    }

    /// The content policy: nothing but our own style, and on the relay page our own script.
    pub(crate) fn policy(self) -> &'static str {
        match self {
            Self::Relay => concat!(
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
