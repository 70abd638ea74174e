//! Use cases on a ledger in memory.

mod enrolment;
mod fetching;
mod outbox;
mod publishing;
mod releasing;
