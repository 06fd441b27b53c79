//! What an address allocates: the attachment's JSON, and what the widget's setters are given.

use allocation_counter::measure;
use odnoklassniki::oauth::{AuthorizeRequest, Layout, ResponseType, Scope};
use odnoklassniki::{
    AccessToken, ApplicationId, Attachment, Hosts, InviteParameters as _, InviteWidget, PostWidget,
    ReturnTo, SessionSecretKey, Signer, Widget, WidgetUrlBuilder,
};

/// How much is allocated for an address of this widget, once the builder has its buffers.
fn allocations<W: Widget>(widget: impl Fn() -> W) -> u64 {
    let mut builder = WidgetUrlBuilder::new(ApplicationId::new(512_000_123_456));
    let signer = Signer::session(
        AccessToken::new("token"),
        SessionSecretKey::new("9f86d081884c7d659a2feaa0c55ad015"),
    );
    let reply = ReturnTo {
        return_url: Some("http://127.0.0.1:8080/r/0f"),
        state: Some("n1"),
    };
    let mut build = || {
        builder
            .build(&widget(), reply, &signer)
            .unwrap()
            .expose()
            .len()
    };
    build();
    measure(|| _ = build()).count_total
}

#[test]
fn a_post_is_written_once() {
    assert_eq!(
        allocations(|| PostWidget::new(Attachment::new().text("hello world!"))),
        1
    );
    let long = "level cleared ".repeat(290);
    assert_eq!(
        allocations(|| PostWidget::new(Attachment::new().text(&long))),
        1
    );
    let cyrillic = "Я прошёл уровень семь! ".repeat(10);
    assert_eq!(
        allocations(|| PostWidget::new(
            Attachment::new()
                .text(&cyrillic)
                .link("https://game.example/run/8812")
        )),
        1
    );
    // More than most posts have: the JSON grows a few times.
    let blocks = |count| {
        move || {
            PostWidget::new((0..count).fold(Attachment::new(), |post, _| post.text("hello world!")))
        }
    };
    assert!(allocations(blocks(100)) <= 4);
}

#[test]
fn an_invitation_allocates_its_values_and_their_list() {
    assert_eq!(allocations(InviteWidget::new), 0);
    assert_eq!(
        allocations(|| InviteWidget::new()
            .comment("Заходи!")
            .custom_args("from=menu")),
        3
    );
    assert_eq!(
        allocations(|| InviteWidget::new().target(["561104940001", "561104940002"])),
        2
    );
}

#[test]
fn the_address_of_a_login_never_grows() {
    // A buffer that is too short would leave the state behind when it grows.
    let count = |state: &str| {
        let request = AuthorizeRequest {
            client_id: ApplicationId::new(1),
            response_type: ResponseType::Token,
            scopes: &[Scope::VALUABLE_ACCESS],
            layout: Layout::Full,
            redirect_uri: "a:b",
            state,
        };
        measure(|| _ = request.url(&Hosts::default()).unwrap()).count_total
    };
    assert_eq!(count(&"+".repeat(100)), count(&"a".repeat(100)));
}
