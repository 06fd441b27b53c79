//! What the command line and the environment say.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::GroupId;
use bevy_odnoklassniki::{MAX_TIMEOUT, MIN_TIMEOUT};
use lexopt::prelude::*;

use crate::words::Language;

pub const HELP: &str = "\
Castle with friends: a small game on Odnoklassniki (OK.ru)

usage: cargo run -p social_game -- [options]

  --lang en|ru         language of the game (default: from LC_ALL, LC_MESSAGES or LANG)
  --panel              start with the developer's panel open (F12 opens and closes it)
  --timeout SECONDS   how long a request waits for the player, 5 to 3600 (default: 600)
  --logged-out         begin without a player: the first request opens the login page
  --reactive           sleep between inputs, as desktop programs do, in place of drawing all the time
  --report FILE        write what the player sees to FILE, one JSON object per line, for tests
  --help               this text

Without more it plays on a sandbox that stands in for OK. For the real OK set all of
  OK_APP_ID          the application's id
  OK_APP_KEY         its public key
  OK_REDIRECT_URIS   its registered redirect URIs on this machine, with commas:
                     http://127.0.0.1:17811/login,http://127.0.0.1:38411/login
and, to post to a group, too,
  OK_GROUP_ID        the group's id";

/// The sandbox's group "Castle builders".
const SANDBOX_GROUP: u64 = 53_000_000_001;

/// What the player, or a test, has chosen.
pub struct Options {
    pub language: Language,
    pub panel: bool,
    pub timeout: Option<Duration>,
    pub logged_out: bool,
    pub reactive: bool,
    pub report: Option<PathBuf>,
    pub help: bool,
    /// The group that posts can go to.
    pub group: Option<GroupId>,
    /// For the real OK, with the registered redirect URIs. Without them the sandbox stands in
    /// for it.
    pub application: Option<(AppCredentials, Vec<String>)>,
}

impl Options {
    /// Reads all of it, or says what is wrong with it.
    pub fn read() -> Result<Self, lexopt::Error> {
        let mut options = Self {
            language: Language::of_environment(),
            panel: false,
            timeout: None,
            logged_out: false,
            reactive: false,
            report: None,
            help: false,
            group: None,
            application: None,
        };
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("lang") => options.language = arguments.value()?.parse()?,
                Long("panel") => options.panel = true,
                Long("timeout") => {
                    options.timeout = Some(arguments.value()?.parse_with(timeout)?);
                }
                Long("logged-out") => options.logged_out = true,
                Long("reactive") => options.reactive = true,
                Long("report") => options.report = Some(arguments.value()?.into()),
                Long("help") | Short('h') => options.help = true,
                other => return Err(other.unexpected()),
            }
        }
        // Who asks for help may have set half of the variables.
        if !options.help {
            options.application = application()?;
            options.group = match variable("OK_GROUP_ID") {
                Some(id) => Some(
                    id.parse()
                        .map_err(|_| "OK_GROUP_ID must be the number of a group")?,
                ),
                None => options
                    .application
                    .is_none()
                    .then(|| GroupId::new(SANDBOX_GROUP)),
            };
        }
        Ok(options)
    }

    /// The plugin as the options want it.
    pub fn plugin(&self) -> OdnoklassnikiPlugin {
        let plugin = match &self.application {
            Some((credentials, uris)) => {
                OdnoklassnikiPlugin::new(credentials.clone()).with_redirect_uris(uris)
            }
            None if self.logged_out => OdnoklassnikiPlugin::sandbox().without_session(),
            None => OdnoklassnikiPlugin::sandbox(),
        };
        // A request of a player who is not logged in waits until they are.
        let plugin = plugin.with_automatic_login(RequestLogin::new);
        match self.timeout {
            Some(timeout) => plugin.with_timeout(timeout),
            None => plugin,
        }
    }
}

fn timeout(seconds: &str) -> Result<Duration, &'static str> {
    let timeout = seconds
        .parse()
        .map(Duration::from_secs)
        .map_err(|_| "not a whole number of seconds")?;
    if (MIN_TIMEOUT..=MAX_TIMEOUT).contains(&timeout) {
        Ok(timeout)
    } else {
        Err("must be from 5 to 3600")
    }
}

/// An empty variable is none.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// All three variables or none: half of them is a mistake to be shown, not a reason to play on the
/// sandbox.
fn application() -> Result<Option<(AppCredentials, Vec<String>)>, String> {
    let names = ["OK_APP_ID", "OK_APP_KEY", "OK_REDIRECT_URIS"];
    let values = names.map(variable);
    if values.iter().all(Option::is_none) {
        return Ok(None);
    }
    let missing: Vec<_> = names
        .iter()
        .zip(&values)
        .filter(|(_, value)| value.is_none())
        .map(|(&name, _)| name)
        .collect();
    let [Some(id), Some(key), Some(uris)] = values else {
        return Err(format!(
            "for the real OK, set {} too (see --help)",
            missing.join(", ")
        ));
    };
    let credentials = AppCredentials::new(id, key);
    let uris = uris.split(',').map(|uri| uri.trim().to_owned()).collect();
    match credentials.validate() {
        Ok(()) => Ok(Some((credentials, uris))),
        Err(error) => Err(format!("{error}: {}", error.advice())),
    }
}
