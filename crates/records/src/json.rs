//! A bounded, lazy view of JSON that keeps the exact text.
//!
//! Nothing is converted until it is asked for: numbers stay the digits that were written (`6.80` is not `6.8`;
//! FHIR R4, "decimal": precision is meaningful), unknown members cost nothing, and every value is a slice of
//! the file. A member name given twice in one object is not read at all, because two readers could choose
//! differently and the description would then not be of what others see.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use crate::error::RecordsError;
use crate::limits::{MAX_DEPTH, MAX_FILE_BYTES, MAX_ITEMS, MAX_MEMBERS};

/// UTF-8's byte order mark, which some exports put before the JSON although RFC 8259 forbids it.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One JSON value, still as text.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a>(&'a RawValue);

/// Reads a whole file as one JSON value, held to [`MAX_FILE_BYTES`] and [`MAX_DEPTH`].
pub(crate) fn parse(bytes: &[u8]) -> Result<Node<'_>, RecordsError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(RecordsError::TooLarge { size: bytes.len(), max: MAX_FILE_BYTES });
    }
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    check_depth(bytes)?;
    serde_json::from_slice::<&RawValue>(bytes)
        .map(Node)
        .map_err(|error| RecordsError::NotJson { line: error.line(), column: error.column() })
}

/// Whether the first character that is not white space opens a JSON object.
pub(crate) fn looks_like_object(bytes: &[u8]) -> bool {
    first_character(bytes) == Some(b'{')
}

/// Whether the bytes are a JSON object or array.
pub(crate) fn is_json(bytes: &[u8]) -> bool {
    matches!(first_character(bytes), Some(b'{' | b'[')) && parse(bytes).is_ok()
}

fn first_character(bytes: &[u8]) -> Option<u8> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()).copied()
}

/// Walks the text once, without recursion, and refuses nesting beyond [`MAX_DEPTH`].
fn check_depth(bytes: &[u8]) -> Result<(), RecordsError> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(RecordsError::TooDeep { max: MAX_DEPTH });
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

impl<'a> Node<'a> {
    /// The exact bytes of this value in the file, without the white space around it.
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.0.get().as_bytes()
    }

    /// The members, if this is an object of at most [`MAX_MEMBERS`].
    pub(crate) fn object(self) -> Option<Object<'a>> {
        self.starts_with(b'{').then(|| serde_json::from_str(self.0.get()).ok())?
    }

    /// The first [`MAX_ITEMS`] items of an array; any other value counts as an array of one (FHIR servers of other
    /// versions differ in which elements repeat); `null` is nothing.
    pub(crate) fn items(self) -> Vec<Node<'a>> {
        match self.0.get() {
            "null" => Vec::new(),
            text if self.starts_with(b'[') => {
                serde_json::from_str::<FirstItems<'a>>(text).map_or_else(|_| Vec::new(), |items| items.0)
            }
            _ => vec![self],
        }
    }

    /// All items of an array, if there are at most `max`.
    pub(crate) fn all_items(self, max: usize) -> Option<Result<Vec<Node<'a>>, TooMany>> {
        if !self.starts_with(b'[') {
            return None;
        }
        let mut reader = serde_json::Deserializer::from_str(self.0.get());
        let (items, cut) = reader.deserialize_seq(ItemsVisitor { max }).ok()?;
        Some(if cut { Err(TooMany) } else { Ok(items) })
    }

    /// The text of a string.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        self.starts_with(b'"')
            .then(|| serde_json::from_str::<Text<'a>>(self.0.get()).ok())?
            .map(|text| text.0)
    }

    /// The digits of a number, as written.
    pub(crate) fn number(self) -> Option<&'a str> {
        self.0.get().starts_with(|first: char| first == '-' || first.is_ascii_digit()).then(|| self.0.get())
    }

    /// The value of a boolean.
    pub(crate) fn boolean(self) -> Option<bool> {
        match self.0.get() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    fn starts_with(self, first: u8) -> bool {
        self.bytes().first() == Some(&first)
    }
}

/// An array had more items than the caller allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

/// A string that borrows from the file where nothing in it is escaped.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The members of one JSON object by name.
#[derive(Clone)]
pub(crate) struct Object<'a>(BTreeMap<Cow<'a, str>, Member<'a>>);

#[derive(Clone, Copy)]
enum Member<'a> {
    Once(Node<'a>),
    Repeated,
}

impl<'a> Object<'a> {
    /// The member's value, if the name stands exactly once and its value is not `null`.
    pub(crate) fn get(&self, name: &str) -> Option<Node<'a>> {
        match self.0.get(name)? {
            Member::Once(node) if node.0.get() != "null" => Some(*node),
            Member::Once(_) | Member::Repeated => None,
        }
    }

    /// Whether the name stands more than once.
    pub(crate) fn is_repeated(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Member::Repeated))
    }

    /// The text of a member that is a string.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name)?.text()
    }

    /// The member whose name starts with `stem` and goes on with a capital letter: FHIR's `value[x]`. Of two such
    /// members neither is read (FHIR R4, "Choice of Data Types": only one may be present).
    pub(crate) fn choice(&self, stem: &str) -> Option<(&str, Node<'a>)> {
        let mut choices = self.0.iter().filter_map(|(name, member)| {
            let kind = name.strip_prefix(stem)?;
            kind.starts_with(|first: char| first.is_ascii_uppercase()).then_some((kind, member))
        });
        match (choices.next()?, choices.next()) {
            ((kind, Member::Once(node)), None) => Some((kind, *node)),
            _ => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    members
                        .entry(name.0)
                        .and_modify(|member| *member = Member::Repeated)
                        .or_insert(Member::Once(Node(value)));
                    if members.len() > MAX_MEMBERS {
                        return Err(de::Error::custom("too many members"));
                    }
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct FirstItems<'a>(Vec<Node<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for FirstItems<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ItemsVisitor { max: MAX_ITEMS }).map(|(items, _)| Self(items))
    }
}

/// Keeps at most `max` items, walks over the rest, and says whether there was a rest.
struct ItemsVisitor {
    max: usize,
}

impl<'de> Visitor<'de> for ItemsVisitor {
    type Value = (Vec<Node<'de>>, bool);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while items.len() < self.max {
            match sequence.next_element::<&'de RawValue>()? {
                Some(raw) => items.push(Node(raw)),
                None => return Ok((items, false)),
            }
        }
        let mut cut = false;
        while sequence.next_element::<IgnoredAny>()?.is_some() {
            cut = true;
        }
        Ok((items, cut))
    }
}
