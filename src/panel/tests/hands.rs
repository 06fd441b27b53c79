//! A developer's hands and eyes: clicks and types into the panel, and reads what is painted. No
//! window, no renderer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bevy_app::{App, PostUpdate};
use bevy_ecs::message::{Message, Messages};
use bevy_ecs::prelude::{IntoScheduleConfigs, World};
use bevy_ecs::resource::Resource;
use bevy_egui::egui::accesskit::{Node, NodeId};
use bevy_egui::egui::epaint::{ClippedShape, Shape};
use bevy_egui::egui::{
    Context, Event, FontData, FontDefinitions, FontFamily, FullOutput, Key, Modifiers,
    OutputCommand, PointerButton, Pos2, RawInput, Rect, pos2, vec2,
};
use bevy_egui::{EguiContext, EguiPostUpdateSet, EguiPrimaryContextPass, PrimaryEguiContext};

use crate::OkPanelPlugin;

/// Room for the whole panel, so that nothing has to be scrolled to.
const TALL: [f32; 2] = [960.0, 5000.0];

pub(super) struct Hands {
    pub(super) app: App,
    /// Everything that was ever painted.
    pub(super) painted: String,
    /// What was copied into the clipboard.
    pub(super) copied: Vec<String>,
}

/// What stands in for `bevy_egui`'s own input and output.
#[derive(Resource)]
struct Pass {
    context: Context,
    input: RawInput,
    output: Option<FullOutput>,
}

fn pass(world: &mut World) {
    let mut pass = world.resource_mut::<Pass>();
    let (context, input) = (pass.context.clone(), pass.input.take());
    let mut output = context.run_ui(input, |_| world.run_schedule(EguiPrimaryContextPass));
    // Nobody draws.
    output.textures_delta.clear();
    world.resource_mut::<Pass>().output = Some(output);
}

impl Hands {
    pub(super) fn on(app: App) -> Self {
        Self::on_screen(app, TALL)
    }

