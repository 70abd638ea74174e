//! Why a file could not be read as records.

/// What stops a file from being read as FHIR. The file itself is never harmed by this: a caller that meets
/// one of these can still publish the bytes as one record, which [`crate::describe`] always describes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordsError {
    /// More bytes than [`crate::limits::MAX_FILE_BYTES`].
    #[error("the file has {size} bytes, and at most {max} are read as FHIR; split it into smaller files")]
    TooLarge {
        /// Bytes of the file.
        size: usize,
        /// Bytes that are read at most.
        max: usize,
    },
    /// Objects and arrays nested deeper than [`crate::limits::MAX_DEPTH`].
    #[error(
        "the file is nested deeper than {max} levels; no FHIR resource is: ask its author for a sound copy"
    )]
    TooDeep {
        /// Levels that are read at most.
        max: usize,
    },
    /// The text is not JSON.
    #[error(
        "the file is not sound JSON (line {line}, column {column}); ask its author for a complete copy, or \
         publish it as a plain document"
    )]
    NotJson {
        /// Line of the first fault, from 1.
        line: usize,
        /// Column of the first fault, from 1; 0 where the fault is the line's end.
        column: usize,
    },
    /// A line of an NDJSON file is not one FHIR resource.
    #[error("line {line} of the file is not a FHIR resource; correct that line or remove it")]
    BadLine {
        /// Number of the line, from 1.
        line: usize,
    },
    /// A Bundle whose `entry` cannot be read: not an array of objects, or given twice.
    #[error("the Bundle's entries cannot be read; its `entry` must be one array of objects")]
    BadEntries,
    /// More resources than [`crate::limits::MAX_PARTS`].
    #[error("the file holds more than {max} resources; split it into smaller files")]
    TooManyParts {
        /// Resources that are read at most.
        max: usize,
    },
}

/// A text that is not a FHIR date, dateTime or instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date; write it as 2026, 2026-09, 2026-09-14 or 2026-09-14T10:30:00+01:00")]
pub struct DateError;
