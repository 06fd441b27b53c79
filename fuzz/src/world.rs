//! The listener without sockets and clock, with requests whose tokens a fuzzer can know.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use callback_listener::loopback::{Action, BoundAddress, Connection, Handler, Response};
use callback_listener::{
    CallbackEvent, CallbackParser, LinkToken, ListenerConfig, Page, PageUrl, ParsedCallback,
    PendingCallback, RedirectUri, ReturnToken,
};
use odnoklassniki::oauth::AuthorizationResponse;
use odnoklassniki::{CallbackError, Published, Sent, WidgetCallback};

/// The bound address.
pub(crate) const HOST: &str = "127.0.0.1:49152";
/// The path that is registered for the login.
pub(crate) const REDIRECT_PATH: &str = "/login";
/// The `st.state` of the invitation.
const INVITE_STATE: &str = "n1";

/// A request and its tokens.
pub(crate) struct Known {
    pub(crate) id: u64,
    pub(crate) link_token: &'static str,
    pub(crate) return_token: &'static str,
}

/// An invitation, pending.
pub(crate) const INVITE: Known = Known {
    id: 1,
    link_token: "0123456789abcdef0123456789abcdef",
    return_token: "fedcba9876543210fedcba9876543210",
};
/// A login, pending.
pub(crate) const LOGIN: Known = Known {
    id: 2,
    link_token: "11111111111111110000000000000000",
    return_token: "00000000000000001111111111111111",
};
/// A post that a backend still signs.
pub(crate) const UNSIGNED: Known = Known {
    id: 3,
    link_token: "22222222222222220000000000000000",
    return_token: "00000000000000002222222222222222",
};
/// A recommendation that is over.
pub(crate) const ENDED: Known = Known {
    id: 4,
    link_token: "33333333333333330000000000000000",
    return_token: "00000000000000003333333333333333",
};

/// Those of them that are pending.
pub(crate) const PENDING: [Known; 3] = [INVITE, LOGIN, UNSIGNED];

pub(crate) type Event = CallbackEvent<u64, ()>;

/// The listener, its events, and the time.
pub(crate) struct World {
    pub(crate) handler: Handler<u64, ()>,
    events: Receiver<Event>,
    pub(crate) now: Instant,
}

impl World {
    pub(crate) fn new(now: Instant) -> Self {
        let redirect_uri: RedirectUri = format!("http://{HOST}{REDIRECT_PATH}")
            .parse()
            .expect("a redirect URI");
        let address = BoundAddress::new(&[HOST.parse().expect("an address")], Some(&redirect_uri));
        let (sender, events) = mpsc::channel();
        let notify = move |event| sender.send(event).is_ok();
        let mut handler = Handler::new(address, &ListenerConfig::default(), notify);
        for (known, parser) in [
            (INVITE, widget_parser::<Sent>(Some(INVITE_STATE))),
            (LOGIN, login_parser()),
            (UNSIGNED, widget_parser::<Published>(None)),
            (ENDED, widget_parser::<Sent>(None)),
        ] {
            let page = PageUrl::new("https://connect.ok.ru/dk?st.cmd=WidgetInvite".to_owned()).ok();
            let link_token = LinkToken::random(|bytes| write(bytes, known.link_token));
            let return_token = ReturnToken::random(|bytes| write(bytes, known.return_token));
            handler.table().add(PendingCallback {
                id: known.id,
                link_token: link_token.expect("hex digits"),
                return_token: return_token.expect("hex digits"),
                page: page.filter(|_| known.id != UNSIGNED.id),
                deadline: now + Duration::from_secs(600),
                parser,
            });
        }
        let minute = Duration::from_secs(60);
        handler.table().retire(ENDED.id, now, minute, false);
        Self {
            handler,
            events,
            now,
        }
    }

    /// Takes the events that came.
    pub(crate) fn take(&mut self) -> Vec<Event> {
        self.events.try_iter().collect()
    }

    /// Sends pieces over one connection; the response, if one came.
    pub(crate) fn send<'a>(
        &mut self,
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> Option<Response> {
        let mut connection = Connection::new(self.now);
        let mut sent = None;
        for piece in pieces {
            if let Action::Respond(response) = connection.read(piece, self.now, &mut self.handler) {
                assert!(sent.is_none(), "two responses on one connection");
                sent = Some(response);
            }
        }
        sent
    }
}

/// Parses callbacks of a widget, of which `state` is known if one was sent.
fn widget_parser<T: WidgetCallback + 'static>(state: Option<&'static str>) -> CallbackParser<()> {
    Arc::new(move |text| match T::from_pairs(text) {
        Err(CallbackError::Unrecognized) => ParsedCallback::NotACallback,
        Err(_) => ParsedCallback::Done((), Page::Invalid),
        Ok(callback) => match (callback.state.as_deref(), state) {
            (Some(named), Some(state)) if named != state => ParsedCallback::StateMismatch,
            _ => ParsedCallback::Done((), Page::Completed),
        },
    })
}

fn login_parser() -> CallbackParser<()> {
    Arc::new(|text| match AuthorizationResponse::from_pairs(&[text]) {
        Err(CallbackError::Unrecognized) => ParsedCallback::NotACallback,
        Err(_) => ParsedCallback::Done((), Page::Invalid),
        Ok(response) => match response.state.as_deref() {
            Some(named) if named != LOGIN.return_token => ParsedCallback::StateMismatch,
            _ => ParsedCallback::Done((), Page::Completed),
        },
    })
}

/// Writes the bytes that become these digits.
fn write(bytes: &mut [u8], digits: &str) -> Result<(), std::num::ParseIntError> {
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16)?;
    }
    Ok(())
}

/// Returns the status of a response.
pub(crate) fn status(response: &Response) -> u16 {
    let digits = response
        .bytes()
        .get(9..12)
        .and_then(|digits| std::str::from_utf8(digits).ok());
    digits
        .and_then(|digits| digits.parse().ok())
        .expect("a response has a status")
}
