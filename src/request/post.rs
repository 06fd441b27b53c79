//! Posting to the player's feed or to a group.

use bevy_ecs::message::Message;
use odnoklassniki::{
    Attachment, Authenticity, Parameters, PostParameters, PostWidget, TopicId, WidgetKind,
    WidgetParameters,
};

use super::draft::{Draft, request_message};
use super::outcome::debug_without_state;
use super::{Outcome, RequestId};

/// Asks the player to publish something: to their feed, or with
/// [`group_id`](PostParameters::group_id) to a group.
///
/// The answer is a [`PostFinished`] with the same id. All settings of OK's page are methods of
/// [`PostParameters`] and [`WidgetParameters`] (both in the prelude); what may be published is an
/// [`Attachment`].
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
pub struct RequestPost(pub(crate) Draft);

request_message!(RequestPost, PostWidget, WidgetKind::Post);

impl RequestPost {
    /// A post with this content.
    #[must_use]
    pub fn new(attachment: Attachment) -> Self {
        PostWidget::new(attachment).into()
    }
}

impl PostParameters for RequestPost {}

/// The one result of a [`RequestPost`].
///
/// It is written in [`OkSystems::Receive`](crate::OkSystems::Receive) (`PreUpdate`); for a request
/// that ends at once, or that the game cancels, in [`OkSystems::Send`](crate::OkSystems::Send)
/// (`PostUpdate`).
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
    /// The request that ended.
    pub id: RequestId,
    /// How it ended.
    pub outcome: Outcome<Posted>,
}

/// What OK says of a published post.
///
/// ```
/// # use bevy_odnoklassniki::Posted;
/// fn link(posted: &Posted) -> String {
///     format!("topic {}", posted.topic_id)
/// }
/// # let _ = link;
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Posted {
    /// The new topic.
    pub topic_id: TopicId,
    /// How far the answer can be trusted; see [`Authenticity`]. Base no reward on the answer alone.
    pub authenticity: Authenticity,
    /// OK's check value, for the game's backend.
    pub check_value: Option<String>,
    /// The state that came back, if the request set one and OK returned it.
    pub state: Option<String>,
}

debug_without_state!(Posted {
    topic_id,
    authenticity,
    check_value
});
