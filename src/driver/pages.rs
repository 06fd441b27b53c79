//! The pages that the player reads in the browser, in Russian and English.
//!
//! `UPDATE_GOLDEN=1 cargo test --lib pages` renews the return page.

use callback_listener::{Pages, Texts};

/// A browser that accepts neither language gets English.
pub(super) const PAGES: Pages = Pages::new(&[ENGLISH, RUSSIAN]);

/// The return page of a web build: OK's pages return to it, and it passes the callback to the game.
///
/// A web game serves it as `assets/odnoklassniki.html`, beside its other assets. Copy
/// `assets/pages/odnoklassniki.html` of this crate there, or write this constant, and do so again
/// after an update: the page and the plugin must be of the same version.
///
/// It is one static file that loads nothing else. Its own policy allows no other script, no style
/// and no request. Where the host lets you set headers, add these for it:
///
/// ```text
/// Content-Type: text/html; charset=utf-8
/// Cache-Control: no-cache
/// Content-Security-Policy: frame-ancestors 'self'
/// Referrer-Policy: no-referrer
/// X-Content-Type-Options: nosniff
/// ```
///
/// It works with `Cross-Origin-Opener-Policy`, but needs none. Exclude it from the navigation
/// fallback of a service worker and of a single-page host, which would serve the game in its place.
pub const RETURN_PAGE: &str = include_str!("../../assets/pages/odnoklassniki.html");

macro_rules! text {
    ($file:literal) => {
        include_str!(concat!("../../assets/pages/", $file, ".html"))
    };
}

const ENGLISH: Texts = Texts {
    language: "en",
    title: "Odnoklassniki: answer for the game",
    completed: text!("completed.en"),
    cancelled: text!("cancelled.en"),
    refused: text!("refused.en"),
    not_approved: text!("not-approved.en"),
    invalid: text!("invalid.en"),
    already_finished: text!("already-finished.en"),
    start_again: text!("start-again.en"),
    not_found: text!("not-found.en"),
    nothing: text!("nothing.en"),
    bad_request: text!("bad-request.en"),
    too_large: text!("too-large.en"),
    login_failed: text!("login-failed.en"),
    no_script: text!("no-script.en"),
    wait: text!("wait.en"),
    lost: text!("lost.en"),
    unsure: text!("unsure.en"),
    one_moment: "One moment…",
    opening: text!("opening.en"),
    go_back: text!("go-back.en"),
};

const RUSSIAN: Texts = Texts {
    language: "ru",
    title: "Одноклассники: ответ для игры",
    completed: text!("completed.ru"),
    cancelled: text!("cancelled.ru"),
    refused: text!("refused.ru"),
    not_approved: text!("not-approved.ru"),
    invalid: text!("invalid.ru"),
    already_finished: text!("already-finished.ru"),
    start_again: text!("start-again.ru"),
    not_found: text!("not-found.ru"),
    nothing: text!("nothing.ru"),
    bad_request: text!("bad-request.ru"),
    too_large: text!("too-large.ru"),
    login_failed: text!("login-failed.ru"),
    no_script: text!("no-script.ru"),
    wait: text!("wait.ru"),
    lost: text!("lost.ru"),
    unsure: text!("unsure.ru"),
    one_moment: "Секунду…",
    opening: text!("opening.ru"),
    go_back: text!("go-back.ru"),
};

#[cfg(all(test, not(wasm_tests)))]
mod tests;
