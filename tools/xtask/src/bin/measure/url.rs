//! Measures building and signing a widget URL beside the floor. The floor is MD5 over the signed
//! text, and percent-encoding the same values into a buffer that is used again.
//!
//! ```sh
//! cargo xtask url
//! ```
//!
//! Prints one JSON object. For each case it has `ns` and `floor_ns`, the median of the rounds, and
//! `url_bytes` and `allocations`, with a new attachment and widget. All are for one URL.
//! `--case NAME --count N` builds the URL of one case N times and prints nothing, for a profiler.

use std::borrow::Cow;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use md5::{Digest as _, Md5};
use odnoklassniki::{
    AccessToken, ApplicationId, Attachment, InviteParameters as _, InviteWidget, PostWidget,
    ReturnTo, SIGNED_PARAMETERS, SessionSecretKey, Signer, WidgetParameters as _, WidgetUrlBuilder,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, json};

const RETURN_URL: &str = "http://127.0.0.1:8080/r/0123456789abcdef0123456789abcdef";
const TOKEN: &str = "tkn1-Q9f3aZ_7ueXw2LhBcR.s0V4";
const KEY: &str = "9f86d081884c7d659a2feaa0c55ad015";

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An odd number, so that one of them is the median. URL and floor take turns in each.
const ROUNDS: usize = 15;
/// About how long a round takes for each of the two.
const ROUND_NS: u128 = 20_000_000;

/// Made before the clock runs, because a game already has its texts.
struct Texts {
    cyrillic: String,
    long: String,
}

struct Bench {
    texts: Texts,
    builder: WidgetUrlBuilder,
    signer: Signer,
}

type Case = fn(&mut Bench) -> &str;

const CASES: [(&str, Case); 4] = [
    ("post_short", |bench| {
        bench.post(|_| Attachment::new().text("hello world!"))
    }),
    ("post_cyrillic", |bench| {
        bench.post(|texts| {
            Attachment::new()
                .text(&texts.cyrillic)
                .link("https://game.example/run/8812")
        })
    }),
    ("post_4k", |bench| {
        bench.post(|texts| Attachment::new().text(&texts.long))
    }),
    ("invite", |bench| bench.invite()),
];

impl Bench {
    fn new() -> Self {
        let texts = Texts {
            cyrillic: "Я прошёл уровень семь! ".repeat(10),
            long: "level cleared ".repeat(290),
        };
        let builder = WidgetUrlBuilder::new(ApplicationId::new(512_000_123_456));
        let signer = Signer::session(AccessToken::new(TOKEN), SessionSecretKey::new(KEY));
        Self {
            texts,
            builder,
            signer,
        }
    }

    fn post(&mut self, attachment: fn(&Texts) -> Attachment) -> &str {
        let widget = PostWidget::new(attachment(&self.texts));
        self.builder
            .build(&widget, return_to(), &self.signer)
            .expect("a post")
            .expose()
    }

    fn invite(&mut self) -> &str {
        let widget = InviteWidget::new()
            .comment("Построим замок вместе!")
            .custom_args("from=menu")
            .state("abc123")
            .target(["561104940001", "561104940002"])
            .autosel(3);
        self.builder
            .build(&widget, return_to(), &self.signer)
            .expect("an invitation")
            .expose()
    }
}

fn return_to() -> ReturnTo<'static> {
    ReturnTo {
        return_url: Some(RETURN_URL),
        state: None,
    }
}

/// The least that every implementation must do: the digest and the encoding.
struct Floor {
    signed: Vec<u8>,
    values: Vec<String>,
    out: String,
}

impl Floor {
    /// Takes the values of a URL that was built.
    fn of(url: &str) -> Self {
        let query = url.split_once('?').expect("a URL has a query").1;
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
        let mut signed = String::new();
        for name in SIGNED_PARAMETERS {
            for (_, value) in pairs.iter().filter(|(known, _)| known == name) {
                signed.extend([name, "=", value]);
            }
        }
        signed.push_str(KEY);
        let values = pairs
            .into_iter()
            .map(|(_, value)| Cow::into_owned(value))
            .collect();
        Self {
            signed: signed.into_bytes(),
            values,
            out: String::with_capacity(url.len()),
        }
    }

    fn run(&mut self) {
        black_box(Md5::digest(black_box(&self.signed)));
        self.out.clear();
        for value in &self.values {
            self.out
                .extend(utf8_percent_encode(black_box(value), ENCODED));
        }
        black_box(&self.out);
    }
}

/// Returns the nanoseconds of one of `count` runs.
fn time(count: u32, mut run: impl FnMut()) -> f64 {
    let began = Instant::now();
    (0..count).for_each(|_| run());
    began.elapsed().as_nanos() as f64 / f64::from(count)
}

/// Returns how many runs fill a round.
fn count_for_a_round(mut run: impl FnMut()) -> u32 {
    let mut count = 1;
    while u128::from(count) < ROUND_NS {
        let began = Instant::now();
        (0..count).for_each(|_| run());
        if began.elapsed().as_nanos() > ROUND_NS / 4 {
            return count * 4;
        }
        count *= 2;
    }
    count
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn measure(case: Case) -> serde_json::Value {
    let mut bench = Bench::new();
    let url = case(&mut bench).to_owned();
    let mut floor = Floor::of(&url);
    let (urls, floors) = (
        count_for_a_round(|| _ = black_box(case(&mut bench))),
        count_for_a_round(|| floor.run()),
    );
    let (mut ns, mut floor_ns) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ns.push(time(urls, || _ = black_box(case(&mut bench))));
        floor_ns.push(time(floors, || floor.run()));
    }
    let allocations = allocation_counter::measure(|| _ = black_box(case(&mut bench))).count_total;
    let round = |ns: f64| (ns * 10.0).round() / 10.0;
    json!({
        "ns": round(median(ns)), "floor_ns": round(median(floor_ns)),
        "url_bytes": url.len(), "allocations": allocations,
    })
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the command line"
)]
pub fn main(arguments: &[&str]) -> ExitCode {
    match *arguments {
        [] => {
            let cases: Map<_, _> = CASES
                .iter()
                .map(|&(name, case)| (name.to_owned(), measure(case)))
                .collect();
            println!("{}", serde_json::Value::Object(cases));
            return ExitCode::SUCCESS;
        }
        ["--case", name, "--count", count] => {
            let case = CASES.into_iter().find(|(known, _)| *known == name);
            if let (Some((_, case)), Ok(count)) = (case, count.parse::<u32>()) {
                let mut bench = Bench::new();
                (0..count).for_each(|_| _ = black_box(case(&mut bench)));
                return ExitCode::SUCCESS;
            }
        }
        _ => {}
    }
    let names = CASES.map(|(name, _)| name).join(", ");
    eprintln!("usage: cargo xtask url [--case NAME --count N]\n\nNAME is one of {names}.");
    ExitCode::from(2)
}
