//! Recommending the game to friends, players or not.

use bevy_ecs::message::Message;
use odnoklassniki::{Authenticity, InviteParameters, SuggestWidget, UserId};

use super::callback::{CallbackFacts, ReceivedCallback, debug_without_state};
use super::id::RequestId;
use super::kind::RequestKind;
use super::outcome::Outcome;
use super::submission::{Request, Submission, WidgetPayload, widget_methods};

/// Asks the player which friends to recommend the game to. OK offers friends who already play it,
/// too.
///
/// The result is one [`SuggestFinished`] with the same id. All settings of OK's page are methods of
/// [`InviteParameters`] and [`WidgetParameters`](odnoklassniki::WidgetParameters) (both in the
/// prelude).
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn recommend(mut requests: MessageWriter<RequestSuggest>) {
///     requests.write(RequestSuggest::new().comment("You will like the new level"));
/// }
/// # bevy_ecs::system::assert_is_system(recommend);
/// ```
///
/// Source: `apiok.ru/en/ext/invite_suggest`.
#[derive(Message, Debug)]
pub struct RequestSuggest(Submission<WidgetPayload>);

widget_methods!(RequestSuggest, RequestKind::Suggest, SuggestWidget);

impl RequestSuggest {
    /// Creates a request that preselects no friends.
    #[must_use]
    pub fn new() -> Self {
        SuggestWidget::new().into()
    }
}

impl Default for RequestSuggest {
    fn default() -> Self {
        Self::new()
    }
}

impl InviteParameters for RequestSuggest {}

impl Request for RequestSuggest {
    type Success = Suggested;

    fn submission(&self) -> Submission {
        self.0.erased()
    }

    fn outcome(callback: ReceivedCallback, facts: &CallbackFacts<'_>) -> Outcome<Suggested> {
        facts.outcome(callback.sent(), |sent, state| Suggested {
            authenticity: facts.authenticity(sent.check_value.as_deref(), |signer| {
                sent.authenticity(state.as_deref(), signer)
            }),
            users: sent.users,
            check_value: sent.check_value,
            state: facts.state_for_game(state),
        })
    }
}

/// The one result of a [`RequestSuggest`].
///
/// The plugin writes it in [`OkSystems::Receive`](crate::OkSystems::Receive) (`PreUpdate`); for a
/// request that ends at once, or that the game cancels, in
/// [`OkSystems::Send`](crate::OkSystems::Send) (`PostUpdate`).
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn thank(mut finished: MessageReader<SuggestFinished>) {
///     for request in finished.read() {
///         if let Outcome::Completed(sent) = &request.outcome {
///             println!("{} friends got the recommendation", sent.users.len());
///         }
///     }
/// }
/// # bevy_ecs::system::assert_is_system(thank);
/// ```
#[derive(Message, Clone, Debug)]
pub struct SuggestFinished {
    /// The id of the [`RequestSuggest`] that ended.
    pub id: RequestId,
    /// How it ended: completed, cancelled, timed out or failed.
    pub outcome: Outcome<Suggested>,
    /// The game's own text: see [`tag`](RequestSuggest::tag).
    pub tag: Option<String>,
    /// Whether an earlier run of the game has sent the request
    /// ([`with_pending_store`](crate::OdnoklassnikiPlugin::with_pending_store), or
    /// [`WebWindow::Page`](crate::WebWindow::Page) on the web).
    pub resumed: bool,
}

/// The result of a completed recommendation.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Suggested {
    /// The friends to whom the player sent the recommendation (`selected`), in OK's order; at most
    /// 4,096. The list may be empty, which is no error.
    pub users: Vec<UserId>,
    /// Whether OK's check value matches a guessed formula; see [`Authenticity`]. Base no reward on
    /// it alone.
    pub authenticity: Authenticity,
    /// OK's check value (`sig` of the callback), as it came, at most 128 characters. `None` if OK
    /// sent none. Its formula is not known
    /// ([`protocol::check_value`](crate::protocol::check_value)); a backend may log it.
    pub check_value: Option<String>,
    /// The `state` of the callback, equal to what the game set with
    /// [`state`](odnoklassniki::WidgetParameters::state). `None` if the game set none, or OK did
    /// not return it.
    pub state: Option<String>,
}

debug_without_state!(Suggested {
    users,
    authenticity,
    check_value
});
