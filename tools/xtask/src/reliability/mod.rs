//! Measures the reliability contract: runs every command that `docs/reliability.md` names, at full
//! thresholds, collects what the tests measured, and prints one table.

mod contract;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::time::Instant;

use crate::{machine, options, workspace};
use contract::Row;
use run::{Commands, Ran};

const HELP: &str = "\
usage: cargo xtask reliability [--row N]... [--write] [--list] [--help]

Runs what shows each row of docs/reliability.md, at full thresholds, and prints one table: row, promise, threshold,
measured, pass or fail. Half an hour for all of it on two cores. Exit code 1 if a row fails.

  --row N    this row only (can be given more than once)
  --write    put what was measured into docs/reliability.md, for the rows that passed; if these are all rows, also
             when and on what machine
  --list     the rows and their commands, without running them

Start it by scripts/reliability, which installs what the tests need.";

/// What the command line asks for.
#[derive(Default)]
struct Options {
    rows: BTreeSet<u8>,
    write: bool,
    list: bool,
    help: bool,
}

fn read_options(arguments: Vec<OsString>) -> Result<Options, lexopt::Error> {
    use lexopt::ValueExt as _;
    let mut options = Options::default();
    options.help = options::read(arguments, |name, parser| {
        match name {
            "row" => _ = options.rows.insert(parser.value()?.parse()?),
            "write" => options.write = true,
            "list" => options.list = true,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(options)
}

/// Does what the command line asks for. Returns whether all rows hold.
///
/// # Errors
///
/// The command line is wrong, a file cannot be read or written, or a command cannot be started.
#[expect(clippy::print_stdout, reason = "a program for the command line")]
pub fn command(arguments: Vec<OsString>) -> Result<bool, String> {
    let options = read_options(arguments).map_err(|error| format!("{error}\n\n{HELP}"))?;
    if options.help {
        println!("{HELP}");
        return Ok(true);
    }
    measure(&options)
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the command line"
)]
fn measure(options: &Options) -> Result<bool, String> {
    let root = workspace::root();
    let page = root.join("docs/reliability.md");
    let text = fs::read_to_string(&page).map_err(|error| format!("{}: {error}", page.display()))?;
    let mut rows = contract::read(&text).map_err(|error| format!("{}: {error}", page.display()))?;
    if let Some(unknown) = options
        .rows
        .iter()
        .find(|number| rows.iter().all(|row| row.number != **number))
    {
        return Err(format!("there is no row {unknown}; --list names them"));
    }
    rows.retain(|row| options.rows.is_empty() || options.rows.contains(&row.number));
    if options.list {
        for row in &rows {
            println!("{:2}  {}", row.number, row.promise);
            row.commands
                .iter()
                .for_each(|command| println!("      {command}"));
        }
        return Ok(true);
    }

    let began = Instant::now();
    let mut commands = Commands::new(&root)?;
    let all = rows
        .iter()
        .flat_map(|row| &row.commands)
        .collect::<BTreeSet<_>>()
        .len();
    let mut ran: BTreeMap<&str, Ran> = BTreeMap::new();
    for command in rows.iter().flat_map(|row| &row.commands) {
        if !ran.contains_key(command.as_str()) {
            eprintln!("[{}/{all}] {command}", ran.len() + 1);
            let result = commands.run(command)?;
            eprintln!(
                "        {} in {:.0?}; {}",
                result.verdict(),
                result.took,
                result.log.display()
            );
            ran.insert(command, result);
        }
    }

    println!("\n| # | promise | threshold | measured | |\n| --- | --- | --- | --- | --- |");
    let mut measured = BTreeMap::new();
    let mut failed = Vec::new();
    for row in &rows {
        let said = figures(row, &ran);
        // A filter that fits no test succeeds, too, but measures nothing.
        let shows =
            |ran: &Ran| ran.passed && ran.measured.iter().any(|(number, _)| *number == row.number);
        let passed = row
            .commands
            .iter()
            .all(|command| shows(&ran[command.as_str()]));
        let Row {
            number,
            promise,
            threshold,
            ..
        } = row;
        println!(
            "| {number} | {promise} | {threshold} | {said} | {} |",
            if passed { "pass" } else { "FAIL" }
        );
        if passed {
            measured.insert(*number, said);
        } else {
            failed.push(number.to_string());
        }
    }
    println!(
        "\n{} of {} rows hold; {:.0?}; {}",
        measured.len(),
        rows.len(),
        began.elapsed(),
        machine::name()
    );
    if !failed.is_empty() {
        println!("FAILED: row {}", failed.join(", row "));
    }
    if options.write {
        // Read again: it may have changed meanwhile.
        let text =
            fs::read_to_string(&page).map_err(|error| format!("{}: {error}", page.display()))?;
        let all = options.rows.is_empty() && failed.is_empty();
        let new = contract::write(
            &text,
            &measured,
            all.then(|| machine::line(&root)).as_deref(),
        );
        fs::write(&page, new).map_err(|error| format!("{}: {error}", page.display()))?;
    }
    Ok(failed.is_empty())
}

/// Returns everything that was measured for a row, by whichever command.
fn figures(row: &Row, ran: &BTreeMap<&str, Ran>) -> String {
    let mut said: Vec<&str> = Vec::new();
    for command in ran.values() {
        for (number, what) in &command.measured {
            if *number == row.number && !said.contains(&what.as_str()) {
                said.push(what);
            }
        }
    }
    said.join("; ")
}
