//! A file that was altered, in every way that we could think of, never verifies to another history.
//!
//! A mutation is applied to the decoded file, and the file is encoded again with a fitting checksum: what then refuses it is the
//! proof, not the checksum.

use std::collections::BTreeSet;

use ed25519_dalek::SigningKey;
use medrec_protocol::{
    Hash32, PublicKey, Timestamp,
    codec::{List, Text},
    log::{ConsistencyProof, Frontier},
};
use tendermint::AppHash;

use super::{
    chain::{Validator, sign},
    world::World,
};
use crate::{
    Anchor, HistoryFile, Verified, VerifyError,
    bounded::Blob,
    file::{Body, FileError, Start},
    verify::{encode_header, verify},
};

struct Honest {
    world: World,
    bytes: Vec<u8>,
    anchor: Anchor,
    verified: Verified,
}

impl Honest {
    fn of(world: World, bytes: Vec<u8>) -> Self {
        let anchor = Anchor::from(world.network());
        let verified = verify(&bytes, Some(&anchor)).unwrap();
        Self { world, bytes, anchor, verified }
    }

    fn whole() -> Self {
        let world = World::lived();
        let bytes = world.file();
        Self::of(world, bytes)
    }

    /// Entries 2 to 6 of ten, with two openings.
    fn part() -> Self {
        let world = World::lived();
        let part = world.evidence(&world.with_hospital, 2, 7, |index| index == 3 || index == 4);
        let made = world.with_names(world.begin_file(vec![part])).build(&world.network()).unwrap();
        Self::of(world, made.bytes)
    }

    fn body(&self) -> Body {
        HistoryFile::decode(&self.bytes).unwrap().body
    }

    fn judge(&self, body: Body) -> Result<Verified, VerifyError> {
        verify(&HistoryFile { body }.encode(), Some(&self.anchor))
    }

    /// The altered file is refused.
    #[track_caller]
    fn refuses(&self, what: &str, alter: impl FnOnce(&mut Body)) -> String {
        let mut body = self.body();
        alter(&mut body);
        assert_ne!(body, self.body(), "{what}: nothing was altered");
        match self.judge(body) {
            Ok(_) => panic!("{what}: a false file was believed"),
            Err(error) => error.to_string(),
        }
    }

    /// The altered file is refused, or says the very same.
    fn never_says_otherwise(&self, what: &str, bytes: &[u8]) {
        if let Ok(verified) = verify(bytes, Some(&self.anchor)) {
            assert_eq!(verified.history, self.verified.history, "{what}");
            assert_eq!(verified.trust, self.verified.trust, "{what}");
        }
    }
}

/// The file with these contents and a fitting checksum.
fn resealed(content: &[u8]) -> Vec<u8> {
    [content, Hash32::plain(content).as_bytes()].concat()
}

fn content(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len() - 32]
}

#[test]
fn any_flipped_bit_is_noticed_by_the_checksum() {
    let honest = Honest::whole();
    for place in 0..honest.bytes.len() {
        let mut bytes = honest.bytes.clone();
        bytes[place] ^= 1 << (place % 8);
        assert!(verify(&bytes, Some(&honest.anchor)).is_err(), "byte {place}");
    }
}

#[test]
fn a_flipped_bit_under_a_fitting_checksum_never_tells_another_history() {
    for honest in [Honest::part(), Honest::whole()] {
        let content = content(&honest.bytes);
        // Every byte of the shorter file, a sample of the longer one; a step that is no multiple of any field's size.
        let step = 1 + content.len() / 9_000;
        for place in (0..content.len()).step_by(step) {
            let mut altered = content.to_vec();
            altered[place] ^= 1 << (place % 8);
            honest.never_says_otherwise(&format!("byte {place}"), &resealed(&altered));
        }
    }
}

