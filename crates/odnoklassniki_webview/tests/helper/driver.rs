//! Starts the program as a game does, on a desktop of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::browser::{end_processes_of, processes_of};
use test_support::screen::{Screen, Window};
use test_support::wait::TIMEOUT;
use test_support::weston::Weston;

/// The token of a request: 128 bits. No other program may see it.
pub const TOKEN: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";

/// Returns where the page returns to.
pub fn widget() -> String {
    format!("okwidget://return/{TOKEN}")
}

/// Where a window can be.
pub enum Desktop {
    X11(Screen),
    Wayland(Weston),
}

impl Desktop {
    pub fn x11() -> Option<Self> {
        Screen::start().map(Self::X11)
    }

    pub fn wayland() -> Option<Self> {
        Weston::start().map(Self::Wayland)
    }

    fn show(&self, command: &mut Command) {
        match self {
            Self::X11(screen) => {
                command
                    .env("DISPLAY", screen.display())
                    .env("GDK_BACKEND", "x11")
                    .env_remove("WAYLAND_DISPLAY");
            }
            Self::Wayland(weston) => weston.show(command),
        }
    }

    /// Returns the window of this title. Only X11 lets others look.
    #[track_caller]
    pub fn window(&self, title: &str) -> Window<'_> {
        match self {
            Self::X11(screen) => screen.window(title),
            Self::Wayland(_) => panic!("no other program can look at a window of Wayland"),
        }
    }

    #[track_caller]
    pub fn display(&self) -> &str {
        match self {
            Self::X11(screen) => screen.display(),
            Self::Wayland(_) => panic!("a display is X11's"),
        }
    }
}

/// The running program. Dropping it ends it and all that it has started.
pub struct Helper {
    child: Child,
    to: Option<ChildStdin>,
    lines: Receiver<String>,
    /// Everything it has printed to standard error.
    errors: PathBuf,
    home: TempDir,
}

impl Helper {
    /// Starts it without a page.
    pub fn start(desktop: &Desktop) -> Self {
        Self::start_with(desktop, |_| {})
    }

