//! Tokens cannot be guessed, and how long a comparison takes says nothing about them.

use std::collections::HashSet;
use std::hint::black_box;

use super::*;
use test_support::random::Random;
use test_support::reliability::{is_full, measured, percentile, scale};

fn digit(random: &mut Random) -> char {
    char::from(b"0123456789abcdef"[random.below(16)])
}

/// A token that shares exactly so many leading digits with this one; the rest is random.
fn alike(token: &str, digits: usize, random: &mut Random) -> String {
    let mut near = token[..digits].to_owned();
    let right = token[digits..].chars().next();
    let wrong = std::iter::repeat_with(|| digit(random)).find(|digit| Some(*digit) != right);
    near.extend(wrong);
    near.extend(std::iter::repeat_with(|| digit(random)).take(token.len() - near.len()));
    near
}

#[test]
fn wrong_tokens_end_nothing() {
    let guesses = scale(10_000, 1_000_000);
    let mut random = Random(0x0d0c_1a5e);
    let mut world = World::new();
    let several: Vec<_> = (0..8).map(|id| world.add(id)).collect();
    let mut guess = |world: &mut World, pending: &Request| {
        // Nearly right, and right but at the wrong URL.
        let digits = random.below(32);
        let back = alike(&pending.return_token, digits, &mut random);
        let start = alike(&pending.link_token, digits, &mut random);
        for path in [
            format!("/r/{back}?code=OK"),
            format!("/go/{start}"),
            format!("/r/{}?code=OK", pending.link_token),
            format!("/go/{}", pending.return_token),
        ] {
            assert_eq!(status(&world.get(&path)), 404);
        }
    };
    for number in 0..guesses {
        guess(&mut world, &several[number % 8]);
    }
    assert_eq!(world.take(), [], "it is not clear whose these were");

    let (last, others) = several.split_last().unwrap();
    let complete = |world: &mut World, pending: &Request| {
        let raw = format!("code=OK&state={}", pending.id);
        assert_eq!(
            status(&world.get(&format!("/go/{}", pending.link_token))),
            303
        );
        assert_eq!(
            status(&world.get(&format!("/r/{}?{raw}", pending.return_token))),
            200
        );
        assert_eq!(
            world.take(),
            [
                CallbackEvent::Visited(pending.id),
                CallbackEvent::Received(pending.id, raw)
            ]
        );
    };
    others
        .iter()
        .for_each(|pending| complete(&mut world, pending));
    for _ in 0..100 {
        guess(&mut world, last);
    }
    assert_eq!(
        world.take(),
        [CallbackEvent::UnexpectedCallback(last.id)],
        "one notice to the only one"
    );
    complete(&mut world, last);
    measured(
        8,
        format!("{guesses} wrong return and start tokens each: no event"),
    );
}

#[test]
fn generated_tokens_are_even_and_never_the_same() {
    let count = scale(20_000, 1_000_000);
    let (mut seen, mut ones) = (HashSet::new(), [0_u32; 128]);
    for number in 0..count {
        let digits = match number % 2 {
            0 => return_token().expose().to_owned(),
            _ => link_token().expose().to_owned(),
        };
        let token = u128::from_str_radix(&digits, 16).unwrap();
        assert!(seen.insert(token), "the same token twice");
        for (bit, ones) in ones.iter_mut().enumerate() {
            *ones += u32::from(token >> bit & 1 == 1);
        }
    }
    // In percent. Both are at least seven standard deviations: no run fails by chance.
    let allowed = scale(2.5, 0.5);
    let off = |ones: u32| (100.0 * f64::from(ones) / f64::from(count) - 50.0).abs();
    let worst = ones.into_iter().map(off).fold(0.0, f64::max);
    assert!(worst <= allowed, "a bit is {worst:.3} % from even");
    measured(
        8,
        format!("{count} tokens: none twice, each bit 50 ± {worst:.2} %"),
    );
}

/// Candidates share from 0 to 31 leading digits with the token.
const SHARED: usize = 32;
/// How often a comparison is repeated for one timing.
const REPEATS: usize = 16;

/// Times `compare` for candidates of each kind in random order, and returns how surely its time
/// depends on the kind. That is the largest |t| of Welch's test of each kind with the first, as
/// `dudect` has it; below 4.5 nothing was found.
fn largest_t(token: &str, mut compare: impl FnMut(&str)) -> f64 {
    let mut random = Random(0x5eed_0d0c);
    let candidates: [_; SHARED] = std::array::from_fn(|digits| {
        let near = || alike(token, digits, &mut random);
        std::iter::repeat_with(near).take(256).collect::<Vec<_>>()
    });
    // Always in the same place, so that all kinds meet the same cache.
    let mut place = String::with_capacity(token.len());
    let mut timings = Vec::new();
    for _ in 0..scale(1_000, 1_000_000) {
        let kind = random.below(SHARED);
        place.clear();
        place.push_str(&candidates[kind][random.below(256)]);
        let begin = Instant::now();
        for _ in 0..REPEATS {
            compare(black_box(&place));
        }
        timings.push((kind, begin.elapsed()));
    }
    // The slowest were interrupted.
    let mut times: Vec<_> = timings.iter().map(|(_, time)| *time).collect();
    let longest = percentile(&mut times, 90);
    let of_kind = |kind| {
        let kept = timings
            .iter()
            .filter(move |(of, time)| *of == kind && *time <= longest);
        Sample::of(kept.map(|(_, time)| time.as_secs_f64() * 1e9))
    };
    let first = of_kind(0);
    (1..SHARED)
        .map(|kind| first.t(&of_kind(kind)).abs())
        .fold(0.0, f64::max)
}

/// Number, mean and variance.
struct Sample(f64, f64, f64);

impl Sample {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let count = values.clone().count() as f64;
        let mean = values.clone().sum::<f64>() / count;
        let squares = values.map(|value| (value - mean).powi(2)).sum::<f64>();
        Self(count, mean, squares / (count - 1.0))
    }

    fn t(&self, other: &Self) -> f64 {
        (self.1 - other.1) / (self.2 / self.0 + other.2 / other.0).sqrt()
    }
}

#[test]
fn the_time_of_a_comparison_says_nothing_of_the_token() {
    let mut world = World::new();
    let several: Vec<_> = (0..8).map(|id| world.add(id)).collect();
    let t = largest_t(&several[3].return_token, |candidate| {
        assert!(!black_box(world.handler.table().has_return(candidate)));
    });
    // A comparison with the flaw: it stops at the first wrong digit.
    let early = largest_t(&several[3].return_token, |candidate| {
        let equal = |pending: &Request| {
            pending
                .return_token
                .bytes()
                .zip(candidate.bytes())
                .all(|(a, b)| black_box(a) == b)
        };
        assert!(!black_box(several.iter().any(equal)));
    });
    if is_full() {
        assert!(t < 4.5, "|t| is {t:.1}");
        assert!(
            early > 100.0,
            "the test would find nothing: |t| is {early:.1} with an early exit"
        );
    }
    measured(
        8,
        format!("timing |t| {t:.1} (with an early exit {early:.0})"),
    );
}
