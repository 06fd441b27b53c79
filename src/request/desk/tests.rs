mod login;

use std::collections::BTreeMap;
use std::sync::Mutex;

use odnoklassniki::oauth::AuthorizationResponse;
use odnoklassniki::{AccessToken, Parameters, SessionSecretKey, WidgetCallback as _, WidgetKind};
use proptest::prelude::*;

use super::super::RequestLogin;
use super::super::grade::WidgetAnswered;
use super::*;
use crate::credentials::AppCredentials;
use crate::session::{OkSession, SessionChange, SessionData, SessionStatus};

/// A desk with real listeners and an opener that notes the links and opens nothing.
struct Office {
    desk: Desk,
    requests: PendingRequests,
    session: OkSession,
    credentials: AppCredentials,
    links: Arc<Mutex<Vec<String>>>,
    told: BTreeMap<RequestId, usize>,
    changes: Vec<SessionChange>,
}

impl Office {
    /// Somebody is logged in.
    fn new() -> Self {
        let mut office = Self::logged_out();
        office.session.accept(session("token"));
        office.settle();
        office.changes.clear();
        office
    }

    fn logged_out() -> Self {
        let links = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&links);
        let opener = move |link: &OneTimeLink| {
            noted.lock().unwrap().push(link.expose().to_owned());
            Ok(())
        };
        let mut config = Config {
            opener: Arc::new(opener),
            ..Config::default()
        };
        config.set_redirects(std::iter::once("http://127.0.0.1:0/login".to_owned()));
        Self {
            desk: Desk::new(config),
            requests: PendingRequests::new(Default::default()),
            session: OkSession::new(),
            credentials: AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"),
            links,
            told: BTreeMap::new(),
            changes: Vec::new(),
        }
    }

    fn run(&mut self, act: impl FnOnce(&mut Desk, &mut Frame<'_>)) {
        let (told, changes) = (&mut self.told, &mut self.changes);
        let mut tell = |report| match report {
            Report::Finished(finished) => *told.entry(finished.id()).or_default() += 1,
            Report::Session(change) => changes.push(change.reason),
            Report::Opened(_) | Report::Notice(_) => {}
        };
        let (requests, session) = (&mut self.requests, &mut self.session);
        let mut frame = Frame {
            requests,
            session,
            credentials: Some(&self.credentials),
            tell: &mut tell,
        };
        act(&mut self.desk, &mut frame);
    }

    fn submit(&mut self, draft: &Draft) {
        self.run(|desk, frame| desk.submit(frame, draft));
    }

    fn login(&mut self, request: &RequestLogin) {
        self.run(|desk, frame| desk.submit_login(frame, &request.0));
    }

    fn settle(&mut self) {
        self.run(|desk, frame| desk.settle(frame));
    }

    /// Puts news into the channel, as another thread would.
    fn report(&self, news: News) {
        assert!(
            self.desk
                .inbox
                .reporter(crate::wake::AppWaker::default())
                .report(news)
        );
    }

    fn called_back(&self, event: CallbackEvent<Answered>) {
        self.report(News::Callback {
            generation: self.desk.widgets.generation(),
            event,
        });
    }

    fn login_called_back(&self, event: CallbackEvent<Answered>) {
        self.report(News::Callback {
            generation: self.desk.logins.generation(),
            event,
        });
    }

    fn receive(&mut self) {
        self.run(|desk, frame| {
            desk.receive(frame);
            desk.settle(frame);
        });
    }

    fn name(&self, id: RequestId) -> Option<&'static str> {
        self.requests.finished(id).map(Finished::outcome_name)
    }
}

fn session(token: &str) -> SessionData {
    SessionData::new(AccessToken::new(token), SessionSecretKey::new("key"))
}

fn logged_in() -> Answered {
    Answered::Login(AuthorizationResponse::from_pairs(&[
        "access_token=new&session_secret_key=new-key&expires_in=1800",
    ]))
}

fn denied() -> Answered {
    Answered::Login(AuthorizationResponse::from_pairs(&["error=access_denied"]))
}

fn draft() -> Draft {
    Draft::new(WidgetKind::Invite, Parameters::new())
}

fn answered() -> Answered {
    Answered::Widget(WidgetAnswered::Invite(odnoklassniki::Sent::from_pairs(
        "code=OK&selected=[1]",
    )))
}

#[test]
fn an_equal_request_after_a_while_opens_the_page_again() {
    let mut office = Office::new();
    let (first, second, third) = (draft(), draft(), draft());
    office.submit(&first);
    let link = office.requests.get(first.id).unwrap().link().clone();
    office.submit(&second);
    assert_eq!(
        office.requests.get(first.id).unwrap().link(),
        &link,
        "a double click changes nothing"
    );
    office.requests.pending.get_mut(first.id).unwrap().opened -= DOUBLE_CLICK;
    office.submit(&third);
    assert_ne!(
        office.requests.get(first.id).unwrap().link(),
        &link,
        "a later click opens the page again"
    );
    assert_eq!(office.told, BTreeMap::from([(second.id, 1), (third.id, 1)]));
}

