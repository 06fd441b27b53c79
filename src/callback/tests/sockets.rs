//! The real listener on real sockets.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::Barrier,
};

use super::*;
use crate::callback::RefusedCallback;
use crate::reliability::{measured, scale};

#[test]
fn the_origin_is_the_bound_loopback_port() {
    let rig = Rig::new();
    let address: SocketAddr = rig.host.parse().unwrap();
    assert!(address.ip().is_loopback());
    assert_ne!(address.port(), 0);
    assert_eq!(rig.listener.site().origin, format!("http://{address}"));
}

#[test]
fn a_whole_request_from_link_to_idle() {
    let rig = Rig::new();
    let ticket = rig.add();
    let answer = rig.get(&format!("/go/{}", ticket.start));
    assert_eq!(status(&answer), 303);
    assert_eq!(rig.event(), CallbackEvent::Visited(ticket.id));
    let answer = rig.get(&format!("/r/{}?code=OK", ticket.back));
    assert_eq!(body(&answer), Page::Completed.html(Default::default()));
    // The page is there, so the event is: it went out first.
    let event = rig.events.try_recv().unwrap();
    assert_eq!(
        event,
        CallbackEvent::Answered(ticket.id, "code=OK".to_owned())
    );
    assert_eq!(
        rig.reports.load(Ordering::SeqCst),
        2,
        "one report per event"
    );
    // The request of another is gone at once, and its end leaves the first alone.
    let other = rig.add();
    rig.listener.retire(other.id, Duration::ZERO, false);
    // The first tombstone is still there.
    let answer = rig.get(&format!("/r/{}?code=OK", ticket.back));
    assert_eq!(
        body(&answer),
        Page::AlreadyFinished.html(Default::default())
    );
    assert!(rig.events.try_recv().is_err());
}

