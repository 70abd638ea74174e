//! The contents as bytes, before sealing (VAULT-10).
//!
//! ```text
//! contents = version 1 ‖ entropy 32 ‖ 0, or 1 ‖ next entropy 32 ‖ database key 32 ‖ generation 8
//!            ‖ network count 1 ‖ networks ‖ zeros
//! network  = chain id length 1 ‖ chain id ‖ genesis hash 32 ‖ relationships used 4 ‖ offers made 4
//!            ‖ 0, or 1 ‖ height 8 ‖ header hash 32 ‖ header time 8
//! ```
//!
//! Zeros fill up to a multiple of 512 bytes, so that the size of the file does not tell how many networks
//! are in it. There is one encoding of given contents and no other is read.

use zeroize::Zeroizing;

use super::bytes::Reader;
use crate::contents::{
    ChainId, Contents, DATABASE_KEY_LEN, DatabaseKey, GenesisHash, HASH_LEN, MAX_CHAIN_ID_LEN, MAX_NETWORKS,
    MAX_OFFERS, MAX_RELATIONSHIPS, NetworkRecord, Networks, TrustedHeader,
};
use crate::error::{DamagedPart, VaultError};
use crate::keys::{ENTROPY_LEN, RecoveryWords};

const CONTENTS_VERSION: u16 = 1;
const PADDING_STEP: usize = 512;

const FLAG_LEN: usize = 1;
const FIXED_LEN: usize = 2 + ENTROPY_LEN + FLAG_LEN + ENTROPY_LEN + DATABASE_KEY_LEN + 8 + 1;
const HEADER_LEN: usize = 8 + HASH_LEN + 8;
const MAX_NETWORK_LEN: usize = 1 + MAX_CHAIN_ID_LEN + HASH_LEN + 4 + 4 + FLAG_LEN + HEADER_LEN;
const MAX_LEN: usize = FIXED_LEN + MAX_NETWORKS * MAX_NETWORK_LEN;
/// Most bytes of padded contents.
pub(super) const MAX_PADDED_LEN: usize = MAX_LEN.next_multiple_of(PADDING_STEP);

pub(super) fn encode(contents: &Contents) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    // Full capacity from the start: a vector that grows leaves copies of itself in memory.
    let mut out = Zeroizing::new(Vec::with_capacity(MAX_PADDED_LEN));
    out.extend_from_slice(&CONTENTS_VERSION.to_le_bytes());
    out.extend_from_slice(contents.words.entropy());
    match &contents.next_words {
        None => out.push(0),
        Some(next) => {
            out.push(1);
            out.extend_from_slice(next.entropy());
        }
    }
    out.extend_from_slice(contents.database_key.expose());
    out.extend_from_slice(&contents.generation.to_le_bytes());
    let too_many = |_| VaultError::TooManyNetworks { maximum: MAX_NETWORKS };
    out.push(u8::try_from(contents.networks.len()).map_err(too_many)?);
    for network in contents.networks.iter() {
        encode_network(network, &mut out)?;
    }
    let padded = out.len().next_multiple_of(PADDING_STEP);
    out.resize(padded, 0);
    Ok(out)
}

fn encode_network(network: &NetworkRecord, out: &mut Vec<u8>) -> Result<(), VaultError> {
    let chain_id = network.chain_id.as_str().as_bytes();
    let too_long = |_| VaultError::ChainIdInvalid { maximum: MAX_CHAIN_ID_LEN };
    out.push(u8::try_from(chain_id.len()).map_err(too_long)?);
    out.extend_from_slice(chain_id);
    out.extend_from_slice(network.genesis_hash.as_bytes());
    out.extend_from_slice(&network.relationships_used.to_le_bytes());
    out.extend_from_slice(&network.offers_made.to_le_bytes());
    match network.trusted {
        None => out.push(0),
        Some(header) => {
            out.push(1);
            out.extend_from_slice(&header.height.to_le_bytes());
            out.extend_from_slice(&header.hash);
            out.extend_from_slice(&header.time.to_le_bytes());
        }
    }
    Ok(())
}

pub(super) fn decode(bytes: &[u8]) -> Result<Contents, VaultError> {
    let mut reader = Reader::new(bytes);
    let version = reader.u16().ok_or_else(damaged)?;
    if version > CONTENTS_VERSION {
        return Err(VaultError::NewerVersion { found: version, known: CONTENTS_VERSION });
    }
    if version < CONTENTS_VERSION {
        return Err(damaged());
    }
    let words = RecoveryWords::from_entropy(reader.array().ok_or_else(damaged)?);
    let next_words = match reader.u8().ok_or_else(damaged)? {
        0 => None,
        1 => Some(RecoveryWords::from_entropy(reader.array().ok_or_else(damaged)?)),
        _ => return Err(damaged()),
    };
    if next_words.as_ref().is_some_and(|next| next.entropy() == words.entropy()) {
        return Err(damaged());
    }
    let database_key = DatabaseKey::from_bytes(reader.array().ok_or_else(damaged)?);
    let generation = reader.u64().ok_or_else(damaged)?;
    let count = reader.u8().ok_or_else(damaged)?;
    let mut networks = Networks::default();
    for _ in 0..count {
        let network = decode_network(&mut reader).ok_or_else(damaged)?;
        networks.push(network).map_err(|_| damaged())?;
    }
    let padding = reader.rest();
    if padding.len() >= PADDING_STEP
        || !bytes.len().is_multiple_of(PADDING_STEP)
        || padding.iter().any(|b| *b != 0)
    {
        return Err(damaged());
    }
    Ok(Contents { words, next_words, database_key, generation, networks })
}

fn decode_network(reader: &mut Reader<'_>) -> Option<NetworkRecord> {
    let chain_id_len = reader.u8()?;
    let chain_id = std::str::from_utf8(reader.take(chain_id_len.into())?).ok()?;
    let chain_id = ChainId::new(chain_id).ok()?;
    let genesis_hash = GenesisHash::from_bytes(reader.array()?);
    let relationships_used = reader.u32().filter(|used| *used <= MAX_RELATIONSHIPS)?;
    let offers_made = reader.u32().filter(|made| *made <= MAX_OFFERS)?;
    let trusted = match reader.u8()? {
        0 => None,
        1 => Some(TrustedHeader { height: reader.u64()?, hash: reader.array()?, time: reader.u64()? }),
        _ => return None,
    };
    Some(NetworkRecord { chain_id, genesis_hash, relationships_used, offers_made, trusted })
}

fn damaged() -> VaultError {
    VaultError::Damaged { part: DamagedPart::Body }
}
