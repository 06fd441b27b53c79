//! Instructions counted by callgrind: the same in every run, so that a change is not mistaken for
//! noise.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::run::Runner;

/// What was counted last, by case. Compared by `scripts/bench --check`.
const KEPT: &str = "tools/xtask/instructions.json";
/// A larger ratio to what was kept is a failure.
const ALLOWED: f64 = 1.05;
/// A smaller ratio is not believed: the case counts something else.
const BELIEVED: f64 = 0.5;
/// Each case runs so often and twice so often; the difference is what it costs itself.
const COUNT: u64 = 1000;

pub type Counts = BTreeMap<String, f64>;

/// Counts every case.
///
/// # Errors
///
/// A program cannot be built, or valgrind is missing.
pub fn count(runner: &mut Runner) -> Result<Counts, String> {
    let mut counts = Counts::new();
    let program = runner.build()?;
    for case in ["post_short", "post_cyrillic", "post_4k", "invite"] {
        counts.insert(
            format!("url {case}"),
            count_case(runner, &program, "url", case)?,
        );
    }
    for case in ["empty", "without", "with", "pending"] {
        counts.insert(
            format!("frame {case}"),
            count_case(runner, &program, "idle", case)?,
        );
    }
    Ok(counts)
}

fn count_case(runner: &mut Runner, program: &Path, name: &str, case: &str) -> Result<f64, String> {
    let mut collected = |count: u64| {
        let mut command = Command::new("valgrind");
        command
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(program);
        let said =
            runner.run(command.args([name, "--case", case, "--count", &count.to_string()]))?;
        collected(&said).ok_or_else(|| format!("callgrind counted nothing of {case}"))
    };
    let (once, twice) = (collected(COUNT)?, collected(2 * COUNT)?);
    Ok(twice.saturating_sub(once) as f64 / COUNT as f64)
}

/// Reads the line `==7== Collected : 1234`.
fn collected(said: &str) -> Option<u64> {
    let line = said.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// Keeps what was counted.
///
/// # Errors
///
/// The file cannot be written.
pub fn keep(root: &Path, counts: &Counts) -> Result<(), String> {
    let path = root.join(KEPT);
    let text = serde_json::to_string_pretty(counts).map_err(|error| error.to_string())?;
    fs::write(&path, text + "\n").map_err(|error| format!("{}: {error}", path.display()))
}

/// Reads what was kept.
///
/// # Errors
///
/// The file cannot be read.
pub fn kept(root: &Path) -> Result<Counts, String> {
    let path: PathBuf = root.join(KEPT);
    let read = fs::read_to_string(&path).map_err(|error| error.to_string());
    let counts =
        read.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
    counts.map_err(|error| format!("{}: {error}", path.display()))
}

/// Returns a line on each case, and whether all are allowed.
pub fn compare(kept: &Counts, now: &Counts) -> (String, bool) {
    let mut lines = String::new();
    let mut good = true;
    for case in kept
        .keys()
        .chain(now.keys().filter(|case| !kept.contains_key(*case)))
    {
        let verdict = match (kept.get(case), now.get(case)) {
            (Some(old), Some(new)) => {
                let verdict = match new / old {
                    more if more > ALLOWED => "MORE",
                    less if less < BELIEVED => "too little to be believed",
                    _ => "ok",
                };
                good &= verdict == "ok";
                let change = 100.0 * (new / old - 1.0);
                format!("{old:>10.1} -> {new:>10.1}  {change:+6.2} %  {verdict}")
            }
            (None, _) => {
                good = false;
                "was never kept".to_owned()
            }
            (_, None) => {
                good = false;
                "is not counted any more".to_owned()
            }
        };
        lines += &format!("{case:24}{verdict}\n");
    }
    (lines, good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read() {
        assert_eq!(
            collected("==7== Events    : Ir\n==7== Collected : 34489293\n==7==\n"),
            Some(34_489_293)
        );
        assert_eq!(collected("valgrind: no such program"), None);
    }

    #[test]
    fn five_percent_more_is_allowed_and_no_case_may_go() {
        let counts = |cases: &[(&str, f64)]| {
            cases
                .iter()
                .map(|&(case, count)| (case.to_owned(), count))
                .collect::<Counts>()
        };
        let kept = counts(&[("a", 1000.0), ("b", 10.0)]);
        assert!(compare(&kept, &counts(&[("a", 1050.0), ("b", 5.0)])).1);
        assert!(!compare(&kept, &counts(&[("a", 1000.0), ("b", 0.0)])).1);
        let (lines, good) = compare(&kept, &counts(&[("a", 1051.0), ("b", 10.0)]));
        assert!(
            !good && lines.contains("MORE") && lines.contains("+5.10 %"),
            "{lines}"
        );
        assert!(!compare(&kept, &counts(&[("a", 1000.0)])).1);
        assert!(!compare(&kept, &counts(&[("a", 1000.0), ("b", 10.0), ("c", 1.0)])).1);
    }
}
