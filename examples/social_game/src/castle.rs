//! The rules: a block slides to and fro above the castle; set down, it keeps what lies on the block
//! below.

use bevy::prelude::*;
use bevy_egui::input::egui_wants_any_keyboard_input;

use crate::words::{Feedback, Said};

pub const BLOCK_HEIGHT: f32 = 40.0;
const FIRST_WIDTH: f32 = 190.0;
/// How far the middle of the sliding block goes to either side.
const SWING: f32 = 210.0;
/// An offset that counts as none.
const FORGIVEN: f32 = 7.0;
/// Less than this cannot be stood on.
const NARROWEST: f32 = 14.0;

pub fn plugin(app: &mut App) {
    app.init_resource::<Castle>()
        .add_message::<SetBlock>()
        .add_message::<Fell>()
        .add_systems(
            Update,
            (
                press_space.run_if(not(egui_wants_any_keyboard_input)),
                set_block,
            )
                .chain()
                .in_set(CastleSystems),
        );
}

/// In `Update`: the rules.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub struct CastleSystems;

/// The player sets the sliding block down, or begins anew when the castle is finished.
#[derive(Message, Clone, Copy)]
pub struct SetBlock;

/// A piece of a block fell off.
#[derive(Message, Clone, Copy)]
pub struct Fell {
    pub piece: Block,
    pub floor: usize,
}

/// A block, or a piece of one, by its middle and its width in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    pub x: f32,
    pub width: f32,
}

impl Block {
    fn left(self) -> f32 {
        self.x - self.width / 2.0
    }

    fn right(self) -> f32 {
        self.x + self.width / 2.0
    }

    fn between(left: f32, right: f32) -> Self {
        Self {
            x: f32::midpoint(left, right),
            width: right - left,
        }
    }
}

/// How a block was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// It kept its whole width.
    Perfect,
    /// A part of it fell down.
    Trimmed,
    /// It missed: the castle is finished.
    Finished,
}

/// The castle, from the ground up.
#[derive(Resource, Debug)]
pub struct Castle {
    pub blocks: Vec<Block>,
    pub finished: bool,
    pub best: usize,
    /// How well the last block was set.
    pub remark: Option<Remark>,
    /// When the block that slides now began to.
    since: f32,
}

impl Default for Castle {
    fn default() -> Self {
        Self {
            blocks: vec![Block {
                x: 0.0,
                width: FIRST_WIDTH,
            }],
            finished: false,
            best: 0,
            remark: None,
            since: 0.0,
        }
    }
}

impl Castle {
    /// The player's score: blocks that they set themselves.
    pub fn height(&self) -> usize {
        self.blocks.len() - 1
    }

    fn top(&self) -> Block {
        self.blocks[self.blocks.len() - 1]
    }

    /// Where the block is that slides now.
    pub fn sliding(&self, now: f32) -> Option<Block> {
        if self.finished {
            return None;
        }
        let speed = (190.0 + 14.0 * self.height() as f32).min(430.0);
        // A triangle wave that begins at one side, the other one on each floor.
        let way = ((now - self.since) * speed / (2.0 * SWING)).rem_euclid(2.0);
        let x = if way < 1.0 { way } else { 2.0 - way } * 2.0 * SWING - SWING;
        Some(Block {
            x: if self.height().is_multiple_of(2) {
                x
            } else {
                -x
            },
            width: self.top().width,
        })
    }

    /// Sets a block down. Gives how well that went, and the piece that fell.
    fn set(&mut self, block: Block, now: f32) -> (Remark, Option<Block>) {
        let below = self.top();
        self.since = now;
        if (block.x - below.x).abs() <= FORGIVEN {
            self.blocks.push(Block {
                x: below.x,
                ..block
            });
            self.best = self.best.max(self.height());
            return (Remark::Perfect, None);
        }
        let kept = Block::between(
            block.left().max(below.left()),
            block.right().min(below.right()),
        );
        if kept.width < NARROWEST {
            self.finished = true;
            return (Remark::Finished, Some(block));
        }
        let fallen = if block.x > below.x {
            Block::between(kept.right(), block.right())
        } else {
            Block::between(block.left(), kept.left())
        };
        self.blocks.push(kept);
        self.best = self.best.max(self.height());
        (Remark::Trimmed, Some(fallen))
    }
}

fn press_space(keys: Res<ButtonInput<KeyCode>>, mut set: MessageWriter<SetBlock>) {
    if keys.just_pressed(KeyCode::Space) {
        set.write(SetBlock);
    }
}

fn set_block(
    mut presses: MessageReader<SetBlock>,
    time: Res<Time>,
    mut castle: ResMut<Castle>,
    mut feedback: ResMut<Feedback>,
    mut fell: MessageWriter<Fell>,
) {
    for _ in presses.read() {
        let now = time.elapsed_secs();
        let Some(block) = castle.sliding(now) else {
            *castle = Castle {
                best: castle.best,
                since: now,
                ..default()
            };
            feedback.0 = Said::Welcome;
            continue;
        };
        let floor = castle.blocks.len();
        let (remark, piece) = castle.set(block, now);
        castle.remark = Some(remark);
        if remark == Remark::Finished {
            feedback.0 = Said::Finished(castle.height());
        }
        if let Some(piece) = piece {
            fell.write(Fell { piece, floor });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_on_the_block_below_stays() {
        let mut castle = Castle::default();
        let (remark, fallen) = castle.set(
            Block {
                x: 40.0,
                width: 190.0,
            },
            1.0,
        );
        assert_eq!(
            (remark, fallen),
            (
                Remark::Trimmed,
                Some(Block {
                    x: 115.0,
                    width: 40.0
                })
            )
        );
        assert_eq!(
            castle.top(),
            Block {
                x: 20.0,
                width: 150.0
            }
        );
        let (remark, fallen) = castle.set(
            Block {
                x: 14.0,
                width: 150.0,
            },
            2.0,
        );
        assert_eq!((remark, fallen), (Remark::Perfect, None));
        assert_eq!(
            castle.top(),
            Block {
                x: 20.0,
                width: 150.0
            }
        );
        assert_eq!((castle.height(), castle.best), (2, 2));
        let (remark, fallen) = castle.set(
            Block {
                x: -200.0,
                width: 150.0,
            },
            3.0,
        );
        assert_eq!(
            (remark, fallen),
            (
                Remark::Finished,
                Some(Block {
                    x: -200.0,
                    width: 150.0
                })
            )
        );
        assert_eq!(castle.sliding(4.0), None);
    }

    #[test]
    fn the_block_slides_from_side_to_side() {
        let castle = Castle::default();
        let places: Vec<f32> = (0..400)
            .filter_map(|step| castle.sliding(step as f32 * 0.05))
            .map(|block| block.x)
            .collect();
        assert_eq!(places.len(), 400);
        assert!(places.iter().all(|x| x.abs() <= SWING));
        assert!(places.iter().any(|x| *x < -150.0) && places.iter().any(|x| *x > 150.0));
    }
}
