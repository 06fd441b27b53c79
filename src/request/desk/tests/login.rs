//! The login at the desk: who joins, who waits, and what is left of a session.

use odnoklassniki::oauth::Scope;

use super::super::super::LoggedIn;
use super::*;

impl Office {
    fn error(&self, id: RequestId) -> &RequestError {
        self.requests
            .finished(id)
            .and_then(Finished::error)
            .unwrap()
    }

    fn pending_login(&self) -> RequestId {
        self.requests.pending.find(Entry::is_login).unwrap()
    }

    /// The pending login comes to its end.
    fn answer_login(&mut self, answer: Answered) -> RequestId {
        let login = self.pending_login();
        self.login_called_back(CallbackEvent::Answered(RouteId(login.get()), answer));
        self.receive();
        login
    }
}

fn a_code() -> Answered {
    Answered::Login(AuthorizationResponse::from_pairs(&["code=c0de"]))
}

#[test]
fn a_second_login_joins_the_first_and_both_end_alike() {
    let mut office = Office::logged_out();
    let (first, second, other) = (
        RequestLogin::new(),
        RequestLogin::new(),
        RequestLogin::code(),
    );
    office.login(&first);
    office.login(&second);
    office.login(&other);
    assert_eq!(office.session.status(), SessionStatus::LoggingIn);
    assert_eq!(office.requests.len(), 1);
    assert!(office.requests.contains(second.id()));
    let error = office.error(other.id());
    assert_eq!(
        (error.kind(), error.pending()),
        (RequestErrorKind::AlreadyPending, Some(first.id()))
    );
    office.answer_login(logged_in());
    assert_eq!(
        [office.name(first.id()), office.name(second.id())],
        [Some("completed"); 2]
    );
    assert_eq!(office.told.values().copied().collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(
        office.changes,
        [SessionChange::LoginStarted, SessionChange::LoggedIn]
    );
    assert_eq!(office.session.status(), SessionStatus::LoggedIn);
}

#[test]
fn cancelling_one_of_them_cancels_the_login() {
    let mut office = Office::logged_out();
    let (first, second) = (RequestLogin::new(), RequestLogin::new());
    office.login(&first);
    office.login(&second);
    office.run(|desk, frame| desk.cancel(frame, second.id()));
    // A late answer, from the listener's thread before it heard of it.
    office.login_called_back(CallbackEvent::Answered(
        RouteId(first.id().get()),
        logged_in(),
    ));
    office.receive();
    assert_eq!(
        [office.name(first.id()), office.name(second.id())],
        [Some("cancelled"); 2]
    );
    assert_eq!(office.session.status(), SessionStatus::LoggedOut);
    assert_eq!(
        office.changes,
        [SessionChange::LoginStarted, SessionChange::LoginEnded]
    );
}

#[test]
fn without_a_session_requests_fail_or_wait_for_one_login() {
    let mut office = Office::logged_out();
    let failing = draft();
    office.submit(&failing);
    let error = office.error(failing.id);
    assert_eq!(error.kind(), RequestErrorKind::NotLoggedIn);
    assert!(
        error.needs_login() && error.advice().contains("RequestLogin"),
        "{}",
        error.advice()
    );

    office.desk.config.automatic_login = Some(Arc::new(RequestLogin::new));
    let drafts: Vec<Draft> = (1..=MAX_PENDING as u32 + 1).map(numbered).collect();
    for draft in &drafts {
        office.submit(draft);
    }
    assert_eq!(
        office.requests.len(),
        MAX_PENDING + 1,
        "eight requests, and one login"
    );
    assert_eq!(
        office.name(drafts[MAX_PENDING].id),
        Some("failed"),
        "the ninth"
    );
    assert!(
        office
            .requests
            .get(drafts[0].id)
            .unwrap()
            .is_waiting_for_login()
    );
    // A double click while it waits is one, too.
    let again = numbered(1);
    office.submit(&again);
    let error = office.error(again.id);
    assert_eq!(error.pending(), Some(drafts[0].id));
    office.answer_login(logged_in());
    assert_eq!(office.requests.len(), MAX_PENDING);
    for draft in &drafts[..MAX_PENDING] {
        let entry = office.requests.pending.get(draft.id).unwrap();
        assert!(entry.has_page() && !entry.waits_for_session());
    }
}

#[test]
fn what_waits_ends_as_the_login_ends() {
    type Event = fn(RouteId) -> CallbackEvent<Answered>;
    let endings: [(Event, &str); 3] = [
        (
            |route| CallbackEvent::Answered(route, denied()),
            "cancelled",
        ),
        (CallbackEvent::Expired, "timed_out"),
        (|_| CallbackEvent::Lost("test".into()), "failed"),
    ];
    for (event, expected) in endings {
        let mut office = Office::logged_out();
        office.desk.config.automatic_login = Some(Arc::new(RequestLogin::new));
        let draft = draft();
        office.submit(&draft);
        let login = office.pending_login();
        office.login_called_back(event(RouteId(login.get())));
        office.receive();
        assert_eq!(
            [office.name(login), office.name(draft.id)],
            [Some(expected); 2]
        );
        assert!(office.requests.is_empty());
    }
}

#[test]
fn a_code_lets_requests_wait_until_the_game_gives_the_session() {
    let mut office = Office::logged_out();
    office.desk.config.automatic_login = Some(Arc::new(RequestLogin::code));
    let draft = draft();
    office.submit(&draft);
    let login = office.answer_login(a_code());
    assert_eq!(
        (office.name(login), office.requests.len()),
        (Some("completed"), 1)
    );
    office.session.accept(session("from the backend"));
    office.settle();
    assert!(office.requests.pending.get(draft.id).unwrap().has_page());
}

#[test]
fn a_session_without_its_key_is_no_reason_to_login_again_and_again() {
    let mut office = Office::logged_out();
    office.desk.config.automatic_login = Some(Arc::new(RequestLogin::code));
    let (waiting, later) = (draft(), numbered(7));
    office.submit(&waiting);
    office.run(|desk, frame| {
        desk.cancel(frame, frame.requests.pending.find(Entry::is_login).unwrap());
    });
    office
        .session
        .accept(SessionData::without_key(AccessToken::new("token")));
    office.settle();
    office.submit(&later);
    let error = office.error(later.id);
    assert_eq!(error.kind(), RequestErrorKind::NotConfigured);
    assert!(
        error.advice().contains("Signer::backend"),
        "{}",
        error.advice()
    );
    assert!(office.requests.is_empty());
}

#[test]
fn logging_out_leaves_nothing() {
    let mut office = Office::new();
    let (open, login) = (draft(), RequestLogin::new());
    office.submit(&open);
    office.login(&login);
    let signer = Arc::downgrade(office.session.signer().unwrap());
    office.run(|desk, frame| {
        desk.logout(frame);
        desk.settle(frame);
    });
    assert_eq!(
        [office.name(open.id), office.name(login.id())],
        [Some("cancelled"); 2]
    );
    assert!(signer.upgrade().is_none(), "token and key are wiped");
    assert_eq!(office.session.status(), SessionStatus::LoggedOut);
    assert_eq!(office.changes.last(), Some(&SessionChange::LoginEnded));
    assert!(office.changes.contains(&SessionChange::LoggedOut));
}

#[test]
fn a_session_that_ok_calls_dead_is_dead() {
    for code in [102, 103] {
        let mut office = Office::new();
        let (draft, later) = (draft(), numbered(5));
        office.submit(&draft);
        let text = format!("code=X&error_code={code}&error_msg=x");
        let answer = Answered::Widget(WidgetAnswered::Invite(odnoklassniki::Sent::from_pairs(
            &text,
        )));
        office.called_back(CallbackEvent::Answered(RouteId(draft.id.get()), answer));
        office.receive();
        assert_eq!(office.changes, [SessionChange::Refused]);
        assert!(office.error(draft.id).needs_login());
        office.submit(&later);
        let error = office.error(later.id);
        assert_eq!(error.kind(), RequestErrorKind::NotLoggedIn);
    }
}

#[test]
fn an_expired_session_is_told_once_and_signs_nothing() {
    let mut office = Office::logged_out();
    office
        .session
        .accept(session("token").expires_in(Duration::ZERO));
    office.settle();
    office.settle();
    assert_eq!(
        office.changes,
        [SessionChange::Accepted, SessionChange::Expired]
    );
    let draft = draft();
    office.submit(&draft);
    let error = office.error(draft.id);
    assert_eq!(error.kind(), RequestErrorKind::NotLoggedIn);
    assert!(
        error.to_string().contains("expired") && error.advice().contains("clock"),
        "{error}"
    );
}

#[test]
fn a_request_that_was_open_outlives_its_session() {
    let mut office = Office::logged_out();
    office
        .session
        .accept(session("token").expires_in(Duration::from_secs(60)));
    office.settle();
    let draft = draft();
    office.submit(&draft);
    office
        .session
        .accept(session("token").expires_in(Duration::ZERO));
    office.settle();
    assert_eq!(office.session.status(), SessionStatus::Expired);
    office.called_back(CallbackEvent::Answered(RouteId(draft.id.get()), answered()));
    office.receive();
    assert_eq!(office.name(draft.id), Some("completed"));
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
        let mut office = Office::logged_out();
        office
            .desk
            .config
            .set_redirects(uris.into_iter().map(ToOwned::to_owned));
        let login = RequestLogin::new();
        office.login(&login);
        let error = office.error(login.id());
        assert_eq!(error.kind(), kind);
        assert!(error.advice().contains(part), "{}", error.advice());
        assert!(office.links.lock().unwrap().is_empty() && office.desk.logins.get().is_none());
    }
}

