//! Headers with true and false votes. The forger holds the key of the ledger's only validator, so what it signs is what a
//! dishonest majority could sign; without it, it is any node.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signer as _, SigningKey};
use medrec_tests::TestTown;
use serde_json::{Value, json};
use tendermint::{
    Hash, PublicKey, Signature,
    block::{self, Commit, CommitSig, Header, parts, signed_header::SignedHeader},
    validator, vote,
};

#[derive(Clone)]
pub struct Forger {
    key: SigningKey,
}

impl Forger {
    /// With the key of the town's validator.
    pub fn of(town: &TestTown) -> Self {
        let file = std::fs::read_to_string(town.node_home().join("validator_key.json")).unwrap();
        let file: Value = serde_json::from_str(&file).unwrap();
        let pair = BASE64.decode(file["priv_key"]["value"].as_str().unwrap()).unwrap();
        Self { key: SigningKey::from_keypair_bytes(&pair.try_into().unwrap()).unwrap() }
    }

    /// With a key that means nothing to the ledger.
    pub fn stranger() -> Self {
        Self { key: SigningKey::from_bytes(&[77; 32]) }
    }

    fn info(&self) -> validator::Info {
        let key = PublicKey::from_raw_ed25519(&self.key.verifying_key().to_bytes()).unwrap();
        validator::Info::new(key, vote::Power::from(10_u32))
    }

    /// Hash of the set that it alone is.
    pub fn set_hash(&self) -> Hash {
        validator::Set::without_proposer(vec![self.info()]).hash()
    }

    /// The answer to a question for validators, when it alone is the set.
    pub fn validators(&self, answer: &mut Value) {
        let mut info = serde_json::to_value(self.info()).unwrap();
        info["proposer_priority"] = json!("0");
        *answer = json!({"jsonrpc": "2.0", "id": answer["id"], "result": {
            "block_height": "1", "validators": [info], "count": "1", "total": "1",
        }});
    }

    /// Its vote for a header.
    pub fn sign(&self, header: Header) -> SignedHeader {
        let part_set_header = parts::Header::new(1, Hash::Sha256([3; 32])).unwrap();
        let block_id = block::Id { hash: header.hash(), part_set_header };
        let vote = vote::Vote {
            vote_type: vote::Type::Precommit,
            height: header.height,
            round: block::Round::default(),
            block_id: Some(block_id),
            timestamp: Some(header.time),
            validator_address: self.info().address,
            validator_index: 0_u32.try_into().unwrap(),
            signature: None,
            extension: Vec::new(),
            extension_signature: None,
        };
        let signature = self.key.sign(&vote.into_signable_vec(header.chain_id.clone())).to_bytes();
        let vote = CommitSig::BlockIdFlagCommit {
            validator_address: self.info().address,
            timestamp: header.time,
            signature: Signature::new(signature).unwrap(),
        };
        let commit = Commit {
            height: header.height,
            round: block::Round::default(),
            block_id,
            signatures: vec![vote],
        };
        SignedHeader::new(header, commit).unwrap()
    }
}

/// The header that could come after this one.
pub fn next(tip: &SignedHeader) -> Header {
    Header {
        height: tip.header.height.increment(),
        time: (tip.header.time + std::time::Duration::from_secs(1)).unwrap(),
        last_block_id: Some(tip.commit.block_id),
        ..tip.header.clone()
    }
}

/// A header that differs from this one in nothing that matters.
pub fn twin(of: &SignedHeader) -> Header {
    Header { time: (of.header.time + std::time::Duration::from_millis(1)).unwrap(), ..of.header.clone() }
}

/// Rewrites the header of an answer that has one.
pub fn header(answer: &mut Value, change: impl FnOnce(SignedHeader) -> SignedHeader) {
    let shown = &mut answer["result"]["signed_header"];
    if let Ok(signed) = serde_json::from_value::<SignedHeader>(shown.clone()) {
        *shown = serde_json::to_value(change(signed)).unwrap();
    }
}
