//! The signed URL of a widget.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::kind::WidgetKind;
use super::param::{ATTACHMENT, Param};
use super::parameters::{AttachmentEncoding, Parameters};
use super::setters::Widget;
use super::validate;
use crate::error::FieldError;
use crate::hosts::Hosts;
use crate::id::ApplicationId;
use crate::query::{self, MAX_URL_BYTES};
use crate::signature::Signature;
use crate::signer::Signer;
use crate::signing::{SigningError, SigningRequest};

const SIGNATURE: &str = "&st.signature=";
const SIGNATURE_BYTES: usize = SIGNATURE.len() + 32;

/// Where OK sends the result, if a listener receives it and the widget does not say so itself.
#[derive(Clone, Copy, Default)]
pub struct ReturnTo<'a> {
    /// The listener's return URL, sent as `st.return`. The widget must then have none.
    pub return_url: Option<&'a str>,
    /// A state for widgets that set none themselves, sent as `st.state`. Visible ASCII.
    pub state: Option<&'a str>,
}

impl ReturnTo<'_> {
    fn validate(self, parameters: &Parameters) -> Result<(), FieldError> {
        if let Some(url) = self.return_url {
            for (param, setter) in [
                (Param::Return, "return_url"),
                (Param::RedirectUri, "redirect_uri"),
            ] {
                if parameters.value(param).is_some() {
                    return Err(FieldError::new(
                        param.as_str(),
                        "the listener's return URL would be overwritten",
                        format!("remove {setter}()"),
                    ));
                }
            }
            validate::return_url(Param::Return, url)?;
        }
        self.state.map_or(Ok(()), validate::state)
    }
}

impl fmt::Debug for ReturnTo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: Option<&str>| value.map(|_| "[redacted]");
        f.debug_struct("ReturnTo")
            .field("return_url", &shown(self.return_url))
            .field("state", &shown(self.state))
            .finish()
    }
}

/// Builds and signs widget URLs, one after the other, in one buffer.
///
/// ```
/// use odnoklassniki::*;
///
/// let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1_234_567_890));
/// let signer = Signer::session(
///     AccessToken::new("tkn1-Q9f3aZ_7ueXw2LhBcR.s0V4"),
///     SessionSecretKey::new("9f86d081884c7d659a2feaa0c55ad015"),
/// );
/// let widget = SuggestWidget::new().state("abc123");
/// let url = builder.build(&widget, ReturnTo::default(), &signer).unwrap();
/// assert_eq!(
///     url.expose(),
///     concat!(
///         "https://connect.ok.ru/dk?st.cmd=WidgetSuggest&st.app=1234567890&st.state=abc123",
///         "&st.signature=ead0a39582a389822b263ef28521b5bc&st.access_token=tkn1-Q9f3aZ_7ueXw2LhBcR.s0V4",
///     ),
/// );
/// ```
pub struct WidgetUrlBuilder {
    app_id: ApplicationId,
    /// The same as text.
    app: String,
    hosts: Hosts,
    /// It holds the player's token, so it is wiped. It never grows, because a buffer that grows
    /// leaves its old bytes behind.
    url: Zeroizing<String>,
}

impl WidgetUrlBuilder {
    /// Makes a builder for one application, with OK's own hosts.
    pub fn new(app_id: ApplicationId) -> Self {
        Self {
            app_id,
            app: app_id.to_string(),
            hosts: Hosts::default(),
            url: Zeroizing::new(String::with_capacity(MAX_URL_BYTES)),
        }
    }

    /// Sets other hosts.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let sandbox = Hosts::sandbox("http://127.0.0.1:8080").unwrap();
    /// let builder = WidgetUrlBuilder::new(ApplicationId::new(1)).with_hosts(sandbox);
    /// assert_eq!(builder.hosts().connect(), "http://127.0.0.1:8080/");
    /// ```
    #[must_use]
    pub fn with_hosts(self, hosts: Hosts) -> Self {
        Self { hosts, ..self }
    }

