//! The picture in ARCHITECTURE.md, checked against what cargo says, and the limits that keep files readable.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Lines of a source file at the most, tests apart.
const LONGEST_FILE: usize = 600;

type Graph = BTreeMap<String, BTreeSet<String>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn metadata() -> Result<Metadata> {
    Ok(MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec()?)
}

fn architecture() -> Result<String> {
    std::fs::read_to_string(root().join("ARCHITECTURE.md")).context("ARCHITECTURE.md cannot be read")
}

/// The lines between "```name" and "```".
fn fenced_block<'a>(text: &'a str, name: &str) -> Result<Vec<&'a str>> {
    let fence = format!("```{name}");
    ensure!(text.lines().filter(|line| *line == fence).count() == 1, "one block {fence} is needed");
    let lines = text.lines().skip_while(|line| *line != fence).skip(1);
    Ok(lines.take_while(|line| *line != "```").filter(|line| !line.trim().is_empty()).collect())
}

/// Lines `from -> to, to` or `from -> nothing`.
fn graph(lines: &[&str]) -> Result<Graph> {
    let mut graph = Graph::new();
    for line in lines {
        let (from, to) = line.split_once("->").with_context(|| format!("no arrow in '{line}'"))?;
        let to = to.split(',').map(|name| name.trim().to_owned()).filter(|name| name != "nothing").collect();
        if graph.insert(from.trim().to_owned(), to).is_some() {
            bail!("'{}' stands twice", from.trim());
        }
    }
    Ok(graph)
}

/// A crate's name in the picture: without the prefix that all our crates share.
fn short(name: &str) -> String {
    name.strip_prefix("medrec-").unwrap_or(name).to_owned()
}

/// Names of what `package` needs to be built, tests of its own not counted.
fn needs(package: &Package) -> impl Iterator<Item = &str> {
    let counted = |kind| matches!(kind, DependencyKind::Normal | DependencyKind::Build);
    package.dependencies.iter().filter(move |needed| counted(needed.kind)).map(|needed| needed.name.as_str())
}

/// The package of scenarios: it may use everything, so no arrow starts there.
fn is_free(package: &Package) -> bool {
    short(&package.name) == "tests"
}

fn arrows_in_manifests(metadata: &Metadata) -> Graph {
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let arrows = |package: &Package| needs(package).filter(|name| ours.contains(name)).map(short).collect();
    let counted = metadata.packages.iter().filter(|package| !is_free(package));
    counted.map(|package| (short(&package.name), arrows(package))).collect()
}

fn differences(drawn: &Graph, real: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    for (from, to) in real {
        match drawn.get(from) {
            None => found.push(format!("crate {from} is not in ARCHITECTURE.md")),
            Some(allowed) => {
                found.extend(
                    to.difference(allowed)
                        .map(|to| format!("{from} -> {to} is not drawn: remove the dependency")),
                );
                found.extend(
                    allowed.difference(to).map(|to| format!("{from} -> {to} is drawn and does not exist")),
                );
            }
        }
    }
    found.extend(
        drawn.keys().filter(|from| !real.contains_key(*from)).map(|from| format!("there is no crate {from}")),
    );
    found
}

#[test]
fn arrows_between_crates_are_the_ones_drawn() -> Result<()> {
    let drawn = graph(&fenced_block(&architecture()?, "arrows")?)?;
    let found = differences(&drawn, &arrows_in_manifests(&metadata()?));
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

#[test]
fn a_missing_and_a_surplus_arrow_are_both_noticed() -> Result<()> {
    let real = graph(&["wallet -> protocol, vault", "vault -> nothing"])?;
    assert_eq!(differences(&real, &real), Vec::<String>::new());
    assert_eq!(differences(&graph(&["wallet -> protocol", "vault -> nothing"])?, &real).len(), 1);
    assert_eq!(differences(&graph(&["wallet -> protocol, vault", "vault -> protocol"])?, &real).len(), 1);
    assert_eq!(differences(&graph(&["wallet -> protocol, vault"])?, &real).len(), 1);
    assert_eq!(differences(&real, &graph(&["vault -> nothing"])?).len(), 1);
    Ok(())
}

#[test]
fn nothing_depends_on_itself_through_others() -> Result<()> {
    let mut graph = graph(&fenced_block(&architecture()?, "arrows")?)?;
    while !graph.is_empty() {
        let leaves: BTreeSet<String> =
            graph.iter().filter(|(_, to)| to.is_empty()).map(|(from, _)| from.clone()).collect();
        ensure!(!leaves.is_empty(), "a circle among {:?}", graph.keys());
        graph.retain(|from, _| !leaves.contains(from));
        for to in graph.values_mut() {
            to.retain(|name| !leaves.contains(name));
        }
    }
    Ok(())
}

#[test]
fn restricted_dependencies_stay_where_they_belong() -> Result<()> {
    let allowed = graph(&fenced_block(&architecture()?, "restricted")?)?;
    let metadata = metadata()?;
    let mut found = Vec::new();
    for package in metadata.packages.iter().filter(|package| !is_free(package)) {
        for name in needs(package) {
            if allowed.get(name).is_some_and(|places| !places.contains(&short(&package.name))) {
                found.push(format!("{} uses {name}, which is kept to {:?}", package.name, allowed[name]));
            }
        }
    }
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() -> Result<()> {
    for package in &metadata()?.packages {
        let manifest = std::fs::read_to_string(&package.manifest_path)?;
        ensure!(manifest.contains("[lints]\nworkspace = true"), "{} sets its own lints", package.name);
    }
    Ok(())
}

/// Every Rust source file of the workspace.
fn sources(metadata: &Metadata) -> Result<Vec<PathBuf>> {
    let mut folders: Vec<PathBuf> = metadata
        .packages
        .iter()
        .filter_map(|package| package.manifest_path.parent())
        .flat_map(|folder| ["src", "tests", "benches"].map(|part| folder.join(part).into_std_path_buf()))
        .filter(|folder| folder.is_dir())
        .collect();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    ensure!(files.len() > metadata.packages.len(), "only {} source files were found", files.len());
    Ok(files)
}

/// Lines before the module of tests that closes the file, if one does.
fn lines_without_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let opens_tests =
        |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{');
    lines.windows(2).position(opens_tests).unwrap_or(lines.len())
}

fn is_test_file(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests")
        || path.file_stem().is_some_and(|stem| stem == "tests")
}

#[test]
fn no_source_file_outgrows_its_reader() -> Result<()> {
    let mut found = Vec::new();
    for path in sources(&metadata()?)? {
        let relative = path.strip_prefix(root().canonicalize()?).unwrap_or(&path);
        let lines = lines_without_tests(&std::fs::read_to_string(&path)?);
        if !is_test_file(relative) && lines > LONGEST_FILE {
            found.push(format!("{}: {lines} lines, {LONGEST_FILE} at the most", relative.display()));
        }
    }
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

#[test]
fn every_ignored_test_gives_its_reason() -> Result<()> {
    for path in sources(&metadata()?)? {
        let text = std::fs::read_to_string(&path)?;
        let bare = text.lines().any(|line| line.trim() == "#[ignore]");
        ensure!(!bare, "{} ignores a test without a reason", path.display());
    }
    Ok(())
}
