//! docs/benchmarks.md: what a bench printed becomes its sections; sections that were not measured stay as they are.

use std::fmt;

use anyhow::{Context, Result, bail};
use serde_json::Value;

#[derive(Debug, PartialEq)]
struct Figure {
    what: String,
    value: f64,
    unit: String,
    beside: String,
}

/// Figures that were measured in one way.
#[derive(Debug, PartialEq)]
pub(super) struct Section {
    title: String,
    method: String,
    /// Of the computer, before it was measured.
    load: String,
    figures: Vec<Figure>,
}

impl Section {
    /// Whether anything was measured.
    pub(super) fn has_figures(&self) -> bool {
        !self.figures.is_empty()
    }

    /// As it stands in the document.
    pub(super) fn to_markdown(&self) -> String {
        let Self { title, method, load, figures } = self;
        let load = if load.is_empty() { "not known" } else { load };
        format!("## {title}\n\n{method} (Load before: {load}.)\n\n{}", table(figures))
    }
}

/// The sections and figures among the lines of a bench's output; other lines are shown as they are.
pub(super) fn read(output: &str) -> Result<Vec<Section>> {
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
    let words = |key| words(parsed, key);
    let (title, method, load) = (words("section")?, words("method")?, words("load")?);
    Ok(Section { title, method, load, figures: Vec::new() })
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

/// The document: titles and texts.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Page {
    sections: Vec<(String, String)>,
}

impl Page {
    /// The sections of an earlier run. What stands before the first is written anew.
    pub(super) fn parse(text: &str) -> Self {
        let mut sections: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            if let Some(title) = line.strip_prefix("## ") {
                sections.push((title.to_owned(), String::new()));
            }
            if let Some((_, section)) = sections.last_mut() {
                section.push_str(line);
                section.push('\n');
            }
        }
        for (_, section) in &mut sections {
            section.truncate(section.trim_end().len());
            section.push('\n');
        }
        Self { sections }
    }

    /// Puts a section in the place of the one with the same title, or at the end.
    pub(super) fn put(&mut self, section: &Section) {
        let text = section.to_markdown();
        match self.sections.iter_mut().find(|(title, _)| *title == section.title) {
            Some((_, old)) => *old = text,
            None => self.sections.push((section.title.clone(), text)),
        }
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let (system, processor) = (std::env::consts::OS, std::env::consts::ARCH);
        write!(
            f,
            "# Benchmarks\n\nWritten by `cargo xtask bench`: counts, and ratios between ways measured in turn in one run. \
             Times in brackets are of that run, on {cores} cores ({system}, {processor}), and say little about other \
             computers. The load before each section (average of one minute, of this computer's other work and of the \
             section before) stands behind its method. `--only NAME` measures one section anew, `--large` also those that take \
             very long; sections that were not measured stay as they were. The build is Cargo's profile `bench`: optimised as \
             a release, without link-time optimisation.\n"
        )?;
        self.sections.iter().try_for_each(|(_, text)| write!(f, "\n{text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Figure, Page, read, table};

    const SECTION: &str = r#"{"section": "Sizes", "method": "Counted.", "load": "0.5"}"#;
    const FIGURE: &str = r#"{"what": "grant", "value": 498, "unit": "bytes", "beside": "limit 512"}"#;

    #[test]
    fn sections_and_figures_are_read_from_among_other_lines() {
        let sections = read(&format!("warming up\n{SECTION}\n{FIGURE}\n")).unwrap();
        let expected =
            Figure { what: "grant".into(), value: 498.0, unit: "bytes".into(), beside: "limit 512".into() };
        assert_eq!(sections[0].figures, [expected]);
        assert!(table(&sections[0].figures).ends_with("| grant | 498 bytes | limit 512 |\n"));
        assert!(sections[0].to_markdown().starts_with("## Sizes\n\nCounted. (Load before: 0.5.)\n\n| what"));
    }

    #[test]
    fn a_figure_that_lacks_a_part_or_a_section_is_an_error() {
        let without_value = r#"{"what": "grant", "unit": "bytes", "beside": ""}"#;
        assert!(read(&format!("{SECTION}\n{without_value}")).is_err());
        assert!(read(FIGURE).is_err());
        assert!(read("{").is_err());
    }

    #[test]
    fn a_section_replaces_only_the_one_with_its_title() {
        let sections = read(&format!("{SECTION}\n{FIGURE}\n")).unwrap();
        let before = "# Old\n\nhead\n\n## First\n\nkept\n\n## Sizes\n\nold\n\n## Last\n\nkept too\n";
        let mut page = Page::parse(before);
        page.put(&sections[0]);
        let text = page.to_string();
        assert!(text.contains("## First\n\nkept\n\n## Sizes\n\nCounted."), "{text}");
        assert!(text.ends_with("limit 512 |\n\n## Last\n\nkept too\n") && !text.contains("old"), "{text}");
        assert_eq!(Page::parse(&text), page);
        let mut empty = Page::default();
        empty.put(&sections[0]);
        assert!(empty.to_string().contains("\n\n## Sizes\n"));
    }
}