    /// Returns the hosts in use.
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// Builds and signs the URL of a widget. It asks a remote signer and may block then. Sources:
    /// <https://apiok.ru/en/ext/publish>, <https://apiok.ru/en/ext/invite_suggest>.
    ///
    /// # Errors
    /// [`UrlError`]: a parameter that cannot be sent, a URL that is too long, or no signature.
    ///
    /// ```
    /// # use odnoklassniki::*;
    /// # let signer = Signer::session(AccessToken::new("t"), SessionSecretKey::new("abc"));
    /// let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1));
    /// let return_to = ReturnTo { return_url: Some("okgame://invited"), state: Some("n1") };
    /// let url = builder.build(&InviteWidget::new(), return_to, &signer).unwrap();
    /// assert!(url.expose().contains("&st.return=okgame%3A%2F%2Finvited&st.state=n1&"));
    ///
    /// let error = builder.build(&InviteWidget::new().target(["friend"]), return_to, &signer).unwrap_err();
    /// assert!(matches!(error, UrlError::Field(error) if error.field() == "st.target"));
    /// ```
    pub fn build<'a, W: Widget>(
        &'a mut self,
        widget: &W,
        return_to: ReturnTo<'_>,
        signer: &Signer,
    ) -> Result<WidgetUrl<'a>, UrlError> {
        self.build_parameters(W::KIND, widget.parameters(), return_to, signer)
    }

    /// Builds as [`build`](WidgetUrlBuilder::build) does, for a widget whose kind is known only at
    /// run time.
    ///
    /// # Errors
    /// As [`build`](WidgetUrlBuilder::build).
    pub fn build_parameters<'a>(
        &'a mut self,
        kind: WidgetKind,
        parameters: &Parameters,
        return_to: ReturnTo<'_>,
        signer: &Signer,
    ) -> Result<WidgetUrl<'a>, UrlError> {
        parameters.validate(kind)?;
        return_to.validate(parameters)?;

        let attachment =
            parameters
                .attachment_json()
                .map(|json| match parameters.attachment_encoding() {
                    AttachmentEncoding::Base64 => Cow::Owned(STANDARD.encode(json)),
                    AttachmentEncoding::Plain => Cow::Borrowed(json),
                });
        let own_state = parameters.value(Param::State);
        let given_state = return_to.state.filter(|_| own_state.is_none());
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        pairs.extend(attachment.as_deref().map(|value| (ATTACHMENT, value)));
        pairs.extend(
            parameters
                .values()
                .map(|(param, value)| (param.as_str(), value)),
        );
        pairs.extend(parameters.extras());
        pairs.extend(
            return_to
                .return_url
                .map(|url| (Param::Return.as_str(), url)),
        );
        pairs.extend(given_state.map(|state| (Param::State.as_str(), state)));

        let mut url = BoundedUrl::new(&mut self.url);
        for part in [
            self.hosts.connect(),
            "dk?st.cmd=",
            kind.command(),
            "&st.app=",
        ] {
            url.push(part);
        }
        url.push(&self.app);
        for (name, value) in &pairs {
            url.push_pair(name, value);
        }
        let unsigned = url.bytes + SIGNATURE_BYTES;
        if signer.is_remote() && unsigned > MAX_URL_BYTES {
            // Spares the backend a call whose URL would be too long. A local token counts below.
            return Err(too_long(unsigned, &self.hosts, &pairs));
        }

        let signed = signer.sign(&SigningRequest::new(kind, self.app_id, &pairs))?;
        url.push(SIGNATURE);
        url.push(signed.signature.as_str());
        let token = signed.access_token.as_ref();
        let token = token.map(|token| ("st.access_token", token.expose()));
        if let Some((name, value)) = signer.credential().or(token) {
            url.push_pair(name, value);
            pairs.push((name, value));
        }
        if url.bytes > MAX_URL_BYTES {
            return Err(too_long(url.bytes, &self.hosts, &pairs));
        }
        Ok(WidgetUrl {
            url: &self.url,
            signature: signed.signature,
        })
    }
}

impl fmt::Debug for WidgetUrlBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WidgetUrlBuilder")
            .field("app_id", &self.app_id)
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

/// A URL as far as it fits into its buffer, and the length of the whole URL.
struct BoundedUrl<'b> {
    buffer: &'b mut String,
    bytes: usize,
}

impl<'b> BoundedUrl<'b> {
    fn new(buffer: &'b mut String) -> Self {
        buffer.clear();
        Self { buffer, bytes: 0 }
    }

