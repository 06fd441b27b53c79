//! The game in the window. It does what the player orders, and says when it was seen to be done.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bevy::ecs::resource::Resource;
use bevy::log::{Level, LogPlugin};
use bevy::prelude::*;
use bevy::render::{Extract, ExtractSchedule, Render, RenderApp, RenderSystems};
use bevy::window::{ExitCondition, PresentMode, PrimaryWindow, WindowResolution};
use bevy::winit::{EventLoopProxyWrapper, WinitPlugin};
use bevy_odnoklassniki::prelude::*;
use bevy_odnoklassniki::sandbox::{Behavior, Sandbox};

use crate::page::Page;
use crate::plan::Plan;
use crate::player::Player;
use crate::report::Report;

/// Size of the window in pixels.
pub const WIDTH: u32 = 480;
pub const HEIGHT: u32 = 320;

/// What the player wants of the game.
pub enum Order {
    /// One invitation.
    Ask,
    /// All that is pending ends.
    CancelAll,
    /// So many frames are timed.
    Time(usize),
    Exit,
}

/// What the game has to say.
pub enum Said {
    /// A game system has read a result.
    Finished {
        at: Instant,
        frame: u64,
        completed: bool,
    },
    /// The frame that shows it was presented.
    Visible { at: Instant },
    /// Times from the start of a frame to the start of the next.
    Times(Vec<Duration>),
}

/// The latest frame of the game, for the player's eyes.
#[derive(Clone, Copy)]
pub struct Frame {
    pub number: u64,
    pub began: Instant,
    pub focused: bool,
}

pub type LatestFrame = Arc<Mutex<Frame>>;

/// What is known of the latest frame.
pub fn latest(frame: &LatestFrame) -> Frame {
    *frame.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Resource)]
struct Line {
    orders: Mutex<Receiver<Order>>,
    said: Sender<Said>,
    frame: LatestFrame,
}

/// Results so far; the square has another color for each.
#[derive(Resource, Clone, Default)]
struct Results(usize);

/// The color of the square in the middle after so many results.
pub fn color_of(results: usize) -> Color {
    Color::hsv((results * 97 % 360) as f32, 1.0, 1.0)
}

#[derive(Component)]
struct Square;

#[derive(Resource, Default)]
struct Stopwatch {
    left: usize,
    times: Vec<Duration>,
}

/// Opens the window on `DISPLAY` and does it. Once in a process: winit allows no second event loop.
///
/// # Errors
///
/// What did not come in time, or could not be had.
pub fn run(plan: Plan) -> Result<Report, String> {
    let sandbox = Sandbox::builder()
        .behavior(Behavior::Accept)
        .start()
        .map_err(|error| format!("no sandbox: {error}"))?;
    let plugin = OdnoklassnikiPlugin::with_sandbox(sandbox.into());
    let (page, plugin) = Page::of(plugin, plan.mode)?;
    let title = format!("window latency {}", std::process::id());
    let window = Window {
        title: title.clone(),
        resolution: WindowResolution::new(WIDTH, HEIGHT),
        present_mode: PresentMode::AutoNoVsync,
        ..default()
    };
    let defaults = DefaultPlugins
        .set(WindowPlugin {
            primary_window: Some(window),
            exit_condition: ExitCondition::OnPrimaryClosed,
            ..default()
        })
        .set(WinitPlugin {
            run_on_any_thread: true,
        })
        .set(LogPlugin {
            level: Level::ERROR,
            ..default()
        });

    let (orders, received) = channel();
    let (sender, said) = channel();
    let frame = Arc::new(Mutex::new(Frame {
        number: 0,
        began: Instant::now(),
        focused: true,
    }));
    let mut app = App::new();
    app.add_plugins((defaults, plugin))
        .insert_resource(plan.mode.settings())
        .insert_resource(ClearColor(Color::BLACK))
        .insert_resource(Line {
            orders: Mutex::new(received),
            said: sender.clone(),
            frame: Arc::clone(&frame),
        })
        .init_resource::<Results>()
        .init_resource::<Stopwatch>()
        .add_systems(Startup, draw)
        .add_systems(First, begin)
        .add_systems(Update, (obey, send_results));
    let render_app = app
        .get_sub_app_mut(RenderApp)
        .ok_or("there is no renderer")?;
    render_app
        .insert_resource(Presented {
            said: sender,
            shown: 0,
        })
        .init_resource::<Results>()
        .add_systems(ExtractSchedule, extract)
        // The last thing that rendering a frame does is to present it.
        .add_systems(
            Render,
            presented
                .after(RenderSystems::Render)
                .in_set(RenderSystems::Cleanup),
        );

    let proxy = app
        .world()
        .get_resource::<EventLoopProxyWrapper>()
        .ok_or("there is no event loop")?;
    let player = Player {
        plan,
        title,
        frame,
        orders,
        wake: (**proxy).clone(),
        page,
        said,
    };
    let player = thread::Builder::new()
        .name("player".into())
        .spawn(move || player.play());
    let player = player.map_err(|error| format!("no thread: {error}"))?;
    app.run();
    player
        .join()
        .map_err(|_| "the player panicked".to_owned())?
}

