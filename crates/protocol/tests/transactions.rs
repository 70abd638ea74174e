//! Transactions: one encoding, one signature, known sizes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{
    CountingRng, NOW, body, chain, clinic, context, hospital, key, patient, provider, relationship,
    viewing_key,
};
use medrec_protocol::handover::{HandoverContext, SealedKey, SealingSecret};
use medrec_protocol::{
    Address, AgentAddress, ChainIdentity, Commitment, Epoch, Hash32, MemberAddress, PublicKey, RecordKind,
    RecordSalt, ViewingKey,
    actions::{
        Action, AnswerDelegation, AnswerRequest, ApproveRecovery, AskActivation, CloseRelationship, Delegate,
        Dispute, EndDelegation, Grant, Guardian, NewViewingKey, OpenRelationship, Propose, PublishRecord,
        RecordDisclosure, Refusal, RefuseActivation, RequestAccess, Rescind, Revoke, RevokeAll, RotateKeys,
        RotateViewingKey, Rules, SetEmergency, SetGuardians, SetHandover, ShowLife, UpdateProvider,
        VetoRecovery, Vote, WithdrawRecord,
    },
    codec::{List, Text},
    payload::{
        AnswerPayload, Basis, CodeSystem, Coding, DelegationTerms, DisclosurePayload, DisputePayload,
        EmergencyTerms, FhirType, FutureRecords, GrantHandle, GrantMode, GrantTerms, GuardianNames,
        MediaType, Payload, Purpose, Recipient, RecordPayload, RequestPayload, RevocationNote, Scope,
        StatedStatus, V1, WithdrawalPayload,
    },
    seal::OlderKey,
    sign::{BadSignature, Possession},
    state::{Activation, GrantId, Motion, MotionId, Provider, RequestId, Right, SealingKey, Standing},
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
        recipient: Recipient::Provider(provider(&clinic())),
        basis: Basis::Grant(GrantId::from_bytes([5; 16])),
        records: List::new(vec![Commitment::from_bytes([6; 32])]).unwrap(),
        at: NOW,
        person: text("Dr. Rui Tavares"),
        reason: text(""),
    };
    RecordDisclosure {
        relationship: relationship(),
        disclosure: sealed(&disclosure, provider(&hospital()).into()),
    }
    .into()
}

fn withdraw() -> Action {
    let reason = WithdrawalPayload { version: V1, reason: text("Filed under the wrong patient") };
    let reason = sealed(&reason, provider(&hospital()).into());
    WithdrawRecord { relationship: relationship(), entry: 12, reason }.into()
}

fn note() -> medrec_protocol::Sealed {
    sealed(&RevocationNote { version: V1, note: Text::default() }, relationship().into())
}

fn revoke_all() -> Action {
    RevokeAll { relationship: relationship(), note: note() }.into()
}

fn close() -> Action {
    CloseRelationship { relationship: relationship(), note: note() }.into()
}

fn dispute(statement: &str) -> Action {
    let statement = DisputePayload { version: V1, statement: List::new(vec![text(statement)]).unwrap() };
    let statement = sealed(&statement, relationship().into());
    Dispute { relationship: relationship(), entry: 12, statement }.into()
}

fn daughter() -> AgentAddress {
    AgentAddress::of(&PublicKey::of(&key(40)))
}

fn delegate() -> Action {
    let terms = DelegationTerms {
        version: V1,
        name: text("Joana Carvalho Duarte"),
        relation: text("daughter"),
        appointment: [3; 16],
    };
    Delegate {
        relationship: relationship(),
        key: PublicKey::of(&key(40)),
        right: Right::Share,
        not_after: NOW.plus(365 * 86_400),
        activation: Activation::AfterWait(7 * 86_400),
        terms: sealed(&terms, relationship().into()),
    }
    .into()
}

fn new_viewing_key() -> NewViewingKey {
    let chain = chain();
    let (newer, epoch) = (ViewingKey::from_bytes([8; 32]), Epoch::new(1));
    let secret = SealingSecret::from_bytes([5; 32].into());
    let recipient = provider(&hospital()).into();
    let context = HandoverContext { chain: &chain, recipient, relationship: relationship(), epoch };
    let rng = &mut CountingRng(1);
    let to_publisher = SealedKey::seal(&newer, &secret.public().unwrap(), &context, rng).unwrap();
    let older = OlderKey::seal(&viewing_key(), &newer, &chain, relationship(), epoch, rng).unwrap();
    NewViewingKey { epoch, to_publisher, older }
}

