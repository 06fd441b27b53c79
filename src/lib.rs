//! Odnoklassniki (OK.ru) for Bevy games.
#[cfg(not(target_family = "wasm"))]
#[allow(
    dead_code,
    unused_imports,
    reason = "the plugin that uses the listener is not written yet"
)]
mod callback;
