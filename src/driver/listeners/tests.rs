use std::net::TcpListener;

use callback_listener::ParsedCallback;

use super::*;
use crate::driver::events::EventReceiver;
use crate::error::RequestErrorKind;
use crate::platform;
use crate::wake::AppWaker;

/// Real listeners, on ports that are free.
fn listeners(redirect_uri: &str) -> (Listeners, EventReceiver) {
    let events = EventReceiver::new();
    let redirect_uris = vec![redirect_uri.parse().unwrap()];
    let sender = events.sender(AppWaker::default());
    (
        Listeners::new(redirect_uris, sender, Arc::default()),
        events,
    )
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

fn register(listeners: &mut Listeners, kind: ListenerKind) -> u64 {
    assert!(listeners.ensure(kind).is_ok());
    let registered = listeners.execute(CallbackCommand::Register(kind, callback()));
    assert!(registered.is_none());
    listeners.slot(kind).as_ref().unwrap().generation
}

#[test]
fn an_old_idle_moment_or_an_old_listener_says_nothing_about_the_present() {
    let (mut listeners, _events) = listeners("http://127.0.0.1:0/login");
    let generation = register(&mut listeners, ListenerKind::Widgets);
    let lost = CallbackEvent::Lost("long ago".into());
    assert!(listeners.translate(generation - 1, lost).is_none());
    let idle = CallbackEvent::Idle { added: 0 };
    assert!(listeners.translate(generation, idle).is_none());
    assert!(listeners.widgets.is_some());

    // The right one does stop it; the next request has a listener of its own.
    let idle = CallbackEvent::Idle { added: 1 };
    assert!(listeners.translate(generation, idle).is_none());
    assert!(listeners.widgets.is_none());
    assert_ne!(register(&mut listeners, ListenerKind::Widgets), generation);
}

#[test]
fn each_listener_is_there_only_while_it_is_needed() {
    let (mut listeners, _events) = listeners("http://127.0.0.1:0/login");
    for kind in [ListenerKind::Widgets, ListenerKind::Login] {
        assert!(listeners.ensure(kind).is_ok());
        assert!(
            listeners
                .execute(CallbackCommand::StopIfUnused(kind))
                .is_none()
        );
        assert!(listeners.slot(kind).is_none(), "nothing was sent");
        let generation = register(&mut listeners, kind);
        assert!(
            listeners
                .execute(CallbackCommand::StopIfUnused(kind))
                .is_none()
        );
        assert!(listeners.slot(kind).is_some(), "another request is pending");
        let lost = listeners.translate(generation, CallbackEvent::Lost("test".into()));
        assert!(matches!(lost, Some(Event::ListenerLost(lost, _)) if lost == kind));
        assert!(listeners.slot(kind).is_none());
    }
}

#[test]
fn what_cannot_be_registered_ends_as_lost() {
    let (mut listeners, _events) = listeners("http://127.0.0.1:0/login");
    let register = CallbackCommand::Register(ListenerKind::Login, callback());
    let lost = listeners.execute(register);
    assert!(matches!(
        lost,
        Some(Event::ListenerLost(ListenerKind::Login, _))
    ));
}

#[test]
fn busy_ports_are_named() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port();
    let (mut listeners, _events) = listeners(&format!("http://127.0.0.1:{port}/login"));
    let error = listeners.redirect_uri().unwrap_err();
    assert_eq!(error.kind(), RequestErrorKind::PortUnavailable);
    assert!(
        error.to_string().contains(&format!("{port} (in use)")),
        "{error}"
    );
}