fn end_delegation() -> Action {
    EndDelegation { relationship: relationship(), agent: daughter(), key: new_viewing_key() }.into()
}

fn set_guardians(count: u8) -> Action {
    let names: Vec<_> = (0..count).map(|n| text(&format!("Guardian number {n}"))).collect();
    let names = GuardianNames { version: V1, names: List::new(names).unwrap() };
    let guardians = (0..count).map(|n| Guardian { key: PublicKey::of(&key(50 + n)) }).collect();
    SetGuardians {
        relationship: relationship(),
        guardians: List::new(guardians).unwrap(),
        threshold: 2,
        delay: 7 * 86_400,
        names: sealed(&names, relationship().into()),
    }
    .into()
}

fn set_emergency() -> Action {
    let kinds = [RecordKind::Medication, RecordKind::Allergy].into_iter().collect();
    let terms = sealed(&EmergencyTerms { version: V1, kinds }, relationship().into());
    SetEmergency { relationship: relationship(), allowed: true, terms }.into()
}

fn rotate_keys() -> Action {
    let new_owner = Possession::prove(&key(60), &chain(), Some(relationship()));
    RotateKeys { relationship: relationship(), new_owner, key: new_viewing_key() }.into()
}

fn set_handover() -> Action {
    let new_owner = Possession::prove(&key(60), &chain(), Some(relationship()));
    SetHandover { relationship: relationship(), new_owner, due: NOW.plus(86_400) }.into()
}

fn approve_recovery() -> Action {
    let new_owner = Possession::prove(&key(60), &chain(), None);
    ApproveRecovery { relationship: relationship(), new_owner }.into()
}

fn update_provider() -> Action {
    let provider = Provider {
        name: text("Hospital do Espírito Santo"),
        place: text("Largo Senhor da Pobreza, Évora"),
        endpoint: text("https://medrec.hospital.example"),
        signing_key: PublicKey::of(&hospital()),
        sealing_key: SealingKey::from_bytes([5; 32]),
    };
    UpdateProvider { provider }.into()
}

fn propose() -> Action {
    let motion = Motion::SetStanding { provider: provider(&clinic()), standing: Standing::Suspended };
    Propose { id: MotionId::from_bytes([4; 16]), not_after: NOW.plus(86_400), motion }.into()
}

fn by_agent(action: Action) -> SignedTx {
    body(daughter().into(), vec![action]).sign(&key(40), &chain())
}

fn by_member(action: Action) -> SignedTx {
    body(MemberAddress::of(&PublicKey::of(&key(70))).into(), vec![action]).sign(&key(70), &chain())
}

/// One transaction of each action of delegates, guardians, rules and the consortium, and who signs it.
fn others() -> Vec<(&'static str, SignedTx, ed25519_dalek::SigningKey)> {
    let relationship = relationship();
    let refuse = RefuseActivation { relationship, agent: daughter() };
    let rotate = RotateViewingKey { relationship, key: new_viewing_key() };
    let motion = MotionId::from_bytes([4; 16]);
    vec![
        ("withdrawal", by_hospital(withdraw()), hospital()),
        ("revoke all", by_patient(revoke_all()), patient()),
        ("dispute", by_patient(dispute("This is not my prescription.")), patient()),
        ("appointment", by_patient(delegate()), patient()),
        ("end of a delegation", by_patient(end_delegation()), patient()),
        ("delegate's answer", by_agent(AnswerDelegation { relationship, accepted: true }.into()), key(40)),
        ("delegate asks to begin", by_agent(AskActivation { relationship }.into()), key(40)),
        ("refusal of that", by_patient(refuse.into()), patient()),
        ("three guardians", by_patient(set_guardians(3)), patient()),
        ("approval of a recovery", by_agent(approve_recovery()), key(40)),
        ("veto", by_patient(VetoRecovery { relationship }.into()), patient()),
        ("promise of a handover", by_patient(set_handover()), patient()),
        ("emergency rule", by_patient(set_emergency()), patient()),
        ("new viewing key", by_patient(rotate.into()), patient()),
        ("new owner key", by_patient(rotate_keys()), patient()),
        ("sign of life", by_patient(ShowLife { relationship }.into()), patient()),
        ("closing", by_patient(close()), patient()),
        ("directory update", by_hospital(update_provider()), hospital()),
        ("motion", by_member(propose()), key(70)),
        ("vote", by_member(Vote { motion }.into()), key(70)),
        ("vote taken back", by_member(Rescind { motion }.into()), key(70)),
    ]
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
    let found: Vec<_> = others().iter().map(|(name, tx, _)| (*name, tx.encode().len())).collect();
    for (name, size) in &found {
        println!("{name}: {size} bytes");
    }
    assert_eq!(found, OTHER_SIZES);
}

