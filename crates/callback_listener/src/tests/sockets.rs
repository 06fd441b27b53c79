//! The real listener on real sockets.

use std::sync::Barrier;

use super::{rig::*, *};
use crate::{RefusedCallback, loopback::MAX_HEAD};
use test_support::reliability::{measured, scale};

#[test]
fn the_origin_is_the_bound_loopback_port() {
    let rig = Rig::new();
    let address: SocketAddr = rig.host.parse().unwrap();
    assert!(address.ip().is_loopback());
    assert_ne!(address.port(), 0);
    let url = rig.listener.return_url(&return_token());
    assert!(url.starts_with(&format!("http://{address}/r/")));
}

#[test]
fn a_whole_request_from_link_to_idle() {
    let rig = Rig::new();
    let pending = rig.add();
    let response = rig.get(&format!("/go/{}", pending.link_token));
    assert_eq!(status(&response), 303);
    assert_eq!(rig.event(), CallbackEvent::Visited(pending.id));
    let response = rig.get(&format!("/r/{}?code=OK", pending.return_token));
    assert_eq!(body(&response), html(Page::Completed));
    // The event is sent before the page, so it is there, too.
    let event = rig.try_event().unwrap();
    assert_eq!(
        event,
        CallbackEvent::Received(pending.id, "code=OK".to_owned())
    );
    assert_eq!(
        rig.notify_calls.load(Ordering::SeqCst),
        2,
        "one call per event"
    );
    // The request of another is gone at once, and its end leaves the first alone.
    let other = rig.add();
    rig.listener.retire(other.id, Duration::ZERO, false);
    // The first tombstone is still there.
    let response = rig.get(&format!("/r/{}?code=OK", pending.return_token));
    assert_eq!(body(&response), html(Page::AlreadyFinished));
    assert!(rig.try_event().is_none());
}

/// The owner holds every event back. While it does, it has the event and the browser has nothing.
#[test]
fn every_event_is_sent_once_and_before_its_page() {
    let (sender, events) = mpsc::channel();
    let (go_on, gate) = mpsc::sync_channel(0);
    let notify = move |event: Event| sender.send(event).is_ok() && gate.recv().is_ok();
    let listener = Listener::start(ListenerConfig::default(), notify).unwrap();
    let host = host(&listener);
    let (first, a) = callback(1, Instant::now() + 10 * MINUTE);
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
        let mut response = Vec::new();
        stream.read_to_end(&mut response).unwrap();
        assert_eq!(status(&response), code);
    };
    let raw = || "code=OK".to_owned();
    let (go, back) = (
        get(&host, &format!("/go/{}", a.link_token)),
        get(&host, &format!("/r/{}?{}", a.return_token, raw())),
    );
    ask(go.clone(), CallbackEvent::Visited(a.id), 303);
    ask(go, CallbackEvent::LinkReused(a.id), 410);
    ask(
        get(&host, "/r/0"),
        CallbackEvent::UnexpectedCallback(a.id),
        404,
    );
    ask(back, CallbackEvent::Received(a.id, raw()), 200);
    let (second, b) = callback(2, Instant::now() + 10 * MINUTE);
    listener.add(second).unwrap();
    ask(
        post(&host, &format!("/f/{}", b.return_token), &raw()),
        CallbackEvent::Received(b.id, raw()),
        200,
    );

    // A second event for one of them would be what the next request met, or be there once one more
    // is completed.
    let mut last = TcpStream::connect(&host).unwrap();
    last.write_all(&get(&host, "/")).unwrap();
    last.read_to_end(&mut Vec::new()).unwrap();
    assert!(events.try_recv().is_err());
}

/// A callback is on its way while the deadline is set to now.
#[test]
fn a_callback_and_a_deadline_at_once_make_one_event() {
    let rig = Rig::new();
    for _ in 0..300 {
        let pending = rig.add();
        let start = Barrier::new(2);
        let response = std::thread::scope(|scope| {
            let response = scope.spawn(|| {
                start.wait();
                rig.get(&format!("/r/{}?code=OK", pending.return_token))
            });
            start.wait();
            rig.listener.set_deadline(pending.id, Instant::now());
            response.join().unwrap()
        });
        let page = match rig.event() {
            CallbackEvent::Received(id, _) if id == pending.id => Page::Completed,
            CallbackEvent::Expired(id) if id == pending.id => Page::AlreadyFinished,
            other => panic!("{other:?}"),
        };
        assert_eq!(body(&response), html(page));
        // Once more: had there been a second event, the next round would meet it.
        rig.listener.set_deadline(pending.id, Instant::now());
    }
    rig.get("/");
    assert!(rig.try_event().is_none());
}

