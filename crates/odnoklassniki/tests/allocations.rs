//! How often building a URL allocates: a few times, and never while a buffer holds a secret.

use allocation_counter::measure;
use odnoklassniki::oauth::{AuthorizeRequest, Layout, ResponseType, Scope, TokenRequest};
use odnoklassniki::{
    AccessToken, ApplicationId, ApplicationSecretKey, Attachment, AuthCode, Hosts,
    InviteParameters as _, InviteWidget, PostWidget, ReturnTo, SessionSecretKey, Signer, Widget,
    WidgetUrlBuilder,
};

/// Counts the allocations of one URL: the widget is made, the URL built and signed.
fn allocations<W: Widget>(widget: impl Fn() -> W) -> u64 {
    let mut builder = WidgetUrlBuilder::new(ApplicationId::new(512_000_123_456));
    let signer = Signer::session(
        AccessToken::new("token"),
        SessionSecretKey::new("9f86d081884c7d659a2feaa0c55ad015"),
    );
    let return_to = ReturnTo {
        return_url: Some("http://127.0.0.1:8080/r/0f"),
        state: Some("n1"),
    };
    let build = || _ = builder.build(&widget(), return_to, &signer).unwrap();
    measure(build).count_total
}

#[test]
fn a_url_takes_few_allocations() {
    let long = "level cleared ".repeat(290);
    let cyrillic = "Я прошёл уровень семь! ".repeat(10);
    for (count, limit) in [
        (allocations(InviteWidget::new), 2),
        (
            allocations(|| InviteWidget::new().comment("Заходи!").target([1, 2])),
            8,
        ),
        (
            allocations(|| PostWidget::new(Attachment::new().text("hello world!"))),
            6,
        ),
        (
            allocations(|| PostWidget::new(Attachment::new().text(&long))),
            8,
        ),
        (
            allocations(|| {
                let attachment = Attachment::new().text(&cyrillic);
                PostWidget::new(attachment.link("https://game.example/run/8812"))
            }),
            9,
        ),
    ] {
        assert!(count <= limit, "{count} of {limit}");
    }
}

/// A buffer that is too short would leave a secret behind when it grows. Encoded, a `+` is three
/// times as long as an `a`.
#[test]
fn a_buffer_with_a_secret_never_grows() {
    let login = |state: &str| {
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
    let exchange = |secret: &str| {
        let (key, code) = (ApplicationSecretKey::new(secret), AuthCode::new(secret));
        let app = ApplicationId::new(1);
        measure(|| _ = TokenRequest::exchange(app, &key, &code, "a:b")).count_total
    };
    let (plain, encoded) = ("a".repeat(100), "+".repeat(100));
    assert_eq!(login(&encoded), login(&plain));
    assert_eq!(exchange(&encoded), exchange(&plain));
}
