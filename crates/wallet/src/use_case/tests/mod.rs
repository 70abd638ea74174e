//! The use cases against a real ledger node in this process.

mod access;
mod acts;
mod enrol;
mod history;
mod life;
mod overview;
mod people;
mod records;
mod restore;
mod share;
mod stop;
mod sync;
