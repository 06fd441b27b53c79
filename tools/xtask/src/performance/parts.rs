//! What is measured, part by part. Each returns JSON, of which the page is made.

use std::process::Command;

use serde_json::{Map, Value, json};

use super::run::{Runner, json_lines, progress};
use super::{cost, criterion, instructions, web, webview};

/// A part of the page.
pub struct Part {
    pub name: &'static str,
    pub about: &'static str,
    pub measure: fn(&mut Runner) -> Result<Value, String>,
}

/// In the order in which they are measured: what needs the machine for itself comes first.
pub const PARTS: [Part; 13] = [
    Part {
        name: "url",
        about: "building and signing a URL, beside the floor",
        measure: url,
    },
    Part {
        name: "callbacks",
        about: "parsing callbacks, by form and size",
        measure: |runner| times(runner, "bevy_odnoklassniki", "callbacks"),
    },
    Part {
        name: "connection",
        about: "the listener's connection without its socket",
        measure: |runner| times(runner, "callback_listener", "connection"),
    },
    Part {
        name: "systems",
        about: "frames, by what is pending and queued",
        measure: |runner| times(runner, "bevy_odnoklassniki", "systems"),
    },
    Part {
        name: "instructions",
        about: "instructions by callgrind, and allocations of a frame",
        measure: instructions,
    },
    Part {
        name: "flood",
        about: "a player beside up to 20,000 wrong requests a second",
        measure: flood,
    },
    Part {
        name: "contract",
        about: "rows 4 and 14 of docs/reliability.md: slow clients, idle threads",
        measure: contract,
    },
    Part {
        name: "latency",
        about: "from callback to message in a real window",
        measure: latency,
    },
    Part {
        name: "webview",
        about: "the program that shows OK's page in a window: size, memory, time",
        measure: webview::measure,
    },
    Part {
        name: "whole",
        about: "what a game with all of Bevy pays in crates, seconds and bytes",
        measure: |runner| cost::whole(runner, progress),
    },
    Part {
        name: "headless",
        about: "what a headless game pays, for every feature and for two other plugins",
        measure: |runner| cost::headless(runner, progress),
    },
    Part {
        name: "small",
        about: "what a headless game pays that is built to be small",
        measure: |runner| cost::small(runner, progress),
    },
    Part {
        name: "web",
        about: "what a player downloads more in a browser",
        measure: |runner| web::measure(runner, progress),
    },
];

fn url(runner: &mut Runner) -> Result<Value, String> {
    let said = runner.measure("url")?;
    json_lines(&said)
        .next()
        .ok_or_else(|| "url printed nothing".to_owned())
}

fn times(runner: &mut Runner, package: &str, bench: &str) -> Result<Value, String> {
    let times = criterion::measure(runner, package, bench)?;
    Ok(times
        .into_iter()
        .map(|(name, ns)| (name, round(ns).into()))
        .collect::<Map<_, _>>()
        .into())
}

fn instructions(runner: &mut Runner) -> Result<Value, String> {
    let counts = instructions::count(runner)?;
    instructions::keep(&runner.root, &counts)?;
    let said = runner.measure("idle")?;
    let allocations = json_lines(&said).next().ok_or("idle printed nothing")?;
    Ok(json!({ "counts": counts, "allocations": allocations }))
}

fn flood(runner: &mut Runner) -> Result<Value, String> {
    let said = runner.measure("flood")?;
    Ok(json_lines(&said).collect())
}

/// Runs the tests of the reliability contract whose figures belong here, at full thresholds.
fn contract(runner: &mut Runner) -> Result<Value, String> {
    let mut said = String::new();
    for test in [
        "slow_clients -- --exact slow_clients_cannot_starve_a_player",
        "idle -- pending without",
    ] {
        let mut cargo = Command::new("cargo");
        cargo.args([
            "test",
            "--locked",
            "--quiet",
            "--release",
            "-p",
            "bevy_odnoklassniki",
            "--test",
        ]);
        cargo
            .args(test.split(' '))
            .args(["--nocapture", "--test-threads=1"])
            .env("OK_RELIABILITY", "full");
        said += &runner.run(&mut cargo)?;
    }
    let rows = said
        .lines()
        .filter_map(|line| line.strip_prefix("MEASURED ")?.split_once(": "));
    let rows: Vec<Value> = rows
        .map(|(row, what)| json!({ "row": row, "measured": what }))
        .collect();
    if rows.is_empty() {
        Err("the tests measured nothing".to_owned())
    } else {
        Ok(rows.into())
    }
}

fn latency(runner: &mut Runner) -> Result<Value, String> {
    // Bevy as the tests have it: with optimizations it would be compiled once more.
    let mut cargo = Command::new("cargo");
    cargo
        .args("test --locked --quiet -p social_game --test sleeping_window".split(' '))
        .args(["--", "--nocapture", "--test-threads=1"])
        .env("OK_RELIABILITY", "full")
        .env("OK_REQUIRE_WINDOW", "1");
    let said = runner.run(&mut cargo)?;
    let mut modes: Vec<Value> = json_lines(&said).collect();
    // The tests run in the order of their names.
    let order = ["game", "desktop_app", "hour", "hour_focused", "hour_hidden"];
    modes.sort_by_key(|mode| order.iter().position(|name| mode["mode"] == **name));
    Ok(modes.into())
}

fn round(ns: f64) -> f64 {
    (ns * 10.0).round() / 10.0
}
