//! The one list of the kinds of requests.

/// Hands the list of kinds to the macro `$then`. Requests are read in this order.
macro_rules! kinds {
    ($then:ident) => {
        $then! {
            login: Login(RequestLogin => LoginFinished),
            post: Post(RequestPost => PostFinished),
            invite: Invite(RequestInvite => InviteFinished),
            suggest: Suggest(RequestSuggest => SuggestFinished),
        }
    };
}
pub(crate) use kinds;
