//! Queries and fragments: pairs of names and values, form-encoded.

use std::borrow::Cow;

/// The pairs of a query or fragment, still encoded. A `?` that begins a `known` name is a separator too: it is unknown
/// whether OK appends its answer with `&` or with a second `?`.
pub(crate) fn split<'a>(raw: &'a str, known: &'static [&'static str]) -> impl Iterator<Item = &'a str> {
    let mut rest = Some(raw.strip_prefix(['?', '#']).unwrap_or(raw));
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.char_indices().find_map(|(at, character)| {
            let ends = character == '&' || (character == '?' && begins(text.get(at + 1..)?, known));
            ends.then_some(at)
        }) else {
            rest = None;
            return Some(text);
        };
        let (pair, after) = text.split_at(end);
        rest = after.get(1..);
        Some(pair)
    })
}

fn begins(text: &str, known: &[&str]) -> bool {
    let begins = |name: &&str| text.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
    known.iter().any(begins)
}

/// Form-decodes: `+` is a space, then `%XX`. None for a bad escape or bytes that are not UTF-8.
pub(crate) fn decode(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.contains(['%', '+']) {
        return Some(Cow::Borrowed(raw));
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => digit(rest.next()?)? << 4 | digit(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn digit(byte: u8) -> Option<u8> {
    let value = char::from(byte).to_digit(16)?;
    u8::try_from(value).ok()
}
