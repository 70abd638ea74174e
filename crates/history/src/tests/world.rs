//! A patient with two providers, and what happened in a few months.

use std::convert::Infallible;

use medrec_client::{Height, NetworkFile, TrustingPeriod, network};
use medrec_ledger::{
    query,
    testing::sample::{self, Actor},
};
use medrec_protocol::{
    Commitment, Epoch, Hash32, RecordKind, RecordSalt, Timestamp, ViewingKey,
    actions::{Action, AnswerRequest, Grant, PublishRecord, RecordDisclosure, RequestAccess, Revoke},
    codec::{List, Text},
    genesis::Genesis,
    log::{Frontier, LogEntry, LogId},
    payload::{
        AnswerPayload, Basis, DisclosurePayload, FutureRecords, GrantHandle, GrantMode, GrantTerms,
        MediaType, Payload, Purpose, Recipient, RecordPayload, RequestPayload, RevocationNote, Scope, V1,
    },
    query::{ConsistencyQuery, LogRange},
    seal::{PayloadKind, SealContext, Sealed},
    state::StateKey,
};
use rand_core::{TryCryptoRng, TryRng};

use super::chain::{Chain, Validator, set};
use crate::{Builder, HistoryFile, Opening, RelationshipEvidence, sealed_parts};

pub const DAY: u64 = 86_400;
const KEY: [u8; 32] = [42; 32];

/// Counts instead of drawing: the same file in every run.
pub struct Counting(pub u64);

