//! A game in a browser, without a renderer: the canvas is the button.
//!
//! `scripts/web` builds and serves it, beside a sandbox that stands in for OK. A click or a tap
//! sends a request when it is *released*: a browser opens no window for a press of a finger.
//!
//! | input | request |
//! | --- | --- |
//! | left, middle, right third of the canvas | invite, suggest, post |
//! | `L`, `C`, `R` | log in, cancel, open again |
//!
//! | in the page's query | |
//! | --- | --- |
//! | `sandbox=<URL>` | where the sandbox is |
//! | `mode=popup`, `page` or `frame` | where OK's page appears |
//! | `mode=message` or `message-frame` | in a popup or a frame, without a return page |
//! | `backend=signs` or `fails` | requests are signed as if a backend did it |
//! | `timeout=<seconds>` | how long a request may take |
//! | `loggedout=1` | starts without a session, and logs in when a request needs one; with `mode=page` the session is stored |
//! | `press=1` | sends a request already when the mouse or the finger is pressed |
//! | `reactive=1` | updates only when something happens, as a program on a desktop may |
//!
//! Each result is pushed to `window.report` as `{kind, id, outcome, error, ids}`, each notice to
//! `window.notices`.

use std::time::Duration;

use bevy::input::touch::Touches;
use bevy::prelude::*;
use bevy::window::PrimaryWindow;
use bevy::winit::WinitSettings;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::{
    BackendSignature, Hosts, Signer, SigningError, SigningRequest, UserId, widget_signature,
};
use bevy_odnoklassniki::{PendingRequest, WebWindow};

mod page;

/// The sandbox's own application and session: they open nothing else.
const APPLICATION_ID: &str = "512000000001";
const PUBLIC_KEY: &str = "CDEMOSANDBOXPUBLICKEY";
const ACCESS_TOKEN: &str = "tkn1-sandbox.PlayerOne_0001";
const SESSION_SECRET_KEY: &str = "cea5cfa2a11a34885d334ebc66d58d9d";

fn main() -> AppExit {
    let plugin = match plugin() {
        Ok(plugin) => plugin,
        Err(error) => return page::refuse(&error),
    };
    let mut app = App::new();
    if page::parameter("reactive").is_some() {
        app.insert_resource(WinitSettings::desktop_app());
    }
    app.add_plugins(DefaultPlugins.set(WindowPlugin {
        primary_window: Some(Window {
            canvas: Some("#game".to_owned()),
            resolution: (600, 300).into(),
            ..default()
        }),
        ..default()
    }))
    .add_plugins(plugin)
    .add_systems(
        Update,
        (send_requests, send_by_key, receive, receive_notices),
    )
    .run()
}

/// Does as the page's query says.
fn plugin() -> Result<OdnoklassnikiPlugin, String> {
    // OK itself does not know the sandbox's application.
    let sandbox = page::parameter("sandbox").ok_or("the URL names no sandbox; scripts/web does")?;
    let hosts = Hosts::sandbox(&sandbox).map_err(|error| format!("sandbox: {error}"))?;
    let mut credentials = AppCredentials::new(APPLICATION_ID, PUBLIC_KEY);
    if let Some(backend) = page::parameter("backend") {
        credentials = credentials.with_signer(backend_signer(backend == "fails"));
    }
    let mut plugin = OdnoklassnikiPlugin::new(credentials)
        .with_automatic_login(RequestLogin::new)
        .with_hosts(hosts);
    if let Some(text) = page::parameter("timeout") {
        let seconds = text.parse().map_err(|error| format!("timeout: {error}"))?;
        plugin = plugin.with_timeout(Duration::from_secs(seconds));
    }
    plugin = match page::parameter("mode").as_deref() {
        None | Some("popup") => plugin,
        Some("page") => plugin.with_web_window(WebWindow::Page),
        Some("frame") => plugin.with_web_window(WebWindow::Frame),
        Some("message") => plugin.without_return_page(),
        Some("message-frame") => plugin
            .without_return_page()
            .with_web_window(WebWindow::Frame),
        Some(other) => return Err(format!("mode: there is no {other}")),
    };
    if page::parameter("loggedout").is_none() {
        return Ok(plugin.with_session(SessionData::new(
            AccessToken::new(ACCESS_TOKEN),
            SessionSecretKey::new(SESSION_SECRET_KEY),
        )));
    }
    // A session in memory ends when OK's page opens in place of the game.
    Ok(match page::parameter("mode").as_deref() {
        Some("page") => page::with_store(plugin),
        _ => plugin,
    })
}