#[test]
fn idle_comes_when_nothing_is_left() {
    let rig = Rig::new();
    for added in [1, 2, 3] {
        let pending = rig.add();
        rig.listener.retire(pending.id, Duration::ZERO, false);
        // An owner that has added more by now can see that this is old.
        assert_eq!(rig.event(), CallbackEvent::Idle { added });
        // Said once, however often the thread wakes afterwards.
        assert_eq!(status(&rig.get("/")), 404);
    }
    assert!(rig.try_event().is_none());
}

#[test]
fn commands_are_done_before_the_next_connection() {
    let rig = Rig::new();
    for _ in 0..300 {
        let pending = rig.add();
        let link = link_token();
        let path = format!("/go/{}", link.expose());
        rig.listener.renew_link(pending.id, link);
        assert_eq!(status(&rig.get(&path)), 303);
        rig.listener.retire(pending.id, MINUTE, false);
        let response = rig.get(&format!("/r/{}?code=OK", pending.return_token));
        assert_eq!(body(&response), html(Page::AlreadyFinished));
    }
}

#[test]
fn the_deadline_is_kept_in_real_time() {
    // The system may be busy once, but it may never be early.
    let on_time = (0..scale(3, 1)).find_map(|_| {
        let rig = Rig::new();
        let begin = Instant::now();
        let pending = rig.add_for(Duration::from_secs(1));
        assert_eq!(rig.event(), CallbackEvent::Expired(pending.id));
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
    let finished = html(Page::AlreadyFinished);
    let rounds = scale(1, 100);
    for _ in 0..rounds {
        let pending = rig.add();
        let path = format!("/r/{}?code=OK", pending.return_token);
        assert_eq!(body(&rig.get(&path)), html(Page::Completed));
        for _ in 1..1000 {
            assert_eq!(body(&rig.get(&path)), finished);
        }
        let raw = "code=OK".to_owned();
        assert_eq!(rig.event(), CallbackEvent::Received(pending.id, raw));
        assert!(rig.try_event().is_none());
    }
    measured(6, format!("{rounds} x 1000 in a row: 1 event each"));
}

#[test]
fn callbacks_at_once_give_one_event() {
    const CLIENTS: usize = 64;
    const ROUNDS: u64 = 100;
    let rig = Rig::new();
    let gate = Barrier::new(CLIENTS + 1);
    let round: Mutex<Option<Request>> = Mutex::new(None);
    let completed = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                loop {
                    gate.wait();
                    let Some(pending) = round.lock().unwrap().clone() else {
                        return;
                    };
                    let response = rig.get(&format!("/r/{}?code=OK", pending.return_token));
                    let page = body(&response);
                    if page == html(Page::Completed) {
                        completed.fetch_add(1, Ordering::SeqCst);
                    } else {
                        assert_eq!(page, html(Page::AlreadyFinished));
                    }
                    gate.wait();
                }
            });
        }
        for number in 1..=ROUNDS {
            let pending = rig.add();
            *round.lock().unwrap() = Some(pending.clone());
            gate.wait();
            gate.wait();
            let raw = "code=OK".to_owned();
            assert_eq!(rig.event(), CallbackEvent::Received(pending.id, raw));
            assert!(rig.try_event().is_none());
            assert_eq!(completed.load(Ordering::SeqCst), number);
        }
        *round.lock().unwrap() = None;
        gate.wait();
    });
    measured(6, format!("{ROUNDS} x {CLIENTS} at once: 1 event each"));
}

/// Eight browsers at once; each also sends its callback to the return URL of another request.
#[test]
fn crossed_callbacks_on_sockets_reach_their_own_requests() {
    let rig = Rig::new();
    let rounds = scale(14, 500);
    let bring = |token: &Request, state: &Request| {
        let response = rig.get(&format!(
            "/r/{}?code=OK&state={}",
            token.return_token, state.id
        ));
        body(&response) == html(Page::Completed)
    };
    for round in 0..rounds {
        let several: Vec<_> = (0..8).map(|_| rig.add()).collect();
        std::thread::scope(|scope| {
            for (place, own) in several.iter().enumerate() {
                // In seven rounds each request meets every other one.
                let other = &several[(place + 1 + round % 7) % 8];
                scope.spawn(move || {
                    assert!(!bring(other, own), "the state of another");
                    assert!(bring(own, own));
                    assert!(!bring(other, own), "the state of another");
                });
            }
        });
        let mut missing: Vec<_> = several.iter().map(|pending| pending.id).collect();
        while let Some(event) = rig.try_event() {
            match event {
                CallbackEvent::Received(id, raw) => {
                    assert_eq!(raw, format!("code=OK&state={}", id));
                    missing.remove(
                        missing
                            .iter()
                            .position(|waiting| *waiting == id)
                            .expect("one event for each"),
                    );
                }
                other => assert!(
                    matches!(other, CallbackEvent::UnexpectedCallback(_)),
                    "{other:?}"
                ),
            }
        }
        assert!(missing.is_empty(), "{missing:?}");
    }
    measured(7, format!("{rounds} rounds of 8 on sockets: none crossed"));
}

