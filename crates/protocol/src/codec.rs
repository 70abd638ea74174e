//! Bounded, canonical binary encoding (borsh) and the text forms built on it.
//!
//! Everything that comes in is checked twice: its length before anything is allocated, and, once
//! decoded, that encoding it again gives the same bytes. So one value has one encoding.

use std::io::{Error, ErrorKind, Read, Result as IoResult, Write};

use borsh::{BorshDeserialize, BorshSerialize};

/// Why bytes from outside are not a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// More bytes than this kind of value may have.
    #[error("too large: {found} bytes, at most {limit} are allowed")]
    TooLarge {
        /// Bytes that came.
        found: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The bytes are not this kind of value, or not its one canonical form.
    #[error("malformed: {0}")]
    Malformed(String),
}

/// Why a text is not a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Not hexadecimal of the right length.
    #[error("expected {expected} hexadecimal digits")]
    Hex {
        /// Digits expected.
        expected: usize,
    },
    /// Longer or shorter than allowed, or with characters that are not shown as themselves.
    #[error("expected 1 to {limit} bytes of printable text")]
    Text {
        /// Bytes allowed.
        limit: usize,
    },
}

/// Decodes a whole value, at most `limit` bytes, canonical form only.
pub fn decode<T: BorshDeserialize + BorshSerialize>(bytes: &[u8], limit: usize) -> Result<T, DecodeError> {
    if bytes.len() > limit {
        return Err(DecodeError::TooLarge { found: bytes.len(), limit });
    }
    let value = T::try_from_slice(bytes).map_err(|error| DecodeError::Malformed(error.to_string()))?;
    let mut expected = Expected(bytes);
    if value.serialize(&mut expected).is_err() || !expected.0.is_empty() {
        return Err(DecodeError::Malformed("not in canonical form".into()));
    }
    Ok(value)
}

/// Takes just these bytes, and refuses others.
struct Expected<'a>(&'a [u8]);

impl Write for Expected<'_> {
    fn write(&mut self, written: &[u8]) -> IoResult<usize> {
        self.0 = self.0.strip_prefix(written).ok_or_else(|| invalid("other bytes than these"))?;
        Ok(written.len())
    }

    fn flush(&mut self) -> IoResult<()> {
        Ok(())
    }
}

/// Encodes a value. Writing to memory cannot fail for the types of this crate, all of which are
/// bounded when they are made.
pub fn encode<T: BorshSerialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    let written = value.serialize(&mut out);
    debug_assert!(written.is_ok(), "values of this crate always encode");
    out
}

pub(crate) fn invalid(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, message)
}

/// Control characters, line and paragraph separators, and the controls that let text run against its reading
/// direction (Unicode UAX #9): a text with them can read as something else than it says.
fn is_deceptive(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One line of UTF-8 text of at most `MAX` (≤ 255) bytes, without control characters and without characters
/// that turn its reading direction; one length byte.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// Checks length and characters.
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        if text.len() > MAX.min(255) || text.chars().any(is_deceptive) {
            return Err(TextError::Text { limit: MAX.min(255) });
        }
        Ok(Self(text))
    }

    /// Keeps as much as fits, cut between characters; characters that a text may not have become spaces.
    pub fn clipped(text: &str) -> Self {
        let mut out = String::new();
        for character in text.trim().chars() {
            let character = if is_deceptive(character) { ' ' } else { character };
            if out.len() + character.len_utf8() > MAX.min(255) {
                break;
            }
            out.push(character);
        }
        out.truncate(out.trim_end().len());
        Self(out)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True when there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<const MAX: usize> std::fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&self.0, f)
    }
}

impl<const MAX: usize> std::fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> BorshSerialize for Text<MAX> {
    fn serialize<W: Write>(&self, writer: &mut W) -> IoResult<()> {
        let length = u8::try_from(self.0.len()).map_err(|_| invalid("text too long"))?;
        writer.write_all(&[length])?;
        writer.write_all(self.0.as_bytes())
    }
}

