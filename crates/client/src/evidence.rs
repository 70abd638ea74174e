//! Two headers that cannot both be true, with the votes for them: kept for others to see and to check. (LC-25)

use std::collections::BTreeSet;

use medrec_protocol::Hash32;
use serde::{Deserialize, Serialize};
use tendermint::{
    account,
    block::{CommitSig, signed_header::SignedHeader},
    crypto::default::signature::Verifier as DefaultVerifier,
    validator,
    vote::{self, SignedVote, ValidatorIndex, Vote},
};

use crate::{
    head::Height,
    verify::{
        header::{self, HeaderFault},
        trusted::{MAX_STORED_HEAD_BYTES, hash_of},
    },
};

/// Longest evidence in bytes: two headers with their validators.
pub const MAX_EVIDENCE_BYTES: usize = 2 * MAX_STORED_HEAD_BYTES;
/// Files of evidence that are kept in one folder at most: the first ones say enough.
pub const MAX_EVIDENCE_FILES: usize = 32;
const VERSION: u8 = 1;
const HASH_DIGITS_IN_NAME: usize = 16;

/// What a node showed against what was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    version: u8,
    /// Operator and address of the node that showed the other header.
    pub node: String,
    /// The header that was verified.
    pub kept: SignedHeader,
    /// Its validators.
    pub kept_validators: Vec<validator::Info>,
    /// The header that was shown.
    pub shown: SignedHeader,
    /// Its validators; none where they were not asked for, because the header is only an older one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown_validators: Vec<validator::Info>,
}

/// What evidence proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// Height of both headers.
    pub height: Height,
    /// Validators who signed both: by these keys two histories were signed.
    pub signed_both: Vec<account::Id>,
}

/// Why evidence proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceFault {
    /// More bytes than evidence has.
    #[error("the evidence is too large: {found} bytes, at most {MAX_EVIDENCE_BYTES} are read")]
    TooLarge {
        /// Bytes found.
        found: usize,
    },
    /// Not the form that is expected.
    #[error("the evidence cannot be read: {0}")]
    Malformed(String),
    /// Written by a newer program.
    #[error("the evidence has version {0}: a newer program is needed")]
    Version(u8),
    /// Headers of two ledgers, or of two heights, or the same header twice.
    #[error("the two headers do not contradict each other: {0}")]
    NoContradiction(&'static str),
    /// One of them does not have the votes of its validators.
    #[error(transparent)]
    Header(#[from] HeaderFault),
}

impl Evidence {
    pub(crate) fn new(
        node: &str,
        (kept, kept_validators): (&SignedHeader, &validator::Set),
        (shown, shown_validators): (SignedHeader, Option<&validator::Set>),
    ) -> Box<Self> {
        let list = |set: &validator::Set| set.validators().clone();
        Box::new(Self {
            version: VERSION,
            node: node.to_owned(),
            kept: kept.clone(),
            kept_validators: list(kept_validators),
            shown,
            shown_validators: shown_validators.map(list).unwrap_or_default(),
        })
    }

    /// JSON as CometBFT writes headers, votes and validators, with a version.
    pub fn to_json(&self) -> String {
        // Numbers, texts and lists only: this cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads what [`Self::to_json`] wrote. What it proves, [`Self::check`] says.
    pub fn from_json(bytes: &[u8]) -> Result<Self, EvidenceFault> {
        if bytes.len() > MAX_EVIDENCE_BYTES {
            return Err(EvidenceFault::TooLarge { found: bytes.len() });
        }
        let evidence: Self =
            serde_json::from_slice(bytes).map_err(|error| EvidenceFault::Malformed(error.to_string()))?;
        if evidence.version == VERSION { Ok(evidence) } else { Err(EvidenceFault::Version(evidence.version)) }
    }

    /// Name of the file that it is kept in: one for each contradiction, however often it is seen, and one for all nodes
    /// that only show less than before.
    pub fn file_name(&self) -> String {
        if self.kept.header.height != self.shown.header.height {
            return "rollback.json".to_owned();
        }
        let hash = self.shown_hash().to_string();
        let digits = hash.get(..HASH_DIGITS_IN_NAME).unwrap_or(&hash);
        format!("evidence-{}-{digits}.json", self.shown.header.height)
    }

    /// Hash of the header that was shown.
    pub fn shown_hash(&self) -> Hash32 {
        hash_of(&self.shown.header)
    }

    /// Checks with nothing but what stands here that two headers of one height of one ledger have the votes of more
    /// than 2/3 of their validators. Whether these are the ledger's validators is for the reader to know.
    pub fn check(&self) -> Result<Contradiction, EvidenceFault> {
        let (kept, shown) = (&self.kept.header, &self.shown.header);
        if kept.chain_id != shown.chain_id {
            return Err(EvidenceFault::NoContradiction("they are of two ledgers"));
        }
        if kept.height != shown.height {
            return Err(EvidenceFault::NoContradiction("they are of two heights"));
        }
        if kept.hash() == shown.hash() {
            return Err(EvidenceFault::NoContradiction("they are the same"));
        }
        let found = kept.height.value();
        let height =
            Height::try_from(found).map_err(|_| HeaderFault::Height { expected: Height::FIRST, found })?;
        for (signed, validators) in
            [(&self.kept, &self.kept_validators), (&self.shown, &self.shown_validators)]
        {
            header::header_has_height(signed, height)?;
            header::is_signed_by(signed, &header::well_formed_set(validators.clone())?)?;
            every_vote_is_true(signed, validators)?;
        }
        let also = signers(&self.shown);
        let signed_both = signers(&self.kept).into_iter().filter(|signer| also.contains(signer)).collect();
        Ok(Contradiction { height, signed_both })
    }
}

/// More than 2/3 may be counted before the last vote is looked at; but nobody is to be accused by a vote that somebody else
/// wrote under their name. (LC-30)
fn every_vote_is_true(signed: &SignedHeader, validators: &[validator::Info]) -> Result<(), HeaderFault> {
    let commit = &signed.commit;
    for (index, vote) in commit.signatures.iter().enumerate() {
        let CommitSig::BlockIdFlagCommit { validator_address, timestamp, signature } = vote else { continue };
        let false_vote = || HeaderFault::Signature(*validator_address);
        let validator = validators.iter().find(|one| one.address == *validator_address);
        let vote = Vote {
            vote_type: vote::Type::Precommit,
            height: commit.height,
            round: commit.round,
            block_id: Some(commit.block_id),
            timestamp: Some(*timestamp),
            validator_address: *validator_address,
            validator_index: ValidatorIndex::try_from(index).map_err(|_| false_vote())?,
            signature: signature.clone(),
            extension: Vec::new(),
            extension_signature: None,
        };
        let signed_vote =
            SignedVote::from_vote(vote, signed.header.chain_id.clone()).ok_or_else(false_vote)?;
        let bytes = signed_vote.sign_bytes();
        let verified = validator.ok_or_else(false_vote)?.verify_signature(
            &DefaultVerifier,
            &bytes,
            signed_vote.signature(),
        );
        verified.map_err(|_| false_vote())?;
    }
    Ok(())
}

fn signers(signed: &SignedHeader) -> BTreeSet<account::Id> {
    let votes = signed.commit.signatures.iter().filter(|vote| vote.is_commit());
    votes.filter_map(CommitSig::validator_address).collect()
}
