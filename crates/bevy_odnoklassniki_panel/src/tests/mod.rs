//! A developer uses the panel: every form, every button, and nothing secret on screen.

mod bad_input;
mod forms;
mod harness;
mod requests;
mod sandbox;
mod secrets;
mod sleep;
mod status;
mod window;

use std::io::{Read, Write};
use std::net::TcpStream;

use bevy_app::App;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::sandbox::{Behavior, Sandbox};

use self::harness::Harness;

/// Returns a game on a sandbox. No browser opens its pages.
fn game(behavior: Behavior) -> App {
    let sandbox = Sandbox::builder()
        .behavior(behavior)
        .start()
        .expect("a sandbox on a free port");
    let opener = |_: &OneTimeLink| Ok::<(), OpenError>(());
    let mut app = App::new();
    app.add_plugins(OdnoklassnikiPlugin::with_sandbox(sandbox.into()).with_opener(opener));
    app
}

fn start(behavior: Behavior) -> Harness {
    Harness::on(game(behavior))
}

fn pending(panel: &Harness) -> &PendingRequests {
    panel.app.world().resource()
}

/// Returns the link of the oldest pending request.
fn first_link(panel: &Harness) -> String {
    let request = pending(panel).iter().next().expect("a pending request");
    request.link().expect("a link").expose().to_owned()
}

/// Sends a GET request to this machine. Returns the whole response.
fn get(url: &str) -> String {
    let (host, path) = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .expect("a URL of this machine");
    let mut stream = TcpStream::connect(host).expect("a listener");
    let head = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("it can be sent");
    let mut response = Vec::new();
    stream.read_to_end(&mut response).expect("a response");
    String::from_utf8_lossy(&response).into_owned()
}

fn location(response: &str) -> Option<&str> {
    response.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .starts_with("location: ")
            .then(|| &line[10..])
    })
}

/// Follows redirects as a browser would. Returns every URL on the way.
fn follow(link: &str) -> Vec<String> {
    let mut seen = vec![link.to_owned()];
    while let Some(next) = seen
        .last()
        .and_then(|url| location(&get(url)).map(str::to_owned))
    {
        seen.push(next);
    }
    seen
}

/// Clicks "Send" of a form that cannot be sent. The problem is shown twice: under the button and at
/// the field.
fn refuses(panel: &mut Harness, kind: &str, problem: &str) {
    let before = pending(panel).len();
    panel.click(&format!("Send {kind}"));
    let text = panel.now();
    assert_eq!(
        text.matches(problem).count(),
        2,
        "{problem} is not twice in {text}"
    );
    assert!(text.contains("Not sent."), "{text}");
    assert_eq!(pending(panel).len(), before);
}
