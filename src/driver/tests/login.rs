//! The login: joining it, and sending it.

use odnoklassniki::oauth::Scope;

use super::*;

#[test]
fn a_second_login_joins_the_first_and_both_end_alike() {
    let mut harness = Harness::logged_out();
    let (first, second, other) = (
        RequestLogin::new(),
        RequestLogin::new(),
        RequestLogin::code(),
    );
    harness.login(&first);
    harness.login(&second);
    harness.login(&other);
    assert_eq!(harness.session.status(), SessionStatus::LoggingIn);
    assert_eq!(harness.requests.len(), 1);
    assert!(harness.requests.contains(second.id()));
    let error = harness.error(other.id());
    assert_eq!(
        (error.kind(), error.pending()),
        (RequestErrorKind::AlreadyPending, Some(first.id()))
    );
    harness.end_login(logged_in());
    assert_eq!(
        [harness.name(first.id()), harness.name(second.id())],
        [Some("completed"); 2]
    );
    assert_eq!(
        harness.results.values().copied().collect::<Vec<_>>(),
        [1, 1, 1]
    );
    assert_eq!(
        harness.changes,
        [SessionChange::LoginStarted, SessionChange::LoggedIn]
    );
    assert_eq!(harness.session.status(), SessionStatus::LoggedIn);
}

#[test]
fn cancelling_one_of_them_cancels_the_login() {
    let mut harness = Harness::logged_out();
    let (first, second) = (RequestLogin::new(), RequestLogin::new());
    harness.login(&first);
    harness.login(&second);
    harness.handle(Event::CancelRequested(second.id()));
    // A late callback, which the listener's thread sent before it got the command.
    harness.called_back(first.id(), logged_in());
    assert_eq!(
        [harness.name(first.id()), harness.name(second.id())],
        [Some("cancelled"); 2]
    );
    assert_eq!(harness.session.status(), SessionStatus::LoggedOut);
    assert_eq!(
        harness.changes,
        [SessionChange::LoginStarted, SessionChange::LoginEnded]
    );
}

// On the web the return page is the redirect URI.
#[cfg(not(wasm_tests))]
#[test]
fn without_a_valid_redirect_uri_nothing_is_opened() {
    for (uris, kind, part) in [
        (
            vec![],
            RequestErrorKind::NotConfigured,
            "with_redirect_uris",
        ),
        (
            vec!["https://game.example/login"],
            RequestErrorKind::InvalidRequest,
            "correct the named value",
        ),
    ] {
        let mut harness = Harness::logged_out();
        harness
            .config
            .set_redirect_uris(uris.into_iter().map(ToOwned::to_owned));
        let login = RequestLogin::new();
        harness.login(&login);
        let error = harness.error(login.id());
        assert_eq!(error.kind(), kind);
        assert!(error.advice().contains(part), "{}", error.advice());
        assert!(harness.wanted.open.is_empty() && harness.listeners.started.is_empty());
    }
}

#[test]
fn a_request_that_cannot_be_sent_leaves_no_listener_behind() {
    let mut harness = Harness::new();
    let long = RequestInvite::new()
        .comment("я".repeat(20_000))
        .submission();
    let login = RequestLogin::new();
    let login = login.scopes(std::iter::repeat_n(Scope::VALUABLE_ACCESS, 10_000));
    harness.submit(&long);
    harness.login(&login);
    assert_eq!(harness.error(long.id).kind(), RequestErrorKind::UrlTooLong);
    assert_eq!(harness.error(login.id()).field(), Some("scope"));
    assert_eq!(harness.registered(ListenerKind::Widgets), 0);
    assert_eq!(harness.registered(ListenerKind::Login), 0);
    let stops = |command: &CallbackCommand| match command {
        CallbackCommand::StopIfUnused(kind) => Some(*kind),
        _ => None,
    };
    let stopped: Vec<_> = harness.wanted.callbacks.iter().filter_map(stops).collect();
    assert_eq!(stopped, [ListenerKind::Widgets, ListenerKind::Login]);
    assert!(harness.wanted.open.is_empty());
}

#[test]
fn the_login_has_its_own_listener() {
    let mut harness = Harness::new();
    harness.submit(&invite());
    let started = |harness: &Harness| harness.listeners.started.contains(&ListenerKind::Login);
    assert!(
        !started(&harness),
        "a widget does not bind the registered port"
    );
    harness.login(&RequestLogin::new());
    assert_eq!(harness.registered(ListenerKind::Login), 1);
}

#[test]
fn without_a_port_the_login_and_waiting_requests_fail_at_once() {
    let mut harness = Harness::with_automatic_login(RequestLogin::new);
    harness.listeners.are_busy = true;
    let (login, waiting) = (RequestLogin::new(), invite());
    harness.login(&login);
    harness.submit(&waiting);
    for id in [login.id(), waiting.id] {
        assert_eq!(harness.error(id).kind(), RequestErrorKind::PortUnavailable);
    }
    assert!(harness.wanted.open.is_empty());
}
