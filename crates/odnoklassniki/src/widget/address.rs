//! The signed address of a widget.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::hosts::Hosts;
use super::{AttachmentEncoding, Parameters, Widget, WidgetKind, check, encode, name};
use crate::error::FieldError;
use crate::id::ApplicationId;
use crate::signature::Signature;
use crate::signer::{Signer, SigningError, SigningRequest};

/// The longest address that is built, in bytes. OK publishes no limit; browsers and servers between do not all take
/// more.
pub const MAX_ADDRESS_BYTES: usize = 8000;

const SIGNATURE_BYTES: usize = "&st.signature=".len() + 32;

/// Where the answer is to go, if something else than the widget's own parameters says so.
///
/// ```
/// use odnoklassniki::Reply;
/// let reply = Reply { return_url: Some("http://127.0.0.1:8123/r/0f"), ..Reply::default() };
/// assert_eq!(reply.state, None);
/// ```
#[derive(Clone, Copy, Default)]
pub struct Reply<'a> {
    /// The receiver's own return address. The widget must then have none.
    pub return_url: Option<&'a str>,
    /// A state for widgets that set none themselves.
    pub state: Option<&'a str>,
}

impl fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: Option<&str>| value.map(|_| "[redacted]");
        f.debug_struct("Reply")
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
/// let mut builder = AddressBuilder::new(ApplicationId::new(1_234_567_890));
/// let signer = Signer::session(
///     AccessToken::new("tkn1-Q9f3aZ_7ueXw2LhBcR.s0V4"),
///     SessionSecretKey::new("9f86d081884c7d659a2feaa0c55ad015"),
/// );
/// let widget = SuggestWidget::new().state("abc123");
/// let address = builder.build(&widget, Reply::default(), &signer).unwrap();
/// assert_eq!(
///     address.expose(),
///     concat!(
///         "https://connect.ok.ru/dk?st.cmd=WidgetSuggest&st.app=1234567890&st.state=abc123",
///         "&st.signature=ead0a39582a389822b263ef28521b5bc&st.access_token=tkn1-Q9f3aZ_7ueXw2LhBcR.s0V4",
///     ),
/// );
/// ```
pub struct AddressBuilder {
    app_id: ApplicationId,
    hosts: Hosts,
    /// The address. It holds the player's token, so it is wiped.
    address: Zeroizing<String>,
    /// The attachment as base64.
    attachment: String,
}

impl AddressBuilder {
    /// Builds addresses for one application, on OK's own hosts.
    pub fn new(app_id: ApplicationId) -> Self {
        Self {
            app_id,
            hosts: Hosts::default(),
            // Enough for every address that is not refused: a buffer that grows leaves its old bytes behind.
            address: Zeroizing::new(String::with_capacity(MAX_ADDRESS_BYTES)),
            attachment: String::new(),
        }
    }

    /// Builds them on other hosts.
    #[must_use]
    pub fn with_hosts(self, hosts: Hosts) -> Self {
        Self { hosts, ..self }
    }

    /// The hosts in use.
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// Builds and signs the address of a widget. A remote signer is asked in this call, which then may block.
    ///
    /// # Errors
    /// [`AddressError`]: a parameter that cannot be sent, an address that is too long, or no signature.
    pub fn build<'a, W: Widget>(
        &'a mut self,
        widget: &W,
        reply: Reply<'_>,
        signer: &Signer,
    ) -> Result<WidgetAddress<'a>, AddressError> {
        self.build_parameters(W::KIND, widget.parameters(), reply, signer)
    }

    /// As [`build`](AddressBuilder::build), for a widget whose kind is known only at run time.
    ///
    /// # Errors
    /// As [`build`](AddressBuilder::build).
    pub fn build_parameters<'a>(
        &'a mut self,
        kind: WidgetKind,
        parameters: &Parameters,
        reply: Reply<'_>,
        signer: &Signer,
    ) -> Result<WidgetAddress<'a>, AddressError> {
        parameters.validate(kind)?;
        check_reply(parameters, reply)?;
        let own_state = parameters.get(name::STATE);
        let reply_state = reply.state.filter(|_| own_state.is_none());

        let json = parameters.get(name::ATTACHMENT);
        self.attachment.clear();
        let attachment = match (json, parameters.attachment_encoding()) {
            (Some(json), AttachmentEncoding::Base64) => {
                STANDARD.encode_string(json, &mut self.attachment);
                Some(self.attachment.as_str())
            }
            (json, _) => json,
        };

        let out = &mut *self.address;
        out.clear();
        out.push_str(self.hosts.connect());
        out.push_str("dk?st.cmd=");
        out.push_str(kind.command());
        out.push_str("&st.app=");
        push_number(out, self.app_id.get());
        for (name, value) in parameters.values() {
            let sent = if name == name::ATTACHMENT {
                attachment
            } else {
                None
            };
            push_pair(out, name, sent.unwrap_or(value));
        }
        for (name, value) in parameters.extras() {
            push_pair(out, name, value);
        }
        for (name, value) in [(name::RETURN, reply.return_url), (name::STATE, reply_state)] {
            if let Some(value) = value {
                push_pair(out, name, value);
            }
        }
        let credential = signer.credential();
        within_limit(out.len() + SIGNATURE_BYTES + credential.map_or(0, pair_length))?;

        let fields = [
            (name::ATTACHMENT, attachment),
            (name::REDIRECT_URI, parameters.get(name::REDIRECT_URI)),
            (
                name::RETURN,
                parameters.get(name::RETURN).or(reply.return_url),
            ),
            (name::STATE, own_state.or(reply_state)),
        ];
        let signed = signer.sign(&SigningRequest::new(kind, self.app_id, fields))?;
        push_pair(out, "st.signature", signed.signature.as_str());
        let token = signed.access_token.as_ref();
        let token = token.map(|token| ("st.access_token", token.expose()));
        if let Some((name, value)) = credential.or(token) {
            within_limit(out.len() + pair_length((name, value)))?;
            push_pair(out, name, value);
        }
        Ok(WidgetAddress {
            text: &self.address,
            signature: signed.signature,
        })
    }
}

