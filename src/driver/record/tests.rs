use odnoklassniki::oauth::Scope;
use proptest::prelude::*;

use super::*;

const APP: &str = "512000123456";

fn token(digit: u32) -> ReturnToken {
    let digits = char::from_digit(digit, 16).unwrap().to_string().repeat(32);
    ReturnToken::parse(&digits).unwrap()
}

fn widget(widget: WidgetKind, pairs: &[(&str, &str)]) -> WidgetPayload {
    let parameters = Parameters::from_pairs(pairs.iter().copied(), AttachmentEncoding::default());
    WidgetPayload { widget, parameters }
}

fn post(id: u64) -> KeptRequest {
    let pairs = [
        (
            "st.attachment",
            r#"{"media":[{"type":"text","text":"Победа \"7\""}]}"#,
        ),
        ("st.utext", "on"),
        ("st.state", "a state"),
    ];
    KeptRequest {
        id: RequestId::from_raw(id),
        kind: RequestKind::Post,
        return_token: token(1),
        tag: Some("castle-7".to_owned()),
        deadline: 1_700_000_000_000,
        timeout: Duration::from_secs(600),
        is_open: true,
        page: KeptPage::Widget(Box::new(widget(WidgetKind::Post, &pairs))),
    }
}

fn joined(id: u64, tag: Option<&str>) -> Joined {
    Joined {
        id: RequestId::from_raw(id),
        tag: tag.map(ToOwned::to_owned),
    }
}

fn login(id: u64) -> KeptRequest {
    KeptRequest {
        id: RequestId::from_raw(id),
        kind: RequestKind::Login,
        return_token: token(2),
        tag: None,
        deadline: 1_700_000_000_001,
        timeout: Duration::from_secs(5),
        is_open: false,
        page: KeptPage::Login {
            payload: LoginPayload {
                response_type: ResponseType::Code,
                scopes: vec![Scope::VALUABLE_ACCESS, Scope::GET_EMAIL],
                layout: Layout::Mobile,
            },
            redirect_uri: "https://game.example/assets/odnoklassniki.html".to_owned(),
            joined: vec![joined(id + 1, None), joined(id + 2, Some("a tag"))],
        },
    }
}

/// Returns everything of a request, for a comparison.
fn facts(request: &KeptRequest) -> String {
    let page = match &request.page {
        KeptPage::Widget(payload) => {
            let pairs: Vec<_> = payload.parameters.pairs().collect();
            let encoding = payload.parameters.attachment_encoding();
            format!("{:?} {pairs:?} {encoding:?}", payload.widget)
        }
        login => format!("{login:?}"),
    };
    let token = request.return_token.expose();
    format!(
        "{} {:?} {token} {:?} {} {:?} {} {page}",
        request.id, request.kind, request.tag, request.deadline, request.timeout, request.is_open
    )
}

#[test]
fn requests_are_read_back() {
    let requests = [post(7), login(8)];
    let text = write(APP, &requests).unwrap();
    assert!(!text.contains('\n'));
    let back = read(APP, &text).unwrap();
    let all = |requests: &[KeptRequest]| requests.iter().map(facts).collect::<Vec<_>>();
    assert_eq!(all(&back), all(&requests));
    assert_eq!(*write(APP, &back).unwrap(), *text);
    assert!(read(APP, &write(APP, &[]).unwrap()).unwrap().is_empty());
    // No token in what a log may show.
    let resumed = Resumed {
        requests: back,
        callback: Some((token(1), Zeroizing::new("code=canary".to_owned()))),
    };
    let shown = format!("{resumed:?}");
    assert!(
        !shown.contains("1111") && !shown.contains("canary"),
        "{shown}"
    );
    assert!(
        !shown.contains("a state") && !shown.contains("Победа"),
        "{shown}"
    );
}

