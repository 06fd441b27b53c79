//! Android's intents: the link that started or resumed the game, and OK's page as another activity.
//!
//! It knows neither Bevy nor Android's libraries, so tests run it on a desktop's Java.

use jni::Env;
use jni::errors::{Error, Result};
use jni::objects::{JObject, JString};

#[cfg(test)]
mod tests;

/// The action of an intent that shows something, such as a link.
const ACTION_VIEW: &str = "android.intent.action.VIEW";

/// With this extra, also when it is null, a browser shows the page as a Custom Tab in the task of
/// the game.
const CUSTOM_TAB: &str = "android.support.customtabs.extra.SESSION";

jni::bind_java_type! {
    pub(crate) Uri => "android.net.Uri",
    methods {
        static fn parse(text: JString) -> Uri,
    },
}

jni::bind_java_type! {
    pub(crate) Bundle => "android.os.Bundle",
    constructors {
        fn new(),
    },
    methods {
        fn put_binder(key: JString, value: "android.os.IBinder"),
    },
}

jni::bind_java_type! {
    pub(crate) Intent => "android.content.Intent",
    type_map {
        Bundle => "android.os.Bundle",
        Uri => "android.net.Uri",
    },
    constructors {
        fn new(),
        fn with_uri(action: JString, uri: Uri),
    },
    methods {
        fn get_action() -> JString,
        fn get_data_string() -> JString,
        fn put_extras(extras: Bundle) -> Intent,
    },
}

jni::bind_java_type! {
    pub(crate) Activity => "android.app.Activity",
    type_map {
        Intent => "android.content.Intent",
    },
    methods {
        fn get_intent() -> Intent,
        fn set_intent(intent: Intent),
        fn start_activity(intent: Intent),
    },
}

/// Hands the link of the activity's intent to `take`, if it has one. When `take` returns true, the
/// activity gets an intent without a link, so that the link is taken once. Another link stays for
/// the game.
///
/// Returns whether a link was taken.
pub(crate) fn take_link(
    env: &mut Env<'_>,
    activity: &Activity<'_>,
    take: impl FnOnce(&str) -> bool,
) -> Result<bool> {
    let intent = activity.get_intent(env)?;
    if intent.is_null() {
        return Ok(false);
    }
    let action = intent.get_action(env)?;
    if action.is_null() || action.try_to_string(env)? != ACTION_VIEW {
        return Ok(false);
    }
    let data = intent.get_data_string(env)?;
    if data.is_null() || !take(&data.try_to_string(env)?) {
        return Ok(false);
    }
    let empty = Intent::new(env)?;
    activity.set_intent(env, &empty)?;
    Ok(true)
}

/// Shows a page in the player's browser, in the game's own task.
pub(crate) fn open_page(env: &mut Env<'_>, activity: &Activity<'_>, url: &str) -> Result<()> {
    let url = JString::new(env, url)?;
    let uri = Uri::parse(env, &url)?;
    let action = JString::new(env, ACTION_VIEW)?;
    let intent = Intent::with_uri(env, &action, &uri)?;
    let extras = Bundle::new(env)?;
    let key = JString::new(env, CUSTOM_TAB)?;
    extras.put_binder(env, &key, JObject::null())?;
    intent.put_extras(env, &extras)?;
    activity.start_activity(env, &intent)
}

/// Returns what is wrong, for the developer. Java's own message may hold the URL, so it is left out.
pub(crate) fn describe(error: &Error) -> String {
    match error {
        Error::CaughtJavaException { name, .. } => format!("Java threw {name}"),
        error => error.to_string(),
    }
}