#[test]
fn what_cannot_be_sent_leaves_no_listener_behind() {
    use odnoklassniki::{InviteParameters as _, InviteWidget, WidgetParameters as _};
    let mut office = Office::new();
    let long = InviteWidget::new().comment("я".repeat(20_000));
    let (long, login) = (
        Draft::new(WidgetKind::Invite, long.parameters().clone()),
        RequestLogin::new(),
    );
    let login = login.scopes(std::iter::repeat_n(Scope::VALUABLE_ACCESS, 10_000));
    office.submit(&long);
    office.login(&login);
    assert_eq!(office.error(long.id).kind(), RequestErrorKind::UrlTooLong);
    assert_eq!(office.error(login.id()).field(), Some("scope"));
    assert!(office.desk.widgets.get().is_none() && office.desk.logins.get().is_none());
    // But it does not take that of another.
    office.submit(&draft());
    office.submit(&Draft::new(WidgetKind::Invite, long.parameters.clone()));
    assert!(office.desk.widgets.get().is_some());
}

#[test]
fn each_listener_is_there_only_while_it_is_needed() {
    let mut office = Office::new();
    let (open, login) = (draft(), RequestLogin::new());
    let listening = |office: &Office| {
        (
            office.desk.widgets.get().is_some(),
            office.desk.logins.get().is_some(),
        )
    };
    office.submit(&open);
    assert_eq!(
        listening(&office),
        (true, false),
        "the port that is registered is nobody's"
    );
    office.login(&login);
    office.answer_login(denied());
    assert_eq!(
        listening(&office),
        (true, true),
        "a late answer is waited for"
    );
    office.login_called_back(CallbackEvent::Idle { added: 1 });
    office.receive();
    assert_eq!(listening(&office), (true, false));
    office.called_back(CallbackEvent::Idle { added: 1 });
    office.receive();
    assert_eq!(listening(&office), (false, false));
}

