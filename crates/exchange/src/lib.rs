//! How copies are asked for and released: signed HTTP between wallets and gatekeepers.
//!
//! Both sides of every exchange are here, so that each rule stands once: the gatekeeper uses [`server`]
//! to judge requests and to sign answers, wallets and grantees use [`client`] to ask and to verify.
//!
//! | module | what it holds | specification |
//! | --- | --- | --- |
//! | [`signature`] | one strict profile of HTTP Message Signatures; pure | docs/spec/http-signatures.md |
//! | [`api`] | routes and messages; pure | docs/spec/exchange-api.md |
//! | [`server`] | from a request to who asks for what; signed answers | docs/spec/exchange-api.md |
//! | [`client`] | asking, and fetching a copy that is verified while it streams | docs/spec/exchange-api.md |
//!
//! Whatever comes from the other side is hostile until its signature, its bounds and its form have been
//! checked, in this order where possible.

pub mod api;
pub mod client;
mod endpoint;
mod person;
pub mod server;
pub mod signature;

pub use client::{ExchangeError, GatekeeperClient};
pub use endpoint::{Endpoint, EndpointError, MAX_ENDPOINT_CHARS};
pub use person::Person;
pub use signature::{SignatureError, Signer};
