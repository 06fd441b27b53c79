//! Machines that have only one of IPv4 and IPv6: each in a separate network namespace (Linux).
#![cfg(target_os = "linux")]

use std::env;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};

use bevy_app::App;
use bevy_ecs::message::Message;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::test_kit::TIMEOUT;
use test_support::child_protocol::ChildProcess;
use test_support::programs::{Missing, NAMESPACE};
use test_support::reliability::measured;
use test_support::{flow, http, subprocess};

/// Takes a family away, in a namespace where `lo` is up.
const WITHOUT_IPV6: &str = "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6";
const WITHOUT_IPV4: &str = "ip address del 127.0.0.1/8 dev lo";
/// All ports that the system hands out when a program asks for any. Browsers block all of them but
/// the last.
const FEW_PORTS: &str = "echo 6665 6670 >/proc/sys/net/ipv4/ip_local_port_range";

/// Returns a shell in a separate network, in which `set_up` has run. It then runs its arguments.
fn alone(set_up: &str) -> Command {
    let mut command = Command::new("unshare");
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if !is_root {
        // Other users may be root in their own namespace.
        command.args(["--user", "--map-root-user"]);
    }
    command.args(["--net", "sh", "-c"]);
    command.arg(format!(
        "ip link set lo up && {set_up} && exec \"$0\" \"$@\""
    ));
    command
}

/// Checks that this machine allows a network in which `set_up` can run.
fn can(set_up: &str) -> Result<(), Missing> {
    let output = alone(set_up).arg("true").output();
    let output = output
        .map_err(|error| Missing(format!("there is no unshare (Debian: util-linux): {error}")))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(Missing(format!(
            "no namespace: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ))),
    }
}

/// A game that is not the test kit's: the kit's sandbox needs IPv4.
struct Game {
    app: App,
    woken: Receiver<()>,
}

impl Game {
    fn new() -> Self {
        let (wake, woken) = channel();
        let mut app = App::new();
        let plugin = flow::plugin().with_redirect_uris(["http://localhost:17811/login"]);
        app.add_plugins(plugin.with_wake(move || _ = wake.send(())));
        Self { app, woken }
    }

    /// Writes a request, follows its link as a browser does, and returns the host of the listener
    /// and the signed URL.
    fn begin<M: Message>(&mut self, id: RequestId, request: M) -> (String, String) {
        self.app.world_mut().write_message(request);
        let link = self.until(|requests| {
            Some(
                requests
                    .iter()
                    .find(|request| request.id() == id)?
                    .link()?
                    .expose()
                    .to_owned(),
            )
        });
        let page = http::get(&link);
        let url = http::header(&page, "location").expect("the signed URL");
        (http::split(&link).0.to_owned(), url.to_owned())
    }

    #[track_caller]
    fn expect_completed(&mut self, id: RequestId) {
        assert_eq!(
            self.until(|requests| Some(requests.finished(id)?.outcome_name())),
            "completed"
        );
    }

    fn until<T>(&mut self, look: impl Fn(&PendingRequests) -> Option<T>) -> T {
        loop {
            self.app.update();
            if let Some(found) = look(self.app.world().resource()) {
                return found;
            }
            self.woken.recv_timeout(TIMEOUT).expect("the game is woken");
        }
    }
}

/// The child process: a widget's callback and a login.
fn play() {
    let only_ipv4 = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err();
    let only_ipv6 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).is_err();
    assert!(
        only_ipv4 != only_ipv6,
        "IPv4 only: {only_ipv4}, IPv6 only: {only_ipv6}"
    );
    let ours = if only_ipv4 { "127.0.0.1:" } else { "[::1]:" };
    let mut game = Game::new();

    let request = RequestSuggest::new();
    let id = request.id();
    let (host, url) = game.begin(id, request);
    assert!(host.starts_with(ours), "{host}");
    let parameter = |name| http::parameter(&url, name).expect("it is always sent");
    let back = parameter("st.return");
    assert_eq!(http::split(&back).0, host);
    let back = flow::callback_url(&back, &parameter("st.state"), 7);
    assert_eq!(http::status(&http::get(&back)), 200);
    game.expect_completed(id);

    let request = RequestLogin::new();
    let id = request.id();
    let (host, url) = game.begin(id, request);
    assert_eq!(host, format!("{ours}17811"));
    let parameter = |name| http::parameter(&url, name).expect("it is always sent");
    assert_eq!(parameter("redirect_uri"), "http://localhost:17811/login");
    // As a browser for which the name means this machine.
    let name = "localhost:17811";
    let state = parameter("state");
    let body = format!("access_token=token&session_secret_key=key&state={state}");
    let headers = format!(
        "Host: {name}\r\nOrigin: http://{name}\r\nContent-Length: {}",
        body.len()
    );
    let response = http::send(
        &host,
        &format!("POST /f/{state} HTTP/1.1\r\n{headers}\r\n\r\n{body}"),
    );
    assert_eq!(http::status(&response), 200, "{response}");
    game.expect_completed(id);
}

/// The parent process.
fn play_without(test: &str, set_up: &str, family: &str) {
    if subprocess::is_child(test) {
        return play();
    }
    if NAMESPACE.find_or_skip(|| can(set_up)).is_none() {
        return;
    }
    let mut command = alone(set_up);
    command.arg(env::current_exe().expect("this program has a path"));
    subprocess::run_test(&mut command, test);
    ChildProcess::start(&mut command).assert_passes();
    measured(
        19,
        format_args!("{family} only: widget and login completed"),
    );
}

#[test]
fn a_machine_without_ipv6_will_do() {
    play_without("a_machine_without_ipv6_will_do", WITHOUT_IPV6, "IPv4");
}

#[test]
fn a_machine_without_ipv4_will_do() {
    play_without("a_machine_without_ipv4_will_do", WITHOUT_IPV4, "IPv6");
}

/// The child process: an invitation's link and return URL.
fn take_any_port() {
    let mut game = Game::new();
    let request = RequestSuggest::new();
    let id = request.id();
    let (host, url) = game.begin(id, request);
    assert_eq!(host, "127.0.0.1:6670");
    let parameter = |name| http::parameter(&url, name).expect("it is always sent");
    let back = flow::callback_url(&parameter("st.return"), &parameter("st.state"), 7);
    assert_eq!(http::status(&http::get(&back)), 200);
    game.expect_completed(id);
}

#[test]
fn a_port_that_browsers_block_is_not_taken() {
    const TEST: &str = "a_port_that_browsers_block_is_not_taken";
    if subprocess::is_child(TEST) {
        return take_any_port();
    }
    if NAMESPACE.find_or_skip(|| can(FEW_PORTS)).is_none() {
        return;
    }
    let mut command = alone(FEW_PORTS);
    command.arg(env::current_exe().expect("this program has a path"));
    subprocess::run_test(&mut command, TEST);
    ChildProcess::start(&mut command).assert_passes();
}
