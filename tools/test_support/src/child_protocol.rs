//! Lines of text between a test and its child process, both ways.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::wait::TIMEOUT;

/// The side of the test. Dropping it ends the child process.
pub struct ChildProcess {
    child: Child,
    /// Closed at the end, so that a child process that still reads gets no line.
    to: Option<ChildStdin>,
    from: Receiver<String>,
    /// All that the child process has printed, for the text of a failure.
    output: String,
}

impl ChildProcess {
    /// Starts a child process.
    pub fn start(command: &mut Command) -> Self {
        let command = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the child process starts");
        let (lines, from) = channel();
        read_lines(child.stdout.take().expect("its output"), lines.clone());
        read_lines(child.stderr.take().expect("its errors"), lines);
        Self {
            to: child.stdin.take(),
            child,
            from,
            output: String::new(),
        }
    }

    /// Returns the id of the child process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a line.
    #[track_caller]
    pub fn send(&mut self, word: &str) {
        let sent = self
            .to
            .as_mut()
            .is_some_and(|to| writeln!(to, "{word}").is_ok());
        assert!(sent, "the child process does not read: {}", self.output);
    }

    /// Waits for a line that begins with `word`, and returns the rest of it.
    #[track_caller]
    pub fn receive(&mut self, word: &str) -> String {
        self.receive_within(word, TIMEOUT)
    }

    /// Does the same with a timeout of its own.
    #[track_caller]
    pub fn receive_within(&mut self, word: &str, timeout: Duration) -> String {
        let end = Instant::now() + timeout;
        loop {
            let line = self
                .from
                .recv_timeout(end.saturating_duration_since(Instant::now()));
            let Ok(line) = line else {
                panic!("the child did not print {word}: {}", self.output)
            };
            if let Some(rest) = line.strip_prefix(word) {
                return rest.trim().to_owned();
            }
            self.output += &format!("{line}\n");
        }
    }

    /// Waits for the end of the child process. Returns its status and what it printed.
    #[track_caller]
    pub fn finish(mut self) -> (ExitStatus, String) {
        self.to = None;
        let end = Instant::now() + TIMEOUT;
        // Its output closes when it ends.
        while let Ok(line) = self
            .from
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            self.output += &format!("{line}\n");
        }
        assert!(
            Instant::now() < end,
            "the child process does not end: {}",
            self.output
        );
        let status = self.child.wait().expect("it has ended");
        (status, std::mem::take(&mut self.output))
    }

    /// Kills the child process. Returns what it printed, but for what was [received](Self::receive).
    pub fn stop(mut self) -> String {
        _ = self.child.kill();
        // Its output closes when it ends.
        let rest: Vec<String> = self.from.iter().collect();
        std::mem::take(&mut self.output) + &rest.join("\n")
    }

    /// Waits for the end of the child process and asserts that its test has passed.
    #[track_caller]
    pub fn assert_passes(self) {
        let (status, output) = self.finish();
        assert!(
            status.success() && output.contains("1 passed"),
            "{status}: {output}"
        );
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        // It has already ended, unless the test failed.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn read_lines(from: impl Read + Send + 'static, to: Sender<String>) {
    thread::spawn(move || {
        let lines = BufReader::new(from).lines().map_while(Result::ok);
        lines
            .take_while(|line| to.send(line.clone()).is_ok())
            .for_each(drop);
    });
}

/// Prints a line for the test. Called in the child process.
pub fn print_line(word: &str, what: impl fmt::Display) {
    // The line begins anew, for the test runner may have written half of one.
    _ = writeln!(io::stdout(), "\n{word} {what}");
}

/// Reads the next line from the test. Called in the child process.
pub fn read_line() -> String {
    let mut line = String::new();
    _ = io::stdin().read_line(&mut line);
    line.trim().to_owned()
}

/// Waits for a line from the test. Called in the child process.
///
/// # Panics
///
/// When another line comes, or the test has ended.
#[track_caller]
pub fn expect_line(word: &str) {
    assert_eq!(read_line(), word, "the line from the test");
}
