//! Which links can be sent.
//!
//! OK gets a link as it was written. So what a browser would repair before it goes there is refused
//! here: slashes that are missing or one too many, backslashes, blanks, numbers and letters of
//! hosts in other forms. Source: `docs/protocol.md`, 6.4.

use std::net::{Ipv4Addr, Ipv6Addr};

const NO_HOST: &str = "has no proper host";

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
    if !["http", "https"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
    {
        return Err("is no web address");
    }
    let rest = rest
        .strip_prefix("//")
        .ok_or("does not have two slashes after its scheme")?;
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
            (is_name(name) && stays(name), port)
        }
    };
    if is_host && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)) {
        Ok(())
    } else {
        Err(NO_HOST)
    }
}

/// Returns whether it is a letter or digit that only changes its case: the sign for ohm becomes
/// another letter.
fn is_letter(c: char) -> bool {
    let lower = || c.to_lowercase();
    c.is_alphanumeric() && (lower().eq([c]) || lower().flat_map(char::to_uppercase).eq([c]))
}

/// Returns whether a browser puts nothing in the place of letters beyond ASCII, but for their case
/// (UTS 46).
fn stays(name: &str) -> bool {
    let encoded = |label: &str| {
        label
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("xn--"))
    };
    if name.is_ascii() && !name.split('.').any(encoded) {
        return true;
    }
    let (read, verdict) = idna::domain_to_unicode(name);
    let mut labels = read.split('.').zip(name.split('.'));
    verdict.is_ok()
        && labels.all(|(read, label)| {
            label.is_ascii() || label.chars().flat_map(char::to_lowercase).eq(read.chars())
        })
}

/// Returns whether it is labels with dots between them, or four ordinary numbers.
fn is_name(host: &str) -> bool {
    let letter = |c: char| {
        c.is_ascii_alphanumeric() || c == '-' || c == '_' || (!c.is_ascii() && is_letter(c))
    };
    let labels = host
        .split('.')
        .all(|label| !label.is_empty() && label.chars().all(letter));
    // A browser takes a host for an IPv4 address by its last label, and repairs that (URL standard,
    // 3.5).
    let last = host.rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").or(last.strip_prefix("0X"));
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
        || hex.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    labels && (!is_number || host.parse::<Ipv4Addr>().is_ok())
}

/// Returns whether it is a name, with a password or without. A browser drops what is empty.
fn is_user(text: &str) -> bool {
    text.split_once(':')
        .map_or(!text.is_empty(), |(name, word)| {
            !name.is_empty() && !word.is_empty()
        })
}

fn is_port(text: &str) -> bool {
    (text == "0" || !text.starts_with('0'))
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    /// Asserts that a browser finds the host that is written in a link.
    fn assert_host(link: &str) {
        let Ok(url) = Url::parse(link) else {
            panic!("{link} is no URL")
        };
        let authority = link
            .split('/')
            .nth(2)
            .unwrap_or_default()
            .split(['?', '#'])
            .next()
            .unwrap_or_default();
        let host = authority
            .rsplit('@')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let found = url.host_str().unwrap_or_default();
        let same = host
            .strip_prefix(found)
            .is_some_and(|port| port.is_empty() || port.starts_with(':'));
        assert!(same || found.starts_with('['), "{link} leads to {found}");
    }

    #[test]
    fn no_letter_beyond_ascii_is_dropped_or_becomes_ascii() {
        let is_sent = |c: &char| check(&format!("https://{c}.example/")).is_ok();
        let beyond = ('\u{80}'..=char::MAX).filter(is_sent);
        let wrong: Vec<_> = beyond
            .filter(|c| {
                let url = Url::parse(&format!("https://{c}.example/"));
                url.is_ok_and(|url| url.host_str().is_some_and(|host| !host.starts_with("xn--")))
            })
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        assert!("яßé例えא가".chars().all(|c| is_sent(&c)));
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
