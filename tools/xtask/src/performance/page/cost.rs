//! What a game pays in its build.

use std::fmt::Write as _;

use serde_json::Value;

use super::data::at;
use super::{Writer, chart, number};

impl Writer<'_> {
    pub(super) fn cost(&mut self) -> Result<(), String> {
        let (whole, headless) = (
            self.data.rows("whole")?.to_vec(),
            self.data.rows("headless")?.to_vec(),
        );
        let small = self.data.rows("small")?.to_vec();
        let plain = |games: &[Value]| {
            let [crates, seconds, bytes] = ["crates", "seconds", "bytes"]
                .map(|what| games.first().map_or(f64::NAN, |game| at(game, what)));
            format!(
                "{} crates, {} s, {} MiB",
                number(crates),
                number(seconds),
                number(bytes / 1024.0 / 1024.0)
            )
        };
        let text = format!(
            "\
These are release builds on two cores, with Cargo's default release profile unless the text says otherwise. The games use what
they add: every request and result of the plugin, an HTTP request with `bevy_mod_reqwest`, the list of friends with
`bevy-steamworks`. Each feature is added to the default ones. `scripts/bench` builds each game once, so differences of a few
seconds mean nothing. (`tools/xtask/src/performance/cost.rs`, `tools/xtask/games/`)

A **whole** game has all of Bevy's default features. By itself: {}. Its seconds are those of its last build from nothing. The
features in this table change no feature of Bevy's own crates, so Cargo compiles nothing of Bevy again. The seconds are those
of the crates that are added. The table does not count the two crates of this project. One line is a game without the plugin.
It sends fourteen kinds of messages, as many as the plugin has, and opens a page with `webbrowser`. It shows what would remain
if the plugin and its other dependencies cost nothing.",
            plain(&whole)
        );
        self.section(
            "What a game pays in its build",
            &["whole", "headless", "small"],
            &text,
        );
        self.cost_table(&whole);
        let _ = write!(
            self.text,
            "
A **headless** game has Bevy without default features, and each build is from nothing. By itself: {}. The table has the features
that change some of Bevy's crates, the game of messages, and two other plugins. A whole game has some of these crates already.
The table counts the other plugins' own crates.
",
            plain(&headless)
        );
        self.text.push('\n');
        self.cost_table(&headless);
        let _ = write!(
            self.text,
            "
The headless game **built to be small**, with `opt-level = \"s\"`, `lto = \"fat\"`, `codegen-units = 1` and `strip = true`.
By itself: {}.

",
            plain(&small)
        );
        self.cost_table(&small);
        self.web();
        let Some((_, others)) = headless.split_first() else {
            return Err("no game was built".to_owned());
        };
        let names: Vec<String> = others
            .iter()
            .map(|game| game["name"].as_str().unwrap_or_default().replace('`', ""))
            .collect();
        for (name, title, unit, what, divisor) in [
            (
                "cost-crates",
                "Crates that are added to a headless game",
                "crates",
                "crates",
                1.0,
            ),
            (
                "cost-seconds",
                "Its build from nothing takes longer by",
                "s",
                "seconds",
                1.0,
            ),
            (
                "cost-bytes",
                "Its release program is larger by",
                "KiB",
                "bytes",
                1024.0,
            ),
        ] {
            let series = [(
                unit.to_owned(),
                others.iter().map(|game| at(game, what) / divisor).collect(),
            )];
            self.chart(name, title, |file| {
                chart::bars(file, title, unit, &names, &series)
            })?;
        }
        Ok(())
    }

    fn web(&mut self) {
        let Ok(web) = self.data.part("web").cloned() else {
            return;
        };
        let games = web["games"].as_array().cloned().unwrap_or_default();
        let kib = |game: &Value, what| number(at(game, what) / 1024.0);
        let plain = games.first().map_or(&Value::Null, |game| game);
        let optimized = match web["wasm_opt"].as_str() {
            Some(version) => format!(", then by `{version}`"),
            None => String::new(),
        };
        let _ = write!(
            self.text,
            "
A game **for the web** with a window and no renderer, with `opt-level = \"z\"`, `lto = \"fat\"` and `codegen-units = 1`, prepared
by `wasm-bindgen`{optimized}. The sizes are those of the program and its script; `gzip -9` packs them. By itself: {} KiB, {} KiB
packed. The plugin adds {} crates to a game with Bevy's default features. All but {} belong to OK's protocol.
(`tools/xtask/src/performance/web.rs`)

| added | KiB | packed, KiB |
| --- | --- | --- |
",
            kib(plain, "bytes"),
            kib(plain, "gzip"),
            web["crates"],
            web["crates_beyond_protocol"],
        );
        for game in games.iter().skip(1) {
            let (name, bytes, packed) = (
                game["name"].as_str().unwrap_or_default(),
                kib(game, "bytes"),
                kib(game, "gzip"),
            );
            let _ = writeln!(self.text, "| {name} | {bytes} | {packed} |");
        }
    }

    fn cost_table(&mut self, games: &[Value]) {
        self.text += "| added | crates | seconds | program, KiB |\n| --- | --- | --- | --- |\n";
        for game in games.iter().skip(1) {
            let [crates, seconds] = ["crates", "seconds"].map(|what| number(at(game, what)));
            let (name, kib) = (
                game["name"].as_str().unwrap_or_default(),
                number(at(game, "bytes") / 1024.0),
            );
            let _ = writeln!(self.text, "| {name} | {crates} | {seconds} | {kib} |");
        }
    }
}
