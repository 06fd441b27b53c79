//! Which links can be sent.
//!
//! OK gets a link as it was written. So what a browser would repair before it goes there is refused here: slashes that are
//! missing or one too many, backslashes, blanks, numbers and letters of hosts in other forms. Source: `docs/protocol.md`, 6.4.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

const NO_HOST: &str = "has no proper host";
/// Letters and digits in whose place a browser puts others (UTS 46), by blocks: ligatures, small and wide forms, numbers in
/// circles, and the like.
#[rustfmt::skip]
const REPLACED: [(char, char); 49] = [
    ('\u{aa}', '\u{be}'), ('\u{132}', '\u{133}'), ('\u{13f}', '\u{140}'), ('\u{149}', '\u{149}'),
    ('\u{17f}', '\u{17f}'), ('\u{1c4}', '\u{1cc}'), ('\u{1f1}', '\u{1f3}'), ('\u{2b0}', '\u{2e4}'),
    ('\u{374}', '\u{37a}'), ('\u{3d0}', '\u{3d6}'), ('\u{3f0}', '\u{3f9}'), ('\u{587}', '\u{587}'),
    ('\u{675}', '\u{678}'), ('\u{958}', '\u{95f}'), ('\u{9dc}', '\u{9df}'), ('\u{a33}', '\u{a5e}'),
    ('\u{b5c}', '\u{b5d}'), ('\u{e33}', '\u{e33}'), ('\u{eb3}', '\u{eb3}'), ('\u{edc}', '\u{edd}'),
    ('\u{f43}', '\u{f69}'), ('\u{10fc}', '\u{10fc}'), ('\u{13f8}', '\u{13fd}'),
    ('\u{1c80}', '\u{1c88}'), ('\u{1d2c}', '\u{1dbf}'), ('\u{1e9a}', '\u{1e9b}'),
    ('\u{1f71}', '\u{1ffb}'), ('\u{2070}', '\u{218b}'), ('\u{2460}', '\u{24ff}'),
    ('\u{2c7c}', '\u{2c7d}'), ('\u{2d6f}', '\u{2d6f}'), ('\u{3038}', '\u{303a}'),
    ('\u{309f}', '\u{309f}'), ('\u{30ff}', '\u{30ff}'), ('\u{3131}', '\u{33ff}'),
    ('\u{a69c}', '\u{a69d}'), ('\u{a770}', '\u{a770}'), ('\u{a7f1}', '\u{a7f9}'),
    ('\u{ab5c}', '\u{abbf}'), ('\u{f900}', '\u{fdff}'), ('\u{fe70}', '\u{ffef}'),
    ('\u{10780}', '\u{107bf}'), ('\u{1d400}', '\u{1d7ff}'), ('\u{1ee00}', '\u{1eeff}'),
    ('\u{1f100}', '\u{1f1ff}'), ('\u{1fbf0}', '\u{1fbf9}'), ('\u{2f800}', '\u{2fa1f}'),
    ('\u{115f}', '\u{1160}'), ('\u{1ccf0}', '\u{1ccf9}'),
];

/// Checks an absolute `http` or `https` URL; a scheme has no letter case (RFC 3986, section 3.1).
///
/// # Errors
/// What is wrong with it, as a part of a sentence.
pub(crate) fn check(link: &str) -> Result<(), &'static str> {
    if link.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("has white space in it");
    }
    if link.contains('\\') {
        return Err("has a backslash in it");
    }
    let (scheme, rest) = link.split_once(':').ok_or("is not an absolute address")?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err("is no web address");
    }
    let rest = rest.strip_prefix("//").ok_or("does not have two slashes after its scheme")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // The last `@` ends the name of a user, which has none of its own.
    let host = match authority.split_once('@') {
        Some((user, host)) if host.contains('@') || !is_user(user) => return Err(NO_HOST),
        Some((_, host)) => host,
        None => authority,
    };
    let (is_host, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let (number, port) = rest.split_once(']').ok_or(NO_HOST)?;
            (number.parse::<Ipv6Addr>().is_ok(), port)
        }
        None => {
            let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
            (is_name(name), port)
        }
    };
    if !is_host || !(port.is_empty() || port.strip_prefix(':').is_some_and(is_port)) {
        return Err(NO_HOST);
    }
    // What these letters stand for only the parser knows. To ask it costs an allocation.
    let encoded = |label: &str| label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
    let is_plain = host.is_ascii() && !host.split('.').any(encoded);
    let is_domain = |url: Url| matches!(url.host(), Some(Host::Domain(_)));
    if is_plain || Url::parse(link).is_ok_and(is_domain) { Ok(()) } else { Err(NO_HOST) }
}

/// Returns whether it is labels with dots between them, or four ordinary numbers.
fn is_name(host: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || (!c.is_ascii() && is_letter(c));
    let labels = host.split('.').all(|label| !label.is_empty() && label.chars().all(letter));
    // A browser takes a host for an IPv4 address by its last label, and repairs that (URL standard, 3.5).
    let last = host.rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").or(last.strip_prefix("0X"));
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
        || hex.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    labels && (!is_number || host.parse::<Ipv4Addr>().is_ok())
}

/// Returns whether a browser leaves a letter or digit beyond ASCII as it is, but for its case.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !REPLACED.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

/// Returns whether it is a name, with a password or without. A browser drops what is empty.
fn is_user(text: &str) -> bool {
    text.split_once(':').map_or(!text.is_empty(), |(name, word)| !name.is_empty() && !word.is_empty())
}

fn is_port(text: &str) -> bool {
    (text == "0" || !text.starts_with('0'))
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Asserts that a browser finds the host that is written in a link.
    fn assert_host(link: &str) {
        let Ok(url) = Url::parse(link) else { panic!("{link} is no URL") };
        let authority = link.split('/').nth(2).unwrap_or_default().split(['?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
        let found = url.host_str().unwrap_or_default();
        let same = host.strip_prefix(found).is_some_and(|port| port.is_empty() || port.starts_with(':'));
        assert!(same || found.starts_with('['), "{link} leads to {found}");
    }

    #[test]
    fn no_letter_beyond_ascii_is_dropped_or_becomes_ascii() {
        let beyond = ('\u{80}'..=char::MAX).filter(|c| is_letter(*c));
        let wrong: Vec<_> = beyond
            .filter(|c| {
                let url = Url::parse(&format!("https://{c}.example/"));
                url.is_ok_and(|url| url.host_str().is_some_and(|host| !host.starts_with("xn--")))
            })
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        assert!("яßé例えאا가".chars().all(is_letter));
    }

    proptest! {
        #[test]
        fn nothing_in_a_link_is_repaired(link in "(?i:https?)://[a-z0-9.:@/?#x_-]{0,24}", any in "https?:[/\\\\a0.:\\[\\]@ ]{0,12}") {
            for link in [link, any] {
                if check(&link).is_ok() {
                    assert_host(&link);
                }
            }
        }

        #[test]
        fn any_text_is_checked_without_panic(text in "\\PC{0,24}", link in "https://\\PC{0,24}") {
            _ = (check(&text), check(&link));
        }
    }
}
