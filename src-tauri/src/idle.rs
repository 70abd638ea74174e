//! Locking by itself: after some minutes without a sign of life, and when the computer has slept.
//!
//! The monotonic clock stands still while the computer sleeps and the calendar's clock does not: where the two drift
//! apart, the computer slept (or its calendar was set, when locking does no harm).

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use tauri::{AppHandle, Manager as _};

use crate::{flow, settings::SettingsFile};

const LOOK: Duration = Duration::from_secs(1);
/// More than clocks drift apart in one look.
const SLEPT: Duration = Duration::from_secs(10);

/// When the person was last there.
#[derive(Debug)]
pub struct Idle(Mutex<Instant>);

impl Default for Idle {
    fn default() -> Self {
        Self(Mutex::new(Instant::now()))
    }
}

impl Idle {
    /// The person is there.
    pub fn still_here(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn since(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// The two clocks at one moment.
#[derive(Clone, Copy, Debug)]
struct Moment {
    monotonic: Instant,
    calendar: SystemTime,
}

impl Moment {
    fn now() -> Self {
        Self { monotonic: Instant::now(), calendar: SystemTime::now() }
    }

    /// Whether the computer slept between two moments.
    fn slept_since(self, before: Self) -> bool {
        let awake = self.monotonic.saturating_duration_since(before.monotonic);
        self.calendar.duration_since(before.calendar).is_ok_and(|passed| passed > awake + SLEPT)
    }
}

/// Watches as long as the program runs.
pub async fn watch(app: AppHandle) {
    let mut before = Moment::now();
    loop {
        tokio::time::sleep(LOOK).await;
        let now = Moment::now();
        let minutes = u8::from(app.state::<SettingsFile>().get().lock_minutes);
        let idle = app.state::<Idle>().since() > Duration::from_mins(u64::from(minutes));
        if now.slept_since(before) || idle {
            flow::lock(&app).await;
        }
        before = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_that_ran_ahead_means_sleep() {
        let before = Moment::now();
        let after = |monotonic: u64, calendar: u64| Moment {
            monotonic: before.monotonic + Duration::from_secs(monotonic),
            calendar: before.calendar + Duration::from_secs(calendar),
        };
        assert!(!after(1, 1).slept_since(before));
        assert!(!after(20, 21).slept_since(before));
        assert!(after(1, 3600).slept_since(before));
        assert!(
            !Moment { calendar: before.calendar - Duration::from_mins(1), ..after(1, 1) }.slept_since(before)
        );
    }
}
