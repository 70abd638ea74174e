//! Licences, sources and duplicate versions of every dependency, held to the lists in deny.toml.
//!
//! cargo-deny reads the same file and says more; these tests need nothing installed, so they always run. Known
//! vulnerabilities are another matter: they need the advisory database (`cargo xtask test --advisories`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_metadata::{Metadata, MetadataCommand};
use serde::Deserialize;

#[derive(Deserialize)]
struct Rules {
    graph: Targets,
    licenses: Licenses,
    sources: Sources,
    bans: Bans,
}

#[derive(Deserialize)]
struct Targets {
    targets: Vec<String>,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    skip: Vec<Skip>,
}

#[derive(Deserialize)]
struct Skip {
    #[serde(rename = "crate")]
    version: String,
    reason: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn rules() -> Result<Rules> {
    let text = std::fs::read_to_string(root().join("deny.toml")).context("deny.toml cannot be read")?;
    Ok(toml::from_str(&text)?)
}

/// Every package of the lock file.
fn metadata() -> Result<Metadata> {
    Ok(MetadataCommand::new().manifest_path(root().join("Cargo.toml")).exec()?)
}

/// The packages of what is built for these systems.
fn metadata_for(targets: &[String]) -> Result<Metadata> {
    ensure!(!targets.is_empty(), "deny.toml names no target");
    let only = targets.iter().flat_map(|target| ["--filter-platform".to_owned(), target.clone()]);
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml")).other_options(only.collect::<Vec<_>>());
    Ok(command.exec()?)
}

/// Whether a licence expression can be met with the licences of `allow`.
fn permitted(expression: &str, allow: &BTreeSet<String>) -> Result<bool> {
    let parsed = spdx::Expression::parse_mode(expression, spdx::ParseMode::LAX)
        .with_context(|| format!("'{expression}' is not a licence expression"))?;
    Ok(parsed.evaluate(|required| allow.contains(&required.to_string())))
}

/// Versions of each crate that is really built for one of these systems with some feature, tests included.
fn versions_in_use(targets: &[String]) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.args(["tree", "--workspace", "--all-features", "--prefix", "none"]);
    command.args(targets.iter().flat_map(|target| ["--target", target]));
    let output =
        command.args(["--edges", "normal,build,dev", "--format", "{p}"]).current_dir(root()).output()?;
    ensure!(output.status.success(), "cargo tree failed: {}", String::from_utf8_lossy(&output.stderr));
    let mut versions = BTreeMap::<String, BTreeSet<String>>::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            let version = version.strip_prefix('v').with_context(|| format!("no version in '{line}'"))?;
            versions.entry(name.to_owned()).or_default().insert(version.to_owned());
        }
    }
    Ok(versions)
}

#[test]
fn every_dependency_has_a_permitted_licence() -> Result<()> {
    let rules = rules()?;
    let allow: BTreeSet<String> = rules.licenses.allow.into_iter().collect();
    let mut found = Vec::new();
    for package in &metadata_for(&rules.graph.targets)?.packages {
        let Some(expression) = &package.license else {
            found.push(format!("{} {} names no licence", package.name, package.version));
            continue;
        };
        if !permitted(expression, &allow)? {
            found.push(format!("{} {}: {expression}", package.name, package.version));
        }
    }
    ensure!(found.is_empty(), "not permitted by deny.toml:\n{}", found.join("\n"));
    Ok(())
}

#[test]
fn a_licence_that_is_not_listed_is_noticed() -> Result<()> {
    let allow = BTreeSet::from(["MIT".to_owned(), "Apache-2.0 WITH LLVM-exception".to_owned()]);
    assert!(permitted("MIT/Apache-2.0", &allow)?);
    assert!(permitted("GPL-3.0-only OR Apache-2.0 WITH LLVM-exception", &allow)?);
    assert!(!permitted("MIT AND GPL-3.0-only", &allow)?);
    assert!(!permitted("Apache-2.0", &allow)?);
    assert!(permitted("see the file", &allow).is_err());
    Ok(())
}

#[test]
fn every_dependency_comes_from_a_permitted_registry() -> Result<()> {
    let registries = rules()?.sources.allow_registry;
    let metadata = metadata()?;
    let members: BTreeSet<_> = metadata.workspace_members.iter().collect();
    let mut found = Vec::new();
    for package in metadata.packages.iter().filter(|package| !members.contains(&package.id)) {
        let source = package.source.as_ref().map_or("a folder", |source| source.repr.as_str());
        if !registries.iter().any(|registry| source.strip_prefix("registry+") == Some(registry)) {
            found.push(format!("{} {} comes from {source}", package.name, package.version));
        }
    }
    ensure!(found.is_empty(), "not permitted by deny.toml:\n{}", found.join("\n"));
    Ok(())
}

#[test]
fn every_second_version_of_a_crate_is_there_for_a_stated_reason() -> Result<()> {
    let rules = rules()?;
    let skips = rules.bans.skip;
    let skipped: BTreeSet<&str> = skips.iter().map(|skip| skip.version.as_str()).collect();
    let versions = versions_in_use(&rules.graph.targets)?;
    let mut found = Vec::new();
    for (name, versions) in &versions {
        let of_name = versions.iter().map(|version| format!("{name}@{version}"));
        let unexplained: Vec<String> =
            of_name.filter(|version| !skipped.contains(version.as_str())).collect();
        if unexplained.len() > 1 {
            found.push(format!(
                "{} without a reason: bring them together, or explain all but one",
                unexplained.join(" and ")
            ));
        }
    }
    for Skip { version, reason } in &skips {
        let (name, number) = version.split_once('@').context("an entry without a version")?;
        ensure!(!reason.trim().is_empty(), "{version} is explained by nothing");
        if !versions.get(name).is_some_and(|numbers| numbers.len() > 1 && numbers.contains(number)) {
            found.push(format!("{version} is no longer a second version: remove its entry"));
        }
    }
    ensure!(found.is_empty(), "deny.toml, [bans] skip:\n{}", found.join("\n"));
    Ok(())
}
