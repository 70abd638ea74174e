//! Measures the window's program that was built at the given path: how soon its first page is seen, how much memory it has
//! with the sample town's first page open, how large it is. Run by `cargo xtask window-figures`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a tool of the project"
)]

use std::path::PathBuf;
use std::time::Duration;

use medrec_tests::{PASSPHRASE, Page, TestTown, Window};

/// Starts that count; one before them warms the files.
const STARTS: usize = 9;
/// Until a page that was opened has come to rest.
const REST: Duration = Duration::from_secs(10);

fn main() {
    let program = PathBuf::from(std::env::args_os().nth(1).expect("the program to measure"));
    let town = TestTown::open();
    let amelia = town.amelia_with_visits();
    let mut times: Vec<Duration> = (0..=STARTS)
        .map(|_| {
            let window = Window::open_program(&program, amelia.home());
            window.see("Open your wallet");
            window.time_to_first_paint(&program).unwrap()
        })
        .skip(1)
        .collect();
    times.sort_unstable();
    println!("first page painted: {} ms (median of {STARTS})", times[STARTS / 2].as_millis());
    println!("  from {} to {} ms", times[0].as_millis(), times[STARTS - 1].as_millis());

    let window = Window::open_program(&program, amelia.home());
    window.see("Open your wallet");
    println!("memory at the door: {:.0} MiB", mebibytes(window.memory(&program).unwrap()));
    window.fill("Passphrase", PASSPHRASE);
    window.press("Unlock");
    window.at(Page::Wallet);
    window.see("Nothing is missing.");
    std::thread::sleep(REST);
    println!("memory at home: {:.0} MiB", mebibytes(window.memory(&program).unwrap()));
    println!("program: {:.1} MiB", mebibytes(std::fs::metadata(&program).unwrap().len()));
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
