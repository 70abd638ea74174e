//! The description of any record: FHIR by its content, other files by what they openly say.

use crate::description::Description;
use crate::file_name::{self, FileName};
use crate::kind::RecordKind;
use crate::limits::MAX_TITLE_BYTES;
use crate::partial_date::PartialDate;
use crate::split::Neighbours;
use crate::text::plain;
use crate::{fhir, json, media, pdf, xml};

/// Describes a record from its exact bytes, what its source said of its media type, and its file's name. Always
/// answers: what cannot be read is described by its name and size.
pub fn describe(bytes: &[u8], media_type: Option<&str>, file_name: Option<&str>) -> Description {
    describe_among(bytes, media_type, file_name, &Neighbours::none())
}

/// As [`describe`], for a resource that may refer to others of the same file.
pub fn describe_among(
    bytes: &[u8],
    media_type: Option<&str>,
    file_name: Option<&str>,
    neighbours: &Neighbours<'_>,
) -> Description {
    let size = bytes.len() as u64;
    fhir_description(bytes, neighbours).unwrap_or_else(|| other(bytes, size, media_type, file_name))
}

/// Describes a record too large to hold: `start` are its first bytes (64 KiB are enough), `size` is all of it. A FHIR
/// resource is recognised only if `start` is the whole.
pub fn describe_start(
    start: &[u8],
    size: u64,
    media_type: Option<&str>,
    file_name: Option<&str>,
) -> Description {
    if start.len() as u64 == size {
        return describe(start, media_type, file_name);
    }
    other(start, size, media_type, file_name)
}

fn fhir_description(bytes: &[u8], neighbours: &Neighbours<'_>) -> Option<Description> {
    if !json::looks_like_object(bytes) {
        return None;
    }
    let object = json::parse(bytes).ok()?.object()?;
    let resource = fhir::read(&object, neighbours)?;
    Some(Description {
        title: resource.title,
        kind: resource.kind,
        fhir_type: Some(resource.fhir_type),
        codes: resource.codes,
        status: resource.status,
        date: resource.date,
        author: resource.author,
        place: resource.place,
        media_type: media::FHIR_JSON.to_owned(),
        size: bytes.len() as u64,
    })
}

/// What a file that is not FHIR says of itself.
struct Said {
    title: Option<String>,
    date: Option<PartialDate>,
    kind: RecordKind,
}

fn other(start: &[u8], size: u64, stated: Option<&str>, file_name: Option<&str>) -> Description {
    let name = file_name::read(file_name);
    let mut media_type = media::media_type(start, stated, name.extension.as_deref());
    if matches!(media_type.as_str(), media::TEXT | media::BYTES) && json::is_json(start) {
        media::JSON.clone_into(&mut media_type);
    }
    let said = said_by(&media_type, start, &name);
    Description {
        title: said.title.unwrap_or_else(|| media::title_without_name(&media_type).to_owned()),
        kind: said.kind,
        fhir_type: None,
        codes: Vec::new(),
        status: None,
        date: name.date.or(said.date),
        author: None,
        place: None,
        media_type,
        size,
    }
}

fn said_by(media_type: &str, start: &[u8], name: &FileName) -> Said {
    let words = name.words.clone();
    let (title, date, kind) = match media_type {
        media::PDF => {
            let information = pdf::information(start);
            (information.title.or(words), information.date, RecordKind::Document)
        }
        media::XML => match xml::clinical_document(start) {
            Some(document) => (document.title.or(words), document.date, RecordKind::Document),
            None => (words, None, RecordKind::Document),
        },
        media::JSON | "application/zip" | "application/gzip" => (words, None, RecordKind::Other),
        "application/dicom" => (words, None, RecordKind::Imaging),
        image if image.starts_with("image/") => {
            (words.or_else(|| picture_title(start)), None, RecordKind::Imaging)
        }
        media::TEXT | "text/markdown" => (words.or_else(|| first_line(start)), None, RecordKind::Document),
        text if text.starts_with("text/") => (words, None, RecordKind::Document),
        "application/rtf" => (words, None, RecordKind::Document),
        office if office.starts_with("application/vnd.o") => (words, None, RecordKind::Document),
        xml if xml.ends_with("xml") => match xml::clinical_document(start) {
            Some(document) => (document.title.or(words), document.date, RecordKind::Document),
            None => (words, None, RecordKind::Other),
        },
        _ => (words, None, RecordKind::Other),
    };
    Said { title, date, kind }
}

/// The first line of a text that has letters in it, without a heading's marks.
fn first_line(start: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&start[..start.len().min(4096)]);
    text.lines()
        .map(|line| line.trim_start_matches(['#', ' ', '*', '=', '-']))
        .filter(|line| line.chars().any(char::is_alphabetic))
        .find_map(|line| plain(line, MAX_TITLE_BYTES))
}

fn picture_title(start: &[u8]) -> Option<String> {
    media::pixel_size(start).map(|size| format!("Picture, {} × {} pixels", size.width, size.height))
}
