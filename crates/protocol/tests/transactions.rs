//! Transactions: one encoding, one signature, known sizes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{
    CountingRng, NOW, body, chain, clinic, context, hospital, patient, provider, relationship, viewing_key,
};
use medrec_protocol::{
    Address, ChainIdentity, Commitment, Epoch, Hash32, PublicKey, RecordKind, RecordSalt,
    actions::{
        Action, AnswerRequest, Grant, OpenRelationship, PublishRecord, RecordDisclosure, Refusal,
        RequestAccess, Revoke, Rules,
    },
    codec::{List, Text},
    payload::{
        AnswerPayload, Basis, CodeSystem, Coding, DisclosurePayload, FhirType, FutureRecords, GrantHandle,
        GrantMode, GrantTerms, MediaType, Payload, Purpose, RecordPayload, RequestPayload, RevocationNote,
        Scope, StatedStatus, V1,
    },
    sign::BadSignature,
    state::{GrantId, RequestId},
    tx::{SignedTx, TxError},
};
use proptest::prelude::*;

fn open() -> Action {
    OpenRelationship::prove_possession(&patient(), &chain(), provider(&hospital())).into()
}

fn sealed<P: Payload>(payload: &P, signer: Address) -> medrec_protocol::Sealed {
    let chain = chain();
    payload.seal(&viewing_key(), Epoch::FIRST, context(&chain, signer), &mut CountingRng(3)).unwrap()
}

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

fn pointer() -> Action {
    let description = RecordPayload {
        version: V1,
        kind: RecordKind::Medication,
        title: text("Metformin hydrochloride 850 mg oral tablet, twice a day"),
        fhir_type: Some(FhirType::new("MedicationRequest")),
        codes: List::new(vec![
            Coding { system: CodeSystem::RxNorm, code: text("861007") },
            Coding { system: CodeSystem::Atc, code: text("A10BA02") },
        ])
        .unwrap(),
        status: Some(StatedStatus::new("active")),
        date: Some(text("2026-03-14")),
        author: Some(text("Dra. Inês Carvalho")),
        place: None,
        media_type: MediaType::new("application/fhir+json"),
        size: 1843,
    };
    PublishRecord {
        relationship: relationship(),
        commitment: Commitment::to(&RecordSalt::from_bytes([4; 32]), b"bytes"),
        supersedes: Some(12),
        description: sealed(&description, provider(&hospital()).into()),
    }
    .into()
}

fn terms() -> GrantTerms {
    GrantTerms {
        version: V1,
        grantee: provider(&clinic()),
        scope: Scope::Kinds([RecordKind::Medication, RecordKind::Allergy].into_iter().collect()),
        future: FutureRecords::Included,
        not_before: NOW,
        purpose: Purpose::Treatment,
        mode: GrantMode::Pull,
        share: [1; 16],
        request: Some(RequestId::from_bytes([2; 16])),
    }
}

fn grant() -> Action {
    let terms = sealed(&terms(), relationship().into());
    let id = GrantId::from_bytes([5; 16]);
    Grant { relationship: relationship(), id, not_after: NOW.plus(90 * 86_400), terms }.into()
}

fn revoke() -> Action {
    let note = RevocationNote { version: V1, note: Text::default() };
    let note = sealed(&note, relationship().into());
    Revoke { relationship: relationship(), grant: GrantId::from_bytes([5; 16]), note }.into()
}

fn request() -> Action {
    let request = RequestPayload {
        version: V1,
        kinds: [RecordKind::Medication].into_iter().collect(),
        future: FutureRecords::Excluded,
        days: 30,
        purpose: Purpose::Treatment,
        reason: text("First visit on Monday; we would like to see your medicines before it."),
        asked_by: text("Dr. Rui Tavares, cardiology"),
    };
    RequestAccess {
        relationship: relationship(),
        id: RequestId::from_bytes([2; 16]),
        not_after: NOW.plus(86_400),
        request: sealed(&request, provider(&hospital()).into()),
    }
    .into()
}

fn answer() -> Action {
    let handle = GrantHandle {
        relationship: relationship(),
        publisher: provider(&hospital()),
        grant: GrantId::from_bytes([5; 16]),
        not_after: NOW.plus(86_400),
    };
    let answer = AnswerPayload::Allowed(List::new(vec![handle.clone(), handle]).unwrap());
    AnswerRequest {
        relationship: relationship(),
        request: RequestId::from_bytes([2; 16]),
        answer: sealed(&answer, relationship().into()),
    }
    .into()
}

fn disclosure() -> Action {
    let disclosure = DisclosurePayload {
        version: V1,
        recipient: Some(provider(&clinic())),
        basis: Basis::Grant(GrantId::from_bytes([5; 16])),
        records: List::new(vec![Commitment::from_bytes([6; 32])]).unwrap(),
        at: NOW,
        person: text("Dr. Rui Tavares"),
    };
    RecordDisclosure {
        relationship: relationship(),
        disclosure: sealed(&disclosure, provider(&hospital()).into()),
    }
    .into()
}

