//! What the player, or a test, has chosen, on the command line or in the page's query.

use std::time::Duration;

use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::GroupId;
use bevy_odnoklassniki::{MAX_TIMEOUT, MIN_TIMEOUT};

use crate::report::Sink;
use crate::words::Language;

/// What the game starts with.
pub struct Start {
    pub options: Options,
    pub plugin: OdnoklassnikiPlugin,
    pub report: Option<Sink>,
}

/// The sandbox's group "Castle builders".
pub const SANDBOX_GROUP: GroupId = GroupId::new(53_000_000_001);

pub struct Options {
    pub language: Language,
    pub panel: bool,
    pub timeout: Option<Duration>,
    pub logged_out: bool,
    pub reactive: bool,
    /// The group that posts can go to.
    pub group: Option<GroupId>,
}

impl Options {
    pub fn new(language: Language) -> Self {
        Self {
            language,
            panel: false,
            timeout: None,
            logged_out: false,
            reactive: false,
            group: None,
        }
    }

    /// Gives the plugin what does not depend on the platform.
    pub fn apply(&self, plugin: OdnoklassnikiPlugin) -> OdnoklassnikiPlugin {
        // A request of a player who is not logged in waits until they are.
        let plugin = plugin.with_automatic_login(RequestLogin::new);
        match self.timeout {
            Some(timeout) => plugin.with_timeout(timeout),
            None => plugin,
        }
    }
}

pub fn timeout(seconds: &str) -> Result<Duration, &'static str> {
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
