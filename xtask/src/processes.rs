//! Child processes: started with their output in log files, waited for, and always ended.
//!
//! Every child leads a process group of its own. However the program ends (its last line, an error, a panic, Ctrl-C, a
//! termination signal), each group is asked to stop and, if it does not, killed. Only a `kill -9` of the program itself
//! leaves children behind.

use std::fs::File;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// How long a process may take to stop by itself before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// How often something awaited is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How much of the end of a log is shown when its process fails.
const LOG_TAIL_BYTES: usize = 2_000;
/// Exit status of a program that was interrupted, by the shell's convention (128 + SIGINT).
const INTERRUPTED: i32 = 130;

#[derive(Debug)]
struct Running {
    name: String,
    child: Child,
}

/// The processes of one demo or scenario.
#[derive(Debug)]
pub struct Processes {
    logs: PathBuf,
    running: Arc<Mutex<Vec<Running>>>,
}

impl Processes {
    /// Log files go into the folder `logs`, which is made.
    pub fn new(logs: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&logs).with_context(|| format!("{} cannot be made", logs.display()))?;
        Ok(Self { logs, running: Arc::default() })
    }

    /// From now on Ctrl-C ends the children and this program. Once in each program.
    pub fn end_on_interrupt(&self) -> Result<()> {
        let for_signal = Arc::clone(&self.running);
        ctrlc::set_handler(move || {
            // Held to the end: nobody sees the list empty and complains.
            let mut running = lock(&for_signal);
            end_all(&mut running);
            std::process::exit(INTERRUPTED);
        })
        .context("Ctrl-C cannot be handled")
    }

    /// Starts a process that is to stay; its output is appended to `<name>.log`.
    pub fn start(&self, name: &str, mut command: Command) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.log(name))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
        let mut running = lock(&self.running);
        ensure!(running.iter().all(|other| other.name != name), "a process named {name} is running already");
        let child = command.spawn().with_context(|| format!("{name} could not be started"))?;
        running.push(Running { name: name.to_owned(), child });
        Ok(())
    }

    /// Runs a command to its end and returns what it printed. Like the others, it ends with the demo.
    pub fn run(&self, name: &str, mut command: Command) -> Result<Output> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().with_context(|| format!("{name} could not be started"))?;
        let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
        let group = child.id();
        lock(&self.running).push(Running { name: name.to_owned(), child });
        let status = loop {
            let mut running = lock(&self.running);
            let Some(at) = running.iter().position(|one| one.child.id() == group) else {
                bail!("{name} was stopped");
            };
            if let Some(status) = running[at].child.try_wait()? {
                running.remove(at);
                break status;
            }
            drop(running);
            std::thread::sleep(LOOK);
        };
        Ok(Output { status, stdout: collect(stdout)?, stderr: collect(stderr)? })
    }

    /// Waits until `ready` says yes. Fails when the process ends before, or after `patience`, with the end of its log.
    pub fn wait_until(&self, name: &str, patience: Duration, ready: impl Fn() -> bool) -> Result<()> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.ended(name)? {
                bail!("{name} ended with {status}\n{}", self.log_tail(name));
            }
            if ready() {
                return Ok(());
            }
            if started.elapsed() > patience {
                bail!("{name} was not ready after {} s\n{}", patience.as_secs(), self.log_tail(name));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Kills one process without a warning, as a power cut would.
    pub fn kill(&self, name: &str) -> Result<()> {
        let mut running = lock(&self.running);
        let at = position(&running, name)?;
        let mut one = running.remove(at);
        signal(&one.child, Signal::SIGKILL);
        one.child.wait()?;
        Ok(())
    }

    /// Kills one process without a warning and leaves its children alone.
    pub fn kill_without_children(&self, name: &str) -> Result<()> {
        let mut running = lock(&self.running);
        let at = position(&running, name)?;
        let mut one = running.remove(at);
        one.child.kill()?;
        one.child.wait()?;
        Ok(())
    }

    /// Asks one process to stop and waits until it has.
    pub fn stop(&self, name: &str) -> Result<ExitStatus> {
        let mut running = lock(&self.running);
        let at = position(&running, name)?;
        let mut one = running.remove(at);
        signal(&one.child, Signal::SIGTERM);
        Ok(one.child.wait()?)
    }

    /// Lets one process and its children stand still, as a computer does whose power is saved.
    pub fn pause(&self, name: &str) -> Result<()> {
        let running = lock(&self.running);
        signal(&running[position(&running, name)?].child, Signal::SIGSTOP);
        Ok(())
    }

    /// Lets a process that stands still go on.
    pub fn resume(&self, name: &str) -> Result<()> {
        let running = lock(&self.running);
        signal(&running[position(&running, name)?].child, Signal::SIGCONT);
        Ok(())
    }

    /// Number of the process `name`.
    pub fn id(&self, name: &str) -> Result<u32> {
        let running = lock(&self.running);
        Ok(running[position(&running, name)?].child.id())
    }

    /// The log file of the process `name`.
    pub fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    /// Waits, with everything running, until Ctrl-C ends the demo or a process ends by itself.
    pub fn stay(&self) -> Result<()> {
        let (name, status) = self.first_end()?;
        bail!("{name} ended with {status}\n{}", self.log_tail(&name))
    }

    /// Waits, with everything running, until the process `name` ends well. Any other end is an error.
    pub fn stay_until_end_of(&self, name: &str) -> Result<()> {
        position(&lock(&self.running), name)?;
        match self.first_end()? {
            (ended, status) if ended == name && status.success() => self.kill(name),
            (ended, status) => bail!("{ended} ended with {status}\n{}", self.log_tail(&ended)),
        }
    }

    /// Waits until a process has ended by itself.
    fn first_end(&self) -> Result<(String, ExitStatus)> {
        loop {
            let mut running = lock(&self.running);
            ensure!(!running.is_empty(), "nothing is running");
            for one in running.iter_mut() {
                if let Some(status) = one.child.try_wait()? {
                    return Ok((one.name.clone(), status));
                }
            }
            drop(running);
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn ended(&self, name: &str) -> Result<Option<ExitStatus>> {
        let mut running = lock(&self.running);
        let at = position(&running, name)?;
        Ok(running[at].child.try_wait()?)
    }

    fn log_tail(&self, name: &str) -> String {
        let log = self.log(name);
        let bytes = std::fs::read(&log).unwrap_or_default();
        let tail = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(LOG_TAIL_BYTES)..]).into_owned();
        format!("the end of {}:\n{tail}", log.display())
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        end_all(&mut lock(&self.running));
    }
}

