//! Requests that go on in the next run of the game.

use core::time::Duration;

use callback_listener::ReturnToken;

use super::*;
use crate::driver::record::{self, Resumed};

const APP: &str = "512000123456";

impl Harness {
    /// Ends this run of the game, as a browser does that leaves its page. Returns what is kept.
    fn left(self) -> (Resumed, Vec<RequestId>) {
        let pending = self.driver.pending();
        let ids = pending.iter().map(|request| request.id()).collect();
        // As text, as it is stored.
        let text = record::write(APP, &self.driver.kept(PendingRecord::was_opened, true)).unwrap();
        let resumed = Resumed {
            requests: record::read(APP, &text).unwrap(),
            callback: None,
        };
        (resumed, ids)
    }

    fn resume(&mut self, resumed: Resumed) {
        self.handle(Event::Resumed(Box::new(resumed)));
    }

    /// Opens the page of a request.
    fn open(&mut self, id: RequestId) {
        self.handle(self.page(id, PageEvent::Opened));
    }

    /// Returns the deadline and the return token of the callback of a request.
    fn callback(&self, id: RequestId) -> (Instant, String) {
        let registered = self
            .wanted
            .callbacks
            .iter()
            .find_map(|command| match command {
                CallbackCommand::Register(_, callback) if callback.id == id => Some(callback),
                _ => None,
            });
        let callback = registered.expect("its callback is registered");
        (callback.deadline, callback.return_token.expose().to_owned())
    }
}

/// Returns a request whose page is open, of a run that has ended.
fn open_request() -> (Resumed, RequestId, String) {
    let mut harness = Harness::new();
    let request = invite();
    harness.submit(&request);
    harness.open(request.id);
    let (_, token) = harness.callback(request.id);
    let (resumed, ids) = harness.left();
    assert_eq!(ids, [request.id]);
    (resumed, request.id, token)
}

#[test]
fn an_open_request_is_pending_again_under_its_id_and_its_token() {
    let (resumed, id, token) = open_request();
    let mut harness = Harness::new();
    harness.resume(resumed);
    assert_eq!(harness.callback(id).1, token);
    let pending = harness.requests.get(id).expect("it is pending");
    assert!(pending.is_opened() && !pending.is_waiting_for_login());
    assert!(harness.wanted.open.is_empty(), "its page is open already");
    let left = harness.callback(id).0 - harness.now;
    assert!((590..=600).contains(&left.as_secs()), "{left:?}");
    // The ids of this run are greater.
    assert!(invite().id > id);
    harness.called_back(id, invited());
    assert_eq!(harness.name(id), Some("completed"));
    harness.handle(Event::TimedOut(id));
    assert_eq!(harness.results, BTreeMap::from([(id, 1)]));
}

#[test]
fn a_resumed_request_times_out_or_is_cancelled_once() {
    type End = fn(RequestId) -> Event;
    let ends: [(End, &str); 2] = [
        (Event::TimedOut, "timed_out"),
        (Event::CancelRequested, "cancelled"),
    ];
    for (end, name) in ends {
        let (resumed, id, _) = open_request();
        let mut harness = Harness::new();
        harness.resume(resumed);
        harness.handle(end(id));
        harness.called_back(id, invited());
        assert_eq!(harness.name(id), Some(name));
        assert_eq!(harness.results, BTreeMap::from([(id, 1)]));
        assert!(
            harness
                .driver
                .kept(PendingRecord::was_opened, true)
                .is_empty()
        );
    }
}

#[test]
fn the_deadline_is_that_of_the_wall_clock() {
    for (shift, expected) in [(-300_000, 300), (10_000_000, 600)] {
        let (mut resumed, id, _) = open_request();
        let request = &mut resumed.requests[0];
        request.deadline = request.deadline.saturating_add_signed(shift);
        let mut harness = Harness::new();
        harness.resume(resumed);
        let left = (harness.callback(id).0 - harness.now).as_secs();
        assert!(
            expected - left.min(expected) <= 10 && left <= expected,
            "{left}"
        );
    }
}