/// The owner holds every report back. While it does, it has the event and the browser has nothing.
#[test]
fn every_event_is_reported_once_and_before_its_page() {
    let (sender, events) = crossbeam_channel::unbounded();
    let (go_on, gate) = crossbeam_channel::bounded(0);
    let report = move |event: Event| sender.send(event).is_ok() && gate.recv().is_ok();
    let listener = Listener::start(report, Arc::default()).unwrap();
    let host = listener
        .site()
        .origin
        .strip_prefix("http://")
        .unwrap()
        .to_owned();
    let (first, a) = route(1, Instant::now() + 10 * MINUTE);
    listener.add(first).unwrap();

    let ask = |request: Vec<u8>, expected: Event, code: u16| {
        let mut stream = TcpStream::connect(&host).unwrap();
        stream.write_all(&request).unwrap();
        assert_eq!(events.recv_timeout(Duration::from_secs(20)), Ok(expected));
        // On the loopback what is written can be read at once, so a page that was written is seen
        // here.
        stream.set_nonblocking(true).unwrap();
        let early = stream.peek(&mut [0; 1]).map_err(|error| error.kind());
        assert_eq!(early, Err(std::io::ErrorKind::WouldBlock));
        stream.set_nonblocking(false).unwrap();
        go_on.send(()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert_eq!(status(&answer), code);
    };
    let raw = || "code=OK".to_owned();
    let (go, back) = (
        get(&host, &format!("/go/{}", a.start)),
        get(&host, &format!("/r/{}?{}", a.back, raw())),
    );
    ask(go.clone(), CallbackEvent::Visited(a.id), 303);
    ask(go, CallbackEvent::LinkReused(a.id), 410);
    ask(get(&host, "/r/0"), CallbackEvent::Stranger(a.id), 404);
    ask(back, CallbackEvent::Answered(a.id, raw()), 200);
    let (second, b) = route(2, Instant::now() + 10 * MINUTE);
    listener.add(second).unwrap();
    ask(
        post(&host, &format!("/f/{}", b.back), &raw()),
        CallbackEvent::Answered(b.id, raw()),
        200,
    );

    // A second report of one of them would be what the next request met, or be there once one more
    // is answered.
    let mut last = TcpStream::connect(&host).unwrap();
    last.write_all(&get(&host, "/")).unwrap();
    last.read_to_end(&mut Vec::new()).unwrap();
    assert!(events.try_recv().is_err());
}

/// An answer is on its way while the deadline is made to pass.
#[cfg(feature = "sandbox")]
#[test]
fn an_answer_and_a_deadline_at_once_make_one_event() {
    let rig = Rig::new();
    for _ in 0..300 {
        let ticket = rig.add();
        let start = Barrier::new(2);
        let answer = std::thread::scope(|scope| {
            let answer = scope.spawn(|| {
                start.wait();
                rig.get(&format!("/r/{}?code=OK", ticket.back))
            });
            start.wait();
            rig.listener.pass_deadline(ticket.id);
            answer.join().unwrap()
        });
        let page = match rig.event() {
            CallbackEvent::Answered(id, _) if id == ticket.id => Page::Completed,
            CallbackEvent::Expired(id) if id == ticket.id => Page::AlreadyFinished,
            other => panic!("{other:?}"),
        };
        assert_eq!(body(&answer), page.html(Default::default()));
        // Once more: had there been a second event, the next round would meet it.
        rig.listener.pass_deadline(ticket.id);
    }
    rig.get("/");
    assert!(rig.events.try_recv().is_err());
}

#[test]
fn idle_comes_when_nothing_is_left() {
    let rig = Rig::new();
    for added in [1, 2, 3] {
        let ticket = rig.add();
        rig.listener.retire(ticket.id, Duration::ZERO, false);
        // An owner that has added more by now can see that this is old.
        assert_eq!(rig.event(), CallbackEvent::Idle { added });
        // Said once, however often the thread wakes afterwards.
        assert_eq!(status(&rig.get("/")), 404);
    }
    assert!(rig.events.try_recv().is_err());
}

#[test]
fn commands_are_done_before_the_next_connection() {
    let rig = Rig::new();
    for _ in 0..300 {
        let ticket = rig.add();
        let link = StartToken::random().unwrap();
        let path = format!("/go/{}", link.expose());
        rig.listener.renew_start(ticket.id, link);
        assert_eq!(status(&rig.get(&path)), 303);
        rig.listener.retire(ticket.id, MINUTE, false);
        let answer = rig.get(&format!("/r/{}?code=OK", ticket.back));
        assert_eq!(
            body(&answer),
            Page::AlreadyFinished.html(Default::default())
        );
    }
}

#[test]
fn the_deadline_is_kept_in_real_time() {
    // The system may be busy once, but it may never be early.
    let on_time = (0..scale(3, 1)).find_map(|_| {
        let rig = Rig::new();
        let begin = Instant::now();
        let ticket = rig.add_for(Duration::from_secs(1));
        assert_eq!(rig.event(), CallbackEvent::Expired(ticket.id));
        let time = begin.elapsed();
        assert!(time >= Duration::from_secs(1), "early: {time:?}");
        (time <= Duration::from_millis(1100)).then_some(time)
    });
    let time = on_time.expect("late");
    measured(10, format!("1 s took {:.4} s", time.as_secs_f64()));
}

#[test]
fn a_replayed_callback_gives_one_event() {
    let rig = Rig::new();
    let finished = Page::AlreadyFinished.html(Default::default());
    let rounds = scale(1, 100);
    for _ in 0..rounds {
        let ticket = rig.add();
        let path = format!("/r/{}?code=OK", ticket.back);
        assert_eq!(
            body(&rig.get(&path)),
            Page::Completed.html(Default::default())
        );
        for _ in 1..1000 {
            assert_eq!(body(&rig.get(&path)), finished);
        }
        let raw = "code=OK".to_owned();
        assert_eq!(rig.event(), CallbackEvent::Answered(ticket.id, raw));
        assert!(rig.events.try_recv().is_err());
    }
    measured(6, format!("{rounds} x 1000 in a row: 1 event each"));
}

#[test]
fn callbacks_at_once_give_one_event() {
    const CLIENTS: usize = 64;
    const ROUNDS: u64 = 100;
    let rig = Rig::new();
    let gate = Barrier::new(CLIENTS + 1);
    let round: std::sync::Mutex<Option<Ticket>> = std::sync::Mutex::new(None);
    let completed = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                loop {
                    gate.wait();
                    let Some(ticket) = round.lock().unwrap().clone() else {
                        return;
                    };
                    let answer = rig.get(&format!("/r/{}?code=OK", ticket.back));
                    let page = body(&answer);
                    if page == Page::Completed.html(Default::default()) {
                        completed.fetch_add(1, Ordering::SeqCst);
                    } else {
                        assert_eq!(page, Page::AlreadyFinished.html(Default::default()));
                    }
                    gate.wait();
                }
            });
        }
        for number in 1..=ROUNDS {
            let ticket = rig.add();
            *round.lock().unwrap() = Some(ticket.clone());
            gate.wait();
            gate.wait();
            let raw = "code=OK".to_owned();
            assert_eq!(rig.event(), CallbackEvent::Answered(ticket.id, raw));
            assert!(rig.events.try_recv().is_err());
            assert_eq!(completed.load(Ordering::SeqCst), number);
        }
        *round.lock().unwrap() = None;
        gate.wait();
    });
    measured(6, format!("{ROUNDS} x {CLIENTS} at once: 1 event each"));
}

