//! What the player sees: languages, widths, color schemes, no scripts.

use serde_json::{Value, json};

use crate::world::{LINK, PAGE, World};

/// Shows each text in turn and returns those that are wider than the window.
const TOO_WIDE: &str = "
  const wide = [];
  const groups = [...document.querySelectorAll('main > div')].filter((group) => !group.hidden);
  for (const group of groups) {
    for (const shown of group.children) {
      for (const section of group.children) { section.hidden = section !== shown; }
      if (document.documentElement.scrollWidth > innerWidth) { wide.push(shown.dataset.page); }
    }
  }
  return [groups.length, wide];";

#[test]
fn every_language_and_every_look() {
    let languages = [
        (
            "en",
            "en",
            "Odnoklassniki: answer for the game",
            "No answer in the address",
        ),
        (
            "ru-RU,en",
            "ru",
            "Одноклассники: ответ для игры",
            "Ответа в адресе нет",
        ),
        (
            "de,ru",
            "ru",
            "Одноклассники: ответ для игры",
            "Ответа в адресе нет",
        ),
        (
            "de",
            "en",
            "Odnoklassniki: answer for the game",
            "No answer in the address",
        ),
    ];
    for (accepted, language, title, heading) in languages {
        let switch = format!("--accept-lang={accepted}");
        let Some(world) = World::start_with("/game", "/service", &[&switch]) else {
            return;
        };
        let mut grounds: Vec<Value> = Vec::new();
        for scheme in ["light", "dark"] {
            for width in [1280, 360] {
                world.emulate(width, scheme);
                world.browser.goto(&world.game_url(PAGE));
                let case = format!("{accepted}, {scheme}, {width}");
                assert_eq!(world.heading(), heading, "{case}");
                assert_eq!(world.browser.title(), title, "{case}");
                let shown = "return [document.documentElement.lang, innerWidth]";
                assert_eq!(
                    world.browser.execute(shown),
                    json!([language, width]),
                    "{case}"
                );
                assert_eq!(world.browser.execute(TOO_WIDE), json!([1, []]), "{case}");
                let ground = "return getComputedStyle(document.body).backgroundColor";
                grounds.push(world.browser.execute(ground));
            }
        }
        assert_eq!((&grounds[0], &grounds[2]), (&grounds[1], &grounds[3]));
        assert_ne!(grounds[0], grounds[2], "dark is another color");
    }
}

/// Which language the player reads is not known without scripts, so both are there.
#[test]
fn without_scripts_it_says_so_in_both_languages() {
    let Some(world) = World::start() else { return };
    world.browser.allow_scripts(false);
    world
        .browser
        .goto(&format!("{}?result=1", world.game_url(PAGE)));
    let text = world.browser.text("main");
    for heading in ["JavaScript is needed", "Нужен JavaScript"] {
        assert!(text.contains(heading), "{text}");
    }
    for claim in ["Done", "Готово"] {
        assert!(!text.contains(claim), "{text}");
    }
}

/// The page stays within its own policy, and the policy stops everything else.
#[test]
fn the_policy_is_kept_and_it_holds() {
    let Some(world) = World::start() else { return };
    world.set_mode("wait");
    world.browser.new_tab();
    let count = "window.violations = [];
      addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));";
    world.browser.devtools(
        "Page.addScriptToEvaluateOnNewDocument",
        &json!({ "source": count }),
    );
    world
        .browser
        .goto(&format!("{}#go={LINK}", world.game_url(PAGE)));
    world.wait_for_messages(2);
    let violations = || world.browser.execute("return violations");
    assert_eq!(violations(), json!([]));
    let tricks = "
      const add = (name, values) => document.body.append(Object.assign(document.createElement(name), values));
      add('img', { src: '/x' });
      add('iframe', { src: '/x' });
      add('style', { textContent: 'body { color: red; }' });
      add('script', { textContent: 'window.wasTricked = true' });
      fetch('/x').catch(() => {});";
    world.browser.execute(tricks);
    for directive in [
        "img-src",
        "frame-src",
        "style-src-elem",
        "script-src-elem",
        "connect-src",
    ] {
        let is_there = || {
            violations()
                .as_array()
                .is_some_and(|all| all.contains(&json!(directive)))
        };
        test_support::browser::wait_for(|| is_there().then_some(())).expect(directive);
    }
    let tricked = world.browser.execute("return window.wasTricked === true");
    assert_eq!(tricked, false);
    assert_eq!(world.game.requests("/x").len(), 0);
}
