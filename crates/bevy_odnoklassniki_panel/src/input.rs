//! Reads typed text.

use core::str::FromStr;

use bevy_odnoklassniki::protocol::FieldError;

/// Calls a setter if there is a value to set.
pub(crate) fn set<T, V>(target: T, value: Option<V>, setter: impl FnOnce(T, V) -> T) -> T {
    match value {
        Some(value) => setter(target, value),
        None => target,
    }
}

/// Returns the typed text without spaces around it, or `None` if nothing was typed.
pub(crate) fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// Returns the entries of a list that is typed in one line, with commas or spaces between.
pub(crate) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ']).filter(|entry| !entry.is_empty())
}

/// Parses a whole number, or returns `None` if nothing was typed.
///
/// # Errors
///
/// The text is not a number that fits into `N`; the error names `field`.
pub(crate) fn number<N: FromStr>(
    field: impl Into<String>,
    text: &str,
) -> Result<Option<N>, FieldError> {
    let Some(text) = filled(text) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        FieldError::new(
            field.into(),
            "is no whole number that fits",
            "write digits only, or leave it empty",
        )
    })
}
