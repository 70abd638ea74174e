//! Running other programs in the open: each command is printed before it runs.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

/// Prints and runs `command`; anything but success is an error that names the command.
pub fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    println!("$ {line}");
    let status = command.status().with_context(|| format!("'{line}' could not be started"))?;
    ensure!(status.success(), "'{line}' ended with {status}");
    Ok(())
}

/// Runs `command` with its two outputs as one stream, shown as it comes; each line is given to `read` as well.
pub fn follow(command: &mut Command, mut read: impl FnMut(&str)) -> Result<()> {
    let line = line(command);
    println!("$ {line}");
    let started = Instant::now();
    let (reader, writer) = std::io::pipe().context("no pipe for the output")?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("'{line}' could not be started"))?;
    // The command keeps the writing ends open; the stream ends only when they are gone.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    for chunk in BufReader::new(reader).split(b'\n') {
        let text = String::from_utf8_lossy(&chunk?).into_owned();
        println!("{text}");
        read(&text);
    }
    let status = child.wait()?;
    println!("({:.0} s)", started.elapsed().as_secs_f64());
    ensure!(status.success(), "'{line}' ended with {status}");
    Ok(())
}

/// The command as a person would type it, without its environment.
pub fn line(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program()).to_owned();
    let words: Vec<_> =
        std::iter::once(name.as_os_str()).chain(command.get_args()).map(OsStr::to_string_lossy).collect();
    words.join(" ")
}

/// Where `program` is on the search path, if it is.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Whether `program` with `arguments` starts and succeeds; its output is dropped.
pub fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// Whether `program` with `arguments` succeeds and prints anything.
pub fn prints(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).output();
    output.is_ok_and(|output| output.status.success() && !output.stdout.is_empty())
}
