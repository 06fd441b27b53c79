//! What a package registry shows of the packages: there is no repository URL yet, so a relative
//! link leads nowhere.

use std::path::{Path, PathBuf};
use std::{env, fs};

const PACKAGES: [&str; 7] = [
    ".",
    "crates/bevy_odnoklassniki_mobile",
    "crates/bevy_odnoklassniki_panel",
    "crates/callback_listener",
    "crates/odnoklassniki",
    "crates/odnoklassniki_sandbox",
    "crates/odnoklassniki_webview",
];
const NOTE: &str = "Files and programs named on this page are part of the sources; the package has those of `docs`, `examples` and `src`.\n\n";

fn read(path: &Path) -> String {
    fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .replace("\r\n", "\n")
}

fn folder(package: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(package)
}

/// Returns the value of a line `name = "value"` of a manifest.
fn value<'a>(manifest: &'a str, name: &str) -> Option<&'a str> {
    manifest.lines().find_map(|line| {
        line.strip_prefix(name)?
            .strip_prefix(" = \"")?
            .strip_suffix('"')
    })
}

/// Returns the next link or picture as the text before its target, its words, the target, and what
/// follows.
fn next_link(text: &str) -> Option<(&str, &str, &str, &str)> {
    let middle = text.find("](")?;
    let open = text[..middle].rfind('[')?;
    let (target, rest) = text[middle + 2..].split_once(')')?;
    Some((&text[..open], &text[open + 1..middle], target, rest))
}

fn is_relative(target: &str) -> bool {
    !target.starts_with("https://") && !target.starts_with('#')
}

fn relative_targets(page: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((_, _, target, after)) = next_link(rest) {
        if is_relative(target) {
            found.push(target);
        }
        rest = after;
    }
    found
}

/// Returns the README without its pictures, and with the names of files in place of links to them.
fn for_registry(readme: &str) -> String {
    let mut blocks = Vec::new();
    for block in readme.split("\n\n") {
        // A picture stands alone or in a table of pictures.
        if !block.contains("](assets/") {
            blocks.push(block.to_owned());
        }
    }
    let mut page = String::new();
    let text = blocks.join("\n\n");
    let mut rest = text.as_str();
    while let Some((before, words, target, after)) = next_link(rest) {
        page += before;
        match (is_relative(target), words == target) {
            (false, _) => page += &format!("[{words}]({target})"),
            (true, true) => page += &format!("`{target}`"),
            (true, false) => page += &format!("{words} (`{target}`)"),
        }
        rest = after;
    }
    page += rest;
    let first_section = page.find("## ").expect("a section");
    page.insert_str(first_section, NOTE);
    page
}

#[test]
fn the_page_for_registries_is_the_readme_without_pictures_and_relative_links() {
    let root = folder(".");
    let page = root.join("docs/crates-io.md");
    let wanted = for_registry(&read(&root.join("README.md")));
    if env::var_os("OK_UPDATE_README").is_some() {
        fs::write(&page, &wanted).expect("written");
    }
    assert!(
        read(&page) == wanted,
        "renew it: OK_UPDATE_README=1 cargo test --test packages"
    );
}

#[test]
fn what_a_registry_shows_is_whole() {
    for package in PACKAGES {
        let folder = folder(package);
        let manifest = read(&folder.join("Cargo.toml"));
        let shown =
            value(&manifest, "readme").unwrap_or_else(|| panic!("{package} names no README"));
        assert!(
            value(&manifest, "description").is_some_and(|text| text.len() > 20),
            "{package}"
        );
        let readme = read(&folder.join(shown));
        assert_eq!(
            relative_targets(&readme),
            Vec::<&str>::new(),
            "{package}/{shown}"
        );
    }
}
