use medrec_protocol::RecordKind;
use tokio_util::sync::CancellationToken;

use crate::{
    Code, Control, Wallet,
    store::viewing_keys,
    testing::{World, home, passphrase},
    view::{
        Act, ActOutcome, BeginningView, Begins, CodeWanted, DelegateState, GrantProgress, GuardianChoice,
        PageRequest, RecordFilter, Right, ShareScope, SkippedReason,
    },
};

/// Prepares, reads back and carries out; gives what was read.
pub(super) async fn decide(wallet: &Wallet, act: &Act) -> (Vec<String>, ActOutcome) {
    let proposal = wallet.propose_act(act).await.unwrap();
    let review = wallet.review_act(&proposal).await.unwrap();
    let mut said = vec![review.title.text];
    said.extend(review.sentences.into_iter().map(|sentence| sentence.text));
    let outcome = wallet.carry_out(proposal, CancellationToken::new()).await.unwrap();
    for step in &outcome.steps {
        assert_eq!(step.progress, GrantProgress::OnLedger, "{:?}", step.reason);
    }
    (said, outcome)
}

pub(super) fn appoint(offer: String, right: Right, begins: Begins) -> Act {
    Act::Appoint {
        offer,
        name: String::new(),
        relation: "daughter".to_owned(),
        right,
        begins,
        days: 365,
        providers: Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delegate_is_appointed_accepts_and_is_ended() {
    let world = World::with_records().await;
    let rosa = world.another("Rosa").await;
    let (helped, code) = rosa.offer_help("Mum", "Rosa Ferreira").await.unwrap();
    let (said, outcome) = decide(&world.wallet, &appoint(code.clone(), Right::Share, Begins::AtOnce)).await;
    assert_eq!(outcome.steps.len(), 3);
    assert_eq!(said[0], "Let Rosa Ferreira help you?");
    assert!(said[1].starts_with("Rosa Ferreira (daughter) can see your records, give and stop access"));
    let delegates = world.wallet.delegates().await.unwrap();
    assert_eq!(delegates.len(), 1);
    assert_eq!((delegates[0].state, delegates[0].providers.len()), (DelegateState::Invited, 3));
    // The offer's keys are used up for these three relationships, not for others.
    let view = rosa.help(helped.number).await.unwrap();
    assert!(view.is_helping());
    view.sync(Control::default()).await.unwrap();
    let appointments = view.appointments().await.unwrap();
    assert_eq!(appointments.len(), 3);
    let mut agents: Vec<_> = appointments.iter().map(|appointment| appointment.agent).collect();
    agents.dedup();
    assert_eq!(agents.len(), 3, "each relationship has a key of its own");
    decide(&view, &Act::AcceptAppointments).await;
    world.sync().await;
    let delegates = world.wallet.delegates().await.unwrap();
    assert_eq!(delegates[0].state, DelegateState::Active);
    assert_eq!(rosa.people_i_help().await.unwrap()[0].appointments.len(), 3);

    let end = Act::EndDelegation { appointment: delegates[0].appointment };
    let (said, _) = decide(&world.wallet, &end).await;
    assert_eq!(said[0], "End what Rosa Ferreira may do?");
    assert!(world.wallet.delegates().await.unwrap().is_empty());
    view.sync(Control::default()).await.unwrap();
    let appointments = view.appointments().await.unwrap();
    assert!(appointments.iter().all(|appointment| appointment.state.is_none()));
    let refused = view.propose_act(&Act::GiveUp).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidInput, "there is nothing left to give up");
    // Everything is readable under the new keys, also by a wallet that has only the words.
    let (restored, report) = world.restored(&world.wallet, "restored").await;
    assert_eq!((report.restored, report.unreadable, report.waiting_for_keys), (3, 0, 0));
    let (filter, page) = (RecordFilter::default(), PageRequest::default());
    assert_eq!(
        restored.records(&filter, &page).await.unwrap().rows,
        world.wallet.records(&filter, &page).await.unwrap().rows
    );
    // The same offer cannot be taken up a second time for these accounts once its keys are gone.
    for _ in 0..4 {
        decide(&world.wallet, &appoint(code.clone(), Right::See, Begins::AtOnce)).await;
    }
    let names = Some("Rosa Ferreira".to_owned());
    let found = world.wallet.check_code(CodeWanted::HelpOffer, &format!(" {code}\n")).await.unwrap();
    assert_eq!(found.from, names);
    for (wanted, text) in [(CodeWanted::HelpOffer, &code[..40]), (CodeWanted::Recovery, &code)] {
        let refused = world.wallet.check_code(wanted, text).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidInput);
    }
    let used_up = world.wallet.propose_act(&appoint(code, Right::See, Begins::AtOnce)).await.unwrap_err();
    assert!(used_up.to_string().contains("used before"), "{used_up}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_delegation_begins_only_after_the_wait_and_can_be_refused() {
    let world = World::with_records().await;
    let rosa = world.another("Rosa").await;
    let (helped, code) = rosa.offer_help("Mum", "Rosa").await.unwrap();
    decide(&world.wallet, &appoint(code, Right::See, Begins::AfterWait { days: 7 })).await;
    let view = rosa.help(helped.number).await.unwrap();
    view.sync(Control::default()).await.unwrap();
    decide(&view, &Act::AcceptAppointments).await;
    world.sync().await;
    assert_eq!(world.wallet.delegates().await.unwrap()[0].state, DelegateState::Standby);
    decide(&view, &Act::AskStart).await;
    world.sync().await;
    let delegate = world.wallet.delegates().await.unwrap().remove(0);
    assert_eq!(delegate.state, DelegateState::Beginning);
    let wait = delegate.begins_at.unwrap().seconds() - crate::Clock::now(&*world.clock).seconds();
    assert!((6 * 86_400..=7 * 86_400).contains(&wait), "{wait}");
    let told = world.wallet.overview().await.unwrap().beginning;
    assert_eq!(told, [BeginningView { name: "Rosa".to_owned(), begins_at: delegate.begins_at.unwrap() }]);
    assert_eq!(view.overview().await.unwrap().beginning, []);
    decide(&world.wallet, &Act::RefuseStart { appointment: delegate.appointment }).await;
    assert_eq!(world.wallet.delegates().await.unwrap()[0].state, DelegateState::Standby);
    assert_eq!(world.wallet.overview().await.unwrap().beginning, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guardians_agree_on_one_new_key_and_the_owner_can_say_no() {
    let world = World::with_records().await;
    let mut guardians = Vec::new();
    let mut choices = Vec::new();
    for name in ["Ana", "Luis"] {
        let wallet = world.another(name).await;
        let (helped, offer) = wallet.offer_help("Amélia", name).await.unwrap();
        choices.push(GuardianChoice { offer, name: String::new() });
        guardians.push((wallet, helped.number));
    }
    let alone = Act::SetGuardians { guardians: choices[..1].to_vec(), threshold: 1, delay_days: 7 };
    assert_eq!(world.wallet.propose_act(&alone).await.unwrap_err().code(), Code::InvalidInput);
    let act = Act::SetGuardians { guardians: choices, threshold: 2, delay_days: 7 };
    let (said, _) = decide(&world.wallet, &act).await;
    assert!(said[1].contains("2 of Ana and Luis together"), "{said:?}");
    let newcomer = world.another("Amélia again").await;
    let code = newcomer.ask_for_recovery("Amélia").await.unwrap();
    world.wallet.check_code(CodeWanted::Recovery, &code).await.unwrap();
    let other = world.wallet.check_code(CodeWanted::HandoverAnswer, &code).await.unwrap_err();
    assert!(other.to_string().contains("recovery"), "{other}");
    for (wallet, number) in &guardians {
        let view = wallet.help(*number).await.unwrap();
        view.sync(Control::default()).await.unwrap();
        assert!(view.appointments().await.unwrap().iter().all(|appointment| appointment.guardian));
        decide(&view, &Act::ApproveRecovery { offer: code.clone() }).await;
    }
    world.sync().await;
    let views = world.wallet.guardians().await.unwrap();
    assert_eq!(views.len(), 3);
    assert!(views.iter().all(|view| view.recovery_due.is_some() && view.guardians.len() == 2));
    assert!(views[0].guardians.iter().all(|guardian| guardian.approved));
    let told = world.wallet.overview().await.unwrap().recovery.unwrap();
    assert_eq!(told.providers.len(), 3);
    assert_eq!(told.due, views.iter().filter_map(|view| view.recovery_due).min());
    // Not before its time.
    assert_eq!(newcomer.sync(Control::default()).await.unwrap().restored, 0);
    decide(&world.wallet, &Act::VetoRecovery).await;
    assert!(world.wallet.guardians().await.unwrap().iter().all(|view| !view.recovery));
    assert_eq!(world.wallet.overview().await.unwrap().recovery, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_was_closed_stays_in_sight_takes_part_in_nothing_and_may_be_followed_by_a_new_one() {
    let mut world = World::with_records().await;
    let (closed, grantee) = (world.provider(0), world.provider(2));
    decide(&world.wallet, &Act::Close { provider: closed, note: "moved away".to_owned() }).await;
    world.sync().await;
    let at = async |world: &World| {
        let all = world.wallet.providers(None).await.unwrap();
        all.into_iter().find(|view| view.name.address == closed).unwrap().relationship.unwrap()
    };
    let view = at(&world).await;
    assert!(view.closed_at.is_some() && view.records > 0, "{view:?}");
    let wish = super::share::wish(&world, ShareScope::Everything);
    assert_eq!(wish.grantee, grantee);
    let proposal = world.wallet.propose_share(&wish).await.unwrap();
    let review = world.wallet.review(&proposal).await.unwrap();
    let why: Vec<_> =
        review.skipped.iter().map(|skipped| (skipped.provider.address, skipped.reason)).collect();
    assert!(why.contains(&(closed, SkippedReason::AccountClosed)), "{why:?}");
    assert!(world.wallet.emergency().await.unwrap().iter().all(|view| view.provider.address != closed));
    let again = Act::Close { provider: closed, note: String::new() };
    assert_eq!(world.wallet.propose_act(&again).await.unwrap_err().code(), Code::NotFound);
    world.open_relationship(0).await;
    world.sync().await;
    let view = at(&world).await;
    assert_eq!((view.closed_at, view.records), (None, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_words_take_every_account_along_and_the_old_ones_open_nothing() {
    let world = World::with_records().await;
    let old_words = world.wallet.recovery_words(&passphrase()).await.unwrap();
    assert!(world.wallet.propose_act(&Act::NewKeys).await.is_err(), "not before new words are begun");
    let new_words = world.wallet.begin_new_words(&passphrase()).await.unwrap();
    let again = world.wallet.begin_new_words(&passphrase()).await.unwrap();
    assert_eq!(new_words.words(), again.words(), "a change under way keeps its words");
    let (_, outcome) = decide(&world.wallet, &Act::NewKeys).await;
    assert_eq!(outcome.steps.len(), 3);
    assert!(world.wallet.new_words_under_way().await);
    world.sync().await;
    assert!(!world.wallet.new_words_under_way().await);
    assert_eq!(world.wallet.recovery_words(&passphrase()).await.unwrap().words(), new_words.words());
    // It goes on acting with the new keys.
    decide(&world.wallet, &Act::SetEmergency { allowed: true, kinds: vec![RecordKind::Allergy] }).await;
    let rules = world.wallet.emergency().await.unwrap();
    assert!(rules.iter().all(|rule| rule.allowed && rule.kinds == [RecordKind::Allergy]));

    let restore = |words: medrec_vault::RecoveryWords, folder: &str| {
        let home = home(&world.folder.path().join(folder), &world.clock);
        let network = world.ledger.network.clone();
        async move {
            let wallet = home.restore("Amélia", &passphrase(), &words).await.unwrap();
            wallet.join_network(&network).await.unwrap();
            let report = wallet.sync(Control::default()).await.unwrap();
            (wallet, report)
        }
    };
    let (thief, report) = restore(old_words, "thief").await;
    assert_eq!(report.restored, 0, "the old words own nothing any more");
    assert_eq!(thief.count_records(&RecordFilter::default()).await.unwrap(), 0);
    let (restored, report) = restore(new_words, "restored").await;
    assert_eq!((report.restored, report.unreadable, report.waiting_for_keys), (3, 0, 0));
    let (filter, page) = (RecordFilter::default(), PageRequest::default());
    assert_eq!(
        restored.records(&filter, &page).await.unwrap().rows,
        world.wallet.records(&filter, &page).await.unwrap().rows
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_said_on_the_ledger_and_in_a_letter() {
    let world = World::with_records().await;
    let row = world.wallet.records(&RecordFilter::default(), &PageRequest::default()).await.unwrap();
    let row = row.rows.into_iter().find(|row| row.title.contains("suspected")).unwrap();
    let mut read = world.wallet.store.read().await.unwrap();
    let place = crate::store::records::place(&mut read, row.id).await.unwrap().unwrap();
    drop(read);
    let statement = format!("I have never had this allergy. {}", "It was somebody else. ".repeat(30));
    let (relationship, position) = (place.relationship, place.facts.index);
    let act = Act::Dispute { relationship, position, statement: statement.clone() };
    let (said, _) = decide(&world.wallet, &act).await;
    assert!(said[0].contains("suspected"), "{said:?}");
    let disputes = world.wallet.disputes().await.unwrap();
    assert_eq!(disputes.len(), 1);
    assert_eq!(disputes[0].record, Some(row.id));
    assert_eq!(disputes[0].statement.join(" "), statement.trim());
    let letter = world.wallet.dispute_letter(relationship, position, "It is wrong.").await.unwrap();
    assert!(
        letter.contains("suspected") && letter.contains("Santa Maria") && letter.contains("It is wrong.")
    );
    let nowhere = Act::Dispute { relationship, position: 999, statement };
    assert_eq!(world.wallet.propose_act(&nowhere).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_childs_account_is_promised_and_cannot_be_kept() {
    let world = World::with_records().await;
    let child = world.another("Nuno").await;
    let request = world.wallet.handover_request().await.unwrap();
    let offer = child.answer_handover(&request, "Nuno").await.unwrap();
    let now = crate::Clock::now(&*world.clock);
    let due = now.plus(4 * 365 * 86_400);
    let (said, outcome) = decide(&world.wallet, &Act::PromiseHandover { offer: offer.clone(), due }).await;
    assert_eq!(outcome.steps.len(), 3);
    assert!(said.iter().any(|sentence| sentence.contains("cannot put it off")), "{said:?}");
    let later = Act::PromiseHandover { offer: offer.clone(), due: due.plus(86_400) };
    let proposal = world.wallet.propose_act(&later).await.unwrap();
    let outcome = world.wallet.carry_out(proposal, CancellationToken::new()).await.unwrap();
    assert!(outcome.steps.iter().all(|step| step.progress == GrantProgress::Refused));
    decide(&world.wallet, &Act::PromiseHandover { offer, due: now.plus(86_400) }).await;
    assert_eq!(child.sync(Control::default()).await.unwrap().restored, 0);
}

/// A daughter who may manage, with the viewing keys that the publishers' gatekeepers hand over.
pub(super) async fn manager(world: &World) -> (Wallet, Wallet) {
    let rosa = world.another("Rosa").await;
    let (helped, code) = rosa.offer_help("Mum", "Rosa").await.unwrap();
    decide(&world.wallet, &appoint(code, Right::Manage, Begins::AtOnce)).await;
    let view = rosa.help(helped.number).await.unwrap();
    view.sync(Control::default()).await.unwrap();
    decide(&view, &Act::AcceptAppointments).await;
    world.hand_over_keys(&view).await;
    view.sync(Control::default()).await.unwrap();
    world.sync().await;
    (rosa, view)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewing_key_that_lost_its_race_is_not_believed_while_the_publisher_is_away() {
    let world = World::with_records().await;
    let (_rosa, view) = manager(&world).await;
    // Both change the keys; the daughter is first. The mother's own keys are kept before they are sent.
    let proposal = world.wallet.propose_act(&Act::ChangeViewingKeys).await.unwrap();
    decide(&view, &Act::ChangeViewingKeys).await;
    let outcome = world.wallet.carry_out(proposal, CancellationToken::new()).await.unwrap();
    assert!(outcome.steps.iter().all(|step| step.progress == GrantProgress::Refused));
    let (said, _) =
        decide(&view, &Act::SetEmergency { allowed: true, kinds: vec![RecordKind::Allergy] }).await;
    assert!(said.iter().any(|sentence| sentence.contains("the allergies of Mum")), "{said:?}");
    assert!(said.iter().all(|sentence| !sentence.contains("your records")), "{said:?}");
    // No gatekeeper answers, however often she asks. Nothing is read with a key that opens nothing.
    for _ in 0..3 {
        let report = world.sync().await;
        assert_eq!((report.waiting_for_keys, report.unreadable, report.entries), (3, 0, 0));
    }
    // Once the keys are here, everything is read.
    let chain = world.ledger.network.identity();
    let mut tx = world.wallet.store.begin().await.unwrap();
    for page in view.pages(&chain).await.unwrap() {
        let (address, epoch) = (page.row.address, page.leaf.epoch);
        viewing_keys::put(&mut tx, address, epoch, page.keys.viewing(epoch).unwrap()).await.unwrap();
        assert!(viewing_keys::made(&mut tx, address, epoch).await.unwrap().is_empty(), "the lost ones went");
    }
    tx.commit().await.unwrap();
    let report = world.sync().await;
    assert_eq!((report.waiting_for_keys, report.unreadable), (0, 0));
    let rules = world.wallet.emergency().await.unwrap();
    assert!(rules.iter().all(|rule| rule.allowed && rule.kinds == [RecordKind::Allergy]));
}
