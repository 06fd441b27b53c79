//! The people of the sandbox: one player, their friends, and groups.

use crate::language::Language;

/// OK user id of the player who is always logged in.
pub const DEMO_USER_ID: u64 = 561_104_940_000;

/// A friend of the player.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Friend {
    /// OK user id.
    pub id: u64,
    /// Name on English pages.
    pub name_en: &'static str,
    /// Name on Russian pages.
    pub name_ru: &'static str,
    /// Whether the friend plays the game already. The player can invite only the others, and
    /// suggest the game to all.
    pub plays: bool,
}

impl Friend {
    pub(crate) fn name(&self, language: Language) -> &'static str {
        language.say(self.name_en, self.name_ru)
    }
}

const fn person(number: u64, name_en: &'static str, name_ru: &'static str, plays: bool) -> Friend {
    Friend {
        id: DEMO_USER_ID + number,
        name_en,
        name_ru,
        plays,
    }
}

/// The player who is always logged in.
pub(crate) const PLAYER: Friend = person(0, "Sasha Belova", "Саша Белова", true);

/// The player's friends. Those who play come last: a game can always invite the first two.
pub(crate) const FRIENDS: [Friend; 12] = [
    person(1, "Anna Sokolova", "Анна Соколова", false),
    person(2, "Timur Galiev", "Тимур Галиев", false),
    person(3, "Olga Petrenko", "Ольга Петренко", false),
    person(4, "Nikita Morozov", "Никита Морозов", false),
    person(5, "Lena Vetrova", "Лена Ветрова", false),
    person(6, "Grandpa Misha", "Дедушка Миша", false),
    person(7, "Aisulu Kenzhe", "Айсулу Кенже", false),
    person(8, "Pavel Zimin", "Павел Зимин", false),
    person(9, "Dasha Lisitsyna", "Даша Лисицына", true),
    person(10, "Artur Grigoryan", "Артур Григорян", true),
    person(11, "Vera Orlova", "Вера Орлова", true),
    person(12, "Kostya Romashkin", "Костя Ромашкин", true),
];

/// Returns the friend with this id.
pub(crate) fn friend(id: u64) -> Option<&'static Friend> {
    FRIENDS.iter().find(|friend| friend.id == id)
}

/// Returns the name of a group. Every number is a group here; two of them have proper names.
pub(crate) fn group_name(id: u64, language: Language) -> String {
    match id {
        53_000_000_001 => language.say("Castle builders", "Строители замков").into(),
        53_000_000_002 => language.say("Players' club", "Клуб игроков").into(),
        other => format!("{} {other}", language.say("Group", "Группа")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinct_and_two_can_be_invited() {
        for (index, friend) in FRIENDS.iter().enumerate() {
            assert_eq!(super::friend(friend.id), Some(friend));
            assert_eq!(friend.id, DEMO_USER_ID + 1 + index as u64);
        }
        assert!(FRIENDS.iter().take(2).all(|friend| !friend.plays));
    }
}