/// Eight players' browsers at once, each of which also tries its answer at another's door.
#[test]
fn crossed_answers_on_sockets_reach_their_own_requests() {
    let rig = Rig::new();
    let rounds = scale(14, 500);
    let bring = |token: &Ticket, state: &Ticket| {
        let answer = rig.get(&format!("/r/{}?code=OK&state={}", token.back, state.id.0));
        body(&answer) == Page::Completed.html(Default::default())
    };
    for round in 0..rounds {
        let tickets: Vec<_> = (0..8).map(|_| rig.add()).collect();
        std::thread::scope(|scope| {
            for (place, own) in tickets.iter().enumerate() {
                // In seven rounds each meets each.
                let other = &tickets[(place + 1 + round % 7) % 8];
                scope.spawn(move || {
                    assert!(!bring(other, own), "the state of another");
                    assert!(bring(own, own));
                    assert!(!bring(other, own), "the state of another");
                });
            }
        });
        let mut missing: Vec<_> = tickets.iter().map(|ticket| ticket.id).collect();
        for event in rig.events.try_iter() {
            match event {
                CallbackEvent::Answered(id, raw) => {
                    assert_eq!(raw, format!("code=OK&state={}", id.0));
                    missing.remove(
                        missing
                            .iter()
                            .position(|waiting| *waiting == id)
                            .expect("one event for each"),
                    );
                }
                other => assert!(matches!(other, CallbackEvent::Stranger(_)), "{other:?}"),
            }
        }
        assert_eq!(missing, []);
    }
    measured(7, format!("{rounds} rounds of 8 on sockets: none crossed"));
}

#[test]
fn slow_clients_lose_their_place_to_a_player() {
    let rig = Rig::new();
    let mut slow: Vec<TcpStream> = (0..256).map(|_| rig.connect()).collect();
    for stream in &mut slow {
        let _ = stream.write_all(b"GET /r/");
    }
    for _ in 0..50 {
        slow.push(rig.connect());
        rig.real_callback();
    }
    let counters = &rig.counters;
    assert!(counters.refused(RefusedCallback::Evicted) >= 256 - 64);
    drop(slow);
}

/// Waits until the listener has taken in what was connected.
fn accepted(rig: &Rig, count: u64) {
    let begin = Instant::now();
    while rig.counters.connections() < count {
        assert!(begin.elapsed() < Duration::from_secs(20), "not accepted");
        std::thread::yield_now();
    }
}

/// Sends the second half of a request; `None` if the connection was closed before.
fn finish(mut stream: TcpStream, rest: &[u8]) -> Option<u16> {
    let _ = stream.write_all(rest);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    (!answer.is_empty()).then(|| status(&answer))
}

