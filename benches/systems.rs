//! A frame of an app, by what the plugin has to do in it: nothing, wait for up to eight results,
//! take in up to 10,000 requests at once.
//!
//! ```sh
//! cargo bench --bench systems
//! ```
//!
//! `cargo xtask frame` measures the two systems by themselves, for the contract in
//! `docs/reliability.md`.

use std::time::{Duration, Instant};

use bevy_app::prelude::*;
use bevy_ecs::prelude::*;
use bevy_odnoklassniki::{MAX_PENDING, prelude::*};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use test_support::flow;

const QUEUED: [usize; 9] = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000];

/// Ends all that is pending, once its openers have spoken.
fn clear(app: &mut App) {
    flow::come_to_rest(app);
    let pending: Vec<RequestId> = app
        .world()
        .resource::<PendingRequests>()
        .iter()
        .map(|request| request.id())
        .collect();
    for id in pending {
        app.world_mut().write_message(CancelRequest { id });
    }
    app.update();
    flow::come_to_rest(app);
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
    group.bench_function("without the plugin", |bencher| {
        bencher.iter(|| without.update());
    });
    for pending in 0..=MAX_PENDING {
        let mut app = flow::app_at_rest(App::new(), flow::plugin(), pending);
        group.bench_function(BenchmarkId::new("pending", pending), |bencher| {
            bencher.iter(|| app.update());
        });
    }
}

/// A frame that takes in what `write` writes, so often.
fn queued(criterion: &mut Criterion, name: &str, write: impl Fn(&mut World, usize)) {
    let mut group = criterion.benchmark_group(name);
    for count in QUEUED {
        let plugin = flow::plugin().with_redirect_uris(["http://127.0.0.1:0/login"]);
        let mut app = flow::app_at_rest(App::new(), plugin, 0);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter_custom(|rounds| {
                let mut spent = Duration::ZERO;
                for _ in 0..rounds {
                    (0..count).for_each(|number| write(app.world_mut(), number));
                    let began = Instant::now();
                    app.update();
                    spent += began.elapsed();
                    clear(&mut app);
                }
                spent
            });
        });
    }
}

fn requests(criterion: &mut Criterion) {
    queued(criterion, "queued requests", |world, number| {
        _ = world.write_message(invite(number));
    });
    // Each joins the first.
    queued(criterion, "queued logins", |world, _| {
        _ = world.write_message(RequestLogin::new());
    });
    queued(criterion, "queued requests, cancelled", |world, number| {
        let request = invite(number);
        world.write_message(CancelRequest { id: request.id() });
        world.write_message(request);
    });
}

criterion_group!(benches, frames, requests);
criterion_main!(benches);
