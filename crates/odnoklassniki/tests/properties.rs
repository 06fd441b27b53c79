//! What holds for all inputs. The seed is fixed, so that a run is the same everywhere; a failure
//! prints its input.

use std::cell::Cell;

use odnoklassniki::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Map, Value, json};
use test_support::reliability::{measured, scale};
use url::{Url, form_urlencoded};

fn config(cases: u32) -> Config {
    Config {
        cases,
        rng_seed: RngSeed::Fixed(0x0d_0c1a),
        failure_persistence: None,
        ..Config::default()
    }
}

fn signer() -> Signer {
    let key = SessionSecretKey::new("9f86d081884c7d659a2feaa0c55ad015");
    Signer::session(AccessToken::new("tkn1-Q9f3aZ_7ueXw2LhBcR.s0V4"), key)
}

/// Text of all kinds: pieces that matter to the formats, and any characters.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("st.return=".to_owned()),
        Just("st.state=".to_owned()),
        Just("&st.signature=0".to_owned()),
        Just("%26".to_owned()),
        Just("+ &?=#%\"\\{}[]\u{0}\n".to_owned()),
        Just("Я победил 🏆👨‍👩‍👧".to_owned()),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

/// Input that is nearly a callback.
fn raw_callback() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "code=",
        "selected=",
        "result=",
        "state=",
        "error_code=",
        "error_msg=",
        "id=",
        "type=",
        "sig=",
        "error=",
        "OK",
        "CANCELLED",
        "12",
        "[1,2]",
        "[",
        "]",
        "{",
        "}",
        "\"id\":",
        "\"type\":",
        "\"success\"",
        "\"error\"",
        "\"5\"",
        "0",
        ",",
        "&",
        "?",
        "#",
        "=",
        "+",
        "%5B1%5D",
        "%7B%7D",
        "%",
        "%f",
        "%ff",
        "-1",
        "1e999",
        "я",
        "\u{0}",
        "null",
        "http://h/",
    ]);
    let pieces = prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat());
    prop_oneof![3 => pieces, 1 => ".*"]
}

/// The JSON of a callback, with names and values that fit together only sometimes.
fn json_callback() -> impl Strategy<Value = String> {
    let names = vec![
        "type",
        "id",
        "code",
        "selected",
        "error_code",
        "error",
        "message",
        "state",
        "x",
    ];
    let values = vec![
        json!("success"),
        json!("error"),
        json!("OK"),
        json!("CANCELLED"),
        json!("PARAM_SIGNATURE"),
        json!("[1,2]"),
        json!([1, "2"]),
        json!("5"),
        json!(5),
        json!(0),
        json!(12),
        json!("+ &?=#%я"),
        json!(null),
        json!({}),
    ];
    let field = (prop::sample::select(names), prop::sample::select(values));
    prop::collection::vec(field, 0..4).prop_map(|fields| {
        let object: Map<_, _> = fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        Value::Object(object).to_string()
    })
}

/// What must hold of anything that was read.
fn check<T: WidgetCallback>(callback: Result<Callback<T>, CallbackError>, completed: impl Fn(T)) {
    match callback.map(|callback| callback.result) {
        Ok(CallbackResult::Completed(it)) => completed(it),
        Ok(CallbackResult::Refused(refusal)) => {
            assert_ne!(
                refusal.code,
                ErrorCode::CANCELLED,
                "that is an outcome of its own"
            );
            assert!(refusal.message.chars().count() <= 512);
            assert!(!refusal.to_string().chars().any(char::is_control));
        }
        _ => {}
    }
}