/// Only a callback that came while no process ran may have come in time.
#[test]
fn a_request_whose_deadline_has_passed_ends_unless_its_callback_has_come() {
    for has_callback in [false, true] {
        let (mut resumed, id, token) = open_request();
        resumed.requests[0].deadline -= 700_000;
        let token = ReturnToken::parse(&token).unwrap();
        let callback = (token, Zeroizing::new("code=OK".to_owned()));
        resumed.callback = has_callback.then_some(callback);
        assert!(resumed.return_tokens(u64::MAX).is_empty());
        let mut harness = Harness::new();
        harness.resume(resumed);
        if has_callback {
            assert_eq!(harness.callback(id).0, harness.now);
            assert_eq!(harness.name(id), None);
            harness.called_back(id, invited());
        }
        let expected = if has_callback {
            "completed"
        } else {
            "timed_out"
        };
        assert_eq!(harness.name(id), Some(expected));
        harness.handle(Event::TimedOut(id));
        assert_eq!(harness.results, BTreeMap::from([(id, 1)]));
    }
}

/// The listener decides about it, after the callbacks are there.
#[test]
fn a_stored_callback_goes_to_its_own_listener() {
    for with_login in [false, true] {
        let mut harness = Harness::new();
        let (request, login) = (invite(), RequestLogin::new());
        harness.submit(&request);
        harness.login(&login);
        let id = if with_login { login.id() } else { request.id };
        let token = ReturnToken::parse(&harness.callback(id).1).unwrap();
        harness.open(request.id);
        harness.open(login.id());
        let (mut resumed, _) = harness.left();
        resumed.callback = Some((token.clone(), Zeroizing::new("code=OK".to_owned())));
        let mut harness = Harness::new();
        harness.resume(resumed);
        let kind = match with_login {
            true => ListenerKind::Login,
            false => ListenerKind::Widgets,
        };
        let delivered = harness.wanted.callbacks.iter().skip(2).find(|command| {
            matches!(command, CallbackCommand::Deliver(to, callback)
                if *to == kind
                    && callback.token().matches(token.expose())
                    && callback.texts() == ["code=OK", ""])
        });
        assert!(delivered.is_some(), "{kind:?}");
    }
}

#[test]
fn a_callback_of_nothing_pending_is_dropped() {
    let (mut resumed, _, _) = open_request();
    let unknown = ReturnToken::parse(&"9".repeat(32)).unwrap();
    resumed.callback = Some((unknown, Zeroizing::new("code=OK".to_owned())));
    let mut harness = Harness::new();
    harness.resume(resumed);
    let is_delivered = |command: &CallbackCommand| matches!(command, CallbackCommand::Deliver(..));
    assert!(!harness.wanted.callbacks.iter().any(is_delivered));
}

#[test]
fn a_login_brings_the_session_for_the_widget_that_has_waited() {
    let mut harness = Harness::with_automatic_login(RequestLogin::new);
    let request = invite();
    harness.submit(&request);
    let login = harness.pending_login();
    harness.open(login);
    let joined = RequestLogin::new();
    harness.login(&joined);
    let (resumed, _) = harness.left();

    let mut harness = Harness::with_automatic_login(RequestLogin::new);
    harness.resume(resumed);
    assert_eq!(harness.pending_login(), login, "no other login starts");
    assert_eq!(harness.session.status(), SessionStatus::LoggingIn);
    assert!(
        harness
            .requests
            .get(request.id)
            .unwrap()
            .is_waiting_for_login()
    );
    assert!(harness.wanted.open.is_empty());
    harness.end_login(logged_in());
    assert_eq!(
        [harness.name(login), harness.name(joined.id())],
        [Some("completed"); 2]
    );
    assert!(harness.has_page(request.id));
    assert_eq!(harness.wanted.open.len(), 1, "the widget opens by itself");
    harness.called_back(request.id, invited());
    assert_eq!(harness.name(request.id), Some("completed"));
    assert!(harness.results.values().all(|&times| times == 1));
}

