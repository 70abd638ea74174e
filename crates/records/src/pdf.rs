//! Title and date from a PDF's document information, where they lie open.
//!
//! This is not a PDF parser: it looks at the file's beginning and end for the trailer's `/Info` reference, for
//! that one object, and for two strings in it (ISO 32000-1, 7.5.5 and 14.3.3). Compressed or encrypted
//! information is left alone.

use crate::file_name::dashed;
use crate::limits::{MAX_TITLE_BYTES, SCAN_BYTES};
use crate::partial_date::PartialDate;
use crate::text::plain;

/// Longest information object and longest string that is looked at, in bytes.
const MAX_OBJECT_BYTES: usize = 4096;

/// Titles that programs put there by themselves.
const EMPTY_TITLES: [&str; 4] = ["untitled", "unbenannt", "document", "anonymous"];

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Information {
    pub(crate) title: Option<String>,
    pub(crate) date: Option<PartialDate>,
}

/// Looks for the document information in the first and last bytes of a PDF.
pub(crate) fn information(bytes: &[u8]) -> Information {
    let tail = &bytes[bytes.len().saturating_sub(SCAN_BYTES)..];
    let head = &bytes[..bytes.len().min(SCAN_BYTES)];
    if find(tail, b"/Encrypt").is_some() {
        return Information::default();
    }
    let Some(object) = [tail, head].iter().find_map(|window| info_object(window, tail)) else {
        return Information::default();
    };
    let title = string_of(object, b"/Title")
        .and_then(|title| plain(&title, MAX_TITLE_BYTES))
        .filter(|title| !EMPTY_TITLES.contains(&title.to_lowercase().as_str()));
    let date = string_of(object, b"/CreationDate").and_then(|date| {
        let digits = date.strip_prefix("D:").unwrap_or(&date);
        dashed(digits.get(..8)?)?.parse().ok()
    });
    Information { title, date }
}

/// The body of the object that the last `/Info N G R` in `tail` names, if it stands in `window`.
fn info_object<'a>(window: &'a [u8], tail: &[u8]) -> Option<&'a [u8]> {
    let at = rfind(tail, b"/Info")? + b"/Info".len();
    let mut words =
        tail[at..tail.len().min(at + 32)].split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let (number, generation) = (digits(words.next()?)?, digits(words.next()?)?);
    let header = format!("{number} {generation} obj");
    // The number must not be the end of a longer one: "12 0 obj" also ends "112 0 obj".
    let start = (0..window.len()).rev().find(|at| {
        window[*at..].starts_with(header.as_bytes()) && (*at == 0 || window[*at - 1].is_ascii_whitespace())
    })?;
    let body = &window[start + header.len()..window.len().min(start + MAX_OBJECT_BYTES)];
    Some(&body[..find(body, b"endobj")?])
}

/// At most ten decimal digits.
fn digits(word: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(word).ok()?;
    ((1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// The string that follows a key: `(literal)` or `<hexadecimal>` (ISO 32000-1, 7.3.4).
fn string_of(object: &[u8], key: &[u8]) -> Option<String> {
    let rest = &object[find(object, key)? + key.len()..];
    let rest = &rest[rest.iter().position(|byte| !byte.is_ascii_whitespace())?..];
    let raw = match rest.first()? {
        b'(' => literal(&rest[1..])?,
        b'<' => hexadecimal(&rest[1..])?,
        _ => return None,
    };
    Some(match raw.strip_prefix(b"\xFE\xFF") {
        Some(wide) => {
            let units: Vec<u16> =
                wide.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        // PDFDocEncoding agrees with Latin-1 on the letters of western European names.
        None => match raw.strip_prefix(b"\xEF\xBB\xBF") {
            Some(utf8) => String::from_utf8_lossy(utf8).into_owned(),
            None => raw.iter().map(|byte| char::from(*byte)).collect(),
        },
    })
}

fn literal(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut raw, mut open, mut bytes) = (Vec::new(), 1_usize, bytes.iter().copied().peekable());
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => match bytes.next()? {
                b'n' => raw.push(b'\n'),
                b'r' => raw.push(b'\r'),
                b't' => raw.push(b'\t'),
                b'b' | b'f' => raw.push(b' '),
                b'\n' => {}
                b'\r' => {
                    bytes.next_if_eq(&b'\n');
                }
                first @ b'0'..=b'7' => {
                    let mut value = u16::from(first - b'0');
                    for _ in 0..2 {
                        let Some(next) = bytes.next_if(|next| (b'0'..=b'7').contains(next)) else { break };
                        value = value * 8 + u16::from(next - b'0');
                    }
                    raw.push(value.to_be_bytes()[1]);
                }
                other => raw.push(other),
            },
            b'(' => {
                open += 1;
                raw.push(byte);
            }
            b')' => {
                open -= 1;
                if open == 0 {
                    return Some(raw);
                }
                raw.push(byte);
            }
            _ => raw.push(byte),
        }
    }
    None
}

fn hexadecimal(bytes: &[u8]) -> Option<Vec<u8>> {
    let end = bytes.iter().position(|byte| *byte == b'>')?;
    let mut digits = Vec::new();
    for byte in bytes[..end].iter().filter(|byte| !byte.is_ascii_whitespace()) {
        digits.push(u8::try_from(char::from(*byte).to_digit(16)?).ok()?);
    }
    // An odd last digit is followed by an assumed zero.
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect())
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

fn rfind(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).rposition(|window| window == needle)
}
