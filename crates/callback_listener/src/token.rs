//! The secrets in the listener's URLs: return token and link token.

use std::{fmt, marker::PhantomData};

use zeroize::Zeroizing;

/// Random bytes in a token.
const BYTES: usize = 16;

/// Letters of a written token. Lower-case hex, because every hop leaves it alone: no `+` or `/` to
/// decode, no case to fold.
pub(crate) const DIGITS: usize = 2 * BYTES;

/// Marks a [`LinkToken`].
#[derive(Debug)]
pub enum Link {}
/// Marks a [`ReturnToken`].
#[derive(Debug)]
pub enum Return {}

/// Names a [`OneTimeLink`](crate::OneTimeLink). It is good for one visit.
pub type LinkToken = Token<Link>;

/// Names the return URL of one request, or is its OAuth `state`. A client that knows it can end the
/// request.
pub type ReturnToken = Token<Return>;

/// 128 random bits, wiped on drop and never printed. The kind keeps the two uses apart.
pub struct Token<Kind> {
    digits: Zeroizing<String>,
    kind: PhantomData<fn() -> Kind>,
}

impl<Kind> Token<Kind> {
    /// Makes a token of the bytes that `fill` writes.
    ///
    /// `fill` must be a generator for secrets, such as `getrandom::fill`. It is an argument,
    /// because targets differ in where such bytes come from.
    ///
    /// ```
    /// use callback_listener::LinkToken;
    ///
    /// let token = LinkToken::random(getrandom::fill)?;
    /// assert_eq!(token.expose().len(), 32);
    /// # Ok::<(), getrandom::Error>(())
    /// ```
    ///
    /// # Errors
    /// That of `fill`.
    pub fn random<E>(fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        fill(bytes.as_mut())?;
        let digit = |bits: u8| char::from_digit(bits.into(), 16).unwrap_or('0');
        // The whole capacity at once: a string that grows leaves copies behind.
        let mut digits = Zeroizing::new(String::with_capacity(DIGITS));
        for byte in bytes.iter() {
            digits.push(digit(byte >> 4));
            digits.push(digit(byte & 15));
        }
        Ok(Self {
            digits,
            kind: PhantomData,
        })
    }

    /// Parses the 32 digits of a token, for a request that another run of the program has made.
    #[must_use]
    pub fn parse(digits: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_token = digits.len() == DIGITS && digits.bytes().all(is_digit);
        is_token.then(|| Self {
            digits: Zeroizing::new(digits.to_owned()),
            kind: PhantomData,
        })
    }

    /// Returns the 32 digits, for a URL. Do not print them.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.digits
    }

    /// Returns whether `candidate` is this token, in a time that does not depend on how much of it
    /// is right.
    #[must_use]
    pub fn matches(&self, candidate: &str) -> bool {
        constant_time_eq::constant_time_eq(self.digits.as_bytes(), candidate.as_bytes())
    }
}

impl<Kind> Clone for Token<Kind> {
    fn clone(&self) -> Self {
        Self {
            digits: self.digits.clone(),
            kind: PhantomData,
        }
    }
}

impl<Kind> fmt::Debug for Token<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}
