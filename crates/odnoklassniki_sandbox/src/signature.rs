//! Signatures, written from OK's description alone. The sandbox shares this code with no other
//! crate: a mistake of the plugin cannot hide behind the same mistake here.

use std::fmt::Write as _;

use md5::{Digest, Md5};

use crate::form::Fields;

/// The signed parameters of a widget URL, in the order in which they are signed.
pub(crate) const SIGNED: [&str; 4] = ["st.attachment", "st.redirect_uri", "st.return", "st.state"];

fn md5_hex(parts: &[&str]) -> String {
    let mut hash = Md5::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    let mut hex = String::with_capacity(32);
    for byte in hash.finalize() {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Returns the `session_secret_key` of a token.
pub(crate) fn session_secret(access_token: &str, app_secret: &str) -> String {
    md5_hex(&[access_token, app_secret])
}

/// Returns the `st.signature` that these parameters must carry.
pub(crate) fn of_request(fields: &Fields, key: &str) -> String {
    let mut parts = Vec::new();
    for name in SIGNED {
        if let Some(value) = fields.get(name) {
            parts.extend([name, "=", value]);
        }
    }
    parts.push(key);
    md5_hex(&parts)
}

/// Returns the `sig` that a REST call must carry. It covers all parameters but `sig`,
/// `access_token` and those in `without`, sorted by name.
pub(crate) fn of_call(fields: &Fields, without: &[&str], key: &str) -> String {
    let unsigned = |name: &str| matches!(name, "sig" | "access_token") || without.contains(&name);
    let mut pairs: Vec<_> = fields
        .0
        .iter()
        .filter(|(name, _)| !unsigned(name))
        .collect();
    pairs.sort();
    let mut parts = Vec::new();
    for (name, value) in pairs {
        parts.extend([name.as_str(), "=", value]);
    }
    parts.push(key);
    md5_hex(&parts)
}

/// Returns the `signature` in the response of a post. OK's formula is not known. An early official
/// SDK had this one: MD5 of `id=`, the topic id, and the signature of the request.
pub(crate) fn of_post_response(topic_id: &str, request_signature: &str) -> String {
    md5_hex(&["id=", topic_id, request_signature])
}

/// Returns the `sig` in the response of an invite or suggest. OK's formula is not known. This one
/// is in the style of REST: sorted `name=value` pairs, then the key that signed the request.
pub(crate) fn of_invitation_response(selected: &str, state: Option<&str>, key: &str) -> String {
    let mut parts = vec!["code=OK", "selected=", selected];
    if let Some(state) = state {
        parts.extend(["state=", state]);
    }
    parts.push(key);
    md5_hex(&parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(pairs: &[(&str, &str)], key: &str) -> String {
        let pairs = pairs.iter().map(|(n, v)| ((*n).into(), (*v).into()));
        of_request(&Fields(pairs.collect()), key)
    }

    const SESSION: &str = "9f86d081884c7d659a2feaa0c55ad015";
    const APP: &str = "A1B2C3D4E5F60718293A4B5C";

    // The digests come from runs of OK's JavaScript kit and from an independent MD5.
    #[test]
    fn known_digests() {
        assert_eq!(request(&[], SESSION), "82599137a1907ce221403cfc29efaab6");
        assert_eq!(
            request(&[("st.return", "http://127.0.0.1:8080/invite")], SESSION),
            "df0943e1080afc3ef305e60d9d7ac15e"
        );
        assert_eq!(
            request(&[("st.state", "abc123")], SESSION),
            "ead0a39582a389822b263ef28521b5bc"
        );
        assert_eq!(
            request(
                &[
                    (
                        "st.attachment",
                        "eyJtZWRpYSI6W3sidHlwZSI6InRleHQiLCJ0ZXh0IjoiaGVsbG8gd29ybGQhIn1dfQ=="
                    ),
                    ("st.return", "http://127.0.0.1:8080/ok/callback"),
                ],
                SESSION
            ),
            "1f088500a8bf0bd8e4738868c75a6ea9"
        );
    }

    #[test]
    fn order_and_unsigned_parameters_do_not_matter() {
        let state = ("st.state", "уровень");
        let back = ("st.return", "https://game.example/cb");
        let expected = "b83e86d9ff914628be20f5c2dbc310c4";
        assert_eq!(request(&[state, back], SESSION), expected);
        let other = ("st.custom_args", "gift=1");
        assert_eq!(request(&[back, other, state], SESSION), expected);
    }

    #[test]
    fn all_four_in_code_point_order() {
        assert_eq!(
            request(
                &[
                    ("st.return", "https://game.example/s"),
                    ("st.state", "z"),
                    ("st.redirect_uri", "okgame://s"),
                ],
                "6d0b9c5598febb3653f523a2c951704a"
            ),
            "c2dd3a3b46b5ae68701dea3bd4b2a11c"
        );
    }

    #[test]
    fn session_secret_of_a_token() {
        assert_eq!(
            session_secret("tkn1aBcDeF", APP),
            "7c43b97a09016d3ff323764891ed47ad"
        );
    }

    #[test]
    fn candidates_for_responses() {
        assert_eq!(
            of_post_response("67601133491473", "3376addb9cea8b34daebff00b3c26903"),
            "2d0a0fb175e102597302505c6ad7bc3c"
        );
        assert_eq!(
            of_invitation_response("[3154325,435345]", None, "6d0b9c5598febb3653f523a2c951704a"),
            "8e715d77da2ceb51d8e335a951609da2"
        );
    }
}
