//! The settings, from environment variables.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use odnoklassniki::{ApplicationId, ApplicationSecretKey, Hosts};

use crate::policy;
use crate::store::Place;

/// What the server has to know. `Debug` shows no secret.
///
/// ```
/// use backend_example::Config;
/// use odnoklassniki::{ApplicationId, ApplicationSecretKey};
///
/// let config = Config::new(ApplicationId::new(1), "CBAPUBLICKEY", ApplicationSecretKey::new("S3CR3T"));
/// assert_eq!(config.listen.to_string(), "127.0.0.1:7790");
/// assert!(!format!("{config:?}").contains("S3CR3T"));
/// ```
#[derive(Debug)]
pub struct Config {
    /// `OK_APP_ID`: the application.
    pub app_id: ApplicationId,
    /// `OK_APP_KEY`: its public key.
    pub app_key: String,
    /// `OK_APP_SECRET`: its secret key.
    pub app_secret: ApplicationSecretKey,
    /// `OK_REDIRECT_URIS`: where login codes may have come to, with commas between them; as
    /// registered at OK. Port 0 on `127.0.0.1` or `[::1]` stands for any.
    pub redirect_uris: Vec<String>,
    /// `LISTEN`: the socket address of this server. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// `REDIS_URL`, else `DATABASE`: where the server remembers.
    pub place: Place,
    /// `OK_API_URL`: where OK's REST service is; a sandbox has its own.
    pub hosts: Hosts,
    /// `SIGN_RETURN_URLS`: pages of the game, besides the loopback of the player's machine, to
    /// which OK may send callbacks.
    pub return_urls: Vec<String>,
    /// `SIGN_LINK_HOSTS`: hosts that links and pictures in posts may have. None: no links and
    /// pictures.
    pub link_hosts: Vec<String>,
    /// `PER_MINUTE`: how often a player may ask for a signature in a minute, and as often for a
    /// reward.
    pub per_minute: u32,
}

/// Why there are no settings.
///
/// ```
/// use backend_example::Config;
/// let error = Config::read(|_| None).unwrap_err();
/// assert_eq!(error.to_string(), "OK_APP_ID is not set: give the application's id, from OK's letter");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A variable that must be set is not.
    #[error("{0} is not set: give {1}")]
    Missing(&'static str, &'static str),
    /// A variable has a value that cannot be used. The value is not shown: it may be a secret in
    /// the wrong place.
    #[error("{0} cannot be used: it {1}")]
    Bad(&'static str, String),
}

impl Config {
    /// Settings for OK itself, with nothing allowed yet but callbacks to the player's own machine.
    pub fn new(
        app_id: ApplicationId,
        app_key: impl Into<String>,
        app_secret: ApplicationSecretKey,
    ) -> Self {
        Self {
            app_id,
            app_key: app_key.into(),
            app_secret,
            redirect_uris: Vec::new(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7790)),
            place: Place::File(PathBuf::from("backend.sqlite3")),
            hosts: Hosts::default(),
            return_urls: Vec::new(),
            link_hosts: Vec::new(),
            per_minute: 30,
        }
    }

    /// Reads the environment variables.
    ///
    /// # Errors
    /// The first variable that is missing or cannot be used, and what to do about it.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads the variables from `get`. An empty variable counts as not set.
    ///
    /// # Errors
    /// As [`from_env`](Self::from_env).
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let get = |name| {
            get(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let need = |name, what| get(name).ok_or(ConfigError::Missing(name, what));

        let app_id = need("OK_APP_ID", "the application's id, from OK's letter")?;
        let app_id = parse(
            "OK_APP_ID",
            &app_id,
            "is not a number: give the application's id, digits only",
        )?;
        let app_key = need(
            "OK_APP_KEY",
            "the application's public key, from OK's letter",
        )?;
        let app_secret = need(
            "OK_APP_SECRET",
            "the application's secret key, from OK's letter",
        )?;
        if app_secret == app_key {
            return Err(bad(
                "OK_APP_SECRET",
                "is the public key: give the secret one",
            ));
        }
        let mut config = Self::new(app_id, app_key, ApplicationSecretKey::new(app_secret));

        let redirect_uris = need(
            "OK_REDIRECT_URIS",
            "the redirect URIs registered at OK to which login codes come, commas between them",
        )?;
        config.redirect_uris = list(&redirect_uris);
        if !config.redirect_uris.iter().all(|uri| uri.contains("://")) {
            return Err(bad(
                "OK_REDIRECT_URIS",
                "has an entry that is no URI: begin each with its scheme",
            ));
        }
        if let Some(listen) = get("LISTEN") {
            config.listen = parse(
                "LISTEN",
                &listen,
                "is no socket address: write it as 127.0.0.1:7790",
            )?;
        }
        if let Some(file) = get("DATABASE") {
            config.place = Place::File(PathBuf::from(file));
        }
        if let Some(url) = get("REDIS_URL") {
            config.place = Place::Redis(url);
        }
        if let Some(api) = get("OK_API_URL") {
            let hosts = config.hosts.with_api(&api);
            config.hosts = hosts.map_err(|error| {
                bad(
                    "OK_API_URL",
                    format!("{}: {}", error.problem(), error.remedy()),
                )
            })?;
        }
        config.return_urls = list(&get("SIGN_RETURN_URLS").unwrap_or_default());
        if !config
            .return_urls
            .iter()
            .all(|url| policy::is_page_of_the_game(url))
        {
            return Err(bad(
                "SIGN_RETURN_URLS",
                "has an entry that is no https URL without query and fragment",
            ));
        }
        config.link_hosts = list(&get("SIGN_LINK_HOSTS").unwrap_or_default());
        if !config.link_hosts.iter().all(|host| policy::is_host(host)) {
            return Err(bad(
                "SIGN_LINK_HOSTS",
                "has an entry that is no host name in lower case, such as game.example",
            ));
        }
        if let Some(per_minute) = get("PER_MINUTE") {
            config.per_minute = parse("PER_MINUTE", &per_minute, "is not a number")?;
        }
        Ok(config)
    }
}

fn bad(name: &'static str, problem: impl fmt::Display) -> ConfigError {
    ConfigError::Bad(name, problem.to_string())
}

fn parse<T: FromStr>(name: &'static str, value: &str, problem: &str) -> Result<T, ConfigError> {
    value.parse().map_err(|_| bad(name, problem))
}

fn list(value: &str) -> Vec<String> {
    value
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(str::to_owned)
        .collect()
}
