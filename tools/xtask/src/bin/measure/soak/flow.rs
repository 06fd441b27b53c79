//! One flow of each kind, with OK and the player played by hand.

use std::net::TcpListener;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use bevy_app::App;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::SessionSecretKey;

use test_support::http;

/// How many kinds of flows there are.
pub const KINDS: usize = 8;
/// Far more than a flow takes.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A game that sleeps until it is woken, as one in a reactive window does.
pub struct Game {
    app: App,
    woken: Receiver<()>,
}

impl Game {
    pub fn new() -> Result<Self, String> {
        // Closed at once: the login binds it again. No other program looks for a port here.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free
            .map_err(|error| format!("no free port: {error}"))?
            .port();
        // One pending wake is as good as many.
        let (wake, woken) = sync_channel(1);
        let session = SessionData::new(AccessToken::new("token"), SessionSecretKey::new("key"));
        let mut app = App::new();
        app.add_plugins(
            OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
                .with_session(session)
                .with_redirect_uris([format!("http://127.0.0.1:{port}/login")])
                .with_opener(|_: &OneTimeLink| Ok::<(), OpenError>(()))
                .with_wake(move || _ = wake.try_send(())),
        );
        app.finish();
        app.cleanup();
        app.update();
        Ok(Self { app, woken })
    }

    /// Plays the flow with this number, and returns the time from the callback to the result.
    ///
    /// # Errors
    ///
    /// It does not end as it must.
    pub fn play(&mut self, number: usize) -> Result<Duration, String> {
        let number_text = number.to_string();
        match number % KINDS {
            0 => {
                let request = RequestInvite::new().comment(number_text);
                self.widget(request.id(), request, "code=OK&selected=[7]", "completed")
            }
            1 => {
                let request = RequestPost::new(Attachment::new().text(number_text));
                self.widget(
                    request.id(),
                    request,
                    "result=%7B%22id%22%3A%227%22%7D",
                    "completed",
                )
            }
            2 => {
                let request = RequestSuggest::new().comment(number_text);
                self.widget(
                    request.id(),
                    request,
                    "code=CANCELLED&error_code=12",
                    "cancelled",
                )
            }
            3 => {
                let request = RequestInvite::new().comment(number_text);
                self.widget(
                    request.id(),
                    request,
                    "code=PARAM_SIGNATURE&error_code=104",
                    "failed",
                )
            }
            4 => self.called_off(RequestInvite::new().comment(number_text)),
            5 => self.opened_again(RequestSuggest::new().comment(number_text)),
            6 => self.log_in(),
            _ => self.among_wrong_callbacks(RequestInvite::new().comment(number_text)),
        }
    }

    /// Lets the game go on for as long as nothing happens.
    pub fn wait(&mut self, time: Duration) {
        _ = self.woken.recv_timeout(time);
        self.app.update();
    }

    fn widget<M: bevy_ecs::message::Message>(
        &mut self,
        id: RequestId,
        request: M,
        callback: &str,
        end: &str,
    ) -> Result<Duration, String> {
        self.app.world_mut().write_message(request);
        let url = self.follow(id)?;
        let back = format!(
            "{}?{callback}&state={}",
            parameter(&url, "st.return")?,
            state(&url)
        );
        self.send_callback(id, end, || http::get(&back))
    }

    /// Plays a player who leaves the page open until the game cancels.
    fn called_off(&mut self, request: RequestInvite) -> Result<Duration, String> {
        let id = request.id();
        self.app.world_mut().write_message(request);
        let url = self.follow(id)?;
        let began = Instant::now();
        self.app.world_mut().write_message(CancelRequest { id });
        self.ended(id, "cancelled")?;
        let time = began.elapsed();
        // The callback that comes all the same.
        let late = http::get(&format!(
            "{}?code=OK&selected=[7]&state={}",
            parameter(&url, "st.return")?,
            state(&url)
        ));
        expect(&late, 200)?;
        Ok(time)
    }

