//! From the anchor to the last header. (HIST-20 to HIST-24)

use std::collections::{BTreeMap, BTreeSet};

use medrec_client::{
    Height, NetworkFile, TrustedHead, TrustingPeriod,
    verify::{
        genesis::{self, GenesisDocument, VerifiedGenesis},
        header::{self, HeaderFault, Step, UntrustedBlock},
    },
};
use medrec_protocol::{Hash32, genesis::AppState};
use tendermint::{
    Hash, Time,
    block::{CommitSig, Header, signed_header::SignedHeader},
    chain,
    crypto::default::signature::Verifier,
    validator, vote,
};
use tendermint_proto::{Protobuf, v0_38::types::SignedHeader as RawSignedHeader};

use super::{Trust, VerifyError, Votes, in_order};
use crate::file::{Body, GenesisPart, SetPart};

/// Without a network file nobody says how long a header may be the start of verification.
const LONGEST_PERIOD_DAYS: u32 = 3_650;

/// The last header, verified, and where belief in it starts.
pub(super) struct Reached {
    pub head: TrustedHead,
    pub trust: Trust,
}

fn fault(height: u64) -> impl Fn(HeaderFault) -> VerifyError {
    move |fault| VerifyError::Header { height, reason: fault.to_string() }
}

/// Follows the headers of a file, each verified against the one before it.
pub(super) fn follow(body: &Body, network: Option<&NetworkFile>) -> Result<Reached, VerifyError> {
    is_of(body, network)?;
    let sets = sets(body)?;
    let headers: Vec<SignedHeader> =
        body.headers.0.iter().map(|bytes| decode(&bytes.0)).collect::<Result<_, _>>()?;
    in_order("headers", headers.iter().map(|signed| signed.header.height.value()))?;
    every_set_is_named(&sets, &headers)?;
    vouched_for(&headers, network)?;

    let chain_id: chain::Id =
        body.identity.chain_id.as_str().parse().map_err(|_| VerifyError::Header {
            height: 0,
            reason: "a name that no ledger can have".into(),
        })?;
    let genesis = body.genesis.as_ref().map(|part| self::genesis(body, part)).transpose()?;
    let mut blocks = headers.into_iter();
    let first = blocks.next().ok_or_else(|| VerifyError::Header { height: 0, reason: "no header".into() })?;
    let (mut head, trust) = begin(first, &sets, &chain_id, genesis.as_ref(), network)?;
    let period = network.map_or_else(longest_period, |network| network.trusting_period);
    for signed in blocks {
        let (height, now) = (signed.header.height.value(), signed.header.time);
        let block = complete(signed, &sets)?;
        head = match header::verify_next(&head, block, period.duration(), now).map_err(fault(height))? {
            Step::Trusted(verified) => *verified,
            Step::TooFar => {
                let reason =
                    "too few of the validators known before signed it; a header in between is missing";
                return Err(VerifyError::Header { height, reason: reason.into() });
            }
        };
    }
    Ok(Reached { head, trust })
}

fn longest_period() -> TrustingPeriod {
    TrustingPeriod::try_from(LONGEST_PERIOD_DAYS).unwrap_or_default()
}

fn is_of(body: &Body, network: Option<&NetworkFile>) -> Result<(), VerifyError> {
    let Some(network) = network else { return Ok(()) };
    let (expected, found) = (network.identity(), &body.identity);
    if expected == *found {
        return Ok(());
    }
    let name = |identity: &medrec_protocol::ChainIdentity| {
        format!("“{}”, genesis {}", identity.chain_id, identity.genesis_hash)
    };
    Err(VerifyError::OtherNetwork { expected: name(&expected), found: name(found) })
}

