//! The one list of the kinds of requests.

/// Passes the list of kinds to the macro `$then`.
///
/// A line names, in this order: the file in `request/`, the kind's name in an enum, its request
/// message, its result message. Its two names in the test kit follow: the results in the log, and
/// the method that scripts the player. `$then` matches all lines with one repetition and makes one
/// item per line: `($($module:ident: $kind:ident($request:ident => $finished:ident) $kit:tt,)+)`.
///
/// The driver reads requests in the order of the list.
macro_rules! kinds {
    ($then:ident) => {
        $then! {
            login: Login(RequestLogin => LoginFinished) [logins, next_login],
            post: Post(RequestPost => PostFinished) [posts, next_post],
            invite: Invite(RequestInvite => InviteFinished) [invites, next_invite],
            suggest: Suggest(RequestSuggest => SuggestFinished) [suggests, next_suggest],
        }
    };
}
pub(crate) use kinds;