impl fmt::Debug for AddressBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressBuilder")
            .field("app_id", &self.app_id)
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

fn check_reply(parameters: &Parameters, reply: Reply<'_>) -> Result<(), FieldError> {
    if let Some(url) = reply.return_url {
        for (name, setter) in [
            (name::RETURN, "return_url"),
            (name::REDIRECT_URI, "redirect_uri"),
        ] {
            if parameters.get(name).is_some() {
                return Err(FieldError::new(
                    name,
                    "the listener's return address would be overwritten",
                    format!("remove {setter}()"),
                ));
            }
        }
        check::address(name::RETURN, url)?;
    }
    match reply.state {
        Some(state) => check::state(state),
        None => Ok(()),
    }
}

fn within_limit(bytes: usize) -> Result<(), AddressError> {
    if bytes > MAX_ADDRESS_BYTES {
        return Err(AddressError::TooLong {
            bytes,
            limit: MAX_ADDRESS_BYTES,
        });
    }
    Ok(())
}

/// Names are ours or checked, so only the value is encoded.
fn push_pair(out: &mut String, name: &str, value: &str) {
    out.push('&');
    out.push_str(name);
    out.push('=');
    encode::push(out, value);
}

/// What [`push_pair`] would append.
fn pair_length((name, value): (&str, &str)) -> usize {
    "&=".len() + name.len() + encode::length(value)
}

fn push_number(out: &mut String, number: u64) {
    use std::fmt::Write as _;
    // Writing to a string does not fail.
    let _ = write!(out, "{number}");
}

/// A signed address, in the buffer of its builder.
///
/// It is a secret: it may carry the player's token. Hand it to a browser, and to nothing else.
#[must_use]
pub struct WidgetAddress<'a> {
    text: &'a str,
    signature: Signature,
}

impl<'a> WidgetAddress<'a> {
    /// The address: ASCII, at most [`MAX_ADDRESS_BYTES`] long.
    pub fn expose(&self) -> &'a str {
        self.text
    }

    /// Its signature; keep it to look at the check value of a post's answer.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }
}

impl fmt::Debug for WidgetAddress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WidgetAddress([redacted])")
    }
}

/// Why there is no address.
///
/// ```
/// use odnoklassniki::*;
///
/// let signer = Signer::session(AccessToken::new("t"), SessionSecretKey::new("k"));
/// let widget = InviteWidget::new().comment("я".repeat(2000));
/// let mut builder = AddressBuilder::new(ApplicationId::new(1));
/// let error = builder.build(&widget, Reply::default(), &signer).unwrap_err();
/// assert!(matches!(error, AddressError::TooLong { bytes: 12_129, limit: 8000 }), "{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// A parameter cannot be sent.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The address would be longer than [`MAX_ADDRESS_BYTES`]. `bytes` is its whole length, without the
    /// token of a backend that was not asked any more.
    #[error(
        "the address has {bytes} bytes of at most {limit}; shorten the attachment or the comment"
    )]
    TooLong {
        /// How long it would be.
        bytes: usize,
        /// [`MAX_ADDRESS_BYTES`].
        limit: usize,
    },
    /// There is no signature.
    #[error(transparent)]
    Signing(#[from] SigningError),
}
