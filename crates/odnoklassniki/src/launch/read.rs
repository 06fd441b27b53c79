//! Parses launch parameters.

use std::str::FromStr;

use zeroize::Zeroizing;

use super::error::LaunchError;
use super::values::Values;
use super::{LaunchKind, LaunchParameters, PortalSession};
use crate::base_url::BaseUrl;
use crate::id::{ApplicationId, UserId};
use crate::secret::{SessionKey, SessionSecretKey};
use crate::text::clean;

/// How many characters are kept of a value that decides nothing.
const MAX_SHOWN: usize = 64;

impl LaunchParameters {
    /// Parses the query of the game's address, with or without its `?`. An empty value counts as
    /// missing, and unknown names are ignored. Parsing ends for every input, without panic and with
    /// bounded memory.
    ///
    /// # Errors
    /// [`LaunchError::TooLong`] for more than 16 KiB. [`LaunchError::Unclear`] for a parameter that
    /// decides something and cannot be read or comes twice. These are servers, ids, keys and
    /// signatures, `custom_args`, `refplace` and `referer`. Other values do no harm: they are None
    /// if they cannot be read or come twice.
    ///
    /// ```
    /// use odnoklassniki::{LaunchError, LaunchKind, LaunchParameters};
    ///
    /// let kind = |query| LaunchParameters::from_query(query).map(|launch| launch.kind);
    /// assert_eq!(kind("?utm_source=x"), Ok(LaunchKind::Outside));
    /// assert_eq!(kind("?vk_client=ok&vk_ok_user_id=1"), Ok(LaunchKind::VkStyle));
    /// assert_eq!(kind("?custom_args=a&custom_args=b"), Err(LaunchError::Unclear("custom_args")));
    /// ```
    pub fn from_query(query: &str) -> Result<Self, LaunchError> {
        let mut values = Values::parse(query)?;
        let api_server = values.take("api_server");
        let api_connection = values.take("apiconnection");
        let logged_user_id = id::<UserId>(&mut values, "logged_user_id")?;
        let vk_app_id = id::<ApplicationId>(&mut values, "vk_ok_app_id")?;
        let vk_user_id = id::<UserId>(&mut values, "vk_ok_user_id")?;
        let session = session(&mut values)?;
        let is_vk = values.take("vk_client").is_some_and(|text| *text == "ok");

        let mut launch = Self {
            custom_args: values.take("custom_args").map(text),
            refplace: values.take("refplace").map(text),
            referer: values.take("referer").and_then(|text| text.parse().ok()),
            application_key: visible(&mut values, "application_key")?.map(text),
            web_server: values
                .take("web_server")
                .and_then(|text| server(&text))
                .map(|base| base.origin()),
            authorized: flag(&mut values, "authorized"),
            first_start: flag(&mut values, "first_start"),
            container: flag(&mut values, "container"),
            mob: flag(&mut values, "mob"),
            mob_platform: shown(&mut values, "mob_platform"),
            lang: shown(&mut values, "lang"),
            ip_geo_location: shown(&mut values, "ip_geo_location"),
            auth_sig: values.take("auth_sig").and_then(|text| text.parse().ok()),
            sig: values.take("sig").and_then(|text| text.parse().ok()),
            ..Self::default()
        };
        if let Some(base) = api_server {
            launch.kind = LaunchKind::Portal;
            launch.set_user(logged_user_id);
            launch.session = session;
            launch.has_dialogs = api_connection.is_some();
            // `<application id>_<time>`.
            launch.application_id = api_connection
                .and_then(|text| text.split('_').next().and_then(|id| id.parse().ok()));
            launch.api_server = server(&base).map(|base| base.url());
        } else if is_vk || vk_app_id.is_some() {
            launch.kind = LaunchKind::VkStyle;
            launch.set_user(vk_user_id);
            launch.application_id = vk_app_id;
        }
        Ok(launch)
    }

    fn set_user(&mut self, user: Option<UserId>) {
        self.is_anonymous = user == Some(UserId::new(0));
        self.user_id = user.filter(|_| !self.is_anonymous);
    }
}

/// Returns an id, which must be a number if it is there.
fn id<T: FromStr>(values: &mut Values, name: &'static str) -> Result<Option<T>, LaunchError> {
    let text = values.take(name);
    let parse = |text: Zeroizing<String>| text.parse().map_err(|_| LaunchError::Unclear(name));
    text.map(parse).transpose()
}

/// Returns the session, if both of its parts are there.
fn session(values: &mut Values) -> Result<Option<PortalSession>, LaunchError> {
    let session_key = visible(values, "session_key")?;
    let session_secret_key = visible(values, "session_secret_key")?;
    let session = session_key.zip(session_secret_key);
    Ok(
        session.map(|(session_key, session_secret_key)| PortalSession {
            session_key: SessionKey::new(text(session_key)),
            session_secret_key: SessionSecretKey::new(text(session_secret_key)),
        }),
    )
}

/// Returns a key, which must be visible ASCII if it is there.
fn visible(
    values: &mut Values,
    name: &'static str,
) -> Result<Option<Zeroizing<String>>, LaunchError> {
    match values.take(name) {
        Some(key) if !key.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err(LaunchError::Unclear(name))
        }
        key => Ok(key),
    }
}

/// Moves a text out, so that no copy is left of it.
fn text(mut text: Zeroizing<String>) -> String {
    std::mem::take(&mut *text)
}

fn flag(values: &mut Values, name: &str) -> Option<bool> {
    match values.take(name)?.as_str() {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

fn shown(values: &mut Values, name: &str) -> Option<String> {
    let text = clean(&values.take(name)?, MAX_SHOWN);
    Some(text).filter(|text| !text.is_empty())
}

/// Parses the base URL of one of OK's servers: `https`, a host of OK, its usual port, no user name,
/// query or fragment.
fn server(text: &str) -> Option<BaseUrl> {
    let base = BaseUrl::parse(text).ok()?;
    let is_of_ok = |domain: &str| {
        let inner = base.host().strip_suffix(domain);
        inner.is_some_and(|inner| inner.is_empty() || inner.ends_with('.'))
    };
    let is_server = base.is_https()
        && base.has_usual_port()
        && (is_of_ok("ok.ru") || is_of_ok("odnoklassniki.ru"));
    is_server.then_some(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_of_ok_are_servers() {
        for good in [
            "https://ok.ru",
            "https://api.ok.ru/",
            "https://m.ok.ru/base",
            "HTTPS://OK.RU:443/",
            "https://api.odnoklassniki.ru/",
        ] {
            assert!(server(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "ok.ru",
            "//ok.ru/",
            "http://ok.ru/",
            "https://ok.ru:8443/",
            "https://ok.ru.evil.example/",
            "https://evilok.ru/",
            "https://user@ok.ru/",
            "https://evil.example/?ok.ru",
            "https://ok.ru/?a=1",
            "https://ok.ru/#a",
            "https://127.0.0.1/",
            "javascript:ok.ru",
            "https://ok.ru@evil.example/",
            "https://evil.example\\.ok.ru/",
        ] {
            assert!(server(bad).is_none(), "{bad}");
        }
    }
}
