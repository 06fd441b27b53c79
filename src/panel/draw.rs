//! The forms on screen.

use bevy_egui::egui::Ui;
use odnoklassniki::AttachmentEncoding;

use super::blocks::{ActionEntry, Block, ImageEntry, PhotoEntry, PhotoSource, TrackEntry};
use super::field::{Marks, note};
use super::form::{Form, Invite, Own, Post, Shared};

/// Draws a form; says whether anything in it was changed.
pub(super) fn form(ui: &mut Ui, form: &mut Form) -> bool {
    let mut marks = Marks::new(form.problem.clone());
    match &mut form.own {
        Own::Post(fields) => post(ui, &mut marks, fields),
        Own::Invite(fields) | Own::Suggest(fields) => invite(ui, &mut marks, fields),
    }
    section(ui, "Every request");
    shared(ui, &mut marks, &mut form.shared);
    marks.changed
}

fn section(ui: &mut Ui, title: &str) {
    ui.add_space(8.0);
    ui.strong(title);
}

fn invite(ui: &mut Ui, marks: &mut Marks, form: &mut Invite) {
    let help = "st.comment: stands in the message field at first";
    marks.lines(
        ui,
        format_args!("st.comment"),
        "comment",
        help,
        &mut form.comment,
    );
    let help = "st.custom_args: given to the game that a friend starts";
    marks.text(
        ui,
        format_args!("st.custom_args"),
        "custom_args",
        help,
        &mut form.custom_args,
    );
    let help = "st.target: ids selected at first, with commas between";
    marks.text(
        ui,
        format_args!("st.target"),
        "target",
        help,
        &mut form.target,
    );
    let help = "st.target_only: show only these friends";
    marks.switch(
        ui,
        format_args!("st.target_only"),
        "target_only",
        help,
        &mut form.target_only,
    );
    let help = "st.autosel: how many friends OK selects by itself";
    marks.text(
        ui,
        format_args!("st.autosel"),
        "autosel",
        help,
        &mut form.autosel,
    );
}

fn shared(ui: &mut Ui, marks: &mut Marks, form: &mut Shared) {
    marks.switch(
        ui,
        format_args!("st.popup"),
        "popup",
        "st.popup: centre and fit the window",
        &mut form.popup,
    );
    marks.switch(
        ui,
        format_args!("st.nohead"),
        "nohead",
        "st.nohead: hide OK's page header",
        &mut form.nohead,
    );
    let help = "st.silent: close the window when done; ignored, because there is a return address";
    marks.switch(
        ui,
        format_args!("st.silent"),
        "silent",
        help,
        &mut form.silent,
    );
    marks.flag(
        ui,
        "nocancel",
        "st.nocancel: hide the page's cancel button (undocumented)",
        &mut form.nocancel,
    );
    let help = "st.state: printable ASCII that comes back with the answer";
    marks.text(ui, format_args!("st.state"), "state", help, &mut form.state);
    let help = "seconds, 5 to 3600; if empty, the usual one";
    marks.text(
        ui,
        format_args!("deadline"),
        "deadline",
        help,
        &mut form.deadline,
    );
    list(
        ui,
        marks,
        "extra",
        &mut form.extras,
        Default::default,
        |ui, marks, entry, (name, value)| {
            let help = "Of a parameter without a setter: st.theme";
            marks.text(ui, format_args!("extra {}", entry + 1), "name", help, name);
            marks.text(ui, format_args!(""), "value", "Not signed", value);
        },
    );
    note(
        ui,
        "return_url and redirect_uri are set by the plugin, to hear the answer.",
    );
}

