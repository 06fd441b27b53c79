//! The packages of the workspace, as cargo sees them.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A package of the workspace.
pub struct Package {
    pub name: String,
    pub folder: PathBuf,
    /// The root files of its library and of its programs.
    pub roots: Vec<PathBuf>,
}

/// Returns the folder of the workspace.
pub fn root() -> PathBuf {
    // As cargo passes it when it starts this program: clones may share a build folder, and the
    // program.
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package
        .ancestors()
        .nth(2)
        .map(Path::to_owned)
        .unwrap_or_default()
}

/// Returns the cargo that started this program.
pub fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Returns where cargo builds; the same from every folder.
///
/// # Errors
///
/// The process has no current folder.
pub fn target(root: &Path) -> Result<PathBuf, String> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    std::path::absolute(&target).map_err(|error| format!("{}: {error}", target.display()))
}

/// Asks cargo for the packages of the workspace.
///
/// # Errors
///
/// Cargo cannot be started, or does not write what it is known to write.
pub fn packages() -> Result<Vec<Package>, String> {
    let output = Command::new(cargo())
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(root())
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("cargo metadata: {error}"))?;
    let mut packages = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        packages.push(read(package).ok_or("cargo metadata: a package without a name or targets")?);
    }
    packages.sort_by(|a, b| a.folder.cmp(&b.folder));
    Ok(packages)
}

fn read(package: &Value) -> Option<Package> {
    let mut roots = Vec::new();
    for target in package["targets"].as_array()? {
        let kinds = target["kind"].as_array()?;
        if kinds.iter().any(|kind| kind == "lib" || kind == "bin") {
            roots.push(PathBuf::from(target["src_path"].as_str()?));
        }
    }
    let manifest = Path::new(package["manifest_path"].as_str()?);
    Some(Package {
        name: package["name"].as_str()?.to_owned(),
        folder: manifest.parent()?.to_owned(),
        roots,
    })
}
