use std::net::TcpListener;

use callback_listener::ParsedCallback;

use super::*;
use crate::driver::events::EventQueue;
use crate::error::RequestErrorKind;
use crate::platform;
use crate::wake::AppWaker;

/// Real listeners, on free ports.
fn listeners(redirect_uri: &str) -> (Listeners, EventQueue) {
    let events = EventQueue::default();
    let settings = ListenerSettings {
        redirect_uris: vec![redirect_uri.parse().unwrap()],
        ..ListenerSettings::default()
    };
    let sender = events.sender(AppWaker::default());
    (Listeners::new(settings, sender, Arc::default()), events)
}

fn callback() -> PendingCallback<RequestId, ReceivedCallback> {
    PendingCallback {
        id: RequestId::next(),
        link_token: LinkToken::random(platform::random).unwrap(),
        return_token: ReturnToken::random(platform::random).unwrap(),
        page: None,
        deadline: Instant::now() + Duration::from_secs(60),
        parser: Arc::new(|_| ParsedCallback::NotACallback),
    }
}

fn register(listeners: &mut Listeners, kind: ListenerKind) -> ListenerId {
    assert!(listeners.ensure(kind).is_ok());
    let registered = listeners.execute(CallbackCommand::Register(kind, callback()));
    assert!(registered.is_none());
    listeners.slot(kind).as_ref().unwrap().id
}

/// Executes a command that causes no event. Returns whether the listener of this kind still runs.
fn runs_after(listeners: &mut Listeners, kind: ListenerKind, command: CallbackCommand) -> bool {
    assert!(listeners.execute(command).is_none());
    listeners.slot(kind).is_some()
}

#[test]
fn late_idle_events_and_events_of_earlier_listeners_are_dropped() {
    let kind = ListenerKind::Widgets;
    let (mut listeners, _events) = listeners("http://127.0.0.1:0/login");
    let listener = register(&mut listeners, kind);
    let earlier = ListenerId {
        generation: listener.generation - 1,
        kind,
    };
    assert!(!listeners.is_current(earlier) && listeners.is_current(listener));
    let idle = |listener, added| CallbackCommand::StopIfIdle { listener, added };
    assert!(runs_after(
        &mut listeners,
        kind,
        CallbackCommand::Stop(earlier)
    ));
    assert!(runs_after(&mut listeners, kind, idle(earlier, 1)));
    assert!(
        runs_after(&mut listeners, kind, idle(listener, 0)),
        "a request came since"
    );

    // The current event stops it; the next request gets another listener.
    assert!(!runs_after(&mut listeners, kind, idle(listener, 1)));
    assert_ne!(register(&mut listeners, kind), listener);
}

#[test]
fn each_listener_exists_only_while_it_is_needed() {
    let (mut listeners, _events) = listeners("http://127.0.0.1:0/login");
    for kind in [ListenerKind::Widgets, ListenerKind::Login] {
        assert!(listeners.ensure(kind).is_ok());
        let unused = CallbackCommand::StopIfUnused(kind);
        assert!(
            !runs_after(&mut listeners, kind, unused),
            "no request was sent"
        );
        let listener = register(&mut listeners, kind);
        let unused = CallbackCommand::StopIfUnused(kind);
        assert!(
            runs_after(&mut listeners, kind, unused),
            "another request is pending"
        );
        assert!(!runs_after(
            &mut listeners,
            kind,
            CallbackCommand::Stop(listener)
        ));
    }
}

#[test]
fn a_callback_that_cannot_be_registered_ends_as_lost() {
    let (mut listeners, _events) = listeners("http://127.0.0.1:0/login");
    let register = CallbackCommand::Register(ListenerKind::Login, callback());
    let Some(lost) = listeners.execute(register) else {
        panic!("nothing follows");
    };
    assert!(lost.kind == ListenerKind::Login && listeners.is_current(lost));
}

#[test]
fn busy_ports_are_named() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port();
    let (mut listeners, _events) = listeners(&format!("http://127.0.0.1:{port}/login"));
    let error = listeners.redirect_uri(ListenerKind::Login).unwrap_err();
    assert_eq!(error.kind(), RequestErrorKind::PortUnavailable);
    assert!(
        error.to_string().contains(&format!("{port} (in use)")),
        "{error}"
    );
}
