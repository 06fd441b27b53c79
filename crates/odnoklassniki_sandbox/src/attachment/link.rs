//! Links and times in a post, as strict as OK's documentation suggests.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Returns host and port of a link. Returns `None` if a browser would not take the link as an
/// absolute web URL exactly as it is.
pub(super) fn host(link: &str) -> Option<&str> {
    let odd = |c: char| c == '\\' || c.is_whitespace() || c.is_control();
    if link.chars().any(odd) {
        return None;
    }
    let (scheme, rest) = link.split_once("://")?;
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let mut authority = rest.get(..end)?.split('@');
    let (first, second) = (authority.next()?, authority.next());
    // With one `@` there is a user before the host.
    let host = second.unwrap_or(first);
    // A browser drops an empty name or password, and so changes the link.
    if second.is_some() && first.splitn(2, ':').any(str::is_empty) {
        return None;
    }
    (authority.next().is_none() && is_host(host)).then_some(host)
}

fn is_host(text: &str) -> bool {
    let colon = match text.find(']') {
        Some(bracket) => text
            .get(bracket..)
            .and_then(|rest| rest.find(':'))
            .map(|colon| bracket + colon),
        None => text.find(':'),
    };
    let (name, port) = match colon {
        Some(colon) => (
            text.get(..colon).unwrap_or_default(),
            text.get(colon + 1..).unwrap_or_default(),
        ),
        None => (text, "80"),
    };
    let has_zero = port.len() > 1 && port.starts_with('0');
    let port_is_right =
        !has_zero && port.chars().all(|c| c.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let number = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    port_is_right
        && number.map_or_else(
            || is_name(name),
            |number| number.parse::<Ipv6Addr>().is_ok(),
        )
}

fn is_name(name: &str) -> bool {
    // The signs for kelvin and ohm become other letters in lower case.
    let changes =
        |c: char| c.is_uppercase() && !c.to_lowercase().flat_map(char::to_uppercase).eq([c]);
    let known = |c: char| "-_".contains(c) || (c.is_alphanumeric() && !changes(c));
    let mut last = "";
    for label in name.split('.') {
        if label.is_empty() || !label.chars().all(known) {
            return false;
        }
        last = label;
    }
    let last = last.to_ascii_lowercase();
    let is_number = match last.strip_prefix("0x") {
        Some(hex) => hex.chars().all(|c| c.is_ascii_hexdigit()),
        None => last.chars().all(|c| c.is_ascii_digit()),
    };
    (!is_number || name.parse::<Ipv4Addr>().is_ok()) && is_kept(name)
}

/// Returns whether a browser keeps the letters as they are written (UTS 46): it may change their
/// case, and decode punycode.
fn is_kept(name: &str) -> bool {
    let (shown, result) = idna::domain_to_unicode(name);
    let lower: Vec<String> = name
        .split('.')
        .map(|label| label.chars().flat_map(char::to_lowercase).collect())
        .collect();
    result.is_ok()
        && shown
            .split('.')
            .zip(&lower)
            .all(|(shown, label)| shown == label || label.starts_with("xn--"))
}

/// Returns whether the text is `YYYY-MM-DD hh:mm:ss` and such a second exists.
pub(super) fn is_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once(' ') else {
        return false;
    };
    let ([Some(year), Some(month), Some(day)], [Some(hour), Some(minute), Some(second)]) =
        (numbers(date, '-', [4, 2, 2]), numbers(time, ':', [2, 2, 2]))
    else {
        return false;
    };
    let february = 28
        + u16::from(
            year.is_multiple_of(400) || (year.is_multiple_of(4) && !year.is_multiple_of(100)),
        );
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = usize::from(month)
        .checked_sub(1)
        .and_then(|month| lengths.get(month));
    length.is_some_and(|length| (1..=*length).contains(&day))
        && hour <= 23
        && minute <= 59
        && second <= 59
}

/// Parses three numbers of so many digits.
fn numbers(text: &str, separator: char, digits: [usize; 3]) -> [Option<u16>; 3] {
    let mut parts = text.splitn(3, separator);
    digits.map(|digits| {
        let part = parts
            .next()
            .filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()));
        part.and_then(|part| part.parse().ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_host_is_that_of_the_link() {
        for (link, found) in [
            ("https://game.example/run?a=1", "game.example"),
            ("HTTP://player@GAME.example:81#x", "GAME.example:81"),
            ("https://[::1]:8080", "[::1]:8080"),
        ] {
            assert_eq!(host(link), Some(found));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,24}", link in "https?:[/0-9a-z.:@\\[\\]я]{0,24}") {
            _ = (host(&text), host(&link), is_time(&text));
        }

        #[test]
        fn days_go_on_until_the_month_ends(year in 1970_u16..2400, month in 1_u16..13) {
            let exists = |day: u16| is_time(&format!("{year:04}-{month:02}-{day:02} 00:00:00"));
            let last = (1..=31).rev().find(|day| exists(*day)).unwrap();
            prop_assert!((28..=31).contains(&last) && (1..=last).all(exists) && !exists(0) && !exists(32));
        }
    }
}