/// A panic elsewhere must not keep the children alive: a poisoned list is used all the same.
fn lock(running: &Mutex<Vec<Running>>) -> MutexGuard<'_, Vec<Running>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

fn position(running: &[Running], name: &str) -> Result<usize> {
    let found = running.iter().position(|one| one.name == name);
    found.with_context(|| format!("no process named {name} is running"))
}

/// Asks all to stop in the reverse of the order in which they started, waits, kills what is left.
fn end_all(running: &mut Vec<Running>) {
    for one in running.iter().rev() {
        signal(&one.child, Signal::SIGTERM);
        signal(&one.child, Signal::SIGCONT);
    }
    let asked = Instant::now();
    while asked.elapsed() < GRACE && running.iter_mut().any(|one| matches!(one.child.try_wait(), Ok(None))) {
        std::thread::sleep(LOOK);
    }
    for mut one in running.drain(..) {
        // Also where the leader is gone: the group may hold grandchildren.
        signal(&one.child, Signal::SIGKILL);
        // A child that cannot be waited for is not ours any more.
        let _ = one.child.wait();
    }
}

/// A group that is gone already is no error.
fn signal(child: &Child, signal: Signal) {
    if let Ok(group) = i32::try_from(child.id()) {
        let _ = killpg(Pid::from_raw(group), signal);
    }
}

type Drained = Option<std::thread::JoinHandle<std::io::Result<Vec<u8>>>>;

/// Reads a pipe to its end in the background, so that the child never waits for us.
fn drain(pipe: Option<impl Read + Send + 'static>) -> Drained {
    pipe.map(|mut pipe| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes).map(|_| bytes)
        })
    })
}

fn collect(drained: Drained) -> Result<Vec<u8>> {
    let Some(thread) = drained else { return Ok(Vec::new()) };
    match thread.join() {
        Ok(bytes) => Ok(bytes?),
        Err(_) => bail!("the output could not be read"),
    }
}

