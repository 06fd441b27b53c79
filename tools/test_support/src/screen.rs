//! A screen of its own for a program with a window. It has a virtual X server (Xvfb), a pointer and
//! a keyboard (xdotool), and pictures of what can be seen.

use crate::browser_process::{TIMEOUT, wait_for};
use crate::programs::{Kind, Missing, on_path};
use std::collections::HashSet;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;
use tempfile::TempDir;

/// Tests that look at a window.
pub const WINDOW: Kind = Kind {
    needs: "a window",
    require: "OK_REQUIRE_WINDOW",
    skip: "OK_SKIP_WINDOW",
};

/// The server and its files end with its shell's standard input, which is a pipe from this process.
/// So nothing is left behind, however this process ends. A program that loses its screen ends, too.
const GUARD: &str = r#"
"$@" 3>&1 </dev/null >/dev/null 2>&1 &
server=$!
exec >/dev/null 2>&1
read -r _
kill "$server"
wait "$server"
rm -f "$0/Xvfb_screen0"
rmdir "$0"
"#;

/// A virtual screen that no other program uses, 1280 x 800 pixels. Dropping it ends the server.
pub struct Screen {
    server: Child,
    display: String,
    folder: TempDir,
}

impl Screen {
    /// Starts a server on a free display, or `None` after saying that the test is skipped and why.
    pub fn start() -> Option<Self> {
        let xvfb = WINDOW.find_or_skip(|| {
            for (program, package) in [
                ("xdotool", "xdotool"),
                ("convert", "imagemagick"),
                ("xclip", "xclip"),
            ] {
                find(program, package)?;
            }
            find("Xvfb", "xvfb")
        })?;
        Some(Self::served_by(&xvfb, "1280x800x24"))
    }

    /// Starts this Xvfb on a free display, with a screen of this width, height and depth.
    pub(crate) fn served_by(xvfb: &Path, size: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("ok-screen-")
            .tempdir()
            .expect("a temporary folder can be made");
        let mut server = Command::new("sh")
            .args(["-c", GUARD])
            .arg(folder.path())
            .arg(xvfb)
            .args([
                "-displayfd",
                "3",
                "-nolisten",
                "tcp",
                "-noreset",
                "-screen",
                "0",
                size,
                "-fbdir",
            ])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let mut number = String::new();
        let output = server.stdout.take().expect("its output is ours");
        BufReader::new(output)
            .read_line(&mut number)
            .expect("the server names its display");
        assert!(!number.trim().is_empty(), "Xvfb did not start");
        Self {
            server,
            display: format!(":{}", number.trim()),
            folder,
        }
    }

    /// Returns the value for `DISPLAY`.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// Returns where the server keeps what it shows.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns a command for a program that shall have its window here.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("DISPLAY", &self.display)
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET");
        command.stdin(Stdio::null());
        command
    }

    /// Waits until a window of this title is there and shows something.
    #[track_caller]
    pub fn window(&self, title: &str) -> Window<'_> {
        let exactly = format!("^{title}$");
        let found = wait_for(|| {
            let output = self
                .command("xdotool")
                .args(["search", "--onlyvisible", "--name", &exactly])
                .output();
            let text = String::from_utf8(output.expect("xdotool runs").stdout).ok()?;
            Some(text.lines().next_back()?.to_owned())
        });
        let id = found.unwrap_or_else(|| panic!("no window {title:?} within {TIMEOUT:?}"));
        let window = Window { screen: self, id };
        assert!(
            wait_for(|| window.picture().shows_something().then_some(())).is_some(),
            "{title:?} stays empty"
        );
        window
    }

    /// Returns what the whole screen shows at this moment.
    pub fn picture(&self) -> Picture {
        Picture::from_xwd(
            &fs::read(self.folder().join("Xvfb_screen0"))
                .expect("the server keeps its screen in a file"),
        )
    }

    /// Takes the keyboard away from all windows.
    pub fn unfocus(&self) {
        let root = self.xdotool(&["search", "--maxdepth", "0", ""]);
        self.xdotool(&["windowfocus", &root]);
    }

    /// Waits until the clipboard holds a text that `is_right` accepts. A program may report its
    /// copy before X has it.
    #[track_caller]
    pub fn wait_for_clipboard(&self, is_right: impl Fn(&str) -> bool) -> String {
        let found = wait_for(|| {
            let output = self
                .command("xclip")
                .args(["-selection", "clipboard", "-out"])
                .output()
                .expect("xclip runs");
            String::from_utf8(output.stdout)
                .ok()
                .filter(|text| is_right(text))
        });
        found.unwrap_or_else(|| panic!("the clipboard does not hold the text after {TIMEOUT:?}"))
    }

    /// Runs xdotool and returns what it prints.
    #[track_caller]
    pub fn xdotool(&self, arguments: &[&str]) -> String {
        let output = self
            .command("xdotool")
            .args(arguments)
            .output()
            .expect("xdotool runs");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "xdotool {arguments:?}: {complaint}"
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        let _ = self.server.wait();
    }
}

