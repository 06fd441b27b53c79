//! The contract as it stands in `docs/reliability.md`: two tables, one of promises and one of
//! commands.

use std::collections::BTreeMap;

/// One promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number, by which commands and measurements name it.
    pub number: u8,
    /// What is promised.
    pub promise: String,
    /// When the promise counts as kept.
    pub threshold: String,
    /// What shows it, each a line for a shell.
    pub commands: Vec<String>,
}

/// Reads the rows and their commands.
///
/// # Errors
///
/// A row comes twice, has no command, or a command has no row.
pub fn read(text: &str) -> Result<Vec<Row>, String> {
    let mut rows = BTreeMap::new();
    let mut commands = Vec::new();
    for cells in text.lines().filter_map(cells) {
        match cells.as_slice() {
            [number, promise, threshold, _measured] => {
                let Ok(number) = number.parse() else { continue };
                let row = Row {
                    number,
                    promise: (*promise).to_owned(),
                    threshold: (*threshold).to_owned(),
                    commands: Vec::new(),
                };
                if rows.insert(number, row).is_some() {
                    return Err(format!("row {number} comes twice"));
                }
            }
            [number, command] => {
                let Ok(number) = number.parse::<u8>() else {
                    continue;
                };
                let command = command
                    .strip_prefix('`')
                    .and_then(|rest| rest.strip_suffix('`'));
                commands.push((
                    number,
                    command
                        .ok_or(format!("row {number}: a command that is not `code`"))?
                        .to_owned(),
                ));
            }
            _ => {}
        }
    }
    for (number, command) in commands {
        let row: &mut Row = rows.get_mut(&number).ok_or(format!(
            "`{command}` is for row {number}, which is not there"
        ))?;
        row.commands.push(command);
    }
    match rows.values().find(|row| row.commands.is_empty()) {
        Some(row) => Err(format!("nothing shows row {}", row.number)),
        None => Ok(rows.into_values().collect()),
    }
}

/// Returns the text with what was measured: `measured` by row, and, if all of it is new, on what
/// machine.
pub fn write(text: &str, measured: &BTreeMap<u8, String>, machine: Option<&str>) -> String {
    let line = |line: &str| {
        if let Some(machine) = machine.filter(|_| line.starts_with(MACHINE)) {
            return format!("{MACHINE}{machine}");
        }
        let new = cells(line).and_then(|cells| match cells.as_slice() {
            [number, promise, threshold, _] => {
                let measured = measured.get(&number.parse().ok()?)?;
                Some(format!(
                    "| {number} | {promise} | {threshold} | {measured} |"
                ))
            }
            _ => None,
        });
        new.unwrap_or_else(|| line.to_owned())
    };
    let mut new: Vec<String> = text.lines().map(line).collect();
    new.push(String::new());
    new.join("\n")
}

/// The beginning of the line that names the machine.
const MACHINE: &str = "Last measured ";

/// Returns the cells of a line of a table.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(str::trim).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
Last measured never

| # | promise | threshold | measured |
| --- | --- | --- | --- |
| 1 | one end | 0 missing | - |
| 26 | few crates | <= 16 | - |

| # | command |
| --- | --- |
| 1 | `cargo test one` |
| 1 | `cargo test two` |
| 26 | `scripts/test --only deny` |
";

    #[test]
    fn rows_get_their_commands() {
        let rows = read(TEXT).unwrap();
        assert_eq!(
            rows.iter().map(|row| row.number).collect::<Vec<_>>(),
            [1, 26]
        );
        assert_eq!(rows[0].commands, ["cargo test one", "cargo test two"]);
        assert_eq!(
            (rows[1].promise.as_str(), rows[1].threshold.as_str()),
            ("few crates", "<= 16")
        );
    }

    #[test]
    fn a_table_that_does_not_fit_is_refused() {
        for (from, to, why) in [
            ("| 26 | `scripts", "| 27 | `scripts", "which is not there"),
            ("| 26 | few", "| 1 | few", "comes twice"),
            (
                "| 26 | `scripts/test --only deny` |\n",
                "",
                "nothing shows row 26",
            ),
            ("`cargo test two`", "cargo test two", "not `code`"),
        ] {
            let error = read(&TEXT.replace(from, to)).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn measurements_go_into_their_row_and_nothing_else_changes() {
        let measured = BTreeMap::from([(26, "3".to_owned())]);
        assert_eq!(
            write(TEXT, &measured, None),
            TEXT.replace("<= 16 | -", "<= 16 | 3")
        );
        let new = write(TEXT, &measured, Some("today"));
        assert_eq!(
            new,
            TEXT.replace("<= 16 | -", "<= 16 | 3")
                .replace("never", "today")
        );
        assert_eq!(read(&new), read(TEXT));
    }

    #[test]
    fn the_projects_own_contract_can_be_read() {
        let text = std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/reliability.md"
        ))
        .unwrap();
        let numbers: Vec<u8> = read(&text).unwrap().iter().map(|row| row.number).collect();
        assert_eq!(numbers, (1..=26).collect::<Vec<_>>());
    }
}
