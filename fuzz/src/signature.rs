//! Signatures: what is hashed, and that text in a value cannot become another signed pair.

use odnoklassniki::{
    AccessToken, ApplicationId, Authenticity, InviteParameters as _, InviteWidget, Published,
    REST_UNSIGNED_PARAMETERS, ReturnTo, SIGNED_PARAMETERS, Sent, SessionSecretKey, Signature,
    Signer, TopicId, UserId, WidgetParameters as _, WidgetUrlBuilder, check_value, rest_signature,
    widget_signature,
};

use crate::escapes::unescape;

const RETURN_URL: &str = "http://127.0.0.1:49152/r/fedcba9876543210fedcba9876543210";

type Pair<'a> = (&'a str, &'a str);

/// Reads lines `name=value`, and the last as the key.
pub fn signature_base(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (lines, key) = text.rsplit_once('\n').unwrap_or(("", &text));
    let pairs: Vec<Pair<'_>> = lines
        .split('\n')
        .map(|line| line.split_once('=').unwrap_or((line, "")))
        .collect();
    bases(&pairs, key);
    check_values(&pairs, key);
    url(&pairs, key);
}

/// The digest of a text: a signature of nothing with that key.
fn digest(text: &str) -> Signature {
    widget_signature([], &SessionSecretKey::new(text))
}

/// The texts that are hashed are those of the protocol, whatever order the pairs come in.
fn bases(pairs: &[Pair<'_>], key: &str) {
    let secret = SessionSecretKey::new(key);
    let mut by_name: Vec<_> = pairs.to_vec();
    by_name.sort_by_key(|(name, _)| *name);
    let base = |signed: &dyn Fn(&str) -> bool| {
        let pairs = by_name.iter().filter(|(name, _)| signed(name));
        pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<String>()
            + key
    };
    let widget = widget_signature(pairs.iter().copied(), &secret);
    assert_eq!(
        widget,
        digest(&base(&|name| SIGNED_PARAMETERS.contains(&name)))
    );
    assert_eq!(
        widget,
        widget_signature(by_name.iter().copied(), &secret),
        "the order matters"
    );
    let rest = rest_signature(pairs.iter().copied(), &REST_UNSIGNED_PARAMETERS, &secret);
    assert_eq!(
        rest,
        digest(&base(&|name| !REST_UNSIGNED_PARAMETERS.contains(&name)))
    );
    assert_eq!(widget.as_str().parse().as_ref(), Ok(&widget));
}

/// A signature made as OK makes it matches; with one digit changed it does not.
fn check_values(pairs: &[Pair<'_>], key: &str) {
    let secret = SessionSecretKey::new(key);
    let signer = Signer::session(AccessToken::new("t"), SessionSecretKey::new(key));
    let state = pairs.first().map(|(name, _)| *name);
    let numbers = pairs.iter().filter_map(|(_, value)| value.parse().ok());
    let users: Vec<_> = numbers.map(UserId::new).collect();

    let value = check_value::invite_rest(&users, state, &secret);
    let ids = users
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(",");
    let state_pair = state
        .map(|state| format!("state={state}"))
        .unwrap_or_default();
    assert_eq!(
        value,
        digest(&format!("code=OKselected=[{ids}]{state_pair}{key}"))
    );
    let sent = |check_value| {
        Sent {
            users: users.clone(),
            check_value,
        }
        .authenticity(state, &signer)
    };
    graded(&value, sent);

    let topic = TopicId::new(users.first().map_or(1, |user| user.get()));
    let by_key = check_value::post_by_key(topic, &secret);
    assert_eq!(by_key, digest(&format!("id={topic}{key}")));
    let by_request = check_value::post_by_request(topic, &value);
    assert_eq!(by_request, digest(&format!("id={topic}{}", value.as_str())));
    for signature in [by_key, by_request] {
        let post = |check_value| {
            Published {
                topic_id: topic,
                check_value,
            }
            .authenticity(Some(&value), &signer)
        };
        graded(&signature, post);
    }
}

fn graded(value: &Signature, grade: impl Fn(Option<String>) -> Authenticity) {
    let (first, rest) = value.as_str().split_at(1);
    let other = if first == "0" { "1" } else { "0" };
    assert_eq!(
        grade(Some(value.as_str().to_owned())),
        Authenticity::Matched
    );
    assert_eq!(
        grade(Some(format!("{other}{rest}"))),
        Authenticity::NotMatched
    );
    assert_eq!(grade(None), Authenticity::Unsigned);
}

/// OK, which reads the URL and signs again, comes to the same signature, and to our return URL and
/// no other.
fn url(pairs: &[Pair<'_>], key: &str) {
    let mut widget = InviteWidget::new();
    let mut state = None;
    for (name, value) in pairs {
        widget = match *name {
            "comment" => widget.comment(*value),
            "custom_args" => widget.custom_args(*value),
            "reply" => {
                state = Some(*value);
                widget
            }
            "state" => widget.state(*value),
            name => widget.extra(name, *value),
        };
    }
    let signer = Signer::session(AccessToken::new("t"), SessionSecretKey::new(key));
    let return_to = ReturnTo {
        return_url: Some(RETURN_URL),
        state,
    };
    let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1));
    let Ok(url) = builder.build(&widget, return_to, &signer) else {
        return;
    };

    let (_, query) = url.expose().split_once('?').expect("a URL has a query");
    let read: Vec<_> = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    let read: Vec<_> = read
        .into_iter()
        .map(|(name, value)| (unescape(name), unescape(value)))
        .collect();
    let of = |wanted: &str| -> Vec<&str> {
        read.iter()
            .filter(|(name, _)| name == wanted)
            .map(|(_, value)| value.as_str())
            .collect()
    };
    assert_eq!(of("st.return"), [RETURN_URL]);
    for once in SIGNED_PARAMETERS {
        assert!(of(once).len() <= 1, "{once} comes twice");
    }
    let again = widget_signature(
        read.iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
        &SessionSecretKey::new(key),
    );
    assert_eq!(&again, url.signature());
    assert_eq!(of("st.signature"), [again.as_str()]);
}
