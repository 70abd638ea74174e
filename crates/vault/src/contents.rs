//! What an open vault holds: the words, the database key, and what a wallet must never lose or roll back.
//!
//! Invariant: indexes given out and trusted headers only move forward (VAULT-12).

use std::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::keys::{NetworkIndex, RecoveryWords, RelationshipIndex};
use crate::random::random_secret;

/// Bytes of the database key.
pub const DATABASE_KEY_LEN: usize = 32;
/// Bytes of a SHA-256 hash: genesis and block headers.
pub const HASH_LEN: usize = 32;
/// Longest chain id in bytes (CometBFT, `MaxChainIDLen`).
pub const MAX_CHAIN_ID_LEN: usize = 50;
/// Most networks in one vault.
pub const MAX_NETWORKS: usize = 16;
/// Agents' keys in one offer to help somebody: offer `n` has the keys from `n * KEYS_IN_OFFER` on (KEY-11).
pub const KEYS_IN_OFFER: u32 = 16;
/// Most offers on one network: every hardened index of an agent's key.
pub(crate) const MAX_OFFERS: u32 = MAX_RELATIONSHIPS / KEYS_IN_OFFER;
/// Relationship indexes of one network: every hardened index.
pub(crate) const MAX_RELATIONSHIPS: u32 = 1 << 31;

/// Raw key of the encrypted database beside the vault. `Debug` prints nothing of it.
#[derive(Clone)]
pub struct DatabaseKey(Zeroizing<[u8; DATABASE_KEY_LEN]>);

impl DatabaseKey {
    pub(crate) fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, VaultError> {
        Ok(Self(random_secret(rng)?))
    }

    pub(crate) fn from_bytes(bytes: [u8; DATABASE_KEY_LEN]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The 32 bytes, for the database only.
    pub fn expose(&self) -> &[u8; DATABASE_KEY_LEN] {
        &self.0
    }
}

impl fmt::Debug for DatabaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseKey(..)")
    }
}

/// Name of a ledger: 1 to 50 characters of `A–Z a–z 0–9 - _ .`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainId(String);

impl ChainId {
    /// Checks length and characters.
    pub fn new(text: &str) -> Result<Self, VaultError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if text.is_empty() || text.len() > MAX_CHAIN_ID_LEN || !text.bytes().all(allowed) {
            return Err(VaultError::ChainIdInvalid { maximum: MAX_CHAIN_ID_LEN });
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// SHA-256 of a network's genesis: what identifies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GenesisHash([u8; HASH_LEN]);

impl GenesisHash {
    /// The hash that a network file gives.
    pub const fn from_bytes(bytes: [u8; HASH_LEN]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; HASH_LEN] {
        &self.0
    }

    /// The branch of the key tree that belongs to this network.
    pub fn network_index(&self) -> NetworkIndex {
        NetworkIndex::from_genesis_hash(&self.0)
    }
}

/// A block header that was verified, and from which later ones are verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedHeader {
    /// Height of the block.
    pub height: u64,
    /// Hash of the header.
    pub hash: [u8; HASH_LEN],
    /// Time in the header: whole seconds since 1970-01-01T00:00:00Z.
    pub time: u64,
}

/// One network that the wallet has joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkRecord {
    pub(crate) chain_id: ChainId,
    pub(crate) genesis_hash: GenesisHash,
    /// How many relationship indexes were given out; at most 2^31.
    pub(crate) relationships_used: u32,
    /// How many offers to help somebody were made, each with agents' keys of its own; at most [`MAX_OFFERS`].
    pub(crate) offers_made: u32,
    pub(crate) trusted: Option<TrustedHeader>,
}

impl NetworkRecord {
    /// Name of the ledger.
    pub fn chain_id(&self) -> &ChainId {
        &self.chain_id
    }

    /// What identifies the network.
    pub fn genesis_hash(&self) -> GenesisHash {
        self.genesis_hash
    }

    /// How many relationship indexes were given out, counted from index 0.
    pub fn relationships_used(&self) -> u32 {
        self.relationships_used
    }

    /// How many offers to help somebody were made, counted from offer 0.
    pub fn offers_made(&self) -> u32 {
        self.offers_made
    }

    /// The last header verified, unless none was yet.
    pub fn trusted_header(&self) -> Option<TrustedHeader> {
        self.trusted
    }
}

/// The networks of a vault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<NetworkRecord>);

