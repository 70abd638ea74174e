//! What begins by itself on a day: waiting delegations, recoveries, promised accounts. Before, on, and after that day.

use medrec_protocol::RecordKind;
use tokio_util::sync::CancellationToken;

use super::{
    acts::{appoint, decide},
    share::{give, wish},
};
use crate::{
    Clock as _, Code, Control, Wallet,
    testing::World,
    view::{
        Act, Begins, DelegateState, GrantProgress, GuardianChoice, PageRequest, RecordFilter, RecordRow,
        Right, ShareScope,
    },
};

const DAY: i64 = 86_400;

async fn records(wallet: &Wallet) -> Vec<RecordRow> {
    wallet.records(&RecordFilter::default(), &PageRequest::default()).await.unwrap().rows
}

async fn sync(wallet: &Wallet) -> crate::view::SyncReport {
    wallet.sync(Control::default()).await.unwrap()
}

/// A daughter who has accepted an appointment that does not count yet.
async fn waiting(world: &World, begins: Begins) -> (Wallet, Wallet) {
    let rosa = world.another("Rosa").await;
    let (helped, code) = rosa.offer_help("Mum", "Rosa").await.unwrap();
    decide(&world.wallet, &appoint(code, Right::Share, begins)).await;
    let view = rosa.help(helped.number).await.unwrap();
    sync(&view).await;
    decide(&view, &Act::AcceptAppointments).await;
    world.sync().await;
    (rosa, view)
}

async fn states(view: &Wallet) -> Vec<Option<DelegateState>> {
    let mut states: Vec<_> = view.appointments().await.unwrap().iter().map(|found| found.state).collect();
    states.dedup();
    states
}

/// She sees nothing, may decide nothing, and is told so by her own wallet.
async fn opens_nothing(view: &Wallet) {
    assert_eq!(sync(view).await.waiting_for_keys, 3);
    assert!(records(view).await.is_empty());
    let refused = view.propose_act(&Act::ShowLife).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidInput, "{refused}");
}

