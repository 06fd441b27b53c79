use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use callback_listener::Page;
use sha2::{Digest as _, Sha256};

use super::*;

/// `UPDATE_GOLDEN=1` writes the file again.
#[test]
fn the_pages_are_as_agreed() {
    let mut sums = String::new();
    for page in Page::ALL {
        for texts in [RUSSIAN, ENGLISH] {
            for byte in Sha256::digest(page.html(&texts)) {
                write!(sums, "{byte:02x}").unwrap();
            }
            writeln!(sums, "  {}.{}", page.name(), texts.language).unwrap();
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pages.sha256");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, &sums).unwrap();
    }
    let agreed = fs::read_to_string(&file).unwrap_or_default();
    assert!(agreed == sums, "a page has changed; it would be:\n{sums}");
}

#[test]
fn every_page_is_in_its_language() {
    for page in Page::ALL {
        for texts in [RUSSIAN, ENGLISH] {
            let html = page.html(&texts);
            let language = format!("<html lang=\"{}\">", texts.language);
            assert!(html.contains(&language), "{page:?}");
            let words = html.split("<main").nth(1).unwrap();
            let words = words.split("<script>").next().unwrap();
            let is_russian = words.chars().any(|letter| ('а'..='я').contains(&letter));
            assert_eq!(is_russian, texts.language == "ru", "{page:?}");
        }
    }
}