fn post(ui: &mut Ui, marks: &mut Marks, form: &mut Post) {
    let help = "st.groupId: left empty, it is the player's own feed";
    marks.text(
        ui,
        format_args!("st.groupId"),
        "group_id",
        help,
        &mut form.group_id,
    );
    let help = "st.utext: let the player add a comment";
    marks.switch(
        ui,
        format_args!("st.utext"),
        "user_text",
        help,
        &mut form.user_text,
    );

    section(ui, "Attachment");
    let encodings = [
        (AttachmentEncoding::Base64, "base64"),
        (AttachmentEncoding::Plain, "plain"),
    ];
    marks.choice(
        ui,
        "encoding",
        "How the attachment is written into the address",
        &encodings,
        &mut form.encoding,
    );
    let mut is_raw = form.raw.is_some();
    marks.choice(
        ui,
        "content",
        "",
        &[(false, "blocks"), (true, "JSON of your own")],
        &mut is_raw,
    );
    if is_raw != form.raw.is_some() {
        let json = form
            .attachment()
            .map(|attachment| attachment.to_json())
            .unwrap_or_default();
        form.raw = is_raw.then_some(json);
    }
    if let Some(json) = &mut form.raw {
        marks.lines(
            ui,
            format_args!("st.attachment"),
            "JSON",
            "Sent byte for byte",
            json,
        );
        return;
    }
    marks.complain(ui, format_args!("st.attachment.media"));
    blocks(ui, marks, &mut form.blocks);
    ui.horizontal_wrapped(|ui| {
        ui.label("Add a block:");
        for new in Block::NEW {
            let block = new();
            if marks.button(ui, block.name(), "Add it as the last block") {
                form.blocks.push(block);
            }
        }
    });

    section(ui, "Attachment of a post to a group");
    let at = "st.attachment.publishAt";
    let help = "Publish later: YYYY-MM-DD hh:mm:ss in Moscow";
    marks.text(
        ui,
        format_args!("{at}"),
        "publish_at",
        help,
        &mut form.publish_at,
    );
    let help = "Publish later: milliseconds since 1970, UTC";
    marks.text(
        ui,
        format_args!("{at}Ms"),
        "publish_at_ms",
        help,
        &mut form.publish_at_ms,
    );
    let field = format_args!("st.attachment.onBehalfOfGroup");
    marks.switch(
        ui,
        field,
        "as the group",
        "onBehalfOfGroup: post as the group",
        &mut form.on_behalf_of_group,
    );
    let field = format_args!("st.attachment.disableComments");
    marks.switch(
        ui,
        field,
        "no comments",
        "disableComments: forbid comments",
        &mut form.disable_comments,
    );
    let help = "place_id: the place of the post, in any feed";
    marks.text(
        ui,
        format_args!("st.attachment.place_id"),
        "place_id",
        help,
        &mut form.place_id,
    );
}

fn blocks(ui: &mut Ui, marks: &mut Marks, blocks: &mut Vec<Block>) {
    let (mut up, mut removed) = (None, None);
    for (index, entry) in blocks.iter_mut().enumerate() {
        ui.push_id(index, |ui| {
            ui.group(|ui| {
                ui.set_width(ui.available_width());
                ui.horizontal(|ui| {
                    ui.strong(format!("Block {}: {}", index + 1, entry.name()));
                    if marks.button(ui, "remove", "Remove this block") {
                        removed = Some(index);
                    }
                    if index > 0 && marks.button(ui, "up", "Move this block before the one above") {
                        up = Some(index);
                    }
                });
                block(ui, marks, index, entry);
            });
        });
    }
    if let Some(index) = up {
        blocks.swap(index, index - 1);
    }
    if let Some(index) = removed {
        blocks.remove(index);
    }
}

