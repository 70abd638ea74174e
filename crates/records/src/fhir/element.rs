//! FHIR's data types as a person would read them aloud.
//!
//! The shape of a value decides how it is read (a string, a `CodeableConcept`, a `Coding`, a `Reference`, a
//! `HumanName`), so one walk serves every resource type, and servers that put one where another belongs are
//! still understood.

use crate::description::Coding;
use crate::fhir::resource_type;
use crate::json::{self, Node, Object};
use crate::limits::{MAX_ITEMS, MAX_NAME_BYTES, MAX_TITLE_BYTES};
use crate::partial_date::PartialDate;
use crate::split::Neighbours;
use crate::text::plain;

/// How many references are followed one from another: prescription → medicine → its code needs one, result →
/// role → doctor → name needs two.
const MAX_HOPS: usize = 2;

/// Most codes that are collected before the best are chosen.
const MAX_CODES_COLLECTED: usize = 32;

/// A resource together with all that its references may lead to.
pub(crate) struct Scope<'s> {
    root: &'s Object<'s>,
    neighbours: &'s Neighbours<'s>,
}

impl<'s> Scope<'s> {
    pub(crate) fn new(root: &'s Object<'s>, neighbours: &'s Neighbours<'s>) -> Self {
        Self { root, neighbours }
    }

    /// The resource itself.
    pub(crate) fn root(&self) -> &'s Object<'s> {
        self.root
    }

    /// All values at a path such as `performer.actor`; arrays on the way are walked item by item, and at most
    /// [`MAX_ITEMS`] values are kept at each step.
    pub(crate) fn walk(&self, path: &str) -> Vec<Node<'s>> {
        walk(self.root, path)
    }

    /// The first words found at a path.
    pub(crate) fn words_at(&self, path: &str) -> Option<String> {
        self.walk(path).into_iter().find_map(|node| self.words(node))
    }

    /// The words of one value.
    pub(crate) fn words(&self, node: Node<'s>) -> Option<String> {
        self.words_within(node, MAX_HOPS)
    }

    fn words_within(&self, node: Node<'s>, hops: usize) -> Option<String> {
        if let Some(text) = node.text() {
            return plain(&text, MAX_TITLE_BYTES);
        }
        let object = node.object()?;
        let stated = |name: &str| object.text(name).and_then(|text| plain(&text, MAX_TITLE_BYTES));
        stated("text")
            .or_else(|| chosen_display(&object))
            .or_else(|| stated("display"))
            .or_else(|| human_name(&object))
            .or_else(|| self.words_within(object.get("concept")?, hops))
            .or_else(|| self.name_of(&self.resolve(&object)?, hops.checked_sub(1)?))
    }

    /// What a resource that is pointed at is called.
    fn name_of(&self, target: &Object<'s>, hops: usize) -> Option<String> {
        let paths: &[&str] = match resource_type(target)?.as_str() {
            "Medication" => &["code"],
            "PractitionerRole" => &["practitioner", "organization"],
            "Device" => &["deviceName.name", "type"],
            _ => &["name"],
        };
        paths.iter().flat_map(|path| walk(target, path)).find_map(|node| self.words_within(node, hops))
    }

    /// The resource that a `Reference` names: contained (`#id`, if one alone has that id) or a neighbour.
    fn resolve(&self, reference: &Object<'s>) -> Option<Object<'s>> {
        let target = reference.text("reference")?;
        match target.strip_prefix('#') {
            Some(id) => {
                let mut named = walk(self.root, "contained")
                    .into_iter()
                    .filter_map(Node::object)
                    .filter(|contained| contained.text("id").as_deref() == Some(id));
                let found = named.next()?;
                named.next().is_none().then_some(found)
            }
            None => json::parse(self.neighbours.find(&target)?).ok()?.object(),
        }
    }

    /// All codes at a path, through a reference where one stands there.
    pub(crate) fn codes_at(&self, path: &str) -> Vec<Coding> {
        let mut codes = Vec::new();
        for node in self.walk(path) {
            let Some(object) = node.object() else { continue };
            codes.extend(codings(&object));
            if let Some(concept) = object.get("concept").and_then(Node::object) {
                codes.extend(codings(&concept));
            }
            if let Some(target) = self.resolve(&object) {
                codes.extend(
                    walk(&target, "code").into_iter().filter_map(Node::object).flat_map(|c| codings(&c)),
                );
            }
            if codes.len() >= MAX_CODES_COLLECTED {
                break;
            }
        }
        codes
    }

    /// A code by the name of its system, for a concept that gives no words at all: "LOINC 4548-4".
    pub(crate) fn code_name_at(&self, path: &str) -> Option<String> {
        let coding = self.codes_at(path).into_iter().find(|coding| coding.system_name().is_some())?;
        Some(format!("{} {}", coding.system_name()?, coding.code))
    }

    /// A status: the string itself, or the first code of a concept, or its words.
    pub(crate) fn status_at(&self, path: &str) -> Option<String> {
        self.status_of(self.walk(path).into_iter().next()?)
    }

    /// The status that one value states.
    pub(crate) fn status_of(&self, node: Node<'s>) -> Option<String> {
        if let Some(text) = node.text() {
            return Some(text.into_owned());
        }
        walk(&node.object()?, "coding.code")
            .into_iter()
            .find_map(Node::text)
            .map(std::borrow::Cow::into_owned)
            .or_else(|| self.words(node))
    }

    /// The first value at a path that is a FHIR date.
    pub(crate) fn date_at(&self, path: &str) -> Option<PartialDate> {
        self.walk(path).into_iter().find_map(|node| node.text()?.parse().ok())
    }

    /// A person's present names, the official one first, others (another script, most often) in brackets.
    pub(crate) fn all_names(&self, path: &str) -> Option<String> {
        let mut names: Vec<(bool, String)> = Vec::new();
        for node in self.walk(path) {
            let Some(object) = node.object() else { continue };
            let usage = object.text("use");
            if matches!(usage.as_deref(), Some("old" | "maiden" | "temp")) {
                continue;
            }
            let Some(name) = self.words(node).and_then(|name| plain(&name, MAX_NAME_BYTES)) else { continue };
            if names.len() < 3 && names.iter().all(|(_, known)| *known != name) {
                names.push((usage.as_deref() != Some("official"), name));
            }
        }
        names.sort_by_key(|(later, _)| *later);
        let (first, others) = names.split_first()?;
        let others: Vec<&str> = others.iter().map(|(_, name)| name.as_str()).collect();
        Some(if others.is_empty() { first.1.clone() } else { format!("{} ({})", first.1, others.join(", ")) })
    }
}

