//! `POST /rewards`: a genuine callback is worth something, once.

mod support;

use serde_json::{Value, json};
use support::{Backend, STATE, to_reward, to_sign};

const TOKEN: &str = "user-561";

/// A server that has made the tokens of two players.
fn logged_in() -> Backend {
    let backend = Backend::start();
    backend.log_in("561");
    backend.log_in("7");
    backend
}

fn sign(backend: &Backend, token: &str, widget: &str, state: &str) {
    let response = backend.post("/sign", Some(token), &to_sign(widget, state));
    assert_eq!(response.status, 200, "{}", response.text);
}

#[test]
fn a_genuine_callback_is_rewarded_once() {
    let backend = logged_in();
    sign(&backend, TOKEN, "invite", STATE);
    let claim = to_reward("invite", TOKEN, &[7, 8], STATE);
    let response = backend.post("/rewards", Some(TOKEN), &claim);
    assert_eq!(
        (response.status, &response.body),
        (200, &json!({ "granted": 2 })),
        "{}",
        response.text
    );
    assert_eq!(
        backend.post("/rewards", Some(TOKEN), &claim).refusal(),
        (409, "already_used")
    );
    sign(&backend, TOKEN, "invite", STATE);
    assert_eq!(
        backend.post("/rewards", Some(TOKEN), &claim).refusal(),
        (409, "already_used")
    );
}

#[test]
fn a_friend_is_rewarded_once_for_each_widget() {
    let backend = logged_in();
    for (widget, state, users, granted) in [
        ("invite", "first-state-0001", &[7, 8][..], 2),
        ("invite", "second-state-002", &[8, 9], 1),
        ("suggest", "third-state-0003", &[7, 8, 9], 3),
        ("invite", "fourth-state-004", &[], 0),
    ] {
        sign(&backend, TOKEN, widget, state);
        let response = backend.post(
            "/rewards",
            Some(TOKEN),
            &to_reward(widget, TOKEN, users, state),
        );
        assert_eq!(
            response.body,
            json!({ "granted": granted }),
            "{state}: {}",
            response.text
        );
    }
}

#[test]
fn a_forged_callback_is_worth_nothing() {
    let backend = logged_in();
    sign(&backend, TOKEN, "invite", STATE);
    let claim = to_reward("invite", TOKEN, &[7, 8], STATE);
    let changed = |name: &str, value: Value| {
        let mut claim = claim.clone();
        claim[name] = value;
        claim
    };
    for (status, error, forged) in [
        (
            422,
            "not_verified",
            changed("users", json!(["7", "8", "9"])),
        ),
        (422, "not_verified", changed("users", json!(["8", "7"]))),
        (422, "not_verified", changed("users", json!([]))),
        (
            422,
            "not_verified",
            changed("state", json!("another-state-1234")),
        ),
        (
            422,
            "not_verified",
            changed("check_value", json!("0".repeat(32))),
        ),
        (422, "not_verified", changed("check_value", json!(""))),
        (422, "not_verified", changed("check_value", json!("я"))),
        (
            422,
            "not_verified",
            changed(
                "check_value",
                json!(
                    claim["check_value"]
                        .as_str()
                        .unwrap_or_default()
                        .to_uppercase()
                ),
            ),
        ),
        // Signed with the session of another player, who may be the same person.
        (
            422,
            "not_verified",
            to_reward("invite", "user-7", &[7, 8], STATE),
        ),
        (422, "state_refused", changed("state", json!("short"))),
        (422, "state_refused", changed("state", json!(""))),
        (422, "post_not_rewarded", changed("widget", json!("post"))),
        (400, "bad_request", changed("widget", json!("WidgetInvite"))),
        (400, "bad_request", changed("users", json!(["7", "x"]))),
        (400, "bad_request", changed("users", json!(["-7"]))),
        (400, "bad_request", changed("users", json!("7"))),
        (400, "bad_request", changed("check_value", json!(null))),
        (400, "bad_request", changed("granted", json!(5))),
        (
            413,
            "too_large",
            changed("users", json!(vec!["561104940001"; 2_000])),
        ),
    ] {
        let response = backend.post("/rewards", Some(TOKEN), &forged);
        assert_eq!(
            response.refusal(),
            (status, error),
            "{forged}: {}",
            response.text
        );
    }
    // The true one is still good: a forger cannot use it up.
    assert_eq!(
        backend.post("/rewards", Some(TOKEN), &claim).body,
        json!({ "granted": 2 })
    );
}

#[test]
fn a_state_that_was_not_signed_here_is_worth_nothing() {
    let backend = logged_in();
    let claim = to_reward("invite", TOKEN, &[7], STATE);
    assert_eq!(
        backend.post("/rewards", Some(TOKEN), &claim).refusal(),
        (422, "unknown_state")
    );
    // Another one was.
    sign(&backend, TOKEN, "invite", "another-state-1234");
    assert_eq!(
        backend.post("/rewards", Some(TOKEN), &claim).refusal(),
        (422, "unknown_state")
    );
    // For another player.
    sign(&backend, "user-7", "invite", STATE);
    assert_eq!(
        backend.post("/rewards", Some(TOKEN), &claim).refusal(),
        (422, "unknown_state")
    );
    // For the other widget: OK's callbacks do not say which one they are of.
    sign(&backend, TOKEN, "suggest", STATE);
    assert_eq!(
        backend.post("/rewards", Some(TOKEN), &claim).refusal(),
        (422, "unknown_state")
    );
    // None of this used the callback up.
    let suggested = to_reward("suggest", TOKEN, &[7], STATE);
    assert_eq!(
        backend.post("/rewards", Some(TOKEN), &suggested).body,
        json!({ "granted": 1 })
    );
}

#[test]
fn a_callback_is_of_one_player() {
    let backend = logged_in();
    for token in [TOKEN, "user-7"] {
        sign(&backend, token, "invite", STATE);
    }
    let claim = to_reward("invite", TOKEN, &[9], STATE);
    assert_eq!(
        backend.post("/rewards", Some("user-7"), &claim).refusal(),
        (422, "not_verified")
    );
    assert_eq!(
        backend.post("/rewards", None, &claim).refusal(),
        (401, "no_token")
    );
    assert_eq!(
        backend
            .post("/rewards", Some("error-102"), &claim)
            .refusal(),
        (401, "log_in_again")
    );
    assert_eq!(
        backend.post("/rewards", Some(TOKEN), &claim).body,
        json!({ "granted": 1 })
    );
}

#[test]
fn a_token_of_the_token_flow_is_not_rewarded() {
    let backend = logged_in();
    // OK knows it, but it was not made here.
    sign(&backend, "user-8", "invite", STATE);
    let claim = to_reward("invite", "user-8", &[7], STATE);
    assert_eq!(
        backend.post("/rewards", Some("user-8"), &claim).refusal(),
        (403, "foreign_token")
    );
    backend.log_in("8");
    assert_eq!(
        backend.post("/rewards", Some("user-8"), &claim).body,
        json!({ "granted": 1 })
    );
}

#[test]
fn rewards_have_a_limit_of_their_own() {
    let backend = Backend::with(|config| config.per_minute = 2);
    backend.log_in("561");
    let claim = to_reward("invite", TOKEN, &[7], STATE);
    for _ in 0..2 {
        assert_eq!(backend.post("/rewards", Some(TOKEN), &claim).status, 422);
    }
    assert_eq!(
        backend.post("/rewards", Some(TOKEN), &claim).refusal(),
        (429, "too_many_requests")
    );
    sign(&backend, TOKEN, "invite", STATE);
}
