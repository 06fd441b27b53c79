//! The server as a program. Its settings are environment variables; `README.md` lists them.

#[cfg(feature = "demo")]
mod demo;

use std::io::{self, Write as _};
use std::process::ExitCode;

use backend_example::{Config, Store, server};
use tokio::net::TcpListener;

const HELP: &str = "\
A game's own server for Odnoklassniki (OK.ru).

usage: backend_example [--demo [--browser]]

  (nothing)   serve; README.md lists the environment variables
  --demo      run the server, a game and a sandbox in this process, from the login to a reward that is
              granted once; needs no account and no settings
  --browser   in the demo, you are the player, in your browser
  --help      this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        [] => serve().map(|()| ExitCode::SUCCESS),
        ["--help" | "-h"] => io::stdout()
            .write_all(HELP.as_bytes())
            .map(|()| ExitCode::SUCCESS)
            .map_err(Into::into),
        ["--demo", rest @ ..] if matches!(rest, [] | ["--browser"]) => play(!rest.is_empty()),
        _ => {
            return fail(&format!(
                "unknown arguments: {}\n{HELP}",
                arguments.join(" ")
            ));
        }
    };
    done.unwrap_or_else(|error| fail(&error.to_string()))
}

#[cfg(feature = "demo")]
fn play(in_browser: bool) -> Result<ExitCode, Box<dyn std::error::Error>> {
    Ok(match demo::run(in_browser)? {
        bevy::app::AppExit::Success => ExitCode::SUCCESS,
        bevy::app::AppExit::Error(code) => ExitCode::from(code.get()),
    })
}

#[cfg(not(feature = "demo"))]
fn play(_: bool) -> Result<ExitCode, Box<dyn std::error::Error>> {
    Err("this program was built without the feature `demo`".into())
}

fn serve() -> Result<(), Box<dyn std::error::Error>> {
    log::set_logger(&StandardError)?;
    log::set_max_level(log::LevelFilter::Info);
    let config = Config::from_env()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let store = Store::open(&config.place, config.app_id).await?;
        let listener = TcpListener::bind(config.listen).await?;
        // Other programs read the first line, to learn the port.
        writeln!(
            io::stdout(),
            "listening on http://{}",
            listener.local_addr()?
        )?;
        log::info!("{store:?}, application {}", config.app_id);
        server::serve(listener, server::router(config, store), stop_requested()).await?;
        Ok(())
    })
}

/// Waits for Ctrl-C, or the signal with which service managers stop a program.
async fn stop_requested() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => (),
        () = terminated => (),
    }
}

fn fail(why: &str) -> ExitCode {
    // If this fails, there is nowhere else to write.
    let _ = writeln!(io::stderr(), "backend_example: {why}");
    ExitCode::FAILURE
}

/// Log lines of this program alone, on standard error: libraries below may be talkative about
/// requests.
struct StandardError;

impl log::Log for StandardError {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("backend_example")
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let _ = writeln!(io::stderr(), "{} {}", record.level(), record.args());
        }
    }

    fn flush(&self) {}
}
