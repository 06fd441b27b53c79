//! Compares all signatures with known ones, from `tests/data/vectors.json` or the file that
//! `OK_VECTORS` names. `tests/data/vectors_exact.json` is about what others got wrong: what is
//! signed is what is sent, byte for byte.
//!
//! Records that are tagged `uncertain` are computed and reported, not asserted. Where a record
//! allows it, the URL is built too and compared with that of the record.

#![expect(clippy::print_stdout, reason = "the report of a test run")]

mod vectors {
    pub mod record;
    pub mod url;
}

use odnoklassniki::{
    AccessToken, ApplicationSecretKey, REST_UNSIGNED_PARAMETERS, SessionKey, SessionSecretKey,
    Signature, TopicId, UserId, check_value, launch_auth_signature, launch_signature,
    payment_callback_signature, payment_signature, rest_signature, session_secret_key,
    widget_signature,
};
use serde_json::Value;
use vectors::record::Record;
use vectors::url;

/// What one record showed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Passed {
    /// Nothing is asserted of an uncertain record; this is its line in the report.
    uncertain: Option<String>,
    url: url::Compared,
}

fn run(record: &Record) -> Result<Passed, String> {
    if !KINDS.contains(&record.kind.as_str()) {
        return Err(format!("unknown kind `{}`", record.kind));
    }
    if record.is_uncertain() {
        let line = match digest(record) {
            Ok(digest) if digest == record.md5 => "as recorded".to_owned(),
            Ok(digest) => format!("computed {digest}, recorded {}", record.md5),
            Err(problem) => format!("not computed: {problem}"),
        };
        let (uncertain, url) = (Some(line), url::Compared::Nothing);
        return Ok(Passed { uncertain, url });
    }
    let digest = digest(record)?;
    if digest != record.md5 {
        let text = record
            .canonical_string
            .as_deref()
            .unwrap_or("(not recorded)");
        return Err(format!(
            "computed {digest}, recorded {} of {text}",
            record.md5
        ));
    }
    let url = if record.kind.starts_with("widget_") {
        url::compare(record)?
    } else {
        url::Compared::Nothing
    };
    Ok(Passed {
        uncertain: None,
        url,
    })
}

const KINDS: [&str; 12] = [
    "widget_post",
    "widget_group_post",
    "widget_invite",
    "widget_suggest",
    "rest_sig",
    "payment_sig",
    "session_secret_key",
    "launch_sig",
    "launch_auth_sig",
    "payment_callback_sig",
    "post_result_signature",
    "invite_result_signature",
];

fn digest(record: &Record) -> Result<String, String> {
    let signature = match record.kind.as_str() {
        "session_secret_key" => {
            let token = AccessToken::new(record.need("access_token")?);
            let application = ApplicationSecretKey::new(record.need("application_secret_key")?);
            return Ok(session_secret_key(&token, &application).expose().to_owned());
        }
        "rest_sig" | "payment_sig" | "launch_sig" | "payment_callback_sig" => rest(record)?,
        "launch_auth_sig" => {
            let user: UserId = record.number("logged_user_id")?;
            let session = SessionKey::new(record.need("session_key")?);
            launch_auth_signature(user, &session, &ApplicationSecretKey::new(record.key()?))
        }
        "post_result_signature" => {
            let topic: TopicId = record.number("id")?;
            match record.text("request_signature")? {
                Some(request) => {
                    let request: Signature = request.parse().map_err(|e| format!("{e}"))?;
                    check_value::post_by_request(topic, &request)
                }
                None => check_value::post_by_key(topic, &SessionSecretKey::new(record.key()?)),
            }
        }
        "invite_result_signature" => {
            let code = record.need("code")?;
            if code != "OK" {
                return Err(format!("code is `{code}`; only OK is signed"));
            }
            let selected = record.need("selected")?;
            let ids = selected
                .trim_matches(['[', ']'])
                .split(',')
                .filter(|id| !id.is_empty());
            let users: Result<Vec<UserId>, _> = ids.map(|id| id.trim().parse()).collect();
            let users = users.map_err(|error| format!("{error}"))?;
            let key = SessionSecretKey::new(record.key()?);
            check_value::invite_rest(&users, record.text("state")?.as_deref(), &key)
        }
        _ => {
            let signed = record.signed()?;
            let fields = signed.iter().map(|(name, value)| (*name, value.as_str()));
            // Unsigned parameters are given too: they must not change the digest.
            let unsigned = record.unsigned()?;
            let others = unsigned
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()));
            widget_signature(others.chain(fields), &SessionSecretKey::new(record.key()?))
        }
    };
    Ok(signature.as_str().to_owned())
}

fn rest(record: &Record) -> Result<Signature, String> {
    let parameters = record.map("params")?.ok_or("`params` is missing")?;
    let pairs = parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let session = SessionSecretKey::new(record.key()?);
    let application = ApplicationSecretKey::new(record.key()?);
    // The rule of the kind, unless the record names another.
    let rule: &[&str] = match record.kind.as_str() {
        "rest_sig" | "payment_sig" => &REST_UNSIGNED_PARAMETERS,
        _ => &[],
    };
    let excluded = record.list("excluded_from_signature")?;
    let same_rule = excluded.as_ref().is_none_or(|excluded| {
        let left_out = |list: &dyn Fn(&str) -> bool| {
            parameters
                .keys()
                .filter(|name| *name != "sig" && list(name))
                .count()
        };
        left_out(&|name| excluded.iter().any(|other| other == name))
            == left_out(&|name| rule.contains(&name))
    });
    if !same_rule {
        let excluded = excluded.unwrap_or_default();
        let excluded: Vec<&str> = excluded.iter().map(String::as_str).collect();
        return Ok(rest_signature(pairs, &excluded, &session));
    }
    Ok(match record.kind.as_str() {
        "payment_sig" => payment_signature(pairs, &session),
        "launch_sig" => launch_signature(pairs, &application),
        "payment_callback_sig" => payment_callback_signature(pairs, &application),
        _ => rest_signature(pairs, rule, &session),
    })
}

