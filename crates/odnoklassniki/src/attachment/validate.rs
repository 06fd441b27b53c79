//! What OK is known to require of an attachment.

use super::block::{Block, Photo, PhotoForm};
use crate::error::FieldError;
use crate::text::quote;
use crate::{id, link};

pub(super) const MEDIA: &str = "media";

pub(super) const LINK_REMEDY: &str = "give an absolute http or https address";

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

pub(super) fn every<T>(
    field: &'static str,
    list: &[T],
    check: impl Fn(&T) -> Result<(), FieldError>,
) -> Result<(), FieldError> {
    for (index, entry) in list.iter().enumerate() {
        check(entry).map_err(|error| error.inside(&format!("{field}[{index}]")))?;
    }
    Ok(())
}

pub(super) fn filled(field: &'static str, text: &str) -> Result<(), FieldError> {
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

pub(super) fn web_address(field: &'static str, text: &str) -> Result<(), FieldError> {
    link::check(text).map_err(|problem| FieldError::new(field, problem, LINK_REMEDY))
}
