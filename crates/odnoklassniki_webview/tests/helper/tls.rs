//! A server that says it is another one: nobody has signed its certificate.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use test_support::programs::{Kind, Missing};
use test_support::wait::TIMEOUT;

use crate::driver::{Desktop, Helper, home};
use crate::site::{Site, script};

const OPENSSL: Kind = Kind {
    needs: "openssl",
    require: "OK_REQUIRE_WINDOW",
    skip: "OK_SKIP_WINDOW",
};

struct Impostor {
    child: Child,
    /// Everything that it prints: what it is asked for, too.
    lines: Receiver<String>,
    port: String,
    _folder: TempDir,
}

impl Impostor {
    fn start() -> Option<Self> {
        let folder = home();
        let (key, certificate) = (folder.path().join("key"), folder.path().join("certificate"));
        let made = OPENSSL.find_or_skip(|| {
            let mut command = Command::new("openssl");
            command.args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
            ]);
            command
                .args(["-subj", "/CN=localhost", "-keyout"])
                .arg(&key);
            let output = command.arg("-out").arg(&certificate).output();
            output.map_err(|_| Missing("there is no openssl on PATH".to_owned()))
        })?;
        assert!(made.status.success(), "{made:?}");
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-key"])
            .arg(&key)
            .arg("-cert")
            .arg(&certificate)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let (sender, lines) = channel();
        read(child.stdout.take().expect("its output"), sender.clone());
        read(child.stderr.take().expect("its errors"), sender);
        let mut server = Self {
            child,
            lines,
            port: String::new(),
            _folder: folder,
        };
        let line = server.wait_for("ACCEPT");
        let (_, port) = line.rsplit_once(':').expect("an address");
        port.clone_into(&mut server.port);
        Some(server)
    }

    /// Waits for a line that begins so.
    #[track_caller]
    fn wait_for(&self, beginning: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(TIMEOUT).expect("a line");
            if line.starts_with(beginning) {
                return line;
            }
            assert!(!line.starts_with("GET"), "it was asked: {line}");
        }
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn read(from: impl Read + Send + 'static, to: Sender<String>) {
    thread::spawn(move || {
        let lines = BufReader::new(from).lines().map_while(Result::ok);
        lines
            .take_while(|line| to.send(line.clone()).is_ok())
            .for_each(drop);
    });
}

#[test]
fn a_certificate_that_nobody_has_signed_is_refused() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let Some(server) = Impostor::start() else {
        return;
    };
    let to = format!("https://localhost:{}/dk", server.port);
    let site =
        Site::start(move |_| script(format!("setTimeout(() => location.href = {to:?}, 100)")));
    let helper = Helper::show(&desktop, &site.url);
    helper.expect("at", &json!(site.url));
    server.wait_for("ERROR");
    while let Ok(line) = server.lines.recv_timeout(Duration::from_secs(1)) {
        assert!(!line.starts_with("GET"), "it was asked: {line}");
    }
    helper.finish();
}
