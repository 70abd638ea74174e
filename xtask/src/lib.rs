//! What the demo and the scenario tests share: child processes that always end, loopback addresses, and the sample town.

pub mod loopback;
pub mod processes;
pub mod town;
