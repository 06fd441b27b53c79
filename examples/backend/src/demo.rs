//! `--demo`: the server, a game and the sandbox in one process, from the login to a reward that
//! is granted once.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use backend_example::game::{self, Backend, Claim, ClaimFinished};
use backend_example::{Config, Instance, Place};
use bevy::app::ScheduleRunnerPlugin;
use bevy::prelude::*;
use bevy_odnoklassniki::BrowserOpener;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::protocol::{ApplicationId, ApplicationSecretKey, Signer};
use bevy_odnoklassniki::sandbox::Player;

/// Gives up after this, should anything hang.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Runs it. `in_browser`: you are the player.
pub(crate) fn run(in_browser: bool) -> Result<AppExit, Box<dyn Error>> {
    let sandbox = OkSandbox::start()?;
    let folder = tempfile::tempdir()?;
    let instance = Instance::start(config(&sandbox, folder.path())?)?;
    say(&format!(
        "the sandbox stands in for OK at {}, the server listens at {}",
        sandbox.url(),
        instance.url()
    ));

    let backend = Backend::new(instance.url());
    let credentials = sandbox
        .credentials()
        .with_signer(Signer::backend(backend.clone()));
    let plugin = OdnoklassnikiPlugin::with_sandbox(sandbox)
        .without_session()
        .with_credentials(credentials);
    let open = move |link: &OneTimeLink| {
        if in_browser && BrowserOpener.open(link).is_ok() {
            say(&format!(
                "look into your browser; no page? {}",
                link.expose()
            ));
            return Ok(());
        }
        Player::accept()
            .play(link.expose())
            .map(drop)
            .map_err(|error| OpenError::new(error.to_string()))
    };
    let mut app = App::new();
    app.add_plugins(ScheduleRunnerPlugin::run_loop(Duration::from_millis(5)))
        .add_plugins((plugin.with_opener(open), game::plugin))
        .insert_resource(backend)
        .insert_resource(Deadline(
            std::time::Instant::now() + if in_browser { TIMEOUT * 10 } else { TIMEOUT },
        ))
        .init_resource::<Invitation>()
        .add_systems(Startup, log_in)
        .add_systems(Update, (greet, claim, reward, give_up).chain());
    Ok(app.run())
}

fn config(sandbox: &OkSandbox, folder: &Path) -> Result<Config, Box<dyn Error>> {
    let app = sandbox.app();
    let secret = ApplicationSecretKey::new(app.secret_key.as_str());
    let mut config = Config::new(ApplicationId::new(app.id), app.public_key.as_str(), secret);
    config.listen = ([127, 0, 0, 1], 0).into();
    config.hosts = Hosts::sandbox(sandbox.url())?;
    // The sandbox takes any port; with OK it is the registered URI, character by character.
    config.redirect_uris = vec!["http://127.0.0.1:0/login".to_owned()];
    config.place = match std::env::var("REDIS_URL") {
        Ok(url) if !url.is_empty() => Place::Redis(url),
        _ => Place::File(folder.join("backend.sqlite3")),
    };
    Ok(config)
}

#[derive(Resource)]
struct Deadline(std::time::Instant);

/// The invitation's state: fresh and unguessable, so that its callback can be claimed once.
#[derive(Resource, Default)]
struct Invitation {
    state: String,
    claimed: usize,
}

fn log_in(mut logins: MessageWriter<RequestLogin>) {
    logins.write(RequestLogin::code());
}

/// Once the server has made a session of the code, the player invites friends.
fn greet(
    mut changed: MessageReader<SessionChanged>,
    mut logins: MessageReader<LoginFinished>,
    session: Res<OkSession>,
    mut invitation: ResMut<Invitation>,
    mut invites: MessageWriter<RequestInvite>,
    mut exit: MessageWriter<AppExit>,
) {
    for login in logins
        .read()
        .filter(|login| login.outcome.completed().is_none())
    {
        say(&format!("the login was not completed: {:?}", login.outcome));
        exit.write(AppExit::error());
    }
    for _ in changed
        .read()
        .filter(|change| change.reason == SessionChange::Accepted)
    {
        let user = session
            .user_id()
            .map_or_else(String::new, |user| user.to_string());
        say(&format!(
            "code flow: logged in as {user}; the server exchanged the code and kept the keys"
        ));
        invitation.state = random();
        let request = RequestInvite::new()
            .comment("Build a castle with me!")
            .autosel(2);
        invites.write(request.state(invitation.state.as_str()));
    }
}

/// Sends the callback to the server. The game does not trust it: the player could have forged it.
fn claim(
    mut finished: MessageReader<InviteFinished>,
    backend: Res<Backend>,
    invitation: Res<Invitation>,
    mut exit: MessageWriter<AppExit>,
) {
    for invite in finished.read() {
        let claim = invite
            .outcome
            .completed()
            .and_then(|invited| Claim::new(invited, &invitation.state));
        if let Some(claim) = claim {
            say("backend signature: OK took the invitation that the server had signed");
            backend.claim(claim);
        } else {
            say(&format!(
                "the invitation was not completed, or OK did not sign its callback: {:?}",
                invite.outcome
            ));
            exit.write(AppExit::error());
        }
    }
}

/// The first claim is granted. The second is the same once more, as a cheat would send it.
fn reward(
    mut finished: MessageReader<ClaimFinished>,
    backend: Res<Backend>,
    mut invitation: ResMut<Invitation>,
    mut exit: MessageWriter<AppExit>,
) {
    for ClaimFinished { claim, granted } in finished.read() {
        invitation.claimed += 1;
        match (invitation.claimed, granted) {
            (1, Ok(friends)) if *friends > 0 => {
                say(&format!("verified reward: granted for {friends} friends"));
                backend.claim(claim.clone());
            }
            (2, Err(refused)) if refused.error == "already_used" => {
                say(&format!("replay refused: {refused}"));
                exit.write(AppExit::Success);
            }
            (_, other) => {
                say(&format!("not as it should be: {other:?}"));
                exit.write(AppExit::error());
            }
        }
    }
}

fn give_up(deadline: Res<Deadline>, mut exit: MessageWriter<AppExit>) {
    if std::time::Instant::now() > deadline.0 {
        say("nothing happens any more; giving up");
        exit.write(AppExit::error());
    }
}

/// 128 bits as hex digits, from the operating system.
fn random() -> String {
    let mut bytes = [0; 16];
    // Without randomness the server refuses the state, and the demo ends with an error.
    _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[expect(clippy::print_stdout, reason = "it is what the demo is for")]
fn say(text: &str) {
    println!("{text}");
}