/// The same callback in a query, in a fragment and alone says the same; so does the same JSON in
/// `result`, in a message, and one level deeper in a message.
fn alike<T: WidgetCallback + std::fmt::Debug + PartialEq>(raw: &str, json: &str) {
    let alone = T::from_pairs(raw);
    assert_eq!(
        T::from_url(&format!("http://h/#{raw}")),
        alone,
        "the fragment"
    );
    if !raw.contains('#') {
        assert_eq!(T::from_url(&format!("http://h/?{raw}")), alone, "the query");
    }
    let message = T::from_message(json).ok();
    let result: String = form_urlencoded::byte_serialize(json.as_bytes()).collect();
    assert_eq!(
        T::from_pairs(&format!("result={result}")).ok(),
        message,
        "{json}"
    );
    let text = serde_json::to_string(json).unwrap();
    for data in [json, &text] {
        let wrapped = format!("{{\"data\":{data}}}");
        assert_eq!(T::from_message(&wrapped).ok(), message, "{wrapped}");
        let twice = format!("{{\"data\":{wrapped}}}");
        assert!(T::from_message(&twice).is_err(), "{twice}");
    }
}

proptest! {
    #![proptest_config(config(scale(4_000, 100_000)))]

    #[test]
    fn callbacks_are_parsed_without_panic(raw in raw_callback()) {
        for callback in [Sent::from_pairs(&raw), Sent::from_url(&raw), Sent::from_message(&raw)] {
            check(callback, |sent| assert!(sent.users.len() <= MAX_USERS));
        }
        for callback in [Published::from_pairs(&raw), Published::from_url(&raw), Published::from_message(&raw)] {
            check(callback, |post| assert_ne!(post.topic_id.get(), 0));
        }
    }

    #[test]
    fn a_callback_says_the_same_in_every_place(raw in raw_callback(), json in json_callback()) {
        alike::<Published>(&raw, &json);
        alike::<Sent>(&raw, &json);
    }

    #[test]
    fn a_callback_that_is_written_is_parsed_again(
        users in prop::collection::vec(any::<u64>(), 0..20),
        state in proptest::option::of(text()),
        sig in "[0-9a-f]{32}",
    ) {
        let list: Vec<String> = users.iter().map(u64::to_string).collect();
        let mut url = Url::parse("http://127.0.0.1:1/r/0").unwrap();
        url.query_pairs_mut()
            .append_pair("code", "OK")
            .append_pair("selected", &format!("[{}]", list.join(",")))
            .append_pair("sig", &sig)
            .extend_pairs(state.iter().map(|state| ("state", state)));
        let users = users.into_iter().map(UserId::new).collect();
        let result = CallbackResult::Completed(Sent { users, check_value: Some(sig) });
        prop_assert_eq!(Sent::from_url(url.as_str()), Ok(Callback { result, state }));
    }

    #[test]
    fn small_parsers_are_total(raw in ".*") {
        if let Ok(id) = raw.parse::<UserId>() {
            prop_assert_eq!(id.to_string().parse::<UserId>(), Ok(id));
        }
        if let Ok(signature) = raw.parse::<Signature>() {
            prop_assert_eq!(signature.as_str(), raw.as_str());
        }
        if let Some(code) = ErrorCode::from_name(&raw) {
            prop_assert!(code.name().is_some_and(|name| name.eq_ignore_ascii_case(&raw)));
        }
        if let Ok(hosts) = Hosts::default().with_connect(&raw) {
            prop_assert!(hosts.connect().ends_with('/'));
            let again = Hosts::default().with_connect(hosts.connect());
            prop_assert_eq!(again.as_ref(), Ok(&hosts));
        }
        if let Ok(attachment) = Attachment::from_json(&raw) {
            prop_assert_eq!(attachment.to_json(), raw);
        }
    }

    #[test]
    fn widgets_of_any_text_give_a_url_or_an_error(
        words in prop::array::uniform6(text()),
        returns in proptest::option::of(text()),
    ) {
        let [post, link, state, name, value, comment] = words;
        let attachment = Attachment::new().text(post).link(link);
        let post = PostWidget::new(attachment).state(&state).extra(&name, &value);
        let invite = InviteWidget::new().comment(&comment).target([&value]).return_url(&state);
        let return_to = ReturnTo { return_url: returns.as_deref(), state: Some(&state) };
        let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1));
        let _ = builder.build(&post, return_to, &signer());
        if let Ok(url) = builder.build(&invite, return_to, &signer()) {
            prop_assert!(url.expose().len() <= MAX_URL_BYTES && url.expose().is_ascii());
        }
    }
}

