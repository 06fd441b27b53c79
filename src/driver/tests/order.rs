//! In any order of events, each request that was written ends exactly once.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use test_support::reliability::{measured, scale};

use super::*;
use crate::driver::record::{self, Resumed};

/// An event of one of the requests.
#[derive(Clone, Copy, Debug)]
enum Step {
    Submit,
    Cancel,
    Reopen,
    Receive,
    Visited,
    CalledBack,
    TimedOut,
    LinkUsedAgain,
    Opened(bool),
    OtherPageOpened(bool),
    PageClosed,
    ReturnPageMissing,
    WindowWanted,
    CancelledByPlayer,
    ListenerLost,
    Login,
    CancelLogin,
    LoginCalledBack(bool),
    LoginTimedOut,
    LoginListenerLost,
    Logout,
    Accept,
    AcceptWithoutKey,
    Signed(bool),
    StoreFound,
    StoreTimedOut,
    ExchangeFailed,
    PortsAreBusy(bool),
    TimePasses,
    /// The game starts anew, in place of OK's page; nothing else of this run is left.
    Restart,
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Submit),
        1 => Just(Step::Cancel),
        1 => Just(Step::Reopen),
        4 => Just(Step::Receive),
        2 => Just(Step::Visited),
        2 => Just(Step::CalledBack),
        1 => Just(Step::TimedOut),
        1 => Just(Step::LinkUsedAgain),
        2 => any::<bool>().prop_map(Step::Opened),
        1 => any::<bool>().prop_map(Step::OtherPageOpened),
        1 => Just(Step::PageClosed),
        1 => Just(Step::ReturnPageMissing),
        1 => Just(Step::WindowWanted),
        1 => Just(Step::CancelledByPlayer),
        1 => Just(Step::ListenerLost),
        2 => Just(Step::Login),
        1 => Just(Step::CancelLogin),
        2 => any::<bool>().prop_map(Step::LoginCalledBack),
        1 => Just(Step::LoginTimedOut),
        1 => Just(Step::LoginListenerLost),
        1 => Just(Step::Logout),
        1 => Just(Step::Accept),
        1 => Just(Step::AcceptWithoutKey),
        1 => any::<bool>().prop_map(Step::Signed),
        1 => Just(Step::StoreFound),
        1 => Just(Step::StoreTimedOut),
        1 => Just(Step::ExchangeFailed),
        1 => any::<bool>().prop_map(Step::PortsAreBusy),
        1 => Just(Step::TimePasses),
        1 => Just(Step::Restart),
    ]
}

/// The start of a game.
#[derive(Clone, Copy, Debug)]
struct Start {
    automatic_login: bool,
    logged_in: bool,
    restoring: bool,
    backend: bool,
    opens_unsigned: bool,
}

fn starts() -> impl Strategy<Value = Start> {
    any::<(bool, bool, bool, bool, bool)>().prop_map(
        |(automatic_login, logged_in, restoring, backend, opens_unsigned)| Start {
            automatic_login,
            logged_in,
            restoring,
            backend,
            opens_unsigned,
        },
    )
}

impl Start {
    fn harness(self) -> Harness {
        let mut harness = if self.logged_in {
            Harness::new()
        } else {
            Harness::logged_out()
        };
        if self.automatic_login {
            harness.config.automatic_login = Some(Arc::new(RequestLogin::new));
        }
        if self.restoring && !self.logged_in {
            harness.handle(Event::FirstFrame);
        }
        harness.config.opens_unsigned = self.opens_unsigned;
        if self.backend {
            harness.credentials = harness.credentials.with_signer(backend());
        }
        harness
    }
}

/// Returns a backend that the harness never calls.
fn backend() -> odnoklassniki::Signer {
    odnoklassniki::Signer::backend(|_: &odnoklassniki::SigningRequest<'_>| {
        Err(odnoklassniki::SigningError::NotLoggedIn)
    })
}

/// Puts an event of another thread into the inbox.
fn send(harness: &mut Harness, step: Step, id: RequestId) {
    let record = harness.driver.requests.get(id);
    let page = record.map_or(0, |record| record.data.page);
    let result = |ok: bool| {
        if ok {
            PageEvent::Opened
        } else {
            PageEvent::CannotOpen(OpenError::new("no"))
        }
    };
    let login = harness.driver.requests.login();
    let event = match step {
        Step::Visited => Event::Visited(id),
        Step::CalledBack => Event::CallbackReceived(id, invited()),
        Step::TimedOut => Event::TimedOut(id),
        Step::LinkUsedAgain => Event::Noticed(id, NoticeKind::LinkUsedAgain),
        Step::Opened(ok) => Event::Page(id, page, result(ok)),
        Step::OtherPageOpened(ok) => Event::Page(id, u32::MAX, result(ok)),
        Step::PageClosed => Event::Page(id, page, PageEvent::Closed),
        Step::ReturnPageMissing => Event::Page(id, page, PageEvent::ReturnPageMissing),
        Step::WindowWanted => Event::Page(id, page, PageEvent::WindowWanted),
        Step::CancelledByPlayer => Event::Page(id, page, PageEvent::Cancelled),
        Step::ListenerLost => listener_lost(ListenerKind::Widgets),
        Step::LoginListenerLost => listener_lost(ListenerKind::Login),
        Step::LoginCalledBack(granted) => {
            let Some(login) = login else { return };
            Event::CallbackReceived(login, if granted { logged_in() } else { denied() })
        }
        Step::LoginTimedOut => {
            let Some(login) = login else { return };
            Event::TimedOut(login)
        }
        Step::Signed(ok) => {
            let Some(job) = harness.wanted.sign.pop() else {
                return;
            };
            let signed = if ok {
                job.page.sign(&odnoklassniki::Signer::session(
                    AccessToken::new("token"),
                    SessionSecretKey::new("key"),
                ))
            } else {
                job.page.sign(&job.signer)
            };
            Event::Signed(job.id, signed)
        }
        Step::StoreFound => Event::Store(StoreEvent::Loaded(Ok(Some(session("restored"))))),
        Step::StoreTimedOut => Event::StoreTimedOut,
        other => unreachable!("{other:?} comes from the game"),
    };
    harness.inbox.push(event);
}

