//! The rules of one transaction, cheap ones first. All its actions apply, or none. (TX rules in
//! docs/spec/transaction.md, effects in docs/spec/state.md)

use std::collections::BTreeSet;

use medrec_protocol::{
    Address, PublicKey, RelationshipAddress, Timestamp,
    actions::{Accounts, BlockContext, Failure, Refusal, Rules},
    log::LogEntry,
    state::{Standing, StateKey},
    tx::{MAX_VALIDITY_SECONDS, SignedTx, TxBody},
};

use crate::{
    error::LedgerError,
    overlay::{Delta, Overlay},
    signatures::GoodSignatures,
    storage::Storage,
};

/// A transaction that was accepted.
pub(crate) struct Accepted {
    /// What it does.
    pub(crate) delta: Delta,
    /// The relationships whose logs it wrote to.
    pub(crate) touched: BTreeSet<RelationshipAddress>,
}

/// True when bytes are a transaction that could ever be accepted: decodable, canonical, and each action
/// sound in itself. Needs no state, so it says the same on every node: the only ground on which a node may
/// leave a transaction out of a proposal, or reject one that has it.
pub fn is_well_formed(raw: &[u8]) -> bool {
    well_formed(raw).is_ok()
}

/// The transaction, where [`is_well_formed`] is true.
pub fn well_formed(raw: &[u8]) -> Result<SignedTx, Refusal> {
    let tx = SignedTx::decode(raw).map_err(|_| Refusal::Malformed)?;
    for action in tx.body.actions.as_slice() {
        action.check(tx.body.signer)?;
    }
    Ok(tx)
}

/// Judges a transaction on top of what the block did so far.
pub(crate) fn judge<S: Storage>(
    storage: &S,
    below: &Delta,
    block: &BlockContext<'_>,
    raw: &[u8],
    good: &GoodSignatures,
) -> Result<Accepted, Failure<LedgerError>> {
    let tx = well_formed(raw)?;
    let body = &tx.body;
    in_time(body, block.time)?;
    let mut overlay = Overlay::new(storage, below);
    let nonce = StateKey::SeenNonce(body.valid_until, body.signer, body.nonce);
    if overlay.exists(&nonce)? {
        return Err(Refusal::Replayed.into());
    }
    let key = signing_key(&overlay, block, body)?;
    good.verify(&tx, raw, &key, block.chain).map_err(|_| Refusal::Signature)?;
    let touched = apply(body, block, &mut overlay)?;
    overlay.put_mark(&nonce);
    Ok(Accepted { delta: overlay.into_delta(), touched })
}

fn in_time(body: &TxBody, now: Timestamp) -> Result<(), Refusal> {
    if now > body.valid_until {
        return Err(Refusal::Expired);
    }
    if body.valid_until > now.plus(MAX_VALIDITY_SECONDS) {
        return Err(Refusal::ValidTooLong);
    }
    Ok(())
}

/// The key that signs for an account at the time of the block. An agent's stands in the relationship for which it was
/// appointed.
fn signing_key<A: Accounts<Error = LedgerError>>(
    accounts: &A,
    block: &BlockContext<'_>,
    body: &TxBody,
) -> Result<PublicKey, Failure<LedgerError>> {
    let relationship = match body.signer {
        Address::Relationship(address) => Some(address),
        Address::Agent(address) => accounts.agent(address)?,
        Address::Provider(_) | Address::Member(_) => None,
    };
    let key = match body.signer {
        Address::Provider(address) => accounts
            .provider(address)?
            .filter(|leaf| leaf.standing != Standing::Expelled)
            .map(|leaf| leaf.provider.signing_key),
        Address::Member(address) => accounts.directory()?.member_key(address),
        signer @ (Address::Relationship(_) | Address::Agent(_)) => match relationship {
            Some(address) => accounts
                .relationship(address)?
                .and_then(|leaf| leaf.settled(block.time).signing_key(signer, address)),
            None => None,
        },
    };
    key.ok_or(Failure::Refused(Refusal::UnknownSigner))
}

/// Applies the actions in order; each is followed by its entry in the log of its relationship.
fn apply<S: Storage>(
    body: &TxBody,
    block: &BlockContext<'_>,
    overlay: &mut Overlay<'_, S>,
) -> Result<BTreeSet<RelationshipAddress>, Failure<LedgerError>> {
    let mut touched = BTreeSet::new();
    for action in body.actions.as_slice() {
        action.apply(body.signer, block, overlay)?;
        // What the consortium and the providers do to the directory, the actions tell its log themselves.
        let Some(relationship) = action.relationship() else { continue };
        let entry =
            LogEntry { height: block.height, time: block.time, signer: body.signer, action: action.clone() };
        overlay.append(relationship, entry.encode())?;
        touched.insert(relationship);
    }
    Ok(touched)
}
