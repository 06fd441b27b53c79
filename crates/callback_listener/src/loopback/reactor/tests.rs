//! The thread's clock without its loop.

use std::net::TcpStream as Browser;

use test_support::reliability::measured;

use super::*;
use crate::{
    ListenerConfig,
    loopback::{TOTAL_TIME, bind},
};

/// The machine falls asleep between a failed accept and the next try; its clock goes on meanwhile,
/// or stands still.
#[test]
fn a_night_in_a_pause_of_accept_keeps_no_client_waiting() {
    for clock_runs in [true, false] {
        let (sockets, address) = bind::bind_any().unwrap();
        let host = address.origin.strip_prefix("http://").unwrap().to_owned();
        let handler = Handler::<u64, ()>::new(address, &ListenerConfig::default(), |_| true);
        let mut reactor = Reactor::new(sockets, handler).unwrap();
        let _browser = Browser::connect(host).unwrap();
        // Until it can be accepted, which may be a moment later.
        reactor
            .poll
            .poll(&mut Events::with_capacity(1), Some(Duration::from_secs(20)))
            .unwrap();
        let mut now = Instant::now();
        reactor.accept = Accept::Pause(now + LONGEST_PAUSE, LONGEST_PAUSE);

        if clock_runs {
            now += Duration::from_secs(8 * 60 * 60);
            assert_eq!(reactor.timeout(now), Some(Duration::ZERO));
        } else {
            assert_eq!(reactor.timeout(now), Some(LONGEST_PAUSE));
            reactor.accept(now);
            assert!(reactor.clients.is_empty(), "the rest of the pause is kept");
            now += LONGEST_PAUSE;
        }
        reactor.accept(now);
        assert_eq!(reactor.clients.len(), 1);
        assert!(matches!(reactor.accept, Accept::Wait));

        // And a night with a connection that says nothing leaves none behind.
        assert!(
            reactor
                .timeout(now)
                .is_some_and(|timeout| timeout <= TOTAL_TIME)
        );
        now += TOTAL_TIME;
        reactor.close_late(now);
        assert!(reactor.clients.is_empty() && reactor.timeout(now).is_none());
    }
    measured(11, "2 nights in a pause of accept: the client is served");
}

/// The owner stops the listener at the event of a callback, while another client is served before
/// the page is written.
#[test]
fn a_page_that_is_ready_is_written_before_the_thread_ends() {
    let (sockets, address) = bind::bind_any().unwrap();
    let host = address.origin.strip_prefix("http://").unwrap().to_owned();
    let handler = Handler::<u64, ()>::new(address, &ListenerConfig::default(), |_| true);
    let mut reactor = Reactor::new(sockets, handler).unwrap();
    let mut browser = Browser::connect(host).unwrap();
    let mut events = Events::with_capacity(8);
    // The first event is the client at the socket, the second that the client can be written to.
    for _ in 0..2 {
        let long = Some(Duration::from_secs(20));
        reactor.poll.poll(&mut events, long).unwrap();
        reactor.accept = Accept::Ready;
        reactor.accept(Instant::now());
    }
    let page = Response::name(200, crate::Page::Completed);
    reactor.clients[0].response = Some((page, 0));
    reactor.commands.push(Command::Stop);
    reactor.waker.wake().unwrap();
    reactor.run().unwrap();
    drop(reactor);
    let mut response = String::new();
    browser.read_to_string(&mut response).unwrap();
    assert!(response.ends_with("completed"), "{response:?}");
}