#[test]
fn bytes_that_were_cut_out_doubled_or_moved_never_tell_another_history() {
    let honest = Honest::part();
    let content = content(&honest.bytes);
    let mut drawn = 88_172_645_463_325_252_u64;
    let mut below = |limit: usize| {
        drawn ^= drawn << 13;
        drawn ^= drawn >> 7;
        drawn ^= drawn << 17;
        usize::try_from(drawn % limit as u64).unwrap()
    };
    for round in 0..600 {
        let (from, length, to) = (below(content.len()), 1 + below(200), below(content.len()));
        let piece = content[from..(from + length).min(content.len())].to_vec();
        let mut altered = content.to_vec();
        match round % 3 {
            0 => drop(altered.drain(from..(from + length).min(content.len()))),
            1 => drop(altered.splice(to..to, piece)),
            _ => {
                let end = (to + piece.len()).min(altered.len());
                altered.splice(to..end, piece);
            }
        }
        honest.never_says_otherwise(&format!("round {round}"), &resealed(&altered));
    }
}

#[test]
fn a_file_that_was_cut_off_or_continued_is_refused() {
    let honest = Honest::part();
    for end in 0..honest.bytes.len() {
        assert!(verify(&honest.bytes[..end], Some(&honest.anchor)).is_err(), "cut at {end}");
    }
    let content = content(&honest.bytes);
    for end in 0..content.len() {
        assert!(verify(&resealed(&content[..end]), Some(&honest.anchor)).is_err(), "cut at {end}");
    }
    assert!(verify(&[honest.bytes.as_slice(), &[0]].concat(), Some(&honest.anchor)).is_err());
    assert!(verify(&resealed(&[content, &[0]].concat()), Some(&honest.anchor)).is_err());
    assert!(verify(&resealed(&honest.bytes), Some(&honest.anchor)).is_err());
    assert!(matches!(verify(b"", None), Err(VerifyError::File(FileError::NotAHistory))));
    assert!(matches!(verify(b"medrec-history\n", None), Err(VerifyError::File(FileError::Damaged))));
}

