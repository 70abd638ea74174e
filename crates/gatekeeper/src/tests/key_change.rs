//! Viewing keys change while transactions are on their way: everything is written down, and exactly once.

use medrec_exchange::server::{RecordPart, RecordRequest};
use medrec_protocol::{
    Commitment, Epoch, ProviderAddress,
    actions::Action,
    decide::Operation,
    payload::{DisclosurePayload, RecordPayload},
};

use crate::{
    release::Withheld,
    testing::{Clinic, Node, Patient, World, person, terms},
};

struct Case {
    world: World,
    clinic: Clinic,
    patient: Patient,
    grantee: ProviderAddress,
}

impl Case {
    async fn new() -> Self {
        let (world, mut clinics) = World::with(&["http://127.0.0.1:1", "http://127.0.0.1:2"]).await;
        let grantee = clinics.remove(1).gatekeeper.address();
        let clinic = clinics.remove(0);
        for number in 0..3 {
            clinic.write("amelia", &format!("{number}.txt"), format!("Letter {number}").as_bytes());
        }
        world.clock.advance(30);
        let patient = world.enrolled(&clinic, "amelia").await;
        world.clock.advance(30);
        clinic.work().await;
        patient.grant(terms(grantee), 1_000_000).await;
        Self { world, clinic, patient, grantee }
    }

    async fn records(&self) -> Vec<Commitment> {
        let mut read = self.clinic.gatekeeper.store.read().await.unwrap();
        let of = self.patient.address();
        let pointers = crate::store::logs::pointers_from(&mut read, of, 0, 100).await.unwrap();
        pointers.iter().map(|pointer| pointer.commitment).collect()
    }

    async fn copy(
        &self,
        asker: impl Into<medrec_protocol::Address>,
        commitment: Commitment,
    ) -> Result<(), Withheld> {
        let request = RecordRequest {
            relationship: self.patient.address(),
            commitment,
            operation: Operation::Copy,
            emergency: None,
            range: None,
            part: RecordPart::Bytes,
        };
        self.clinic.gatekeeper.release(asker.into(), &person("Dr. Sato"), &request).await.map(|_| ())
    }

    /// What the patient was told, record by record.
    fn told(&self) -> Vec<Commitment> {
        let told = self.patient.read::<DisclosurePayload>();
        told.iter().flat_map(|disclosure| disclosure.records.as_slice().to_vec()).collect()
    }
}

#[tokio::test]
async fn what_is_sealed_after_the_change_is_sealed_under_the_new_key() {
    let case = Case::new().await;
    case.patient.change_viewing_key().await;
    case.clinic.write("amelia", "new.txt", b"Later.");
    case.world.clock.advance(30);
    case.clinic.work().await;
    assert_eq!(case.patient.read::<RecordPayload>().len(), 4);
    let log = case.world.ledger.log(case.patient.address());
    let Some(Action::PublishRecord(last)) = log.last().map(|entry| &entry.action) else { panic!() };
    assert_eq!(last.description.epoch(), Epoch::new(1));
    // Old and new descriptions open here, each under the key of its own epoch.
    for record in case.records().await {
        case.copy(case.grantee, record).await.unwrap();
    }
    case.clinic.work().await;
    assert_eq!(case.told().len(), 4);
}

#[tokio::test]
async fn a_release_on_its_way_when_the_key_changes_is_written_down_exactly_once() {
    let case = Case::new().await;
    let records = case.records().await;
    for (number, record) in records.iter().enumerate() {
        // Signed and lost, signed and refused, not yet signed.
        case.world.ledger.set_node(Node::Forgetful);
        case.copy(case.grantee, *record).await.unwrap();
        if number < 2 {
            case.world.clock.advance(3);
            case.clinic.gatekeeper.work_outbox().await.unwrap();
        }
        case.world.ledger.set_node(Node::Working);
        case.patient.change_viewing_key().await;
    }
    for _ in 0..4 {
        case.clinic.work().await;
        case.world.clock.advance(300);
    }
    let mut told = case.told();
    told.sort();
    let mut expected = records;
    expected.sort();
    assert_eq!(told, expected);
    assert!(case.world.ledger.received().iter().any(|tx| {
        tx.body.actions.as_slice().iter().any(|action| {
            matches!(action, Action::RecordDisclosure(action) if action.disclosure.epoch() == Epoch::new(3))
        })
    }));
}

