//! The demo's voice: numbered steps in plain words, what each one showed, and how long it took.

use std::cell::Cell;
use std::time::Instant;

use anyhow::Result;

/// Numbers and times the steps of one story.
#[derive(Debug)]
pub struct Steps {
    number: Cell<u32>,
    started: Instant,
}

impl Steps {
    /// The story starts now.
    pub fn new() -> Self {
        Self { number: Cell::new(0), started: Instant::now() }
    }

    /// A heading between steps.
    #[allow(clippy::unused_self, reason = "everything that the demo says goes through the steps")]
    pub fn chapter(&self, words: &str) {
        println!("\n{words}\n{}", "-".repeat(words.chars().count()));
    }

    /// One step: `words` say what is done; `act` does it and says what was seen or verified.
    pub fn step<T>(&self, words: &str, act: impl FnOnce() -> Result<(T, String)>) -> Result<T> {
        let number = self.number.get() + 1;
        self.number.set(number);
        println!("{number:3}. {words}");
        let started = Instant::now();
        let outcome = act();
        let took = started.elapsed().as_secs_f64();
        match outcome {
            Ok((value, seen)) => {
                for line in seen.lines() {
                    println!("       {line}");
                }
                println!("       ({took:.2} s)");
                Ok(value)
            }
            Err(error) => Err(error.context(format!("step {number} failed: {words}"))),
        }
    }

    /// The last line.
    pub fn finish(&self) {
        println!("\n{} steps, {:.1} s", self.number.get(), self.started.elapsed().as_secs_f64());
    }
}
