//! The whole way with the sandbox in OK's place, which checks every signature by its own code.

mod support;

use backend_example::{Config, Instance};
use odnoklassniki::oauth::{
    AuthorizationResponse, AuthorizeRequest, Authorized, Layout, ResponseType, Scope,
};
use odnoklassniki::{
    ApplicationId, ApplicationSecretKey, Attachment, CallbackResult, Hosts, Sent, SessionSecretKey,
    UserId, WidgetCallback as _, check_value,
};
use odnoklassniki_sandbox::{Application, Behavior, Sandbox};
use serde_json::{Value, json};
use support::{REDIRECT_URI, RETURN, STATE, agent, post};
use tempfile::TempDir;
use url::form_urlencoded::Serializer;

/// One to which no code of these tests comes.
const OTHER_REDIRECT_URI: &str = "http://127.0.0.1:17811/other";

struct World {
    sandbox: Sandbox,
    backend: Instance,
    _folder: TempDir,
}

impl World {
    fn start() -> Self {
        let app = Application::demo().redirect_uri(REDIRECT_URI);
        let sandbox = Sandbox::builder()
            .app(app)
            .behavior(Behavior::Accept)
            .start()
            .expect("a sandbox");
        let (folder, place) = support::file();
        let app = sandbox.app();
        let secret = ApplicationSecretKey::new(app.secret_key.as_str());
        let mut config = Config::new(ApplicationId::new(app.id), app.public_key.as_str(), secret);
        config.hosts = Hosts::sandbox(sandbox.url()).expect("a loopback URL");
        config.listen = ([127, 0, 0, 1], 0).into();
        config.redirect_uris = vec![REDIRECT_URI.to_owned(), OTHER_REDIRECT_URI.to_owned()];
        config.place = place;
        let backend = Instance::start(config).expect("a server");
        Self {
            sandbox,
            backend,
            _folder: folder,
        }
    }

    /// Where the sandbox sends the browser.
    fn visit(&self, url: &str) -> String {
        let response = agent().get(url).call().expect("a response");
        let to = response
            .headers()
            .get("location")
            .and_then(|to| to.to_str().ok());
        to.unwrap_or_else(|| panic!("no redirect, but {}", response.status()))
            .to_owned()
    }

