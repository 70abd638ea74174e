//! Byte strings and lists whose length is judged before room is made for them.

use std::io::{Error, ErrorKind, Read, Result as IoResult, Write};

use borsh::{BorshDeserialize, BorshSerialize};

/// Items for which room is made ahead of reading them.
const ROOM_AHEAD: usize = 64;

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidData, message)
}

fn length<R: Read>(reader: &mut R, max: usize) -> IoResult<usize> {
    let found = u32::deserialize_reader(reader)?;
    match usize::try_from(found) {
        Ok(length) if length <= max => Ok(length),
        _ => Err(invalid(format!("{found} where at most {max} are allowed"))),
    }
}

fn write_length<W: Write>(writer: &mut W, length: usize) -> IoResult<()> {
    u32::try_from(length).map_err(|_| invalid("too long".into()))?.serialize(writer)
}

/// At most `MAX` bytes; four length bytes, little-endian.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Blob<const MAX: usize>(pub Vec<u8>);

impl<const MAX: usize> BorshSerialize for Blob<MAX> {
    fn serialize<W: Write>(&self, writer: &mut W) -> IoResult<()> {
        write_length(writer, self.0.len())?;
        writer.write_all(&self.0)
    }
}

impl<const MAX: usize> BorshDeserialize for Blob<MAX> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> IoResult<Self> {
        let length = length(reader, MAX)?;
        // Grows with what really comes, so a false length costs nothing.
        let mut bytes = Vec::new();
        reader.take(length as u64).read_to_end(&mut bytes)?;
        if bytes.len() == length { Ok(Self(bytes)) } else { Err(invalid("it ends too early".into())) }
    }
}

/// At most `MAX` items; four length bytes, little-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Many<T, const MAX: usize>(pub Vec<T>);

impl<T, const MAX: usize> Default for Many<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: BorshSerialize, const MAX: usize> BorshSerialize for Many<T, MAX> {
    fn serialize<W: Write>(&self, writer: &mut W) -> IoResult<()> {
        write_length(writer, self.0.len())?;
        self.0.iter().try_for_each(|item| item.serialize(writer))
    }
}

impl<T: BorshDeserialize, const MAX: usize> BorshDeserialize for Many<T, MAX> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> IoResult<Self> {
        let length = length(reader, MAX)?;
        let mut items = Vec::with_capacity(length.min(ROOM_AHEAD));
        for _ in 0..length {
            items.push(T::deserialize_reader(reader)?);
        }
        Ok(Self(items))
    }
}
