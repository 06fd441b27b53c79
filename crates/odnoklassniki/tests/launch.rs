//! Every launch query of `tests/data/launches.json` is parsed as it says there. The queries have
//! the shape of recorded ones, with invented values.

use odnoklassniki::launch::{MAX_LAUNCH_BYTES, without_secrets};
use odnoklassniki::{ApplicationSecretKey, LaunchError, LaunchKind, LaunchParameters, UserId};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use serde::Deserialize;
use serde_json::{Map, Value};
use test_support::reliability::scale;
use url::form_urlencoded::{byte_serialize, parse};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(rename = "why")]
    _why: Option<String>,
    query: String,
    /// What is not missing, or the name of the parameter at fault.
    expected: Value,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("data/launches.json")).expect("a list of queries")
}

/// Returns everything that is not missing.
fn describe(launch: &LaunchParameters) -> Value {
    let mut all = Map::new();
    let session = launch.session.as_ref();
    let shown = |id: Option<String>| Value::from(id);
    for (name, value) in [
        ("kind", format!("{:?}", launch.kind).into()),
        ("custom_args", launch.custom_args.clone().into()),
        ("refplace", launch.refplace.clone().into()),
        ("referer", shown(launch.referer.map(|id| id.to_string()))),
        ("inviter", shown(launch.inviter().map(|id| id.to_string()))),
        ("user_id", shown(launch.user_id.map(|id| id.to_string()))),
        ("is_anonymous", launch.is_anonymous.then_some(true).into()),
        (
            "application_id",
            shown(launch.application_id.map(|id| id.to_string())),
        ),
        ("application_key", launch.application_key.clone().into()),
        (
            "session_key",
            session.map(|session| session.session_key.expose()).into(),
        ),
        (
            "session_secret_key",
            session
                .map(|session| session.session_secret_key.expose())
                .into(),
        ),
        ("has_dialogs", launch.has_dialogs.then_some(true).into()),
        ("api_server", launch.api_server.clone().into()),
        ("web_server", launch.web_server.clone().into()),
        ("authorized", launch.authorized.into()),
        ("first_start", launch.first_start.into()),
        ("container", launch.container.into()),
        ("mob", launch.mob.into()),
        ("mob_platform", launch.mob_platform.clone().into()),
        ("lang", launch.lang.clone().into()),
        ("ip_geo_location", launch.ip_geo_location.clone().into()),
        (
            "auth_sig",
            launch.auth_sig.as_ref().map(|sig| sig.as_str()).into(),
        ),
        ("sig", launch.sig.as_ref().map(|sig| sig.as_str()).into()),
    ] {
        if !value.is_null() {
            all.insert(name.to_owned(), value);
        }
    }
    Value::Object(all)
}

fn parsed(query: &str) -> Value {
    match LaunchParameters::from_query(query) {
        Ok(launch) => describe(&launch),
        Err(LaunchError::Unclear(name)) => name.into(),
        Err(error) => panic!("{query}: {error}"),
    }
}

fn without(mut launch: Value, names: &[&str]) -> Value {
    if let Some(all) = launch.as_object_mut() {
        names.iter().for_each(|name| drop(all.remove(*name)));
    }
    launch
}

const SECRETS: [&str; 4] = ["session_key", "session_secret_key", "auth_sig", "sig"];

