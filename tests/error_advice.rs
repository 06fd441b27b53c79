//! What a developer can get wrong in OK's portal, or copy from the wrong line. Each mistake ends in
//! an error that says what to change and where, and `docs/troubleshooting.md` lists it.

use std::time::Duration;

use bevy_odnoklassniki::protocol::{BackendSignature, ErrorCode, Signer, SigningRequest};
use bevy_odnoklassniki::sandbox::{Application, Sandbox};
use bevy_odnoklassniki::test_kit::{PlayerAction, TestKit};
use bevy_odnoklassniki::{RequestErrorKind, prelude::*};

const TROUBLESHOOTING: &str = include_str!("../docs/troubleshooting.md");

fn invite(kit: &mut TestKit, action: PlayerAction) -> RequestError {
    kit.next_invite(action);
    kit.app.world_mut().write_message(RequestInvite::new());
    kit.run_until_settled();
    kit.messages
        .invites
        .last()
        .and_then(|invite| invite.outcome.error().cloned())
        .expect("a failure")
}

fn accept(kit: &mut TestKit, session: SessionData) {
    kit.app
        .world_mut()
        .resource_mut::<OkSession>()
        .accept(session);
}

/// The sandbox checks each of these signatures, as OK would.
#[test]
fn a_wrong_key_is_called_by_its_name() {
    let mut kit = TestKit::new();
    let (app, token) = (
        kit.sandbox().app().clone(),
        kit.sandbox().session().access_token.clone(),
    );
    let another = "00000000000000000000000000000000".to_owned();
    let given = "session_secret_key is malformed";
    for (key, part) in [
        (app.public_key, given),
        (app.secret_key, given),
        (another, "belongs to this access token"),
    ] {
        accept(
            &mut kit,
            SessionData::new(AccessToken::new(token.as_str()), SessionSecretKey::new(key)),
        );
        let error = invite(&mut kit, PlayerAction::Accept);
        assert_eq!(
            (error.kind(), error.code()),
            (RequestErrorKind::Refused, Some(ErrorCode::PARAM_SIGNATURE))
        );
        assert!(
            error.is_config() && error.advice().contains(part),
            "{}",
            error.advice()
        );
    }
    let backend = move |_: &SigningRequest<'_>| {
        let signature = "00000000000000000000000000000000"
            .parse()
            .expect("a signature");
        Ok(BackendSignature {
            signature,
            access_token: Some(AccessToken::new(token.as_str())),
        })
    };
    let credentials = kit
        .sandbox()
        .credentials()
        .with_signer(Signer::backend(backend));
    kit.app.insert_resource(credentials);
    let error = invite(&mut kit, PlayerAction::Accept);
    assert_eq!(error.code(), Some(ErrorCode::PARAM_SIGNATURE));
    assert!(
        error
            .advice()
            .starts_with("the backend signed with a wrong key"),
        "{}",
        error.advice()
    );
}

#[test]
fn what_ok_refuses_is_followed_by_what_to_change() {
    for (code, part) in [
        (ErrorCode::PERMISSION_DENIED, "RequestLogin::scopes"),
        (ErrorCode::PARAM_PERMISSION, "RequestLogin::scopes"),
        (ErrorCode::PARAM_API_KEY, "public key"),
        (ErrorCode::NO_SUCH_APP, "application id"),
        (
            ErrorCode::PARAM_APPLICATION_DISABLED,
            "switch the application on",
        ),
        (ErrorCode::APP_NO_PLATFORM_ALLOWED, "EXTERNAL"),
        (ErrorCode::PARAM_SESSION_EXPIRED, "RequestLogin"),
        (ErrorCode::PARAM_SESSION_KEY, "clock was set back"),
    ] {
        let error = refused(code);
        assert!(error.advice().contains(part), "{code}: {}", error.advice());
    }
}

fn refused(code: ErrorCode) -> RequestError {
    let error = invite(&mut TestKit::new(), PlayerAction::Refuse(code));
    assert_eq!(
        (error.kind(), error.code()),
        (RequestErrorKind::Refused, Some(code))
    );
    error
}

/// Each row quotes the beginning of the advice that its codes really get.
#[test]
fn the_table_of_codes_in_the_documentation_is_true() {
    let section = TROUBLESHOOTING
        .split("## ")
        .find(|section| section.starts_with("OK codes"))
        .expect("the table");
    let mut rows = 0;
    for row in section
        .lines()
        .filter(|line| line.starts_with('|') && line.contains('`'))
    {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, codes, _, _, advice, ..] = cells[..] else {
            panic!("{row}")
        };
        let codes = codes
            .split([',', '–'])
            .filter_map(|code| code.trim().parse().ok())
            .map(ErrorCode);
        for code in codes.filter(|&code| code != ErrorCode::CANCELLED) {
            let quoted = advice.split('*').nth(1).expect(row).trim_end_matches(" …");
            assert!(
                refused(code).advice().starts_with(quoted),
                "{code}: {quoted}, not {}",
                refused(code).advice()
            );
            rows += 1;
        }
    }
    assert!(rows > 20, "{rows}");
}

#[test]
fn an_application_that_ok_has_not_approved() {
    let mut kit = TestKit::new();
    kit.next_post(PlayerAction::NotApproved);
    kit.app
        .world_mut()
        .write_message(RequestPost::new(Attachment::new().text("x")));
    kit.run_until_settled();
    let error = kit.messages.posts[0]
        .outcome
        .error()
        .expect("nothing was published");
    assert_eq!(error.kind(), RequestErrorKind::NotApproved);
    assert!(
        error.advice().contains("api-support@ok.ru"),
        "{}",
        error.advice()
    );
}

/// Set up as they would be in the portal, not scripted.
#[test]
fn what_the_applications_settings_do_not_allow() {
    for (app, request, part) in [
        (
            Application::demo().client_oauth(false),
            RequestLogin::new(),
            "Client OAUTH",
        ),
        (
            Application::demo().long_access_token(false),
            RequestLogin::new().scopes([Scope::LONG_ACCESS_TOKEN]),
            "OK's support",
        ),
    ] {
        let sandbox = Sandbox::builder().app(app).start().expect("a sandbox");
        let mut player = TestKit::with(|_| {
            OdnoklassnikiPlugin::with_sandbox(sandbox.into())
                .without_session()
                .with_opener(|link: &OneTimeLink| {
                    let played = bevy_odnoklassniki::sandbox::Player::accept().play(link.expose());
                    played
                        .map(drop)
                        .map_err(|error| OpenError::new(error.to_string()))
                })
        });
        player.app.world_mut().write_message(request);
        let error = player.run_until("the refusal", |kit| {
            kit.messages.logins.first()?.outcome.error().cloned()
        });
        assert_eq!(error.kind(), RequestErrorKind::Refused);
        assert!(error.advice().contains(part), "{}", error.advice());
        let name = error.oauth_code().expect("OAuth's name");
        assert!(
            TROUBLESHOOTING.contains(name.as_str()),
            "{name} is in the table"
        );
    }
}

#[test]
fn a_session_that_is_over_at_once_points_to_the_clock() {
    let mut kit = TestKit::new();
    let session = SessionData::new(AccessToken::new("token"), SessionSecretKey::new("key"));
    accept(&mut kit, session.expires_in(Duration::ZERO));
    let error = invite(&mut kit, PlayerAction::Accept);
    assert_eq!(error.kind(), RequestErrorKind::NotLoggedIn);
    assert!(error.advice().contains("clock"), "{}", error.advice());
}
