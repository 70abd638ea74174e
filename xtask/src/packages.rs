//! System packages, by what needs them: found missing by trying, named before anything is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell;

/// Something that the system must have.
#[derive(Debug)]
pub struct Need {
    /// What it is for, in plain words.
    purpose: &'static str,
    /// The Debian or Ubuntu package that brings it.
    package: &'static str,
    /// Whether it is here.
    present: fn() -> bool,
}

/// To build the programs without a window.
pub const PROGRAMS: &[Need] = &[
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

/// To build and show the wallet's window as well.
pub const WINDOW: &[Need] = &[Need {
    purpose: "the web view that the wallet's window is drawn with",
    package: "libwebkit2gtk-4.1-dev",
    present: || shell::succeeds("pkg-config", &["--exists", "webkit2gtk-4.1"]),
}];

/// To use the window as a person would, in tests, with nobody looking.
pub const WINDOW_TESTS: &[Need] = &[
    Need {
        purpose: "a display without a screen",
        package: "xvfb",
        present: || shell::find("Xvfb").is_some(),
    },
    Need {
        purpose: "a message bus of its own for each window",
        package: "dbus",
        present: || shell::find("dbus-daemon").is_some(),
    },
    Need {
        purpose: "the bus on which a screen reader hears the window",
        package: "at-spi2-core",
        present: || Path::new("/usr/share/dbus-1/services/org.a11y.Bus.service").is_file(),
    },
    Need {
        purpose: "hands and eyes for the window (WebDriver)",
        package: "webkit2gtk-driver",
        present: || shell::find("WebKitWebDriver").is_some(),
    },
    Need {
        purpose: "the browser in which every screen is checked for accessibility",
        package: "chromium",
        present: || chromium().is_some(),
    },
    Need {
        purpose: "the tool that takes pictures of a display",
        package: "imagemagick",
        present: || shell::find("import").is_some(),
    },
    Need {
        purpose: "letters of people's names that are not Latin",
        package: "fonts-dejavu-core",
        present: || shell::prints("fc-list", &[":lang=el"]),
    },
    Need {
        purpose: "the tool that finds fonts",
        package: "fontconfig",
        present: || shell::find("fc-list").is_some(),
    },
];

/// Chromium, or a browser that is the same inside.
pub fn chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(shell::find)
}

/// Makes sure that all of these are there; installs what is missing with apt where that is possible.
pub fn ensure_present(groups: &[&[Need]]) -> Result<()> {
    let missing: Vec<&Need> = groups.iter().copied().flatten().filter(|need| !(need.present)()).collect();
    if missing.is_empty() {
        println!("system packages: all {} present", groups.iter().map(|group| group.len()).sum::<usize>());
        return Ok(());
    }
    println!("system packages missing:");
    for need in &missing {
        println!("  {:22} {}", need.package, need.purpose);
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

/// Apt without questions that nobody would answer.
fn apt(sudo: bool, words: &[&str]) -> Command {
    let mut command = Command::new(if sudo { "sudo" } else { "env" });
    if sudo {
        command.arg("env");
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(words);
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
