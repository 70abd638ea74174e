//! `cargo xtask bench`: figures measured anew in a release build, printed and written to docs/benchmarks.md.
//!
//! A bench target whose name starts with `figures` (with `harness = false`) prints one JSON object a line for each
//! figure: `{"what": "…", "value": 1.5, "unit": "…", "beside": "…"}`. `beside` says what the value is compared with in the
//! same run: a ratio or a count says more than a time on one computer.

use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::arguments::Arguments;
use crate::workspace::Workspace;
use crate::{packages, shell};

const PATTERN: &str = "figures*";

#[derive(Debug, PartialEq)]
struct Figure {
    what: String,
    value: f64,
    unit: String,
    beside: String,
}

/// Runs the command with the words that followed it.
pub fn run(arguments: Arguments) -> Result<()> {
    arguments.finish()?;
    let workspace = Workspace::find()?;
    packages::ensure_present()?;
    shell::run(&mut workspace.cargo(["build", "--workspace", "--bins", "--release"]))?;
    let mut figures = Vec::new();
    for (name, program) in build(&workspace)? {
        println!("\n== {name}");
        let mut command = std::process::Command::new(&program);
        command.arg("--bench").current_dir(workspace.root()).stderr(Stdio::inherit());
        command.env("MEDREC_BIN_DIR", workspace.target().join("release"));
        let output = command.output().with_context(|| format!("{name} could not be started"))?;
        ensure!(output.status.success(), "{name} ended with {}", output.status);
        let found =
            read(&String::from_utf8(output.stdout)?).with_context(|| format!("in the output of {name}"))?;
        ensure!(!found.is_empty(), "{name} printed no figure");
        figures.extend(found);
    }
    let table = table(&figures);
    println!("\n{table}");
    let file = workspace.root().join("docs").join("benchmarks.md");
    std::fs::write(&file, page(&table)).with_context(|| format!("{} cannot be written", file.display()))
}

/// Builds the bench targets; their names and programs.
fn build(workspace: &Workspace) -> Result<Vec<(String, String)>> {
    let mut command = workspace.cargo(["bench", "--workspace", "--no-run", "--bench", PATTERN]);
    command.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
    println!("$ {}", shell::line(&command));
    let output = command.output().context("cargo could not be started")?;
    ensure!(output.status.success(), "the benches could not be built");
    let programs: Vec<_> = String::from_utf8(output.stdout)?.lines().filter_map(program).collect();
    ensure!(!programs.is_empty(), "no bench target is named {PATTERN}");
    Ok(programs)
}

/// Name and program from cargo's message that a bench was built.
fn program(message: &str) -> Option<(String, String)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_bench = message["target"]["kind"].as_array()?.iter().any(|kind| kind == "bench");
    let program = message["executable"].as_str()?.to_owned();
    is_bench.then_some((message["target"]["name"].as_str()?.to_owned(), program))
}

/// The figures among the lines of a bench's output; other lines are shown as they are.
fn read(output: &str) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for line in output.lines() {
        if line.starts_with('{') {
            figures.push(figure(line).with_context(|| format!("not a figure: {line}"))?);
        } else {
            println!("{line}");
        }
    }
    Ok(figures)
}

fn figure(line: &str) -> Result<Figure> {
    let parsed: Value = serde_json::from_str(line)?;
    let words =
        |key: &str| parsed[key].as_str().map(str::to_owned).with_context(|| format!("no text '{key}'"));
    let Some(value) = parsed["value"].as_f64() else { bail!("no number 'value'") };
    Ok(Figure { what: words("what")?, value, unit: words("unit")?, beside: words("beside")? })
}

/// A Markdown table.
fn table(figures: &[Figure]) -> String {
    let row = |figure: &Figure| {
        let value = if figure.value.fract() == 0.0 {
            format!("{:.0}", figure.value)
        } else {
            format!("{:.2}", figure.value)
        };
        format!("| {} | {value} {} | {} |\n", figure.what, figure.unit, figure.beside)
    };
    let rows: String = figures.iter().map(row).collect();
    format!("| what | figure | beside |\n| --- | ---: | --- |\n{rows}")
}

fn page(table: &str) -> String {
    format!(
        "# Benchmarks\n\nWritten by `cargo xtask bench`: ratios and counts of one run, in a release build.\n\n{table}"
    )
}

#[cfg(test)]
mod tests {
    use super::{Figure, figure, program, read, table};

    const LINE: &str = r#"{"what": "grant", "value": 498, "unit": "bytes", "beside": "limit 512"}"#;

    #[test]
    fn figures_are_read_from_among_other_lines() {
        let figures = read(&format!("warming up\n{LINE}\n")).unwrap();
        let expected =
            Figure { what: "grant".into(), value: 498.0, unit: "bytes".into(), beside: "limit 512".into() };
        assert_eq!(figures, [expected]);
        assert!(table(&figures).ends_with("| grant | 498 bytes | limit 512 |\n"));
    }

    #[test]
    fn a_figure_that_lacks_a_part_is_an_error() {
        assert!(figure(r#"{"what": "grant", "unit": "bytes", "beside": ""}"#).is_err());
        assert!(read("{").is_err());
    }

    #[test]
    fn only_bench_programs_are_run() {
        let message = |kind: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"kind":["{kind}"],"name":"figures"}},"executable":"/x"}}"#
            )
        };
        assert_eq!(program(&message("bench")), Some(("figures".to_owned(), "/x".to_owned())));
        assert_eq!(program(&message("bin")), None);
        assert_eq!(program(r#"{"reason":"build-finished","success":true}"#), None);
    }
}
