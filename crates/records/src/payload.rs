//! Between a description and the sealed form that a pointer carries.

use medrec_protocol::codec::{List, Text};
use medrec_protocol::payload::{self, CodeSystem, FhirType, MediaType, RecordPayload, StatedStatus, V1};

use crate::description::{Coding, Description, best_codes};
use crate::limits::{MAX_NAME_BYTES, MAX_STATUS_BYTES, MAX_TITLE_BYTES};
use crate::media;
use crate::text::{plain, type_in_words};

impl From<&Description> for RecordPayload {
    /// The form to seal. Nothing is cut: the bounds of a description are those of the payload.
    fn from(description: &Description) -> Self {
        let codes = description.codes.iter().map(|coding| payload::Coding {
            system: CodeSystem::from_uri(&coding.system),
            code: Text::clipped(&coding.code),
        });
        Self {
            version: V1,
            kind: description.kind,
            title: Text::clipped(&description.title),
            fhir_type: description.fhir_type.as_deref().map(FhirType::new),
            codes: bounded(codes.collect()),
            status: description.status.as_deref().map(StatedStatus::new),
            date: description.date.map(|date| Text::clipped(&date.to_string())),
            author: description.author.as_deref().map(Text::clipped),
            place: description.place.as_deref().map(Text::clipped),
            media_type: MediaType::new(&description.media_type),
            size: description.size,
        }
    }
}

/// A description has no more codes than a payload takes ([`crate::limits::MAX_CODES`]); a longer list, which only a
/// caller's own hand can make, keeps its first.
fn bounded<const MAX: usize>(mut codes: Vec<payload::Coding>) -> List<payload::Coding, MAX> {
    codes.truncate(MAX);
    #[allow(clippy::expect_used, reason = "the line above makes the list fit")]
    List::new(codes).expect("a list cut to its bound fits")
}

impl From<&RecordPayload> for Description {
    /// What a reader shows. A publisher's program may have made the payload in another way: its words are cleaned
    /// again, and a date or code that is none is left out.
    fn from(payload: &RecordPayload) -> Self {
        let fhir_type = payload.fhir_type.as_ref().map(|name| name.as_str().to_owned());
        let codes = payload.codes.as_slice().iter();
        let words = |text: &str, max| plain(text, max);
        Self {
            title: words(payload.title.as_str(), MAX_TITLE_BYTES)
                .or_else(|| {
                    fhir_type.as_deref().map(type_in_words).and_then(|name| plain(&name, MAX_TITLE_BYTES))
                })
                .unwrap_or_else(|| media::title_without_name(payload.media_type.as_str()).to_owned()),
            kind: payload.kind,
            codes: best_codes(
                codes
                    .filter_map(|coding| Coding::checked(coding.system.uri(), coding.code.as_str()))
                    .collect(),
            ),
            status: payload.status.as_ref().and_then(|status| words(status.as_str(), MAX_STATUS_BYTES)),
            date: payload.date.as_ref().and_then(|date| date.as_str().parse().ok()),
            author: payload.author.as_ref().and_then(|name| words(name.as_str(), MAX_NAME_BYTES)),
            place: payload.place.as_ref().and_then(|name| words(name.as_str(), MAX_NAME_BYTES)),
            media_type: media::checked(payload.media_type.as_str()),
            size: payload.size,
            fhir_type,
        }
    }
}