fn by_hospital(action: Action) -> SignedTx {
    body(provider(&hospital()).into(), vec![action]).sign(&hospital(), &chain())
}

fn by_patient(action: Action) -> SignedTx {
    body(relationship().into(), vec![action]).sign(&patient(), &chain())
}

/// Whole transactions, signature included. MedRec published 9,727 bytes for an agent, 5,007 for a
/// relationship and 220 for each update.
#[test]
fn sizes_on_the_ledger_are_pinned() {
    let sizes = [
        ("open relationship", by_hospital(open()), 209, 320),
        ("record pointer", by_hospital(pointer()), 444, 450),
        ("grant", by_patient(grant()), 427, 512),
        ("revocation", by_patient(revoke()), 419, 512),
        ("request", by_hospital(request()), 427, 512),
        ("answer", by_patient(answer()), 419, 512),
        ("disclosure", by_hospital(disclosure()), 403, 512),
    ];
    for (name, tx, pinned, limit) in sizes {
        let size = tx.encode().len();
        println!("{name}: {size} bytes (limit {limit})");
        assert_eq!(size, pinned, "{name}");
        assert!(size <= limit, "{name}: {size} bytes");
    }
}

#[test]
fn what_was_signed_decodes_and_verifies() {
    for (tx, key) in [
        (by_hospital(open()), hospital()),
        (by_hospital(pointer()), hospital()),
        (by_patient(grant()), patient()),
        (by_patient(revoke()), patient()),
        (by_hospital(request()), hospital()),
        (by_patient(answer()), patient()),
        (by_hospital(disclosure()), hospital()),
    ] {
        let decoded = SignedTx::decode(&tx.encode()).unwrap();
        assert_eq!(decoded, tx);
        decoded.verify(&PublicKey::of(&key), &chain()).unwrap();
    }
}

#[test]
fn a_signature_is_worth_nothing_on_another_ledger_or_under_another_key() {
    let tx = by_patient(grant());
    let other_genesis = ChainIdentity { genesis_hash: Hash32::plain(b"other"), ..chain() };
    let other_name = ChainIdentity { chain_id: "medrec-vectors-2".parse().unwrap(), ..chain() };
    let key = PublicKey::of(&patient());
    assert_eq!(tx.verify(&key, &other_genesis), Err(BadSignature));
    assert_eq!(tx.verify(&key, &other_name), Err(BadSignature));
    assert_eq!(tx.verify(&PublicKey::of(&clinic()), &chain()), Err(BadSignature));
}

#[test]
fn the_patients_consent_names_one_provider() {
    let consent = OpenRelationship::prove_possession(&patient(), &chain(), provider(&hospital()));
    assert_eq!(consent.verify_possession(&chain(), provider(&hospital())), Ok(()));
    assert_eq!(consent.verify_possession(&chain(), provider(&clinic())), Err(Refusal::PossessionProof));
}

#[test]
fn who_may_not_act_is_refused_without_looking_at_the_state() {
    let patient = Address::from(relationship());
    let hospital = Address::from(provider(&hospital()));
    for action in [grant(), revoke(), answer()] {
        assert_eq!(action.check(hospital), Err(Refusal::NotAllowed), "{}", action.name());
        assert_eq!(action.check(patient), Ok(()), "{}", action.name());
    }
    for action in [open(), pointer(), request(), disclosure()] {
        assert_eq!(action.check(patient), Err(Refusal::NotAllowed), "{}", action.name());
        assert_eq!(action.check(hospital), Ok(()), "{}", action.name());
    }
}

#[test]
fn a_transaction_without_actions_or_with_bytes_behind_it_is_refused() {
    let empty = body(relationship().into(), vec![]).sign(&patient(), &chain());
    assert_eq!(SignedTx::decode(&empty.encode()), Err(TxError::Empty));
    let mut longer = by_patient(grant()).encode();
    longer.push(0);
    assert!(matches!(SignedTx::decode(&longer), Err(TxError::Decode(_))));
    let mut newer = by_patient(grant()).encode();
    newer[0] = 2;
    assert_eq!(SignedTx::decode(&newer), Err(TxError::Suite(2)));
    assert!(matches!(SignedTx::decode(&vec![0; 70_000]), Err(TxError::Decode(_))));
}

#[test]
fn refusals_keep_their_codes() {
    for code in 1..=20 {
        assert_eq!(Refusal::from_code(code).map(Refusal::code), Some(code));
    }
    assert_eq!(Refusal::from_code(0), None);
    assert_eq!(Refusal::from_code(21), None);
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic_and_never_have_two_encodings(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(tx) = SignedTx::decode(&bytes) {
            prop_assert_eq!(tx.encode(), bytes);
        }
    }

    #[test]
    fn any_flipped_bit_is_noticed(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut bytes = by_patient(grant()).encode();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let accepted = SignedTx::decode(&bytes).is_ok_and(|tx| tx.verify(&PublicKey::of(&patient()), &chain()).is_ok());
        prop_assert!(!accepted);
    }
}
