//! The server as a program. Its settings are environment variables; `README.md` lists them.

use std::io::{self, Write as _};
use std::process::ExitCode;

use backend_example::{Config, Store, server};
use tokio::net::TcpListener;

fn main() -> ExitCode {
    if let Some(argument) = std::env::args().nth(1) {
        return fail(&format!(
            "unknown argument: {argument}\nThere are none: see README.md for the environment variables."
        ));
    }
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string()),
    }
}

fn serve() -> Result<(), Box<dyn std::error::Error>> {
    log::set_logger(&StandardError)?;
    log::set_max_level(log::LevelFilter::Info);
    let config = Config::from_env()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = Store::open(&config.place, config.app_id).await?;
        let listener = TcpListener::bind(config.listen).await?;
        // Other programs read the first line, to learn the port.
        writeln!(io::stdout(), "listening on http://{}", listener.local_addr()?)?;
        log::info!("{store:?}, application {}", config.app_id);
        server::serve(listener, server::router(config, store), told_to_stop()).await?;
        Ok(())
    })
}

/// Ctrl-C, or the signal with which service managers stop a program.
async fn told_to_stop() {
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
    // There is nobody left to tell if this fails.
    let _ = writeln!(io::stderr(), "backend_example: {why}");
    ExitCode::FAILURE
}

/// Log lines of this program alone, on standard error: libraries below may be talkative about requests.
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
