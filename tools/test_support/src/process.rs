//! What the kernel knows about a process: its memory, files, threads and children.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// A process, by its folder in `/proc`.
pub struct Process {
    id: u32,
    folder: PathBuf,
}

impl Process {
    /// Returns this process.
    pub fn this() -> Self {
        Self::of(std::process::id())
    }

    /// Returns the process with this id.
    pub fn of(id: u32) -> Self {
        Self {
            id,
            folder: format!("/proc/{id}").into(),
        }
    }

    /// Returns the memory that it has in use now, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(self.folder.join("status")).expect("the process is there");
        kib(&status, "VmRSS:").expect("its memory")
    }

    /// Returns the name of its program, or `None` if it has ended.
    pub fn program(&self) -> Option<String> {
        let program = fs::read_link(self.folder.join("exe")).ok()?;
        Some(program.file_name()?.to_string_lossy().into_owned())
    }

    /// Returns its share of the memory in use, in KiB: what processes have in common is divided among
    /// them. `None` if it has ended.
    pub fn proportional_kib(&self) -> Option<u64> {
        let rollup = fs::read_to_string(self.folder.join("smaps_rollup")).ok()?;
        kib(&rollup, "Pss:")
    }

    /// Returns how many files, sockets and the like are open. Counting opens one, too, if the
    /// process counts itself.
    pub fn descriptors(&self) -> usize {
        fs::read_dir(self.folder.join("fd"))
            .expect("the list of open files")
            .count()
    }

    /// Returns how many sockets are open.
    pub fn sockets(&self) -> usize {
        let files = fs::read_dir(self.folder.join("fd"))
            .expect("the list of open files")
            .filter_map(Result::ok);
        let is_socket = |to: PathBuf| to.to_string_lossy().starts_with("socket:");
        files
            .filter(|file| fs::read_link(file.path()).is_ok_and(is_socket))
            .count()
    }

    /// Returns whether it runs (`R`), sleeps (`S`), is stopped (`T`) or is a zombie (`Z`).
    pub fn state(&self) -> char {
        let stat = fs::read_to_string(self.folder.join("stat")).expect("the process is there");
        state_and_parent(&stat).expect("a state").0
    }

    /// Returns all threads.
    pub fn threads(&self) -> Vec<Thread> {
        let tasks = fs::read_dir(self.folder.join("task"))
            .expect("the list of threads")
            .filter_map(Result::ok);
        let named = tasks.filter_map(|task| {
            // It may have ended meanwhile.
            let name = fs::read_to_string(task.path().join("comm")).ok()?;
            Some(Thread {
                name: name.trim().to_owned(),
                folder: task.path(),
            })
        });
        named.collect()
    }

    /// Returns the plugin's threads.
    pub fn our_threads(&self) -> Vec<Thread> {
        self.threads()
            .into_iter()
            .filter(|thread| thread.name.starts_with("ok-"))
            .collect()
    }

    /// Returns how many of the programs it has started still run or are zombies.
    pub fn children(&self) -> usize {
        self.states_of_children().len()
    }

    /// Returns how many of them are zombies.
    pub fn zombies(&self) -> usize {
        self.states_of_children()
            .into_iter()
            .filter(|state| *state == 'Z')
            .count()
    }

    fn states_of_children(&self) -> Vec<char> {
        let processes = fs::read_dir("/proc").expect("/proc").flatten();
        let states = processes.filter_map(|process| {
            let stat = fs::read_to_string(process.path().join("stat")).ok()?;
            let (state, parent) = state_and_parent(&stat)?;
            (parent == self.id).then_some(state)
        });
        states.collect()
    }
}

/// A thread of a process.
pub struct Thread {
    /// Its name, of 15 bytes at most.
    pub name: String,
    folder: PathBuf,
}

impl Thread {
    /// Returns whether it runs (`R`) or sleeps (`S`).
    pub fn state(&self) -> char {
        let stat = fs::read_to_string(self.folder.join("stat")).expect("the thread is there");
        state_and_parent(&stat).expect("a state").0
    }

    /// Returns how often it was put on a processor or taken away from it.
    pub fn switches(&self) -> u64 {
        let status = fs::read_to_string(self.folder.join("status")).expect("the thread is there");
        let counts = status
            .lines()
            .filter_map(|line| line.split_once("_ctxt_switches:"));
        counts
            .map(|(_, count)| count.trim().parse::<u64>().expect("a number"))
            .sum()
    }

    /// Returns how long it has used a processor.
    pub fn cpu(&self) -> Duration {
        let stat =
            fs::read_to_string(self.folder.join("schedstat")).expect("the kernel counts CPU time");
        let nanos = stat
            .split_ascii_whitespace()
            .next()
            .and_then(|nanos| nanos.parse().ok());
        Duration::from_nanos(nanos.expect("nanoseconds"))
    }
}

/// Returns the names of threads.
pub fn names(threads: &[Thread]) -> Vec<&str> {
    threads.iter().map(|thread| thread.name.as_str()).collect()
}

fn state_and_parent(stat: &str) -> Option<(char, u32)> {
    // The name before them may hold anything, but no closing bracket follows it.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// Returns the number that follows this name at the beginning of a line.
fn kib(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}
