//! Where OK's services are.

use crate::base_url::BaseUrl;
use crate::error::FieldError;

/// The base URLs of OK's services.
///
/// OK can move them (launch parameters `api_server`, `widget_server`, `mob_server`), and a sandbox
/// has its own. They must be `https`, or plain `http` on the loopback of this machine. Source:
/// `docs/protocol.md`, 2.
///
/// ```
/// use odnoklassniki::Hosts;
///
/// assert_eq!(Hosts::default().connect(), "https://connect.ok.ru/");
/// let sandbox = Hosts::sandbox("http://127.0.0.1:8080").unwrap();
/// assert_eq!(sandbox.api(), "http://127.0.0.1:8080/");
/// assert!(Hosts::default().with_api("http://api.example/").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    connect: String,
    api: String,
    mobile: String,
}

impl Default for Hosts {
    /// OK's own: `https://connect.ok.ru/`, `https://api.ok.ru/`, `https://m.ok.ru/`.
    fn default() -> Self {
        Self {
            connect: "https://connect.ok.ru/".to_owned(),
            api: "https://api.ok.ru/".to_owned(),
            mobile: "https://m.ok.ru/".to_owned(),
        }
    }
}

impl Hosts {
    /// Takes one base for all services, as a sandbox has it.
    ///
    /// # Errors
    /// As [`with_connect`](Hosts::with_connect).
    pub fn sandbox(base: &str) -> Result<Self, FieldError> {
        Self::default()
            .with_connect(base)?
            .with_api(base)?
            .with_mobile(base)
    }

    /// Sets another base for widgets and login (`connect.ok.ru`). A missing slash at its end is
    /// added.
    ///
    /// # Errors
    /// It is neither `https` nor loopback `http`, or has a user name, query or fragment. Or it is
    /// written as no browser writes it, for example with a backslash, or with `..` in its path.
    ///
    /// ```
    /// use odnoklassniki::Hosts;
    /// let hosts = Hosts::default().with_connect("https://widgets.example").unwrap();
    /// assert_eq!(hosts.connect(), "https://widgets.example/");
    /// let error = Hosts::default().with_connect("https://widgets.example/?a=1").unwrap_err();
    /// assert_eq!((error.field(), error.problem()), ("hosts.connect", "has a query or fragment"));
    /// ```
    pub fn with_connect(self, base: &str) -> Result<Self, FieldError> {
        let connect = parse_base("hosts.connect", base)?;
        Ok(Self { connect, ..self })
    }

    /// Sets another base for REST (`api.ok.ru`).
    ///
    /// # Errors
    /// As [`with_connect`](Hosts::with_connect).
    pub fn with_api(self, base: &str) -> Result<Self, FieldError> {
        let api = parse_base("hosts.api", base)?;
        Ok(Self { api, ..self })
    }

    /// Sets another base for the mobile site (`m.ok.ru`, payments).
    ///
    /// # Errors
    /// As [`with_connect`](Hosts::with_connect).
    pub fn with_mobile(self, base: &str) -> Result<Self, FieldError> {
        let mobile = parse_base("hosts.mobile", base)?;
        Ok(Self { mobile, ..self })
    }

    /// Returns the base of widgets and login; it ends with a slash.
    pub fn connect(&self) -> &str {
        &self.connect
    }

    /// Returns the origin of widgets and login, as a browser writes it: without a slash at its end,
    /// and without a usual port. Source: HTML standard, 7.1.1.
    ///
    /// ```
    /// use odnoklassniki::Hosts;
    /// assert_eq!(Hosts::default().connect_origin(), "https://connect.ok.ru");
    /// let sandbox = Hosts::sandbox("http://LocalHost:7780/ok/").unwrap();
    /// assert_eq!(sandbox.connect_origin(), "http://localhost:7780");
    /// ```
    pub fn connect_origin(&self) -> String {
        // The base is a URL, as it was parsed.
        BaseUrl::parse(&self.connect).map_or_else(|_| String::new(), |base| base.origin())
    }

    /// Returns the base of REST; it ends with a slash.
    pub fn api(&self) -> &str {
        &self.api
    }

    /// Returns the base of the mobile site; it ends with a slash.
    pub fn mobile(&self) -> &str {
        &self.mobile
    }
}

/// Parses a base and returns it in its normal form, with a slash at the end.
fn parse_base(field: &'static str, base: &str) -> Result<String, FieldError> {
    const REMEDY: &str = "give an https URL, or http on 127.0.0.1, [::1] or localhost";
    let error = |problem: &'static str| FieldError::new(field, problem, REMEDY);
    let base = BaseUrl::parse(base).map_err(error)?;
    match base.is_https() || base.is_loopback() {
        true => Ok(base.url()),
        false => Err(error("is plain http")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_https_or_on_the_loopback() {
        for (given, kept) in [
            ("https://connect.ok.ru", "https://connect.ok.ru/"),
            ("https://x.example/a", "https://x.example/a/"),
            ("http://localhost:80/", "http://localhost/"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
            ("http://[::1]:8080", "http://[::1]:8080/"),
        ] {
            assert_eq!(parse_base("f", given).as_deref(), Ok(kept), "{given}");
        }
        for bad in [
            "",
            "connect.ok.ru",
            "http://connect.ok.ru/",
            "http://127.0.0.1.example/",
            "http://localhost.example/",
            "ftp://127.0.0.1/",
            "https://u@connect.ok.ru/",
            "https://u:p@connect.ok.ru/",
            "https://connect.ok.ru/?",
            "https://connect.ok.ru/#",
        ] {
            assert!(parse_base("f", bad).is_err(), "{bad}");
        }
    }
}
