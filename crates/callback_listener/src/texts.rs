//! What the pages say, in one language.

/// What the pages say, in one language. Each text but `title` is HTML that stands in `<main>`, with
/// a heading `<h1>` and a `<div class="mark">` for a sign above it; [`Texts::ENGLISH`] shows how.
///
/// The content policy of the pages allows no script, no style attribute and no picture.
#[derive(Clone, Copy, Debug)]
pub struct Texts {
    /// The tag of the language: `en`.
    pub language: &'static str,
    /// The title of every page.
    pub title: &'static str,
    /// For [`Page::Completed`](crate::Page::Completed).
    pub completed: &'static str,
    /// For [`Page::Cancelled`](crate::Page::Cancelled).
    pub cancelled: &'static str,
    /// For [`Page::Refused`](crate::Page::Refused).
    pub refused: &'static str,
    /// For [`Page::NotApproved`](crate::Page::NotApproved).
    pub not_approved: &'static str,
    /// For [`Page::Invalid`](crate::Page::Invalid).
    pub invalid: &'static str,
    /// For [`Page::AlreadyFinished`](crate::Page::AlreadyFinished).
    pub already_finished: &'static str,
    /// For [`Page::StartAgain`](crate::Page::StartAgain).
    pub start_again: &'static str,
    /// For [`Page::NotFound`](crate::Page::NotFound).
    pub not_found: &'static str,
    /// For [`Page::Nothing`](crate::Page::Nothing).
    pub nothing: &'static str,
    /// For [`Page::BadRequest`](crate::Page::BadRequest).
    pub bad_request: &'static str,
    /// For [`Page::TooLarge`](crate::Page::TooLarge).
    pub too_large: &'static str,
    /// For [`Page::LoginFailed`](crate::Page::LoginFailed).
    pub login_failed: &'static str,
    /// For [`Page::Relay`](crate::Page::Relay) in a browser without JavaScript.
    pub no_script: &'static str,
    /// For the same page while its script passes the callback on.
    pub wait: &'static str,
    /// For the same page when the program does not respond.
    pub lost: &'static str,
    /// For the same page when the connection broke, and the callback may have arrived.
    pub unsure: &'static str,
    /// For a window without a return page before the service's URL is there. Plain text.
    pub one_moment: &'static str,
    /// For the return page before the service's URL is there.
    pub opening: &'static str,
    /// For the return page when the program is silent; the page keeps trying.
    pub go_back: &'static str,
}

impl Texts {
    /// For any program, in English.
    pub const ENGLISH: Self = Self {
        language: "en",
        title: "Back to the program",
        completed: "\
<div class=\"mark\" aria-hidden=\"true\">✓</div>
<h1>Done</h1>
<p>The program has what it waited for.</p>
<p>You can close this tab and return to the program.</p>
",
        cancelled: "\
<div class=\"mark calm\" aria-hidden=\"true\">–</div>
<h1>Cancelled</h1>
<p>You cancelled. The program knows about it.</p>
<p>You can close this tab and return to the program.</p>
",
        refused: "\
<div class=\"mark\" aria-hidden=\"true\">!</div>
<h1>Refused</h1>
<p>The site did not do what the program asked for. The program knows this and the reason.</p>
<p>You can close this tab and return to the program.</p>
",
        not_approved: "\
<div class=\"mark calm\" aria-hidden=\"true\">–</div>
<h1>Nothing was done</h1>
<p>The site has not approved this program yet. The program knows about it.</p>
<p>You can close this tab and return to the program.</p>
",
        invalid: "\
<div class=\"mark\" aria-hidden=\"true\">?</div>
<h1>Not understood</h1>
<p>The site sent something that the program could not read. The program knows about it.</p>
<p>Return to the program; you can close this tab.</p>
",
        already_finished: "\
<div class=\"mark calm\" aria-hidden=\"true\">–</div>
<h1>Already finished</h1>
<p>This request of the program had ended before. Nothing was passed to the program now.</p>
<p>You can close this tab and return to the program.</p>
",
        start_again: "\
<div class=\"mark\" aria-hidden=\"true\">↻</div>
<h1>Start again from the program</h1>
<p>This link works once and opens nothing now.</p>
<p>Return to the program and open the page from there again.</p>
",
        not_found: "\
<div class=\"mark calm\" aria-hidden=\"true\">?</div>
<h1>Nothing here</h1>
<p>No request of the program waits at this address. Nothing was passed to the program.</p>
<p>Return to the program and start again.</p>
",
        nothing: "\
<div class=\"mark calm\" aria-hidden=\"true\">?</div>
<h1>Nothing to pass on</h1>
<p>This address has nothing in it for the program, which keeps waiting.</p>
<p>Go back to the site or start again from the program.</p>
",
        bad_request: "\
<div class=\"mark calm\" aria-hidden=\"true\">!</div>
<h1>Request not accepted</h1>
<p>The program waits at this address for a site to send you back, and for nothing else. Nothing was passed to the program.</p>
<p>Return to the program and start again.</p>
",
        too_large: "\
<div class=\"mark calm\" aria-hidden=\"true\">!</div>
<h1>Too many cookies</h1>
<p>The browser sent more with this request than the program accepts. These are mostly cookies from other programs on this computer. Nothing was passed to the program.</p>
<p>Delete the cookies of this address (localhost or 127.0.0.1) and reload this page. Or start again from the program in a private window.</p>
",
        login_failed: "\
<div class=\"mark\" aria-hidden=\"true\">!</div>
<h1>Login did not work</h1>
<p>The site reported an error and did not say which login it belongs to. Nothing was passed to the program; it keeps waiting.</p>
<p>Return to the program and start again.</p>
",
        no_script: "\
<div class=\"mark\" aria-hidden=\"true\">!</div>
<h1>JavaScript is needed</h1>
<p>Nothing was passed to the program yet: what it waits for is in a part of the address that only the script of this page can read.</p>
<p>Turn on JavaScript for this page and reload it, or return to the program and start again.</p>
",
        wait: "\
<div class=\"mark calm\" aria-hidden=\"true\">…</div>
<h1>One moment</h1>
<p>Passing this on to the program.</p>
<p>Please keep this tab open.</p>
",
        lost: "\
<div class=\"mark\" aria-hidden=\"true\">!</div>
<h1>The program does not respond</h1>
<p>This page tried several times. The program may be closed.</p>
<p>Return to the program and start again.</p>
",
        unsure: "\
<div class=\"mark calm\" aria-hidden=\"true\">…</div>
<h1>Look in the program</h1>
<p>The connection to the program broke off on the way. The request has ended by now: either in time, or too late.</p>
<p>You can close this tab and return to the program.</p>
",
        one_moment: "One moment…",
        opening: "\
<div class=\"mark calm\" aria-hidden=\"true\">…</div>
<h1>One moment</h1>
<p>The program is preparing the page that opens here.</p>
<p>Please keep this window open.</p>
",
        go_back: "\
<div class=\"mark calm\" aria-hidden=\"true\">↩</div>
<h1>Go back to the program</h1>
<p>The program has not responded yet. This page keeps trying, so please leave it open.</p>
<p>If nothing happens in the program, start again there.</p>
",
    };
}
