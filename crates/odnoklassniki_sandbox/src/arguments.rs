//! The command line.

use std::ffi::OsString;

use odnoklassniki_sandbox::{App, DEFAULT_PORT, Script};

pub(crate) const HELP: &str = "\
A local stand-in for Odnoklassniki (OK.ru), for building and testing games.

Usage: odnoklassniki_sandbox [OPTIONS]

Options:
  --port <PORT>                        port on 127.0.0.1; 0 takes a free one [default: 7780]
  --script <SCRIPT>                    what happens to requests [default: ask]:
                                       ask, accept, accept:<friend's id>,<friend's id>, cancel,
                                       error:<code>, not-approved, never-answer, answer-twice,
                                       wrong-state, fragment-error, garbage, close-connection,
                                       delay:<milliseconds>:<script>
  --app <ID>:<PUBLIC KEY>:<SECRET>     an application to know instead of the demo one; may be repeated
  --help                               print this and stop
  --version                            print the version and stop

The first line of output is `listening on http://127.0.0.1:<port>`.
";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(crate) enum Arguments {
    Help,
    Version,
    Run { port: u16, script: Script, apps: Vec<App> },
}

impl Arguments {
    /// Reads `--name value` and `--name=value`. The error is a text for the terminal; it repeats no secret.
    pub(crate) fn read(given: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut given = given.map(|argument| argument.into_string().map_err(|_| "an argument is not UTF-8".to_owned()));
        let (mut port, mut script, mut apps) = (DEFAULT_PORT, Script::Ask, Vec::new());
        while let Some(argument) = given.next().transpose()? {
            let (name, inline) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (argument.as_str(), None),
            };
            if inline.is_none() && matches!(name, "--help" | "-h") {
                return Ok(Self::Help);
            }
            if inline.is_none() && matches!(name, "--version" | "-V") {
                return Ok(Self::Version);
            }
            if !matches!(name, "--port" | "--script" | "--app") {
                return Err(format!("unknown argument `{name}`"));
            }
            let value = match inline {
                Some(value) => value,
                None => given.next().transpose()?.ok_or_else(|| format!("{name} needs a value"))?,
            };
            match name {
                "--port" => {
                    port = value.parse().map_err(|_| "--port: a number from 0 to 65535".to_owned())?;
                }
                "--script" => script = value.parse().map_err(|why| format!("--script: {why}"))?,
                _ => {
                    let app = app(&value)?;
                    if apps.iter().any(|other: &App| other.id == app.id) {
                        return Err(format!("--app: {} is given twice", app.id));
                    }
                    apps.push(app);
                }
            }
        }
        Ok(Self::Run { port, script, apps })
    }
}

fn app(value: &str) -> Result<App, String> {
    let mut parts = value.splitn(3, ':');
    let mut next = || parts.next().filter(|part| !part.is_empty());
    match (next().and_then(|id| id.parse().ok()), next(), next()) {
        (Some(id), Some(public_key), Some(secret)) => Ok(App::new(id, public_key, secret)),
        _ => Err("--app: <id>:<public key>:<secret>, the id a number".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Arguments, String> {
        Arguments::read(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn good_lines() {
        let (port, script, apps) = (DEFAULT_PORT, Script::Ask, vec![]);
        assert_eq!(read(""), Ok(Arguments::Run { port, script, apps }));
        let expected = Arguments::Run {
            port: 0,
            script: Script::Error(104),
            apps: vec![App::new(1, "P", "S:x"), App::new(2, "Q", "T")],
        };
        assert_eq!(read("--port 0 --script=error:104 --app 1:P:S:x --app=2:Q:T"), Ok(expected));
        assert_eq!(read("--port 1 --help"), Ok(Arguments::Help));
        assert_eq!(read("-V"), Ok(Arguments::Version));
    }

    #[test]
    fn bad_lines() {
        for (line, part) in [
            ("--port", "needs a value"),
            ("--port x", "--port"),
            ("--port 65536", "--port"),
            ("--script sing", "never-answer"),
            ("--app 1:P", "--app"),
            ("--app x:P:S", "--app"),
            ("--app 1::S", "--app"),
            ("--app 1:P:S --app 1:P:T", "--app"),
            ("--what", "`--what`"),
            ("what", "`what`"),
            ("--help=1", "unknown"),
        ] {
            let why = read(line).unwrap_err();
            assert!(why.contains(part), "{line}: {why}");
        }
        assert!(!read("--app 1:P:").unwrap_err().contains("1:P"));
    }

    #[test]
    fn the_help_names_the_default_port() {
        assert!(HELP.contains(&DEFAULT_PORT.to_string()));
    }
}
