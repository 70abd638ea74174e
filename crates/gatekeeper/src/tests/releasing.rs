use std::io::Read as _;

use medrec_exchange::{
    api::RecordRange,
    server::{RecordPart, RecordRequest},
};
use medrec_protocol::{
    Address, Commitment, ProviderAddress, RecordKind, RelationshipAddress, Timestamp,
    codec::List,
    decide::Operation,
    payload::{Basis, DisclosurePayload, FutureRecords, GrantMode, GrantTerms, Recipient, Scope},
};

use crate::{
    clock::Clock as _,
    release::{Release, Withheld},
    testing::{Clinic, Node, Patient, World, person, terms},
};

/// One clinic with one patient and two records: a problem and a letter.
struct Case {
    world: World,
    clinic: Clinic,
    patient: Patient,
    problem: Commitment,
    letter: Commitment,
    /// Two other providers in the directory.
    grantee: ProviderAddress,
    other: ProviderAddress,
}

impl Case {
    async fn new() -> Self {
        let (world, mut clinics) =
            World::with(&["http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"]).await;
        let other = clinics.remove(2).gatekeeper.address();
        let grantee = clinics.remove(1).gatekeeper.address();
        let clinic = clinics.remove(0);
        clinic.write(
            "amelia",
            "a.json",
            br#"{"resourceType":"Condition","id":"c","code":{"text":"Asthma"}}"#,
        );
        clinic.write("amelia", "b.txt", b"Dear colleague, she is well.");
        world.clock.advance(30);
        let patient = world.enrolled(&clinic, "amelia").await;
        world.clock.advance(30);
        clinic.work().await;
        let mut read = clinic.gatekeeper.store.read().await.unwrap();
        let pointers = crate::store::logs::pointers_from(&mut read, patient.address(), 0, 10).await.unwrap();
        drop(read);
        let of = |kind| pointers.iter().find(|pointer| pointer.facts.kind == kind).unwrap().commitment;
        let (problem, letter) = (of(RecordKind::Problem), of(RecordKind::Document));
        Self { world, clinic, patient, problem, letter, grantee, other }
    }

    fn request(&self, commitment: Commitment) -> RecordRequest {
        RecordRequest {
            relationship: self.patient.address(),
            commitment,
            operation: Operation::Copy,
            emergency: None,
            range: None,
            part: RecordPart::Bytes,
        }
    }

    async fn ask(&self, asker: impl Into<Address>, request: &RecordRequest) -> Result<Release, Withheld> {
        self.clinic.gatekeeper.release(asker.into(), &person("Dr. Sato"), request).await
    }

    async fn copy(&self, commitment: Commitment) -> Result<Vec<u8>, Withheld> {
        let mut release = self.ask(self.grantee, &self.request(commitment)).await?;
        let mut bytes = Vec::new();
        release.file.read_to_end(&mut bytes).unwrap();
        Ok(bytes)
    }

    async fn rest(&self, commitment: Commitment, from: u64) -> Result<Release, Withheld> {
        let request = RecordRequest { range: Some(RecordRange { from }), ..self.request(commitment) };
        self.ask(self.grantee, &request).await
    }

    /// Releases that were written down, by whether they are for the ledger.
    async fn written(&self) -> (i64, i64) {
        let mut read = self.clinic.gatekeeper.store.read().await.unwrap();
        sqlx::query_as("select count(*), coalesce(sum(for_ledger), 0) from disclosure")
            .fetch_one(&mut *read)
            .await
            .unwrap()
    }

    async fn assert_not_found(&self, commitment: Commitment) {
        let withheld = self.copy(commitment).await;
        assert!(matches!(withheld, Err(Withheld::NotFound)), "{withheld:?}");
        assert_eq!(self.written().await, (0, 0));
    }
}

#[tokio::test]
async fn a_provider_without_a_grant_gets_not_found_as_for_what_does_not_exist() {
    let case = Case::new().await;
    case.assert_not_found(case.letter).await;
    case.assert_not_found(Commitment::from_bytes([1; 32])).await;
    let elsewhere =
        RecordRequest { relationship: RelationshipAddress::from_bytes([8; 20]), ..case.request(case.letter) };
    assert!(matches!(case.ask(case.grantee, &elsewhere).await, Err(Withheld::NotFound)));
    let listed = case.clinic.gatekeeper.list(case.grantee.into(), case.patient.address(), None, None).await;
    assert!(matches!(listed, Err(Withheld::NotFound)));
}

