//! A game for the web that has not switched on Bevy's feature `web`: its clocks must work all the
//! same.
//!
//! ```sh
//! cargo build -p wasm_clock --target wasm32-unknown-unknown
//! wasm-bindgen --target nodejs --out-dir out "$CARGO_TARGET_DIR/wasm32-unknown-unknown/debug/wasm_clock.wasm"
//! node out/wasm_clock.js
//! ```
//!
//! In wasm it prints `logged in, expires in 60 s, invite: failed (Unsupported)`.

use std::time::Duration;

use bevy::app::App;
use bevy_odnoklassniki::{RequestErrorKind, prelude::*};

fn main() {
    // Otherwise a panic in wasm says only "unreachable".
    #[cfg(target_family = "wasm")]
    std::panic::set_hook(Box::new(|panic| say(&panic.to_string())));
    say(&run());
}

/// Runs two frames with a session that expires, and one request.
fn run() -> String {
    let session = SessionData::new(AccessToken::new("t.1"), SessionSecretKey::new("k"));
    let plugin =
        OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
            .with_session(session.expires_in(Duration::from_secs(60)));
    let mut app = App::new();
    app.add_plugins(plugin);
    app.update();
    let invite = RequestInvite::new();
    let id = invite.id();
    app.world_mut().write_message(invite);
    app.update();
    let (session, requests) = (
        app.world().resource::<OkSession>(),
        app.world().resource::<PendingRequests>(),
    );
    let status = match session.status() {
        SessionStatus::LoggedIn => "logged in".to_owned(),
        other => format!("{other:?}"),
    };
    let left = session
        .expires_in()
        .map_or(0.0, |left| left.as_secs_f64().ceil());
    let outcome = match requests.finished(id) {
        None => "pending".to_owned(),
        Some(finished) => {
            let kind: Option<RequestErrorKind> = finished.error().map(RequestError::kind);
            kind.map_or_else(
                || finished.outcome_name().to_owned(),
                |kind| format!("failed ({kind:?})"),
            )
        }
    };
    format!("{status}, expires in {left} s, invite: {outcome}")
}

#[cfg(target_family = "wasm")]
fn say(line: &str) {
    web_sys::console::log_1(&line.into());
}

#[cfg(not(target_family = "wasm"))]
#[expect(clippy::print_stdout, reason = "a program prints on its terminal")]
fn say(line: &str) {
    println!("{line}");
}
