//! Android and iOS for `bevy_odnoklassniki`: [`OkMobilePlugin`] shows OK's pages there, and takes
//! the links by which they return to the game.
//!
//! ```
//! use bevy_app::prelude::*;
//! use bevy_odnoklassniki::prelude::*;
//! use bevy_odnoklassniki_mobile::OkMobilePlugin;
//!
//! let credentials = AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA");
//! let plugin = OdnoklassnikiPlugin::new(credentials);
//! App::new().add_plugins(OkMobilePlugin::new("ok512000123456", plugin));
//! ```
//!
//! | | Android | iOS |
//! | --- | --- | --- |
//! | OK's page | a Custom Tab in the game's task | `ASWebAuthenticationSession` |
//! | the callback | an intent for the game's activity | the session's result |
//! | the player closes the page | the game does not know: the request waits for its timeout | the request ends as cancelled |
//!
//! The scheme must be registered with OK as the login's redirect URI: `ok512000123456://authorize`.
//! On Android the manifest names it, too, and the activity keeps the intent; the README shows both.
//!
//! This is the only crate of the project with `unsafe` code. No device has run it yet: the calls of
//! Android run in tests on a desktop's Java, those of iOS compile.

#[cfg(target_os = "android")]
mod android;
#[cfg(any(target_os = "android", all(test, target_os = "linux")))]
mod intents;
#[cfg(target_os = "ios")]
mod ios;
#[cfg(any(target_os = "android", all(test, target_os = "linux")))]
mod open_pages;
#[cfg(not(any(target_os = "android", target_os = "ios")))]
mod other;
mod plugin;
#[cfg(any(target_os = "ios", all(test, target_os = "linux")))]
mod session_end;
#[cfg(all(test, target_os = "linux"))]
mod test_host;

#[cfg(target_os = "android")]
use android as system;
#[cfg(target_os = "ios")]
use ios as system;
#[cfg(not(any(target_os = "android", target_os = "ios")))]
use other as system;

pub use plugin::OkMobilePlugin;
