//! The real listener.

pub(super) use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

pub(super) use crate::Listener;

use super::*;
/// The host and port of a listener, as they stand in its links.
pub(super) fn host<T: Send + 'static>(listener: &Listener<u64, T>) -> String {
    let link = listener.one_time_link(&link_token());
    let (origin, _) = link.expose().split_once("/go/").unwrap();
    origin.strip_prefix("http://").unwrap().to_owned()
}

/// The real listener, and how often it called `notify`.
pub(super) struct Rig {
    pub(super) listener: Listener<u64, String>,
    pub(super) counters: Arc<CallbackCounters>,
    pub(super) events: Mutex<Receiver<Event>>,
    pub(super) notify_calls: Arc<AtomicU64>,
    pub(super) host: String,
    pub(super) next: AtomicU64,
}

impl Rig {
    pub(super) fn new() -> Self {
        let (sender, events) = mpsc::channel();
        let notify_calls = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&notify_calls);
        let notify = move |event| {
            count.fetch_add(1, Ordering::SeqCst);
            sender.send(event).is_ok()
        };
        let config = ListenerConfig::default();
        let counters = Arc::clone(&config.counters);
        let listener = Listener::start(config, notify).unwrap();
        Self {
            host: host(&listener),
            listener,
            counters,
            events: Mutex::new(events),
            notify_calls,
            next: AtomicU64::new(0),
        }
    }

    pub(super) fn add(&self) -> Request {
        self.add_for(10 * MINUTE)
    }

    pub(super) fn add_for(&self, time: Duration) -> Request {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (callback, pending) = callback(id, Instant::now() + time);
        self.listener.add(callback).unwrap();
        pending
    }

    pub(super) fn connect(&self) -> TcpStream {
        let address: SocketAddr = self.host.parse().unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        // Far longer than any response takes; only a test that fails waits so long.
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
    }

    /// Sends a request and reads the response to its end.
    pub(super) fn send(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).unwrap();
        response
    }

    /// Sends what may be refused before its end; the response may be cut by the system.
    pub(super) fn throw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(Shutdown::Write);
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response);
        response
    }

    pub(super) fn get(&self, path: &str) -> Vec<u8> {
        self.send(&get(&self.host, path))
    }

    /// The next event, or a failure after far more time than it needs.
    pub(super) fn event(&self) -> Event {
        let events = self.events.lock().unwrap();
        events.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    /// An event that is there.
    pub(super) fn try_event(&self) -> Option<Event> {
        self.events.lock().unwrap().try_recv().ok()
    }

    /// A fresh request, completed as by a real browser, while `self` is under fire.
    pub(super) fn real_callback(&self) -> Duration {
        let pending = self.add();
        let begin = Instant::now();
        let response = self.get(&format!(
            "/r/{}?code=OK&state={}",
            pending.return_token, pending.id
        ));
        let time = begin.elapsed();
        assert_eq!(status(&response), 200);
        let raw = format!("code=OK&state={}", pending.id);
        let mut event = self.event();
        // The fire itself may still be noticed.
        while matches!(event, CallbackEvent::UnexpectedCallback(_)) {
            event = self.event();
        }
        assert_eq!(event, CallbackEvent::Received(pending.id, raw));
        time
    }
}
