//! OK's page, from which the player comes back when the window sleeps.

use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::Hosts;
use bevy_odnoklassniki::{OdnoklassnikiPlugin, WebviewHost};
use test_support::programs::webview_or_skip;
use test_support::{http, site};

use crate::plan::Mode;
use crate::player::TIMEOUT;

/// How the player sees the page.
pub enum Page {
    /// They are a browser, and have the link.
    Browser(Receiver<String>),
    /// A real window shows it. When it is there for a moment, it asks whether to return, and waits
    /// for the response.
    Webview(Receiver<TcpStream>),
}

/// The page in the webview, in OK's place.
const IN_WEBVIEW: &str = "<!doctype html><body><script>
    const query = new URLSearchParams(location.search);
    const done = query.get('st.return') + '?code=OK&selected=[7]&state=' + query.get('st.state');
    addEventListener('load', () => setTimeout(async () => {
        await fetch('/may-return');
        location.href = done;
    }, 300));
</script>";

impl Page {
    /// Returns the page, and the plugin that shows it so.
    pub fn of(
        plugin: OdnoklassnikiPlugin,
        mode: Mode,
    ) -> Result<(Self, OdnoklassnikiPlugin), String> {
        if mode != Mode::Webview {
            let (sender, links) = channel();
            let plugin = plugin.with_opener(move |link: &OneTimeLink| {
                sender
                    .send(link.expose().to_owned())
                    .map_err(|_| OpenError::new("the player is gone"))
            });
            return Ok((Self::Browser(links), plugin));
        }
        let program = webview_or_skip().ok_or("there is no program for the window")?;
        let (sender, asks) = channel();
        let hosts = serve(sender)
            .and_then(|port| Hosts::sandbox(&format!("http://127.0.0.1:{port}")).ok())
            .ok_or("the page cannot be served")?;
        let host = WebviewHost::new().with_program(program).without_browser();
        let plugin = plugin.with_hosts(hosts).with_page_host(host);
        Ok((Self::Webview(asks), plugin))
    }

    /// Waits until the page is there, and the player knows the way back.
    pub fn wait(&self) -> Result<WayBack, String> {
        let closed = |_| "the page was not opened".to_owned();
        match self {
            Self::Browser(links) => {
                let link = links.recv_timeout(TIMEOUT).map_err(closed)?;
                let page = location(&http::get(&link))?;
                Ok(WayBack::Callback(location(&http::get(&page))?))
            }
            Self::Webview(asks) => Ok(WayBack::Navigation(
                asks.recv_timeout(TIMEOUT).map_err(closed)?,
            )),
        }
    }
}

/// What brings the player back.
pub enum WayBack {
    /// A request to the plugin's listener.
    Callback(String),
    /// The page in the webview may go to its return URL.
    Navigation(TcpStream),
}

impl WayBack {
    pub fn take(self) -> Result<(), String> {
        match self {
            Self::Callback(url) => match http::status(&http::get(&url)) {
                200 => Ok(()),
                status => Err(format!("the response to the callback has status {status}")),
            },
            Self::Navigation(stream) => {
                site::respond(&stream, "").map_err(|_| "the page is gone".to_owned())
            }
        }
    }
}

/// Serves the page on a free port. Its question comes without a response yet.
fn serve(asks: Sender<TcpStream>) -> Option<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").ok()?;
    let port = listener.local_addr().ok()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let asks = asks.clone();
            // A connection may be opened ahead and stay silent.
            thread::spawn(move || {
                let head = site::read_head(&stream);
                if head
                    .first()
                    .is_some_and(|line| line.contains("/may-return"))
                {
                    _ = asks.send(stream);
                } else {
                    _ = site::respond(&stream, IN_WEBVIEW);
                }
            });
        }
    });
    Some(port)
}

/// Where a page leads.
fn location(response: &str) -> Result<String, String> {
    let location = http::header(response, "location").map(str::to_owned);
    location.ok_or_else(|| {
        format!(
            "a page with status {} leads nowhere",
            http::status(response)
        )
    })
}
