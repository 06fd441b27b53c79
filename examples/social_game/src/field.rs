//! The meadow with the castle, the block that slides above it, and the friends who came.

use bevy::prelude::*;
use bevy::sprite::Anchor;
use bevy::window::RequestRedraw;
use bevy_odnoklassniki::protocol::UserId;

use crate::art::Art;
use crate::castle::{BLOCK_HEIGHT, Block, Castle, Fell};
use crate::hud::PANEL_WIDTH;
use crate::people::{self, Names};
use crate::social::{Friends, SocialSystems};
use crate::words::Language;

/// How far the ground is above the lower edge of the window.
const GROUND: f32 = 150.0;
/// The castle's top stays this far below the upper edge.
const HEADROOM: f32 = 260.0;
/// The side of a friend's picture.
pub const FACE: f32 = 56.0;
/// Friends that find room on the meadow; the newest are shown.
const ROOM: usize = 8;

pub fn plugin(app: &mut App) {
    app.add_systems(Startup, set_up).add_systems(
        Update,
        (
            build_castle.run_if(resource_changed::<Castle>),
            slide,
            drop_pieces,
            fall,
            welcome.run_if(resource_changed::<Friends>.or_else(resource_changed::<Language>)),
            follow,
        )
            .chain()
            .after(SocialSystems),
    );
}

#[derive(Component)]
struct Sky;

#[derive(Component)]
struct Stone;

#[derive(Component)]
struct Sliding;

/// A friend on the meadow.
#[derive(Component)]
pub struct Guest(pub UserId);

#[derive(Component)]
struct Falling {
    speed: Vec2,
    spin: f32,
}

fn set_up(mut commands: Commands, art: Res<Art>) {
    commands.spawn(Camera2d);
    commands.spawn((
        Sky,
        Sprite::from_image(art.sky.clone()),
        Transform::from_xyz(0.0, 0.0, -10.0),
    ));
    commands.spawn((
        Sprite::from_image(art.meadow.clone()),
        Anchor::TOP_CENTER,
        Transform::from_xyz(0.0, 22.0, -5.0),
    ));
    commands.spawn((Sliding, stone(&art, 0.0), Visibility::Hidden));
}

/// A block of this width; the corners of the picture keep their size.
fn stone(art: &Art, width: f32) -> Sprite {
    let slices = TextureSlicer {
        border: BorderRect::all(8.0),
        center_scale_mode: SliceScaleMode::Stretch,
        sides_scale_mode: SliceScaleMode::Stretch,
        ..default()
    };
    Sprite {
        image: art.block.clone(),
        custom_size: Some(Vec2::new(width, BLOCK_HEIGHT)),
        image_mode: SpriteImageMode::Sliced(slices),
        ..default()
    }
}

fn place(block: Block, floor: usize) -> Vec3 {
    Vec3::new(block.x, (floor as f32 + 0.5) * BLOCK_HEIGHT, 0.0)
}

fn build_castle(
    mut commands: Commands,
    castle: Res<Castle>,
    art: Res<Art>,
    old: Query<Entity, With<Stone>>,
) {
    for stone in &old {
        commands.entity(stone).despawn();
    }
    for (floor, &block) in castle.blocks.iter().enumerate() {
        commands.spawn((
            Stone,
            stone(&art, block.width),
            Transform::from_translation(place(block, floor)),
        ));
        if block.width > 60.0 && floor % 2 == 1 {
            let window = place(block, floor) + Vec3::new(0.0, 0.0, 1.0);
            commands.spawn((
                Stone,
                Sprite::from_image(art.window.clone()),
                Transform::from_translation(window),
            ));
        }
    }
    if let (true, Some(&top)) = (castle.finished, castle.blocks.last()) {
        let foot = place(top, castle.blocks.len()) - Vec3::Y * (BLOCK_HEIGHT / 2.0);
        // The pole, not the middle of the picture, stands on the middle of the block.
        let pole = Anchor(Vec2::new(10.0 / 64.0 - 0.5, -0.5));
        let flag = (
            Sprite::from_image(art.flag.clone()),
            pole,
            Transform::from_translation(foot),
        );
        commands.spawn((Stone, flag));
    }
}

