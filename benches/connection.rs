//! The callback listener's connection, without its socket: a callback at once and byte by byte,
//! what is refused, and how the cost grows with the answer's size.
//!
//! ```sh
//! cargo bench --bench connection
//! ```

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bevy_odnoklassniki::protocol::{Sent, WidgetCallback as _};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

use callback::connection::{Action, Connection};
use callback::counters::CallbackCounters;
use callback::decide::Context;
use callback::pages::Page;
use callback::response::Response;
use callback::routes::{Route, RouteId, Routes, Verdict};
use callback::site::Site;
use callback::token::{ReturnToken, StartToken, Target};
use support::answer;

mod support {
    pub mod answer;
}

/// The parts of the listener, compiled once more: the plugin keeps them to itself.
#[path = "../src/callback"]
#[allow(dead_code, unused_imports, reason = "a benchmark needs a part of them")]
mod callback {
    pub mod connection;
    pub mod counters;
    pub mod decide;
    pub mod head;
    pub mod pages;
    mod ports;
    pub mod response;
    pub mod routes;
    pub mod site;
    pub mod token;

    /// The part with the thread, which nothing here starts.
    mod listener {
        pub enum ListenError {
            Bind(std::io::Error),
            Ports(String),
        }
    }

    /// The same: only what its log messages are filed under.
    mod reactor {
        pub const LOG: &str = "bevy_odnoklassniki";
    }
}

const HOST: &str = "127.0.0.1:49152";
/// What Chromium sends, without its version.
const HEADERS: &str = "Connection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome Safari/537.36\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: ru-RU,ru;q=0.9\r\n";

/// Eight requests wait; the first gets the callback.
struct Desk {
    routes: Routes<usize>,
    site: Site,
    counters: CallbackCounters,
    /// Where OK sends the answer.
    back: String,
}

impl Desk {
    fn new() -> Self {
        let mut routes = Routes::default();
        let mut first = None;
        for id in 0..8 {
            let back = ReturnToken::random().expect("random numbers");
            first.get_or_insert_with(|| back.expose().to_owned());
            routes.add(Route {
                id: RouteId(id),
                start: StartToken::random().expect("random numbers"),
                back,
                target: Target::new("https://connect.ok.ru/dk?st.cmd=WidgetInvite".to_owned()).ok(),
                deadline: Instant::now() + Duration::from_secs(600),
                judge: Arc::new(|text| match Sent::from_pairs(text) {
                    Ok(_) => Verdict::Finish(text.len(), Page::Completed),
                    Err(_) => Verdict::Unrecognized,
                }),
            });
        }
        let site = Site {
            origin: format!("http://{HOST}"),
            hosts: vec![HOST.to_owned()],
            redirect_path: None,
            redirect_uri: None,
        };
        Self {
            routes,
            site,
            counters: CallbackCounters::default(),
            back: first.unwrap_or_default(),
        }
    }

    /// The request of a browser that comes back with this answer.
    fn callback(&self, query: &str) -> Vec<u8> {
        request(&self.back, query)
    }

    /// A connection that gets these pieces; whether an answer came, and how many events.
    fn serve<'a>(&mut self, pieces: impl Iterator<Item = &'a [u8]>) -> (Option<Response>, usize) {
        let now = Instant::now();
        let mut connection = Connection::new(now);
        let (mut answer, mut events) = (None, 0);
        for piece in pieces {
            let emit = &mut |_| events += 1;
            let Self {
                routes,
                site,
                counters,
                ..
            } = self;
            let mut context = Context {
                routes,
                counters,
                site,
                emit,
            };
            if let Action::Respond(response) = connection.read(black_box(piece), now, &mut context)
            {
                answer = Some(response);
            }
        }
        (answer, events)
    }
}

fn request(token: &str, query: &str) -> Vec<u8> {
    format!("GET /r/{token}?{query} HTTP/1.1\r\nHost: {HOST}\r\n{HEADERS}\r\n").into_bytes()
}

fn requests(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("connection");
    let query = answer::of_friends(3);
    let fresh = || {
        let desk = Desk::new();
        let request = desk.callback(&query);
        (desk, request)
    };
    let (mut desk, sent) = fresh();
    let (answer, events) = desk.serve([sent.as_slice()].into_iter());
    assert!(
        answer.is_some_and(|answer| answer.bytes().starts_with(b"HTTP/1.1 200")) && events == 1
    );
    group.bench_function("callback", |bencher| {
        bencher.iter_batched_ref(
            fresh,
            |(desk, sent)| desk.serve([sent.as_slice()].into_iter()),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("callback, byte by byte", |bencher| {
        bencher.iter_batched_ref(
            fresh,
            |(desk, sent)| desk.serve(sent.chunks(1)),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("wrong token", |bencher| {
        let (mut desk, wrong) = (Desk::new(), request(&"0".repeat(32), &query));
        bencher.iter(|| desk.serve([wrong.as_slice()].into_iter()));
    });
    group.bench_function("malformed", |bencher| {
        let (mut desk, wrong) = (Desk::new(), b"GET / HTTP/3\r\n\r\n".as_slice());
        bencher.iter(|| desk.serve([wrong].into_iter()));
    });
}

fn sizes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("callback size");
    for bytes in answer::SIZES {
        let query = answer::of_size(bytes);
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_with_input(
            BenchmarkId::from_parameter(bytes),
            &query,
            |bencher, query| {
                let fresh = || {
                    let desk = Desk::new();
                    let request = desk.callback(query);
                    (desk, request)
                };
                let serve =
                    |(desk, sent): &mut (Desk, Vec<u8>)| desk.serve([sent.as_slice()].into_iter());
                bencher.iter_batched_ref(fresh, serve, BatchSize::SmallInput);
            },
        );
    }
}

criterion_group!(benches, requests, sizes);
criterion_main!(benches);
