//! FHIR R4 resources in JSON: reading what a description needs, tolerating everything else.

pub(crate) mod element;
pub(crate) mod observation;
mod rules;
mod visit;

use crate::Coding;
use crate::description::best_codes;
use crate::fhir::element::Scope;
use crate::fhir::rules::{Rules, rules_for};
use crate::json::Object;
use crate::kind::RecordKind;
use crate::limits::{MAX_NAME_BYTES, MAX_STATUS_BYTES, MAX_TITLE_BYTES, MAX_TYPE_BYTES};
use crate::partial_date::PartialDate;
use crate::split::Neighbours;
use crate::text::{plain, type_in_words};

/// What a FHIR resource says of itself.
pub(crate) struct Resource {
    pub(crate) fhir_type: String,
    pub(crate) title: String,
    pub(crate) kind: RecordKind,
    pub(crate) codes: Vec<Coding>,
    pub(crate) status: Option<String>,
    pub(crate) date: Option<PartialDate>,
    pub(crate) author: Option<String>,
    pub(crate) place: Option<String>,
}

/// The `resourceType` of an object, if it has exactly one and it has the form of one.
pub(crate) fn resource_type(object: &Object<'_>) -> Option<String> {
    let name = object.text("resourceType")?;
    let sound = name.len() <= MAX_TYPE_BYTES
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    sound.then(|| name.into_owned())
}

/// Reads one resource; `None` if the object is not one.
pub(crate) fn read(object: &Object<'_>, neighbours: &Neighbours<'_>) -> Option<Resource> {
    let fhir_type = resource_type(object)?;
    if fhir_type == "Bundle" {
        return Some(bundle(object, neighbours));
    }
    let scope = Scope::new(object, neighbours);
    let rules = rules_for(&fhir_type);
    Some(Resource {
        title: title(&scope, &fhir_type, rules),
        kind: kind(&scope, &fhir_type, rules),
        codes: best_codes(first_codes(&scope, rules.codes)),
        status: status(&scope),
        date: date(&scope, &fhir_type, rules),
        author: first_words(&scope, rules.authors),
        place: first_words(&scope, rules.places),
        fhir_type,
    })
}

/// A Bundle kept whole speaks through its Composition, if it has one as FHIR documents do.
fn bundle(object: &Object<'_>, neighbours: &Neighbours<'_>) -> Resource {
    let scope = Scope::new(object, neighbours);
    let composition = scope
        .walk("entry.resource")
        .into_iter()
        .filter_map(crate::json::Node::object)
        .find(|resource| resource_type(resource).as_deref() == Some("Composition"))
        .and_then(|composition| read(&composition, neighbours));
    let fhir_type = "Bundle".to_owned();
    match composition {
        Some(composition) => Resource { fhir_type, ..composition },
        None => Resource {
            fhir_type,
            title: "Collection of records".to_owned(),
            kind: RecordKind::Other,
            codes: Vec::new(),
            status: None,
            date: scope.date_at("timestamp"),
            author: None,
            place: None,
        },
    }
}

fn title(scope: &Scope<'_>, fhir_type: &str, rules: &Rules) -> String {
    let own = match fhir_type {
        "Observation" => observation::title(scope),
        "Encounter" => visit::title(scope),
        "Patient" | "Practitioner" | "RelatedPerson" | "Person" => scope.all_names("name"),
        _ => None,
    };
    own.or_else(|| rules.titles.iter().find_map(|path| scope.words_at(path)))
        .and_then(|title| plain(&title, MAX_TITLE_BYTES))
        .or_else(|| rules.codes.iter().find_map(|path| scope.code_name_at(path)))
        .unwrap_or_else(|| type_in_words(fhir_type))
}

fn kind(scope: &Scope<'_>, fhir_type: &str, rules: &Rules) -> RecordKind {
    match fhir_type {
        "DiagnosticReport" => observation::report_kind(scope),
        _ => rules.kind,
    }
}

/// The status as stated. That an entry is wrong or ruled out outranks that it was once called active.
fn status(scope: &Scope<'_>) -> Option<String> {
    let overriding = scope
        .status_at("verificationStatus")
        .filter(|status| matches!(status.as_str(), "entered-in-error" | "refuted"));
    overriding
        .or_else(|| scope.status_at("clinicalStatus"))
        .or_else(|| scope.status_at("status"))
        .and_then(|status| plain(&status, MAX_STATUS_BYTES))
}

/// The codes of the first concept that has any: codes of different concepts never stand side by side.
fn first_codes(scope: &Scope<'_>, paths: &[&str]) -> Vec<Coding> {
    paths.iter().map(|path| scope.codes_at(path)).find(|codes| !codes.is_empty()).unwrap_or_default()
}

/// The first date that is stated; for a medicine that is no longer taken, the day on which it ended.
fn date(scope: &Scope<'_>, fhir_type: &str, rules: &Rules) -> Option<PartialDate> {
    let ended = fhir_type == "MedicationStatement"
        && scope.status_at("status").is_some_and(|status| matches!(status.as_str(), "stopped" | "completed"));
    let end = if ended { scope.date_at("effectivePeriod.end") } else { None };
    end.or_else(|| rules.dates.iter().find_map(|path| scope.date_at(path)))
}

fn first_words(scope: &Scope<'_>, paths: &[&str]) -> Option<String> {
    paths.iter().find_map(|path| scope.words_at(path).and_then(|words| plain(&words, MAX_NAME_BYTES)))
}