fn slide(
    castle: Res<Castle>,
    time: Res<Time>,
    mut sliding: Single<(&mut Sprite, &mut Transform, &mut Visibility), With<Sliding>>,
) {
    let (sprite, transform, visibility) = &mut *sliding;
    match castle.sliding(time.elapsed_secs()) {
        Some(block) => {
            sprite.custom_size = Some(Vec2::new(block.width, BLOCK_HEIGHT));
            transform.translation = place(block, castle.blocks.len()) + Vec3::Y * 12.0;
            **visibility = Visibility::Inherited;
        }
        None => **visibility = Visibility::Hidden,
    }
}

fn drop_pieces(mut commands: Commands, mut pieces: MessageReader<Fell>, art: Res<Art>) {
    for Fell { piece, floor } in pieces.read() {
        let side = piece.x.signum();
        commands.spawn((
            Falling {
                speed: Vec2::new(side * 60.0, 40.0),
                spin: -side * 2.4,
            },
            stone(&art, piece.width),
            Transform::from_translation(place(*piece, *floor)),
        ));
    }
}

fn fall(
    mut commands: Commands,
    time: Res<Time>,
    mut pieces: Query<(Entity, &mut Falling, &mut Transform)>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    // A game that sleeps between inputs stays awake for it.
    if !pieces.is_empty() {
        redraw.write(RequestRedraw);
    }
    let step = time.delta_secs();
    for (piece, mut falling, mut transform) in &mut pieces {
        falling.speed.y -= 900.0 * step;
        transform.translation += (falling.speed * step).extend(0.0);
        transform.rotate_z(falling.spin * step);
        if transform.translation.y < -GROUND - 200.0 {
            commands.entity(piece).despawn();
        }
    }
}

/// Friends stand to the left and the right of the castle, with their names.
fn welcome(
    mut commands: Commands,
    friends: Res<Friends>,
    language: Res<Language>,
    names: Res<Names>,
    art: Res<Art>,
    old: Query<Entity, With<Guest>>,
) {
    for guest in &old {
        commands.entity(guest).despawn();
    }
    let newest = friends
        .guests
        .iter()
        .skip(friends.guests.len().saturating_sub(ROOM));
    for (number, &guest) in newest.enumerate() {
        let side = if number % 2 == 0 { -1.0 } else { 1.0 };
        let (column, row) = ((number / 2 % 2) as f32, (number / 4) as f32);
        let place = Vec3::new(side * (165.0 + 84.0 * column), -8.0 - 86.0 * row, 2.0 + row);
        let name = people::short_name(guest, &names, *language);
        let atlas = TextureAtlas {
            layout: art.face_grid.clone(),
            index: people::face(guest),
        };
        let face = Sprite {
            custom_size: Some(Vec2::splat(FACE)),
            ..Sprite::from_atlas_image(art.faces.clone(), atlas)
        };
        commands.spawn((
            Guest(guest),
            face,
            Transform::from_translation(place),
            children![(
                Text2d::new(name),
                art.text(14.0),
                TextColor(Color::WHITE),
                Transform::from_xyz(0.0, -38.0, 0.1),
            )],
        ));
    }
}

/// The camera rises with the castle, and the sky goes with the camera.
fn follow(
    castle: Res<Castle>,
    time: Res<Time>,
    window: Single<&Window>,
    mut camera: Single<&mut Transform, (With<Camera2d>, Without<Sky>)>,
    mut redraw: MessageWriter<RequestRedraw>,
    mut sky: Single<(&mut Sprite, &mut Transform), With<Sky>>,
) {
    let size = window.size();
    let top = (castle.blocks.len() + 1) as f32 * BLOCK_HEIGHT;
    let lowest = size.y / 2.0 - GROUND;
    let wanted = lowest.max(top + HEADROOM - size.y / 2.0);
    let place = &mut camera.translation;
    // The first frame stands still; later ones glide.
    place.y = if place.y == 0.0 {
        wanted
    } else {
        place.y.lerp(wanted, 1.0 - (-3.0 * time.delta_secs()).exp())
    };
    place.x = PANEL_WIDTH / 2.0;
    if (place.y - wanted).abs() > 0.5 {
        redraw.write(RequestRedraw);
    }
    let (sprite, transform) = &mut *sky;
    sprite.custom_size = Some(size);
    transform.translation = place.with_z(transform.translation.z);
}
