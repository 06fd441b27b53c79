//! Draws one block of a post's attachment.

use bevy_egui::egui::Ui;

use super::editor::Editor;
use crate::block::{ActionEntry, Block, ImageEntry, PhotoEntry, PhotoSource, TrackEntry};

const MARK: &str = "mark: the custom_args of a game that it starts";

pub(super) fn show(ui: &mut Ui, editor: &mut Editor, index: usize, block: &mut Block) {
    // The name of a field in errors.
    let field = |name: &str| format!("st.attachment.media[{index}].{name}");
    match block {
        Block::Text(text) => {
            editor.lines(ui, &field("text"), "text", "Must not be blank", text);
        }
        Block::Link(url) => {
            editor.text(ui, &field("url"), "url", "An http or https URL", url);
        }
        Block::Photos(entries) => photos(ui, editor, &field("list"), entries),
        Block::Movies(ids) => {
            let help = "Decimal ids, separated by commas";
            editor.text(ui, &field("list[]"), "ids", help, ids);
        }
        Block::MovieReshare(id) => {
            let help = "The decimal id of a video on OK";
            editor.text(ui, &field("movieId"), "id", help, id);
        }
        Block::Music(entries) => music(ui, editor, &field("list"), entries),
        Block::Poll {
            question,
            answers: entries,
            single_choice,
            anonymous,
        } => {
            let help = "Must not be blank";
            editor.text(ui, &field("question"), "question", help, question);
            answers(ui, editor, &field("answers"), entries);
            let help = "One answer for each voter";
            editor.flag(ui, "single_choice", help, single_choice);
            editor.flag(ui, "anonymous", "Hide who voted", anonymous);
        }
        Block::App {
            text,
            images: image_entries,
            actions: action_entries,
        } => {
            editor.lines(ui, &field("text"), "text", "May be empty", text);
            images(ui, editor, &field("images"), image_entries);
            actions(ui, editor, &field("actions"), action_entries);
        }
        Block::Topic { id, group } => {
            let help = "The decimal id of a topic";
            editor.text(ui, &field("topicId"), "id", help, id);
            editor.flag(ui, "group", "Whether it is a group's", group);
        }
        Block::Product {
            price,
            currency,
            lifetime,
            partner_link,
        } => {
            ui.label("Only with a group_id.");
            editor.text(ui, &field("price"), "price", "A whole number", price);
            let help = "Three letters, such as RUB; left out when empty";
            editor.text(ui, &field("currency"), "currency", help, currency);
            let help = "Days; left out when empty";
            editor.text(ui, &field("lifetime"), "lifetime", help, lifetime);
            let help = "URL of the shop; left out when empty";
            let name = "partner_link";
            editor.text(ui, &field(name), name, help, partner_link);
        }
    }
}

fn photos(ui: &mut Ui, editor: &mut Editor, list: &str, entries: &mut Vec<PhotoEntry>) {
    let sources = [
        (PhotoSource::Token, "upload token"),
        (PhotoSource::Album, "in an album"),
        (PhotoSource::Existing, "existing"),
    ];
    editor.problem(ui, list);
    editor.list(
        ui,
        "photo",
        entries,
        PhotoEntry::new,
        |editor, ui, index, photo| {
            let help = "Where the picture is";
            editor.choice(ui, "source", help, &sources, &mut photo.source);
            let name = match photo.source {
                PhotoSource::Token => "id",
                PhotoSource::Album => "photoId",
                PhotoSource::Existing => "existing_photo_id",
            };
            let help = "The token, or the decimal id";
            let field = format!("{list}[{index}].{name}");
            editor.text(ui, &field, "id", help, &mut photo.id);
            if photo.source == PhotoSource::Existing {
                editor.flag(ui, "group", "Whether it is a group's", &mut photo.group);
            }
        },
    );
}

fn music(ui: &mut Ui, editor: &mut Editor, list: &str, entries: &mut Vec<TrackEntry>) {
    editor.problem(ui, list);
    editor.list(
        ui,
        "track",
        entries,
        TrackEntry::new,
        |editor, ui, index, track| {
            let field = |name: &str| format!("{list}[{index}].{name}");
            let optional = "Left out when empty";
            editor.text(ui, &field("id"), "id", "Its id on OK", &mut track.id);
            editor.text(ui, &field("title"), "title", optional, &mut track.title);
            let artist = &mut track.artist;
            editor.text(ui, &field("artistName"), "artist", optional, artist);
            let album = &mut track.album;
            editor.text(ui, &field("albumName"), "album", optional, album);
        },
    );
}

fn answers(ui: &mut Ui, editor: &mut Editor, list: &str, entries: &mut Vec<String>) {
    editor.problem(ui, list);
    editor.list(
        ui,
        "answer",
        entries,
        || "Maybe".to_owned(),
        |editor, ui, index, answer| {
            let help = "At least two answers are needed";
            let field = format!("{list}[{index}].text");
            editor.text(ui, &field, "text", help, answer);
        },
    );
}

fn images(ui: &mut Ui, editor: &mut Editor, list: &str, entries: &mut Vec<ImageEntry>) {
    editor.list(
        ui,
        "image",
        entries,
        ImageEntry::new,
        |editor, ui, index, image| {
            let field = |name: &str| format!("{list}[{index}].{name}");
            let help = "An http or https URL";
            editor.text(ui, &field("url"), "url", help, &mut image.url);
            let help = "Left out when empty";
            editor.text(ui, &field("title"), "title", help, &mut image.title);
            editor.text(ui, &field("mark"), "mark", MARK, &mut image.mark);
        },
    );
}

fn actions(ui: &mut Ui, editor: &mut Editor, list: &str, entries: &mut Vec<ActionEntry>) {
    editor.list(
        ui,
        "action",
        entries,
        ActionEntry::new,
        |editor, ui, index, action| {
            let field = |name: &str| format!("{list}[{index}].{name}");
            let help = "The text on the button";
            editor.text(ui, &field("text"), "text", help, &mut action.text);
            editor.text(ui, &field("mark"), "mark", MARK, &mut action.mark);
        },
    );
}
