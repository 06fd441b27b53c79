//! The calls of Android on a Java virtual machine, which checks each (`-Xcheck:jni`). A process has
//! one machine at most, so the tests in `java` run in a process of their own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use test_support::programs::{JAVA, Missing};
use test_support::reliability::measured;

mod java;

/// The variable with the classes for the tests in `java`.
const CLASSES: &str = "OK_JAVA_CLASSES";
/// The variable with the jar of Android's API.
const ANDROID_JAR: &str = "OK_ANDROID_JAR";

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Runs the tests in `java` whose name begins so.
fn run(name: &str, classes: &Path) {
    let output = Command::new(env::current_exe().expect("this program"))
        .args(["--ignored", "--nocapture", "--test-threads=1"])
        .arg(format!("intents::tests::java::{name}"))
        .env(CLASSES, classes)
        .output()
        .expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("test result: ok.") && !text.contains(" 0 passed"),
        "{text}"
    );
    for problem in ["WARNING", "FATAL", "Exception in thread"] {
        assert!(!text.contains(problem), "{text}");
    }
}

#[test]
fn the_calls_of_android_pass_the_checks_of_a_java_virtual_machine() {
    let classes = tempfile::tempdir().expect("a folder");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/java");
    let compiled = JAVA.find_or_skip(|| {
        let compiled = Command::new("javac")
            .args(["--release", "8", "-Xlint:-options", "-d"])
            .arg(classes.path())
            .args(sources(&folder))
            .output();
        compiled.map_err(|_| {
            Missing("there is no javac on PATH (Debian: openjdk-17-jdk-headless)".to_owned())
        })
    });
    let Some(compiled) = compiled else { return };
    let errors = String::from_utf8_lossy(&compiled.stderr);
    assert!(compiled.status.success(), "{errors}");
    run("games::", classes.path());
    measured(25, "Android's calls: no warning under -Xcheck:jni");
}

#[test]
fn every_call_exists_in_the_oldest_api_of_android() {
    let jar = JAVA.find_or_skip(|| {
        env::var_os(ANDROID_JAR).ok_or_else(|| {
            Missing(format!(
                "{ANDROID_JAR} names no jar of Android's API; scripts/test --only mobile fetches it"
            ))
        })
    });
    let Some(jar) = jar else { return };
    run("api::", Path::new(&jar));
    measured(25, "each call of Android is in API 23");
}
