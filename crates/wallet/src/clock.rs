//! The clock as an argument: the system's own in the program, a hand-set one in tests.

use std::time::{SystemTime, UNIX_EPOCH};

use medrec_protocol::Timestamp;

/// Tells the time in whole seconds.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock before 1970 reads as 1970: far from block time, so nothing is believed to be fresh.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_seconds(since.as_secs())
    }
}
