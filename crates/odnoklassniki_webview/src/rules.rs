//! Where the page may go, and what the title says. Pure.

use url::Url;

/// How often the game may say that a returned URL was not its callback. A page that goes on
/// returning is not OK's.
const MAX_RETURNS: u32 = 100;

/// What happens to a navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The view loads it.
    Follow,
    /// The view does not load it.
    Refuse,
    /// The view does not load it. It is reported to the game.
    Return,
}

/// Decides about navigations and new windows. Knows only what a view says: which URL, but not which
/// frame.
pub(crate) struct Rules {
    returns: Vec<String>,
    /// The game has not yet said what a returned URL was. Until then the page goes nowhere.
    is_waiting: bool,
    returned: u32,
}

impl Rules {
    /// Creates the rules for a page with these return URLs.
    pub(crate) fn new(returns: Vec<String>) -> Self {
        Self {
            returns,
            is_waiting: false,
            returned: 0,
        }
    }

    /// Decides about a URL, as the engine writes it.
    pub(crate) fn decide(&mut self, url: &str) -> Decision {
        if self.is_waiting {
            return Decision::Refuse;
        }
        let bare = url.split(['?', '#']).next().unwrap_or_default();
        if self.returns.iter().any(|known| known == bare) {
            if self.returned >= MAX_RETURNS {
                return Decision::Refuse;
            }
            self.returned += 1;
            self.is_waiting = true;
            return Decision::Return;
        }
        // The empty documents are where frames begin.
        match is_web(url) || matches!(url, "about:blank" | "about:srcdoc") {
            true => Decision::Follow,
            false => Decision::Refuse,
        }
    }

    /// Lets the page go on after a [`Decision::Return`].
    pub(crate) fn resume(&mut self) {
        self.is_waiting = false;
    }
}

/// Returns whether it is an `http` or `https` URL.
pub(crate) fn is_web(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Returns what the title says about where a page is from: the host, and more where the connection
/// is not encrypted. International names stay in their ASCII form, so none looks like another.
pub(crate) fn origin(url: &str) -> String {
    let Ok(url) = Url::parse(url) else {
        return String::new();
    };
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}"));
    let scheme = match url.scheme() {
        "https" => "",
        "http" => "http://",
        // An empty document has no host.
        _ => return String::new(),
    };
    format!("{scheme}{host}{}", port.unwrap_or_default())
}

/// Returns the title of the window. The host is first, so that nothing can push it out.
pub(crate) fn title(origin: &str, title: &str) -> String {
    match (origin.is_empty(), title.is_empty()) {
        (true, _) => title.to_owned(),
        (false, true) => origin.to_owned(),
        (false, false) => format!("{origin} - {title}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDGET: &str = "okwidget://return/0123456789abcdef0123456789abcdef";
    const LOGIN: &str = "https://oauth.mycdn.me/blank.html";

    fn rules() -> Rules {
        Rules::new(vec![WIDGET.to_owned(), LOGIN.to_owned()])
    }

    #[test]
    fn the_web_is_followed_and_nothing_else() {
        for (url, expected) in [
            ("https://ok.ru/", Decision::Follow),
            ("http://127.0.0.1:7780/dk?st.cmd=x#y", Decision::Follow),
            ("about:blank", Decision::Follow),
            ("about:srcdoc", Decision::Follow),
            ("about:config", Decision::Refuse),
            ("file:///etc/passwd", Decision::Refuse),
            ("javascript:alert(1)", Decision::Refuse),
            ("data:text/html,x", Decision::Refuse),
            ("blob:https://ok.ru/1", Decision::Refuse),
            ("mailto:a@b", Decision::Refuse),
            ("ok512000123456://authorize", Decision::Refuse),
            ("", Decision::Refuse),
        ] {
            assert_eq!(rules().decide(url), expected, "{url}");
        }
    }

    #[test]
    fn only_exactly_the_return_url_returns() {
        for (url, returns) in [
            (WIDGET.to_owned(), true),
            (format!("{WIDGET}?result={{}}"), true),
            (format!("{WIDGET}#error=x"), true),
            (format!("{LOGIN}?state=1#access_token=2"), true),
            (format!("{WIDGET}/"), false),
            (format!("{WIDGET}0"), false),
            (WIDGET[..WIDGET.len() - 1].to_owned(), false),
            ("okwidget://return/".to_owned(), false),
            (WIDGET.replace("return", "x@return"), false),
            (WIDGET.to_uppercase(), false),
        ] {
            assert_eq!(rules().decide(&url) == Decision::Return, returns, "{url}");
        }
        // A page of the same host is a page.
        assert_eq!(rules().decide(&format!("{LOGIN}/x")), Decision::Follow);
        assert_eq!(
            rules().decide("https://oauth.mycdn.me/blank.htm"),
            Decision::Follow
        );
    }

    #[test]
    fn after_a_return_the_page_goes_nowhere_until_the_game_says_so() {
        let mut rules = rules();
        assert_eq!(rules.decide(WIDGET), Decision::Return);
        for url in [WIDGET, LOGIN, "https://ok.ru/"] {
            assert_eq!(rules.decide(url), Decision::Refuse);
        }
        rules.resume();
        assert_eq!(rules.decide("https://ok.ru/"), Decision::Follow);
        assert_eq!(rules.decide(WIDGET), Decision::Return);
    }

    #[test]
    fn a_page_cannot_return_without_end() {
        let mut rules = rules();
        let mut returned = 0;
        for _ in 0..1000 {
            returned += u32::from(rules.decide(WIDGET) == Decision::Return);
            rules.resume();
        }
        assert_eq!(returned, MAX_RETURNS);
        assert_eq!(rules.decide("https://ok.ru/"), Decision::Follow);
    }

    #[test]
    fn the_title_names_the_real_host() {
        for (url, expected) in [
            ("https://connect.ok.ru/dk?a=b", "connect.ok.ru - Castle"),
            (
                "https://ok.ru@evil.example:8443/",
                "evil.example:8443 - Castle",
            ),
            ("http://ok.ru/", "http://ok.ru - Castle"),
            ("https://\u{43e}k.ru/", "xn--k-0tb.ru - Castle"),
            ("about:blank", "Castle"),
        ] {
            assert_eq!(title(&origin(url), "Castle"), expected);
        }
        assert_eq!(title("ok.ru", ""), "ok.ru");
    }

    proptest! {
        #[test]
        fn nothing_but_the_web_is_ever_followed(url in any::<String>()) {
            let decision = rules().decide(&url);
            prop_assert!(decision != Decision::Follow || is_web(&url));
            let _ = origin(&url);
        }

        #[test]
        fn no_foreign_token_returns(token in "[0-9a-f]{0,40}", rest in "[?#/]?[a-z=&]{0,10}") {
            let url = format!("okwidget://return/{token}{rest}");
            prop_assert!(rules().decide(&url) == Decision::Refuse || token == WIDGET[18..]);
        }
    }
}
