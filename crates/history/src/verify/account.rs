//! From the app hash to leaves, from a leaf to the entries of its log, from an entry to what was sealed in it.
//! (HIST-25 to HIST-31)

use std::collections::{BTreeMap, BTreeSet};

use medrec_client::{
    TrustedHead,
    verify::{leaf, log},
};
use medrec_protocol::{
    ChainIdentity, Hash32, ProviderAddress,
    actions::Rules,
    log::{Frontier, LogEntry},
    state::{ProviderLeaf, RelationshipLeaf, StateKey, decode_leaf},
};

use super::{VerifyError, in_order};
use crate::{
    file::{Body, ProvenLeaf, RelationshipPart},
    model::Relationship,
    read::{self, Account, Directory, Opened},
};

/// Everything that stands under the last header.
pub(super) fn relationships(body: &Body, head: &TrustedHead) -> Result<Vec<Relationship>, VerifyError> {
    let app_hash = head.head().app_hash;
    state_is_of_this_ledger(body, &app_hash)?;
    let directory = directory(body, &app_hash)?;
    let parts = &body.relationships.0;
    in_order("relationships", parts.iter().map(|part| part.address))?;
    let mut told = parts
        .iter()
        .map(|part| {
            let leaf = relationship_leaf(part, &app_hash)?;
            let entries = entries(part, &leaf)?;
            let opened = opened(part, &entries)?;
            tell(part, &leaf, &entries, &opened, &directory)
        })
        .collect::<Result<Vec<_>, _>>()?;
    names_are_those_spoken_of(body, &directory)?;
    // Oldest first: the order in which the person met them.
    told.sort_by_key(|one| (one.entries.first().map(|entry| (entry.time, entry.index)), one.address));
    Ok(told)
}

/// The providers that the parts of a file speak of, whether or not their names are there.
pub(crate) fn named_providers(parts: &[RelationshipPart]) -> Result<BTreeSet<ProviderAddress>, VerifyError> {
    let directory = Directory::default();
    for part in parts {
        let leaf = decode_relationship(part)?;
        let entries = decode_entries(part)?;
        let opened = opened(part, &entries)?;
        tell(part, &leaf, &entries, &opened, &directory)?;
    }
    Ok(directory.asked())
}

fn tell(
    part: &RelationshipPart,
    leaf: &RelationshipLeaf,
    entries: &[LogEntry],
    opened: &Opened<'_>,
    directory: &Directory,
) -> Result<Relationship, VerifyError> {
    let account = Account { address: part.address, leaf, from: first(part), entries, opened };
    Ok(read::relationship(&account, directory)?)
}

fn first(part: &RelationshipPart) -> u64 {
    part.start.as_ref().map_or(0, |start| start.before.size())
}

/// A leaf stands in the state, or is proved to be absent. (STATE-3)
fn prove<'a>(
    what: impl Fn() -> String,
    key: &StateKey,
    leaf: &'a ProvenLeaf,
    app_hash: &Hash32,
) -> Result<Option<&'a [u8]>, VerifyError> {
    leaf::verify_leaf(app_hash, &key.encode(), leaf.value(), &leaf.proof.0)
        .map_err(|fault| VerifyError::Leaf { what: what(), reason: fault.to_string() })?;
    Ok(leaf.value())
}

/// The state under the last header names this ledger. (LC-24)
fn state_is_of_this_ledger(body: &Body, app_hash: &Hash32) -> Result<(), VerifyError> {
    let what = || "the name of the ledger".to_owned();
    let value = prove(what, &StateKey::Chain, &body.chain, app_hash)?;
    let found: ChainIdentity = decode_leaf(value.unwrap_or_default())
        .map_err(|error| VerifyError::Leaf { what: what(), reason: error.to_string() })?;
    if found == body.identity {
        return Ok(());
    }
    let reason = format!("“{}”, genesis {} found", found.chain_id, found.genesis_hash);
    Err(VerifyError::Leaf { what: what(), reason })
}

fn directory(body: &Body, app_hash: &Hash32) -> Result<Directory, VerifyError> {
    in_order("providers", body.providers.0.iter().map(|part| part.address))?;
    let mut known = BTreeMap::new();
    for part in &body.providers.0 {
        let what = || format!("who {} is", part.address);
        let value = prove(what, &StateKey::Provider(part.address), &part.leaf, app_hash)?;
        let leaf = value
            .map(decode_leaf::<ProviderLeaf>)
            .transpose()
            .map_err(|error| VerifyError::Leaf { what: what(), reason: error.to_string() })?;
        known.insert(part.address, leaf.map(|leaf| leaf.provider));
    }
    Ok(Directory::new(known))
}

