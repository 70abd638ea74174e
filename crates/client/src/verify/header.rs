//! Predicates over headers, validators and votes. (LC-6 to LC-11)

use std::{collections::BTreeSet, time::Duration};

use medrec_protocol::Hash32;
use tendermint::{
    Hash, Time, account,
    block::{Header, signed_header::SignedHeader},
    chain, validator,
};
use tendermint_light_client_verifier::{
    ProdVerifier, Verdict, Verifier as _,
    errors::VerificationErrorDetail as Detail,
    operations::voting_power::VotingPowerTally,
    options::Options,
    types::{TrustThreshold, TrustedBlockState, UntrustedBlockState},
};

use super::trusted::TrustedHead;
use crate::{head::Height, node::MAX_VALIDATORS};

/// How far a header's time may lie ahead of this computer's clock, in seconds.
pub const CLOCK_DRIFT_SECONDS: u64 = 10;

/// Why a header is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// A header of another height than was asked for.
    #[error("header of height {expected} expected, found {found}")]
    Height {
        /// Height asked for.
        expected: Height,
        /// Height found.
        found: u64,
    },
    /// A header of another ledger.
    #[error("header of the ledger '{expected}' expected, found '{found}'")]
    Chain {
        /// Name of the ledger.
        expected: String,
        /// Name in the header.
        found: String,
    },
    /// The header has another hash than the one that a person vouched for.
    #[error("anchor {expected} expected, found header {found}")]
    Anchor {
        /// Hash in the network file.
        expected: Hash32,
        /// Hash found.
        found: Hash,
    },
    /// The first header does not carry the time of genesis.
    #[error("header 1 has time {found}, genesis has {expected}")]
    GenesisTime {
        /// Time of genesis.
        expected: Time,
        /// Time found.
        found: Time,
    },
    /// The app hash is not a SHA-256 digest.
    #[error("app hash of 32 bytes expected, found {found}")]
    AppHash {
        /// Bytes found.
        found: usize,
    },
    /// More validators than a ledger may have, or none.
    #[error("1 to {MAX_VALIDATORS} validators expected, found {found}")]
    ValidatorCount {
        /// Validators found.
        found: usize,
    },
    /// A validator stands under an address that is not its key's.
    #[error("validator address {expected} expected, found {found}")]
    ValidatorAddress {
        /// Address of the key.
        expected: account::Id,
        /// Address found.
        found: account::Id,
    },
    /// A validator stands in the set twice.
    #[error("validator {0} stands in the set twice")]
    DuplicateValidator(account::Id),
    /// Voting powers add up to more than CometBFT allows.
    #[error("the validators' voting power is beyond bounds")]
    VotingPower,
    /// The validators are not the ones that the header, or the header before it, names.
    #[error("validators with hash {expected} expected, found {found}")]
    Validators {
        /// Hash that was known.
        expected: Hash,
        /// Hash found.
        found: Hash,
    },
    /// The votes are for another header.
    #[error("votes for header {expected} expected, found votes for {found}")]
    VotesForAnother {
        /// Hash of the header.
        expected: Hash,
        /// Hash voted for.
        found: Hash,
    },
    /// A vote's signature does not belong to its validator.
    #[error("the signature of validator {0} is false")]
    Signature(account::Id),
    /// A vote of somebody who is no validator, or two votes of one.
    #[error("the votes are not those of the validators: {0}")]
    Signers(String),
    /// Validators with too little power signed.
    #[error("more than 2/3 of voting power {total} expected, found {found}")]
    NotEnoughVotes {
        /// Power of all.
        total: u64,
        /// Power that signed.
        found: u64,
    },
    /// Time did not advance.
    #[error("time after {expected} expected, found {found}")]
    TimeNotAfter {
        /// Time of the trusted header.
        expected: Time,
        /// Time found.
        found: Time,
    },
    /// The header lies in the future.
    #[error("time up to {expected} (now) expected, found {found}; check this computer's clock")]
    FromTheFuture {
        /// This computer's time.
        expected: Time,
        /// Time found.
        found: Time,
    },
    /// Another rule of the verification library.
    #[error("{0}")]
    Other(String),
}

/// A header, votes and the validators that go with it, well-formed but not believed.
#[derive(Clone, Debug)]
pub struct UntrustedBlock {
    signed_header: SignedHeader,
    validators: validator::Set,
    next_validators: validator::Set,
}

/// What a check against a trusted header found.
#[derive(Debug)]
pub enum Step {
    /// The header is verified.
    Trusted(Box<TrustedHead>),
    /// Validators changed too much in between: verify one in the middle first.
    TooFar,
}

