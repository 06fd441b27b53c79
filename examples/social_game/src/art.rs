//! Pictures and fonts. They are part of the program, so that it can be started from any folder and
//! draws its first frame complete. `assets/README.md` says where they come from.

use bevy::asset::RenderAssetUsages;
use bevy::image::{CompressedImageFormats, ImageSampler, ImageType};
use bevy::prelude::*;

use crate::people::FACES;

#[derive(Resource)]
pub struct Art {
    pub sky: Handle<Image>,
    pub meadow: Handle<Image>,
    pub block: Handle<Image>,
    pub window: Handle<Image>,
    pub flag: Handle<Image>,
    pub spinner: Handle<Image>,
    pub faces: Handle<Image>,
    pub face_grid: Handle<TextureAtlasLayout>,
    pub font: Handle<Font>,
}

pub fn plugin(app: &mut App) {
    app.add_systems(PreStartup, load);
}

macro_rules! asset {
    ($name:literal) => {
        include_bytes!(concat!("../assets/", $name))
    };
}

fn load(
    mut commands: Commands,
    mut images: ResMut<Assets<Image>>,
    mut grids: ResMut<Assets<TextureAtlasLayout>>,
    mut fonts: ResMut<Assets<Font>>,
) -> Result {
    let mut image = |png: &[u8]| -> Result<Handle<Image>> {
        let image = Image::from_buffer(
            png,
            ImageType::Extension("png"),
            CompressedImageFormats::NONE,
            true,
            ImageSampler::linear(),
            RenderAssetUsages::RENDER_WORLD,
        )?;
        Ok(images.add(image))
    };
    commands.insert_resource(Art {
        sky: image(asset!("sky.png"))?,
        meadow: image(asset!("meadow.png"))?,
        block: image(asset!("block.png"))?,
        window: image(asset!("window.png"))?,
        flag: image(asset!("flag.png"))?,
        spinner: image(asset!("spinner.png"))?,
        faces: image(asset!("faces.png"))?,
        face_grid: grids.add(TextureAtlasLayout::from_grid(
            UVec2::splat(96),
            FACES as u32,
            1,
            None,
            None,
        )),
        font: fonts.add(Font::from_bytes(asset!("Comfortaa-Bold.ttf").to_vec())),
    });
    Ok(())
}

impl Art {
    pub fn text(&self, size: f32) -> TextFont {
        TextFont::from(&self.font)
            .with_font_size(size)
            .with_font_weight(FontWeight::BOLD)
    }
}
