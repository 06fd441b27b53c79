//! What the sandbox remembers of the games' requests. All of it is bounded.

use std::collections::VecDeque;
use std::time::SystemTime;

use crate::attachment::Attachment;
use crate::bounded::push;
use crate::page_kind::PageKind;
use crate::people::FRIENDS;
use crate::widget::request::{Content, WidgetRequest};
use crate::widget::response::Outcome;

const MAX_POSTS: usize = 500;
const MAX_INVITATIONS: usize = 500;
const MAX_REQUESTS: usize = 1_000;
/// The longest comment that is kept, in characters.
const MAX_COMMENT: usize = 4_000;
/// Topic ids count up from here.
const FIRST_TOPIC: u64 = 70_102_413_180_001;

/// A published post.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FeedPost {
    /// Id of the topic, as the game got it.
    pub id: u64,
    /// The application that asked for the post.
    pub app_id: u64,
    /// The group of the post; `None` for the player's own feed.
    pub group_id: Option<u64>,
    /// The player's comment; empty without `st.utext=on`.
    pub comment: String,
    /// All text blocks, one a line.
    pub text: String,
    /// The attachment as JSON, decoded if it came as base64.
    pub attachment: String,
    pub(crate) parsed: Box<Attachment>,
    pub(crate) at: SystemTime,
}

/// An invitation or recommendation that a friend has received.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Invitation {
    /// The page that sent it: [`PageKind::Invite`], or [`PageKind::Suggest`] for a recommendation.
    pub kind: PageKind,
    /// The application that asked for it.
    pub app_id: u64,
    /// OK user id of the friend.
    pub to: u64,
    /// The player's message.
    pub comment: String,
    /// `st.custom_args`: the game gets it when the friend starts the game from here.
    pub custom_args: Option<String>,
    pub(crate) at: SystemTime,
}

/// A request for a widget or login page, accepted or refused. It holds no secrets.
///
/// ```
/// use odnoklassniki_sandbox::{Player, PageKind, Sandbox};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sandbox = Sandbox::start()?;
/// Player::accept().play(&format!("{}/dk?st.cmd=WidgetInvite&st.app=1", sandbox.url()))?;
/// let seen = sandbox.requests().remove(0);
/// assert_eq!((seen.kind, seen.app_id), (Some(PageKind::Invite), Some(1)));
/// assert_eq!((seen.refused, seen.name), (Some(900), "NO_SUCH_APP"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeenRequest {
    /// The page that the game asked for; `None` if `st.cmd` named no widget.
    pub kind: Option<PageKind>,
    /// `st.app` or `client_id`; `None` if it was no number.
    pub app_id: Option<u64>,
    /// OK's code if a check refused the request; for a login the code that comes nearest. `None` if
    /// the request went on to the page or to a behavior.
    pub refused: Option<i32>,
    /// The name of that code, such as `PARAM_SIGNATURE`, or for a login OAuth's name, such as
    /// `invalid_scope`. Empty if no check refused the request.
    pub name: &'static str,
    /// What was wrong, for the developer. For a login that no check refused: what it asked for.
    pub detail: String,
}

#[derive(Default)]
pub(crate) struct Records {
    feed: VecDeque<FeedPost>,
    invitations: VecDeque<Invitation>,
    requests: VecDeque<SeenRequest>,
    /// How many posts there have been.
    topics: u64,
}

impl Records {
    pub(crate) fn add_request(&mut self, request: SeenRequest) {
        push(&mut self.requests, MAX_REQUESTS, request);
    }

    /// Publishes the post, or sends the invitation to these friends.
    pub(crate) fn complete(
        &mut self,
        request: &WidgetRequest,
        comment: &str,
        friends: Vec<u64>,
    ) -> Outcome {
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
                Outcome::Published(id)
            }
            Content::Invitation { custom_args, .. } => {
                for to in &friends {
                    let invitation = Invitation {
                        kind: request.kind,
                        app_id: request.app_id,
                        to: *to,
                        comment: comment.clone(),
                        custom_args: custom_args.clone(),
                        at,
                    };
                    push(&mut self.invitations, MAX_INVITATIONS, invitation);
                }
                Outcome::Sent(friends)
            }
        }
    }

    /// Returns all posts, newest first.
    pub(crate) fn feed(&self) -> impl Iterator<Item = &FeedPost> {
        self.feed.iter().rev()
    }

    /// Returns all requests, newest first.
    pub(crate) fn requests(&self) -> impl DoubleEndedIterator<Item = &SeenRequest> {
        self.requests.iter().rev()
    }

    /// Returns what a friend has received, newest first.
    pub(crate) fn inbox(&self, friend: u64) -> Vec<Invitation> {
        let newest_first = self.invitations.iter().rev();
        newest_first
            .filter(|invitation| invitation.to == friend)
            .cloned()
            .collect()
    }

    /// Counts what each friend has received.
    pub(crate) fn counts(&self) -> Vec<(u64, usize)> {
        let count = |id| {
            let received = self.invitations.iter().filter(|one| one.to == id);
            received.count()
        };
        FRIENDS
            .iter()
            .map(|friend| (friend.id, count(friend.id)))
            .collect()
    }
}
