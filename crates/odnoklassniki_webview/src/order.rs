//! What the event loop is told.

use crate::protocol::Command;

/// What the event loop is told, by the game or by the view.
pub(crate) enum Order {
    /// The game has sent a line.
    Command(Command),
    /// The game has sent a line that is none.
    Refuse(String),
    /// The game has closed the input, or ended.
    Quit,
    /// The view shows a page of this host.
    At(String),
    /// The view has reported a return.
    Returned,
    /// The game has had its time to say what this return was.
    Waited(u64),
    /// The page has closed itself.
    #[cfg(target_os = "linux")]
    Closed,
    /// The page's process has ended.
    #[cfg(target_os = "linux")]
    Lost,
}
