//! Widget requests that fail a check get OK's code and name, and change nothing.

mod common;

use common::{Game, encode, get, pairs, signed, value, widget_url};
use odnoklassniki_sandbox::{Application, DEMO_ACCESS_TOKEN, PageKind, Player, Sandbox};
use serde_json::Value;

/// Spoils a good URL.
type Spoil = fn(&str) -> String;

#[test]
fn an_invitation_is_refused_with_name_and_code() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let good = signed(
        &sandbox,
        PageKind::Invite,
        &[("st.return", &game.url), ("st.state", "s")],
    );
    let spoils: [(&str, &str, Spoil); 7] = [
        ("104", "PARAM_SIGNATURE", |link| {
            link.replace("st.signature=", "st.signature=0")
        }),
        ("104", "PARAM_SIGNATURE", |link| {
            link.replace("st.signature=", "other=")
        }),
        ("104", "PARAM_SIGNATURE", |link| {
            link.replace("st.state=s", "st.state=t")
        }),
        ("900", "NO_SUCH_APP", |link| {
            link.replace("st.app=", "st.app=9")
        }),
        ("103", "PARAM_SESSION_KEY", |link| {
            link.replace("tkn1", "tkn2")
        }),
        ("100", "PARAM", |link| format!("{link}&st.popup=perhaps")),
        ("110", "PARAM_USER_ID", |link| {
            format!("{link}&st.target=me")
        }),
    ];
    for (code, name, spoil) in spoils {
        let played = Player::accept().play(&spoil(&good)).unwrap();
        assert_eq!(
            (played.title.as_str(), played.pressed),
            ("Back in the game", false)
        );
        let callback = game.callback();
        assert_eq!(value(&callback, "code"), name);
        assert_eq!(value(&callback, "error_code"), code);
        assert!(!value(&callback, "error_msg").is_empty());
        assert!(!value(&callback, "state").is_empty());
        let result: Value = serde_json::from_str(value(&callback, "result")).unwrap();
        assert_eq!(result["code"], name);
        assert_eq!(result["error_code"], code);
        let seen = sandbox.requests().pop().unwrap();
        assert_eq!(seen.refused, Some(code.parse().unwrap()));
        assert_eq!((seen.kind, seen.name), (Some(PageKind::Invite), name));
    }
}

#[test]
fn a_post_is_refused_in_its_own_shape() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let back = ("st.return", game.url.as_str());
    let attachment = |text| ("st.attachment", text);
    let poll = r#"{"media":[{"type":"poll","question":"q","answers":[{"text":"only"}]}]}"#;
    let link = r#"{"media":[{"type":"link","url":"nowhere"}]}"#;
    for (code, extra) in [
        (100, vec![back, attachment("{}")]),
        (100, vec![back, attachment("not base64!")]),
        (100, vec![back, attachment("bm90IGpzb24=")]),
        (100, vec![back, attachment("")]),
        (100, vec![back, attachment(poll)]),
        (607, vec![back, attachment(link)]),
        (160, vec![back, ("st.groupId", "castle")]),
        (100, vec![back, ("st.utext", "yes")]),
    ] {
        let link = signed(&sandbox, PageKind::Post, &extra);
        Player::accept().play(&link).unwrap();
        let callback = game.callback();
        assert_eq!(callback.len(), 1);
        let result: Value = serde_json::from_str(value(&callback, "result")).unwrap();
        assert_eq!(result["type"], "error");
        assert_eq!(result["code"], code, "{extra:?}");
        assert!(result["message"].is_string());
    }
    let spoilt =
        signed(&sandbox, PageKind::Post, &[back]).replace("st.signature=", "st.signature=0");
    Player::accept().play(&spoilt).unwrap();
    let expected = r#"{"type":"error","code":104,"message":"Bad signature "}"#;
    assert_eq!(value(&game.callback(), "result"), expected);
    assert!(sandbox.feed().is_empty());
}

#[test]
fn without_a_return_url_the_page_says_it() {
    let sandbox = Sandbox::start().unwrap();
    let app = sandbox.app().id.to_string();
    let (cmd, app) = (("st.cmd", "WidgetInvite"), ("st.app", app.as_str()));
    for (query, code, name) in [
        (vec![], "100", "PARAM"),
        (vec![cmd], "100", "PARAM"),
        (vec![("st.cmd", "WidgetDance"), app], "130", "PARAM_WIDGET"),
        (vec![cmd, ("st.app", "x")], "100", "PARAM"),
        (vec![cmd, ("st.app", "5")], "900", "NO_SUCH_APP"),
        (vec![cmd, app], "104", "PARAM_SIGNATURE"),
        (
            vec![cmd, app, ("st.return", "javascript:alert(1)")],
            "100",
            "PARAM",
        ),
        (
            vec![cmd, app, ("st.return", "data:text/html,x")],
            "100",
            "PARAM",
        ),
        (vec![cmd, app, ("st.return", "/feed")], "100", "PARAM"),
        (
            vec![cmd, app, ("st.redirect_uri", "undefined")],
            "100",
            "PARAM",
        ),
    ] {
        let (status, location, page) = get(&widget_url(&sandbox, &query));
        assert_eq!((status, location.as_str()), (200, ""), "{query:?}");
        assert!(page.contains(&format!("<b>{code}</b> {name}")), "{query:?}");
        assert!(page.contains("data-message="));
    }
    // The page says what the game had to sign, but shows no key.
    let (_, _, page) = get(&widget_url(&sandbox, &[cmd, app, ("st.state", "x")]));
    assert!(page.contains("lower-case MD5 over st.state, then"));
    assert!(!page.contains(&sandbox.app().secret_key));
}

