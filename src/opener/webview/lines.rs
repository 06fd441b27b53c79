//! What game and program say to each other: one JSON object a line. Pure.

use serde_json::{Value, json};
use zeroize::Zeroizing;

/// The version of the protocol.
pub(super) const VERSION: u64 = 1;

/// The longest line in bytes, without its end.
pub(super) const MAX_LINE: usize = 1024 * 1024;

/// The longest reason that is kept, in characters.
const MAX_REASON: usize = 200;

/// What the game says when a return was not its callback: the player goes on.
pub(super) const RESUME: &str = "{\"v\":1,\"resume\":true}\n";

/// The first line to the program: the page.
pub(super) struct FirstLine<'a> {
    pub(super) url: &'a str,
    pub(super) returns: [&'a str; 2],
    pub(super) title: &'a str,
    pub(super) profile: Option<&'a str>,
    pub(super) language: Option<&'a str>,
}

impl FirstLine<'_> {
    /// Returns the line with its end, the version first. It holds the signed URL.
    pub(super) fn text(&self) -> Zeroizing<String> {
        let page = json!({
            "url": self.url,
            "returns": self.returns,
            "title": self.title,
            "profile": self.profile,
            "lang": self.language,
        });
        let page = Zeroizing::new(page.to_string());
        Zeroizing::new(format!("{{\"v\":{VERSION},{}\n", &page[1..]))
    }
}

/// What the program reports.
pub(super) enum Report {
    /// It can show a page, and speaks this version.
    Hello(u64),
    Shown,
    /// The page went to this URL, and was stopped.
    Returned(Zeroizing<String>),
    Closed,
    Failed(String),
    /// What is for other games, or for later ones.
    Other,
}

impl Report {
    /// Parses a line. `None` if it is none of the protocol's.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let Ok(Value::Object(fields)) = serde_json::from_slice(line) else {
            return None;
        };
        let (name, value) = fields.into_iter().next()?;
        Some(match (&*name, value) {
            ("hello", Value::Number(version)) => Self::Hello(version.as_u64()?),
            ("shown", _) => Self::Shown,
            ("returned", Value::String(url)) => Self::Returned(Zeroizing::new(url)),
            ("closed", _) => Self::Closed,
            ("failed", Value::String(why)) => {
                // It goes to the log.
                let shown = why.chars().filter(|c| !c.is_control());
                Self::Failed(shown.take(MAX_REASON).collect())
            }
            ("hello" | "returned" | "failed", _) => return None,
            _ => Self::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_line_has_what_the_program_reads() {
        let line = FirstLine {
            url: "https://ok.ru/?a=\"\n",
            returns: ["okwidget://return/1", "https://oauth.mycdn.me/blank.html"],
            title: "Castle",
            profile: None,
            language: Some("ru"),
        };
        let text = line.text();
        assert_eq!(text.find('\n'), Some(text.len() - 1));
        assert!(text.starts_with("{\"v\":1,"));
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            value,
            json!({
                "v": 1, "url": "https://ok.ru/?a=\"\n", "title": "Castle", "profile": null, "lang": "ru",
                "returns": ["okwidget://return/1", "https://oauth.mycdn.me/blank.html"],
            })
        );
        let resume: Value = serde_json::from_str(RESUME).unwrap();
        assert_eq!(resume["v"], VERSION);
    }

    #[test]
    fn reports_are_read() {
        let parse = |line: &str| Report::parse(line.as_bytes());
        assert!(matches!(parse(r#"{"hello":1}"#), Some(Report::Hello(1))));
        assert!(matches!(parse(r#"{"shown":true}"#), Some(Report::Shown)));
        assert!(matches!(parse(r#"{"closed":true}"#), Some(Report::Closed)));
        assert!(matches!(parse(r#"{"at":"ok.ru"}"#), Some(Report::Other)));
        let Some(Report::Returned(url)) = parse(r#"{"returned":"okwidget://return/1?a#b"}"#) else {
            panic!("not read")
        };
        assert_eq!(*url, "okwidget://return/1?a#b");
        let Some(Report::Failed(why)) = parse(r#"{"failed":"no\nscreen"}"#) else {
            panic!("not read")
        };
        assert_eq!(why, "noscreen");
        for line in [
            "",
            "{}",
            "[]",
            "hello",
            r#"{"hello":-1}"#,
            r#"{"returned":1}"#,
        ] {
            assert!(parse(line).is_none(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_line_panics(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Report::parse(&line);
        }
    }
}
