//! What an honest file says, from whichever start, for whichever part.

use medrec_client::NetworkFile;
use medrec_protocol::Hash32;

use super::{
    chain::{Validator, set},
    world::{DAY, World, three},
};
use crate::{
    Anchor, HistoryFile, Language, Trust, VerifyError,
    model::{ActionKind, Basis, What, Who},
    sentences,
    standing::Standing,
    verify,
};

fn anchor(network: NetworkFile) -> Anchor {
    Anchor::from(network)
}

#[test]
fn a_whole_history_is_proved_from_genesis_with_what_is_opened_and_what_stays_closed() {
    let world = World::lived();
    let bytes = world.file();
    let verified = verify(&bytes, Some(&anchor(world.network()))).unwrap();
    assert_eq!(verified.trust, Trust::Genesis);
    assert_eq!((verified.votes.signers, verified.votes.validators), (3, 3));
    assert_eq!((verified.votes.signed_power, verified.votes.total_power), (60, 60));
    assert_eq!(verified.stated.whose, "Maria Silva");
    assert_eq!(verified.history.whose, None, "nothing proves a name");
    assert_eq!(verified.digest, crate::digest(&bytes));

    let [hospital, clinic] = verified.history.relationships.as_slice() else { panic!("two") };
    assert_eq!(hospital.publisher.name.as_deref(), Some("Santa Maria"));
    assert!(hospital.period.is_whole() && clinic.period.is_whole());
    assert_eq!(hospital.entries.len(), 10);
    assert_eq!(clinic.entries.len(), 3);
    let kinds: Vec<ActionKind> = hospital.entries.iter().map(|entry| entry.what.kind()).collect();
    assert_eq!(
        kinds,
        [
            ActionKind::OpenedRelationship,
            ActionKind::PublishedRecord,
            ActionKind::PublishedRecord,
            ActionKind::PublishedRecord,
            ActionKind::Granted,
            ActionKind::Disclosed,
            ActionKind::Disclosed,
            ActionKind::Granted,
            ActionKind::Revoked,
            ActionKind::Granted,
        ]
    );
    assert!(!hospital.entries[9].what.is_open(), "the third grant stays closed");
    assert_eq!(hospital.entries[4].who, Who::Patient);
    let What::Disclosed(disclosure) = &hospital.entries[5].what else { panic!("a disclosure") };
    let Basis::Grant(under) = &disclosure.basis else { panic!("under a grant") };
    assert_eq!(under.entry, Some(4));
    assert_eq!(disclosure.records[0].title.as_deref(), Some("Amoxicillin 500 mg capsules"));

    let as_of = verified.history.as_of;
    let standings: Vec<Standing> =
        hospital.grants().map(|(entry, grant)| hospital.standing(entry, grant, as_of)).collect();
    assert_eq!(standings, [Standing::InForce, Standing::Stopped(Some(8))]);
    assert_eq!(hospital.unexplained(as_of).map(|live| live.entry).collect::<Vec<_>>(), [9]);
}

#[test]
fn without_a_network_file_the_answer_says_that_the_file_only_agrees_with_itself() {
    let world = World::lived();
    let verified = verify(&world.file(), None).unwrap();
    assert_eq!(verified.trust, Trust::ItselfOnly);
    let said = sentences::verified(Language::English, &verified);
    assert!(said[0].contains("that is all that was checked"), "{}", said[0]);
    assert!(said[0].contains("medrec-sample"), "{}", said[0]);
    let said = sentences::verified(Language::Spanish, &verified);
    assert!(said[0].contains("no se comprobó nada más"), "{}", said[0]);
}

#[test]
fn one_entry_is_told_as_one() {
    let world = World::lived();
    let size = world.size(&world.with_hospital);
    let said = |from, to, all, language| {
        let part = world.evidence(&world.with_hospital, from, to, |_| true);
        let made = world.with_names(world.begin_file(vec![part])).build(&world.network()).unwrap();
        let mut verified = made.verified;
        let period = &mut verified.history.relationships[0].period;
        if all {
            (period.from, period.to, period.size) = (0, 1, 1);
        }
        sentences::verified(language, &verified).join(" ")
    };
    let (english, spanish) = (Language::English, Language::Spanish);
    let one = said(3, 4, false, english);
    assert!(one.contains(&format!("entry 3, of {size} in all, is here")), "{one}");
    let uno = said(3, 4, false, spanish);
    assert!(uno.contains(&format!("está la entrada 3, de {size} en total")), "{uno}");
    assert!(uno.contains("Se puede leer 1; quedan cerradas 0."), "{uno}");
    assert!(said(3, 4, true, english).contains("its only entry is here"));
    assert!(said(3, 4, true, spanish).contains("está su única entrada"));
    assert!(said(3, 5, false, english).contains(&format!("entries 3 to 4 of {size} are here")));
}