#[test]
fn the_table() {
    let mut wrong = Vec::new();
    let cases = cases();
    for case in &cases {
        let parsed = parsed(&case.query);
        if parsed != case.expected {
            wrong.push(format!(
                "{}\n  expected {}\n  parsed   {parsed}",
                case.query, case.expected
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.len() > 30);
}

#[test]
fn without_secrets_the_rest_of_every_query_stays() {
    for case in cases().iter().filter(|case| case.expected.is_object()) {
        let rest = without_secrets(&case.query);
        assert_eq!(
            parsed(&rest),
            without(case.expected.clone(), &SECRETS),
            "{rest}"
        );
        assert_eq!(without_secrets(&rest), rest);
    }
}

#[test]
fn the_address_keeps_what_is_the_games() {
    for (query, rest) in [
        ("", ""),
        ("?", ""),
        ("?level=7&x=%zz&y=+a", "?level=7&x=%zz&y=+a"),
        ("level=7", "?level=7"),
        (
            "?session_key=-s-1&session_secret_key=k&sig=1&auth_sig=2&sign=3",
            "",
        ),
        ("?a=1&session_key=-s-1&b=2&sig=3", "?a=1&b=2"),
        ("?a=1&amp;session_key=-s-1&b=2", "?a=1&b=2"),
        ("?a=1&%73ession_key=-s-1", "?a=1"),
        ("?a=1?session_key=-s-1", "?a=1"),
        ("?session_key=-s-1&session_key=-s-2&a", "?a"),
        (
            "?session_keys=1&Session_key=2",
            "?session_keys=1&Session_key=2",
        ),
    ] {
        assert_eq!(without_secrets(query), rest, "{query}");
    }
}

#[test]
fn a_long_query_is_refused_and_the_longest_is_not() {
    let query = format!("custom_args={}", "a".repeat(MAX_LAUNCH_BYTES));
    let longest = query.get(..MAX_LAUNCH_BYTES).expect("it is longer");
    assert!(LaunchParameters::from_query(longest).is_ok());
    assert_eq!(
        LaunchParameters::from_query(&query).err(),
        Some(LaunchError::TooLong)
    );
}

const WHOLE: &str = "api_server=https://api.ok.ru/&logged_user_id=561348705024\
    &session_key=-s-canary1\
    &session_secret_key=canary200ffee5ecre7c0ffee5ecre7c&auth_sig=0ca4a4100ffee5ecde7c0ffee5ecde70\
    &sig=0ca4a4200ffee5ecde7c0ffee5ecde70";

#[test]
fn secrets_are_not_printed_and_wipe_drops_them() {
    let mut launch = LaunchParameters::from_query(WHOLE).expect("a launch");
    for text in [format!("{launch:?}"), format!("{launch:#?}")] {
        assert!(
            !text.contains("canary") && !text.contains("ca4a4"),
            "{text}"
        );
    }
    launch.wipe();
    assert!(launch.session.is_none() && launch.auth_sig.is_none() && launch.sig.is_none());
    assert_eq!(launch.user_id, Some(UserId::new(561_348_705_024)));
}

#[test]
fn errors_name_the_parameter_and_no_value() {
    let error = LaunchParameters::from_query("session_key=canary%ff").expect_err("not readable");
    assert_eq!(
        error.to_string(),
        "the launch parameter session_key cannot be read, or comes twice"
    );
}

#[test]
fn auth_sig_needs_a_player_a_session_and_a_signature() {
    let key = ApplicationSecretKey::new("A1B2C3D4E5F60718293A4B5C");
    let matches = |query: &str| {
        LaunchParameters::from_query(query).is_ok_and(|launch| launch.auth_sig_matches(&key))
    };
    let whole = "api_server=a&logged_user_id=561348705024&session_key=-s-abc&session_secret_key=k\
                 &auth_sig=7258d60de7f8a089abc62a25666026a1";
    assert!(matches(whole));
    for part in whole.split('&') {
        assert!(!matches(&whole.replace(part, "")), "without {part}");
    }
    assert!(!matches(&whole.replace("abc", "abd")));
}

#[test]
fn a_portal_session_signs() {
    let mut launch = LaunchParameters::from_query(WHOLE).expect("a launch");
    let signer = launch.session.take().expect("a session").into_signer();
    let mut builder =
        odnoklassniki::WidgetUrlBuilder::new(odnoklassniki::ApplicationId::new(512_000_123_456));
    let url = builder
        .build(
            &odnoklassniki::InviteWidget::new(),
            odnoklassniki::ReturnTo::default(),
            &signer,
        )
        .expect("a URL");
    assert!(url.expose().contains("&st.session_key=-s-canary1"));
    assert!(!url.expose().contains("canary2"));
}

/// Input that is nearly a launch query.
fn raw_query() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "api_server=",
        "apiconnection=",
        "application_key=",
        "auth_sig=",
        "authorized=",
        "container=",
        "custom_args=",
        "first_start=",
        "ip_geo_location=",
        "lang=",
        "logged_user_id=",
        "mob=",
        "mob_platform=",
        "referer=",
        "refplace=",
        "session_key=",
        "session_secret_key=",
        "sig=",
        "sign=",
        "vk_client=",
        "vk_ok_app_id=",
        "vk_ok_user_id=",
        "web_server=",
        "https://ok.ru",
        "https%3A%2F%2Fapi.ok.ru%2F",
        "561",
        "0",
        "1",
        "true",
        "-s-1",
        "ok",
        "friend_invitation",
        "512_17",
        "&",
        "&",
        "&amp;",
        "?",
        "#",
        "=",
        "+",
        "%",
        "%ff",
        "%26",
        "%73",
        "я",
        "\u{0}",
        "\u{202e}",
        "x",
        "7258d60de7f8a089abc62a25666026a1",
    ]);
    let pieces = prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat());
    prop_oneof![3 => pieces, 1 => ".*"]
}

