use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const TOKEN: &str = "okwidget://return/0123456789abcdef0123456789abcdef";

fn show(changes: &[(&str, Value)]) -> Vec<u8> {
    let mut line = json!({
        "v": 1,
        "url": "https://connect.ok.ru/dk?st.cmd=WidgetInvite",
        "returns": [TOKEN],
        "title": "Castle",
        "profile": null,
        "lang": "ru",
    });
    for (name, value) in changes {
        line[*name] = value.clone();
    }
    line.to_string().into_bytes()
}

fn page(changes: &[(&str, Value)]) -> Page {
    match Command::parse(&show(changes)) {
        Ok(Command::Show(page)) => *page,
        other => panic!("{other:?}"),
    }
}

fn refusal(line: &[u8]) -> String {
    match Command::parse(line) {
        Err(bad) => bad.to_string(),
        Ok(command) => panic!("{command:?}"),
    }
}

#[test]
fn a_page_is_read() {
    let page = page(&[("title", json!("a\u{202e}b\nc"))]);
    assert_eq!(page.url, "https://connect.ok.ru/dk?st.cmd=WidgetInvite");
    assert_eq!(page.returns, [TOKEN]);
    assert_eq!(page.title, "abc");
    assert_eq!(page.profile, None);
    assert_eq!(page.language.as_deref(), Some("ru"));
    assert!(matches!(
        Command::parse(br#"{"v":1,"resume":true}"#),
        Ok(Command::Resume)
    ));
}

#[test]
fn return_urls_are_written_as_engines_write_them() {
    let page = page(&[("returns", json!(["HTTPS://OAuth.mycdn.me:443/blank.html"]))]);
    assert_eq!(page.returns, ["https://oauth.mycdn.me/blank.html"]);
}

#[test]
fn another_version_is_refused_whatever_else_it_has() {
    let text = refusal(br#"{"v":2,"page":[]}"#);
    assert!(
        text.contains("version 2") && text.contains("version 1"),
        "{text}"
    );
    for line in [&b"{}"[..], br#"{"v":"1"}"#, br#"{"v":1.5}"#, br#"{"v":-1}"#] {
        assert_eq!(refusal(line), "a line names no version of the protocol");
    }
}

#[test]
fn what_is_no_page_is_refused() {
    for (name, value) in [
        ("url", json!(null)),
        ("url", json!(7)),
        ("url", json!("file:///etc/passwd")),
        ("url", json!("javascript:alert(1)")),
        ("url", json!("okwidget://return/1")),
        ("url", json!("dk")),
        ("returns", json!(null)),
        ("returns", json!([])),
        ("returns", json!([7])),
        ("returns", json!(["javascript:alert(1)"])),
        ("returns", json!(["file:///tmp/x"])),
        ("returns", json!(["okwidget:return"])),
        ("returns", json!(["okwidget://return/1?a=b"])),
        ("returns", json!(["okwidget://return/1#"])),
        ("returns", json!(vec![TOKEN; 17])),
        ("profile", json!("relative")),
        ("lang", json!("")),
        ("lang", json!("ru\u{0}")),
        ("lang", json!(["ru"])),
        ("title", json!(1)),
        ("resume", json!(false)),
    ] {
        let text = refusal(&show(&[(name, value.clone())]));
        assert!(!text.is_empty(), "{name}: {value}");
    }
    assert_eq!(refusal(b""), "a line is not JSON");
    assert_eq!(refusal(b"[]"), "a line is not a JSON object");
}

#[test]
fn a_line_has_one_mebibyte_at_most() {
    let room = MAX_LINE - show(&[("title", json!(""))]).len();
    let largest = show(&[("title", json!("x".repeat(room)))]);
    assert_eq!(largest.len(), MAX_LINE);
    assert!(Command::parse(&largest).is_ok());
    let larger = show(&[("title", json!("x".repeat(room + 1)))]);
    assert_eq!(refusal(&larger), "a line is longer than 1 MiB");

    let room = MAX_LINE - r#"{"returned":""}"#.len();
    let line = Report::Returned(&"x".repeat(room)).line();
    assert_eq!(line.map(|line| line.len()), Some(MAX_LINE + 1));
    assert_eq!(Report::Returned(&"x".repeat(room + 1)).line(), None);
}

#[test]
fn lines_are_read_one_by_one_and_never_without_limit() {
    let mut input = &b"one\n\ntwo"[..];
    let mut lines = Vec::new();
    while let Some(line) = read_line(&mut input).unwrap() {
        lines.push(line);
    }
    assert_eq!(lines, [&b"one"[..], b"", b"two"]);

    let mut endless = io::BufReader::new(io::repeat(b'x'));
    let line = read_line(&mut endless).unwrap().unwrap();
    assert_eq!(line.len(), MAX_LINE + 1);
    assert_eq!(refusal(&line), "a line is longer than 1 MiB");
}

#[test]
fn reports_are_one_line_each() {
    let lines: Vec<_> = [
        Report::Hello,
        Report::Shown,
        Report::At("ok.ru"),
        Report::Returned("okwidget://return/1?a=b#\nc"),
        Report::Closed,
        Report::Failed("no screen"),
    ]
    .iter()
    .map(|report| report.line().unwrap())
    .collect();
    assert_eq!(
        lines.concat(),
        "{\"hello\":1}\n{\"shown\":true}\n{\"at\":\"ok.ru\"}\n\
         {\"returned\":\"okwidget://return/1?a=b#\\nc\"}\n{\"closed\":true}\n\
         {\"failed\":\"no screen\"}\n"
    );
}

#[test]
fn nothing_secret_is_in_debug_or_in_a_refusal() {
    let command = Command::parse(&show(&[("url", json!("https://ok.ru/?CANARY"))]));
    assert!(!format!("{command:?}").contains("CANARY"));
    for line in [
        show(&[("url", json!("ftp://CANARY"))]),
        show(&[("returns", json!(["CANARY"]))]),
        b"{CANARY}".to_vec(),
        br#"{"v":"CANARY"}"#.to_vec(),
    ] {
        assert!(!refusal(&line).contains("CANARY"));
    }
}

proptest! {
    #[test]
    fn no_line_panics(line in vec(any::<u8>(), 0..400)) {
        let _ = Command::parse(&line);
    }

    #[test]
    fn no_json_panics(text in r#"\{"v":1(,"(url|returns|title|profile|lang|resume|x)":("[^"\\]{0,20}"|\[[0-9,]{0,5}\]|null|true|-?[0-9]{1,20}|\{\})){0,6}\}"#) {
        let _ = Command::parse(text.as_bytes());
    }

    #[test]
    fn nested_json_does_not_panic(depth in 0usize..2000, open in "[\\[{]") {
        let _ = Command::parse(open.repeat(depth).as_bytes());
    }

    #[test]
    fn what_returns_is_reported_as_it_is(url in any::<String>()) {
        let line = Report::Returned(&url).line().unwrap();
        prop_assert_eq!(line.find('\n'), Some(line.len() - 1));
        let value: Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(value["returned"].as_str(), Some(url.as_str()));
    }

    #[test]
    fn a_page_that_is_read_leads_to_the_web_only(url in "(https?|file|javascript|okwidget|data):(//)?[a-z0-9./?#@:-]{0,30}") {
        if let Ok(Command::Show(page)) = Command::parse(&show(&[("url", json!(url))])) {
            prop_assert!(page.url.starts_with("http"));
        }
    }
}
