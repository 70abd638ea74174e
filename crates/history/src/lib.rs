//! The consent history: who was given what, by whom, from when to when; what was released under it; what was stopped.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`model`] | the history as plain facts, versioned; [`standing`]: what it means at its end |
//! | [`sentences`] | one plain sentence for each entry, in English and Spanish |
//! | [`file`], [`build`] | the verifiable file: its form, and how one is made |
//! | [`verify`](mod@verify) | the check of a file, without a network |
//! | [`csv`], [`fhir`], `pdf` (feature `pdf`) | exports: functions from a [`History`] to bytes |
//!
//! Pure: no I/O, no clock, no random source. (docs/spec/history.md)

mod bounded;
pub mod build;
pub mod csv;
pub mod fhir;
pub mod file;
pub mod model;
#[cfg(feature = "pdf")]
pub mod pdf;
mod read;
pub mod sentences;
pub mod standing;
pub mod verify;

pub use build::{BuildError, Builder, Made, RelationshipEvidence};
pub use csv::to_csv;
pub use fhir::to_fhir;
pub use file::{FILE_EXTENSION, FileError, HistoryFile, Opening, ProvenLeaf, digest};
pub use model::History;
#[cfg(feature = "pdf")]
pub use pdf::{PdfError, to_pdf};
pub use read::sealed_parts;
pub use sentences::Language;
pub use verify::{Anchor, Stated, Trust, Verified, VerifyError, Votes, verify};

#[cfg(test)]
mod tests;