/// She sees what her mother sees, and gives access that the ledger takes.
async fn opens_everything(world: &World, view: &Wallet) {
    world.hand_over_keys(view).await;
    assert_eq!(sync(view).await.waiting_for_keys, 0);
    assert_eq!(states(view).await, [Some(DelegateState::Active)]);
    assert_eq!(records(view).await, records(&world.wallet).await);
    let proposal = view.propose_share(&wish(world, ShareScope::Everything)).await.unwrap();
    let review = view.review(&proposal).await.unwrap();
    assert_eq!(review.sentences[0].text, "They can see all records of Mum.");
    let signed = view.sign(proposal).await.unwrap();
    let outcome = view.submit(signed, CancellationToken::new()).await.unwrap();
    assert!(outcome.grants.iter().all(|grant| grant.progress == GrantProgress::OnLedger), "{outcome:?}");
    let said = &view.sharing(false).await.unwrap()[0].sentences[0].text;
    assert!(said.starts_with("Can see all records of Mum until"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delegation_after_a_wait_begins_on_its_day_and_not_before() {
    let world = World::with_records().await;
    let (_rosa, view) = waiting(&world, Begins::AfterWait { days: 7 }).await;
    opens_nothing(&view).await;
    // Nobody asked: time alone begins nothing.
    world.pass(8 * DAY).await;
    opens_nothing(&view).await;
    decide(&view, &Act::AskStart).await;
    world.pass(7 * DAY - 60).await;
    opens_nothing(&view).await;
    assert_eq!(states(&view).await, [Some(DelegateState::Beginning)]);
    world.pass(60).await;
    opens_everything(&world, &view).await;
    world.sync().await;
    let delegates = world.wallet.delegates().await.unwrap();
    assert_eq!((delegates[0].state, delegates[0].begins_at), (DelegateState::Active, None));
    assert_eq!(world.wallet.sharing(false).await.unwrap().len(), 1, "the mother sees what was given");
    // Its last day comes as well.
    world.pass(366 * DAY).await;
    assert_eq!(states(&view).await, [Some(DelegateState::Over)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delegation_after_a_silence_begins_when_the_wallet_stays_closed_and_rests_when_it_is_opened() {
    let world = World::with_records().await;
    let (_rosa, view) = waiting(&world, Begins::AfterSilence { days: 28 }).await;
    opens_nothing(&view).await;
    // She opens her wallet now and then: a sign of life goes out by itself, one account with each check.
    world.pass(8 * DAY).await;
    for _ in 0..3 {
        world.sync().await;
    }
    world.pass(21 * DAY).await;
    opens_nothing(&view).await;
    assert_eq!(states(&view).await, [Some(DelegateState::Standby)], "29 days, but she was there after 8");
    world.pass(8 * DAY).await;
    opens_everything(&world, &view).await;
    // And when she is back, it rests again.
    for _ in 0..3 {
        world.sync().await;
    }
    sync(&view).await;
    assert_eq!(states(&view).await, [Some(DelegateState::Standby)]);
    let refused = view.propose_act(&Act::ShowLife).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidInput, "{refused}");
    assert_eq!(world.wallet.delegates().await.unwrap()[0].state, DelegateState::Standby);
}

/// What was the account's owner signs nothing any more.
async fn owns_nothing(wallet: &Wallet) {
    sync(wallet).await;
    let proposal = wallet.propose_act(&Act::ShowLife).await.unwrap();
    let outcome = wallet.carry_out(proposal, CancellationToken::new()).await.unwrap();
    assert_eq!(outcome.steps.len(), 3);
    assert!(outcome.steps.iter().all(|step| step.progress == GrantProgress::Refused), "{outcome:?}");
}

/// The new owner finds every account, is handed the keys, sees everything and decides.
async fn owns_everything(world: &World, wallet: &Wallet, before: &[RecordRow]) {
    let report = sync(wallet).await;
    assert_eq!((report.restored, report.waiting_for_keys), (3, 3), "the publishers have the keys");
    world.hand_over_keys(wallet).await;
    let report = sync(wallet).await;
    assert_eq!((report.waiting_for_keys, report.unreadable), (0, 0));
    assert_eq!(records(wallet).await, before);
    assert_eq!(wallet.sharing(false).await.unwrap().len(), 1, "what was allowed holds until it is stopped");
    decide(wallet, &Act::ChangeViewingKeys).await;
    decide(wallet, &Act::SetEmergency { allowed: true, kinds: vec![RecordKind::Allergy] }).await;
    let stopped =
        wallet.stop(crate::view::StopTarget::Everything, "", CancellationToken::new()).await.unwrap();
    assert!(stopped.grants.iter().all(|grant| grant.progress == GrantProgress::OnLedger), "{stopped:?}");
    assert!(wallet.sharing(false).await.unwrap().is_empty());
    // The words of the new wallet bring it all back, too: the keys of the newest epoch follow from them.
    let (restored, report) = world.restored(wallet, "the new owner again").await;
    assert_eq!((report.restored, report.waiting_for_keys, report.unreadable), (3, 0, 0));
    assert_eq!(records(&restored).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_by_guardians_falls_due_and_the_account_is_the_newcomers() {
    let world = World::with_records().await;
    give(&world, &wish(&world, ShareScope::Everything)).await;
    decide(&world.wallet, &Act::SetEmergency { allowed: true, kinds: Vec::new() }).await;
    let (mut guardians, mut choices) = (Vec::new(), Vec::new());
    for name in ["Ana", "Luis"] {
        let wallet = world.another(name).await;
        let (helped, offer) = wallet.offer_help("Amélia", name).await.unwrap();
        choices.push(GuardianChoice { offer, name: String::new() });
        guardians.push((wallet, helped.number));
    }
    decide(&world.wallet, &Act::SetGuardians { guardians: choices, threshold: 2, delay_days: 7 }).await;
    let newcomer = world.another("Amélia again").await;
    let code = newcomer.ask_for_recovery("Amélia").await.unwrap();
    for (wallet, number) in &guardians {
        let view = wallet.help(*number).await.unwrap();
        sync(&view).await;
        decide(&view, &Act::ApproveRecovery { offer: code.clone() }).await;
    }
    let before = records(&world.wallet).await;
    world.pass(7 * DAY - 60).await;
    assert_eq!(sync(&newcomer).await.restored, 0, "one minute is left to say no");
    world.pass(120).await;
    owns_everything(&world, &newcomer, &before).await;
    owns_nothing(&world.wallet).await;
    assert!(world.wallet.guardians().await.unwrap().iter().all(|view| !view.recovery), "it is over");
    // Guardians stay: they can help once more.
    assert_eq!(newcomer.guardians().await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promised_account_is_the_childs_from_its_day_on_and_nobody_elses() {
    let world = World::with_records().await;
    give(&world, &wish(&world, ShareScope::Everything)).await;
    let (_rosa, view) = waiting(&world, Begins::AtOnce).await;
    decide(&world.wallet, &Act::SetEmergency { allowed: true, kinds: Vec::new() }).await;
    world.hand_over_keys(&view).await;
    sync(&view).await;
    let child = world.another("Nuno").await;
    let request = world.wallet.handover_request().await.unwrap();
    let offer = child.answer_handover(&request, "Nuno").await.unwrap();
    let due = world.clock.now().plus(30 * 86_400);
    decide(&world.wallet, &Act::PromiseHandover { offer, due }).await;
    let before = records(&world.wallet).await;
    world.pass(30 * DAY - 60).await;
    assert_eq!(sync(&child).await.restored, 0);
    sync(&view).await;
    assert_eq!(states(&view).await, [Some(DelegateState::Active)], "the parent's delegate helps until then");
    world.pass(120).await;
    owns_everything(&world, &child, &before).await;
    // Whoever the parent had appointed went with the parent.
    assert!(child.delegates().await.unwrap().is_empty());
    owns_nothing(&world.wallet).await;
    sync(&view).await;
    assert_eq!(states(&view).await, [None]);
}
