//! Lists that keep their newest items.

use std::collections::VecDeque;

/// Appends an item. If the list has `limit` items already, the oldest one goes.
pub(crate) fn push<T>(items: &mut VecDeque<T>, limit: usize, item: T) {
    if items.len() == limit {
        items.pop_front();
    }
    items.push_back(item);
}