#[test]
fn busy_ports_are_named_at_once() {
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port();
    let mut office = Office::logged_out();
    office
        .desk
        .config
        .set_redirects(std::iter::once(format!("http://127.0.0.1:{port}/login")));
    office.desk.config.automatic_login = Some(Arc::new(RequestLogin::new));
    let (login, waiting) = (RequestLogin::new(), draft());
    office.login(&login);
    office.submit(&waiting);
    for id in [login.id(), waiting.id] {
        let error = office.error(id);
        assert_eq!(error.kind(), RequestErrorKind::PortUnavailable);
        assert!(
            error.to_string().contains(&format!("{port} (in use)")),
            "{error}"
        );
    }
    assert!(office.links.lock().unwrap().is_empty());
}

/// A game whose backend signs, and is slow about it.
fn slow_backend() -> (Office, std::sync::mpsc::Sender<()>) {
    let mut office = Office::logged_out();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = Mutex::new(held);
    let signer = Signer::backend(move |_: &odnoklassniki::SigningRequest<'_>| {
        _ = held.lock().unwrap().recv();
        Err(odnoklassniki::SigningError::NotLoggedIn)
    });
    office.credentials =
        AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA").with_signer(signer);
    (office, release)
}

#[test]
fn a_backend_that_does_not_answer_in_time_is_an_error_of_the_network() {
    let (mut office, release) = slow_backend();
    office.desk.config.signing_timeout = Duration::ZERO;
    let draft = draft();
    office.submit(&draft);
    while office.requests.contains(draft.id) {
        office.receive();
        std::thread::yield_now();
    }
    let error = office.error(draft.id);
    assert_eq!(error.kind(), RequestErrorKind::Network);
    drop(release);
}

