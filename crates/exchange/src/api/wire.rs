//! JSON, bounded, and the text forms inside it.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error as _};

/// Why a message is not one of this API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Longer than a message of this kind may be.
    #[error("the message is too long: at most {limit} bytes are allowed")]
    TooLong {
        /// Bytes allowed.
        limit: usize,
    },
    /// Not JSON, or not of this shape.
    #[error("the message is not of the expected form (line {line}, column {column})")]
    Malformed {
        /// Line of the first fault, from 1.
        line: usize,
        /// Column of the first fault.
        column: usize,
    },
    /// Well formed, but it contradicts itself or this API.
    #[error("the message breaks a rule: {0}")]
    Rule(&'static str),
}

/// Parses JSON of at most `limit` bytes. What was in it is not repeated in the error.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, MessageError> {
    if bytes.len() > limit {
        return Err(MessageError::TooLong { limit });
    }
    serde_json::from_slice(bytes)
        .map_err(|error| MessageError::Malformed { line: error.line(), column: error.column() })
}

/// Encodes a message of this API.
pub(crate) fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, MessageError> {
    serde_json::to_vec(message).map_err(|_| MessageError::Rule("it cannot be written as JSON"))
}

/// Bytes as base64 (RFC 4648, section 4).
pub(crate) mod base64_bytes {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::de::Error as _;

    use super::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(|_| D::Error::custom("not base64"))
    }
}

/// Fixed-size bytes as lower-case hexadecimal.
pub(crate) mod hex_bytes {
    use serde::de::Error as _;

    use super::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer, const N: usize>(
        bytes: &[u8; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<[u8; N], D::Error> {
        let mut bytes = [0; N];
        hex::decode_to_slice(String::deserialize(deserializer)?, &mut bytes)
            .map_err(|_| D::Error::custom("not hexadecimal of the right length"))?;
        Ok(bytes)
    }
}

/// Refuses a list that is longer than `MAX`. What it takes meanwhile is bounded by the length of the message.
pub(crate) fn bounded_list<'de, D: Deserializer<'de>, T: Deserialize<'de>, const MAX: usize>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let list = Vec::<T>::deserialize(deserializer)?;
    if list.len() > MAX { Err(D::Error::custom("the list is too long")) } else { Ok(list) }
}
