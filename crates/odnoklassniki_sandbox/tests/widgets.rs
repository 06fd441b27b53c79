//! The three widgets, with the built-in player and by hand.

mod common;

use base64::Engine as _;
use common::{Game, HELLO, get, get_in, md5_hex, page_id, pairs, send, signed, value};
use odnoklassniki_sandbox::{PageKind, Player, Sandbox};
use serde_json::Value;

#[test]
fn an_invite_reaches_the_chosen_friends() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let friends = sandbox.friends();
    let target = format!("{},{}", friends[2].id, friends[4].id);
    let link = signed(
        &sandbox,
        PageKind::Invite,
        &[
            ("st.return", &game.url),
            ("st.state", "n0nce"),
            ("st.target", &target),
            ("st.custom_args", "room=7&x=я"),
            ("st.comment", "Привет"),
        ],
    );
    let played = Player::accept().play(&link).unwrap();
    assert!(played.pressed);
    assert_eq!(
        (played.status, played.title.as_str()),
        (200, "Back in the game")
    );

    let callback = game.callback();
    assert_eq!(value(&callback, "code"), "OK");
    assert_eq!(value(&callback, "selected"), format!("[{target}]"));
    assert_eq!(value(&callback, "state"), "n0nce");
    let result: Value = serde_json::from_str(value(&callback, "result")).unwrap();
    assert_eq!(
        result,
        serde_json::json!({"code": "OK", "selected": format!("[{target}]")})
    );
    let key = sandbox.session().session_secret_key;
    let check = md5_hex(&format!("code=OKselected=[{target}]state=n0nce{key}"));
    assert_eq!(value(&callback, "sig"), check);

    let inbox = sandbox.inbox(friends[2].id);
    assert_eq!(inbox.len(), 1);
    assert_eq!(inbox[0].kind, PageKind::Invite);
    assert_eq!(
        (inbox[0].comment.as_str(), inbox[0].to),
        ("Привет", friends[2].id)
    );
    assert_eq!(inbox[0].custom_args.as_deref(), Some("room=7&x=я"));
    assert!(sandbox.inbox(friends[0].id).is_empty());
}

#[test]
fn a_player_chooses_the_first_two_friends_and_writes() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let link = signed(
        &sandbox,
        PageKind::Suggest,
        &[("st.return", &game.url), ("st.comment", "old")],
    );
    Player::accept()
        .comment("new \"<b>\" & 'x'")
        .play(&link)
        .unwrap();
    let friends = sandbox.friends();
    let callback = game.callback();
    assert_eq!(
        value(&callback, "selected"),
        format!("[{},{}]", friends[0].id, friends[1].id)
    );
    assert!(!callback.iter().any(|(name, _)| name == "state"));
    assert_eq!(sandbox.inbox(friends[1].id)[0].comment, "new \"<b>\" & 'x'");
}

#[test]
fn a_cancelled_invitation_and_a_cancelled_post() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let text = "Operation was cancelled by user";
    for kind in [PageKind::Invite, PageKind::Suggest] {
        let link = signed(&sandbox, kind, &[("st.return", &game.url)]);
        assert!(Player::cancel().play(&link).unwrap().pressed);
        let callback = game.callback();
        assert_eq!(value(&callback, "code"), "CANCELLED");
        assert_eq!(value(&callback, "error_code"), "12");
        assert_eq!(value(&callback, "error_msg"), text);
        assert_eq!(value(&callback, "message"), text);
        let result: Value = serde_json::from_str(value(&callback, "result")).unwrap();
        assert_eq!(result["error_code"], "12");
        assert_eq!(result["code"], "CANCELLED");
    }
    let link = signed(&sandbox, PageKind::Post, &[("st.return", &game.url)]);
    Player::cancel().play(&link).unwrap();
    let callback = game.callback();
    let expected = format!(r#"{{"type":"error","code":12,"message":"{text}"}}"#);
    assert_eq!(callback, [("result".to_owned(), expected)]);
    assert!(sandbox.feed().is_empty());
}

#[test]
fn a_post_comes_plain_or_as_base64_with_or_without_a_comment() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let encoded = base64::engine::general_purpose::STANDARD.encode(HELLO);
    let player = Player::accept().comment("mine");
    for (attachment, utext) in [(HELLO, "on"), (encoded.as_str(), "off")] {
        let back = ("st.return", game.url.as_str());
        let link = signed(
            &sandbox,
            PageKind::Post,
            &[back, ("st.attachment", attachment), ("st.utext", utext)],
        );
        player.play(&link).unwrap();
        let callback = game.callback();
        let result: Value = serde_json::from_str(value(&callback, "result")).unwrap();
        let post = sandbox.feed().into_iter().next().unwrap();
        assert_eq!(result["type"], "success");
        assert_eq!(result["id"], post.id.to_string());
        let (_, signature) = link.split_once("st.signature=").unwrap();
        assert_eq!(
            result["signature"],
            md5_hex(&format!("id={}{signature}", post.id))
        );
        assert_eq!(post.comment, if utext == "on" { "mine" } else { "" });
        assert_eq!(
            (post.text.as_str(), post.attachment.as_str()),
            ("hello", HELLO)
        );
        assert_eq!(post.group_id, None);
    }
    assert_eq!(sandbox.feed().len(), 2);
}

