//! What surrounds every page: language, title, navigation.

use std::convert::Infallible;
use std::time::SystemTime;

use axum::extract::{FromRequestParts, Path, RawQuery};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::response::see_other;
use crate::language::{COOKIE, Language};
use crate::{avatar, form, people};

/// Whom a page is for: the language, and the path of the page with its query.
pub(super) struct Visitor {
    pub(super) language: Language,
    pub(super) path: String,
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
        })
    }
}

/// What `base.html` shows.
pub(crate) struct Base {
    pub(crate) title: String,
    /// The link of the language switch.
    pub(crate) other_language: String,
    /// The name of the navigation entry that is marked.
    pub(crate) active: &'static str,
    /// The player's portrait.
    pub(crate) player: String,
    /// The class of the body: `popup` for a page that fills its window.
    pub(crate) shape: &'static str,
    pub(crate) nohead: bool,
}

impl Base {
    pub(super) fn new(visitor: &Visitor, active: &'static str, title: &str) -> Self {
        let other = visitor.language.say("ru", "en");
        Self {
            title: title.to_owned(),
            other_language: format!("/language/{other}?back={}", form::encode(&visitor.path)),
            active,
            player: avatar::svg(people::DEMO_USER_ID),
            shape: "",
            nohead: false,
        }
    }
}

/// `/language/ru?back=/feed`: keeps the choice in a cookie and goes back.
pub(super) async fn choose_language(
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let fields = form::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    // Only to the sandbox's own pages: `//host` and `/\host` would leave.
    let back = fields
        .get("back")
        .filter(|back| back.starts_with('/') && !back.starts_with("//") && !back.contains('\\'))
        .filter(|back| back.bytes().all(|byte| byte.is_ascii_graphic()))
        .unwrap_or("/");
    let mut response = see_other(back);
    if let Some(language) = Language::from_code(&code) {
        let cookie = format!(
            "{COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax",
            language.code()
        );
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(header::SET_COOKIE, value);
        }
    }
    response
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
