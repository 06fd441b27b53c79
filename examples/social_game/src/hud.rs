//! The side panel: the score, the social buttons, what the game has to say, and the pages that wait
//! for the player.

use bevy::picking::hover::PickingInteraction;
use bevy::prelude::*;
use bevy_odnoklassniki::PendingRequest;
use bevy_odnoklassniki::prelude::*;

use crate::art::Art;
use crate::castle::{Castle, Remark, SetBlock};
use crate::social::{Club, Friends, Pressed};
use crate::words::{Feedback, Language};

pub const PANEL_WIDTH: f32 = 320.0;

const CREAM: Color = Color::srgb_u8(0xFF, 0xF8, 0xEC);
const CARD: Color = Color::srgb_u8(0xFF, 0xFF, 0xFF);
const INK: Color = Color::srgb_u8(0x3E, 0x2E, 0x22);
const FAINT: Color = Color::srgb_u8(0x80, 0x6E, 0x5D);
const ORANGE: Color = Color::srgb_u8(0xEE, 0x82, 0x08);
const GREEN: Color = Color::srgb_u8(0x4E, 0x9A, 0x51);
const BLUE: Color = Color::srgb_u8(0x3B, 0x7F, 0xB5);
const PALE: Color = Color::srgb_u8(0xF6, 0xE7, 0xD3);

pub fn plugin(app: &mut App) {
    app.add_systems(Startup, set_up).add_systems(
        PostUpdate,
        (
            show_pending,
            show_posts.run_if(resource_changed::<Friends>),
            write_words,
            turn_spinner.run_if(request_pending),
            color_buttons,
        )
            .chain()
            .after(OkSystems::Send)
            .before(bevy::ui::UiSystems::Prepare),
    );
}

/// What a button does.
#[derive(Component, Clone, Copy)]
pub enum Button {
    Social(Pressed),
    Language,
}

/// Its color while the player does not touch it.
#[derive(Component)]
struct ButtonColor(Color);

/// A text that depends on the language and on what happens.
#[derive(Component, Clone, Copy)]
enum Words {
    Title,
    Score,
    Feedback,
    Label(Button),
    Keys,
    Pending(Option<Pressed>),
    Published,
}

#[derive(Component)]
struct PendingList;

#[derive(Component)]
struct PostList;

#[derive(Component)]
struct Spinner;

fn set_up(mut commands: Commands, art: Res<Art>, club: Res<Club>) {
    // The field: a click on it is a click for the castle.
    commands
        .spawn((
            Name::new("field"),
            Node {
                position_type: PositionType::Absolute,
                left: px(0),
                right: px(PANEL_WIDTH),
                height: percent(100),
                ..default()
            },
        ))
        .observe(
            |press: On<Pointer<Press>>, mut set: MessageWriter<SetBlock>| {
                if press.button == PointerButton::Primary {
                    set.write(SetBlock);
                }
            },
        );
    let panel = Node {
        position_type: PositionType::Absolute,
        right: px(0),
        width: px(PANEL_WIDTH),
        height: percent(100),
        flex_direction: FlexDirection::Column,
        padding: UiRect::all(px(18)),
        row_gap: px(10),
        overflow: Overflow::clip(),
        ..default()
    };
    commands
        .spawn((Name::new("panel"), panel, BackgroundColor(CREAM)))
        .with_children(|panel| {
            panel.spawn((Words::Title, text(art.text(25.0), INK)));
            panel.spawn((Words::Score, text(art.text(16.0), FAINT)));
            spawn_buttons(
                panel,
                &art,
                [Pressed::Invite].map(Button::Social),
                ORANGE,
                17.0,
            );
            spawn_buttons(
                panel,
                &art,
                [Pressed::Suggest].map(Button::Social),
                GREEN,
                17.0,
            );
            let posts: &[_] = if club.0.is_some() {
                &[Pressed::Post, Pressed::PostToGroup]
            } else {
                &[Pressed::Post]
            };
            spawn_buttons(
                panel,
                &art,
                posts.iter().copied().map(Button::Social),
                BLUE,
                15.0,
            );
            let bubble = Node {
                padding: UiRect::all(px(12)),
                border_radius: BorderRadius::all(px(12)),
                min_height: px(60),
                align_items: AlignItems::Center,
                ..default()
            };
            panel.spawn((
                Name::new("message"),
                bubble,
                BackgroundColor(PALE),
                children![(Words::Feedback, text(art.text(15.0), INK))],
            ));
            let lists = Node {
                flex_grow: 1.0,
                min_height: px(0),
                overflow: Overflow::clip(),
                ..column(8.0)
            };
            panel.spawn((
                Name::new("lists"),
                lists,
                children![
                    (Name::new("pending"), PendingList, column(6.0)),
                    (Name::new("posts"), PostList, column(8.0))
                ],
            ));
            let foot = Node {
                justify_content: JustifyContent::SpaceBetween,
                align_items: AlignItems::Center,
                ..default()
            };
            panel.spawn(foot).with_children(|foot| {
                foot.spawn((Words::Keys, text(art.text(12.0), FAINT)));
                spawn_buttons(foot, &art, [Button::Language], PALE, 13.0);
            });
        });
}

