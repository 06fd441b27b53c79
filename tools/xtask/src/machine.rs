//! On what was measured.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::available_parallelism;

/// Returns processor and system, in a few words.
pub fn name() -> String {
    let cores = available_parallelism().map_or(0, usize::from);
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("a processor without a name", |(_, model)| model.trim());
    format!(
        "{cores} cores of {model}, {}, {}",
        said(Path::new("."), "uname", &["-sr"]),
        said(Path::new("."), "rustc", &["--version"])
    )
}

/// Returns the line for the page: when, at which commit, and on what.
pub fn line(root: &Path) -> String {
    let date = said(root, "date", &["+%Y-%m-%d"]);
    let commit = said(root, "git", &["describe", "--always", "--dirty"]);
    format!("{date} at commit `{commit}` on {}.", name())
}

fn said(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output();
    output.map_or_else(
        |_| format!("no {program}"),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
