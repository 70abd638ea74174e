//! The bounds that every file is held to before anything is allocated for it.

/// Largest file that is read as FHIR: 64 MiB. A larger one is described by its name and its first bytes.
pub const MAX_FILE_BYTES: usize = 64 * 1024 * 1024;

/// Deepest nesting of objects and arrays. FHIR R4's own examples stay below 20.
pub const MAX_DEPTH: usize = 64;

/// Most resources in one Bundle or NDJSON file.
pub const MAX_PARTS: usize = 100_000;

/// Most members of one JSON object. The widest R4 resource type has fewer than 60 elements.
pub(crate) const MAX_MEMBERS: usize = 1024;

/// Most items of one array that a description looks at.
pub(crate) const MAX_ITEMS: usize = 64;

/// Longest title, in bytes of UTF-8.
pub const MAX_TITLE_BYTES: usize = 120;

/// Longest name of an author or a place, in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 80;

/// Longest status, in bytes of UTF-8.
pub const MAX_STATUS_BYTES: usize = 40;

/// Most codes in one description.
pub const MAX_CODES: usize = 4;

/// Longest code system, in bytes. A code whose system is longer is left out.
pub const MAX_SYSTEM_BYTES: usize = 120;

/// Longest code, in bytes. A longer one is left out: a part of a code is another code.
pub const MAX_CODE_BYTES: usize = 40;

/// Longest FHIR resource type, in bytes. R4's longest has 33 letters.
pub const MAX_TYPE_BYTES: usize = 40;

/// Longest media type, in bytes.
pub const MAX_MEDIA_TYPE_BYTES: usize = 80;

/// How much of a file's beginning, and of its end, is searched for a title where the format is not FHIR.
pub(crate) const SCAN_BYTES: usize = 64 * 1024;
