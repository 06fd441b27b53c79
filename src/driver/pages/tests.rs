//! The pages, byte for byte. `UPDATE_GOLDEN=1` writes the file again.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;

use callback_listener::Page;
use sha2::{Digest as _, Sha256};

use super::*;

#[test]
fn the_pages_are_as_agreed() {
    let mut now = String::new();
    for page in Page::ALL {
        for texts in [RUSSIAN, ENGLISH] {
            for byte in Sha256::digest(page.html(&texts)) {
                write!(now, "{byte:02x}").unwrap();
            }
            writeln!(now, "  {}.{}", page.name(), texts.language).unwrap();
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pages.sha256");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == now, "a page has changed; it would be:\n{now}");
}

#[test]
fn every_page_is_in_its_language_and_no_other_is_the_same() {
    let mut seen = HashSet::new();
    for page in Page::ALL {
        for texts in [ENGLISH, RUSSIAN] {
            let html = page.html(&texts);
            // Behind the style, and before the relay page's script.
            let words = html.split("<main").nth(1).unwrap();
            let words = words.split("<script>").next().unwrap();
            assert!(words.contains("<h1>"), "{page:?} {}", texts.language);
            let is_russian = words.chars().any(|c| ('а'..='я').contains(&c));
            assert_eq!(is_russian, texts.language == "ru", "{page:?}");
            // The content policy would stop them.
            for never in [
                " style=",
                " onclick=",
                " onload=",
                "<script ",
                "http:",
                "//",
            ] {
                assert!(!words.contains(never), "{page:?} has {never}");
            }
            assert!(seen.insert(html), "{page:?} is the same as another");
        }
    }
}

#[test]
fn the_return_page_is_the_one_that_is_generated() {
    let generated = callback_listener::return_page(PAGES);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/pages/odnoklassniki.html");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &generated).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == generated,
        "the return page has changed; renew it: UPDATE_GOLDEN=1 cargo test --lib pages"
    );
    assert!(kept.len() < 32 * 1024, "{} bytes", kept.len());
    // This program may be older than the file that it has just written.
    if std::env::var_os("UPDATE_GOLDEN").is_none() {
        assert!(RETURN_PAGE == kept);
    }
}