impl<const MAX: usize> BorshDeserialize for Text<MAX> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> IoResult<Self> {
        let length = usize::from(u8::deserialize_reader(reader)?);
        if length > MAX {
            return Err(invalid("text too long"));
        }
        let mut bytes = vec![0; length];
        reader.read_exact(&mut bytes)?;
        let text = String::from_utf8(bytes).map_err(|_| invalid("text is not UTF-8"))?;
        Self::new(text).map_err(|_| invalid("text is not one plain line"))
    }
}

impl<const MAX: usize> serde::Serialize for Text<MAX> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const MAX: usize> serde::Deserialize<'de> for Text<MAX> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::new(text).map_err(serde::de::Error::custom)
    }
}

/// Bytes, at most `MAX` (≤ 65,535); two length bytes, little-endian.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Bytes<const MAX: usize>(Vec<u8>);

impl<const MAX: usize> Bytes<MAX> {
    /// Checks the length.
    pub fn new(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        if bytes.len() > MAX {
            return Err(DecodeError::TooLarge { found: bytes.len(), limit: MAX });
        }
        Ok(Self(bytes))
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl<const MAX: usize> BorshSerialize for Bytes<MAX> {
    fn serialize<W: Write>(&self, writer: &mut W) -> IoResult<()> {
        let length = u16::try_from(self.0.len()).map_err(|_| invalid("bytes too long"))?;
        writer.write_all(&length.to_le_bytes())?;
        writer.write_all(&self.0)
    }
}

impl<const MAX: usize> BorshDeserialize for Bytes<MAX> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> IoResult<Self> {
        let length = usize::from(u16::deserialize_reader(reader)?);
        if length > MAX {
            return Err(invalid("bytes too long"));
        }
        let mut bytes = vec![0; length];
        reader.read_exact(&mut bytes)?;
        Ok(Self(bytes))
    }
}

/// A list of at most `MAX` (≤ 65,535) items; two length bytes, little-endian.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct List<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> List<T, MAX> {
    /// Checks the length.
    pub fn new(items: Vec<T>) -> Result<Self, DecodeError> {
        if items.len() > MAX {
            return Err(DecodeError::TooLarge { found: items.len(), limit: MAX });
        }
        Ok(Self(items))
    }

    /// The items.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

impl<T: BorshSerialize, const MAX: usize> BorshSerialize for List<T, MAX> {
    fn serialize<W: Write>(&self, writer: &mut W) -> IoResult<()> {
        let length = u16::try_from(self.0.len()).map_err(|_| invalid("list too long"))?;
        writer.write_all(&length.to_le_bytes())?;
        self.0.iter().try_for_each(|item| item.serialize(writer))
    }
}

impl<T: BorshDeserialize, const MAX: usize> BorshDeserialize for List<T, MAX> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> IoResult<Self> {
        let length = usize::from(u16::deserialize_reader(reader)?);
        if length > MAX {
            return Err(invalid("list too long"));
        }
        let mut items = Vec::new();
        for _ in 0..length {
            items.push(T::deserialize_reader(reader)?);
        }
        Ok(Self(items))
    }
}

/// Display, Debug, FromStr and serde of a fixed-size byte newtype as lower-case hexadecimal.
macro_rules! hex_text {
    ($name:ident, $size:expr) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), hex::encode(self.0))
            }
        }
        $crate::codec::hex_parse!($name, $size);
    };
}

/// FromStr and serde of a fixed-size byte newtype from hexadecimal.
macro_rules! hex_parse {
    ($name:ident, $size:expr) => {
        impl std::str::FromStr for $name {
            type Err = $crate::codec::TextError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let mut bytes = [0u8; $size];
                hex::decode_to_slice(text, &mut bytes)
                    .map_err(|_| $crate::codec::TextError::Hex { expected: 2 * $size })?;
                Ok(Self(bytes))
            }
        }
        $crate::codec::serde_text!($name);
    };
}

/// serde through Display and FromStr.
macro_rules! serde_text {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
        #[cfg(feature = "specta")]
        impl specta::Type for $name {
            fn definition(types: &mut specta::Types) -> specta::datatype::DataType {
                <String as specta::Type>::definition(types)
            }
        }
    };
}

pub(crate) use {hex_parse, hex_text, serde_text};
