//! How much one peer, and all together, may ask.

use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests of one peer in one second, and at once.
const REQUESTS_PER_SECOND: NonZeroU32 = at_least_one(500);
const REQUESTS_AT_ONCE: NonZeroU32 = at_least_one(1000);
/// Enrolments that one peer may try at once; one more comes back every [`ENROLMENT_PERIOD`].
const ENROLMENTS_AT_ONCE: NonZeroU32 = at_least_one(10);
const ENROLMENT_PERIOD: Duration = Duration::from_secs(6);
/// Requests that are worked on at the same time.
const WORKING: usize = 256;
/// Copies that stream at the same time.
const STREAMS: usize = 128;
/// When more peers than this are remembered, those that have been quiet are forgotten.
const PEERS: usize = 10_000;

const fn at_least_one(count: u32) -> NonZeroU32 {
    match NonZeroU32::new(count) {
        Some(count) => count,
        None => NonZeroU32::MIN,
    }
}

/// A place that was taken; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place(#[allow(dead_code, reason = "held for what dropping it does")] OwnedSemaphorePermit);

pub(super) struct Limits {
    requests: DefaultKeyedRateLimiter<IpAddr>,
    enrolments: DefaultKeyedRateLimiter<IpAddr>,
    working: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

impl Default for Limits {
    fn default() -> Self {
        let per_second = Quota::per_second(REQUESTS_PER_SECOND).allow_burst(REQUESTS_AT_ONCE);
        let slowly = Quota::with_period(ENROLMENT_PERIOD).unwrap_or(Quota::per_minute(ENROLMENTS_AT_ONCE));
        Self {
            requests: RateLimiter::keyed(per_second),
            enrolments: RateLimiter::keyed(slowly.allow_burst(ENROLMENTS_AT_ONCE)),
            working: Arc::new(Semaphore::new(WORKING)),
            streams: Arc::new(Semaphore::new(STREAMS)),
        }
    }
}

impl Limits {
    /// Lets a peer's request in, if neither it nor all together ask too much.
    pub(super) fn admit(&self, peer: IpAddr) -> Option<Place> {
        if self.requests.len() > PEERS {
            self.requests.retain_recent();
        }
        self.requests.check_key(&peer).ok()?;
        Arc::clone(&self.working).try_acquire_owned().ok().map(Place)
    }

    /// Lets a peer try to enrol.
    pub(super) fn admit_enrolment(&self, peer: IpAddr) -> bool {
        if self.enrolments.len() > PEERS {
            self.enrolments.retain_recent();
        }
        self.enrolments.check_key(&peer).is_ok()
    }

    /// A place for a copy to stream.
    pub(super) fn stream(&self) -> Option<Place> {
        Arc::clone(&self.streams).try_acquire_owned().ok().map(Place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_tries_too_many_enrolments_waits_and_others_do_not() {
        let limits = Limits::default();
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|ip| ip.parse().unwrap());
        let taken = (0..50).filter(|_| limits.admit_enrolment(one)).count();
        assert_eq!(taken, 10);
        assert!(limits.admit_enrolment(other));
    }

    #[test]
    fn places_are_free_again_when_they_are_left() {
        let limits = Limits::default();
        let peer = "192.0.2.1".parse().unwrap();
        let places: Vec<Place> = (0..WORKING).map_while(|_| limits.admit(peer)).collect();
        assert_eq!(places.len(), WORKING);
        assert!(limits.admit(peer).is_none());
        drop(places);
        assert!(limits.admit(peer).is_some());
    }
}
