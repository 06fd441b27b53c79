//! The query with which OK starts a game: launch parameters.
//!
//! | [`LaunchKind`] | known by | what the query has |
//! | --- | --- | --- |
//! | `Outside` | nothing of the following | perhaps the game's own `custom_args` |
//! | `Portal` | `api_server` | the player, a session, where they came from |
//! | `VkStyle` | `vk_client=ok` or `vk_ok_app_id` | the player and the application; no session |
//!
//! **The query proves nothing.** The player can write any, and so can whoever sends them a link. A
//! backend that grants something checks `auth_sig` first
//! ([`auth_sig_matches`](LaunchParameters::auth_sig_matches)), or `sig`, which covers every
//! parameter ([`launch_signature`](crate::launch_signature)).
//!
//! Sources: <https://apiok.ru/en/dev/app>, OK's JavaScript SDKs, recorded launches;
//! `docs/protocol.md`, 10.

mod error;
mod read;
mod values;

pub use error::{LaunchError, MAX_LAUNCH_BYTES};

use crate::id::{ApplicationId, UserId};
use crate::secret::{ApplicationSecretKey, SessionKey, SessionSecretKey};
use crate::signature::{Signature, launch_auth_signature};
use crate::signer::Signer;

/// How OK started the game.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LaunchKind {
    /// OK did not start it: the query has none of the marks below.
    #[default]
    Outside,
    /// The portal did: there is `api_server`. OK's own SDKs test the same.
    Portal,
    /// OK started it as it starts a VK mini app: `vk_client` is `ok`, or there is `vk_ok_app_id`.
    /// Such a game talks to OK through VK Bridge. Source: programs that run there; OK's
    /// documentation of it is not known.
    VkStyle,
}

/// The session that the portal gives to a game (`session_key` and `session_secret_key`). It cannot
/// be cloned, and `Debug` shows neither.
///
/// It is not an OAuth session: there is no access token and no lifetime. Widget URLs carry it as
/// `st.session_key`, and REST calls as `session_key`.
#[derive(Debug)]
#[non_exhaustive]
pub struct PortalSession {
    /// What stands in a request in place of an access token.
    pub session_key: SessionKey,
    /// The key that signs for it.
    pub session_secret_key: SessionSecretKey,
}

impl PortalSession {
    /// Returns what signs widget URLs with this session ([`Signer::portal_session`]).
    #[must_use]
    pub fn into_signer(self) -> Signer {
        Signer::portal_session(self.session_key, self.session_secret_key)
    }
}

/// What the query says that started the game. Nothing of it is verified; see the
/// [module](crate::launch). It cannot be cloned, and `Debug` shows neither session nor signatures.
///
/// ```
/// use odnoklassniki::{LaunchKind, LaunchParameters, UserId};
///
/// let query = "?api_server=https%3A%2F%2Fapi.ok.ru%2F&logged_user_id=561348705024\
///              &refplace=friend_invitation&referer=561104940000&custom_args=room%3DA1";
/// let launch = LaunchParameters::from_query(query)?;
/// assert_eq!(launch.kind, LaunchKind::Portal);
/// assert_eq!(launch.inviter(), Some(UserId::new(561_104_940_000)));
/// assert_eq!(launch.custom_args.as_deref(), Some("room=A1"));
/// # Ok::<(), odnoklassniki::LaunchError>(())
/// ```
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct LaunchParameters {
    /// How OK started the game.
    pub kind: LaunchKind,
    /// What the game gave to the invitation that the player accepted, or to the card of the
    /// application that they clicked (`custom_args`). It is read in every kind of launch, so that a
    /// link of the game itself may have it. Check it as any other text from outside.
    pub custom_args: Option<String>,
    /// Where in the portal the player clicked (`refplace`): `catalog`, `banner`,
    /// `friend_invitation`, `friend_feed` and others.
    pub refplace: Option<String>,
    /// Whose invitation or post led here (`referer`). None if it is no number.
    pub referer: Option<UserId>,
    /// The player (`logged_user_id`, or `vk_ok_user_id`).
    pub user_id: Option<UserId>,
    /// Whether the player is not logged in at OK (`logged_user_id=0`, a launch that OK calls
    /// anonymous). Nearly no method of OK works then.
    pub is_anonymous: bool,
    /// The application's id (what `apiconnection` begins with, or `vk_ok_app_id`).
    pub application_id: Option<ApplicationId>,
    /// The application's public key (`application_key`).
    pub application_key: Option<String>,
    /// The session, if both of its parts are there. Only [`LaunchKind::Portal`] has one.
    pub session: Option<PortalSession>,
    /// Whether the portal shows its own dialogs to the game (there is `apiconnection`). Mobile
    /// launches without it are known from 2018; games opened the widgets' pages there.
    pub has_dialogs: bool,
    /// The base of REST (`api_server`), with a slash at its end. None if it is no `https` URL of
    /// `ok.ru` or `odnoklassniki.ru`, because games send their session there.
    pub api_server: Option<String>,
    /// The origin of the portal (`web_server`), as `MessageEvent.origin` has it. None for the same
    /// reason.
    pub web_server: Option<String>,
    /// Whether the player has added the game (`authorized`).
    pub authorized: Option<bool>,
    /// Whether the player starts the game for the first time (`first_start`).
    pub first_start: Option<bool>,
    /// Whether the game is in a frame or in OK's app (`container`).
    pub container: Option<bool>,
    /// Whether it is the mobile portal (`mob`).
    pub mob: Option<bool>,
    /// The mobile platform (`mob_platform`): `androidweb`, `android`, `iosweb`, `ios`, `mobweb`. At
    /// most 64 characters.
    pub mob_platform: Option<String>,
    /// The portal's language (`lang`), such as `ru`. At most 64 characters.
    pub lang: Option<String>,
    /// Where the player's network is (`ip_geo_location`), such as `RU,04,Barnaul`. At most 64
    /// characters.
    pub ip_geo_location: Option<String>,
    /// The signature of player and session (`auth_sig`), for a server to check.
    pub auth_sig: Option<Signature>,
    /// The signature of every parameter (`sig`), for a server to check.
    pub sig: Option<Signature>,
}

