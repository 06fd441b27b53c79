//! What one window is to do.

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
    /// As `DesktopApp`, and OK's page is in a window beside it.
    Webview,
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Self::Game => "game",
            Self::DesktopApp => "desktop_app",
            Self::Hour => "hour",
            Self::HourFocused => "hour_focused",
            Self::HourHidden => "hour_hidden",
            Self::Webview => "webview",
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

    /// A sleeping window must have a result within so long of the player's way back: a webview has
    /// to navigate first.
    pub fn limit(self) -> Option<Duration> {
        match self {
            Self::Game => None,
            Self::Webview => Some(Duration::from_millis(100)),
            _ => Some(Duration::from_millis(50)),
        }
    }

    pub fn settings(self) -> WinitSettings {
        let hour = UpdateMode::reactive(Duration::from_secs(3600));
        match self {
            Self::Game => WinitSettings::game(),
            Self::DesktopApp | Self::Webview => WinitSettings::desktop_app(),
            Self::Hour | Self::HourFocused | Self::HourHidden => WinitSettings {
                focused_mode: hour,
                unfocused_mode: hour,
            },
        }
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
