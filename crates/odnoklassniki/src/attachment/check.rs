//! What OK is known to require of an attachment.

use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::Settings;
use super::block::{Block, Photo, PhotoForm};
use super::media::Media;
use crate::error::{FieldError, quote};
use crate::id;

pub(super) const MEDIA: &str = "media";
const PLACE_ID: &str = "place_id";
const PUBLISH_AT: &str = "publishAt";
const PUBLISH_AT_MS: &str = "publishAtMs";
const ON_BEHALF_OF_GROUP: &str = "onBehalfOfGroup";
const DISABLE_COMMENTS: &str = "disableComments";

/// Checks what stands beside the blocks; the error names the first field at fault.
pub(super) fn settings(settings: &Settings) -> Result<(), FieldError> {
    if let Some(time) = &settings.publish_at {
        if settings.publish_at_ms.is_some() {
            return Err(FieldError::new(PUBLISH_AT, "is given together with publishAtMs", "set one of the two"));
        }
        if !is_time(time) {
            return Err(FieldError::new(
                PUBLISH_AT,
                format!("{} is not a time", quote(time)),
                "write YYYY-MM-DD hh:mm:ss, Moscow time",
            ));
        }
    }
    match &settings.place_id {
        Some(place) => filled(PLACE_ID, place),
        None => Ok(()),
    }
}

/// The first field that only posts to a group may have.
pub(super) fn group_only(media: &Media, settings: &Settings) -> Option<&'static str> {
    [
        (settings.publish_at.is_some(), PUBLISH_AT),
        (settings.publish_at_ms.is_some(), PUBLISH_AT_MS),
        (settings.on_behalf_of_group.is_some(), ON_BEHALF_OF_GROUP),
        (settings.disable_comments.is_some(), DISABLE_COMMENTS),
        (media.has_product(), MEDIA),
    ]
    .into_iter()
    .find_map(|(there, field)| there.then_some(field))
}

/// What setters added to the caller's own JSON would not be sent.
pub(super) fn nothing_added(media: &Media, settings: &Settings) -> Result<(), FieldError> {
    let field = if media.is_empty() { group_only(media, settings) } else { Some(MEDIA) };
    match field.or(settings.place_id.is_some().then_some(PLACE_ID)) {
        Some(field) => Err(FieldError::new(
            field,
            "was set beside JSON of the caller's own, which is sent as it is",
            "write it into that JSON, or build the attachment with setters only",
        )),
        None => Ok(()),
    }
}

/// Checks the caller's own JSON; answers with the first field that only posts to a group may have.
pub(super) fn raw(json: &str) -> Result<Option<&'static str>, FieldError> {
    #[derive(Deserialize)]
    struct Raw {
        media: Option<Vec<Map<String, Value>>>,
        #[serde(flatten)]
        rest: Map<String, Value>,
    }
    let raw: Raw = serde_json::from_str(json).map_err(|error| {
        // The message of serde_json may quote the text; its kind and place do not.
        let problem = format!(
            "is not an object with a `media` array of blocks (line {}, column {})",
            error.line(),
            error.column()
        );
        FieldError::new("attachment", problem, "give the JSON of a mediatopic")
    })?;
    let media = raw.media.unwrap_or_default();
    if media.is_empty() {
        return Err(no_media());
    }
    let is_product = |block: &Map<String, Value>| block.get("type").is_some_and(|kind| kind == "product");
    let group_only = [PUBLISH_AT, PUBLISH_AT_MS, ON_BEHALF_OF_GROUP, DISABLE_COMMENTS];
    let field = group_only.into_iter().find(|field| raw.rest.contains_key(*field));
    Ok(field.or(media.iter().any(is_product).then_some(MEDIA)))
}

pub(super) fn no_media() -> FieldError {
    FieldError::new(MEDIA, "has no block", "add a text, a link or a photo")
}

