//! Push: a publisher tells a grantee that there is something for it. The copy itself comes by the ordinary way, so one
//! verified path brings every copy. (API-18)

use medrec_protocol::{RelationshipAddress, state::GrantId};
use serde::{Deserialize, Serialize};

use super::{MAX_ANSWER_BYTES, MAX_REQUEST_BYTES, MessageError, wire};

/// Most records in one notice.
pub const MAX_NOTICE_RECORDS: usize = 100;

/// Content of `POST /v1/deliveries`. The publisher is the account that signs the request. It holds nothing that is not on
/// the ledger, and the receiver believes nothing of it before the ledger proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryNotice {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// The grant in mode push.
    pub grant: GrantId,
    /// Log indexes of the records that can be fetched, ascending, at most [`MAX_NOTICE_RECORDS`].
    #[serde(deserialize_with = "wire::bounded_list::<_, _, MAX_NOTICE_RECORDS>")]
    pub records: Vec<u64>,
}

impl DeliveryNotice {
    /// Reads the content of a request.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        let notice: Self = wire::decode(bytes, MAX_REQUEST_BYTES)?;
        if notice.records.is_empty() || !notice.records.is_sorted_by(|a, b| a < b) {
            return Err(MessageError::Rule("a notice names records in the order of the log"));
        }
        Ok(notice)
    }

    /// The content to be sent.
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        wire::encode(self)
    }
}

/// The answer, status 202, the same whatever the receiver knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryNoted {}

impl DeliveryNoted {
    /// Reads an answer.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        wire::decode(bytes, MAX_ANSWER_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use medrec_protocol::PublicKey;

    use super::*;

    fn notice(records: Vec<u64>) -> DeliveryNotice {
        DeliveryNotice {
            relationship: RelationshipAddress::of(&PublicKey::from_bytes([1; 32])),
            grant: GrantId::from_bytes([2; 16]),
            records,
        }
    }

    #[test]
    fn a_notice_is_read_as_it_is_written_and_the_longest_fits() {
        let longest = notice((u64::MAX - 99..=u64::MAX).collect());
        assert_eq!(longest.records.len(), MAX_NOTICE_RECORDS);
        assert_eq!(DeliveryNotice::decode(&longest.encode().unwrap()), Ok(longest));
    }

    #[test]
    fn a_notice_of_nothing_of_too_much_or_out_of_order_is_refused() {
        for records in [vec![], vec![2, 1], vec![1, 1], (0..101).collect()] {
            assert!(DeliveryNotice::decode(&notice(records).encode().unwrap()).is_err());
        }
    }
}
