//! Games of the tests.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::sandbox::Behavior;
use bevy_odnoklassniki::test_kit::TIMEOUT;
use bevy_odnoklassniki::{Finished, OkPage, PageHost, ReturnLinks};
use test_support::game::Game;
use test_support::http;

pub(crate) const SCHEME: &str = "ok512000000001";

/// Sends each page to the test.
struct ToTest(Mutex<Sender<OkPage>>);

impl PageHost for ToTest {
    fn open(&self, page: OkPage) -> Result<(), OpenError> {
        let sender = self.0.lock().expect("no panic");
        let over = |_| OpenError::new("the test is over");
        sender.send(page).map_err(over)
    }
}

/// Returns a game with these return links and this host.
pub(crate) fn game_with(host: impl PageHost) -> Game {
    Game::with(Behavior::Accept, |plugin| {
        plugin
            .with_page_host(host)
            .with_return_links(ReturnLinks::scheme(SCHEME))
    })
}

/// Returns a game that asks for an invitation, its request, and the page.
pub(crate) fn game_with_page() -> (Game, RequestId, OkPage) {
    let (sender, pages) = channel();
    let mut game = game_with(ToTest(Mutex::new(sender)));
    let id = invite(&mut game);
    let page = receive(&pages);
    (game, id, page)
}

pub(crate) fn receive<T>(receiver: &Receiver<T>) -> T {
    receiver.recv_timeout(TIMEOUT).expect("it is sent")
}

/// Asks for an invitation.
pub(crate) fn invite(game: &mut Game) -> RequestId {
    let request = RequestInvite::new();
    let id = request.id();
    game.write(request);
    game.update();
    id
}

/// Returns the link to which OK's page sends the player back.
pub(crate) fn return_link(page_url: &str) -> String {
    let parameter = |name| http::parameter(page_url, name).expect("it is in the URL");
    let (back, state) = (parameter("st.return"), parameter("st.state"));
    format!("{back}?code=OK&selected=[7]&state={state}")
}

/// Waits for the one result of a request. Returns its name, and the kind of its error.
pub(crate) fn outcome(game: &mut Game, id: RequestId) -> (&'static str, Option<RequestErrorKind>) {
    let outcome = game.run_until("the result", |kit| {
        let requests = kit.app.world().resource::<PendingRequests>();
        let finished = requests.finished(id)?;
        Some((
            Finished::outcome_name(finished),
            finished.error().map(RequestError::kind),
        ))
    });
    game.update();
    assert_eq!(game.messages.finished(), 1, "one result");
    outcome
}
