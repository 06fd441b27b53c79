//! A game that OK's portal started signs widgets with the session from its launch query.

use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::sandbox::Behavior;
use test_support::game::Game;
use test_support::http;

#[test]
fn the_portals_session_signs_widgets_when_the_game_says_so() {
    let mut launch = OkLaunch::from_query(
        "?api_server=https%3A%2F%2Fapi.ok.ru%2F&logged_user_id=561348705024\
         &session_key=-s-1nv3ntEd&session_secret_key=5ecde7c0ffee5ecde7c0ffee5ecde7c0",
    )
    .expect("a launch");
    let session = launch.take_session().expect("a session");
    let credentials = AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA")
        .with_signer(session.into_signer());
    let mut game = Game::with(Behavior::NeverRespond, |plugin| {
        plugin.without_session().with_credentials(credentials)
    });
    let invite = RequestInvite::new();
    let id = invite.id();
    game.write(invite);
    let link = game.link_of(id);
    let response = http::get(&link);
    let page = http::header(&response, "location").expect("OK's URL");
    assert!(page.contains("&st.session_key=-s-1nv3ntEd"));
    assert!(!page.contains("5ecde7c0"));
}
