//! The sign-in at the desk: who joins, who waits, and what is left of a session.

use super::*;

#[test]
fn a_second_sign_in_joins_the_first_and_both_end_alike() {
    let mut office = Office::signed_out();
    let (first, second, other) = (RequestLogin::new(), RequestLogin::new(), RequestLogin::code());
    office.login(&first);
    office.login(&second);
    office.login(&other);
    assert_eq!(office.session.status(), SessionStatus::SigningIn);
    assert_eq!(office.requests.len(), 1);
    assert!(office.requests.contains(second.id()));
    let error = office.requests.last_outcome(other.id()).and_then(Finished::error).unwrap();
    assert_eq!((error.kind(), error.pending()), (OkErrorKind::AlreadyPending, Some(first.id())));
    office.login_called_back(CallbackEvent::Answered(RouteId(first.id().get()), signed_in()));
    office.receive();
    assert_eq!([office.name(first.id()), office.name(second.id())], [Some("completed"); 2]);
    assert_eq!(office.told.values().copied().collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(office.changes, [SessionChange::SignInStarted, SessionChange::SignedIn]);
    assert_eq!(office.session.status(), SessionStatus::SignedIn);
}

#[test]
fn cancelling_one_of_them_cancels_the_sign_in() {
    let mut office = Office::signed_out();
    let (first, second) = (RequestLogin::new(), RequestLogin::new());
    office.login(&first);
    office.login(&second);
    office.run(|desk, frame| desk.cancel(frame, second.id()));
    // A late answer, from the listener's thread before it heard of it.
    office.login_called_back(CallbackEvent::Answered(RouteId(first.id().get()), signed_in()));
    office.receive();
    assert_eq!([office.name(first.id()), office.name(second.id())], [Some("cancelled"); 2]);
    assert_eq!(office.session.status(), SessionStatus::SignedOut);
    assert_eq!(office.changes, [SessionChange::SignInStarted, SessionChange::SignInEnded]);
}

#[test]
fn without_a_session_requests_fail_or_wait_for_one_sign_in() {
    let mut office = Office::signed_out();
    let failing = draft();
    office.submit(&failing);
    let error = office.requests.last_outcome(failing.id).and_then(Finished::error).unwrap();
    assert_eq!(error.kind(), OkErrorKind::NotLoggedIn);
    assert!(error.needs_login() && error.advice().contains("RequestLogin"), "{}", error.advice());

    office.desk.settings.automatic_login = Some(Arc::new(RequestLogin::new));
    let drafts: Vec<Draft> = (1..=MAX_PENDING as u32 + 1).map(numbered).collect();
    for draft in &drafts {
        office.submit(draft);
    }
    assert_eq!(office.requests.len(), MAX_PENDING + 1, "eight requests, and one sign-in");
    assert_eq!(office.name(drafts[MAX_PENDING].id), Some("failed"), "the ninth");
    assert!(office.requests.get(drafts[0].id).unwrap().is_waiting_for_login());
    // A double click while it waits is one, too.
    let again = numbered(1);
    office.submit(&again);
    let error = office.requests.last_outcome(again.id).and_then(Finished::error).unwrap();
    assert_eq!(error.pending(), Some(drafts[0].id));
    let login = office.requests.pending.find(Entry::is_login).unwrap();
    office.login_called_back(CallbackEvent::Answered(RouteId(login.get()), signed_in()));
    office.receive();
    assert_eq!(office.requests.len(), MAX_PENDING);
    for draft in &drafts[..MAX_PENDING] {
        let entry = office.requests.pending.get(draft.id).unwrap();
        assert!(entry.has_page() && !entry.waits_for_session());
    }
}

#[test]
fn what_waits_ends_as_the_sign_in_ends() {
    type Event = fn(RouteId) -> CallbackEvent<Answered>;
    let endings: [(Event, &str); 3] = [
        (|route| CallbackEvent::Answered(route, denied()), "cancelled"),
        (CallbackEvent::Expired, "timed_out"),
        (|_| CallbackEvent::Lost("test".into()), "failed"),
    ];
    for (event, expected) in endings {
        let mut office = Office::signed_out();
        office.desk.settings.automatic_login = Some(Arc::new(RequestLogin::new));
        let draft = draft();
        office.submit(&draft);
        let login = office.requests.pending.find(Entry::is_login).unwrap();
        office.login_called_back(event(RouteId(login.get())));
        office.receive();
        assert_eq!([office.name(login), office.name(draft.id)], [Some(expected); 2]);
        assert!(office.requests.is_empty());
    }
}

#[test]
fn a_code_lets_requests_wait_until_the_game_gives_the_session() {
    let mut office = Office::signed_out();
    office.desk.settings.automatic_login = Some(Arc::new(RequestLogin::code));
    let draft = draft();
    office.submit(&draft);
    let login = office.requests.pending.find(Entry::is_login).unwrap();
    let code = Answered::Login(AuthorizeAnswer::from_pairs(&["code=c0de"]));
    office.login_called_back(CallbackEvent::Answered(RouteId(login.get()), code));
    office.receive();
    assert_eq!((office.name(login), office.requests.len()), (Some("completed"), 1));
    office.session.accept(session("from the backend"));
    office.settle();
    assert!(office.requests.pending.get(draft.id).unwrap().has_page());
}

#[test]
fn a_session_without_its_key_is_no_reason_to_sign_in_again_and_again() {
    let mut office = Office::signed_out();
    office.desk.settings.automatic_login = Some(Arc::new(RequestLogin::code));
    let (waiting, later) = (draft(), numbered(7));
    office.submit(&waiting);
    office.run(|desk, frame| desk.cancel(frame, frame.requests.pending.find(Entry::is_login).unwrap()));
    office.session.accept(SessionData::without_key(AccessToken::new("token")));
    office.settle();
    office.submit(&later);
    let error = office.requests.last_outcome(later.id).and_then(Finished::error).unwrap();
    assert_eq!(error.kind(), OkErrorKind::NotConfigured);
    assert!(error.advice().contains("Signer::backend"), "{}", error.advice());
    assert!(office.requests.is_empty());
}

#[test]
fn signing_out_leaves_nothing() {
    let mut office = Office::new();
    let (open, login) = (draft(), RequestLogin::new());
    office.submit(&open);
    office.login(&login);
    let signer = Arc::downgrade(office.session.signer().unwrap());
    office.run(|desk, frame| {
        desk.logout(frame);
        desk.settle(frame);
    });
    assert_eq!([office.name(open.id), office.name(login.id())], [Some("cancelled"); 2]);
    assert!(signer.upgrade().is_none(), "token and key are wiped");
    assert_eq!(office.session.status(), SessionStatus::SignedOut);
    assert_eq!(office.changes.last(), Some(&SessionChange::SignInEnded));
    assert!(office.changes.contains(&SessionChange::SignedOut));
}

#[test]
fn a_session_that_ok_calls_dead_is_dead() {
    for code in [102, 103] {
        let mut office = Office::new();
        let (draft, later) = (draft(), numbered(5));
        office.submit(&draft);
        let text = format!("code=X&error_code={code}&error_msg=x");
        let answer = Answered::Widget(WidgetAnswered::Invite(odnoklassniki::Sent::from_pairs(&text)));
        office.called_back(CallbackEvent::Answered(RouteId(draft.id.get()), answer));
        office.receive();
        assert_eq!(office.changes, [SessionChange::Refused]);
        assert!(office.requests.last_outcome(draft.id).and_then(Finished::error).unwrap().needs_login());
        office.submit(&later);
        let error = office.requests.last_outcome(later.id).and_then(Finished::error).unwrap();
        assert_eq!(error.kind(), OkErrorKind::NotLoggedIn);
    }
}

#[test]
fn an_expired_session_is_told_once_and_signs_nothing() {
    let mut office = Office::signed_out();
    office.session.accept(session("token").expires_in(Duration::ZERO));
    office.settle();
    office.settle();
    assert_eq!(office.changes, [SessionChange::Accepted, SessionChange::Expired]);
    let draft = draft();
    office.submit(&draft);
    let error = office.requests.last_outcome(draft.id).and_then(Finished::error).unwrap();
    assert_eq!(error.kind(), OkErrorKind::NotLoggedIn);
    assert!(error.to_string().contains("expired") && error.advice().contains("clock"), "{error}");
}

#[test]
fn a_request_that_was_open_outlives_its_session() {
    let mut office = Office::signed_out();
    office.session.accept(session("token").expires_in(Duration::from_secs(60)));
    office.settle();
    let draft = draft();
    office.submit(&draft);
    office.session.accept(session("token").expires_in(Duration::ZERO));
    office.settle();
    assert_eq!(office.session.status(), SessionStatus::Expired);
    office.called_back(CallbackEvent::Answered(RouteId(draft.id.get()), answered()));
    office.receive();
    assert_eq!(office.name(draft.id), Some("completed"));
}

#[test]
fn without_a_good_redirect_address_nothing_is_opened() {
    for (uris, kind, part) in [
        (vec![], OkErrorKind::NotConfigured, "with_redirect_uris"),
        (vec!["https://game.example/login"], OkErrorKind::InvalidRequest, "correct the named value"),
    ] {
        let mut office = Office::signed_out();
        office.desk.settings.set_redirects(uris.into_iter().map(ToOwned::to_owned));
        let login = RequestLogin::new();
        office.login(&login);
        let error = office.requests.last_outcome(login.id()).and_then(Finished::error).unwrap();
        assert_eq!(error.kind(), kind);
        assert!(error.advice().contains(part), "{}", error.advice());
        assert!(office.links.lock().unwrap().is_empty() && office.desk.logins.get().is_none());
    }
}

#[test]
fn busy_ports_are_named_at_once() {
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port();
    let mut office = Office::signed_out();
    office.desk.settings.set_redirects(std::iter::once(format!("http://127.0.0.1:{port}/login")));
    office.desk.settings.automatic_login = Some(Arc::new(RequestLogin::new));
    let (login, waiting) = (RequestLogin::new(), draft());
    office.login(&login);
    office.submit(&waiting);
    for id in [login.id(), waiting.id] {
        let error = office.requests.last_outcome(id).and_then(Finished::error).unwrap();
        assert_eq!(error.kind(), OkErrorKind::PortUnavailable);
        assert!(error.to_string().contains(&format!("{port} (in use)")), "{error}");
    }
    assert!(office.links.lock().unwrap().is_empty());
}

#[test]
fn a_backend_that_does_not_answer_in_time_is_an_error_of_the_network() {
    let mut office = Office::signed_out();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = Mutex::new(held);
    let signer = Signer::backend(move |_: &odnoklassniki::SigningRequest<'_>| {
        _ = held.lock().unwrap().recv();
        Err(odnoklassniki::SigningError::NotLoggedIn)
    });
    office.credentials = AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA").with_signer(signer);
    office.desk.settings.signing_deadline = Duration::ZERO;
    let draft = draft();
    office.submit(&draft);
    while office.requests.contains(draft.id) {
        office.receive();
        std::thread::yield_now();
    }
    let error = office.requests.last_outcome(draft.id).and_then(Finished::error).unwrap();
    assert_eq!(error.kind(), OkErrorKind::Network);
    drop(release);
}
