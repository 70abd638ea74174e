//! What sort of thing a record is.

/// What a record is about, in the few words that a person chooses by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// A medicine: prescribed, given out, taken, or described.
    Medication,
    /// An allergy or intolerance, or the statement that none is known.
    Allergy,
    /// A condition or diagnosis.
    Problem,
    /// A measurement, laboratory result or other finding.
    Observation,
    /// A vaccination.
    Immunization,
    /// An operation or other procedure.
    Procedure,
    /// A letter, summary, plan or other writing.
    Document,
    /// A picture, or a study made of pictures.
    Imaging,
    /// A visit or a stay.
    Visit,
    /// Anything else.
    Other,
}
