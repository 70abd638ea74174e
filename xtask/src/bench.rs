//! `cargo xtask bench`: figures measured anew in an optimised build, printed and written to docs/benchmarks.md.
//!
//! A bench target whose name starts with `figures` (with `harness = false`) prints one JSON object a line: for each
//! section `{"section": "…", "method": "…"}`, then for each of its figures
//! `{"what": "…", "value": 1.5, "unit": "…", "beside": "…"}`. `beside` says what the value is compared with in the same
//! run: a ratio or a count says more than a time on one computer. Programs that a bench needs are beside `MEDREC_BIN_DIR`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::arguments::Arguments;
use crate::workspace::Workspace;
use crate::{packages, shell};

const PATTERN: &str = "figures*";
/// Built with the same profile, run by benches as processes of their own.
const PROGRAMS: [&str; 1] = ["medrec-node"];

#[derive(Debug, PartialEq)]
struct Figure {
    what: String,
    value: f64,
    unit: String,
    beside: String,
}

#[derive(Debug, PartialEq)]
struct Section {
    title: String,
    method: String,
    figures: Vec<Figure>,
}

/// What cargo built.
#[derive(Debug, Default, PartialEq)]
struct Built {
    /// Name and program of each bench.
    benches: Vec<(String, PathBuf)>,
    /// Programs that benches run.
    programs: Vec<PathBuf>,
}

/// Runs the command with the words that followed it.
pub fn run(arguments: Arguments) -> Result<()> {
    arguments.finish()?;
    let workspace = Workspace::find()?;
    packages::ensure_present(&[packages::PROGRAMS])?;
    let built = build(&workspace)?;
    let folder =
        built.programs.first().and_then(|program| program.parent()).context("no program was built")?;
    let load = load();
    let mut sections = Vec::new();
    for (name, program) in &built.benches {
        println!("\n== {name}");
        let mut command = Command::new(program);
        command.arg("--bench").current_dir(workspace.root()).stderr(Stdio::inherit());
        command.env("MEDREC_BIN_DIR", folder);
        let output = command.output().with_context(|| format!("{name} could not be started"))?;
        ensure!(output.status.success(), "{name} ended with {}", output.status);
        let found =
            read(&String::from_utf8(output.stdout)?).with_context(|| format!("in the output of {name}"))?;
        ensure!(found.iter().any(|section| !section.figures.is_empty()), "{name} printed no figure");
        sections.extend(found);
    }
    let page = page(&sections, &load);
    println!("\n{page}");
    let file = workspace.root().join("docs").join("benchmarks.md");
    std::fs::write(&file, page).with_context(|| format!("{} cannot be written", file.display()))
}

/// Builds benches and programs at once, so that they share what they are made of.
fn build(workspace: &Workspace) -> Result<Built> {
    let mut command = workspace.cargo(["build", "--workspace", "--profile", "bench", "--bench", PATTERN]);
    for program in PROGRAMS {
        command.args(["--bin", program]);
    }
    command.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
    println!("$ {}", shell::line(&command));
    let output = command.output().context("cargo could not be started")?;
    ensure!(output.status.success(), "the benches could not be built");
    let mut built = Built::default();
    String::from_utf8(output.stdout)?.lines().for_each(|message| built.add(message));
    ensure!(!built.benches.is_empty(), "no bench target is named {PATTERN}");
    ensure!(built.programs.len() == PROGRAMS.len(), "not all of {PROGRAMS:?} were built");
    Ok(built)
}

impl Built {
    /// Takes what one of cargo's messages says.
    fn add(&mut self, message: &str) {
        let Ok(message) = serde_json::from_str::<Value>(message) else { return };
        let Some(program) = message["executable"].as_str().map(PathBuf::from) else { return };
        let Some(name) = message["target"]["name"].as_str().map(str::to_owned) else { return };
        let kinds = message["target"]["kind"].as_array().cloned().unwrap_or_default();
        if kinds.iter().any(|kind| kind == "bench") {
            self.benches.push((name, program));
        } else if kinds.iter().any(|kind| kind == "bin") && PROGRAMS.contains(&name.as_str()) {
            self.programs.push(program);
        }
    }
}

