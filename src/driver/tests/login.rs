//! The login: who joins, who waits, and what is left of a session.

use core::time::Duration;

use odnoklassniki::oauth::Scope;

use super::*;
use crate::request::LoggedIn;

impl Harness {
    fn pending_login(&self) -> RequestId {
        self.driver.requests.login().unwrap()
    }

    /// The pending login comes to its end.
    fn end_login(&mut self, callback: ReceivedCallback) -> RequestId {
        let login = self.pending_login();
        self.called_back(login, callback);
        login
    }
}

fn a_code() -> ReceivedCallback {
    login_response("code=c0de")
}

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
        harness.told.values().copied().collect::<Vec<_>>(),
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
    // A late answer, from the listener's thread before it heard of it.
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
fn what_waits_ends_as_the_login_ends() {
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
fn a_session_without_its_key_is_no_reason_to_login_again_and_again() {
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
fn logging_out_leaves_nothing() {
    let mut harness = Harness::new();
    let (open, login) = (invite(), RequestLogin::new());
    harness.submit(&open);
    harness.login(&login);
    let signer = Arc::downgrade(harness.session.signer().unwrap());
    harness.handle(Event::LogoutRequested);
    assert_eq!(
        [harness.name(open.id), harness.name(login.id())],
        [Some("cancelled"); 2]
    );
    assert!(signer.upgrade().is_none(), "token and key are wiped");
    assert_eq!(harness.session.status(), SessionStatus::LoggedOut);
    assert_eq!(harness.changes.last(), Some(&SessionChange::LoginEnded));
    assert!(harness.changes.contains(&SessionChange::LoggedOut));
}

#[test]
fn a_session_that_ok_calls_dead_is_dead() {
    for code in [102, 103] {
        let mut harness = Harness::new();
        let (request, later) = (invite(), numbered(5));
        harness.submit(&request);
        let text = format!("code=X&error_code={code}&error_msg=x");
        let answer = sent(&text);
        harness.called_back(request.id, answer);
        assert_eq!(harness.changes, [SessionChange::Refused]);
        assert!(harness.error(request.id).needs_login());
        harness.submit(&later);
        let error = harness.error(later.id);
        assert_eq!(error.kind(), RequestErrorKind::NotLoggedIn);
    }
}

#[test]
fn an_expired_session_is_told_once_and_signs_nothing() {
    let mut harness = Harness::logged_out();
    harness
        .session
        .accept(session("token").expires_in(Duration::ZERO));
    harness.run();
    harness.run();
    assert_eq!(
        harness.changes,
        [SessionChange::Accepted, SessionChange::Expired]
    );
    let request = invite();
    harness.submit(&request);
    let error = harness.error(request.id);
    assert_eq!(error.kind(), RequestErrorKind::NotLoggedIn);
    assert!(
        error.to_string().contains("expired") && error.advice().contains("clock"),
        "{error}"
    );
}

#[test]
fn a_request_that_was_open_outlives_its_session() {
    let mut harness = Harness::logged_out();
    harness
        .session
        .accept(session("token").expires_in(Duration::from_secs(60)));
    harness.run();
    let request = invite();
    harness.submit(&request);
    harness
        .session
        .accept(session("token").expires_in(Duration::ZERO));
    harness.run();
    assert_eq!(harness.session.status(), SessionStatus::Expired);
    harness.called_back(request.id, invited());
    assert_eq!(harness.name(request.id), Some("completed"));
}

#[test]
fn without_a_good_redirect_address_nothing_is_opened() {
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
        assert!(harness.wanted.open.is_empty() && harness.addresses.started.is_empty());
    }
}

#[test]
fn what_cannot_be_sent_leaves_no_listener_behind() {
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
fn the_login_has_a_listener_of_its_own() {
    let mut harness = Harness::new();
    harness.submit(&invite());
    let started = |harness: &Harness| harness.addresses.started.contains(&ListenerKind::Login);
    assert!(
        !started(&harness),
        "the port that is registered is nobody's"
    );
    harness.login(&RequestLogin::new());
    assert_eq!(harness.registered(ListenerKind::Login), 1);
}

#[test]
fn without_a_port_the_login_and_what_waits_for_it_fail_at_once() {
    let mut harness = Harness::with_automatic_login(RequestLogin::new);
    harness.addresses.are_busy = true;
    let (login, waiting) = (RequestLogin::new(), invite());
    harness.login(&login);
    harness.submit(&waiting);
    for id in [login.id(), waiting.id] {
        assert_eq!(harness.error(id).kind(), RequestErrorKind::PortUnavailable);
    }
    assert!(harness.wanted.open.is_empty());
}

/// A game whose backend signs. The harness never calls it: it notes the job.
fn with_backend() -> Harness {
    let mut harness = Harness::logged_out();
    let signer = odnoklassniki::Signer::backend(|_: &odnoklassniki::SigningRequest<'_>| {
        Err(odnoklassniki::SigningError::NotLoggedIn)
    });
    harness.credentials =
        AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA").with_signer(signer);
    harness
}

#[test]
fn a_backend_that_does_not_answer_in_time_is_an_error_of_the_network() {
    let mut harness = with_backend();
    let request = invite();
    harness.submit(&request);
    assert_eq!(
        (harness.wanted.sign.len(), harness.wanted.open.len()),
        (1, 0)
    );
    let Some(CallbackCommand::Register(_, callback)) = harness.wanted.callbacks.first() else {
        panic!("no callback is waited for");
    };
    assert_eq!(
        callback.deadline,
        harness.now + harness.config.signing_timeout
    );
    harness.handle(Event::TimedOut(request.id));
    assert_eq!(harness.error(request.id).kind(), RequestErrorKind::Network);
}

#[test]
fn logging_out_ends_what_a_backend_signs_and_what_an_earlier_session_signed() {
    let mut harness = with_backend();
    harness
        .session
        .accept(SessionData::without_key(AccessToken::new("token")));
    harness.run();
    let by_backend = invite();
    harness.submit(&by_backend);
    harness.handle(Event::LogoutRequested);
    assert_eq!(harness.name(by_backend.id), Some("cancelled"));
    let mut harness = Harness::new();
    let earlier = invite();
    harness.submit(&earlier);
    harness.session.accept(session("another player"));
    harness.run();
    harness.handle(Event::LogoutRequested);
    assert_eq!(harness.name(earlier.id), Some("cancelled"));
    assert!(harness.requests.is_empty());
}

#[test]
fn logging_out_takes_a_code_that_nobody_took() {
    let mut harness = Harness::logged_out();
    let login = RequestLogin::code();
    harness.login(&login);
    harness.end_login(a_code());
    harness.handle(Event::LogoutRequested);
    let Some(Finished::Login(finished)) = harness.requests.finished(login.id()) else {
        panic!("no result")
    };
    let Some(LoggedIn::Code(code)) = finished.outcome.completed() else {
        panic!("no code")
    };
    assert!(code.take().is_none());
}

#[test]
fn ok_ends_a_session_whose_key_is_with_the_backend_and_no_later_one() {
    for later in [false, true] {
        let mut harness = with_backend();
        harness
            .session
            .accept(SessionData::without_key(AccessToken::new("token")));
        harness.run();
        let request = invite();
        harness.submit(&request);
        if later {
            harness
                .session
                .accept(SessionData::without_key(AccessToken::new("a later one")));
            harness.run();
        }
        // As if the backend had signed: the answer is one to an open page.
        let job = harness.wanted.sign.remove(0);
        let player =
            odnoklassniki::Signer::session(AccessToken::new("t"), SessionSecretKey::new("k"));
        harness.handle(Event::Signed(request.id, job.page.sign(&player)));
        let answer = sent("code=X&error_code=102");
        harness.called_back(request.id, answer);
        assert_eq!(harness.session.is_logged_in(), later);
    }
}

#[test]
fn while_the_backend_exchanges_a_code_nobody_is_asked_again() {
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
    // The next one asks again.
    harness.submit(&numbered(4));
    assert!(harness.driver.is_logging_in());
}

#[test]
fn a_session_that_comes_too_late_is_no_reason_to_login_again_and_again() {
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
fn a_player_who_lost_the_login_page_gets_it_back_by_any_button() {
    let mut harness = Harness::with_automatic_login(RequestLogin::new);
    let first = invite();
    harness.submit(&first);
    let login = harness.pending_login();
    let link = |harness: &Harness| harness.requests.get(login).unwrap().link().clone();
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
fn a_slow_store_is_not_waited_for_but_still_welcome() {
    let mut harness = Harness::with_automatic_login(RequestLogin::new);
    harness.session.set_restoring();
    let waiting = invite();
    harness.submit(&waiting);
    assert!(!harness.driver.is_logging_in(), "it waits for the store");
    harness.handle(Event::StoreIsSlow);
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
fn a_denied_login_ends_nothing_that_the_store_may_still_help() {
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
