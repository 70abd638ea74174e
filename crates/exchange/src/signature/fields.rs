//! Header fields, read so that there is one way to read them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};
use medrec_protocol::Signature;
use sfv::{BareItem, Dictionary, InnerList, ListEntry, Parser};

use super::{LABEL, SIGNATURE, SIGNATURE_INPUT, SignatureError};

/// Longest value of a field that is covered or makes up a signature, in bytes.
const MAX_FIELD_BYTES: usize = 1024;

/// The value of a field that stands exactly once, in visible ASCII.
pub(crate) fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<&'h str, SignatureError> {
    let field = field_name(name);
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(SignatureError::MissingField { field })?;
    if values.next().is_some() {
        return Err(SignatureError::RepeatedField { field });
    }
    let text = value.to_str().map_err(|_| SignatureError::MalformedField { field })?;
    if text.len() > MAX_FIELD_BYTES || text.trim() != text {
        return Err(SignatureError::MalformedField { field });
    }
    Ok(text)
}

/// Sets a field to a value that this crate wrote.
pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) -> Result<(), SignatureError> {
    let field = field_name(&name);
    let value = HeaderValue::from_str(value).map_err(|_| SignatureError::MalformedField { field })?;
    headers.insert(name, value);
    Ok(())
}

/// Fields have names known to this profile, so that errors can show them without copying what came.
fn field_name(name: &HeaderName) -> &'static str {
    const KNOWN: [&str; 8] = [
        "signature-input",
        "signature",
        "content-digest",
        "medrec-person",
        "medrec-record",
        "medrec-salt",
        "medrec-size",
        "content-range",
    ];
    KNOWN.into_iter().find(|known| *known == name.as_str()).unwrap_or("(other)")
}

fn only_label(text: &str, field: &'static str) -> Result<ListEntry, SignatureError> {
    let mut fields: Dictionary =
        Parser::new(text).parse().map_err(|_| SignatureError::MalformedField { field })?;
    match (fields.len(), fields.swap_remove(LABEL)) {
        (1, Some(entry)) => Ok(entry),
        _ => Err(SignatureError::Label),
    }
}

/// The value of `Signature-Input` after the label, as text and parsed.
pub(crate) fn signature_input(headers: &HeaderMap) -> Result<(&str, InnerList), SignatureError> {
    let field = "signature-input";
    let text = single(headers, &SIGNATURE_INPUT)?;
    let ListEntry::InnerList(list) = only_label(text, field)? else {
        return Err(SignatureError::MalformedField { field });
    };
    let params = text.strip_prefix(LABEL).and_then(|rest| rest.strip_prefix('='));
    Ok((params.ok_or(SignatureError::MalformedField { field })?, list))
}

/// The signature in `Signature`.
pub(crate) fn signature(headers: &HeaderMap) -> Result<Signature, SignatureError> {
    let malformed = SignatureError::MalformedField { field: "signature" };
    let text = single(headers, &SIGNATURE)?;
    let ListEntry::Item(item) = only_label(text, "signature")? else { return Err(malformed) };
    let BareItem::ByteSequence(bytes) = item.bare_item else { return Err(malformed) };
    let signature = Signature::from_bytes(bytes.try_into().map_err(|_| malformed.clone())?);
    if signature_header(&signature) != text {
        return Err(malformed);
    }
    Ok(signature)
}

/// The value of `Signature`.
pub(crate) fn signature_header(signature: &Signature) -> String {
    format!("{LABEL}={}", signature_item(signature))
}

/// A signature as a Byte Sequence (RFC 9651, section 3.3.5).
pub(crate) fn signature_item(signature: &Signature) -> String {
    format!(":{}:", STANDARD.encode(signature.as_bytes()))
}
