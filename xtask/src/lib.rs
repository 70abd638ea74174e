//! What the demo and the scenario tests share: child processes that always end, loopback addresses, a
//! network of ledger nodes, and the sample town.

pub mod loopback;
pub mod network;
pub mod processes;
pub mod town;