#[test]
fn a_request_that_has_waited_is_sent_if_there_is_a_session_by_now() {
    let mut harness = Harness::with_automatic_login(RequestLogin::new);
    let request = invite();
    harness.submit(&request);
    let login = harness.pending_login();
    harness.handle(Event::CancelRequested(login));
    assert_eq!(harness.name(request.id), Some("cancelled"));

    // A backend signs it anew.
    let mut harness = session::with_backend();
    let request = invite();
    harness.submit(&request);
    let (resumed, _) = harness.left();
    let mut harness = session::with_backend();
    harness.resume(resumed);
    assert_eq!(harness.wanted.sign.len(), 1);
    assert!(harness.wanted.open.is_empty());
    let deadline = harness.now + harness.config.signing_timeout;
    assert_eq!(harness.callback(request.id).0, deadline);
}

/// Without automatic login no session will come.
#[test]
fn what_waits_in_vain_ends() {
    let mut harness = Harness::with_automatic_login(RequestLogin::new);
    let request = invite();
    harness.submit(&request);
    let login = harness.pending_login();
    let (mut resumed, _) = harness.left();
    resumed
        .requests
        .retain(|request| request.ids().all(|id| id != login));
    let mut harness = Harness::logged_out();
    harness.resume(resumed);
    assert_eq!(
        harness.error(request.id).kind(),
        RequestErrorKind::NotLoggedIn
    );
    assert_eq!(harness.results, BTreeMap::from([(request.id, 1)]));
}

#[test]
fn a_resumed_page_opens_again_if_it_can_be_signed() {
    let (resumed, id, _) = open_request();
    let mut harness = Harness::new();
    harness.resume(resumed);
    let link = harness.link(id);
    harness.handle(Event::ReopenRequested(id));
    assert_ne!(harness.link(id), link);
    assert_eq!(harness.wanted.open.len(), 1);

    // Nobody can sign it here, and an equal request is another one.
    let (resumed, id, _) = open_request();
    let mut harness = Harness::logged_out();
    harness.resume(resumed);
    let link = harness.link(id);
    harness.handle(Event::ReopenRequested(id));
    assert_eq!(harness.notices, [(id, NoticeKind::CannotReopen)]);
    assert_eq!(harness.link(id), link);
    harness.config.automatic_login = Some(Arc::new(RequestLogin::new));
    let again = invite();
    harness.submit(&again);
    assert!(harness.requests.contains(again.id));
    // Its callback counts without a signer.
    harness.called_back(id, sent("code=OK&selected=[1]&sig=0123"));
    assert_eq!(harness.name(id), Some("completed"));
}

#[test]
fn a_resumed_request_is_kept_for_the_run_after_this_one() {
    let (resumed, id, token) = open_request();
    let mut harness = Harness::new();
    harness.resume(resumed);
    let other = numbered(3);
    harness.submit(&other);
    let ids = |harness: &Harness, all| -> Vec<RequestId> {
        let kept = harness.driver.kept(PendingRecord::was_opened, all);
        kept.iter().flat_map(|request| request.ids()).collect()
    };
    assert_eq!(
        ids(&harness, false),
        [id],
        "a window of its own shows the other"
    );
    assert_eq!(ids(&harness, true), [id, other.id]);
    let is_open = |record: &PendingRecord| record.was_opened() || record.id() == other.id;
    let kept = harness.driver.kept(is_open, true);
    assert!(kept.iter().all(|request| request.is_open), "it leaves now");
    assert_eq!(kept[0].return_token.expose(), token);
    harness.now += Duration::from_secs(60);
    let (resumed, _) = harness.left();
    let mut harness = Harness::new();
    harness.resume(resumed);
    harness.called_back(id, invited());
    assert_eq!(harness.name(id), Some("completed"));
}

#[test]
fn a_request_that_cannot_be_resumed_ends() {
    let (resumed, id, _) = open_request();
    let mut harness = Harness::new();
    harness.listeners.are_busy = true;
    harness.resume(resumed);
    assert_eq!(harness.error(id).kind(), RequestErrorKind::PortUnavailable);
    assert_eq!(harness.results, BTreeMap::from([(id, 1)]));
    assert!(harness.requests.is_empty());
}