#[test]
fn a_double_click_on_open_again_opens_one_page() {
    let mut office = Office::new();
    let request = draft();
    office.submit(&request);
    let id = request.id;
    let mut links = vec![office.requests.get(id).unwrap().link().clone()];
    let mut reopen = |office: &mut Office| {
        office.run(|desk, frame| desk.reopen(frame, id));
        links.push(office.requests.get(id).unwrap().link().clone());
    };
    reopen(&mut office);
    reopen(&mut office);
    let entry = office.requests.pending.get_mut(id).unwrap();
    entry.reopened = entry.reopened.map(|at| at - DOUBLE_CLICK);
    reopen(&mut office);
    assert_ne!(
        links[0], links[1],
        "the first click is meant, however soon it comes"
    );
    assert_eq!(links[1], links[2], "its second half is not");
    assert_ne!(links[2], links[3], "a later one is");
}

#[test]
fn another_players_equal_request_is_another_request() {
    let mut office = Office::new();
    let (first, second) = (draft(), draft());
    office.submit(&first);
    office.session.accept(session("token of another"));
    office.submit(&second);
    assert_eq!((office.requests.len(), office.told.len()), (2, 0));
}

#[test]
fn a_message_that_is_written_twice_counts_once() {
    let mut office = Office::new();
    let draft = draft();
    office.submit(&draft);
    office.submit(&draft);
    assert_eq!((office.requests.len(), office.told.len()), (1, 0));
    office.called_back(CallbackEvent::Answered(RouteId(draft.id.get()), answered()));
    office.receive();
    office.submit(&draft);
    assert_eq!(
        (office.requests.len(), office.told.get(&draft.id)),
        (0, Some(&1))
    );
}

#[test]
fn an_opener_that_fails_after_the_answer_changes_nothing() {
    let mut office = Office::new();
    let draft = draft();
    office.submit(&draft);
    let (id, link) = (
        draft.id,
        office.requests.get(draft.id).unwrap().link().clone(),
    );
    office.called_back(CallbackEvent::Visited(RouteId(id.get())));
    office.called_back(CallbackEvent::Answered(RouteId(id.get()), answered()));
    office.report(News::Opened {
        id,
        link,
        result: Err(OpenError::new("exit code 1")),
    });
    office.receive();
    assert_eq!(
        office.requests.finished(id).map(Finished::outcome_name),
        Some("completed")
    );
}

#[test]
fn an_old_idle_or_an_old_listener_says_nothing_about_the_present() {
    let mut office = Office::new();
    let (first, second) = (draft(), draft());
    office.submit(&first);
    let origin = |office: &Office| {
        office
            .desk
            .widgets
            .get()
            .map(|listener| listener.site().origin.clone())
    };
    let before = origin(&office);
    office.called_back(CallbackEvent::Idle { added: 0 });
    office.report(News::Callback {
        generation: 0,
        event: CallbackEvent::Lost("long ago".into()),
    });
    office.receive();
    assert_eq!(origin(&office), before);
    assert!(office.told.is_empty());

    // The right one does close it; the next request has a listener of its own.
    office.run(|desk, frame| desk.cancel(frame, first.id));
    office.called_back(CallbackEvent::Idle { added: 1 });
    office.receive();
    assert_eq!(origin(&office), None);
    office.submit(&second);
    assert!(origin(&office).is_some());
}

#[test]
fn the_listeners_death_ends_every_request() {
    let mut office = Office::new();
    let drafts: Vec<Draft> = (1..=MAX_PENDING as u32).map(numbered).collect();
    drafts.iter().for_each(|draft| office.submit(draft));
    office.called_back(CallbackEvent::Lost("out of memory".into()));
    office.receive();
    assert!(office.requests.is_empty() && office.told.values().all(|&times| times == 1));
    assert_eq!(office.told.len(), MAX_PENDING);
    let error = office
        .requests
        .finished(drafts[0].id)
        .and_then(Finished::error)
        .unwrap();
    assert_eq!(error.kind(), RequestErrorKind::ListenerLost);
}

fn numbered(n: u32) -> Draft {
    use odnoklassniki::{InviteParameters as _, InviteWidget, WidgetParameters as _};
    Draft::new(
        WidgetKind::Invite,
        InviteWidget::new().autosel(n).parameters().clone(),
    )
}

