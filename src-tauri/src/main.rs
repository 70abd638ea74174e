//! Starts the window.

use std::process::ExitCode;

fn main() -> ExitCode {
    medrec_desktop::run(medrec_desktop::Driving::Refused)
}
