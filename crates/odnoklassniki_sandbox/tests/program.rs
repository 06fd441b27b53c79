//! The program: its first line, its options, its exit codes.

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use common::{get, md5_hex};
use odnoklassniki_sandbox::Sandbox;

const PROGRAM: &str = env!("CARGO_BIN_EXE_odnoklassniki_sandbox");

/// A program that ends with the test, even if that fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

#[test]
fn it_listens_where_its_first_line_says() {
    let secret = "A1B2C3D4E5F60718293A4B5C";
    let app = format!("512000123456:CBAPUBLICKEY:{secret}");
    let child = Command::new(PROGRAM)
        .args(["--port", "0", "--behavior", "accept", "--app", &app])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut child = Running(child);
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let url = first.strip_prefix("listening on ").unwrap();
    assert!(url.starts_with("http://127.0.0.1:") && !url.ends_with('/'));
    let signature = md5_hex(&format!("st.return=http://127.0.0.1:9/r{secret}"));
    let link = format!(
        "{url}/dk?st.cmd=WidgetInvite&st.app=512000123456&st.return=http%3A%2F%2F127.0.0.1%3A9%2Fr&st.signature={signature}"
    );
    assert!(get(&link).1.starts_with("http://127.0.0.1:9/r?code=OK"));
    let rest: Vec<String> = lines
        .take_while(|line| line.as_ref().is_ok_and(|line| !line.contains("Ctrl-C")))
        .map(Result::unwrap)
        .collect();
    let rest = rest.join("\n");
    assert!(
        rest.contains("512000123456") && rest.contains("CBAPUBLICKEY") && !rest.contains(secret)
    );
    assert!(!get(&format!("{url}/")).2.contains(secret));
}

#[test]
fn a_port_that_browsers_refuse_is_named() {
    let output = run(&["--port", "6666"]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("6666") && said.contains("browsers refuse"),
        "{said}"
    );
}

#[test]
fn the_options_of_the_login() {
    let child = Command::new(PROGRAM)
        .args([
            "--port=0",
            "--behavior=accept",
            "--redirect-uri",
            "http://game.example/cb",
            "--no-client-oauth",
        ])
        .args(["--redirect-uri=mygame://login", "--token-life", "7"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut child = Running(child);
    let mut lines = BufReader::new(child.0.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let first = lines.next().unwrap();
    let url = first.strip_prefix("listening on ").unwrap();
    let link = format!(
        "{url}/oauth/authorize?client_id=512000000001&scope=VALUABLE_ACCESS&redirect_uri=mygame://login"
    );
    assert!(
        get(&format!("{link}&response_type=token"))
            .1
            .starts_with("mygame://login#error=unauthorized_client&")
    );
    let location = get(&format!("{link}&response_type=code")).1;
    let code = location.strip_prefix("mygame://login?code=").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "512000000001"),
        ("client_secret", odnoklassniki_sandbox::DEMO_SECRET_KEY),
        ("redirect_uri", "mygame://login"),
        ("code", code),
    ];
    let response = common::send(&format!("{url}/oauth/token.do"), &form).2;
    assert!(response.contains("\"expires_in\":\"7\""), "{response}");
    let registered: Vec<String> = lines
        .by_ref()
        .take_while(|line| !line.contains("access token"))
        .collect();
    let registered = registered.join("\n");
    assert!(
        registered.contains("http://game.example/cb") && registered.contains("mygame://login"),
        "{registered}"
    );
    assert!(!registered.contains("http://127.0.0.1:0/login"));
}

#[test]
fn the_options_of_oks_pages() {
    let child = Command::new(PROGRAM)
        .args(["--port=0", "--behavior=cancel", "--coop", "--deny-frames"])
        .args(["--message-form", "object", "--other-messages"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut child = Running(child);
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let url = first.strip_prefix("listening on ").unwrap();
    let link = format!("{url}/dk?st.cmd=WidgetInvite");
    let mut page = common::client().get(&link).call().unwrap();
    for (name, value) in [
        ("cross-origin-opener-policy", "same-origin"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(page.headers().get(name).unwrap(), value);
    }
    let page = page.body_mut().read_to_string().unwrap();
    assert!(page.contains("data-object=\"true\"") && page.contains("other_messages.js"));
}

#[test]
fn help_and_version() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).unwrap();
    for option in [
        "--port",
        "--behavior",
        "--app",
        "--redirect-uri",
        "--token-life",
        "--no-client-oauth",
        "--long-access-token",
        "--coop",
        "--deny-frames",
        "--message-form",
        "--no-cancel-message",
        "--other-messages",
        "--help",
        "--version",
    ] {
        assert!(text.contains(option));
    }
    let version = run(&["--version"]);
    assert!(version.status.success());
    assert!(
        String::from_utf8(version.stdout)
            .unwrap()
            .contains(env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn bad_arguments_and_a_taken_port() {
    for arguments in [
        &["--prot", "1"][..],
        &["--behavior", "sing"],
        &["--port"],
        &["--app", "1:2"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        assert!(String::from_utf8(output.stderr).unwrap().contains("--help"));
    }
    let taken = Sandbox::start().unwrap();
    let port = taken.url().rsplit(':').next().unwrap();
    let output = run(&["--port", port]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(port) && text.contains("taken"), "{text}");
}
