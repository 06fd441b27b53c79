//! Measures what the plugin costs a game, and writes `docs/performance.md`.

mod chart;
mod cost;
mod criterion;
mod instructions;
mod page;
mod parts;
mod run;
mod web;
mod webview;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::time::Instant;

use serde_json::json;

use crate::{machine, options, workspace};
use parts::PARTS;
use run::Runner;

const HELP: &str = "\
usage: cargo xtask performance [--only PART]... [--check] [--page] [--crates] [--list] [--help]

Measures all parts and writes docs/performance.md with its charts and data. Exit code 1 if a figure is missed.

  --only PART  this part only (can be given more than once); the others stay on the page as they were
  --check      counts instructions, and fails if one count is more than 5 % above tools/xtask/instructions.json
  --page       measures nothing: writes the page from the data that is there
  --crates     only lists the crates that the default features add to a game with Bevy's default features
  --list       the parts

Start it by scripts/bench, which installs what it needs.";

/// What the command line asks for.
#[derive(Default)]
struct Options {
    only: BTreeSet<String>,
    check: bool,
    page: bool,
    crates: bool,
    list: bool,
    help: bool,
}

fn read_options(arguments: Vec<OsString>) -> Result<Options, lexopt::Error> {
    use lexopt::ValueExt as _;
    let mut options = Options::default();
    options.help = options::read(arguments, |name, parser| {
        match name {
            "only" => _ = options.only.insert(parser.value()?.string()?),
            "check" => options.check = true,
            "page" => options.page = true,
            "crates" => options.crates = true,
            "list" => options.list = true,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if !options.only.is_empty() && (options.check || options.page) {
        return Err("--only does not go with --check or --page".into());
    }
    if let Some(unknown) = options
        .only
        .iter()
        .find(|name| PARTS.iter().all(|part| part.name != **name))
    {
        return Err(format!("there is no part {unknown}; --list names them").into());
    }
    Ok(options)
}

/// Does what the command line asks for. Returns whether all figures are reached.
///
/// # Errors
///
/// The command line is wrong, a file cannot be read or written, or a program cannot be run.
#[expect(clippy::print_stdout, reason = "a program for the command line")]
pub fn command(arguments: Vec<OsString>) -> Result<bool, String> {
    let options = read_options(arguments).map_err(|error| format!("{error}\n\n{HELP}"))?;
    if options.help {
        println!("{HELP}");
    } else if options.list {
        PARTS
            .iter()
            .for_each(|part| println!("{:14}{}", part.name, part.about));
    } else if options.crates {
        let crates = cost::crates(&mut Runner::new(&workspace::root())?)?;
        crates.iter().for_each(|name| println!("{name}"));
    } else if options.check {
        return check();
    } else {
        return measure(&options);
    }
    Ok(true)
}

#[expect(clippy::print_stdout, reason = "a program for the command line")]
fn check() -> Result<bool, String> {
    let root = workspace::root();
    let kept = instructions::kept(&root)?;
    let (lines, good) =
        instructions::compare(&kept, &instructions::count(&mut Runner::new(&root)?)?);
    print!("{lines}");
    if !good {
        println!(
            "\nA count has changed by too much, or cases are others. If that is meant: scripts/bench --only instructions
(Another compiler, processor or C library counts otherwise, too: then compare with the commit before.)"
        );
    }
    Ok(good)
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the command line"
)]
fn measure(options: &Options) -> Result<bool, String> {
    let root = workspace::root();
    let (page, charts) = (
        root.join("docs/performance.md"),
        root.join("docs/performance"),
    );
    let figures = charts.join("figures.json");
    fs::create_dir_all(&charts).map_err(|error| format!("{}: {error}", charts.display()))?;
    let mut data: page::Data = match fs::read_to_string(&figures) {
        Ok(text) => serde_json::from_str(&text)
            .map_err(|error| format!("{}: {error}", figures.display()))?,
        Err(_) => page::Data::new(),
    };
    let mut runner = Runner::new(&root)?;
    let wanted =
        |name: &str| !options.page && (options.only.is_empty() || options.only.contains(name));
    let parts: Vec<_> = PARTS.into_iter().filter(|part| wanted(part.name)).collect();
    let measured = machine::line(&root);
    for (place, part) in parts.iter().enumerate() {
        eprintln!(
            "[{}/{}] {}: {}",
            place + 1,
            parts.len(),
            part.name,
            part.about
        );
        let began = Instant::now();
        let result = (part.measure)(&mut runner)?;
        data.insert(
            part.name.to_owned(),
            json!({ "measured": measured, "data": result }),
        );
        // At once: what comes next may fail.
        let text = serde_json::to_string_pretty(&data).map_err(|error| error.to_string())?;
        fs::write(&figures, text + "\n")
            .map_err(|error| format!("{}: {error}", figures.display()))?;
        eprintln!("        {:.0?}", began.elapsed());
    }
    let made = page::make(&data, &charts)?;
    fs::write(&page, made.text).map_err(|error| format!("{}: {error}", page.display()))?;
    println!("wrote {}", page.display());
    made.missed
        .iter()
        .for_each(|figure| println!("MISSED: {figure}"));
    Ok(made.missed.is_empty())
}
