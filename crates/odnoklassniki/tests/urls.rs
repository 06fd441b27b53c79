//! URLs: every parameter, where the secrets are, what is refused and how the error names it.

use odnoklassniki::*;
use url::Url;

const TOKEN: &str = "canary-token";
const KEY: &str = "canary-key";

fn signer() -> Signer {
    Signer::session(AccessToken::new(TOKEN), SessionSecretKey::new(KEY))
}

fn builder() -> WidgetUrlBuilder {
    WidgetUrlBuilder::new(ApplicationId::new(512_000_123_456))
}

fn pairs(url: &str) -> Vec<(String, String)> {
    Url::parse(url)
        .unwrap()
        .query_pairs()
        .into_owned()
        .collect()
}

fn refused<W: Widget>(widget: &W, return_to: ReturnTo<'_>) -> FieldError {
    match builder().build(widget, return_to, &signer()) {
        Err(UrlError::Field(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn text() -> Attachment {
    Attachment::new().text("a")
}

#[test]
fn every_parameter_of_a_post() {
    let widget = PostWidget::new(text())
        .attachment_encoding(AttachmentEncoding::Plain)
        .user_text(false)
        .group_id("62984239710374")
        .popup(true)
        .nohead(true)
        .silent(true)
        .nocancel(true)
        .state("s t")
        .return_url("okgame://post")
        .redirect_uri("ok1://x")
        .extra("st.theme", "тьма");
    let mut builder = builder();
    let url = builder
        .build(&widget, ReturnTo::default(), &signer())
        .unwrap();
    assert_eq!(
        url.expose(),
        format!(
            "https://connect.ok.ru/dk?st.cmd=WidgetMediatopicPost&st.app=512000123456\
             &st.attachment=%7B%22media%22%3A%5B%7B%22type%22%3A%22text%22%2C%22text%22%3A%22a%22%7D%5D%7D\
             &st.groupId=62984239710374&st.nocancel=on&st.nohead=on&st.popup=on\
             &st.redirect_uri=ok1%3A%2F%2Fx&st.return=okgame%3A%2F%2Fpost&st.silent=on\
             &st.state=s%20t&st.utext=off&st.theme=%D1%82%D1%8C%D0%BC%D0%B0\
             &st.signature={}&st.access_token=canary-token",
            url.signature().as_str()
        )
    );
    let key = SessionSecretKey::new(KEY);
    let sent = pairs(url.expose());
    let sent = sent
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    assert_eq!(url.signature(), &widget_signature(sent, &key));
}

#[test]
fn every_parameter_of_an_invitation() {
    fn all<W: InviteParameters + Widget>(widget: W) -> W {
        widget
            .autosel(3)
            .comment("Заходи & играй")
            .custom_args("room=A1")
            .target([7, 8, 7])
            .target_only(true)
    }
    let expected = "&st.autosel=3&st.comment=%D0%97%D0%B0%D1%85%D0%BE%D0%B4%D0%B8%20%26%20\
        %D0%B8%D0%B3%D1%80%D0%B0%D0%B9&st.custom_args=room%3DA1&st.target=7%2C8&st.target_only=on\
        &st.signature=";
    let mut builder = builder();
    let invite = builder
        .build(&all(InviteWidget::new()), ReturnTo::default(), &signer())
        .unwrap();
    assert!(invite.expose().contains("st.cmd=WidgetInvite&"));
    assert!(invite.expose().contains(expected), "{}", invite.expose());
    let suggest = builder
        .build(&all(SuggestWidget::new()), ReturnTo::default(), &signer())
        .unwrap();
    assert!(suggest.expose().contains("st.cmd=WidgetSuggest&"));
    assert!(suggest.expose().contains(expected), "{}", suggest.expose());
}

#[test]
fn the_given_return_url_and_state_are_sent_and_signed() {
    let return_to = ReturnTo {
        return_url: Some("http://127.0.0.1:8123/ok/invite"),
        state: Some("n0nce-42"),
    };
    let signer = Signer::session(
        AccessToken::new("t"),
        SessionSecretKey::new("6d0b9c5598febb3653f523a2c951704a"),
    );
    let mut builder = builder();
    let url = builder
        .build(&InviteWidget::new(), return_to, &signer)
        .unwrap();
    assert_eq!(url.signature().as_str(), "2d0d58561b95c125882d10f0e0bf7824");
    let sent = pairs(url.expose());
    assert!(sent.contains(&("st.return".into(), "http://127.0.0.1:8123/ok/invite".into())));
    assert!(sent.contains(&("st.state".into(), "n0nce-42".into())));
}

#[test]
fn the_widget_keeps_its_own_state() {
    let return_to = ReturnTo {
        state: Some("theirs"),
        ..ReturnTo::default()
    };
    let mut builder = builder();
    let url = builder
        .build(&InviteWidget::new().state("own"), return_to, &signer())
        .unwrap();
    let states: Vec<_> = pairs(url.expose())
        .into_iter()
        .filter(|(n, _)| n == "st.state")
        .collect();
    assert_eq!(states, [("st.state".into(), "own".into())]);
}

#[test]
fn a_return_url_is_never_overwritten() {
    let return_to = ReturnTo {
        return_url: Some("http://127.0.0.1:1/r/0"),
        ..ReturnTo::default()
    };
    let error = refused(
        &InviteWidget::new().return_url("https://game.example/"),
        return_to,
    );
    assert_eq!(
        (error.field(), error.remedy()),
        ("st.return", "remove return_url()")
    );
    let error = refused(&InviteWidget::new().redirect_uri("ok1://x"), return_to);
    assert_eq!(
        (error.field(), error.remedy()),
        ("st.redirect_uri", "remove redirect_uri()")
    );
}

#[test]
fn what_cannot_be_sent_is_named() {
    let group = Attachment::new().text("a").on_behalf_of_group(true);
    let raw = Attachment::from_json(r#"{"media":[{}],"publishAt":"x"}"#).unwrap();
    let sold = Attachment::from_json(r#"{"media":[{"type":"text"},{"price":1,"type":"product"}]}"#)
        .unwrap();
    let both = Attachment::from_json(r#"{"media":[{}]}"#)
        .unwrap()
        .text("a");
    let invite = InviteWidget::new;
    let none = ReturnTo::default();
    for (error, field) in [
        (
            refused(&PostWidget::new(Attachment::new()), none),
            "st.attachment.media",
        ),
        (
            refused(&PostWidget::new(text().link("x")), none),
            "st.attachment.media[1].url",
        ),
        (
            refused(&PostWidget::new(group), none),
            "st.attachment.onBehalfOfGroup",
        ),
        (
            refused(&PostWidget::new(raw), none),
            "st.attachment.publishAt",
        ),
        (
            refused(&PostWidget::new(sold.clone()), none),
            "st.attachment.media",
        ),
        (refused(&PostWidget::new(both), none), "st.attachment.media"),
        (
            refused(&PostWidget::new(text().product(Product::new(1))), none),
            "st.attachment.media",
        ),
        (
            refused(&PostWidget::new(text()).group_id("club"), none),
            "st.groupId",
        ),
        (
            refused(&invite().target(["1", "friend"]), none),
            "st.target",
        ),
        (refused(&invite().state("комната"), none), "st.state"),
        (refused(&invite().return_url("/ok"), none), "st.return"),
        (
            refused(&invite().return_url("https://игра.рф/"), none),
            "st.return",
        ),
        (
            refused(&invite().return_url("https://game.example/?a=1"), none),
            "st.return",
        ),
        (
            refused(&invite().redirect_uri("https://game.example/#a"), none),
            "st.redirect_uri",
        ),
        (
            refused(&invite().extra("st.return", "x"), none),
            "st.return",
        ),
        (
            refused(&invite().extra("st.attachment", "{}"), none),
            "st.attachment",
        ),
        (
            refused(&invite().extra("ST.Signature", "x"), none),
            "ST.Signature",
        ),
        (
            refused(&invite().extra("st.session_key", ""), none),
            "st.session_key",
        ),
        (refused(&invite().extra("a&b", "x"), none), "a&b"),
        (
            refused(
                &invite(),
                ReturnTo {
                    state: Some("я"),
                    ..none
                },
            ),
            "st.state",
        ),
        (
            refused(
                &invite(),
                ReturnTo {
                    return_url: Some("x"),
                    ..none
                },
            ),
            "st.return",
        ),
    ] {
        assert_eq!(error.field(), field, "{error}");
    }
    let nothing = builder()
        .build_parameters(WidgetKind::Post, &Parameters::new(), none, &signer())
        .map(|_| ())
        .unwrap_err();
    assert!(
        nothing.to_string().starts_with("st.attachment: is missing"),
        "{nothing}"
    );
    assert!(
        PostWidget::new(sold)
            .group_id(GroupId::new(5))
            .validate()
            .is_ok()
    );
}

#[test]
fn group_fields_go_with_a_group() {
    let attachment = Attachment::new()
        .text("a")
        .disable_comments(true)
        .publish_at_ms(1);
    let widget = PostWidget::new(attachment).group_id(GroupId::new(5));
    assert!(
        builder()
            .build(&widget, ReturnTo::default(), &signer())
            .is_ok()
    );
}

#[test]
fn a_later_attachment_replaces_the_earlier_with_its_faults() {
    let widget = PostWidget::new(Attachment::new()).attachment(text());
    assert_eq!(widget, PostWidget::new(text()));
    assert!(widget.validate().is_ok());
}

#[test]
fn other_hosts_are_used() {
    let hosts = Hosts::sandbox("http://127.0.0.1:8080/base").unwrap();
    let mut builder = builder().with_hosts(hosts);
    let url = builder
        .build(&InviteWidget::new(), ReturnTo::default(), &signer())
        .unwrap();
    assert!(
        url.expose()
            .starts_with("http://127.0.0.1:8080/base/dk?st.cmd=")
    );
}

#[test]
fn nothing_of_the_last_url_stays_in_the_next() {
    let mut builder = builder();
    let post = PostWidget::new(Attachment::new().text("long ".repeat(200))).state("x");
    let _ = builder
        .build(&post, ReturnTo::default(), &signer())
        .unwrap();
    let fresh = self::builder()
        .build(&InviteWidget::new(), ReturnTo::default(), &signer())
        .unwrap()
        .expose()
        .to_owned();
    let reused = builder
        .build(&InviteWidget::new(), ReturnTo::default(), &signer())
        .unwrap();
    assert_eq!(reused.expose(), fresh);
}

#[test]
fn the_buffer_is_reused() {
    let mut builder = builder();
    let widget = InviteWidget::new().comment("a".repeat(4000));
    let mut place = || {
        builder
            .build(&widget, ReturnTo::default(), &signer())
            .unwrap()
            .expose()
            .as_ptr()
    };
    assert_eq!(place(), place());
}

#[test]
fn nothing_prints_a_secret() {
    let mut builder = builder();
    let widget = InviteWidget::new()
        .state("canary-state")
        .return_url("https://canary.example/");
    let signer = signer();
    let return_to = ReturnTo {
        state: Some("canary"),
        ..ReturnTo::default()
    };
    let url = builder.build(&widget, return_to, &signer).unwrap();
    let mut shown = format!(
        "{url:?} {:?} {signer:?} {widget:?} {return_to:?}",
        url.signature()
    );
    let digest = url.signature().as_str().to_owned();
    shown += &format!("{builder:?}");
    let long = InviteWidget::new()
        .comment("a".repeat(9000))
        .state("canary");
    let error = builder
        .build(&long, ReturnTo::default(), &signer)
        .map(|_| ())
        .unwrap_err();
    shown += &format!("{error:?} {error}");
    assert!(
        !shown.contains("canary") && !shown.contains(&digest),
        "{shown}"
    );
}

#[test]
fn an_extra_that_is_set_again_is_there_once() {
    let widget = || {
        SuggestWidget::new()
            .extra("st.b", "1")
            .extra("st.a", "2")
            .extra("st.b", "3")
    };
    let url = |widget: &SuggestWidget| {
        builder()
            .build(widget, ReturnTo::default(), &signer())
            .unwrap()
            .expose()
            .to_owned()
    };
    assert!(url(&widget()).contains("&st.a=2&st.b=3&st.signature="));
    assert_eq!(
        widget().parameters(),
        SuggestWidget::new()
            .extra("st.a", "2")
            .extra("st.b", "3")
            .parameters()
    );
    assert!(!url(&widget().extra("st.b", "")).contains("st.b"));
}
