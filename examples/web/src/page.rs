//! What the game reads from its page, and what it hands to it.

use bevy::app::AppExit;
use bevy_odnoklassniki::prelude::*;

/// Returns a parameter of the page's query.
#[cfg(target_family = "wasm")]
pub(crate) fn parameter(name: &str) -> Option<String> {
    let query = web_sys::window()?.location().search().ok()?;
    web_sys::UrlSearchParams::new_with_str(&query)
        .ok()?
        .get(name)
}

/// Returns nothing: a program on a desktop has no page.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn parameter(_: &str) -> Option<String> {
    None
}

/// Ends before the game begins. The page shows why.
#[cfg(target_family = "wasm")]
pub(crate) fn refuse(error: &str) -> AppExit {
    wasm_bindgen::throw_str(error)
}

/// Ends before the game begins.
#[cfg(not(target_family = "wasm"))]
#[expect(clippy::print_stderr, reason = "a program for the command line")]
pub(crate) fn refuse(error: &str) -> AppExit {
    eprintln!("{error}");
    AppExit::error()
}

/// Keeps the session in the browser's storage. All games of the host can read it there.
#[cfg(target_family = "wasm")]
pub(crate) fn with_store(plugin: OdnoklassnikiPlugin) -> OdnoklassnikiPlugin {
    plugin.with_session_store(BrowserStore::new("web_game session"))
}

/// Changes nothing: a program on a desktop stays beside OK's page.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn with_store(plugin: OdnoklassnikiPlugin) -> OdnoklassnikiPlugin {
    plugin
}

/// Pushes a result to `window.report`.
pub(crate) fn report<T>(
    kind: &str,
    id: RequestId,
    outcome: &Outcome<T>,
    ids: impl FnOnce(&T) -> Vec<String>,
) {
    let mut failed = String::new();
    if let Outcome::Failed(error) = outcome {
        bevy::log::warn!("{error}: {}", error.advice());
        failed = format!("{:?}", error.kind());
    }
    let ids = outcome.completed().map(ids).unwrap_or_default();
    let texts = [
        ("kind", kind),
        ("outcome", outcome.name()),
        ("error", &failed),
    ];
    push("report", id, &texts, &ids);
}

/// Pushes a notice to `window.notices`.
pub(crate) fn notice(id: RequestId, kind: NoticeKind) {
    let kind = format!("{kind:?}");
    push("notices", id, &[("kind", &kind)], &[]);
}

#[cfg(target_family = "wasm")]
fn push(list: &str, id: RequestId, texts: &[(&str, &str)], ids: &[String]) {
    use js_sys::{Array, Function, Object, Reflect};
    use wasm_bindgen::{JsCast as _, JsValue};

    let entry = Object::new();
    // An id has eleven digits at most, so the number is exact.
    _ = Reflect::set(&entry, &"id".into(), &JsValue::from_f64(id.get() as f64));
    for (name, value) in texts {
        _ = Reflect::set(&entry, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    let ids: Array = ids.iter().map(|id| JsValue::from_str(id)).collect();
    _ = Reflect::set(&entry, &"ids".into(), &ids);
    // The page's own `push`, which also shows the entry.
    let list = Reflect::get(&js_sys::global(), &list.into()).unwrap_or_default();
    if let Ok(push) = Reflect::get(&list, &"push".into())
        && let Some(push) = push.dyn_ref::<Function>()
    {
        _ = push.call1(&list, &entry);
    }
}

#[cfg(not(target_family = "wasm"))]
fn push(list: &str, id: RequestId, texts: &[(&str, &str)], ids: &[String]) {
    bevy::log::info!("{list}: {id}: {texts:?} {ids:?}");
}
