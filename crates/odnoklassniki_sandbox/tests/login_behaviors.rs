//! Every behavior at a login, seen by the game.

mod common;

use common::{Game, LOGIN, get, login_url, returned, value};
use odnoklassniki_sandbox::{Behavior, PageKind, Player, PlayerError, Sandbox};

const SCOPES: (&str, &str) = ("scope", "VALUABLE_ACCESS;GET_EMAIL;SET_STATUS");
const CODE: (&str, &str) = ("response_type", "code");

#[test]
fn behaviors_that_respond() {
    let sandbox = Sandbox::start().unwrap();
    let run = |behavior: Behavior, changed: &[(&str, &str)]| {
        sandbox.queue_behavior(PageKind::Login, behavior);
        get(&login_url(&sandbox, changed)).1
    };
    for behavior in [
        Behavior::Accept,
        Behavior::NotApproved,
        Behavior::AcceptWith(vec![1]),
        Behavior::RespondTwice,
    ] {
        let callback = returned(&run(behavior.clone(), &[SCOPES]), '#');
        assert_eq!(
            value(&callback, "permissions_granted"),
            SCOPES.1,
            "{behavior}"
        );
        assert_eq!(returned(&run(behavior, &[SCOPES, CODE]), '?').len(), 2);
    }
    for (behavior, name) in [
        (Behavior::Cancel, "access_denied"),
        (Behavior::Error(2), "SERVICE"),
        (Behavior::Error(9998), "UNKNOWN"),
        (Behavior::OAuthError("server_error".into()), "server_error"),
    ] {
        let error = returned(&run(behavior.clone(), &[]), '#');
        assert_eq!(
            (value(&error, "error"), value(&error, "state"), error.len()),
            (name, "s1", 3)
        );
        let location = run(behavior, &[CODE]);
        assert!(
            location.starts_with(&format!("{LOGIN}?state=s1#error={name}&error_description=")),
            "{location}"
        );
    }
    for flow in [CODE, SCOPES] {
        assert_eq!(
            run(Behavior::FragmentError, &[flow]),
            format!("{LOGIN}#error=access_denied&state=s1")
        );
    }
    let wrong = returned(&run(Behavior::WrongState, &[]), '#');
    assert!(value(&wrong, "state") != "s1" && !value(&wrong, "access_token").is_empty());
    assert_ne!(
        value(&returned(&run(Behavior::WrongState, &[CODE]), '?'), "state"),
        "s1"
    );
    let garbage = returned(&run(Behavior::Garbage, &[]), '#');
    assert_eq!(
        (value(&garbage, "access_token"), value(&garbage, "state")),
        ("", "s1")
    );
    assert!(value(&garbage, "expires_in").parse::<u64>().is_err());
    let garbage = returned(&run(Behavior::Garbage, &[CODE]), '?');
    assert_eq!(
        (value(&garbage, "code"), value(&garbage, "state")),
        ("", "s1")
    );
    let delayed: Behavior = "delay:1:cancel".parse().unwrap();
    assert!(run(delayed, &[]).contains("access_denied"));
    // Requests of other kinds, and refused ones, leave the queued behavior alone.
    sandbox.queue_behavior(PageKind::Post, Behavior::Cancel);
    sandbox.queue_behavior(PageKind::Login, Behavior::Cancel);
    get(&login_url(&sandbox, &[("scope", "DANCE")]));
    assert!(get(&login_url(&sandbox, &[])).1.contains("access_denied"));
    assert_eq!(get(&login_url(&sandbox, &[])).0, 200);
    assert_eq!(sandbox.queued_behaviors().len(), 1);
}

#[test]
fn behaviors_that_do_not_respond() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.queue_behavior(PageKind::Login, Behavior::CloseConnection);
    let played = Player::accept().play(&login_url(&sandbox, &[]));
    assert!(matches!(played, Err(PlayerError::Network(_))), "{played:?}");
    sandbox.queue_behavior(PageKind::Login, Behavior::NeverRespond);
    let hasty = Player::accept().timeout(std::time::Duration::from_millis(200));
    assert_eq!(
        hasty.play(&login_url(&sandbox, &[])),
        Err(PlayerError::TimedOut)
    );
}

#[test]
fn a_code_can_be_delivered_twice_but_a_token_only_by_a_browser() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let login = game.url.replace("/r/token", "/login");
    for (flow, visits) in [(CODE, 2), (SCOPES, 1)] {
        sandbox.queue_behavior(PageKind::Login, Behavior::RespondTwice);
        Player::accept()
            .play(&login_url(&sandbox, &[flow, ("redirect_uri", &login)]))
            .unwrap();
        let first = game.request();
        for _ in 1..visits {
            assert_eq!(game.request()[0], first[0]);
            assert!(first[0].starts_with("GET /login?code="), "{first:?}");
        }
        assert!(game.is_quiet());
    }
}
