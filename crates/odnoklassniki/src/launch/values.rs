//! The named values of a launch query.

use zeroize::Zeroizing;

use super::error::{LaunchError, MAX_LAUNCH_BYTES};
use crate::form;

/// The names that count in a launch query. Everything else is ignored.
const KNOWN: &[&str] = &[
    "api_server",
    "apiconnection",
    "application_key",
    "auth_sig",
    "custom_args",
    "logged_user_id",
    "referer",
    "refplace",
    "session_key",
    "session_secret_key",
    "sig",
    "vk_client",
    "vk_ok_app_id",
    "vk_ok_user_id",
    "web_server",
    // The next ones decide nothing.
    "authorized",
    "container",
    "first_start",
    "ip_geo_location",
    "lang",
    "mob",
    "mob_platform",
    "sign",
];
/// How many of [`KNOWN`] decide something, and so must be readable and come once.
const DECISIVE: usize = 15;

/// The names that must not stay in the address bar.
const SECRET: &[&str] = &[
    "auth_sig",
    "session_key",
    "session_secret_key",
    "sig",
    "sign",
];

/// The values of [`KNOWN`], in that order.
pub(super) struct Values([Option<Zeroizing<String>>; KNOWN.len()]);

impl Values {
    pub(super) fn parse(query: &str) -> Result<Self, LaunchError> {
        if query.len() > MAX_LAUNCH_BYTES {
            return Err(LaunchError::TooLong);
        }
        let mut values = Self(Default::default());
        let mut seen = [false; KNOWN.len()];
        for (name, value) in form::known(query, KNOWN) {
            let index = KNOWN.iter().position(|known| *known == name);
            let Some(index) = index else { continue };
            let (Some(slot), Some(seen)) = (values.0.get_mut(index), seen.get_mut(index)) else {
                continue;
            };
            let text = Zeroizing::new(value.text.into_owned());
            let is_again = std::mem::replace(seen, true);
            let is_clear = value.is_readable && !is_again;
            if !is_clear && index < DECISIVE {
                return Err(LaunchError::Unclear(name));
            }
            *slot = Some(text).filter(|_| is_clear);
        }
        Ok(values)
    }

    /// Returns a value, unless it is missing or empty.
    pub(super) fn take(&mut self, name: &str) -> Option<Zeroizing<String>> {
        let index = KNOWN.iter().position(|known| *known == name)?;
        let value = self.0.get_mut(index)?.take();
        value.filter(|text| !text.is_empty())
    }
}

pub(super) fn without_secrets(query: &str) -> String {
    let mut rest = String::with_capacity(query.len() + 1);
    for pair in form::without(query, KNOWN, SECRET) {
        rest.push(if rest.is_empty() { '?' } else { '&' });
        rest.push_str(pair);
    }
    if rest == "?" { String::new() } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decides_comes_first() {
        assert_eq!(KNOWN.get(DECISIVE), Some(&"authorized"));
        assert!(SECRET.iter().all(|name| KNOWN.contains(name)));
    }
}
