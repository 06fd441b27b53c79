//! A small window that asks for one invitation after the other, and a player who answers while the
//! window sleeps.
//!
//! Shared by the measuring program `window_latency` and by the test `sleeping_window`.

mod app;
#[path = "../../../../tests/support/http.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod http;
mod player;
mod report;

pub use report::Report;

use std::str::FromStr;
use std::time::Duration;

use bevy::winit::{UpdateMode, WinitSettings};

/// How the window sleeps, and whether it has the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `WinitSettings::game()`, focused: it never sleeps.
    Game,
    /// `WinitSettings::desktop_app()`, unfocused: it sleeps for a minute.
    DesktopApp,
    /// A reactive wait of one hour, unfocused.
    Hour,
    /// A reactive wait of one hour, focused.
    HourFocused,
    /// A reactive wait of one hour, and the window is taken off the screen.
    HourHidden,
}

impl Mode {
    pub const ALL: [Self; 5] = [
        Self::Game,
        Self::DesktopApp,
        Self::Hour,
        Self::HourFocused,
        Self::HourHidden,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Game => "game",
            Self::DesktopApp => "desktop_app",
            Self::Hour => "hour",
            Self::HourFocused => "hour_focused",
            Self::HourHidden => "hour_hidden",
        }
    }

    /// Whether the window has the keyboard.
    pub fn is_focused(self) -> bool {
        matches!(self, Self::Game | Self::HourFocused)
    }

    /// Whether the window sleeps between frames.
    pub fn sleeps(self) -> bool {
        self != Self::Game
    }

    fn settings(self) -> WinitSettings {
        let hour = UpdateMode::reactive(Duration::from_secs(3600));
        match self {
            Self::Game => WinitSettings::game(),
            Self::DesktopApp => WinitSettings::desktop_app(),
            Self::Hour | Self::HourFocused | Self::HourHidden => WinitSettings {
                focused_mode: hour,
                unfocused_mode: hour,
            },
        }
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|mode| mode.name() == text)
            .ok_or_else(|| format!("no mode {text:?}: {}", names()))
    }
}

/// What is to be done in one window.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub mode: Mode,
    /// Results to wait for.
    pub count: usize,
    /// Frames to time with 0 and with 8 requests pending; in the mode `game`, where frames follow
    /// each other.
    pub frames: usize,
}

impl Plan {
    /// Opens the window on `DISPLAY` and does it. Once in a process: winit allows no second event
    /// loop.
    ///
    /// # Errors
    ///
    /// What did not come in time, or could not be had.
    pub fn run(self) -> Result<Report, String> {
        app::run(self)
    }
}
