//! The secrets in our addresses: start token, return token, and the signed address.

use std::{fmt, marker::PhantomData};

use zeroize::Zeroizing;

/// Bytes of randomness in a token.
const BYTES: usize = 16;

/// Letters of a written token. Lower-case hex, because every hop leaves it alone:
/// no `+` or `/` to decode, no case to fold.
pub(crate) const DIGITS: usize = 2 * BYTES;

/// Marks a [`StartToken`].
pub(crate) enum Start {}
/// Marks a [`ReturnToken`].
pub(crate) enum Return {}

/// Names the short link `/go/<token>` that is handed to the browser. Good for one visit.
pub(crate) type StartToken = Token<Start>;

/// Names the return address `/r/<token>` of one request. Who knows it can end the request.
pub(crate) type ReturnToken = Token<Return>;

/// 128 random bits, wiped on drop and never printed. The kind keeps the two uses apart.
pub(crate) struct Token<Kind> {
    digits: Zeroizing<String>,
    kind: PhantomData<fn() -> Kind>,
}

impl<Kind> Token<Kind> {
    /// A new token from the generator of the operating system.
    ///
    /// # Errors
    /// Only if the operating system has no randomness to give.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        getrandom::fill(bytes.as_mut())?;
        Ok(Self::from_bytes(&bytes))
    }

    fn from_bytes(bytes: &[u8; BYTES]) -> Self {
        let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or('0');
        // The whole capacity at once: a string that grows leaves copies behind.
        let mut digits = Zeroizing::new(String::with_capacity(DIGITS));
        for byte in bytes {
            digits.push(digit(byte >> 4));
            digits.push(digit(byte & 15));
        }
        Self {
            digits,
            kind: PhantomData,
        }
    }

    /// A token a test knows beforehand.
    #[cfg(test)]
    pub(crate) fn from_digits(digits: &str) -> Self {
        Self {
            digits: Zeroizing::new(digits.to_owned()),
            kind: PhantomData,
        }
    }

    /// The 32 digits, for an address. Do not print them.
    pub(crate) fn expose(&self) -> &str {
        &self.digits
    }

    /// Whether `candidate` is this token, in a time that does not depend on how much of it is
    /// right.
    pub(crate) fn matches(&self, candidate: &str) -> bool {
        constant_time_eq::constant_time_eq(self.digits.as_bytes(), candidate.as_bytes())
    }
}

impl<Kind> fmt::Debug for Token<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

/// The signed address of OK's page, where `/go` sends the browser. It carries the player's
/// access token, so it is wiped on drop and never printed.
pub(crate) struct Target(Zeroizing<String>);

impl Target {
    /// Takes an address that may stand in a `Location` header: visible ASCII only, not empty.
    ///
    /// # Errors
    /// [`BadTarget`] for anything else; a line break would let an address write headers.
    pub(crate) fn new(address: String) -> Result<Self, BadTarget> {
        let address = Zeroizing::new(address);
        if address.is_empty() || !address.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(BadTarget);
        }
        Ok(Self(address))
    }

    /// The address itself. Do not print it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Target([redacted])")
    }
}

/// The address has a byte that may not stand in a header.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the address to open must be visible ASCII")]
pub(crate) struct BadTarget;
