use medrec_protocol::{AgentAddress, state::GrantId};
use tokio_util::sync::CancellationToken;

use super::{
    acts::{decide, manager},
    share::{give, wish},
};
use crate::{
    testing::World,
    view::{AccessBasis, AccessFilter, Act, PageRequest, Preset, ShareScope, StopTarget, Suspicion},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn look_ups_are_shown_and_those_that_were_not_allowed_are_marked() {
    let world = World::with_records().await;
    let outcome = give(&world, &wish(&world, ShareScope::Preset(Preset::Essentials))).await;
    let (hospital, doctor, clinic) =
        (&world.ledger.providers[0], &world.ledger.providers[1], world.provider(2));
    let grant_at =
        |name: &str| outcome.grants.iter().find(|grant| grant.provider.name == name).unwrap().grant;
    let (at_hospital, at_doctor) = (grant_at("Santa Maria"), grant_at("Dr. Ana López"));
    hospital.disclose(clinic, at_hospital, &["Metformin 850 mg"]).await;
    doctor.disclose(clinic, at_doctor, &["Letter from Dr. Novák"]).await;
    doctor.disclose(world.provider(0), at_doctor, &["Ramipril 5 mg"]).await;
    doctor.disclose(clinic, GrantId::from_bytes([5; 16]), &["Ramipril 5 mg"]).await;
    hospital.disclose(clinic, at_hospital, &["Never published"]).await;
    assert_eq!(world.sync().await.new_lookups, 5);
    let page = PageRequest { after: None, limit: Some(2) };
    let (mut rows, mut page, filter) = (Vec::new(), page, AccessFilter::default());
    loop {
        let found = world.wallet.access_log(&filter, &page).await.unwrap();
        rows.extend(found.rows);
        page.after = match found.next {
            Some(next) => Some(next),
            None => break,
        };
    }
    assert_eq!(rows.len(), 5);
    let of = |suspicion: Option<Suspicion>| rows.iter().filter(|row| row.suspicion == suspicion).count();
    for suspicion in [
        None,
        Some(Suspicion::OutOfScope),
        Some(Suspicion::OtherProvider),
        Some(Suspicion::NoSuchGrant),
        Some(Suspicion::UnknownRecord),
    ] {
        assert_eq!(of(suspicion), 1, "{suspicion:?}");
    }
    let fine = rows.iter().find(|row| row.suspicion.is_none()).unwrap();
    assert_eq!(fine.person, "Dr. Reyes");
    assert_eq!(fine.records[0].title.as_deref(), Some("Metformin 850 mg"));
    let suspicious = AccessFilter { suspicious_only: true, ..AccessFilter::default() };
    assert_eq!(world.wallet.access_log(&suspicious, &PageRequest::default()).await.unwrap().rows.len(), 4);
    let by_hospital = AccessFilter { publisher: Some(world.provider(0)), ..AccessFilter::default() };
    assert_eq!(world.wallet.access_log(&by_hospital, &PageRequest::default()).await.unwrap().rows.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_tells_how_many_copies_were_taken_and_stay() {
    let world = World::with_records().await;
    let outcome = give(&world, &wish(&world, ShareScope::Everything)).await;
    let grant = outcome.grants.iter().find(|grant| grant.provider.name == "Dr. Ana López").unwrap().grant;
    let titles = ["Ramipril 5 mg", "Letter from Dr. Novák"];
    world.ledger.providers[1].disclose(world.provider(2), grant, &titles).await;
    // Not synced in between: stopping brings the logs up to date itself.
    let stopped = world
        .wallet
        .stop(StopTarget::Provider(world.provider(2)), "no longer needed", CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(stopped.copies_taken, 2);
    assert!(stopped.last_copy_at.is_some());
    assert!(stopped.sentences[1].text.contains("stay where they are: 2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn look_ups_of_delegates_bear_their_names_and_those_out_of_time_are_marked() {
    let world = World::with_records().await;
    let (_rosa, view) = manager(&world).await;
    let hospital = &world.ledger.providers[0];
    let agent = view.appointments().await.unwrap();
    let agent = agent.iter().find(|found| found.provider.address == world.provider(0)).unwrap().agent;
    hospital.disclose_to_delegate(agent, &["Metformin 850 mg"]).await;
    hospital.disclose_to_delegate(AgentAddress::from_bytes([5; 20]), &["Metformin 850 mg"]).await;
    world.sync().await;
    let appointment = world.wallet.delegates().await.unwrap()[0].appointment;
    decide(&world.wallet, &Act::EndDelegation { appointment }).await;
    let chain = world.ledger.network.identity();
    let pages = world.wallet.pages(&chain).await.unwrap();
    let page = pages.iter().find(|page| page.row.provider == world.provider(0)).unwrap();
    hospital.take_key(page.leaf.epoch, page.keys.viewing(page.leaf.epoch).unwrap()).await;
    world.pass(3600).await;
    hospital.disclose_to_delegate(agent, &["Metformin 850 mg"]).await;
    assert_eq!(world.sync().await.new_lookups, 1);
    let rows = world.wallet.access_log(&AccessFilter::default(), &PageRequest::default()).await.unwrap().rows;
    let told: Vec<_> = rows
        .iter()
        .map(|row| match &row.basis {
            AccessBasis::Delegate { name } => (name.as_str(), row.suspicion),
            other => panic!("{other:?}"),
        })
        .collect();
    let stranger = AgentAddress::from_bytes([5; 20]).to_string();
    assert_eq!(told[0], ("Rosa", Some(Suspicion::OutOfTime)), "she is named also when it is over");
    assert!(told.contains(&("Rosa", None)), "{told:?}");
    assert!(told.contains(&(stranger.as_str(), Some(Suspicion::NotAllowed))), "{told:?}");
    assert_eq!(world.wallet.overview().await.unwrap().suspicious, 2);
}
