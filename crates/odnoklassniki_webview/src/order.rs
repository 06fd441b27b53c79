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
    Closed,
    /// The page's process has ended.
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "the view does not say so")
    )]
    Lost,
}
