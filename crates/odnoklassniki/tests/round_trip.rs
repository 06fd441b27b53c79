//! 100,000 addresses: built, read again as a server reads them, and signed again from what was read.
//!
//! A plain loop over a small generator with a fixed seed, because it must be quick in a build without optimisation.

use odnoklassniki::*;
use url::{Url, form_urlencoded};

const CASES: usize = 100_000;
const KEY: &str = "9f86d081884c7d659a2feaa0c55ad015";

/// `SplitMix64`: enough to choose test data.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) >> 33).unwrap() % limit
    }

    /// Text of pieces that matter to the formats, and of any characters; never blank.
    fn text(&mut self) -> String {
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
        for _ in 0..self.below(6) {
            match self.below(3) {
                0 => text.push(char::from_u32(self.below(0x11_0000) as u32).unwrap_or('я')),
                _ => text.push_str(PIECES[self.below(PIECES.len())]),
            }
        }
        text
    }

    fn state(&mut self) -> Option<String> {
        let length = self.below(12);
        let printable = |this: &mut Self| char::from(b' ' + this.below(95) as u8);
        let state: String = (0..length).map(|_| printable(self)).collect();
        (length > 0).then_some(state)
    }
}

fn check(random: &mut Random, builder: &mut AddressBuilder, signer: &Signer, number: usize) {
    let (post, custom, state) = (random.text(), random.text(), random.state());
    let attachment = Attachment::new().text(post);
    let (encoding, value) = match random.below(2) {
        0 => (AttachmentEncoding::Base64, attachment.to_base64()),
        _ => (AttachmentEncoding::Plain, attachment.to_json()),
    };
    let widget = PostWidget::new(attachment).attachment_encoding(encoding).extra("st.custom", custom.as_str());
    let return_url = "http://127.0.0.1:8123/r/0f";
    let reply = Reply { return_url: Some(return_url), state: state.as_deref() };
    let address = builder.build(&widget, reply, signer).unwrap();

    let mut meant = vec![
        ("st.cmd", "WidgetMediatopicPost"),
        ("st.app", "1234567890"),
        ("st.attachment", value.as_str()),
        ("st.custom", custom.as_str()),
        ("st.return", return_url),
    ];
    meant.extend(state.as_deref().map(|state| ("st.state", state)));
    meant.push(("st.signature", address.signature().as_str()));
    meant.push(("st.access_token", "tkn1-Q9f3aZ_7ueXw2LhBcR.s0V4"));
    let (_, query) = address.expose().split_once('?').unwrap();
    let read: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let read: Vec<(&str, &str)> = read.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(read, meant, "case {number}");

    let key = SessionSecretKey::new(KEY);
    let signature = widget_signature(read.iter().copied(), &key);
    assert_eq!(&signature, address.signature(), "case {number}");

    // One bit of a signed value, another signature. Not the top bit: that would not be UTF-8.
    let flipped = if random.below(2) == 0 { "st.attachment" } else { "st.return" };
    let original = if flipped == "st.return" { return_url } else { &value };
    let mut bytes = original.as_bytes().to_vec();
    let at = random.below(bytes.len());
    bytes[at] ^= 1 << random.below(7);
    if let Ok(changed) = String::from_utf8(bytes) {
        let pairs: Vec<_> =
            read.iter().map(|&(name, value)| (name, if name == flipped { changed.as_str() } else { value })).collect();
        assert_ne!(widget_signature(pairs, &key), signature, "case {number}");
    }
    if number.is_multiple_of(100) {
        let parsed = Url::parse(address.expose()).unwrap();
        assert_eq!(parsed.as_str(), address.expose(), "re-parsing changes nothing");
    }
}

#[test]
fn addresses_are_read_as_they_were_meant_and_their_signatures_hold() {
    let mut random = Random(0x0d_0c1a);
    let mut builder = AddressBuilder::new(ApplicationId::new(1_234_567_890));
    let token = AccessToken::new("tkn1-Q9f3aZ_7ueXw2LhBcR.s0V4");
    let signer = Signer::session(token, SessionSecretKey::new(KEY));
    for number in 0..CASES {
        check(&mut random, &mut builder, &signer, number);
    }
}
