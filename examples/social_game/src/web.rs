//! The game in a browser: what its page's query says, and a sandbox that runs beside it.
//!
//! | in the query | |
//! | --- | --- |
//! | `sandbox=<URL>` | where the sandbox is; `scripts/web` starts one |
//! | `lang=en` or `ru` | language of the game (default: the browser's) |
//! | `timeout=<seconds>` | how long a request waits for the player |
//! | `loggedout=1` | begins without a player: the first request opens the login page |
//! | `panel=1` | starts with the developer's panel open |
//! | `reactive=1` | sleeps between inputs |
//! | `report=1` | pushes what the player sees to `window.states`, for tests |

use std::process::ExitCode;

use bevy::app::App;
use bevy::window::WindowResizeConstraints;
use bevy_odnoklassniki::prelude::*;
use js_sys::{Array, JSON, Reflect};
use wasm_bindgen::{JsCast as _, throw_str};

use crate::options::{Options, SANDBOX_GROUP, Start, timeout};
use crate::people::Names;
use crate::report::Sink;
use crate::words::Language;

/// The sandbox's own application and session: they open nothing else.
const APPLICATION_ID: &str = "512000000001";
const PUBLIC_KEY: &str = "CDEMOSANDBOXPUBLICKEY";
const ACCESS_TOKEN: &str = "tkn1-sandbox.PlayerOne_0001";
const SESSION_SECRET_KEY: &str = "cea5cfa2a11a34885d334ebc66d58d9d";

/// Where tests find what the player sees.
const STATES: &str = "states";

/// Reads the page's query. The page shows what is wrong with it.
pub fn start() -> Result<Start, ExitCode> {
    Ok(read().unwrap_or_else(|error| throw_str(&error)))
}

fn read() -> Result<Start, String> {
    let mut options = Options::new(Language::of(&browser_language()));
    if let Some(code) = parameter("lang") {
        options.language = code.parse().map_err(|error| format!("lang: {error}"))?;
    }
    if let Some(seconds) = parameter("timeout") {
        options.timeout = Some(timeout(&seconds).map_err(|error| format!("timeout: {error}"))?);
    }
    options.logged_out = parameter("loggedout").is_some();
    options.panel = parameter("panel").is_some();
    options.reactive = parameter("reactive").is_some();
    options.group = Some(SANDBOX_GROUP);
    let sandbox = parameter("sandbox").ok_or("the URL names no sandbox; scripts/web does")?;
    let hosts = Hosts::sandbox(&sandbox).map_err(|error| format!("sandbox: {error}"))?;
    let mut plugin =
        OdnoklassnikiPlugin::new(AppCredentials::new(APPLICATION_ID, PUBLIC_KEY)).with_hosts(hosts);
    if !options.logged_out {
        plugin = plugin.with_session(SessionData::new(
            AccessToken::new(ACCESS_TOKEN),
            SessionSecretKey::new(SESSION_SECRET_KEY),
        ));
    }
    Ok(Start {
        report: parameter("report").map(|_| sink()),
        plugin: options.apply(plugin),
        options,
    })
}

fn parameter(name: &str) -> Option<String> {
    let query = web_sys::window()?.location().search().ok()?;
    web_sys::UrlSearchParams::new_with_str(&query)
        .ok()?
        .get(name)
}

fn browser_language() -> String {
    web_sys::window()
        .and_then(|window| window.navigator().language())
        .unwrap_or_default()
}

fn sink() -> Sink {
    _ = Reflect::set(&js_sys::global(), &STATES.into(), &Array::new());
    Box::new(|line| {
        let states = Reflect::get(&js_sys::global(), &STATES.into()).unwrap_or_default();
        if let (Some(states), Ok(state)) = (states.dyn_ref::<Array>(), JSON::parse(line)) {
            states.push(&state);
        }
        Ok(())
    })
}

/// None: the sandbox is another program.
pub fn names(_: &App) -> Names {
    Names::default()
}

/// A page can be of any size.
pub fn smallest_window() -> WindowResizeConstraints {
    WindowResizeConstraints::default()
}