#[test]
fn logging_out_ends_what_a_backend_signs_and_what_an_earlier_session_signed() {
    let (mut office, release) = slow_backend();
    office
        .session
        .accept(SessionData::without_key(AccessToken::new("token")));
    office.settle();
    let by_backend = draft();
    office.submit(&by_backend);
    office.run(|desk, frame| desk.logout(frame));
    assert_eq!(office.name(by_backend.id), Some("cancelled"));
    drop(release);
    let mut office = Office::new();
    let earlier = draft();
    office.submit(&earlier);
    office.session.accept(session("another player"));
    office.settle();
    office.run(|desk, frame| desk.logout(frame));
    assert_eq!(office.name(earlier.id), Some("cancelled"));
    assert!(office.requests.is_empty());
}

#[test]
fn logging_out_takes_a_code_that_nobody_took() {
    let mut office = Office::logged_out();
    let login = RequestLogin::code();
    office.login(&login);
    office.answer_login(a_code());
    office.run(|desk, frame| desk.logout(frame));
    let Some(Finished::Login(finished)) = office.requests.finished(login.id()) else {
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
        let (mut office, release) = slow_backend();
        office
            .session
            .accept(SessionData::without_key(AccessToken::new("token")));
        office.settle();
        let draft = draft();
        office.submit(&draft);
        if later {
            office
                .session
                .accept(SessionData::without_key(AccessToken::new("a later one")));
            office.settle();
        }
        // As if the backend had signed: the answer is one to an open page.
        let entry = office.requests.pending.get_mut(draft.id).unwrap();
        entry.signature = Some("00000000000000000000000000000000".parse().unwrap());
        let answer = odnoklassniki::Sent::from_pairs("code=X&error_code=102");
        let answer = Answered::Widget(WidgetAnswered::Invite(answer));
        office.called_back(CallbackEvent::Answered(RouteId(draft.id.get()), answer));
        office.receive();
        assert_eq!(office.session.is_logged_in(), later);
        drop(release);
    }
}

