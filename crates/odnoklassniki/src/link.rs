//! Which links can be sent.
//!
//! OK gets a link as it was written. So a link that a browser would repair is refused. Examples are
//! a missing or extra slash, a backslash, a blank, and a host with numbers or letters in another
//! form. Source: `docs/protocol.md`, 6.4.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::host::stays;

pub(crate) const NO_HOST: &str = "has no proper host";

/// Checks an absolute `http` or `https` URL. The letter case of a scheme does not count (RFC 3986,
/// section 3.1).
///
/// # Errors
/// What is wrong with it, as a part of a sentence.
pub(crate) fn validate(link: &str) -> Result<(), &'static str> {
    if link.chars().any(is_blank) {
        return Err("has white space in it");
    }
    validate_url(link)
}

/// Checks a link without white space.
pub(crate) fn validate_url(link: &str) -> Result<(), &'static str> {
    if link.contains('\\') {
        return Err("has a backslash in it");
    }
    let (scheme, rest) = link.split_once(':').ok_or("is not an absolute URL")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err("is not a web URL");
    }
    let rest = rest
        .strip_prefix("//")
        .ok_or("does not have two slashes after its scheme")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_and_port = match authority.split_once('@') {
        None => authority,
        Some((user, host)) if is_user(user) && !host.contains('@') => host,
        Some(_) => return Err(NO_HOST),
    };
    // The colons of an IPv6 address are inside of its brackets.
    let end = match host_and_port.find(']') {
        Some(bracket) => bracket + 1,
        None => host_and_port.find(':').unwrap_or(host_and_port.len()),
    };
    let (host, port) = host_and_port.split_at(end);
    if is_host(host) && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)) {
        Ok(())
    } else {
        Err(NO_HOST)
    }
}

fn is_blank(c: char) -> bool {
    !c.is_ascii_graphic() && (c.is_whitespace() || c.is_control())
}

/// Returns whether a text is a user, with a password or without. A browser drops what is empty.
fn is_user(text: &str) -> bool {
    let (name, password) = text.split_once(':').unwrap_or((text, "-"));
    !name.is_empty() && !password.is_empty()
}

/// Returns whether a text is a port as a browser writes it.
fn is_port(text: &str) -> bool {
    let is_plain = text == "0" || text.starts_with(|c| matches!(c, '1'..='9'));
    is_plain && text.parse::<u16>().is_ok()
}

/// Returns whether a browser reads a host as it is written.
fn is_host(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        let address = rest.strip_suffix(']').unwrap_or_default();
        return address.parse::<Ipv6Addr>().is_ok();
    }
    // A browser takes a host for an IPv4 address by its last label (URL standard, 3.5).
    let last = host.rsplit('.').next().unwrap_or_default();
    if is_number(last) {
        return host.parse::<Ipv4Addr>().is_ok();
    }
    host.split('.').all(is_label) && stays(host)
}

/// Returns whether a label is a number: decimal, or hexadecimal behind `0x`.
fn is_number(label: &str) -> bool {
    match label.strip_prefix("0x").or(label.strip_prefix("0X")) {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

fn is_label(label: &str) -> bool {
    let is_good = |c: char| match c.is_ascii() {
        true => c.is_ascii_alphanumeric() || c == '-' || c == '_',
        false => is_letter(c),
    };
    !label.is_empty() && label.chars().all(is_good)
}

/// Returns whether a character is a letter or digit of which a browser changes at most the case. It
/// makes another letter of the sign for ohm.
fn is_letter(c: char) -> bool {
    let lower = c.to_lowercase();
    c.is_alphanumeric() && (lower.clone().eq([c]) || lower.flat_map(char::to_uppercase).eq([c]))
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

    /// In a browser its own `URL` decides, so these must be all that a link can do.
    #[test]
    fn the_links_of_the_list_are_accepted_or_refused_as_it_says() {
        #[derive(serde::Deserialize)]
        struct Case {
            link: String,
            post: bool,
        }
        let list = include_str!("../../../tests/data/links.json");
        let cases: Vec<Case> = serde_json::from_str(list).expect("a list of links");
        for case in cases {
            assert_eq!(validate(&case.link).is_ok(), case.post, "{}", case.link);
        }
    }

    #[test]
    fn no_letter_beyond_ascii_is_dropped_or_becomes_ascii() {
        let is_sent = |c: &char| validate(&format!("https://{c}.example/")).is_ok();
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
                if validate(&link).is_ok() {
                    assert_host(&link);
                }
            }
        }

        #[test]
        fn any_text_is_checked_without_panic(text in "\\PC{0,24}", link in "https://\\PC{0,24}") {
            _ = (validate(&text), validate(&link));
        }
    }
}
