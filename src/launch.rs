//! [`OkLaunch`]: what OK gave to the game when it started it in a browser.

use bevy_ecs::resource::Resource;
use odnoklassniki::launch::without_secrets;
use odnoklassniki::{LaunchError, LaunchKind, LaunchParameters, PortalSession};

use crate::platform;

/// The query with which the game was started: `custom_args` of an accepted invitation, where the
/// player came from, and the session if OK's portal started the game.
///
/// On the web the plugin reads the page's address once, when it is added. Elsewhere there is no
/// query, and the kind is [`LaunchKind::Outside`]. A resource that the game inserted before the
/// plugin stays.
///
/// **Nothing of it is verified**: whoever sends the player a link chooses the query. Take
/// `custom_args` as a wish of the player's, such as a room to join, and let a backend grant rewards
/// (see [`protocol::launch`](odnoklassniki::launch)).
///
/// ```
/// use bevy_app::prelude::*;
/// use bevy_ecs::prelude::*;
/// use bevy_odnoklassniki::prelude::*;
/// # use bevy_odnoklassniki::protocol::LaunchError;
///
/// #[derive(Resource)]
/// struct Room(String);
///
/// // The friend's game sent `RequestInvite::new().custom_args("room=A1")`.
/// fn join_the_friends_room(launch: Res<OkLaunch>, mut commands: Commands) {
///     if let Some(room) = launch.custom_args().and_then(|args| args.strip_prefix("room=")) {
///         commands.insert_resource(Room(room.to_owned()));
///     }
/// }
///
/// # fn main() -> Result<(), LaunchError> {
/// let mut app = App::new();
/// let credentials = AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA");
/// app.add_plugins(OdnoklassnikiPlugin::new(credentials))
///     .add_systems(Startup, join_the_friends_room);
/// // A test has no page, so it gives the query itself.
/// app.insert_resource(OkLaunch::from_query("?refplace=friend_invitation&custom_args=room%3DA1")?);
/// app.update();
/// assert_eq!(app.world().resource::<Room>().0, "A1");
/// # Ok(())
/// # }
/// ```
#[derive(Resource, Debug, Default)]
pub struct OkLaunch {
    parameters: LaunchParameters,
    /// Whether the page's address may have the session.
    is_in_address: bool,
}

impl OkLaunch {
    /// Parses a query, with or without its `?`, for tests and for games that get it elsewhere.
    ///
    /// # Errors
    ///
    /// Those of [`LaunchParameters::from_query`]. If the page's own query has such an error, the
    /// plugin logs it and the kind is [`LaunchKind::Outside`].
    pub fn from_query(query: &str) -> Result<Self, LaunchError> {
        LaunchParameters::from_query(query).map(|parameters| Self {
            parameters,
            is_in_address: false,
        })
    }

    /// Reads the query of the page, if there is a page.
    pub(crate) fn of_this_page() -> Self {
        let Some(query) = platform::launch_query() else {
            return Self::default();
        };
        match LaunchParameters::from_query(&query) {
            Ok(parameters) => Self {
                is_in_address: parameters.kind != LaunchKind::Outside,
                parameters,
            },
            Err(error) => {
                log::warn!("{error}: the game counts as started outside of OK");
                Self {
                    is_in_address: true,
                    ..Self::default()
                }
            }
        }
    }

    /// Returns everything that the query says.
    #[must_use]
    pub fn parameters(&self) -> &LaunchParameters {
        &self.parameters
    }

    /// Returns what the inviting game gave to the invitation that the player accepted
    /// ([`custom_args`](odnoklassniki::InviteParameters::custom_args)). Links of the game itself
    /// may have it, too.
    #[must_use]
    pub fn custom_args(&self) -> Option<&str> {
        self.parameters.custom_args.as_deref()
    }

