//! The signed address of a widget.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::kind::WidgetKind;
use super::param::{ATTACHMENT, Param};
use super::parameters::{AttachmentEncoding, Parameters};
use super::setters::Widget;
use super::{encode, validate};
use crate::error::FieldError;
use crate::hosts::Hosts;
use crate::id::ApplicationId;
use crate::signature::Signature;
use crate::signer::{Signer, SigningError, SigningRequest};

/// The longest address that is built, in bytes. OK publishes no limit; browsers and servers between
/// do not all take more.
pub const MAX_URL_BYTES: usize = 8000;

const SIGNATURE_BYTES: usize = "&st.signature=".len() + 32;

/// Where the answer is to go, if something else than the widget's own parameters says so.
///
/// ```
/// use odnoklassniki::ReturnTo;
/// let reply = ReturnTo { return_url: Some("http://127.0.0.1:8123/r/0f"), ..ReturnTo::default() };
/// assert_eq!(reply.state, None);
/// ```
#[derive(Clone, Copy, Default)]
pub struct ReturnTo<'a> {
    /// The receiver's own return address. The widget must then have none.
    pub return_url: Option<&'a str>,
    /// A state for widgets that set none themselves.
    pub state: Option<&'a str>,
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

/// Builds and signs widget addresses, one after the other, in one buffer.
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
/// let address = builder.build(&widget, ReturnTo::default(), &signer).unwrap();
/// assert_eq!(
///     address.expose(),
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
    /// The address. It holds the player's token, so it is wiped; and it never grows, because a
    /// buffer that grows leaves its old bytes behind.
    address: Zeroizing<Vec<u8>>,
    /// The attachment as base64.
    base64: Vec<u8>,
}

impl WidgetUrlBuilder {
    /// Builds addresses for one application, on OK's own hosts.
    ///
    /// ```
    /// use odnoklassniki::*;
    /// let builder = WidgetUrlBuilder::new(ApplicationId::new(512_000_123_456));
    /// assert_eq!(builder.hosts(), &Hosts::default());
    /// ```
    pub fn new(app_id: ApplicationId) -> Self {
        Self {
            app_id,
            app: app_id.to_string(),
            hosts: Hosts::default(),
            address: Zeroizing::new(Vec::with_capacity(MAX_URL_BYTES + encode::SLACK)),
            base64: Vec::new(),
        }
    }

    /// Builds them on other hosts.
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

