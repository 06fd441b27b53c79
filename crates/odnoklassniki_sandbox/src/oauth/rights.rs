//! Rights an application can ask for (apiok.ru/en/ext/oauth/permissions, and those of OK's own
//! kits).

use std::fmt;

use crate::language::Language;

/// A right, with the words the player reads.
#[derive(Debug, PartialEq)]
pub(crate) struct Right {
    pub(crate) name: &'static str,
    english: &'static str,
    russian: &'static str,
}

impl Right {
    pub(crate) fn words(&self, language: &Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Russian => self.russian,
        }
    }

    /// OK's page has no box for it: without it an application can do next to nothing.
    pub(crate) fn is_fixed(&self) -> bool {
        self.name == VALUABLE_ACCESS
    }
}

pub(crate) const VALUABLE_ACCESS: &str = "VALUABLE_ACCESS";
pub(crate) const LONG_ACCESS_TOKEN: &str = "LONG_ACCESS_TOKEN";

const fn right(name: &'static str, english: &'static str, russian: &'static str) -> Right {
    Right {
        name,
        english,
        russian,
    }
}

const RIGHTS: [Right; 11] = [
    right(
        VALUABLE_ACCESS,
        "See your profile and your friends",
        "Видеть ваш профиль и друзей",
    ),
    right(
        LONG_ACCESS_TOKEN,
        "Keep you logged in for 30 days",
        "Помнить вас 30 дней",
    ),
    right(
        "PHOTO_CONTENT",
        "See and upload your photos",
        "Видеть и загружать ваши фотографии",
    ),
    right(
        "GROUP_CONTENT",
        "Act in your groups",
        "Действовать в ваших группах",
    ),
    right(
        "VIDEO_CONTENT",
        "See and upload your videos",
        "Видеть и загружать ваши видео",
    ),
    right(
        "APP_INVITE",
        "Invite friends for you",
        "Приглашать друзей от вашего имени",
    ),
    right(
        "GET_EMAIL",
        "See your e-mail address",
        "Видеть адрес вашей электронной почты",
    ),
    right("SET_STATUS", "Set your status", "Менять ваш статус"),
    right(
        "PUBLISH_NOTE",
        "Publish notes for you",
        "Публиковать заметки от вашего имени",
    ),
    right(
        "PUBLISH_TO_STREAM",
        "Publish to your feed",
        "Публиковать в вашей ленте",
    ),
    right(
        "MESSAGING",
        "Send messages for you",
        "Отправлять сообщения от вашего имени",
    ),
];

/// A set of rights. As text: the names joined by `;`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rights(u16);

impl Rights {
    /// Reads a `scope`. `;` is documented between the names, OK's Unity kit writes `,`. The error
    /// is the name that no right has.
    pub(crate) fn read(scope: &str) -> Result<Self, &str> {
        scope
            .split([';', ','])
            .filter(|name| !name.is_empty())
            .try_fold(Self::default(), |all, name| {
                Self::named(name).map(|one| all.and(one)).ok_or(name)
            })
    }

    /// The right with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        RIGHTS
            .iter()
            .position(|right| right.name == name)
            .map(|place| Self(1 << place))
    }

    /// Those whom the player cannot take out.
    pub(crate) fn fixed() -> Self {
        Self::named(VALUABLE_ACCESS).unwrap_or_default()
    }

    /// Whether tokens with these rights live for 30 days.
    pub(crate) fn are_long(self) -> bool {
        Self::named(LONG_ACCESS_TOKEN).is_some_and(|long| long.are_within(self))
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = &'static Right> {
        RIGHTS
            .iter()
            .enumerate()
            .filter(move |(place, _)| self.0 >> place & 1 == 1)
            .map(|(_, right)| right)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Both sets together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    pub(crate) fn only(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) fn are_within(self, other: Self) -> bool {
        self.without(other).is_empty()
    }

    /// Every name, for a text that says what is possible.
    pub(crate) fn all() -> Self {
        Self((1 << RIGHTS.len()) - 1)
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, right) in self.iter().enumerate() {
            if place > 0 {
                f.write_str(";")?;
            }
            f.write_str(right.name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scopes() {
        let read = |scope| Rights::read(scope).map(|rights| rights.to_string());
        assert_eq!(
            read("VALUABLE_ACCESS;GET_EMAIL"),
            Ok("VALUABLE_ACCESS;GET_EMAIL".into())
        );
        assert_eq!(
            read("GET_EMAIL,VALUABLE_ACCESS,,GET_EMAIL;"),
            Ok("VALUABLE_ACCESS;GET_EMAIL".into())
        );
        assert_eq!(read(""), Ok(String::new()));
        for (bad, name) in [
            ("VALUABLE ACCESS", "VALUABLE ACCESS"),
            ("GET_EMAIL; SET_STATUS", " SET_STATUS"),
            ("x", "x"),
        ] {
            assert_eq!(read(bad), Err(name));
        }
    }

    #[test]
    fn sets() {
        let (all, one) = (Rights::all(), Rights::read("GET_EMAIL").unwrap());
        assert_eq!(all.iter().count(), RIGHTS.len());
        assert!(one.are_within(all) && !all.are_within(one) && Rights::default().are_within(one));
        assert_eq!(all.without(one).only(one), Rights::default());
        assert!(all.are_long() && !one.are_long());
        assert!(Rights::fixed().iter().all(Right::is_fixed) && !Rights::fixed().is_empty());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bits in any::<u16>(), comma in any::<bool>()) {
            let rights = Rights(bits).only(Rights::all());
            let text = rights.to_string().replace(';', if comma { "," } else { ";" });
            prop_assert_eq!(Rights::read(&text), Ok(rights));
        }

        #[test]
        fn any_scope_is_read_without_panic(scope in "(VALUABLE_ACCESS|GET_EMAIL|;|,|\\PC){0,12}") {
            if let Err(name) = Rights::read(&scope) {
                prop_assert!(scope.contains(name) && Rights::named(name).is_none());
            }
        }
    }
}
