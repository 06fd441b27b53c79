//! What the sandbox knows and remembers. One lock, everything bounded.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::app::Application;
use crate::attachment::Attachment;
use crate::behavior::{Behavior, Behaviors, RequestKind};
use crate::codes::{CANCELLED, Refusal};
use crate::oauth::desk::LoginTicket;
use crate::oauth::ledger::Ledger;
use crate::people::FRIENDS;
use crate::random;
use crate::widget::answer::{Answer, Delivery, deliver};
use crate::widget::request::{Content, Refused, WidgetRequest};

const MAX_POSTS: usize = 500;
const MAX_LETTERS: usize = 500;
const MAX_REQUESTS: usize = 1_000;
const MAX_TICKETS: usize = 200;
/// Longest comment that is kept, in characters.
const MAX_COMMENT: usize = 4_000;
/// Topic ids count up from here.
const FIRST_TOPIC: u64 = 70_102_413_180_001;

/// A published post.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FeedPost {
    /// Id of the topic, as the game was told.
    pub id: u64,
    /// Application that asked for it.
    pub app_id: u64,
    /// The group it was published in; `None` for the player's own feed.
    pub group_id: Option<u64>,
    /// What the player wrote; empty without `st.utext=on`.
    pub comment: String,
    /// All text blocks, one a line.
    pub text: String,
    /// The attachment as JSON, decoded if it came as base64.
    pub attachment: String,
    pub(crate) parsed: Box<Attachment>,
    pub(crate) at: SystemTime,
}

/// An invitation or recommendation in a friend's inbox.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Letter {
    /// [`RequestKind::Invite`] or [`RequestKind::Suggest`].
    pub kind: RequestKind,
    /// Application that asked for it.
    pub app_id: u64,
    /// OK user id of the friend.
    pub to: u64,
    /// What the player wrote.
    pub comment: String,
    /// `st.custom_args`: what the game gets when the friend starts it from this letter.
    pub custom_args: Option<String>,
    pub(crate) at: SystemTime,
}

/// A request for a widget page or for the login page, accepted or not. Holds no secrets.
///
/// ```
/// use odnoklassniki_sandbox::{RequestKind, Player, Sandbox};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sandbox = Sandbox::start()?;
/// Player::accept().play(&format!("{}/dk?st.cmd=WidgetInvite&st.app=1", sandbox.url()))?;
/// let seen = sandbox.requests().remove(0);
/// assert_eq!((seen.kind, seen.app_id), (Some(RequestKind::Invite), Some(1)));
/// assert_eq!((seen.refused, seen.name), (Some(900), "NO_SUCH_APP"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeenRequest {
    /// What was asked for; `None` if `st.cmd` named no widget.
    pub kind: Option<RequestKind>,
    /// `st.app` or `client_id`; `None` if it was no number.
    pub app_id: Option<u64>,
    /// OK's code if a check refused it; for a login the code that comes nearest. `None`: it was
    /// shown or handed to the behavior.
    pub refused: Option<i32>,
    /// Name of that code, such as `PARAM_SIGNATURE`, or for a login OAuth's name, such as
    /// `invalid_scope`; empty if it was not refused.
    pub name: &'static str,
    /// What was wrong, for the developer. Of a login that was not refused: what it asked for.
    pub detail: String,
}

/// A page that was shown and waits for a button.
pub(crate) struct Ticket {
    pub(crate) number: String,
    pub(crate) request: Arc<WidgetRequest>,
    /// Query of the page, to show it again.
    pub(crate) query: String,
    /// Set once a button was pressed: a second press gets the same.
    pub(crate) answered: Option<(Answer, Delivery)>,
}

pub(crate) struct House {
    pub(crate) apps: Vec<Application>,
    pub(crate) tokens: Vec<String>,
    /// Without a slash at the end.
    pub(crate) url: String,
    pub(crate) port: u16,
    memory: Mutex<Memory>,
}

#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) behaviors: Behaviors,
    pub(crate) feed: VecDeque<FeedPost>,
    pub(crate) letters: VecDeque<Letter>,
    pub(crate) requests: VecDeque<SeenRequest>,
    pub(crate) ledger: Ledger,
    pub(crate) logins: VecDeque<LoginTicket>,
    tickets: VecDeque<Ticket>,
    topics: u64,
}

/// What a press of a button leads to.
pub(crate) enum Press {
    /// No page with that number is remembered.
    Unknown,
    /// Nobody was chosen: show the page again.
    NobodyChosen(Arc<WidgetRequest>, String, String),
    Answered(Arc<WidgetRequest>, Answer, Delivery),
}

impl House {
    pub(crate) fn new(
        apps: Vec<Application>,
        tokens: Vec<String>,
        port: u16,
        behavior: Behavior,
    ) -> Self {
        let mut memory = Memory::default();
        memory.behaviors.usual = behavior;
        Self {
            apps,
            tokens,
            url: format!("http://127.0.0.1:{port}"),
            port,
            memory: Mutex::new(memory),
        }
    }