pub(super) fn block(block: &Block<'_>) -> Result<(), FieldError> {
    match block {
        Block::Text { text } => filled("text", text),
        Block::Link { url } => web_address("url", url),
        Block::Photo { list } => each("list", list, photo),
        Block::Movie { list } => each("list", list, |movie| number("id", &movie.id)),
        Block::MovieReshare { movie_id } => number("movieId", movie_id),
        Block::Music { list } => each("list", list, |track| filled("id", &track.id)),
        Block::Poll(poll) => {
            filled("question", &poll.question)?;
            if poll.answers.len() < 2 {
                return Err(FieldError::new(
                    "answers",
                    format!("has {} of at least 2 answers", poll.answers.len()),
                    "add answers",
                ));
            }
            each("answers", &poll.answers, |answer| filled("text", &answer.text))
        }
        Block::App(card) => {
            every("images", &card.images, |image| web_address("url", &image.url))?;
            every("actions", &card.actions, |action| filled("text", &action.text))
        }
        Block::Topic { topic_id, .. } => number("topicId", topic_id),
        Block::Product(product) => {
            let code = &product.currency;
            let three_letters = code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
            if !code.is_empty() && !three_letters {
                return Err(FieldError::new(
                    "currency",
                    format!("{} is not a currency code", quote(code)),
                    "write three upper-case letters, such as RUB",
                ));
            }
            match product.partner_link.as_str() {
                "" => Ok(()),
                link => web_address("partner_link", link),
            }
        }
    }
}

fn photo(photo: &Photo) -> Result<(), FieldError> {
    match &photo.0 {
        PhotoForm::Token { id } => filled("id", id),
        PhotoForm::Committed { photo_id } => number("photoId", photo_id),
        PhotoForm::Existing { existing_photo_id, .. } => number("existing_photo_id", existing_photo_id),
    }
}

/// Checks a list that must not be empty.
fn each<T>(field: &'static str, list: &[T], check: impl Fn(&T) -> Result<(), FieldError>) -> Result<(), FieldError> {
    if list.is_empty() {
        return Err(FieldError::new(field, "is empty", "add an entry or leave the block out"));
    }
    every(field, list, check)
}

fn every<T>(field: &'static str, list: &[T], check: impl Fn(&T) -> Result<(), FieldError>) -> Result<(), FieldError> {
    for (index, entry) in list.iter().enumerate() {
        check(entry).map_err(|error| error.inside(&format!("{field}[{index}]")))?;
    }
    Ok(())
}

fn filled(field: &'static str, text: &str) -> Result<(), FieldError> {
    if text.trim().is_empty() {
        return Err(FieldError::new(field, "is empty", "fill it or leave the block out"));
    }
    Ok(())
}

fn number(field: &'static str, text: &str) -> Result<(), FieldError> {
    id::parse(field, text).map(drop)
}

fn web_address(field: &'static str, text: &str) -> Result<(), FieldError> {
    let error = |problem: &'static str| FieldError::new(field, problem, "give an absolute http or https address");
    if is_plain_web_address(text) {
        return Ok(());
    }
    // The parser would drop white space silently; OK gets the text as it is.
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(error("has white space in it"));
    }
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
        Ok(_) => Err(error("is no web address")),
        Err(_) => Err(error("is not an absolute address")),
    }
}

/// Whether it is so plainly a web address that the parser need not be asked, which would cost an allocation: printable
/// ASCII, a host of ordinary letters that cannot be taken for a number, no port, no user.
fn is_plain_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or(text.strip_prefix("http://"));
    let Some(rest) = rest.filter(|rest| rest.bytes().all(|byte| byte.is_ascii_graphic())) else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let label = |label: &str| {
        label.starts_with(|c: char| c.is_ascii_alphabetic())
            && !label.starts_with("xn--")
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.split('.').all(label)
}

/// Whether the text is `YYYY-MM-DD hh:mm:ss` with every part in its range.
fn is_time(text: &str) -> bool {
    const FORM: &[u8; 19] = b"0000-00-00 00:00:00";
    let fits = text.len() == FORM.len()
        && text.bytes().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        });
    let in_range = |from: usize, range: std::ops::RangeInclusive<u8>| {
        let part = text.get(from..from + 2).and_then(|part| part.parse().ok());
        part.is_some_and(|value| range.contains(&value))
    };
    fits && in_range(5, 1..=12)
        && in_range(8, 1..=31)
        && in_range(11, 0..=23)
        && in_range(14, 0..=59)
        && in_range(17, 0..=59)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_plain_is_an_address_for_the_parser_too(text in "https?://[a-zA-Z0-9.:@/?#xn-]{0,24}") {
            if is_plain_web_address(&text) {
                let url = Url::parse(&text);
                prop_assert!(url.is_ok_and(|url| url.has_host()), "{text}");
            }
        }
    }

    #[test]
    fn the_usual_address_is_plain() {
        assert!(is_plain_web_address("https://game.example/run/8812?a=1#b"));
        for odd in [
            "https://",
            "https://127.0.0.1/",
            "https://game.example:80/",
            "https://u@game.example/",
            "https://xn--a.example/",
            "https://game..example/",
            "https://game.example/я",
            "https://game.example/a b",
        ] {
            assert!(!is_plain_web_address(odd), "{odd}");
        }
    }
}