#[tokio::test]
async fn a_granted_copy_leaves_after_the_release_is_written_and_the_ledger_gets_it() {
    let case = Case::new().await;
    let grant = case.patient.grant(terms(case.grantee), 600).await;
    assert_eq!(case.copy(case.letter).await.unwrap(), b"Dear colleague, she is well.");
    assert_eq!(case.written().await, (1, 1));
    case.clinic.work().await;
    let read = case.patient.read::<DisclosurePayload>();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].recipient, Recipient::Provider(case.grantee));
    assert_eq!(read[0].basis, Basis::Grant(grant.grant));
    assert_eq!(read[0].records.as_slice(), [case.letter]);
    assert_eq!(read[0].person.as_str(), "Dr. Sato");
}

#[tokio::test]
async fn releases_of_one_visit_travel_together() {
    let case = Case::new().await;
    case.patient.grant(terms(case.grantee), 600).await;
    case.copy(case.letter).await.unwrap();
    case.copy(case.problem).await.unwrap();
    case.clinic.work().await;
    let read = case.patient.read::<DisclosurePayload>();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].records.as_slice(), [case.letter, case.problem]);
}

#[tokio::test]
async fn the_first_release_of_a_visit_travels_at_once_and_those_that_follow_are_gathered() {
    let case = Case::new().await;
    case.patient.grant(terms(case.grantee), 600).await;
    let visit = async || {
        case.copy(case.letter).await.unwrap();
        case.clinic.gatekeeper.work_outbox().await.unwrap();
        case.clinic.gatekeeper.work_outbox().await.unwrap();
        case.patient.read::<DisclosurePayload>().len()
    };
    assert_eq!(visit().await, 1);
    assert_eq!(visit().await, 1);
    case.world.clock.advance(1);
    assert_eq!(visit().await, 1);
    case.world.clock.advance(1);
    assert_eq!(visit().await, 2);
    let read = case.patient.read::<DisclosurePayload>();
    assert_eq!(read[1].records.as_slice().len(), 3);
}

#[tokio::test]
async fn a_grant_that_was_stopped_has_expired_or_has_not_begun_opens_nothing() {
    let case = Case::new().await;
    let grant = case.patient.grant(terms(case.grantee), 600).await;
    case.patient.revoke(grant.grant).await;
    case.assert_not_found(case.letter).await;
    let later = case.world.clock.now().plus(100);
    case.patient.grant(GrantTerms { not_before: later, ..terms(case.grantee) }, 600).await;
    case.assert_not_found(case.letter).await;
    case.world.clock.advance(601);
    case.assert_not_found(case.letter).await;
}

#[tokio::test]
async fn an_id_that_is_given_again_after_it_expired_has_its_newest_terms_only() {
    let case = Case::new().await;
    let first = case.patient.grant(terms(case.grantee), 100).await;
    assert!(case.copy(case.letter).await.is_ok());
    case.clinic.work().await;
    case.world.clock.advance(101);
    // Another grant sweeps the one that is over out of the leaf; then its id is free.
    let other = case.other;
    case.patient.grant(terms(other), 1000).await;
    case.patient.grant_as(first.grant, terms(other), 1000).await;
    assert!(matches!(case.copy(case.letter).await, Err(Withheld::NotFound)));
    let page = case.clinic.gatekeeper.list(other.into(), case.patient.address(), None, None).await.unwrap();
    assert_eq!(page.records.len(), 2);
}

#[tokio::test]
async fn a_grant_for_another_provider_or_other_records_opens_nothing() {
    let case = Case::new().await;
    case.patient.grant(terms(case.other), 600).await;
    case.assert_not_found(case.letter).await;
    let kinds = Scope::Kinds([RecordKind::Problem].into_iter().collect());
    case.patient.grant(GrantTerms { scope: kinds, ..terms(case.grantee) }, 600).await;
    case.assert_not_found(case.letter).await;
    assert!(case.copy(case.problem).await.is_ok());
}