fn draw(mut commands: Commands) {
    commands.spawn(Camera2d);
    commands.spawn((Square, Sprite::from_color(Color::WHITE, Vec2::splat(100.0))));
}

fn begin(
    line: Res<Line>,
    windows: Query<&Window, With<PrimaryWindow>>,
    mut watch: ResMut<Stopwatch>,
) {
    let began = Instant::now();
    let mut frame = line.frame.lock().unwrap_or_else(PoisonError::into_inner);
    let before = *frame;
    let focused = windows.single().is_ok_and(|window| window.focused);
    *frame = Frame {
        number: before.number + 1,
        began,
        focused,
    };
    drop(frame);
    if watch.left > 0 {
        watch.left -= 1;
        watch.times.push(began - before.began);
        if watch.left == 0 {
            _ = line
                .said
                .send(Said::Times(std::mem::take(&mut watch.times)));
        }
    }
}

fn obey(
    line: Res<Line>,
    requests: Res<PendingRequests>,
    mut asked: Local<usize>,
    mut watch: ResMut<Stopwatch>,
    mut invites: MessageWriter<RequestInvite>,
    mut cancels: MessageWriter<CancelRequest>,
    mut exit: MessageWriter<AppExit>,
) {
    let orders = line.orders.lock().unwrap_or_else(PoisonError::into_inner);
    for order in orders.try_iter() {
        match order {
            Order::Ask => {
                *asked += 1;
                invites.write(RequestInvite::new().comment(asked.to_string()));
            }
            Order::CancelAll => {
                cancels.write_batch(
                    requests
                        .iter()
                        .map(|request| CancelRequest { id: request.id() }),
                );
            }
            Order::Time(frames) => watch.left = frames,
            Order::Exit => _ = exit.write(AppExit::Success),
        }
    }
}

fn send_results(
    line: Res<Line>,
    mut finished: MessageReader<InviteFinished>,
    mut results: ResMut<Results>,
    mut square: Single<&mut Sprite, With<Square>>,
) {
    for invite in finished.read() {
        let at = Instant::now();
        let completed = invite.outcome.completed().is_some();
        if completed {
            results.0 += 1;
            square.color = color_of(results.0);
        }
        _ = line.said.send(Said::Finished {
            at,
            frame: latest(&line.frame).number,
            completed,
        });
    }
}

#[derive(Resource)]
struct Presented {
    said: Sender<Said>,
    shown: usize,
}

fn extract(mut shown: ResMut<Results>, results: Extract<Res<Results>>) {
    shown.clone_from(&results);
}

fn presented(results: Res<Results>, mut presented: ResMut<Presented>) {
    if results.0 != presented.shown {
        presented.shown = results.0;
        _ = presented.said.send(Said::Visible { at: Instant::now() });
    }
}