fn column(gap: f32) -> Node {
    Node {
        flex_direction: FlexDirection::Column,
        row_gap: px(gap),
        ..default()
    }
}

fn row(gap: f32) -> Node {
    Node {
        column_gap: px(gap),
        align_items: AlignItems::Center,
        ..default()
    }
}

fn text(font: TextFont, color: Color) -> impl Bundle {
    (Text::default(), font, TextColor(color))
}

/// Buttons side by side, equally wide.
fn spawn_buttons(
    parent: &mut ChildSpawnerCommands,
    art: &Art,
    buttons: impl IntoIterator<Item = Button>,
    color: Color,
    size: f32,
) {
    let ink = if color == PALE { INK } else { Color::WHITE };
    let node = Node {
        flex_grow: 1.0,
        min_height: px(size * 1.6 + 10.0),
        padding: UiRect::axes(px(8), px(3)),
        justify_content: JustifyContent::Center,
        align_items: AlignItems::Center,
        border_radius: BorderRadius::all(px(10)),
        ..default()
    };
    parent
        .spawn(Node {
            align_items: AlignItems::Stretch,
            ..row(8.0)
        })
        .with_children(|row| {
            for button in buttons {
                let label = (
                    Words::Label(button),
                    text(art.text(size), ink),
                    Pickable::IGNORE,
                );
                row.spawn((
                    button,
                    ButtonColor(color),
                    PickingInteraction::default(),
                    node.clone(),
                    BackgroundColor(color),
                ))
                .with_child(label)
                .observe(press);
            }
        });
}

fn press(
    mut click: On<Pointer<Click>>,
    buttons: Query<&Button>,
    mut pressed: MessageWriter<Pressed>,
    mut language: ResMut<Language>,
) {
    if click.button != PointerButton::Primary {
        return;
    }
    click.propagate(false);
    match buttons.get(click.entity) {
        Ok(Button::Social(press)) => _ = pressed.write(*press),
        Ok(Button::Language) => *language = language.other(),
        Err(_) => {}
    }
}

fn color_buttons(
    mut buttons: Query<
        (&ButtonColor, &PickingInteraction, &mut BackgroundColor),
        Changed<PickingInteraction>,
    >,
) {
    for (color, interaction, mut background) in &mut buttons {
        let darker = match interaction {
            PickingInteraction::None => 0.0,
            PickingInteraction::Hovered => 0.12,
            PickingInteraction::Pressed => 0.25,
        };
        background.0 = color.0.mix(&Color::BLACK, darker);
    }
}

/// One card for each page that waits: what it is, and open again, copy link, cancel.
fn show_pending(
    mut commands: Commands,
    (requests, friends): (Res<PendingRequests>, Res<Friends>),
    art: Res<Art>,
    list: Single<Entity, With<PendingList>>,
    mut shown: Local<Vec<(RequestId, bool, bool)>>,
) {
    // A page that cannot be opened before the player has logged in can only be called off. One in a
    // window of the game's own has no link.
    let card = |request: &PendingRequest| {
        let has_page = !request.is_waiting_for_login();
        let has_link = has_page && request.link().is_some();
        (request.id(), has_page, has_link)
    };
    let cards = || requests.iter().map(card);
    if cards().eq(shown.iter().copied()) {
        return;
    }
    *shown = cards().collect();
    commands
        .entity(*list)
        .despawn_children()
        .with_children(|list| {
            for request in requests.iter() {
                let (id, has_page, has_link) = card(request);
                let look = Node {
                    padding: UiRect::all(px(7)),
                    border_radius: BorderRadius::all(px(12)),
                    ..column(4.0)
                };
                list.spawn((look, BackgroundColor(CARD)))
                    .with_children(|card| {
                        let spinner = Node {
                            width: px(22),
                            height: px(22),
                            ..default()
                        };
                        card.spawn((
                            row(8.0),
                            children![
                                (Spinner, ImageNode::new(art.spinner.clone()), spinner),
                                (
                                    Words::Pending(friends.asked_by(request)),
                                    text(art.text(13.0), INK)
                                ),
                            ],
                        ));
                        let buttons = [
                            has_page.then_some(Pressed::OpenAgain(id)),
                            has_link.then_some(Pressed::CopyLink(id)),
                            Some(Pressed::Cancel(id)),
                        ];
                        let buttons = buttons.into_iter().flatten().map(Button::Social);
                        spawn_buttons(card, &art, buttons, PALE, 12.0);
                    });
            }
        });
}

