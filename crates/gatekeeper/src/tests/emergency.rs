//! Emergency access: only where the patient allows it, only to departments that have the role, only for 72 hours, and never
//! unseen.

use medrec_exchange::{
    Person,
    api::{CardEntry, EmergencyCard, EmergencyEpisode, EmergencyRequest},
    server::{RecordPart, RecordRequest},
};
use medrec_protocol::{
    ProviderAddress, RecordKind,
    codec::{List, Text},
    decide::{EPISODE_SECONDS, Operation},
    payload::{Basis, DisclosurePayload, Recipient, V1},
    record::RecordKinds,
    state::{EpisodeId, Motion, Standing},
};

use crate::{
    people::NotDeclared,
    release::{Release, Withheld},
    testing::person,
    tests::town::Town,
};

const EPISODE: EpisodeId = EpisodeId::from_bytes([4; 16]);

fn request(reason: &str) -> EmergencyRequest {
    EmergencyRequest { episode: EPISODE, reason: Text::new(reason).unwrap() }
}

impl Town {
    fn department(&self) -> ProviderAddress {
        self.clinic.gatekeeper.address()
    }

    async fn give_role(&self) {
        let motion = Motion::SetEmergencyRole { provider: self.department(), emergency: true };
        self.world.ledger.govern(motion).await;
    }

    async fn declare(
        &self,
        request: &EmergencyRequest,
        who: &Person,
    ) -> Result<EmergencyEpisode, NotDeclared> {
        let (hospital, relationship) = (&self.hospital.gatekeeper, self.at_hospital.address());
        hospital.declare_emergency(self.department().into(), who, relationship, request).await
    }

    async fn look(&self, episode: Option<EpisodeId>) -> Result<Release, Withheld> {
        let hospital = &self.hospital.gatekeeper;
        let (asker, relationship) = (self.department().into(), self.at_hospital.address());
        let page = hospital.list(asker, relationship, None, episode).await?;
        let commitment = page.records.first().ok_or(Withheld::NotFound)?.commitment;
        let request = RecordRequest {
            relationship,
            commitment,
            operation: Operation::Copy,
            emergency: episode,
            range: None,
            part: RecordPart::Bytes,
        };
        hospital.release(asker, &person("Dr. Brandt"), &request).await
    }

    fn card(&self) -> String {
        let entry = CardEntry {
            relationship: self.at_hospital.address(),
            publisher: self.hospital.gatekeeper.address(),
        };
        let chain_id = self.hospital.gatekeeper.chain.chain_id.clone();
        EmergencyCard { version: V1, chain_id, entries: List::new(vec![entry]).unwrap() }.to_string()
    }
}

fn withheld<T: std::fmt::Debug>(result: Result<T, Withheld>) {
    assert!(matches!(result, Err(Withheld::NotFound)), "{result:?}");
}

#[tokio::test]
async fn with_the_card_a_department_fetches_what_is_allowed_and_the_patient_is_told_at_once_why_and_by_whom()
{
    let town = Town::new().await;
    town.give_role().await;
    town.at_hospital.allow_emergency([RecordKind::Problem].into_iter().collect()).await;
    let reason = Text::new("Unconscious after a fall").unwrap();
    let out = tempfile::tempdir().unwrap();
    let department = &town.clinic.gatekeeper;
    let report = department
        .look_in_emergency(&town.card(), &reason, &person("Dr. Brandt"), Some(out.path()))
        .await
        .unwrap();
    assert!(report.error.is_none(), "{:?}", report.error);
    assert_eq!(report.fetched.len(), 1);
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 1);
    town.hospital.gatekeeper.work_outbox().await.unwrap();
    let told = town.at_hospital.read::<DisclosurePayload>();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].recipient, Recipient::Provider(town.department()));
    assert!(matches!(told[0].basis, Basis::Emergency(_)));
    assert_eq!(told[0].reason.as_str(), "Unconscious after a fall");
    assert_eq!(told[0].person.as_str(), "Dr. Brandt");
    let json = serde_json::to_value(&report).unwrap();
    assert!(json["fetched"][0]["emergency"].is_string(), "{json}");
}

#[tokio::test]
async fn without_the_role_the_rule_or_a_reason_there_is_nothing() {
    let town = Town::new().await;
    let (why, who) = (request("Unconscious"), person("Dr. Brandt"));
    let declared = town.declare(&why, &who).await;
    assert!(matches!(declared, Err(NotDeclared::Withheld(Withheld::NotFound))), "{declared:?}");
    town.at_hospital.allow_emergency(RecordKinds::default()).await;
    assert!(town.declare(&why, &who).await.is_err(), "without the role");
    town.give_role().await;
    withheld(town.look(None).await);
    withheld(town.look(Some(EPISODE)).await);
    assert!(matches!(town.declare(&why, &Person::default()).await, Err(NotDeclared::Nobody)));
    town.declare(&why, &who).await.unwrap();
    assert!(town.look(Some(EPISODE)).await.is_ok());
    withheld(town.look(Some(EpisodeId::from_bytes([5; 16]))).await);
    town.at_hospital.forbid_emergency().await;
    withheld(town.look(Some(EPISODE)).await);
}

