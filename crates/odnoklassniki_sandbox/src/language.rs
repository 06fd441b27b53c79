//! Russian or English: the visitor's choice, else the preference of their browser.

/// The name of the cookie with the visitor's choice.
pub(crate) const COOKIE: &str = "ok_sandbox_language";

/// The language of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Russian,
}

impl Language {
    /// Returns the text in this language.
    pub(crate) fn say<'a>(self, english: &'a str, russian: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::Russian => russian,
        }
    }

    /// Returns the code for the `lang` attribute and the cookie.
    pub(crate) fn code(self) -> &'static str {
        self.say("en", "ru")
    }

    /// Returns the language with this code.
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        match code {
            "en" => Some(Self::English),
            "ru" => Some(Self::Russian),
            _ => None,
        }
    }

    /// Chooses by the `Cookie` and `Accept-Language` headers.
    pub(crate) fn choose(cookie: Option<&str>, accept: Option<&str>) -> Self {
        cookie
            .and_then(from_cookie)
            .or_else(|| accept.and_then(from_accept))
            .unwrap_or(Self::English)
    }

    /// Writes `count` with the right form of a noun. Russian has three: 1 друг, 2 друга, 5 друзей.
    pub(crate) fn count(self, count: usize, english: [&str; 2], russian: [&str; 3]) -> String {
        let [one, many] = english;
        let [ru_one, ru_few, ru_many] = russian;
        let noun = match self {
            Self::English if count == 1 => one,
            Self::English => many,
            Self::Russian => match (count % 10, count % 100) {
                (_, 11..=14) => ru_many,
                (1, _) => ru_one,
                (2..=4, _) => ru_few,
                _ => ru_many,
            },
        };
        format!("{count} {noun}")
    }
}

fn from_cookie(header: &str) -> Option<Language> {
    header
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .and_then(|(_, code)| Language::from_code(code))
}

/// Returns the known language with the highest weight, and the first of two with the same
/// (RFC 9110, section 12.5.4).
fn from_accept(header: &str) -> Option<Language> {
    let mut best: Option<(f32, Language)> = None;
    for item in header.split(',').take(50) {
        let mut parts = item.split(';');
        let tag = parts.next().unwrap_or_default().trim();
        let primary = tag.split('-').next().unwrap_or_default();
        let Some(language) = Language::from_code(&primary.to_ascii_lowercase()) else {
            continue;
        };
        let weight = parts
            .find_map(|part| part.trim().strip_prefix("q="))
            .map_or(Some(1.0), |text| text.parse::<f32>().ok())
            .unwrap_or(0.0);
        if weight > best.map_or(0.0, |(highest, _)| highest) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{English, Russian};

    #[test]
    fn the_browser_has_a_preference() {
        for (header, language) in [
            ("ru", Russian),
            ("ru-RU,ru;q=0.9,en-US;q=0.8", Russian),
            ("en-US,en;q=0.9,ru;q=0.8", English),
            ("de, ru;q=0.5, en;q=0.4", Russian),
            ("de", English),
            ("ru;q=0", English),
            ("ru;q=x", English),
            ("RU", Russian),
            ("", English),
        ] {
            assert_eq!(Language::choose(None, Some(header)), language, "{header}");
        }
        assert_eq!(Language::choose(None, None), English);
    }

    #[test]
    fn the_cookie_wins() {
        let cookie = format!("a=b; {COOKIE}=ru");
        assert_eq!(Language::choose(Some(&cookie), Some("en")), Russian);
        let cookie = format!("{COOKIE}=xx");
        assert_eq!(Language::choose(Some(&cookie), Some("ru")), Russian);
    }

    #[test]
    fn russian_nouns() {
        let friends = |n| Russian.count(n, ["friend", "friends"], ["друг", "друга", "друзей"]);
        assert_eq!(friends(1), "1 друг");
        assert_eq!(friends(3), "3 друга");
        assert_eq!(friends(11), "11 друзей");
        assert_eq!(friends(22), "22 друга");
        assert_eq!(friends(0), "0 друзей");
    }
}
