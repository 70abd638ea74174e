//! The history as a FHIR R4 Bundle: a Consent for each grant, an AuditEvent for each release, a Provenance for each entry.
//! (docs/spec/history.md, HIST-50 to HIST-57)
//!
//! Consent follows the shape of IHE's "Privacy Consent on FHIR" (PCF), AuditEvent that of "Basic Audit Log Patterns" (BALP,
//! privacy disclosure at the source). Resources are named by hashes of where they stand on the ledger, so the same
//! history gives the same Bundle.

use std::collections::BTreeMap;

use medrec_protocol::{Address, Hash32, RecordKind};
use serde_json::{Value, json};

use crate::{
    model::{
        Basis, Disclosure, Entry, Grant, History, Party, Person, Purpose, Recipient, RecordRef, Relationship,
        Scope, What, Who,
    },
    sentences::{self, Language, rfc3339},
    standing::Standing,
};

const ADDRESS: &str = "urn:medrec:address";
const ENTRY: &str = "urn:medrec:entry";
const ACTION: &str = "urn:medrec:action";
const KIND: &str = "urn:medrec:record-kind";
const PURPOSE: &str = "urn:medrec:purpose";
const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

/// The history as a Bundle of type `collection`, JSON.
pub fn to_fhir(history: &History, language: Language) -> Vec<u8> {
    let mut bundle = Bundle { history, language, entries: BTreeMap::new(), order: Vec::new() };
    bundle.fill();
    let timestamp = rfc3339(history.as_of.time);
    let entries: Vec<Value> = bundle
        .order
        .iter()
        .filter_map(|url| bundle.entries.get(url).map(|it| json!({ "fullUrl": url, "resource": it })))
        .collect();
    let network = &history.network;
    let document = json!({
        "resourceType": "Bundle",
        "type": "collection",
        "language": language.tag(),
        "identifier": {
            "system": "urn:medrec:history",
            "value": format!("{}/{}/{}", network.chain_id, network.genesis_hash, history.as_of.height),
        },
        "timestamp": timestamp,
        "entry": entries,
    });
    // Texts, numbers and lists only: this cannot fail.
    serde_json::to_vec_pretty(&document).unwrap_or_default()
}

struct Bundle<'a> {
    history: &'a History,
    language: Language,
    entries: BTreeMap<String, Value>,
    order: Vec<String>,
}

