//! Posting to the player's feed or to a group.

use bevy_ecs::message::Message;
use odnoklassniki::{Attachment, Authenticity, PostParameters, PostWidget, TopicId};

use super::callback::{CallbackFacts, ReceivedCallback, debug_without_state};
use super::id::RequestId;
use super::kind::RequestKind;
use super::outcome::Outcome;
use super::submission::{Request, Submission, WidgetPayload, widget_methods};

/// Asks the player to publish something: to their feed, or with
/// [`group_id`](PostParameters::group_id) to a group.
///
/// The result is one [`PostFinished`] with the same id. All settings of OK's page are methods of
/// [`PostParameters`] and [`WidgetParameters`](odnoklassniki::WidgetParameters) (both in the
/// prelude). The content is an [`Attachment`].
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn level_cleared(mut posts: MessageWriter<RequestPost>) {
///     let text = Attachment::new().text("Level 7 in 3:41!").link("https://game.example/run/8812");
///     posts.write(RequestPost::new(text).user_text(true));
/// }
/// # bevy_ecs::system::assert_is_system(level_cleared);
/// ```
///
/// Source: `apiok.ru/en/ext/publish`.
#[derive(Message, Debug)]
pub struct RequestPost(Submission<WidgetPayload>);

widget_methods!(RequestPost, RequestKind::Post, PostWidget);

impl RequestPost {
    /// Creates a post with this content.
    #[must_use]
    pub fn new(attachment: Attachment) -> Self {
        PostWidget::new(attachment).into()
    }
}

impl PostParameters for RequestPost {}

impl Request for RequestPost {
    type Success = Posted;

    fn submission(&self) -> Submission {
        self.0.erased()
    }

    fn outcome(callback: ReceivedCallback, facts: &CallbackFacts<'_>) -> Outcome<Posted> {
        facts.outcome(callback.published(), |published, state| Posted {
            authenticity: facts.authenticity(published.check_value.as_deref(), |signer| {
                published.authenticity(facts.signature, signer)
            }),
            topic_id: published.topic_id,
            check_value: published.check_value,
            state: facts.state_for_game(state),
        })
    }
}

/// The one result of a [`RequestPost`].
///
/// The plugin writes it in [`OkSystems::Receive`](crate::OkSystems::Receive) (`PreUpdate`); for a
/// request that ends at once, or that the game cancels, in
/// [`OkSystems::Send`](crate::OkSystems::Send) (`PostUpdate`).
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn thank(mut finished: MessageReader<PostFinished>) {
///     for post in finished.read() {
///         match &post.outcome {
///             Outcome::Completed(posted) => println!("published as topic {}", posted.topic_id),
///             Outcome::Cancelled(_) | Outcome::TimedOut => {}
///             Outcome::Failed(error) => eprintln!("{error}; {}", error.advice()),
///         }
///     }
/// }
/// # bevy_ecs::system::assert_is_system(thank);
/// ```
#[derive(Message, Clone, Debug)]
pub struct PostFinished {
    /// The id of the [`RequestPost`] that ended.
    pub id: RequestId,
    /// How it ended: completed, cancelled, timed out or failed.
    pub outcome: Outcome<Posted>,
    /// The game's own text: see [`tag`](RequestPost::tag).
    pub tag: Option<String>,
    /// Whether an earlier run of the game has sent the request
    /// ([`with_pending_store`](crate::OdnoklassnikiPlugin::with_pending_store), or
    /// [`WebWindow::Page`](crate::WebWindow::Page) on the web).
    pub resumed: bool,
}

/// The result of a published post.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Posted {
    /// OK's id of the new topic, never 0.
    pub topic_id: TopicId,
    /// Whether OK's check value matches a guessed formula; see [`Authenticity`]. Base no reward on
    /// it alone.
    pub authenticity: Authenticity,
    /// OK's check value (`signature` of the callback), as it came: 32 hex digits by OK's page, at
    /// most 128 characters here. `None` if OK sent none. Its formula is not known
    /// ([`protocol::check_value`](crate::protocol::check_value)); a backend may log it.
    pub check_value: Option<String>,
    /// The `state` of the callback, equal to what the game set with
    /// [`state`](odnoklassniki::WidgetParameters::state). `None` if the game set none, or OK did
    /// not return it: whether the post page returns it is not known.
    pub state: Option<String>,
}

debug_without_state!(Posted {
    topic_id,
    authenticity,
    check_value
});