    fn opened_again(&mut self, request: RequestSuggest) -> Result<Duration, String> {
        let id = request.id();
        self.app.world_mut().write_message(request);
        let first = self.link(id, "")?;
        self.app.world_mut().write_message(ReopenRequest { id });
        let second = self.link(id, &first)?;
        expect(&http::get(&first), 410)?;
        let url = self.visit(&second)?;
        let back = format!(
            "{}?code=OK&selected=[7]&state={}",
            parameter(&url, "st.return")?,
            state(&url)
        );
        self.send_callback(id, "completed", || http::get(&back))
    }

    /// Plays the token flow: its callback is behind the `#`, and the relay page posts it.
    fn log_in(&mut self) -> Result<Duration, String> {
        let request = RequestLogin::new();
        let id = request.id();
        self.app.world_mut().write_message(request);
        let url = self.follow(id)?;
        let redirect = parameter(&url, "redirect_uri")?;
        expect(&http::get(&redirect), 200)?;
        let state = parameter(&url, "state")?;
        let (host, _) = http::split(&redirect);
        let body =
            format!("access_token=token&session_secret_key=key&expires_in=86400&state={state}");
        let post = format!(
            "POST /f/{state} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.send_callback(id, "completed", || http::send(host, &post))
    }

    /// Sends wrong callbacks before the right one.
    fn among_wrong_callbacks(&mut self, request: RequestInvite) -> Result<Duration, String> {
        let id = request.id();
        self.app.world_mut().write_message(request);
        let url = self.follow(id)?;
        let back = parameter(&url, "st.return")?;
        let (host, _) = http::split(&back);
        expect(
            &http::get(&format!("http://{host}/r/{:032x}?code=OK", 7)),
            404,
        )?;
        expect(
            &http::get(&format!("{back}?code=OK&selected=[7]&state=wrong")),
            404,
        )?;
        expect(&http::send(host, "\x16\x03\x01 is not HTTP\r\n\r\n"), 400)?;
        let back = format!("{back}?code=OK&selected=[7]&state={}", state(&url));
        self.send_callback(id, "completed", || http::get(&back))
    }

    /// Waits for the page of a request and follows its link.
    fn follow(&mut self, id: RequestId) -> Result<String, String> {
        let link = self.link(id, "")?;
        self.visit(&link)
    }

    fn visit(&self, link: &str) -> Result<String, String> {
        let page = http::get(link);
        expect(&page, 303)?;
        http::header(&page, "location")
            .map(str::to_owned)
            .ok_or_else(|| "303 without a location".to_owned())
    }

    /// Waits for a link of the request that is not `old`.
    fn link(&mut self, id: RequestId, old: &str) -> Result<String, String> {
        self.until(|requests| {
            let request = requests.iter().find(|request| request.id() == id)?;
            request
                .link()
                .map(|link| link.expose().to_owned())
                .filter(|link| link != old)
        })
    }

    fn send_callback(
        &mut self,
        id: RequestId,
        end: &str,
        callback: impl FnOnce() -> String,
    ) -> Result<Duration, String> {
        let began = Instant::now();
        expect(&callback(), 200)?;
        self.ended(id, end)?;
        Ok(began.elapsed())
    }

    fn ended(&mut self, id: RequestId, end: &str) -> Result<(), String> {
        let name = self.until(|requests| Some(requests.finished(id)?.outcome_name()))?;
        if name == end {
            Ok(())
        } else {
            Err(format!("ended as {name}, not {end}"))
        }
    }

    /// Runs a frame, and one more after each wake, until there is something.
    fn until<T>(&mut self, look: impl Fn(&PendingRequests) -> Option<T>) -> Result<T, String> {
        loop {
            self.app.update();
            if let Some(found) = look(self.app.world().resource()) {
                return Ok(found);
            }
            self.woken
                .recv_timeout(TIMEOUT)
                .map_err(|_| "the game was not woken".to_owned())?;
        }
    }
}

fn expect(response: &str, status: u16) -> Result<(), String> {
    match http::status(response) {
        found if found == status => Ok(()),
        found => Err(format!("{found}, not {status}")),
    }
}

/// Returns the state of a widget, which is not always sent.
fn state(url: &str) -> String {
    parameter(url, "st.state").unwrap_or_default()
}

fn parameter(url: &str, name: &str) -> Result<String, String> {
    http::parameter(url, name).ok_or_else(|| format!("no {name} in OK's URL"))
}
