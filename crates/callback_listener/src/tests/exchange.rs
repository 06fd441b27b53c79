//! The exchange with a return page, without a browser: no text but a whole message is read, each
//! request ends once, and a page that repeats itself gets the same instruction.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use proptest::prelude::*;

use super::*;
use zeroize::Zeroizing;

use crate::{
    Exchange, PageMessage, RefusedCallback, ReturnLink,
    command::Command,
    exchange::{Lead, hello, to_open},
};

const SERVICE: &str = "https://service.example/dialog?signed=1";

type Events = Arc<Mutex<Vec<CallbackEvent<u64, String>>>>;

struct World {
    exchange: Exchange<u64, String>,
    events: Events,
    counters: Arc<CallbackCounters>,
    now: Instant,
}

impl World {
    fn new() -> Self {
        let events = Events::default();
        let seen = Arc::clone(&events);
        let config = ListenerConfig::default();
        let exchange = Exchange::new(&config, move |event| {
            seen.lock().unwrap().push(event);
            true
        });
        Self {
            exchange,
            events,
            counters: config.counters,
            now: Instant::now(),
        }
    }

    /// Adds request `id`; its tokens are made of `id`.
    fn add(&mut self, id: u64, page: Option<&str>) {
        let callback = PendingCallback {
            id,
            link_token: LinkToken::random(|bytes| fill(bytes, id, 1)).unwrap(),
            return_token: ReturnToken::random(|bytes| fill(bytes, id, 2)).unwrap(),
            page: page.map(|page| PageUrl::new(page.to_owned()).unwrap()),
            deadline: self.now + Duration::from_secs(600),
            parser: Arc::new(|text: &str| match text {
                "code=OK" => ParsedCallback::Done(text.to_owned(), Page::Completed),
                "state=other" => ParsedCallback::StateMismatch,
                _ => ParsedCallback::NotACallback,
            }),
        };
        self.exchange.run(Command::Add(callback), self.now);
    }

    fn hello(&mut self, id: u64, nonce: &str) -> Option<String> {
        let message = ["callback_listener", "hello", &link_token(id), nonce].join("\n");
        self.receive(&message)
    }

    fn callback(&mut self, id: u64, nonce: &str, text: &str) -> Option<String> {
        let message = [
            "callback_listener",
            "callback",
            &return_token(id),
            nonce,
            text,
        ]
        .join("\n");
        self.receive(&message)
    }

    /// Returns the response without the nonce, which must be that of the message.
    fn receive(&mut self, message: &str) -> Option<String> {
        let response = self.exchange.receive(message, self.now)?;
        let (response, nonce) = response.rsplit_once('\n')?;
        assert_eq!(Some(nonce), message.split('\n').nth(3));
        Some(response.to_owned())
    }

