//! A history in which everything happens that can happen, and one that is long.

use medrec_ledger::testing::sample::{Actor, grant_id, request_id};
use medrec_protocol::{Commitment, Hash32, RecordKind, Timestamp};

use super::world::DAY;
use crate::model::{
    ActionKind, Activation, AllowedGrant, Answer, AsOf, Basis, Delegation, Disclosure, EmergencyAccess,
    Entry, Future, Grant, GrantRef, History, LivePermission, MODEL_VERSION, Mode, Network, Party, Period,
    Person, Purpose, Recipient, RecordRef, Relationship, Request, Right, Scope, What, Who,
};

/// 2026-03-02T09:30:00Z.
const BEGIN: u64 = 1_772_443_800;

pub fn party(number: u64, name: &str, place: &str) -> Party {
    let address = Actor::provider(number).provider_address();
    Party { address, name: Some(name.into()), place: Some(place.into()) }
}

fn person(number: u64, name: Option<&str>) -> Person {
    let medrec_protocol::Address::Agent(address) = Actor::agent(number).address else { panic!("an agent") };
    Person { name: name.map(str::to_owned), address }
}

fn record(entry: u64, title: &str) -> RecordRef {
    RecordRef { entry: Some(entry), title: Some(title.into()) }
}

fn published(title: &str, kind: RecordKind, date: Option<&str>, replaces: Option<u64>) -> What {
    let commitment = Commitment::from_bytes(*Hash32::plain(title.as_bytes()).as_bytes());
    What::PublishedRecord { commitment, title: title.into(), kind, date: date.map(str::to_owned), replaces }
}

fn at(day: u64) -> Timestamp {
    Timestamp::from_seconds(BEGIN + day * DAY + day * 377)
}

pub struct Making {
    entries: Vec<Entry>,
}

impl Making {
    pub fn add(&mut self, day: u64, who: &Who, what: What) -> u64 {
        let index = self.entries.len() as u64;
        self.entries.push(Entry { index, time: at(day), height: 40 + 3 * index, who: who.clone(), what });
        index
    }
}

