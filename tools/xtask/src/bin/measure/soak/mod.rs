//! Many flows in one process, and whether anything is left of them: memory, descriptors, threads,
//! children.
//!
//! ```sh
//! cargo xtask soak --flows 100000 --png docs/soak.png
//! ```
//!
//! A flow is whole: the game writes a request, its link is followed, OK's callback comes to the
//! listener, the game reads the result. OK is played by hand, so that nothing but the plugin is in
//! the process. The graph shows memory and latency over the run.

mod flow;
mod graph;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use flow::{Game, KINDS};
use graph::Sample;
use test_support::process::{Process, names};
use test_support::reliability::{measured, millis, percentile};

const HELP: &str = "\
usage: cargo xtask soak [--flows N] [--png FILE] [--help]

Plays N flows (default 100000, at least 2000) through the plugin and counts what is left of them. Exit code 1 if memory has
grown by more than 5 MiB, or if a descriptor, a thread or a child is left.

  --flows N    how many
  --png FILE   where the graph goes (default soak.png)";

/// What memory may grow by.
const GROWTH_KIB: u64 = 5 * 1024;
/// Flows before anything is counted: buffers get their size, tables their place.
const WARM_UP: usize = 1000;
/// How long the last request is remembered, and some time to clean up.
const GONE: Duration = Duration::from_secs(90);

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the command line"
)]
pub fn main(arguments: &[&str]) -> ExitCode {
    let (flows, png) = match read_options(arguments) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match run(flows).and_then(|(samples, verdict)| {
        graph::draw(&png, &samples).map_err(|error| format!("{}: {error}", png.display()))?;
        println!("graph: {}", png.display());
        verdict
    }) {
        Ok(figures) => {
            println!("{figures}");
            measured(21, figures);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns how many flows, and where the graph goes; nothing if help is asked for.
fn read_options(arguments: &[&str]) -> Result<Option<(usize, PathBuf)>, lexopt::Error> {
    use lexopt::prelude::{Long, Short, ValueExt as _};
    let (mut flows, mut png) = (100_000, PathBuf::from("soak.png"));
    let mut arguments = lexopt::Parser::from_args(arguments);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("flows") => flows = arguments.value()?.parse()?,
            Long("png") => png = arguments.value()?.into(),
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(argument.unexpected()),
        }
    }
    if flows < 2 * WARM_UP {
        return Err(format!(
            "--flows must be at least {}: the first {WARM_UP} are not counted",
            2 * WARM_UP
        )
        .into());
    }
    Ok(Some((flows, png)))
}

/// Plays all flows. Returns the samples, and the figures or what is wrong with them.
#[expect(clippy::print_stderr, reason = "progress")]
fn run(flows: usize) -> Result<(Vec<Sample>, Result<String, String>), String> {
    let here = Process::this();
    let at_rest = |here: &Process| (here.descriptors(), here.threads().len(), here.children());
    let before = at_rest(&here);
    let mut game = Game::new()?;
    let mut samples = Vec::new();
    // Written to now, so that it does not look like growth later.
    let mut all = vec![Duration::ZERO; flows];
    let mut since = Vec::new();
    let every = (flows / 200).max(KINDS);
    let began = Instant::now();
    for number in 1..=flows {
        let time = game
            .play(number)
            .map_err(|error| format!("flow {number}: {error}"))?;
        all[number - 1] = time;
        since.push(time);
        if number == WARM_UP || number % every == 0 {
            samples.push(Sample {
                flows: number,
                resident_kib: here.resident_kib(),
                descriptors: here.descriptors(),
                threads: here.threads().len(),
                p50: percentile(&mut since, 50),
                p99: percentile(&mut since, 99),
            });
            since.clear();
        }
        if number % (flows / 10) == 0 {
            eprintln!(
                "{number} flows, {:.0?}, {} KiB",
                began.elapsed(),
                here.resident_kib()
            );
        }
    }

    let warm = samples.iter().filter(|sample| sample.flows >= WARM_UP);
    let first = warm.clone().next().map_or(0, |sample| sample.resident_kib);
    let growth = warm
        .map(|sample| sample.resident_kib)
        .max()
        .unwrap_or(0)
        .saturating_sub(first);
    let most = |count: fn(&Sample) -> usize| samples.iter().map(count).max().unwrap_or(0);
    let (descriptors, threads) = (
        most(|sample| sample.descriptors),
        most(|sample| sample.threads),
    );

    eprintln!("waiting until the last request is forgotten");
    let end = Instant::now() + GONE;
    while at_rest(&here) != before && Instant::now() < end {
        game.wait(Duration::from_millis(100));
    }
    let after = at_rest(&here);
    let figures = format!(
        "{flows} flows, memory +{growth} KiB; at most {descriptors} descriptors and {threads} threads, in the end {}, {} \
         and {} children as at the start; {} zombies; callback to result p50 {}, p99 {}",
        after.0,
        after.1,
        after.2,
        here.zombies(),
        millis(percentile(&mut all, 50)),
        millis(percentile(&mut all, 99)),
    );
    let kept = growth <= GROWTH_KIB && after == before && here.zombies() == 0;
    let threads = here.our_threads();
    let verdict = if kept {
        Ok(figures)
    } else {
        Err(format!(
            "{figures}; at the start {before:?}; left: {:?}",
            names(&threads)
        ))
    };
    Ok((samples, verdict))
}
