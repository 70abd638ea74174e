//! Files that hold several resources: FHIR Bundles and NDJSON.

use std::collections::BTreeMap;

use crate::error::RecordsError;
use crate::fhir;
use crate::json::{self, Node, TooMany};
use crate::limits::{MAX_FILE_BYTES, MAX_PARTS};

/// What a file turned out to be.
#[derive(Debug)]
pub enum Split<'a> {
    /// The file is one record, to be kept whole.
    Whole,
    /// The file holds resources that are records of their own.
    Parts(Parts<'a>),
}

/// The resources of one file, in the file's order.
#[derive(Debug)]
pub struct Parts<'a> {
    /// What held them.
    pub container: Container,
    /// The resources.
    pub parts: Vec<Part<'a>>,
    /// Entries without a resource (a search answer's links, a transaction's deletions).
    pub without_resource: usize,
}

/// What held several resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// A FHIR Bundle of type `document`: a whole that its author attested.
    Document,
    /// A FHIR Bundle of any other type.
    Bundle,
    /// One resource on each line.
    Ndjson,
}

/// One resource in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// The resource, exactly as it stands in the file, without the white space around it.
    pub bytes: &'a [u8],
    /// FHIR's `resourceType`.
    pub fhir_type: String,
    /// The resource's `id`.
    pub id: Option<String>,
    /// The entry's `fullUrl`.
    pub full_url: Option<String>,
}

impl Part<'_> {
    /// What stays the same when the file comes again with changed content: `Type/id`, else the `fullUrl`. `None`
    /// where the file gives neither.
    pub fn identity(&self) -> Option<String> {
        self.id.as_ref().map(|id| format!("{}/{id}", self.fhir_type)).or_else(|| self.full_url.clone())
    }
}

/// Finds the resources of a file.
///
/// A FHIR Bundle of any type gives its entries' resources (a Bundle in a Bundle stays one resource); a file that
/// is named or stated as NDJSON gives its lines; everything else is [`Split::Whole`].
///
/// # Errors
/// Where the file is JSON or NDJSON but unsound or beyond the bounds. Its bytes can still be published whole.
pub fn split<'a>(
    bytes: &'a [u8],
    media_type: Option<&str>,
    file_name: Option<&str>,
) -> Result<Split<'a>, RecordsError> {
    if is_ndjson(media_type, file_name) {
        return split_lines(bytes).map(Split::Parts);
    }
    if !json::looks_like_object(bytes) {
        return Ok(Split::Whole);
    }
    let root = json::parse(bytes)?;
    match root.object().filter(|object| fhir::resource_type(object).as_deref() == Some("Bundle")) {
        Some(bundle) => split_bundle(&bundle).map(Split::Parts),
        None => Ok(Split::Whole),
    }
}

fn is_ndjson(media_type: Option<&str>, file_name: Option<&str>) -> bool {
    let stated =
        media_type.map(|stated| stated.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    matches!(
        stated.as_deref(),
        Some("application/fhir+ndjson" | "application/ndjson" | "application/x-ndjson")
    ) || file_name
        .and_then(|name| name.rsplit_once('.'))
        .is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("ndjson"))
}

fn split_bundle<'a>(bundle: &json::Object<'a>) -> Result<Parts<'a>, RecordsError> {
    if bundle.is_repeated("entry") {
        return Err(RecordsError::BadEntries);
    }
    let container = match bundle.text("type").as_deref() {
        Some("document") => Container::Document,
        _ => Container::Bundle,
    };
    let mut parts = Parts { container, parts: Vec::new(), without_resource: 0 };
    let Some(entries) = bundle.get("entry") else { return Ok(parts) };
    let entries = match entries.all_items(MAX_PARTS) {
        None => return Err(RecordsError::BadEntries),
        Some(Err(TooMany)) => return Err(RecordsError::TooManyParts { max: MAX_PARTS }),
        Some(Ok(entries)) => entries,
    };
    for entry in entries {
        let entry = entry.object().ok_or(RecordsError::BadEntries)?;
        if entry.is_repeated("resource") {
            return Err(RecordsError::BadEntries);
        }
        let full_url = entry.text("fullUrl").map(std::borrow::Cow::into_owned);
        match entry.get("resource").map(|resource| part(resource, full_url)) {
            Some(Some(part)) => parts.parts.push(part),
            Some(None) => return Err(RecordsError::BadEntries),
            None => parts.without_resource += 1,
        }
    }
    Ok(parts)
}

fn split_lines(bytes: &[u8]) -> Result<Parts<'_>, RecordsError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(RecordsError::TooLarge { size: bytes.len(), max: MAX_FILE_BYTES });
    }
    let mut parts = Parts { container: Container::Ndjson, parts: Vec::new(), without_resource: 0 };
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if parts.parts.len() == MAX_PARTS {
            return Err(RecordsError::TooManyParts { max: MAX_PARTS });
        }
        let bad = RecordsError::BadLine { line: index + 1 };
        let node = json::parse(line).map_err(|_| bad.clone())?;
        parts.parts.push(part(node, None).ok_or(bad)?);
    }
    Ok(parts)
}

fn part(node: Node<'_>, full_url: Option<String>) -> Option<Part<'_>> {
    let object = node.object()?;
    let fhir_type = fhir::resource_type(&object)?;
    let id = object.text("id").filter(|id| is_fhir_id(id)).map(std::borrow::Cow::into_owned);
    Some(Part { bytes: node.bytes(), fhir_type, id, full_url })
}

/// FHIR R4, `id`: up to 64 letters, digits, `-` and `.`.
fn is_fhir_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}

/// The other resources of a file, for references between them: a prescription that only points at the medicine,
/// a result that only points at its doctor.
#[derive(Debug, Default)]
pub struct Neighbours<'a> {
    by_name: BTreeMap<String, &'a [u8]>,
}

impl<'a> Neighbours<'a> {
    /// No other resources.
    pub fn none() -> Self {
        Self::default()
    }

    /// The resources of a file. A name that two different resources share leads to neither.
    pub fn of(parts: &Parts<'a>) -> Self {
        let mut by_name: BTreeMap<String, &'a [u8]> = BTreeMap::new();
        let mut shared = Vec::new();
        for part in &parts.parts {
            let relative = part.id.as_ref().map(|id| format!("{}/{id}", part.fhir_type));
            for name in relative.into_iter().chain(part.full_url.clone()) {
                match by_name.get(&name) {
                    Some(other) if *other != part.bytes => shared.push(name),
                    _ => {
                        by_name.insert(name, part.bytes);
                    }
                }
            }
        }
        for name in shared {
            by_name.remove(&name);
        }
        Self { by_name }
    }

    /// The resource that a reference names, by `Type/id` or by `fullUrl`; a version (`/_history/2`) is left out.
    pub(crate) fn find(&self, reference: &str) -> Option<&'a [u8]> {
        let reference = reference.split_once("/_history/").map_or(reference, |(name, _)| name);
        self.by_name.get(reference).copied()
    }
}