    /// The hosts in use.
    ///
    /// ```
    /// # use odnoklassniki::*;
    /// let builder = WidgetUrlBuilder::new(ApplicationId::new(1));
    /// assert_eq!(builder.hosts().connect(), "https://connect.ok.ru/");
    /// ```
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// Builds and signs the address of a widget. A remote signer is asked in this call, which then
    /// may block. Sources:
    /// <https://apiok.ru/en/ext/publish>, <https://apiok.ru/en/ext/invite_suggest>.
    ///
    /// # Errors
    /// [`UrlError`]: a parameter that cannot be sent, an address that is too long, or no signature.
    ///
    /// ```
    /// # use odnoklassniki::*;
    /// # let signer = Signer::session(AccessToken::new("t"), SessionSecretKey::new("abc"));
    /// let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1));
    /// let reply = ReturnTo { return_url: Some("okgame://invited"), state: Some("n1") };
    /// let address = builder.build(&InviteWidget::new(), reply, &signer).unwrap();
    /// assert!(address.expose().contains("&st.return=okgame%3A%2F%2Finvited&st.state=n1&"));
    ///
    /// let error = builder.build(&InviteWidget::new().target(["friend"]), reply, &signer).unwrap_err();
    /// assert!(matches!(error, UrlError::Field(error) if error.field() == "st.target"));
    /// ```
    pub fn build<'a, W: Widget>(
        &'a mut self,
        widget: &W,
        reply: ReturnTo<'_>,
        signer: &Signer,
    ) -> Result<WidgetUrl<'a>, UrlError> {
        self.build_parameters(W::KIND, widget.parameters(), reply, signer)
    }

    /// As [`build`](WidgetUrlBuilder::build), for a widget whose kind is known only at run time.
    ///
    /// # Errors
    /// As [`build`](WidgetUrlBuilder::build).
    ///
    /// ```
    /// # use odnoklassniki::*;
    /// # let signer = Signer::session(AccessToken::new("t"), SessionSecretKey::new("abc"));
    /// # let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1));
    /// let kind = WidgetKind::Suggest;
    /// let address = builder.build_parameters(kind, &Parameters::new(), ReturnTo::default(), &signer).unwrap();
    /// assert!(address.expose().contains("?st.cmd=WidgetSuggest&"));
    /// ```
    pub fn build_parameters<'a>(
        &'a mut self,
        kind: WidgetKind,
        parameters: &Parameters,
        reply: ReturnTo<'_>,
        signer: &Signer,
    ) -> Result<WidgetUrl<'a>, UrlError> {
        parameters.validate(kind)?;
        check_reply(parameters, reply)?;
        let attachment =
            parameters
                .attachment_json()
                .map(|json| match parameters.attachment_encoding() {
                    AttachmentEncoding::Base64 => to_base64(json, &mut self.base64),
                    AttachmentEncoding::Plain => as_text(json),
                });
        let own_state = parameters.value(Param::State);
        let reply_state = reply.state.filter(|_| own_state.is_none());

        let begin = [
            self.hosts.connect(),
            "dk?st.cmd=",
            kind.command(),
            "&st.app=",
            &self.app,
        ];
        let mut query = Query::begin(&mut self.address, begin);
        if let Some(value) = attachment {
            query.push((ATTACHMENT, value));
        }
        parameters
            .values()
            .for_each(|(name, value)| query.push((name.as_str(), value)));
        parameters.extras().for_each(|pair| query.push(pair));
        if let Some(url) = reply.return_url {
            query.push((Param::Return.as_str(), url));
        }
        if let Some(state) = reply_state {
            query.push((Param::State.as_str(), state));
        }
        if signer.is_remote() {
            // Before a backend is asked in vain. Where the token is known, it counts first.
            query.check()?;
        }

        let return_url = parameters.value(Param::Return).or(reply.return_url);
        let fields = [
            (ATTACHMENT, attachment),
            (
                Param::RedirectUri.as_str(),
                parameters.value(Param::RedirectUri),
            ),
            (Param::Return.as_str(), return_url),
            (Param::State.as_str(), own_state.or(reply_state)),
        ];
        let signed = signer.sign(&SigningRequest::new(kind, self.app_id, fields))?;
        // Counted from the beginning, so there is room for it.
        encode::push_pair(query.out, ("st.signature", signed.signature.as_str()));
        let token = signed
            .access_token
            .as_ref()
            .map(|token| ("st.access_token", token.expose()));
        if let Some(pair) = signer.credential().or(token) {
            query.push(pair);
        }
        query.check()?;
        Ok(WidgetUrl {
            text: as_text(&self.address),
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

fn check_reply(parameters: &Parameters, reply: ReturnTo<'_>) -> Result<(), FieldError> {
    if let Some(url) = reply.return_url {
        for (name, setter) in [
            (Param::Return, "return_url"),
            (Param::RedirectUri, "redirect_uri"),
        ] {
            if parameters.value(name).is_some() {
                return Err(FieldError::new(
                    name.as_str(),
                    "the listener's return address would be overwritten",
                    format!("remove {setter}()"),
                ));
            }
        }
        validate::address(Param::Return, url)?;
    }
    match reply.state {
        Some(state) => validate::state(state),
        None => Ok(()),
    }
}

/// An address as far as it fits, and how long all of it would be.
struct Query<'o, 'p> {
    out: &'o mut Vec<u8>,
    /// With the signature.
    bytes: usize,
    /// What takes the most of them, and how much.
    longest: (&'p str, usize),
}

impl<'o, 'p> Query<'o, 'p> {
    /// `parts` as they are; the first is the host.
    fn begin(out: &'o mut Vec<u8>, parts: [&str; 5]) -> Self {
        let bytes = parts.iter().map(|part| part.len()).sum::<usize>() + SIGNATURE_BYTES;
        out.clear();
        if bytes <= MAX_URL_BYTES {
            parts
                .into_iter()
                .for_each(|part| out.extend_from_slice(part.as_bytes()));
        }
        Self {
            out,
            bytes,
            longest: ("hosts.connect", parts[0].len()),
        }
    }

    // Inlined at each call it would double the size of all this.
    #[inline(never)]
    fn push(&mut self, pair: (&'p str, &'p str)) {
        // Counting is only worth it near the limit.
        let fits = self.bytes + encode::most(pair) <= MAX_URL_BYTES
            || self.bytes + pair_length(pair) <= MAX_URL_BYTES;
        let length = if fits {
            let before = self.out.len();
            encode::push_pair(self.out, pair);
            self.out.len() - before
        } else {
            pair_length(pair)
        };
        self.bytes += length;
        if length >= self.longest.1 {
            self.longest = (pair.0, length);
        }
    }

    fn check(&self) -> Result<(), UrlError> {
        if self.bytes <= MAX_URL_BYTES {
            return Ok(());
        }
        let longest = self.longest.0.to_owned();
        Err(UrlError::TooLong {
            bytes: self.bytes,
            limit: MAX_URL_BYTES,
            longest,
        })
    }
}

/// What [`encode::push_pair`] would append.
fn pair_length((name, value): (&str, &str)) -> usize {
    "&=".len() + name.len() + encode::length(value)
}

/// JSON as base64, in a buffer that is used again and again.
fn to_base64<'b>(json: &[u8], buffer: &'b mut Vec<u8>) -> &'b str {
    buffer.resize(base64::encoded_len(json.len(), true).unwrap_or_default(), 0);
    // The buffer has just the length that is needed.
    let written = STANDARD.encode_slice(json, buffer).unwrap_or_default();
    as_text(buffer.get(..written).unwrap_or_default())
}

/// Bytes that are text because of how they were made.
fn as_text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// A signed address, in the buffer of its builder.
///
/// It is a secret: it may carry the player's token. Hand it to a browser, and to nothing else.
///
/// ```
/// # use odnoklassniki::*;
/// # let signer = Signer::session(AccessToken::new("t"), SessionSecretKey::new("abc"));
/// # let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1));
/// let address = builder.build(&InviteWidget::new(), ReturnTo::default(), &signer).unwrap();
/// assert_eq!(format!("{address:?}"), "WidgetUrl([redacted])");
/// ```
#[must_use]
pub struct WidgetUrl<'a> {
    text: &'a str,
    signature: Signature,
}

