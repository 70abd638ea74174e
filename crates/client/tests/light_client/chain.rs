//! A ledger in memory: the real state machine under real CometBFT headers, signed by validators of our own.

use std::collections::BTreeMap;

use ed25519_dalek::{Signer as _, SigningKey};
use medrec_client::{
    Height,
    node::{ResultCode, TxPlace},
    verify::genesis::GenesisDocument,
};
use medrec_ledger::{
    CheckState, Storage as _, TreeHead, execute_block,
    testing::{
        SampleLedger,
        sample::{self, Actor},
    },
};
use medrec_protocol::{
    Hash32, PublicKey, Timestamp,
    actions::{BlockContext, Refusal},
    genesis::{Genesis, GenesisValidator},
    tx::TxId,
};
use tendermint::{
    AppHash, Hash, Signature, Time, account,
    block::{self, Commit, CommitSig, Header, header::Version, parts, signed_header::SignedHeader},
    validator, vote,
};

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

    /// The same validator with another weight.
    pub fn with_power(self, power: u32) -> Self {
        Self { power, ..self }
    }

    pub fn info(&self) -> validator::Info {
        let key = self.key.verifying_key().to_bytes();
        let key = tendermint::PublicKey::from_raw_ed25519(&key).expect("a key");
        validator::Info::new(key, vote::Power::from(self.power))
    }

    pub fn address(&self) -> account::Id {
        self.info().address
    }
}

pub fn infos(validators: &[Validator]) -> Vec<validator::Info> {
    validators.iter().map(Validator::info).collect()
}

pub fn set(validators: &[Validator]) -> validator::Set {
    validator::Set::without_proposer(infos(validators))
}

pub fn at(seconds: u64) -> Time {
    Time::from_unix_timestamp(i64::try_from(seconds).expect("a time"), 0).expect("a time")
}

/// Votes of `signers` for a header whose validators are `validators`; the others are absent.
pub fn sign(header: Header, validators: &[Validator], signers: &[Validator]) -> SignedHeader {
    let part_set_header = parts::Header::new(1, Hash::Sha256([3; 32])).expect("parts");
    let block_id = block::Id { hash: header.hash(), part_set_header };
    let ordered = set(validators);
    let votes = ordered.validators().iter().enumerate().map(|(index, info)| {
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
            validator_index: u32::try_from(index).expect("few").try_into().expect("few"),
            signature: None,
            extension: Vec::new(),
            extension_signature: None,
        };
        let signature = signer.key.sign(&vote.into_signable_vec(header.chain_id.clone())).to_bytes();
        CommitSig::BlockIdFlagCommit {
            validator_address: info.address,
            timestamp: header.time,
            signature: Signature::new(signature).expect("a signature"),
        }
    });
    let commit = Commit {
        height: header.height,
        round: block::Round::default(),
        block_id,
        signatures: votes.collect(),
    };
    SignedHeader::new(header, commit).expect("one height")
}

#[derive(Clone)]
pub struct Sealed {
    pub signed: SignedHeader,
    pub validators: Vec<Validator>,
    pub next: Vec<Validator>,
    /// State after this block.
    pub after: TreeHead,
}

/// What happens to a transaction that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Into a block at once.
    Included,
    /// Accepted, then forgotten, so many times; after that as above.
    Lost(u32),
    /// Accepted and never seen again.
    Dropped,
}

#[derive(Clone)]
pub struct Chain {
    pub ledger: SampleLedger,
    pub document: GenesisDocument,
    pub genesis: Genesis,
    pub blocks: Vec<Sealed>,
    /// Validators after next; who they are now stands in the last block.
    pub coming: Vec<Validator>,
    pub fate: Fate,
    pub txs: BTreeMap<TxId, TxPlace>,
}

pub fn genesis_of(chain_id: &str, providers: &[Actor], validators: &[Validator]) -> Genesis {
    let key = |validator: &Validator| GenesisValidator {
        key: PublicKey::of(&validator.key),
        power: u64::from(validator.power),
    };
    Genesis {
        chain_id: chain_id.parse().expect("a name"),
        validators: validators.iter().map(key).collect(),
        ..sample::genesis(providers)
    }
}

