//! JSON as CometBFT writes it: 64-bit numbers as text, hashes in upper-case hexadecimal, bytes in base64,
//! empty lists as `[]`. What tendermint-proto writes for ABCI messages differs, so those are spelled here.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tendermint::validator;
use tendermint_proto::v0_38::{
    abci::{Event, ExecTxResult, ResponseCheckTx, ResponseQuery},
    crypto::ProofOps,
    types as pb,
};

use super::CallError;
use crate::{
    NodeError,
    engine::{
        block::{merkle_root, tx_hash},
        state::StoredBlock,
    },
};

pub(super) fn upper_hex(bytes: &[u8]) -> String {
    hex::encode_upper(bytes)
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn base64_or_null(bytes: &[u8]) -> Value {
    if bytes.is_empty() { Value::Null } else { base64(bytes).into() }
}

pub(super) fn to_value<T: serde::Serialize>(value: &T) -> Result<Value, CallError> {
    serde_json::to_value(value).map_err(|_| NodeError::Damaged("a value that cannot be shown").into())
}

pub(super) fn validator(validator: &validator::Info) -> Result<Value, CallError> {
    Ok(json!({
        "address": to_value(&validator.address)?,
        "pub_key": to_value(&validator.pub_key)?,
        "voting_power": validator.power().to_string(),
        "proposer_priority": "0",
    }))
}

/// tendermint-proto writes `null` for empty lists, which strict clients refuse.
pub(super) fn block(block: &pb::Block) -> Result<Value, CallError> {
    let mut value = to_value(block)?;
    for list in ["/data/txs", "/evidence/evidence", "/last_commit/signatures"] {
        if let Some(list) = value.pointer_mut(list).filter(|list| list.is_null()) {
            *list = json!([]);
        }
    }
    Ok(value)
}

fn events(events: &[Event]) -> Value {
    let attributes = |event: &Event| -> Vec<Value> {
        let attributes = event.attributes.iter();
        attributes.map(|one| json!({"key": one.key, "value": one.value, "index": one.index})).collect()
    };
    events.iter().map(|event| json!({"type": event.r#type, "attributes": attributes(event)})).collect()
}

pub(super) fn tx_result(result: &ExecTxResult) -> Value {
    json!({
        "code": result.code,
        "data": base64_or_null(&result.data),
        "log": result.log,
        "info": result.info,
        "gas_wanted": result.gas_wanted.to_string(),
        "gas_used": result.gas_used.to_string(),
        "events": events(&result.events),
        "codespace": result.codespace,
    })
}

pub(super) fn check_result(result: &ResponseCheckTx) -> Value {
    json!({
        "code": result.code,
        "data": base64_or_null(&result.data),
        "log": result.log,
        "info": result.info,
        "gas_wanted": result.gas_wanted.to_string(),
        "gas_used": result.gas_used.to_string(),
        "events": events(&result.events),
        "codespace": result.codespace,
    })
}

pub(super) fn query(response: &ResponseQuery) -> Value {
    json!({
        "code": response.code,
        "log": response.log,
        "info": response.info,
        "index": response.index.to_string(),
        "key": base64_or_null(&response.key),
        "value": base64_or_null(&response.value),
        "proofOps": response.proof_ops.as_ref().map(proof_ops),
        "height": response.height.to_string(),
        "codespace": response.codespace,
    })
}

fn proof_ops(proof: &ProofOps) -> Value {
    let op = proof.ops.iter();
    let ops: Vec<Value> = op
        .map(
            |op| json!({"type": op.r#type, "key": base64_or_null(&op.key), "data": base64_or_null(&op.data)}),
        )
        .collect();
    json!({"ops": ops})
}

/// A transaction with its result and, where asked for, the proof that its block holds it.
pub(super) fn tx(block: &StoredBlock, height: u64, place: u32, prove: bool) -> Result<Value, CallError> {
    let index = place as usize;
    let damaged = NodeError::Damaged("a block lacks a transaction that the index names");
    let (Some(tx), Some(result)) = (block.txs().get(index), block.results.get(index)) else {
        return Err(damaged.into());
    };
    let mut value = json!({
        "hash": upper_hex(&tx_hash(tx)),
        "height": height.to_string(),
        "index": place,
        "tx_result": tx_result(result),
        "tx": base64(tx),
    });
    if prove {
        value["proof"] = tx_proof(block.txs(), index, tx);
    }
    Ok(value)
}

fn tx_proof(txs: &[Vec<u8>], index: usize, tx: &[u8]) -> Value {
    let leaves: Vec<Vec<u8>> = txs.iter().map(|tx| tx_hash(tx).to_vec()).collect();
    let aunts: Vec<String> = aunts(&leaves, index).iter().map(|hash| base64(hash)).collect();
    json!({
        "root_hash": upper_hex(merkle_root(&leaves).as_bytes()),
        "data": base64(tx),
        "proof": {
            "total": txs.len().to_string(),
            "index": index.to_string(),
            "leaf_hash": base64(merkle_root(&leaves[index..=index]).as_bytes()),
            "aunts": aunts,
        },
    })
}

/// Roots of the subtrees beside the way from a leaf to the root, from the leaf upwards (RFC 6962 §2.1.1).
fn aunts(leaves: &[Vec<u8>], index: usize) -> Vec<Vec<u8>> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut path, aunt) = if index < left.len() {
        (aunts(left, index), merkle_root(right))
    } else {
        (aunts(right, index - left.len()), merkle_root(left))
    };
    path.push(aunt.as_bytes().to_vec());
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use tendermint::merkle::{MerkleHash, NonIncremental};

    fn climb(leaf: Vec<u8>, mut index: usize, mut total: usize, aunts: &[Vec<u8>]) -> Vec<u8> {
        // From the root downwards: on which side did the way go?
        let mut sides = Vec::new();
        while total > 1 {
            let left = total.next_power_of_two() / 2;
            sides.push(index < left);
            (index, total) = if index < left { (index, left) } else { (index - left, total - left) };
        }
        let mut hasher = NonIncremental::<tendermint::crypto::default::Sha256>::default();
        let mut hash: [u8; 32] = leaf.try_into().unwrap();
        for (aunt, went_left) in aunts.iter().zip(sides.iter().rev()) {
            let aunt: [u8; 32] = aunt.clone().try_into().unwrap();
            hash = if *went_left { hasher.inner_hash(hash, aunt) } else { hasher.inner_hash(aunt, hash) };
        }
        hash.to_vec()
    }

    #[test]
    fn the_proof_of_every_transaction_leads_to_the_data_hash() {
        for total in 1..=17usize {
            let txs: Vec<Vec<u8>> = (0..total).map(|n| vec![u8::try_from(n).unwrap(); n + 1]).collect();
            let root = crate::engine::block::data_hash(&txs);
            for index in 0..total {
                let proof = tx_proof(&txs, index, &txs[index]);
                let decode = |value: &Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
                let aunts: Vec<_> = proof["proof"]["aunts"].as_array().unwrap().iter().map(decode).collect();
                let leaf = decode(&proof["proof"]["leaf_hash"]);
                assert_eq!(climb(leaf, index, total, &aunts), root.as_bytes(), "{index} of {total}");
            }
        }
    }
}
