//! What `token.do` sends, and how long a token lives, however it is written.

use std::time::Duration;

use odnoklassniki::oauth::*;
use odnoklassniki::{CallbackError, ErrorCode, Refusal};

fn granted(pairs: &str) -> Result<TokenGrant, String> {
    let fragment = format!("access_token=t&session_secret_key=s&{pairs}");
    match AuthorizationResponse::from_pairs(&[&fragment]) {
        Ok(AuthorizationResponse {
            authorized: Authorized::Token(grant),
            ..
        }) => Ok(grant),
        other => Err(format!("{other:?}")),
    }
}

fn exchanged(fields: &str) -> Result<TokenResponse, TokenError> {
    TokenResponse::parse(format!(r#"{{"access_token":"t"{fields}}}"#))
}

/// What is written, and how many seconds that are; none if it is not known.
const LIVES: [(&str, Option<u64>); 29] = [
    ("", None),
    (" ", None),
    ("1800", Some(1800)),
    (" 1800 ", Some(1800)),
    ("0", Some(0)),
    ("0001800", Some(1800)),
    ("1800.0", Some(1800)),
    ("1799.9", Some(1799)),
    ("0.5", Some(1)),
    ("0.4", Some(1)),
    ("1e-3", Some(1)),
    ("1e-400", Some(1)),
    ("0.0", Some(0)),
    ("0e9", Some(0)),
    ("1.4", Some(1)),
    ("1.8e3", Some(1800)),
    ("18E+2", Some(1800)),
    ("-1", None),
    ("-0.5", None),
    ("-0", None),
    ("soon", None),
    ("1800s", None),
    ("0x708", None),
    ("NaN", None),
    ("infinity", None),
    ("1.", None),
    ("18446744073709551615", Some(u64::MAX)),
    ("99999999999999999999", Some(u64::MAX)),
    ("1e400", Some(u64::MAX)),
];

#[test]
fn a_life_means_the_same_wherever_it_is_written() {
    let mut wrong = Vec::new();
    for (written, seconds) in LIVES {
        let life = seconds.map(Duration::from_secs);
        let pair = format!(
            "expires_in={}",
            written.replace(' ', "+").replace("E+", "E%2B")
        );
        let mut places = vec![
            ("a fragment", granted(&pair).map(|grant| grant.expires_in)),
            (
                "a text in JSON",
                exchanged(&format!(r#","expires_in":"{written}""#))
                    .map(|response| response.expires_in)
                    .map_err(|e| e.to_string()),
            ),
        ];
        let is_number = written.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && !["0001800", "1800s", "0x708", "1."].contains(&written);
        if is_number {
            let response = exchanged(&format!(r#","expires_in":{written}"#));
            places.push((
                "a number in JSON",
                response
                    .map(|response| response.expires_in)
                    .map_err(|error| error.to_string()),
            ));
        }
        for (place, read) in places {
            if read != Ok(life) {
                wrong.push(format!("{written:?} as {place}: {read:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_expires_in_throws_a_token_away() {
    let mut wrong = Vec::new();
    for fields in [
        "",
        r#","expires_in":null"#,
        r#","expires_in":[1800]"#,
        r#","expires_in":{}"#,
        r#","expires_in":true"#,
    ] {
        if exchanged(fields)
            .as_ref()
            .map(|response| response.expires_in)
            != Ok(None)
        {
            wrong.push(fields.to_owned());
        }
    }
    for pairs in [
        "",
        "expires_in",
        "expires_in=%ff",
        "expires_in=%",
        "expires_in=%u0031",
    ] {
        if granted(pairs).map(|grant| grant.expires_in) != Ok(None) {
            wrong.push(pairs.to_owned());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_recorded_fragment_is_read() {
    let recorded = |scopes: &str| {
        format!(
            "access_token=-s-0aBc.DeF_gHi-JkLm&session_secret_key=0123456789abcdef0123456789abcdef\
             &permissions_granted={scopes}&expires_in=1800"
        )
    };
    let mut wrong = Vec::new();
    for (scopes, expected) in [
        ("VALUABLE_ACCESS", Some(vec![Scope::VALUABLE_ACCESS])),
        (
            "VALUABLE_ACCESS%3BGET_EMAIL",
            Some(vec![Scope::VALUABLE_ACCESS, Scope::GET_EMAIL]),
        ),
        // What cannot be read is not known, and never "none".
        ("VALUABLE_ACCESS%253BGET_EMAIL", None),
        ("", None),
        ("%5B%5D", None),
        (";", None),
        ("%CE%F2", None),
        ("%", None),
        ("null", None),
        ("VALUABLE_ACCESS;GET_EM%CE", None),
    ] {
        let response = AuthorizationResponse::from_pairs(&[&recorded(scopes)]);
        let Ok(AuthorizationResponse {
            authorized: Authorized::Token(grant),
            ..
        }) = response
        else {
            wrong.push(format!("{scopes:?}: {response:?}"));
            continue;
        };
        assert_eq!(grant.access_token.expose(), "-s-0aBc.DeF_gHi-JkLm");
        assert_eq!(
            grant.session_secret_key.expose(),
            "0123456789abcdef0123456789abcdef"
        );
        assert_eq!(grant.expires_in, Some(Duration::from_secs(1800)));
        if grant.scopes != expected {
            wrong.push(format!("{scopes:?}: {:?}", grant.scopes));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn text_for_people_decides_nothing_at_a_login() {
    let state = "9f86d081884c7d659a2feaa0c55ad015";
    let mut wrong = Vec::new();
    for description in [
        "%CE%F2%EC%E5%ED%E0",
        "%u041E%u0442",
        "%D0%9E%D0",
        "%",
        "a%4",
        "",
    ] {
        let pairs = format!("error=access_denied&error_description={description}&state={state}");
        let html = pairs.replace('&', "&amp;");
        let fragment = format!("error=access_denied&error_description={description}");
        let query = format!("state={state}");
        for parts in [
            &[&*pairs][..],
            &[&*html],
            &["", &*pairs],
            &[&*query, &*fragment],
        ] {
            match AuthorizationResponse::from_pairs(parts) {
                Ok(AuthorizationResponse {
                    authorized: Authorized::Refused(error),
                    state: Some(named),
                }) if error.code == OAuthErrorCode::AccessDenied && named == state => {}
                other => wrong.push(format!("{parts:?}: {other:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_decides_a_login_must_be_readable_and_come_once() {
    for bad in [
        "error=access_denied%ff",
        "error=access_denied&state=%ff",
        "access_token=t%ff&session_secret_key=s",
        "access_token=t&session_secret_key=s%",
        "code=c%u0030",
        "code=c&amp;code=d",
        "code=c&amp;code=c",
        "amp;code=c&amp;amp;code=c",
        "code=c&amp;error=access_denied",
        "code=c&state=a&amp;state=b",
        "access_token=t&session_secret_key=s&amp;access_token=u",
    ] {
        let read = AuthorizationResponse::from_pairs(&[bad]);
        assert!(
            matches!(read, Err(CallbackError::Invalid(_))),
            "{bad}: {read:?}"
        );
    }
    let parts = AuthorizationResponse::from_pairs(&["code=c", "amp;code=c"]);
    assert!(matches!(parts, Err(CallbackError::Invalid(_))), "{parts:?}");
}

#[test]
fn what_decides_nothing_and_comes_twice_is_left_out_of_a_login() {
    let grant = granted("expires_in=1&expires_in=2&amp;expires_in=3").expect("a token");
    assert_eq!((grant.expires_in, grant.scopes), (None, None));
    let twice =
        "permissions_granted=VALUABLE_ACCESS&permissions_granted=VALUABLE_ACCESS&expires_in=1800";
    let grant = granted(twice).expect("a token");
    assert_eq!(
        (grant.expires_in, grant.scopes),
        (Some(Duration::from_secs(1800)), None)
    );
    for pairs in [
        &["error=access_denied&error_description=a&error_description=b"][..],
        &[
            "error=access_denied&error_description=a",
            "error_description=b&error_description=c",
        ],
    ] {
        let response = AuthorizationResponse::from_pairs(pairs).map(|response| response.authorized);
        let Ok(Authorized::Refused(error)) = response else {
            panic!("{pairs:?}: {response:?}")
        };
        assert_eq!(
            (error.code, error.description.as_str()),
            (OAuthErrorCode::AccessDenied, "")
        );
    }
    // An error without a name is none beside a success.
    assert!(granted("error=").is_ok() && granted("error").is_ok());
    let code =
        AuthorizationResponse::from_pairs(&["code=c&error="]).map(|response| response.authorized);
    assert!(matches!(code, Ok(Authorized::Code(_))), "{code:?}");
    let alone = AuthorizationResponse::from_pairs(&["error="]).map(|response| response.authorized);
    assert!(matches!(alone, Ok(Authorized::Refused(_))), "{alone:?}");
    assert!(granted("error=&error=").is_err() && granted("error=x").is_err());
}

#[test]
fn a_long_code_beside_a_long_state_is_read() {
    let (code, state) = ("aB3_".repeat(57), "0123456789abcdef".repeat(3));
    let response =
        AuthorizationResponse::from_pairs(&[&format!("code={code}&amp;state={state}")]).unwrap();
    assert!(
        matches!(response.authorized, Authorized::Code(read) if read.expose() == code && code.len() == 228)
    );
    assert_eq!(response.state, Some(state));
}

fn error(body: &str) -> String {
    TokenResponse::parse(body).unwrap_err().to_string()
}

#[test]
fn every_error_of_token_do_is_recognized() {
    let mut wrong = Vec::new();
    for (body, part) in [
        (
            r#"{"error_code":100,"error_msg":"PARAM : Missed required parameter: access_token","error_data":null}"#,
            "100 PARAM: PARAM : Missed required parameter: access_token",
        ),
        (
            r#"{"error_code":"102","error_msg":"x"}"#,
            "102 PARAM_SESSION_EXPIRED: x",
        ),
        (
            r#"{"error_code":102,"error_msg":"\ud83d"}"#,
            "102 PARAM_SESSION_EXPIRED",
        ),
        (
            r#"{"error_description":"Invalid refresh token structure","error":"invalid_token"}"#,
            "invalid_token",
        ),
        (
            r#"{"error_description":"Wrong redirect_uri","error":"invalid_request"}"#,
            "invalid_request: Wrong redirect_uri",
        ),
        ("<html><body>400</body></html>", "not a JSON object"),
        (r#"<?xml version="1.0"?><error/>"#, "not a JSON object"),
        ("", "not a JSON object"),
        ("\u{feff}{\"access_token\":\"t\"}", "not a JSON object"),
        (
            r#"{"error":"invalid_grant","error_description":"Слово \ud83d"}"#,
            "invalid_grant: Слово",
        ),
        (
            r#"{"error":"invalid_grant","error_description":{"ru":"x"}}"#,
            "invalid_grant",
        ),
        (
            "{\"error\":\"invalid_grant\",\"error_description\":\"a\nb\"}",
            "invalid_grant",
        ),
        (r#"{"error":"invalid_grant\ud83d"}"#, "not usable"),
        (r#"{"access_token":"t\ud83d"}"#, "not usable"),
        (r#"{"access_token":"t","access_token":"u"}"#, "not usable"),
        (
            r#"{"error":"invalid_grant","error":"access_denied"}"#,
            "not usable",
        ),
        (r#"{"error_code":{},"error_msg":"x"}"#, "not usable"),
        (r#"{"access_token":"t","error_code":100}"#, "100 PARAM"),
        (
            r#"{"access_token":"t","error":"invalid_grant"}"#,
            "invalid_grant",
        ),
        (r#"{"access_token":"t","error":true}"#, "not usable"),
        (
            r#"{"access_token":"t","error":"","error_code":102}"#,
            "102 PARAM_SESSION_EXPIRED",
        ),
        (
            r#"{"error":"invalid_grant","error_description":"a","error_description":"b"}"#,
            "invalid_grant",
        ),
        (
            r#"{"error_code":102,"error_msg":"a","error_msg":"b"}"#,
            "102 PARAM_SESSION_EXPIRED",
        ),
        (r#"{"error_code":102,"error_code":102}"#, "not usable"),
        (
            r#"{"access_token":"t","refresh_token":"r","refresh_token":"r"}"#,
            "not usable",
        ),
        (r#"{"error_code":0}"#, "not usable"),
    ] {
        match TokenResponse::parse(body) {
            Err(error) if error.to_string().contains(part) => {}
            other => wrong.push(format!("{body}: {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!error("<canary>").contains("canary"));
    assert!(ErrorCode(100).name() == Some("PARAM"));
}

#[test]
fn a_value_beside_a_token_does_not_throw_it_away() {
    let mut wrong = Vec::new();
    for (body, refresh) in [
        (
            r#"{"access_token":"tkn1.a","refresh_token":"r1","token_type":"session"}"#,
            Some("r1"),
        ),
        (
            " \t\r\n{\"access_token\":\"tkn1.a\",\"refresh_token\":\"r1\"}\n",
            Some("r1"),
        ),
        (
            r#"{"access_token":"tkn1.a","refresh_token":null,"error":null,"error_code":null}"#,
            None,
        ),
        (r#"{"access_token":"tkn1.a","refresh_token":7}"#, None),
        (
            r#"{"access_token":"tkn1.a","refresh_token":"r\ud83d"}"#,
            None,
        ),
        (
            r#"{"access_token":"tkn1.a","token_type":"\ud83d","error_description":"\ud83d","x":1e999}"#,
            None,
        ),
        (r#"{"access_token":"tkn1.a","error_code":0}"#, None),
        (
            r#"{"access_token":"tkn1.a","error_code":"0","error":0}"#,
            None,
        ),
        (
            r#"{"access_token":"tkn1.a","error":"","error_code":""}"#,
            None,
        ),
        (
            r#"{"access_token":"tkn1.a","error":false,"error_code":false}"#,
            None,
        ),
        (
            r#"{"access_token":"tkn1.a","expires_in":1,"expires_in":2,"expires_in":3}"#,
            None,
        ),
        (
            r#"{"access_token":"tkn1.a","error_description":1,"error_description":2}"#,
            None,
        ),
    ] {
        match TokenResponse::parse(body) {
            Ok(response)
                if response.access_token.expose() == "tkn1.a" && response.expires_in.is_none() =>
            {
                assert_eq!(
                    response.refresh_token.as_ref().map(|token| token.expose()),
                    refresh,
                    "{body}"
                );
            }
            other => wrong.push(format!("{body}: {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// windows-1251 in a body.
#[test]
fn a_body_that_is_no_utf_8_is_read() {
    let error =
        TokenResponse::parse(b"{\"error\":\"invalid_grant\",\"error_description\":\"\xCE\xF2\"}")
            .unwrap_err();
    assert_eq!(
        error.to_string(),
        "OK refused: invalid_grant: \u{fffd}\u{fffd}"
    );
    let response = TokenResponse::parse(b"{\"access_token\":\"t\",\"x\":\"\xCE\"}").unwrap();
    assert_eq!(response.access_token.expose(), "t");
    for bad in [
        &b"{\"access_token\":\"t\xCE\"}"[..],
        b"{\"error\":\"invalid_grant\xCE\"}",
        b"\xFF\xFE",
    ] {
        assert!(
            matches!(TokenResponse::parse(bad), Err(TokenError::Unreadable(_))),
            "{bad:?}"
        );
    }
    let refusal = Refusal::from_rest(b"{\"error_code\":102,\"error_msg\":\"\xCE\"}").unwrap();
    assert_eq!(
        refusal,
        Refusal::new(ErrorCode::PARAM_SESSION_EXPIRED, "\u{fffd}")
    );
}

#[test]
fn an_error_code_of_nothing_is_no_error_of_rest() {
    for none in [
        r#"{"error_code":0}"#,
        r#"{"error_code":"0"}"#,
        r#"{"error_code":""}"#,
        r#"{"error_code":false}"#,
    ] {
        assert_eq!(Refusal::from_rest(none), None, "{none}");
    }
    let twice = Refusal::from_rest(r#"{"error_code":102,"error_msg":"a","error_msg":"b"}"#);
    assert_eq!(
        twice,
        Some(Refusal::new(ErrorCode::PARAM_SESSION_EXPIRED, ""))
    );
    assert_eq!(
        Refusal::from_rest(r#"{"error_code":102,"error_code":102}"#),
        None
    );
}