/// The first header: block 1 of genesis, or the one that the network file names.
fn begin(
    first: SignedHeader,
    sets: &Sets,
    chain_id: &chain::Id,
    genesis: Option<&VerifiedGenesis>,
    network: Option<&NetworkFile>,
) -> Result<(TrustedHead, Trust), VerifyError> {
    let (height, now, hash) = (first.header.height.value(), first.header.time, hash_of(&first.header));
    let block = complete(first, sets)?;
    if let Some(genesis) = genesis {
        let head = header::verify_first(block, chain_id, &genesis.validators, genesis.time, now)
            .map_err(fault(height))?;
        return Ok((head, if network.is_some() { Trust::Genesis } else { Trust::ItselfOnly }));
    }
    let at = Height::try_from(height)
        .map_err(|error| VerifyError::Header { height, reason: error.to_string() })?;
    let trust = match network.map(|network| network.anchor) {
        None => Trust::ItselfOnly,
        Some(Some(anchor)) if anchor.height == at && anchor.hash == hash => Trust::Header(height),
        Some(_) => return Err(VerifyError::NotAnchored { height, hash }),
    };
    let head = header::verify_anchor(block, chain_id, at, hash, now).map_err(fault(height))?;
    Ok((head, trust))
}

/// A header of the file at the height that the network file names is the one that it names.
fn vouched_for(headers: &[SignedHeader], network: Option<&NetworkFile>) -> Result<(), VerifyError> {
    let Some(anchor) = network.and_then(|network| network.anchor) else { return Ok(()) };
    for signed in headers {
        let (height, found) = (signed.header.height.value(), hash_of(&signed.header));
        if height == anchor.height.get() && found != anchor.hash {
            let reason = format!("the network file vouches for header {}, found {found}", anchor.hash);
            return Err(VerifyError::Header { height, reason });
        }
    }
    Ok(())
}

fn genesis(body: &Body, part: &GenesisPart) -> Result<VerifiedGenesis, VerifyError> {
    let wrong = |reason: String| VerifyError::Genesis(reason);
    let app_state: AppState =
        serde_json::from_slice(&part.app_state.0).map_err(|error| wrong(error.to_string()))?;
    if serde_json::to_vec(&app_state).ok().as_deref() != Some(part.app_state.0.as_slice()) {
        return Err(wrong("its content is not in the one form that it may have".into()));
    }
    let seconds = i64::try_from(part.time.seconds()).map_err(|error| wrong(error.to_string()))?;
    let document = GenesisDocument {
        chain_id: body.identity.chain_id.to_string(),
        time: Time::from_unix_timestamp(seconds, part.nanos).map_err(|error| wrong(error.to_string()))?,
        initial_height: 1,
        validators: infos(&part.validators)?,
        app_state,
    };
    genesis::verify_genesis(document, &body.identity).map_err(|fault| wrong(fault.to_string()))
}

/// A header in CometBFT's encoding, in the one form that it has.
fn decode(bytes: &[u8]) -> Result<SignedHeader, VerifyError> {
    let malformed = |reason: String| VerifyError::Header { height: 0, reason };
    let signed = <SignedHeader as Protobuf<RawSignedHeader>>::decode_vec(bytes)
        .map_err(|error| malformed(error.to_string()))?;
    if encode(&signed) == bytes {
        Ok(signed)
    } else {
        Err(malformed("a header is not in the one form that it may have".into()))
    }
}

/// A header in CometBFT's encoding.
pub(crate) fn encode(signed: &SignedHeader) -> Vec<u8> {
    <SignedHeader as Protobuf<RawSignedHeader>>::encode_vec(signed.clone())
}

/// Validator sets by their hash.
type Sets = BTreeMap<[u8; 32], validator::Set>;

fn sets(body: &Body) -> Result<Sets, VerifyError> {
    let mut sets = Sets::new();
    let mut order = Vec::new();
    for part in &body.sets.0 {
        let infos = infos(part)?;
        let set = header::well_formed_set(infos.clone()).map_err(fault(0))?;
        // CometBFT's order: it decides the hash and to whom a vote belongs.
        if *set.validators() != infos {
            return Err(VerifyError::Order("validators"));
        }
        let hash = bytes_of(set.hash());
        order.push(hash);
        sets.insert(hash, set);
    }
    in_order("validator sets", order.into_iter())?;
    Ok(sets)
}

