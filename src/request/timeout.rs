//! The limits of a request's timeout.

use core::time::Duration;

use odnoklassniki::FieldError;

/// The timeout of a request without its own, unless
/// [`with_timeout`](crate::OdnoklassnikiPlugin::with_timeout) sets another: 10 minutes.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);
/// The shortest timeout that a request may have, 5 seconds.
pub const MIN_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest timeout that a request may have, 60 minutes.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(3600);

/// Returns the timeout, or an error if it is out of range.
pub(crate) fn check_timeout(timeout: Duration) -> Result<Duration, FieldError> {
    if (MIN_TIMEOUT..=MAX_TIMEOUT).contains(&timeout) {
        return Ok(timeout);
    }
    Err(FieldError::new(
        "timeout",
        format!("{timeout:?} is out of range"),
        "give a duration from 5 seconds to 60 minutes",
    ))
}
