//! Visits: what FHIR calls an Encounter.

use crate::fhir::element::Scope;

/// The stated type, else the reason, else the class in words (HL7 v3 `ActEncounterCode`).
pub(crate) fn title(scope: &Scope<'_>) -> Option<String> {
    ["type", "serviceType", "reasonCode"]
        .iter()
        .find_map(|path| scope.words_at(path))
        .or_else(|| class_in_words(scope.walk("class.code").first()?.text()?.as_ref()))
        .or_else(|| scope.words_at("class"))
        .or_else(|| Some("Visit".to_owned()))
}

fn class_in_words(code: &str) -> Option<String> {
    let words = match code {
        "AMB" => "Outpatient visit",
        "EMER" => "Emergency visit",
        "FLD" => "Visit in the field",
        "HH" => "Home visit",
        "IMP" | "ACUTE" | "NONAC" => "Hospital stay",
        "OBSENC" => "Observation in hospital",
        "PRENC" => "Preparation for a hospital stay",
        "SS" => "Short stay",
        "VR" => "Visit by telephone or video",
        _ => return None,
    };
    Some(words.to_owned())
}
