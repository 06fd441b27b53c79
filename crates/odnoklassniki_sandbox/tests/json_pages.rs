//! Pages as JSON, for programs that play the player.

mod common;

use common::{LOGIN, login_url, pairs, signed, value};
use odnoklassniki_sandbox::{PageKind, Sandbox};
use serde_json::{Value, json};

/// A program that reads pages as JSON. It keeps the login cookie.
struct Program {
    cookie: String,
}

/// Status, `Location`, and the JSON of a page.
struct Response {
    status: u16,
    location: String,
    json: Value,
}

impl Program {
    fn new() -> Self {
        Self {
            cookie: String::new(),
        }
    }

    fn open(&self, url: &str) -> Response {
        let request = common::client()
            .get(url)
            .header("Accept", "application/json")
            .header("Accept-Language", "en")
            .header("Cookie", &self.cookie);
        self.read(request.call().unwrap())
    }

    /// Sends the form of a page with a button, and with these of its boxes checked.
    fn press(&mut self, sandbox: &Sandbox, page: &Value, button: &str, boxes: &[&str]) -> Response {
        let form = &page["form"];
        assert!(
            form["buttons"].as_array().unwrap().contains(&button.into()),
            "{form}"
        );
        let name = form["boxes"][0]["name"].as_str().unwrap_or_default();
        let fields = form["fields"].as_object().unwrap().iter();
        let fields = fields.map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
        let boxes = boxes.iter().map(|value| (name, *value));
        let all: Vec<_> = fields.chain(boxes).chain([("action", button)]).collect();
        let url = format!("{}{}", sandbox.url(), form["action"].as_str().unwrap());
        let response = common::client()
            .post(url)
            .header("Accept", "application/json")
            .send_form(all)
            .unwrap();
        if let Some(cookie) = response.headers().get("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        self.read(response)
    }

    fn read(&self, mut response: ureq::http::Response<ureq::Body>) -> Response {
        let header = |name| {
            let value = response.headers().get(name);
            value.map_or("", |value| value.to_str().unwrap()).to_owned()
        };
        let (location, media_type) = (header("location"), header("content-type"));
        let text = response.body_mut().read_to_string().unwrap();
        let json = if location.is_empty() {
            assert_eq!(media_type, "application/json; charset=utf-8", "{text}");
            serde_json::from_str(&text).unwrap()
        } else {
            Value::Null
        };
        Response {
            status: response.status().as_u16(),
            location,
            json,
        }
    }
}

#[test]
fn an_invitation_names_the_friends_and_takes_the_chosen_ones() {
    let sandbox = Sandbox::start().unwrap();
    let friends = sandbox.friends();
    let target = friends[2].id.to_string();
    let url = signed(
        &sandbox,
        PageKind::Invite,
        &[
            ("st.return", "http://127.0.0.1:9/r"),
            ("st.comment", "\"Come\" & play"),
            ("st.target", &target),
        ],
    );
    let mut program = Program::new();
    let mut page = program.open(&url).json;
    assert_eq!(page["title"], "Invite friends · OK sandbox");
    let form = &page["form"];
    let boxes = form["boxes"].as_array().unwrap();
    assert_eq!(boxes.len(), friends.iter().filter(|one| !one.plays).count());
    assert_eq!(
        boxes[2],
        json!({ "name": "friend", "value": target, "label": friends[2].name_en, "checked": true })
    );
    assert_eq!(boxes[0]["checked"], false);
    assert_eq!(form["id"], "widget");
    assert_eq!(form["fields"]["comment"], "\"Come\" & play");
    assert_eq!(form["buttons"], json!(["publish", "cancel"]));

    // With no friend the same page comes again, with the comment as it was typed.
    page["form"]["fields"]["comment"] = "typed before".into();
    let again = program.press(&sandbox, &page, "publish", &[]);
    assert_eq!((again.status, &again.json), (200, &page));
    let first = friends[0].id.to_string();
    let done = program.press(&sandbox, &page, "publish", &[&first]);
    let (_, query) = done.location.split_once('?').unwrap();
    assert_eq!(value(&pairs(query), "selected"), format!("[{first}]"));
    assert_eq!(sandbox.inbox(friends[0].id)[0].comment, "typed before");
}

#[test]
fn a_post_has_a_comment_only_if_the_game_wants_one() {
    let sandbox = Sandbox::start().unwrap();
    let mut program = Program::new();
    for (extra, fields, buttons) in [
        (vec![], 1, json!(["publish", "cancel"])),
        (vec![("st.utext", "on")], 2, json!(["publish", "cancel"])),
        (vec![("st.nocancel", "on")], 1, json!(["publish"])),
    ] {
        let page = program.open(&signed(&sandbox, PageKind::Post, &extra));
        let form = &page.json["form"];
        assert_eq!(form["fields"].as_object().unwrap().len(), fields);
        assert_eq!(form["boxes"], json!([]));
        assert_eq!(form["buttons"], buttons);
    }
    // Without a return URL the last page has the message for the opening window.
    let page = program.open(&signed(&sandbox, PageKind::Post, &[])).json;
    let done = program.press(&sandbox, &page, "publish", &[]).json;
    let id = sandbox.feed()[0].id;
    let message = format!("{{\"id\":\"{id}\"}}");
    let expected =
        json!({ "title": "Published · OK sandbox", "message": message, "refusal": null });
    assert_eq!(done, expected);
}

#[test]
fn a_login_has_two_pages() {
    let sandbox = Sandbox::start().unwrap();
    let mut program = Program::new();
    let url = login_url(&sandbox, &[("scope", "VALUABLE_ACCESS;GET_EMAIL")]);
    let page = program.open(&url).json;
    assert_eq!(page["form"]["id"], "oauth");
    assert_eq!(page["form"]["fields"]["login"], "Sasha Belova");
    assert_eq!(page["form"]["buttons"], json!(["log-in", "deny"]));
    let page = program.press(&sandbox, &page, "log-in", &[]).json;
    assert_eq!(page["title"], "Permissions · OK sandbox");
    assert_eq!(page["form"]["buttons"], json!(["allow", "deny"]));
    // The player cannot take `VALUABLE_ACCESS` out, so there is no box for it.
    let boxes = page["form"]["boxes"].as_array().unwrap();
    assert_eq!(boxes.len(), 1);
    assert_eq!(
        (&boxes[0]["name"], &boxes[0]["value"], &boxes[0]["checked"]),
        (&"scope".into(), &"GET_EMAIL".into(), &true.into())
    );
    let done = program.press(&sandbox, &page, "allow", &["GET_EMAIL"]);
    let fragment = common::returned(&done.location, '#');
    assert_eq!(
        value(&fragment, "permissions_granted"),
        "VALUABLE_ACCESS;GET_EMAIL"
    );
    // Now there is nothing to ask.
    assert!(program.open(&url).location.starts_with(LOGIN));
}

#[test]
fn pages_without_a_form_say_what_is_wrong() {
    let sandbox = Sandbox::start().unwrap();
    let mut program = Program::new();
    let refused = program.open(&common::widget_url(
        &sandbox,
        &[("st.cmd", "WidgetInvite"), ("st.app", "5")],
    ));
    assert_eq!(refused.status, 200);
    assert_eq!(refused.json["title"], "Refused · OK sandbox");
    assert_eq!(refused.json["refusal"]["code"], 900);
    assert_eq!(refused.json["refusal"]["name"], "NO_SUCH_APP");
    let unsure = program.open(&login_url(&sandbox, &[("client_id", "-")]));
    assert_eq!(
        (unsure.status, &unsure.json["error"]),
        (400, &"invalid_request".into())
    );
    let text = unsure.json["error_description"].as_str().unwrap();
    assert!(text.starts_with("client_id is missing"), "{text}");
    let page = json!({
        "form": { "action": "/dk/submit", "fields": { "page": "0" }, "buttons": ["publish"] }
    });
    let old = program.press(&sandbox, &page, "publish", &[]);
    assert_eq!(old.status, 410);
    assert_eq!(old.json["title"], "This page is too old · OK sandbox");
}

#[test]
fn browsers_get_html() {
    let sandbox = Sandbox::start().unwrap();
    let url = signed(&sandbox, PageKind::Invite, &[]);
    for (accept, media_type) in [
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "text/html; charset=utf-8",
        ),
        ("*/*", "text/html; charset=utf-8"),
        (
            "text/html, application/json",
            "application/json; charset=utf-8",
        ),
    ] {
        let response = common::client().get(&url).header("Accept", accept).call();
        let response = response.unwrap();
        assert_eq!(
            response.headers().get("content-type").unwrap(),
            media_type,
            "{accept}"
        );
        assert!(response.headers().contains_key("content-security-policy"));
    }
}
