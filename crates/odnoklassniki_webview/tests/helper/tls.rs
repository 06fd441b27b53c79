//! A server that says it is another one: nobody has signed its certificate.

use std::process::Command;

use serde_json::json;
use tempfile::TempDir;
use test_support::child_protocol::ChildProcess;
use test_support::programs::{Kind, Missing};

use crate::driver::{Desktop, Helper, home};
use crate::site::{Site, script};

const OPENSSL: Kind = Kind {
    needs: "openssl",
    require: "OK_REQUIRE_WINDOW",
    skip: "OK_SKIP_WINDOW",
};

/// Starts the server, which prints what it is asked for. Its key is in the folder.
fn impostor() -> Option<(ChildProcess, TempDir)> {
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
    let mut command = Command::new("openssl");
    command.args(["s_server", "-accept", "127.0.0.1:0", "-key"]);
    command.arg(&key).arg("-cert").arg(&certificate);
    Some((ChildProcess::start(&mut command), folder))
}

#[test]
fn a_certificate_that_nobody_has_signed_is_refused() {
    let Some(desktop) = Desktop::x11() else {
        return;
    };
    let Some((mut server, _folder)) = impostor() else {
        return;
    };
    let address = server.receive("ACCEPT");
    let (_, port) = address.rsplit_once(':').expect("an address");
    let to = format!("https://localhost:{port}/dk");
    let site =
        Site::start(move |_| script(format!("setTimeout(() => location.href = {to:?}, 100)")));
    let helper = Helper::show(&desktop, &site.url);
    helper.expect("at", &json!(site.url));
    server.receive("ERROR");
    helper.finish();
    let output = server.stop();
    let is_asked = output.lines().any(|line| line.starts_with("GET"));
    assert!(!is_asked, "{output}");
}
