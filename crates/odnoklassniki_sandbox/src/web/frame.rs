//! What surrounds every page: language, title, navigation.

use std::convert::Infallible;
use std::time::SystemTime;

use axum::extract::{FromRequestParts, Path, RawQuery};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::see_other;
use crate::form;
use crate::language::{COOKIE, Language};

/// Who looks: the language and the address of the page, taken from the request.
pub(crate) struct Visit {
    pub(crate) language: Language,
    /// Path and query.
    pub(crate) here: String,
}

impl<S: Sync> FromRequestParts<S> for Visit {
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
            here: parts
                .uri
                .path_and_query()
                .map_or("/", |here| here.as_str())
                .to_owned(),
        })
    }
}

/// The part of a page that `base.html` draws.
pub(crate) struct Frame {
    pub(crate) title: String,
    /// Link of the language switch.
    pub(crate) other_language: String,
    /// Name of the navigation entry that is marked.
    pub(crate) active: &'static str,
    pub(crate) player: String,
    /// Class of the body: `popup` for a page that fills its window.
    pub(crate) shape: &'static str,
    pub(crate) nohead: bool,
}

impl Frame {
    pub(crate) fn new(visit: &Visit, active: &'static str, title: &str) -> Self {
        let other = visit.language.say("ru", "en");
        Self {
            title: title.to_owned(),
            other_language: format!("/language/{other}?back={}", form::encode(&visit.here)),
            active,
            player: crate::avatar::svg(crate::app::DEMO_USER_ID),
            shape: "",
            nohead: false,
        }
    }
}

/// `/language/ru?back=/feed`: keeps the choice in a cookie and goes back.
pub(crate) async fn choose_language(
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let fields = form::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    // Only to a page of our own: `//host` and `/\host` would leave.
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

/// "5 minutes ago".
pub(crate) fn ago(at: SystemTime, language: Language) -> String {
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
