//! Garbage that reaches the parser of OK's answers: the same one the plugin's judges are made of.

use odnoklassniki::{Callback, CallbackError, CallbackResult, Published, Sent, WidgetCallback};

use super::{hostile::kinds, *};

const UNUSABLE: &str = "unusable";

/// As the plugin judges, but with a text for an answer.
fn parser<T: WidgetCallback + 'static>() -> Judge<String> {
    Arc::new(|raw| match T::from_pairs(raw) {
        Err(CallbackError::Unrecognized) => Verdict::Unrecognized,
        Err(_) => Verdict::Finish(UNUSABLE.to_owned(), Page::Invalid),
        Ok(Callback {
            state: Some(state), ..
        }) if state != "1" => Verdict::Stranger,
        Ok(Callback {
            result: CallbackResult::Completed(_),
            ..
        }) => Verdict::Finish(raw.to_owned(), Page::Completed),
        Ok(_) => Verdict::Finish(raw.to_owned(), Page::Refused),
    })
}

/// Sends one request to a listener with one live route; what the route's owner hears.
fn heard(judge: &Judge<String>, request: impl Fn(&Ticket) -> Vec<u8>) -> (Vec<u8>, Vec<Event>) {
    let mut world = World::new();
    let (mut route, ticket) = route(1, world.now + MINUTE);
    route.judge = Arc::clone(judge);
    world.routes.add(route);
    let answer = world.send(&request(&ticket));
    (answer, world.take())
}

/// Both parsers, with an answer each of them reads.
fn parsers() -> [(Judge<String>, &'static str); 2] {
    [
        (parser::<Published>(), "result={\"id\":\"7\"}"),
        (parser::<Sent>(), "code=OK&selected=[7]&state=1"),
    ]
}

#[test]
fn no_garbage_is_taken_for_an_answer() {
    let count = kinds(HOST, &route(1, Instant::now()).1).len();
    for (judge, good) in parsers() {
        for kind in 0..count {
            let (_, events) = heard(&judge, |ticket| kinds(HOST, ticket).swap_remove(kind).1);
            let unusable = CallbackEvent::Answered(RouteId(1), UNUSABLE.to_owned());
            let harmless =
                |event: &Event| matches!(event, CallbackEvent::Stranger(_)) || *event == unusable;
            assert!(
                events.len() <= 1 && events.iter().all(harmless),
                "kind {kind}: {events:?}"
            );
        }
        let (answer, events) = heard(&judge, |ticket| {
            get(HOST, &format!("/r/{}?{good}", ticket.back))
        });
        assert_eq!(body(&answer), Page::Completed.html(Default::default()));
        assert_eq!(
            events,
            [CallbackEvent::Answered(RouteId(1), good.to_owned())]
        );
    }
}

/// Texts that try the parser itself. Who knows the token is OK's page: a text that looks like an
/// answer but cannot be read ends the request as unusable, and never as done.
#[test]
fn answers_that_try_the_parser_are_never_completed() {
    let deep =
        |open: &str, close: &str| open.repeat(7000 / open.len()) + &close.repeat(7000 / open.len());
    let texts = [
        format!("result={}", deep("[", "]")),
        format!("result={}", "[".repeat(10_000)),
        format!("result={}", deep("{\"id\":", "}")),
        format!("result={{\"id\":{}}}", deep("[", "]")),
        format!("code=OK&selected={}", deep("[", "]")),
        format!("code=OK&selected={}", "[".repeat(10_000)),
        "result={\"id\":1e999}".into(),
        "result={\"id\":-1e999}".into(),
        "result={\"id\":1e-999}".into(),
        "result={\"type\":\"error\",\"code\":1e999}".into(),
        "id=1e999".into(),
        "code=OK&selected=[1e999]".into(),
        "code=OK&selected=[99999999999999999999999]".into(),
        format!("code=OK&selected=[{}1]", "1,".repeat(5000)),
        format!("a=b{}", "&a=b".repeat(4000)),
        format!("{}code=OK", "code=OK&".repeat(1500)),
        "id=7&id=8".into(),
        "id=%zz".into(),
        "code=OK&selected=%5B1%5D&selected=%5B2%5D".into(),
        "code=%ff&selected=[1]".into(),
        "result=%7B%22id%22%3A%22%ED%A0%80%22%7D".into(),
    ];
    for (judge, _) in parsers() {
        for text in &texts {
            let name = &text[..text.len().min(40)];
            let requests: [fn(&Ticket, &str) -> Vec<u8>; 2] = [
                |ticket, text| get(HOST, &format!("/r/{}?{text}", ticket.back)),
                |ticket, text| post(HOST, &format!("/f/{}", ticket.back), text),
            ];
            for request in requests {
                let (answer, events) = heard(&judge, |ticket| request(ticket, text));
                assert_eq!(status(&answer), 200, "{name}");
                let page = body(&answer);
                assert!(
                    page != Page::Completed.html(Default::default()) && page != "completed",
                    "{name}"
                );
                assert!(events.len() <= 1, "{name}: {events:?}");
            }
        }
        // More than a request line holds: only a caller inside the program can bring it.
        for text in [
            format!("a=b{}", "&a=b".repeat(100_000)),
            format!("result={}", "[".repeat(100_000)),
        ] {
            let done = matches!(judge(&text), Verdict::Finish(_, Page::Completed));
            assert!(!done, "{}", &text[..40]);
        }
    }
}
