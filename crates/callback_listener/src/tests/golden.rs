//! The responses, byte for byte. `UPDATE_GOLDEN=1` writes the files again.

use std::{fmt::Write as _, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::RefusedCallback;
use test_support::reliability::measured;

fn golden(name: &str, now: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, now).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == now, "{name} has changed; it would be:\n{now}");
}

fn head(response: &Response) -> String {
    let text = std::str::from_utf8(response.bytes()).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    head.replace("\r\n", "\n")
}

#[test]
fn the_headers_are_as_agreed() {
    let mut text = String::new();
    let mut add = |name: &str, response: &Response| {
        writeln!(text, "# {name}\n{}\n", head(response)).unwrap();
    };
    for page in [Page::Completed, Page::Relay] {
        add(page.name(), &Response::page(200, page, &Texts::ENGLISH));
    }
    add("response of /f", &Response::name(200, Page::Completed));
    let page = PageUrl::new("https://service.example/".to_owned()).unwrap();
    add("redirect", &Response::redirect(&page));
    add(
        "method",
        &Response::method("OPTIONS", "GET", &Texts::ENGLISH),
    );
    add(
        "method HEAD",
        &Response::method("HEAD", "GET", &Texts::ENGLISH),
    );
    let without_response = [
        RefusedCallback::Method,
        RefusedCallback::Slow,
        RefusedCallback::Evicted,
        RefusedCallback::HungUp,
    ];
    for reason in RefusedCallback::ALL
        .into_iter()
        .filter(|r| !without_response.contains(r))
    {
        add(reason.as_str(), &Response::refused(reason, &Texts::ENGLISH));
    }
    assert!(
        !text.contains("Access-Control")
            && !text.contains("\nServer:")
            && !text.contains("\nDate:")
    );
    golden("headers.txt", &text);
}

#[test]
fn the_policy_allows_exactly_our_style_and_script() {
    for page in Page::ALL {
        for texts in [&Texts::ENGLISH, &RUSSIAN] {
            let (html, policy) = (page.html(texts), page.policy());
            for (tag, rule) in [("style", "style-src"), ("script", "script-src")] {
                let parts: Vec<_> = html.split(&format!("<{tag}>")).skip(1).collect();
                let hashes: Vec<_> = parts
                    .iter()
                    .map(|part| {
                        let (inside, _) = part.split_once(&format!("</{tag}>")).unwrap();
                        format!("'sha256-{}'", STANDARD.encode(Sha256::digest(inside)))
                    })
                    .collect();
                let allowed = match hashes.as_slice() {
                    [] => "'none'".to_owned(),
                    [one] => one.clone(),
                    _ => panic!("{page:?} has several of <{tag}>"),
                };
                assert!(
                    policy.contains(&format!("; {rule} {allowed};")),
                    "{page:?}: {rule} {allowed}"
                );
            }
            let relays = matches!(page, Page::Relay | Page::LoginFailed);
            assert_eq!(policy.contains("connect-src 'self'"), relays);
            // What the policy would stop anyway, and so would not work.
            for never in [
                " style=",
                " onclick=",
                " onload=",
                "<script ",
                "<style ",
                "http:",
                "//",
            ] {
                let outside = html.replace(include_str!("../../pages/relay.js"), "");
                assert!(!outside.contains(never), "{page:?} has {never}");
            }
        }
    }
}

#[test]
fn every_page_is_whole() {
    let mut seen = std::collections::HashSet::new();
    for page in Page::ALL {
        let html = html(page);
        assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"));
        for part in [
            "width=device-width",
            "<link rel=\"icon\" href=\"data:,\">",
            "<h1>",
            "prefers-color-scheme",
        ] {
            assert!(html.contains(part), "{page:?} lacks {part}");
        }
        assert!(seen.insert(html), "{page:?} is the same as another");
    }
}

/// Whatever `/f` can respond, the relay page has a text for it; and without its script it claims
/// nothing.
#[test]
fn the_relay_page_has_all_texts() {
    for texts in [&Texts::ENGLISH, &RUSSIAN] {
        let relay = Page::Relay.html(texts);
        for page in [
            Page::Completed,
            Page::Cancelled,
            Page::Refused,
            Page::NotApproved,
            Page::Invalid,
            Page::AlreadyFinished,
            Page::NotFound,
            Page::Nothing,
        ] {
            let html = page.html(texts);
            let (_, text) = html.split_once("<main>\n").unwrap();
            let text = text.strip_suffix("</main>\n").unwrap();
            let section = format!("<section id=\"{}\" hidden>\n{text}</section>", page.name());
            assert!(relay.contains(&section), "{page:?}");
        }
        let visible: Vec<_> = relay
            .split("<section ")
            .filter(|s| s.starts_with("id=\"") && !s.contains(" hidden>"))
            .collect();
        assert_eq!(visible.len(), 1);
        assert!(visible[0].starts_with("id=\"no-script\""));
        for id in ["wait", "lost", "unsure", "nothing", "login-failed"] {
            assert!(relay.contains(&format!("<section id=\"{id}\" hidden>")));
        }
    }
}

