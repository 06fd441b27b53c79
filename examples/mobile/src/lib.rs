//! A game on a phone: a touch, or a click, sends an invitation, and the log shows the result.

use std::path::PathBuf;

use bevy::prelude::*;
use bevy_odnoklassniki::PendingFile;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki_mobile::OkMobilePlugin;

/// The application's id on OK.
const APP_ID: &str = "512000123456";
/// The application's public key on OK.
const PUBLIC_KEY: &str = "CBAPUBLICKEYBABABA";
/// The scheme of the links with which OK's pages return, as `android/AndroidManifest.xml` has it.
/// The login returns to `<scheme>://authorize`, which must be registered with OK.
const SCHEME: &str = "ok512000123456";

/// Runs the game. On Android it is the activity's entry point, too.
#[bevy_main]
pub fn main() {
    App::new()
        .add_plugins(DefaultPlugins)
        .add_plugins(OkMobilePlugin::new(SCHEME, odnoklassniki()))
        .add_systems(Update, (invite, show_result))
        .run();
}

fn odnoklassniki() -> OdnoklassnikiPlugin {
    let plugin = OdnoklassnikiPlugin::new(AppCredentials::new(APP_ID, PUBLIC_KEY))
        .with_automatic_login(RequestLogin::new);
    // Android may end the game while the player is on OK's page.
    match data_folder() {
        Some(folder) => plugin.with_pending_store(PendingFile::at(folder.join("ok_pending.json"))),
        None => plugin,
    }
}

/// Returns the folder for the game's files, which other programs cannot read on a phone.
fn data_folder() -> Option<PathBuf> {
    #[cfg(target_os = "android")]
    let folder = bevy::android::ANDROID_APP.get()?.internal_data_path()?;
    #[cfg(target_os = "ios")]
    let folder = std::env::home_dir()?.join("Library/Application Support");
    #[cfg(not(any(target_os = "android", target_os = "ios")))]
    let folder = bevy::platform::dirs::preferences_dir()?;
    Some(folder.join("castle"))
}

fn invite(
    touches: Res<Touches>,
    mouse: Res<ButtonInput<MouseButton>>,
    pending: Res<PendingRequests>,
    mut invites: MessageWriter<RequestInvite>,
    mut cancel: MessageWriter<CancelRequest>,
) {
    if !touches.any_just_released() && !mouse.just_released(MouseButton::Left) {
        return;
    }
    // Android does not report that the player has closed the page: the next touch ends the request.
    if pending.is_empty() {
        invites.write(RequestInvite::new().comment("Build a castle with me!"));
    }
    for request in pending.iter() {
        cancel.write(CancelRequest { id: request.id() });
    }
}

fn show_result(mut finished: MessageReader<InviteFinished>) {
    for invite in finished.read() {
        match &invite.outcome {
            Outcome::Completed(invited) => info!("{} invited", invited.users.len()),
            Outcome::Cancelled(_) | Outcome::TimedOut => info!("no invitation"),
            Outcome::Failed(error) => error!("{error}: {}", error.advice()),
        }
    }
}
