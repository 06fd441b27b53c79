//! The few words of the WebDriver protocol (W3C) that the tests use: JSON over HTTP to a driver
//! program of our own: chromedriver, geckodriver or `WebKitWebDriver`.

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// The key under which WebDriver hands out an element's id (W3C WebDriver, section 12.1).
pub const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Generous: a busy machine must not fail a test.
const DRIVER_START: Duration = Duration::from_secs(30);
/// chromedriver takes a free port of IPv6, then wants the same one of IPv4, and ends if another
/// program has it.
const DRIVER_STARTS: usize = 5;
const ONE_COMMAND: Duration = Duration::from_secs(60);

/// A running driver program with one session. Both end when it is dropped.
pub struct Driver {
    child: Child,
    http: ureq::Agent,
    server: String,
    session: String,
}

impl Driver {
    /// Starts a driver on a free port and opens a session with these capabilities. `command` makes
    /// the driver's command; `scratch` takes whatever it and its browser write.
    pub fn start(command: impl Fn() -> Command, scratch: &Path, capabilities: &Value) -> Self {
        let (child, port) = (0..DRIVER_STARTS)
            .find_map(|_| start_program(command(), scratch))
            .unwrap_or_else(|| panic!("{:?} ended at once, each time", command()));
        let http = ureq::Agent::new_with_config(
            ureq::Agent::config_builder()
                .http_status_as_error(false)
                .proxy(None)
                .timeout_global(Some(ONE_COMMAND))
                .build(),
        );
        let mut driver = Self {
            child,
            http,
            server: format!("http://127.0.0.1:{port}"),
            session: String::new(),
        };
        let opened = driver.post(
            "/session",
            &json!({ "capabilities": { "alwaysMatch": capabilities } }),
        );
        driver.session = format!(
            "/session/{}",
            opened["sessionId"]
                .as_str()
                .expect("a new session has an id")
        );
        driver
    }

    /// Asks the browser to end, in order, and ends the driver. What does not obey is for the caller
    /// to kill.
    pub fn end(&mut self) {
        let session = std::mem::take(&mut self.session);
        if !session.is_empty() {
            let _ = self.http.delete(format!("{}{session}", self.server)).call();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Reads something: a GET below the session.
    pub fn read(&self, path: &str) -> Value {
        self.try_read(path)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Reads something, or returns why it cannot.
    pub fn try_read(&self, path: &str) -> Result<Value, String> {
        let url = format!("{}{}{path}", self.server, self.session);
        value(path, self.http.get(url).call())
    }

    /// Does something: a POST below the session. An error ends the test.
    pub fn act(&self, path: &str, body: &Value) -> Value {
        self.try_act(path, body)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Does something, or returns why it cannot.
    pub fn try_act(&self, path: &str, body: &Value) -> Result<Value, String> {
        let path = format!("{}{path}", self.session);
        let response = self.http.post(format!("{}{path}", self.server));
        value(&path, response.send_json(body))
    }

    /// Closes something: a DELETE below the session.
    pub fn close(&self, path: &str) -> Value {
        self.try_close(path)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Closes something, or returns why it cannot.
    pub fn try_close(&self, path: &str) -> Result<Value, String> {
        let url = format!("{}{}{path}", self.server, self.session);
        value(path, self.http.delete(url).call())
    }

    /// Returns the ids of the elements that a CSS selector finds, in document order.
    pub fn elements(&self, css: &str) -> Vec<String> {
        let found = self.act(
            "/elements",
            &json!({ "using": "css selector", "value": css }),
        );
        let ids = found.as_array().into_iter().flatten();
        ids.filter_map(|element| element[ELEMENT].as_str().map(str::to_owned))
            .collect()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let response = self.http.post(format!("{}{path}", self.server));
        value(path, response.send_json(body)).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// Returns the `value` of a response, or an error in the driver's own words.
fn value(
    path: &str,
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Value, String> {
    let failed = |error: ureq::Error| format!("driver, {path}: {error}");
    let mut response = response.map_err(failed)?;
    let body = response.body_mut().with_config();
    let body: Value = body.limit(64 * 1024 * 1024).read_json().map_err(failed)?;
    if !response.status().is_success() {
        let (kind, text) = (&body["value"]["error"], &body["value"]["message"]);
        return Err(format!("driver, {path}: {kind}: {text}"));
    }
    Ok(body["value"].clone())
}

/// Starts the driver program. `None`: it ended before it had a port.
fn start_program(mut command: Command, scratch: &Path) -> Option<(Child, u16)> {
    let is_silent = command.get_program().to_string_lossy().contains("WebKit");
    let mut child = command
        .arg("--port=0")
        .env("HOME", scratch)
        .env("TMPDIR", scratch)
        .env("MOZ_CRASHREPORTER_DISABLE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} did not start: {error}"));
    let lines = BufReader::new(child.stdout.take().expect("standard output is piped"));
    let (port_found, port) = mpsc::channel();
    // Reads to the end, so that the driver never blocks on a full pipe.
    thread::spawn(move || {
        for line in lines.lines().map_while(Result::ok) {
            if let Some(port) = port_in(&line) {
                let _ = port_found.send(port);
            }
        }
    });
    let deadline = Instant::now() + DRIVER_START;
    while Instant::now() < deadline {
        match port.recv_timeout(Duration::from_millis(50)) {
            Ok(port) => return Some((child, port)),
            Err(RecvTimeoutError::Disconnected) => {
                let _ = child.wait();
                return None;
            }
            // WebKit's driver does not print its port. Chromium's may not have both of its ports
            // when it has the first, and prints it then.
            Err(RecvTimeoutError::Timeout) if is_silent => {
                if let Some(port) = listening_port(child.id()) {
                    return Some((child, port));
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    panic!("the driver has no port within {DRIVER_START:?}")
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.end();
    }
}

/// Returns the port in chromedriver's line "ChromeDriver was started successfully on port N." or in
/// geckodriver's "Listening on 127.0.0.1:N".
fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line
        .split_once("started successfully on port ")
        .or_else(|| line.split_once("Listening on 127.0.0.1:"))?;
    rest.trim().trim_end_matches('.').parse().ok()
}

/// Returns the port of IPv4 on which a process listens, from Linux's `/proc`.
fn listening_port(id: u32) -> Option<u16> {
    let files = fs::read_dir(format!("/proc/{id}/fd")).ok()?.flatten();
    let opened: Vec<_> = files
        .filter_map(|file| fs::read_link(file.path()).ok())
        .collect();
    let sockets = fs::read_to_string(format!("/proc/{id}/net/tcp")).ok()?;
    sockets.lines().find_map(|line| {
        let fields: Vec<_> = line.split_ascii_whitespace().collect();
        let [_, local, _, state, _, _, _, _, _, inode, ..] = fields[..] else {
            return None;
        };
        let is_its = opened.contains(&format!("socket:[{inode}]").into());
        let (_, port) = local.split_once(':')?;
        // 0A: it listens.
        u16::from_str_radix(port, 16)
            .ok()
            .filter(|_| is_its && state == "0A")
    })
}
