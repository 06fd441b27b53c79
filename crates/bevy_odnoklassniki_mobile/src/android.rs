//! Android: OK's page in a Custom Tab, and links from the intents of the game's activity.

use bevy_android::ANDROID_APP;
use bevy_app::{App, PreUpdate};
use bevy_ecs::message::MessageReader;
use bevy_ecs::schedule::IntoScheduleConfigs;
use bevy_ecs::system::Res;
use bevy_odnoklassniki::{
    Delivered, OdnoklassnikiPlugin, OkDeepLinks, OkPage, OkSystems, OpenError, PageHost,
    ReturnLinks,
};
use bevy_window::{AppLifecycle, WindowFocused};
use jni::refs::Global;
use jni::sys::jobject;
use jni::{Env, JavaVM};

use crate::intents::{self, Activity};
use crate::open_pages::OpenPages;

pub(crate) fn configure(
    plugin: OdnoklassnikiPlugin,
    scheme: &str,
    app: &mut App,
) -> OdnoklassnikiPlugin {
    let plugin = plugin
        .with_page_host(CustomTabs::default())
        .with_return_links(ReturnLinks::scheme(scheme));
    // A link may have started the game, after the system had ended it.
    take_link(&plugin.deep_links());
    app.add_message::<AppLifecycle>()
        .add_message::<WindowFocused>()
        .add_systems(PreUpdate, take_link_on_return.before(OkSystems::Receive));
    plugin
}

/// Takes the link with which the player comes back to the game. Where the game stays visible below
/// the page, it is not suspended, but its window loses the focus.
fn take_link_on_return(
    mut lifecycle: MessageReader<AppLifecycle>,
    mut focus: MessageReader<WindowFocused>,
    links: Res<OkDeepLinks>,
) {
    let resumes =
        |state: &AppLifecycle| matches!(state, AppLifecycle::WillResume | AppLifecycle::Running);
    let is_resumed = lifecycle.read().filter(|state| resumes(state)).count() > 0;
    let is_focused = focus.read().filter(|window| window.focused).count() > 0;
    if is_resumed || is_focused {
        take_link(&links);
    }
}

fn take_link(links: &OkDeepLinks) {
    // A callback that came too late is taken, too: the game's own code has no use for it.
    let deliver = |link: &str| links.deliver(link) != Delivered::NotOurs;
    let taken = with_activity(|env, activity| intents::take_link(env, activity, deliver));
    if let Err(why) = taken {
        log::warn!("the activity's intent cannot be read: {why}");
    }
}

/// Calls Java with the game's activity.
fn with_activity<T>(
    call: impl FnOnce(&mut Env<'_>, &Activity<'_>) -> jni::errors::Result<T>,
) -> Result<T, String> {
    let app = ANDROID_APP
        .get()
        .ok_or_else(|| "the game does not run in an activity of Bevy's".to_owned())?;
    let activity: jobject = app.activity_as_ptr().cast();
    let vm = JavaVM::singleton().map_err(|error| intents::describe(&error))?;
    let called = vm.attach_current_thread(|env| {
        // SAFETY: `app` owns this global reference. It is in a static, and nothing takes it out,
        // so the reference stays while the cast exists.
        let activity = unsafe { env.as_cast_raw::<Global<Activity<'static>>>(&activity) }?;
        call(env, &activity)
    });
    called.map_err(|error| intents::describe(&error))
}

/// Shows pages in the player's browser. It does not report when the player closes one: the request
/// then waits for its timeout, or for the game to cancel it.
#[derive(Default)]
struct CustomTabs(OpenPages);

impl PageHost for CustomTabs {
    fn open(&self, page: OkPage) -> Result<(), OpenError> {
        self.0.open(page, |url| {
            with_activity(|env, activity| intents::open_page(env, activity, url))
                .map_err(OpenError::new)
        })
    }
}