/// All values at a path under an object.
pub(crate) fn walk<'a>(object: &Object<'a>, path: &str) -> Vec<Node<'a>> {
    let mut steps = path.split('.');
    let first = steps.next().and_then(|name| object.get(name));
    let mut found: Vec<Node<'a>> = first.map(Node::items).unwrap_or_default();
    for step in steps {
        found = found
            .into_iter()
            .filter_map(|node| node.object()?.get(step))
            .flat_map(Node::items)
            .take(MAX_ITEMS)
            .collect();
    }
    found
}

/// The codes of a `CodeableConcept`, or the code of a `Coding`.
fn codings(object: &Object<'_>) -> Vec<Coding> {
    let coding = |object: &Object<'_>| Coding::checked(&object.text("system")?, &object.text("code")?);
    let mut codes: Vec<Coding> =
        walk(object, "coding").into_iter().filter_map(|node| coding(&node.object()?)).collect();
    codes.extend(coding(object));
    codes
}

/// The display of the coding that a person chose, else of the first that has one.
fn chosen_display(concept: &Object<'_>) -> Option<String> {
    let codings: Vec<Object<'_>> = walk(concept, "coding").into_iter().filter_map(Node::object).collect();
    let display = |coding: &Object<'_>| plain(&coding.text("display")?, MAX_TITLE_BYTES);
    let chosen = |coding: &&Object<'_>| coding.get("userSelected").and_then(Node::boolean) == Some(true);
    codings.iter().filter(chosen).find_map(display).or_else(|| codings.iter().find_map(display))
}

/// A `HumanName` without `text`: prefix, given names, family name, suffix.
fn human_name(name: &Object<'_>) -> Option<String> {
    let parts: Vec<String> = ["prefix", "given", "family", "suffix"]
        .iter()
        .flat_map(|part| walk(name, part))
        .take(8)
        .filter_map(|node| plain(&node.text()?, MAX_NAME_BYTES))
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
