//! A Wayland desktop without a screen: Weston, headless.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::browser_process::wait_for;
use crate::screen::{WINDOW, find};

/// The socket, in the folder of the desktop.
const SOCKET: &str = "ok-wayland";

/// The server ends with its shell's standard input, which is a pipe from this process.
const GUARD: &str = r#"
"$@" </dev/null >/dev/null 2>&1 &
server=$!
read -r _
kill "$server"
wait "$server"
"#;

/// A desktop for programs that speak Wayland. Dropping it ends the server.
pub struct Weston {
    server: Child,
    folder: TempDir,
}

impl Weston {
    /// Starts a server, or `None` after saying that the test is skipped and why.
    pub fn start() -> Option<Self> {
        let weston = WINDOW.find_or_skip(|| find("weston", "weston"))?;
        let folder = tempfile::Builder::new()
            .prefix("ok-wayland-")
            .tempdir()
            .expect("a temporary folder can be made");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700))
            .expect("the folder is ours");
        let server = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .arg(weston)
            .args(["--backend=headless-backend.so", "--idle-time=0"])
            .arg(format!("--socket={SOCKET}"))
            .env("XDG_RUNTIME_DIR", folder.path())
            .stdin(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let weston = Self { server, folder };
        let socket = weston.folder.path().join(SOCKET);
        assert!(
            wait_for(|| socket.exists().then_some(())).is_some(),
            "Weston did not start"
        );
        Some(weston)
    }

    /// Makes a command have its windows here.
    pub fn show(&self, command: &mut Command) {
        command
            .env_remove("DISPLAY")
            .env("GDK_BACKEND", "wayland")
            .env("WAYLAND_DISPLAY", SOCKET)
            .env("XDG_RUNTIME_DIR", self.folder());
    }

    /// Returns the folder with the socket.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Weston {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        let _ = self.server.wait();
    }
}