#[tokio::test]
async fn a_department_whose_card_opens_nothing_is_told_why_that_may_be() {
    let town = Town::new().await;
    let (reason, who) = (Text::new("Unconscious").unwrap(), person("Dr. Brandt"));
    let report = town.clinic.gatekeeper.look_in_emergency(&town.card(), &reason, &who, None).await.unwrap();
    assert_eq!((report.fetched.len(), report.failed.len()), (0, 1));
    let error = report.error.unwrap();
    assert!(error.to_string().contains("does not allow it"), "{error}");
    assert_eq!(error.exit_code(), 7);
}

#[tokio::test]
async fn a_use_ends_after_72_hours_and_its_beginning_never_moves() {
    let town = Town::new().await;
    town.give_role().await;
    town.at_hospital.allow_emergency(RecordKinds::default()).await;
    let (why, who) = (request("Unconscious"), person("Dr. Brandt"));
    let first = town.declare(&why, &who).await.unwrap();
    assert_eq!(first.ends, first.began.plus(EPISODE_SECONDS));
    assert!(town.look(Some(EPISODE)).await.is_ok());
    town.hospital.work().await;
    town.world.clock.advance(EPISODE_SECONDS - 60);
    assert_eq!(town.declare(&why, &who).await.unwrap(), first, "said again, it does not begin anew");
    assert!(matches!(town.declare(&request("Another"), &who).await, Err(NotDeclared::OtherReason)));
    let end = first.began.plus(EPISODE_SECONDS);
    town.world.clock.advance(end.seconds() - crate::clock::Clock::now(&*town.world.clock).seconds());
    assert!(town.look(Some(EPISODE)).await.is_ok(), "the last second");
    town.hospital.work().await;
    town.world.clock.advance(1);
    withheld(town.look(Some(EPISODE)).await);
    assert_eq!(town.declare(&why, &who).await.unwrap(), first);
    withheld(town.look(Some(EPISODE)).await);
}

#[tokio::test]
async fn a_use_that_another_department_declared_opens_nothing() {
    let town = Town::new().await;
    town.give_role().await;
    town.at_hospital.allow_emergency(RecordKinds::default()).await;
    let hospital = &town.hospital.gatekeeper;
    let motion = Motion::SetEmergencyRole { provider: hospital.address(), emergency: true };
    town.world.ledger.govern(motion).await;
    let (asker, who) = (hospital.address().into(), person("Dr. Brandt"));
    let declared =
        hospital.declare_emergency(asker, &who, town.at_hospital.address(), &request("Unconscious")).await;
    declared.unwrap();
    withheld(town.look(Some(EPISODE)).await);
}

#[tokio::test]
async fn a_suspended_department_gets_nothing_also_not_under_a_grant() {
    let town = Town::new().await;
    town.give_role().await;
    town.at_hospital.allow_emergency(RecordKinds::default()).await;
    town.granted().await;
    town.declare(&request("Unconscious"), &person("Dr. Brandt")).await.unwrap();
    let motion = Motion::SetStanding { provider: town.department(), standing: Standing::Suspended };
    town.world.ledger.govern(motion).await;
    withheld(town.look(Some(EPISODE)).await);
    withheld(town.look(None).await);
    let report = town.fetch(None).await;
    assert_eq!((report.fetched.len(), report.failed.len()), (0, 1));
    let reason = Text::new("Unconscious").unwrap();
    let department = &town.clinic.gatekeeper;
    let report =
        department.look_in_emergency(&town.card(), &reason, &person("Dr. Brandt"), None).await.unwrap();
    assert_eq!((report.fetched.len(), report.failed.len()), (0, 1));
    let motion = Motion::SetStanding { provider: town.department(), standing: Standing::Admitted };
    town.world.ledger.govern(motion).await;
    assert!(town.look(None).await.is_ok());
}

#[tokio::test]
async fn kinds_that_the_patient_did_not_choose_stay_closed() {
    let town = Town::new().await;
    town.give_role().await;
    town.at_hospital.allow_emergency([RecordKind::Allergy].into_iter().collect()).await;
    town.declare(&request("Unconscious"), &person("Dr. Brandt")).await.unwrap();
    let hospital = &town.hospital.gatekeeper;
    let asker = town.department().into();
    let page = hospital.list(asker, town.at_hospital.address(), None, Some(EPISODE)).await.unwrap();
    assert_eq!(page.records.len(), 0);
}

#[tokio::test]
async fn a_card_of_another_ledger_and_a_look_without_a_reason_are_refused_here() {
    let town = Town::new().await;
    let department = &town.clinic.gatekeeper;
    let (reason, who) = (Text::new("Unconscious").unwrap(), person("Dr. Brandt"));
    let card: EmergencyCard = town.card().parse().unwrap();
    let elsewhere = EmergencyCard { chain_id: "elsewhere-1".parse().unwrap(), ..card }.to_string();
    let error = department.look_in_emergency(&elsewhere, &reason, &who, None).await.unwrap_err();
    assert!(error.to_string().contains("elsewhere-1"), "{error}");
    let without = department.look_in_emergency(&town.card(), &Text::default(), &who, None).await;
    assert_eq!(without.unwrap_err().exit_code(), 2);
}
