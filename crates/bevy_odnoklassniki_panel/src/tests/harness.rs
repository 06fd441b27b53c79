//! Clicks and types into the panel, and reads what it paints, without a window and a renderer.

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

/// The whole panel fits into it, so that no test has to scroll.
const TALL: [f32; 2] = [960.0, 5000.0];

pub(super) struct Harness {
    pub(super) app: App,
    /// Everything that was ever painted.
    pub(super) painted: String,
    /// What was copied into the clipboard.
    pub(super) copied: Vec<String>,
}

/// Stands in for the input and output of `bevy_egui`.
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
    // There is no renderer.
    output.textures_delta.clear();
    world.resource_mut::<Pass>().output = Some(output);
}

impl Harness {
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
        let mut panel = Self {
            app,
            painted: String::new(),
            copied: Vec::new(),
        };
        // The first frames only measure.
        panel.frames(3);
        panel
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

    /// Returns the text that the last frame painted.
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

    /// Returns the left and the right edge of everything that has a name or a text, even where the
    /// window cuts it off.
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

    /// Returns whether egui asked for another frame, at once or later.
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

    /// Returns the middle of the `nth` element with this text, counted from 0. With a line, only
    /// elements that belong to the line of that name count.
    fn position(&self, text: Option<&str>, line: Option<&str>, nth: usize) -> Pos2 {
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
        let mut bounds: Vec<_> = found.filter_map(|(_, node)| node.bounds()).collect();
        // In reading order, which the tree does not have.
        bounds.sort_by(|a, b| (a.y0, a.x0).partial_cmp(&(b.y0, b.x0)).expect("numbers"));
        let bounds = bounds
            .get(nth)
            .unwrap_or_else(|| panic!("no {text:?} of {line:?}, {nth}; seen:\n{}", self.now()));
        pos2(
            ((bounds.x0 + bounds.x1) / 2.0) as f32,
            ((bounds.y0 + bounds.y1) / 2.0) as f32,
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

    /// Clicks on the first element with this text.
    pub(super) fn click(&mut self, text: &str) {
        self.click_nth(text, 0);
    }

    /// Clicks on the tab Requests, whose name counts the pending ones.
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
        self.click_at(self.position(Some(text), None, nth));
    }

    /// Clicks on the last element with this text.
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
        self.click_at(self.position(Some(choice), Some(line), 0));
    }

    /// Ticks the box of a line.
    pub(super) fn tick(&mut self, line: &str, nth: usize) {
        self.click_at(self.position(None, Some(line), nth));
    }

    /// Replaces the text of a line.
    pub(super) fn fill(&mut self, line: &str, text: &str) {
        self.fill_nth(line, 0, text);
    }

    pub(super) fn fill_nth(&mut self, line: &str, nth: usize, text: &str) {
        self.click_at(self.position(None, Some(line), nth));
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
        self.press_and_release(self.position(Some(text), None, 0));
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
                "waited too long for {what}; seen:\n{}",
                self.now()
            );
            std::thread::yield_now();
            self.frames(1);
        }
    }
}
