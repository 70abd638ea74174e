//! Starts the window for the project's own tests: WebDriver may drive it.

use std::process::ExitCode;

fn main() -> ExitCode {
    medrec_desktop::run(medrec_desktop::Driving::Allowed)
}
