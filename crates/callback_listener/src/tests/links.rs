//! Callbacks that come as links, to a listener with a port or without one.

use zeroize::Zeroizing;

use super::{rig::*, *};
use crate::{Receipt, RefusedCallback, ReturnLink, ReturnLinks};

fn links() -> ReturnLinks {
    ReturnLinks::new("okwidget://return/", "https://oauth.example/blank.html").unwrap()
}

/// Returns a listener without a port, its events and its counters.
fn without_port() -> (
    Listener<u64, String>,
    Receiver<Event>,
    Arc<CallbackCounters>,
) {
    let (sender, events) = mpsc::channel();
    let config = ListenerConfig {
        return_links: Some(links()),
        opens_port: false,
        ..ListenerConfig::default()
    };
    let counters = Arc::clone(&config.counters);
    let listener = Listener::start(config, move |event| sender.send(event).is_ok()).unwrap();
    (listener, events, counters)
}

fn next(events: &Receiver<Event>) -> Event {
    events.recv_timeout(Duration::from_secs(20)).unwrap()
}

#[test]
fn an_owner_can_deliver_a_callback() {
    let rig = Rig::new();
    let pending = rig.add();
    let token = ReturnToken::parse(&pending.return_token).unwrap();
    let raw = format!("code=OK&state={}", pending.id);
    for _ in 0..2 {
        let text = Zeroizing::new(raw.clone());
        rig.listener.deliver(ReturnLink::new(token.clone(), text));
    }
    assert_eq!(
        rig.event(),
        CallbackEvent::Received(pending.id, raw.clone())
    );
    let late = rig.get(&format!("/r/{}?{raw}", pending.return_token));
    assert_eq!((status(&late), rig.try_event()), (200, None));
    assert_eq!(rig.counters.completed(), 1);
}

#[test]
fn a_listener_without_a_port_receives_links() {
    let (listener, events, counters) = without_port();
    let (callback, request) = callback(7, Instant::now() + MINUTE);
    let token = callback.return_token.clone();
    let url = listener.return_url(&token);
    assert_eq!(*url, format!("okwidget://return/{}", request.return_token));
    assert_eq!(
        listener.redirect_uri(),
        Some("https://oauth.example/blank.html")
    );
    listener.add(callback).unwrap();
    let receive = |rest: &str| {
        let link = links().parse(&format!("{}{rest}", *url)).unwrap();
        listener.receive(link).expect("the thread responds")
    };
    assert_eq!(receive(""), Receipt::NotACallback);
    assert_eq!(receive("?utm=x#top"), Receipt::NotACallback);
    assert_eq!(receive("?code=OK&state=8"), Receipt::StateMismatch);
    assert_eq!(next(&events), CallbackEvent::UnexpectedCallback(7));
    // The query is no callback, so the fragment counts.
    assert_eq!(receive("?utm=x#code=OK"), Receipt::Done(Page::Completed));
    // The event is there when `receive` returns.
    assert_eq!(
        events.try_recv(),
        Ok(CallbackEvent::Received(7, "code=OK".to_owned()))
    );
    assert_eq!(receive("?code=OK"), Receipt::Finished);
    let foreign = format!("okwidget://return/{}?code=OK", "f".repeat(32));
    let foreign = links().parse(&foreign).unwrap();
    assert_eq!(listener.receive(foreign), Some(Receipt::Unknown));
    assert_eq!(counters.completed(), 1);
    for (reason, count) in [
        (RefusedCallback::Nothing, 2),
        (RefusedCallback::StateMismatch, 1),
        (RefusedCallback::Finished, 1),
        (RefusedCallback::Unknown, 1),
    ] {
        assert_eq!(counters.refused(reason), count, "{reason:?}");
    }
    assert_eq!(counters.connections(), 0);
}

#[test]
fn a_listener_without_a_port_has_deadlines_and_becomes_idle() {
    let (listener, events, _) = without_port();
    listener.add(callback(7, Instant::now()).0).unwrap();
    assert_eq!(next(&events), CallbackEvent::Expired(7));
    listener.retire(7, Duration::ZERO, false);
    assert_eq!(next(&events), CallbackEvent::Idle { added: 1 });
}

/// The process may have stood still while the link came.
#[test]
fn a_link_counts_before_a_deadline_that_has_passed() {
    for _ in 0..50 {
        let (listener, events, _) = without_port();
        let (callback, _) = callback(7, Instant::now() + Duration::from_millis(5));
        let token = callback.return_token.clone();
        listener.add(callback).unwrap();
        let link = ReturnLink::new(token, Zeroizing::new("code=OK".to_owned()));
        // Both are there when the thread runs, or the deadline has ended it before the link came.
        let receipt = listener.receive(link);
        let event = next(&events);
        match receipt {
            Some(Receipt::Done(_)) => assert!(matches!(event, CallbackEvent::Received(..))),
            _ => assert_eq!(event, CallbackEvent::Expired(7)),
        }
        assert_eq!(events.try_recv().ok(), None, "one event");
    }
}

#[test]
fn a_link_to_a_listener_that_has_failed_belongs_to_nothing() {
    let (listener, events, _) = without_port();
    let (mut callback, request) = callback(7, Instant::now() + MINUTE);
    callback.parser = Arc::new(|_| panic!("a test panics on purpose"));
    listener.add(callback).unwrap();
    let token = ReturnToken::parse(&request.return_token).unwrap();
    let link = ReturnLink::new(token, Zeroizing::new("code=OK".to_owned()));
    assert_eq!(listener.receive(link.clone()), Some(Receipt::Unknown));
    assert!(matches!(next(&events), CallbackEvent::Lost(_)));
    assert_eq!(listener.receive(link), Some(Receipt::Unknown));
}