#[test]
fn while_the_backend_exchanges_a_code_nobody_is_asked_again() {
    let mut office = Office::logged_out();
    office.desk.config.automatic_login = Some(Arc::new(RequestLogin::code));
    let (first, second) = (draft(), numbered(3));
    office.submit(&first);
    office.answer_login(a_code());
    office.submit(&second);
    assert!(!office.requests.is_logging_in(), "no second page");
    office.session.exchange_failed();
    office.settle();
    for id in [first.id, second.id] {
        let error = office.error(id);
        assert_eq!(error.kind(), RequestErrorKind::NotLoggedIn);
    }
    // The next one asks again.
    office.submit(&numbered(4));
    assert!(office.requests.is_logging_in());
}

#[test]
fn a_session_that_comes_too_late_is_no_reason_to_login_again_and_again() {
    let mut office = Office::logged_out();
    office.desk.config.automatic_login = Some(Arc::new(RequestLogin::code));
    let waiting = draft();
    office.submit(&waiting);
    office.answer_login(a_code());
    office
        .session
        .accept(session("from the backend").expires_in(Duration::ZERO));
    office.settle();
    assert_eq!(
        (office.name(waiting.id), office.requests.len()),
        (Some("failed"), 0)
    );
}

#[test]
fn a_player_who_lost_the_login_page_gets_it_back_by_any_button() {
    let mut office = Office::logged_out();
    office.desk.config.automatic_login = Some(Arc::new(RequestLogin::new));
    let first = draft();
    office.submit(&first);
    let login = office.pending_login();
    let link = |office: &Office| office.requests.get(login).unwrap().link().clone();
    let mut before = link(&office);
    let mut is_reopened = |office: &mut Office, act: &dyn Fn(&mut Office)| {
        let entry = office.requests.pending.get_mut(login).unwrap();
        entry.opened -= DOUBLE_CLICK;
        entry.reopened = None;
        act(office);
        let now = link(office);
        std::mem::replace(&mut before, now.clone()) != now
    };
    assert!(
        is_reopened(&mut office, &|office| office.submit(&draft())),
        "the same button"
    );
    assert!(
        is_reopened(&mut office, &|office| office.submit(&numbered(2))),
        "another one"
    );
    assert!(
        is_reopened(&mut office, &|office| office
            .run(|desk, frame| desk.reopen(frame, first.id))),
        "open again"
    );
    assert!(!is_reopened(&mut office, &|office| office.receive()));
}

#[test]
fn a_slow_store_is_not_waited_for_but_still_welcome() {
    let mut office = Office::logged_out();
    office.desk.config.automatic_login = Some(Arc::new(RequestLogin::new));
    office.session.set_restoring();
    let waiting = draft();
    office.submit(&waiting);
    assert!(!office.requests.is_logging_in(), "it waits for the store");
    office.report(News::StoreIsSlow);
    office.receive();
    assert!(office.requests.is_logging_in());
    assert!(matches!(
        office.changes.first(),
        Some(SessionChange::StoreFailed(_))
    ));
    let stored = crate::session::StoreEvent::Loaded(Ok(Some(session("restored"))));
    office.report(News::StoreEvent(stored));
    office.receive();
    assert!(
        office.session.is_logged_in()
            && office.requests.pending.get(waiting.id).unwrap().has_page()
    );
}

#[test]
fn a_denied_login_ends_nothing_that_the_store_may_still_help() {
    let mut office = Office::logged_out();
    office.session.set_restoring();
    let (login, waiting) = (RequestLogin::new(), draft());
    office.login(&login);
    office.submit(&waiting);
    office.answer_login(denied());
    assert!(office.requests.contains(waiting.id));
    office.report(News::StoreEvent(crate::session::StoreEvent::Loaded(Ok(
        None,
    ))));
    office.receive();
    assert_eq!(office.name(waiting.id), Some("failed"));
    assert!(office.changes.contains(&SessionChange::NothingStored));
}