    /// Starts it with changes to the command.
    pub fn start_with(desktop: &Desktop, change: impl FnOnce(&mut Command)) -> Self {
        let home = home();
        let errors = home.path().join("errors.txt");
        let mut command = command(home.path());
        desktop.show(&mut command);
        change(&mut command);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&errors).expect("a file"))
            .spawn()
            .expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let (sender, lines) = channel();
        thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok);
            lines
                .take_while(|line| sender.send(line.clone()).is_ok())
                .for_each(drop);
        });
        Self {
            to: child.stdin.take(),
            child,
            lines,
            errors,
            home,
        }
    }

    /// Starts it with a page that returns to [`widget`], and waits for the window.
    #[track_caller]
    pub fn show(desktop: &Desktop, url: &str) -> Self {
        Self::show_with(desktop, url, |_| {})
    }

    /// Does the same with changes to the command.
    #[track_caller]
    pub fn show_with(desktop: &Desktop, url: &str, change: impl FnOnce(&mut Command)) -> Self {
        let mut helper = Self::start_with(desktop, change);
        helper.send(&request(url));
        helper.expect("hello", &json!(1));
        helper.expect("shown", &json!(true));
        helper
    }

    /// Sends a line.
    #[track_caller]
    pub fn send(&mut self, line: &Value) {
        self.send_text(&line.to_string());
    }

    #[track_caller]
    pub fn send_text(&mut self, line: &str) {
        let to = self.to.as_mut().expect("open");
        writeln!(to, "{line}").expect("the program reads");
    }

    /// Says that what came back was not the callback.
    #[track_caller]
    pub fn resume(&mut self) {
        self.send(&json!({ "v": 1, "resume": true }));
    }

    /// Closes the program's input, as the end of a request does.
    pub fn close_input(&mut self) {
        self.to = None;
    }

    /// Returns the next report: its name and value. `None` at the end.
    #[track_caller]
    pub fn next(&self) -> Option<(String, Value)> {
        self.next_within(TIMEOUT).unwrap_or_else(|| {
            panic!("no report within {TIMEOUT:?}: {}", self.errors());
        })
    }

    /// Does the same, or returns `None` when the time is over.
    pub fn next_within(&self, time: Duration) -> Option<Option<(String, Value)>> {
        use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
        match self.lines.recv_timeout(time) {
            Ok(line) => {
                let Ok(Value::Object(fields)) = serde_json::from_str(&line) else {
                    panic!("not a report: {line}")
                };
                assert_eq!(fields.len(), 1, "{line}");
                Some(fields.into_iter().next())
            }
            Err(Disconnected) => Some(None),
            Err(Timeout) => None,
        }
    }

    /// Waits for this report and asserts that it is the next one, but for `at`.
    #[track_caller]
    pub fn expect(&self, name: &str, value: &Value) {
        assert_eq!(&self.receive(name), value, "{name}");
    }

    /// Waits for this report, which must be the next one, but for `at`. Returns its value.
    #[track_caller]
    pub fn receive(&self, name: &str) -> Value {
        loop {
            match self.next() {
                Some((found, value)) if found == name => return value,
                Some((found, _)) if found == "at" => {}
                other => panic!("{other:?} in place of {name}: {}", self.errors()),
            }
        }
    }

    /// Waits for a return and asserts that it is this URL.
    #[track_caller]
    pub fn expect_return(&self, url: &str) {
        let value = self.receive("returned");
        let found = value.as_str().unwrap_or_default();
        assert!(found == url, "returned {:.200}, not {:.200}", found, url);
    }

    /// Waits until there is nothing but `at` any more, and returns how the program has ended.
    #[track_caller]
    pub fn expect_end(&mut self) -> ExitStatus {
        loop {
            match self.next() {
                None => return self.child.wait().expect("it has ended"),
                Some((name, _)) if name == "at" => {}
                other => panic!("{other:?} in place of the end"),
            }
        }
    }

    /// Ends the request as the game does after a callback, and asserts that nothing follows.
    #[track_caller]
    pub fn finish(mut self) {
        self.close_input();
        let started = Instant::now();
        assert!(self.expect_end().success(), "{}", self.errors());
        assert!(started.elapsed() < Duration::from_secs(2));
        self.expect_no_process();
    }

    /// Asserts that the program and all that it has started are gone within two seconds.
    #[track_caller]
    pub fn expect_no_process(&self) {
        expect_no_process(self.home());
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the folder that all its processes have as their home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn errors(&self) -> String {
        fs::read_to_string(&self.errors).unwrap_or_default()
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.to = None;
        _ = self.child.kill();
        _ = self.child.wait();
        end_processes_of(self.home());
    }
}

/// The player's browser, which only keeps what it was given.
pub struct Browser(TempDir);

impl Browser {
    pub fn new() -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let browser = Self(home());
        let text = format!(
            "#!/bin/sh\nprintf %s \"$1\" >{0}.new && mv {0}.new {0}\n",
            browser.file().display()
        );
        let program = browser.program();
        fs::write(&program, text).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("ours");
        browser
    }

    pub fn program(&self) -> PathBuf {
        self.0.path().join("browser")
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("opened")
    }

    /// Returns the last URL that it was given.
    pub fn opened(&self) -> Option<String> {
        fs::read_to_string(self.file()).ok()
    }
}

/// Returns a folder that only the processes of one program have.
pub fn home() -> TempDir {
    tempfile::Builder::new()
        .prefix("ok-webview-")
        .tempdir()
        .expect("a temporary folder can be made")
}

/// Returns the command that a game starts, with this home.
pub fn command(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_odnoklassniki_webview"));
    command
        .arg(odnoklassniki_webview::ARGUMENT)
        // Where downloads would go.
        .current_dir(home)
        .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
        .env("HOME", home)
        .env("TMPDIR", home)
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_RUNTIME_DIR", home)
        // This machine's own desktop stays out of it.
        .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
        .env("GSETTINGS_BACKEND", "memory")
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env("NO_AT_BRIDGE", "1")
        .env("NO_PROXY", "*")
        .env_remove("BROWSER");
    command
}

/// Returns the first line for a page that returns to [`widget`].
pub fn request(url: &str) -> Value {
    json!({ "v": 1, "url": url, "returns": [widget()], "title": "Castle", "lang": "ru" })
}

#[track_caller]
pub fn expect_no_process(home: &Path) {
    let end = Instant::now() + Duration::from_secs(2);
    while !processes_of(home).is_empty() {
        let left: Vec<_> = processes_of(home)
            .into_iter()
            .map(|id| fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default())
            .collect();
        assert!(Instant::now() < end, "processes are left: {left:?}");
        thread::yield_now();
    }
}
