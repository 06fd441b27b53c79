//! What a window with OK's page costs.

use std::fmt::Write as _;

use serde_json::Value;

use super::data::at;
use super::{Writer, number};

impl Writer<'_> {
    pub(super) fn webview(&mut self) {
        // A page of before it was first measured has no such section.
        let Ok(webview) = self.data.part("webview").cloned() else {
            return;
        };
        let text = "\
`WebviewHost` adds no crate. A game that uses it ships the program `odnoklassniki_webview`. The processes live while a page is
open; the engine's belong to the system's WebKitGTK. Their memory is the proportional set size, which divides what processes
share among them. The page is the sandbox's invitation. The window's time
begins with the request and ends when `RequestOpened` can be read. The result's time begins when the page may go to its return
URL, beside a sleeping window (`desktop_app`). It ends when a game system reads the result.
(`tests/webview/cost.rs`, `examples/social_game/tests/sleeping_window/`)";
        self.section("A page in a window of its own", &["webview"], text);
        let mib = |bytes: f64| number(bytes / 1024.0 / 1024.0);
        let _ = writeln!(
            self.text,
            "| what | measured |\n| --- | --- |\n| the program | {} MiB, {} stripped |",
            mib(at(&webview, "bytes")),
            mib(at(&webview, "stripped")),
        );
        let memory = webview["window"]["memory_kib"].as_object();
        for (process, kib) in memory.into_iter().flatten() {
            let bytes = kib.as_f64().unwrap_or(f64::NAN) * 1024.0;
            let _ = writeln!(self.text, "| memory of `{process}` | {} MiB |", mib(bytes));
        }
        let mut times: Vec<f64> = webview["window"]["window_ms"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_f64)
            .collect();
        times.sort_by(f64::total_cmp);
        let (median, longest) = (times.get(times.len() / 2), times.last());
        let [median, longest] = [median, longest].map(|ms| number(ms.copied().unwrap_or(f64::NAN)));
        let _ = writeln!(
            self.text,
            "| a window is there | {median} ms (p50), {longest} at most of {} |",
            times.len()
        );
        let sleeping = &webview["sleeping"]["callback_to_finished"];
        let [p50, p99] = ["p50", "p99"].map(|what| number(at(sleeping, what)));
        let _ = writeln!(
            self.text,
            "| from the return to the result | {p50} ms (p50), {p99} (p99) of {} |",
            webview["sleeping"]["results"]
        );
    }
}
