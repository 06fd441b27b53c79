//! Text from outside, made safe to show.

/// How many characters of a bad value an error quotes.
const QUOTED: usize = 40;

/// Returns the beginning of a bad value in backticks, safe to print.
pub(crate) fn quote(value: &str) -> String {
    format!("`{}`", printable(value))
}

/// Returns the beginning of a bad value, safe to print.
pub(crate) fn printable(value: &str) -> String {
    let printable = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut text: String = value.chars().take(QUOTED).map(printable).collect();
    if value.chars().nth(QUOTED).is_some() {
        text.push('…');
    }
    text
}

/// Removes control characters, marks of direction and the space around a text, and cuts it.
pub(crate) fn clean(text: &str, limit: usize) -> String {
    // Such a mark turns the direction of the text after it.
    let is_mark = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept = |c: &char| !c.is_control() && !is_mark(*c);
    let cut: String = text.trim().chars().filter(kept).take(limit).collect();
    cut.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_short_and_has_no_control_characters() {
        assert_eq!(quote("a\nb"), "`a\u{fffd}b`");
        assert_eq!(quote(&"я".repeat(41)), format!("`{}…`", "я".repeat(40)));
        assert_eq!(quote(&"я".repeat(40)), format!("`{}`", "я".repeat(40)));
    }
}
