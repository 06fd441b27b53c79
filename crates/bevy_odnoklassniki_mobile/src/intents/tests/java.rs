use std::env;
use std::path::Path;
use std::sync::OnceLock;

use jni::refs::LoaderContext;
use jni::{Env, InitArgsBuilder, JNIVersion, JavaVM};

use super::CLASSES;
use crate::intents::{Activity, ActivityAPI, BundleAPI, IntentAPI, UriAPI, describe};

/// Calls Java in a machine that all tests of this process share. Returns `None` outside of that
/// process.
fn with_java<T>(
    call: impl FnOnce(&mut Env<'_>) -> jni::errors::Result<T>,
) -> Option<Result<T, String>> {
    static MACHINE: OnceLock<JavaVM> = OnceLock::new();
    let classes = env::var_os(CLASSES)?;
    let machine = MACHINE.get_or_init(|| start(Path::new(&classes)));
    let called = machine.attach_current_thread_for_scope(|env| call(env));
    Some(called.map_err(|error| describe(&error)))
}

fn start(classes: &Path) -> JavaVM {
    let arguments = InitArgsBuilder::new()
        .version(JNIVersion::V1_8)
        .option("-Xcheck:jni")
        .option(format!("-Djava.class.path={}", classes.display()))
        .build()
        .expect("arguments");
    JavaVM::new(arguments).expect("a Java virtual machine")
}

mod api {
    use super::*;

    /// Binding a class looks up all of its methods that are called.
    #[test]
    #[ignore = "runs in a process with a Java virtual machine"]
    fn every_method_is_found() {
        let found = with_java(|env| {
            let context = LoaderContext::default();
            ActivityAPI::get(env, &context)?;
            BundleAPI::get(env, &context)?;
            IntentAPI::get(env, &context)?;
            UriAPI::get(env, &context)?;
            Ok(())
        });
        assert!(matches!(found, None | Some(Ok(()))), "{found:?}");
    }
}

mod games {
    use jni::objects::JString;

    use super::*;
    use crate::intents::{open_page, take_link};

    jni::bind_java_type! {
        Games => "games.Games",
        type_map {
            Activity => "android.app.Activity",
        },
        methods {
            static fn without_intent() -> Activity,
            static fn with_intent(action: JString, data: JString) -> Activity,
            static fn fail_at(activity: Activity, method: JString),
            static fn started(activity: Activity) -> JString,
        },
    }

    const VIEW: &str = "android.intent.action.VIEW";
    const LINK: &str = "ok512000123456://r/0123456789abcdef0123456789abcdef?code=OK#état=😀";

    fn text<'local>(
        env: &mut Env<'local>,
        text: Option<&str>,
    ) -> jni::errors::Result<JString<'local>> {
        text.map_or_else(|| Ok(JString::null()), |text| JString::new(env, text))
    }

    fn activity<'local>(
        env: &mut Env<'local>,
        action: Option<&str>,
        data: Option<&str>,
    ) -> jni::errors::Result<Activity<'local>> {
        let action = text(env, action)?;
        let data = text(env, data)?;
        Games::with_intent(env, &action, &data)
    }

    /// Returns the links that reach the game when it is resumed twice, and accepts them or not.
    fn links(
        env: &mut Env<'_>,
        activity: &Activity<'_>,
        accepts: bool,
    ) -> jni::errors::Result<Vec<String>> {
        let mut links = Vec::new();
        for _ in 0..2 {
            let before = links.len();
            let taken = take_link(env, activity, |link| {
                links.push(link.to_owned());
                accepts
            })?;
            assert_eq!(taken, accepts && links.len() > before);
        }
        Ok(links)
    }

    #[test]
    #[ignore = "runs in a process with a Java virtual machine"]
    fn a_link_is_taken_once_and_another_stays() {
        let checked = with_java(|env| {
            let game = activity(env, Some(VIEW), Some(LINK))?;
            assert_eq!(links(env, &game, true)?, [LINK]);
            // The game's own: its code finds it where it was.
            let game = activity(env, Some(VIEW), Some("mygame://castle/7"))?;
            assert_eq!(links(env, &game, false)?.len(), 2);
            assert!(!game.get_intent(env)?.get_data_string(env)?.is_null());
            Ok(())
        });
        assert!(matches!(checked, None | Some(Ok(()))), "{checked:?}");
    }

    #[test]
    #[ignore = "runs in a process with a Java virtual machine"]
    fn an_activity_without_a_link_gives_none() {
        let checked = with_java(|env| {
            let mut activities = vec![Games::without_intent(env)?];
            for (action, data) in [
                (None, None),
                (None, Some(LINK)),
                (Some("android.intent.action.MAIN"), None),
                (Some("android.intent.action.SEND"), Some(LINK)),
                (Some(VIEW), None),
            ] {
                activities.push(activity(env, action, data)?);
            }
            for activity in activities {
                assert_eq!(links(env, &activity, true)?, Vec::<String>::new());
            }
            Ok(())
        });
        assert!(matches!(checked, None | Some(Ok(()))), "{checked:?}");
    }

    #[test]
    #[ignore = "runs in a process with a Java virtual machine"]
    fn a_page_opens_in_the_task_of_the_game() {
        let url = "https://connect.ok.ru/dk?st.cmd=WidgetInvite&st.comment=%D0%B0";
        let checked = with_java(|env| {
            let game = Games::without_intent(env)?;
            assert!(Games::started(env, &game)?.is_null());
            open_page(env, &game, url)?;
            Games::started(env, &game)?.try_to_string(env)
        });
        let wanted = format!("{VIEW} {url} {{android.support.customtabs.extra.SESSION=null}}");
        assert!(checked.is_none_or(|started| started == Ok(wanted)));
    }

    /// Java's message holds a URL with the player's token; the error names the exception only.
    #[test]
    #[ignore = "runs in a process with a Java virtual machine"]
    fn an_exception_is_an_error_without_the_url() {
        type Call = fn(&mut Env<'_>, &Activity<'_>) -> jni::errors::Result<()>;
        let calls: [(&str, Call); 2] = [
            ("getIntent", |env, game| {
                take_link(env, game, |_| true).map(|_| ())
            }),
            ("startActivity", |env, game| {
                open_page(env, game, "https://ok.ru/?token=secret")
            }),
        ];
        for (method, call) in calls {
            let failed = with_java(|env| {
                let game = activity(env, Some(VIEW), Some("ok1://r/secret"))?;
                let method = JString::new(env, method)?;
                Games::fail_at(env, &game, &method)?;
                call(env, &game)
            });
            let Some(failed) = failed else { return };
            let error = failed.expect_err("Java threw");
            assert_eq!(error, "Java threw java.lang.IllegalStateException");
            // The machine still works.
            let after = with_java(|env| Games::without_intent(env).map(|_| ()));
            assert_eq!(after, Some(Ok(())));
        }
    }
}
