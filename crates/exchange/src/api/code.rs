//! Enrolment codes: what a provider hands to a patient, as text or QR, so that the patient's wallet can open
//! a relationship. (API-3)

use std::{fmt, str::FromStr};

use borsh::{BorshDeserialize, BorshSerialize};
use medrec_protocol::{ChainId, Hash32, ProviderAddress, Timestamp, codec, codec::Text, payload::V1, share};
use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::wire;
use crate::{Endpoint, endpoint::MAX_ENDPOINT_CHARS};

/// Human-readable part of an enrolment code.
pub const CODE_PREFIX: &str = "mrenrol";
const SECRET_BYTES: usize = 16;
/// Longest encoded code in bytes, before it becomes text.
const MAX_CODE_BYTES: usize = 512;
const SECRET_TAG: &str = "medrec/enrolment-code/v1";

/// What proves that the patient was given the code: 16 random bytes. Shows nothing of itself.
#[derive(Clone, BorshSerialize, BorshDeserialize, Zeroize, ZeroizeOnDrop)]
pub struct EnrolmentSecret([u8; SECRET_BYTES]);

impl EnrolmentSecret {
    /// A fresh secret.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; SECRET_BYTES];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// What a gatekeeper stores instead of the secret, and finds the code by.
    pub fn fingerprint(&self) -> Hash32 {
        Hash32::of(SECRET_TAG, &[&self.0])
    }
}

impl PartialEq for EnrolmentSecret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for EnrolmentSecret {}

impl fmt::Debug for EnrolmentSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnrolmentSecret(…)")
    }
}

impl Serialize for EnrolmentSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        wire::hex_bytes::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for EnrolmentSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        wire::hex_bytes::deserialize(deserializer).map(Self)
    }
}

/// An enrolment code. Its text form is bech32m without a length limit, `mrenrol1…`; whoever holds it can
/// enrol, once, until it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolmentCode {
    /// The ledger.
    pub chain_id: ChainId,
    /// The provider that opens the relationship.
    pub provider: ProviderAddress,
    /// Where its gatekeeper was when the code was made. To be shown; the ledger's directory decides.
    pub endpoint: Endpoint,
    /// Proves that the code was given.
    pub secret: EnrolmentSecret,
    /// Last second in which it is taken.
    pub expires: Timestamp,
}

/// The text is not an enrolment code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a complete enrolment code (it begins with {CODE_PREFIX}1); copy the whole text again")]
pub struct EnrolmentCodeError;

/// Layout of the bytes inside the text.
#[derive(BorshSerialize, BorshDeserialize)]
struct Layout {
    version: V1,
    chain_id: ChainId,
    provider: ProviderAddress,
    endpoint: Text<MAX_ENDPOINT_CHARS>,
    secret: EnrolmentSecret,
    expires: Timestamp,
}

impl fmt::Display for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = Layout {
            version: V1,
            chain_id: self.chain_id.clone(),
            provider: self.provider,
            endpoint: Text::new(self.endpoint.as_str()).map_err(|_| fmt::Error)?,
            secret: self.secret.clone(),
            expires: self.expires,
        };
        share::write_code(f, CODE_PREFIX, &codec::encode(&layout))
    }
}

impl FromStr for EnrolmentCode {
    type Err = EnrolmentCodeError;

    fn from_str(text: &str) -> Result<Self, EnrolmentCodeError> {
        let bytes = share::read_code(CODE_PREFIX, text).ok_or(EnrolmentCodeError)?;
        let layout: Layout = codec::decode(&bytes, MAX_CODE_BYTES).map_err(|_| EnrolmentCodeError)?;
        let endpoint: Endpoint = layout.endpoint.as_str().parse().map_err(|_| EnrolmentCodeError)?;
        if endpoint.as_str() != layout.endpoint.as_str() {
            return Err(EnrolmentCodeError);
        }
        Ok(Self {
            chain_id: layout.chain_id,
            provider: layout.provider,
            endpoint,
            secret: layout.secret,
            expires: layout.expires,
        })
    }
}

#[cfg(test)]
mod tests {
    use medrec_protocol::PublicKey;
    use proptest::prelude::*;

    use super::*;

    fn code() -> EnrolmentCode {
        EnrolmentCode {
            chain_id: "demo-1".parse().unwrap(),
            provider: ProviderAddress::of(&PublicKey::from_bytes([1; 32])),
            endpoint: "https://gatekeeper.example:8443".parse().unwrap(),
            secret: EnrolmentSecret([0xab; 16]),
            expires: Timestamp::from_seconds(1_800_000_000),
        }
    }

    #[test]
    fn a_code_is_read_as_it_is_written_also_when_a_mail_program_broke_its_line() {
        let text = code().to_string();
        assert!(text.starts_with("mrenrol1"), "{text}");
        assert_eq!(text.parse(), Ok(code()));
        assert_eq!(text.to_uppercase().parse(), Ok(code()));
        let (a, b) = text.split_at(40);
        assert_eq!(format!(" {a}\r\n  {b}\n").parse(), Ok(code()));
    }

    #[test]
    fn a_typing_error_is_noticed_at_every_place() {
        let text = code().to_string();
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'q' { b'p' } else { b'q' };
            let altered = String::from_utf8(bytes).unwrap();
            assert_eq!(altered.parse::<EnrolmentCode>(), Err(EnrolmentCodeError), "{altered}");
        }
        assert!(text[..text.len() - 1].parse::<EnrolmentCode>().is_err());
    }

    #[test]
    fn a_code_of_another_kind_or_version_or_for_plain_http_is_refused() {
        struct Code(&'static str, Vec<u8>);
        impl fmt::Display for Code {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                share::write_code(f, self.0, &self.1)
            }
        }
        let bytes = share::read_code(CODE_PREFIX, &code().to_string()).unwrap();
        let parse = |prefix, bytes: Vec<u8>| Code(prefix, bytes).to_string().parse::<EnrolmentCode>();
        assert_eq!(parse(CODE_PREFIX, bytes.clone()), Ok(code()));
        assert!(parse("mrshare", bytes.clone()).is_err());
        assert!(parse(CODE_PREFIX, [&[2], &bytes[1..]].concat()).is_err());
        assert!(parse(CODE_PREFIX, [&bytes[..], &[0]].concat()).is_err());
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(text.contains("https://gatekeeper.example:8443"));
        let at = bytes.windows(8).position(|window| window == b"https://").unwrap();
        let mut plain = bytes.clone();
        plain.splice(at..at + 5, *b"http:");
        plain.remove(at + 5);
        plain[at - 1] -= 1;
        assert!(parse(CODE_PREFIX, plain).is_err());
    }

    #[test]
    fn the_secret_is_not_shown() {
        assert!(!format!("{:?}", code()).contains("ab"), "{:?}", code());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_code_parser_panic(text in "(mrenrol1)?[ -~]{0,300}") {
            let _ = text.parse::<EnrolmentCode>();
        }
    }
}