/// Every kind of entry, opened and closed, by everybody who can act.
pub fn everything() -> History {
    let hospital = party(1, "Santa Maria", "Avenida Professor Egas Moniz, Lisbon");
    let clinic = party(2, "City Clinic", "Rua do Almada 12, Porto");
    let doctor = party(3, "Dr. Ana López", "Praça da República 3, Sintra");
    let unlisted = Party { address: Actor::provider(7).provider_address(), name: None, place: None };
    let daughter = person(20, Some("Ana Silva"));
    let (friend, lawyer) = (person(21, Some("Rui Gomes")), person(22, None));

    let by_hospital = Who::Provider(hospital.clone());
    let by_daughter = Who::Delegate(daughter.clone());
    let patient = Who::Patient;
    let mut log = Making { entries: Vec::new() };
    log.add(0, &by_hospital, What::OpenedRelationship);
    log.add(
        0,
        &by_hospital,
        published("Amoxicillin 500 mg capsules", RecordKind::Medication, Some("2026-02-27"), None),
    );
    log.add(0, &by_hospital, published("Allergy to penicillin", RecordKind::Allergy, Some("2019"), None));
    log.add(1, &by_hospital, published("Blood count <WBC & platelets>", RecordKind::Observation, None, None));
    log.add(
        2,
        &by_hospital,
        published(
            "Amoxicillin 250 mg capsules",
            RecordKind::Medication,
            Some("2026-03-04T08:00:00Z"),
            Some(1),
        ),
    );
    let give = |number, to: &Party, scope, future, mode, purpose, from: u64, days| {
        What::Granted(Grant {
            id: grant_id(number),
            to: to.clone(),
            scope,
            future,
            from: at(from),
            until: at(from).plus(days * DAY),
            purpose,
            mode,
            request: None,
        })
    };
    let kinds = Scope::Kinds(vec![RecordKind::Medication, RecordKind::Allergy]);
    let first = log.add(
        3,
        &patient,
        give(1, &clinic, kinds.clone(), Future::Included, Mode::Pull, Purpose::Treatment, 3, 90),
    );
    let chosen = Scope::Records(vec![record(3, "Blood count <WBC & platelets>")]);
    let second = log.add(
        3,
        &by_daughter,
        give(2, &doctor, chosen, Future::Excluded, Mode::View, Purpose::SecondOpinion, 4, 30),
    );
    log.add(
        4,
        &patient,
        give(3, &unlisted, Scope::Everything, Future::Included, Mode::Push, Purpose::Coordination, 4, 10),
    );
    let under = |number, entry| Basis::Grant(GrantRef { id: grant_id(number), entry });
    log.add(
        5,
        &by_hospital,
        What::Disclosed(Disclosure {
            to: Recipient::Provider(clinic.clone()),
            basis: under(1, Some(first)),
            records: vec![record(2, "Allergy to penicillin"), record(4, "Amoxicillin 250 mg capsules")],
            at: at(5),
            person: "Dr. Rui Costa, surgery".into(),
        }),
    );
    log.add(
        5,
        &by_hospital,
        What::Disclosed(Disclosure {
            to: Recipient::Patient,
            basis: Basis::Owner,
            records: (1..=4).map(|entry| record(entry, "x")).collect(),
            at: at(5),
            person: String::new(),
        }),
    );
    log.add(
        6,
        &by_hospital,
        What::Disclosed(Disclosure {
            to: Recipient::Delegate(daughter.clone()),
            basis: Basis::Delegate,
            records: vec![record(2, "Allergy to penicillin")],
            at: at(6),
            person: String::new(),
        }),
    );
    log.add(
        7,
        &by_hospital,
        What::Disclosed(Disclosure {
            to: Recipient::Provider(doctor.clone()),
            basis: Basis::Emergency("Brought in unconscious".into()),
            records: vec![RecordRef { entry: None, title: None }],
            at: at(7),
            person: "Emergency department".into(),
        }),
    );
    log.add(8, &patient, What::Disputed { entry: 11, statement: "I was not there".into() });
    log.add(
        9,
        &patient,
        What::Revoked { grant: GrantRef { id: grant_id(2), entry: Some(second) }, note: "Moved away".into() },
    );
    log.add(
        9,
        &patient,
        What::Revoked { grant: GrantRef { id: grant_id(77), entry: None }, note: String::new() },
    );
    log.add(
        10,
        &by_hospital,
        What::WithdrewRecord {
            record: record(3, "Blood count <WBC & platelets>"),
            reason: "Wrong sample".into(),
        },
    );
    let asked = |scope, days, reason: &str, by: &str| {
        What::RequestedAccess(Request {
            id: request_id(1),
            scope,
            future: Future::Included,
            days,
            purpose: Purpose::Treatment,
            reason: reason.into(),
            asked_by: by.into(),
        })
    };
    let request = log.add(
        11,
        &by_hospital,
        asked(kinds, 90, "To know what she takes before the operation", "Dr. Inês Melo"),
    );
    log.add(
        11,
        &by_daughter,
        What::Answered {
            request: request_id(1),
            entry: Some(request),
            answer: Answer::Allowed(vec![AllowedGrant {
                grant: grant_id(9),
                publisher: clinic.clone(),
                until: at(100),
            }]),
        },
    );
    log.add(12, &by_hospital, asked(Scope::Everything, 1, "", ""));
    log.add(
        12,
        &patient,
        What::Answered {
            request: request_id(2),
            entry: None,
            answer: Answer::Declined("Please ask me in person".into()),
        },
    );
    let appoint = |delegate: &Person, right, until, activation| {
        What::DelegateAppointed(Delegation { delegate: delegate.clone(), right, until, activation })
    };
    log.add(13, &patient, appoint(&daughter, Right::Share, Some(at(400)), Activation::AtOnce));
    log.add(13, &Who::Delegate(daughter.clone()), What::DelegationAccepted(daughter.clone()));
    log.add(14, &patient, appoint(&friend, Right::See, None, Activation::AfterWait(7)));
    log.add(14, &patient, appoint(&lawyer, Right::Manage, None, Activation::AfterSilence(60)));
    log.add(15, &Who::Delegate(friend.clone()), What::ActivationAsked(friend.clone()));
    log.add(15, &patient, What::ActivationRefused(friend.clone()));
    log.add(16, &Who::Delegate(friend.clone()), What::DelegationGivenUp(friend.clone()));
    log.add(16, &patient, What::DelegationEnded(lawyer.clone()));
    log.add(
        17,
        &patient,
        What::GuardiansSet {
            guardians: vec![daughter.clone(), friend.clone(), lawyer],
            needed: 2,
            delay_days: 14,
        },
    );
    log.add(17, &Who::Guardian(friend.clone()), What::RecoveryApproved(friend));
    log.add(17, &patient, What::RecoveryVetoed);
    log.add(18, &patient, What::GuardiansSet { guardians: Vec::new(), needed: 0, delay_days: 0 });
    log.add(18, &patient, What::HandoverSet { on: at(2_000) });
    log.add(
        18,
        &patient,
        What::EmergencyAccessSet(EmergencyAccess::On(Scope::Kinds(vec![
            RecordKind::Allergy,
            RecordKind::Imaging,
        ]))),
    );
    log.add(18, &patient, What::EmergencyAccessSet(EmergencyAccess::Off));
    log.add(19, &patient, What::ViewingKeyRotated);
    log.add(19, &patient, What::KeysRotated);
    log.add(19, &patient, What::SignOfLife);
    for action in ActionKind::ALL {
        let grant = (*action == ActionKind::Granted).then(|| grant_id(5));
        log.add(20, &by_hospital, What::Closed { action: *action, grant });
    }
    log.add(
        20,
        &Who::UnknownAgent(Actor::agent(33).address),
        What::Closed { action: ActionKind::SignOfLife, grant: None },
    );
    log.add(20, &Who::UnknownAgent(Actor::agent(33).address), What::SignOfLife);
    let closed_grant = log
        .entries
        .iter()
        .find(|entry| !entry.what.is_open() && entry.what.kind() == ActionKind::Granted)
        .unwrap()
        .index;
    let size = log.entries.len() as u64 + 2;
    let hospital_log = Relationship {
        address: Actor::patient(10).relationship(),
        publisher: hospital,
        period: Period { from: 0, to: size - 2, size },
        in_force: vec![
            LivePermission { grant: grant_id(1), until: at(3).plus(90 * DAY), entry: first },
            LivePermission { grant: grant_id(5), until: at(60), entry: closed_grant },
        ],
        entries: log.entries,
    };
    let mut log = Making { entries: Vec::new() };
    log.add(1, &Who::Provider(doctor.clone()), What::OpenedRelationship);
    log.add(2, &patient, What::RevokedAll { note: "All of it".into() });
    log.add(3, &patient, What::RelationshipClosed);
    let doctors_log = Relationship {
        address: Actor::patient(11).relationship(),
        publisher: doctor,
        period: Period { from: 0, to: 3, size: 3 },
        in_force: Vec::new(),
        entries: log.entries,
    };
    History {
        version: MODEL_VERSION,
        whose: Some("Maria Silva".into()),
        network: Network { chain_id: "medrec-1".into(), genesis_hash: Hash32::new([0xab; 32]) },
        as_of: AsOf { height: 4_711, time: at(21) },
        relationships: vec![hospital_log, doctors_log],
    }
}