    /// The sandbox's own return address, where what is tried from the home page ends.
    pub(crate) fn tried(&self) -> String {
        format!("{}/tried", self.url)
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        // The data is valid after a panic elsewhere: no change here is made in two steps.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request that passed and says what is to be done with it: what its visitor brings
    /// along, or else what the behaviors want.
    pub(crate) fn accepted(&self, request: &WidgetRequest, brought: Option<Behavior>) -> Behavior {
        let mut memory = self.memory();
        memory.note(SeenRequest {
            kind: Some(request.kind),
            app_id: Some(request.app_id),
            refused: None,
            name: "",
            detail: String::new(),
        });
        brought.unwrap_or_else(|| memory.behaviors.take(request.kind))
    }

    pub(crate) fn refused(&self, refused: &Refused) {
        let message = refused.refusal.message.trim_end();
        self.memory().note(SeenRequest {
            kind: refused.envelope.kind,
            app_id: refused.app_id,
            refused: Some(refused.refusal.code),
            name: refused.refusal.name(),
            detail: match refused.hint.as_str() {
                "" => message.to_owned(),
                hint => format!("{message}. {hint}"),
            },
        });
    }

    /// Remembers a page that is about to be shown.
    pub(crate) fn ticket(&self, request: Arc<WidgetRequest>, query: String) -> String {
        let mut memory = self.memory();
        let number = random::page_id();
        push(
            &mut memory.tickets,
            MAX_TICKETS,
            Ticket {
                number: number.clone(),
                request,
                query,
                answered: None,
            },
        );
        number
    }

    /// A button of a page was pressed.
    pub(crate) fn press(
        &self,
        number: &str,
        publish: bool,
        comment: &str,
        friends: &[u64],
    ) -> Press {
        let mut memory = self.memory();
        let memory = &mut *memory;
        let Some(place) = memory
            .tickets
            .iter()
            .position(|ticket| ticket.number == number)
        else {
            return Press::Unknown;
        };
        let Some(ticket) = memory.tickets.get_mut(place) else {
            return Press::Unknown;
        };
        let request = Arc::clone(&ticket.request);
        if let Some((answer, delivery)) = &ticket.answered {
            return Press::Answered(request, answer.clone(), delivery.clone());
        }
        let answer = if !publish {
            Answer::Refused(Refusal::scripted(CANCELLED))
        } else {
            let (query, number) = (ticket.query.clone(), ticket.number.clone());
            let chosen: Vec<u64> = offered(&request)
                .filter(|id| friends.contains(id))
                .collect();
            if request.kind != RequestKind::Post && chosen.is_empty() {
                return Press::NobodyChosen(request, query, number);
            }
            memory.carry_out(&request, comment, chosen)
        };
        let delivery = deliver(&request.envelope, Some(&request.seal), &answer);
        if let Some(ticket) = memory.tickets.get_mut(place) {
            ticket.answered = Some((answer.clone(), delivery.clone()));
        }
        Press::Answered(request, answer, delivery)
    }

    /// Publishes or sends without a person: to these friends, to those the request has chosen, or
    /// else to the first two.
    pub(crate) fn accept(&self, request: &WidgetRequest, friends: Option<Vec<u64>>) -> Answer {
        let (comment, chosen) = match &request.content {
            Content::Post { .. } => (String::new(), Vec::new()),
            Content::Letter { comment, .. } if friends.is_some() => {
                (comment.clone(), friends.unwrap_or_default())
            }
            Content::Letter {
                chosen, comment, ..
            } if chosen.is_empty() => (comment.clone(), offered(request).take(2).collect()),
            Content::Letter {
                chosen, comment, ..
            } => (comment.clone(), chosen.clone()),
        };
        self.memory().carry_out(request, &comment, chosen)
    }
}

fn offered(request: &WidgetRequest) -> impl Iterator<Item = u64> {
    let offered: &[_] = match &request.content {
        Content::Letter { offered, .. } => offered,
        Content::Post { .. } => &[],
    };
    offered.iter().map(|friend| friend.id)
}

impl Memory {
    pub(crate) fn note(&mut self, seen: SeenRequest) {
        push(&mut self.requests, MAX_REQUESTS, seen);
    }

    fn carry_out(&mut self, request: &WidgetRequest, comment: &str, chosen: Vec<u64>) -> Answer {
        let comment: String = comment.trim().chars().take(MAX_COMMENT).collect();
        let at = SystemTime::now();
        match &request.content {
            Content::Post {
                attachment,
                ask_comment,
                group,
            } => {
                let id = FIRST_TOPIC + self.topics;
                self.topics += 1;
                let post = FeedPost {
                    id,
                    app_id: request.app_id,
                    group_id: *group,
                    comment: if *ask_comment { comment } else { String::new() },
                    text: attachment.text(),
                    attachment: attachment.json.clone(),
                    parsed: attachment.clone(),
                    at,
                };
                push(&mut self.feed, MAX_POSTS, post);
                Answer::Published(id)
            }
            Content::Letter { custom_args, .. } => {
                for to in &chosen {
                    let letter = Letter {
                        kind: request.kind,
                        app_id: request.app_id,
                        to: *to,
                        comment: comment.clone(),
                        custom_args: custom_args.clone(),
                        at,
                    };
                    push(&mut self.letters, MAX_LETTERS, letter);
                }
                Answer::Sent(chosen)
            }
        }
    }

    /// Letters of a friend, newest first.
    pub(crate) fn inbox(&self, friend: u64) -> Vec<Letter> {
        let own = self
            .letters
            .iter()
            .rev()
            .filter(|letter| letter.to == friend);
        own.cloned().collect()
    }

    /// Friends with the number of their letters.
    pub(crate) fn letter_counts(&self) -> Vec<(u64, usize)> {
        FRIENDS
            .iter()
            .map(|friend| {
                let own = self.letters.iter().filter(|letter| letter.to == friend.id);
                (friend.id, own.count())
            })
            .collect()
    }
}

/// Keeps the newest `limit` items.
pub(crate) fn push<T>(items: &mut VecDeque<T>, limit: usize, item: T) {
    if items.len() == limit {
        items.pop_front();
    }
    items.push_back(item);
}
