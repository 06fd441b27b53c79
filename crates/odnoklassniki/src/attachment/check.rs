//! What OK is known to require of an attachment.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::block::{Block, Photo, PhotoForm};
use super::media::Media;
use super::{Raw, Settings};
use crate::error::{FieldError, quote};
use crate::{id, link};

pub(super) const MEDIA: &str = "media";
const PLACE_ID: &str = "place_id";
const PUBLISH_AT: &str = "publishAt";
const PUBLISH_AT_MS: &str = "publishAtMs";
const ON_BEHALF_OF_GROUP: &str = "onBehalfOfGroup";
const DISABLE_COMMENTS: &str = "disableComments";

const LINK_REMEDY: &str = "give an absolute http or https address";
const TIME_REMEDY: &str = "write YYYY-MM-DD hh:mm:ss, Moscow time";

/// Checks what stands beside the blocks; the error names the first field at fault.
pub(super) fn settings(settings: &Settings) -> Result<(), FieldError> {
    if let Some(time) = &settings.publish_at {
        if settings.publish_at_ms.is_some() {
            return Err(FieldError::new(
                PUBLISH_AT,
                "is given together with publishAtMs",
                "set one of the two",
            ));
        }
        if !is_time(time) {
            return Err(FieldError::new(
                PUBLISH_AT,
                format!("{} is not a time", quote(time)),
                TIME_REMEDY,
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
    let field = if media.is_empty() {
        group_only(media, settings)
    } else {
        Some(MEDIA)
    };
    match field.or(settings.place_id.is_some().then_some(PLACE_ID)) {
        Some(field) => Err(FieldError::new(
            field,
            "was set beside JSON of the caller's own, which is sent as it is",
            "write it into that JSON, or build the attachment with setters only",
        )),
        None => Ok(()),
    }
}

/// Reads the caller's own JSON, and notes what is to be known of it.
pub(super) fn raw(json: &str) -> Result<Raw, FieldError> {
    #[derive(Deserialize)]
    struct Topic {
        media: Option<Vec<Map<String, Value>>>,
        #[serde(flatten)]
        rest: Map<String, Value>,
    }
    let topic: Topic = serde_json::from_str(json).map_err(|error| {
        // The message of serde_json may quote the text; its kind and place do not.
        let problem = format!(
            "is not an object with a `media` array of blocks (line {}, column {})",
            error.line(),
            error.column()
        );
        FieldError::new("attachment", problem, "give the JSON of a mediatopic")
    })?;
    let media = topic.media.unwrap_or_default();
    if media.is_empty() {
        return Err(no_media());
    }
    let is_product =
        |block: &Map<String, Value>| block.get("type").is_some_and(|kind| kind == "product");
    let group_only = [
        PUBLISH_AT,
        PUBLISH_AT_MS,
        ON_BEHALF_OF_GROUP,
        DISABLE_COMMENTS,
    ];
    let field = group_only
        .into_iter()
        .find(|field| topic.rest.contains_key(*field));
    let problem = every(MEDIA, &media, raw_block)
        .and_then(|()| raw_time(topic.rest.get(PUBLISH_AT)))
        .err();
    let group_only = field.or(media.iter().any(is_product).then_some(MEDIA));
    Ok(Raw {
        json: json.to_owned(),
        group_only,
        problem,
    })
}

fn raw_time(time: Option<&Value>) -> Result<(), FieldError> {
    match time {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(time)) if is_time(time) => Ok(()),
        Some(_) => Err(FieldError::new(PUBLISH_AT, "is not a time", TIME_REMEDY)),
    }
}

/// Checks the links of a block that is known here. Other blocks and fields are the caller's affair.
/// The error quotes nothing.
fn raw_block(block: &Map<String, Value>) -> Result<(), FieldError> {
    let field = |name| block.get(name);
    match field("type").and_then(Value::as_str) {
        Some("link") => raw_link("url", field("url")),
        Some("app") => match field("images") {
            None => Ok(()),
            Some(Value::Array(images)) if !images.is_empty() => {
                every("images", images, |image| raw_link("url", image.get("url")))
            }
            Some(_) => Err(FieldError::new(
                "images",
                "is no list with something in it",
                "give objects with a `url`, or leave it out",
            )),
        },
        Some("product") => {
            field("partner_link").map_or(Ok(()), |link| raw_link("partner_link", Some(link)))
        }
        _ => Ok(()),
    }
}

fn raw_link(field: &'static str, link: Option<&Value>) -> Result<(), FieldError> {
    match link {
        Some(Value::String(link)) => web_address(field, link),
        _ => Err(FieldError::new(field, "is no text", LINK_REMEDY)),
    }
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
            each("answers", &poll.answers, |answer| {
                filled("text", &answer.text)
            })
        }
        Block::App(card) => {
            every("images", &card.images, |image| {
                web_address("url", &image.url)
            })?;
            every("actions", &card.actions, |action| {
                filled("text", &action.text)
            })
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
        PhotoForm::Existing {
            existing_photo_id, ..
        } => number("existing_photo_id", existing_photo_id),
    }
}

/// Checks a list that must not be empty.
fn each<T>(
    field: &'static str,
    list: &[T],
    check: impl Fn(&T) -> Result<(), FieldError>,
) -> Result<(), FieldError> {
    if list.is_empty() {
        return Err(FieldError::new(
            field,
            "is empty",
            "add an entry or leave the block out",
        ));
    }
    every(field, list, check)
}

fn every<T>(
    field: &'static str,
    list: &[T],
    check: impl Fn(&T) -> Result<(), FieldError>,
) -> Result<(), FieldError> {
    for (index, entry) in list.iter().enumerate() {
        check(entry).map_err(|error| error.inside(&format!("{field}[{index}]")))?;
    }
    Ok(())
}

fn filled(field: &'static str, text: &str) -> Result<(), FieldError> {
    if text.trim().is_empty() {
        return Err(FieldError::new(
            field,
            "is empty",
            "fill it or leave the block out",
        ));
    }
    Ok(())
}

fn number(field: &'static str, text: &str) -> Result<(), FieldError> {
    id::parse(field, text).map(drop)
}

fn web_address(field: &'static str, text: &str) -> Result<(), FieldError> {
    link::check(text).map_err(|problem| FieldError::new(field, problem, LINK_REMEDY))
}

/// Returns whether the text is `YYYY-MM-DD hh:mm:ss`, and a time that exists.
fn is_time(text: &str) -> bool {
    const FORM: &[u8; 19] = b"0000-00-00 00:00:00";
    let fits = text.len() == FORM.len()
        && text.bytes().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        });
    let part = |from: usize, length: usize| text.get(from..from + length)?.parse::<u16>().ok();
    let [
        Some(year),
        Some(month),
        Some(day),
        Some(hour),
        Some(minute),
        Some(second),
    ] = [
        part(0, 4),
        part(5, 2),
        part(8, 2),
        part(11, 2),
        part(14, 2),
        part(17, 2),
    ]
    else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    fits && (1..=12).contains(&month)
        && (1..=days).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60
}