/// The text of the vectors, the records of this crate if no other file is named.
fn load() -> String {
    let Some(named) = std::env::var_os("OK_VECTORS") else {
        return include_str!("data/vectors.json").to_owned();
    };
    // A relative name may be meant from the workspace: cargo runs tests in the folder of their
    // package.
    let workspace = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(&named)
        .or_else(|_| std::fs::read_to_string(workspace.join(&named)));
    text.unwrap_or_else(|error| panic!("OK_VECTORS {}: {error}", named.display()))
}

#[test]
fn what_others_got_wrong_is_signed_byte_for_byte() {
    let records: Vec<Value> =
        serde_json::from_str(include_str!("data/vectors_exact.json")).expect("records");
    let passed: Vec<_> = records
        .iter()
        .map(|value| Record::parse(value).and_then(|record| run(&record)))
        .collect();
    let whole = Ok(Passed {
        uncertain: None,
        url: url::Compared::Whole,
    });
    let alone = Ok(Passed {
        uncertain: None,
        url: url::Compared::Nothing,
    });
    assert_eq!(
        passed,
        [whole.clone(), whole.clone(), whole, alone.clone(), alone]
    );
}

#[test]
fn every_record() {
    let records: Vec<Value> = serde_json::from_str(&load()).expect("an array of records");
    assert!(!records.is_empty(), "the file has no record");
    let (mut failed, mut uncertain, mut built, mut compared) = (Vec::new(), 0, 0, 0);
    for (index, value) in records.iter().enumerate() {
        let name = value.get("name").and_then(Value::as_str);
        let name = name.map_or_else(|| format!("record {index}"), str::to_owned);
        match Record::parse(value).and_then(|record| run(&record)) {
            Err(problem) => failed.push(format!("{name}: {problem}")),
            Ok(passed) => {
                built += usize::from(passed.url == url::Compared::Signature);
                compared += usize::from(passed.url == url::Compared::Whole);
                if let url::Compared::Refused(why) = passed.url {
                    println!("URL not built: {name}: {why}");
                }
                if let Some(line) = passed.uncertain {
                    uncertain += 1;
                    println!("uncertain, not asserted: {name}: {line}");
                }
            }
        }
    }
    println!(
        "{} records, {} failed; {compared} URLs compared whole, {built} by their signature",
        records.len(),
        failed.len()
    );
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    if std::env::var_os("OK_VECTORS").is_none() {
        // So that no comparison of URLs is lost unnoticed.
        assert_eq!((records.len(), compared, built), (54, 9, 19));
    }
    test_support::reliability::measured(18, format!("{} known answers", records.len() - uncertain));
}

/// The runner itself: what must fail does, and under its name.
mod runner {
    use super::*;
    use serde_json::json;

    fn outcome(value: &Value) -> Result<Passed, String> {
        Record::parse(value).and_then(|record| run(&record))
    }

    fn invite() -> Value {
        json!({
            "name": "n", "kind": "widget_invite", "confidence": "documented",
            "inputs": {"app_id": 5, "secret_key": "A1B2C3D4E5F60718293A4B5C", "return_url": null},
            "md5": "4847d5dc56ee4e348cf63aec85eed41a",
        })
    }

    #[test]
    fn a_right_record_passes() {
        assert!(outcome(&invite()).is_ok());
    }

    #[test]
    fn wrong_records_fail() {
        for (pointer, value) in [
            ("/kind", json!("widget_other")),
            ("/md5", json!("4847d5dc56ee4e348cf63aec85eed41b")),
            ("/md5", Value::Null),
            ("/inputs/secret_key", Value::Null),
            ("/inputs/secret_key", json!("A1B2C3D4E5F60718293A4B5D")),
            ("/inputs/return_url", json!("https://game.example/")),
            ("/inputs", Value::Null),
        ] {
            let mut record = invite();
            *record.pointer_mut(pointer).unwrap() = value;
            assert!(outcome(&record).is_err(), "{record}");
        }
        let mut post = invite();
        post["kind"] = json!("widget_post");
        assert!(outcome(&post).unwrap_err().contains("attachment"));
    }

    #[test]
    fn uncertain_records_are_reported() {
        for (key, value) in [
            ("confidence", json!("uncertain")),
            ("tags", json!(["odd", "uncertain"])),
        ] {
            let mut record = invite();
            record[key] = value;
            record["md5"] = json!("00000000000000000000000000000000");
            let line = outcome(&record).unwrap().uncertain.unwrap();
            assert!(line.contains("4847d5dc56ee4e348cf63aec85eed41a"), "{line}");
            record["kind"] = json!("unheard_of");
            assert!(
                outcome(&record).is_err(),
                "an unknown kind fails all the same"
            );
        }
    }

    #[test]
    fn a_wrong_url_fails() {
        let mut record = invite();
        let base = "https://connect.ok.ru/dk?st.cmd=WidgetInvite&st.app=5&st.signature=";
        record["url"] = json!(format!("{base}4847d5dc56ee4e348cf63aec85eed41a"));
        assert_eq!(outcome(&record).unwrap().url, url::Compared::Whole);
        record["url"] = json!(format!(
            "{base}4847d5dc56ee4e348cf63aec85eed41a&st.popup=on"
        ));
        assert!(outcome(&record).unwrap_err().contains("st.popup"));
    }
}
