//! Patients and delegates: who signs for an account, and who is given its viewing key.

use medrec_exchange::{
    ExchangeError,
    api::ErrorCode,
    client::{Asker, CopyOrder, FetchControl, MemorySink},
    signature::Signer,
};
use medrec_protocol::{
    Commitment, Epoch, ViewingKey,
    decide::Operation,
    payload::{Basis, DisclosurePayload, Recipient},
    state::{Activation, Right},
};

use crate::{testing::person, tests::town::Town};

fn assert_refused<T: std::fmt::Debug>(result: Result<T, ExchangeError>, expected: ErrorCode) {
    match result {
        Err(ExchangeError::Refused(refusal)) => assert_eq!(refusal.code, expected),
        other => panic!("expected {expected}, found {other:?}"),
    }
}

impl Town {
    async fn key(&self, asker: &Asker) -> Result<(Epoch, ViewingKey), ExchangeError> {
        let chain = &self.hospital.gatekeeper.chain;
        self.client().viewing_key(asker, chain, self.at_hospital.address()).await
    }

    async fn first_record(&self, asker: &Asker) -> Result<Commitment, ExchangeError> {
        let page = self.client().list_records(asker, self.at_hospital.address(), None).await?;
        Ok(page.records[0].commitment)
    }

    async fn copy(&self, asker: &Asker, commitment: Commitment) -> Result<(), ExchangeError> {
        let order = CopyOrder {
            relationship: self.at_hospital.address(),
            commitment,
            operation: Operation::Copy,
            size: None,
            limit: 1 << 20,
        };
        let mut sink = MemorySink::default();
        self.client().fetch_record(asker, &order, &mut sink, &FetchControl::default()).await.map(|_| ())
    }

    async fn keys_handed_over(&self) -> u64 {
        let mut read = self.hospital.gatekeeper.store.read().await.unwrap();
        crate::store::key_handovers::count(&mut read, self.at_hospital.address()).await.unwrap()
    }
}

#[tokio::test]
async fn a_delegate_gets_the_key_and_copies_and_the_patient_sees_who_looked() {
    let town = Town::new().await;
    let helper = town.at_hospital.appoint(Right::See, Activation::AtOnce).await;
    assert_refused(town.key(&helper.asker()).await, ErrorCode::NotFound);
    assert_refused(town.first_record(&helper.asker()).await, ErrorCode::NotFound);
    helper.accept().await;
    let (epoch, key) = town.key(&helper.asker()).await.unwrap();
    assert_eq!((epoch, key.expose()), (Epoch::FIRST, town.at_hospital.viewing().1.expose()));
    assert_eq!(town.keys_handed_over().await, 1);
    let record = town.first_record(&helper.asker()).await.unwrap();
    town.copy(&helper.asker(), record).await.unwrap();
    town.hospital.work().await;
    let told = town.at_hospital.read::<DisclosurePayload>();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].recipient, Recipient::Delegate(helper.agent()));
    assert_eq!(told[0].basis, Basis::Delegate(helper.agent()));
    assert_eq!((told[0].person.as_str(), told[0].reason.as_str()), ("Rosa", ""));
}

#[tokio::test]
async fn a_delegate_whose_delegation_ended_is_a_stranger_from_the_block_of_the_end_on() {
    let town = Town::new().await;
    let helper = town.at_hospital.appoint(Right::Manage, Activation::AtOnce).await;
    helper.accept().await;
    let record = town.first_record(&helper.asker()).await.unwrap();
    town.at_hospital.end(helper.agent()).await;
    // Whatever was proved to the delegate before: the gatekeeper looks at its own fresh proof.
    assert_refused(town.first_record(&helper.asker()).await, ErrorCode::BadSignature);
    assert_refused(town.copy(&helper.asker(), record).await, ErrorCode::BadSignature);
    assert_refused(town.key(&helper.asker()).await, ErrorCode::BadSignature);
    let owner = town.at_hospital.asker();
    let (epoch, key) = town.key(&owner).await.unwrap();
    assert_eq!((epoch, key.expose()), (Epoch::new(1), town.at_hospital.viewing().1.expose()));
}

