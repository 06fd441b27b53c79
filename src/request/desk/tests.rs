use std::collections::BTreeMap;
use std::sync::Mutex;

use odnoklassniki::{AccessToken, Hosts, Parameters, SessionSecretKey, WidgetAnswer as _, WidgetKind};
use proptest::prelude::*;

use super::*;
use crate::request::{DEFAULT_DEADLINE, MAX_PENDING};

/// A desk with a real listener and an opener that notes the links and opens nothing.
struct Office {
    desk: Desk,
    requests: PendingRequests,
    credentials: AppCredentials,
    links: Arc<Mutex<Vec<String>>>,
    told: BTreeMap<RequestId, usize>,
}

impl Office {
    fn new() -> Self {
        let links = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&links);
        let opener = move |link: &ShortLink| {
            noted.lock().unwrap().push(link.expose().to_owned());
            Ok(())
        };
        let settings = Settings {
            opener: Arc::new(opener),
            deadline: DEFAULT_DEADLINE,
            hosts: Hosts::default(),
            wake: None,
            setup_error: None,
        };
        Self {
            desk: Desk::new(settings),
            requests: PendingRequests::new(),
            credentials: AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA")
                .with_session(AccessToken::new("token"), SessionSecretKey::new("key")),
            links,
            told: BTreeMap::new(),
        }
    }

    fn run(&mut self, act: impl FnOnce(&mut Desk, &mut PendingRequests, &AppCredentials, Tell<'_>)) {
        let told = &mut self.told;
        let mut tell = |report| {
            if let Report::Finished(finished) = report {
                *told.entry(finished.id()).or_default() += 1;
            }
        };
        act(&mut self.desk, &mut self.requests, &self.credentials, &mut tell);
    }

    fn submit(&mut self, draft: &Draft) {
        self.run(|desk, requests, credentials, tell| desk.submit(requests, draft, Some(credentials), tell));
    }

    /// Puts news into the channel, as another thread would.
    fn report(&self, news: News) {
        assert!(self.desk.inbox.reporter(crate::wake::Wake::default()).report(news));
    }

    fn called_back(&self, event: CallbackEvent<Answered>) {
        self.report(News::Callback { generation: self.desk.generation, event });
    }

    fn receive(&mut self) {
        self.run(|desk, requests, _, tell| desk.receive(requests, tell));
    }
}

fn draft() -> Draft {
    Draft::new(WidgetKind::Invite, Parameters::new())
}

fn answered() -> Answered {
    Answered::Invite(odnoklassniki::Sent::from_pairs("code=OK&selected=[1]"))
}

#[test]
fn an_equal_request_after_a_while_opens_the_page_again() {
    let mut office = Office::new();
    let (first, second, third) = (draft(), draft(), draft());
    office.submit(&first);
    let link = office.requests.get(first.id).unwrap().link().clone();
    office.submit(&second);
    assert_eq!(office.requests.get(first.id).unwrap().link(), &link, "a double click changes nothing");
    office.requests.pending.get_mut(first.id).unwrap().opened -= DOUBLE_CLICK;
    office.submit(&third);
    assert_ne!(office.requests.get(first.id).unwrap().link(), &link, "a later click opens the page again");
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
        office.desk.reopen(&mut office.requests, id, &mut |_| panic!("nothing is to be told"));
        links.push(office.requests.get(id).unwrap().link().clone());
    };
    reopen(&mut office);
    reopen(&mut office);
    let entry = office.requests.pending.get_mut(id).unwrap();
    entry.reopened = entry.reopened.map(|at| at - DOUBLE_CLICK);
    reopen(&mut office);
    assert_ne!(links[0], links[1], "the first click is meant, however soon it comes");
    assert_eq!(links[1], links[2], "its second half is not");
    assert_ne!(links[2], links[3], "a later one is");
}

#[test]
fn another_players_equal_request_is_another_request() {
    let mut office = Office::new();
    let (first, second) = (draft(), draft());
    office.submit(&first);
    office.credentials = AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA")
        .with_session(AccessToken::new("token of another"), SessionSecretKey::new("another key"));
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
    assert_eq!((office.requests.len(), office.told.get(&draft.id)), (0, Some(&1)));
}

