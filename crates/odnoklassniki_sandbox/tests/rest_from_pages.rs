//! REST as a page of a game in the browser sees it (CORS).

mod common;

use common::{md5_hex, read};
use odnoklassniki_sandbox::{DEMO_ACCESS_TOKEN, DEMO_PUBLIC_KEY, DEMO_USER_ID, Sandbox};
use ureq::Body;
use ureq::http::Response;

const ORIGIN: &str = "https://game.example";
const ALLOW_ORIGIN: &str = "access-control-allow-origin";

fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    let value = response.headers().get(name);
    value.map(|value| value.to_str().unwrap())
}

/// Returns the parameters of a call, by name.
fn pairs(sandbox: &Sandbox) -> [(&'static str, String); 4] {
    let text = format!("application_key={DEMO_PUBLIC_KEY}method=users.getLoggedInUser");
    let key = sandbox.session().session_secret_key;
    [
        ("method", "users.getLoggedInUser".to_owned()),
        ("application_key", DEMO_PUBLIC_KEY.to_owned()),
        ("access_token", DEMO_ACCESS_TOKEN.to_owned()),
        ("sig", md5_hex(&(text + &key))),
    ]
}

#[test]
fn every_page_may_read_simple_requests() {
    let sandbox = Sandbox::start().unwrap();
    let url = format!("{}/fb.do", sandbox.url());
    let pairs = pairs(&sandbox);
    let query: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let from_page = [("Origin", ORIGIN), ("Sec-Fetch-Site", "cross-site")];
    let mut get = common::client().get(format!("{url}?{}", query.join("&")));
    let mut post = common::client().post(&url);
    for (name, value) in from_page {
        get = get.header(name, value);
        post = post.header(name, value);
    }
    let form = pairs.iter().map(|(name, value)| (*name, value.as_str()));
    for response in [get.call().unwrap(), post.send_form(form).unwrap()] {
        assert_eq!(header(&response, ALLOW_ORIGIN), Some("*"));
        assert_eq!(header(&response, "access-control-allow-credentials"), None);
        let (status, _, text) = read(response);
        assert_eq!((status, text), (200, format!("\"{DEMO_USER_ID}\"")));
    }
}

#[test]
fn an_error_is_readable_and_its_header_is_not_exposed() {
    let sandbox = Sandbox::start().unwrap();
    for path in ["/fb.do", "/api/users/getLoggedInUser", "/api/no/such"] {
        let request = common::client()
            .get(format!("{}{path}", sandbox.url()))
            .header("Origin", ORIGIN);
        let response = request.call().unwrap();
        assert_eq!(header(&response, ALLOW_ORIGIN), Some("*"), "{path}");
        assert!(header(&response, "invocation-error").is_some(), "{path}");
        assert_eq!(header(&response, "access-control-expose-headers"), None);
        assert!(read(response).2.contains("error_code"));
    }
}

#[test]
fn the_browsers_question_is_answered() {
    let sandbox = Sandbox::start().unwrap();
    let ask = |path: &str| {
        let request = common::client()
            .options(format!("{}{path}", sandbox.url()))
            .header("Origin", ORIGIN)
            .header("Access-Control-Request-Method", "GET")
            .header("Access-Control-Request-Headers", "content-type");
        request.call().unwrap()
    };
    for path in ["/fb.do?method=x", "/api/users/getLoggedInUser"] {
        let response = ask(path);
        assert_eq!(response.status(), 204, "{path}");
        assert_eq!(header(&response, ALLOW_ORIGIN), Some("*"));
        let allowed = |name| header(&response, name).unwrap();
        assert_eq!(allowed("access-control-allow-methods"), "GET, POST");
        assert_eq!(allowed("access-control-allow-headers"), "Content-Type");
    }
    // A page gets no answer for anything else: it can send neither the header of a behavior nor
    // exchange a code.
    for path in [
        "/",
        "/dk",
        "/oauth/authorize",
        "/oauth/token.do",
        "/behavior",
    ] {
        let response = ask(path);
        assert_eq!(response.status(), 405, "{path}");
        assert_eq!(header(&response, ALLOW_ORIGIN), None, "{path}");
    }
}

#[test]
fn pages_of_other_sites_reach_nothing_else() {
    let sandbox = Sandbox::start().unwrap();
    for path in [
        "/behavior",
        "/behavior/pages",
        "/oauth/token.do",
        "/dk/submit",
        "/fb.do/x",
    ] {
        let request = common::client()
            .post(format!("{}{path}", sandbox.url()))
            .header("Origin", ORIGIN);
        let response = request.send_form([("a", "b")]).unwrap();
        assert_eq!(response.status(), 403, "{path}");
        assert_eq!(header(&response, ALLOW_ORIGIN), None, "{path}");
    }
    // A foreign name that was bound to this machine is refused at REST, too.
    let request = common::client()
        .get(format!("{}/fb.do", sandbox.url()))
        .header("Host", "game.example");
    let response = request.call().unwrap();
    assert_eq!(response.status(), 421);
    assert_eq!(header(&response, ALLOW_ORIGIN), None);
}