#[test]
fn the_oldest_unfinished_client_loses_its_place() {
    let rig = Rig::new();
    let request = get(&rig.host, "/");
    let (half, rest) = request.split_at(10);
    let connect = || {
        let mut stream = rig.connect();
        stream.write_all(half).unwrap();
        stream
    };
    let mut clients: Vec<_> = (0..64).map(|_| connect()).collect();
    accepted(&rig, 64);
    let newest = connect();
    accepted(&rig, 65);
    let oldest = clients.remove(0);
    assert_eq!(finish(oldest, rest), None);
    assert_eq!(finish(newest, rest), Some(404));
    for client in clients {
        assert_eq!(finish(client, rest), Some(404));
    }
    assert_eq!(rig.counters.refused(RefusedCallback::Evicted), 1);
}

#[test]
fn a_client_that_has_its_answer_makes_place_first() {
    let rig = Rig::new();
    let request = get(&rig.host, "/");
    let (half, rest) = request.split_at(10);
    let mut clients = Vec::new();
    for _ in 0..63 {
        let mut stream = rig.connect();
        stream.write_all(half).unwrap();
        clients.push(stream);
    }
    // It has its answer but does not close, so it lingers for a second.
    let mut lingering = rig.connect();
    lingering.write_all(&request).unwrap();
    let mut answer = Vec::new();
    lingering.read_to_end(&mut answer).unwrap();
    assert_eq!(status(&answer), 404);
    let newest = rig.connect();
    accepted(&rig, 65);
    assert_eq!(finish(newest, &request), Some(404));
    for client in clients {
        assert_eq!(finish(client, rest), Some(404));
    }
    assert_eq!(rig.counters.refused(RefusedCallback::Evicted), 0);
}

#[test]
fn dropping_the_listener_is_quick_and_frees_the_port() {
    let rig = Rig::new();
    for _ in 0..8 {
        rig.add();
    }
    let mut clients: Vec<_> = (0..64).map(|_| rig.connect()).collect();
    let host = rig.host.clone();
    let begin = Instant::now();
    drop(rig);
    let time = begin.elapsed();
    assert!(time <= Duration::from_millis(200), "took {time:?}");
    for client in &mut clients {
        // Closed or reset, but not open.
        assert!(matches!(client.read(&mut [0; 1]), Ok(0) | Err(_)));
    }
    assert!(TcpStream::connect(host).is_err());
}

#[test]
fn a_panic_in_the_judge_is_reported_and_ends_the_listener() {
    let rig = Rig::new();
    let (mut route, ticket) = route(1, Instant::now() + MINUTE);
    route.judge = Arc::new(|_| panic!("a test panics on purpose"));
    rig.listener.add(route).unwrap();
    let mut stream = rig.connect();
    let request = get(&rig.host, &format!("/r/{}?code=OK", ticket.back));
    stream.write_all(&request).unwrap();
    let CallbackEvent::Lost(why) = rig.event() else {
        panic!("not lost");
    };
    assert!(why.contains("panicked"));
    // The thread ends right after the event; from then on nothing is taken in.
    let deadline = Instant::now() + Duration::from_secs(20);
    while rig.listener.add(super::route(2, deadline).0).is_ok() {
        assert!(Instant::now() < deadline, "still taken in");
        std::thread::yield_now();
    }
}

#[test]
fn the_thread_ends_when_nobody_hears_it() {
    let (sender, events) = crossbeam_channel::unbounded::<Event>();
    let listener =
        Listener::start(move |event| sender.send(event).is_ok(), Arc::default()).unwrap();
    drop(events);
    let (route, _) = route(1, Instant::now());
    listener.add(route).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while listener.add(super::route(2, deadline).0).is_ok() {
        assert!(Instant::now() < deadline, "still taken in");
        std::thread::yield_now();
    }
}

#[test]
fn an_owner_that_hangs_does_not_hang_the_end() {
    let (sender, _events) = crossbeam_channel::bounded::<Event>(0);
    let listener =
        Listener::start(move |event| sender.send(event).is_ok(), Arc::default()).unwrap();
    listener.add(route(1, Instant::now()).0).unwrap();
    let begin = Instant::now();
    drop(listener);
    // 200 ms of waiting, and what the system needs.
    assert!(begin.elapsed() <= Duration::from_secs(2));
}
