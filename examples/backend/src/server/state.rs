//! `st.state`, which ties a callback to the request that was signed for it.

use super::error::Refusal;
use super::input::is_visible_ascii;
use crate::store::Hash;

/// Refuses states that an attacker could guess, and those that a URL can hold in two spellings.
pub(super) fn check_state(state: &str) -> Result<(), Refusal> {
    if (16..=64).contains(&state.len()) && is_visible_ascii(state) {
        return Ok(());
    }
    let message = "the state is not 16 to 64 characters of visible ASCII: take random ones, new ones each time";
    Err(Refusal::unprocessable("state_refused", message))
}

/// Returns what the store keeps of a state.
pub(super) fn state_hash(state: &str) -> Hash {
    Hash::of(&["state", state])
}