/// Empties `folder` of an earlier demo, or makes it. A folder with anything else in it is left alone.
pub fn fresh_folder(folder: &Path) -> Result<()> {
    let mark = folder.join(MARK);
    if folder.exists() {
        let empty = std::fs::read_dir(folder)?.next().is_none();
        ensure!(
            empty || mark.is_file(),
            "{} holds files that are not a demo's; name another folder with --dir",
            folder.display()
        );
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    std::fs::write(mark, "Made by cargo xtask demo, which removes everything here when it runs again.\n")?;
    Ok(())
}

/// The file that says that a folder is a demo's.
const MARK: &str = ".medrec-demo";

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use super::{Processes, fresh_folder};

    fn processes(folder: &std::path::Path) -> Processes {
        Processes { logs: folder.to_owned(), running: Arc::new(Mutex::default()) }
    }

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn alive(pid: &str) -> bool {
        Command::new("kill").args(["-0", pid.trim()]).output().unwrap().status.success()
    }

    /// Starts a shell whose own child ignores the polite signal; returns that child's process id.
    fn stubborn_family(processes: &Processes, folder: &std::path::Path) -> String {
        let script = "(trap '' TERM; echo trapped; sleep 60) & echo $! > child; echo written; wait";
        let mut command = shell(script);
        command.current_dir(folder);
        processes.start("family", command).unwrap();
        let log = processes.log("family");
        let ready = || {
            std::fs::read_to_string(&log)
                .is_ok_and(|text| text.contains("trapped") && text.contains("written"))
        };
        processes.wait_until("family", Duration::from_secs(10), ready).unwrap();
        std::fs::read_to_string(folder.join("child")).unwrap()
    }

    #[test]
    fn dropping_the_processes_ends_grandchildren_that_ignore_the_polite_signal() {
        let folder = tempfile::tempdir().unwrap();
        let processes = processes(folder.path());
        let child = stubborn_family(&processes, folder.path());
        assert!(alive(&child));
        drop(processes);
        let ended = Instant::now();
        while alive(&child) {
            assert!(ended.elapsed() < Duration::from_secs(5), "process {child} is still there");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn a_process_that_ends_before_it_is_ready_is_reported_with_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let processes = processes(folder.path());
        processes.start("node", shell("echo the port is taken; exit 3")).unwrap();
        let error = processes.wait_until("node", Duration::from_secs(10), || false).unwrap_err().to_string();
        assert!(error.contains("the port is taken") && error.contains('3'), "{error}");
    }

    #[test]
    fn a_command_gives_its_output_and_its_status() {
        let folder = tempfile::tempdir().unwrap();
        let output = processes(folder.path()).run("words", shell("echo out; echo err >&2; exit 4")).unwrap();
        assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(output.status.code(), Some(4));
    }

    #[test]
    fn a_killed_process_can_be_started_again_under_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let processes = processes(folder.path());
        processes.start("node", shell("sleep 60")).unwrap();
        assert!(processes.start("node", shell("sleep 60")).is_err());
        processes.kill("node").unwrap();
        processes.start("node", shell("sleep 60")).unwrap();
        processes.kill("node").unwrap();
        assert!(processes.kill("node").is_err());
    }

    #[test]
    fn staying_ends_well_with_the_process_it_waits_for_and_badly_with_any_other() {
        let folder = tempfile::tempdir().unwrap();
        let processes = processes(folder.path());
        processes.start("node", shell("sleep 60")).unwrap();
        processes.start("window", shell("sleep 0.1")).unwrap();
        processes.stay_until_end_of("window").unwrap();
        processes.start("window", shell("exit 3")).unwrap();
        assert!(processes.stay_until_end_of("window").is_err());
        processes.kill("window").unwrap();
        processes.start("window", shell("sleep 60")).unwrap();
        processes.kill("node").unwrap();
        processes.start("node", shell("echo full; exit 0")).unwrap();
        assert!(processes.stay_until_end_of("window").unwrap_err().to_string().contains("full"));
    }

    #[test]
    fn a_folder_with_other_files_is_never_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let (demo, other) = (folder.path().join("demo"), folder.path().join("other"));
        fresh_folder(&demo).unwrap();
        std::fs::write(demo.join("ledger"), "x").unwrap();
        fresh_folder(&demo).unwrap();
        assert!(!demo.join("ledger").exists());
        std::fs::create_dir(&other).unwrap();
        std::fs::write(other.join("thesis"), "x").unwrap();
        assert!(fresh_folder(&other).is_err());
        assert!(other.join("thesis").exists());
    }
}
