//! Counts what can be compared before and after a change.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::circles::CodeFiles;
use crate::workspace::{self, Package};

/// Lines of one package.
#[derive(Default)]
struct Lines {
    /// In `src/`, without tests.
    code: usize,
    /// In `src/`, for tests only.
    unit_tests: usize,
    /// In `tests/`.
    tests: usize,
    /// In `benches/`, `examples/` and the rest.
    other: usize,
}

/// Prints the figures.
///
/// # Errors
///
/// A file cannot be read or parsed.
#[expect(clippy::print_stdout, reason = "a program for the command line")]
pub fn command() -> Result<bool, String> {
    let root = workspace::root();
    let files = rust_files(&root)?;
    let packages = workspace::packages()?;
    println!(
        "{:<28} {:>6} {:>10} {:>6} {:>6}",
        "lines of", "code", "unit tests", "tests", "other"
    );
    for package in &packages {
        let own =
            |file: &&PathBuf| package_of(file, &packages).is_some_and(|p| p.name == package.name);
        let lines = count(package, files.iter().filter(own))?;
        println!(
            "{:<28} {:>6} {:>10} {:>6} {:>6}",
            package.name, lines.code, lines.unit_tests, lines.tests, lines.other
        );
    }
    let mut paths = 0;
    let mut families = 0;
    let mut targets = 0;
    for file in &files {
        let content = read(file)?;
        paths += content
            .lines()
            .filter(|line| is_path_attribute(line))
            .count();
        if file.starts_with(root.join("src")) {
            families += content.lines().filter(|line| names_a_family(line)).count();
            targets += content.lines().filter(|line| names_a_target(line)).count();
        }
    }
    println!("#[path] attributes: {paths}");
    println!("lines of src/ with target_family: {families}");
    println!("lines of src/ that name any target: {targets}");
    Ok(true)
}

fn count<'a>(package: &Package, files: impl Iterator<Item = &'a PathBuf>) -> Result<Lines, String> {
    let mut code = CodeFiles::default();
    for root in &package.roots {
        code.read(root)?;
    }
    let mut lines = Lines::default();
    for file in files {
        let all = read(file)?.lines().count();
        let place = file.strip_prefix(&package.folder).unwrap_or(file);
        if let Some(tests) = code.lines_of_tests(file) {
            lines.code += all - tests;
            lines.unit_tests += tests;
        } else if place.starts_with("src") {
            lines.unit_tests += all;
        } else if place.starts_with("tests") {
            lines.tests += all;
        } else {
            lines.other += all;
        }
    }
    Ok(lines)
}

/// Returns the package that a file belongs to: the one with the longest folder.
fn package_of<'a>(file: &Path, packages: &'a [Package]) -> Option<&'a Package> {
    packages
        .iter()
        .filter(|package| file.starts_with(&package.folder))
        .max_by_key(|package| package.folder.as_os_str().len())
}

/// Returns every Rust file that git knows.
fn rust_files(root: &Path) -> Result<BTreeSet<PathBuf>, String> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "*.rs"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("git: {error}"))?;
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    let files = names.split('\0').filter(|name| !name.is_empty());
    Ok(files
        .map(|name| root.join(name))
        .filter(|file| file.is_file())
        .collect())
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn is_path_attribute(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("#[path") || (line.starts_with("#[cfg_attr(") && line.contains(", path = "))
}

fn names_a_family(line: &str) -> bool {
    line.contains("target_family")
}

fn names_a_target(line: &str) -> bool {
    [
        "target_family",
        "target_os",
        "target_arch",
        "cfg(unix",
        "cfg(not(unix",
        "cfg(windows",
        "cfg(not(windows",
        "cfg(wasm",
        "cfg(not(wasm",
        "cfg(web",
        "cfg(not(web",
    ]
    .iter()
    .any(|word| line.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_and_targets_are_recognized() {
        assert!(is_path_attribute("    #[path = \"a.rs\"]"));
        assert!(is_path_attribute("#[cfg_attr(windows, path = \"a.rs\")]"));
        assert!(!is_path_attribute("// #[path = \"a.rs\"]"));
        assert!(names_a_target("#[cfg(not(target_family = \"wasm\"))]"));
        assert!(names_a_family("#[cfg(not(target_family = \"wasm\"))]"));
        assert!(names_a_target("if cfg!(target_os = \"linux\") {"));
        assert!(!names_a_family("if cfg!(target_os = \"linux\") {"));
        assert!(names_a_target("#[cfg(unix)]"));
        assert!(!names_a_target("let target = 1;"));
    }
}
