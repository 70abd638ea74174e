//! What the window costs: time and memory, as the system counts them.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

use super::Window;

/// Ticks of the clock that `/proc/PID/stat` counts in: 100 in a second on Linux (`proc_pid_stat(5)`).
const TICKS: f64 = 100.0;

impl Window {
    /// From the start of the process to the first words or picture on its page (W3C Paint Timing).
    pub fn time_to_first_paint(&self, program: &Path) -> Result<Duration> {
        let script = "return performance.timeOrigin \
            + performance.getEntriesByName('first-contentful-paint')[0].startTime";
        let painted =
            self.ask(script).as_f64().context("the page does not tell when it was painted")? / 1000.0;
        let started = started_at(process_of(program)?)?;
        Ok(Duration::from_secs_f64(painted - started))
    }

    /// Memory of the program and all processes below it, in bytes. What several share counts in parts (PSS).
    pub fn memory(&self, program: &Path) -> Result<u64> {
        let mut family = vec![process_of(program)?];
        let mut at = 0;
        while let Some(parent) = family.get(at).copied() {
            family.extend(processes()?.filter(|pid| parent_of(*pid) == Some(parent)));
            at += 1;
        }
        family.into_iter().map(proportional_set_size).sum()
    }
}

fn processes() -> Result<impl Iterator<Item = u32>> {
    let entries = fs::read_dir("/proc")?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()))
}

/// The program's process; one runs at a time.
fn process_of(program: &Path) -> Result<u32> {
    let program = program.canonicalize()?;
    let found = processes()?
        .find(|pid| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|running| running == program));
    found.with_context(|| format!("{} does not run", program.display()))
}

/// Fields of `/proc/PID/stat` after the name, which may have spaces: the first one is the third of the manual.
fn fields(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

fn parent_of(pid: u32) -> Option<u32> {
    fields(pid)?.get(1)?.parse().ok()
}

/// In seconds since 1970.
fn started_at(pid: u32) -> Result<f64> {
    let uptime = fs::read_to_string("/proc/uptime")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64();
    let uptime: f64 = uptime.split(' ').next().context("no uptime")?.parse()?;
    let fields = fields(pid).context("the program has ended")?;
    let ticks: f64 = fields.get(19).context("no start time")?.parse()?;
    Ok(now - uptime + ticks / TICKS)
}

fn proportional_set_size(pid: u32) -> Result<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss")?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes * 1024)
}