/// Strings that would do something if a page wrote them back.
fn scripts() -> Vec<String> {
    let bases = [
        "<script>alert(1)</script>",
        "\"><script>alert(1)</script>",
        "'><img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "javascript:alert(1)",
        "</title><script>1</script>",
        "</style><b>",
        "{{7*7}}",
        "${7*7}",
        "<%= 7 %>",
        "--><script>1</script>",
        "<iframe src=//evil.example>",
        "<meta http-equiv=refresh content=0>",
        "<base href=//evil.example>",
        "&lt;script&gt;",
        "%3Cscript%3E1%3C/script%3E",
        "%253Cscript%253E",
        "\\u003cscript\\u003e",
        "+ADw-script+AD4-",
        "<a href=javascript:1>x</a>",
        "\"onfocus=alert(1) autofocus=\"",
        "`-alert(1)-`",
        "';alert(1)//",
        "</section><section>",
        "]]><script>",
        "<!--",
        "<template>",
        "\"}</script>",
        "data:text/html,x",
        "completed",
    ];
    let mut all = Vec::new();
    for (number, base) in bases.iter().cycle().take(2000).enumerate() {
        all.push(match number / bases.len() % 6 {
            0 => (*base).to_owned(),
            1 => base.to_uppercase(),
            2 => base.bytes().map(|b| format!("%{b:02X}")).collect(),
            3 => format!("{number}{base}"),
            4 => base
                .chars()
                .flat_map(|c| [c, char::from(b'a' + (number % 26) as u8)])
                .collect(),
            _ => base.repeat(1 + number % 7),
        });
    }
    all
}

#[test]
fn pages_reflect_nothing() {
    let mut world = World::new();
    let pending = world.add(1);
    let other = world.add(2);
    let now = world.now;
    world.handler.table().retire(other.id, now, MINUTE, false);
    let page = |status, page| {
        Response::page(status, page, &Texts::ENGLISH)
            .bytes()
            .to_vec()
    };
    let name = |status, page| Response::name(status, page).bytes().to_vec();
    let relay = page(200, Page::Relay);
    let (bad, lost) = (page(400, Page::BadRequest), page(421, Page::BadRequest));
    let unknown = page(404, Page::NotFound);
    let finished = page(200, Page::AlreadyFinished);
    let not_allowed = Response::method("PUT", "GET, POST", &Texts::ENGLISH)
        .bytes()
        .to_vec();
    let live = &pending.return_token;
    let scripts = scripts();
    assert_eq!(scripts.len(), 2000);
    let mut compared = 0;
    for script in &scripts {
        // Blanks and broken escapes have tests of their own.
        let plain = script.replace([' ', '#'], "");
        let path = plain.replace(['%', '?'], "");
        let method: String = script.chars().filter(char::is_ascii_alphanumeric).collect();
        let headers = |name: &str| {
            format!("GET /r/{live} HTTP/1.1\r\nHost: {HOST}\r\n{name}: {script}\r\n\r\n")
                .into_bytes()
        };
        let table = [
            (get(HOST, &format!("/r/{live}?{plain}")), &relay),
            (get(HOST, &format!("/r/{live}?x={plain}")), &relay),
            (get(HOST, &format!("/{path}")), &unknown),
            (get(HOST, &format!("/r/{path}?{plain}")), &unknown),
            (get(HOST, &format!("/go/{path}")), &unknown),
            (
                get(HOST, &format!("/r/{}?{plain}", other.return_token)),
                &finished,
            ),
            (get(&path, "/"), &lost),
            (headers("Referer"), &relay),
            (headers("User-Agent"), &relay),
            (headers("Cookie"), &relay),
            (headers("Accept-Language"), &relay),
            (headers("X-Forwarded-For"), &relay),
            (headers("<script>"), &bad),
            (get(HOST, &format!("/{path} {script}")), &bad),
            (
                post(HOST, &format!("/f/{live}"), script),
                &name(200, Page::Nothing),
            ),
            (
                post(HOST, &format!("/f/{}", other.return_token), script),
                &name(200, Page::AlreadyFinished),
            ),
            (
                format!("X{method} /{path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n").into_bytes(),
                &not_allowed,
            ),
        ];
        for (request, expected) in table {
            let response = world.send(&request);
            assert!(
                response == *expected,
                "{}",
                String::from_utf8_lossy(&request)
            );
            compared += 1;
        }
    }
    let events = world.take();
    assert_eq!(events, [CallbackEvent::UnexpectedCallback(pending.id)]);
    // A whole response may hold anything; the page stays the same.
    let response = world.get(&format!("/r/{live}?code={}", scripts[0].replace(' ', "")));
    assert!(response == page(200, Page::Completed));
    measured(
        16,
        format!(
            "{} texts in {} fields: the same bytes",
            scripts.len(),
            compared / scripts.len()
        ),
    );
}
