//! [`LaunchError`]: why a launch query is refused.

/// The longest launch query that is parsed, in bytes.
pub const MAX_LAUNCH_BYTES: usize = 16 * 1024;

/// Why a query is refused. The text holds no value of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// It is longer than [`MAX_LAUNCH_BYTES`].
    #[error("the launch query is longer than 16 KiB")]
    TooLong,
    /// This parameter decides something, and it cannot be read or comes twice.
    #[error("the launch parameter {0} cannot be read, or comes twice")]
    Unclear(&'static str),
}