#[tokio::test]
async fn what_is_published_after_a_grant_without_future_records_stays_closed() {
    let case = Case::new().await;
    case.patient.grant(GrantTerms { future: FutureRecords::Excluded, ..terms(case.grantee) }, 3600).await;
    case.clinic.write("amelia", "new.txt", b"Later.");
    case.world.clock.advance(30);
    case.clinic.work().await;
    let page =
        case.clinic.gatekeeper.list(case.grantee.into(), case.patient.address(), None, None).await.unwrap();
    let listed: Vec<Commitment> = page.records.iter().map(|record| record.commitment).collect();
    assert_eq!(listed.len(), 2);
    assert!(listed.contains(&case.letter) && listed.contains(&case.problem));
}

#[tokio::test]
async fn a_record_chosen_by_its_first_version_opens_its_newer_versions_only() {
    let case = Case::new().await;
    let page = case
        .clinic
        .gatekeeper
        .list(case.patient.address().into(), case.patient.address(), None, None)
        .await
        .unwrap();
    let letter = page.records.iter().find(|record| record.commitment == case.letter).unwrap().index;
    let scope = Scope::Records(List::new(vec![letter]).unwrap());
    case.patient.grant(GrantTerms { scope, ..terms(case.grantee) }, 3600).await;
    case.clinic.write("amelia", "b.txt", b"Dear colleague, she is very well.");
    case.world.clock.advance(30);
    case.clinic.work().await;
    let page =
        case.clinic.gatekeeper.list(case.grantee.into(), case.patient.address(), None, None).await.unwrap();
    assert_eq!(page.records.len(), 2);
    assert_eq!(case.copy(page.records[1].commitment).await.unwrap(), b"Dear colleague, she is very well.");
    assert!(matches!(case.copy(case.problem).await, Err(Withheld::NotFound)));
}

#[tokio::test]
async fn a_grant_for_looking_lists_but_does_not_let_copy() {
    let case = Case::new().await;
    case.patient.grant(GrantTerms { mode: GrantMode::View, ..terms(case.grantee) }, 600).await;
    case.assert_not_found(case.letter).await;
    let page =
        case.clinic.gatekeeper.list(case.grantee.into(), case.patient.address(), None, None).await.unwrap();
    assert!(page.records.iter().all(|record| record.operation == Operation::View));
    let look = RecordRequest { operation: Operation::View, ..case.request(case.letter) };
    assert!(case.ask(case.grantee, &look).await.is_ok());
    assert_eq!(case.written().await, (1, 1));
}

#[tokio::test]
async fn patients_fetch_their_own_copies_and_the_ledger_is_not_told() {
    let case = Case::new().await;
    assert!(case.ask(case.patient.address(), &case.request(case.letter)).await.is_ok());
    assert_eq!(case.written().await, (1, 0));
    case.clinic.work().await;
    assert_eq!(case.patient.read::<DisclosurePayload>(), []);
    let stranger = case.world.patient(&case.clinic);
    assert!(matches!(
        case.ask(stranger.address(), &case.request(case.letter)).await,
        Err(Withheld::NotFound)
    ));
}

#[tokio::test]
async fn the_rest_of_a_record_belongs_to_the_release_that_began_it() {
    let case = Case::new().await;
    case.patient.grant(terms(case.grantee), 3600).await;
    case.copy(case.letter).await.unwrap();
    case.rest(case.letter, 10).await.unwrap();
    case.clinic.work().await;
    case.world.clock.advance(600);
    case.rest(case.letter, 20).await.unwrap();
    assert_eq!(case.written().await, (1, 1));
    case.world.clock.advance(1);
    case.rest(case.letter, 20).await.unwrap();
    assert_eq!(case.written().await, (2, 2));
}

#[tokio::test]
async fn a_part_that_was_never_begun_another_record_and_another_person_are_releases_of_their_own() {
    let case = Case::new().await;
    case.patient.grant(terms(case.grantee), 3600).await;
    case.rest(case.letter, 10).await.unwrap();
    assert_eq!(case.written().await, (1, 1));
    case.rest(case.problem, 10).await.unwrap();
    assert_eq!(case.written().await, (2, 2));
    let request = RecordRequest { range: Some(RecordRange { from: 12 }), ..case.request(case.letter) };
    let gatekeeper = &case.clinic.gatekeeper;
    gatekeeper.release(case.grantee.into(), &person("Nurse Ito"), &request).await.unwrap();
    assert_eq!(case.written().await, (3, 3));
    case.copy(case.letter).await.unwrap();
    assert_eq!(case.written().await, (4, 4));
}