fn names_are_those_spoken_of(body: &Body, directory: &Directory) -> Result<(), VerifyError> {
    let there: BTreeSet<ProviderAddress> = body.providers.0.iter().map(|part| part.address).collect();
    let asked = directory.asked();
    if let Some(missing) = asked.difference(&there).next() {
        return Err(VerifyError::NameMissing(*missing));
    }
    there.difference(&asked).next().map_or(Ok(()), |surplus| Err(VerifyError::NameSurplus(*surplus)))
}

fn relationship_leaf(part: &RelationshipPart, app_hash: &Hash32) -> Result<RelationshipLeaf, VerifyError> {
    let key = StateKey::Relationship(part.address);
    prove(|| format!("the account {}", part.address), &key, &part.leaf, app_hash)?;
    decode_relationship(part)
}

fn decode_relationship(part: &RelationshipPart) -> Result<RelationshipLeaf, VerifyError> {
    let what = format!("the account {}", part.address);
    let Some(value) = part.leaf.value() else {
        return Err(VerifyError::Leaf { what, reason: "it does not exist".into() });
    };
    decode_leaf(value).map_err(|error| VerifyError::Leaf { what, reason: error.to_string() })
}

/// The entries are exactly those that the proved log has at these places. (LOG-4, LOG-6)
fn entries(part: &RelationshipPart, leaf: &RelationshipLeaf) -> Result<Vec<LogEntry>, VerifyError> {
    let wrong = |reason: String| VerifyError::Log { relationship: part.address, reason };
    let mut frontier = Frontier::default();
    if let Some(start) = &part.start {
        if start.before.size() == 0 {
            return Err(wrong("a part that begins with entry 0 has nothing before it".into()));
        }
        log::is_beginning_of(&start.before, &leaf.log, &start.proof)
            .map_err(|fault| wrong(fault.to_string()))?;
        frontier = start.before.clone();
    }
    if part.entries.0.is_empty() {
        return Err(wrong("there are none".into()));
    }
    for entry in &part.entries.0 {
        frontier.append(&entry.0);
    }
    if frontier.size() > leaf.log.size() {
        return Err(wrong(format!("{} where the ledger has {}", frontier.size(), leaf.log.size())));
    }
    match &part.end {
        None => log::is_proved(&frontier, &leaf.log).map_err(|fault| wrong(fault.to_string()))?,
        Some(_) if frontier.size() == leaf.log.size() => {
            return Err(wrong("a part that reaches the end needs no proof that it goes on".into()));
        }
        Some(proof) => {
            log::is_beginning_of(&frontier, &leaf.log, proof).map_err(|fault| wrong(fault.to_string()))?;
        }
    }
    decode_entries(part)
}

fn decode_entries(part: &RelationshipPart) -> Result<Vec<LogEntry>, VerifyError> {
    let decode = |(place, bytes): (usize, &crate::bounded::Blob<_>)| {
        let entry = first(part) + place as u64;
        let wrong = |reason: String| VerifyError::Log { relationship: part.address, reason };
        let decoded = LogEntry::decode(&bytes.0).map_err(|error| {
            wrong(format!("entry {entry} cannot be read, perhaps a newer program is needed: {error}"))
        })?;
        if decoded.action.relationship() == Some(part.address) {
            Ok(decoded)
        } else {
            Err(wrong(format!("entry {entry} is about another account")))
        }
    };
    part.entries.0.iter().enumerate().map(decode).collect()
}

/// Each opening is of a payload that its entry has, and is what that payload commits to. (SEAL-5)
fn opened<'a>(part: &'a RelationshipPart, entries: &[LogEntry]) -> Result<Opened<'a>, VerifyError> {
    in_order("openings", part.openings.0.iter().map(|opening| (opening.entry, opening.kind)))?;
    let mut opened = Opened::new();
    for opening in &part.openings.0 {
        let (entry, kind) = (opening.entry, opening.kind);
        let wrong =
            |reason: &str| VerifyError::Opening { relationship: part.address, entry, reason: reason.into() };
        let place = entry.checked_sub(first(part)).and_then(|place| usize::try_from(place).ok());
        let log_entry =
            place.and_then(|place| entries.get(place)).ok_or_else(|| wrong("no such entry here"))?;
        let parts = read::sealed_parts(&log_entry.action);
        let sealed = parts
            .iter()
            .find(|(of, _)| *of as u8 == kind)
            .ok_or_else(|| wrong("nothing of this kind is sealed in it"))?;
        if !sealed.1.is_opened_by(&opening.salt, &opening.plaintext.0) {
            return Err(wrong("it does not fit the commitment"));
        }
        opened.insert((entry, kind), opening.plaintext.0.as_slice());
    }
    Ok(opened)
}
