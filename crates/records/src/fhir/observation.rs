//! Observations carry their value in the title; reports are sorted by what they report on.

use crate::fhir::element::{Scope, walk};
use crate::json::{Node, Object};
use crate::kind::RecordKind;
use crate::limits::MAX_TITLE_BYTES;
use crate::text::plain;

/// Room for the value in a title; the name gives way to it, never the other way round.
const MAX_VALUE_BYTES: usize = 60;

/// Longest number that is shown. No measurement has more digits; a longer one is left out, not cut.
const MAX_NUMBER_BYTES: usize = 24;

/// "Hemoglobin A1c 6.8 %", "Blood pressure 142/88 mmHg".
pub(crate) fn title(scope: &Scope<'_>) -> Option<String> {
    let name = scope.words_at("code").or_else(|| scope.code_name_at("code"))?;
    let value =
        value(scope, scope.root()).or_else(|| components(scope)).and_then(|v| plain(&v, MAX_VALUE_BYTES));
    match value {
        None => plain(&name, MAX_TITLE_BYTES),
        Some(value) => {
            let room = MAX_TITLE_BYTES - value.len() - 1;
            Some(format!("{} {value}", plain(&name, room)?))
        }
    }
}

/// The `value[x]` of an observation or of one of its components.
pub(crate) fn value<'s>(scope: &Scope<'s>, object: &Object<'s>) -> Option<String> {
    let (kind, node) = object.choice("value")?;
    match kind {
        "Quantity" => quantity(&node.object()?).map(Quantity::into_words),
        "Range" => range_in_words(&node.object()?),
        "Ratio" => {
            let ratio = node.object()?;
            let part = |name: &str| quantity(&ratio.get(name)?.object()?).map(Quantity::into_words);
            Some(format!("{} : {}", part("numerator")?, part("denominator")?))
        }
        "Integer" => number(node),
        "Boolean" => node.boolean().map(|yes| if yes { "yes" } else { "no" }.to_owned()),
        "String" | "DateTime" | "Time" | "CodeableConcept" => scope.words(node),
        _ => None,
    }
}

/// A `Range`, or a reference range: "3 to 5 mm", "at most 5 mg/L".
pub(crate) fn range_in_words(range: &Object<'_>) -> Option<String> {
    let bound = |name: &str| quantity(&range.get(name)?.object()?);
    match (bound("low"), bound("high")) {
        (Some(low), Some(high)) => Some(format!("{} to {}", low.number, high.into_words())),
        (Some(low), None) => Some(format!("at least {}", low.into_words())),
        (None, Some(high)) => Some(format!("at most {}", high.into_words())),
        (None, None) => None,
    }
}

/// A `Quantity`: "< 3 mg/L".
pub(crate) fn quantity_in_words(object: &Object<'_>) -> Option<String> {
    quantity(object).map(Quantity::into_words)
}

/// Two or three components in one unit read as one value: a blood pressure.
fn components(scope: &Scope<'_>) -> Option<String> {
    let parts: Vec<Quantity> = scope
        .walk("component")
        .into_iter()
        .map(|node| quantity(&node.object()?.get("valueQuantity")?.object()?))
        .collect::<Option<_>>()?;
    let unit = parts.first()?.unit.clone();
    if !(2..=3).contains(&parts.len()) || parts.iter().any(|part| part.unit != unit) {
        return None;
    }
    let numbers: Vec<String> = parts.into_iter().map(|part| part.number).collect();
    Some(Quantity { number: numbers.join("/"), unit }.into_words())
}

struct Quantity {
    /// Comparator and digits as written.
    number: String,
    unit: Option<String>,
}

impl Quantity {
    fn into_words(self) -> String {
        match self.unit {
            Some(unit) => format!("{} {unit}", self.number),
            None => self.number,
        }
    }
}

fn quantity(object: &Object<'_>) -> Option<Quantity> {
    let digits = number(object.get("value")?)?;
    let comparator = match object.text("comparator").as_deref() {
        None => String::new(),
        Some(comparator @ ("<" | "<=" | ">=" | ">")) => format!("{comparator} "),
        // A comparator that is not understood would change what the number means.
        Some(_) => return None,
    };
    let unit = object.text("unit").or_else(|| object.text("code")).and_then(|unit| plain(&unit, 24));
    Some(Quantity { number: format!("{comparator}{digits}"), unit: unit.filter(|unit| unit != "1") })
}

fn number(node: Node<'_>) -> Option<String> {
    node.number().filter(|digits| digits.len() <= MAX_NUMBER_BYTES).map(str::to_owned)
}

/// Radiology reports are imaging; reports that are a letter without results are documents; the rest are findings.
pub(crate) fn report_kind(scope: &Scope<'_>) -> RecordKind {
    // HL7 table 0074 (diagnostic service sections) and LOINC's "Radiology".
    const IMAGING: [&str; 9] = ["RAD", "RX", "CT", "CUS", "NMR", "NMS", "OUS", "VUS", "LP29684-5"];
    let is_imaging = scope
        .walk("category")
        .into_iter()
        .filter_map(Node::object)
        .flat_map(|category| walk(&category, "coding.code"))
        .filter_map(Node::text)
        .any(|code| IMAGING.contains(&code.as_ref()));
    let has = |name: &str| scope.root().get(name).is_some();
    if is_imaging || has("imagingStudy") {
        RecordKind::Imaging
    } else if has("presentedForm") && !has("result") {
        RecordKind::Document
    } else {
        RecordKind::Observation
    }
}
