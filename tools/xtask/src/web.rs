//! Serves built games for the web beside a sandbox on another site.

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

Builds two games for the web and serves them, until it is interrupted, beside a sandbox on another site (127.0.0.1 and
localhost). Prints their URLs, and that of the sandbox:

  game: <url>      examples/web, without a renderer: small, runs in every browser
  castle: <url>    examples/social_game, with all of Bevy: needs WebGL 2; its first build takes a quarter of an hour
  sandbox: <url>

The query of `game:` chooses more, for example `&mode=page`: `mode=popup`, `page`, `frame` or `message`, `timeout=<s>`,
`loggedout=1`, and what the first lines of examples/web/src/main.rs list. L logs in, C cancels, R opens the page again.

Options:
  --example-only   leaves the castle out
  --isolated       serves the games with COOP and COEP, as a game with threads needs it
  --help           this text";

/// What a browser wants of a page that may use threads.
const ISOLATED: &str =
    "Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n";

#[derive(Default)]
struct Options {
    folder: Option<PathBuf>,
    castle: Option<PathBuf>,
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
            "castle" => read.castle = Some(parser.value()?.parse()?),
            // scripts/web then builds no castle, and names none.
            "example-only" => {}
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
    let headers = if read.isolated { ISOLATED } else { "" };
    let games: Vec<(&str, String)> = [("game", Some(folder)), ("castle", read.castle)]
        .into_iter()
        .filter_map(|(name, folder)| Some((name, site::serve_folder(&folder?, headers))))
        .map(|(name, port)| (name, format!("http://127.0.0.1:{port}/")))
        .collect();
    let redirect_uris = games
        .iter()
        .map(|(_, url)| format!("{url}assets/odnoklassniki.html"));
    let (sandbox, _running) = start_sandbox(redirect_uris)?;
    for (name, url) in &games {
        println!("{name}: {url}?sandbox={sandbox}");
    }
    println!("sandbox: {sandbox}");
    loop {
        thread::park();
    }
}

/// Starts the sandbox program, and returns its URL on a site that is not the game's.
fn start_sandbox(redirect_uris: impl Iterator<Item = String>) -> Result<(String, Sandbox), String> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let program = target.join("debug/odnoklassniki_sandbox");
    let mut child = Command::new(&program)
        .args(["--port", "0"])
        .args(redirect_uris.flat_map(|uri| ["--redirect-uri".to_owned(), uri]))
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
