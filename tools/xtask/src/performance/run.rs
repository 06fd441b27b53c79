//! Running programs, each with a log of its own.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::{measure, process, workspace};

/// In seconds. The slowest is the first build of a whole game.
const LONGEST: &str = "5400";

/// Runs programs in the project's folder.
pub struct Runner {
    pub root: PathBuf,
    /// Where cargo builds.
    pub target: PathBuf,
    logs: PathBuf,
    count: usize,
}

impl Runner {
    /// # Errors
    ///
    /// The folder for the logs cannot be made.
    pub fn new(root: &Path) -> Result<Self, String> {
        let target = workspace::target(root)?;
        let logs = target.join("performance");
        fs::create_dir_all(&logs).map_err(|error| format!("{}: {error}", logs.display()))?;
        Ok(Self {
            root: root.to_owned(),
            target,
            logs,
            count: 0,
        })
    }

    /// Runs cargo in the project's folder; returns what it printed.
    ///
    /// # Errors
    ///
    /// It cannot be started, or fails.
    pub fn cargo(&mut self, arguments: &str) -> Result<String, String> {
        self.run(Command::new("cargo").args(arguments.split(' ')))
    }

    /// Runs a program to its end; returns what it printed, both ways. What hangs is killed.
    ///
    /// # Errors
    ///
    /// It cannot be started, or fails.
    pub fn run(&mut self, command: &mut Command) -> Result<String, String> {
        self.count += 1;
        let words: Vec<_> = [command.get_program()]
            .into_iter()
            .chain(command.get_args())
            .map(OsStr::to_string_lossy)
            .collect();
        let line = words.join(" ");
        let log = self.logs.join(format!("{:02}.log", self.count));
        let failed = |what: &dyn std::fmt::Display| {
            format!("{line}: {what}; all it said: {}", log.display())
        };
        let mut patient = Command::new("timeout");
        patient.args([
            "--kill-after=10",
            LONGEST,
            "sh",
            "-c",
            "exec \"$@\" 2>&1",
            "sh",
        ]);
        patient.args(words.iter().map(|word| word.as_ref()));
        patient.current_dir(command.get_current_dir().unwrap_or(&self.root));
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => patient.env(name, value),
                None => patient.env_remove(name),
            };
        }
        let mut said = String::new();
        let collect = |line: &str| said.extend([line, "\n"]);
        match process::run_logged(&mut patient, &line, &log, collect)
            .map_err(|error| failed(&error))?
        {
            true => Ok(said),
            false => Err(failed(&"failed")),
        }
    }

    /// Runs one of the programs that measure; returns what it printed.
    ///
    /// # Errors
    ///
    /// It cannot be built, or fails.
    pub fn measure(&mut self, program: &str) -> Result<String, String> {
        self.cargo(&format!("run --quiet {} -- {program}", measure::BUILD))
    }

    /// Builds the programs that measure. Returns the path of the one file that holds all of them.
    ///
    /// # Errors
    ///
    /// They cannot be built.
    pub fn build(&mut self) -> Result<PathBuf, String> {
        let said = self.cargo(&format!(
            "build --quiet --message-format=json {}",
            measure::BUILD
        ))?;
        // Those before it are of build scripts.
        let program = |message: Value| Some(PathBuf::from(message.get("executable")?.as_str()?));
        json_lines(&said)
            .filter_map(program)
            .last()
            .ok_or_else(|| "cargo names no program".to_owned())
    }
}

/// Prints progress.
#[expect(clippy::print_stderr, reason = "a program for the command line")]
pub fn progress(what: &str) {
    eprintln!("        {what}");
}

/// Returns the lines that are JSON objects.
pub fn json_lines(said: &str) -> impl Iterator<Item = Value> {
    said.lines()
        .filter(|line| line.starts_with('{'))
        .filter_map(|line| serde_json::from_str(line).ok())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_output_and_the_end_of_a_program_are_read() {
        let folder = std::env::temp_dir().join(format!("ok-performance-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut runner = Runner {
            root: folder.clone(),
            target: folder.clone(),
            logs: folder.clone(),
            count: 0,
        };
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]).env("WORD", "a word");
            command
        };
        let said = runner
            .run(&mut shell("echo '{\"a\":1}'; echo $WORD >&2; pwd"))
            .unwrap();
        assert_eq!(
            json_lines(&said).collect::<Vec<_>>(),
            [serde_json::json!({ "a": 1 })]
        );
        assert!(
            said.contains("a word") && said.contains(folder.to_str().unwrap()),
            "{said}"
        );
        let error = runner.run(&mut shell("echo why; exit 3")).unwrap_err();
        assert!(
            error.contains("exit 3: failed") && error.contains("02.log"),
            "{error}"
        );
        assert!(
            fs::read_to_string(folder.join("02.log"))
                .unwrap()
                .contains("why")
        );
        assert!(
            runner
                .run(&mut Command::new("no-such-program-anywhere"))
                .is_err()
        );
        fs::remove_dir_all(folder).unwrap();
    }
}