fn infos(part: &SetPart) -> Result<Vec<validator::Info>, VerifyError> {
    let malformed = |reason: &str| VerifyError::Header { height: 0, reason: reason.into() };
    let info = |(key, power): &(medrec_protocol::PublicKey, u64)| {
        let key = tendermint::PublicKey::from_raw_ed25519(key.as_bytes())
            .ok_or_else(|| malformed("a validator's key is not Ed25519"))?;
        let power = vote::Power::try_from(*power).map_err(|_| malformed("voting power beyond bounds"))?;
        Ok(validator::Info::new(key, power))
    };
    part.0.0.iter().map(info).collect()
}

fn every_set_is_named(sets: &Sets, headers: &[SignedHeader]) -> Result<(), VerifyError> {
    let named = headers
        .iter()
        .flat_map(|signed| [signed.header.validators_hash, signed.header.next_validators_hash].map(bytes_of));
    let named: BTreeSet<_> = named.collect();
    if sets.keys().all(|hash| named.contains(hash)) {
        Ok(())
    } else {
        Err(VerifyError::Header { height: 0, reason: "validators that no header names".into() })
    }
}

fn complete(signed: SignedHeader, sets: &Sets) -> Result<UntrustedBlock, VerifyError> {
    let height = signed.header.height.value();
    let set = |hash: Hash| {
        let missing = || VerifyError::Header { height, reason: format!("validators {hash} are missing") };
        sets.get(&bytes_of(hash)).cloned().ok_or_else(missing)
    };
    let (now, next) = (set(signed.header.validators_hash)?, set(signed.header.next_validators_hash)?);
    header::header_has_height(
        &signed,
        Height::try_from(height)
            .map_err(|error| VerifyError::Header { height, reason: error.to_string() })?,
    )
    .map_err(fault(height))?;
    Ok(UntrustedBlock::new(signed, now, next))
}

fn bytes_of(hash: Hash) -> [u8; 32] {
    match hash {
        Hash::Sha256(bytes) => bytes,
        // An all-zero digest equals nothing.
        Hash::None => [0; 32],
    }
}

pub(super) fn hash_of(header: &Header) -> Hash32 {
    Hash32::new(bytes_of(header.hash()))
}

/// Counts who signed the last header. Verification stops counting at 2/3; here every vote that is shown must hold.
pub(super) fn votes(head: &TrustedHead) -> Result<Votes, VerifyError> {
    let (signed, set) = (head.signed_header(), head.validators());
    let height = head.height().get();
    let wrong = |reason: String| VerifyError::Header { height, reason };
    let mut seen = BTreeSet::new();
    let mut power = 0_u64;
    for (index, vote) in signed.commit.signatures.iter().enumerate() {
        let CommitSig::BlockIdFlagCommit { validator_address, timestamp, signature } = vote else { continue };
        let by = set.validator(*validator_address);
        let by = by.ok_or_else(|| wrong(format!("{validator_address} is no validator")))?;
        if !seen.insert(*validator_address) {
            return Err(wrong(format!("two votes of {validator_address}")));
        }
        let signature = signature.as_ref().ok_or_else(|| wrong("a vote without signature".into()))?;
        let said = vote::Vote {
            vote_type: vote::Type::Precommit,
            height: signed.commit.height,
            round: signed.commit.round,
            block_id: Some(signed.commit.block_id),
            timestamp: Some(*timestamp),
            validator_address: *validator_address,
            validator_index: u32::try_from(index)
                .ok()
                .and_then(|index| index.try_into().ok())
                .ok_or_else(|| wrong("too many votes".into()))?,
            signature: None,
            extension: Vec::new(),
            extension_signature: None,
        };
        let bytes = said.into_signable_vec(signed.header.chain_id.clone());
        by.verify_signature(&Verifier, &bytes, signature)
            .map_err(|_| wrong(format!("the signature of validator {validator_address} is false")))?;
        power = power.saturating_add(by.power());
    }
    Ok(Votes {
        signers: seen.len(),
        validators: set.validators().len(),
        signed_power: power,
        total_power: set.total_voting_power().value(),
    })
}
