//! What kind of file some bytes are: a small table of signatures, and the sizes of pictures.
//!
//! Bytes outrank statements: a file that begins as a PDF is one whatever it is called, and a file that is called
//! a PDF and does not begin as one is "some bytes" (DESC-30).

use crate::limits::MAX_MEDIA_TYPE_BYTES;

/// Media type of a FHIR resource in JSON (FHIR R4, "JSON Representation").
pub const FHIR_JSON: &str = "application/fhir+json";
/// Media type of JSON that is not FHIR.
pub const JSON: &str = "application/json";
/// Media type of text of no known sort.
pub const TEXT: &str = "text/plain";
/// Media type of bytes of no known sort.
pub const BYTES: &str = "application/octet-stream";
pub(crate) const XML: &str = "text/xml";
pub(crate) const PDF: &str = "application/pdf";

/// Width and height of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PixelSize {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// Formats that are known by their first bytes: offset, signature, media type.
const SIGNATURES: [(usize, &[u8], &str); 17] = [
    (0, b"%PDF-", PDF),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xFF\xD8\xFF", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II\x2A\x00", "image/tiff"),
    (0, b"MM\x00\x2A", "image/tiff"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (128, b"DICM", "application/dicom"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1F\x8B", "application/gzip"),
    (0, b"<?xml", XML),
    (8, b"WAVE", "audio/wav"),
    (4, b"ftyp", "video/mp4"),
];

/// Formats inside a ZIP file that are told apart by the extension.
const ZIP_EXTENSIONS: [(&str, &str); 4] = [
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
];

/// Texts that are told apart by the extension.
const TEXT_EXTENSIONS: [(&str, &str); 7] = [
    ("csv", "text/csv"),
    ("md", "text/markdown"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("xml", XML),
    ("cda", XML),
    ("svg", "image/svg+xml"),
];

/// How many bytes decide whether a file is text.
const TEXT_PROBE_BYTES: usize = 4096;

/// The media type of a file that is not FHIR, from its first bytes, what was stated, and its extension.
pub(crate) fn media_type(start: &[u8], stated: Option<&str>, extension: Option<&str>) -> String {
    let stated = stated.and_then(normalised);
    match signature(start) {
        Some("application/zip") => {
            by_extension(&ZIP_EXTENSIONS, extension).unwrap_or("application/zip").to_owned()
        }
        Some(XML) if stated.as_deref().is_some_and(|stated| stated.ends_with("xml")) => {
            stated.unwrap_or_else(|| XML.to_owned())
        }
        Some(XML) if extension == Some("svg") => "image/svg+xml".to_owned(),
        Some(known) => known.to_owned(),
        None if is_text(start) => match stated {
            Some(stated) if stated.starts_with("text/") || stated.ends_with("xml") => stated,
            _ => by_extension(&TEXT_EXTENSIONS, extension).unwrap_or(TEXT).to_owned(),
        },
        None => stated.filter(|stated| !has_signature(stated)).unwrap_or_else(|| BYTES.to_owned()),
    }
}

fn signature(start: &[u8]) -> Option<&'static str> {
    SIGNATURES
        .iter()
        .find(|(offset, signature, _)| start.get(*offset..).is_some_and(|rest| rest.starts_with(signature)))
        .map(|(_, _, media_type)| *media_type)
}

/// Whether files of this type are always known by their bytes, or are text.
fn has_signature(media_type: &str) -> bool {
    media_type.starts_with("text/")
        || media_type.ends_with("json")
        || media_type.ends_with("xml")
        || SIGNATURES.iter().any(|(_, _, known)| *known == media_type)
        || ZIP_EXTENSIONS.iter().any(|(_, known)| *known == media_type)
}

fn by_extension(table: &[(&str, &'static str)], extension: Option<&str>) -> Option<&'static str> {
    table.iter().find(|(name, _)| Some(*name) == extension).map(|(_, media_type)| *media_type)
}

/// What a file is called that has neither a title nor a name.
pub(crate) fn title_without_name(media_type: &str) -> &'static str {
    match media_type {
        PDF => "PDF document",
        TEXT => "Note",
        JSON => "Data in JSON",
        "application/dicom" => "Medical picture (DICOM)",
        media_type if media_type.starts_with("image/") => "Picture",
        media_type if media_type.starts_with("text/") => "Text",
        media_type if media_type.starts_with("audio/") => "Sound recording",
        media_type if media_type.starts_with("video/") => "Video",
        _ => "File",
    }
}

/// A media type as it may be shown and acted on, or [`BYTES`].
pub(crate) fn checked(stated: &str) -> String {
    normalised(stated).unwrap_or_else(|| BYTES.to_owned())
}

/// The type and subtype of a stated media type, lower case, if they are as RFC 6838 §4.2 allows.
fn normalised(stated: &str) -> Option<String> {
    let essence = stated.get(..stated.find(';').unwrap_or(stated.len()))?.trim();
    if essence.len() > MAX_MEDIA_TYPE_BYTES {
        return None;
    }
    let (main, sub) = essence.split_once('/')?;
    let sound = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    (sound(main) && sound(sub)).then(|| essence.to_ascii_lowercase())
}

/// UTF-8 without control characters other than those of plain text. The end of the probe may cut a character.
fn is_text(start: &[u8]) -> bool {
    let probe = &start[..start.len().min(TEXT_PROBE_BYTES)];
    let sound = match std::str::from_utf8(probe) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && probe.len() == TEXT_PROBE_BYTES,
    };
    sound
        && !probe.is_empty()
        && probe.iter().all(|byte| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C))
}

/// Width and height from the header of a PNG or JPEG file.
pub fn pixel_size(bytes: &[u8]) -> Option<PixelSize> {
    match signature(bytes)? {
        "image/png" => png_size(bytes),
        "image/jpeg" => jpeg_size(bytes),
        _ => None,
    }
}

/// PNG (ISO/IEC 15948 §11.2.2): IHDR is the first chunk, width and height its first eight bytes.
fn png_size(bytes: &[u8]) -> Option<PixelSize> {
    let header = bytes.get(8..24)?;
    let (kind, size) = header.split_at(8);
    if &kind[4..] != b"IHDR" {
        return None;
    }
    let number = |bytes: &[u8]| bytes.try_into().map(u32::from_be_bytes).ok();
    sized(number(&size[..4])?, number(&size[4..])?)
}

/// JPEG (ITU-T T.81, B.2.2): walks the marker segments to the first frame header.
fn jpeg_size(bytes: &[u8]) -> Option<PixelSize> {
    let mut at = 2;
    while at < crate::limits::SCAN_BYTES {
        let (&marker_start, &marker) = (bytes.get(at)?, bytes.get(at + 1)?);
        if marker_start != 0xFF {
            return None;
        }
        match marker {
            0xFF => at += 1,
            0x01 | 0xD0..=0xD8 => at += 2,
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                let frame = bytes.get(at + 5..at + 9)?;
                let number = |high: u8, low: u8| u32::from(u16::from_be_bytes([high, low]));
                return sized(number(frame[2], frame[3]), number(frame[0], frame[1]));
            }
            0xD9 | 0xDA => return None,
            _ => at += 2 + usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?])),
        }
    }
    None
}

fn sized(width: u32, height: u32) -> Option<PixelSize> {
    (width > 0 && height > 0).then_some(PixelSize { width, height })
}
