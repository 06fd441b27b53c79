//! A connection without its socket: a callback at once and byte by byte, what is refused, and how
//! the cost grows with the callback's size.
//!
//! ```sh
//! cargo bench -p callback_listener --bench connection
//! ```

use std::hint::black_box;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use callback_listener::loopback::{Action, BoundAddress, Connection, Handler, Response};
use callback_listener::{
    CallbackEvent, LinkToken, ListenerConfig, Page, PageUrl, ParsedCallback, PendingCallback,
    ReturnToken,
};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const HOST: &str = "127.0.0.1:49152";
/// In bytes; no request line may have more than 16 KiB.
const SIZES: [usize; 8] = [100, 250, 500, 1000, 2000, 4000, 8000, 16_000];
/// What Chromium sends, without its version.
const HEADERS: &str = "Connection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome Safari/537.36\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: ru-RU,ru;q=0.9\r\n";

/// Eight requests wait; the first gets the callback.
struct World {
    handler: Handler<u64, usize>,
    events: Receiver<CallbackEvent<u64, usize>>,
    return_token: String,
}

impl World {
    fn new() -> Self {
        let (sender, events) = mpsc::channel();
        let address = BoundAddress::new(&[HOST.parse().expect("an address")], None);
        let notify = move |event| sender.send(event).is_ok();
        let mut handler = Handler::new(address, &ListenerConfig::default(), notify);
        let mut first = None;
        for id in 0..8 {
            let return_token = ReturnToken::random(getrandom::fill).expect("random numbers");
            first.get_or_insert_with(|| return_token.expose().to_owned());
            handler.table().add(PendingCallback {
                id,
                link_token: LinkToken::random(getrandom::fill).expect("random numbers"),
                return_token,
                page: PageUrl::new("https://service.example/authorize".to_owned()).ok(),
                deadline: Instant::now() + Duration::from_secs(600),
                parser: Arc::new(|text| ParsedCallback::Done(text.len(), Page::Completed)),
            });
        }
        Self {
            handler,
            events,
            return_token: first.unwrap_or_default(),
        }
    }

    /// The request of a browser that comes back with this query.
    fn callback(&self, query: &str) -> Vec<u8> {
        request(&self.return_token, query)
    }

    /// A connection that gets these pieces; the response, and how many events there were.
    fn serve<'a>(&mut self, pieces: impl Iterator<Item = &'a [u8]>) -> (Option<Response>, usize) {
        let now = Instant::now();
        let mut connection = Connection::new(now);
        let mut sent = None;
        for piece in pieces {
            if let Action::Respond(response) =
                connection.read(black_box(piece), now, &mut self.handler)
            {
                sent = Some(response);
            }
        }
        (sent, self.events.try_iter().count())
    }
}

fn request(token: &str, query: &str) -> Vec<u8> {
    format!("GET /r/{token}?{query} HTTP/1.1\r\nHost: {HOST}\r\n{HEADERS}\r\n").into_bytes()
}

/// A world and the request that it waits for, with a query of so many bytes.
fn fresh(bytes: usize) -> (World, Vec<u8>) {
    let start = "code=OK&x=";
    let world = World::new();
    let request = world.callback(&format!("{start}{}", "x".repeat(bytes - start.len())));
    (world, request)
}

fn requests(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("connection");
    let (mut world, sent) = fresh(100);
    let (response, events) = world.serve([sent.as_slice()].into_iter());
    assert!(
        response.is_some_and(|response| response.bytes().starts_with(b"HTTP/1.1 200"))
            && events == 1
    );
    group.bench_function("callback", |bencher| {
        bencher.iter_batched_ref(
            || fresh(100),
            |(world, sent)| world.serve([sent.as_slice()].into_iter()),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("callback, byte by byte", |bencher| {
        bencher.iter_batched_ref(
            || fresh(100),
            |(world, sent)| world.serve(sent.chunks(1)),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("wrong token", |bencher| {
        let (mut world, wrong) = (World::new(), request(&"0".repeat(32), "code=OK"));
        bencher.iter(|| world.serve([wrong.as_slice()].into_iter()));
    });
    group.bench_function("malformed", |bencher| {
        let (mut world, wrong) = (World::new(), b"GET / HTTP/3\r\n\r\n".as_slice());
        bencher.iter(|| world.serve([wrong].into_iter()));
    });
}

fn sizes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("callback size");
    for bytes in SIZES {
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_with_input(
            BenchmarkId::from_parameter(bytes),
            &bytes,
            |bencher, bytes| {
                bencher.iter_batched_ref(
                    || fresh(*bytes),
                    |(world, sent)| world.serve([sent.as_slice()].into_iter()),
                    BatchSize::SmallInput,
                );
            },
        );
    }
}

criterion_group!(benches, requests, sizes);
criterion_main!(benches);