#[test]
fn a_false_length_is_refused_before_room_is_made_for_it() {
    let honest = Honest::part();
    let content = content(&honest.bytes);
    // Every four bytes, read as a length, become the largest there is.
    for place in 17..content.len() - 4 {
        let mut altered = content.to_vec();
        altered[place..place + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        honest.never_says_otherwise(&format!("length at {place}"), &resealed(&altered));
    }
    let huge = vec![0; crate::file::MAX_FILE_BYTES + 1];
    assert!(matches!(verify(&huge, None), Err(VerifyError::File(FileError::TooLarge { .. }))));
}

#[test]
fn an_entry_that_was_dropped_doubled_swapped_or_replaced_is_noticed() {
    for honest in [Honest::whole(), Honest::part()] {
        for (which, part) in honest.body().relationships.0.iter().enumerate() {
            let count = part.entries.0.len();
            for place in 0..count {
                let name = format!("entry {place} of {which}");
                honest.refuses(&name, |body| drop(body.relationships.0[which].entries.0.remove(place)));
                honest.refuses(&name, |body| {
                    let entries = &mut body.relationships.0[which].entries.0;
                    entries.insert(place, entries[place].clone());
                });
                for other in place + 1..count {
                    honest.refuses(&name, |body| body.relationships.0[which].entries.0.swap(place, other));
                    honest.refuses(&name, |body| {
                        let entries = &mut body.relationships.0[which].entries.0;
                        entries[place] = entries[other].clone();
                    });
                }
                honest.refuses(&name, |body| body.relationships.0[which].entries.0.truncate(place));
            }
            honest.refuses("an entry added at the end", |body| {
                let entries = &mut body.relationships.0[which].entries.0;
                entries.push(entries[0].clone());
            });
            honest.refuses("an empty entry", |body| {
                body.relationships.0[which].entries.0.push(Blob(Vec::new()));
            });
        }
    }
}

#[test]
fn a_part_cannot_be_passed_off_as_another_part() {
    let honest = Honest::part();
    let part = honest.world.evidence(&honest.world.with_hospital, 3, 7, |_| false);
    let (before, proof) = part.start.unwrap();
    honest.refuses("as the beginning", |body| body.relationships.0[0].start = None);
    honest.refuses("as the end", |body| body.relationships.0[0].end = None);
    honest.refuses("moved on by one", |body| {
        body.relationships.0[0].start = Some(Start { before: before.clone(), proof: proof.clone() });
    });
    let start = |body: &Body| body.relationships.0[0].start.clone().unwrap();
    honest.refuses("another edge", |body| {
        let peaks = vec![Hash32::new([3; 32]); 1];
        let edge = Frontier::from_parts(2, peaks).unwrap();
        body.relationships.0[0].start = Some(Start { before: edge, ..start(body) });
    });
    honest.refuses("an edge before everything", |body| {
        body.relationships.0[0].start = Some(Start { before: Frontier::default(), ..start(body) });
    });
    for number in [0, 1, 3, 7, 10, u64::MAX] {
        honest.refuses("another old size", |body| {
            body.relationships.0[0].start.as_mut().unwrap().proof.old_size = number;
        });
    }
    let shortened = |proof: &ConsistencyProof| {
        let path = proof.path.as_slice();
        ConsistencyProof { path: List::new(path[..path.len() - 1].to_vec()).unwrap(), ..proof.clone() }
    };
    honest.refuses("a shorter proof of the start", |body| {
        let start = body.relationships.0[0].start.as_mut().unwrap();
        start.proof = shortened(&start.proof);
    });
    honest.refuses("a shorter proof of the end", |body| {
        let end = body.relationships.0[0].end.as_mut().unwrap();
        *end = shortened(end);
    });
    honest.refuses("a proof of another end", |body| {
        let other = honest.world.evidence(&honest.world.with_hospital, 2, 8, |_| false);
        body.relationships.0[0].end = other.end;
    });
    let whole = Honest::whole();
    whole.refuses("an end that needs no proof", |body| {
        let size = whole.world.size(&whole.world.with_hospital);
        let path = List::new(Vec::new()).unwrap();
        body.relationships.0[0].end = Some(ConsistencyProof { old_size: size, new_size: size, path });
    });
}

#[test]
fn an_opening_that_does_not_fit_its_entry_is_refused() {
    let honest = Honest::whole();
    let body = honest.body();
    for (which, part) in body.relationships.0.iter().enumerate() {
        let count = part.openings.0.len();
        for place in 0..count {
            let name = format!("opening {place} of {which}");
            honest.refuses(&name, |body| body.relationships.0[which].openings.0[place].salt[31] ^= 1);
            honest.refuses(&name, |body| {
                body.relationships.0[which].openings.0[place].plaintext.0[0] ^= 1;
            });
            honest.refuses(&name, |body| {
                body.relationships.0[which].openings.0[place].plaintext.0.push(0);
            });
            honest.refuses(&name, |body| {
                let text = &mut body.relationships.0[which].openings.0[place].plaintext.0;
                text.truncate(text.len() - 1);
            });
            for kind in (0..=9).filter(|kind| *kind != part.openings.0[place].kind) {
                honest.refuses(&name, |body| body.relationships.0[which].openings.0[place].kind = kind);
            }
            for entry in (0..12).chain([u64::MAX]).filter(|entry| *entry != part.openings.0[place].entry) {
                honest.refuses(&name, |body| body.relationships.0[which].openings.0[place].entry = entry);
            }
            honest.refuses(&name, |body| {
                let openings = &mut body.relationships.0[which].openings.0;
                openings.insert(place, openings[place].clone());
            });
            for other in place + 1..count {
                honest.refuses(&name, |body| body.relationships.0[which].openings.0.swap(place, other));
                honest.refuses(&name, |body| {
                    let openings = &mut body.relationships.0[which].openings.0;
                    let (text, salt) = (openings[other].plaintext.clone(), openings[other].salt);
                    openings[place].plaintext = text;
                    openings[place].salt = salt;
                });
            }
        }
    }
    // One of the other relationship, under the same number and kind.
    honest.refuses("a foreign opening", |body| {
        let foreign = body.relationships.0[1].openings.0[0].clone();
        body.relationships.0[0].openings.0[0] = foreign;
    });
}

/// What is left out is seen to be left out: the file then is the one that the patient could have made.
#[test]
fn an_opening_that_was_taken_out_leaves_a_closed_entry() {
    let honest = Honest::whole();
    let patients = [&honest.world.with_hospital, &honest.world.with_clinic];
    for (which, part) in honest.body().relationships.0.iter().enumerate() {
        for place in 0..part.openings.0.len() {
            let mut body = honest.body();
            let taken = body.relationships.0[which].openings.0.remove(place);
            let verified = honest.judge(body).unwrap();
            let evidence = patients.map(|patient| {
                let here = patient.relationship() == part.address;
                honest.world.evidence(patient, 0, honest.world.size(patient), |index| {
                    index != 9 && !(here && index == taken.entry)
                })
            });
            let builder = honest.world.begin_file(evidence.into());
            let made = honest.world.with_names(builder).build(&honest.world.network()).unwrap();
            assert_eq!(verified.history, made.verified.history);
            let told = verified.history.relationships.iter().find(|one| one.address == part.address);
            assert!(!told.unwrap().entry(taken.entry).unwrap().what.is_open());
        }
    }
}

fn two(body: &mut Body) -> (&mut crate::file::RelationshipPart, &mut crate::file::RelationshipPart) {
    let [one, two] = body.relationships.0.as_mut_slice() else { panic!("two") };
    (one, two)
}

#[test]
fn relationships_that_were_swapped_doubled_or_mixed_are_refused() {
    let honest = Honest::whole();
    honest.refuses("order", |body| body.relationships.0.swap(0, 1));
    honest.refuses("twice", |body| {
        let first = body.relationships.0[0].clone();
        body.relationships.0.insert(0, first);
    });
    honest.refuses("addresses", |body| {
        let (one, two) = two(body);
        std::mem::swap(&mut one.address, &mut two.address);
    });
    honest.refuses("leaves", |body| {
        let (one, two) = two(body);
        std::mem::swap(&mut one.leaf, &mut two.leaf);
    });
    honest.refuses("values of leaves", |body| {
        let (one, two) = two(body);
        std::mem::swap(&mut one.leaf.value, &mut two.leaf.value);
    });
    honest.refuses("proofs of leaves", |body| {
        let (one, two) = two(body);
        std::mem::swap(&mut one.leaf.proof, &mut two.leaf.proof);
    });
    honest.refuses("entries", |body| {
        let (one, two) = two(body);
        std::mem::swap(&mut one.entries, &mut two.entries);
    });
    honest.refuses("openings", |body| {
        let (one, two) = two(body);
        std::mem::swap(&mut one.openings, &mut two.openings);
    });
    honest.refuses("everything but the address", |body| {
        let (one, two) = two(body);
        std::mem::swap(one, two);
        std::mem::swap(&mut one.address, &mut two.address);
    });
    honest.refuses("a leaf that is not there", |body| body.relationships.0[0].leaf.value = None);
    honest.refuses("an account that does not exist", |body| {
        let stranger = medrec_ledger::testing::sample::Actor::patient(99).relationship();
        let leaf = honest.world.chain.leaf(&medrec_protocol::state::StateKey::Relationship(stranger));
        body.relationships.0[0].address = stranger;
        body.relationships.0[0].leaf = leaf;
        body.relationships.0.sort_by_key(|part| part.address);
    });
}

#[test]
fn names_that_were_dropped_doubled_or_swapped_are_refused() {
    let honest = Honest::whole();
    let count = honest.body().providers.0.len();
    assert_eq!(count, 2);
    for place in 0..count {
        honest.refuses("dropped", |body| drop(body.providers.0.remove(place)));
        honest.refuses("doubled", |body| {
            let again = body.providers.0[place].clone();
            body.providers.0.insert(place, again);
        });
        honest.refuses("said not to exist", |body| body.providers.0[place].leaf.value = None);
        honest.refuses("another name", |body| {
            let value = &mut body.providers.0[place].leaf.value.as_mut().unwrap().0;
            value[3] ^= 1;
        });
    }
    honest.refuses("order", |body| body.providers.0.swap(0, 1));
    honest.refuses("each under the other's address", |body| {
        let [one, two] = body.providers.0.as_mut_slice() else { panic!("two") };
        std::mem::swap(&mut one.leaf, &mut two.leaf);
    });
}

#[test]
fn a_false_name_of_the_ledger_is_refused() {
    let honest = Honest::whole();
    honest.refuses("no name", |body| body.chain.value = None);
    honest.refuses("another name", |body| body.chain.value.as_mut().unwrap().0[3] ^= 1);
    honest.refuses("the proof of something else", |body| {
        let other = body.relationships.0[0].leaf.proof.clone();
        body.chain.proof = other;
    });
    honest.refuses("claims another name", |body| body.identity.chain_id = "medrec-other".parse().unwrap());
    honest.refuses("claims another genesis", |body| body.identity.genesis_hash = Hash32::new([1; 32]));
    honest.refuses("another format", |body| body.chain.value.as_mut().unwrap().0[0] = 2);
}

#[test]
fn a_genesis_that_is_not_the_ledgers_is_refused() {
    let honest = Honest::whole();
    honest.refuses("none", |body| body.genesis = None);
    honest.refuses("another time", |body| {
        body.genesis.as_mut().unwrap().time = Timestamp::from_seconds(1_793_491_201);
    });
    honest.refuses("another fraction of a second", |body| body.genesis.as_mut().unwrap().nanos = 1);
    honest.refuses("a fraction that is none", |body| body.genesis.as_mut().unwrap().nanos = u32::MAX);
    honest.refuses("other validators", |body| body.genesis.as_mut().unwrap().validators.0.0[0].1 += 1);
    honest.refuses("one validator less", |body| {
        body.genesis.as_mut().unwrap().validators.0.0.truncate(2);
    });
    honest.refuses("no validators", |body| body.genesis.as_mut().unwrap().validators.0.0.clear());
    honest.refuses("other providers", |body| {
        let state = &mut body.genesis.as_mut().unwrap().app_state.0;
        let text = String::from_utf8(state.clone()).unwrap().replace("City Clinic", "City Clinik");
        *state = text.into_bytes();
    });
    honest.refuses("spaces in the content", |body| body.genesis.as_mut().unwrap().app_state.0.push(b' '));
    honest.refuses("no content", |body| body.genesis.as_mut().unwrap().app_state.0.clear());
}

#[test]
fn headers_that_were_dropped_doubled_swapped_or_forged_are_refused() {
    let honest = Honest::whole();
    let chain = &honest.world.chain;
    honest.refuses("the first dropped", |body| drop(body.headers.0.remove(0)));
    honest.refuses("the last dropped", |body| drop(body.headers.0.pop()));
    honest.refuses("none", |body| body.headers.0.clear());
    honest.refuses("swapped", |body| body.headers.0.swap(0, 1));
    honest.refuses("doubled", |body| {
        let last = body.headers.0[1].clone();
        body.headers.0.push(last);
    });
    honest.refuses("an older one last", |body| {
        let older = &chain.blocks[chain.blocks.len() - 6];
        body.headers.0[1] = Blob(encode_header(&older.signed));
    });
    honest.refuses("unreadable", |body| body.headers.0[1] = Blob(vec![0xff; 100]));

    let (tip, validators) = (chain.tip(), &chain.tip().validators);
    let forged = |app_hash: [u8; 32], signers: &[Validator]| {
        let mut header = tip.signed.header.clone();
        header.app_hash = AppHash::try_from(app_hash.to_vec()).unwrap();
        Blob(encode_header(&sign(header, validators, signers)))
    };
    let own = <[u8; 32]>::try_from(tip.signed.header.app_hash.as_bytes()).unwrap();
    let too_few = honest.refuses("signed by half of the votes", |body| {
        body.headers.0[1] = forged(own, &validators[..1]);
    });
    assert!(too_few.contains("too few"), "{too_few}");
    honest.refuses("signed by nobody", |body| body.headers.0[1] = forged(own, &[]));
    honest.refuses("another app hash under old votes", |body| {
        let mut signed = tip.signed.clone();
        signed.header.app_hash = AppHash::try_from(vec![4; 32]).unwrap();
        body.headers.0[1] = Blob(encode_header(&signed));
    });
    honest.refuses("another app hash under true votes", |body| {
        body.headers.0[1] = forged([4; 32], validators);
    });
    honest.refuses("one false vote beside enough true ones", |body| {
        let mut signed = tip.signed.clone();
        let last = signed.commit.signatures.last_mut().unwrap();
        let stranger = Validator::new(77, 10);
        let alone = std::slice::from_ref(&stranger);
        let foreign = sign(tip.signed.header.clone(), alone, alone);
        let (
            tendermint::block::CommitSig::BlockIdFlagCommit { signature, .. },
            tendermint::block::CommitSig::BlockIdFlagCommit { signature: other, .. },
        ) = (last, &foreign.commit.signatures[0])
        else {
            panic!("votes")
        };
        signature.clone_from(other);
        body.headers.0[1] = Blob(encode_header(&signed));
    });
}

#[test]
fn validators_that_are_not_the_headers_are_refused() {
    let honest = Honest::whole();
    assert_eq!(honest.body().sets.0.len(), 1);
    honest.refuses("none", |body| body.sets.0.clear());
    honest.refuses("twice", |body| {
        let again = body.sets.0[0].clone();
        body.sets.0.push(again);
    });
    honest.refuses("order", |body| body.sets.0[0].0.0.swap(0, 1));
    honest.refuses("more power", |body| body.sets.0[0].0.0[2].1 = 1_000);
    honest.refuses("power beyond bounds", |body| body.sets.0[0].0.0[2].1 = u64::MAX);
    honest.refuses("one of ours", |body| {
        let ours = SigningKey::from_bytes(&[99; 32]);
        body.sets.0[0].0.0[0].0 = PublicKey::of(&ours);
    });
    honest.refuses("one less", |body| body.sets.0[0].0.0.truncate(2));
    honest.refuses("an empty set beside it", |body| {
        body.sets.0.push(crate::file::SetPart::default());
    });
}

/// Somebody's own ledger, of the same name, in which everything fits together.
#[test]
fn an_invented_ledger_of_the_same_name_is_not_the_ledger() {
    let honest = Honest::whole();
    let mut invented = World::lived_under(&[Validator::new(66, 1)]);
    invented.publish("What never was", medrec_protocol::RecordKind::Document, None);
    let bytes = invented.file();
    assert_eq!(verify(&bytes, None).unwrap().trust, crate::Trust::ItselfOnly, "by itself it fits together");
    assert!(matches!(verify(&bytes, Some(&honest.anchor)), Err(VerifyError::OtherNetwork { .. })));
    let mut body = HistoryFile::decode(&bytes).unwrap().body;
    body.identity = honest.world.chain.ledger.chain.clone();
    assert!(matches!(honest.judge(body.clone()), Err(VerifyError::Genesis(_))), "claims to be the ledger");
    body.genesis = honest.body().genesis;
    assert!(
        matches!(honest.judge(body.clone()), Err(VerifyError::Header { height: 1, .. })),
        "with its genesis"
    );
    body.headers.0[0] = honest.body().headers.0[0].clone();
    body.sets.0.extend(honest.body().sets.0);
    // Either order of the two sets is tried: only one of them is ascending.
    let mut other = body.clone();
    other.sets.0.reverse();
    let refusals = [body, other].map(|body| honest.judge(body).unwrap_err().to_string());
    assert!(refusals.iter().any(|why| why.contains("too few of the validators")), "{refusals:?}");
}

#[test]
fn the_name_on_the_file_is_the_only_thing_that_can_be_changed_and_is_said_to_be_unproved() {
    let honest = Honest::whole();
    let mut body = honest.body();
    body.whose = Text::clipped("Somebody else");
    let verified = honest.judge(body).unwrap();
    assert_eq!(verified.history, honest.verified.history);
    assert_eq!(verified.stated.whose, "Somebody else");
    let said = crate::sentences::verified(crate::Language::English, &verified).join(" ");
    assert!(said.contains("nothing proves this name"), "{said}");
}

#[test]
fn a_whole_relationship_that_was_taken_out_takes_nothing_else_with_it() {
    let honest = Honest::whole();
    for which in 0..2 {
        let mut body = honest.body();
        body.relationships.0.remove(which);
        let left = body.relationships.0[0].address;
        let verified = honest.judge(body).unwrap();
        let before: BTreeSet<_> =
            honest.verified.history.relationships.iter().map(|one| one.address).collect();
        assert_eq!(before.len(), 2);
        let [told] = verified.history.relationships.as_slice() else { panic!("one") };
        let known = honest.verified.history.relationships.iter().find(|one| one.address == left).unwrap();
        assert_eq!(told, known);
    }
}
