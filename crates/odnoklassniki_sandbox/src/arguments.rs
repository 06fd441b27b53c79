//! The command line.

use std::ffi::OsString;
use std::time::Duration;

use odnoklassniki_sandbox::{Application, Behavior, DEFAULT_PORT, PageSettings};

pub(crate) const HELP: &str = "\
A local stand-in for Odnoklassniki (OK.ru), for building and testing games.

Usage: odnoklassniki_sandbox [OPTIONS]

Options:
  --port <PORT>                        port on 127.0.0.1; 0 takes a free one [default: 7780]
  --behavior <BEHAVIOR>                what happens to requests [default: ask]:
                                       ask, accept, accept:<friend's id>,<friend's id>, cancel,
                                       error:<code>, oauth-error:<name>, not-approved, never-respond,
                                       respond-twice, wrong-state, fragment-error, garbage,
                                       close-connection, delay:<milliseconds>:<behavior>
  --app <ID>:<PUBLIC KEY>:<SECRET>     an application instead of the demo one; may be repeated
  --redirect-uri <URI>                 a redirect URI that all applications register; may be repeated;
                                       port 0 of this machine is any port
                                       [default: /login and /assets/odnoklassniki.html on
                                       http://127.0.0.1:0 and http://localhost:0, and
                                       https://oauth.mycdn.me/blank.html]
  --token-life <SECONDS>               life of the access tokens of logins
                                       [default: 1800, with LONG_ACCESS_TOKEN 2592000]
  --no-client-oauth                    as if \"Client OAuth\" were switched off: response_type=token is refused
  --long-access-token                  applications of --app may ask for LONG_ACCESS_TOKEN, as the demo one may
  --coop                               OK's pages have Cross-Origin-Opener-Policy: same-origin
  --deny-frames                        OK's pages have X-Frame-Options: DENY
  --message-form <FORM>                how a widget without a return URL posts its result [default: text]:
                                       text, object, data-text, data-object
  --no-cancel-message                  a cancelled widget without a return URL posts no result
  --other-messages                     OK's pages also post messages that are no result
  --help                               print this and stop
  --version                            print the version and stop

The first line of output is `listening on http://127.0.0.1:<port>`.
";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(crate) enum Arguments {
    Help,
    Version,
    Run {
        port: u16,
        behavior: Behavior,
        apps: Vec<Application>,
        token_life: Option<Duration>,
        page_settings: PageSettings,
    },
}

impl Arguments {
    /// Parses `--name value` and `--name=value`. The error is a text for the terminal. It repeats
    /// no secret.
    pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut arguments = arguments.map(|argument| {
            argument
                .into_string()
                .map_err(|_| "an argument is not UTF-8".to_owned())
        });
        let (mut port, mut behavior, mut apps) = (DEFAULT_PORT, Behavior::Ask, Vec::new());
        let (mut redirect_uris, mut token_life) = (Vec::new(), None);
        let (mut client_oauth, mut long_access_token) = (true, false);
        let mut page_settings = PageSettings::default();
        while let Some(argument) = arguments.next().transpose()? {
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
            let switch = match name {
                "--no-client-oauth" => Some((&mut client_oauth, false)),
                "--long-access-token" => Some((&mut long_access_token, true)),
                "--coop" => Some((&mut page_settings.coop, true)),
                "--deny-frames" => Some((&mut page_settings.deny_frames, true)),
                "--no-cancel-message" => Some((&mut page_settings.no_cancel_message, true)),
                "--other-messages" => Some((&mut page_settings.other_messages, true)),
                _ => None,
            };
            if let (Some((switch, value)), None) = (switch, &inline) {
                *switch = value;
                continue;
            }
            if !matches!(
                name,
                "--port"
                    | "--behavior"
                    | "--app"
                    | "--redirect-uri"
                    | "--token-life"
                    | "--message-form"
            ) {
                return Err(format!("unknown argument `{name}`"));
            }
            let value = match inline {
                Some(value) => value,
                None => arguments
                    .next()
                    .transpose()?
                    .ok_or_else(|| format!("{name} needs a value"))?,
            };
            match name {
                "--port" => {
                    port = value
                        .parse()
                        .map_err(|_| "--port: a number from 0 to 65535".to_owned())?;
                }
                "--redirect-uri" if value.contains(':') => redirect_uris.push(value),
                "--redirect-uri" => return Err("--redirect-uri: an absolute URL".to_owned()),
                "--token-life" => {
                    let seconds = value
                        .parse()
                        .map_err(|_| "--token-life: a number of seconds".to_owned())?;
                    token_life = Some(Duration::from_secs(seconds));
                }
                "--message-form" => {
                    page_settings.message_form = value
                        .parse()
                        .map_err(|error| format!("--message-form: {error}"))?;
                }
                "--behavior" => {
                    behavior = value
                        .parse()
                        .map_err(|error| format!("--behavior: {error}"))?;
                }
                _ => {
                    let app = app(&value)?;
                    if apps.iter().any(|other: &Application| other.id == app.id) {
                        return Err(format!("--app: {} is there twice", app.id));
                    }
                    apps.push(app);
                }
            }
        }
        if apps.is_empty() {
            apps.push(Application::demo());
        }
        for app in &mut apps {
            *app = redirect_uris
                .iter()
                .fold(app.clone(), Application::redirect_uri)
                .client_oauth(client_oauth);
            app.long_access_token |= long_access_token;
        }
        Ok(Self::Run {
            port,
            behavior,
            apps,
            token_life,
            page_settings,
        })
    }
}

