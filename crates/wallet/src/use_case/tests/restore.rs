use medrec_protocol::RecordKind;
use tokio_util::sync::CancellationToken;

use super::{
    acts::{decide, manager},
    share::{give, wish},
};
use crate::{
    Control, Wallet,
    testing::World,
    view::{
        AccessFilter, Act, GuardianChoice, HistoryRequest, PageRequest, Preset, RecordFilter, ShareScope,
        StopTarget,
    },
};

/// Two wallets tell the same about everything that the ledger holds.
async fn the_same(one: &Wallet, other: &Wallet) {
    let (filter, page) = (RecordFilter::default(), PageRequest::default());
    let rows = async |wallet: &Wallet| wallet.records(&filter, &page).await.unwrap().rows;
    assert_eq!(rows(one).await, rows(other).await);
    assert_eq!(one.sharing(true).await.unwrap(), other.sharing(true).await.unwrap());
    assert_eq!(one.delegates().await.unwrap(), other.delegates().await.unwrap());
    assert_eq!(one.guardians().await.unwrap(), other.guardians().await.unwrap());
    assert_eq!(one.emergency().await.unwrap(), other.emergency().await.unwrap());
    assert_eq!(one.disputes().await.unwrap(), other.disputes().await.unwrap());
    assert_eq!(one.requests(true).await.unwrap(), other.requests(true).await.unwrap());
    let looks =
        async |wallet: &Wallet| wallet.access_log(&AccessFilter::default(), &page).await.unwrap().rows;
    assert_eq!(looks(one).await, looks(other).await);
    let history = async |wallet: &Wallet| {
        let mut parts = wallet.history(&HistoryRequest::default()).await.unwrap();
        parts.sort_by(|a, b| a.provider.cmp(&b.provider));
        parts
    };
    assert_eq!(history(one).await, history(other).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_words_and_the_ledger_give_back_everything_that_was_decided() {
    let world = World::with_records().await;
    let (rosa, view) = manager(&world).await;
    let stopped = give(&world, &wish(&world, ShareScope::Everything)).await;
    let shared = give(&world, &wish(&world, ShareScope::Preset(Preset::Essentials))).await;
    let (hospital, clinic) = (&world.ledger.providers[0], &world.ledger.providers[2]);
    let at_hospital = shared.grants.iter().find(|grant| grant.provider.name == "Santa Maria").unwrap().grant;
    hospital.disclose(world.provider(2), at_hospital, &["Metformin 850 mg"]).await;
    hospital.correct(1, RecordKind::Medication, "Metformin 500 mg").await;
    world.wallet.stop(StopTarget::Share(stopped.share), "too much", CancellationToken::new()).await.unwrap();
    let declined = clinic.ask(&[RecordKind::Imaging], 10).await;
    clinic.ask(&[RecordKind::Visit], 30).await;
    world.sync().await;
    world.wallet.decline(declined, "not now", CancellationToken::new()).await.unwrap();
    let agent = view.appointments().await.unwrap();
    let agent = agent.iter().find(|found| found.provider.address == world.provider(0)).unwrap().agent;
    hospital.disclose_to_delegate(agent, &["Metformin 850 mg"]).await;

    let luis = world.another("Luis").await;
    let (_, of_luis) = luis.offer_help("Amélia", "Luis").await.unwrap();
    let (_, of_rosa) = rosa.offer_help("Mum, in need", "Rosa").await.unwrap();
    let guardians = [of_luis, of_rosa].map(|offer| GuardianChoice { offer, name: String::new() }).to_vec();
    decide(&world.wallet, &Act::SetGuardians { guardians, threshold: 2, delay_days: 7 }).await;
    let pages = world.wallet.pages(&world.ledger.network.identity()).await.unwrap();
    let relationship = pages.iter().find(|page| page.row.provider == world.provider(0)).unwrap().row.address;
    decide(&world.wallet, &Act::Dispute { relationship, position: 1, statement: "Not so.".to_owned() }).await;
    // The daughter decides under her own name, and makes a key that follows from nobody's words; then the mother, another.
    sync(&view).await;
    let act = Act::Dispute { relationship, position: 2, statement: "My mother never had it.".to_owned() };
    decide(&view, &act).await;
    decide(&view, &Act::SetEmergency { allowed: true, kinds: vec![RecordKind::Allergy] }).await;
    decide(&view, &Act::ChangeViewingKeys).await;
    let chain = world.ledger.network.identity();
    for page in view.pages(&chain).await.unwrap() {
        let mut tx = world.wallet.store.begin().await.unwrap();
        let key = page.keys.viewing(page.leaf.epoch).unwrap();
        crate::store::viewing_keys::put(&mut tx, page.row.address, page.leaf.epoch, key).await.unwrap();
        tx.commit().await.unwrap();
    }
    world.sync().await;
    let appointment = world.wallet.delegates().await.unwrap()[0].appointment;
    decide(&world.wallet, &Act::EndDelegation { appointment }).await;
    world.sync().await;

    let (restored, report) = world.restored(&world.wallet, "restored").await;
    assert_eq!((report.restored, report.unreadable, report.waiting_for_keys), (3, 0, 0));
    the_same(&world.wallet, &restored).await;
    assert_eq!(restored.disputes().await.unwrap().len(), 2);
    assert_eq!(restored.requests(false).await.unwrap().len(), 1);
    assert_eq!(restored.sharing(true).await.unwrap()[0].grants.len(), 4);
    // The helper's words give back whom she helps, and as what.
    let (again, _) = world.restored(&rosa, "Rosa again").await;
    let helped = async |wallet: &Wallet| {
        let mut found = Vec::new();
        for offer in wallet.people_i_help().await.unwrap() {
            let view = wallet.help(offer.number).await.unwrap();
            view.sync(Control::default()).await.unwrap();
            found.push((offer.number, view.appointments().await.unwrap()));
        }
        found
    };
    let before = helped(&rosa).await;
    assert_eq!(before.len(), 2);
    assert_eq!(before, helped(&again).await);
}

async fn sync(wallet: &Wallet) {
    wallet.sync(Control::default()).await.unwrap();
}
