//! The page, made from the data that is kept and from worse data.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::workspace;

fn docs() -> PathBuf {
    workspace::root().join("docs")
}

fn data() -> Data {
    serde_json::from_str(&fs::read_to_string(docs().join("performance/figures.json")).unwrap())
        .unwrap()
}

/// Makes the page in a folder of its own.
fn made(data: &Data, test: &str) -> (Page, PathBuf) {
    let folder = std::env::temp_dir().join(format!("ok-page-{test}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    (make(data, &folder).unwrap(), folder)
}

#[test]
fn page_and_charts_are_what_the_data_says() {
    let (page, folder) = made(&data(), "same");
    assert!(
        page.text == fs::read_to_string(docs().join("performance.md")).unwrap(),
        "scripts/bench --page"
    );
    for chart in fs::read_dir(&folder).unwrap() {
        let chart = chart.unwrap();
        let kept = docs().join("performance").join(chart.file_name());
        assert!(
            fs::read(chart.path()).unwrap() == fs::read(kept).unwrap(),
            "scripts/bench --page: {chart:?}"
        );
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_figure_that_is_not_reached_is_named() {
    for (part, place, worse, figure) in [
        ("url", "/data/post_4k/ns", Value::from(1e9), "signing a URL"),
        (
            "instructions",
            "/data/counts/frame with",
            1e9.into(),
            "nothing pending",
        ),
        (
            "instructions",
            "/data/allocations/with",
            1.into(),
            "nothing pending",
        ),
        (
            "instructions",
            "/data/allocations/pending",
            1.into(),
            "8 pending",
        ),
        (
            "contract",
            "/data",
            Value::Array(Vec::new()),
            "slow clients",
        ),
        (
            "latency",
            "/data/0/frames_from_response_to_finished",
            serde_json::json!({ "2": 1 }),
            "from the accepted callback",
        ),
        ("whole", "/data/1/crates", 17.into(), "crates added"),
        ("small", "/data/1/bytes", 1e9.into(), "to be small"),
    ] {
        let mut data = data();
        *data[part].pointer_mut(place).unwrap() = worse;
        let (page, folder) = made(&data, "worse");
        assert!(
            page.missed.iter().any(|missed| missed.contains(figure)),
            "{place}: {:?}",
            page.missed
        );
        assert!(page.text.contains("MISSED"));
        fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn a_download_that_is_too_large_is_named() {
    for (gzip, crates, reached) in [(122_880, 0, true), (122_881, 0, false), (1, 1, false)] {
        let mut data = data();
        let games = serde_json::json!([
            { "name": "no plugin", "bytes": 9, "gzip": 9 },
            { "name": crate::performance::web::MESSAGES, "bytes": 9, "gzip": 0 },
            { "name": crate::performance::web::PLUGIN, "bytes": 9, "gzip": gzip },
        ]);
        let web = serde_json::json!({
            "games": games, "wasm_opt": null, "crates": 12, "crates_beyond_protocol": crates,
        });
        data.insert(
            "web".to_owned(),
            serde_json::json!({ "measured": "now", "data": web }),
        );
        let (page, folder) = made(&data, "web");
        let missed = page
            .missed
            .iter()
            .any(|missed| missed.contains("downloads"));
        assert_eq!(!missed, reached, "{gzip} bytes, {crates} crates");
        assert!(page.text.contains("| the plugin, with `winit` |"));
        fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn a_webview_whose_result_comes_late_is_named() {
    for (p99, reached) in [(100.0, true), (100.1, false)] {
        let mut data = data();
        let webview = serde_json::json!({
            "bytes": 2_097_152, "stripped": 1_048_576,
            "window": { "window_ms": [300.0, 200.0], "memory_kib": { "odnoklassniki_w": 1024 } },
            "sleeping": { "results": 50, "callback_to_finished": { "p50": 9.0, "p99": p99 } },
        });
        data.insert(
            "webview".to_owned(),
            serde_json::json!({ "measured": "now", "data": webview }),
        );
        let (page, folder) = made(&data, "webview");
        let missed = page.missed.iter().any(|missed| missed.contains("webview"));
        assert_eq!(!missed, reached, "{p99} ms");
        for line in [
            "| the program | 2 MiB, 1 stripped |",
            "| memory of `odnoklassniki_w` | 1 MiB |",
            "| a window is there | 300 ms (p50), 300 at most of 2 |",
        ] {
            assert!(page.text.contains(line), "{line}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
