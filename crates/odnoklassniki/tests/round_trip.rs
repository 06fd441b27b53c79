//! 100,000 URLs of all three widgets (20,000 in an ordinary run): built, and parsed again as a
//! server does. The test checks each against a signature that it computes itself, from a text that
//! it puts together itself.
//!
//! A plain loop over a small generator with a fixed seed, because it must be quick in a build
//! without optimization.

use md5::{Digest, Md5};
use odnoklassniki::*;
use test_support::random::Random;
use test_support::reliability::{measured, scale};
use url::Url;

const KEY: &str = "9f86d081884c7d659a2feaa0c55ad015";
const TOKEN: &str = "tkn1-Q9f3aZ_7ueXw2LhBcR.s0V4";
const RETURN: &str = "http://127.0.0.1:8123/r/0f";

/// Text of pieces that matter to the formats, and of any characters; never blank.
fn text(random: &mut Random) -> String {
    const PIECES: [&str; 12] = [
        "st.return=",
        "st.state=",
        "&st.signature=0",
        "%26",
        "+ &?=#%",
        "\"\\{}[]",
        "\u{0}\n",
        "я 🏆",
        "👨‍👩‍👧",
        "=",
        "~-._",
        "%D1",
    ];
    let mut text = String::from("x");
    for _ in 0..random.below(6) {
        match random.below(3) {
            0 => text.push(char::from_u32(random.below(0x11_0000) as u32).unwrap_or('я')),
            _ => text.push_str(PIECES[random.below(PIECES.len())]),
        }
    }
    text
}

fn state(random: &mut Random) -> Option<String> {
    let length = random.below(12);
    let printable = |random: &mut Random| char::from(b' ' + random.below(95) as u8);
    let state: String = (0..length).map(|_| printable(random)).collect();
    (length > 0).then_some(state)
}

/// A widget of any kind, and what its URL must contain: the command, and the pairs in their
/// order.
struct Case {
    kind: WidgetKind,
    parameters: Parameters,
    command: &'static str,
    pairs: Vec<(&'static str, String)>,
}

fn post(random: &mut Random) -> Case {
    let attachment = Attachment::new().text(text(random));
    let (encoding, value) = match random.below(2) {
        0 => (AttachmentEncoding::Base64, attachment.to_base64()),
        _ => (AttachmentEncoding::Plain, attachment.to_json()),
    };
    let custom = text(random);
    let widget = PostWidget::new(attachment)
        .attachment_encoding(encoding)
        .extra("st.custom", &custom);
    Case {
        kind: WidgetKind::Post,
        parameters: widget.parameters().clone(),
        command: "WidgetMediatopicPost",
        pairs: vec![("st.attachment", value), ("st.custom", custom)],
    }
}

fn to_friends<W: InviteParameters + Widget>(
    random: &mut Random,
    widget: W,
    command: &'static str,
) -> Case {
    let (comment, custom, friend) = (
        text(random),
        text(random),
        random.below(1 << 31).to_string(),
    );
    let widget = widget
        .custom_args(&custom)
        .comment(&comment)
        .target([&friend]);
    Case {
        kind: W::KIND,
        parameters: widget.parameters().clone(),
        command,
        pairs: vec![
            ("st.comment", comment),
            ("st.custom_args", custom),
            ("st.target", friend),
        ],
    }
}

/// MD5 of the signed pairs in OK's order and the key, without the code that is under test.
fn own_signature(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for signed in ["st.attachment", "st.return", "st.state"] {
        for (_, value) in pairs.iter().filter(|(name, _)| *name == signed) {
            text += &format!("{signed}={value}");
        }
    }
    text += KEY;
    Md5::digest(text)
        .iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn check(random: &mut Random, builder: &mut WidgetUrlBuilder, signer: &Signer, number: usize) {
    let case = match number % 3 {
        0 => post(random),
        1 => to_friends(random, InviteWidget::new(), "WidgetInvite"),
        _ => to_friends(random, SuggestWidget::new(), "WidgetSuggest"),
    };
    let state = state(random);
    let return_to = ReturnTo {
        return_url: Some(RETURN),
        state: state.as_deref(),
    };
    let url = builder
        .build_parameters(case.kind, &case.parameters, return_to, signer)
        .unwrap();

    let mut meant = vec![("st.cmd", case.command), ("st.app", "1234567890")];
    meant.extend(
        case.pairs
            .iter()
            .map(|(name, value)| (*name, value.as_str())),
    );
    meant.push(("st.return", RETURN));
    meant.extend(state.as_deref().map(|state| ("st.state", state)));
    let signature = own_signature(&meant);
    meant.push(("st.signature", &signature));
    meant.push(("st.access_token", TOKEN));
    let parsed = Url::parse(url.expose()).unwrap();
    assert_eq!(
        parsed.as_str(),
        url.expose(),
        "case {number}: parsing changes nothing"
    );
    let read: Vec<_> = parsed.query_pairs().collect();
    let read: Vec<(&str, &str)> = read
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    assert_eq!(read, meant, "case {number}");
    assert_eq!(url.signature().as_str(), signature, "case {number}");

    // One bit of a signed value, and a server refuses. It gets text: what is no UTF-8 any more is
    // not tried.
    let signed: Vec<usize> = (0..read.len())
        .filter(|&at| SIGNED_PARAMETERS.contains(&read[at].0))
        .collect();
    let mut flip = || {
        let pair = signed[random.below(signed.len())];
        let mut bytes = read[pair].1.as_bytes().to_vec();
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(7);
        String::from_utf8(bytes).ok().map(|text| (pair, text))
    };
    let (changed_pair, changed) = std::iter::repeat_with(&mut flip).flatten().next().unwrap();
    let mut pairs = read.clone();
    pairs[changed_pair].1 = &changed;
    let server = widget_signature(pairs, &SessionSecretKey::new(KEY));
    assert_ne!(&server, url.signature(), "case {number}");
}

#[test]
fn urls_are_read_as_they_were_meant_and_their_signatures_hold() {
    let mut random = Random(0x0d_0c1a);
    let mut builder = WidgetUrlBuilder::new(ApplicationId::new(1_234_567_890));
    let signer = Signer::session(AccessToken::new(TOKEN), SessionSecretKey::new(KEY));
    let cases = scale(20_000, 100_000);
    for number in 0..cases {
        check(&mut random, &mut builder, &signer, number);
    }
    measured(
        18,
        format!("{cases} URLs read back as meant, {cases} changed bits refused"),
    );
}