    /// Takes the session that the portal offers. The plugin never uses it by itself: with a made-up
    /// link the player would act with another account.
    ///
    /// It has no access token, so it is no [`SessionData`](crate::SessionData), and
    /// [`OkSession`](crate::OkSession) stays logged out. It signs widgets, as here. It does so for
    /// games without [`with_automatic_login`](crate::OdnoklassnikiPlugin::with_automatic_login);
    /// others still log the player in first. A backend takes its `session_key` with `auth_sig` as
    /// proof of who plays, and REST calls that a game makes itself carry it as `session_key`.
    ///
    /// In a frame of the portal, OK wants its own dialogs in place of the widgets' pages. The pages
    /// are for launches without them
    /// ([`has_dialogs`](odnoklassniki::LaunchParameters::has_dialogs)).
    ///
    /// ```
    /// use bevy_ecs::prelude::*;
    /// use bevy_odnoklassniki::prelude::*;
    ///
    /// fn sign_with_the_portals_session(
    ///     mut launch: ResMut<OkLaunch>,
    ///     mut credentials: ResMut<AppCredentials>,
    /// ) {
    ///     if launch.parameters().has_dialogs {
    ///         return;
    ///     }
    ///     if let Some(session) = launch.take_session() {
    ///         *credentials = credentials.clone().with_signer(session.into_signer());
    ///     }
    ///     launch.wipe();
    /// }
    /// # bevy_app::App::new().add_systems(bevy_app::Startup, sign_with_the_portals_session);
    /// ```
    pub fn take_session(&mut self) -> Option<PortalSession> {
        self.parameters.session.take()
    }

    /// Drops the session, if it was not taken, and the signatures. If OK started the game in a
    /// browser, it also takes them out of the page's address, without loading the page again.
    /// Everything else in the address stays.
    ///
    /// Call it when the game has read what it needs: other scripts see the address, and so do hosts
    /// that get it as `Referer`. A page with OK's script `fapi5.js` or with VK Bridge calls it after
    /// they have started, because they read the address, too. A reload of the page then finds no
    /// session. The browser's list of visited pages keeps the first address.
    pub fn wipe(&mut self) {
        self.parameters.wipe();
        if self.is_in_address && !platform::change_query(without_secrets) {
            log::warn!("the browser keeps the session of the launch in the page's address");
        }
    }
}

#[cfg(test)]
mod tests {
    use bevy_app::App;

    use super::*;
    use crate::prelude::*;

    const PORTAL: &str = "?api_server=https%3A%2F%2Fapi.ok.ru%2F&logged_user_id=561&custom_args=a\
                          &session_key=-s-canary&session_secret_key=canary\
                          &auth_sig=7258d60de7f8a089abc62a25666026a1";

    fn plugin() -> OdnoklassnikiPlugin {
        OdnoklassnikiPlugin::new(AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA"))
    }

    #[test]
    fn a_native_game_was_started_outside() {
        let mut app = App::new();
        app.add_plugins(plugin());
        let launch = app.world().resource::<OkLaunch>();
        assert_eq!(launch.parameters().kind, LaunchKind::Outside);
        assert_eq!(launch.custom_args(), None);
    }

    #[test]
    fn the_launch_of_the_game_stays() {
        let mut app = App::new();
        app.insert_resource(OkLaunch::from_query(PORTAL).expect("a launch"));
        app.add_plugins(plugin());
        assert_eq!(app.world().resource::<OkLaunch>().custom_args(), Some("a"));
    }

    #[test]
    fn a_session_is_offered_once_and_never_taken_silently() {
        let mut app = App::new();
        app.insert_resource(OkLaunch::from_query(PORTAL).expect("a launch"));
        app.add_plugins(plugin());
        app.update();
        assert_eq!(
            app.world().resource::<OkSession>().status(),
            SessionStatus::LoggedOut
        );
        assert!(app.world().resource::<AppCredentials>().signer().is_none());
        let mut launch = app.world_mut().resource_mut::<OkLaunch>();
        assert!(launch.take_session().is_some() && launch.take_session().is_none());
    }

    #[test]
    fn nothing_secret_is_printed_or_left_after_wipe() {
        let mut launch = OkLaunch::from_query(PORTAL).expect("a launch");
        let text = format!("{launch:?}");
        assert!(!text.contains("canary") && !text.contains("7258"), "{text}");
        launch.wipe();
        assert!(launch.take_session().is_none() && launch.parameters().auth_sig.is_none());
        assert_eq!(launch.custom_args(), Some("a"));
    }
}