#[test]
fn slow_clients_are_evicted_for_a_user() {
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

/// Sends the rest of a request; `None` if the connection was closed before.
fn finish(mut stream: TcpStream, rest: &[u8]) -> Option<u16> {
    let _ = stream.write_all(rest);
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response);
    (!response.is_empty()).then(|| status(&response))
}

#[test]
fn the_oldest_unfinished_client_is_evicted() {
    let rig = Rig::new();
    let request = get(&rig.host, "/");
    let (start, rest) = request.split_at(10);
    let connect = || {
        let mut stream = rig.connect();
        stream.write_all(start).unwrap();
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
fn a_client_that_has_its_response_is_evicted_first() {
    let rig = Rig::new();
    let request = get(&rig.host, "/");
    let (start, rest) = request.split_at(10);
    let mut clients = Vec::new();
    for _ in 0..63 {
        let mut stream = rig.connect();
        stream.write_all(start).unwrap();
        clients.push(stream);
    }
    // It has its response but does not close, so it lingers for a second.
    let mut lingering = rig.connect();
    lingering.write_all(&request).unwrap();
    let mut response = Vec::new();
    lingering.read_to_end(&mut response).unwrap();
    assert_eq!(status(&response), 404);
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

/// An owner that waits for one callback only. The event is there before the page is written.
#[test]
fn an_owner_that_stops_the_listener_at_the_callback_costs_no_page() {
    // The longest head takes as many reads as a client gets in a row.
    let padding = format!("X-Padding: {}\r\n", "a".repeat(MAX_HEAD - 300));
    for (path, body, headers) in [
        ("/r/", "", ""),
        ("/r/", "", &*padding),
        ("/f/", "code=OK", ""),
    ] {
        let (sender, events) = mpsc::channel();
        let (go_on, gate) = mpsc::sync_channel(0);
        let notify = move |event: Event| sender.send(event).is_ok() && gate.recv().is_ok();
        let listener = Listener::start(ListenerConfig::default(), notify).unwrap();
        let host = host(&listener);
        let (callback, pending) = callback(1, Instant::now() + MINUTE);
        listener.add(callback).unwrap();

        let path = format!("{path}{}", pending.return_token);
        let request = if body.is_empty() {
            let start = format!("GET {path}?code=OK HTTP/1.1\r\nHost: {host}\r\n");
            format!("{start}{headers}\r\n").into_bytes()
        } else {
            post(&host, &path, body)
        };
        let mut stream = TcpStream::connect(&host).unwrap();
        stream.write_all(&request).unwrap();
        let expected = CallbackEvent::Received(pending.id, "code=OK".to_owned());
        assert_eq!(events.recv_timeout(Duration::from_secs(20)), Ok(expected));
        // As dropping it, but without the wait for the thread, which waits for `go_on`.
        listener.stop();
        go_on.send(()).unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).unwrap();
        assert_eq!(status(&response), 200, "{path} {}", request.len());
    }
}

#[test]
fn a_panic_in_the_parser_ends_the_listener_with_an_event() {
    let rig = Rig::new();
    let (mut callback, pending) = callback(1, Instant::now() + MINUTE);
    callback.parser = Arc::new(|_| panic!("a test panics on purpose"));
    rig.listener.add(callback).unwrap();
    let mut stream = rig.connect();
    let request = get(&rig.host, &format!("/r/{}?code=OK", pending.return_token));
    stream.write_all(&request).unwrap();
    let CallbackEvent::Lost(why) = rig.event() else {
        panic!("not lost");
    };
    assert!(why.contains("panicked"));
    // The thread ends right after the event; from then on nothing is taken in.
    let deadline = Instant::now() + Duration::from_secs(20);
    while rig.listener.add(super::callback(2, deadline).0).is_ok() {
        assert!(Instant::now() < deadline, "still taken in");
        std::thread::yield_now();
    }
}

#[test]
fn the_thread_ends_when_its_events_have_no_receiver() {
    let (sender, events) = mpsc::channel::<Event>();
    let listener = Listener::start(ListenerConfig::default(), move |event| {
        sender.send(event).is_ok()
    })
    .unwrap();
    drop(events);
    let (callback, _) = callback(1, Instant::now());
    listener.add(callback).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while listener.add(super::callback(2, deadline).0).is_ok() {
        assert!(Instant::now() < deadline, "still taken in");
        std::thread::yield_now();
    }
}

#[test]
fn an_owner_that_hangs_does_not_hang_the_end() {
    let (sender, _events) = mpsc::sync_channel::<Event>(0);
    let listener = Listener::start(ListenerConfig::default(), move |event| {
        sender.send(event).is_ok()
    })
    .unwrap();
    listener.add(callback(1, Instant::now()).0).unwrap();
    let begin = Instant::now();
    drop(listener);
    // 200 ms of waiting, and what the system needs.
    assert!(begin.elapsed() <= Duration::from_secs(2));
}