    /// A code, as it comes to the game.
    fn code(&self) -> String {
        let request = AuthorizeRequest {
            client_id: ApplicationId::new(self.sandbox.app().id),
            response_type: ResponseType::Code,
            scopes: &[Scope::VALUABLE_ACCESS],
            layout: Layout::Full,
            redirect_uri: REDIRECT_URI,
            state: STATE,
        };
        let hosts = Hosts::sandbox(self.sandbox.url()).expect("a loopback URL");
        let back = self.visit(request.url(&hosts).expect("a URL").expose());
        let (_, query) = back.split_once('?').expect("a query");
        match AuthorizationResponse::from_pairs(&[query])
            .expect("a response")
            .authorized
        {
            Authorized::Code(code) => code.expose().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    fn post(&self, path: &str, token: Option<&str>, body: &Value) -> support::Response {
        post(
            &self.backend.url(),
            path,
            token,
            body.to_string().as_bytes(),
        )
    }

    fn log_in(&self) -> String {
        let response = self.post(
            "/session",
            None,
            &json!({ "code": self.code(), "redirect_uri": REDIRECT_URI }),
        );
        assert_eq!(response.status, 200, "{}", response.text);
        assert_eq!(
            response.body["user_id"],
            self.sandbox.session().user_id.to_string()
        );
        assert_eq!(response.body["expires_in"], 1800);
        assert_eq!(
            response.body.as_object().map(serde_json::Map::len),
            Some(3),
            "nothing else: {}",
            response.text
        );
        response.body["access_token"]
            .as_str()
            .expect("a token")
            .to_owned()
    }

    /// Lets the backend sign, opens the widget with the signature, and gives what comes to the
    /// return URL.
    fn play(&self, widget: &str, command: &str, token: &str, fields: &Value) -> String {
        let app = self.sandbox.app().id.to_string();
        let response = self.post(
            "/sign",
            Some(token),
            &json!({ "widget": widget, "app_id": app, "fields": fields }),
        );
        assert_eq!(response.status, 200, "{}", response.text);
        let signature = response.body["signature"]
            .as_str()
            .expect("a signature")
            .to_owned();
        let mut query = Serializer::new(String::new());
        query
            .append_pair("st.cmd", command)
            .append_pair("st.app", &app);
        for (name, value) in fields.as_object().expect("an object") {
            query.append_pair(name, value.as_str().expect("text"));
        }
        query
            .append_pair("st.signature", &signature)
            .append_pair("st.access_token", token);
        self.visit(&format!("{}/dk?{}", self.sandbox.url(), query.finish()))
    }
}

#[test]
fn from_the_login_to_the_reward() {
    let world = World::start();
    let token = world.log_in();
    for (widget, command) in [("invite", "WidgetInvite"), ("suggest", "WidgetSuggest")] {
        let state = format!("state-of-the-{widget}");
        let back = world.play(
            widget,
            command,
            &token,
            &json!({ "st.return": RETURN, "st.state": state }),
        );
        assert!(back.starts_with(RETURN), "{back}");
        let callback = Sent::from_url(&back).expect("a callback");
        assert_eq!(callback.state.as_deref(), Some(&*state));
        let CallbackResult::Completed(sent) = callback.result else {
            panic!("{back}")
        };
        assert_eq!(sent.users.len(), 2);

        let reward = json!({
            "widget": widget, "users": sent.users, "state": state,
            "check_value": sent.check_value.expect("a check value"),
        });
        let response = world.post("/rewards", Some(&token), &reward);
        assert_eq!(
            (response.status, &response.body),
            (200, &json!({ "granted": 2 })),
            "{}",
            response.text
        );
        assert_eq!(
            world.post("/rewards", Some(&token), &reward).refusal(),
            (409, "already_used")
        );
    }
    let seen = world.sandbox.requests();
    assert!(
        seen.iter().all(|request| request.refused.is_none()),
        "{seen:?}"
    );
}

#[test]
fn a_signed_post_is_published() {
    let world = World::start();
    let token = world.log_in();
    let attachment = Attachment::new().text("Уровень 12!").to_base64();
    let fields = json!({ "st.return": RETURN, "st.attachment": attachment });
    let back = world.play("post", "WidgetMediatopicPost", &token, &fields);
    assert!(back.contains("success"), "{back}");
    assert_eq!(world.sandbox.feed().len(), 1);
}

#[test]
fn what_the_sandbox_refuses_is_told_to_the_game() {
    let world = World::start();
    let code = world.code();
    let exchange = |code: &str| {
        world.post(
            "/session",
            None,
            &json!({ "code": code, "redirect_uri": REDIRECT_URI }),
        )
    };
    assert_eq!(exchange("never-given").refusal(), (401, "log_in_again"));
    let elsewhere = world.post(
        "/session",
        None,
        &json!({ "code": code, "redirect_uri": OTHER_REDIRECT_URI }),
    );
    assert_eq!(elsewhere.refusal(), (401, "log_in_again"));
    assert!(
        elsewhere.text.contains("another redirect URI"),
        "{}",
        elsewhere.text
    );
    assert_eq!(exchange(&code).status, 200);
    assert_eq!(
        exchange(&code).refusal(),
        (401, "log_in_again"),
        "a code is good once"
    );

    let app = world.sandbox.app().id.to_string();
    let sign = |token: &str| {
        let body = json!({ "widget": "invite", "app_id": app, "fields": { "st.return": RETURN, "st.state": STATE } });
        world.post("/sign", Some(token), &body)
    };
    assert_eq!(sign("nobodys-token").refusal(), (401, "log_in_again"));
    let token = world.log_in();
    assert_eq!(sign(&token).status, 200);
    world.sandbox.revoke_tokens();
    assert_eq!(sign(&token).status, 200, "known for five minutes");
}

#[test]
fn who_knows_the_key_of_a_session_forges_nothing() {
    let world = World::start();
    // What OK gives to any program that asks by the token flow.
    let session = world.sandbox.session();
    let token = session.access_token.as_str();
    world.play(
        "invite",
        "WidgetInvite",
        token,
        &json!({ "st.return": RETURN, "st.state": STATE }),
    );
    let friends = [UserId::new(1), UserId::new(2)];
    let forged = check_value::invite_rest(
        &friends,
        Some(STATE),
        &SessionSecretKey::new(session.session_secret_key.as_str()),
    );
    let reward = json!({ "widget": "invite", "users": friends, "state": STATE, "check_value": forged.as_str() });
    assert_eq!(
        world.post("/rewards", Some(token), &reward).refusal(),
        (403, "foreign_token")
    );
}

#[test]
fn a_token_of_another_application_is_good_for_nothing() {
    let world = World::start();
    let (_folder, place) = support::file();
    let app = world.sandbox.app();
    let wrong = ApplicationSecretKey::new("0000000000000000FFFFFFFF");
    let mut config = Config::new(ApplicationId::new(app.id), app.public_key.as_str(), wrong);
    config.hosts = Hosts::sandbox(world.sandbox.url()).expect("a loopback URL");
    config.listen = ([127, 0, 0, 1], 0).into();
    config.redirect_uris = vec![REDIRECT_URI.to_owned()];
    config.place = place;
    let other = Instance::start(config).expect("a server");
    let token = world.log_in();
    let body =
        json!({ "widget": "invite", "app_id": app.id.to_string(), "fields": {} }).to_string();
    let response = post(&other.url(), "/sign", Some(&token), body.as_bytes());
    assert_eq!(response.refusal(), (401, "log_in_again"));
    let body = json!({ "code": world.code(), "redirect_uri": REDIRECT_URI }).to_string();
    assert_eq!(
        post(&other.url(), "/session", None, body.as_bytes()).refusal(),
        (502, "ok_refused")
    );
}
