//! CometBFT as a child process: started, watched, started again when it ends, ended with the node.
//!
//! However the node ends, its child does not outlive it: it is asked to stop, then killed; and after a `kill -9` of the
//! node CometBFT sees the application's socket close, which ends it; one that hangs while it ends is killed by the next start.

use std::{
    io::stderr,
    net::SocketAddr,
    os::fd::AsFd,
    path::PathBuf,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    sync::watch,
    time::{sleep, timeout},
};

use super::files::EngineHome;
use crate::{NodeError, app::App, home::write_bytes};

/// The release line, and its oldest release without known faults that matter here.
const LINE: (&str, u32) = ("0.38", 25);
/// How long CometBFT may take to stop by itself.
const GRACE: Duration = Duration::from_secs(10);
/// Pause before the first new start; doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A child that lived this long was well.
const STEADY: Duration = Duration::from_mins(1);
/// Ends in a row after which the node gives up.
const MOST_ENDS: u32 = 8;
/// The file with the number of the child's process.
const CHILD: &str = "process";
/// How often a socket that is not there yet is tried.
const LOOK: Duration = Duration::from_millis(50);

/// A `cometbft` whose release was looked at.
#[derive(Clone, Debug)]
pub struct Program(PathBuf);

impl Program {
    /// Takes a program of a release that this node is made for.
    pub async fn check(path: PathBuf) -> Result<Self, NodeError> {
        let failed = |problem: String| NodeError::Engine { path: path.clone(), problem };
        let mut command = Command::new(&path);
        command.arg("version").env_clear().stdin(Stdio::null()).kill_on_drop(true);
        let output = timeout(GRACE, command.output()).await;
        let output = output.map_err(|_| failed("it does not answer".into()))?;
        let output = output.map_err(|error| failed(error.to_string()))?;
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || !is_fit(&version) {
            let (line, least) = LINE;
            return Err(failed(format!("it is '{version}', and {line}.{least} or a later {line} is needed")));
        }
        Ok(Self(path))
    }
}

/// `0.38.25`, `v0.38.30`, `0.38.25+commit`.
fn is_fit(version: &str) -> bool {
    let (line, least) = LINE;
    let version = version.strip_prefix('v').unwrap_or(version);
    let Some(patch) = version.strip_prefix(line).and_then(|rest| rest.strip_prefix('.')) else {
        return false;
    };
    patch.split('+').next().is_some_and(|patch| patch.parse().is_ok_and(|patch: u32| patch >= least))
}

/// Runs CometBFT over one application.
pub struct Supervisor {
    program: Program,
    home: EngineHome,
    application: String,
    app: Arc<App>,
}

impl Supervisor {
    /// Over the application that is served at `application`.
    pub fn new(program: Program, home: EngineHome, application: String, app: Arc<App>) -> Self {
        Self { program, home, application, app }
    }

    /// Keeps CometBFT running until it is told to stop, or until it ends too often.
    pub async fn run(self, mut stopped: watch::Receiver<bool>) -> Result<(), NodeError> {
        let (mut pause, mut ends) = (FIRST_PAUSE, 0);
        loop {
            // What the mempool of an earlier child held is gone with it.
            self.app.forget_checked()?;
            let begun = Instant::now();
            let mut child = self.start()?;
            let status = tokio::select! {
                status = child.wait() => status.map_err(|error| self.failed(error.to_string()))?,
                _ = stopped.changed() => return self.stop(child).await,
            };
            if begun.elapsed() >= STEADY {
                (pause, ends) = (FIRST_PAUSE, 0);
            }
            ends += 1;
            if ends >= MOST_ENDS {
                return Err(self.failed(format!("it ended {ends} times in a row, at last with {status}")));
            }
            tracing::error!(%status, "CometBFT ended; it is started again in {} ms", pause.as_millis());
            tokio::select! {
                () = sleep(pause) => {}
                _ = stopped.changed() => return Ok(()),
            }
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    /// Kills the child of a node that was killed itself: it should have ended, but may hang while it stops, and holds the
    /// databases. Nobody else's: the process must run CometBFT in this very folder.
    fn end_predecessor(&self) {
        let Ok(id) = std::fs::read_to_string(self.home.path().join(CHILD)) else { return };
        let Ok(id) = id.trim().parse::<i32>() else { return };
        let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let own = self.home.path().as_os_str().as_encoded_bytes();
        if id > 1 && line.split(|byte| *byte == 0).any(|word| word == own) {
            tracing::warn!(process = id, "CometBFT of an earlier run is still there and is killed");
            // It may have ended by itself just now.
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
        }
    }

    fn start(&self) -> Result<Child, NodeError> {
        let failed = |error: std::io::Error| self.failed(error.to_string());
        self.end_predecessor();
        let mut command = Command::new(&self.program.0);
        command.arg("node").arg("--home").arg(self.home.path()).arg("--proxy_app").arg(&self.application);
        // Variables such as CMTHOME would weigh more than the configuration.
        command.env_clear().current_dir(self.home.path()).stdin(Stdio::null()).kill_on_drop(true);
        // Standard output is ours; both of CometBFT's streams go where our log goes.
        let log = || stderr().as_fd().try_clone_to_owned().map(Stdio::from);
        command.stdout(log().map_err(failed)?).stderr(log().map_err(failed)?);
        let child = command.spawn().map_err(failed)?;
        let id = child.id().map(|id| id.to_string()).unwrap_or_default();
        write_bytes(self.home.path(), CHILD, id.as_bytes(), 0o600)?;
        tracing::info!(process = id, "CometBFT started");
        Ok(child)
    }

    async fn stop(&self, mut child: Child) -> Result<(), NodeError> {
        let failed = |error: std::io::Error| self.failed(error.to_string());
        if let Some(id) = child.id().and_then(|id| i32::try_from(id).ok()) {
            // It may have ended by itself just now.
            let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
        }
        if let Ok(status) = timeout(GRACE, child.wait()).await {
            return status.map(drop).map_err(failed);
        }
        tracing::warn!("CometBFT did not stop in time and is killed");
        child.kill().await.map_err(failed)
    }

    fn failed(&self, problem: String) -> NodeError {
        NodeError::Engine { path: self.program.0.clone(), problem }
    }
}

/// Waits until somebody takes connections there.
pub async fn answers(address: SocketAddr) {
    while TcpStream::connect(address).await.is_err() {
        sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::is_fit;

    #[test]
    fn only_fixed_releases_of_the_line_are_taken() {
        for good in ["0.38.25", "v0.38.25", "0.38.31", "0.38.25+abc"] {
            assert!(is_fit(good), "{good}");
        }
        for bad in ["0.38.24", "0.38", "1.0.1", "0.39.0", "0.38.25-rc1", "", "v"] {
            assert!(!is_fit(bad), "{bad}");
        }
    }
}