impl<'a> WidgetUrl<'a> {
    /// The address: ASCII, at most [`MAX_URL_BYTES`] long.
    ///
    /// ```
    /// # use odnoklassniki::*;
    /// # let signer = Signer::session(AccessToken::new("t"), SessionSecretKey::new("abc"));
    /// # let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1));
    /// let address = builder.build(&InviteWidget::new(), ReturnTo::default(), &signer).unwrap();
    /// assert!(address.expose().starts_with("https://connect.ok.ru/dk?st.cmd=WidgetInvite&st.app=1&"));
    /// assert!(address.expose().len() <= MAX_URL_BYTES);
    /// ```
    pub fn expose(&self) -> &'a str {
        self.text
    }

    /// Its signature; keep it to look at the check value of a post's answer.
    ///
    /// ```
    /// # use odnoklassniki::*;
    /// # let signer = Signer::session(AccessToken::new("t"), SessionSecretKey::new("abc"));
    /// # let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1));
    /// let address = builder.build(&InviteWidget::new(), ReturnTo::default(), &signer).unwrap();
    /// assert!(address.expose().contains(address.signature().as_str()));
    /// ```
    pub fn signature(&self) -> &Signature {
        &self.signature
    }
}

impl fmt::Debug for WidgetUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WidgetUrl([redacted])")
    }
}

/// Why there is no address.
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
///     "st.comment: the address would be 12129 bytes long, the limit is 8000; shorten it",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// A parameter cannot be sent.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The address would be longer than [`MAX_URL_BYTES`]. `bytes` is its whole length, without
    /// the token of a backend that was not asked any more.
    #[error("{longest}: the address would be {bytes} bytes long, the limit is {limit}; shorten it")]
    TooLong {
        /// How long it would be.
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
        let room = builder.address.capacity();
        for token in ["t+", "tя", "ttt", &"t".repeat(8000)] {
            for comment in (0..2800).step_by(100).chain(2500..2660) {
                _ = build(&mut builder, comment, token);
                assert_eq!(builder.address.capacity(), room);
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
            assert_eq!(builder.address.capacity(), room, "{host}");
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
