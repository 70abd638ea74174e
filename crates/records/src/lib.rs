//! Reading records and describing them to people.
//!
//! The invariant: **the bytes are the record**. What this crate returns of a file are slices of it, exactly as it
//! stands, because the commitment on the ledger is made over those bytes; a description is made beside them and
//! never takes their place. Whatever the bytes are, [`describe`] answers; it cannot fail and cannot panic.
//!
//! Pure: no I/O, no clock, no random source. Every input is taken as hostile: sizes, nesting and counts are
//! bounded ([`limits`]) before anything is allocated.
//!
//! | module | what it holds | specification |
//! | --- | --- | --- |
//! | [`mod@describe`], [`description`] | the description of one record | docs/spec/description.md, DESC-1 … |
//! | [`mod@split`] | Bundles and NDJSON into their resources | docs/spec/description.md, DESC-20 … |
//! | [`partial_date`] | FHIR's dates | DESC-10 … |
//! | [`text`] | folding for search | DESC-16 |
//! | [`summary`] | a resource as lines for a person | DESC-17 |
//! | [`media`] | what kind of file some bytes are | DESC-30 … |
//!
//! ```
//! let file = br#"{"resourceType":"AllergyIntolerance","id":"a1",
//!     "clinicalStatus":{"coding":[{"code":"active"}]},
//!     "code":{"text":"Penicillin"},"recordedDate":"2026-09"}"#;
//! let description = medrec_records::describe(file, None, None);
//! assert_eq!(description.title, "Penicillin");
//! assert_eq!(description.kind, medrec_records::RecordKind::Allergy);
//! assert_eq!(description.date.unwrap().to_string(), "2026-09");
//! ```

pub mod describe;
pub mod description;
mod error;
mod fhir;
mod file_name;
mod json;
mod kind;
pub mod limits;
pub mod media;
pub mod partial_date;
mod payload;
mod pdf;
pub mod split;
pub mod summary;
pub mod text;
mod xml;

pub use describe::{describe, describe_among, describe_start};
pub use description::{Coding, Description};
pub use error::{DateError, RecordsError};
pub use kind::RecordKind;
pub use partial_date::{PartialDate, Precision};
pub use split::{Container, Neighbours, Part, Parts, Split, split};
pub use summary::{Label, Line, summary_lines, summary_lines_among};
pub use text::{fold, search_terms};