#[tokio::test]
async fn a_crash_between_the_change_and_the_new_bytes_loses_and_doubles_nothing() {
    let mut case = Case::new().await;
    let records = case.records().await;
    case.world.ledger.set_node(Node::Forgetful);
    case.copy(case.grantee, records[0]).await.unwrap();
    case.clinic.gatekeeper.work_outbox().await.unwrap();
    case.world.ledger.set_node(Node::Working);
    case.patient.change_viewing_key().await;
    case.clinic = case.clinic.restarted(&case.world).await;
    case.clinic.work().await;
    case.clinic = case.clinic.restarted(&case.world).await;
    case.world.clock.advance(300);
    case.clinic.work().await;
    assert_eq!(case.told(), [records[0]]);
}

#[tokio::test]
async fn without_the_key_in_force_only_the_patient_gets_copies_and_nothing_that_was_released_is_lost() {
    let case = Case::new().await;
    let records = case.records().await;
    case.world.ledger.set_node(Node::Forgetful);
    case.copy(case.grantee, records[0]).await.unwrap();
    case.world.ledger.set_node(Node::Working);
    case.patient.change_viewing_key_badly().await;
    assert!(matches!(case.copy(case.grantee, records[1]).await, Err(Withheld::NotFound)));
    let listed = case.clinic.gatekeeper.list(case.grantee.into(), case.patient.address(), None, None).await;
    assert!(matches!(listed, Err(Withheld::NotFound)));
    case.copy(case.patient.address(), records[1]).await.unwrap();
    // Other patients are served as before, however long it lasts.
    let other = case.world.enrolled(&case.clinic, "boris").await;
    case.clinic.write("boris", "a.txt", b"His.");
    case.world.clock.advance(600);
    case.clinic.gatekeeper.take_in_folders().await.unwrap();
    for _ in 0..5 {
        case.clinic.gatekeeper.work_outbox().await.unwrap();
    }
    other.grant(terms(case.grantee), 3600).await;
    let page = case.clinic.gatekeeper.list(case.grantee.into(), other.address(), None, None).await.unwrap();
    let request = RecordRequest {
        relationship: other.address(),
        commitment: page.records[0].commitment,
        operation: Operation::Copy,
        emergency: None,
        range: None,
        part: RecordPart::Bytes,
    };
    case.clinic.gatekeeper.release(case.grantee.into(), &person("Dr. Sato"), &request).await.unwrap();
    assert_eq!(case.told(), []);
    // The patient changes the key again, properly.
    case.patient.change_viewing_key().await;
    case.clinic.gatekeeper.follow().await.unwrap();
    for _ in 0..5 {
        case.clinic.gatekeeper.work_outbox().await.unwrap();
        case.world.clock.advance(3);
    }
    assert_eq!(case.told(), [records[0]]);
    case.copy(case.grantee, records[1]).await.unwrap();
}

#[tokio::test]
async fn a_request_under_the_old_key_is_sealed_anew_and_reaches_the_patient() {
    let case = Case::new().await;
    case.patient.change_viewing_key().await;
    let ask = crate::grantee::Ask {
        patient: "amelia".parse().unwrap(),
        kinds: medrec_protocol::record::RecordKinds::default(),
        future: medrec_protocol::payload::FutureRecords::Excluded,
        days: 30,
        purpose: medrec_protocol::payload::Purpose::Treatment,
        reason: medrec_protocol::codec::Text::new("We treat her").unwrap(),
        asked_by: medrec_protocol::codec::Text::new("Dr. Sato").unwrap(),
    };
    case.clinic.gatekeeper.ask(&ask).await.unwrap();
    assert_eq!(case.patient.read::<medrec_protocol::payload::RequestPayload>().len(), 1);
}

#[tokio::test]
async fn into_a_closed_relationship_nothing_is_published_and_the_patient_still_gets_her_copies() {
    let case = Case::new().await;
    let records = case.records().await;
    case.copy(case.grantee, records[0]).await.unwrap();
    case.patient.close().await;
    case.clinic.work().await;
    // What happened is written down all the same.
    assert_eq!(case.told(), [records[0]]);
    case.clinic.write("amelia", "new.txt", b"Later.");
    case.world.clock.advance(30);
    case.clinic.work().await;
    assert_eq!(case.records().await, records);
    assert!(matches!(case.copy(case.grantee, records[1]).await, Err(Withheld::NotFound)));
    case.copy(case.patient.address(), records[1]).await.unwrap();
}
