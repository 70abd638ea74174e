use medrec_exchange::api::{EnrolmentCode, EnrolmentError, EnrolmentState};
use medrec_protocol::Timestamp;

use crate::{
    enrolment::NotEnrolled,
    testing::{Node, World},
};

const DAY: u64 = 86_400;

#[tokio::test]
async fn a_patient_with_a_code_opens_a_relationship() {
    let (world, clinic) = World::with_one().await;
    let code = clinic.gatekeeper.make_code(&"amelia".parse().unwrap(), 7).await.unwrap();
    let patient = world.patient(&clinic);
    let taken = clinic.gatekeeper.enrol(&patient.request(&code)).await.unwrap();
    assert_eq!((taken.relationship, taken.state), (patient.address(), EnrolmentState::Opening));
    clinic.work().await;
    let now = clinic.gatekeeper.enrolment(patient.address()).await.unwrap().unwrap();
    assert_eq!(now.state, EnrolmentState::Open);
    assert_eq!(world.ledger.log(patient.address()).len(), 1);
}

#[tokio::test]
async fn the_same_key_with_the_same_code_again_changes_nothing() {
    let (world, clinic) = World::with_one().await;
    let code = clinic.gatekeeper.make_code(&"amelia".parse().unwrap(), 1).await.unwrap();
    let patient = world.patient(&clinic);
    let request = patient.request(&code);
    clinic.gatekeeper.enrol(&request).await.unwrap();
    clinic.gatekeeper.enrol(&request).await.unwrap();
    clinic.work().await;
    world.clock.advance(2 * DAY);
    let again = clinic.gatekeeper.enrol(&request).await.unwrap();
    assert_eq!(again.state, EnrolmentState::Open);
    assert_eq!(world.ledger.received().len(), 1);
}

#[tokio::test]
async fn another_key_cannot_use_a_used_code() {
    let (world, clinic) = World::with_one().await;
    let code = clinic.gatekeeper.make_code(&"amelia".parse().unwrap(), 7).await.unwrap();
    clinic.gatekeeper.enrol(&world.patient(&clinic).request(&code)).await.unwrap();
    let refused = clinic.gatekeeper.enrol(&world.patient(&clinic).request(&code)).await;
    assert!(matches!(refused, Err(NotEnrolled::UsedCode)), "{refused:?}");
}

#[tokio::test]
async fn an_expired_code_is_refused_from_the_second_after_its_last() {
    let (world, clinic) = World::with_one().await;
    let code = clinic.gatekeeper.make_code(&"amelia".parse().unwrap(), 1).await.unwrap();
    let request = world.patient(&clinic).request(&code);
    world.clock.advance(DAY + 1);
    let refused = clinic.gatekeeper.enrol(&request).await;
    assert!(matches!(refused, Err(NotEnrolled::ExpiredCode)), "{refused:?}");
}

#[tokio::test]
async fn a_code_of_another_gatekeeper_is_unknown() {
    let (world, clinics) = World::with(&["http://127.0.0.1:1", "http://127.0.0.1:2"]).await;
    let foreign = clinics[1].gatekeeper.make_code(&"amelia".parse().unwrap(), 7).await.unwrap();
    let code = EnrolmentCode { provider: clinics[0].gatekeeper.address(), ..foreign };
    let request = world.patient(&clinics[0]).request(&code);
    let refused = clinics[0].gatekeeper.enrol(&request).await;
    assert!(matches!(refused, Err(NotEnrolled::UnknownCode)), "{refused:?}");
}

#[tokio::test]
async fn a_proof_for_another_key_is_refused_and_the_code_stays_usable() {
    let (world, clinic) = World::with_one().await;
    let code = clinic.gatekeeper.make_code(&"amelia".parse().unwrap(), 7).await.unwrap();
    let (patient, thief) = (world.patient(&clinic), world.patient(&clinic));
    let mut request = thief.request(&code);
    request.possession = patient.request(&code).possession;
    let refused = clinic.gatekeeper.enrol(&request).await;
    assert!(matches!(refused, Err(NotEnrolled::Request(EnrolmentError::Possession))), "{refused:?}");
    assert!(clinic.gatekeeper.enrol(&patient.request(&code)).await.is_ok());
}

#[tokio::test]
async fn an_enrolment_goes_on_after_a_crash_before_the_ledger_had_it() {
    let (world, clinic) = World::with_one().await;
    world.ledger.set_node(Node::Away);
    let code = clinic.gatekeeper.make_code(&"amelia".parse().unwrap(), 7).await.unwrap();
    let patient = world.patient(&clinic);
    clinic.gatekeeper.enrol(&patient.request(&code)).await.unwrap();
    let clinic = clinic.restarted(&world).await;
    assert!(clinic.gatekeeper.work_outbox().await.is_err());
    world.ledger.set_node(Node::Working);
    world.clock.advance(20);
    clinic.work().await;
    let now = clinic.gatekeeper.enrolment(patient.address()).await.unwrap().unwrap();
    assert_eq!(now.state, EnrolmentState::Open);
}

#[tokio::test]
async fn a_code_says_where_it_belongs_and_is_kept_as_a_hash_only() {
    let (world, clinic) = World::with_one().await;
    let code = clinic.gatekeeper.make_code(&"amelia".parse().unwrap(), 7).await.unwrap();
    assert_eq!(code.provider, clinic.gatekeeper.address());
    assert_eq!(code.expires, crate::clock::Clock::now(&*world.clock).plus(7 * DAY));
    assert!(code.expires > Timestamp::from_seconds(0));
    let mut read = clinic.gatekeeper.store.read().await.unwrap();
    let stored: Vec<u8> =
        sqlx::query_scalar("select secret_hash from enrolment_code").fetch_one(&mut *read).await.unwrap();
    assert_eq!(stored, code.secret.fingerprint().as_bytes());
    assert!(clinic.gatekeeper.make_code(&"amelia".parse().unwrap(), 0).await.is_err());
    assert!(clinic.gatekeeper.make_code(&"amelia".parse().unwrap(), 91).await.is_err());
}
