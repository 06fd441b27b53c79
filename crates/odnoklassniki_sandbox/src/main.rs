//! The sandbox as a program: see `--help`.

mod arguments;

use std::io::{self, Write};
use std::process::ExitCode;

use arguments::{Arguments, HELP};
use odnoklassniki_sandbox::{DEMO_SECRET_KEY, Sandbox};

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            complain(&format!("{error}\nTry --help."));
            return ExitCode::from(2);
        }
    };
    match arguments {
        Arguments::Help => exit_code(print(HELP)),
        Arguments::Version => exit_code(print(concat!(
            "odnoklassniki_sandbox ",
            env!("CARGO_PKG_VERSION"),
            "\n"
        ))),
        Arguments::Run {
            port,
            behavior,
            apps,
            token_life,
            page_settings,
        } => {
            let mut builder = Sandbox::builder()
                .port(port)
                .behavior(behavior)
                .page_settings(page_settings);
            for app in apps {
                builder = builder.app(app);
            }
            if let Some(life) = token_life {
                builder = builder.token_life(life);
            }
            match builder.start() {
                Ok(sandbox) => run(&sandbox),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                    complain(&format!(
                        "port {port} is taken: stop the other program, or choose another port with \
                         --port (0 takes a free one)"
                    ));
                    ExitCode::FAILURE
                }
                Err(error) => {
                    complain(&format!("cannot listen on 127.0.0.1:{port}: {error}"));
                    ExitCode::FAILURE
                }
            }
        }
    }
}

fn run(sandbox: &Sandbox) -> ExitCode {
    let url = sandbox.url();
    // Other programs wait for the first line, so it must be the first thing that happens.
    let mut text = format!(
        "listening on {url}\n
  pages              {url}/
  widgets            {url}/dk
  login              {url}/oauth/authorize\n"
    );
    for app in sandbox.apps() {
        text += &format!(
            "  application id     {}\n  public key         {}\n",
            app.id, app.public_key
        );
        for uri in &app.redirect_uris {
            text += &format!("  redirect URI       {uri}\n");
        }
    }
    let session = sandbox.session();
    text += &format!("  access token       {}\n", session.access_token);
    // The secret of an application of the command line may be a real one.
    if sandbox.app().secret_key == DEMO_SECRET_KEY {
        text += &format!("  session secret     {}\n", session.session_secret_key);
    }
    text += "\nNothing leaves this machine. Ctrl-C stops it.\n";
    if print(&text).is_err() {
        return ExitCode::FAILURE;
    }
    loop {
        std::thread::park();
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn complain(text: &str) {
    // If this fails, there is no other place for the text.
    let _ = writeln!(io::stderr(), "odnoklassniki_sandbox: {text}");
}

fn exit_code(printed: io::Result<()>) -> ExitCode {
    if printed.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
