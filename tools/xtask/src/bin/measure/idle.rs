//! A frame in which the plugin has nothing to do: what `scripts/bench` counts the instructions of,
//! and its allocations.
//!
//! ```sh
//! cargo xtask idle                                # allocations of a frame, as JSON
//! cargo xtask idle --case with --count 1000       # so many frames, for callgrind
//! ```
//!
//! The case `without` is the same app without the plugin; in `pending` eight requests wait for
//! their results. An app in which nothing at all was added has no `PreUpdate` and no `PostUpdate`
//! to run, unlike every game; that is the case `empty`.

use std::process::ExitCode;

use bevy_app::prelude::*;
use bevy_odnoklassniki::MAX_PENDING;
use test_support::flow;

const CASES: [&str; 4] = ["empty", "without", "with", "pending"];

/// Returns an app at rest.
fn app(case: &str) -> Option<App> {
    let bare = || {
        let mut app = App::new();
        app.init_schedule(PreUpdate).init_schedule(PostUpdate);
        app
    };
    Some(match case {
        "empty" => App::new(),
        "without" => bare(),
        "with" => flow::app_at_rest(bare(), flow::plugin(), 0),
        "pending" => flow::app_at_rest(bare(), flow::plugin(), MAX_PENDING),
        _ => return None,
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
            let allocations = CASES.map(|case| {
                let mut app = app(case).expect("a case");
                // The first frames make the schedules.
                (0..3).for_each(|_| app.update());
                let counted = allocation_counter::measure(|| app.update()).count_total;
                (case.to_owned(), counted.into())
            });
            println!(
                "{}",
                serde_json::Value::Object(allocations.into_iter().collect())
            );
            return ExitCode::SUCCESS;
        }
        ["--case", case, "--count", count] => {
            if let (Some(mut app), Ok(count)) = (app(case), count.parse::<u32>()) {
                (0..count).for_each(|_| app.update());
                return ExitCode::SUCCESS;
            }
        }
        _ => {}
    }
    eprintln!(
        "usage: cargo xtask idle [--case NAME --count N]\n\nNAME is one of {}.",
        CASES.join(", ")
    );
    ExitCode::from(2)
}
