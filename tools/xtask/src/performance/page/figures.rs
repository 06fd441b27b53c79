//! The figures that must be reached, at the head of the page.

use serde_json::Value;

use super::data::{Measured, at};
use crate::performance::chart::number;
use crate::performance::cost::PARTS;
use crate::performance::web::{MESSAGES, PLUGIN};

/// A figure that must be reached.
#[derive(Clone)]
pub struct Figure {
    pub what: &'static str,
    pub least: &'static str,
    pub measured: String,
    pub reached: bool,
}

impl Measured<'_> {
    pub fn figures(&self) -> Result<Vec<Figure>, String> {
        Ok([
            self.url_figures()?,
            self.frame_figures()?,
            self.callback_figures()?,
            self.webview_figures(),
            self.cost_figures()?,
            self.web_figures(),
        ]
        .concat())
    }

    fn url_figures(&self) -> Result<Vec<Figure>, String> {
        let cases = self.part("url")?.as_object().into_iter().flatten();
        let cases: Vec<&Value> = cases.map(|(_, case)| case).collect();
        let ratio = cases
            .iter()
            .map(|case| at(case, "ns") / at(case, "floor_ns"))
            .fold(0.0, f64::max);
        Ok(vec![Figure {
            what: "building and signing a URL",
            least: "2 times the floor",
            measured: format!("{ratio:.2} times at most"),
            reached: !cases.is_empty() && ratio <= 2.0,
        }])
    }

    fn frame_figures(&self) -> Result<Vec<Figure>, String> {
        let instructions = self.part("instructions")?;
        let count = |case: &str| at(&instructions["counts"], &format!("frame {case}"));
        let added = count("with") - count("without");
        let allocations =
            at(&instructions["allocations"], "with") - at(&instructions["allocations"], "without");
        let pending = at(&instructions["allocations"], "pending");
        let rows = self.rows("contract")?;
        let idle: Vec<&str> = rows
            .iter()
            .filter(|row| row["row"] == "14")
            .filter_map(|row| row["measured"].as_str())
            .collect();
        Ok(vec![
            Figure {
                what: "the plugin in a frame with nothing pending",
                least: "3,000 instructions more than the same app without it; nothing allocated; no thread, no socket",
                measured: format!(
                    "{} instructions, {allocations} allocations; {}",
                    number(added),
                    idle.iter()
                        .find(|what| what.starts_with("nothing pending"))
                        .unwrap_or(&"not measured"),
                ),
                reached: added <= 3000.0
                    && allocations == 0.0
                    && idle.contains(&"nothing pending: 0 threads, 0 sockets"),
            },
            Figure {
                what: "8 pending, idle",
                least: "no CPU time, 2 context switches in 10 s; nothing allocated",
                // The test fails if it is more.
                measured: format!(
                    "{}; {pending} allocations",
                    idle.iter()
                        .find(|what| what.starts_with("8 pending"))
                        .unwrap_or(&"not measured")
                ),
                reached: pending == 0.0 && idle.iter().any(|what| what.starts_with("8 pending")),
            },
        ])
    }

    fn callback_figures(&self) -> Result<Vec<Figure>, String> {
        let latency = self.rows("latency")?;
        // Whose game does not draw anyway.
        let asleep = latency
            .iter()
            .filter(|mode| mode["mode"] != "game" && mode["mode"] != "hour_focused");
        let p99 = asleep
            .map(|mode| at(&mode["callback_to_finished"], "p99"))
            .fold(0.0, f64::max);
        let frames = latency
            .iter()
            .filter_map(|mode| mode["frames_from_response_to_finished"].as_object());
        let late: u64 = frames
            .flatten()
            .filter(|(frames, _)| !["0", "1"].contains(&frames.as_str()))
            .filter_map(|(_, count)| count.as_u64())
            .sum();
        let slow = self.slow()?;
        Ok(vec![
            Figure {
                what: "from the accepted callback to a readable `…Finished`",
                least: "the next frame; in a sleeping, unfocused window 20 ms (p99)",
                measured: format!(
                    "later than the next frame: {late}; {} ms at most",
                    number(p99)
                ),
                reached: late == 0 && p99 > 0.0 && p99 <= 20.0,
            },
            Figure {
                what: "200 callbacks with 256 slow clients attached",
                least: "250 ms (p99)",
                // The test fails if it is more.
                measured: slow.to_owned(),
                reached: slow.starts_with("p99"),
            },
        ])
    }

    fn webview_figures(&self) -> Vec<Figure> {
        // A page of before it was first measured has no such line.
        let Ok(webview) = self.part("webview") else {
            return Vec::new();
        };
        let p99 = at(&webview["sleeping"]["callback_to_finished"], "p99");
        vec![Figure {
            what: "from the return in a webview to a readable `…Finished`, beside a sleeping window",
            least: "100 ms (p99)",
            measured: format!("{} ms", number(p99)),
            reached: p99 <= 100.0,
        }]
    }

    fn cost_figures(&self) -> Result<Vec<Figure>, String> {
        let of = |part: &str, name: &str, what| {
            let game = self.rows(part)?.iter().find(|game| game["name"] == name);
            game.map(|game| at(game, what))
                .ok_or_else(|| format!("`{part}` has no line \"{name}\": measure it again"))
        };
        let crates = of("whole", "default features", "crates")?;
        let kib = of("small", "default features", "bytes")? / 1024.0;
        let beyond = kib - of("small", PARTS, "bytes")? / 1024.0;
        Ok(vec![
            Figure {
                what: "default features: crates added to a game with Bevy's default features",
                least: "16",
                measured: number(crates),
                reached: crates <= 16.0,
            },
            Figure {
                what: "default features: growth of a headless program that is built to be small",
                least: "800 KiB; 420 KiB over a game with the same kinds of messages and `webbrowser`",
                measured: format!("{} KiB; {} KiB", number(kib), number(beyond)),
                reached: kib <= 800.0 && beyond <= 420.0,
            },
        ])
    }

    fn web_figures(&self) -> Vec<Figure> {
        // A page of before it was first measured has no such line.
        let Ok(web) = self.part("web") else {
            return Vec::new();
        };
        let kib = |name: &str| {
            let game = web["games"]
                .as_array()
                .and_then(|games| games.iter().find(|game| game["name"] == name));
            game.map_or(f64::NAN, |game| at(game, "gzip") / 1024.0)
        };
        let (plugin, messages) = (kib(PLUGIN), kib(MESSAGES));
        let crates = at(web, "crates_beyond_protocol");
        vec![Figure {
            what: "what a player downloads more in a browser, with gzip",
            least: "120 KiB; no crates beyond the protocol's own in a game with Bevy's default features",
            measured: format!(
                "{} KiB, {} of them for the kinds of messages; {crates} crates",
                number(plugin),
                number(messages)
            ),
            reached: plugin <= 120.0 && crates == 0.0,
        }]
    }
}
