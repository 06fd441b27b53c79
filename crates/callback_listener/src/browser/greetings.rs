//! The return pages that have said hello.

use std::cell::RefCell;

use zeroize::Zeroizing;

/// How many are remembered: enough for all pending requests and for pages that were opened again.
const MAX_GREETINGS: usize = 64;

thread_local! {
    static GREETINGS: RefCell<Vec<Greeting>> = const { RefCell::new(Vec::new()) };
}

struct Greeting {
    link_token: Zeroizing<String>,
    /// Whether the page was sent on to the service.
    was_sent_on: bool,
}

/// Remembers a page that has said hello. It repeats that while it waits.
pub(super) fn remember(link_token: &str, is_sent_on: bool) {
    GREETINGS.with_borrow_mut(|greetings| {
        let known = |greeting: &Greeting| *greeting.link_token == link_token;
        let earlier = greetings.iter().position(known);
        let earlier = earlier.map(|index| greetings.remove(index));
        if greetings.len() == MAX_GREETINGS {
            greetings.remove(0);
        }
        greetings.push(Greeting {
            link_token: Zeroizing::new(link_token.to_owned()),
            was_sent_on: is_sent_on || earlier.is_some_and(|greeting| greeting.was_sent_on),
        });
    });
}

/// Returns whether a page has said hello with this link.
pub(super) fn has_greeted(link_token: &str) -> bool {
    find(link_token).is_some()
}

/// Returns whether a page has said hello with this link, and was sent on to the service.
pub(super) fn was_sent_on(link_token: &str) -> bool {
    find(link_token) == Some(true)
}

fn find(link_token: &str) -> Option<bool> {
    GREETINGS.with_borrow(|greetings| {
        let mut greetings = greetings.iter();
        let greeting = greetings.find(|greeting| *greeting.link_token == link_token)?;
        Some(greeting.was_sent_on)
    })
}
