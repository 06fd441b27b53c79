//! Requests on the web without a return page: OK's messages are the callbacks.

use callback_listener::{Page, ParsedCallback};
use odnoklassniki::Attachment;

use super::*;
use crate::opener::WebWindow;
use crate::request::RequestPost;

fn without_return_page() -> Harness {
    let mut harness = Harness::new();
    harness.config.set_return_page(None);
    harness
}

fn post() -> Submission {
    RequestPost::new(Attachment::new().text("x")).submission()
}

fn registered(
    harness: &Harness,
) -> &callback_listener::PendingCallback<RequestId, ReceivedCallback> {
    let Some(CallbackCommand::Register(_, callback)) = harness.wanted.callbacks.last() else {
        panic!("no callback is registered");
    };
    callback
}

#[test]
fn ok_is_told_no_return_url_and_closes_its_window() {
    let mut harness = without_return_page();
    for request in [post(), invite()] {
        harness.submit(&request);
        let page = registered(&harness).page.as_ref().unwrap().expose();
        assert!(!page.contains("st.return"), "{page}");
        assert!(page.contains("&st.silent=on&"), "{page}");
        assert!(!harness.listeners.started.is_empty());
    }
    assert_eq!(harness.wanted.open.len(), 2);
    let mut usual = Harness::new();
    usual.submit(&invite());
    let page = registered(&usual).page.as_ref().unwrap().expose();
    assert!(page.contains("st.return=") && !page.contains("st.silent"));
}

#[test]
fn a_request_takes_messages_and_no_queries() {
    let mut harness = without_return_page();
    harness.submit(&post());
    let parser = Arc::clone(&registered(&harness).parser);
    assert!(matches!(
        parser(r#"{"id":"7"}"#),
        ParsedCallback::Done(_, Page::Completed)
    ));
    assert!(matches!(parser("id=7"), ParsedCallback::NotACallback));
}

#[test]
fn what_needs_a_return_page_is_refused_at_once() {
    let refused = |change: &dyn Fn(&mut Config), kind: RequestErrorKind| {
        let mut harness = without_return_page();
        change(&mut harness.config);
        let login = RequestLogin::new();
        let id = match kind {
            RequestErrorKind::NotConfigured => {
                harness.login(&login);
                login.id()
            }
            _ => {
                let request = invite();
                harness.submit(&request);
                request.id
            }
        };
        let error = harness.error(id);
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains("needs a return page"), "{error}");
        assert!(error.advice().contains("without_return_page"), "{error}");
        assert!(harness.wanted.open.is_empty() && harness.listeners.started.is_empty());
    };
    refused(&|_| {}, RequestErrorKind::NotConfigured);
    let opener = |_: &OneTimeLink| -> Result<(), OpenError> { Ok(()) };
    refused(
        &|config| config.opener = Some(Arc::new(opener)),
        RequestErrorKind::CannotOpen,
    );
    refused(
        &|config| config.web_window = WebWindow::Page,
        RequestErrorKind::CannotOpen,
    );
}

#[test]
fn a_login_for_a_waiting_request_ends_it_in_the_same_way() {
    let mut harness = Harness::with_automatic_login(RequestLogin::new);
    harness.config.set_return_page(None);
    let request = invite();
    harness.submit(&request);
    let error = harness.error(request.id);
    assert_eq!(error.kind(), RequestErrorKind::NotConfigured);
    assert!(harness.requests.is_empty());
}

#[test]
fn a_return_page_that_is_set_later_counts() {
    let mut config = Config::default();
    let usual = config.capabilities;
    config.set_return_page(None);
    assert!(!config.capabilities.login && !config.capabilities.cancelled_posts);
    assert!(config.capabilities.widgets);
    config.set_return_page(Some("ok.html".to_owned()));
    assert_eq!(config.capabilities, usual);
}