#[test]
fn a_group_post_is_marked() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let link = signed(
        &sandbox,
        PageKind::Post,
        &[("st.return", &game.url), ("st.groupId", "53000000001")],
    );
    assert!(get(&link).2.contains("Castle builders"));
    Player::accept().play(&link).unwrap();
    assert_eq!(sandbox.feed()[0].group_id, Some(53_000_000_001));
    let feed = get(&format!("{}/feed", sandbox.url())).2;
    assert!(feed.contains("Castle builders") && feed.contains("hello"));
}

#[test]
fn a_second_press_of_a_button_changes_nothing() {
    let sandbox = Sandbox::start().unwrap();
    let link = signed(
        &sandbox,
        PageKind::Post,
        &[("st.return", "http://127.0.0.1:9/r")],
    );
    let page = get(&link).2;
    let submit_url = format!("{}/dk/submit", sandbox.url());
    // This page has no comment field, so the sandbox ignores a comment.
    let form = [
        ("page", page_id(&page)),
        ("action", "publish"),
        ("comment", "uninvited"),
    ];
    let first = send(&submit_url, &form);
    assert_eq!(first.0, 303);
    assert_eq!(send(&submit_url, &form), first);
    let cancel = [("page", page_id(&page)), ("action", "cancel")];
    assert_eq!(send(&submit_url, &cancel), first);
    assert_eq!(sandbox.feed().len(), 1);
    assert_eq!(sandbox.feed()[0].comment, "");

    // A reloaded page is another page.
    let again = get(&link).2;
    assert_ne!(page_id(&again), page_id(&page));
    assert_ne!(
        send(
            &submit_url,
            &[("page", page_id(&again)), ("action", "publish")]
        ),
        first
    );
    assert_eq!(sandbox.feed().len(), 2);
}

#[test]
fn buttons_of_unknown_pages_and_unknown_buttons() {
    let sandbox = Sandbox::start().unwrap();
    let url = format!("{}/dk/submit", sandbox.url());
    assert_eq!(send(&url, &[("page", "0"), ("action", "publish")]).0, 410);
    assert_eq!(send(&url, &[("page", "0"), ("action", "explode")]).0, 400);
    assert_eq!(send(&url, &[]).0, 400);
}

#[test]
fn the_player_must_choose_a_friend_of_the_page() {
    let sandbox = Sandbox::start().unwrap();
    let link = signed(
        &sandbox,
        PageKind::Invite,
        &[("st.return", "http://127.0.0.1:9/r")],
    );
    let page = get(&link).2;
    let submit_url = format!("{}/dk/submit", sandbox.url());
    // The last friend plays already and is not on this page.
    let playing = sandbox.friends()[11].id.to_string();
    let form = [
        ("page", page_id(&page)),
        ("action", "publish"),
        ("comment", "typed before"),
        ("friend", "1"),
        ("friend", &playing),
    ];
    let (status, _, again) = send(&submit_url, &form);
    assert_eq!(status, 200);
    assert!(again.contains("Choose at least one friend") && again.contains(">typed before<"));
    assert_eq!(page_id(&again), page_id(&page));
    let friend = sandbox.friends()[0].id.to_string();
    let (status, location, _) = send(
        &submit_url,
        &[
            ("page", page_id(&page)),
            ("action", "publish"),
            ("friend", &friend),
        ],
    );
    assert_eq!(status, 303);
    assert_eq!(
        value(&pairs(location.split_once('?').unwrap().1), "selected"),
        format!("[{friend}]")
    );
}

#[test]
fn the_friends_on_the_page() {
    let sandbox = Sandbox::start().unwrap();
    let friends = sandbox.friends();
    let boxes = |kind, extra: &[(&str, &str)]| {
        let page = get(&signed(&sandbox, kind, extra)).2;
        let all = page.matches("name=\"friend\"").count();
        (all, page.matches(" checked>").count())
    };
    let players = friends.iter().filter(|friend| friend.plays).count();
    assert_eq!(boxes(PageKind::Suggest, &[]), (12, 0));
    assert_eq!(boxes(PageKind::Invite, &[]), (12 - players, 0));
    assert_eq!(
        boxes(PageKind::Invite, &[("st.autosel", "3")]),
        (12 - players, 3)
    );
    let target = friends[1].id.to_string();
    assert_eq!(boxes(PageKind::Suggest, &[("st.target", &target)]), (12, 1));
    let only = [("st.target", target.as_str()), ("st.target_only", "on")];
    assert_eq!(boxes(PageKind::Suggest, &only), (1, 1));
    assert_eq!(
        boxes(
            PageKind::Invite,
            &[("st.target", "5"), ("st.target_only", "on")]
        ),
        (0, 0)
    );
}

