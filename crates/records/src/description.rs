//! What a person is told about a record before (and after) its bytes are fetched.

use crate::kind::RecordKind;
use crate::limits::{MAX_CODE_BYTES, MAX_CODES, MAX_SYSTEM_BYTES};
use crate::partial_date::PartialDate;

/// The description of one record (docs/spec/description.md). Every text in it is one readable line: no control
/// characters, no hidden reordering, bounded in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// What the record is, in the words of who wrote it: "Amoxicillin 500 mg capsule", "Hemoglobin A1c 6.8 %".
    /// At most [`crate::limits::MAX_TITLE_BYTES`] bytes, never empty.
    pub title: String,
    /// What the record is about.
    pub kind: RecordKind,
    /// FHIR's `resourceType`, where the record is a FHIR resource.
    pub fhir_type: Option<String>,
    /// At most [`MAX_CODES`] codes of the record's main subject, the best known systems first.
    pub codes: Vec<Coding>,
    /// The status as stated; at most [`crate::limits::MAX_STATUS_BYTES`] bytes.
    pub status: Option<String>,
    /// The date that matters clinically, as stated.
    pub date: Option<PartialDate>,
    /// Who wrote, ordered or did it, if stated; at most [`crate::limits::MAX_NAME_BYTES`] bytes.
    pub author: Option<String>,
    /// Where it was done, if stated; at most [`crate::limits::MAX_NAME_BYTES`] bytes.
    pub place: Option<String>,
    /// Media type (RFC 6838), lower case, without parameters.
    pub media_type: String,
    /// Size of the record in bytes.
    pub size: u64,
}

/// A code and the system that gives it its meaning (FHIR R4, `Coding`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coding {
    /// URI of the code system; at most [`MAX_SYSTEM_BYTES`] bytes.
    pub system: String,
    /// The code; at most [`MAX_CODE_BYTES`] bytes.
    pub code: String,
}

/// The code systems that are listed first, in this order, each with the name people know it by.
///
/// Source of the URIs: FHIR R4, "Using Code Systems", and each system's page there.
pub const KNOWN_SYSTEMS: [(&str, &str); 8] = [
    ("http://www.nlm.nih.gov/research/umls/rxnorm", "RxNorm"),
    ("http://www.whocc.no/atc", "ATC"),
    ("http://snomed.info/sct", "SNOMED CT"),
    ("http://loinc.org", "LOINC"),
    ("http://hl7.org/fhir/sid/icd-10", "ICD-10"),
    ("http://hl7.org/fhir/sid/icd-10-cm", "ICD-10-CM"),
    ("http://hl7.org/fhir/sid/cvx", "CVX"),
    ("http://hl7.org/fhir/sid/ndc", "NDC"),
];

impl Coding {
    /// A code whose two parts are present, printable ASCII without blanks at the ends, and short enough.
    pub(crate) fn checked(system: &str, code: &str) -> Option<Self> {
        let sound = |text: &str, max: usize| {
            !text.is_empty()
                && text.len() <= max
                && text == text.trim()
                && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        };
        (sound(system, MAX_SYSTEM_BYTES) && sound(code, MAX_CODE_BYTES))
            .then(|| Self { system: system.to_owned(), code: code.to_owned() })
    }

    /// The name people know the system by, for those in [`KNOWN_SYSTEMS`].
    pub fn system_name(&self) -> Option<&'static str> {
        KNOWN_SYSTEMS.iter().find(|(uri, _)| *uri == self.system).map(|(_, name)| *name)
    }

    fn rank(&self) -> usize {
        KNOWN_SYSTEMS.iter().position(|(uri, _)| *uri == self.system).unwrap_or(KNOWN_SYSTEMS.len())
    }
}

/// The best [`MAX_CODES`] of the codes: known systems first, else as stated; each once.
pub(crate) fn best_codes(codes: Vec<Coding>) -> Vec<Coding> {
    let mut best: Vec<Coding> = Vec::new();
    for coding in codes {
        if !best.contains(&coding) {
            best.push(coding);
        }
    }
    best.sort_by_key(Coding::rank);
    best.truncate(MAX_CODES);
    best
}