impl LaunchParameters {
    /// Returns the friend whose invitation the player accepted: `referer`, if `refplace` is
    /// `friend_invitation`. A reward for the friend needs a backend that checks `sig`.
    #[must_use]
    pub fn inviter(&self) -> Option<UserId> {
        let is_invitation = self.refplace.as_deref() == Some("friend_invitation");
        self.referer.filter(|_| is_invitation)
    }

    /// Returns whether `auth_sig` fits the player and the session: OK gave this session to this
    /// player. For a server, because it needs the application's secret key.
    ///
    /// It says nothing of `custom_args` and `referer`, nor when the launch was: the same query may
    /// come again.
    ///
    /// ```
    /// use odnoklassniki::{ApplicationSecretKey, LaunchParameters};
    ///
    /// let query = "api_server=https://api.ok.ru/&logged_user_id=561348705024&session_key=-s-abc\
    ///              &session_secret_key=5ecre7c0ffee5ecre7c0ffee5ecre7c0\
    ///              &auth_sig=7258d60de7f8a089abc62a25666026a1";
    /// let key = ApplicationSecretKey::new("A1B2C3D4E5F60718293A4B5C");
    /// assert!(LaunchParameters::from_query(query)?.auth_sig_matches(&key));
    /// let forged = query.replace("561348705024", "561348705025");
    /// assert!(!LaunchParameters::from_query(&forged)?.auth_sig_matches(&key));
    /// # Ok::<(), odnoklassniki::LaunchError>(())
    /// ```
    #[must_use]
    pub fn auth_sig_matches(&self, key: &ApplicationSecretKey) -> bool {
        match (self.user_id, &self.session, &self.auth_sig) {
            (Some(user), Some(session), Some(auth_sig)) => {
                launch_auth_signature(user, &session.session_key, key) == *auth_sig
            }
            _ => false,
        }
    }

    /// Drops the session and the signatures, which wipes the session from memory.
    pub fn wipe(&mut self) {
        self.session = None;
        self.auth_sig = None;
        self.sig = None;
    }
}

/// Returns the query without the session and the signatures, for the address bar. Everything else
/// stays as it is written. A text that is not empty begins with `?`.
///
/// The names are `session_key`, `session_secret_key`, `auth_sig`, `sig`, and VK's `sign`.
///
/// ```
/// use odnoklassniki::launch::without_secrets;
///
/// assert_eq!(without_secrets("?session_key=-s-1&lang=ru&level=7"), "?lang=ru&level=7");
/// assert_eq!(without_secrets("?session_key=-s-1"), "");
/// ```
#[must_use]
pub fn without_secrets(query: &str) -> String {
    values::without_secrets(query)
}
