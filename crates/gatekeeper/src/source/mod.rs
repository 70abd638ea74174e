//! The provider's folder: `<folder>/<local patient id>/…`, read as hostile.
//!
//! A file is one record, except that a FHIR Bundle or NDJSON file is one record for each resource in it, each
//! with its exact bytes. Links are not followed, nothing outside the patient's folder is read, and what cannot
//! be read is noted while the others go on.

pub mod read;
pub mod scan;

pub use read::{Content, FileRead, PartRead, ReadProblem};
pub use scan::{Found, Scan};
