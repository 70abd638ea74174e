//! What `cargo xtask bench` reads from standard output: a line for each section, and one for each of its figures.

use std::{
    io::{Write, stdout},
    time::Duration,
};

use anyhow::Result;
use serde_json::json;

/// Begins a section. `method` says how its figures were measured, in whole sentences.
pub fn section(title: &str, method: &str) -> Result<()> {
    print(&json!({"section": title, "method": method, "load": load()}))
}

/// How busy the computer is (Linux: `proc_loadavg(5)`, average of one minute); empty where nobody says.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// One figure; `beside` says what it is to be compared with.
pub fn figure(what: &str, value: impl Into<f64>, unit: &str, beside: &str) -> Result<()> {
    let value: f64 = value.into();
    print(&json!({"what": what, "value": value, "unit": unit, "beside": beside}))
}

/// A duration for people, three digits of it.
pub fn time(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let (value, unit) = match seconds {
        1.0.. => (seconds, "s"),
        1e-3.. => (seconds * 1e3, "ms"),
        _ => (seconds * 1e6, "µs"),
    };
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.decimals$} {unit}")
}

/// A number for people: 1,000,000.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count that is exact as a floating-point number: everything here is far below 2⁵³.
pub fn count(number: usize) -> Result<f64> {
    Ok(f64::from(u32::try_from(number)?))
}

fn print(line: &serde_json::Value) -> Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
