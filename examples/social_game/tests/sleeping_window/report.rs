//! What was measured.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::plan::Mode;

/// One result.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// How long there had been no new frame when the callback was sent.
    pub slept: Duration,
    /// Whether the window had the keyboard then.
    pub focused: bool,
    /// From the callback's sending to the page that responds to it: by then the result is in the
    /// plugin's channel.
    pub to_response: Duration,
    /// To the game system that reads the result.
    pub to_finished: Duration,
    /// To the present of the frame that shows it.
    pub to_visible: Duration,
    /// Frames that began after the callback was sent, up to the one in which the result is read.
    pub frames: u64,
    /// Frames that began after the response, up to that one.
    pub frames_after_response: u64,
}

type TimeOf = fn(&Sample) -> Duration;

/// Frame times with so many requests pending.
#[derive(Clone, Debug)]
pub struct FrameTimes {
    pub pending: usize,
    pub times: Vec<Duration>,
}

/// All that was measured in one window.
#[derive(Clone, Debug)]
pub struct Report {
    pub mode: Mode,
    pub samples: Vec<Sample>,
    pub frame_times: Vec<FrameTimes>,
}

impl Report {
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            samples: Vec::new(),
            frame_times: Vec::new(),
        }
    }

    /// Checks rows 13 and 25 of `docs/reliability.md`: the game reads a result in the first frame
    /// after the response. A sleeping window does so within 50 ms of the callback, and within 100 ms
    /// of a navigation in a webview.
    ///
    /// # Errors
    ///
    /// The figures, if they break the promise.
    pub fn check_promise(&self) -> Result<String, String> {
        let p99 = Spread::of(self.samples.iter().map(|sample| sample.to_finished)).p99;
        let frames = self
            .samples
            .iter()
            .map(|sample| sample.frames_after_response)
            .max()
            .unwrap_or_default();
        let figures = format!(
            "{}: frame {frames}, p99 {:.1} ms",
            self.mode.name(),
            millis(p99)
        );
        let kept = frames <= 1 && self.mode.limit().is_none_or(|limit| p99 <= limit);
        if kept && !self.samples.is_empty() {
            Ok(figures)
        } else {
            Err(figures)
        }
    }

    /// The figures; times in milliseconds.
    pub fn to_json(&self) -> Value {
        let times = |time: TimeOf| Spread::of(self.samples.iter().map(time)).to_json();
        let frames = |frames: fn(&Sample) -> u64| {
            let mut counts = BTreeMap::<String, usize>::new();
            self.samples
                .iter()
                .for_each(|sample| *counts.entry(frames(sample).to_string()).or_default() += 1);
            counts
        };
        let frame_times = self.frame_times.iter().map(|timed| {
            let spread = Spread::of(timed.times.iter().copied());
            json!({ "pending": timed.pending, "frames": timed.times.len(), "frame": spread.to_json() })
        });
        json!({
            "mode": self.mode.name(),
            "results": self.samples.len(),
            "focused": self.samples.iter().filter(|sample| sample.focused).count(),
            "least_sleep": self.samples.iter().map(|sample| millis(sample.slept)).fold(f64::INFINITY, f64::min),
            "callback_to_response": times(|sample| sample.to_response),
            "callback_to_finished": times(|sample| sample.to_finished),
            "callback_to_visible": times(|sample| sample.to_visible),
            "callback_to_finished_each": self.samples.iter().map(|sample| millis(sample.to_finished)).collect::<Vec<_>>(),
            "frames_to_finished": frames(|sample| sample.frames),
            "frames_from_response_to_finished": frames(|sample| sample.frames_after_response),
            "frame_times": frame_times.collect::<Vec<_>>(),
        })
    }
}

/// Where the values of a measurement lie.
struct Spread {
    p50: Duration,
    p90: Duration,
    p99: Duration,
    max: Duration,
}

impl Spread {
    fn of(values: impl Iterator<Item = Duration>) -> Self {
        let mut values: Vec<_> = values.collect();
        values.sort_unstable();
        let at = |percent: usize| {
            let rank = (values.len() * percent).div_ceil(100).saturating_sub(1);
            values.get(rank).copied().unwrap_or_default()
        };
        Self {
            p50: at(50),
            p90: at(90),
            p99: at(99),
            max: at(100),
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "p50": millis(self.p50), "p90": millis(self.p90), "p99": millis(self.p99), "max": millis(self.max),
        })
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
