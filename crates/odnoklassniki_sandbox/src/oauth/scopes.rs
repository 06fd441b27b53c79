//! The scopes of a login (apiok.ru/en/ext/oauth/permissions, and those of OK's own kits). In prose
//! for players they are permissions.

use std::fmt;

use crate::language::Language;

/// A scope, with the words that the player reads.
#[derive(Debug, PartialEq)]
pub(crate) struct Scope {
    pub(crate) name: &'static str,
    english: &'static str,
    russian: &'static str,
}

impl Scope {
    pub(crate) fn words(&self, language: Language) -> &'static str {
        language.say(self.english, self.russian)
    }

    /// Returns whether the player cannot take the scope out. OK's page has no box for this one:
    /// without it an application can do next to nothing.
    pub(crate) fn is_fixed(&self) -> bool {
        self.name == VALUABLE_ACCESS
    }
}

pub(crate) const VALUABLE_ACCESS: &str = "VALUABLE_ACCESS";
pub(crate) const LONG_ACCESS_TOKEN: &str = "LONG_ACCESS_TOKEN";

const fn scope(name: &'static str, english: &'static str, russian: &'static str) -> Scope {
    Scope {
        name,
        english,
        russian,
    }
}

const SCOPES: [Scope; 11] = [
    scope(
        VALUABLE_ACCESS,
        "See your profile and your friends",
        "Видеть ваш профиль и друзей",
    ),
    scope(
        LONG_ACCESS_TOKEN,
        "Keep you logged in for 30 days",
        "Помнить вас 30 дней",
    ),
    scope(
        "PHOTO_CONTENT",
        "See and upload your photos",
        "Видеть и загружать ваши фотографии",
    ),
    scope(
        "GROUP_CONTENT",
        "Act in your groups",
        "Действовать в ваших группах",
    ),
    scope(
        "VIDEO_CONTENT",
        "See and upload your videos",
        "Видеть и загружать ваши видео",
    ),
    scope(
        "APP_INVITE",
        "Invite friends for you",
        "Приглашать друзей от вашего имени",
    ),
    scope(
        "GET_EMAIL",
        "See your e-mail address",
        "Видеть адрес вашей электронной почты",
    ),
    scope("SET_STATUS", "Set your status", "Менять ваш статус"),
    scope(
        "PUBLISH_NOTE",
        "Publish notes for you",
        "Публиковать заметки от вашего имени",
    ),
    scope(
        "PUBLISH_TO_STREAM",
        "Publish to your feed",
        "Публиковать в вашей ленте",
    ),
    scope(
        "MESSAGING",
        "Send messages for you",
        "Отправлять сообщения от вашего имени",
    ),
];

/// A set of scopes. As text: the names joined by `;`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scopes(u16);

impl Scopes {
    /// Parses a `scope`. The documentation joins the names by `;`, OK's Unity kit by `,`. The error
    /// is the name that no scope has.
    pub(crate) fn parse(text: &str) -> Result<Self, &str> {
        text.split([';', ','])
            .filter(|name| !name.is_empty())
            .try_fold(Self::default(), |all, name| {
                Self::named(name).map(|one| all.union(one)).ok_or(name)
            })
    }

    /// Returns the scope with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        SCOPES
            .iter()
            .position(|scope| scope.name == name)
            .map(|index| Self(1 << index))
    }

    /// Returns the scopes that the player cannot take out.
    pub(crate) fn fixed() -> Self {
        Self::named(VALUABLE_ACCESS).unwrap_or_default()
    }

    /// Returns every scope.
    pub(crate) fn all() -> Self {
        Self((1 << SCOPES.len()) - 1)
    }

    /// Returns whether tokens with these scopes live for 30 days.
    pub(crate) fn are_long(self) -> bool {
        Self::named(LONG_ACCESS_TOKEN).is_some_and(|long| long.are_within(self))
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = &'static Scope> {
        SCOPES
            .iter()
            .enumerate()
            .filter(move |(index, _)| self.0 >> index & 1 == 1)
            .map(|(_, scope)| scope)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) fn are_within(self, other: Self) -> bool {
        self.without(other).is_empty()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(";")?;
            }
            f.write_str(scope.name)?;
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
        let parse = |scope| Scopes::parse(scope).map(|scopes| scopes.to_string());
        assert_eq!(
            parse("VALUABLE_ACCESS;GET_EMAIL"),
            Ok("VALUABLE_ACCESS;GET_EMAIL".into())
        );
        assert_eq!(
            parse("GET_EMAIL,VALUABLE_ACCESS,,GET_EMAIL;"),
            Ok("VALUABLE_ACCESS;GET_EMAIL".into())
        );
        assert_eq!(parse(""), Ok(String::new()));
        for (bad, name) in [
            ("VALUABLE ACCESS", "VALUABLE ACCESS"),
            ("GET_EMAIL; SET_STATUS", " SET_STATUS"),
            ("x", "x"),
        ] {
            assert_eq!(parse(bad), Err(name));
        }
    }

    #[test]
    fn sets() {
        let (all, one) = (Scopes::all(), Scopes::parse("GET_EMAIL").unwrap());
        assert_eq!(all.iter().count(), SCOPES.len());
        assert!(one.are_within(all) && !all.are_within(one) && Scopes::default().are_within(one));
        assert_eq!(all.without(one).intersection(one), Scopes::default());
        assert!(all.are_long() && !one.are_long());
        assert!(Scopes::fixed().iter().all(Scope::is_fixed) && !Scopes::fixed().is_empty());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bits in any::<u16>(), comma in any::<bool>()) {
            let scopes = Scopes(bits).intersection(Scopes::all());
            let text = scopes.to_string().replace(';', if comma { "," } else { ";" });
            prop_assert_eq!(Scopes::parse(&text), Ok(scopes));
        }

        #[test]
        fn any_scope_is_read_without_panic(scope in "(VALUABLE_ACCESS|GET_EMAIL|;|,|\\PC){0,12}") {
            if let Err(name) = Scopes::parse(&scope) {
                prop_assert!(scope.contains(name) && Scopes::named(name).is_none());
            }
        }
    }
}
