//! Ways of doing something, measured in turn, so that whatever else the computer does meets all of them alike.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// One way: does it once and says how long that took.
pub type Way<'a> = Box<dyn FnMut() -> Result<Duration> + 'a>;

/// Times of several ways, in the order in which the ways were given.
pub struct Rounds {
    /// For each round, the time of each way.
    rounds: Vec<Vec<Duration>>,
}

impl Rounds {
    /// One round that does not count, then `count` that do. Each round begins with another way.
    pub fn measure(count: usize, mut ways: Vec<Way<'_>>) -> Result<Self> {
        ensure!(!ways.is_empty() && count > 0, "there is nothing to measure");
        let number = ways.len();
        let mut rounds = Vec::with_capacity(count);
        for round in 0..=count {
            let mut times = vec![Duration::ZERO; number];
            for step in 0..number {
                let way = (round + step) % number;
                times[way] = ways[way]()?;
            }
            rounds.push(times);
        }
        rounds.remove(0);
        Ok(Self { rounds })
    }

    /// Time of one way by that of another: the median over the rounds.
    pub fn ratio(&self, way: usize, beside: usize) -> Result<f64> {
        let ratios = self.rounds.iter().map(|times| times[way].as_secs_f64() / times[beside].as_secs_f64());
        median(ratios.collect())
    }

    /// Median time of one way.
    pub fn time(&self, way: usize) -> Result<Duration> {
        let seconds = self.rounds.iter().map(|times| times[way].as_secs_f64());
        Ok(Duration::from_secs_f64(median(seconds.collect())?))
    }
}

fn median(mut values: Vec<f64>) -> Result<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().context("there is nothing to take the median of")
}
