//! `docs/performance.md`: tables and charts, made from the data alone.

mod cost;
mod data;
mod figures;
#[cfg(test)]
mod tests;
mod webview;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::chart::{self, Axes, Series, number};
pub use data::Data;
use data::{Measured, at, points};
use figures::Figure;

/// The page, and the figures that it misses.
pub struct Page {
    pub text: String,
    pub missed: Vec<String>,
}

/// Draws the charts into `charts` and writes the page's text.
///
/// # Errors
///
/// A chart cannot be drawn, or a part was never measured.
pub fn make(data: &Data, charts: &Path) -> Result<Page, String> {
    let page = Writer {
        data: Measured(data),
        charts,
        text: String::new(),
    };
    page.write()
}

struct Writer<'a> {
    data: Measured<'a>,
    charts: &'a Path,
    text: String,
}

const INTRODUCTION: &str = "\
# Performance

What the plugin adds to a game's frames, build and program, and how the cost grows. `scripts/bench` measures every number and
writes this page; the data is in [performance/figures.json](performance/figures.json).

```sh
scripts/bench                    # measures all of it and writes this page: an hour on two cores the first time, later 45 minutes
scripts/bench --only url         # one part
scripts/bench --list             # the parts
scripts/bench --check            # counts instructions and fails if one count has grown by more than 5 %; CI runs it
```

Times are medians unless the text says otherwise. A part measures what it compares, such as a URL and its floor, in one run.
";

