use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use super::*;

const RUSSIAN: Texts = Texts {
    language: "ru",
    title: "Назад в \"программу\"",
    completed: "<h1>Готово</h1>\n",
    ..Texts::ENGLISH
};
const BOTH: &[Texts] = &[Texts::ENGLISH, RUSSIAN];
const RUSSIAN_FIRST: &[Texts] = &[RUSSIAN, Texts::ENGLISH];
const NONE: &[Texts] = &[];

/// Returns what stands between two texts, each of which is there once.
fn between<'a>(html: &'a str, before: &str, after: &str) -> &'a str {
    assert_eq!(html.matches(before).count(), 1, "{before}");
    let (_, rest) = html.split_once(before).unwrap();
    rest.split_once(after).unwrap().0
}

#[test]
fn the_policy_allows_exactly_the_style_and_the_script() {
    let html = return_page(Pages::new(BOTH));
    let hash = |tag: &str| {
        let inside = between(&html, &format!("<{tag}>"), &format!("</{tag}>"));
        format!("'sha256-{}'", STANDARD.encode(Sha256::digest(inside)))
    };
    let policy = between(
        &html,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"",
        "\"",
    );
    let wanted = format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        hash("script"),
        hash("style")
    );
    assert_eq!(policy, wanted);
    // A policy in the page holds for what comes after it only.
    let (before, _) = html.split_once("<meta http-equiv").unwrap();
    assert!(!before.contains("<style") && !before.contains("<script"));
}

#[test]
fn the_page_is_small_and_refers_to_nothing_else() {
    for languages in [BOTH, RUSSIAN_FIRST, NONE] {
        let html = return_page(Pages::new(languages));
        assert!(html.len() < 32 * 1024, "{} bytes", html.len());
        assert!(html.starts_with("<!doctype html>\n<html lang=\""));
        assert!(html.contains("<meta name=\"referrer\" content=\"no-referrer\">"));
        let outside = html.replace(SCRIPT, "");
        for never in [
            "//",
            "http:",
            "src=",
            "url(",
            "@import",
            "<a ",
            "<form",
            "<iframe",
            "<base",
            " style=",
            " onclick=",
            " onload=",
            "<script ",
            "<style ",
        ] {
            assert!(!outside.contains(never), "it has {never}");
        }
        assert_eq!(outside.matches("href=").count(), 1);
        assert!(outside.contains("<link rel=\"icon\" href=\"data:,\">"));
    }
    // What would load something, or show what came with a message.
    for never in [
        "fetch",
        "XMLHttpRequest",
        "WebSocket",
        "sendBeacon",
        "EventSource",
        "Worker",
        "import",
        "innerHTML",
        "insertAdjacent",
        "document.write",
        "eval",
        "Function(",
        "createElement",
        "localStorage",
        "cookie",
        "\"*\"",
    ] {
        assert!(!SCRIPT.contains(never), "the script has {never}");
    }
}

#[test]
fn without_languages_it_is_english() {
    assert_eq!(return_page(Pages::new(NONE)), return_page(Pages::default()));
}

/// Before its script runs, the page claims nothing.
#[test]
fn only_the_advice_to_turn_scripts_on_is_visible_at_first() {
    let html = return_page(Pages::new(BOTH));
    let visible: Vec<_> = html
        .split("<section ")
        .skip(1)
        .filter(|section| !section.split_once('>').unwrap().0.contains("hidden"))
        .collect();
    assert_eq!(visible.len(), BOTH.len());
    for section in visible {
        assert!(section.starts_with("data-page=\"no-script\""), "{section}");
    }
}

#[test]
fn titles_are_escaped() {
    let html = return_page(Pages::new(BOTH));
    assert!(html.contains("data-title=\"Назад в &quot;программу&quot;\">"));
}

/// Whatever page the program names, each language has a section for it, once.
#[test]
fn every_page_is_there_in_every_language() {
    for languages in [BOTH, RUSSIAN_FIRST] {
        let html = return_page(Pages::new(languages));
        let groups: Vec<_> = html.split("<div lang=\"").skip(1).collect();
        assert_eq!(groups.len(), languages.len());
        for (group, texts) in groups.into_iter().zip(languages) {
            assert!(group.starts_with(texts.language));
            // The page of the loopback listener's script is none that a program names.
            for page in Page::ALL.into_iter().filter(|page| *page != Page::Relay) {
                let start = format!("<section data-page=\"{}\"", page.name());
                let section = format!("{start} hidden>\n{}</section>\n", page.text(texts));
                assert!(group.contains(&section), "{page:?}");
                assert_eq!(group.matches(&start).count(), 1, "{page:?}");
            }
        }
    }
}
