//! Login: the URLs of `docs/protocol.md`, and everything that may come back.

use std::time::Duration;

use odnoklassniki::oauth::*;
use odnoklassniki::{ApplicationId, CallbackError, Hosts};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

fn read(parts: &[&str]) -> Result<AuthorizationResponse, CallbackError> {
    AuthorizationResponse::from_pairs(parts)
}

fn refused(parts: &[&str]) -> OAuthErrorCode {
    match read(parts).unwrap().authorized {
        Authorized::Refused(error) => error.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_form_of_a_response_is_parsed() {
    let token = "access_token=t.1&session_secret_key=s1&permissions_granted=VALUABLE_ACCESS%3BGET_EMAIL&expires_in=1800";
    for parts in [
        &[token, "state=z"][..],
        &["state=z", token],
        &["", &format!("#{token}&state=z")],
    ] {
        let response = read(parts).unwrap();
        assert_eq!(response.state.as_deref(), Some("z"));
        let Authorized::Token(grant) = response.authorized else {
            panic!("no token")
        };
        assert_eq!(
            (
                grant.access_token.expose(),
                grant.session_secret_key.expose()
            ),
            ("t.1", "s1")
        );
        assert_eq!(grant.expires_in, Some(Duration::from_secs(1800)));
        assert_eq!(
            grant.scopes,
            Some(vec![Scope::VALUABLE_ACCESS, Scope::GET_EMAIL])
        );
    }
    // A registered URL with a query: OK may append with a second question mark.
    let response = read(&["keep=1?code=c0de&state=z"]).unwrap();
    assert!(matches!(response.authorized, Authorized::Code(code) if code.expose() == "c0de"));
    assert_eq!(
        refused(&["error=access_denied&state=z"]),
        OAuthErrorCode::AccessDenied
    );
    assert_eq!(
        refused(&["state=z", "error=access_denied"]),
        OAuthErrorCode::AccessDenied
    );
    assert_eq!(
        refused(&["error=unauthorized_client&error_description=off"]),
        OAuthErrorCode::UnauthorizedClient
    );
    assert_eq!(
        refused(&["error=something+new"]),
        OAuthErrorCode::Other("something new".to_owned())
    );
    // What prints as a known code is that code.
    assert_eq!(
        refused(&["error=access_denied%0a"]),
        OAuthErrorCode::AccessDenied
    );
}

#[test]
fn another_request_is_distinguished_from_a_bad_response() {
    for nothing in [
        "",
        "state=z",
        "utm=1",
        "session_secret_key=s",
        "expires_in=5",
    ] {
        assert_eq!(
            read(&[nothing]).err(),
            Some(CallbackError::Unrecognized),
            "{nothing}"
        );
    }
    for bad in [
        "access_token=t",
        "access_token=&session_secret_key=s",
        "access_token=t&session_secret_key=",
        "access_token=t%0A&session_secret_key=s",
        "access_token=%D1%8F&session_secret_key=s",
        "access_token=t&access_token=t&session_secret_key=s",
        "access_token=t&session_secret_key=s&code=c",
        "access_token=t&session_secret_key=s&error=access_denied",
        "code=c&error=access_denied",
        "code=%",
        "code=%ff",
        "code=",
        "code=a&state=%zz",
    ] {
        assert!(
            matches!(read(&[bad]), Err(CallbackError::Invalid(_))),
            "{bad}"
        );
    }
    assert!(read(&["code=a", "code=a"]).is_err());
    assert!(read(&[&format!("code={}", "a".repeat(17_000))]).is_err());
}

#[test]
fn an_exchange_is_parsed_whatever_the_server_sends() {
    for (body, life) in [
        (r#"{"access_token":"t","expires_in":1800}"#, Some(1800)),
        (
            r#"{"access_token":"t","expires_in":"1800","refresh_token":"r"}"#,
            Some(1800),
        ),
        (r#"{"access_token":"t","expires_in":null,"new":[1]}"#, None),
        (r#"{"access_token":"t","expires_in":"soon"}"#, None),
    ] {
        let response = TokenResponse::parse(body).unwrap();
        assert_eq!(
            (response.access_token.expose(), response.expires_in),
            ("t", life.map(Duration::from_secs)),
            "{body}"
        );
    }
    for bad in [
        "",
        "<html>",
        "[]",
        "{}",
        r#"{"access_token":""}"#,
        r#"{"access_token":7}"#,
        "null",
    ] {
        assert!(
            matches!(TokenResponse::parse(bad), Err(TokenError::Unreadable(_))),
            "{bad}"
        );
    }
    assert!(matches!(
        TokenResponse::parse(r#"{"error":"invalid_client"}"#),
        Err(TokenError::Refused(_))
    ));
}

fn config() -> Config {
    Config {
        rng_seed: RngSeed::Fixed(0x0d_0c1a),
        failure_persistence: None,
        ..Config::default()
    }
}

#[test]
fn what_makes_a_url_too_long_is_named() {
    let long = "a".repeat(8000);
    let ok = Hosts::default();
    let field = |scopes, redirect_uri, state, hosts: &Hosts| {
        let (client_id, response_type, layout) =
            (ApplicationId::new(7), ResponseType::Token, Layout::Full);
        let request = AuthorizeRequest {
            client_id,
            response_type,
            scopes,
            layout,
            redirect_uri,
            state,
        };
        request.url(hosts).unwrap_err().field().to_owned()
    };
    let scopes = vec![Scope::VALUABLE_ACCESS; 1000];
    assert_eq!(field(&scopes, "a:b", "s", &ok), "scope");
    assert_eq!(field(&scopes[..1], &long, "s", &ok), "redirect_uri");
    assert_eq!(field(&scopes[..1], "a:b", &long, &ok), "state");
    let far = Hosts::default()
        .with_connect(&format!("https://game.example/{}", "a".repeat(8000)))
        .unwrap();
    assert_eq!(field(&scopes[..1], "a:b", "s", &far), "hosts.connect");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_url_is_read_back(scopes in prop::collection::vec("[A-Z_]{1,20}", 1..9), state in "[!-~]{1,80}", port: u16) {
        let scopes: Vec<Scope> = scopes.iter().map(|scope| scope.parse().unwrap()).collect();
        let redirect_uri = format!("http://127.0.0.1:{port}/login");
        let request = AuthorizeRequest {
            client_id: ApplicationId::new(7),
            response_type: ResponseType::Token,
            scopes: &scopes,
            layout: Layout::Mobile,
            redirect_uri: &redirect_uri,
            state: &state,
        };
        let built = request.url(&Hosts::default()).unwrap();
        let url = url::Url::parse(built.expose()).unwrap();
        prop_assert_eq!(url.as_str(), built.expose());
        let pair = |name: &str| url.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned();
        prop_assert_eq!(pair("state"), state);
        prop_assert_eq!(pair("redirect_uri"), redirect_uri);
        prop_assert_eq!(pair("scope").split(';').count(), scopes.len());
        prop_assert_eq!(pair("layout"), "m");
    }

    #[test]
    fn any_text_is_parsed_without_panic(parts in prop::collection::vec("(access_token|session_secret_key|code|state|error|expires_in|=|&|%|[?#]|[0-9]{1,22}|\\PC){0,16}", 0..4)) {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        if let Ok(response) = read(&parts) {
            // What is printed of it shows none of it.
            let _ = format!("{response:?}");
        }
    }

    #[test]
    fn any_exchange_is_parsed_without_panic(body in "\\PC{0,200}") {
        _ = TokenResponse::parse(&body);
    }
}
