//! Titles of clinical documents in XML (HL7 CDA R2), by a bounded look at their head.
//!
//! This is not an XML parser and nothing depends on it: what it does not find is simply not said.

use crate::file_name::dashed;
use crate::limits::{MAX_TITLE_BYTES, SCAN_BYTES};
use crate::partial_date::PartialDate;
use crate::text::plain;

/// What was found in the head of a CDA document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ClinicalDocument {
    pub(crate) title: Option<String>,
    pub(crate) date: Option<PartialDate>,
}

/// Looks for a CDA document's own title and its day of writing; `None` if this is not CDA.
pub(crate) fn clinical_document(bytes: &[u8]) -> Option<ClinicalDocument> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(SCAN_BYTES)]);
    let body = &head[head.find("<ClinicalDocument")?..];
    // The header ends where the first nested part begins: titles and times after it belong to others.
    let end = ["<recordTarget", "<component", "<author"].iter().filter_map(|tag| body.find(tag)).min();
    let header = &body[..end.unwrap_or(body.len())];
    let title = between(header, "<title>", "</title>").filter(|title| !title.contains('<'));
    let date = between(header, "<effectiveTime", ">")
        .and_then(|tag| between(tag, "value=\"", "\""))
        .and_then(|value| dashed(value.get(..8)?)?.parse().ok());
    Some(ClinicalDocument { title: title.and_then(|title| plain(&unescaped(title), MAX_TITLE_BYTES)), date })
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let rest = &text[text.find(start)? + start.len()..];
    Some(&rest[..rest.find(end)?])
}

/// XML's five own entities; `&amp;` last, so that nothing is unescaped twice.
fn unescaped(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}
