//! The gatekeeper stands before a provider's records: it publishes pointers to them, releases a copy only
//! under a live grant, writes every release to the ledger, and is also the side that asks other providers.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`home`], [`config`], [`keys`] | its folder, settings and secrets |
//! | [`store`] | its encrypted database |
//! | [`ledger_view`], [`ledger_client`] | the ledger: the port in the gatekeeper's words, and the light client behind it |
//! | `book` | the verified logs of its own relationships |
//! | [`source`], [`publish`], [`snapshot_files`] | from the folder to pointers on the ledger |
//! | [`enrolment`] | opening relationships |
//! | [`people`] | viewing keys for patients and delegates, uses of emergency access |
//! | [`release`], [`disclosures`] | may a copy leave, and writing down that it did |
//! | [`push`] | telling grantees what they can fetch |
//! | `outbox` | sending transactions until their effect is proved |
//! | [`grantee`] | asking, inbox, fetching |
//! | [`http`], [`server`] | serving |
//! | [`commands`] | the command line |
//!
//! The invariant: no byte of a record leaves before the release is durable, and nothing is released that a
//! fresh, verified view of the ledger does not permit.

mod acceptance;
mod book;
pub mod clock;
pub mod commands;
pub mod config;
pub mod disclosures;
pub mod enrolment;
pub mod error;
pub mod gatekeeper;
pub mod grantee;
pub mod health;
pub mod home;
pub mod http;
pub mod keys;
pub mod ledger_client;
pub mod ledger_view;
mod outbox;
pub mod own_entry;
pub mod patient;
pub mod people;
pub mod publish;
pub mod push;
pub mod random;
pub mod release;
pub mod server;
pub mod snapshot_files;
pub mod source;
pub mod store;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod withdraw;

pub use error::{GatekeeperError, Result};
pub use gatekeeper::{Gatekeeper, Parts};
