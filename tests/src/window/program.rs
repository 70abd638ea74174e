//! The program with its window, on a display and a message bus of its own, with a driver at its hands.
//!
//! Nothing is shared between two windows: one that outlives its test cannot disturb the next, and the keyboard is at one
//! window only. All of it ends with this.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use xtask::loopback;
use xtask::processes::Processes;

const BUS: &str = "bus";
const DISPLAY: &str = "display";
const DRIVER: &str = "driver";
/// Larger than the window is at first.
const SCREEN: &str = "1280x1600x24";
/// More than a slow computer needs to start them.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who listens to the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// Nobody: the program publishes nothing of its window, which is faster.
    Nobody,
    /// A screen reader.
    ScreenReader,
}

/// A message bus, a display, and a driver that starts the program there.
pub struct Program {
    processes: Processes,
    bus: String,
    display: String,
    driver: SocketAddr,
}

impl Program {
    /// Starts bus, display and driver. `folder` takes logs and what the window's libraries keep about their user.
    pub fn start(folder: &Path, locale: &str, listener: Listener) -> Result<Self> {
        let processes = Processes::new(folder.join("logs"))?;
        let display = start_display(&processes)?;
        let [driver] = loopback::free_addresses()?;
        let mut command = Command::new(found("WebKitWebDriver")?);
        command.arg(format!("--port={}", driver.port())).arg(format!("--host={}", driver.ip()));
        command.env("DISPLAY", &display).env("GDK_BACKEND", "x11").env_remove("WAYLAND_DISPLAY");
        command.env("TAURI_WEBVIEW_AUTOMATION", "true").env("LC_ALL", locale);
        if listener == Listener::Nobody {
            command.env("NO_AT_BRIDGE", "1").env("GTK_A11Y", "none");
        }
        // Which file a person means is asked of the desktop, as where programs are shut in; nothing else is asked of it.
        command.env("GTK_USE_PORTAL", "1");
        command.env("GIO_USE_PROXY_RESOLVER", "dummy").env("GIO_USE_NETWORK_MONITOR", "base");
        // No graphics card, which would be shared with others.
        command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1").env("LIBGL_ALWAYS_SOFTWARE", "1");
        for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
            let own = folder.join(variable.to_lowercase());
            std::fs::create_dir_all(&own)?;
            command.env(variable, own);
        }
        let bus = start_bus(&processes, folder, &command)?;
        command.env("DBUS_SESSION_BUS_ADDRESS", &bus);
        processes.start(DRIVER, command)?;
        processes.wait_until(DRIVER, PATIENCE, || loopback::listens(driver))?;
        Ok(Self { processes, bus, display, driver })
    }

    /// Where programs speak to one another.
    pub fn bus(&self) -> &str {
        &self.bus
    }

    /// Where the driver listens.
    pub fn address(&self) -> String {
        format!("http://{}", self.driver)
    }

    /// Writes what is on the display, from the corner at its top to so many pixels, as a picture. The driver's own
    /// pictures wait for the page to change, which a page at rest never does.
    pub fn picture(&self, width: u64, height: u64, file: &Path) -> Result<()> {
        let mut command = Command::new(found("import")?);
        command.args(["-silent", "-window", "root", "-crop", &format!("{width}x{height}+0+0"), "+repage"]);
        let status = command.arg(file).env("DISPLAY", &self.display).status()?;
        ensure!(status.success(), "the picture was not taken: {status}");
        Ok(())
    }

    /// What driver and program have printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.processes.log(DRIVER)).unwrap_or_default()
    }
}

/// Starts a message bus, for programs with the same environment as `user`, and returns its address.
fn start_bus(processes: &Processes, folder: &Path, user: &Command) -> Result<String> {
    let socket = folder.join("bus");
    let address = format!("unix:path={}", socket.display());
    let mut command = Command::new(found("dbus-daemon")?);
    command.args(["--session", "--nofork", "--nopidfile"]).arg(format!("--address={address}"));
    for (variable, value) in user.get_envs() {
        match value {
            Some(value) => command.env(variable, value),
            None => command.env_remove(variable),
        };
    }
    processes.start(BUS, command)?;
    processes.wait_until(BUS, PATIENCE, || socket.exists())?;
    Ok(address)
}

/// Starts a display with the first number that is free, and returns its name.
fn start_display(processes: &Processes) -> Result<String> {
    let mut command = Command::new(found("Xvfb")?);
    command.args(["-displayfd", "1", "-screen", "0", SCREEN, "-nolisten", "tcp"]);
    processes.start(DISPLAY, command)?;
    // It writes its number when it is ready.
    let number = || {
        let log = std::fs::read_to_string(processes.log(DISPLAY)).unwrap_or_default();
        log.lines().find(|line| line.parse::<u32>().is_ok()).map(str::to_owned)
    };
    processes.wait_until(DISPLAY, PATIENCE, || number().is_some())?;
    Ok(format!(":{}", number().context("the display gave no number")?))
}

fn found(program: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let file = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    ensure!(file.is_some(), "{program} is not here; `cargo xtask test` names and installs what is needed");
    file.context("unreachable")
}
