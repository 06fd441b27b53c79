//! Serves a built game for the web beside a sandbox on another site.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::{env, thread};

use lexopt::ValueExt as _;
use test_support::site;

use crate::options;

const HELP: &str = "\
usage: scripts/web [OPTION]...

Builds examples/web and serves it, until it is interrupted, beside a sandbox on another site (127.0.0.1 and localhost).
Prints `game: <url>` and `sandbox: <url>`.

  --isolated   serves the game with COOP and COEP, as a game with threads needs it
  --help       this text";

/// What a browser wants of a page that may use threads.
const ISOLATED: &str =
    "Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n";

#[derive(Default)]
struct Options {
    folder: Option<PathBuf>,
    isolated: bool,
    /// Only reads the options.
    check: bool,
}

/// Ends the sandbox with this program.
struct Sandbox(Child);

impl Drop for Sandbox {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// Serves until it is interrupted.
///
/// # Errors
///
/// An option is wrong, or the sandbox does not start.
#[expect(clippy::print_stdout, reason = "a program for the command line")]
pub fn command(arguments: Vec<OsString>) -> Result<bool, String> {
    let mut read = Options::default();
    let help = options::read(arguments, |name, parser| {
        match name {
            "folder" => read.folder = Some(parser.value()?.parse()?),
            "isolated" => read.isolated = true,
            "check" => read.check = true,
            _ => return Ok(false),
        }
        Ok(true)
    });
    if help.map_err(|error| format!("{error}\n\n{HELP}"))? {
        println!("{HELP}");
        return Ok(true);
    }
    if read.check {
        return Ok(true);
    }
    let folder = read
        .folder
        .ok_or("--folder names the built game; scripts/web builds it")?;
    let port = site::serve_folder(&folder, if read.isolated { ISOLATED } else { "" });
    let game = format!("http://127.0.0.1:{port}/");
    let (sandbox, _running) = start_sandbox(&format!("{game}assets/odnoklassniki.html"))?;
    println!("game: {game}?sandbox={sandbox}\nsandbox: {sandbox}");
    loop {
        thread::park();
    }
}

/// Starts the sandbox program, and returns its URL on a site that is not the game's.
fn start_sandbox(redirect_uri: &str) -> Result<(String, Sandbox), String> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let program = target.join("debug/odnoklassniki_sandbox");
    let mut child = Command::new(&program)
        .args(["--port", "0", "--redirect-uri", redirect_uri])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let output = child.stdout.take();
    let sandbox = Sandbox(child);
    let first = output.and_then(|output| BufReader::new(output).lines().next()?.ok());
    let url = first
        .as_deref()
        .and_then(|line| line.strip_prefix("listening on "))
        .ok_or("the sandbox did not start")?;
    Ok((url.replace("127.0.0.1", "localhost"), sandbox))
}