impl TryRng for Counting {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|drawn| u32::try_from(drawn & 0xffff_ffff).unwrap())
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 += 1;
        Ok(self.0)
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(8) {
            let drawn = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&drawn[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

#[derive(Clone)]
pub struct World {
    pub chain: Chain,
    pub hospital: Actor,
    pub clinic: Actor,
    pub doctor: Actor,
    /// The patient's key with the hospital.
    pub with_hospital: Actor,
    /// The patient's key with the clinic.
    pub with_clinic: Actor,
    drawn: u64,
}

/// Three validators of unequal weight.
pub fn three() -> Vec<Validator> {
    vec![Validator::new(1, 30), Validator::new(2, 20), Validator::new(3, 10)]
}

fn named_genesis(providers: &[Actor]) -> Genesis {
    let mut genesis = sample::genesis(providers);
    let names = [
        ("Santa Maria", "Avenida Professor Egas Moniz, Lisbon"),
        ("City Clinic", "Rua do Almada 12, Porto"),
        ("Dr. Ana López", "Praça da República 3, Sintra"),
    ];
    for (provider, (name, place)) in genesis.app_state.providers.iter_mut().zip(names) {
        provider.name = Text::clipped(name);
        provider.place = Text::clipped(place);
    }
    genesis
}

impl World {
    /// A ledger and two relationships in which nothing happened yet.
    fn begin(validators: &[Validator]) -> Self {
        let providers = [Actor::provider(1), Actor::provider(2), Actor::provider(3)];
        let chain = Chain::begin(named_genesis(&providers), validators);
        let [hospital, clinic, doctor] = providers;
        let (with_hospital, with_clinic) = (Actor::patient(10), Actor::patient(11));
        let mut world = Self { chain, hospital, clinic, doctor, with_hospital, with_clinic, drawn: 0 };
        let chain_identity = world.chain.ledger.chain.clone();
        let open = sample::open(&chain_identity, &world.hospital, &world.with_hospital);
        world.chain.act(&world.hospital.clone(), vec![open]);
        let open = sample::open(&chain_identity, &world.clinic, &world.with_clinic);
        world.chain.act(&world.clinic.clone(), vec![open]);
        world
    }

    /// A few months of it.
    pub fn lived() -> Self {
        Self::lived_under(&three())
    }

    /// The same under other validators, and so on another ledger.
    pub fn lived_under(validators: &[Validator]) -> Self {
        let mut world = Self::begin(validators);
        world.publish("Amoxicillin 500 mg capsules", RecordKind::Medication, Some("2026-10-28"));
        world.publish("Allergy to penicillin", RecordKind::Allergy, Some("2019"));
        world.publish("Letter of discharge", RecordKind::Document, None);
        world.chain.wait(2 * DAY);
        world.request(1, "To know what you take before your operation", "Dr. Rui Costa, surgery");
        let kinds = [RecordKind::Medication, RecordKind::Allergy].into_iter().collect();
        world.grant(1, Scope::Kinds(kinds), FutureRecords::Included, 90, Some(1));
        world.answer(1, 1);
        world.chain.wait(DAY);
        world.disclose(Some(1), &[1, 2]);
        world.disclose(None, &[1, 2, 3]);
        world.grant(2, Scope::Records(List::new(vec![3]).unwrap()), FutureRecords::Excluded, 30, None);
        world.chain.wait(3 * DAY);
        world.revoke(2, "No longer needed");
        world.grant(3, Scope::Everything, FutureRecords::Excluded, 200, None);
        world.chain.wait(DAY);
        world
    }

    fn now(&self) -> Timestamp {
        self.chain.ledger.now
    }

    fn seal<T: Payload>(&mut self, patient: &Actor, signer: &Actor, payload: &T) -> Sealed {
        let chain = self.chain.ledger.chain.clone();
        let context = SealContext {
            chain: &chain,
            relationship: patient.relationship(),
            signer: signer.address,
            kind: T::KIND,
        };
        let mut rng = Counting(self.drawn);
        let sealed = payload.seal(&ViewingKey::from_bytes(KEY), Epoch::FIRST, context, &mut rng).unwrap();
        self.drawn = rng.0;
        sealed
    }

    fn commitment(entry: u64) -> Commitment {
        Commitment::to(&RecordSalt::from_bytes([9; 32]), &entry.to_be_bytes())
    }

    /// The hospital lists a record; the commitment is that of its place in the log.
    pub fn publish(&mut self, title: &str, kind: RecordKind, date: Option<&str>) {
        let (patient, hospital) = (self.with_hospital.clone(), self.hospital.clone());
        let entry = self.size(&patient);
        let payload = RecordPayload {
            version: V1,
            kind,
            title: Text::clipped(title),
            fhir_type: None,
            codes: List::new(Vec::new()).unwrap(),
            status: None,
            date: date.map(Text::clipped),
            author: None,
            place: None,
            media_type: MediaType::new("application/fhir+json"),
            size: 512,
        };
        let description = self.seal(&patient, &hospital, &payload);
        let relationship = patient.relationship();
        let commitment = Self::commitment(entry);
        let action = PublishRecord { relationship, commitment, supersedes: None, description };
        self.chain.act(&hospital, vec![action.into()]);
    }

    /// The clinic asks.
    pub fn request(&mut self, number: u64, reason: &str, asked_by: &str) {
        let (patient, clinic) = (self.with_clinic.clone(), self.clinic.clone());
        let payload = RequestPayload {
            version: V1,
            kinds: [RecordKind::Medication, RecordKind::Allergy].into_iter().collect(),
            future: FutureRecords::Included,
            days: 90,
            purpose: Purpose::Treatment,
            reason: Text::clipped(reason),
            asked_by: Text::clipped(asked_by),
        };
        let request = self.seal(&patient, &clinic, &payload);
        let (id, not_after) = (sample::request_id(number), self.now().plus(30 * DAY));
        let action = RequestAccess { relationship: patient.relationship(), id, not_after, request };
        self.chain.act(&clinic, vec![action.into()]);
    }

    /// The patient lets the clinic see records of the hospital.
    pub fn grant(
        &mut self,
        number: u64,
        scope: Scope,
        future: FutureRecords,
        days: u64,
        request: Option<u64>,
    ) {
        let patient = self.with_hospital.clone();
        let terms = GrantTerms {
            version: V1,
            grantee: self.clinic.provider_address(),
            scope,
            future,
            not_before: self.now(),
            purpose: Purpose::Treatment,
            mode: GrantMode::Pull,
            share: [5; 16],
            request: request.map(sample::request_id),
        };
        let terms = self.seal(&patient, &patient, &terms);
        let (id, not_after) = (sample::grant_id(number), self.now().plus(days * DAY));
        let action = Grant { relationship: patient.relationship(), id, not_after, terms };
        self.chain.act(&patient, vec![action.into()]);
    }

    /// The patient allows what the clinic asked.
    pub fn answer(&mut self, request: u64, grant: u64) {
        let patient = self.with_clinic.clone();
        let handle = GrantHandle {
            relationship: self.with_hospital.relationship(),
            publisher: self.hospital.provider_address(),
            grant: sample::grant_id(grant),
            not_after: self.now().plus(90 * DAY),
        };
        let payload = AnswerPayload::Allowed(List::new(vec![handle]).unwrap());
        let answer = self.seal(&patient, &patient, &payload);
        let request = sample::request_id(request);
        let action = AnswerRequest { relationship: patient.relationship(), request, answer };
        self.chain.act(&patient, vec![action.into()]);
    }

    /// The hospital releases records: to the clinic under a grant, or to the patient.
    pub fn disclose(&mut self, grant: Option<u64>, records: &[u64]) {
        let (patient, hospital) = (self.with_hospital.clone(), self.hospital.clone());
        let records: Vec<Commitment> = records.iter().map(|entry| Self::commitment(*entry)).collect();
        let payload = DisclosurePayload {
            version: V1,
            recipient: grant
                .map_or(Recipient::Patient, |_| Recipient::Provider(self.clinic.provider_address())),
            basis: grant.map_or(Basis::Owner, |number| Basis::Grant(sample::grant_id(number))),
            records: List::new(records).unwrap(),
            at: self.now(),
            person: Text::clipped(if grant.is_some() { "Dr. Rui Costa" } else { "" }),
            reason: Text::default(),
        };
        let disclosure = self.seal(&patient, &hospital, &payload);
        let action = RecordDisclosure { relationship: patient.relationship(), disclosure };
        self.chain.act(&hospital, vec![action.into()]);
    }

    /// The patient stops a grant.
    pub fn revoke(&mut self, number: u64, note: &str) {
        let patient = self.with_hospital.clone();
        let note = self.seal(&patient, &patient, &RevocationNote { version: V1, note: Text::clipped(note) });
        let grant = sample::grant_id(number);
        let action: Action = Revoke { relationship: patient.relationship(), grant, note }.into();
        self.chain.act(&patient, vec![action]);
    }

    pub fn size(&self, patient: &Actor) -> u64 {
        let log = LogId::Relationship(patient.relationship());
        medrec_ledger::log_size(&self.chain.ledger.storage, &log).unwrap()
    }

    pub fn entries(&self, patient: &Actor) -> Vec<Vec<u8>> {
        let log = LogId::Relationship(patient.relationship());
        let range = LogRange { log, from: 0, count: u32::MAX };
        query::log_entries(&self.chain.ledger.storage, &range).unwrap().0
    }

    /// Entries `from` up to, not including, `to`, with those opened that `open` chooses.
    pub fn evidence(
        &self,
        patient: &Actor,
        from: u64,
        to: u64,
        open: impl Fn(u64) -> bool,
    ) -> RelationshipEvidence {
        let address = patient.relationship();
        let all = self.entries(patient);
        let size = all.len() as u64;
        let continues = |old_size| {
            let asked = ConsistencyQuery { log: LogId::Relationship(address), old_size, new_size: size };
            query::prove_consistency(&self.chain.ledger.storage, &asked).unwrap()
        };
        let mut before = Frontier::default();
        for entry in &all[..usize::try_from(from).unwrap()] {
            before.append(entry);
        }
        let entries = all[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()].to_vec();
        let openings = (from..).zip(&entries).filter(|(index, _)| open(*index));
        RelationshipEvidence {
            address,
            leaf: self.chain.leaf(&StateKey::Relationship(address)),
            start: (from > 0).then(|| (before, continues(from))),
            openings: openings.flat_map(|(index, bytes)| self.open(address, index, bytes)).collect(),
            entries,
            end: (to < size).then(|| continues(to)),
        }
    }

    fn open(
        &self,
        relationship: medrec_protocol::RelationshipAddress,
        index: u64,
        bytes: &[u8],
    ) -> Vec<Opening> {
        let entry = LogEntry::decode(bytes).unwrap();
        let chain = &self.chain.ledger.chain;
        let open = |(kind, sealed): (PayloadKind, &Sealed)| {
            let context = SealContext { chain, relationship, signer: entry.signer, kind };
            let opened = sealed.open(&ViewingKey::from_bytes(KEY), &context).unwrap();
            Opening::new(index, kind, &opened)
        };
        sealed_parts(&entry.action).into_iter().map(open).collect()
    }

    /// A file from genesis, with these relationships and without names yet.
    pub fn begin_file(&self, evidence: Vec<RelationshipEvidence>) -> Builder {
        let mut builder = HistoryFile::builder(self.chain.ledger.chain.clone())
            .whose("Maria Silva")
            .genesis(&self.chain.document)
            .chain_leaf(self.chain.leaf(&StateKey::Chain));
        for block in [&self.chain.blocks[0], self.chain.tip()] {
            builder = builder.header(&block.signed, &set(&block.validators), &set(&block.next));
        }
        evidence.into_iter().fold(builder, Builder::relationship)
    }

    /// Adds the names that a file needs.
    pub fn with_names(&self, mut builder: Builder) -> Builder {
        for address in builder.providers_named().unwrap() {
            builder = builder.provider(address, self.chain.leaf(&StateKey::Provider(address)));
        }
        builder
    }

    /// A whole history, with all opened but what the third grant says.
    pub fn file(&self) -> Vec<u8> {
        let whole = |patient: &Actor| self.evidence(patient, 0, self.size(patient), |index| index != 9);
        let builder = self.begin_file(vec![whole(&self.with_hospital), whole(&self.with_clinic)]);
        self.with_names(builder).build(&self.network()).unwrap().bytes
    }

    pub fn network(&self) -> NetworkFile {
        let identity = self.chain.ledger.chain.clone();
        NetworkFile {
            chain_id: identity.chain_id,
            genesis_hash: identity.genesis_hash,
            nodes: vec!["https://node.example".parse().unwrap()],
            trusting_period: TrustingPeriod::default(),
            anchor: None,
        }
    }

    /// The network file of somebody who vouches for one block.
    pub fn network_at(&self, height: u64) -> NetworkFile {
        let block = &self.chain.blocks[usize::try_from(height).unwrap() - 1];
        let hash = <[u8; 32]>::try_from(block.signed.header.hash().as_bytes()).unwrap();
        let anchor = network::Anchor { height: Height::try_from(height).unwrap(), hash: Hash32::new(hash) };
        NetworkFile { anchor: Some(anchor), ..self.network() }
    }
}
