//! Push: copies come by themselves, and a notice alone opens and stores nothing.

use medrec_exchange::api::DeliveryNotice;
use medrec_protocol::{
    RecordKind,
    payload::{DisclosurePayload, GrantMode, GrantTerms, Scope},
    state::{GrantId, Motion, Standing},
};

use crate::{
    store::notices,
    testing::{Clinic, Node, World, person, terms},
    tests::town::Town,
};

impl Town {
    fn push(&self) -> GrantTerms {
        GrantTerms { mode: GrantMode::Push, ..terms(self.clinic.gatekeeper.address()) }
    }

    /// One round of everything that runs by itself. Returns how many grantees were told.
    async fn round(&self) -> usize {
        self.hospital.gatekeeper.follow().await.unwrap();
        let told = self.hospital.gatekeeper.tell_grantees().await.unwrap();
        self.clinic.gatekeeper.take_deliveries().await.unwrap();
        told
    }

    fn received(&self) -> usize {
        let files = std::fs::read_dir(self.clinic.gatekeeper.home.received()).unwrap();
        files.count()
    }

    async fn waiting(&self) -> u64 {
        notices::count(&mut self.hospital.gatekeeper.store.read().await.unwrap()).await.unwrap()
    }

    async fn deliveries(&self) -> i64 {
        let mut read = self.clinic.gatekeeper.store.read().await.unwrap();
        sqlx::query_scalar("select count(*) from delivery").fetch_one(&mut *read).await.unwrap()
    }
}

#[tokio::test]
async fn what_is_there_and_what_comes_later_is_delivered_without_anybodys_doing() {
    let town = Town::new().await;
    town.granted_as(town.push()).await;
    assert_eq!(town.round().await, 1);
    assert_eq!(town.received(), 3);
    town.hospital.write("h-7", "new.txt", b"Later.");
    town.world.clock.advance(3);
    town.hospital.work().await;
    town.round().await;
    assert_eq!(town.received(), 4);
    town.world.clock.advance(6);
    assert_eq!(town.round().await, 0, "what was fetched is told of no more");
    assert_eq!((town.waiting().await, town.deliveries().await), (0, 0));
    town.hospital.work().await;
    let told = town.at_hospital.read::<DisclosurePayload>();
    let records: usize = told.iter().map(|disclosure| disclosure.records.as_slice().len()).sum();
    assert_eq!(records, 4);
    assert!(told.iter().all(|disclosure| disclosure.person.as_str() == "Automatic delivery"));
}

#[tokio::test]
async fn only_grants_in_mode_push_and_only_matching_records_are_told_of() {
    let town = Town::new().await;
    town.granted().await;
    assert_eq!(town.round().await, 0);
    let scope = Scope::Kinds([RecordKind::Problem].into_iter().collect());
    town.granted_as(GrantTerms { scope, ..town.push() }).await;
    town.hospital.gatekeeper.follow().await.unwrap();
    assert_eq!(town.waiting().await, 1);
}

#[tokio::test]
async fn a_grantee_that_is_away_is_told_later_and_a_restart_forgets_nothing() {
    let (world, mut clinics) = World::with(&["http://127.0.0.1:1", "http://127.0.0.1:1"]).await;
    let grantee = clinics.remove(1).gatekeeper.address();
    let hospital = clinics.remove(0);
    hospital.write("h-7", "letter.txt", b"Dear colleague");
    world.clock.advance(30);
    let patient = world.enrolled(&hospital, "h-7").await;
    hospital.work().await;
    patient.grant(GrantTerms { mode: GrantMode::Push, ..terms(grantee) }, 1_000_000).await;
    hospital.gatekeeper.follow().await.unwrap();
    let told = async |hospital: &Clinic| {
        let told = hospital.gatekeeper.tell_grantees().await.unwrap();
        let mut read = hospital.gatekeeper.store.read().await.unwrap();
        let attempts: Option<i64> =
            sqlx::query_scalar("select attempts from notice").fetch_optional(&mut *read).await.unwrap();
        (told, attempts)
    };
    assert_eq!(told(&hospital).await, (0, Some(1)));
    assert_eq!(told(&hospital).await, (0, Some(1)), "not at once again");
    let hospital = hospital.restarted(&world).await;
    world.clock.advance(5);
    assert_eq!(told(&hospital).await, (0, Some(2)));
    world.clock.advance(9);
    assert_eq!(told(&hospital).await, (0, Some(2)), "less and less often");
    world.clock.advance(1);
    assert_eq!(told(&hospital).await, (0, Some(3)));
    // One that is suspended is not told.
    let motion = Motion::SetStanding { provider: grantee, standing: Standing::Suspended };
    world.ledger.govern(motion).await;
    world.clock.advance(1000);
    assert_eq!(told(&hospital).await, (0, Some(4)));
    world.clock.advance(1_000_000);
    hospital.gatekeeper.follow().await.unwrap();
    assert_eq!(told(&hospital).await, (0, None), "the grant is over");
}

