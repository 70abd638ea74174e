//! The vectors of tests/vectors, which an independent implementation wrote (crates/vault/reference).

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it fails")]

mod common;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs;

use common::{Home, error_name, passphrase, snapshot};
use medrec_vault::{
    ChainId, GenesisHash, KEYS_IN_OFFER, KdfParams, KeyEpoch, KeyTree, NetworkIndex, NewVault, RecoveryWords,
    RelationshipIndex, TrustedHeader, Unlocked, Vault, VaultLabel,
};
use rand_core::{TryCryptoRng, TryRng};
use serde::Deserialize;

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text).unwrap().try_into().unwrap()
}

#[derive(Deserialize)]
struct KeyFile {
    words: String,
    keys: Vec<KeyCase>,
    agents: Vec<AgentCase>,
}

#[derive(Deserialize)]
struct AgentCase {
    genesis_hash: String,
    network: u32,
    offer: u32,
    agent: u32,
    signing_private: String,
    signing_public: String,
}

#[derive(Deserialize)]
struct KeyCase {
    genesis_hash: String,
    network: u32,
    relationship: u32,
    epoch: u32,
    signing_private: String,
    signing_public: String,
    viewing: String,
}

#[test]
fn words_give_the_keys_of_the_vectors() {
    let file: KeyFile = serde_json::from_str(include_str!("../../../tests/vectors/vault_keys.json")).unwrap();
    let tree = KeyTree::from_words(&RecoveryWords::parse(&file.words).unwrap());
    assert!(file.keys.len() >= 16);
    let (mut seen, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for case in file.keys {
        let network = NetworkIndex::from_genesis_hash(&bytes(&case.genesis_hash));
        assert_eq!(network.get(), case.network);
        let index = RelationshipIndex::new(case.relationship).unwrap();
        let epoch = KeyEpoch::new(case.epoch).unwrap();
        let signing = tree.derive_signing_key(network, index, epoch);
        assert_eq!(hex::encode(signing.as_bytes()), case.signing_private);
        assert_eq!(hex::encode(signing.verifying_key().as_bytes()), case.signing_public);
        let viewing = tree.derive_viewing_key(network, index, epoch);
        assert_eq!(hex::encode(*viewing), case.viewing);
        // The two smallest geneses of the vectors differ, but share a branch.
        let branch = (case.network, case.relationship, case.epoch);
        if seen.insert(branch) {
            assert!(
                keys.insert(case.signing_private) && keys.insert(case.viewing),
                "{branch:?} shares a key"
            );
        }
    }
    assert_eq!(keys.len(), 2 * seen.len());
    assert!(file.agents.len() >= 16);
    let mut agents = BTreeSet::new();
    for case in file.agents {
        let network = NetworkIndex::from_genesis_hash(&bytes(&case.genesis_hash));
        assert_eq!((network.get(), case.agent / KEYS_IN_OFFER), (case.network, case.offer));
        let signing = tree.derive_agent_key(network, RelationshipIndex::new(case.agent).unwrap());
        assert_eq!(hex::encode(signing.as_bytes()), case.signing_private);
        assert_eq!(hex::encode(signing.verifying_key().as_bytes()), case.signing_public);
        if agents.insert((case.network, case.agent)) {
            assert!(keys.insert(case.signing_private), "agent {} shares a key", case.agent);
        }
    }
}

#[derive(Deserialize)]
struct VaultFile {
    label: String,
    database_key: String,
    file_id: String,
    random: String,
    accepted: Vec<Accepted>,
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
struct Accepted {
    name: String,
    file: String,
    passphrase: String,
    params: Params,
    words: String,
    next_words: Option<String>,
    generation: u64,
    networks: Vec<NetworkCase>,
}

#[derive(Deserialize)]
struct Params {
    memory_kib: u32,
    iterations: u32,
    lanes: u32,
}

impl Params {
    fn checked(&self) -> KdfParams {
        KdfParams::new(self.memory_kib, self.iterations, self.lanes).unwrap()
    }
}

#[derive(Deserialize)]
struct NetworkCase {
    chain_id: String,
    genesis_hash: String,
    relationships_used: u32,
    offers_made: u32,
    trusted: HeaderCase,
}

#[derive(Deserialize)]
struct HeaderCase {
    height: u64,
    hash: String,
    time: u64,
}

#[derive(Deserialize)]
struct Refused {
    about: String,
    file: String,
    passphrase: String,
    error: String,
}

fn vault_file() -> VaultFile {
    serde_json::from_str(include_str!("../../../tests/vectors/vault_file.json")).unwrap()
}

/// Gives the bytes of the vector in place of random ones, and no more than those.
struct Recorded {
    bytes: Vec<u8>,
    drawn: usize,
}

impl TryRng for Recorded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("the vault draws bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("the vault draws bytes")
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        let end = self.drawn + dst.len();
        dst.copy_from_slice(&self.bytes[self.drawn..end]);
        self.drawn = end;
        Ok(())
    }
}

impl TryCryptoRng for Recorded {}

fn assert_shows(vault: &Vault<Unlocked>, file: &VaultFile, case: &Accepted) {
    assert_eq!(vault.label().as_str(), file.label);
    assert_eq!(vault.file_id().to_string(), file.file_id);
    assert_eq!(hex::encode(vault.database_key().expose()), file.database_key);
    assert_eq!(vault.generation(), case.generation, "{}", case.name);
    assert_eq!(vault.params(), case.params.checked());
    let typed = passphrase(&case.passphrase);
    assert_eq!(vault.recovery_words(&typed).unwrap().words().join(" "), case.words);
    let next = vault.next_words(&typed).unwrap().map(|next| next.words().join(" "));
    assert_eq!((&next, vault.next_keys().is_some()), (&case.next_words, next.is_some()));
    assert_eq!(vault.networks().len(), case.networks.len());
    for (found, expected) in vault.networks().iter().zip(&case.networks) {
        assert_eq!(found.chain_id().as_str(), expected.chain_id);
        assert_eq!(*found.genesis_hash().as_bytes(), bytes(&expected.genesis_hash));
        assert_eq!(found.relationships_used(), expected.relationships_used);
        assert_eq!(found.offers_made(), expected.offers_made);
        let trusted = found.trusted_header().unwrap();
        assert_eq!((trusted.height, trusted.time), (expected.trusted.height, expected.trusted.time));
        assert_eq!(trusted.hash, bytes(&expected.trusted.hash));
    }
}

#[test]
fn files_of_the_vectors_open_and_show_what_was_sealed() {
    let file = vault_file();
    assert_eq!(file.accepted.len(), 5);
    for case in &file.accepted {
        let home = Home::new();
        let dir = home.plant(&hex::decode(&case.file).unwrap());
        let locked = Vault::open(dir).unwrap();
        assert_eq!(locked.label().as_str(), file.label);
        let vault = locked.unlock(&passphrase(&case.passphrase)).unwrap();
        assert_shows(&vault, &file, case);
    }
}

#[test]
fn the_same_random_bytes_make_the_same_files_again() {
    let file = vault_file();
    let mut rng = Recorded { bytes: hex::decode(&file.random).unwrap(), drawn: 0 };
    let home = Home::new();
    let [created, joined, begun, finished, changed] = file.accepted.as_slice() else { panic!("five states") };
    let on_disk = |vault: &Vault<Unlocked>| hex::encode(fs::read(vault.dir().vault_path()).unwrap());

    let new = NewVault {
        label: VaultLabel::new(&file.label).unwrap(),
        passphrase: &passphrase(&created.passphrase),
        words: &RecoveryWords::parse(&created.words).unwrap(),
        params: created.params.checked(),
    };
    let mut vault = Vault::create(&home.vaults, new, &mut rng).unwrap();
    assert_eq!(on_disk(&vault), created.file);

    let network = &joined.networks[0];
    let genesis = GenesisHash::from_bytes(bytes(&network.genesis_hash));
    let header = TrustedHeader {
        height: network.trusted.height,
        hash: bytes(&network.trusted.hash),
        time: network.trusted.time,
    };
    vault
        .update(&mut rng, |networks| {
            networks.join(ChainId::new(&network.chain_id)?, genesis)?;
            for _ in 0..network.relationships_used {
                networks.take_relationship_index(genesis)?;
            }
            for _ in 0..network.offers_made {
                networks.take_offer(genesis)?;
            }
            networks.trust(genesis, header)
        })
        .unwrap();
    assert_eq!(on_disk(&vault), joined.file);

    let (old, new) = (passphrase(&joined.passphrase), passphrase(&changed.passphrase));
    let next = RecoveryWords::parse(begun.next_words.as_deref().unwrap()).unwrap();
    vault.begin_new_words(&old, &next, &mut rng).unwrap();
    assert_eq!(on_disk(&vault), begun.file);
    vault.finish_new_words(&mut rng).unwrap();
    assert_eq!(on_disk(&vault), finished.file);

    vault.change_passphrase(&old, &new, changed.params.checked(), &mut rng).unwrap();
    assert_eq!(on_disk(&vault), changed.file);
    assert_eq!(rng.drawn, rng.bytes.len(), "as many random bytes as the vector has");
}

#[test]
fn hostile_files_give_each_its_own_error_and_stay_as_they_are() {
    let file = vault_file();
    assert!(file.refused.len() >= 65);
    for case in file.refused {
        let home = Home::new();
        let dir = home.plant(&hex::decode(&case.file).unwrap());
        let before = snapshot(dir.path());
        let opened = Vault::open(dir.clone());
        let needs_key = matches!(
            case.error.as_str(),
            "wrong_passphrase" | "altered" | "damaged:body" | "newer_version:2"
        );
        let error = match opened {
            Err(error) => error,
            Ok(locked) if needs_key => {
                locked.unlock(&passphrase(&case.passphrase)).map(|_| ()).expect_err(&case.about)
            }
            Ok(_) => panic!("{}: must not open without a passphrase", case.about),
        };
        assert_eq!(error_name(&error), case.error, "{}", case.about);
        assert_eq!(snapshot(dir.path()), before, "{}", case.about);
    }
}