#[test]
fn what_cannot_be_restored_is_told_apart() {
    let text = write(APP, &[post(7), login(8)]).unwrap();
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} is not in {}", *text);
        read(APP, &text.replace(from, to)).map(|_| ())
    };
    let why = |result: Result<_, &'static str>| result.unwrap_err();
    assert!(why(with("\"version\":2", "\"version\":3,\"x\":[]")).contains("version"));
    assert!(why(read("513", &text).map(|_| ())).contains("application"));
    assert!(why(read(APP, &"x".repeat(MAX_RECORD + 1)).map(|_| ())).contains("long"));
    for (from, to) in [
        (FORMAT, "other"),
        ("\"requests\"", "\"others\""),
        ("\"id\":7", "\"id\":0"),
        ("\"id\":7", "\"id\":-1"),
        ("\"id\":7", "\"id\":9007199254740993"),
        // The same request twice, or one that is a joined login, too.
        ("\"id\":7", "\"id\":8"),
        ("\"id\":7", "\"id\":10"),
        ("\"kind\":\"post\"", "\"kind\":\"poke\""),
        ("\"kind\":\"post\"", "\"kind\":\"login\""),
        ("\"kind\":\"login\"", "\"kind\":\"invite\""),
        (&"1".repeat(32), "1"),
        (&"1".repeat(32), &"A".repeat(32)),
        (&"1".repeat(32), &"2".repeat(32)),
        ("\"deadline\":1700000000000", "\"deadline\":\"soon\""),
        ("\"name\":\"post\"", "\"name\":\"other\""),
        // What only the plugin may set, or the URL builder.
        ("st.utext", "st.return"),
        ("st.utext", "st.access_token"),
        ("st.utext", "not a name"),
        ("\"code\"", "\"password\""),
        ("VALUABLE_ACCESS", "lower"),
        ("\"layout\":\"m\"", "\"layout\":\"\""),
        ("castle-7", &"x".repeat(MAX_TAG + 1)),
        ("a tag", &"x".repeat(MAX_TAG + 1)),
        ("\"timeout_ms\":600000", "\"timeout_ms\":3600001"),
        ("\"timeout_ms\":600000", "\"timeout_ms\":0"),
    ] {
        assert!(with(from, to).is_err(), "{from} -> {to}");
    }
    let many: Vec<_> = (0..=MAX_PENDING as u32)
        .map(|n| KeptRequest {
            return_token: token(n),
            ..post(u64::from(n) + 1)
        })
        .collect();
    assert!(read(APP, &write(APP, &many).unwrap()).is_err(), "too many");
    assert!(read(APP, &write(APP, &many[1..]).unwrap()).is_ok());
}

#[test]
fn a_record_has_a_greatest_size() {
    let with_comment = |length: usize| KeptRequest {
        page: KeptPage::Widget(Box::new(widget(
            WidgetKind::Invite,
            &[("st.comment", &"я".repeat(length))],
        ))),
        kind: RequestKind::Invite,
        ..post(7)
    };
    let empty = write(APP, &[with_comment(0)]).unwrap().len();
    let most = (MAX_RECORD - empty) / 2;
    let text = write(APP, &[with_comment(most)]).unwrap();
    assert!(text.len() <= MAX_RECORD && text.len() > MAX_RECORD - 2);
    assert!(write(APP, &[with_comment(most + 1)]).is_none());
}

proptest! {
    #[test]
    fn any_widget_is_read_back(
        id in 1..=MAX_ID,
        deadline: u64,
        is_open: bool,
        values in prop::collection::vec(("[a-z]{1,8}", "\\PC{1,40}"), 0..8),
    ) {
        let named: Vec<_> = values.iter().map(|(name, value)| (format!("st.x{name}"), value)).collect();
        let parameters = Parameters::from_pairs(
            named.iter().map(|(name, value)| (name.as_str(), value.as_str())),
            AttachmentEncoding::Plain,
        );
        let payload = WidgetPayload { widget: WidgetKind::Suggest, parameters };
        let request = KeptRequest {
            id: RequestId::from_raw(id),
            kind: RequestKind::Suggest,
            return_token: token(3),
            tag: None,
            deadline,
            timeout: Duration::from_secs(60),
            is_open,
            page: KeptPage::Widget(Box::new(payload.clone())),
        };
        let back = read(APP, &write(APP, std::slice::from_ref(&request)).unwrap());
        match payload.validate() {
            Ok(()) => prop_assert_eq!(facts(&back.unwrap()[0]), facts(&request)),
            Err(_) => prop_assert!(back.is_err()),
        }
    }

    #[test]
    fn a_record_cut_or_changed_anywhere_does_not_panic(at: usize, byte: u8, cut: bool) {
        let text = write(APP, &[post(7), login(8)]).unwrap();
        let mut bytes = text.as_bytes().to_vec();
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        if let Ok(requests) = read(APP, &String::from_utf8_lossy(&bytes)) {
            prop_assert!(fits(&requests));
        }
    }
}