#[test]
fn broken_queries_are_refused_not_fatal() {
    let sandbox = Sandbox::start().unwrap();
    let deep = encode(&format!("{{\"media\":{}", "[".repeat(10_000)));
    for query in [
        "%".to_owned(),
        "st.cmd=%FF".to_owned(),
        "st.cmd=%zz&st.app=1".to_owned(),
        "&&&===".to_owned(),
        "a=b&".repeat(5_000),
        format!("st.cmd=WidgetMediatopicPost&st.app=512000000001&st.attachment={deep}"),
        format!("st.cmd=WidgetInvite&st.app={}", "9".repeat(30_000)),
    ] {
        let (status, _, page) = get(&format!("{}/dk?{query}", sandbox.url()));
        assert_eq!(status, 200);
        assert!(page.contains("Refused"));
    }
    assert_eq!(get(&format!("{}/feed", sandbox.url())).0, 200);
}

/// The signatures are from OK's own kits, or made by hand, for another application.
#[test]
fn known_signatures_of_another_application() {
    let sandbox = Sandbox::builder()
        .app(Application::new(
            512_000_123_456,
            "CBAPUBLICKEYBABABA",
            "A1B2C3D4E5F60718293A4B5C",
        ))
        .start()
        .unwrap();
    let app = ("st.app", "512000123456");
    let post = ("st.cmd", "WidgetMediatopicPost");
    let hello = ("st.attachment", common::HELLO);
    let back = ("st.return", "https://game.example/ok");
    let pass = |query: &[(&str, &str)]| {
        let (_, _, page) = get(&widget_url(&sandbox, query));
        assert!(page.contains("id=\"widget\""), "{query:?}");
    };
    pass(&[
        post,
        app,
        hello,
        ("st.signature", "b40d9e49ac8a9e34860019c032274e34"),
    ]);
    pass(&[
        post,
        app,
        hello,
        back,
        ("st.signature", "3376addb9cea8b34daebff00b3c26903"),
    ]);
    let invite = ("st.cmd", "WidgetInvite");
    let bare = ("st.signature", "4847d5dc56ee4e348cf63aec85eed41a");
    pass(&[invite, app, bare]);
    pass(&[
        invite,
        app,
        bare,
        ("st.custom_args", "ref=1"),
        ("st.target", "561348705024"),
        ("st.comment", "Привет"),
    ]);
}

#[test]
fn known_signatures_of_a_session() {
    let sandbox = Sandbox::builder()
        .app(Application::new(
            512_000_123_456,
            "CBAPUBLICKEYBABABA",
            "0F1E2D3C4B5A69788796A5B4",
        ))
        .access_token("tkn1ZxYwVu-TsRqPo_NmLkJi.HgFe")
        .start()
        .unwrap();
    let app = ("st.app", "512000123456");
    let token = ("st.access_token", "tkn1ZxYwVu-TsRqPo_NmLkJi.HgFe");
    for (cmd, extra, signature) in [
        (
            "WidgetInvite",
            vec![("st.return", "okwidget://widgetinvite")],
            "e733e35739c45ec8a15b04a0c41a2144",
        ),
        (
            "WidgetInvite",
            vec![
                ("st.return", "http://127.0.0.1:8123/ok/invite"),
                ("st.state", "n0nce-42"),
            ],
            "2d0d58561b95c125882d10f0e0bf7824",
        ),
        (
            "WidgetSuggest",
            vec![("st.return", "okwidget://widgetsuggest")],
            "d29cdaf8ce2cf5d1117465ab39dd81b9",
        ),
        (
            "WidgetMediatopicPost",
            vec![
                ("st.attachment", common::HELLO),
                ("st.redirect_uri", "ok512000123456://WidgetMediatopicPost"),
            ],
            "7b0f2caacb2beec2b5e90b779b0d90a4",
        ),
    ] {
        let query = [
            &[("st.cmd", cmd), app, token, ("st.signature", signature)],
            extra.as_slice(),
        ]
        .concat();
        let (_, _, page) = get(&widget_url(&sandbox, &query));
        assert!(page.contains("id=\"widget\""), "{query:?}: {page}");
    }
}

#[test]
fn records_hold_no_secret() {
    let sandbox = Sandbox::start().unwrap();
    get(&signed(&sandbox, PageKind::Invite, &[]).replace("st.signature=", "st.signature=0"));
    get(&signed(&sandbox, PageKind::Invite, &[]).replace("tkn1", "canary"));
    let seen = format!("{:?}", sandbox.requests());
    let session = sandbox.session();
    let shown = format!("{seen}{sandbox:?}{session:?}");
    for secret in [
        DEMO_ACCESS_TOKEN,
        &sandbox.app().secret_key,
        &session.session_secret_key,
        "canary",
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn the_callback_keeps_the_query_of_the_return_url() {
    let sandbox = Sandbox::start().unwrap();
    let link = signed(
        &sandbox,
        PageKind::Invite,
        &[
            ("st.return", "http://127.0.0.1:9/r?keep=%2F#end"),
            ("st.nohead", "?"),
        ],
    );
    let (status, location, _) = get(&link);
    assert_eq!(status, 303);
    let rest = location
        .strip_prefix("http://127.0.0.1:9/r?keep=%2F&")
        .unwrap();
    assert_eq!(
        value(&pairs(rest.strip_suffix("#end").unwrap()), "code"),
        "PARAM"
    );
}