impl UntrustedBlock {
    /// Puts the parts together. That the sets are the header's is checked in verification.
    pub fn new(
        signed_header: SignedHeader,
        validators: validator::Set,
        next_validators: validator::Set,
    ) -> Self {
        Self { signed_header, validators, next_validators }
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.signed_header.header
    }

    /// Header and votes.
    pub fn signed_header(&self) -> &SignedHeader {
        &self.signed_header
    }

    /// The set with this hash, when it is one of the two that came with the header. Its hash was compared with the header's.
    pub(crate) fn known_set(&self, hash: Hash) -> Option<&validator::Set> {
        let header = self.header();
        [(header.validators_hash, &self.validators), (header.next_validators_hash, &self.next_validators)]
            .into_iter()
            .find_map(|(known, set)| (known == hash).then_some(set))
    }

    fn state(&self) -> UntrustedBlockState<'_> {
        UntrustedBlockState {
            signed_header: &self.signed_header,
            validators: &self.validators,
            next_validators: Some(&self.next_validators),
        }
    }

    /// Sets match the header, and more than 2/3 of the header's own validators signed it. By itself this says
    /// only that the block is whole; whether these validators are the right ones is for the caller to know.
    fn is_whole(&self) -> Result<(), HeaderFault> {
        let verifier = ProdVerifier::default();
        success(verifier.verify_validator_sets(&self.state()))?;
        success(verifier.verify_commit(&self.state()))
    }

    fn into_trusted(self) -> Result<TrustedHead, HeaderFault> {
        TrustedHead::of_verified(self.signed_header, self.validators, self.next_validators)
    }
}

/// Checks what the verification library takes for granted: bounds, addresses that follow from keys, no
/// validator twice. (LC-6)
pub fn well_formed_set(validators: Vec<validator::Info>) -> Result<validator::Set, HeaderFault> {
    if validators.is_empty() || validators.len() > MAX_VALIDATORS {
        return Err(HeaderFault::ValidatorCount { found: validators.len() });
    }
    let (mut seen, mut power) = (BTreeSet::new(), 0_u64);
    for validator in &validators {
        let address = account::Id::from(validator.pub_key);
        if validator.address != address {
            return Err(HeaderFault::ValidatorAddress { expected: address, found: validator.address });
        }
        if !seen.insert(address) {
            return Err(HeaderFault::DuplicateValidator(address));
        }
        power = power.saturating_add(validator.power());
    }
    if power == 0 || power > validator::Set::MAX_TOTAL_VOTING_POWER {
        return Err(HeaderFault::VotingPower);
    }
    Ok(validator::Set::without_proposer(validators))
}

/// The header has the height that was asked for, and so have the votes.
pub fn header_has_height(signed: &SignedHeader, expected: Height) -> Result<(), HeaderFault> {
    let heights = [signed.header.height.value(), signed.commit.height.value()];
    match heights.into_iter().find(|found| *found != expected.get()) {
        Some(found) => Err(HeaderFault::Height { expected, found }),
        None => Ok(()),
    }
}

/// The header is of this ledger.
pub fn is_matching_chain_id(header: &Header, expected: &chain::Id) -> Result<(), HeaderFault> {
    if header.chain_id == *expected {
        return Ok(());
    }
    let (expected, found) = (expected.to_string(), header.chain_id.to_string());
    Err(HeaderFault::Chain { expected, found })
}

/// The header is not later than this computer's clock by more than [`CLOCK_DRIFT_SECONDS`].
pub fn is_header_from_past(header: &Header, now: Time) -> Result<(), HeaderFault> {
    let limit = now.checked_add(Duration::from_secs(CLOCK_DRIFT_SECONDS));
    if limit.is_some_and(|limit| header.time < limit) {
        return Ok(());
    }
    Err(HeaderFault::FromTheFuture { expected: now, found: header.time })
}

/// The block is the first one of this genesis: its validators, its time. (LC-7)
pub fn verify_first(
    block: UntrustedBlock,
    chain_id: &chain::Id,
    validators: &validator::Set,
    time: Time,
    now: Time,
) -> Result<TrustedHead, HeaderFault> {
    is_matching_chain_id(block.header(), chain_id)?;
    header_has_height(&block.signed_header, Height::FIRST)?;
    if block.header().validators_hash != validators.hash() {
        let found = block.header().validators_hash;
        return Err(HeaderFault::Validators { expected: validators.hash(), found });
    }
    if block.header().time != time {
        return Err(HeaderFault::GenesisTime { expected: time, found: block.header().time });
    }
    is_header_from_past(block.header(), now)?;
    block.is_whole()?;
    block.into_trusted()
}