impl Bundle<'_> {
    fn fill(&mut self) {
        let history = self.history;
        self.patient();
        for relationship in &history.relationships {
            self.organization(&relationship.publisher);
            for entry in &relationship.entries {
                self.entry(entry, relationship);
            }
        }
    }

    fn put(&mut self, url: String, mut resource: Value) -> String {
        if !self.entries.contains_key(&url) {
            resource["id"] = json!(url.trim_start_matches("urn:uuid:"));
            self.order.push(url.clone());
            self.entries.insert(url.clone(), resource);
        }
        url
    }

    /// The address of a resource: a UUID of version 8 (RFC 9562) from a hash.
    fn url(&self, kind: &str, of: &str) -> String {
        let genesis = self.history.network.genesis_hash;
        let hash =
            Hash32::of("medrec/history/fhir/v1", &[genesis.as_bytes(), kind.as_bytes(), b"/", of.as_bytes()]);
        let mut id = [0; 16];
        id.copy_from_slice(&hash.as_bytes()[..16]);
        id[6] = (id[6] & 0x0f) | 0x80;
        id[8] = (id[8] & 0x3f) | 0x80;
        let text = hex::encode(id);
        format!(
            "urn:uuid:{}-{}-{}-{}-{}",
            &text[..8],
            &text[8..12],
            &text[12..16],
            &text[16..20],
            &text[20..]
        )
    }

    /// The person has no name on the ledger; one account for each provider is all that tells who it is.
    fn patient(&mut self) -> String {
        let addresses: Vec<String> =
            self.history.relationships.iter().map(|one| one.address.to_string()).collect();
        let url = self.url("Patient", &addresses.join(","));
        if self.entries.contains_key(&url) {
            return url;
        }
        let identifiers: Vec<Value> =
            addresses.iter().map(|address| json!({ "system": ADDRESS, "value": address })).collect();
        let mut resource = json!({ "resourceType": "Patient", "active": true });
        if !identifiers.is_empty() {
            resource["identifier"] = json!(identifiers);
        }
        if let Some(name) = &self.history.whose {
            resource["name"] = json!([{ "use": "usual", "text": name }]);
        }
        self.put(url, resource)
    }

    fn organization(&mut self, party: &Party) -> String {
        let address = party.address.to_string();
        let mut resource = json!({
            "resourceType": "Organization",
            "identifier": [{ "system": ADDRESS, "value": address }],
            // A directory that does not know it has no name for it either.
            "name": party.name.clone().unwrap_or_else(|| address.clone()),
        });
        if let Some(place) = party.place.as_ref().filter(|place| !place.is_empty()) {
            resource["address"] = json!([{ "text": place }]);
        }
        self.put(self.url("Organization", &address), resource)
    }

    fn person(&mut self, person: &Person) -> String {
        let address = person.address.to_string();
        let patient = self.patient();
        let mut resource = json!({
            "resourceType": "RelatedPerson",
            "identifier": [{ "system": ADDRESS, "value": address }],
            "patient": { "reference": patient },
        });
        if let Some(name) = &person.name {
            resource["name"] = json!([{ "text": name }]);
        }
        let named = person.name.as_deref().unwrap_or("");
        self.put(self.url("RelatedPerson", &format!("{address}/{named}")), resource)
    }

    fn who(&mut self, who: &Who) -> Value {
        match who {
            Who::Patient => json!({ "reference": self.patient() }),
            Who::Delegate(person) | Who::Guardian(person) => json!({ "reference": self.person(person) }),
            Who::Provider(party) => json!({ "reference": self.organization(party) }),
            Who::UnknownAgent(address) => unknown(*address),
        }
    }

    fn place(&self, index: u64, of: &Relationship) -> String {
        format!("{}/{}/{index}", self.history.network.chain_id, of.address)
    }

    /// An entry of the ledger, by its name: it is no FHIR resource.
    fn ledger_entry(&self, index: u64, of: &Relationship, display: &str) -> Value {
        let mut reference = json!({ "identifier": { "system": ENTRY, "value": self.place(index, of) } });
        if !display.is_empty() {
            reference["display"] = json!(display);
        }
        reference
    }

    fn record(&self, record: &RecordRef, of: &Relationship) -> Value {
        let title = record.title.as_deref().unwrap_or_default();
        match record.entry {
            Some(entry) => self.ledger_entry(entry, of, title),
            None => json!({ "display": self.language.tongue().record(record) }),
        }
    }

    fn narrative(&self, sentence: &str) -> Value {
        let language = self.language.tag();
        let text = escaped(sentence);
        json!({
            "status": "generated",
            "div": format!(
                "<div xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"{language}\" xml:lang=\"{language}\"><p>{text}</p></div>"
            ),
        })
    }

    fn entry(&mut self, entry: &Entry, of: &Relationship) {
        let sentence = sentences::entry(self.language, entry, of);
        let place = self.place(entry.index, of);
        let target = match &entry.what {
            What::Granted(grant) => {
                let resource = self.consent(entry, grant, of, &sentence);
                json!({ "reference": self.put(self.url("Consent", &place), resource) })
            }
            What::Disclosed(disclosure) => {
                let resource = self.audit_event(entry, disclosure, of, &sentence);
                json!({ "reference": self.put(self.url("AuditEvent", &place), resource) })
            }
            _ => self.ledger_entry(entry.index, of, &sentence),
        };
        let provenance = self.provenance(entry, of, &sentence, target);
        self.put(self.url("Provenance", &place), provenance);
    }

    fn provenance(&mut self, entry: &Entry, of: &Relationship, sentence: &str, target: Value) -> Value {
        let mut agent = json!({
            "type": coded("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "author", "Author"),
            "who": self.who(&entry.who),
        });
        if let Who::Delegate(_) | Who::Guardian(_) = entry.who {
            agent["onBehalfOf"] = json!({ "reference": self.patient() });
        }
        let network = &self.history.network;
        json!({
            "resourceType": "Provenance",
            "text": self.narrative(sentence),
            "target": [target],
            "recorded": rfc3339(entry.time),
            "policy": [format!("urn:medrec:ledger:{}:{}", network.chain_id, network.genesis_hash)],
            "activity": {
                "coding": [{ "system": ACTION, "code": entry.what.kind().as_str() }],
                "text": sentence,
            },
            "agent": [agent],
            "entity": [{
                "role": "source",
                "what": self.ledger_entry(entry.index, of, &format!("block {}", entry.height)),
            }],
        })
    }

    fn consent(&mut self, entry: &Entry, grant: &Grant, of: &Relationship, sentence: &str) -> Value {
        let status = match of.standing(entry, grant, self.history.as_of) {
            Standing::InForce | Standing::NotYet => "active",
            Standing::Stopped(_) | Standing::RanOut => "inactive",
        };
        let mut provision = json!({
            "type": "permit",
            "period": { "start": rfc3339(grant.from), "end": rfc3339(grant.until) },
            "actor": [{
                "role": coded(
                    "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                    "IRCP",
                    "information recipient",
                ),
                "reference": { "reference": self.organization(&grant.to) },
            }],
            "purpose": purposes(grant.purpose),
        });
        match &grant.scope {
            Scope::Everything => {}
            Scope::Kinds(kinds) => {
                provision["class"] = json!(kinds.iter().flat_map(|kind| classes(*kind)).collect::<Vec<_>>());
            }
            Scope::Records(records) if records.is_empty() => {}
            Scope::Records(records) => {
                let data = |record| json!({ "meaning": "instance", "reference": self.record(record, of) });
                provision["data"] = json!(records.iter().map(data).collect::<Vec<_>>());
            }
        }
        json!({
            "resourceType": "Consent",
            "text": self.narrative(sentence),
            "identifier": [
                { "system": "urn:medrec:grant", "value": grant.id.to_string() },
                { "system": ENTRY, "value": self.place(entry.index, of) },
            ],
            "status": status,
            "scope": coded("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", "Privacy Consent"),
            "category": [coded("http://loinc.org", "59284-0", "Patient Consent")],
            "patient": { "reference": self.patient() },
            "dateTime": rfc3339(entry.time),
            "performer": [self.who(&entry.who)],
            "organization": [{ "reference": self.organization(&of.publisher) }],
            // What was signed: the ledger's entry.
            "sourceAttachment": {
                "contentType": crate::file::MEDIA_TYPE,
                "title": self.place(entry.index, of),
                "creation": rfc3339(entry.time),
            },
            "policy": [{ "uri": "urn:medrec:policy:grant:1" }],
            "provision": provision,
        })
    }

    fn audit_event(
        &mut self,
        entry: &Entry,
        disclosure: &Disclosure,
        of: &Relationship,
        sentence: &str,
    ) -> Value {
        let publisher = json!({ "reference": self.organization(&of.publisher) });
        let patient = json!({ "reference": self.patient() });
        let (recipient, recipient_address) = match &disclosure.to {
            Recipient::Patient => (patient.clone(), of.address.to_string()),
            Recipient::Delegate(person) => {
                (json!({ "reference": self.person(person) }), person.address.to_string())
            }
            Recipient::Provider(party) => {
                (json!({ "reference": self.organization(party) }), party.address.to_string())
            }
        };
        let mut receives = agent(("110152", "Destination Role ID"), recipient, &recipient_address, true);
        if !disclosure.person.is_empty() {
            receives["name"] = json!(disclosure.person);
        }
        let mut entities = vec![json!({
            "what": patient.clone(),
            "type": coding("http://terminology.hl7.org/CodeSystem/audit-entity-type", "1", "Person"),
            "role": coding("http://terminology.hl7.org/CodeSystem/object-role", "1", "Patient"),
        })];
        entities.extend(disclosure.records.iter().map(|record| {
            json!({
                "what": self.record(record, of),
                "type": coding("http://terminology.hl7.org/CodeSystem/audit-entity-type", "2", "System Object"),
                "role": coding("http://terminology.hl7.org/CodeSystem/object-role", "3", "Report"),
            })
        }));
        let under = match &disclosure.basis {
            Basis::Grant(grant) => of.grant(grant.id, entry.index),
            Basis::Owner | Basis::Delegate | Basis::Emergency(_) => None,
        };
        if let Some((given, _)) = under {
            entities.push(json!({
                "what": { "reference": self.url("Consent", &self.place(given.index, of)) },
                "type": coding("http://terminology.hl7.org/CodeSystem/audit-entity-type", "2", "System Object"),
                "role": coding("http://terminology.hl7.org/CodeSystem/object-role", "4", "Domain Resource"),
            }));
        }
        let purpose = match (&disclosure.basis, under) {
            (Basis::Emergency(reason), _) => Some(json!([{
                "coding": [coding(ACT_REASON, "ETREAT", "Emergency Treatment")],
                "text": reason,
            }])),
            (Basis::Owner | Basis::Delegate, _) => {
                Some(json!([coded(ACT_REASON, "PATRQT", "patient requested")]))
            }
            (Basis::Grant(_), Some((_, grant))) => Some(json!([{ "coding": purposes(grant.purpose) }])),
            (Basis::Grant(_), None) => None,
        };
        let mut resource = json!({
            "resourceType": "AuditEvent",
            "text": self.narrative(sentence),
            "type": coding(DCM, "110106", "Export"),
            "subtype": [coding(
                "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle",
                "disclose",
                "Disclose Record Lifecycle Event",
            )],
            "action": "R",
            "period": { "start": rfc3339(disclosure.at), "end": rfc3339(disclosure.at) },
            "recorded": rfc3339(entry.time),
            "outcome": "0",
            "agent": [
                agent(("110153", "Source Role ID"), publisher.clone(), &of.publisher.address.to_string(), false),
                receives,
                {
                    "type": coded("http://snomed.info/sct", "429577009", "Patient advocate"),
                    "who": patient,
                    "requestor": false,
                },
            ],
            "source": {
                "site": self.place(entry.index, of),
                "observer": publisher,
                "type": [coding(
                    "http://terminology.hl7.org/CodeSystem/security-source-type",
                    "4",
                    "Application Server",
                )],
            },
            "entity": entities,
        });
        if let Some(purpose) = purpose {
            resource["purposeOfEvent"] = purpose;
        }
        resource
    }
}

