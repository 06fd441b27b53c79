//! The listener without sockets and clock, with requests whose tokens a fuzzer can know.

use std::time::{Duration, Instant};

use odnoklassniki::WidgetKind;
use odnoklassniki::oauth::ResponseType;
use zeroize::Zeroizing;

use crate::callback::parts::{Action, Connection, Context, Response, Routes, Site};
use crate::callback::{
    CallbackCounters, CallbackEvent, ReturnToken, Route, RouteId, StartToken, Target,
};
use crate::request::grade::{Answered, judge, judge_login};

/// The bound address.
pub(super) const HOST: &str = "127.0.0.1:49152";
/// The path that is registered for the login.
pub(super) const REDIRECT_PATH: &str = "/login";
/// The `st.state` of the invitation.
pub(super) const INVITE_STATE: &str = "n1";

/// A request and its tokens.
pub(super) struct Known {
    pub(super) id: RouteId,
    pub(super) start: &'static str,
    pub(super) back: &'static str,
}

/// An invitation, pending.
pub(super) const INVITE: Known = Known {
    id: RouteId(1),
    start: "0123456789abcdef0123456789abcdef",
    back: "fedcba9876543210fedcba9876543210",
};
/// A login, pending.
pub(super) const LOGIN: Known = Known {
    id: RouteId(2),
    start: "11111111111111110000000000000000",
    back: "00000000000000001111111111111111",
};
/// A post that a backend still signs.
pub(super) const UNSIGNED: Known = Known {
    id: RouteId(3),
    start: "22222222222222220000000000000000",
    back: "00000000000000002222222222222222",
};
/// A recommendation that is over.
pub(super) const ENDED: Known = Known {
    id: RouteId(4),
    start: "33333333333333330000000000000000",
    back: "00000000000000003333333333333333",
};

/// Those of them that are pending.
pub(super) const PENDING: [Known; 3] = [INVITE, LOGIN, UNSIGNED];

pub(super) type Event = CallbackEvent<Answered>;

/// The listener, what it has reported, and the time.
pub(super) struct World {
    site: Site,
    pub(super) routes: Routes<Answered>,
    counters: CallbackCounters,
    pub(super) events: Vec<Event>,
    pub(super) now: Instant,
}

impl World {
    pub(super) fn new(now: Instant) -> Self {
        let mut routes = Routes::default();
        for (known, judge) in [
            (
                INVITE,
                judge(WidgetKind::Invite, Some(INVITE_STATE.to_owned())),
            ),
            (
                LOGIN,
                judge_login(ResponseType::Token, Zeroizing::new(LOGIN.back.to_owned())),
            ),
            (UNSIGNED, judge(WidgetKind::Post, None)),
            (ENDED, judge(WidgetKind::Suggest, None)),
        ] {
            let target =
                Target::new("https://connect.ok.ru/dk?st.cmd=WidgetInvite".to_owned()).ok();
            routes.add(Route {
                id: known.id,
                start: StartToken::from_digits(known.start),
                back: ReturnToken::from_digits(known.back),
                target: target.filter(|_| known.id != UNSIGNED.id),
                deadline: now + Duration::from_secs(600),
                judge,
            });
        }
        routes.retire(ENDED.id, now, Duration::from_secs(60), false);
        let site = Site {
            origin: format!("http://{HOST}"),
            hosts: vec![HOST.to_owned()],
            redirect_path: Some(REDIRECT_PATH.to_owned()),
            redirect_uri: None,
        };
        Self {
            site,
            routes,
            counters: CallbackCounters::default(),
            events: Vec::new(),
            now,
        }
    }

    /// Does something that needs to know the world.
    pub(super) fn with<R>(
        &mut self,
        work: impl FnOnce(&mut Context<'_, Answered>, Instant) -> R,
    ) -> R {
        let emit = &mut |event| self.events.push(event);
        let Self {
            routes,
            counters,
            site,
            ..
        } = self;
        work(
            &mut Context {
                routes,
                counters,
                site,
                emit,
            },
            self.now,
        )
    }

    /// Sends pieces over one connection; the answer, if one came.
    pub(super) fn send<'a>(
        &mut self,
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> Option<Response> {
        let mut connection = Connection::new(self.now);
        let mut answer = None;
        for piece in pieces {
            if let Action::Respond(response) =
                self.with(|context, now| connection.read(piece, now, context))
            {
                assert!(answer.is_none(), "two answers on one connection");
                answer = Some(response);
            }
        }
        answer
    }
}

/// The status of an answer.
pub(super) fn status(answer: &Response) -> u16 {
    let digits = answer
        .bytes()
        .get(9..12)
        .and_then(|digits| std::str::from_utf8(digits).ok());
    digits
        .and_then(|digits| digits.parse().ok())
        .expect("an answer has a status")
}
