//! A frame of an app, by what the plugin has to do in it: nothing, wait for up to eight results, take in up to 10,000
//! requests at once.
//!
//! ```sh
//! cargo bench --bench systems
//! ```
//!
//! `benches/frame.rs` measures the two systems by themselves, for the contract in `docs/reliability.md`.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use bevy_app::prelude::*;
use bevy_ecs::prelude::*;
use bevy_odnoklassniki::protocol::SessionSecretKey;
use bevy_odnoklassniki::{MAX_PENDING, prelude::*};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const QUEUED: [usize; 9] = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000];

/// A game whose pages nobody opens.
struct Game {
    app: App,
    opened: Receiver<()>,
}

impl Game {
    fn new() -> Self {
        let (sender, opened) = channel();
        let session = SessionData::new(AccessToken::new("token"), SessionSecretKey::new("key"));
        let plugin = OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
            .with_session(session)
            .with_redirect_uris(["http://127.0.0.1:0/login"])
            .with_opener(move |_: &ShortLink| {
                _ = sender.send(());
                Ok::<(), OpenError>(())
            });
        let mut app = App::new();
        app.add_plugins(plugin).finish();
        app.cleanup();
        app.update();
        Self { app, opened }
    }

    /// Ends all that is pending, and waits for its openers.
    fn clear(&mut self) {
        let pending: Vec<RequestId> =
            self.app.world().resource::<PendingRequests>().iter().map(|request| request.id()).collect();
        for &id in &pending {
            _ = self.opened.recv();
            self.app.world_mut().write_message(CancelRequest { id });
        }
        // Messages are kept for two frames.
        for _ in 0..3 {
            self.app.update();
        }
    }
}

fn invite(number: usize) -> RequestInvite {
    RequestInvite::new().comment(number.to_string())
}

fn frames(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame");
    let mut bare = App::new();
    group.bench_function("bare", |bencher| bencher.iter(|| bare.update()));
    // The plugin's systems are in these, and every game has them.
    let mut without = App::new();
    without.init_schedule(PreUpdate).init_schedule(PostUpdate);
    group.bench_function("without the plugin", |bencher| bencher.iter(|| without.update()));
    for pending in 0..=MAX_PENDING {
        let mut game = Game::new();
        (0..pending).for_each(|number| _ = game.app.world_mut().write_message(invite(number)));
        game.app.update();
        (0..pending).for_each(|_| _ = game.opened.recv());
        for _ in 0..3 {
            game.app.update();
        }
        group.bench_function(BenchmarkId::new("pending", pending), |bencher| bencher.iter(|| game.app.update()));
    }
}

/// A frame that takes in what `write` writes, so often.
fn queued(criterion: &mut Criterion, name: &str, write: impl Fn(&mut World, usize)) {
    let mut group = criterion.benchmark_group(name);
    for count in QUEUED {
        let mut game = Game::new();
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter_custom(|rounds| {
                let mut spent = Duration::ZERO;
                for _ in 0..rounds {
                    (0..count).for_each(|number| write(game.app.world_mut(), number));
                    let began = Instant::now();
                    game.app.update();
                    spent += began.elapsed();
                    game.clear();
                }
                spent
            });
        });
    }
}

fn requests(criterion: &mut Criterion) {
    queued(criterion, "queued requests", |world, number| _ = world.write_message(invite(number)));
    // Each joins the first.
    queued(criterion, "queued sign-ins", |world, _| _ = world.write_message(RequestLogin::new()));
    queued(criterion, "queued requests, cancelled", |world, number| {
        let request = invite(number);
        world.write_message(CancelRequest { id: request.id() });
        world.write_message(request);
    });
}

criterion_group!(benches, frames, requests);
criterion_main!(benches);