/// A window on a [`Screen`]. Places are in pixels from its upper left corner.
#[derive(Clone)]
pub struct Window<'a> {
    screen: &'a Screen,
    id: String,
}

impl Window<'_> {
    /// Returns the number that X gave to it, in decimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns where it is on the screen.
    pub fn area(&self) -> Area {
        let text = self
            .screen
            .xdotool(&["getwindowgeometry", "--shell", &self.id]);
        let value = |name: &str| {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.and_then(|value| value.parse().ok())
                .unwrap_or_else(|| panic!("no {name} in {text:?}"))
        };
        Area {
            x: value("X"),
            y: value("Y"),
            width: value("WIDTH"),
            height: value("HEIGHT"),
        }
    }

    /// Returns what it shows at this moment.
    pub fn picture(&self) -> Picture {
        self.screen.picture().crop(self.area())
    }

    /// Waits for a picture that `is_right` accepts.
    #[track_caller]
    pub fn wait_for_picture(&self, what: &str, is_right: impl Fn(&Picture) -> bool) -> Picture {
        let found = wait_for(|| Some(self.picture()).filter(&is_right));
        found.unwrap_or_else(|| {
            let path = self.picture().keep("failed");
            panic!(
                "the window does not show {what} after {TIMEOUT:?}: {}",
                path.display()
            )
        })
    }

    /// Moves the pointer.
    pub fn point_at(&self, (x, y): (u32, u32)) {
        self.screen.xdotool(&[
            "mousemove",
            "--window",
            &self.id,
            &x.to_string(),
            &y.to_string(),
        ]);
    }

    /// Clicks with the left button, once the program has seen the pointer.
    pub fn click(&self, place: (u32, u32), pointed: impl FnOnce()) {
        self.point_at(place);
        pointed();
        self.screen.xdotool(&["click", "1"]);
    }

    /// Presses and releases a key, for example `space` or `F12`, in whatever window has the
    /// keyboard.
    pub fn key(&self, key: &str) {
        self.screen.xdotool(&["key", key]);
    }

    /// Gives it the keyboard.
    pub fn focus(&self) {
        self.screen.xdotool(&["windowfocus", "--sync", &self.id]);
    }
}

/// A part of a window or of the screen, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// From the left edge.
    pub x: u32,
    /// From the upper edge.
    pub y: u32,
    /// To the right.
    pub width: u32,
    /// Downwards.
    pub height: u32,
}

impl Area {
    /// Returns where to click.
    pub fn middle(self) -> (u32, u32) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }
}

/// What could be seen at one moment.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    /// Blue, green, red and nothing for each pixel, row by row.
    pixels: Vec<[u8; 4]>,
}

impl Picture {
    /// Reads the only form of an X window dump that Xvfb writes with 24 bits. It is a header of
    /// big-endian numbers, colors that mean nothing here, then four bytes per pixel with blue
    /// first.
    fn from_xwd(dump: &[u8]) -> Self {
        let number = |index: usize| u32::from_be_bytes(dump.as_chunks().0[index]) as usize;
        let (header, width, height, line, colors) =
            (number(0), number(4), number(5), number(12), number(19));
        assert_eq!(
            (number(7), number(11), line),
            (0, 32, width * 4),
            "low byte first, 32 bits a pixel, nothing between"
        );
        let pixels = dump[header + colors * 12..].as_chunks().0[..width * height].to_vec();
        Self {
            width: width as u32,
            height: height as u32,
            pixels,
        }
    }

    /// Returns a part of it. What lies outside is cut off.
    pub fn crop(&self, area: Area) -> Self {
        let right = (area.x + area.width).min(self.width);
        let bottom = (area.y + area.height).min(self.height);
        let (left, top) = (area.x.min(right), area.y.min(bottom));
        let rows = (top..bottom).map(|y| (y * self.width) as usize);
        let pixels = rows
            .flat_map(|row| &self.pixels[row + left as usize..row + right as usize])
            .copied()
            .collect();
        Self {
            width: right - left,
            height: bottom - top,
            pixels,
        }
    }