#[tokio::test]
async fn a_delivery_that_fails_is_tried_again() {
    let town = Town::new().await;
    town.granted_as(town.push()).await;
    town.hospital.gatekeeper.follow().await.unwrap();
    assert_eq!(town.hospital.gatekeeper.tell_grantees().await.unwrap(), 1);
    town.world.ledger.set_node(Node::Away);
    assert!(town.clinic.gatekeeper.take_deliveries().await.is_err());
    town.world.ledger.set_node(Node::Working);
    let released = town.hospital.gatekeeper.files.clone();
    let record = {
        let mut read = town.hospital.gatekeeper.store.read().await.unwrap();
        let of = town.at_hospital.address();
        crate::store::logs::pointers_from(&mut read, of, 0, 1).await.unwrap()[0].commitment
    };
    let (path, aside) = (released.path(record), released.path(record).with_extension("aside"));
    std::fs::rename(&path, &aside).unwrap();
    town.clinic.gatekeeper.take_deliveries().await.unwrap();
    assert_eq!((town.received(), town.deliveries().await), (2, 1));
    std::fs::rename(&aside, &path).unwrap();
    town.world.clock.advance(5);
    town.clinic.gatekeeper.take_deliveries().await.unwrap();
    assert_eq!((town.received(), town.deliveries().await), (3, 0));
}

#[tokio::test]
async fn a_notice_from_another_than_the_publisher_or_of_an_unknown_grant_stores_nothing() {
    let town = Town::new().await;
    let handle = town.granted_as(town.push()).await;
    let notice =
        DeliveryNotice { relationship: handle.relationship, grant: handle.grant, records: vec![1, 2] };
    let clinic = &town.clinic.gatekeeper;
    clinic.take_notice(clinic.address().into(), &notice).await.unwrap();
    clinic.take_notice(town.at_hospital.address().into(), &notice).await.unwrap();
    let unknown = DeliveryNotice { grant: GrantId::from_bytes([9; 16]), ..notice.clone() };
    clinic.take_notice(handle.publisher.into(), &unknown).await.unwrap();
    assert_eq!(town.deliveries().await, 0);
    clinic.take_deliveries().await.unwrap();
    assert_eq!((town.deliveries().await, town.received()), (0, 0));
    clinic.take_notice(handle.publisher.into(), &notice).await.unwrap();
    clinic.take_notice(handle.publisher.into(), &notice).await.unwrap();
    assert_eq!(town.deliveries().await, 1);
    clinic.take_deliveries().await.unwrap();
    clinic.take_notice(handle.publisher.into(), &notice).await.unwrap();
    clinic.take_deliveries().await.unwrap();
    assert_eq!((town.deliveries().await, town.received()), (0, 3));
}

#[tokio::test]
async fn a_notice_that_comes_before_its_grant_is_remembered_for_a_while() {
    let town = Town::new().await;
    let handle = town.at_hospital.grant(town.push(), 3600).await;
    assert_eq!(town.round().await, 1);
    assert_eq!(town.received(), 0);
    let answer = medrec_protocol::payload::AnswerPayload::Allowed(
        medrec_protocol::codec::List::new(vec![handle]).unwrap(),
    );
    let ask = crate::grantee::Ask {
        patient: "c-1".parse().unwrap(),
        kinds: medrec_protocol::record::RecordKinds::default(),
        future: medrec_protocol::payload::FutureRecords::Included,
        days: 30,
        purpose: medrec_protocol::payload::Purpose::Treatment,
        reason: medrec_protocol::codec::Text::new("We treat her").unwrap(),
        asked_by: medrec_protocol::codec::Text::new("Dr. Sato").unwrap(),
    };
    let request = town.clinic.gatekeeper.ask(&ask).await.unwrap();
    town.at_clinic.answer(request, answer).await;
    town.clinic.gatekeeper.take_deliveries().await.unwrap();
    assert_eq!(town.received(), 3);
}

#[tokio::test]
async fn a_grant_that_was_stopped_is_told_of_no_more() {
    let town = Town::new().await;
    let handle = town.granted_as(town.push()).await;
    town.hospital.gatekeeper.follow().await.unwrap();
    assert_eq!(town.waiting().await, 3);
    town.at_hospital.revoke(handle.grant).await;
    assert_eq!(town.round().await, 0);
    assert_eq!((town.waiting().await, town.received()), (0, 0));
}

#[tokio::test]
async fn a_grant_for_looking_is_shown_and_never_stored() {
    let town = Town::new().await;
    let view = GrantTerms { mode: GrantMode::View, ..terms(town.clinic.gatekeeper.address()) };
    let handle = town.granted_as(view).await;
    let clinic = &town.clinic.gatekeeper;
    let shown = clinic.view(handle.grant, None, &person("Dr. Sato")).await.unwrap();
    let texts: Vec<_> = shown.iter().filter_map(|shown| shown.text.as_deref()).collect();
    assert!(texts.contains(&"Sehr geehrte Frau Kollegin"), "{texts:?}");
    assert_eq!(shown.iter().filter(|shown| shown.text.is_none()).count(), 1, "the scan is no text");
    assert_eq!(town.received(), 0);
    let report = town.fetch(None).await;
    assert_eq!((report.view_only.len(), report.fetched.len()), (3, 0));
    assert_eq!(town.received(), 0);
    town.hospital.work().await;
    let told: usize =
        town.at_hospital.read::<DisclosurePayload>().iter().map(|told| told.records.as_slice().len()).sum();
    assert_eq!(told, 2, "what was shown, and only that");
}
