//! Every combination of the headers by which web pages and browsers differ, compared with the rules
//! written down once more. What is refused uses nothing up.

use super::*;
use test_support::reliability::{measured, scale};

/// The paths that a page could try.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Link,
    Return,
    Fragment,
    Redirect,
}

/// A header as it is sent, and whether the rules allow it.
type Choice = (&'static str, bool);

const WAYS: [Way; 4] = [Way::Link, Way::Return, Way::Fragment, Way::Redirect];
const METHODS: [&str; 4] = ["GET", "POST", "HEAD", "OPTIONS"];
const HOSTS: [Choice; 5] = [
    ("Host: 127.0.0.1:49152\r\n", true),
    ("", false),
    ("Host: rebound.example:49152\r\n", false),
    ("Host: localhost:49152\r\n", false),
    ("Host: 127.0.0.1:49152\r\nHost: 127.0.0.1:49152\r\n", false),
];
const MODES: [Choice; 4] = [
    ("", true),
    ("Sec-Fetch-Mode: navigate\r\n", true),
    ("Sec-Fetch-Mode: cors\r\n", false),
    ("Sec-Fetch-Mode: no-cors\r\n", false),
];
const DESTINATIONS: [Choice; 4] = [
    ("", true),
    ("Sec-Fetch-Dest: document\r\n", true),
    ("Sec-Fetch-Dest: iframe\r\n", false),
    ("Sec-Fetch-Dest: image\r\n", false),
];
/// A fragment must come from the same origin; a navigation comes from anywhere.
const SITES: [Choice; 4] = [
    ("", true),
    ("Sec-Fetch-Site: same-origin\r\n", true),
    ("Sec-Fetch-Site: cross-site\r\n", false),
    ("Sec-Fetch-Site: none\r\n", false),
];
/// Likewise; `null` is ours only if the site says so.
const ORIGINS: [Choice; 4] = [
    ("", false),
    ("Origin: http://127.0.0.1:49152\r\n", true),
    ("Origin: null\r\n", false),
    ("Origin: https://evil.example\r\n", false),
];
const PURPOSES: [Choice; 5] = [
    ("", true),
    ("Sec-Purpose: prefetch;prerender\r\n", false),
    ("Purpose: prefetch\r\n", false),
    ("X-Purpose: preview\r\n", false),
    ("X-Moz: prefetch\r\n", false),
];

/// One of them all.
struct Combination {
    way: Way,
    method: &'static str,
    host: Choice,
    mode: Choice,
    destination: Choice,
    site: Choice,
    origin: Choice,
    purpose: Choice,
}

impl Combination {
    /// The one with this number; `None` behind the last.
    fn nth(mut number: usize) -> Option<Self> {
        let mut digit = |base| {
            let digit = number % base;
            number /= base;
            digit
        };
        let combination = Self {
            way: WAYS[digit(WAYS.len())],
            method: METHODS[digit(METHODS.len())],
            host: HOSTS[digit(HOSTS.len())],
            mode: MODES[digit(MODES.len())],
            destination: DESTINATIONS[digit(DESTINATIONS.len())],
            site: SITES[digit(SITES.len())],
            origin: ORIGINS[digit(ORIGINS.len())],
            purpose: PURPOSES[digit(PURPOSES.len())],
        };
        (number == 0).then_some(combination)
    }

    fn request(&self, pending: &Request) -> String {
        let Self {
            way,
            method,
            host,
            mode,
            destination,
            site,
            origin,
            purpose,
        } = self;
        let path = way.path(pending);
        let headers: String = [host, mode, destination, site, origin, purpose]
            .map(|(header, _)| *header)
            .concat();
        let (length, body) = if *way == Way::Fragment {
            ("Content-Length: 7\r\n", "code=OK")
        } else {
            Default::default()
        };
        format!("{method} {path} HTTP/1.1\r\n{headers}{length}\r\n{body}")
    }

    /// Returns the status that the rules demand.
    fn expected(&self) -> u16 {
        let method = if self.way == Way::Fragment {
            "POST"
        } else {
            "GET"
        };
        let named = self.site.1 && self.origin.1;
        let vouched = self.site.0.contains("same-origin") && self.origin.0.contains("null");
        let from_us = named || vouched;
        let by_a_tab = self.mode.1 && self.destination.1;
        match self.way {
            _ if !self.host.1 => 421,
            _ if self.method != method => 405,
            _ if !self.purpose.1 => 503,
            Way::Fragment if !from_us => 403,
            Way::Link | Way::Return | Way::Redirect if !by_a_tab => 403,
            Way::Link => 303,
            Way::Return | Way::Fragment | Way::Redirect => 200,
        }
    }
}

impl Way {
    fn path(self, pending: &Request) -> String {
        match self {
            Self::Link => format!("/go/{}", pending.link_token),
            Self::Return => format!("/r/{}?code=OK", pending.return_token),
            Self::Fragment => format!("/f/{}", pending.return_token),
            Self::Redirect => format!("/login?code=OK&state={}", pending.return_token),
        }
    }

    /// Returns the request of an honest browser.
    fn honest(self, pending: &Request) -> Vec<u8> {
        let path = self.path(pending);
        if self == Self::Fragment {
            post(HOST, &path, "code=OK")
        } else {
            get(HOST, &path)
        }
    }

    /// Returns the owner's event when the request came through.
    fn event(self, pending: &Request) -> Event {
        match self {
            Self::Link => CallbackEvent::Visited(pending.id),
            Self::Return | Self::Fragment => {
                CallbackEvent::Received(pending.id, "code=OK".to_owned())
            }
            Self::Redirect => CallbackEvent::Received(
                pending.id,
                format!("code=OK&state={}", pending.return_token),
            ),
        }
    }
}

#[test]
fn every_combination_is_decided_by_the_rules() {
    // A step that shares no factor with the numbers of choices: an ordinary run also meets each of
    // them.
    let numbers = (0..).step_by(scale(11, 1));
    let (mut tried, mut refused) = (0, 0);
    for combination in numbers.map_while(Combination::nth) {
        let mut world = World::at(Some("http://127.0.0.1:49152/login"));
        let (mut callback, pending) = callback(1, world.now + MINUTE);
        callback.parser = parse_all();
        world.handler.table().add(callback);

        let (way, request, expected) = (
            combination.way,
            combination.request(&pending),
            combination.expected(),
        );
        let response = world.send(request.as_bytes());
        assert_eq!(status(&response), expected, "{request}");
        assert!(
            !String::from_utf8_lossy(&response).contains("Access-Control"),
            "{request}"
        );
        if !matches!(expected, 200 | 303) {
            assert_eq!(world.take(), [], "{request}");
            // The honest one comes through all the same.
            assert!(
                matches!(status(&world.send(&way.honest(&pending))), 200 | 303),
                "{request}"
            );
            refused += 1;
        }
        assert_eq!(world.take(), [way.event(&pending)], "{request}");
        tried += 1;
    }
    assert!(
        refused >= 120 && refused < tried,
        "{refused} of {tried} were refused"
    );
    measured(
        9,
        format!("{tried} combinations of headers, {refused} refused without effect"),
    );
}
