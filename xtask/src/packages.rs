//! System packages: found missing by trying, named before anything is installed.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell;

/// Something that the build needs from the system.
#[derive(Debug)]
struct Need {
    /// What it is for, in plain words.
    purpose: &'static str,
    /// The Debian or Ubuntu package that brings it.
    package: &'static str,
    /// Whether it is here.
    present: fn() -> bool,
}

const NEEDS: [Need; 3] = [
    Need {
        purpose: "a C compiler and linker",
        package: "build-essential",
        present: || shell::succeeds("cc", &["--version"]),
    },
    Need {
        purpose: "the tool that finds system libraries",
        package: "pkg-config",
        present: || shell::succeeds("pkg-config", &["--version"]),
    },
    Need {
        purpose: "OpenSSL's headers (the encrypted database uses its ciphers)",
        package: "libssl-dev",
        present: || shell::succeeds("pkg-config", &["--exists", "libcrypto"]),
    },
];

/// Makes sure that what the build needs is there; installs it with apt where that is possible.
pub fn ensure_present() -> Result<()> {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.present)()).collect();
    if missing.is_empty() {
        println!("system packages: all {} present", NEEDS.len());
        return Ok(());
    }
    println!("system packages missing:");
    for need in &missing {
        println!("  {:16} {}", need.package, need.purpose);
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    install(&packages)?;
    match missing.iter().find(|need| !(need.present)()) {
        None => Ok(()),
        Some(need) => bail!("{} was installed, yet {} is still not found", need.package, need.purpose),
    }
}

fn install(packages: &[&str]) -> Result<()> {
    let by_hand = format!("install them by hand, then run this again: {}", packages.join(" "));
    if shell::find("apt-get").is_none() {
        bail!("apt-get is not on this system; {by_hand} (these are Debian's names)");
    }
    let sudo = !is_root();
    if sudo && shell::find("sudo").is_none() {
        bail!("installing needs root, and sudo is not here; {by_hand}");
    }
    shell::run(&mut apt(sudo, &["update", "-q"])).context(by_hand.clone())?;
    let mut words = vec!["install", "-q", "-y", "--no-install-recommends"];
    words.extend(packages);
    shell::run(&mut apt(sudo, &words)).context(by_hand)
}

fn apt(sudo: bool, words: &[&str]) -> Command {
    let mut command = Command::new(if sudo { "sudo" } else { "apt-get" });
    if sudo {
        command.arg("apt-get");
    }
    command.args(words);
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