impl Chain {
    /// A ledger with two blocks.
    pub fn begin(genesis: Genesis, validators: &[Validator]) -> Self {
        let document = GenesisDocument {
            chain_id: genesis.chain_id.to_string(),
            time: at(genesis.time.0.seconds()),
            initial_height: 1,
            validators: infos(validators),
            app_state: genesis.app_state.clone(),
        };
        let mut chain = Self {
            ledger: SampleLedger::begin(&genesis),
            document,
            blocks: Vec::new(),
            coming: validators.to_vec(),
            fate: Fate::Included,
            txs: BTreeMap::new(),
            genesis,
        };
        chain.ledger.now = chain.genesis.time.0;
        chain.seal(&[]);
        chain.seal(&[]);
        chain
    }

    pub fn height(&self) -> u64 {
        self.blocks.len() as u64
    }

    pub fn time(&self) -> Timestamp {
        let time = self.tip().signed.header.time.unix_timestamp();
        Timestamp::from_seconds(u64::try_from(time).expect("after 1970"))
    }

    pub fn tip(&self) -> &Sealed {
        self.blocks.last().expect("begun")
    }

    pub fn block(&self, height: Height) -> Option<&Sealed> {
        self.blocks.get(usize::try_from(height.get()).expect("small") - 1)
    }

    /// The header that comes next, unsigned, and its validators.
    pub fn next_header(&self) -> (Header, Vec<Validator>) {
        let validators = self.blocks.last().map_or(&self.coming, |last| &last.next).clone();
        let root = self.ledger.storage.head().expect("readable").expect("begun").root;
        let last = self.blocks.last().map(|last| last.signed.commit.block_id);
        let some = Some(Hash::Sha256([9; 32]));
        let header = Header {
            version: Version { block: 11, app: 1 },
            chain_id: self.document.chain_id.parse().expect("a name"),
            height: block::Height::try_from(self.height() + 1).expect("small"),
            time: at(self.ledger.now.seconds()),
            last_block_id: last,
            last_commit_hash: some,
            data_hash: some,
            validators_hash: set(&validators).hash(),
            next_validators_hash: set(&self.coming).hash(),
            consensus_hash: Hash::Sha256([8; 32]),
            app_hash: AppHash::try_from(root.as_bytes().to_vec()).expect("bytes"),
            last_results_hash: some,
            evidence_hash: some,
            proposer_address: validators[0].address(),
        };
        (header, validators)
    }

    /// Seals a block that all validators sign; time goes on by a second.
    pub fn seal(&mut self, txs: &[Vec<u8>]) -> Vec<Option<Refusal>> {
        let signers = self.next_header().1;
        self.seal_with(txs, &signers, |_| ())
    }

    /// Seals a block whose header was altered before `signers` signed it.
    pub fn seal_with(
        &mut self,
        txs: &[Vec<u8>],
        signers: &[Validator],
        alter: impl FnOnce(&mut Header),
    ) -> Vec<Option<Refusal>> {
        let (mut header, validators) = self.next_header();
        alter(&mut header);
        let (height, ledger) = (self.height() + 1, &mut self.ledger);
        let outcome = execute_block(&ledger.storage, &ledger.chain, height, ledger.now, txs).expect("sound");
        ledger.storage.apply(&outcome.changes);
        ledger.height = height;
        ledger.now = ledger.now.plus(1);
        for (tx, result) in txs.iter().zip(&outcome.results) {
            let result = ResultCode(result.refusal.map_or(0, Refusal::code));
            let height = Height::try_from(height).expect("a height");
            self.txs.insert(Hash32::plain(tx), TxPlace { height, result });
        }
        let signed = sign(header, &validators, signers);
        let (next, after) = (self.coming.clone(), outcome.changes.head);
        self.blocks.push(Sealed { signed, validators, next, after });
        outcome.results.into_iter().map(|result| result.refusal).collect()
    }

    pub fn seal_empty(&mut self, count: usize) {
        (0..count).for_each(|_| drop(self.seal(&[])));
    }

    /// As a node does it: check first, then a block and one that proves it.
    pub fn hand_in(&mut self, tx: &[u8]) -> ResultCode {
        let ledger = &self.ledger;
        let block = BlockContext { chain: &ledger.chain, height: self.height() + 1, time: ledger.now };
        let verdict = CheckState::default().check_tx(&ledger.storage, &block, tx).expect("sound");
        if let Err(refusal) = verdict {
            return ResultCode(refusal.code());
        }
        match self.fate {
            Fate::Included => {
                self.seal(&[tx.to_vec()]);
                self.seal(&[]);
            }
            Fate::Lost(left) => self.fate = left.checked_sub(1).map_or(Fate::Included, Fate::Lost),
            Fate::Dropped => {}
        }
        ResultCode(0)
    }
}
