//! Inviting friends who do not play yet.

use bevy_ecs::message::Message;
use odnoklassniki::{Authenticity, InviteParameters, InviteWidget, UserId};

use super::callback::{CallbackFacts, ReceivedCallback, debug_without_state};
use super::id::RequestId;
use super::kind::RequestKind;
use super::outcome::Outcome;
use super::submission::{Request, Submission, WidgetPayload, widget_methods};

/// Asks the player which friends to invite into the game. OK offers only friends who do not play it
/// yet.
///
/// The result is one [`InviteFinished`] with the same id. All settings of OK's page are methods of
/// [`InviteParameters`] and [`WidgetParameters`](odnoklassniki::WidgetParameters) (both in the
/// prelude).
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn invite(mut requests: MessageWriter<RequestInvite>) {
///     let request = RequestInvite::new().comment("Build a castle with me!");
///     requests.write(request.custom_args("from=menu"));
/// }
/// # bevy_ecs::system::assert_is_system(invite);
/// ```
///
/// Source: `apiok.ru/en/ext/invite_suggest`.
#[derive(Message, Debug)]
pub struct RequestInvite(Submission<WidgetPayload>);

widget_methods!(RequestInvite, RequestKind::Invite, InviteWidget);

impl RequestInvite {
    /// Creates a request that preselects no friends.
    #[must_use]
    pub fn new() -> Self {
        InviteWidget::new().into()
    }
}

impl Default for RequestInvite {
    fn default() -> Self {
        Self::new()
    }
}

impl InviteParameters for RequestInvite {}

impl Request for RequestInvite {
    type Success = Invited;

    fn submission(&self) -> Submission {
        self.0.erased()
    }

    fn outcome(callback: ReceivedCallback, facts: &CallbackFacts<'_>) -> Outcome<Invited> {
        facts.outcome(callback.sent(), |sent, state| Invited {
            authenticity: facts.authenticity(sent.check_value.as_deref(), |signer| {
                sent.authenticity(state.as_deref(), signer)
            }),
            users: sent.users,
            check_value: sent.check_value,
            state: facts.state_for_game(state),
        })
    }
}

/// The one result of a [`RequestInvite`].
///
/// The plugin writes it in [`OkSystems::Receive`](crate::OkSystems::Receive) (`PreUpdate`); for a
/// request that ends at once, or that the game cancels, in
/// [`OkSystems::Send`](crate::OkSystems::Send) (`PostUpdate`).
///
/// ```
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
///
/// fn thank(mut finished: MessageReader<InviteFinished>) {
///     for request in finished.read() {
///         if let Outcome::Completed(sent) = &request.outcome {
///             println!("{} friends were invited", sent.users.len());
///         }
///     }
/// }
/// # bevy_ecs::system::assert_is_system(thank);
/// ```
#[derive(Message, Clone, Debug)]
pub struct InviteFinished {
    /// The id of the [`RequestInvite`] that ended.
    pub id: RequestId,
    /// How it ended: completed, cancelled, timed out or failed.
    pub outcome: Outcome<Invited>,
    /// The game's own text: see [`tag`](RequestInvite::tag).
    pub tag: Option<String>,
    /// Whether an earlier run of the game has sent the request
    /// ([`with_pending_store`](crate::OdnoklassnikiPlugin::with_pending_store), or
    /// [`WebWindow::Page`](crate::WebWindow::Page) on the web).
    pub resumed: bool,
}

/// The result of a completed invitation.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invited {
    /// The friends to whom the player sent the invitation (`selected`), in OK's order; at most
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

debug_without_state!(Invited {
    users,
    authenticity,
    check_value
});
