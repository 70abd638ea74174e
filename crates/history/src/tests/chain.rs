//! A ledger in memory: the real state machine under real CometBFT headers, signed by validators of our own.

use ed25519_dalek::{Signer as _, SigningKey};
use medrec_client::verify::genesis::GenesisDocument;
use medrec_ledger::{
    Storage as _, TreeHead, execute_block, query,
    testing::{SampleLedger, sample::Actor},
};
use medrec_protocol::{
    PublicKey, Timestamp,
    actions::Action,
    genesis::{Genesis, GenesisValidator},
    state::StateKey,
};
use tendermint::{
    AppHash, Hash, Signature, Time, account,
    block::{self, Commit, CommitSig, Header, header::Version, parts, signed_header::SignedHeader},
    validator, vote,
};

use crate::ProvenLeaf;

/// A validator and its key.
#[derive(Clone, Debug)]
pub struct Validator {
    key: SigningKey,
    power: u32,
}

impl Validator {
    pub fn new(number: u8, power: u32) -> Self {
        Self { key: SigningKey::from_bytes(&[number; 32]), power }
    }

    fn info(&self) -> validator::Info {
        let key = self.key.verifying_key().to_bytes();
        let key = tendermint::PublicKey::from_raw_ed25519(&key).unwrap();
        validator::Info::new(key, vote::Power::from(self.power))
    }

    fn address(&self) -> account::Id {
        self.info().address
    }
}

pub fn set(validators: &[Validator]) -> validator::Set {
    validator::Set::without_proposer(validators.iter().map(Validator::info).collect())
}

fn at(time: Timestamp) -> Time {
    Time::from_unix_timestamp(i64::try_from(time.seconds()).unwrap(), 0).unwrap()
}

/// Votes of `signers` for a header whose validators are `validators`; the others are absent.
pub fn sign(header: Header, validators: &[Validator], signers: &[Validator]) -> SignedHeader {
    let part_set_header = parts::Header::new(1, Hash::Sha256([3; 32])).unwrap();
    let block_id = block::Id { hash: header.hash(), part_set_header };
    let votes = set(validators).validators().clone().into_iter().enumerate().map(|(index, info)| {
        let Some(signer) = signers.iter().find(|signer| signer.address() == info.address) else {
            return CommitSig::BlockIdFlagAbsent;
        };
        let vote = vote::Vote {
            vote_type: vote::Type::Precommit,
            height: header.height,
            round: block::Round::default(),
            block_id: Some(block_id),
            timestamp: Some(header.time),
            validator_address: info.address,
            validator_index: u32::try_from(index).unwrap().try_into().unwrap(),
            signature: None,
            extension: Vec::new(),
            extension_signature: None,
        };
        let signature = signer.key.sign(&vote.into_signable_vec(header.chain_id.clone())).to_bytes();
        CommitSig::BlockIdFlagCommit {
            validator_address: info.address,
            timestamp: header.time,
            signature: Signature::new(signature).unwrap(),
        }
    });
    let commit = Commit {
        height: header.height,
        round: block::Round::default(),
        block_id,
        signatures: votes.collect(),
    };
    SignedHeader::new(header, commit).unwrap()
}

#[derive(Clone)]
pub struct Block {
    pub signed: SignedHeader,
    pub validators: Vec<Validator>,
    pub next: Vec<Validator>,
    /// State after this block.
    pub after: TreeHead,
}

#[derive(Clone)]
pub struct Chain {
    pub ledger: SampleLedger,
    pub document: GenesisDocument,
    pub blocks: Vec<Block>,
    /// Validators after next; who they are now stands in the last block.
    pub coming: Vec<Validator>,
}

impl Chain {
    /// A ledger with two blocks.
    pub fn begin(mut genesis: Genesis, validators: &[Validator]) -> Self {
        let key = |validator: &Validator| GenesisValidator {
            key: PublicKey::of(&validator.key),
            power: u64::from(validator.power),
        };
        genesis.validators = validators.iter().map(key).collect();
        let document = GenesisDocument {
            chain_id: genesis.chain_id.to_string(),
            time: at(genesis.time.0),
            initial_height: 1,
            validators: set(validators).validators().clone(),
            app_state: genesis.app_state.clone(),
        };
        let ledger = SampleLedger::begin(&genesis);
        let mut chain = Self { ledger, document, blocks: Vec::new(), coming: validators.to_vec() };
        chain.ledger.now = genesis.time.0;
        chain.seal(&[]);
        chain.seal(&[]);
        chain
    }

    pub fn tip(&self) -> &Block {
        self.blocks.last().unwrap()
    }

    /// The header that comes next, unsigned, and its validators.
    pub fn next_header(&self) -> (Header, Vec<Validator>) {
        let validators = self.blocks.last().map_or(&self.coming, |last| &last.next).clone();
        let root = self.ledger.storage.head().unwrap().unwrap().root;
        let some = Some(Hash::Sha256([9; 32]));
        let header = Header {
            version: Version { block: 11, app: 1 },
            chain_id: self.document.chain_id.parse().unwrap(),
            height: block::Height::try_from(self.blocks.len() as u64 + 1).unwrap(),
            time: at(self.ledger.now),
            last_block_id: self.blocks.last().map(|last| last.signed.commit.block_id),
            last_commit_hash: some,
            data_hash: some,
            validators_hash: set(&validators).hash(),
            next_validators_hash: set(&self.coming).hash(),
            consensus_hash: Hash::Sha256([8; 32]),
            app_hash: AppHash::try_from(root.as_bytes().to_vec()).unwrap(),
            last_results_hash: some,
            evidence_hash: some,
            proposer_address: validators[0].address(),
        };
        (header, validators)
    }

    /// Seals a block that all validators sign; time goes on by a second. No transaction may be refused.
    pub fn seal(&mut self, txs: &[Vec<u8>]) {
        let (header, validators) = self.next_header();
        let height = self.blocks.len() as u64 + 1;
        let ledger = &mut self.ledger;
        let outcome = execute_block(&ledger.storage, &ledger.chain, height, ledger.now, txs).unwrap();
        assert!(outcome.results.iter().all(|result| result.refusal.is_none()), "{:?}", outcome.results);
        ledger.storage.apply(&outcome.changes);
        ledger.height = height;
        ledger.now = ledger.now.plus(1);
        let signed = sign(header, &validators, &validators);
        let next = self.coming.clone();
        self.blocks.push(Block { signed, validators, next, after: outcome.changes.head });
    }

    /// One transaction in a block, and a block that proves it.
    pub fn act(&mut self, signer: &Actor, actions: Vec<Action>) {
        let tx = self.ledger.sign(signer, actions);
        self.seal(&[tx]);
        self.seal(&[]);
    }

    /// Nothing happens for a while.
    pub fn wait(&mut self, seconds: u64) {
        self.ledger.now = self.ledger.now.plus(seconds);
        self.seal(&[]);
    }

    /// A leaf, or its absence, in the state under the last header.
    pub fn leaf(&self, key: &StateKey) -> ProvenLeaf {
        let before = &self.blocks[self.blocks.len() - 2];
        let leaf = query::prove_leaf(&self.ledger.storage, before.after.version, &key.encode()).unwrap();
        ProvenLeaf::new(leaf.value, leaf.proof)
    }
}
