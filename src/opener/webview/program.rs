//! The running program, and the pipes to it.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::lines::{MAX_LINE, Report, VERSION};
use crate::platform;

/// The argument that asks the program to serve.
const ARGUMENT: &str = "--odnoklassniki-webview";

/// With some drivers WebKitGTK shows an empty window without it.
#[cfg(target_os = "linux")]
const NO_DMABUF: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// How long the program may take to say that it can show a page. Loading the engine from a cold disk
/// takes seconds on a busy machine.
const HELLO_TIME: Duration = Duration::from_secs(10);

/// How long it may take to end when its input has ended.
const END_TIME: Duration = Duration::from_secs(2);

/// What happens to the window.
pub(super) enum Event {
    Report(Report),
    /// The program has ended, or says what it must not.
    Ended,
    /// The request is over.
    Over,
}

/// The program. Dropping it closes the window and waits for the end.
pub(super) struct Program {
    child: Child,
    to: Option<ChildStdin>,
    sender: Sender<Event>,
    events: Receiver<Event>,
}

impl Program {
    /// Starts it, without a page.
    pub(super) fn start(path: &Path) -> Result<Self, String> {
        let mut command = Command::new(path);
        command
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // An engine may write what no log should hold.
            .stderr(Stdio::null());
        #[cfg(target_os = "linux")]
        if std::env::var_os(NO_DMABUF).is_none() {
            command.env(NO_DMABUF, "1");
        }
        let started = command.spawn();
        let mut child = started.map_err(|error| format!("the program does not start: {error}"))?;
        let (sender, events) = channel();
        let output = child.stdout.take();
        let program = Self {
            to: child.stdin.take(),
            child,
            sender: sender.clone(),
            events,
        };
        let output = output.ok_or("the program has no output")?;
        let read = move || {
            read_reports(BufReader::new(output), &sender);
            _ = sender.send(Event::Ended);
        };
        platform::start("ok-webview", Box::new(read))
            .map_err(|error| format!("no thread for the window: {error}"))?;
        Ok(program)
    }

    /// Returns what ends the page: it never blocks.
    pub(super) fn ender(&self) -> impl FnOnce() + Send + 'static {
        let sender = self.sender.clone();
        move || _ = sender.send(Event::Over)
    }

    /// Waits until the program can show a page. Returns `false` if the request is over before that.
    pub(super) fn wait_for_hello(&mut self) -> Result<bool, String> {
        let end = Instant::now() + HELLO_TIME;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(Event::Report(Report::Hello(VERSION))) => return Ok(true),
                Ok(Event::Report(Report::Hello(other))) => {
                    return Err(format!(
                        "the program speaks version {other} of the protocol, but the game version \
                         {VERSION}: ship the program that belongs to the plugin"
                    ));
                }
                Ok(Event::Report(Report::Failed(why))) => return Err(why),
                Ok(Event::Report(_)) => {}
                Ok(Event::Over) => return Ok(false),
                Ok(Event::Ended) | Err(RecvTimeoutError::Disconnected) => {
                    return Err(self.how_it_ended());
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!("the program was silent for {HELLO_TIME:?}"));
                }
            }
        }
    }

    /// Sends a line.
    pub(super) fn send(&mut self, line: &str) -> Result<(), String> {
        let to = self.to.as_mut().ok_or("the program's input is closed")?;
        to.write_all(line.as_bytes())
            .and_then(|()| to.flush())
            .map_err(|error| format!("the program does not read: {error}"))
    }

    /// Waits for what happens next.
    pub(super) fn next(&mut self) -> Event {
        self.events.recv().unwrap_or(Event::Ended)
    }

    /// Ends the program and returns how it has ended, for the developer.
    pub(super) fn how_it_ended(&mut self) -> String {
        self.to = None;
        match self.wait() {
            // The system's loader says so.
            Some(127) => "the program does not start: a library is missing, such as WebKitGTK \
                          (Debian: libwebkit2gtk-4.1-0)"
                .to_owned(),
            Some(code) => format!("the program of the window ended with code {code}"),
            None => "the program of the window was killed".to_owned(),
        }
    }

    /// Waits for the end, and kills the program if it takes too long. Returns its exit code.
    fn wait(&mut self) -> Option<i32> {
        let end = Instant::now() + END_TIME;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status.code();
            }
            if Instant::now() >= end {
                _ = self.child.kill();
                return self.child.wait().ok()?.code();
            }
            // The output ends shortly before the process.
            _ = self.events.recv_timeout(Duration::from_millis(5));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.to = None;
        self.wait();
    }
}

/// Sends the reports of the program, until it ends or says what it must not.
fn read_reports(mut output: impl BufRead, sender: &Sender<Event>) {
    let mut line = Zeroizing::new(Vec::new());
    loop {
        line.clear();
        let limit = MAX_LINE as u64 + 1;
        let read = output.by_ref().take(limit).read_until(b'\n', &mut line);
        if !matches!(read, Ok(1..)) || line.pop() != Some(b'\n') {
            return;
        }
        let Some(report) = Report::parse(&line) else {
            return;
        };
        if sender.send(Event::Report(report)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_an_end_is_not_kept() {
        let text = vec![b'x'; 4 * MAX_LINE];
        let (sender, events) = channel();
        let mut left = &text[..];
        read_reports(&mut left, &sender);
        drop(sender);
        assert!(events.recv().is_err(), "it is no report");
        assert!(left.len() > 2 * MAX_LINE, "the rest is not read");
    }
}