const OTHER_SIZES: [(&str, usize); 21] = [
    ("withdrawal", 411),
    ("revoke all", 403),
    ("dispute", 411),
    ("appointment", 449),
    ("end of a delegation", 310),
    ("delegate's answer", 134),
    ("delegate asks to begin", 133),
    ("refusal of that", 153),
    ("three guardians", 506),
    ("approval of a recovery", 229),
    ("veto", 133),
    ("promise of a handover", 237),
    ("emergency rule", 404),
    ("new viewing key", 290),
    ("new owner key", 386),
    ("sign of life", 133),
    ("closing", 403),
    ("directory update", 269),
    ("motion", 159),
    ("vote", 129),
    ("vote taken back", 129),
];

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
fn what_delegates_guardians_providers_and_members_signed_decodes_and_verifies() {
    for (name, tx, key) in others() {
        let decoded = SignedTx::decode(&tx.encode()).unwrap();
        assert_eq!(decoded, tx, "{name}");
        decoded.verify(&PublicKey::of(&key), &chain()).unwrap();
        let mut longer = tx.encode();
        longer.push(0);
        assert!(SignedTx::decode(&longer).is_err(), "{name}");
    }
}

#[test]
fn a_consent_to_own_an_account_is_for_one_purpose_one_ledger_and_one_relationship() {
    let other = ChainIdentity { genesis_hash: Hash32::plain(b"other"), ..chain() };
    let elsewhere = medrec_protocol::RelationshipAddress::of(&PublicKey::of(&clinic()));
    for bound in [Some(relationship()), None] {
        let consent = Possession::prove(&key(60), &chain(), bound);
        for relationship in [Some(relationship()), Some(elsewhere), None] {
            assert_eq!(consent.verify(&chain(), relationship).is_ok(), relationship == bound);
        }
        assert_eq!(consent.verify(&other, bound), Err(BadSignature));
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
    let agent = Address::from(daughter());
    let member = Address::from(MemberAddress::of(&PublicKey::of(&key(70))));
    let neighbour = Address::from(medrec_protocol::RelationshipAddress::of(&PublicKey::of(&clinic())));
    let everybody = [patient, hospital, agent, member, neighbour];
    let judged = |action: &Action, may: &[Address]| {
        for signer in everybody {
            let expected = if may.contains(&signer) { Ok(()) } else { Err(Refusal::NotAllowed) };
            assert_eq!(action.check(signer), expected, "{} by {signer}", action.name());
        }
    };
    for action in [grant(), revoke(), answer()] {
        judged(&action, &[patient, agent]);
    }
    for action in [open(), pointer(), request(), disclosure()] {
        judged(&action, &[hospital]);
    }
    for (_, tx, _) in others() {
        let [action] = tx.body.actions.as_slice() else { panic!("one action") };
        match action {
            Action::WithdrawRecord(_) | Action::UpdateProvider(_) => judged(action, &[hospital]),
            Action::RevokeAll(_)
            | Action::Dispute(_)
            | Action::Delegate(_)
            | Action::EndDelegation(_)
            | Action::SetEmergency(_)
            | Action::RotateViewingKey(_) => judged(action, &[patient, agent]),
            Action::AnswerDelegation(_) | Action::AskActivation(_) | Action::ApproveRecovery(_) => {
                judged(action, &[agent]);
            }
            Action::Propose(_) | Action::Vote(_) | Action::Rescind(_) => judged(action, &[member]),
            _ => judged(action, &[patient]),
        }
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
    for code in 1..=35 {
        assert_eq!(Refusal::from_code(code).map(Refusal::code), Some(code));
    }
    assert_eq!(Refusal::from_code(0), None);
    assert_eq!(Refusal::from_code(36), None);
    // The ends of the stages in which the protocol grew: none may move.
    let ends = [Refusal::Full, Refusal::Suspended, Refusal::HandoverFixed, Refusal::Pointless];
    assert_eq!(ends.map(Refusal::code), [20, 21, 30, 35]);
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