proptest! {
    #![proptest_config(Config {
        cases: scale(4_000, 100_000),
        rng_seed: RngSeed::Fixed(0x1a_c4),
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn any_query_is_parsed_within_the_limits(raw in raw_query()) {
        let launch = LaunchParameters::from_query(&raw);
        if let Ok(launch) = &launch {
            for text in [&launch.lang, &launch.mob_platform, &launch.ip_geo_location] {
                let text = text.as_deref().unwrap_or("x");
                prop_assert!((1..=64).contains(&text.chars().count()));
                prop_assert!(!text.chars().any(char::is_control));
            }
            prop_assert!(launch.session.is_none() || launch.kind == LaunchKind::Portal);
            prop_assert!(!(launch.is_anonymous && launch.user_id.is_some()));
        }
        if !raw.starts_with(['?', '#']) {
            prop_assert_eq!(parsed(&format!("?{raw}")), parsed(&raw), "with its mark");
        }
    }

    #[test]
    fn nothing_secret_stays_and_nothing_else_goes(raw in raw_query()) {
        let rest = without_secrets(&raw);
        let names: Vec<_> = parse(rest.trim_start_matches('?').as_bytes())
            .map(|(name, _)| name.into_owned())
            .collect();
        for name in SECRETS.iter().chain(&["sign"]) {
            prop_assert!(!names.iter().any(|other| other == name), "{} in {}", name, rest);
        }
        prop_assert_eq!(&without_secrets(&rest), &rest);
        if let Ok(launch) = LaunchParameters::from_query(&raw) {
            prop_assert_eq!(parsed(&rest), without(describe(&launch), &SECRETS));
        }
    }

    #[test]
    fn what_is_written_is_parsed(args in "\\PC{1,40}", user: u64, referer: u64, again: bool) {
        let escaped: String = byte_serialize(args.as_bytes()).collect();
        let query = format!(
            "?custom_args={escaped}&logged_user_id={user}&api_server=https%3A%2F%2Fapi.ok.ru%2F\
             &refplace=friend_invitation&referer={referer}"
        );
        let launch = LaunchParameters::from_query(&query).expect("it is clear");
        prop_assert_eq!(launch.custom_args.as_deref(), Some(args.as_str()));
        prop_assert_eq!(launch.inviter(), Some(UserId::new(referer)));
        prop_assert_eq!(launch.user_id, Some(UserId::new(user)).filter(|id| id.get() != 0));
        let name = if again { "%63ustom_args" } else { "amp;custom_args" };
        let twice = LaunchParameters::from_query(&format!("{query}&{name}={escaped}"));
        prop_assert_eq!(twice.err(), Some(LaunchError::Unclear("custom_args")));
    }
}