#[test]
fn a_part_of_a_log_is_proved_to_be_exactly_that_part() {
    let world = World::lived();
    let size = world.size(&world.with_hospital);
    for from in 0..size {
        for to in from + 1..=size {
            let part = world.evidence(&world.with_hospital, from, to, |_| true);
            let builder = world.with_names(world.begin_file(vec![part]));
            let made = builder.build(&world.network()).unwrap();
            let told = &made.verified.history.relationships[0];
            assert_eq!((told.period.from, told.period.to, told.period.size), (from, to, size));
            let indexes: Vec<u64> = told.entries.iter().map(|entry| entry.index).collect();
            assert_eq!(indexes, (from..to).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_file_can_start_at_a_header_that_the_network_file_vouches_for_and_at_no_other() {
    let world = World::lived();
    let whole = world.evidence(&world.with_hospital, 0, world.size(&world.with_hospital), |_| true);
    let mut builder = HistoryFile::builder(world.chain.ledger.chain.clone())
        .chain_leaf(world.chain.leaf(&medrec_protocol::state::StateKey::Chain));
    for block in [&world.chain.blocks[4], world.chain.tip()] {
        builder = builder.header(&block.signed, &set(&block.validators), &set(&block.next));
    }
    let builder = world.with_names(builder.relationship(whole));
    let made = builder.build(&world.network_at(5)).unwrap();
    assert_eq!(made.verified.trust, Trust::Header(5));

    let other = verify(&made.bytes, Some(&anchor(world.network_at(6)))).unwrap_err();
    assert!(matches!(other, VerifyError::NotAnchored { height: 5, .. }), "{other}");
    let none = verify(&made.bytes, Some(&anchor(world.network()))).unwrap_err();
    assert!(matches!(none, VerifyError::NotAnchored { height: 5, .. }), "{none}");
    assert_eq!(verify(&made.bytes, None).unwrap().trust, Trust::ItselfOnly);
}

#[test]
fn a_file_of_another_network_is_refused() {
    let world = World::lived();
    let bytes = world.file();
    let mut other = world.network();
    other.genesis_hash = Hash32::new([1; 32]);
    let refused = verify(&bytes, Some(&anchor(other))).unwrap_err();
    assert!(matches!(refused, VerifyError::OtherNetwork { .. }), "{refused}");
    let mut other = world.network();
    other.chain_id = "medrec-other".parse().unwrap();
    assert!(matches!(verify(&bytes, Some(&anchor(other))), Err(VerifyError::OtherNetwork { .. })));
}

#[test]
fn a_header_that_contradicts_the_anchor_of_the_network_file_is_refused() {
    let world = World::lived();
    let bytes = world.file();
    let mut network = world.network_at(world.chain.blocks.len() as u64);
    assert!(verify(&bytes, Some(&anchor(network.clone()))).is_ok());
    network.anchor.as_mut().unwrap().hash = Hash32::new([7; 32]);
    assert!(matches!(verify(&bytes, Some(&anchor(network))), Err(VerifyError::Header { .. })));
}

#[test]
fn changed_validators_are_followed_through_headers_in_between() {
    let mut world = World::lived();
    // All leave but the lightest; two new ones with most of the weight come.
    world.chain.coming = vec![three()[2].clone(), Validator::new(8, 40), Validator::new(9, 40)];
    world.chain.seal(&[]);
    world.chain.seal(&[]);
    world.chain.seal(&[]);
    let count = world.chain.blocks.len();
    let whole = world.evidence(&world.with_hospital, 0, world.size(&world.with_hospital), |_| true);
    let build = |heights: &[usize]| {
        let mut builder = HistoryFile::builder(world.chain.ledger.chain.clone())
            .genesis(&world.chain.document)
            .chain_leaf(world.chain.leaf(&medrec_protocol::state::StateKey::Chain));
        for height in heights {
            let block = &world.chain.blocks[height - 1];
            builder = builder.header(&block.signed, &set(&block.validators), &set(&block.next));
        }
        world.with_names(builder.relationship(whole.clone())).build(&world.network())
    };
    let gap = build(&[1, count]).unwrap_err();
    assert!(gap.to_string().contains("a header in between is missing"), "{gap}");
    // The block that announced them, and the one after it, which the announced ones signed.
    let made = build(&[1, count - 2, count - 1, count]).unwrap();
    assert_eq!(made.verified.votes.total_power, 90);
}

#[test]
fn headers_that_lie_further_apart_than_the_trusting_period_are_refused() {
    let mut world = World::lived();
    world.chain.wait(181 * DAY);
    let whole = world.evidence(&world.with_hospital, 0, world.size(&world.with_hospital), |_| true);
    let builder = world.with_names(world.begin_file(vec![whole]));
    assert!(builder.clone().build(&world.network()).is_err());
    let longer = NetworkFile { trusting_period: 400.try_into().unwrap(), ..world.network() };
    assert!(builder.build(&longer).is_ok());
}

#[test]
fn names_that_are_missing_or_not_spoken_of_are_refused() {
    let world = World::lived();
    let whole = world.evidence(&world.with_clinic, 0, world.size(&world.with_clinic), |_| false);
    let builder = world.begin_file(vec![whole]);
    let missing = builder.clone().build(&world.network()).unwrap_err();
    assert!(missing.to_string().contains("should say who"), "{missing}");
    let doctor = world.doctor.provider_address();
    let leaf = world.chain.leaf(&medrec_protocol::state::StateKey::Provider(doctor));
    let surplus = world.with_names(builder).provider(doctor, leaf).build(&world.network()).unwrap_err();
    assert!(surplus.to_string().contains("does not speak of it"), "{surplus}");
}

#[test]
fn a_newer_version_is_refused_with_a_clear_message() {
    let mut bytes = World::lived().file();
    bytes[15] = 2;
    let refused = verify(&bytes, None).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the file has version 2, this program knows version 1: a newer program is needed"
    );
}

#[test]
fn a_model_reads_back_as_it_was_written_and_a_newer_one_is_refused() {
    let world = World::lived();
    let history = verify(&world.file(), None).unwrap().named();
    assert_eq!(crate::History::from_json(&history.to_json()).unwrap(), history);
    let newer = crate::History { version: 2, ..history };
    assert_eq!(crate::History::from_json(&newer.to_json()), Err(crate::model::ModelError::Version(2)));
}
