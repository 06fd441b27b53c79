//! The names of files and items in the documents exist in the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENTS: [&str; 7] = [
    "CONTRIBUTING.md",
    "README.md",
    "docs/architecture.md",
    "docs/going-live.md",
    "docs/protocol.md",
    "docs/security.md",
    "docs/troubleshooting.md",
];
/// Where the sources are.
const FOLDERS: [&str; 8] = [
    "src", "crates", "tools", "tests", "examples", "fuzz", "benches", "scripts",
];

#[test]
fn every_file_and_item_that_the_documents_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files: Vec<PathBuf> = FOLDERS
        .iter()
        .flat_map(|folder| files_in(&root.join(folder)))
        .collect();
    let sources: Vec<BTreeSet<String>> = files
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .map(|file| words_of(&fs::read_to_string(file).expect("the source can be read")).collect())
        .collect();
    let mut missing = Vec::new();
    for document in DOCUMENTS {
        let text = fs::read_to_string(root.join(document)).expect("the document can be read");
        for name in text.split('`').skip(1).step_by(2) {
            let exists = if is_file(name) {
                root.join(name).exists() || files.iter().any(|file| file.ends_with(name))
            } else if is_path_of_an_item(name) {
                // The type and its method or variant are in one file.
                let has_all =
                    |words: &BTreeSet<_>| words_of(name).all(|word| words.contains(&word));
                sources.iter().any(has_all)
            } else {
                true
            };
            if !exists {
                missing.push(format!("{document}: `{name}`"));
            }
        }
    }
    assert!(missing.is_empty(), "nothing has these names: {missing:#?}");
}

/// Returns whether a text is a file's name, perhaps with folders.
fn is_file(name: &str) -> bool {
    name.ends_with(".rs") && !name.contains([' ', '*', '{', '<', '…'])
}

/// Returns whether a text is `Type::name`, perhaps with more parts.
fn is_path_of_an_item(name: &str) -> bool {
    let is_name = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    name.contains("::") && name.split("::").all(is_name)
}

fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
    let is_other = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
    text.split(is_other).map(ToOwned::to_owned)
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    entries
        .flat_map(|entry| {
            let path = entry.expect("the entry can be read").path();
            match path.is_dir() {
                true if path.ends_with("target") => Vec::new(),
                true => files_in(&path),
                false => vec![path],
            }
        })
        .collect()
}
