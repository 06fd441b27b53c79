//! A real `redis-server` on a free port, with a folder of its own.

use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use backend_example::Place;
use tempfile::TempDir;

use super::wait_for;

pub struct Redis {
    pub port: u16,
    folder: TempDir,
    child: Child,
}

impl Redis {
    /// Starts one. `None` after saying that the test is skipped.
    ///
    /// # Panics
    ///
    /// Where `OK_REQUIRE_REDIS` makes that a failure.
    pub fn start_or_skip() -> Option<Self> {
        let required =
            env::var_os("OK_REQUIRE_REDIS").is_some_and(|value| !value.is_empty() && value != "0");
        let there = Command::new("redis-server")
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        if !there.is_ok_and(|status| status.success()) {
            let missing = "there is no redis-server on PATH (Debian: apt-get install redis-server)";
            assert!(
                !required,
                "a Redis is required (OK_REQUIRE_REDIS is set), but {missing}"
            );
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            // Straight to standard error: the test runner hides what the print macros of a passing
            // test write.
            let _ = writeln!(io::stderr(), "SKIPPED: {test}, because {missing}");
            return None;
        }
        // Between finding a free port and using it another program may take it: then there is
        // another port.
        let folder = tempfile::tempdir().expect("a folder");
        let found = (0..10).find_map(|_| {
            let port = TcpListener::bind("127.0.0.1:0")
                .and_then(|socket| socket.local_addr())
                .ok()?
                .port();
            Some((port, run(port, &folder)?))
        });
        let (port, child) = found.expect("a Redis that starts");
        Some(Self {
            port,
            folder,
            child,
        })
    }

    pub fn place(&self) -> Place {
        Place::Redis(format!("redis://127.0.0.1:{}/", self.port))
    }

    /// Kills it, as the power would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// An empty one, at the same port.
    pub fn start_again(&mut self) {
        self.child = wait_for("Redis at the same port", || run(self.port, &self.folder));
    }

    /// One command, as text: what Redis says.
    pub fn say(&self, command: &str) -> String {
        ask(self.port, command).expect("a response of Redis")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts it and waits until it responds. `None` if it ends instead.
fn run(port: u16, folder: &TempDir) -> Option<Child> {
    let mut child = Command::new("redis-server")
        .args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ])
        .arg("--dir")
        .arg(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    wait_for("response of Redis", || match child.try_wait() {
        Ok(None) => ask(port, "PING")
            .ok()
            .filter(|response| response.starts_with("+PONG"))
            .map(|_| true),
        _ => Some(false),
    })
    .then_some(child)
}

fn ask(port: u16, command: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes())?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}
