//! What a player does in a browser with a mouse, a finger or a keyboard.

use crate::browser::{Brand, Browser};
use serde_json::{Value, json};
use std::thread;
use std::time::{Duration, Instant};

/// How long a click waits for a page that may have nothing to paint.
const PAINT_TIMEOUT: Duration = Duration::from_secs(5);

impl Browser {
    /// Clicks the first element that `css` finds, waiting for it. If that leads to another page,
    /// waits for the page.
    pub fn click(&self, css: &str) {
        let id = self.wait_for_css(css);
        if self.brand == Brand::Firefox {
            self.wait_for_paint();
        }
        self.driver.act(&format!("/element/{id}/click"), &json!({}));
    }

    /// Waits until the page is on the screen. Firefox drops a click before that, which no player
    /// can make.
    fn wait_for_paint(&self) {
        let script = "return document.hidden || performance.getEntriesByType('paint').length > 0";
        let end = Instant::now() + PAINT_TIMEOUT;
        while self.try_execute(script) != Ok(Value::Bool(true)) && Instant::now() < end {
            thread::yield_now();
        }
    }

    /// Types into the first element that `css` finds, waiting for it.
    pub fn type_into(&self, css: &str, typed: &str) {
        let id = self.wait_for_css(css);
        self.driver
            .act(&format!("/element/{id}/value"), &json!({ "text": typed }));
    }

    /// Presses and releases at a place of the page, as a player does with a mouse or a finger
    /// (`mouse` or `touch`; W3C WebDriver, section 15.4).
    pub fn press_at(&self, pointer: &str, x: f64, y: f64) {
        // A frame or two between the press and the release.
        self.hold_at(pointer, x, y, Duration::from_millis(60));
    }

    /// Presses at a place, and releases after this time.
    pub fn hold_at(&self, pointer: &str, x: f64, y: f64, time: Duration) {
        let place = json!({ "type": "pointerMove", "duration": 0, "x": x.round(), "y": y.round() });
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let down = json!({ "type": "pointerDown", "button": 0 });
        let pause = json!({ "type": "pause", "duration": time });
        let up = json!({ "type": "pointerUp", "button": 0 });
        self.point(pointer, &[place, down, pause, up]);
    }

    /// Clicks with the mouse at a place, and moves on at once.
    pub fn click_and_move(&self, (x, y): (f64, f64), to: (f64, f64)) {
        let place = |x: f64, y: f64| json!({ "type": "pointerMove", "duration": 0, "x": x.round(), "y": y.round() });
        let down = json!({ "type": "pointerDown", "button": 0 });
        let pause = json!({ "type": "pause", "duration": 60 });
        let up = json!({ "type": "pointerUp", "button": 0 });
        self.point("mouse", &[place(x, y), down, pause, up, place(to.0, to.1)]);
    }

    fn point(&self, pointer: &str, actions: &[Value]) {
        self.perform(&json!({
            "type": "pointer", "id": pointer, "parameters": { "pointerType": pointer },
            "actions": actions,
        }));
    }

    /// Presses and releases a key.
    pub fn press_key(&self, key: &str) {
        let down = json!({ "type": "keyDown", "value": key });
        let pause = json!({ "type": "pause", "duration": 60 });
        let up = json!({ "type": "keyUp", "value": key });
        self.perform(&json!({ "type": "key", "id": "keyboard", "actions": [down, pause, up] }));
    }

    fn perform(&self, source: &Value) {
        self.driver.act("/actions", &json!({ "actions": [source] }));
    }
}