impl Networks {
    /// All of them, in the order they were joined.
    pub fn iter(&self) -> impl Iterator<Item = &NetworkRecord> {
        self.0.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none was joined.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one with this genesis.
    pub fn get(&self, genesis: GenesisHash) -> Result<&NetworkRecord, VaultError> {
        self.0.iter().find(|n| n.genesis_hash == genesis).ok_or(VaultError::UnknownNetwork)
    }

    /// Joins a network; one joined before is left as it is.
    ///
    /// Refused when another network has the same branch of the key tree, because keys of the two would be
    /// the same and could be linked.
    pub fn join(&mut self, chain_id: ChainId, genesis_hash: GenesisHash) -> Result<(), VaultError> {
        if self.get(genesis_hash).is_ok() {
            return Ok(());
        }
        let record =
            NetworkRecord { chain_id, genesis_hash, relationships_used: 0, offers_made: 0, trusted: None };
        self.push(record)
    }

    /// Adds a record, keeping the bounds.
    pub(crate) fn push(&mut self, record: NetworkRecord) -> Result<(), VaultError> {
        let branch = record.genesis_hash.network_index();
        if self.0.len() >= MAX_NETWORKS {
            return Err(VaultError::TooManyNetworks { maximum: MAX_NETWORKS });
        }
        if self.0.iter().any(|n| n.genesis_hash.network_index() == branch) {
            return Err(VaultError::NetworkIndexClash);
        }
        self.0.push(record);
        Ok(())
    }

    /// Gives out the next relationship index, which is never given out again.
    pub fn take_relationship_index(&mut self, genesis: GenesisHash) -> Result<RelationshipIndex, VaultError> {
        let network = self.get_mut(genesis)?;
        let index = RelationshipIndex::new(network.relationships_used)
            .map_err(|_| VaultError::RelationshipsExhausted)?;
        network.relationships_used += 1;
        Ok(index)
    }

    /// Marks `index` and all before it as given out: what a scan of the ledger found in use.
    pub fn mark_used(&mut self, genesis: GenesisHash, index: RelationshipIndex) -> Result<(), VaultError> {
        let network = self.get_mut(genesis)?;
        network.relationships_used = network.relationships_used.max(index.get() + 1);
        Ok(())
    }

    /// Gives out the number of the next offer to help somebody, which is never given out again.
    pub fn take_offer(&mut self, genesis: GenesisHash) -> Result<u32, VaultError> {
        let network = self.get_mut(genesis)?;
        if network.offers_made >= MAX_OFFERS {
            return Err(VaultError::RelationshipsExhausted);
        }
        network.offers_made += 1;
        Ok(network.offers_made - 1)
    }

    /// Marks offer `number` and all before it as made: what a scan of the ledger found in use.
    pub fn mark_offer(&mut self, genesis: GenesisHash, number: u32) -> Result<(), VaultError> {
        if number >= MAX_OFFERS {
            return Err(VaultError::RelationshipsExhausted);
        }
        let network = self.get_mut(genesis)?;
        network.offers_made = network.offers_made.max(number + 1);
        Ok(())
    }

    /// Moves the trust anchor forward.
    pub fn trust(&mut self, genesis: GenesisHash, header: TrustedHeader) -> Result<(), VaultError> {
        let network = self.get_mut(genesis)?;
        if let Some(trusted) = network.trusted {
            if header.height < trusted.height {
                return Err(VaultError::AnchorWouldGoBack {
                    trusted: trusted.height,
                    offered: header.height,
                });
            }
            if header.height == trusted.height && header != trusted {
                return Err(VaultError::AnchorConflict { height: header.height });
            }
        }
        network.trusted = Some(header);
        Ok(())
    }

    fn get_mut(&mut self, genesis: GenesisHash) -> Result<&mut NetworkRecord, VaultError> {
        self.0.iter_mut().find(|n| n.genesis_hash == genesis).ok_or(VaultError::UnknownNetwork)
    }
}

/// Everything inside the encrypted part of the file.
#[derive(Clone, Debug)]
pub(crate) struct Contents {
    pub(crate) words: RecoveryWords,
    /// Words that take the place of `words` once every account has moved to their keys; never the same ones.
    pub(crate) next_words: Option<RecoveryWords>,
    pub(crate) database_key: DatabaseKey,
    /// One more at each save; the database beside the vault holds it too, so that an old copy is noticed.
    pub(crate) generation: u64,
    pub(crate) networks: Networks,
}

impl Contents {
    /// Whether every field is the same.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        self.same_words_as(other)
            && self.database_key.expose() == other.database_key.expose()
            && self.generation == other.generation
            && self.networks == other.networks
    }

