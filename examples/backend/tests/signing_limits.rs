//! `POST /sign`: which players get a signature, for which widget, and how often.

mod support;

use serde_json::json;
use support::{Backend, STATE, to_sign};

const TOKEN: &str = "user-561";

#[test]
fn only_players_are_served() {
    let backend = Backend::start();
    let request = to_sign("invite", STATE);
    let response = backend.post("/sign", None, &request);
    assert_eq!(response.refusal(), (401, "no_token"));
    assert_eq!(response.header("www-authenticate"), Some("Bearer"));
    for bad in ["", "two words", &"a".repeat(1025)] {
        assert_eq!(
            backend.post("/sign", Some(bad), &request).refusal(),
            (401, "no_token"),
            "{bad}"
        );
    }
    assert_eq!(backend.ok.calls(), 0, "the server did not ask OK");
    for (token, refusal) in [
        ("error-102", (401, "log_in_again")),
        ("error-103", (401, "log_in_again")),
        ("error-104", (401, "log_in_again")),
        ("error-8", (503, "ok_busy")),
        ("error-101", (502, "ok_refused")),
        ("html", (502, "ok_unreachable")),
        ("huge", (502, "ok_unreachable")),
        ("status-500", (502, "ok_unreachable")),
        ("redirect", (502, "ok_unreachable")),
    ] {
        let before = backend.ok.calls();
        let response = backend.post("/sign", Some(token), &request);
        assert_eq!(response.refusal(), refusal, "{token}");
        assert!(!response.text.contains("canary"), "{}", response.text);
        assert_eq!(
            backend.ok.calls(),
            before + 1,
            "{token}: no redirect is followed, nothing is tried twice"
        );
    }
}

#[test]
fn ok_is_asked_once_about_a_token() {
    let backend = Backend::start();
    for _ in 0..5 {
        assert_eq!(
            backend
                .post("/sign", Some(TOKEN), &to_sign("invite", STATE))
                .status,
            200
        );
    }
    assert_eq!(backend.ok.calls(), 1);
    assert_eq!(
        backend
            .post("/sign", Some("user-7"), &to_sign("invite", STATE))
            .status,
        200
    );
    assert_eq!(backend.ok.calls(), 2);
}

#[test]
fn a_state_is_signed_for_one_widget() {
    let backend = Backend::start();
    assert_eq!(
        backend
            .post("/sign", Some(TOKEN), &to_sign("suggest", STATE))
            .status,
        200
    );
    assert_eq!(
        backend
            .post("/sign", Some(TOKEN), &to_sign("invite", STATE))
            .refusal(),
        (409, "state_taken")
    );
    assert_eq!(
        backend
            .post("/sign", Some("user-7"), &to_sign("invite", STATE))
            .status,
        200
    );
}

#[test]
fn a_player_who_asks_too_often_is_told_when_to_come_again() {
    let backend = Backend::with(|config| config.per_minute = 3);
    for _ in 0..3 {
        assert_eq!(
            backend
                .post("/sign", Some(TOKEN), &to_sign("invite", STATE))
                .status,
            200
        );
    }
    let response = backend.post("/sign", Some(TOKEN), &to_sign("invite", STATE));
    assert_eq!(response.refusal(), (429, "too_many_requests"));
    let seconds: u64 = response
        .header("retry-after")
        .and_then(|text| text.parse().ok())
        .expect("Retry-After");
    assert!((1..=61).contains(&seconds), "{seconds}");
    // Others, and other requests, are not concerned; another token of the same player is.
    assert_eq!(
        backend
            .post("/sign", Some("user-7"), &to_sign("invite", STATE))
            .status,
        200
    );
    assert_ne!(
        backend.post("/rewards", Some(TOKEN), &json!({})).status,
        429
    );
}
