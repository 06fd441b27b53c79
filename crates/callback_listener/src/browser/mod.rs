//! How a callback comes back in a browser: through a static page on the program's own origin.
//!
//! ```text
//! program ── window.open(<page>#go=<link token>) ──> the return page
//! page    ── hello ──> program ── open ──> page: goes to the service's page     (Visited)
//! service ── <page>?… or <page>#… ──> page
//! page    ── callback ──> program ── show ──> page: says how it went             (Received)
//! ```
//!
//! Page and program talk by two ways at once, and the first counts. `postMessage` to the opener does
//! not work where a page is isolated from its opener. A `BroadcastChannel` does not work where the
//! program is in another site's frame.
//!
//! | file | job |
//! | --- | --- |
//! | `listener.rs` | the owner's end: commands in, events out |
//! | `bridge.rs` | the two ways, the clock, and what the browser must call |
//! | `events.rs` | event handlers and timers that end when they are dropped |
//! | `window.rs`, `opened.rs` | opens windows, and knows which are the program's own |
//! | `watch.rs`, `greetings.rs` | notices that a window is closed, or that no return page says hello |
//! | `return_page.rs` | looks whether the return page is there |
//! | `blank.rs` | without a return page: the windows that lead to the service, and what they post |
//! | `leave.rs` | opens the service's page in place of the program |
//! | `../exchange.rs` | what the messages say, without the browser |

mod blank;
mod bridge;
mod events;
mod greetings;
mod leave;
mod listener;
mod opened;
mod return_page;
mod watch;
mod window;

pub use events::Listening;
pub use leave::{CannotLeave, LeftBehind, forget, is_leaving, keep, leave, left_behind};
pub(crate) use listener::BrowserListener;
pub use return_page::find_return_page;
pub use watch::{FrameWatch, WindowEvent, watch_frame};
pub use window::{Popup, PopupBlocked, open_popup, open_popup_now, prepare_popup};
