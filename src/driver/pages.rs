//! The pages that the player reads in the browser, in Russian and English.

use callback_listener::{Pages, Texts};

/// A browser that accepts neither language gets English.
pub(super) const PAGES: Pages = Pages::new(&[ENGLISH, RUSSIAN]);

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
};

#[cfg(test)]
mod tests;
