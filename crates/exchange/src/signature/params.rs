//! Parameters of a signature (RFC 9421, section 2.3), in one order and one form.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use medrec_protocol::{Address, ProviderAddress, Timestamp};
use rand_core::CryptoRng;
use sfv::{BareItem, FieldType as _, InnerList, Item, Parameters};

use super::{ALGORITHM, ANSWER_TAG, REQUEST_TAG, SignatureError};

const NONCE_BYTES: usize = 16;

/// Makes a request unique: 16 random bytes, in base64url without padding (RFC 4648, section 5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestNonce([u8; NONCE_BYTES]);

impl RequestNonce {
    /// A fresh nonce.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; NONCE_BYTES];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Takes 16 random bytes.
    pub const fn from_bytes(bytes: [u8; NONCE_BYTES]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; NONCE_BYTES] {
        &self.0
    }

    fn text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

/// Parameters of a request's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestParams {
    pub created: Timestamp,
    pub expires: Timestamp,
    pub nonce: RequestNonce,
    pub keyid: Address,
}

impl RequestParams {
    /// The covered components and the parameters, as they stand after the label.
    pub fn write(&self, components: &[&str]) -> String {
        format!(
            "({});created={};expires={};nonce=\"{}\";alg=\"{ALGORITHM}\";keyid=\"{}\";tag=\"{REQUEST_TAG}\"",
            components.join(" "),
            self.created.seconds(),
            self.expires.seconds(),
            self.nonce.text(),
            self.keyid,
        )
    }

    /// Reads them; whatever [`Self::write`] would not have written is refused.
    pub fn read(text: &str, list: &InnerList, components: &[&str]) -> Result<Self, SignatureError> {
        covers_exactly(&list.items, components)?;
        knows_all(&list.params, &["created", "expires", "nonce", "alg", "keyid", "tag"])?;
        is_constant(&list.params, "alg", ALGORITHM)?;
        is_constant(&list.params, "tag", REQUEST_TAG)?;
        let nonce = string(&list.params, "nonce")?;
        let params = Self {
            created: time(&list.params, "created")?,
            expires: time(&list.params, "expires")?,
            nonce: RequestNonce::parse(nonce).ok_or(SignatureError::Parameter { name: "nonce" })?,
            keyid: keyid(&list.params)?,
        };
        is_canonical(text, &params.write(components))?;
        Ok(params)
    }
}

/// Parameters of an answer's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AnswerParams {
    pub created: Timestamp,
    pub keyid: ProviderAddress,
}

impl AnswerParams {
    /// The covered components and the parameters, as they stand after the label.
    pub fn write(&self, components: &[&str]) -> String {
        format!(
            "({});created={};alg=\"{ALGORITHM}\";keyid=\"{}\";tag=\"{ANSWER_TAG}\"",
            components.join(" "),
            self.created.seconds(),
            self.keyid,
        )
    }

    /// Reads them; whatever [`Self::write`] would not have written is refused.
    pub fn read(text: &str, list: &InnerList, components: &[&str]) -> Result<Self, SignatureError> {
        covers_exactly(&list.items, components)?;
        knows_all(&list.params, &["created", "alg", "keyid", "tag"])?;
        is_constant(&list.params, "alg", ALGORITHM)?;
        is_constant(&list.params, "tag", ANSWER_TAG)?;
        let Address::Provider(keyid) = keyid(&list.params)? else {
            return Err(SignatureError::Parameter { name: "keyid" });
        };
        let params = Self { created: time(&list.params, "created")?, keyid };
        is_canonical(text, &params.write(components))?;
        Ok(params)
    }
}

fn covers_exactly(items: &[Item], expected: &[&str]) -> Result<(), SignatureError> {
    let mut found = String::new();
    for item in items {
        let separator = if found.is_empty() { "" } else { " " };
        // Writing to a text cannot fail.
        let _ = write!(found, "{separator}{}", item.serialize());
    }
    let expected = expected.join(" ");
    if found == expected { Ok(()) } else { Err(SignatureError::Components { expected, found }) }
}

fn knows_all(params: &Parameters, known: &[&str]) -> Result<(), SignatureError> {
    let surplus = params.keys().any(|key| !known.contains(&key.as_str()));
    if surplus { Err(SignatureError::SurplusParameter) } else { Ok(()) }
}

fn string<'p>(params: &'p Parameters, name: &'static str) -> Result<&'p str, SignatureError> {
    match params.get(name) {
        Some(BareItem::String(text)) => Ok(text.as_str()),
        _ => Err(SignatureError::Parameter { name }),
    }
}

fn is_constant(params: &Parameters, name: &'static str, expected: &str) -> Result<(), SignatureError> {
    if string(params, name)? == expected { Ok(()) } else { Err(SignatureError::Parameter { name }) }
}

fn time(params: &Parameters, name: &'static str) -> Result<Timestamp, SignatureError> {
    let seconds = params.get(name).and_then(BareItem::as_integer).map(i64::from);
    let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
    seconds.map(Timestamp::from_seconds).ok_or(SignatureError::Parameter { name })
}

fn keyid(params: &Parameters) -> Result<Address, SignatureError> {
    string(params, "keyid")?.parse().map_err(|_| SignatureError::Parameter { name: "keyid" })
}

fn is_canonical(text: &str, canonical: &str) -> Result<(), SignatureError> {
    if text == canonical { Ok(()) } else { Err(SignatureError::MalformedField { field: "signature-input" }) }
}