    /// Whether the words are the same, present and next ones: whether the same key trees grow from them.
    pub(crate) fn same_words_as(&self, other: &Self) -> bool {
        self.words.entropy() == other.words.entropy()
            && self.next_words.as_ref().map(RecoveryWords::entropy)
                == other.next_words.as_ref().map(RecoveryWords::entropy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: GenesisHash = GenesisHash([7; HASH_LEN]);

    fn joined() -> Networks {
        let mut networks = Networks::default();
        networks.join(ChainId::new("medrec-test-1").unwrap(), HOME).unwrap();
        networks
    }

    fn header(height: u64, byte: u8) -> TrustedHeader {
        TrustedHeader { height, hash: [byte; HASH_LEN], time: 1_800_000_000 + height }
    }

    #[test]
    fn no_relationship_index_is_given_out_twice() {
        let mut networks = joined();
        assert_eq!(networks.take_relationship_index(HOME).unwrap().get(), 0);
        networks.mark_used(HOME, RelationshipIndex::new(6).unwrap()).unwrap();
        networks.mark_used(HOME, RelationshipIndex::new(2).unwrap()).unwrap();
        assert_eq!(networks.take_relationship_index(HOME).unwrap().get(), 7);
        networks.mark_used(HOME, RelationshipIndex::new(MAX_RELATIONSHIPS - 1).unwrap()).unwrap();
        assert!(matches!(networks.take_relationship_index(HOME), Err(VaultError::RelationshipsExhausted)));
    }

    #[test]
    fn no_offer_is_made_twice_and_a_marked_one_counts_as_made() {
        let mut networks = joined();
        assert_eq!((networks.take_offer(HOME).unwrap(), networks.take_offer(HOME).unwrap()), (0, 1));
        networks.mark_offer(HOME, 6).unwrap();
        networks.mark_offer(HOME, 2).unwrap();
        assert_eq!(networks.get(HOME).unwrap().offers_made(), 7);
        assert_eq!(networks.take_offer(HOME).unwrap(), 7);
        assert_eq!(networks.get(HOME).unwrap().relationships_used(), 0, "offers use no relationship index");
        assert!(matches!(networks.mark_offer(HOME, MAX_OFFERS), Err(VaultError::RelationshipsExhausted)));
        networks.mark_offer(HOME, MAX_OFFERS - 1).unwrap();
        assert!(matches!(networks.take_offer(HOME), Err(VaultError::RelationshipsExhausted)));
        assert_eq!(networks.get(HOME).unwrap().offers_made(), MAX_OFFERS);
        let stranger = GenesisHash([200; HASH_LEN]);
        assert!(matches!(networks.take_offer(stranger), Err(VaultError::UnknownNetwork)));
        assert!(matches!(networks.mark_offer(stranger, 0), Err(VaultError::UnknownNetwork)));
    }

    #[test]
    fn every_key_of_the_last_offer_has_an_index() {
        let last = MAX_OFFERS * KEYS_IN_OFFER - 1;
        assert!(RelationshipIndex::new(last).is_ok() && RelationshipIndex::new(last + 1).is_err());
    }

    #[test]
    fn a_trusted_header_never_goes_back_nor_changes_in_place() {
        let mut networks = joined();
        networks.trust(HOME, header(10, 1)).unwrap();
        networks.trust(HOME, header(10, 1)).unwrap();
        assert!(matches!(
            networks.trust(HOME, header(10, 2)),
            Err(VaultError::AnchorConflict { height: 10 })
        ));
        assert!(matches!(
            networks.trust(HOME, header(9, 1)),
            Err(VaultError::AnchorWouldGoBack { trusted: 10, offered: 9 })
        ));
        networks.trust(HOME, header(11, 3)).unwrap();
        assert_eq!(networks.get(HOME).unwrap().trusted_header(), Some(header(11, 3)));
    }

    #[test]
    fn joining_twice_changes_nothing_and_a_clashing_network_is_refused() {
        let mut networks = joined();
        networks.take_relationship_index(HOME).unwrap();
        networks.join(ChainId::new("renamed").unwrap(), HOME).unwrap();
        assert_eq!(networks.len(), 1);
        assert_eq!(networks.get(HOME).unwrap().relationships_used(), 1);
        let mut twin = HOME;
        twin.0[31] ^= 1;
        assert!(matches!(
            networks.join(ChainId::new("twin").unwrap(), twin),
            Err(VaultError::NetworkIndexClash)
        ));
    }

    #[test]
    fn a_vault_holds_sixteen_networks_and_knows_no_other() {
        let mut networks = Networks::default();
        for i in 0..16 {
            networks.join(ChainId::new("n").unwrap(), GenesisHash([i; HASH_LEN])).unwrap();
        }
        let one_more = networks.join(ChainId::new("n").unwrap(), GenesisHash([99; HASH_LEN]));
        assert!(matches!(one_more, Err(VaultError::TooManyNetworks { maximum: 16 })));
        let stranger = GenesisHash([200; HASH_LEN]);
        assert!(matches!(networks.take_relationship_index(stranger), Err(VaultError::UnknownNetwork)));
        assert!(matches!(networks.trust(stranger, header(1, 1)), Err(VaultError::UnknownNetwork)));
    }

    #[test]
    fn a_chain_id_is_short_and_plain() {
        for text in ["", "two words", "é", &"x".repeat(51), "a/b"] {
            assert!(matches!(ChainId::new(text), Err(VaultError::ChainIdInvalid { .. })), "{text:?}");
        }
        assert!(ChainId::new(&"x".repeat(50)).is_ok());
    }
}
