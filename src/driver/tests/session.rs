//! The end of a session, and requests that a backend signs.

use core::time::Duration;

use super::*;
use crate::request::LoggedIn;

#[test]
fn logging_out_wipes_the_session_and_ends_every_request() {
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
fn a_session_that_ok_refuses_ends() {
    for code in [102, 103] {
        let mut harness = Harness::new();
        let (request, later) = (invite(), numbered(5));
        harness.submit(&request);
        let text = format!("code=X&error_code={code}&error_msg=x");
        let callback = sent(&text);
        harness.called_back(request.id, callback);
        assert_eq!(harness.changes, [SessionChange::Refused]);
        assert!(harness.error(request.id).needs_login());
        harness.submit(&later);
        let error = harness.error(later.id);
        assert_eq!(error.kind(), RequestErrorKind::NotLoggedIn);
    }
}

#[test]
fn an_expired_session_sends_one_message_and_signs_nothing() {
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
fn an_open_request_outlives_its_session() {
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

/// Returns a game whose backend signs. The harness records the job, and never calls the backend.
pub(super) fn with_backend() -> Harness {
    let mut harness = Harness::logged_out();
    let signer = odnoklassniki::Signer::backend(|_: &odnoklassniki::SigningRequest<'_>| {
        Err(odnoklassniki::SigningError::NotLoggedIn)
    });
    harness.credentials =
        AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA").with_signer(signer);
    harness
}

/// Such as the session that OK's portal gives to a game.
#[test]
fn a_signer_of_the_games_own_needs_no_login() {
    let mut harness = Harness::with_automatic_login(RequestLogin::new);
    let portal = odnoklassniki::Signer::session(
        AccessToken::new("portal"),
        SessionSecretKey::new("portal's key"),
    );
    harness.credentials =
        AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA").with_signer(portal);
    let request = invite();
    harness.submit(&request);
    assert!(harness.has_page(request.id) && !harness.driver.is_logging_in());
    // Nor does it wait for the store.
    harness.session.set_restoring();
    let request = numbered(2);
    harness.submit(&request);
    assert!(harness.has_page(request.id));
    // A player who has logged out is not that of the portal any more.
    harness.session.accept(session("token"));
    harness.run();
    harness.handle(Event::LogoutRequested);
    harness.submit(&numbered(3));
    assert!(harness.driver.is_logging_in());
}

/// The backend knows the player only after a login.
#[test]
fn a_backend_lets_the_player_log_in_first() {
    let mut harness = with_backend();
    harness.config.automatic_login = Some(Arc::new(RequestLogin::code));
    harness.submit(&invite());
    assert!(harness.driver.is_logging_in() && harness.wanted.sign.is_empty());
}

#[test]
fn a_backend_that_does_not_respond_in_time_is_a_network_error() {
    let mut harness = with_backend();
    let request = invite();
    harness.submit(&request);
    assert_eq!(
        (harness.wanted.sign.len(), harness.wanted.open.len()),
        (1, 0)
    );
    let Some(CallbackCommand::Register(_, callback)) = harness.wanted.callbacks.first() else {
        panic!("no callback is registered");
    };
    assert_eq!(
        callback.deadline,
        harness.now + harness.config.signing_timeout
    );
    harness.handle(Event::TimedOut(request.id));
    assert_eq!(harness.error(request.id).kind(), RequestErrorKind::Network);
}

#[test]
fn logging_out_ends_requests_of_a_backend_and_of_an_earlier_session() {
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
fn logging_out_wipes_a_code_that_was_not_taken() {
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
fn ok_ends_a_session_without_its_key_and_no_later_one() {
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
        // As if the backend had signed, so that the page is open.
        let job = harness.wanted.sign.remove(0);
        let player =
            odnoklassniki::Signer::session(AccessToken::new("t"), SessionSecretKey::new("k"));
        harness.handle(Event::Signed(request.id, job.page.sign(&player)));
        let callback = sent("code=X&error_code=102");
        harness.called_back(request.id, callback);
        assert_eq!(harness.session.is_logged_in(), later);
    }
}

/// A backend has as long for a request that has waited for the session as for any other.
#[test]
fn a_backend_that_signs_what_has_waited_is_timed_too() {
    let mut harness = with_backend();
    harness.config.automatic_login = Some(Arc::new(RequestLogin::code));
    let request = invite();
    harness.submit(&request);
    harness.now += Duration::from_secs(60);
    let data = SessionData::without_key(AccessToken::new("token"));
    harness.session.accept(data);
    harness.run();
    assert_eq!(harness.wanted.sign.len(), 1);
    let deadline = harness.now + harness.config.signing_timeout;
    let is_timed = harness.wanted.callbacks.iter().any(|command| {
        matches!(command, CallbackCommand::SetDeadline(_, id, at) if (*id, *at) == (request.id, deadline))
    });
    assert!(is_timed);
}

/// As on the web: the window opens in the frame of the click, and its page waits for the URL.
#[test]
fn a_page_that_opens_unsigned_opens_once() {
    let mut harness = with_backend();
    harness.config.opens_unsigned = true;
    let request = invite();
    harness.submit(&request);
    assert_eq!(
        (harness.wanted.sign.len(), harness.wanted.open.len()),
        (1, 1)
    );
    harness.handle(harness.page(request.id, PageEvent::Opened));
    let SignJob { id, page, .. } = harness.wanted.sign.pop().unwrap();
    assert_eq!(id, request.id);
    let own = odnoklassniki::Signer::session(AccessToken::new("t"), SessionSecretKey::new("k"));
    let signed = page.sign(&own);
    harness.handle(Event::Signed(request.id, signed));
    assert_eq!(harness.wanted.open.len(), 1, "a second window");
    assert!(matches!(
        harness.wanted.callbacks.last(),
        Some(CallbackCommand::SetPage(_, id, ..)) if *id == request.id
    ));
    harness.handle(Event::Visited(request.id));
    harness.called_back(request.id, invited());
    assert_eq!(harness.name(request.id), Some("completed"));
}

/// The browser may block the window before the backend has replied.
#[test]
fn a_page_that_cannot_open_unsigned_asks_or_ends() {
    for (blocked, ends) in [(BlockedPopup::Button, false), (BlockedPopup::End, true)] {
        let mut harness = with_backend();
        harness.config.opens_unsigned = true;
        harness.config.blocked_popup = blocked;
        let request = invite();
        harness.submit(&request);
        let event = PageEvent::CannotOpen(OpenError::popup_blocked("blocked"));
        harness.handle(harness.page(request.id, event));
        assert_eq!(harness.results.contains_key(&request.id), ends);
        let refused = Err(RequestError::new(RequestErrorKind::Refused, "no"));
        harness.handle(Event::Signed(request.id, refused));
        assert_eq!(harness.results[&request.id], 1);
    }
}

/// A backend that replies later signs the same URL as one that blocks.
#[test]
fn an_asynchronous_backend_signs_the_same_page() {
    let mut harness = with_backend();
    let request = invite();
    harness.submit(&request);
    let SignJob { page, .. } = harness.wanted.sign.pop().unwrap();
    let key = || SessionSecretKey::new("k");
    let own = odnoklassniki::Signer::session(AccessToken::new("t"), key());
    let expected = page.sign(&own).unwrap();
    let later = odnoklassniki::Signer::async_backend(move |request, reply| {
        let signature = odnoklassniki::widget_signature(request.fields(), &key());
        let access_token = Some(AccessToken::new("t"));
        reply.send(Ok(odnoklassniki::BackendSignature {
            signature,
            access_token,
        }));
    });
    let (sender, receiver) = std::sync::mpsc::channel();
    page.ask(&later, move |result| sender.send(result).unwrap());
    let signed = receiver.recv().unwrap().unwrap();
    assert_eq!(signed.url.expose(), expected.url.expose());
    assert!(receiver.recv().is_err(), "signed twice");
}