#[tokio::test]
async fn a_part_behind_the_end_is_told_only_to_who_may_have_the_record() {
    let case = Case::new().await;
    assert!(matches!(case.rest(case.letter, 1000).await, Err(Withheld::NotFound)));
    case.patient.grant(terms(case.grantee), 3600).await;
    assert!(matches!(case.rest(case.letter, 1000).await, Err(Withheld::BadRange)));
    assert_eq!(case.written().await, (0, 0));
}

#[tokio::test]
async fn what_comes_with_a_record_alone_is_no_release() {
    let case = Case::new().await;
    case.patient.grant(terms(case.grantee), 3600).await;
    let head = RecordRequest { part: RecordPart::HeaderOnly, ..case.request(case.letter) };
    assert_eq!(case.ask(case.grantee, &head).await.unwrap().header.commitment, case.letter);
    assert_eq!(case.written().await, (0, 0));
}

#[tokio::test]
async fn nothing_is_released_when_the_two_clocks_are_too_far_apart() {
    let case = Case::new().await;
    case.patient.grant(terms(case.grantee), 3600).await;
    case.world.ledger.set_lag(120);
    assert!(case.copy(case.letter).await.is_ok());
    case.world.ledger.set_lag(121);
    assert!(matches!(case.copy(case.letter).await, Err(Withheld::NotFresh)));
    let nowhere = Commitment::from_bytes([1; 32]);
    assert!(matches!(case.copy(nowhere).await, Err(Withheld::NotFresh)));
}

#[tokio::test]
async fn nothing_is_released_when_the_ledger_cannot_be_read() {
    let case = Case::new().await;
    case.patient.grant(terms(case.grantee), 3600).await;
    case.world.ledger.set_node(Node::Away);
    assert!(matches!(case.copy(case.letter).await, Err(Withheld::Unavailable { .. })));
    assert_eq!(case.written().await, (0, 0));
}

#[tokio::test]
async fn when_the_ledger_does_not_take_releases_no_more_are_made() {
    let case = Case::new().await;
    case.patient.grant(terms(case.grantee), 3600).await;
    case.copy(case.letter).await.unwrap();
    case.world.ledger.set_node(Node::Forgetful);
    case.clinic.gatekeeper.work_outbox().await.unwrap();
    case.world.clock.advance(120);
    assert!(case.copy(case.problem).await.is_ok());
    case.world.clock.advance(1);
    assert!(matches!(case.copy(case.problem).await, Err(Withheld::Unavailable { .. })));
    case.world.ledger.set_node(Node::Working);
    case.clinic.work().await;
    assert!(case.copy(case.problem).await.is_ok());
}

#[tokio::test]
async fn a_release_that_the_ledger_did_not_get_before_a_crash_gets_there_after_it() {
    let mut case = Case::new().await;
    case.patient.grant(terms(case.grantee), 3600).await;
    case.copy(case.letter).await.unwrap();
    case.clinic = case.clinic.restarted(&case.world).await;
    case.world.ledger.set_node(Node::Forgetful);
    case.clinic.gatekeeper.work_outbox().await.unwrap();
    case.clinic = case.clinic.restarted(&case.world).await;
    case.world.ledger.set_node(Node::Working);
    case.world.clock.advance(300);
    for _ in 0..3 {
        case.clinic.work().await;
        case.world.clock.advance(300);
    }
    let read = case.patient.read::<DisclosurePayload>();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].records.as_slice(), [case.letter]);
    assert!(read[0].at > Timestamp::from_seconds(0));
}

#[tokio::test]
async fn a_snapshot_that_lost_bytes_is_not_released() {
    let case = Case::new().await;
    case.patient.grant(terms(case.grantee), 3600).await;
    let path = case.clinic.gatekeeper.files.path(case.letter);
    std::fs::write(path, b"Dear").unwrap();
    assert!(matches!(case.copy(case.letter).await, Err(Withheld::Fault(_))));
    assert_eq!(case.written().await, (0, 0));
}
