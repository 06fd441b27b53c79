//! The return page of a program that runs in a browser: what the loopback listener is to a desktop
//! program.

use crate::{
    page::{Page, Pages, STYLE, STYLE_HASH},
    texts::Texts,
};

const SCRIPT: &str = include_str!("../pages/return.js");

/// The hash of `return.js`, for the content policy. A test computes it again.
const SCRIPT_HASH: &str = "sha256-MgR/VD0qeGoo3wKGZo8uw4bQadUWy5P97X0noRaTPH0=";

/// Builds the return page: one static file on the program's own origin, which asks nothing of the
/// network.
///
/// The program opens `<page>#go=<link token>`; the page asks the program for the service's URL and
/// goes there. The service returns to `<page>` with the callback. The page passes it to the program
/// and shows success only when the program has confirmed it.
///
/// The page has the texts of every language in `pages` and chooses by `navigator.languages`.
///
/// ```
/// use callback_listener::{Pages, return_page};
///
/// std::fs::write(std::env::temp_dir().join("return.html"), return_page(Pages::default()))?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn return_page(pages: Pages) -> String {
    let languages = pages.languages();
    let first = &languages[0];
    let head = [
        // The version changes with what the page and the program say to each other.
        "<!doctype html>\n<html lang=\"",
        first.language,
        // Without an icon the browser asks for one; before the policy, which allows none.
        "\" data-version=\"1\">\n<meta charset=\"utf-8\">\n<link rel=\"icon\" href=\"data:,\">\n",
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src '",
        SCRIPT_HASH,
        "'; style-src '",
        STYLE_HASH,
        "'; base-uri 'none'; form-action 'none'\">\n",
        "<meta name=\"referrer\" content=\"no-referrer\">\n",
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
        "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
        first.title,
        "</title>\n<style>",
        STYLE,
        "</style>\n<main aria-live=\"polite\">\n",
    ];
    let mut html = head.concat();
    for texts in languages {
        language(texts, &mut html);
    }
    html.extend(["</main>\n<script>", SCRIPT, "</script>\n"]);
    html
}

/// Writes every text in one language. Without its script the page shows that it needs one.
fn language(texts: &Texts, html: &mut String) {
    let title = texts.title.replace('"', "&quot;");
    html.extend([
        "<div lang=\"",
        texts.language,
        "\" data-title=\"",
        &title,
        "\">\n",
    ]);
    section("no-script", "", texts.no_script, html);
    let own = [
        ("opening", texts.opening),
        ("wait", texts.wait),
        ("go-back", texts.go_back),
    ];
    let named = Page::ALL
        .into_iter()
        .filter(|page| *page != Page::Relay)
        .map(|page| (page.name(), page.text(texts)));
    for (name, text) in own.into_iter().chain(named) {
        section(name, " hidden", text, html);
    }
    html.push_str("</div>\n");
}

fn section(name: &str, hidden: &str, text: &str, html: &mut String) {
    html.extend([
        "<section data-page=\"",
        name,
        "\"",
        hidden,
        ">\n",
        text,
        "</section>\n",
    ]);
}

#[cfg(test)]
mod tests;