fn block(ui: &mut Ui, marks: &mut Marks, index: usize, block: &mut Block) {
    // The place of a value, as errors name it.
    macro_rules! at {
        ($($rest:tt)*) => {
            format_args!("st.attachment.media[{index}].{}", format_args!($($rest)*))
        };
    }
    match block {
        Block::Text(text) => marks.lines(ui, at!("text"), "text", "Must not be blank", text),
        Block::Link(url) => marks.text(ui, at!("url"), "url", "An http or https address", url),
        Block::Photos(photos) => {
            marks.complain(ui, at!("list"));
            list(
                ui,
                marks,
                "photo",
                photos,
                PhotoEntry::new,
                |ui, marks, entry, photo| {
                    let sources = [
                        (PhotoSource::Token, "upload token"),
                        (PhotoSource::Album, "in an album"),
                        (PhotoSource::Existing, "existing"),
                    ];
                    marks.choice(
                        ui,
                        "source",
                        "Where the picture is",
                        &sources,
                        &mut photo.source,
                    );
                    let name = match photo.source {
                        PhotoSource::Token => "id",
                        PhotoSource::Album => "photoId",
                        PhotoSource::Existing => "existing_photo_id",
                    };
                    marks.text(
                        ui,
                        at!("list[{entry}].{name}"),
                        "id",
                        "The token, or the decimal id",
                        &mut photo.id,
                    );
                    if photo.source == PhotoSource::Existing {
                        marks.flag(ui, "group", "Whether it is a group's", &mut photo.group);
                    }
                },
            );
        }
        Block::Movies(ids) => marks.text(
            ui,
            at!("list[]"),
            "ids",
            "Decimal ids, separated by commas",
            ids,
        ),
        Block::MovieReshare(id) => marks.text(
            ui,
            at!("movieId"),
            "id",
            "The decimal id of a video on OK",
            id,
        ),
        Block::Music(tracks) => {
            marks.complain(ui, at!("list"));
            list(
                ui,
                marks,
                "track",
                tracks,
                TrackEntry::new,
                |ui, marks, entry, track| {
                    marks.text(
                        ui,
                        at!("list[{entry}].id"),
                        "id",
                        "Its id on OK",
                        &mut track.id,
                    );
                    marks.text(
                        ui,
                        at!("list[{entry}].title"),
                        "title",
                        "Left out when empty",
                        &mut track.title,
                    );
                    marks.text(
                        ui,
                        at!("list[{entry}].artistName"),
                        "artist",
                        "Left out when empty",
                        &mut track.artist,
                    );
                    marks.text(
                        ui,
                        at!("list[{entry}].albumName"),
                        "album",
                        "Left out when empty",
                        &mut track.album,
                    );
                },
            );
        }
        Block::Poll {
            question,
            answers,
            single_choice,
            anonymous,
        } => {
            marks.text(
                ui,
                at!("question"),
                "question",
                "Must not be blank",
                question,
            );
            marks.complain(ui, at!("answers"));
            list(
                ui,
                marks,
                "answer",
                answers,
                || "Maybe".into(),
                |ui, marks, entry, answer| {
                    marks.text(
                        ui,
                        at!("answers[{entry}].text"),
                        "text",
                        "At least two answers are needed",
                        answer,
                    );
                },
            );
            marks.flag(
                ui,
                "single_choice",
                "One answer for each voter",
                single_choice,
            );
            marks.flag(ui, "anonymous", "Hide who voted", anonymous);
        }
        Block::App {
            text,
            images,
            actions,
        } => {
            marks.lines(ui, at!("text"), "text", "May be empty", text);
            list(
                ui,
                marks,
                "image",
                images,
                ImageEntry::new,
                |ui, marks, entry, image| {
                    marks.text(
                        ui,
                        at!("images[{entry}].url"),
                        "url",
                        "An http or https address",
                        &mut image.url,
                    );
                    marks.text(
                        ui,
                        at!("images[{entry}].title"),
                        "title",
                        "Left out when empty",
                        &mut image.title,
                    );
                    marks.text(
                        ui,
                        at!("images[{entry}].mark"),
                        "mark",
                        MARK,
                        &mut image.mark,
                    );
                },
            );
            list(
                ui,
                marks,
                "action",
                actions,
                ActionEntry::new,
                |ui, marks, entry, action| {
                    marks.text(
                        ui,
                        at!("actions[{entry}].text"),
                        "text",
                        "What stands on the button",
                        &mut action.text,
                    );
                    marks.text(
                        ui,
                        at!("actions[{entry}].mark"),
                        "mark",
                        MARK,
                        &mut action.mark,
                    );
                },
            );
        }
        Block::Topic { id, group } => {
            marks.text(ui, at!("topicId"), "id", "The decimal id of a topic", id);
            marks.flag(ui, "group", "Whether it is a group's", group);
        }
        Block::Product {
            price,
            currency,
            lifetime,
            partner_link,
        } => {
            note(ui, "Only with a group_id.");
            marks.text(ui, at!("price"), "price", "A whole number", price);
            marks.text(
                ui,
                at!("currency"),
                "currency",
                "Three letters, such as RUB; left out when empty",
                currency,
            );
            marks.text(
                ui,
                at!("lifetime"),
                "lifetime",
                "Days; left out when empty",
                lifetime,
            );
            let help = "Address of the shop; left out when empty";
            marks.text(ui, at!("partner_link"), "partner_link", help, partner_link);
        }
    }
}

const MARK: &str = "mark: the custom_args of a game that it starts";

/// Entries that can be added and removed.
fn list<T>(
    ui: &mut Ui,
    marks: &mut Marks,
    what: &str,
    entries: &mut Vec<T>,
    new: impl FnOnce() -> T,
    mut draw: impl FnMut(&mut Ui, &mut Marks, usize, &mut T),
) {
    let mut removed = None;
    for (index, entry) in entries.iter_mut().enumerate() {
        ui.push_id((what, index), |ui| {
            ui.horizontal(|ui| {
                ui.label(format!("{what} {}", index + 1));
                if marks.button(ui, "remove", "Remove it") {
                    removed = Some(index);
                }
            });
            draw(ui, marks, index, entry);
        });
    }
    if let Some(index) = removed {
        entries.remove(index);
    }
    if marks.button(ui, &format!("Add {what}"), "One more") {
        entries.push(new());
    }
}
