//! A conversation between a test and its inner process: a line each way at a time.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use bevy_odnoklassniki::test_kit::TIMEOUT;

/// The outer side. Dropping it ends the inner process.
pub struct Talk {
    child: Child,
    /// Until the end: an inner process that waits for a word then waits no more.
    to: Option<ChildStdin>,
    from: Receiver<String>,
    /// All that was said, for whoever looks into a failure.
    heard: String,
}

impl Talk {
    pub fn start(command: &mut Command) -> Self {
        let command = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the inner process starts");
        let (lines, from) = channel();
        read_lines(child.stdout.take().expect("its output"), lines.clone());
        read_lines(child.stderr.take().expect("its errors"), lines);
        Self {
            to: child.stdin.take(),
            child,
            from,
            heard: String::new(),
        }
    }

    /// The number of the inner process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn say(&mut self, word: &str) {
        let said = self
            .to
            .as_mut()
            .is_some_and(|to| writeln!(to, "{word}").is_ok());
        assert!(said, "the inner process does not listen: {}", self.heard);
    }

    /// Waits for a line that begins with `word`, and gives the rest of it.
    #[track_caller]
    pub fn hear(&mut self, word: &str) -> String {
        self.hear_within(word, TIMEOUT)
    }

    #[track_caller]
    pub fn hear_within(&mut self, word: &str, patience: Duration) -> String {
        let end = Instant::now() + patience;
        loop {
            let line = self
                .from
                .recv_timeout(end.saturating_duration_since(Instant::now()));
            let Ok(line) = line else {
                panic!("waited in vain for {word}: {}", self.heard)
            };
            if let Some(rest) = line.strip_prefix(word) {
                return rest.trim().to_owned();
            }
            self.heard += &format!("{line}\n");
        }
    }

    /// Waits for the end of the inner process, and says how it ended and what it said last.
    #[track_caller]
    pub fn end(mut self) -> (ExitStatus, String) {
        self.to = None;
        let end = Instant::now() + TIMEOUT;
        // Its output closes when it ends.
        while let Ok(line) = self
            .from
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            self.heard += &format!("{line}\n");
        }
        assert!(
            Instant::now() < end,
            "the inner process does not end: {}",
            self.heard
        );
        let status = self.child.wait().expect("it has ended");
        (status, std::mem::take(&mut self.heard))
    }

    /// Waits for the end of an inner process whose test is to pass.
    #[track_caller]
    pub fn passes(self) {
        let (status, heard) = self.end();
        assert!(
            status.success() && heard.contains("1 passed"),
            "{status}: {heard}"
        );
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        // It has ended, if all went well.
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

/// The inner side: says something.
pub fn tell(word: &str, what: impl fmt::Display) {
    // The line begins anew, for the test runner may have written half of one.
    _ = writeln!(io::stdout(), "\n{word} {what}");
}

/// The inner side: hears a line.
pub fn listen() -> String {
    let mut line = String::new();
    _ = io::stdin().read_line(&mut line);
    line.trim().to_owned()
}

/// The inner side: waits for a word.
///
/// # Panics
///
/// When another word comes, or the outer process is gone.
#[track_caller]
pub fn wait_for(word: &str) {
    assert_eq!(listen(), word, "what the outer process says");
}
