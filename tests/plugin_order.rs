//! Plugins in every order: the app starts, or says which plugin is in the wrong place and what to
//! do.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bevy_app::{App, Plugins};
use bevy_odnoklassniki::prelude::*;

fn plugin() -> OdnoklassnikiPlugin {
    OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
}

/// Starts an app and runs it for two frames. Returns the app, or the text of its panic.
fn start<M>(plugins: impl Plugins<M>) -> Result<App, String> {
    let start = || {
        let mut app = App::new();
        app.add_plugins(plugins);
        app.finish();
        app.cleanup();
        app.update();
        app.update();
        app
    };
    catch_unwind(AssertUnwindSafe(start)).map_err(|panic| {
        let fixed = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        fixed
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .expect("a text")
    })
}

#[test]
fn the_plugin_twice_is_named() {
    let text = start((plugin(), plugin())).expect_err("it cannot be there twice");
    assert!(
        text.contains("OdnoklassnikiPlugin") && text.contains("already added"),
        "{text}"
    );
}
