//! The side that asks: requests to own patients, grants received, copies fetched from others and proved.

mod ask;
pub(crate) mod delivery;
mod emergency;
mod fetch;
mod inbox;
mod sink;
mod view;

pub use ask::Ask;
pub use fetch::{Failure, FetchReport, ProvedCopy, Stopped};
pub use inbox::{Inbox, InboxGrant, InboxRequest};
pub use view::Shown;
