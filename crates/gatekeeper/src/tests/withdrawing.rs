//! Records that are taken back, and the provider's own entry.

use medrec_protocol::{
    codec::Text,
    payload::WithdrawalPayload,
    state::{Motion, Standing},
};

use crate::{
    GatekeeperError,
    own_entry::EntryChange,
    testing::{World, person},
    tests::town::Town,
};

#[tokio::test]
async fn a_record_that_was_taken_back_is_released_to_nobody_and_the_patient_reads_why() {
    let town = Town::new().await;
    town.granted().await;
    let first = town.fetch(None).await;
    let record = first.fetched[0].commitment;
    let hospital = &town.hospital.gatekeeper;
    let patient = "h-7".parse().unwrap();
    let reason = Text::new("Belongs to another patient").unwrap();
    hospital.withdraw(&patient, record, &reason).await.unwrap();
    assert_eq!(town.at_hospital.read::<WithdrawalPayload>()[0].reason, reason);
    let again = town.fetch(None).await;
    assert_eq!((again.fetched.len(), again.kept_before.len()), (0, 2));
    let owner = town.at_hospital.address();
    let page = hospital.list(owner.into(), owner, None, None).await.unwrap();
    assert_eq!(page.records.len(), 2);
    // Said again, nothing happens; the file in the folder is not published again.
    hospital.withdraw(&patient, record, &reason).await.unwrap();
    town.hospital.work().await;
    assert_eq!(town.at_hospital.read::<WithdrawalPayload>().len(), 1);
    assert_eq!(hospital.list(owner.into(), owner, None, None).await.unwrap().records.len(), 2);
}

#[tokio::test]
async fn only_an_own_published_record_can_be_taken_back_and_only_with_a_reason() {
    let town = Town::new().await;
    town.granted().await;
    let record = town.fetch(None).await.fetched[0].commitment;
    let reason = Text::new("An error").unwrap();
    let (hospital, clinic) = (&town.hospital.gatekeeper, &town.clinic.gatekeeper);
    let elsewhere = clinic.withdraw(&"c-1".parse().unwrap(), record, &reason).await;
    assert!(matches!(elsewhere, Err(GatekeeperError::NoRecord(_))), "{elsewhere:?}");
    let nobody = hospital.withdraw(&"nobody".parse().unwrap(), record, &reason).await;
    assert!(matches!(nobody, Err(GatekeeperError::NoRecord(_))), "{nobody:?}");
    let why = hospital.withdraw(&"h-7".parse().unwrap(), record, &Text::default()).await;
    assert!(matches!(why, Err(GatekeeperError::Input(_))), "{why:?}");
    assert!(
        town.clinic
            .gatekeeper
            .view(medrec_protocol::state::GrantId::from_bytes([1; 16]), None, &person("x"))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_provider_changes_its_name_and_endpoint_and_keeps_its_address() {
    let (world, clinic) = World::with_one().await;
    let gatekeeper = &clinic.gatekeeper;
    let change = EntryChange {
        name: Some(Text::new("Clinic by the Lake").unwrap()),
        endpoint: Some("https://lake.example".parse().unwrap()),
        ..EntryChange::default()
    };
    gatekeeper.update_entry(&change).await.unwrap();
    let entry = gatekeeper.directory_entry().await.unwrap();
    assert_eq!(
        (entry.name.as_str(), entry.endpoint.as_str()),
        ("Clinic by the Lake", "https://lake.example")
    );
    assert_eq!(entry.place.as_str(), "Mill Street 4");
    let clinic = clinic.restarted(&world).await;
    assert_eq!(clinic.gatekeeper.config.endpoint.as_str(), "https://lake.example");
    assert_eq!(clinic.gatekeeper.address(), entry.address());
    // Said again, it changes nothing.
    clinic.gatekeeper.update_entry(&change).await.unwrap();
    let motion = Motion::SetStanding { provider: entry.address(), standing: Standing::Suspended };
    world.ledger.govern(motion).await;
    let refused = clinic.gatekeeper.update_entry(&EntryChange::default()).await;
    assert!(matches!(refused, Err(GatekeeperError::NotAdmitted)), "{refused:?}");
}
