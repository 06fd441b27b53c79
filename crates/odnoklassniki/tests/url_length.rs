//! A URL of more than 8,000 bytes is refused, and the error names what takes the most of them.

use odnoklassniki::*;

const KEY: &str = "key";

fn signer() -> Signer {
    Signer::session(AccessToken::new("token-of-12"), SessionSecretKey::new(KEY))
}

fn builder() -> WidgetUrlBuilder {
    WidgetUrlBuilder::new(ApplicationId::new(512_000_123_456))
}

#[test]
fn eight_thousand_bytes_are_the_limit() {
    let mut builder = builder();
    let with = |count: usize| InviteWidget::new().comment("a".repeat(count));
    let base = builder
        .build(&with(1), ReturnTo::default(), &signer())
        .unwrap()
        .expose()
        .len();
    let most = MAX_URL_BYTES - base + 1;
    let full = builder
        .build(&with(most), ReturnTo::default(), &signer())
        .unwrap();
    assert_eq!(full.expose().len(), MAX_URL_BYTES);
    let error = builder
        .build(&with(most + 1), ReturnTo::default(), &signer())
        .map(|_| ());
    assert_eq!(
        error,
        Err(UrlError::TooLong {
            bytes: 8001,
            limit: 8000,
            longest: "st.comment".to_owned()
        })
    );
}

#[test]
fn the_longest_parameter_of_a_long_url_is_named() {
    let long = |error: Result<(), UrlError>| match error {
        Err(UrlError::TooLong { longest, .. }) => longest,
        other => panic!("{other:?}"),
    };
    let refused = |widget: InviteWidget, signer: &Signer| {
        long(
            builder()
                .build(&widget, ReturnTo::default(), signer)
                .map(|_| ()),
        )
    };
    let widget = InviteWidget::new;
    assert_eq!(
        refused(
            widget().comment("a".repeat(8000)).custom_args("b"),
            &signer()
        ),
        "st.comment"
    );
    // As it is encoded, not as it is written.
    assert_eq!(
        refused(
            widget()
                .comment("a".repeat(5000))
                .custom_args("я".repeat(1000)),
            &signer()
        ),
        "st.custom_args"
    );
    assert_eq!(
        refused(widget().extra("st.x", "a".repeat(8000)), &signer()),
        "st.x"
    );
    let token = Signer::session(
        AccessToken::new("t".repeat(8000)),
        SessionSecretKey::new(KEY),
    );
    assert_eq!(refused(widget(), &token), "st.access_token");
    let post = PostWidget::new(Attachment::new().text("a".repeat(8000)));
    let error = builder()
        .build(&post, ReturnTo::default(), &signer())
        .map(|_| ())
        .unwrap_err();
    let UrlError::TooLong { bytes, .. } = error else {
        panic!("{error}")
    };
    let text = format!(
        "st.attachment: the URL would be {bytes} bytes long, the limit is 8000; shorten it"
    );
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_token_of_a_backend_counts_too() {
    let signer = Signer::backend(|request: &SigningRequest<'_>| {
        let signature = widget_signature(request.fields(), &SessionSecretKey::new(KEY));
        let access_token = Some(AccessToken::new("t".repeat(8000)));
        Ok(BackendSignature {
            signature,
            access_token,
        })
    });
    let result = builder()
        .build(&InviteWidget::new(), ReturnTo::default(), &signer)
        .map(|_| ());
    let Err(UrlError::TooLong {
        bytes: 8100..,
        longest,
        ..
    }) = result
    else {
        panic!("{result:?}")
    };
    assert_eq!(longest, "st.access_token");
}

#[test]
fn a_backend_is_not_asked_for_a_url_that_is_too_long_without_its_token() {
    let signer = Signer::backend(|_: &SigningRequest<'_>| unreachable!("the URL is too long"));
    let widget = InviteWidget::new().comment("a".repeat(8000));
    let result = builder()
        .build(&widget, ReturnTo::default(), &signer)
        .map(|_| ());
    let longest = "st.comment".to_owned();
    assert_eq!(
        result,
        Err(UrlError::TooLong {
            bytes: 8122,
            limit: 8000,
            longest
        })
    );
}
