//! The side that asks: requests to own patients, grants received, copies fetched from others and proved.

mod ask;
mod fetch;
mod inbox;
mod sink;

pub use ask::Ask;
pub use fetch::{Failure, FetchReport, ProvedCopy};
pub use inbox::{Inbox, InboxGrant, InboxRequest};
