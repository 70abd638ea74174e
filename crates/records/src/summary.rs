//! A resource as lines that a person can read, in the order in which one would tell them.
//!
//! The words are the record's own; what kind of thing each line is stands beside it as a [`Label`], which the reader's
//! program puts into the reader's language.

use crate::fhir::element::{Scope, walk};
use crate::fhir::{self, observation};
use crate::json::{self, Node, Object};
use crate::limits::MAX_ITEMS;
use crate::partial_date::PartialDate;
use crate::split::Neighbours;
use crate::text::plain;

/// Longest value of one line, in bytes of UTF-8.
pub const MAX_LINE_BYTES: usize = 2000;

/// Most lines of one summary.
pub const MAX_LINES: usize = 100;

/// One line of a summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What the value is.
    pub label: Label,
    /// The value, in the record's own words; at most [`MAX_LINE_BYTES`].
    pub value: String,
}

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        /// What a line of a summary is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        #[non_exhaustive]
        pub enum Label { $($(#[$doc])* #[serde(rename = $code)] $name,)* }

        impl Label {
            /// Every label.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code by which message catalogues know the label.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

labels! {
    /// What it is.
    What = "what";
    /// A measured or stated value.
    Value = "value";
    /// Status as stated.
    Status = "status";
    /// How sure it is: confirmed, refuted, entered in error …
    Certainty = "certainty";
    /// The date that matters, or the beginning.
    Date = "date";
    /// The end.
    Until = "until";
    /// When it was written down.
    Recorded = "recorded";
    /// Why.
    Reason = "reason";
    /// How a medicine is to be taken.
    Dose = "dose";
    /// How much was ordered or handed out.
    Quantity = "quantity";
    /// How dangerous an allergy may be.
    Criticality = "criticality";
    /// What happened in a reaction.
    Reaction = "reaction";
    /// How severe it was.
    Severity = "severity";
    /// High, low, normal …
    Interpretation = "interpretation";
    /// The range of usual values.
    UsualRange = "usual-range";
    /// What a report concludes.
    Conclusion = "conclusion";
    /// Where on the body.
    BodySite = "body-site";
    /// Batch of a vaccine.
    Lot = "lot";
    /// Who wrote, ordered or did it.
    Author = "author";
    /// Where it was done.
    Place = "place";
    /// A remark.
    Note = "note";
    /// A person's day of birth.
    BirthDate = "birth-date";
    /// A person's sex as administered.
    Sex = "sex";
    /// An address.
    Address = "address";
    /// A telephone number or mail address.
    Contact = "contact";
    /// A code and its system.
    Code = "code";
}

/// Where each line is found, in the order of the summary. A path that an R4 type does not have gives nothing.
const LINES: &[(Label, &[&str])] = &[
    (Label::Status, &["clinicalStatus", "status"]),
    (Label::Certainty, &["verificationStatus"]),
    (Label::Until, &["abatementDateTime", "effectivePeriod.end", "performedPeriod.end", "period.end", "end"]),
    (Label::Recorded, &["recordedDate", "dateAsserted", "issued"]),
    (Label::Reason, &["statusReason", "reasonCode"]),
    (Label::Reason, &["reasonReference"]),
    (Label::Dose, &["dosageInstruction.text", "dosage.text", "dosage"]),
    (Label::Quantity, &["dispenseRequest.quantity", "quantity", "doseQuantity"]),
    (Label::Criticality, &["criticality"]),
    (Label::Reaction, &["reaction.manifestation"]),
    (Label::Reaction, &["reaction.description"]),
    (Label::Severity, &["severity", "reaction.severity"]),
    (Label::Interpretation, &["interpretation"]),
    (Label::UsualRange, &["referenceRange"]),
    (Label::Conclusion, &["conclusion"]),
    (Label::BodySite, &["bodySite", "site"]),
    (Label::Lot, &["lotNumber"]),
];

/// The lines that follow author and place.
const LAST_LINES: &[(Label, &[&str])] = &[
    (Label::BirthDate, &["birthDate"]),
    (Label::Sex, &["gender"]),
    (Label::Address, &["address"]),
    (Label::Contact, &["telecom.value"]),
    (Label::Note, &["note.text", "comment"]),
];

/// The readable lines of a FHIR resource; none where the bytes are not one.
pub fn summary_lines(bytes: &[u8]) -> Vec<Line> {
    summary_lines_among(bytes, &Neighbours::none())
}

/// As [`summary_lines`], for a resource that may refer to others of the same file.
pub fn summary_lines_among(bytes: &[u8], neighbours: &Neighbours<'_>) -> Vec<Line> {
    let object =
        if json::looks_like_object(bytes) { json::parse(bytes).ok().and_then(Node::object) } else { None };
    let Some(object) = object else { return Vec::new() };
    let Some(resource) = fhir::read(&object, neighbours) else { return Vec::new() };
    let scope = Scope::new(&object, neighbours);
    let mut lines = Lines(Vec::new());
    lines.add(Label::What, Some(resource.title));
    for node in scope.walk("component") {
        lines.add(Label::Value, component(&scope, node));
    }
    lines.add(Label::Date, resource.date.map(|date| date.to_string()));
    lines.add_all(&scope, LINES);
    lines.add(Label::Author, resource.author);
    lines.add(Label::Place, resource.place);
    lines.add_all(&scope, LAST_LINES);
    for coding in resource.codes {
        lines.add(
            Label::Code,
            Some(format!("{} {}", coding.system_name().unwrap_or(&coding.system), coding.code)),
        );
    }
    lines.0
}

struct Lines(Vec<Line>);

impl Lines {
    /// Adds a line, unless there is nothing to say, it was said already, or there are enough.
    fn add(&mut self, label: Label, value: Option<String>) {
        let Some(value) = value.and_then(|value| plain(&value, MAX_LINE_BYTES)) else { return };
        let line = Line { label, value };
        if self.0.len() < MAX_LINES && !self.0.contains(&line) {
            self.0.push(line);
        }
    }

    /// Adds the values of the first path that has any, for each label.
    fn add_all(&mut self, scope: &Scope<'_>, table: &[(Label, &[&str])]) {
        for (label, paths) in table {
            let values =
                paths.iter().map(|path| values(scope, *label, path)).find(|values| !values.is_empty());
            for value in values.unwrap_or_default() {
                self.add(*label, Some(value));
            }
        }
    }
}

fn values(scope: &Scope<'_>, label: Label, path: &str) -> Vec<String> {
    scope
        .walk(path)
        .into_iter()
        .take(MAX_ITEMS)
        .filter_map(|node| match label {
            Label::Quantity => observation::quantity_in_words(&node.object()?),
            Label::UsualRange => usual_range(scope, &node.object()?),
            Label::Address => address(&node.object()?),
            Label::Status | Label::Certainty => scope.status_of(node),
            Label::Until | Label::Recorded | Label::BirthDate => {
                node.text()?.parse::<PartialDate>().ok().map(|date| date.to_string())
            }
            _ => node.text().map(std::borrow::Cow::into_owned).or_else(|| scope.words(node)),
        })
        .collect()
}

fn component<'s>(scope: &Scope<'s>, node: Node<'s>) -> Option<String> {
    let object = node.object()?;
    Some(format!("{} {}", scope.words(object.get("code")?)?, observation::value(scope, &object)?))
}

fn usual_range<'s>(scope: &Scope<'s>, range: &Object<'s>) -> Option<String> {
    range.get("text").and_then(|text| scope.words(text)).or_else(|| observation::range_in_words(range))
}

/// An `Address`: its own text, else its lines, postal code, city and country.
fn address(address: &Object<'_>) -> Option<String> {
    let text = |path: &str| -> Vec<String> {
        walk(address, path).into_iter().filter_map(|node| plain(&node.text()?, 200)).collect()
    };
    let whole = text("text");
    if !whole.is_empty() {
        return Some(whole.join(", "));
    }
    let parts: Vec<String> =
        ["line", "postalCode", "city", "country"].iter().flat_map(|path| text(path)).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