fn app(value: &str) -> Result<Application, String> {
    let mut parts = value.splitn(3, ':');
    let mut next = || parts.next().filter(|part| !part.is_empty());
    match (next().and_then(|id| id.parse().ok()), next(), next()) {
        (Some(id), Some(public_key), Some(secret)) => Ok(Application::new(id, public_key, secret)),
        _ => Err("--app: <id>:<public key>:<secret>, the id a number".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use odnoklassniki_sandbox::MessageForm;

    fn parse(line: &str) -> Result<Arguments, String> {
        Arguments::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn good_lines() {
        let (port, behavior, apps, token_life) =
            (DEFAULT_PORT, Behavior::Ask, vec![Application::demo()], None);
        assert_eq!(
            parse(""),
            Ok(Arguments::Run {
                port,
                behavior,
                apps,
                token_life,
                page_settings: PageSettings::default(),
            })
        );
        let expected = Arguments::Run {
            port: 0,
            behavior: Behavior::Error(104),
            apps: vec![
                Application::new(1, "P", "S:x"),
                Application::new(2, "Q", "T"),
            ],
            token_life: None,
            page_settings: PageSettings::default(),
        };
        assert_eq!(
            parse("--port 0 --behavior=error:104 --app 1:P:S:x --app=2:Q:T"),
            Ok(expected)
        );
        let line = "--redirect-uri http://a/?b=c --app 1:P:S --token-life=0 --no-client-oauth --redirect-uri=ok1://b \
                    --long-access-token";
        let Ok(Arguments::Run {
            apps, token_life, ..
        }) = parse(line)
        else {
            panic!()
        };
        let app = Application::new(1, "P", "S")
            .redirect_uri("http://a/?b=c")
            .redirect_uri("ok1://b");
        assert_eq!(apps, [app.client_oauth(false).long_access_token(true)]);
        assert_eq!(token_life, Some(Duration::ZERO));
        let line =
            "--coop --deny-frames --message-form=data-object --no-cancel-message --other-messages";
        let Ok(Arguments::Run { page_settings, .. }) = parse(line) else {
            panic!()
        };
        let all = PageSettings::default().coop(true).deny_frames(true);
        let all = all.message_form(MessageForm::DataObject);
        assert_eq!(
            page_settings,
            all.no_cancel_message(true).other_messages(true)
        );
        assert_eq!(parse("--port 1 --help"), Ok(Arguments::Help));
        assert_eq!(parse("-V"), Ok(Arguments::Version));
    }

    #[test]
    fn bad_lines() {
        for (line, part) in [
            ("--port", "needs a value"),
            ("--port x", "--port"),
            ("--port 65536", "--port"),
            ("--behavior sing", "never-respond"),
            ("--app 1:P", "--app"),
            ("--app x:P:S", "--app"),
            ("--app 1::S", "--app"),
            ("--app 1:P:S --app 1:P:T", "--app"),
            ("--redirect-uri login", "--redirect-uri"),
            ("--token-life soon", "--token-life"),
            ("--token-life -1", "--token-life"),
            ("--no-client-oauth=1", "`--no-client-oauth`"),
            ("--coop=same-origin", "`--coop`"),
            ("--message-form json", "data-object"),
            ("--what", "`--what`"),
            ("what", "`what`"),
            ("--help=1", "unknown"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(part), "{line}: {error}");
        }
        assert!(!parse("--app 1:P:").unwrap_err().contains("1:P"));
    }

    #[test]
    fn the_help_names_the_default_port() {
        assert!(HELP.contains(&DEFAULT_PORT.to_string()));
    }
}
