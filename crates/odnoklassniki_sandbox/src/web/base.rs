//! What surrounds every page: language, title, navigation.

use std::convert::Infallible;
use std::time::SystemTime;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};

use crate::language::Language;
use crate::page_settings::PageSettings;
use crate::{avatar, form, people};

/// Whom a page is for.
pub(super) struct Visitor {
    pub(super) language: Language,
    /// The path of the page, with its query.
    pub(super) path: String,
    /// Whether a program reads the page, as JSON.
    pub(super) wants_json: bool,
    /// The settings of OK's pages. On the sandbox's own pages the default.
    pub(super) settings: PageSettings,
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let text = |name| {
            parts
                .headers
                .get(name)
                .and_then(|value: &HeaderValue| value.to_str().ok())
        };
        Ok(Self {
            language: Language::choose(text(header::COOKIE), text(header::ACCEPT_LANGUAGE)),
            path: parts
                .uri
                .path_and_query()
                .map_or("/", |path| path.as_str())
                .to_owned(),
            wants_json: text(header::ACCEPT).is_some_and(names_json),
            settings: parts.extensions.get().copied().unwrap_or_default(),
        })
    }
}

/// Returns whether an `Accept` header names `application/json`. Browsers name it for no page, and
/// `*/*` is not enough.
fn names_json(accept: &str) -> bool {
    accept.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default();
        media_type.eq_ignore_ascii_case("application/json") && parts.all(|part| part != "q=0")
    })
}

/// What `base.html` shows.
pub(crate) struct Base {
    pub(crate) title: String,
    /// The title with the name of the sandbox, for the window.
    pub(crate) window_title: String,
    /// The link of the language switch.
    pub(crate) other_language: String,
    /// The name of the navigation entry that is marked.
    pub(crate) active: &'static str,
    /// The player's portrait.
    pub(crate) player: String,
    /// The class of the body: `popup` for a page that fills its window.
    pub(crate) shape: &'static str,
    pub(crate) nohead: bool,
    /// Whether the page posts messages that are no result.
    pub(crate) other_messages: bool,
}

impl Base {
    pub(super) fn new(visitor: &Visitor, active: &'static str, title: &str) -> Self {
        let language = visitor.language;
        let other = language.say("ru", "en");
        let sandbox = language.say("OK sandbox", "Песочница OK");
        Self {
            title: title.to_owned(),
            window_title: format!("{title} · {sandbox}"),
            other_language: format!("/language/{other}?back={}", form::encode(&visitor.path)),
            active,
            player: avatar::svg(people::DEMO_USER_ID),
            shape: "",
            nohead: false,
            other_messages: visitor.settings.other_messages,
        }
    }
}

/// Says how long ago it was: "5 minutes ago".
pub(super) fn ago(at: SystemTime, language: Language) -> String {
    let minutes = at.elapsed().unwrap_or_default().as_secs() / 60;
    let (count, english, russian) = match minutes {
        0 => return language.say("just now", "только что").to_owned(),
        1..60 => (
            minutes,
            ["minute", "minutes"],
            ["минуту", "минуты", "минут"],
        ),
        _ => (minutes / 60, ["hour", "hours"], ["час", "часа", "часов"]),
    };
    let count = language.count(
        usize::try_from(count).unwrap_or(usize::MAX),
        english,
        russian,
    );
    format!("{count} {}", language.say("ago", "назад"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_name_json() {
        for (accept, json) in [
            ("application/json", true),
            ("text/html, application/json, */*;q=0.8", true),
            ("text/html,Application/JSON;q=0.1", true),
            ("application/json;q=0, text/html", false),
            ("application/json-seq", false),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                false,
            ),
            ("*/*", false),
            ("", false),
        ] {
            assert_eq!(names_json(accept), json, "{accept}");
        }
    }
}