    /// Returns the part of the pixels that differ from another picture of the same size by more
    /// than a shade, from 0 to 1.
    pub fn difference(&self, other: &Self) -> f64 {
        assert_eq!(
            (self.width, self.height),
            (other.width, other.height),
            "pictures of one size"
        );
        let differ = |(a, b): (&[u8; 4], &[u8; 4])| (0..3).any(|i| a[i].abs_diff(b[i]) > 16);
        let changed = self
            .pixels
            .iter()
            .zip(&other.pixels)
            .filter(|&pair| differ(pair))
            .count();
        changed as f64 / self.pixels.len().max(1) as f64
    }

    /// Returns the leftmost and the rightmost pixel of a row whose color `is_right` accepts: red,
    /// green and blue.
    pub fn find_in_row(&self, y: u32, is_right: impl Fn([u8; 3]) -> bool) -> Option<(u32, u32)> {
        let row = &self.pixels[(y * self.width) as usize..][..self.width as usize];
        let found = |&[blue, green, red, _]: &[u8; 4]| is_right([red, green, blue]);
        let (left, right) = (row.iter().position(found)?, row.iter().rposition(found)?);
        Some((left as u32, right as u32))
    }

    /// Returns how many different colors there are.
    pub fn colors(&self) -> usize {
        self.pixels.iter().collect::<HashSet<_>>().len()
    }

    /// Returns whether it is more than a plain field of one color.
    fn shows_something(&self) -> bool {
        self.pixels.iter().any(|pixel| *pixel != self.pixels[0])
    }

    /// Keeps it as a PNG in `screenshots/` in the target folder, and returns where.
    pub fn keep(&self, name: &str) -> PathBuf {
        // Cargo marks the target folder with this file.
        let program = env::current_exe().expect("this program has a path");
        let target = program
            .ancestors()
            .find(|folder| folder.join("CACHEDIR.TAG").is_file());
        let target = target.expect("a target folder");
        let folder = target.join("screenshots");
        fs::create_dir_all(&folder).expect("the folder of the screenshots can be made");
        let path = folder.join(format!("{name}.png"));
        self.write(&path);
        let _ = writeln!(io::stderr(), "screenshot: {}", path.display());
        path
    }

    fn write(&self, path: &Path) {
        let size = format!("{}x{}", self.width, self.height);
        let mut convert = Command::new("convert")
            .args(["-size", &size, "-depth", "8", "bgra:-", "-alpha", "off"])
            .arg(path)
            .stdin(Stdio::piped())
            .spawn()
            .expect("ImageMagick's convert starts");
        let mut input = convert.stdin.take().expect("its input is ours");
        input
            .write_all(self.pixels.as_flattened())
            .expect("it reads all");
        drop(input);
        assert!(
            convert.wait().expect("it ends").success(),
            "{} cannot be written",
            path.display()
        );
    }
}

/// A program that was started by a test. Dropping it kills it.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    /// Starts a program whose standard output the test reads.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let output = BufReader::new(child.stdout.take().expect("its output is ours"));
        let (sender, lines) = channel();
        // Reads to the end, so that the program never waits for a full pipe.
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { child, lines }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line that begins with this word, and returns the rest. `None` when the output
    /// has ended without one.
    #[track_caller]
    pub fn next(&self, word: &str) -> Option<String> {
        let end = Instant::now() + TIMEOUT;
        while let Ok(line) = self
            .lines
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            if let Some(rest) = line.strip_prefix(word) {
                return Some(rest.trim().to_owned());
            }
        }
        assert!(Instant::now() < end, "no line {word:?} within {TIMEOUT:?}");
        None
    }

    /// Returns how it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be asked")
    }

    /// Waits until it ends by itself.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        wait_for(|| self.ended()).unwrap_or_else(|| panic!("still running after {TIMEOUT:?}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Finds a program that comes with a Debian package.
///
/// # Errors
///
/// It is not there.
pub fn find(program: &str, package: &str) -> Result<PathBuf, Missing> {
    on_path(Path::new(program), &env::var_os("PATH").unwrap_or_default()).ok_or_else(|| {
        Missing(format!(
            "there is no {program} on PATH (Debian: apt-get install {package})"
        ))
    })
}
