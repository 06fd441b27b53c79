//! Reads what was measured.

use serde_json::{Map, Value};

/// The data of all parts, by name: `{ "measured": when and on what, "data": ... }`.
pub type Data = Map<String, Value>;

/// What was measured, to be looked up.
#[derive(Clone, Copy)]
pub struct Measured<'a>(pub &'a Data);

impl<'a> Measured<'a> {
    /// Returns the data of a part.
    ///
    /// # Errors
    ///
    /// It was never measured.
    pub fn part(self, name: &str) -> Result<&'a Value, String> {
        let data = self.0.get(name).and_then(|part| part.get("data"));
        data.ok_or_else(|| format!("{name} was never measured: scripts/bench --only {name}"))
    }

    /// Returns the rows of a part.
    ///
    /// # Errors
    ///
    /// It was never measured.
    pub fn rows(self, name: &str) -> Result<&'a [Value], String> {
        Ok(self.part(name)?.as_array().map_or(&[], Vec::as_slice))
    }

    /// Returns what row 4 of the contract has measured: callbacks beside slow clients.
    ///
    /// # Errors
    ///
    /// The contract was never measured.
    pub fn slow(self) -> Result<&'a str, String> {
        let row = self.rows("contract")?.iter().find(|row| row["row"] == "4");
        Ok(row
            .and_then(|row| row["measured"].as_str())
            .unwrap_or("not measured"))
    }
}

/// Returns a number by its name, or NaN.
pub fn at(value: &Value, name: &str) -> f64 {
    value.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN)
}

/// Returns the points of a benchmark with a number for a name: `frame/pending/8`.
pub fn points(times: &Value, name: &str, divisor: f64) -> Vec<(f64, f64)> {
    let times = times.as_object().into_iter().flatten();
    let mut points: Vec<(f64, f64)> = times
        .filter_map(|(known, ns)| {
            let x = known.strip_prefix(name)?.strip_prefix('/')?.parse().ok()?;
            Some((x, ns.as_f64()? / divisor))
        })
        .collect();
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    points
}