/// What can happen to the third of the requests, say, in any order.
#[derive(Clone, Copy, Debug)]
enum Event {
    Submit,
    Cancel,
    Reopen,
    Receive,
    Visited,
    Answered,
    Expired,
    LinkReused,
    Opened(bool),
    OpenedOldLink(bool),
    Lost,
    Login,
    CancelLogin,
    LoginAnswered(bool),
    LoginExpired,
    LoginLost,
    Logout,
    Accept,
    Settle,
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Submit),
        1 => Just(Event::Cancel),
        1 => Just(Event::Reopen),
        4 => Just(Event::Receive),
        2 => Just(Event::Visited),
        2 => Just(Event::Answered),
        1 => Just(Event::Expired),
        1 => Just(Event::LinkReused),
        2 => any::<bool>().prop_map(Event::Opened),
        1 => any::<bool>().prop_map(Event::OpenedOldLink),
        1 => Just(Event::Lost),
        2 => Just(Event::Login),
        1 => Just(Event::CancelLogin),
        2 => any::<bool>().prop_map(Event::LoginAnswered),
        1 => Just(Event::LoginExpired),
        1 => Just(Event::LoginLost),
        1 => Just(Event::Logout),
        1 => Just(Event::Accept),
        2 => Just(Event::Settle),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever comes in whichever order, through the real desk and a real listener: each request
    /// that was written ends exactly once.
    #[test]
    fn every_request_ends_once(automatic: bool, begin_logged_in: bool, schedule in prop::collection::vec((0_usize..10, events()), 0..60)) {
        let mut office = if begin_logged_in { Office::new() } else { Office::logged_out() };
        if automatic {
            office.desk.config.automatic_login = Some(Arc::new(RequestLogin::new));
        }
        let mut logins = Vec::new();
        // Some are equal to each other.
        let drafts: Vec<Draft> = (0..10).map(|n| numbered(n / 2 + 1)).collect();
        let mut written = [false; 10];
        let first_link = OneTimeLink::new("http://127.0.0.1:1/go/00000000000000000000000000000000".into()).unwrap();
        for (index, event) in schedule {
            let draft = &drafts[index];
            let (id, route) = (draft.id, RouteId(draft.id.get()));
            let link = office.requests.get(id).map_or_else(|| first_link.clone(), |request| request.link().clone());
            let result = |ok: bool| if ok { Ok(()) } else { Err(OpenError::new("no")) };
            match event {
                Event::Submit => {
                    written[index] = true;
                    office.submit(draft);
                }
                Event::Cancel => office.run(|desk, frame| desk.cancel(frame, id)),
                Event::Reopen => office.run(|desk, frame| desk.reopen(frame, id)),
                Event::Receive => office.receive(),
                Event::Visited => office.called_back(CallbackEvent::Visited(route)),
                Event::Answered => office.called_back(CallbackEvent::Answered(route, answered())),
                Event::Expired => office.called_back(CallbackEvent::Expired(route)),
                Event::LinkReused => office.called_back(CallbackEvent::LinkReused(route)),
                Event::Opened(ok) => office.report(News::Opened { id, link, result: result(ok) }),
                Event::OpenedOldLink(ok) => {
                    office.report(News::Opened { id, link: first_link.clone(), result: result(ok) });
                }
                Event::Lost => office.called_back(CallbackEvent::Lost("test".into())),
                Event::Login => {
                    let login = RequestLogin::new();
                    logins.push(login.id());
                    office.login(&login);
                }
                Event::CancelLogin => {
                    if let Some(id) = logins.get(index).copied() {
                        office.run(|desk, frame| desk.cancel(frame, id));
                    }
                }
                Event::LoginAnswered(_) | Event::LoginExpired => {
                    if let Some(id) = office.requests.pending.find(Entry::is_login) {
                        let route = RouteId(id.get());
                        office.login_called_back(match event {
                            Event::LoginAnswered(true) => CallbackEvent::Answered(route, logged_in()),
                            Event::LoginAnswered(false) => CallbackEvent::Answered(route, denied()),
                            _ => CallbackEvent::Expired(route),
                        });
                    }
                }
                Event::LoginLost => office.login_called_back(CallbackEvent::Lost("test".into())),
                Event::Logout => office.run(|desk, frame| desk.logout(frame)),
                Event::Accept => office.session.accept(session("accepted")),
                Event::Settle => office.settle(),
            }
        }
        office.receive();
        let waits = office.requests.pending.find(Entry::waits_for_session).is_some();
        prop_assert!(!waits || office.requests.is_logging_in(), "nothing waits for nobody");
        // Logging out ends logins and what waits for them.
        office.run(|desk, frame| desk.logout(frame));
        office.called_back(CallbackEvent::Lost("the end".into()));
        office.receive();
        prop_assert!(office.requests.is_empty());
        prop_assert!(office.told.values().all(|&times| times == 1));
        prop_assert!(logins.iter().all(|id| office.told.contains_key(id)));
        prop_assert_eq!(office.session.status(), SessionStatus::LoggedOut);
        for (draft, written) in drafts.iter().zip(written) {
            prop_assert_eq!(office.told.get(&draft.id).copied().unwrap_or(0), usize::from(written));
        }
        prop_assert!(office.links.lock().unwrap().iter().all(|link| link.starts_with("http://127.0.0.1:")));
    }
}
