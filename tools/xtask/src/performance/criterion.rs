//! What criterion measured.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::run::Runner;

/// Nanoseconds by benchmark: `frame/pending/8`.
pub type Times = BTreeMap<String, f64>;

/// Runs a benchmark of a package. Returns the medians.
///
/// # Errors
///
/// It fails, or criterion's files cannot be read.
pub fn measure(runner: &mut Runner, package: &str, bench: &str) -> Result<Times, String> {
    let folder = runner.target.join("criterion");
    // What an earlier run has left is not measured now.
    _ = fs::remove_dir_all(&folder);
    runner.cargo(&format!(
        "bench --locked --quiet -p {package} --bench {bench} -- --noplot --warm-up-time 0.5 --measurement-time 1.5"
    ))?;
    let mut times = Times::new();
    read_folder(&folder, &mut times)?;
    if times.is_empty() {
        Err(format!("{bench} measured nothing"))
    } else {
        Ok(times)
    }
}

/// Looks for the folders `new`, in which criterion keeps the last result of each benchmark.
fn read_folder(folder: &Path, times: &mut Times) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() && path.ends_with("new") {
            let (benchmark, estimates) = (
                read(&path.join("benchmark.json"))?,
                read(&path.join("estimates.json"))?,
            );
            let name = benchmark.get("full_id").and_then(Value::as_str);
            let median = estimates
                .pointer("/median/point_estimate")
                .and_then(Value::as_f64);
            let (Some(name), Some(median)) = (name, median) else {
                return Err(format!(
                    "{}: criterion writes other files than it did",
                    path.display()
                ));
            };
            times.insert(name.to_owned(), median);
        } else if path.is_dir() {
            read_folder(&path, times)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string());
    let value =
        text.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
    value.map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_read() {
        let folder = std::env::temp_dir().join(format!("ok-criterion-{}", std::process::id()));
        let new = folder.join("frame/pending/8/new");
        fs::create_dir_all(&new).unwrap();
        fs::create_dir_all(folder.join("frame/pending/8/base")).unwrap();
        fs::write(
            new.join("benchmark.json"),
            r#"{"full_id":"frame/pending/8"}"#,
        )
        .unwrap();
        fs::write(
            new.join("estimates.json"),
            r#"{"median":{"point_estimate":12.5}}"#,
        )
        .unwrap();
        let mut times = Times::new();
        read_folder(&folder, &mut times).unwrap();
        assert_eq!(times, [("frame/pending/8".to_owned(), 12.5)].into());
        fs::write(new.join("estimates.json"), "{}").unwrap();
        assert!(read_folder(&folder, &mut times).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
