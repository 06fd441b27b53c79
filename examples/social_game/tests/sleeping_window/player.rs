//! The player: sees the page, and comes back from OK's page when the window sleeps.

use std::process::Command;
use std::sync::mpsc::{Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use bevy::color::{Color, ColorToPacked as _};
use bevy::winit::{EventLoopProxy, WinitUserEvent};
use bevy_odnoklassniki::MAX_PENDING;

use crate::app::{Frame, HEIGHT, LatestFrame, Order, Said, WIDTH, color_of, latest};
use crate::page::Page;
use crate::plan::{Mode, Plan};
use crate::report::{FrameTimes, Report, Sample};

/// A result that takes longer does not come. Shorter than every sleep of the window.
pub const TIMEOUT: Duration = Duration::from_secs(30);
/// No frame for so long: the window sleeps.
const ASLEEP: Duration = Duration::from_millis(100);
/// The player comes at a random moment, up to so much later.
const WHIM: Duration = Duration::from_millis(50);
/// How often a window that sleeps may be awake when the player comes back.
const TRIES: usize = 20;
/// Results that do not count: shaders are compiled and pages are met for the first time.
const WARM_UP: usize = 3;
/// The size of the screen in pixels.
const SCREEN_WIDTH: u32 = 1280;
const SCREEN_HEIGHT: u32 = 800;
/// How often 0 and 8 pending requests take turns when frames are timed.
const TURNS: usize = 5;

pub struct Player {
    pub plan: Plan,
    pub title: String,
    pub frame: LatestFrame,
    pub orders: Sender<Order>,
    pub wake: EventLoopProxy<WinitUserEvent>,
    pub page: Page,
    pub said: Receiver<Said>,
}

impl Player {
    pub fn play(self) -> Result<Report, String> {
        let report = self.measure();
        _ = self.order(Order::Exit);
        report
    }

    fn measure(&self) -> Result<Report, String> {
        let window = self.set_window()?;
        let mut report = Report::new(self.plan.mode);
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for round in 0..WARM_UP + self.plan.count {
            let sample = self
                .round(&mut random)
                .map_err(|error| format!("{}: {error}", self.plan.mode.name()))?;
            if round >= WARM_UP {
                report.samples.push(sample);
            }
        }
        if self.plan.mode != Mode::HourHidden {
            look(&window, color_of(WARM_UP + self.plan.count))?;
        }
        if self.plan.mode == Mode::Game {
            report.frame_times = self.time_frames()?;
        }
        Ok(report)
    }

    /// One request, from the page to the picture.
    fn round(&self, random: &mut Random) -> Result<Sample, String> {
        self.order(Order::Ask)?;
        let way_back = self.page.wait()?;
        let before = self.choose_moment(random)?;
        let sent = Instant::now();
        way_back.take()?;
        let responded = Instant::now();
        let at_response = latest(&self.frame).number;
        let (mut finished, mut visible) = (None, None);
        while finished.is_none() || visible.is_none() {
            match self.receive("the result")? {
                Said::Finished {
                    at,
                    frame,
                    completed: true,
                } => finished = Some((at, frame)),
                Said::Visible { at } => visible = Some(at),
                Said::Finished { .. } => return Err("the request was not completed".to_owned()),
                Said::Times(_) => {}
            }
        }
        let ((read, frame), shown) = finished.zip(visible).ok_or("no result")?;
        Ok(Sample {
            slept: sent.saturating_duration_since(before.began),
            focused: before.focused,
            to_response: responded - sent,
            to_finished: read.saturating_duration_since(sent),
            to_visible: shown.saturating_duration_since(sent),
            frames: frame.saturating_sub(before.number),
            frames_after_response: frame.saturating_sub(at_response),
        })
    }

    /// Waits for a moment that has nothing to do with any frame, in which the window sleeps if it
    /// ever does. Gives the latest frame before it.
    fn choose_moment(&self, random: &mut Random) -> Result<Frame, String> {
        let sleeps = |frame: Frame| !self.plan.mode.sleeps() || frame.began.elapsed() >= ASLEEP;
        for _ in 0..TRIES {
            self.wait_for(sleeps).ok_or("the window does not sleep")?;
            thread::sleep(WHIM.mul_f64(random.fraction()));
            let frame = latest(&self.frame);
            if sleeps(frame) {
                return Ok(frame);
            }
        }
        Err("the window wakes up all the time".to_owned())
    }

    /// Frame times with nothing and with all places pending, by turns: the machine is not equally
    /// fast all the time.
    fn time_frames(&self) -> Result<Vec<FrameTimes>, String> {
        let mut times = [0, MAX_PENDING].map(|pending| FrameTimes {
            pending,
            times: Vec::new(),
        });
        for _ in 0..TURNS {
            for FrameTimes { pending, times } in &mut times {
                for _ in 0..*pending {
                    self.order(Order::Ask)?;
                }
                for _ in 0..*pending {
                    self.page.wait()?;
                }
                self.order(Order::Time(self.plan.frames.div_ceil(TURNS)))?;
                match self.receive("frames")? {
                    Said::Times(more) => times.extend(more),
                    _ => return Err("an unexpected result".to_owned()),
                }
                self.order(Order::CancelAll)?;
                for _ in 0..*pending {
                    self.receive("a cancelled request")?;
                }
            }
        }
        Ok(times.into())
    }

    /// Gives the window the keyboard, or takes it away. Gives its number.
    fn set_window(&self) -> Result<String, String> {
        self.wait_for(|frame| frame.number > 0)
            .ok_or("no frame was drawn")?;
        let name = format!("^{}$", self.title);
        let window = xdotool(&["search", "--sync", "--onlyvisible", "--name", &name])?;
        // Without a window manager a window believes that it has the keyboard until it is notified
        // of a change.
        xdotool(&["windowfocus", "--sync", &window])?;
        self.wait_for(|frame| frame.focused)
            .ok_or("the window cannot be focused")?;
        if !self.plan.mode.is_focused() {
            let root = xdotool(&["search", "--maxdepth", "0", ""])?;
            xdotool(&["windowfocus", &root])?;
            self.wait_for(|frame| !frame.focused)
                .ok_or("the window keeps the keyboard")?;
        }
        if self.plan.mode == Mode::Webview {
            // Under OK's page it would be drawn again, and so wake up, when that window closes.
            let [x, y] =
                [SCREEN_WIDTH - WIDTH, SCREEN_HEIGHT - HEIGHT].map(|place| place.to_string());
            xdotool(&["windowmove", "--sync", &window, &x, &y])?;
        }
        if self.plan.mode == Mode::HourHidden {
            xdotool(&["windowunmap", "--sync", &window])?;
        }
        Ok(window)
    }

    /// Orders something. The window is woken for it: this is no wake of the plugin's.
    fn order(&self, order: Order) -> Result<(), String> {
        let gone = "the window was closed";
        self.orders.send(order).map_err(|_| gone)?;
        self.wake
            .send_event(WinitUserEvent::WakeUp)
            .map_err(|_| gone.to_owned())
    }

    fn receive(&self, what: &str) -> Result<Said, String> {
        self.said
            .recv_timeout(TIMEOUT)
            .map_err(|_| format!("waited {TIMEOUT:?} for {what}"))
    }

    fn wait_for(&self, is_right: impl Fn(Frame) -> bool) -> Option<()> {
        let end = Instant::now() + TIMEOUT;
        while !is_right(latest(&self.frame)) {
            if Instant::now() > end {
                return None;
            }
            thread::sleep(Duration::from_millis(1));
        }
        Some(())
    }
}

/// Waits until the picture on the screen has this color in its middle: presented frames were
/// really seen.
fn look(window: &str, color: Color) -> Result<(), String> {
    let expected = color.to_srgba().to_u8_array_no_alpha();
    let crop = format!("1x1+{}+{}", WIDTH / 2, HEIGHT / 2);
    let end = Instant::now() + TIMEOUT;
    loop {
        let pixel = run(
            "import",
            &["-window", window, "-crop", &crop, "-depth", "8", "rgb:-"],
        )?;
        let is_near = |(seen, expected): (&u8, u8)| seen.abs_diff(expected) <= 2;
        if pixel.len() == 3 && pixel.iter().zip(expected).all(is_near) {
            return Ok(());
        }
        if Instant::now() > end {
            return Err(format!(
                "the window shows {pixel:?} in place of {expected:?}"
            ));
        }
    }
}

fn xdotool(arguments: &[&str]) -> Result<String, String> {
    let text =
        String::from_utf8(run("xdotool", arguments)?).map_err(|_| "xdotool wrote no text")?;
    Ok(text.lines().next_back().unwrap_or_default().to_owned())
}

/// What a program wrote.
fn run(program: &str, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "{program} {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    Ok(output.stdout)
}

/// Xorshift: the same whims in each run.
struct Random(u64);

impl Random {
    /// From 0 to 1.
    fn fraction(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