    pub(super) fn on_screen(mut app: App, [width, height]: [f32; 2]) -> Self {
        app.add_plugins(OkPanelPlugin)
            .add_systems(PostUpdate, pass.in_set(EguiPostUpdateSet::EndPass));
        app.finish();
        app.cleanup();
        let mut context = EguiContext::default();
        let mut fonts = FontDefinitions::empty();
        fonts.font_data.insert(
            "letters".into(),
            Arc::new(FontData::from_static(epaint_default_fonts::UBUNTU_LIGHT)),
        );
        for family in [FontFamily::Proportional, FontFamily::Monospace] {
            fonts.families.insert(family, vec!["letters".into()]);
        }
        context.get_mut().set_fonts(fonts);
        context.get_mut().enable_accesskit();
        let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, vec2(width, height)));
        let input = RawInput {
            screen_rect,
            time: Some(0.0),
            ..RawInput::default()
        };
        app.insert_resource(Pass {
            context: context.get_mut().clone(),
            input,
            output: None,
        });
        app.world_mut().spawn((context, PrimaryEguiContext));
        let mut hands = Self {
            app,
            painted: String::new(),
            copied: Vec::new(),
        };
        // The first frames only measure.
        hands.frames(3);
        hands
    }

    pub(super) fn frames(&mut self, count: usize) {
        for _ in 0..count {
            self.frame([]);
        }
    }

    fn frame(&mut self, events: impl IntoIterator<Item = Event>) {
        let mut pass = self.app.world_mut().resource_mut::<Pass>();
        pass.input.time = pass.input.time.map(|time| time + 0.1);
        pass.input.events.extend(events);
        self.app.update();
        let now = self.now();
        self.painted.push_str(&now);
        let copied = self
            .output()
            .platform_output
            .commands
            .iter()
            .filter_map(|command| match command {
                OutputCommand::CopyText(text) => Some(text.clone()),
                _ => None,
            });
        let copied: Vec<String> = copied.collect();
        self.copied.extend(copied);
    }

    fn output(&self) -> &FullOutput {
        self.app
            .world()
            .resource::<Pass>()
            .output
            .as_ref()
            .expect("the pass ran")
    }

    /// What the last frame painted.
    pub(super) fn now(&self) -> String {
        fn read(shape: &Shape, text: &mut String) {
            match shape {
                Shape::Text(shape) => {
                    text.push_str(shape.galley.text());
                    text.push('\n');
                }
                Shape::Vec(shapes) => shapes.iter().for_each(|shape| read(shape, text)),
                _ => {}
            }
        }
        let mut text = String::new();
        self.output()
            .shapes
            .iter()
            .for_each(|ClippedShape { shape, .. }| read(shape, &mut text));
        text
    }

    /// From where to where everything reaches that has a name or a text, from left to right, seen
    /// or cut off.
    pub(super) fn width(&self) -> (f64, f64) {
        let named = self
            .nodes()
            .iter()
            .filter(|(_, node)| node.label().is_some() || node.value().is_some());
        let bounds = named.filter_map(|(_, node)| node.bounds());
        bounds.fold((f64::MAX, f64::MIN), |(left, right), bounds| {
            (left.min(bounds.x0), right.max(bounds.x1))
        })
    }

    /// Whether egui asked for another frame, soon or late.
    pub(super) fn wants_frames(&self) -> bool {
        self.app
            .world()
            .resource::<Pass>()
            .context
            .has_requested_repaint()
    }

    fn nodes(&self) -> &[(NodeId, Node)] {
        let update = self.output().platform_output.accesskit_update.as_ref();
        &update.expect("accessibility is on").nodes
    }

    fn says(node: &Node, text: &str) -> bool {
        node.label() == Some(text) || node.value() == Some(text)
    }

    /// The middle of what is called so; with a name, of what belongs to the line of that name.
    /// Counts from 0.
    fn place(&self, text: Option<&str>, line: Option<&str>, nth: usize) -> Pos2 {
        let nodes = self.nodes();
        let found = nodes.iter().filter(|(_, node)| {
            let of_line = line.is_none_or(|line| {
                let labels = node.labelled_by();
                nodes
                    .iter()
                    .any(|(id, label)| labels.contains(id) && Self::says(label, line))
            });
            of_line && text.is_none_or(|text| Self::says(node, text)) && node.bounds().is_some()
        });
        let mut places: Vec<_> = found.filter_map(|(_, node)| node.bounds()).collect();
        // As they are read: the tree has no such order.
        places.sort_by(|a, b| (a.y0, a.x0).partial_cmp(&(b.y0, b.x0)).expect("numbers"));
        let place = places
            .get(nth)
            .unwrap_or_else(|| panic!("no {text:?} of {line:?}, {nth}; seen:\n{}", self.now()));
        pos2(
            ((place.x0 + place.x1) / 2.0) as f32,
            ((place.y0 + place.y1) / 2.0) as f32,
        )
    }

    fn click_at(&mut self, pos: Pos2) {
        self.press_and_release(pos);
        self.frames(2);
    }

    fn press_and_release(&mut self, pos: Pos2) {
        let button = |pressed| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.frame([Event::PointerMoved(pos)]);
        self.frame([button(true)]);
        self.frame([button(false)]);
    }

    /// Clicks on what is called so.
    pub(super) fn click(&mut self, text: &str) {
        self.click_nth(text, 0);
    }

    /// Goes to the tab of the requests, whose name counts the pending ones.
    pub(super) fn click_requests(&mut self) {
        let tab = self
            .now()
            .lines()
            .find(|line| line.starts_with("Requests"))
            .expect("the tab")
            .to_owned();
        self.click(&tab);
    }

    pub(super) fn click_nth(&mut self, text: &str, nth: usize) {
        self.click_at(self.place(Some(text), None, nth));
    }

    /// Clicks on the lowest of what is called so.
    pub(super) fn click_last(&mut self, text: &str) {
        let count = self
            .nodes()
            .iter()
            .filter(|(_, node)| Self::says(node, text))
            .count();
        self.click_nth(text, count - 1);
    }

    /// Clicks on one of the choices of a line.
    pub(super) fn choose(&mut self, line: &str, choice: &str) {
        self.click_at(self.place(Some(choice), Some(line), 0));
    }

    /// Ticks the box of a line.
    pub(super) fn tick(&mut self, line: &str, nth: usize) {
        self.click_at(self.place(None, Some(line), nth));
    }

    /// Replaces the text of a line.
    pub(super) fn fill(&mut self, line: &str, text: &str) {
        self.fill_nth(line, 0, text);
    }

    pub(super) fn fill_nth(&mut self, line: &str, nth: usize, text: &str) {
        self.click_at(self.place(None, Some(line), nth));
        let key = |key, modifiers| Event::Key {
            key,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers,
        };
        self.frame([key(Key::A, Modifiers::COMMAND)]);
        self.frame([key(Key::Backspace, Modifiers::NONE)]);
        self.frame([Event::Text(text.to_owned())]);
        self.frames(1);
    }

    /// Clicks, and reads the one message that was written in that frame.
    pub(super) fn click_for<M: Message, T>(&mut self, text: &str, read: impl Fn(&M) -> T) -> T {
        self.app.world_mut().resource_mut::<Messages<M>>().clear();
        self.press_and_release(self.place(Some(text), None, 0));
        let messages = self.app.world().resource::<Messages<M>>();
        let mut cursor = messages.get_cursor();
        let written: Vec<&M> = cursor.read(messages).collect();
        assert_eq!(written.len(), 1, "{}", self.now());
        read(written[0])
    }

    /// Runs frames until `done`.
    pub(super) fn until(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(30);
        while !done(self) {
            assert!(
                Instant::now() < end,
                "waited in vain for {what}; seen:\n{}",
                self.now()
            );
            std::thread::yield_now();
            self.frames(1);
        }
    }
}