#[test]
fn options_of_the_page() {
    let sandbox = Sandbox::start().unwrap();
    let page = |extra: &[(&str, &str)]| get(&signed(&sandbox, PageKind::Post, extra)).2;
    let usual = page(&[]);
    assert!(usual.contains("<header>") && usual.contains("id=\"cancel\""));
    assert!(!usual.contains("<textarea") && !usual.contains("class=\"popup\""));
    assert!(!page(&[("st.nohead", "on")]).contains("<header>"));
    assert!(!page(&[("st.nocancel", "on")]).contains("id=\"cancel\""));
    assert!(page(&[("st.utext", "on")]).contains("<textarea id=\"comment\""));
    assert!(page(&[("st.popup", "on")]).contains("class=\"popup\""));
    assert!(page(&[("st.nohead", "on")]).contains("Sandbox: everything here is made up"));
}

#[test]
fn without_a_return_url_the_page_notifies_the_opening_window() {
    let sandbox = Sandbox::start().unwrap();
    let submit_url = format!("{}/dk/submit", sandbox.url());
    let page = get(&signed(&sandbox, PageKind::Post, &[("st.silent", "on")])).2;
    let (status, _, done) = send(
        &submit_url,
        &[("page", page_id(&page)), ("action", "publish")],
    );
    assert_eq!(status, 200);
    let id = sandbox.feed()[0].id;
    assert!(
        done.contains(&format!("data-message=\"{{&#34;id&#34;:&#34;{id}&#34;}}\"")),
        "{done}"
    );
    assert!(done.contains("data-close=\"true\""));

    let page = get(&signed(&sandbox, PageKind::Suggest, &[])).2;
    let (_, _, done) = send(
        &submit_url,
        &[("page", page_id(&page)), ("action", "cancel")],
    );
    assert!(
        done.contains("&#34;code&#34;:&#34;CANCELLED&#34;")
            && done.contains("data-close=\"false\"")
    );
}

#[test]
fn a_redirect_uri_gets_a_flat_callback() {
    let (sandbox, game) = (Sandbox::start().unwrap(), Game::start());
    let back = [("st.redirect_uri", game.url.as_str())];
    Player::accept()
        .play(&signed(&sandbox, PageKind::Post, &back))
        .unwrap();
    let callback = game.callback();
    assert_eq!(value(&callback, "id"), sandbox.feed()[0].id.to_string());
    assert!(!callback.iter().any(|(name, _)| name == "result"));
    Player::cancel()
        .play(&signed(&sandbox, PageKind::Post, &back))
        .unwrap();
    assert_eq!(value(&game.callback(), "error_code"), "12");
    Player::accept()
        .play(&signed(&sandbox, PageKind::Invite, &back))
        .unwrap();
    let callback = game.callback();
    assert!(value(&callback, "selected").starts_with('['));
    assert!(!callback.iter().any(|(name, _)| name == "result"));
    // Custom schemes are for apps on phones; the sandbox sends the browser there, too.
    let link = signed(
        &sandbox,
        PageKind::Post,
        &[("st.redirect_uri", "ok512://WidgetMediatopicPost")],
    );
    let page = get(&link).2;
    let form = [("page", page_id(&page)), ("action", "publish")];
    let (_, location, _) = send(&format!("{}/dk/submit", sandbox.url()), &form);
    assert!(
        location.starts_with("ok512://WidgetMediatopicPost?id="),
        "{location}"
    );
}

#[test]
fn the_form_may_lead_to_the_return_url_and_nowhere_else() {
    let sandbox = Sandbox::start().unwrap();
    let link = signed(
        &sandbox,
        PageKind::Post,
        &[("st.return", "https://game.example:8443/cb?x=1")],
    );
    let response = common::client().get(&link).call().unwrap();
    let policy = response
        .headers()
        .get("content-security-policy")
        .unwrap()
        .to_str()
        .unwrap();
    assert!(
        policy.contains("form-action 'self' https://game.example:8443;"),
        "{policy}"
    );
    assert!(policy.starts_with("default-src 'none'"));
    assert_eq!(
        response.headers().get("referrer-policy").unwrap(),
        "same-origin"
    );
}

#[test]
fn russian_and_english() {
    let sandbox = Sandbox::start().unwrap();
    let link = signed(&sandbox, PageKind::Invite, &[]);
    let russian = get_in(&link, "ru-RU,ru;q=0.9").2;
    assert!(russian.contains("lang=\"ru\"") && russian.contains("Анна Соколова"));
    assert!(russian.contains("/language/en?back=%2Fdk%3F"));
    let english = get_in(&link, "de").2;
    assert!(english.contains("lang=\"en\"") && english.contains("Anna Sokolova"));
    // The switch of the page wins over the browser's preference.
    let page = common::client()
        .get(&link)
        .header("Accept-Language", "ru")
        .header("Cookie", "ok_sandbox_language=en")
        .call()
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap();
    assert!(page.contains("lang=\"en\""));
}
