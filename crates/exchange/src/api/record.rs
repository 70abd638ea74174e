//! Lists of records, and the header fields that come with a record. (API-7 … API-11)

use std::fmt;

use http::{HeaderMap, HeaderName, header::CONTENT_RANGE};
use medrec_protocol::{
    Commitment, RecordSalt,
    actions::PublishRecord,
    codec,
    decide::Operation,
    payload::RecordPayload,
    seal::{MAX_PLAINTEXT_BYTES, Opened},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{MAX_ANSWER_BYTES, MessageError, wire};
use crate::signature::{RECORD, SALT, SIZE};

/// Most records on one page.
pub const MAX_PAGE_RECORDS: usize = 100;

/// Why a listed record is not the one in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionError {
    /// The list names another commitment than the entry in the log.
    #[error("the list names another record than the ledger has at this place: do not trust it")]
    OtherRecord,
    /// The shown description is not what the entry commits to.
    #[error("the description is not the one that stands on the ledger: do not trust it")]
    OtherDescription,
    /// The description is of a newer version.
    #[error("the description is of a newer version: a newer program is needed")]
    Unreadable,
}

/// A sealed description, opened for somebody without the viewing key: whoever has the ledger's entry can check
/// that this is what was published, and nothing else opens. Shows nothing of itself in logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Salt of the entry's commitment.
    #[serde(with = "wire::hex_bytes")]
    salt: [u8; 32],
    /// The encoded [`RecordPayload`].
    #[serde(with = "wire::base64_bytes")]
    plaintext: Vec<u8>,
}

impl From<Opened> for Opening {
    fn from(opened: Opened) -> Self {
        Self { salt: opened.salt, plaintext: opened.plaintext }
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opening({} bytes)", self.plaintext.len())
    }
}

/// One record that the asker may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedRecord {
    /// Log index of its pointer.
    pub index: u64,
    /// The record version.
    pub commitment: Commitment,
    /// What the asker may do: take a copy, or only see it.
    #[serde(with = "operation")]
    pub operation: Operation,
    /// Its description, provable against the log.
    pub description: Opening,
}

impl ListedRecord {
    /// What the publisher says about the record. Not yet compared with the ledger.
    pub fn claimed(&self) -> Result<RecordPayload, DescriptionError> {
        codec::decode(&self.description.plaintext, MAX_PLAINTEXT_BYTES)
            .map_err(|_| DescriptionError::Unreadable)
    }

    /// The description, when `entry`, which the ledger has at [`Self::index`], commits to it.
    pub fn verify(&self, entry: &PublishRecord) -> Result<RecordPayload, DescriptionError> {
        if entry.commitment != self.commitment {
            return Err(DescriptionError::OtherRecord);
        }
        if !entry.description.is_opened_by(&self.description.salt, &self.description.plaintext) {
            return Err(DescriptionError::OtherDescription);
        }
        self.claimed()
    }
}

/// [`Operation`] in messages: `copy` or `view`.
mod operation {
    use super::{Deserialize, Deserializer, Operation, Serializer};

    #[derive(serde::Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        Copy,
        View,
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub fn serialize<S: Serializer>(operation: &Operation, serializer: S) -> Result<S::Ok, S::Error> {
        let word = match operation {
            Operation::Copy => Word::Copy,
            Operation::View => Word::View,
        };
        serde::Serialize::serialize(&word, serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Operation, D::Error> {
        Ok(match Word::deserialize(deserializer)? {
            Word::Copy => Operation::Copy,
            Word::View => Operation::View,
        })
    }
}

/// A page of the records that the asker may see, in the order of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordPage {
    /// At most [`MAX_PAGE_RECORDS`].
    #[serde(deserialize_with = "wire::bounded_list::<_, _, MAX_PAGE_RECORDS>")]
    pub records: Vec<ListedRecord>,
    /// There may be more: ask again with this as `after`. The index of the last record on this page.
    pub next: Option<u64>,
}

impl RecordPage {
    /// Reads a page that was asked for with `after`.
    pub fn decode(bytes: &[u8], after: Option<u64>) -> Result<Self, MessageError> {
        let page: Self = wire::decode(bytes, MAX_ANSWER_BYTES)?;
        let mut last = after;
        for record in &page.records {
            if last.is_some_and(|last| record.index <= last) {
                return Err(MessageError::Rule("records must stand in the order of the log"));
            }
            last = Some(record.index);
        }
        let honest_next = page.next.is_none() || (!page.records.is_empty() && page.next == last);
        if honest_next { Ok(page) } else { Err(MessageError::Rule("the next page begins elsewhere")) }
    }
}

/// What comes with a record, signed by the publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// Commitment to the bytes: the one that stands on the ledger.
    pub commitment: Commitment,
    /// Its salt.
    pub salt: RecordSalt,
    /// Size of the whole record in bytes.
    pub size: u64,
}

impl RecordHeader {
    /// Name and value of each header field.
    pub fn fields(&self) -> [(HeaderName, String); 3] {
        [(RECORD, self.commitment.to_string()), (SALT, self.salt.to_string()), (SIZE, self.size.to_string())]
    }

    /// Reads the header fields, whose signature was verified before.
    pub fn read(headers: &HeaderMap) -> Result<Self, MessageError> {
        let broken = MessageError::Rule("the header fields of a record are incomplete");
        let field = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let commitment = field(RECORD).and_then(|text| text.parse().ok());
        let salt = field(SALT).and_then(|text| text.parse().ok());
        let size = field(SIZE).and_then(canonical_number);
        match (commitment, salt, size) {
            (Some(commitment), Some(salt), Some(size)) => Ok(Self { commitment, salt, size }),
            _ => Err(broken),
        }
    }
}

/// Which bytes of a record: from some byte to the end. (RFC 9110, section 14; other forms are not of this API.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordRange {
    /// First byte.
    pub from: u64,
}

impl RecordRange {
    /// Reads `Range: bytes=FROM-`.
    pub fn parse(text: &str) -> Option<Self> {
        let from = text.strip_prefix("bytes=")?.strip_suffix('-')?;
        canonical_number(from).map(|from| Self { from })
    }

    /// Value of `Range`.
    pub fn header(self) -> String {
        format!("bytes={}-", self.from)
    }

    /// Value of `Content-Range` for a record of `size` bytes; none when it ends before the range begins.
    pub fn content_range(self, size: u64) -> Option<String> {
        let last = size.checked_sub(1).filter(|last| self.from <= *last)?;
        Some(format!("bytes {}-{last}/{size}", self.from))
    }

    /// True when an answer's `Content-Range` is the one for this range and size.
    pub(crate) fn is_answered_by(self, headers: &HeaderMap, size: u64) -> bool {
        let found = headers.get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
        found.is_some() && found == self.content_range(size).as_deref()
    }
}

fn canonical_number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