impl Writer<'_> {
    fn write(mut self) -> Result<Page, String> {
        let figures = self.data.figures()?;
        let _ = writeln!(
            self.text,
            "{INTRODUCTION}\n## Figures that must be reached\n"
        );
        self.text += "| what | must reach | measured | |\n| --- | --- | --- | --- |\n";
        for Figure {
            what,
            least,
            measured,
            reached,
        } in &figures
        {
            let verdict = if *reached { "reached" } else { "MISSED" };
            let _ = writeln!(self.text, "| {what} | {least} | {measured} | {verdict} |");
        }
        self.url()?;
        self.frame()?;
        self.latency()?;
        self.slow_clients()?;
        self.webview();
        self.cost()?;
        self.growth()?;
        let missed = figures
            .into_iter()
            .filter(|figure| !figure.reached)
            .map(|figure| figure.what.to_owned())
            .collect();
        Ok(Page {
            text: self.text,
            missed,
        })
    }

    /// Writes the head of a section, and when and on what its parts were measured.
    fn section(&mut self, title: &str, parts: &[&str], text: &str) {
        let _ = write!(self.text, "\n## {title}\n\n{text}\n\n");
        for part in parts {
            let measured = self
                .data
                .0
                .get(*part)
                .and_then(|part| part.get("measured")?.as_str())
                .unwrap_or_default();
            let _ = writeln!(self.text, "- `{part}`: {measured}");
        }
        self.text.push('\n');
    }

    fn chart(
        &mut self,
        name: &str,
        about: &str,
        draw: impl FnOnce(&Path) -> Result<(), Box<dyn std::error::Error>>,
    ) -> Result<(), String> {
        let file = self.charts.join(format!("{name}.svg"));
        draw(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let _ = writeln!(self.text, "\n![{about}](performance/{name}.svg)");
        Ok(())
    }

    fn url(&mut self) -> Result<(), String> {
        let text = "\
The floor is the least work that a signed URL needs: MD5 over the signed text, and percent-encoding of the same values. It uses
the `percent-encoding` crate and writes into one buffer. The plugin's time begins with the attachment's builder and includes
JSON, base64, checks, signature and URL. (`tools/xtask/src/bin/measure/url.rs`)";
        self.section("Building and signing a URL", &["url"], text);
        self.text += "| URL | ns | floor, ns | ratio | bytes | allocations |\n| --- | --- | --- | --- | --- | --- |\n";
        let cases = self
            .data
            .part("url")?
            .as_object()
            .cloned()
            .unwrap_or_default();
        for (name, case) in &cases {
            let [ns, floor] = ["ns", "floor_ns"].map(|what| at(case, what));
            let [bytes, allocations] =
                ["url_bytes", "allocations"].map(|what| number(at(case, what)));
            let _ = writeln!(
                self.text,
                "| `{name}` | {} | {} | {:.2} | {bytes} | {allocations} |",
                number(ns),
                number(floor),
                ns / floor
            );
        }
        let names: Vec<String> = cases.keys().cloned().collect();
        let values = |what: &str| cases.values().map(|case| at(case, what)).collect();
        let series = [
            ("built and signed".to_owned(), values("ns")),
            ("floor".to_owned(), values("floor_ns")),
        ];
        self.chart("url", "time of a URL beside the floor", |file| {
            chart::bars(file, "Building and signing a URL", "ns", &names, &series)
        })
    }

    fn frame(&mut self) -> Result<(), String> {
        let text = "\
An app with nothing else in it, without the plugin and with it. Callgrind counts the instructions, so they hardly change from
run to run; times do. The plugin's systems are in `PreUpdate` and `PostUpdate`. Every game runs these schedules, but a bare
`App::new()` does not. So the first two lines differ by what the schedules cost Bevy alone.
(`tools/xtask/src/bin/measure/idle.rs`, `benches/systems.rs`)";
        self.section("An idle frame", &["instructions", "systems"], text);
        self.text += "| app | instructions | allocations | time, ns |\n| --- | --- | --- | --- |\n";
        let (instructions, times) = (
            self.data.part("instructions")?.clone(),
            self.data.part("systems")?.clone(),
        );
        /// App, its case in `cargo xtask idle`, and its benchmark in `benches/systems.rs`.
        const CASES: [(&str, &str, &str); 4] = [
            ("a bare `App::new()`", "empty", "frame/bare"),
            ("without the plugin", "without", "frame/without the plugin"),
            ("with it, nothing pending", "with", "frame/pending/0"),
            ("8 pending", "pending", "frame/pending/8"),
        ];
        for (app, case, bench) in CASES {
            let count = number(at(&instructions["counts"], &format!("frame {case}")));
            let (allocations, ns) = (
                at(&instructions["allocations"], case),
                number(at(&times, bench)),
            );
            let _ = writeln!(self.text, "| {app} | {count} | {allocations} | {ns} |");
        }
        let series = [(
            "instructions".to_owned(),
            CASES
                .iter()
                .map(|(_, case, _)| at(&instructions["counts"], &format!("frame {case}")))
                .collect(),
        )];
        let names: Vec<String> = CASES.iter().map(|(app, ..)| app.replace('`', "")).collect();
        self.chart("idle-frame", "instructions of an idle frame", |file| {
            chart::bars(file, "An idle frame", "instructions", &names, &series)
        })?;
        self.text += "\nURLs, in instructions: ";
        let urls = instructions["counts"].as_object().into_iter().flatten();
        let urls =
            urls.filter_map(|(case, count)| Some((case.strip_prefix("url ")?, count.as_f64()?)));
        let urls: Vec<String> = urls
            .map(|(case, count)| format!("`{case}` {}", number(count)))
            .collect();
        let _ = writeln!(self.text, "{}.", urls.join(", "));
        Ok(())
    }

    fn latency(&mut self) -> Result<(), String> {
        let text = "\
The time begins before the browser sends the callback. It ends when a game system reads the result (*read*), or with the frame
that shows it (*shown*). The game has a real window of 480x320 on a virtual screen. Bevy draws in software and is compiled
without optimizations. `game` is `WinitSettings::game()` with the focus, `desktop_app` that mode without it. `hour` is a reactive
window without focus that would sleep for an hour; `hour_focused` has the focus, `hour_hidden` is not on the screen. The game
always reads the result in the first frame after the callback. (`examples/social_game/tests/sleeping_window/`)";
        self.section("From callback to message", &["latency"], text);
        self.text +=
            "| window | results | read p50, ms | p90, ms | p99, ms | shown p50, ms | p99, ms |\n";
        self.text += "| --- | --- | --- | --- | --- | --- | --- |\n";
        let modes = self.data.rows("latency")?.to_vec();
        let name = |mode: &Value| mode["mode"].as_str().unwrap_or_default().to_owned();
        for mode in &modes {
            let [p50, p90, p99] =
                ["p50", "p90", "p99"].map(|what| number(at(&mode["callback_to_finished"], what)));
            let [shown, latest] =
                ["p50", "p99"].map(|what| number(at(&mode["callback_to_visible"], what)));
            let (name, results) = (name(mode), &mode["results"]);
            let _ = writeln!(
                self.text,
                "| `{name}` | {results} | {p50} | {p90} | {p99} | {shown} | {latest} |"
            );
        }
        let drawn = modes
            .iter()
            .filter(|mode| ["game", "hour"].contains(&name(mode).as_str()));
        let each = |mode: &Value| {
            mode["callback_to_finished_each"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_f64)
                .collect()
        };
        let series: Vec<Series<f64>> = drawn.map(|mode| (name(mode), each(mode))).collect();
        let axes = Axes {
            title: "From callback to message",
            x: "ms",
            y: "% of results",
        };
        self.chart("latency", "how long results take", |file| {
            chart::histogram(file, &axes, 1.0, &series)
        })?;
        let frames = modes
            .iter()
            .filter_map(|mode| mode["frame_times"].as_array())
            .flatten();
        let frames: Vec<String> = frames
            .map(|timed| {
                format!(
                    "{} ms with {} pending",
                    number(at(&timed["frame"], "p50")),
                    timed["pending"]
                )
            })
            .collect();
        let _ = writeln!(
            self.text,
            "\nA frame of the window `game` takes {} (p50).",
            frames.join(", ")
        );
        Ok(())
    }

    fn slow_clients(&mut self) -> Result<(), String> {
        let text = "\
For 30 s, 256 clients send one byte a second each, and connect again when the listener closes them. Meanwhile 200 players come
back from OK's page. A callback's time ends when the game has read the result. (`tests/slow_clients.rs`)";
        self.section("Under slow clients", &["contract"], text);
        let slow = self.data.slow()?.to_owned();
        let _ = writeln!(self.text, "{slow}.");
        Ok(())
    }

    fn growth(&mut self) -> Result<(), String> {
        let text = "\
A straight line is linear growth. Where both axes are logarithmic, linear growth is a line that rises by one step for each step
to the right. (`benches/systems.rs`, `benches/callbacks.rs`, `crates/callback_listener/benches/connection.rs`,
`tools/xtask/src/bin/measure/flood.rs`)";
        self.section(
            "How the cost grows",
            &["systems", "callbacks", "connection", "flood"],
            text,
        );
        let systems = self.data.part("systems")?.clone();
        let queued = [
            "queued requests",
            "queued requests, cancelled",
            "queued logins",
        ];
        let series = queued.map(|name| (name.to_owned(), points(&systems, name, 1000.0)));
        self.text += "**Queued requests.** The plugin refuses those beyond eight at once; later logins join the first.\n";
        let axes = Axes {
            title: "A frame that takes in many messages",
            x: "messages",
            y: "µs",
        };
        self.chart("growth-queued", "a frame by queued requests", |file| {
            chart::lines(file, &axes, true, &series)
        })?;

        let series = [("frame".to_owned(), points(&systems, "frame/pending", 1.0))];
        self.text += "\n**Pending requests.** The cost of each frame while they wait.\n";
        let axes = Axes {
            title: "An idle frame",
            x: "pending requests",
            y: "ns",
        };
        self.chart("growth-pending", "a frame by pending requests", |file| {
            chart::lines(file, &axes, false, &series)
        })?;

        let series = [
            (
                "parsing the callback".to_owned(),
                points(self.data.part("callbacks")?, "callback size", 1000.0),
            ),
            (
                "the whole callback".to_owned(),
                points(self.data.part("connection")?, "callback size", 1000.0),
            ),
        ];
        self.text += "\n**Size of the callback.** The time is that of the listener's thread, which refuses callbacks over 16 KiB.\n";
        let axes = Axes {
            title: "A callback of an invitation",
            x: "bytes",
            y: "µs",
        };
        self.chart("growth-callback", "time by the callback's size", |file| {
            chart::lines(file, &axes, true, &series)
        })?;

        let flood = self.data.rows("flood")?.to_vec();
        let of = |what: &str| {
            flood
                .iter()
                .map(|rate| (at(rate, "responses"), at(rate, what)))
                .collect::<Vec<_>>()
        };
        self.text += "\n**Wrong requests.** The listener responds to each. Attacker, listener and game share the two cores. Most of the time is the\n";
        self.text += "kernel's, for the connection; the listener's own time is `connection/wrong token` in the data. The time for one request does\n";
        self.text += "not grow with their number, and is less where several wait at once.\n\n";
        self.text += "| wrong requests a second | listener's CPU, ms a second | µs each | callback p50, ms | p99, ms |\n";
        self.text += "| --- | --- | --- | --- | --- |\n";
        // What the player's own callbacks take.
        let rest = flood.first().map_or(f64::NAN, |rate| at(rate, "cpu_ms"));
        for rate in &flood {
            let [responses, cpu, p50, p99] =
                ["responses", "cpu_ms", "p50_ms", "p99_ms"].map(|what| number(at(rate, what)));
            let each = (at(rate, "cpu_ms") - rest) / at(rate, "responses") * 1000.0;
            let each = if each.is_finite() {
                number(each)
            } else {
                String::new()
            };
            let _ = writeln!(
                self.text,
                "| {responses} | {cpu} | {each} | {p50} | {p99} |"
            );
        }
        let series = [("listener's CPU".to_owned(), of("cpu_ms"))];
        let axes = Axes {
            title: "The listener under wrong requests",
            x: "requests a second",
            y: "CPU, ms a second",
        };
        self.chart("growth-wrong", "CPU time by wrong requests", |file| {
            chart::lines(file, &axes, false, &series)
        })
    }
}
