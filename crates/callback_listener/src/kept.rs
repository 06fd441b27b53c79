//! What a program in a browser keeps in the storage of its tab, while the service's page is open in
//! its place. `pages/return.js` reads and writes the same lines.

use std::fmt;

use zeroize::Zeroizing;

use crate::token::{ReturnToken, Token};

/// The first line. It changes with the lines that follow.
const HEAD: &str = "callback_listener 1";

/// The longest entry that is read, in bytes.
const MAX_ENTRY: usize = 1024 * 1024;

/// An entry of the storage, of five lines. The last one may have more lines itself.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The program's own URL, to which the return page goes back.
    pub(crate) address: String,
    /// The return tokens of what is pending, with spaces between them.
    pub(crate) return_tokens: Zeroizing<String>,
    /// The callback that has come since: its return token, a space, and its text. Or nothing.
    pub(crate) callback: Zeroizing<String>,
    /// The owner's text.
    pub(crate) text: Zeroizing<String>,
}

#[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "for browsers"))]
impl Kept {
    pub(crate) fn parse(entry: &str) -> Option<Self> {
        if entry.len() > MAX_ENTRY {
            return None;
        }
        let secret = |text: &str| Zeroizing::new(text.to_owned());
        let mut lines = entry.splitn(5, '\n');
        if lines.next() != Some(HEAD) {
            return None;
        }
        Some(Self {
            address: lines.next()?.to_owned(),
            return_tokens: secret(lines.next()?),
            callback: secret(lines.next()?),
            text: secret(lines.next()?),
        })
    }

    pub(crate) fn write(&self) -> Zeroizing<String> {
        let lines = [
            HEAD,
            &self.address,
            &self.return_tokens,
            &self.callback,
            &self.text,
        ];
        Zeroizing::new(lines.join("\n"))
    }

    /// Returns the callback that has come, if it is of something that is pending.
    pub(crate) fn callback(&self) -> Option<(ReturnToken, Zeroizing<String>)> {
        let (token, text) = self.callback.split_once(' ')?;
        let token: ReturnToken = Token::parse(token)?;
        let is_pending = |known: &str| token.matches(known);
        if !self.return_tokens.split(' ').any(is_pending) {
            return None;
        }
        Some((token, Zeroizing::new(text.to_owned())))
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "11111111111111111111111111111111";

    fn kept(tokens: &str, callback: &str, text: &str) -> Kept {
        let secret = |text: &str| Zeroizing::new(text.to_owned());
        Kept {
            address: "https://game.example/?level=7#a".to_owned(),
            return_tokens: secret(tokens),
            callback: secret(callback),
            text: secret(text),
        }
    }

    #[test]
    fn an_entry_is_five_lines() {
        let entry = kept(TOKEN, "", "the owner's\ntext");
        let text = entry.write();
        let lines: Vec<_> = text.split('\n').collect();
        let address = "https://game.example/?level=7#a";
        assert_eq!(lines, [HEAD, address, TOKEN, "", "the owner's", "text"]);
        assert_eq!(Kept::parse(&text), Some(entry.clone()));
        assert!(!format!("{entry:?}").contains("111"));
        for other in [
            "",
            "callback_listener",
            "callback_listener 1",
            "callback_listener 1\na\nb\nc",
            "callback_listener 2\na\nb\nc\nd",
            &format!("{}{}", *text, "x".repeat(MAX_ENTRY)),
        ] {
            assert_eq!(Kept::parse(other), None, "{other:.40}");
        }
    }

    #[test]
    fn only_a_callback_of_something_pending_counts() {
        let other = "2".repeat(32);
        let found = |callback: &str| {
            let tokens = format!("{other} {TOKEN}");
            let callback = kept(&tokens, callback, "").callback();
            callback.map(|(token, text)| (token.expose().to_owned(), text.to_string()))
        };
        let expected = Some((TOKEN.to_owned(), "code=OK&x=a b".to_owned()));
        assert_eq!(found(&format!("{TOKEN} code=OK&x=a b")), expected);
        let unknown = format!("{} code=OK", "3".repeat(32));
        for none in ["", " ", "code=OK", TOKEN, "1 code=OK", &unknown] {
            assert_eq!(found(none), None, "{none}");
        }
        assert!(kept("", " code=OK", "").callback().is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_read_back(text: String) {
            let entry = kept(TOKEN, "", &text);
            prop_assert_eq!(Kept::parse(&entry.write()), Some(entry));
            _ = Kept::parse(&text).and_then(|kept| kept.callback());
        }
    }
}
