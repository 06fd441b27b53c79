use bevy_odnoklassniki::RequestErrorKind::PageLost;
use bevy_odnoklassniki::prelude::*;

use super::SessionEnd;
use crate::test_host::{SCHEME, game_with_page, outcome, return_link};

#[test]
fn a_session_that_returns_completes_the_request() {
    let (mut game, id, page) = game_with_page();
    let link = return_link(page.url().expose());
    assert!(link.starts_with(&format!("{SCHEME}://r/")), "{link}");
    SessionEnd::Returned(link).apply(page);
    assert_eq!(outcome(&mut game, id), ("completed", None));
}

#[test]
fn a_session_that_the_player_closes_cancels_the_request() {
    let (mut game, id, page) = game_with_page();
    SessionEnd::Closed.apply(page);
    assert_eq!(outcome(&mut game, id), ("cancelled", None));
    let by_player = Outcome::Cancelled(CancelledBy::Player);
    assert_eq!(game.messages.invites[0].outcome, by_player);
}

/// The window is closed, so the request cannot wait on.
#[test]
fn a_session_that_fails_or_returns_no_callback_loses_the_page() {
    let (_, _, other) = game_with_page();
    let of_another_request = return_link(other.url().expose());
    for end in [
        SessionEnd::Failed("no window".to_owned()),
        SessionEnd::Returned(String::new()),
        SessionEnd::Returned(format!("{SCHEME}://r/{}", "0".repeat(32))),
        SessionEnd::Returned(of_another_request),
    ] {
        let (mut game, id, page) = game_with_page();
        end.apply(page);
        assert_eq!(outcome(&mut game, id), ("failed", Some(PageLost)));
    }
}

#[test]
fn a_session_that_ends_after_its_request_changes_nothing() {
    let (mut game, id, page) = game_with_page();
    game.write(CancelRequest { id });
    assert_eq!(outcome(&mut game, id), ("cancelled", None));
    assert!(page.is_over());
    let link = return_link(page.url().expose());
    SessionEnd::Returned(link).apply(page);
    game.update();
    assert_eq!(game.messages.finished(), 1);
}
