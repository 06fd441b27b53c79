//! Parsing what OK sends back: the forms in which callbacks come, and how the cost grows with their
//! size.
//!
//! ```sh
//! cargo bench --bench callbacks
//! ```

use std::hint::black_box;

use bevy_odnoklassniki::protocol::oauth::AuthorizationResponse;
use bevy_odnoklassniki::protocol::{Published, Sent, WidgetCallback as _};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// A post, as the browser sends it back.
const PUBLISHED: &str = "result=%7B%22type%22%3A%22success%22%2C%22id%22%3A%2270102413180001%22%2C%22signature%22%3A%222d0a0fb175e102597302505c6ad7bc3c%22%7D";
const REFUSED: &str = "code=PARAM_SIGNATURE&error_code=104&error_msg=Bad%20signature";
/// A login, in the fragment that the relay page posts.
const LOGGED_IN: &str = "access_token=tkn1-Q9f3aZ_7ueXw2LhBcR.s0V4&session_secret_key=9f86d081884c7d659a2feaa0c55ad015&expires_in=1800&state=0123456789abcdef0123456789abcdef&permissions_granted=VALUABLE_ACCESS";

/// In bytes; the listener reads no request line of more than 16 KiB.
const SIZES: [usize; 8] = [100, 250, 500, 1000, 2000, 4000, 8000, 16_000];

/// A callback of an invitation to so many friends.
fn to_friends(friends: usize) -> String {
    let friends: Vec<String> = (0..friends)
        .map(|friend| (561_104_940_001 + friend).to_string())
        .collect();
    format!("code=OK&selected=%5B{}%5D&state=n1", friends.join("%2C"))
}

/// The callback with the most friends that is not longer, filled up by an unknown parameter.
fn of_size(bytes: usize) -> String {
    let longest = (0..)
        .map(to_friends)
        .take_while(|callback| callback.len() + "&x=".len() <= bytes)
        .last();
    let callback = longest.expect("no callback is so short");
    let filling = "x".repeat(bytes - callback.len() - "&x=".len());
    format!("{callback}&x={filling}")
}

fn forms(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("callback form");
    group.bench_function("post", |bencher| {
        bencher.iter(|| Published::from_pairs(black_box(PUBLISHED)));
    });
    let invited = to_friends(3);
    group.bench_function("invitation", |bencher| {
        bencher.iter(|| Sent::from_pairs(black_box(&invited)));
    });
    group.bench_function("refusal", |bencher| {
        bencher.iter(|| Sent::from_pairs(black_box(REFUSED)));
    });
    group.bench_function("login", |bencher| {
        bencher.iter(|| AuthorizationResponse::from_pairs(black_box(&[LOGGED_IN])));
    });
}

fn sizes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("callback size");
    for bytes in SIZES {
        let query = of_size(bytes);
        assert!(Sent::from_pairs(&query).is_ok());
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_with_input(
            BenchmarkId::from_parameter(bytes),
            &query,
            |bencher, query| {
                bencher.iter(|| Sent::from_pairs(black_box(query)));
            },
        );
    }
}

criterion_group!(benches, forms, sizes);
criterion_main!(benches);