/// The block is the one that a person vouched for. (LC-8)
pub fn verify_anchor(
    block: UntrustedBlock,
    chain_id: &chain::Id,
    height: Height,
    hash: Hash32,
    now: Time,
) -> Result<TrustedHead, HeaderFault> {
    is_matching_chain_id(block.header(), chain_id)?;
    header_has_height(&block.signed_header, height)?;
    let found = block.header().hash();
    if found.as_bytes() != hash.as_bytes() {
        return Err(HeaderFault::Anchor { expected: hash, found });
    }
    is_header_from_past(block.header(), now)?;
    block.is_whole()?;
    block.into_trusted()
}

/// A block that was verified before is still whole. (LC-4)
pub(crate) fn verify_stored(block: UntrustedBlock) -> Result<TrustedHead, HeaderFault> {
    block.is_whole()?;
    block.into_trusted()
}

/// Checks a later block against a trusted one. The caller has made sure that the trusted one is within the
/// trusting period. (LC-9)
pub fn verify_next(
    trusted: &TrustedHead,
    block: UntrustedBlock,
    trusting_period: Duration,
    now: Time,
) -> Result<Step, HeaderFault> {
    let options = Options {
        trust_threshold: TrustThreshold::TWO_THIRDS,
        trusting_period,
        clock_drift: Duration::from_secs(CLOCK_DRIFT_SECONDS),
    };
    let known = trusted.header();
    let known = TrustedBlockState {
        chain_id: &known.chain_id,
        header_time: known.time,
        height: known.height,
        next_validators: trusted.next_validators(),
        next_validators_hash: known.next_validators_hash,
    };
    match ProdVerifier::default().verify_update_header(block.state(), known, &options, now) {
        Verdict::Success => Ok(Step::Trusted(Box::new(block.into_trusted()?))),
        Verdict::NotEnoughTrust(_) => Ok(Step::TooFar),
        Verdict::Invalid(detail) => Err(fault(detail)),
    }
}

/// True when the trusted header's own validators signed this other header of the same height: proof that they
/// signed two histories.
pub fn is_signed_by_validators_of(trusted: &TrustedHead, other: &SignedHeader) -> bool {
    is_signed_by(other, trusted.validators()).is_ok()
}

/// The validators are the ones that the header names, and more than 2/3 of them signed it.
pub fn is_signed_by(signed: &SignedHeader, validators: &validator::Set) -> Result<(), HeaderFault> {
    let state = UntrustedBlockState { signed_header: signed, validators, next_validators: None };
    let verifier = ProdVerifier::default();
    success(verifier.verify_validator_sets(&state))?;
    success(verifier.verify_commit(&state))
}

fn success(verdict: Verdict) -> Result<(), HeaderFault> {
    match verdict {
        Verdict::Success => Ok(()),
        Verdict::NotEnoughTrust(tally) => Err(not_enough(&tally)),
        Verdict::Invalid(detail) => Err(fault(detail)),
    }
}

fn not_enough(tally: &VotingPowerTally) -> HeaderFault {
    HeaderFault::NotEnoughVotes { total: tally.total, found: tally.tallied }
}

fn fault(detail: Detail) -> HeaderFault {
    match detail {
        Detail::InsufficientSignersOverlap(e) => not_enough(&e.tally),
        Detail::NotEnoughTrust(e) => not_enough(&e.tally),
        Detail::InvalidSignature(e) => HeaderFault::Signature(e.validator.address),
        Detail::InvalidCommitValue(e) => {
            HeaderFault::VotesForAnother { expected: e.header_hash, found: e.commit_hash }
        }
        Detail::InvalidValidatorSet(e) => {
            HeaderFault::Validators { expected: e.header_validators_hash, found: e.validators_hash }
        }
        // The library calls this one both for a header's own set and for the link to the header before.
        Detail::InvalidNextValidatorSet(e) => {
            HeaderFault::Validators { expected: e.next_validators_hash, found: e.header_next_validators_hash }
        }
        Detail::ChainIdMismatch(e) => HeaderFault::Chain { expected: e.expected, found: e.got },
        Detail::NonMonotonicBftTime(e) => {
            HeaderFault::TimeNotAfter { expected: e.trusted_header_bft_time, found: e.header_bft_time }
        }
        Detail::HeaderFromTheFuture(e) => {
            HeaderFault::FromTheFuture { expected: e.now, found: e.header_time }
        }
        Detail::FaultySigner(e) => HeaderFault::Signers(format!("{} is no validator", e.signer)),
        Detail::DuplicateValidator(e) => HeaderFault::Signers(format!("two votes of {}", e.address)),
        Detail::MissingSignature(_) | Detail::NoSignatureForCommit(_) => {
            HeaderFault::Signers("none signed".into())
        }
        Detail::MismatchPreCommitLength(e) => HeaderFault::Signers(format!(
            "{} votes of {} validators",
            e.pre_commit_length, e.validator_length
        )),
        other => HeaderFault::Other(other.to_string()),
    }
}