/// Starts the game anew. The session is lost, as it is without a store.
fn restart(mut before: Harness) -> Harness {
    // The runtime handles the changes of the session before it keeps anything.
    before.run();
    let mut harness = Harness::logged_out();
    harness.config.automatic_login = before.config.automatic_login.take();
    harness.listeners.are_busy = before.listeners.are_busy;
    let kept = before.driver.kept(PendingRecord::was_opened, true);
    let text = record::write("512000123456", &kept).expect("it fits");
    let requests = record::read("512000123456", &text).expect("it is whole");
    let callback = None;
    // Results are of this run, but the test counts those of all.
    harness.results = core::mem::take(&mut before.results);
    harness.requests = before.requests;
    harness.wanted.callbacks = core::mem::take(&mut before.wanted.callbacks);
    harness.wanted.open = core::mem::take(&mut before.wanted.open);
    harness.handle(Event::Resumed(Box::new(Resumed { requests, callback })));
    harness
}

#[test]
fn every_request_ends_once() {
    let cases = scale(2_000, 1_000_000);
    let schedules = prop::collection::vec((0_usize..10, steps()), 0..60);
    TestRunner::new(ProptestConfig::with_cases(cases))
        .run(&(starts(), schedules), |(start, schedule)| {
            run(start, schedule)
        })
        .unwrap();
    measured(1, format!("{cases} schedules of ten requests and logins"));
}

fn run(start: Start, schedule: Vec<(usize, Step)>) -> Result<(), TestCaseError> {
    let mut harness = start.harness();
    let mut logins = Vec::new();
    // Some are equal to each other.
    let requests: Vec<Submission> = (0..10).map(|n| numbered(n / 2 + 1)).collect();
    let mut written = [false; 10];
    for (index, step) in schedule {
        let request = &requests[index];
        match step {
            Step::Submit => {
                written[index] = true;
                harness.submit(request);
            }
            Step::Cancel => harness.handle(Event::CancelRequested(request.id)),
            Step::Reopen => harness.handle(Event::ReopenRequested(request.id)),
            Step::Receive => harness.receive(),
            Step::Login => {
                let login = RequestLogin::new();
                logins.push(login.id());
                harness.login(&login);
            }
            Step::CancelLogin => {
                if let Some(&id) = logins.get(index) {
                    harness.handle(Event::CancelRequested(id));
                }
            }
            Step::Logout => harness.handle(Event::LogoutRequested),
            Step::Accept => harness.session.accept(session("accepted")),
            Step::AcceptWithoutKey => {
                let token = AccessToken::new("accepted");
                harness.session.accept(SessionData::without_key(token));
            }
            Step::ExchangeFailed => harness.session.exchange_failed(),
            Step::PortsAreBusy(are_busy) => harness.listeners.are_busy = are_busy,
            Step::TimePasses => harness.now += DOUBLE_CLICK,
            Step::Restart => harness = restart(harness),
            step => send(&mut harness, step, request.id),
        }
    }
    harness.receive();
    let waits = harness
        .driver
        .requests
        .find(PendingRecord::waits_for_session)
        .is_some();
    let may_get_one = harness.driver.is_logging_in()
        || harness.session.is_restoring()
        || harness.driver.exchanging.is_some();
    prop_assert!(
        !waits || may_get_one,
        "a request waits for a login that does not come"
    );
    // Logging out ends logins and the requests that wait for them.
    harness.handle(Event::LogoutRequested);
    prop_assert!(harness.requests.is_empty());
    prop_assert!(harness.results.values().all(|&times| times == 1));
    prop_assert!(logins.iter().all(|id| harness.results.contains_key(id)));
    prop_assert_eq!(harness.session.status(), SessionStatus::LoggedOut);
    for (request, written) in requests.iter().zip(written) {
        let results = harness.results.get(&request.id).copied().unwrap_or(0);
        prop_assert_eq!(results, usize::from(written));
    }
    // No link is opened before its callback is registered.
    for OpenJob { id, .. } in &harness.wanted.open {
        let is_registered = harness.wanted.callbacks.iter().any(|command| {
            matches!(command, CallbackCommand::Register(_, callback) if callback.id == *id)
        });
        prop_assert!(is_registered);
    }
    Ok(())
}