/// Returns a signer that stands in for the game's own server.
fn backend_signer(fails: bool) -> Signer {
    Signer::backend(move |request: &SigningRequest<'_>| {
        if fails {
            return Err(SigningError::Unavailable("it fails on purpose".to_owned()));
        }
        let key = SessionSecretKey::new(SESSION_SECRET_KEY);

        Ok(BackendSignature {
            signature: widget_signature(request.fields(), &key),
            access_token: Some(AccessToken::new(ACCESS_TOKEN)),
        })
    })
}

fn send_requests(
    window: Single<&Window, With<PrimaryWindow>>,
    buttons: Res<ButtonInput<MouseButton>>,
    touches: Res<Touches>,
    mut moved: MessageReader<CursorMoved>,
    mut cursor: Local<Option<Vec2>>,
    mut commands: Commands,
) {
    // Not the window's: in WebKit the cursor leaves the canvas for a moment after each release.
    *cursor = moved.read().last().map(|moved| moved.position).or(*cursor);
    let (is_clicked, tapped) = if page::parameter("press").is_some() {
        let tapped = touches.iter_just_pressed().next();
        (buttons.just_pressed(MouseButton::Left), tapped)
    } else {
        let tapped = touches.iter_just_released().next();
        (buttons.just_released(MouseButton::Left), tapped)
    };
    let clicked = cursor.filter(|_| is_clicked);
    if let Some(position) = clicked.or(tapped.map(|touch| touch.position())) {
        match 3.0 * position.x / window.width() {
            ..1.0 => commands.write_message(RequestInvite::new().comment("Come and play!")),
            1.0..2.0 => commands.write_message(RequestSuggest::new().comment("Try this game")),
            _ => {
                let attachment = Attachment::new().text("I have won!");
                commands.write_message(RequestPost::new(attachment))
            }
        };
    }
}

fn send_by_key(
    keys: Res<ButtonInput<KeyCode>>,
    requests: Res<PendingRequests>,
    mut commands: Commands,
) {
    if keys.just_pressed(KeyCode::KeyL) {
        commands.write_message(RequestLogin::new());
    }
    if let Some(id) = requests.iter().next().map(PendingRequest::id) {
        if keys.just_pressed(KeyCode::KeyC) {
            commands.write_message(CancelRequest { id });
        }
        if keys.just_pressed(KeyCode::KeyR) {
            commands.write_message(ReopenRequest { id });
        }
    }
}

fn receive(
    mut invited: MessageReader<InviteFinished>,
    mut suggested: MessageReader<SuggestFinished>,
    mut posted: MessageReader<PostFinished>,
    mut logged_in: MessageReader<LoginFinished>,
) {
    for InviteFinished { id, outcome, .. } in invited.read() {
        page::report("invite", *id, outcome, |done| ids(&done.users));
    }
    for SuggestFinished { id, outcome, .. } in suggested.read() {
        page::report("suggest", *id, outcome, |done| ids(&done.users));
    }
    for PostFinished { id, outcome, .. } in posted.read() {
        page::report("post", *id, outcome, |done| vec![done.topic_id.to_string()]);
    }
    for LoginFinished { id, outcome, .. } in logged_in.read() {
        page::report("login", *id, outcome, |_| Vec::new());
    }
}

fn receive_notices(mut notices: MessageReader<RequestNotice>) {
    for RequestNotice { id, kind } in notices.read() {
        page::notice(*id, *kind);
    }
}

fn ids(users: &[UserId]) -> Vec<String> {
    users.iter().map(UserId::to_string).collect()
}
