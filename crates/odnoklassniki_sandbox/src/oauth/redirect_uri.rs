//! Redirect URIs: which ones an application has registered.

use crate::language::Language;

/// Hosts of this machine. A registered port 0 on them stands for every port.
const ANY_PORT: [&str; 3] = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];

/// Returns whether `sent` is the registered URI. As at OK they must be equal character by
/// character, up to `?`. Only the sandbox lets port 0 of this machine stand for every port.
pub(crate) fn is_registered(registered: &str, sent: &str) -> bool {
    let (registered, sent) = (compared(registered), compared(sent));
    let any_port = ANY_PORT
        .iter()
        .find_map(|host| Some((host, registered.strip_prefix(host)?.strip_prefix('0')?)));
    match any_port {
        Some((host, path)) if path.is_empty() || path.starts_with('/') => {
            let port = sent
                .strip_prefix(host)
                .and_then(|rest| rest.strip_suffix(path));
            port.is_some_and(is_port)
        }
        _ => registered == sent,
    }
}

/// Returns the part of a URI that is compared.
pub(crate) fn compared(uri: &str) -> &str {
    uri.split('?').next().unwrap_or_default()
}

fn is_port(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    digits && text.parse::<u16>().is_ok()
}

/// Returns scheme, host and port.
pub(crate) fn origin(uri: &str) -> &str {
    let start = uri.find("://").map_or(0, |index| index + 3);
    let end = uri
        .get(start..)
        .and_then(|rest| rest.find(['/', '?', '#']))
        .map_or(uri.len(), |end| start + end);
    uri.get(..end).unwrap_or_default()
}

/// Says in which part a URI differs from the nearest registered one.
pub(crate) fn difference(registered: &[String], sent: &str, language: Language) -> &'static str {
    let sent = compared(sent);
    let path = |uri: &str| {
        compared(uri)
            .get(origin(uri).len()..)
            .unwrap_or_default()
            .to_owned()
    };
    let host = |uri: &str| {
        let (scheme, rest) = origin(uri).split_once("://").unwrap_or_default();
        (
            scheme.to_owned(),
            rest.rsplit_once(':')
                .map_or(rest, |(host, _)| host)
                .to_owned(),
        )
    };
    let same_origin = registered.iter().any(|known| {
        let bare = origin(known);
        is_registered(bare, origin(sent))
    });
    let (english, russian) = if same_origin {
        ("the path differs", "отличается путь")
    } else if registered
        .iter()
        .any(|known| host(known) == host(sent) && path(known) == path(sent))
    {
        ("the port differs", "отличается порт")
    } else if registered.iter().any(|known| host(known) == host(sent)) {
        ("port and path differ", "отличаются порт и путь")
    } else {
        ("scheme or host differ", "отличается схема или узел")
    };
    language.say(english, russian)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn character_by_character_up_to_the_question_mark() {
        for (registered, sent) in [
            ("https://game.example/cb", "https://game.example/cb"),
            (
                "https://game.example/cb",
                "https://game.example/cb?from=menu",
            ),
            ("https://game.example/cb?x", "https://game.example/cb"),
            ("okauth://ok512", "okauth://ok512"),
            ("http://127.0.0.1:80/cb", "http://127.0.0.1:80/cb"),
        ] {
            assert!(is_registered(registered, sent), "{registered} {sent}");
        }
        for (registered, sent) in [
            ("https://game.example/cb", "https://game.example/cb/"),
            ("https://game.example/cb", "https://game.example/c"),
            ("https://game.example/cb", "https://GAME.example/cb"),
            ("https://game.example/cb", "http://game.example/cb"),
            ("https://game.example/cb", "https://game.example/cb#x"),
            ("http://127.0.0.1:80/cb", "http://127.0.0.1:81/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:80/cb"),
            ("", "https://game.example/cb"),
        ] {
            assert!(!is_registered(registered, sent), "{registered} {sent}");
        }
    }

    #[test]
    fn port_0_of_this_machine_is_any_port() {
        for (registered, sent) in [
            ("http://127.0.0.1:0/login", "http://127.0.0.1:1/login"),
            (
                "http://127.0.0.1:0/login",
                "http://127.0.0.1:65535/login?a=/login",
            ),
            ("http://localhost:0/login", "http://localhost:8080/login"),
            ("http://[::1]:0/login", "http://[::1]:8080/login"),
            ("http://[::1]:0", "http://[::1]:8080"),
        ] {
            assert!(is_registered(registered, sent), "{registered} {sent}");
        }
        for (registered, sent) in [
            ("http://127.0.0.1:0/login", "http://127.0.0.1:0/login"),
            ("http://127.0.0.1:0/login", "http://127.0.0.1:00/login"),
            ("http://127.0.0.1:0/login", "http://127.0.0.1:080/login"),
            ("http://127.0.0.1:0/login", "http://127.0.0.1:65536/login"),
            ("http://127.0.0.1:0/login", "http://127.0.0.1:+1/login"),
            ("http://127.0.0.1:0/login", "http://127.0.0.1:/login"),
            ("http://127.0.0.1:0/login", "http://127.0.0.1/login"),
            ("http://127.0.0.1:0/login", "http://127.0.0.1:1/x/login"),
            (
                "http://127.0.0.1:0/login",
                "http://127.0.0.1:1@game.example/login",
            ),
            ("http://127.0.0.1:0/login", "http://localhost:1/login"),
            ("http://127.0.0.1:0/login", "https://127.0.0.1:1/login"),
            ("http://127.0.0.1:01/login", "http://127.0.0.1:11/login"),
            ("https://127.0.0.1:0/login", "https://127.0.0.1:1/login"),
            ("http://game.example:0/login", "http://game.example:1/login"),
        ] {
            assert!(!is_registered(registered, sent), "{registered} {sent}");
        }
    }

    #[test]
    fn the_page_names_the_part_that_differs() {
        let registered = [
            "http://127.0.0.1:0/login".to_owned(),
            "https://game.example:444/cb".to_owned(),
        ];
        for (sent, part) in [
            ("http://127.0.0.1:5/other", "the path"),
            ("https://game.example:443/cb", "the port"),
            ("https://game.example/no", "port and path"),
            ("https://127.0.0.1:5/login", "scheme or host"),
            ("nothing", "scheme or host"),
        ] {
            assert!(
                difference(&registered, sent, Language::English).starts_with(part),
                "{sent}"
            );
        }
        assert_eq!(origin("http://a:1/b"), "http://a:1");
        assert_eq!(origin("okauth://x"), "okauth://x");
    }

    proptest! {
        #[test]
        fn every_port_matches_and_nothing_else_does(port in 1..=u16::MAX, rest in "\\PC{1,12}") {
            let registered = "http://127.0.0.1:0/login";
            let sent = format!("http://127.0.0.1:{port}/login");
            prop_assert!(is_registered(registered, &sent));
            let tail = format!("{sent}{rest}");
            prop_assert_eq!(is_registered(registered, &tail), rest.starts_with('?'));
        }

        #[test]
        fn any_text_is_compared_without_panic(
            registered in "(http://127.0.0.1:0|/|\\?|0|:|\\PC){0,8}", sent in "(http://127.0.0.1:|/|\\?|[0-9]|:|\\PC){0,8}"
        ) {
            let _ = is_registered(&registered, &sent);
            let _ = difference(&[registered], &sent, Language::Russian);
            prop_assert!(sent.starts_with(origin(&sent)));
        }
    }
}
