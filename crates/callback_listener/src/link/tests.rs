use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use super::*;
use test_support::reliability::measured;

const GOOD: &str = "http://127.0.0.1:49152/go/0123456789abcdef0123456789abcdef";

#[test]
fn our_own_links_pass() {
    for good in [GOOD, "http://[::1]:1/go/ffffffffffffffffffffffffffffffff"] {
        assert_eq!(
            OneTimeLink::parse(good.to_owned())
                .map(|link| link.expose().to_owned())
                .as_deref(),
            Some(good)
        );
    }
}

#[test]
fn debug_leaves_the_token_out() {
    let link = OneTimeLink::parse(GOOD.to_owned()).expect("a good link");
    assert_eq!(
        format!("{link:?}"),
        "OneTimeLink(http://127.0.0.1:49152/go/[redacted])"
    );
}

#[test]
fn known_tricks_are_refused() {
    for bad in [
        "",
        "https://127.0.0.1:49152/go/0123456789abcdef0123456789abcdef",
        "HTTP://127.0.0.1:49152/go/0123456789abcdef0123456789abcdef",
        "http://127.0.0.1/go/0123456789abcdef0123456789abcdef",
        "http://127.0.0.1:/go/0123456789abcdef0123456789abcdef",
        "http://127.0.0.1:491520/go/0123456789abcdef0123456789abcdef",
        "http://127.0.0.1:+4915/go/0123456789abcdef0123456789abcdef",
        "http://127.0.0.1:٤٩١٥/go/0123456789abcdef0123456789abcdef",
        "http://127.0.0.1@evil.example:1/go/0123456789abcdef0123456789abcdef",
        "http://evil.example:49152/go/0123456789abcdef0123456789abcdef",
        "http://localhost:49152/go/0123456789abcdef0123456789abcdef",
        "http://127.0.0.1:49152/go/0123456789ABCDEF0123456789ABCDEF",
        "http://127.0.0.1:49152/go/0123456789abcdef0123456789abcde",
        "http://127.0.0.1:49152/go/0123456789abcdef0123456789abcdef0",
        "http://127.0.0.1:49152/go/0123456789abcdef0123456789abcdef\n",
        "http://127.0.0.1:49152/go/0123456789abcdef0123456789abcdef?x=1",
        "http://127.0.0.1:49152/go/0123456789abcdef0123456789abcdef --flag",
        "http://127.0.0.1:49152/go/../go/0123456789abcdef0123456789abcdef",
        "http://127.0.0.1:49152//go/0123456789abcdef0123456789abcdef",
        " http://127.0.0.1:49152/go/0123456789abcdef0123456789abcdef",
        "--version",
        "-a Calculator",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "$(touch /tmp/x)",
        "`touch /tmp/x`",
        "calc.exe",
        "\\\\server\\share",
    ] {
        assert!(OneTimeLink::parse(bad.to_owned()).is_none(), "{bad:?}");
    }
}

/// The rule once more, written in another way: cut to pieces by length and compared byte by byte.
fn oracle(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some(cut) = bytes.len().checked_sub(36) else {
        return false;
    };
    let (head, tail) = bytes.split_at(cut);
    let token = tail.strip_prefix(b"/go/");
    let port = ["http://127.0.0.1:", "http://[::1]:"]
        .iter()
        .find_map(|host| head.strip_prefix(host.as_bytes()));
    token.is_some_and(|token| token.iter().all(|byte| b"0123456789abcdef".contains(byte)))
        && port.is_some_and(|port| {
            matches!(port.len(), 1..=5) && port.iter().all(|byte| b"0123456789".contains(byte))
        })
}

/// A good link with something put into it, cut out of it or changed in it: only what is still of
/// the form passes.
#[test]
fn hostile_strings_do_not_pass() {
    let strings = (
        0_usize..=58,
        0_usize..4,
        prop::collection::vec(any::<char>(), 0..4),
    );
    let config = ProptestConfig {
        rng_seed: RngSeed::Fixed(0x0d_0c1a),
        failure_persistence: None,
        ..ProptestConfig::with_cases(100_000)
    };
    let run = |(at, cut, put): (usize, usize, Vec<char>)| {
        let end = (at + cut).min(GOOD.len());
        let put: String = put.into_iter().collect();
        let hostile = format!("{}{put}{}", &GOOD[..at], &GOOD[end..]);
        prop_assert_eq!(
            OneTimeLink::parse(hostile.clone()).is_some(),
            oracle(&hostile),
            "{:?}",
            hostile
        );
        Ok(())
    };
    TestRunner::new(config).run(&strings, run).unwrap();
    measured(
        17,
        "100000 hostile strings: none passes but those of the right form",
    );
}

#[test]
fn a_link_without_a_return_page_is_blank() {
    let token = LinkToken::random(|bytes| {
        bytes.fill(0xab);
        Ok::<(), ()>(())
    })
    .unwrap();
    let blank = OneTimeLink::on_page(BLANK, &token);
    assert_eq!(
        blank.expose(),
        format!("about:blank#go={}", "ab".repeat(16))
    );
    assert!(blank.is_blank());
    assert_eq!(blank.token(), token.expose());
    assert_eq!(
        format!("{blank:?}"),
        "OneTimeLink(about:blank#go=[redacted])"
    );
    for other in [
        OneTimeLink::on_page("https://game.example/assets/ok.html", &token),
        OneTimeLink::on_page("https://game.example/about:blank", &token),
        OneTimeLink::new("http://127.0.0.1:1", &token),
    ] {
        assert!(!other.is_blank(), "{other:?}");
    }
}
