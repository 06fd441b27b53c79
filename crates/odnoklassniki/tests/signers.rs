//! What a backend is asked to sign, and what each signer adds to a URL.

use odnoklassniki::*;

const KEY: &str = "key";

fn text() -> Attachment {
    Attachment::new().text("a")
}

fn builder() -> WidgetUrlBuilder {
    WidgetUrlBuilder::new(ApplicationId::new(512_000_123_456))
}

#[test]
fn a_backend_gets_the_signed_fields_in_order() {
    let signer = Signer::backend(|request: &SigningRequest<'_>| {
        assert_eq!(
            (request.kind(), request.app_id().get()),
            (WidgetKind::Post, 512_000_123_456)
        );
        let fields: Vec<_> = request.fields().collect();
        assert_eq!(
            fields,
            [
                ("st.attachment", text().to_base64().as_str()),
                ("st.return", "https://game.example/ok"),
                ("st.state", "s"),
            ]
        );
        let signature = widget_signature(fields, &SessionSecretKey::new(KEY));
        Ok(BackendSignature {
            signature,
            access_token: Some(AccessToken::new("b")),
        })
    });
    let widget = PostWidget::new(text()).state("s").popup(true);
    let return_to = ReturnTo {
        return_url: Some("https://game.example/ok"),
        state: None,
    };
    let mut builder = builder();
    let url = builder.build(&widget, return_to, &signer).unwrap();
    assert!(url.expose().ends_with("&st.access_token=b"));
}

#[test]
fn the_refusal_of_a_backend_is_passed_on() {
    let signer = Signer::backend(|_: &SigningRequest<'_>| Err(SigningError::Refused("no".into())));
    let result = builder()
        .build(&InviteWidget::new(), ReturnTo::default(), &signer)
        .map(|_| ());
    assert_eq!(
        result,
        Err(UrlError::Signing(SigningError::Refused("no".into())))
    );
}

#[test]
fn a_portal_session_sends_its_session_key() {
    let signer = Signer::portal_session(SessionKey::new("-s-abc"), SessionSecretKey::new(KEY));
    let mut builder = builder();
    let url = builder
        .build(&InviteWidget::new(), ReturnTo::default(), &signer)
        .unwrap();
    assert!(url.expose().ends_with("&st.session_key=-s-abc"));
    assert!(!url.expose().contains("st.access_token"));
}

#[cfg(feature = "insecure-embedded-secret")]
#[test]
fn an_application_key_sends_no_session() {
    let signer = Signer::application(ApplicationSecretKey::new("A1B2C3D4E5F60718293A4B5C"));
    let mut builder = builder();
    let url = builder
        .build(&InviteWidget::new(), ReturnTo::default(), &signer)
        .unwrap();
    assert!(
        url.expose()
            .ends_with("&st.signature=4847d5dc56ee4e348cf63aec85eed41a")
    );
}

/// A signature is the same whether the caller waits for it or not.
#[test]
fn an_asynchronous_backend_gets_the_same_fields_and_replies_once() {
    let (asked, requests) = std::sync::mpsc::channel();
    let signer = Signer::async_backend(move |request, reply| asked.send((request, reply)).unwrap());
    assert!(signer.is_remote() && signer.is_async());
    assert_eq!(signer.kind(), SignerKind::Backend);
    let widget = PostWidget::new(text()).state("s");
    let mut builder = builder();

    let copies = std::sync::Mutex::new(Vec::new());
    let copies = std::sync::Arc::new(copies);
    let copied = std::sync::Arc::clone(&copies);
    let copying = Signer::backend(move |request: &SigningRequest<'_>| {
        copied.lock().unwrap().push(request.to_owned());
        Err(SigningError::NotLoggedIn)
    });
    let refused = builder.build(&widget, ReturnTo::default(), &copying);
    assert_eq!(refused.unwrap_err(), SigningError::NotLoggedIn.into());
    let request = copies.lock().unwrap().pop().unwrap();

    let (replied, results) = std::sync::mpsc::channel();
    signer.ask(
        request,
        SigningReply::new(move |result| {
            replied.send(result).unwrap();
        }),
    );
    let (request, reply) = requests.recv().unwrap();
    assert!(results.try_recv().is_err(), "it replies later");
    let local = Signer::session(AccessToken::new("t"), SessionSecretKey::new(KEY));
    local.ask(request, reply);
    let signed = results.recv().unwrap().unwrap().signature;
    let url = builder.build(&widget, ReturnTo::default(), &local).unwrap();
    assert_eq!(signed.as_str(), url.signature().as_str());
    assert!(results.recv().is_err(), "a second reply");
}

#[test]
fn a_reply_that_is_dropped_and_a_caller_that_cannot_wait_are_errors() {
    let signer = Signer::async_backend(|_, reply| drop(reply));
    let unavailable = |error: &SigningError| matches!(error, SigningError::Unavailable(_));
    let error = builder()
        .build(&PostWidget::new(text()), ReturnTo::default(), &signer)
        .unwrap_err();
    assert!(
        matches!(&error, UrlError::Signing(error) if unavailable(error)),
        "{error}"
    );
    let (replied, results) = std::sync::mpsc::channel();
    drop(SigningReply::new(move |result| {
        replied.send(result).unwrap();
    }));
    assert!(unavailable(&results.recv().unwrap().unwrap_err()));
}