/// The sections and figures among the lines of a bench's output; other lines are shown as they are.
fn read(output: &str) -> Result<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    for line in output.lines() {
        if !line.starts_with('{') {
            println!("{line}");
            continue;
        }
        let parsed: Value =
            serde_json::from_str(line).with_context(|| format!("neither section nor figure: {line}"))?;
        if parsed["section"].is_string() {
            sections.push(section(&parsed)?);
        } else {
            let section = sections.last_mut().context("a figure before the first section")?;
            section.figures.push(figure(&parsed).with_context(|| format!("not a figure: {line}"))?);
        }
    }
    Ok(sections)
}

fn words(parsed: &Value, key: &str) -> Result<String> {
    parsed[key].as_str().map(str::to_owned).with_context(|| format!("no text '{key}'"))
}

fn section(parsed: &Value) -> Result<Section> {
    Ok(Section { title: words(parsed, "section")?, method: words(parsed, "method")?, figures: Vec::new() })
}

fn figure(parsed: &Value) -> Result<Figure> {
    let Some(value) = parsed["value"].as_f64() else { bail!("no number 'value'") };
    let words = |key| words(parsed, key);
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
        let value = format!("{value} {}", figure.unit);
        format!("| {} | {} | {} |\n", figure.what, value.trim_end(), figure.beside)
    };
    let rows: String = figures.iter().map(row).collect();
    format!("| what | figure | beside |\n| --- | ---: | --- |\n{rows}")
}

/// How busy the computer is with other things, in words (Linux: `proc_loadavg(5)`, average of one minute).
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    match text.split(' ').next() {
        Some(load) if !load.is_empty() => format!("the load before was {load}"),
        _ => "the load before is not known".to_owned(),
    }
}

fn page(sections: &[Section], load: &str) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let (system, processor) = (std::env::consts::OS, std::env::consts::ARCH);
    let head = format!(
        "# Benchmarks\n\nWritten by `cargo xtask bench`: counts, and ratios between ways measured in turn in one run. \
         Times in brackets are of that run, on {cores} cores ({system}, {processor}; {load}), and say little about \
         other computers. The build is Cargo's profile `bench`: optimised as a release, without link-time optimisation.\n"
    );
    let part = |section: &Section| {
        let Section { title, method, figures } = section;
        format!("\n## {title}\n\n{method}\n\n{}", table(figures))
    };
    sections.iter().map(part).fold(head, |page, part| page + &part)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Built, Figure, page, read, table};

    const SECTION: &str = r#"{"section": "Sizes", "method": "Counted."}"#;
    const FIGURE: &str = r#"{"what": "grant", "value": 498, "unit": "bytes", "beside": "limit 512"}"#;

    #[test]
    fn sections_and_figures_are_read_from_among_other_lines() {
        let sections = read(&format!("warming up\n{SECTION}\n{FIGURE}\n")).unwrap();
        let expected =
            Figure { what: "grant".into(), value: 498.0, unit: "bytes".into(), beside: "limit 512".into() };
        assert_eq!(sections[0].figures, [expected]);
        assert!(table(&sections[0].figures).ends_with("| grant | 498 bytes | limit 512 |\n"));
        assert!(page(&sections, "").contains("## Sizes\n\nCounted.\n\n| what"));
    }

    #[test]
    fn a_figure_that_lacks_a_part_or_a_section_is_an_error() {
        let without_value = r#"{"what": "grant", "unit": "bytes", "beside": ""}"#;
        assert!(read(&format!("{SECTION}\n{without_value}")).is_err());
        assert!(read(FIGURE).is_err());
        assert!(read("{").is_err());
    }

    #[test]
    fn only_benches_and_the_programs_they_need_are_taken() {
        let message = |kind: &str, name: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"kind":["{kind}"],"name":"{name}"}},"executable":"/x"}}"#
            )
        };
        let mut built = Built::default();
        built.add(&message("bench", "figures"));
        built.add(&message("bin", "medrec-node"));
        built.add(&message("bin", "medrec"));
        built.add(&message("test", "figures"));
        built.add(r#"{"reason":"build-finished","success":true}"#);
        let (bench, program) = (("figures".to_owned(), PathBuf::from("/x")), PathBuf::from("/x"));
        assert_eq!(built, Built { benches: vec![bench], programs: vec![program] });
    }
}