const OUR_RETURN: &str = "http://127.0.0.1:8123/r/0f";
const OUR_STATE: &str = "n1";

/// Text that looks like the next signed pair, inside any other text: no URL, or one that is
/// ours.
#[test]
fn a_pair_inside_any_text_is_refused_or_stays_text() {
    let cases = scale(4_000, 100_000);
    let built = Cell::new(0_u32);
    let run = |(before, after, plain): (String, String, bool)| {
        let evil = format!("{before}st.return=https://evil.example/st.state=x{after}");
        let return_to = ReturnTo {
            return_url: Some(OUR_RETURN),
            state: Some(OUR_STATE),
        };
        let encoding = if plain {
            AttachmentEncoding::Plain
        } else {
            AttachmentEncoding::Base64
        };
        let post = PostWidget::new(Attachment::new().text(&evil))
            .attachment_encoding(encoding)
            .extra("st.x", &evil);
        let invite = InviteWidget::new().comment(&evil).custom_args(&evil);
        let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1));
        let check = |url: Result<WidgetUrl<'_>, UrlError>| {
            if let Ok(url) = url {
                only_our_return(url.expose());
                built.set(built.get() + 1);
            }
        };
        check(builder.build(&post, return_to, &signer()));
        check(builder.build(&invite, return_to, &signer()));
        Ok(())
    };
    TestRunner::new(config(cases))
        .run(&(text(), text(), any::<bool>()), run)
        .unwrap();
    let built = built.get();
    assert!(
        built >= cases,
        "hardly any was tried: {built} of {}",
        2 * cases
    );
    measured(
        18,
        format!("{built} URLs with a pair smuggled into a text: it stays text"),
    );
}

/// Text inside a value that looks like the next signed pair moves nothing: the URL carries one
/// return URL.
#[test]
fn a_pair_inside_a_value_stays_text() {
    let evil = "\"}]}st.return=https://evil.example/st.state=x&st.return=https://evil.example/";
    let return_to = ReturnTo {
        return_url: Some(OUR_RETURN),
        state: Some(OUR_STATE),
    };
    let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1));
    for encoding in [AttachmentEncoding::Base64, AttachmentEncoding::Plain] {
        let post = PostWidget::new(Attachment::new().text(evil)).attachment_encoding(encoding);
        only_our_return(builder.build(&post, return_to, &signer()).unwrap().expose());
    }
    let invite = InviteWidget::new()
        .comment(evil)
        .custom_args(evil)
        .extra("st.x", evil);
    let url = builder.build(&invite, return_to, &signer()).unwrap();
    only_our_return(url.expose());
    let plain = WidgetUrlBuilder::new(ApplicationId::new(1))
        .build(&InviteWidget::new(), return_to, &signer())
        .unwrap()
        .signature()
        .clone();
    assert_eq!(
        url.signature(),
        &plain,
        "unsigned text does not reach the signature"
    );
}

fn only_our_return(url: &str) {
    let url = Url::parse(url).unwrap();
    let of = |wanted: &str| -> Vec<String> {
        let pairs = url.query_pairs().filter(|(name, _)| name == wanted);
        pairs.map(|(_, value)| value.into_owned()).collect()
    };
    assert_eq!(of("st.return"), [OUR_RETURN]);
    assert_eq!(of("st.state"), [OUR_STATE]);
}

/// With plain JSON the signed text could be cut elsewhere; base64 has no dot, so a pair cannot
/// begin inside it.
#[test]
fn base64_leaves_no_place_for_another_pair() {
    let attachment = Attachment::new().text("st.return=https://evil.example/");
    assert!(!attachment.to_base64().contains('.'));
}
