//! The program `window_latency`: reads its arguments, gives each mode a process and all of them a
//! screen.

use std::env;
use std::process::ExitCode;

use crate::support::reliability::{is_full, measured};
use crate::support::screen::Screen;
use crate::window::{Mode, Plan};

/// Set for the process that opens the window: there can be one event loop in each.
const INNER: &str = "OK_WINDOW_LATENCY";

struct Arguments {
    modes: Vec<Mode>,
    count: usize,
    frames: usize,
    json: bool,
    here: bool,
}

impl Arguments {
    fn read() -> Result<Self, String> {
        let mut read = Self {
            modes: Vec::new(),
            count: 200,
            frames: 2000,
            json: false,
            here: false,
        };
        let mut words = env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            let number = |text: String| text.parse().map_err(|_| format!("no number: {text}"));
            match word.as_str() {
                "--mode" => read.modes.push(value()?.parse()?),
                "--count" => read.count = number(value()?)?,
                "--frames" => read.frames = number(value()?)?,
                "--json" => read.json = true,
                "--here" => read.here = true,
                // Cargo's own.
                "--bench" => {}
                _ => return Err(format!("unknown argument {word}")),
            }
        }
        if read.modes.is_empty() {
            read.modes = Mode::ALL.into();
        }
        Ok(read)
    }
}

pub fn main() -> ExitCode {
    match Arguments::read().and_then(|arguments| measure(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "this is a program")]
fn complain(error: &str) {
    eprintln!("{error}");
}

#[expect(clippy::print_stdout, reason = "its output is what it is for")]
fn measure(arguments: &Arguments) -> Result<(), String> {
    let Arguments {
        modes,
        count,
        frames,
        json,
        here,
    } = arguments;
    if env::var_os(INNER).is_some() {
        for &mode in modes {
            let report = Plan {
                mode,
                count: *count,
                frames: *frames,
            }
            .run()?;
            let text = if *json {
                report.to_json().to_string()
            } else {
                report.to_string()
            };
            println!("{text}");
            if is_full() {
                measured(13, report.keeps_the_promise()?);
            }
        }
        return Ok(());
    }
    let this = env::current_exe().map_err(|error| error.to_string())?;
    let screen = if *here { None } else { Screen::start() };
    for mode in modes {
        let mut command = match &screen {
            Some(screen) => screen.command(&this),
            None => std::process::Command::new(&this),
        };
        command.args([
            "--mode",
            mode.name(),
            "--count",
            &count.to_string(),
            "--frames",
            &frames.to_string(),
        ]);
        if *json {
            command.arg("--json");
        }
        let status = command
            .env(INNER, "1")
            .status()
            .map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("{} failed: {status}", mode.name()));
        }
    }
    Ok(())
}