/// A busy year: so many entries with one provider.
pub fn long(entries: u64) -> History {
    let hospital = party(1, "Santa Maria", "Avenida Professor Egas Moniz, Lisbon");
    let clinic = party(2, "City Clinic", "Rua do Almada 12, Porto");
    let by_hospital = Who::Provider(hospital.clone());
    let mut log = Making { entries: Vec::new() };
    log.add(0, &by_hospital, What::OpenedRelationship);
    while (log.entries.len() as u64) < entries {
        let number = log.entries.len() as u64;
        let day = number / 2;
        match number % 4 {
            0 => {
                let grant = Grant {
                    id: grant_id(number),
                    to: clinic.clone(),
                    scope: Scope::Kinds(vec![RecordKind::Medication, RecordKind::Allergy]),
                    future: Future::Included,
                    from: at(day),
                    until: at(day).plus(30 * DAY),
                    purpose: Purpose::Treatment,
                    mode: Mode::Pull,
                    request: None,
                };
                log.add(day, &Who::Patient, What::Granted(grant));
            }
            1 => {
                let kind = RecordKind::ALL[usize::try_from(number / 4 % 10).unwrap()];
                let title = format!("Record {number} of a long history");
                log.add(day, &by_hospital, published(&title, kind, Some("2026-03"), None));
            }
            2 => {
                let basis = Basis::Grant(GrantRef { id: grant_id(number - 2), entry: Some(number - 2) });
                let records = vec![record(number - 1, &format!("Record {} of a long history", number - 1))];
                let to = Recipient::Provider(clinic.clone());
                let disclosure =
                    Disclosure { to, basis, records, at: at(day), person: "Dr. Rui Costa".into() };
                log.add(day, &by_hospital, What::Disclosed(disclosure));
            }
            _ => {
                let grant = GrantRef { id: grant_id(number - 3), entry: Some(number - 3) };
                log.add(day, &Who::Patient, What::Revoked { grant, note: String::new() });
            }
        }
    }
    let last = log.entries.last().unwrap().time;
    History {
        version: MODEL_VERSION,
        whose: Some("Maria Silva".into()),
        network: Network { chain_id: "medrec-1".into(), genesis_hash: Hash32::new([0xab; 32]) },
        as_of: AsOf { height: 9_000, time: last.plus(60) },
        relationships: vec![Relationship {
            address: Actor::patient(10).relationship(),
            publisher: hospital,
            period: Period { from: 0, to: entries, size: entries },
            in_force: Vec::new(),
            entries: log.entries,
        }],
    }
}
