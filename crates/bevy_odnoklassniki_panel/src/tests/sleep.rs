//! A sleeping window sleeps on, and wakes once a second where ages are shown.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use bevy_app::App;
use bevy_egui::egui::{Event, Modifiers};
use bevy_egui::{EguiContext, EguiInput};
use bevy_odnoklassniki::AppWaker;
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::sandbox::Behavior;

use super::harness::Harness;
use super::{pending, start};
use crate::OkPanelPlugin;
use crate::sleep::FrameTimer;

const TIMEOUT: Duration = Duration::from_secs(30);

#[test]
fn nothing_is_asked_of_a_sleeping_window() {
    let mut panel = start(Behavior::Ask);
    panel.click("Send invite");
    // A cursor in a text field would blink.
    panel.fill("comment", "a");
    panel.frames(20);
    assert!(!panel.wants_frames(), "bevy_egui would draw every frame");
}

#[test]
fn modifier_keys_are_reported_when_they_change() {
    let mut app = App::new();
    app.add_plugins(OkPanelPlugin);
    let context = app.world_mut().spawn(EguiContext::default()).id();
    let (none, shift) = (
        Event::ModifiersChanged(Modifiers::NONE),
        Event::ModifiersChanged(Modifiers::SHIFT),
    );
    let typed = Event::Text("a".into());
    for (reported, left) in [
        (vec![none.clone()], vec![]),
        (
            vec![typed.clone(), shift.clone(), shift.clone()],
            vec![typed.clone(), shift.clone()],
        ),
        (vec![shift.clone(), none.clone()], vec![shift, none]),
    ] {
        let mut input = app.world_mut().get_mut::<EguiInput>(context);
        input.as_mut().expect("it is there").events = reported;
        app.update();
        let input = app.world().get::<EguiInput>(context);
        assert_eq!(input.expect("it is there").events, left);
    }
}

#[test]
fn ages_get_one_frame_a_second_however_often_they_are_drawn() {
    let (sender, woken) = mpsc::channel();
    let credentials = AppCredentials::new("512000123456", "CBAPUBLICKEYBABABA");
    let plugin = OdnoklassnikiPlugin::new(credentials).with_wake(move || _ = sender.send(()));
    let mut app = App::new();
    app.add_plugins(plugin);
    let waker = app.world_mut().remove_resource::<AppWaker>();
    let waker = waker.expect("the game has given a wake");
    drop(app);

    let timer = FrameTimer::default();
    for _ in 0..1000 {
        timer.schedule(Some(&waker));
    }
    woken.recv_timeout(TIMEOUT).expect("a frame");
    timer.schedule(None);
    drop(waker);
    // The only thread has ended, and dropped the last waker. A second thread would still have one.
    let second = woken.recv_timeout(TIMEOUT);
    assert_eq!(second, Err(RecvTimeoutError::Disconnected));
}

#[test]
fn frames_are_scheduled_only_where_ages_are_shown() {
    let sandbox = OkSandbox::start().expect("a sandbox on a free port");
    let plugin = OdnoklassnikiPlugin::with_sandbox(sandbox)
        .with_opener(|_: &OneTimeLink| Ok::<(), OpenError>(()))
        .with_wake(|| ());
    let mut app = App::new();
    app.add_plugins(plugin);
    let mut panel = Harness::on(app);
    let is_scheduled = |panel: &Harness| panel.app.world().resource::<FrameTimer>().is_scheduled();
    panel.click_requests();
    assert!(!is_scheduled(&panel), "no request is pending");
    panel.click("Send");
    panel.click("Send invite");
    assert_eq!(pending(&panel).len(), 1);
    assert!(!is_scheduled(&panel), "no age is shown");
    panel.click_requests();
    panel.until("a scheduled frame", |panel| is_scheduled(panel));
}