fn unknown(address: Address) -> Value {
    json!({ "identifier": { "system": ADDRESS, "value": address.to_string() } })
}

fn agent((code, display): (&str, &str), who: Value, address: &str, requestor: bool) -> Value {
    json!({
        "type": coded(DCM, code, display),
        "who": who,
        "requestor": requestor,
        // Where on the ledger; network addresses are not written there.
        "network": { "address": format!("{ADDRESS}:{address}"), "type": "5" },
    })
}

fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({ "system": system, "code": code, "display": display })
}

fn coded(system: &str, code: &str, display: &str) -> Value {
    json!({ "coding": [coding(system, code, display)] })
}

/// HL7's codes; for what they do not say exactly, ours beside the nearest of theirs.
fn purposes(purpose: Purpose) -> Vec<Value> {
    let theirs = |code, display| coding(ACT_REASON, code, display);
    match purpose {
        Purpose::Treatment => vec![theirs("TREAT", "treatment")],
        Purpose::Coordination => vec![theirs("COC", "coordination of care")],
        Purpose::SecondOpinion => {
            vec![coding(PURPOSE, "second-opinion", "second opinion"), theirs("TREAT", "treatment")]
        }
        Purpose::Payment => vec![theirs("HPAYMT", "healthcare payment")],
        Purpose::Research => vec![theirs("HRESCH", "healthcare research")],
        Purpose::PatientRequest => vec![theirs("PATRQT", "patient requested")],
    }
}

/// The kind itself, and the FHIR resource types that fall under it.
fn classes(kind: RecordKind) -> Vec<Value> {
    let types: &[&str] = match kind {
        RecordKind::Medication => &[
            "MedicationRequest",
            "MedicationStatement",
            "MedicationDispense",
            "MedicationAdministration",
            "Medication",
        ],
        RecordKind::Allergy => &["AllergyIntolerance"],
        RecordKind::Problem => &["Condition"],
        RecordKind::Observation => &["Observation", "DiagnosticReport"],
        RecordKind::Immunization => &["Immunization"],
        RecordKind::Procedure => &["Procedure"],
        RecordKind::Document => &["DocumentReference", "Composition"],
        RecordKind::Imaging => &["ImagingStudy", "Media"],
        RecordKind::Visit => &["Encounter"],
        RecordKind::Other => &[],
    };
    let own = json!({ "system": KIND, "code": kind.as_str() });
    let theirs =
        types.iter().map(|name| json!({ "system": "http://hl7.org/fhir/resource-types", "code": name }));
    std::iter::once(own).chain(theirs).collect()
}

/// Text in XHTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
