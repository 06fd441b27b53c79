//! Plugins in every order: the app starts, or says which plugin is in the wrong place and what to
//! do.

use bevy_odnoklassniki::prelude::*;
use test_support::app::start;

fn plugin() -> OdnoklassnikiPlugin {
    OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
}

#[test]
fn the_plugin_twice_is_named() {
    let text = start((plugin(), plugin())).expect_err("it cannot be there twice");
    assert!(
        text.contains("OdnoklassnikiPlugin") && text.contains("already added"),
        "{text}"
    );
}
