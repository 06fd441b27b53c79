//! The one list of the kinds of requests.

/// Passes the list of kinds to the macro `$then`. The driver reads requests in this order.
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
