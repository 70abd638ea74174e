//! A use of emergency access: what is said before anything is looked at, and the card that a patient carries.
//! (API-16, API-17)

use std::{fmt, str::FromStr};

use borsh::{BorshDeserialize, BorshSerialize};
use medrec_protocol::{
    ChainId, ProviderAddress, RelationshipAddress, Timestamp,
    codec::{self, List, Text},
    payload::{MAX_GRANTS_IN_ANSWER, V1},
    share,
    state::EpisodeId,
};
use serde::{Deserialize, Serialize};

use super::{MAX_ANSWER_BYTES, MAX_REQUEST_BYTES, MessageError, wire};

/// Human-readable part of an emergency card.
pub const CARD_PREFIX: &str = "mremergency";
/// Longest encoded card in bytes, before it becomes text.
const MAX_CARD_BYTES: usize = 4 * 1024;

/// Content of `POST /v1/relationships/{relationship}/emergencies`: a provider that gives emergency care says why it must
/// look. Who looks stands in the request's header field `medrec-person`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmergencyRequest {
    /// Names this use; chosen by the provider.
    pub episode: EpisodeId,
    /// Why; never empty. The patient reads it.
    pub reason: Text<200>,
}

impl EmergencyRequest {
    /// Reads the content of a request.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        let request: Self = wire::decode(bytes, MAX_REQUEST_BYTES)?;
        request.check()?;
        Ok(request)
    }

    /// The content to be sent.
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        self.check()?;
        wire::encode(self)
    }

    fn check(&self) -> Result<(), MessageError> {
        if self.reason.as_str().trim().is_empty() {
            Err(MessageError::Rule("emergency access needs a reason"))
        } else {
            Ok(())
        }
    }
}

/// The answer: the use as the publisher wrote it down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmergencyEpisode {
    /// The use.
    pub episode: EpisodeId,
    /// When its reason first came, by the publisher's clock, in seconds since 1970.
    #[serde(with = "seconds")]
    pub began: Timestamp,
    /// Last second in which something may be seen under it.
    #[serde(with = "seconds")]
    pub ends: Timestamp,
}

impl EmergencyEpisode {
    /// Reads an answer.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        wire::decode(bytes, MAX_ANSWER_BYTES)
    }
}

/// [`Timestamp`] in messages: whole seconds since 1970.
mod seconds {
    use medrec_protocol::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(time.seconds())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        u64::deserialize(deserializer).map(Timestamp::from_seconds)
    }
}

/// One relationship on a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct CardEntry {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// Its publisher: the ledger's directory says where its gatekeeper is.
    pub publisher: ProviderAddress,
}

/// What a patient carries for emergencies: where records are. It is no key: only providers that give emergency care can
/// use it, only where the patient allowed that, and every use is told to the patient. Its text form is bech32m without a
/// length limit, `mremergency1…`.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EmergencyCard {
    /// Version of this layout.
    pub version: V1,
    /// The ledger.
    pub chain_id: ChainId,
    /// Where records are.
    pub entries: List<CardEntry, MAX_GRANTS_IN_ANSWER>,
}

/// The text is not an emergency card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a complete emergency card (it begins with {CARD_PREFIX}1); copy the whole text again")]
pub struct EmergencyCardError;

impl fmt::Display for EmergencyCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        share::write_code(f, CARD_PREFIX, &codec::encode(self))
    }
}

impl FromStr for EmergencyCard {
    type Err = EmergencyCardError;

    fn from_str(text: &str) -> Result<Self, EmergencyCardError> {
        let bytes = share::read_code(CARD_PREFIX, text).ok_or(EmergencyCardError)?;
        codec::decode(&bytes, MAX_CARD_BYTES).map_err(|_| EmergencyCardError)
    }
}

#[cfg(test)]
mod tests {
    use medrec_protocol::PublicKey;
    use proptest::prelude::*;

    use super::*;

    fn card() -> EmergencyCard {
        let entry = |seed| CardEntry {
            relationship: RelationshipAddress::of(&PublicKey::from_bytes([seed; 32])),
            publisher: ProviderAddress::of(&PublicKey::from_bytes([seed + 1; 32])),
        };
        EmergencyCard {
            version: V1,
            chain_id: "demo-1".parse().unwrap(),
            entries: List::new(vec![entry(1), entry(3)]).unwrap(),
        }
    }

    #[test]
    fn a_card_is_read_as_it_is_written_also_when_its_line_was_broken() {
        let text = card().to_string();
        assert!(text.starts_with("mremergency1"), "{text}");
        assert_eq!(text.parse(), Ok(card()));
        let (a, b) = text.split_at(50);
        assert_eq!(format!("{a}\n {b}\n").parse(), Ok(card()));
    }

    #[test]
    fn the_largest_card_is_read() {
        let entry = card().entries.as_slice()[0];
        let card = EmergencyCard { entries: List::new(vec![entry; MAX_GRANTS_IN_ANSWER]).unwrap(), ..card() };
        assert_eq!(card.to_string().parse(), Ok(card));
    }

    #[test]
    fn a_typing_error_a_cut_and_another_kind_of_code_are_noticed() {
        let text = card().to_string();
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'q' { b'p' } else { b'q' };
            let altered = String::from_utf8(bytes).unwrap();
            assert_eq!(altered.parse::<EmergencyCard>(), Err(EmergencyCardError), "{altered}");
        }
        assert!(text[..text.len() - 1].parse::<EmergencyCard>().is_err());
        assert!(text.replace("mremergency", "mrshare").parse::<EmergencyCard>().is_err());
    }

    #[test]
    fn emergency_access_needs_a_reason() {
        let request = EmergencyRequest {
            episode: EpisodeId::from_bytes([1; 16]),
            reason: Text::new("Unconscious after a fall").unwrap(),
        };
        assert_eq!(EmergencyRequest::decode(&request.encode().unwrap()), Ok(request.clone()));
        let empty = EmergencyRequest { reason: Text::new(" ").unwrap(), ..request };
        assert!(empty.encode().is_err());
        assert!(EmergencyRequest::decode(&serde_json::to_vec(&empty).unwrap()).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_card_parser_panic(text in "(mremergency1)?[ -~]{0,300}") {
            let _ = text.parse::<EmergencyCard>();
        }
    }
}