#[test]
fn an_opener_that_fails_after_the_answer_changes_nothing() {
    let mut office = Office::new();
    let draft = draft();
    office.submit(&draft);
    let (id, link) = (draft.id, office.requests.get(draft.id).unwrap().link().clone());
    office.called_back(CallbackEvent::Visited(RouteId(id.get())));
    office.called_back(CallbackEvent::Answered(RouteId(id.get()), answered()));
    office.report(News::Opened { id, link, result: Err(OpenError::new("exit code 1")) });
    office.receive();
    assert_eq!(office.requests.last_outcome(id).map(Finished::outcome_name), Some("completed"));
}

#[test]
fn an_old_idle_or_an_old_listener_says_nothing_about_the_present() {
    let mut office = Office::new();
    let (first, second) = (draft(), draft());
    office.submit(&first);
    let origin = |office: &Office| office.desk.listening.as_ref().map(|now| now.listener.origin().to_owned());
    let before = origin(&office);
    office.called_back(CallbackEvent::Idle { added: 0 });
    office.report(News::Callback { generation: 0, event: CallbackEvent::Lost("long ago".into()) });
    office.receive();
    assert_eq!(origin(&office), before);
    assert!(office.told.is_empty());

    // The right one does close it; the next request has a listener of its own.
    office.run(|desk, requests, _, tell| desk.cancel(requests, first.id, tell));
    office.called_back(CallbackEvent::Idle { added: 1 });
    office.receive();
    assert_eq!(origin(&office), None);
    office.submit(&second);
    assert!(origin(&office).is_some());
}

#[test]
fn the_listeners_death_ends_every_request() {
    let mut office = Office::new();
    let drafts: Vec<Draft> = (0..MAX_PENDING)
        .map(|n| {
            use odnoklassniki::{InviteParameters as _, InviteWidget, WidgetParameters as _};
            let widget = InviteWidget::new().comment(n.to_string());
            Draft::new(WidgetKind::Invite, widget.parameters().clone())
        })
        .collect();
    drafts.iter().for_each(|draft| office.submit(draft));
    office.called_back(CallbackEvent::Lost("out of memory".into()));
    office.receive();
    assert!(office.requests.is_empty() && office.told.values().all(|&times| times == 1));
    assert_eq!(office.told.len(), MAX_PENDING);
    let error = office.requests.last_outcome(drafts[0].id).and_then(Finished::error).unwrap();
    assert_eq!(error.kind(), OkErrorKind::ListenerLost);
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
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever comes in whichever order, through the real desk and a real listener: each request that was written ends
    /// exactly once.
    #[test]
    fn every_request_ends_once(schedule in prop::collection::vec((0_usize..10, events()), 0..60)) {
        let mut office = Office::new();
        let drafts: Vec<Draft> = (0..10_u32)
            .map(|n| {
                use odnoklassniki::{InviteParameters as _, InviteWidget, WidgetParameters as _};
                // Some are equal to each other.
                let widget = InviteWidget::new().autosel(n / 2 + 1);
                Draft::new(WidgetKind::Invite, widget.parameters().clone())
            })
            .collect();
        let mut written = [false; 10];
        let first_link = ShortLink::new("http://127.0.0.1:1/go/00000000000000000000000000000000".into()).unwrap();
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
                Event::Cancel => office.run(|desk, requests, _, tell| desk.cancel(requests, id, tell)),
                Event::Reopen => office.run(|desk, requests, _, tell| desk.reopen(requests, id, tell)),
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
            }
        }
        office.called_back(CallbackEvent::Lost("the end".into()));
        office.receive();
        prop_assert!(office.requests.is_empty());
        for (draft, written) in drafts.iter().zip(written) {
            prop_assert_eq!(office.told.get(&draft.id).copied().unwrap_or(0), usize::from(written));
        }
        prop_assert!(office.links.lock().unwrap().iter().all(|link| link.starts_with("http://127.0.0.1:")));
    }
}
