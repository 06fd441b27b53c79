//! Files that hold what they must not.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the files below a folder that hold one of these texts, as bytes or in the UTF-16 of web
/// engines.
pub fn files_with(folder: &Path, texts: &[String]) -> Vec<PathBuf> {
    // Of UTF-16, every second byte.
    let narrow = |file: &[u8], from: usize| file.iter().skip(from).step_by(2).copied().collect();
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, texts));
        } else if path.is_file() {
            let file = fs::read(&path).unwrap_or_default();
            let forms: [Vec<u8>; 3] = [narrow(&file, 0), narrow(&file, 1), file];
            if forms.iter().any(|form| holds(form, texts).is_some()) {
                found.push(path);
            }
        }
    }
    found
}

/// Returns the first of these texts that the bytes hold.
pub fn holds<'a>(bytes: &[u8], texts: &'a [String]) -> Option<&'a String> {
    let bytes = String::from_utf8_lossy(bytes);
    texts.iter().find(|text| bytes.contains(&***text))
}
