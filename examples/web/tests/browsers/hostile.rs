//! Pages and scripts that send the game what is no callback: of strangers, of OK's site, and of the
//! game's own.

use serde_json::json;
use test_support::browser::{Brand, in_each_engine, wait_for};
use test_support::site;

use crate::world::{World, result};

in_each_engine!(ten_thousand_hostile_messages_change_nothing);

/// Makes texts and objects that nearly are callbacks. `token` is the right one, if it is known.
const TEXTS: &str = "window.texts = token => {
    const good = 'callback_listener\\ncallback\\n' + token + '\\n01234567\\nresult=1&topic_id=7';
    return [
        good, good + '\\n', good.toUpperCase(), ' ' + good, good.replace('callback_listener', 'x'),
        good.replace('callback\\n', 'show\\n'), good.replace('01234567', '0123456'),
        'callback_listener\\nhello\\n' + token + '\\n01234567', 'callback_listener', '',
        'result=1&topic_id=7', JSON.stringify({ method: 'publish', type: 'result', code: 'OK' }),
        '__FAPI__requestPermissions$ok$true', '__FAPI__' + good, 'x'.repeat(1 << 20),
        good + 'x'.repeat(1 << 20), { data: good }, [good], new String(good), null, 7, true,
        new Uint8Array(1 << 10), new Map([['callback', good]]), new Date(), new Error('callback'),
    ];
}";

/// Sends 2500 of them to `to`, with this end of the call.
fn storm(texts: &str, to: &str, end: &str) -> String {
    format!(
        "(() => {{ {TEXTS}; const all = {texts}, large = all.filter(text => text?.length > 9999);
        const small = all.filter(text => !(text?.length > 9999));
        large.forEach(text => {to}.postMessage(text{end}));
        for (let i = 0; i < 2500; i++) {{ {to}.postMessage(small[i % small.length]{end}); }} }})()"
    )
}

fn ten_thousand_hostile_messages_change_nothing(brand: Brand) {
    let Some(world) = World::start(brand) else {
        return;
    };
    let stranger = site::serve("<!doctype html><title>A stranger</title>".to_owned());
    // The game's tokens are known to nobody. This script reads them where the game makes channels.
    world.execute(
        "(() => { window.tokens = []; window.arrived = 0; window.read = 0;
        const Channel = BroadcastChannel;
        window.BroadcastChannel = class extends Channel {
            constructor(name) { super(name); tokens.push(name.split('/')[1]); }
        };
        addEventListener('message', () => window.arrived++);
        addEventListener('unhandledrejection', event => said.push(String(event.reason))); })()",
    );
    world.click(2);
    world.wait_for_page("/dk");
    let ok = world.browser.tab();
    world.go_to_game();
    world.watch_console();
    let wrong = format!("texts('{}')", "0123456789abcdef".repeat(2));
    let tokens = world.execute("tokens");
    let known: Vec<_> = tokens.as_array().expect("a list").iter().collect();
    assert!(known.len() >= 2, "link and return token: {known:?}");

    // A stranger's frame, a frame of OK's site and a frame of the game's own site.
    let frames = [
        format!("http://localhost:{stranger}"),
        world.sandbox_url(),
        format!("http://127.0.0.1:{}", world.port),
    ];
    let paths = ["/", "/dk", "/assets/odnoklassniki.html"];
    for (id, (site, path)) in frames.iter().zip(paths).enumerate() {
        world.execute(&format!(
            "document.body.append(Object.assign(document.createElement('iframe'),
                {{ id: 'hostile-{id}', src: '{site}{path}' }})) "
        ));
        world.browser.enter_frame(&format!("#hostile-{id}"));
        let is_loaded = || world.execute("document.readyState === 'complete' && origin") == **site;
        wait_for(|| is_loaded().then_some(())).expect("the frame loads");
        // Strangers cannot know the tokens, but they change nothing even then.
        for token in &known {
            world.execute(&storm(&format!("texts({token})"), "parent", ", '*'"));
        }
        world.browser.leave_frames();
    }
    // OK's window has the right source and the wrong site; the game's own window the reverse.
    world.browser.switch_to(&ok);
    world.execute(&storm(&wrong, "opener", ", '*'"));
    world.go_to_game();
    world.execute(&storm(&format!("texts({})", known[1]), "window", ", '*'"));
    // The right channels, and wrong texts.
    for token in &known {
        let channel =
            format!("(window.spam ??= new BroadcastChannel('callback_listener/' + {token}))");
        world.execute(&storm(&wrong, &channel, ""));
        world.execute("(spam.close(), delete window.spam)");
    }
    // An object whose properties run code, with everything else right.
    world.execute(
        "(() => { const trap = new Proxy({}, { get() { window.read++; }, ownKeys() { window.read++; return []; } });
        const data = { get data() { window.read++; }, get callback() { window.read++; }, toString() { window.read++; } };
        for (const object of [trap, data]) {
            for (const source of [window, popup_of_nobody(), null]) {
                dispatchEvent(new MessageEvent('message', { data: object, origin: location.origin, source }));
            }
        }
        function popup_of_nobody() { return document.querySelector('#hostile-2').contentWindow; } })()",
    );
    let arrived = wait_for(|| {
        let arrived = world.execute("arrived").as_u64().unwrap_or(0);
        (arrived > 19_999).then_some(arrived)
    });
    assert!(arrived.is_some(), "{} arrived", world.execute("arrived"));
    assert_eq!(world.execute("read"), 0, "no object is looked at");
    assert_eq!(world.execute("window.report"), json!([]));
    assert_eq!(world.notices(), json!([]));
    assert_eq!(world.console(), "");

    world.browser.switch_to(&ok);
    world.browser.click("#publish");
    assert_eq!(world.results(1), [result("post", "completed", 1)]);
    world.wait_for_closed_windows();
    assert_eq!(world.results(1).len(), 1);
    assert_eq!(world.console(), "");
}