    fn push(&mut self, text: &str) {
        self.bytes += text.len();
        if self.bytes <= MAX_URL_BYTES {
            self.buffer.push_str(text);
        }
    }

    fn push_pair(&mut self, name: &str, value: &str) {
        self.push("&");
        self.push(name);
        self.push("=");
        for piece in query::encode(value) {
            self.push(piece);
        }
    }
}

fn too_long(bytes: usize, hosts: &Hosts, pairs: &[(&str, &str)]) -> UrlError {
    UrlError::TooLong {
        bytes,
        limit: MAX_URL_BYTES,
        longest: query::longest(hosts.connect(), pairs).to_owned(),
    }
}

/// A signed URL, in the buffer of its builder.
///
/// It is a secret: it may carry the player's token. Hand it to a browser, and to nothing else.
#[must_use]
pub struct WidgetUrl<'a> {
    url: &'a str,
    signature: Signature,
}

impl<'a> WidgetUrl<'a> {
    /// Returns the URL: ASCII, at most [`MAX_URL_BYTES`] long.
    pub fn expose(&self) -> &'a str {
        self.url
    }

    /// Returns its signature. Keep it to look at the check value of a post's callback.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }
}

impl fmt::Debug for WidgetUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WidgetUrl([redacted])")
    }
}

/// Why there is no URL.
///
/// ```
/// use odnoklassniki::*;
///
/// let signer = Signer::session(AccessToken::new("t"), SessionSecretKey::new("k"));
/// let widget = InviteWidget::new().comment("я".repeat(2000));
/// let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1));
/// let error = builder.build(&widget, ReturnTo::default(), &signer).unwrap_err();
/// assert_eq!(error, UrlError::TooLong { bytes: 12_129, limit: 8000, longest: "st.comment".to_owned() });
/// assert_eq!(
///     error.to_string(),
///     "st.comment: the URL would be 12129 bytes long, the limit is 8000; shorten it",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// A parameter cannot be sent.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The URL would be longer than [`MAX_URL_BYTES`].
    #[error("{longest}: the URL would be {bytes} bytes long, the limit is {limit}; shorten it")]
    TooLong {
        /// The length of the whole URL, without the token of a backend that was not asked any more.
        bytes: usize,
        /// [`MAX_URL_BYTES`].
        limit: usize,
        /// The parameter that takes the most bytes of it, for example `st.attachment`; or
        /// `hosts.connect`.
        longest: String,
    },
    /// There is no signature.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{AccessToken, SessionSecretKey};
    use crate::widget::{InviteParameters as _, InviteWidget};

    fn build(builder: &mut WidgetUrlBuilder, comment: usize, token: &str) -> Result<(), UrlError> {
        let signer = Signer::session(AccessToken::new(token), SessionSecretKey::new("k"));
        let widget = InviteWidget::new().comment("+".repeat(comment));
        builder
            .build(&widget, ReturnTo::default(), &signer)
            .map(drop)
    }

    #[test]
    fn the_buffer_never_grows() {
        let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1));
        let room = builder.url.capacity();
        for token in ["t+", "tя", "ttt", &"t".repeat(8000)] {
            for comment in (0..2800).step_by(100).chain(2500..2660) {
                _ = build(&mut builder, comment, token);
                assert_eq!(builder.url.capacity(), room);
            }
        }
        let hosts = |length: usize| {
            let host = "a".repeat(length - "https:///".len());
            Hosts::default()
                .with_connect(&format!("https://{host}"))
                .unwrap()
        };
        for host in [7800, 7900, 7950, 8000, 9000] {
            let mut builder = WidgetUrlBuilder {
                hosts: hosts(host),
                ..WidgetUrlBuilder::new(ApplicationId::new(1))
            };
            let built = build(&mut builder, 0, "t");
            assert_eq!(builder.url.capacity(), room, "{host}");
            // Behind the host: 31 bytes up to the application, 46 of the signature, 18 of the
            // token.
            let bytes = host + 31 + 46 + 18;
            let longest = "hosts.connect".to_owned();
            let long = Err(UrlError::TooLong {
                bytes,
                limit: MAX_URL_BYTES,
                longest,
            });
            assert_eq!(built, if bytes <= MAX_URL_BYTES { Ok(()) } else { long });
        }
    }
}