#[tokio::test]
async fn a_waiting_delegation_opens_nothing_before_its_time() {
    let town = Town::new().await;
    let helper = town.at_hospital.appoint(Right::See, Activation::AfterWait(7200)).await;
    helper.accept().await;
    helper.ask_activation().await;
    assert_refused(town.key(&helper.asker()).await, ErrorCode::NotFound);
    assert_refused(town.first_record(&helper.asker()).await, ErrorCode::NotFound);
    let gatekeeper = &town.hospital.gatekeeper;
    let listed =
        async || gatekeeper.list(helper.agent().into(), town.at_hospital.address(), None, None).await.is_ok();
    town.world.clock.advance(7199);
    assert!(!listed().await);
    // Both clocks must have reached the time.
    town.world.ledger.set_lag(1);
    town.world.clock.advance(1);
    assert!(!listed().await);
    town.world.clock.advance(1);
    assert!(listed().await);
}

#[tokio::test]
async fn a_delegation_after_a_silence_opens_while_the_patient_is_silent_and_closes_with_a_sign_of_life() {
    let town = Town::new().await;
    let helper = town.at_hospital.appoint(Right::See, Activation::AfterSilence(7200)).await;
    helper.accept().await;
    let gatekeeper = &town.hospital.gatekeeper;
    let listed =
        async || gatekeeper.list(helper.agent().into(), town.at_hospital.address(), None, None).await.is_ok();
    town.world.clock.advance(7000);
    assert!(!listed().await);
    town.at_hospital.show_life().await;
    town.world.clock.advance(7000);
    assert!(!listed().await, "the silence began anew");
    town.world.clock.advance(200);
    assert!(listed().await);
    town.at_hospital.show_life().await;
    assert!(!listed().await, "the patient is back");
    town.world.clock.advance(7200);
    assert!(listed().await);
}

#[tokio::test]
async fn a_parents_delegate_gets_nothing_from_the_day_on_which_the_account_is_the_childs() {
    let town = Town::new().await;
    let helper = town.at_hospital.appoint(Right::Manage, Activation::AtOnce).await;
    helper.accept().await;
    town.at_hospital.promise(3600).await;
    let gatekeeper = &town.hospital.gatekeeper;
    let listed =
        async || gatekeeper.list(helper.agent().into(), town.at_hospital.address(), None, None).await.is_ok();
    town.world.clock.advance(3599);
    assert!(listed().await);
    town.world.clock.advance(1);
    assert!(!listed().await);
}

#[tokio::test]
async fn a_delegate_of_one_relationship_is_unknown_in_another() {
    let town = Town::new().await;
    let helper = town.at_hospital.appoint(Right::See, Activation::AtOnce).await;
    helper.accept().await;
    let elsewhere = town.client().list_records(&helper.asker(), town.at_clinic.address(), None).await;
    assert_refused(elsewhere, ErrorCode::BadSignature);
    let forged = Asker { signer: Signer::new(helper.agent(), town.at_hospital.owner()), person: person("x") };
    assert_refused(town.key(&forged).await, ErrorCode::BadSignature);
}

#[tokio::test]
async fn a_retired_owner_key_is_refused_from_the_block_of_the_rotation_on() {
    let town = Town::new().await;
    let lost = town.at_hospital.asker();
    let record = town.first_record(&lost).await.unwrap();
    town.at_hospital.change_owner().await;
    assert_refused(town.first_record(&lost).await, ErrorCode::BadSignature);
    assert_refused(town.copy(&lost, record).await, ErrorCode::BadSignature);
    assert_refused(town.key(&lost).await, ErrorCode::BadSignature);
    let new = town.at_hospital.asker();
    town.copy(&new, record).await.unwrap();
    let (epoch, key) = town.key(&new).await.unwrap();
    assert_eq!((epoch, key.expose()), (Epoch::new(1), town.at_hospital.viewing().1.expose()));
}

#[tokio::test]
async fn nobody_but_patient_and_delegates_is_given_the_viewing_key() {
    let town = Town::new().await;
    town.granted().await;
    let clinic = Asker { signer: town.clinic.gatekeeper.signer(), person: person("Dr. Sato") };
    town.first_record(&clinic).await.unwrap();
    assert_refused(town.key(&clinic).await, ErrorCode::NotFound);
    let other = town.world.enrolled(&town.hospital, "h-9").await;
    assert_refused(town.key(&other.asker()).await, ErrorCode::NotFound);
    let stranger = town.world.patient(&town.hospital);
    assert_refused(town.key(&stranger.asker()).await, ErrorCode::BadSignature);
    assert_eq!(town.keys_handed_over().await, 0);
}
