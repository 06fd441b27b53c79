//! Draws the form of a post.

use bevy_egui::egui::Ui;
use bevy_odnoklassniki::protocol::AttachmentEncoding;

use super::block;
use super::editor::Editor;
use crate::block::Block;
use crate::form::PostFields;

pub(super) fn show(ui: &mut Ui, editor: &mut Editor, post: &mut PostFields) {
    editor.text(
        ui,
        "st.groupId",
        "group_id",
        "st.groupId: left empty, it is the player's own feed",
        &mut post.group_id,
    );
    editor.switch(
        ui,
        "st.utext",
        "user_text",
        "st.utext: let the player add a comment",
        &mut post.user_text,
    );

    ui.add_space(8.0);
    ui.strong("Attachment");
    let encodings = [
        (AttachmentEncoding::Base64, "base64"),
        (AttachmentEncoding::Plain, "plain"),
    ];
    let help = "How the attachment is written into the URL";
    editor.choice(ui, "encoding", help, &encodings, &mut post.encoding);
    let mut is_json = post.json.is_some();
    let contents = [(false, "blocks"), (true, "JSON of your own")];
    editor.choice(ui, "content", "", &contents, &mut is_json);
    if is_json != post.json.is_some() {
        let json = post
            .attachment()
            .map(|attachment| attachment.to_json())
            .unwrap_or_default();
        post.json = is_json.then_some(json);
    }
    if let Some(json) = &mut post.json {
        editor.lines(ui, "st.attachment", "JSON", "Sent byte for byte", json);
        return;
    }
    editor.problem(ui, "st.attachment.media");
    blocks(ui, editor, &mut post.blocks);
    group_settings(ui, editor, post);
}

fn group_settings(ui: &mut Ui, editor: &mut Editor, post: &mut PostFields) {
    ui.add_space(8.0);
    ui.strong("Attachment of a post to a group");
    editor.text(
        ui,
        "st.attachment.publishAt",
        "publish_at",
        "Publish later: YYYY-MM-DD hh:mm:ss in Moscow",
        &mut post.publish_at,
    );
    editor.text(
        ui,
        "st.attachment.publishAtMs",
        "publish_at_ms",
        "Publish later: milliseconds since 1970, UTC",
        &mut post.publish_at_ms,
    );
    editor.switch(
        ui,
        "st.attachment.onBehalfOfGroup",
        "as the group",
        "onBehalfOfGroup: post as the group",
        &mut post.on_behalf_of_group,
    );
    editor.switch(
        ui,
        "st.attachment.disableComments",
        "no comments",
        "disableComments: forbid comments",
        &mut post.disable_comments,
    );
    editor.text(
        ui,
        "st.attachment.place_id",
        "place_id",
        "place_id: the place of the post, in any feed",
        &mut post.place_id,
    );
}

/// Draws the blocks, and buttons that move, remove and add one.
fn blocks(ui: &mut Ui, editor: &mut Editor, blocks: &mut Vec<Block>) {
    let (mut up, mut removed) = (None, None);
    for (index, entry) in blocks.iter_mut().enumerate() {
        ui.push_id(index, |ui| {
            ui.group(|ui| {
                ui.set_width(ui.available_width());
                ui.horizontal(|ui| {
                    ui.strong(format!("Block {}: {}", index + 1, entry.name()));
                    if editor.button(ui, "remove", "Removes this block") {
                        removed = Some(index);
                    }
                    if index > 0 && editor.button(ui, "up", "Moves this block before the one above")
                    {
                        up = Some(index);
                    }
                });
                block::show(ui, editor, index, entry);
            });
        });
    }
    if let Some(index) = up {
        blocks.swap(index, index - 1);
    }
    if let Some(index) = removed {
        blocks.remove(index);
    }
    ui.horizontal_wrapped(|ui| {
        ui.label("Add a block:");
        for new in Block::NEW {
            let block = new();
            if editor.button(ui, block.name(), "Adds it as the last block") {
                blocks.push(block);
            }
        }
    });
}
