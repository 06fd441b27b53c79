//! The template in `examples/mobile`: its files are what the systems want, and agree with its code.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use test_support::programs::{JAVA, Missing};

fn template(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples/mobile")
        .join(file)
}

fn read(file: &str) -> String {
    fs::read_to_string(template(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Returns the value of a constant of the example's code.
fn constant(name: &str) -> String {
    let code = read("src/lib.rs");
    let line = format!("const {name}: &str = \"");
    let (_, rest) = code.split_once(&line).expect("the constant");
    rest.split('"').next().expect("its value").to_owned()
}

/// Runs a program and returns its output. Returns `None` after it has said that the test is skipped.
fn run(program: &str, package: &str, configure: impl FnOnce(&mut Command)) -> Option<Output> {
    let mut command = Command::new(program);
    configure(&mut command);
    let output = JAVA.find_or_skip(|| {
        command
            .output()
            .map_err(|_| Missing(format!("there is no {program} on PATH (Debian: {package})")))
    })?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {errors}");
    Some(output)
}

/// Returns the lines that a program for Python prints about a file of the template.
fn python(program: &str, file: &str) -> Option<Vec<String>> {
    let output = run("python3", "python3", |command| {
        command.arg("-c").arg(program).arg(template(file));
    })?;
    let text = String::from_utf8(output.stdout).expect("text");
    Some(text.lines().map(str::to_owned).collect())
}

#[test]
fn the_scheme_is_that_of_the_application() {
    assert_eq!(constant("SCHEME"), format!("ok{}", constant("APP_ID")));
}

/// A manifest that inherits from the workspace does not work where the folder is copied to.
#[test]
fn the_package_takes_only_the_two_paths_that_its_readme_names_from_the_repository() {
    let manifest = read("Cargo.toml");
    let lines = |part: &str| manifest.lines().filter(|line| line.contains(part)).count();
    assert_eq!((lines("workspace = true"), lines("path = ")), (0, 2));
    assert_eq!(lines("path = \"../.."), 2);
}

#[test]
fn the_manifest_gives_links_of_the_scheme_to_the_one_activity() {
    const PROGRAM: &str = r#"
import sys, xml.etree.ElementTree as tree
android = "{http://schemas.android.com/apk/res/android}"
manifest = tree.parse(sys.argv[1]).getroot()
activity, = manifest.findall("application/activity")
print(manifest.get("package") + activity.get(android + "name"))
print(activity.get(android + "launchMode"), activity.get(android + "exported"))
print(activity.find("meta-data").get(android + "value"))
for filter in activity.findall("intent-filter"):
    print(*[child.get(android + "name") or child.get(android + "scheme") for child in filter])
"#;
    let Some(lines) = python(PROGRAM, "android/AndroidManifest.xml") else {
        return;
    };
    let link = format!(
        "android.intent.action.VIEW android.intent.category.DEFAULT android.intent.category.BROWSABLE {}",
        constant("SCHEME")
    );
    assert_eq!(
        lines,
        [
            "org.example.castle.OkGameActivity",
            "singleTask true",
            "mobile_game",
            "android.intent.action.MAIN android.intent.category.LAUNCHER",
            &link,
        ]
    );
    assert!(read("Cargo.toml").contains("name = \"mobile_game\""));
}

#[test]
fn androids_tool_accepts_the_manifest() {
    let resources = JAVA.find_or_skip(|| {
        let resources = Path::new("/usr/share/android-framework-res/framework-res.apk");
        let missing = || Missing(format!("there is no {}", resources.display()));
        resources.exists().then_some(resources).ok_or_else(missing)
    });
    let Some(resources) = resources else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let package = folder.path().join("castle.apk");
    let packed = run("aapt", "aapt", |command| {
        command
            .args(["package", "-f", "-M"])
            .arg(template("android/AndroidManifest.xml"))
            .arg("-I")
            .arg(resources)
            .arg("-F")
            .arg(&package);
    });
    if packed.is_none() {
        return;
    }
    let dump = run("aapt", "aapt", |command| {
        command
            .args(["dump", "xmltree"])
            .arg(&package)
            .arg("AndroidManifest.xml");
    });
    let dump = String::from_utf8(dump.expect("it ran before").stdout).expect("text");
    let scheme = format!("\"{}\"", constant("SCHEME"));
    assert!(
        dump.lines()
            .any(|line| line.contains("android:scheme") && line.contains(&scheme)),
        "{dump}"
    );
}

#[test]
fn the_activity_compiles_against_androids_api() {
    let jar = JAVA.find_or_skip(|| {
        env::var_os("OK_ANDROID_JAR").ok_or_else(|| {
            Missing("OK_ANDROID_JAR names no jar of Android's API; scripts/test --only mobile fetches it".to_owned())
        })
    });
    let Some(jar) = jar else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let activity = "org/example/castle/OkGameActivity";
    let compiled = run("javac", "openjdk-17-jdk-headless", |command| {
        command
            .args(["--release", "8", "-Xlint:all,-options", "-Werror", "-d"])
            .arg(folder.path())
            .arg("-classpath")
            .arg(jar)
            .arg(template(&format!("android/src/{activity}.java")));
    });
    if compiled.is_some() {
        assert!(folder.path().join(format!("{activity}.class")).exists());
    }
}

/// A URL type is neither needed nor handled: the session catches the scheme.
#[test]
fn the_property_list_names_the_program_and_no_url_type() {
    const PROGRAM: &str = r#"
import plistlib, sys
with open(sys.argv[1], "rb") as file:
    plist = plistlib.load(file)
print(plist["CFBundleExecutable"], plist["CFBundlePackageType"], "CFBundleURLTypes" in plist)
"#;
    if let Some(lines) = python(PROGRAM, "ios/Info.plist") {
        assert_eq!(lines, ["mobile_game APPL False"]);
    }
}
