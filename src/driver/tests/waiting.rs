//! Requests that wait for a session.

use core::time::Duration;

use super::*;

#[test]
fn without_a_session_requests_fail_or_wait_for_one_login() {
    let mut harness = Harness::logged_out();
    let failing = invite();
    harness.submit(&failing);
    let error = harness.error(failing.id);
    assert_eq!(error.kind(), RequestErrorKind::NotLoggedIn);
    assert!(
        error.needs_login() && error.advice().contains("RequestLogin"),
        "{}",
        error.advice()
    );

    harness.config.automatic_login = Some(Arc::new(RequestLogin::new));
    let requests: Vec<Submission> = (1..=MAX_PENDING as u32 + 1).map(numbered).collect();
    for request in &requests {
        harness.submit(request);
    }
    assert_eq!(
        harness.requests.len(),
        MAX_PENDING + 1,
        "eight requests, and one login"
    );
    assert_eq!(
        harness.name(requests[MAX_PENDING].id),
        Some("failed"),
        "the ninth"
    );
    assert!(
        harness
            .requests
            .get(requests[0].id)
            .unwrap()
            .is_waiting_for_login()
    );
    // A double click while it waits is one, too.
    let again = numbered(1);
    harness.submit(&again);
    let error = harness.error(again.id);
    assert_eq!(error.pending(), Some(requests[0].id));
    harness.end_login(logged_in());
    assert_eq!(harness.requests.len(), MAX_PENDING);
    for request in &requests[..MAX_PENDING] {
        assert!(harness.has_page(request.id));
    }
}

#[test]
fn waiting_requests_end_as_the_login_ends() {
    type Ended = fn(RequestId) -> Event;
    let endings: [(Ended, &str); 3] = [
        (|id| Event::CallbackReceived(id, denied()), "cancelled"),
        (Event::TimedOut, "timed_out"),
        (|_| listener_lost(ListenerKind::Login), "failed"),
    ];
    for (ended, expected) in endings {
        let mut harness = Harness::with_automatic_login(RequestLogin::new);
        let request = invite();
        harness.submit(&request);
        let login = harness.pending_login();
        harness.handle(ended(login));
        assert_eq!(
            [harness.name(login), harness.name(request.id)],
            [Some(expected); 2]
        );
        assert!(harness.requests.is_empty());
    }
}

#[test]
fn a_code_lets_requests_wait_until_the_game_gives_the_session() {
    let mut harness = Harness::with_automatic_login(RequestLogin::code);
    let request = invite();
    harness.submit(&request);
    let login = harness.end_login(a_code());
    assert_eq!(
        (harness.name(login), harness.requests.len()),
        (Some("completed"), 1)
    );
    harness.session.accept(session("from the backend"));
    harness.run();
    assert!(harness.has_page(request.id));
}

#[test]
fn a_session_without_its_key_starts_no_endless_logins() {
    let mut harness = Harness::with_automatic_login(RequestLogin::code);
    let (waiting, later) = (invite(), numbered(7));
    harness.submit(&waiting);
    harness.handle(Event::CancelRequested(harness.pending_login()));
    harness
        .session
        .accept(SessionData::without_key(AccessToken::new("token")));
    harness.run();
    harness.submit(&later);
    let error = harness.error(later.id);
    assert_eq!(error.kind(), RequestErrorKind::NotConfigured);
    assert!(
        error.advice().contains("Signer::backend"),
        "{}",
        error.advice()
    );
    assert!(harness.requests.is_empty());
}

#[test]
fn no_login_starts_while_the_backend_exchanges_a_code() {
    let mut harness = Harness::with_automatic_login(RequestLogin::code);
    let (first, second) = (invite(), numbered(3));
    harness.submit(&first);
    harness.end_login(a_code());
    harness.submit(&second);
    assert!(!harness.driver.is_logging_in(), "no second page");
    harness.session.exchange_failed();
    harness.run();
    for id in [first.id, second.id] {
        let error = harness.error(id);
        assert_eq!(error.kind(), RequestErrorKind::NotLoggedIn);
    }
    // The next request starts a login again.
    harness.submit(&numbered(4));
    assert!(harness.driver.is_logging_in());
}

#[test]
fn a_session_that_comes_too_late_starts_no_endless_logins() {
    let mut harness = Harness::with_automatic_login(RequestLogin::code);
    let waiting = invite();
    harness.submit(&waiting);
    harness.end_login(a_code());
    harness
        .session
        .accept(session("from the backend").expires_in(Duration::ZERO));
    harness.run();
    assert_eq!(
        (harness.name(waiting.id), harness.requests.len()),
        (Some("failed"), 0)
    );
}

#[test]
fn any_button_reopens_a_lost_login_page() {
    let mut harness = Harness::with_automatic_login(RequestLogin::new);
    let first = invite();
    harness.submit(&first);
    let login = harness.pending_login();
    let link = |harness: &Harness| harness.link(login);
    let mut before = link(&harness);
    let mut is_reopened = |harness: &mut Harness, act: &dyn Fn(&mut Harness)| {
        harness.now += DOUBLE_CLICK;
        act(harness);
        let now = link(harness);
        std::mem::replace(&mut before, now.clone()) != now
    };
    assert!(
        is_reopened(&mut harness, &|harness| harness.submit(&invite())),
        "the same button"
    );
    assert!(
        is_reopened(&mut harness, &|harness| harness.submit(&numbered(2))),
        "another one"
    );
    assert!(
        is_reopened(&mut harness, &|harness| harness
            .handle(Event::ReopenRequested(first.id))),
        "open again"
    );
    assert!(!is_reopened(&mut harness, &|harness| harness.receive()));
}

#[test]
fn requests_do_not_wait_for_a_slow_store_but_accept_its_session() {
    let mut harness = Harness::with_automatic_login(RequestLogin::new);
    harness.session.set_restoring();
    let waiting = invite();
    harness.submit(&waiting);
    assert!(!harness.driver.is_logging_in(), "it waits for the store");
    harness.handle(Event::StoreTimedOut);
    assert!(harness.driver.is_logging_in());
    assert!(matches!(
        harness.changes.first(),
        Some(SessionChange::StoreFailed(_))
    ));
    let stored = StoreEvent::Loaded(Ok(Some(session("restored"))));
    harness.handle(Event::Store(stored));
    assert!(harness.session.is_logged_in() && harness.has_page(waiting.id));
}

#[test]
fn a_denied_login_does_not_end_requests_that_wait_for_the_store() {
    let mut harness = Harness::logged_out();
    harness.session.set_restoring();
    let (login, waiting) = (RequestLogin::new(), invite());
    harness.login(&login);
    harness.submit(&waiting);
    harness.end_login(denied());
    assert!(harness.requests.contains(waiting.id));
    harness.handle(Event::Store(StoreEvent::Loaded(Ok(None))));
    assert_eq!(harness.name(waiting.id), Some("failed"));
    assert!(harness.changes.contains(&SessionChange::NothingStored));
}