    fn take(&self) -> Vec<CallbackEvent<u64, String>> {
        std::mem::take(&mut self.events.lock().unwrap())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a generator may fail")]
fn fill(bytes: &mut [u8], id: u64, kind: u8) -> Result<(), ()> {
    bytes.fill(kind);
    bytes[..8].copy_from_slice(&id.to_be_bytes());
    Ok(())
}

fn link_token(id: u64) -> String {
    format!("{id:016x}{}", "01".repeat(8))
}

fn return_token(id: u64) -> String {
    format!("{id:016x}{}", "02".repeat(8))
}

fn open(id: u64) -> Option<String> {
    let (link, back) = (link_token(id), return_token(id));
    Some(["callback_listener", "open", &link, SERVICE, &back].join("\n"))
}

fn show(token: &str, page: &str) -> Option<String> {
    Some(["callback_listener", "show", token, page].join("\n"))
}

#[test]
fn a_request_goes_to_the_service_and_back() {
    let mut world = World::new();
    world.add(7, Some(SERVICE));
    assert_eq!(world.hello(7, "00000001"), open(7));
    assert_eq!(world.take(), [CallbackEvent::Visited(7)]);
    let completed = show(&return_token(7), "completed");
    assert_eq!(world.callback(7, "00000002", "code=OK"), completed);
    let received = CallbackEvent::Received(7, "code=OK".to_owned());
    assert_eq!(world.take(), [received]);
}

#[test]
fn a_message_over_both_ways_counts_once() {
    let mut world = World::new();
    world.add(7, Some(SERVICE));
    assert_eq!(world.hello(7, "00000001"), world.hello(7, "00000001"));
    assert_eq!(world.take(), [CallbackEvent::Visited(7)]);
    let first = world.callback(7, "00000002", "code=OK");
    assert_eq!(first, world.callback(7, "00000002", "code=OK"));
    assert_eq!(world.take().len(), 1);
    // Another load of the page is told what is so by now.
    let finished = show(&return_token(7), "already-finished");
    assert_eq!(world.callback(7, "00000003", "code=OK"), finished);
    assert!(world.take().is_empty());
}

#[test]
fn a_link_leads_on_once() {
    let mut world = World::new();
    world.add(7, Some(SERVICE));
    assert_eq!(world.hello(7, "00000001"), open(7));
    let again = show(&link_token(7), "start-again");
    assert_eq!(world.hello(7, "00000002"), again);
    let events = [CallbackEvent::Visited(7), CallbackEvent::LinkReused(7)];
    assert_eq!(world.take(), events);
}

#[test]
fn a_page_that_is_not_signed_yet_is_waited_for() {
    let mut world = World::new();
    world.add(7, None);
    let wait = Some(["callback_listener", "wait", &link_token(7)].join("\n"));
    assert_eq!(world.hello(7, "00000001"), wait);
    assert!(world.take().is_empty());
    let page = PageUrl::new(SERVICE.to_owned()).unwrap();
    world.exchange.run(Command::SetPage(7, page), world.now);
    assert_eq!(world.hello(7, "00000001"), open(7));
}

/// A program in place of which the page was open reads the callback from its storage.
#[test]
fn an_owner_can_deliver_a_callback_that_counts_once_and_before_the_deadline() {
    let mut world = World::new();
    world.add(7, None);
    world.now += Duration::from_secs(601);
    let deliver = |text: &str| {
        let token = ReturnToken::parse(&return_token(7)).unwrap();
        let callback = ReturnLink::new(token, Zeroizing::new(text.to_owned()));
        Command::Deliver(callback, None)
    };
    world.exchange.run(deliver("utm_source=x"), world.now);
    assert_eq!(world.take(), []);
    world.exchange.run(deliver("code=OK"), world.now);
    world.exchange.run(deliver("code=OK"), world.now);
    world.exchange.expire(world.now);
    let received = CallbackEvent::Received(7, "code=OK".to_owned());
    assert_eq!(world.take(), [received]);
    let finished = show(&return_token(7), "already-finished");
    assert_eq!(world.callback(7, "00000001", "code=OK"), finished);
}

/// A program that leaves for the page follows the link itself.
#[test]
fn a_program_can_follow_a_link_itself() {
    let mut world = World::new();
    world.add(7, Some(SERVICE));
    let hello = hello(&link_token(7)).unwrap();
    let instruction = world.receive(&hello).unwrap();
    assert_eq!(to_open(&instruction), Some((SERVICE, &*return_token(7))));
    assert_eq!(world.take(), [CallbackEvent::Visited(7)]);
    for other in ["wait", "show"] {
        let lines = ["callback_listener", other, &link_token(7), SERVICE, "x"];
        assert_eq!(to_open(&lines.join("\n")), None, "{other}");
    }
    assert_eq!(to_open(""), None);
}

#[test]
fn what_is_no_callback_ends_nothing() {
    let mut world = World::new();
    world.add(7, Some(SERVICE));
    let nothing = show(&return_token(7), "nothing");
    assert_eq!(world.callback(7, "00000001", ""), nothing);
    assert_eq!(world.callback(7, "00000002", "utm_source=x"), nothing);
    let mismatch = show(&return_token(7), "not-found");
    assert_eq!(world.callback(7, "00000003", "state=other"), mismatch);
    assert_eq!(world.take(), [CallbackEvent::UnexpectedCallback(7)]);
    assert_eq!(world.hello(7, "00000004"), open(7), "it goes on");
}

/// The message of a service's own page, in a window that the program has led there.
#[test]
fn a_message_of_the_service_ends_its_request_once() {
    let mut world = World::new();
    world.add(7, Some(SERVICE));
    let opened = world.exchange.lead(&link_token(7));
    let Lead::Open { url, return_token } = opened else {
        panic!("it leads nowhere");
    };
    assert_eq!(
        (&**url, &**return_token),
        (SERVICE, &*self::return_token(7))
    );
    assert_eq!(world.take(), [CallbackEvent::Visited(7)]);
    let now = world.now;
    let long = format!("code=OK{}", "x".repeat(64 * 1024));
    for text in ["", "utm_source=x", "state=other", &long] {
        assert!(
            !world
                .exchange
                .receive_from_service(&return_token, text, now)
        );
    }
    assert_eq!(world.take(), [CallbackEvent::UnexpectedCallback(7)]);
    let unknown = link_token(7);
    assert!(
        !world
            .exchange
            .receive_from_service(&unknown, "code=OK", now)
    );
    assert!(
        world
            .exchange
            .receive_from_service(&return_token, "code=OK", now)
    );
    assert!(
        !world
            .exchange
            .receive_from_service(&return_token, "code=OK", now)
    );
    assert_eq!(
        world.take(),
        [CallbackEvent::Received(7, "code=OK".to_owned())]
    );
    assert_eq!(world.counters.completed(), 1);
    assert_eq!(world.counters.refused(RefusedCallback::Nothing), 3);
    assert_eq!(world.counters.refused(RefusedCallback::StateMismatch), 1);
    assert_eq!(world.counters.refused(RefusedCallback::Finished), 1);
}

#[test]
fn a_window_waits_for_its_page_until_the_request_ends() {
    let mut world = World::new();
    world.add(7, None);
    let lead = |world: &mut World, id| world.exchange.lead(&link_token(id));
    assert!(matches!(lead(&mut world, 7), Lead::Wait));
    assert!(matches!(lead(&mut world, 8), Lead::Nowhere));
    let page = PageUrl::new(SERVICE.to_owned()).unwrap();
    world.exchange.run(Command::SetPage(7, page), world.now);
    assert!(matches!(lead(&mut world, 7), Lead::Open { .. }));
    assert!(
        matches!(lead(&mut world, 7), Lead::Nowhere),
        "it leads once"
    );
    world.add(9, None);
    let retire = Command::Retire {
        id: 9,
        tombstone: Duration::from_secs(60),
        keep_link: false,
    };
    world.exchange.run(retire, world.now);
    assert!(matches!(lead(&mut world, 9), Lead::Nowhere));
}

/// Another listener of the program, or another tab, may have the token. A window's messages come to
/// all.
#[test]
fn an_unknown_token_gets_no_instruction() {
    let mut world = World::new();
    world.add(7, Some(SERVICE));
    assert_eq!(world.hello(8, "00000001"), None);
    assert_eq!(world.callback(8, "00000002", "code=OK"), None);
    assert_eq!(world.take(), []);
}

#[test]
fn a_deadline_ends_the_request_and_the_last_makes_it_idle() {
    let mut world = World::new();
    world.add(7, Some(SERVICE));
    let deadline = world.exchange.next_deadline().unwrap();
    world.exchange.expire(deadline);
    assert_eq!(world.take(), [CallbackEvent::Expired(7)]);
    let finished = show(&return_token(7), "already-finished");
    assert_eq!(world.callback(7, "00000001", "code=OK"), finished);
    let forgotten = world.exchange.next_deadline().unwrap();
    world.exchange.expire(forgotten);
    assert_eq!(world.take(), [CallbackEvent::Idle { added: 1 }]);
    assert_eq!(world.exchange.next_deadline(), None);
}

/// A browser delivers a message and a timer that are due at once in either order. What comes first
/// counts, and only that.
#[test]
fn a_callback_and_its_deadline_at_once_end_the_request_once() {
    for run in 0..100 {
        let mut world = World::new();
        world.add(run, Some(SERVICE));
        world.now = world.exchange.next_deadline().unwrap();
        let is_first = run % 2 == 0;
        for is_callback in [is_first, !is_first, is_first] {
            if is_callback {
                assert!(world.callback(run, "00000001", "code=OK").is_some());
            } else {
                world.exchange.expire(world.now);
            }
        }
        let expected = match is_first {
            true => CallbackEvent::Received(run, "code=OK".to_owned()),
            false => CallbackEvent::Expired(run),
        };
        assert_eq!(world.take(), [expected]);
    }
}

#[test]
fn only_a_whole_message_is_read() {
    let token = link_token(7);
    let bad = [
        String::new(),
        "callback_listener".to_owned(),
        format!("callback_listener\nhello\n{token}"),
        format!("callback_listener\nhello\n{token}\n0000001"),
        format!("callback_listener\nhello\n{token}\n0000000G"),
        format!(
            "callback_listener\nhello\n{}\n00000001",
            token.to_uppercase().replace('0', "A")
        ),
        format!("callback_listener\nhello\n{token}\n00000001\n"),
        format!("callback_listener\nhello\n{token}\n00000001\nmore"),
        format!("callback_listener\ncallback\n{token}\n00000001"),
        format!("callback_listener\ncallback\n{token}\n00000001\ncode=OK\nmore"),
        format!("Callback_listener\nhello\n{token}\n00000001"),
        format!(" callback_listener\nhello\n{token}\n00000001"),
        format!("callback_listener\r\nhello\r\n{token}\r\n00000001"),
        format!(
            "callback_listener\ncallback\n{token}\n00000001\n{}",
            "a".repeat(1 << 20)
        ),
        "__FAPI__showInvite$ok$null".to_owned(),
        r#"{"id":"67601133491473"}"#.to_owned(),
    ];
    for message in &bad {
        assert_eq!(PageMessage::parse(message), None, "{message:?}");
    }
    let hello = format!("callback_listener\nhello\n{token}\n00000001");
    assert!(PageMessage::parse(&hello).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_leaves_the_requests_alone(text in "\\PC*", token in "[0-9a-f]{32}") {
        let mut world = World::new();
        world.add(7, Some(SERVICE));
        let messages = [
            text.clone(),
            ["callback_listener", &text, &token, "00000001"].join("\n"),
            ["callback_listener", "hello", &text, "00000001"].join("\n"),
            ["callback_listener", "callback", &return_token(7), "00000001", &text].join("\n"),
        ];
        for message in messages {
            world.receive(&message);
        }
        let ended = world.take().iter().any(|event| matches!(event, CallbackEvent::Received(..)));
        prop_assert_eq!(ended, text == "code=OK");
    }

    /// Whatever two pages and the clock do, the request ends once.
    #[test]
    fn a_request_ends_once(steps in proptest::collection::vec((0_u8..6, 0_u8..4), 1..40)) {
        let mut world = World::new();
        world.add(7, Some(SERVICE));
        for (step, nonce) in steps {
            let nonce = format!("{nonce:08x}");
            match step {
                0 => _ = world.hello(7, &nonce),
                1 => _ = world.callback(7, &nonce, "code=OK"),
                2 => _ = world.callback(7, &nonce, "state=other"),
                3 => _ = world.callback(7, &nonce, ""),
                4 => {
                    world.now += Duration::from_secs(200);
                    world.exchange.expire(world.now);
                }
                _ => {
                    let token = LinkToken::random(|bytes| fill(bytes, 7, 1)).unwrap();
                    world.exchange.run(Command::RenewLink(7, token), world.now);
                }
            }
        }
        world.exchange.expire(world.now + Duration::from_secs(6000));
        let is_end = |event: &&CallbackEvent<u64, String>| {
            matches!(event, CallbackEvent::Received(..) | CallbackEvent::Expired(_))
        };
        prop_assert_eq!(world.take().iter().filter(is_end).count(), 1);
    }
}

/// A right message with one field wrong changes nothing, whatever the field.
#[cfg(not(target_family = "wasm"))]
#[test]
fn a_stranger_changes_nothing() {
    let mut world = World::new();
    world.add(7, Some(SERVICE));
    let count = test_support::reliability::scale(500, 5_000);
    for case in 0..count {
        let token = return_token(7);
        let nonce = format!("{case:08x}");
        let mut lines = ["callback_listener", "callback", &token, &nonce, "code=OK"];
        let wrong = match case % 5 {
            0 => format!("callback_listener{case}"),
            1 => format!("callback{case}"),
            2 => return_token(case + 8),
            3 => format!("{case:07x}x"),
            _ => format!("code=NO{case}"),
        };
        lines[usize::try_from(case % 5).unwrap()] = &wrong;
        _ = world.receive(&lines.join("\n"));
        assert_eq!(world.take(), [], "{lines:?}");
    }
    let completed = show(&return_token(7), "completed");
    assert_eq!(world.callback(7, "ffffffff", "code=OK"), completed);
    let received = CallbackEvent::Received(7, "code=OK".to_owned());
    assert_eq!(world.take(), [received]);
    test_support::reliability::measured(
        24,
        format!("{count} messages with one field wrong: no event; then the right one: 1 event"),
    );
}