/// The last two posts, as notes.
fn show_posts(
    mut commands: Commands,
    friends: Res<Friends>,
    art: Res<Art>,
    list: Single<Entity, With<PostList>>,
) {
    commands
        .entity(*list)
        .despawn_children()
        .with_children(|list| {
            for post in friends.posts.iter().rev().take(2) {
                let note = Node {
                    padding: UiRect::all(px(10)),
                    border: UiRect::left(px(4)),
                    border_radius: BorderRadius::all(px(6)),
                    ..column(2.0)
                };
                list.spawn((
                    note,
                    BackgroundColor(CARD),
                    BorderColor::all(ORANGE),
                    children![
                        (Words::Published, text(art.text(12.0), FAINT)),
                        (Text::new(post), art.text(14.0), TextColor(INK)),
                    ],
                ));
            }
        });
}

fn turn_spinner(time: Res<Time>, mut spinners: Query<&mut UiTransform, With<Spinner>>) {
    for mut spinner in &mut spinners {
        spinner.rotation = Rot2::radians(time.elapsed_secs() * 4.0);
    }
}

fn write_words(
    mut texts: Query<(Ref<Words>, &mut Text)>,
    (language, feedback, castle): (Res<Language>, Res<Feedback>, Res<Castle>),
) {
    let changed = language.is_changed() || feedback.is_changed() || castle.is_changed();
    for (words, mut text) in &mut texts {
        if changed || words.is_added() {
            text.0 = words.text(*language, &feedback, &castle);
        }
    }
}

impl Words {
    fn text(self, language: Language, feedback: &Feedback, castle: &Castle) -> String {
        let (english, russian) = match self {
            Self::Title => ("Castle with friends", "Замок с друзьями"),
            Self::Score => {
                let height = language.blocks(castle.height());
                let remark = match castle.remark {
                    None => "",
                    Some(Remark::Perfect) => language.say(" · perfect!", " · идеально!"),
                    Some(Remark::Trimmed) => language.say(" · it holds", " · держится"),
                    Some(Remark::Finished) => language.say(" · finished", " · готово"),
                };
                return format!(
                    "{height} · {} {}{remark}",
                    language.say("best", "рекорд"),
                    castle.best
                );
            }
            Self::Feedback => return feedback.0.text(language),
            Self::Keys => (
                "Space: set a block\nF12: developer's panel",
                "Пробел: поставить блок\nF12: панель разработчика",
            ),
            Self::Published => (
                "Published on Odnoklassniki",
                "Опубликовано в Одноклассниках",
            ),
            Self::Pending(None) => ("Waiting: your login", "Ждём: вход"),
            Self::Pending(Some(Pressed::Invite)) => {
                ("Waiting: your invitation", "Ждём: приглашение")
            }
            Self::Pending(Some(Pressed::Suggest)) => {
                ("Waiting: your recommendation", "Ждём: рекомендация")
            }
            Self::Pending(Some(Pressed::PostToGroup)) => (
                "Waiting: your post to the group",
                "Ждём: публикация в группу",
            ),
            Self::Pending(_) => ("Waiting: your post to the feed", "Ждём: публикация в ленту"),
            Self::Label(Button::Language) => ("Русский", "English"),
            Self::Label(Button::Social(press)) => match press {
                Pressed::Invite => ("Invite friends", "Позвать друзей"),
                Pressed::Suggest => ("Recommend the game", "Посоветовать игру"),
                Pressed::Post => ("To my feed", "В ленту"),
                Pressed::PostToGroup => ("To the group", "В группу"),
                Pressed::OpenAgain(_) => ("Open again", "Открыть"),
                Pressed::CopyLink(_) => ("Copy link", "Ссылка"),
                Pressed::Cancel(_) => ("Cancel", "Отмена"),
            },
        };
        language.say(english, russian).to_owned()
    }
}
