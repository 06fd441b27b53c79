//! Text from outside, made safe to show.

/// How many characters of a bad value an error quotes.
const QUOTED: usize = 40;

/// The beginning of a bad value in backticks, safe to print.
pub(crate) fn quote(value: &str) -> String {
    format!("`{}`", printable(value))
}

/// The beginning of a bad value, safe to print.
pub(crate) fn printable(value: &str) -> String {
    let mut text = String::new();
    for (index, character) in value.chars().enumerate() {
        if index == QUOTED {
            text.push('…');
            break;
        }
        text.push(if character.is_control() {
            '\u{fffd}'
        } else {
            character
        });
    }
    text
}

/// The text without characters that could play tricks where it is shown, without space around it,
/// and cut.
pub(crate) fn clean(text: &str, limit: usize) -> String {
    // Marks that turn the direction of the text after them.
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept = |c: &char| !c.is_control() && !turns(*c);
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
