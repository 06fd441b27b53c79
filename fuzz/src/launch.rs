//! The query with which OK starts a game.

use odnoklassniki::launch::{MAX_LAUNCH_BYTES, without_secrets};
use odnoklassniki::{LaunchKind, LaunchParameters};

use crate::escapes::escape;

/// Parses a query: what it says does not depend on how it is written, and its secrets can be
/// removed without a change of the rest.
pub fn launch_query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let read = LaunchParameters::from_query(&text);
    if !text.starts_with(['?', '#']) && text.len() < MAX_LAUNCH_BYTES {
        let marked = LaunchParameters::from_query(&format!("?{text}"));
        assert_eq!(
            marked.as_ref().map(pairs).map_err(|error| *error),
            read.as_ref().map(pairs).map_err(|error| *error),
            "with its mark"
        );
    }

    let rest = without_secrets(&text);
    assert_eq!(without_secrets(&rest), rest, "removed again");
    let Ok(mut launch) = read else { return };
    check(&launch);
    again(&launch);
    launch.wipe();
    if rest.len() <= MAX_LAUNCH_BYTES {
        let rest = LaunchParameters::from_query(&rest);
        assert_eq!(
            rest.as_ref().map(pairs),
            Ok(pairs(&launch)),
            "without its secrets"
        );
    }
}

/// Returns everything that a launch says, as pairs that say it again.
fn pairs(launch: &LaunchParameters) -> Vec<(&'static str, String)> {
    let is_portal = launch.kind == LaunchKind::Portal;
    let (user, application) = match launch.kind {
        LaunchKind::VkStyle => ("vk_ok_user_id", "vk_ok_app_id"),
        _ => ("logged_user_id", "apiconnection"),
    };
    let text = |text: &Option<String>| text.clone();
    let flag = |flag: Option<bool>| flag.map(|flag| flag.to_string());
    let session = launch.session.as_ref();
    let user_id = launch.user_id.map(|id| id.to_string());
    let application_id = launch.application_id.map(|id| id.to_string());
    let all = [
        // A server that is not OK's is left out, but it is a mark of the portal.
        (
            "api_server",
            text(&launch.api_server).or(is_portal.then(|| "x".to_owned())),
        ),
        (
            "vk_client",
            (launch.kind == LaunchKind::VkStyle).then(|| "ok".to_owned()),
        ),
        (
            user,
            user_id.or(launch.is_anonymous.then(|| "0".to_owned())),
        ),
        (
            application,
            application_id.or(launch.has_dialogs.then(|| "x".to_owned())),
        ),
        ("application_key", text(&launch.application_key)),
        (
            "session_key",
            session.map(|session| session.session_key.expose().to_owned()),
        ),
        (
            "session_secret_key",
            session.map(|session| session.session_secret_key.expose().to_owned()),
        ),
        ("custom_args", text(&launch.custom_args)),
        ("refplace", text(&launch.refplace)),
        ("referer", launch.referer.map(|id| id.to_string())),
        ("web_server", text(&launch.web_server)),
        ("authorized", flag(launch.authorized)),
        ("first_start", flag(launch.first_start)),
        ("container", flag(launch.container)),
        ("mob", flag(launch.mob)),
        ("mob_platform", text(&launch.mob_platform)),
        ("lang", text(&launch.lang)),
        ("ip_geo_location", text(&launch.ip_geo_location)),
        (
            "auth_sig",
            launch.auth_sig.as_ref().map(|sig| sig.as_str().to_owned()),
        ),
        (
            "sig",
            launch.sig.as_ref().map(|sig| sig.as_str().to_owned()),
        ),
    ];
    let known = all.into_iter();
    known
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// The limits of what was read.
fn check(launch: &LaunchParameters) {
    for text in [&launch.lang, &launch.mob_platform, &launch.ip_geo_location] {
        let text = text.as_deref().unwrap_or("x");
        assert!((1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control));
    }
    if let Some(session) = &launch.session {
        assert_eq!(launch.kind, LaunchKind::Portal);
        for secret in [
            session.session_key.expose(),
            session.session_secret_key.expose(),
        ] {
            assert!(!secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
    for server in [&launch.api_server, &launch.web_server]
        .into_iter()
        .flatten()
    {
        let host = server.strip_prefix("https://").expect("https");
        let host = host.split('/').next().unwrap_or_default();
        assert!(
            ["ok.ru", "odnoklassniki.ru"]
                .iter()
                .any(|domain| host == *domain || host.ends_with(&format!(".{domain}"))),
            "{host}"
        );
    }
}

/// Writes the launch with every byte escaped, and reads that.
fn again(launch: &LaunchParameters) {
    let pairs_of_it = pairs(launch);
    let written: Vec<_> = pairs_of_it
        .iter()
        .map(|(name, value)| format!("{name}={}", escape(value)))
        .collect();
    let written = written.join("&");
    if written.len() <= MAX_LAUNCH_BYTES {
        let read = LaunchParameters::from_query(&written);
        assert_eq!(read.as_ref().map(pairs), Ok(pairs_of_it), "written again");
    }
}
