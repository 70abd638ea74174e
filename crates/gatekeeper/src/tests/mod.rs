//! Use cases on a ledger in memory.

mod emergency;
mod enrolment;
mod fetching;
mod key_change;
mod outbox;
mod people;
mod publishing;
mod pushing;
mod releasing;
mod town;
mod withdrawing;
