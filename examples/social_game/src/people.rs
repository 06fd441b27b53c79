//! Names and pictures of friends.
//!
//! OK's callback holds only ids. A sandbox inside the game knows the names; on the real OK they
//! would come from its REST method `users.getInfo`.

use bevy::platform::collections::HashMap;
use bevy::prelude::*;
use bevy_odnoklassniki::protocol::UserId;

use crate::words::Language;

/// Pictures in `faces.png`.
pub const FACES: usize = 12;

/// The names that the game knows, in English and in Russian.
#[derive(Resource, Default)]
pub struct Names(pub HashMap<u64, (&'static str, &'static str)>);

/// The friend's name, or as much as the id shows.
pub fn name(id: UserId, names: &Names, language: Language) -> String {
    match names.0.get(&id.get()) {
        Some((english, russian)) => language.say(english, russian).to_owned(),
        None => format!("{} {id}", language.say("Friend", "Друг")),
    }
}

/// The first name alone, or the end of the id.
pub fn short_name(id: UserId, names: &Names, language: Language) -> String {
    let name = name(id, names, language);
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    match name.split_once(' ') {
        Some((_, number)) if is_number(number) => {
            format!("…{}", &number[number.len().saturating_sub(4)..])
        }
        Some((first, _)) => first.to_owned(),
        None => name,
    }
}

/// Which picture a friend has. The sandbox numbers its people from 1, so that they look here as on
/// its pages.
pub fn face(id: UserId) -> usize {
    let faces = FACES as u64;
    usize::try_from((id.get() % faces + 2 * faces - 1 - SANDBOX_PLAYER % faces) % faces)
        .unwrap_or(0)
}

/// The sandbox's player; the friends have the numbers after it.
const SANDBOX_PLAYER: u64 = 561_104_940_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sandboxes_friends_have_the_pictures_in_order() {
        let faces: Vec<_> = (1..=12)
            .map(|number| face(UserId::new(SANDBOX_PLAYER + number)))
            .collect();
        assert_eq!(faces, (0..12).collect::<Vec<_>>());
        assert!(face(UserId::new(u64::MAX)) < FACES);
    }
}
