//! Kinds of records: the few words in which people decide what may be seen.

use std::{
    fmt,
    io::{Error, ErrorKind, Read, Result as IoResult},
    str::FromStr,
};

use borsh::{BorshDeserialize, BorshSerialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $bit:literal, $text:literal;)*) => {
        /// What a record is about. The numbers are part of the ledger's format.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
            serde::Serialize, serde::Deserialize,
        )]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        #[borsh(use_discriminant = true)]
        #[repr(u8)]
        pub enum RecordKind { $($(#[$doc])* #[serde(rename = $text)] $name = $bit,)* }

        impl RecordKind {
            /// Every kind, in the order of the format.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Name in commands and JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

kinds! {
    /// Prescriptions, dispenses, statements about medicines.
    Medication = 0, "medication";
    /// Allergies and intolerances.
    Allergy = 1, "allergy";
    /// Problems, conditions, diagnoses.
    Problem = 2, "problem";
    /// Laboratory results, vital signs, other observations and their reports.
    Observation = 3, "observation";
    /// Immunizations.
    Immunization = 4, "immunization";
    /// Procedures.
    Procedure = 5, "procedure";
    /// Letters and other documents.
    Document = 6, "document";
    /// Images and imaging studies.
    Imaging = 7, "imaging";
    /// Visits and stays.
    Visit = 8, "visit";
    /// Everything else.
    Other = 9, "other";
}

/// The text names no kind of record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown kind of record; known are: medication, allergy, problem, observation, immunization, procedure, document, imaging, visit, other"
)]
pub struct UnknownKind;

impl FromStr for RecordKind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of kinds, one bit for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, BorshSerialize)]
pub struct RecordKinds(u32);

/// A kind that this program does not know is refused, not left out: a person who decides must see all of the
/// set, and the empty set has a meaning of its own.
impl BorshDeserialize for RecordKinds {
    fn deserialize_reader<R: Read>(reader: &mut R) -> IoResult<Self> {
        let bits = u32::deserialize_reader(reader)?;
        let known: Self = RecordKind::ALL.iter().copied().collect();
        if bits & !known.0 == 0 {
            Ok(Self(bits))
        } else {
            Err(Error::new(ErrorKind::InvalidData, "a kind of record that a newer program knows"))
        }
    }
}

impl RecordKinds {
    /// True when the kind is in the set.
    pub const fn contains(self, kind: RecordKind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    /// True when nothing is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The kinds in the set, in the order of the format.
    pub fn iter(self) -> impl Iterator<Item = RecordKind> {
        RecordKind::ALL.iter().copied().filter(move |kind| self.contains(*kind))
    }
}

impl FromIterator<RecordKind> for RecordKinds {
    fn from_iter<I: IntoIterator<Item = RecordKind>>(kinds: I) -> Self {
        Self(kinds.into_iter().fold(0, |bits, kind| bits | 1 << kind as u8))
    }
}
