//! The files of a node. (docs/spec/node.md)
//!
//! | file | what it holds | who may read it |
//! | --- | --- | --- |
//! | `genesis.json` | the genesis, in CometBFT's form | everybody |
//! | `network.json` | what a wallet needs to join | everybody |
//! | `validator_key.json` | the key that signs blocks, in CometBFT's form | its owner (0600) |
//! | `member_key.json` | a member's key for governing, where one was asked for | its owner (0600) |
//! | `node_key.json` | the key that names this node to the others, under CometBFT | its owner (0600) |
//! | `engine.toml` | settings of the engine, under CometBFT | everybody |
//! | `cometbft` | CometBFT's own folder | its owner (0700) |
//! | `snapshots` | snapshots for newcomers, under CometBFT | its owner (0700) |
//! | `ledger.redb` | state, logs and blocks | its owner (0600) |
//! | `lock` | held while a node runs here | its owner |

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::SigningKey;
use medrec_protocol::{
    ChainId, Hash32, PublicKey, Timestamp,
    codec::Text,
    genesis::{AppState, Member},
    state::Provider,
};
use serde::{Deserialize, Serialize};

use crate::{
    NodeError,
    cometbft::Settings,
    genesis::{self, Document},
};

const GENESIS: &str = "genesis.json";
const NETWORK: &str = "network.json";
const VALIDATOR_KEY: &str = "validator_key.json";
const MEMBER_KEY: &str = "member_key.json";
const NODE_KEY: &str = "node_key.json";
const SETTINGS: &str = "engine.toml";
const ENGINE: &str = "cometbft";
const SNAPSHOTS: &str = "snapshots";
const SOCKET: &str = "abci.sock";
const DATABASE: &str = "ledger.redb";
const LOCK: &str = "lock";
/// Longest file that is read, in bytes: a genesis with the most providers.
const MAX_FILE_BYTES: u64 = 8 << 20;
/// Where a node takes connections of other nodes, unless its settings say otherwise.
pub const DEFAULT_P2P: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 26_656);
/// How long a wallet that was away trusts the validators it knew, in days.
const TRUSTING_PERIOD_DAYS: u32 = 180;
const KEY_TYPES: (&str, &str) = ("tendermint/PubKeyEd25519", "tendermint/PrivKeyEd25519");

/// What a wallet needs to join a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkFile {
    /// Name of the ledger.
    pub chain_id: ChainId,
    /// Hash of its genesis: the anchor of all trust.
    pub genesis_hash: Hash32,
    /// Nodes that answer, `http://…`.
    pub nodes: Vec<String>,
    /// How long a wallet that was away trusts the validators it knew, in days.
    pub trusting_period_days: u32,
}

/// What a new ledger is made of.
#[derive(Clone, Debug)]
pub struct NewLedger {
    /// Name of the ledger.
    pub chain_id: ChainId,
    /// Providers admitted from the start.
    pub providers: Vec<Provider>,
    /// The member whose key is made here, if any.
    pub member: Option<Text<120>>,
    /// Addresses for wallets.
    pub nodes: Vec<String>,
    /// Time of the first block.
    pub time: Timestamp,
}

/// A private key in CometBFT's file form (`priv_validator_key.json`).
#[derive(Serialize, Deserialize)]
struct KeyFile {
    address: String,
    pub_key: TypedKey,
    priv_key: TypedKey,
}

#[derive(Serialize, Deserialize)]
struct TypedKey {
    r#type: String,
    value: String,
}

/// The node's key in CometBFT's file form (`node_key.json`).
#[derive(Serialize, Deserialize)]
struct NodeKeyFile {
    priv_key: TypedKey,
}

/// A home with new keys, of which nothing is written yet: it belongs to no ledger.
pub struct NewHome {
    home: Home,
    validator: SigningKey,
    node: SigningKey,
    member: Option<(Text<120>, SigningKey)>,
}

impl NewHome {
    /// Takes a folder that has no ledger, and makes keys; one for a member of the consortium too where it is named.
    pub fn in_folder(folder: &Path, member: Option<Text<120>>) -> Result<Self, NodeError> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder).map_err(|source| at(folder, source))?;
        let home = Home::open(folder)?;
        if home.path(GENESIS).exists() || home.path(VALIDATOR_KEY).exists() || home.path(DATABASE).exists() {
            return Err(NodeError::AlreadyInitialised(folder.into()));
        }
        let member = member.map(|name| Ok::<_, NodeError>((name, generate_key()?))).transpose()?;
        Ok(Self { home, validator: generate_key()?, node: generate_key()?, member })
    }

    /// The key that will sign blocks.
    pub fn validator(&self) -> PublicKey {
        PublicKey::of(&self.validator)
    }

    /// The member, if one was named.
    pub fn member(&self) -> Option<Member> {
        let (name, key) = self.member.as_ref()?;
        Some(Member { name: name.clone(), signing_key: PublicKey::of(key) })
    }

    /// The name under which other nodes know this one.
    pub fn node_id(&self) -> String {
        node_id(&self.node)
    }

    /// Writes everything: the home belongs to this ledger from now on.
    pub fn settle(
        self,
        document: &Document,
        nodes: Vec<String>,
        settings: Option<&Settings>,
    ) -> Result<Home, NodeError> {
        let home = self.home;
        if let Some((_, key)) = &self.member {
            home.write_key(MEMBER_KEY, key)?;
        }
        home.write_key(VALIDATOR_KEY, &self.validator)?;
        home.write_node_key(&self.node)?;
        if let Some(settings) = settings {
            home.write_settings(settings)?;
        }
        home.write(NETWORK, &network_file(document, nodes)?, 0o644)?;
        // Last: its presence says that the folder is complete.
        home.write(GENESIS, document, 0o644)?;
        Ok(home)
    }
}

/// A node's folder, held by this process alone.
pub struct Home {
    folder: PathBuf,
    _lock: File,
}

impl Home {
    /// Begins a new ledger in a folder that has none.
    pub fn init(folder: &Path, ledger: NewLedger) -> Result<Self, NodeError> {
        Self::init_with_emergency(folder, ledger, Vec::new())
    }

    /// As [`Self::init`], with providers that are admitted from the start and give emergency care.
    pub fn init_with_emergency(
        folder: &Path,
        ledger: NewLedger,
        emergency: Vec<Provider>,
    ) -> Result<Self, NodeError> {
        let new = NewHome::in_folder(folder, ledger.member)?;
        let app_state = app_state(new.member().into_iter().collect(), ledger.providers, emergency);
        let document = genesis::new_document(&ledger.chain_id, ledger.time, &[new.validator()], app_state)?;
        new.settle(&document, ledger.nodes, None)
    }

    /// Takes a folder for this process. It stays taken until the value is dropped or the process dies.
    pub fn open(folder: &Path) -> Result<Self, NodeError> {
        if !folder.is_dir() {
            return Err(NodeError::NotInitialised(folder.into()));
        }
        let path = folder.join(LOCK);
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let lock = lock.map_err(|source| at(&path, source))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.into(), _lock: lock }),
            Err(std::fs::TryLockError::WouldBlock) => Err(NodeError::InUse(folder.into())),
            Err(std::fs::TryLockError::Error(source)) => Err(at(&path, source)),
        }
    }

    /// The genesis.
    pub fn genesis(&self) -> Result<Document, NodeError> {
        if !self.path(GENESIS).exists() {
            return Err(NodeError::NotInitialised(self.folder.clone()));
        }
        self.read(GENESIS)
    }

    /// The key that signs blocks.
    pub fn validator_key(&self) -> Result<SigningKey, NodeError> {
        let file: KeyFile = self.read(VALIDATOR_KEY)?;
        self.key_of(VALIDATOR_KEY, &file.priv_key)
    }

    /// The key that signs for a member of the consortium; `None` where no member's key was made.
    pub fn member_key(folder: &Path) -> Result<Option<SigningKey>, NodeError> {
        let path = folder.join(MEMBER_KEY);
        if !path.exists() {
            return Ok(None);
        }
        let file: KeyFile = read_json(&path)?;
        parse_key(&path, &file.priv_key).map(Some)
    }

    /// The genesis, also beside a running node.
    pub fn genesis_in(folder: &Path) -> Result<Document, NodeError> {
        read_json(&folder.join(GENESIS))
    }

    /// The name under which other nodes know this one.
    pub fn node_id(&self) -> Result<String, NodeError> {
        let file: NodeKeyFile = self.read(NODE_KEY)?;
        Ok(node_id(&self.key_of(NODE_KEY, &file.priv_key)?))
    }

    /// Settings of the engine; the usual ones, and a key for the node, are written where there were none.
    pub fn settings(&self) -> Result<Settings, NodeError> {
        if !self.path(NODE_KEY).exists() {
            self.write_node_key(&generate_key()?)?;
        }
        let path = self.path(SETTINGS);
        if !path.exists() {
            self.write_settings(&Settings::usual(DEFAULT_P2P))?;
        }
        let bad = |problem: String| NodeError::FileForm { path: path.clone(), problem };
        let bytes = read_bytes(&path)?;
        let text = std::str::from_utf8(&bytes).map_err(|error| bad(error.to_string()))?;
        let settings: Settings = toml::from_str(text).map_err(|error| bad(error.to_string()))?;
        settings.check().map_err(bad)?;
        Ok(settings)
    }

    fn write_settings(&self, settings: &Settings) -> Result<(), NodeError> {
        let bad = |problem: String| NodeError::FileForm { path: self.path(SETTINGS), problem };
        settings.check().map_err(bad)?;
        let text = toml::to_string(settings).map_err(|error| bad(error.to_string()))?;
        write_bytes(&self.folder, SETTINGS, text.as_bytes(), 0o644)
    }

    fn write_node_key(&self, key: &SigningKey) -> Result<(), NodeError> {
        self.write(NODE_KEY, &NodeKeyFile { priv_key: typed(KEY_TYPES.1, &key.to_keypair_bytes()) }, 0o600)
    }

    fn key_of(&self, name: &str, key: &TypedKey) -> Result<SigningKey, NodeError> {
        parse_key(&self.path(name), key)
    }

    /// The file for wallets, as it is.
    pub fn network(&self) -> Result<NetworkFile, NodeError> {
        self.read(NETWORK)
    }

    /// Writes the file for wallets with these addresses, also beside a running node, which never reads it.
    /// Returns where it is.
    pub fn write_network(folder: &Path, nodes: Vec<String>) -> Result<PathBuf, NodeError> {
        let document = read_json(&folder.join(GENESIS))?;
        write_json(folder, NETWORK, &network_file(&document, nodes)?, 0o644)?;
        Ok(folder.join(NETWORK))
    }

    /// Where the database is.
    pub fn database(&self) -> PathBuf {
        self.path(DATABASE)
    }

    /// Where the file for wallets is.
    pub fn network_path(&self) -> PathBuf {
        self.path(NETWORK)
    }

    /// Where the genesis is.
    pub fn genesis_path(&self) -> PathBuf {
        self.path(GENESIS)
    }

    /// Where the key that signs blocks is.
    pub fn validator_key_path(&self) -> PathBuf {
        self.path(VALIDATOR_KEY)
    }

    /// Where the key is that names this node to others.
    pub fn node_key_path(&self) -> PathBuf {
        self.path(NODE_KEY)
    }

    /// Where the settings of the engine are.
    pub fn settings_path(&self) -> PathBuf {
        self.path(SETTINGS)
    }

    /// CometBFT's folder.
    pub fn engine_folder(&self) -> PathBuf {
        self.path(ENGINE)
    }

    /// Folder of the snapshots.
    pub fn snapshots(&self) -> PathBuf {
        self.path(SNAPSHOTS)
    }

    /// The socket between the application and its CometBFT; only the owner of the folder can open it.
    pub fn socket(&self) -> PathBuf {
        self.path(SOCKET)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn write_key(&self, name: &str, key: &SigningKey) -> Result<(), NodeError> {
        let public = key.verifying_key();
        let address = Hash32::plain(public.as_bytes());
        let file = KeyFile {
            address: hex::encode_upper(&address.as_bytes()[..20]),
            pub_key: typed(KEY_TYPES.0, public.as_bytes()),
            priv_key: typed(KEY_TYPES.1, &key.to_keypair_bytes()),
        };
        self.write(name, &file, 0o600)
    }

    fn read<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T, NodeError> {
        read_json(&self.path(name))
    }

    fn write<T: Serialize>(&self, name: &str, value: &T, mode: u32) -> Result<(), NodeError> {
        write_json(&self.folder, name, value, mode)
    }
}

/// Written aside and renamed, so that a file is there whole or not at all.
pub(crate) fn write_bytes(folder: &Path, name: &str, bytes: &[u8], mode: u32) -> Result<(), NodeError> {
    let (path, aside) = (folder.join(name), folder.join(format!("{name}.new")));
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&aside);
    let mut file = file.map_err(|source| at(&aside, source))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|source| at(&aside, source))?;
    std::fs::rename(&aside, &path).map_err(|source| at(&path, source))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| at(folder, source))
}

fn write_json<T: Serialize>(folder: &Path, name: &str, value: &T, mode: u32) -> Result<(), NodeError> {
    let bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| NodeError::FileForm { path: folder.join(name), problem: error.to_string() })?;
    write_bytes(folder, name, &bytes, mode)
}

/// Reads a provider's entry as its gatekeeper wrote it.
pub fn read_provider(path: &Path) -> Result<Provider, NodeError> {
    read_json(path)
}

/// Reads a genesis that another hospital handed over.
pub fn read_genesis(path: &Path) -> Result<Document, NodeError> {
    let document = read_json(path)?;
    genesis::of_document(&document)?.check()?;
    Ok(document)
}

/// The application's part of a genesis.
pub fn app_state(members: Vec<Member>, mut providers: Vec<Provider>, emergency: Vec<Provider>) -> AppState {
    let in_emergencies = emergency.iter().map(Provider::address).collect();
    providers.extend(emergency);
    AppState { version: 1, members, providers, emergency: in_emergencies }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, NodeError> {
    read_at_most(path, MAX_FILE_BYTES)
}

/// Reads a file that is not longer than it should be.
pub(crate) fn read_at_most(path: &Path, limit: u64) -> Result<Vec<u8>, NodeError> {
    let file = File::open(path).map_err(|source| at(path, source))?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|source| at(path, source))?;
    if bytes.len() as u64 > limit {
        let problem = format!("more than {limit} bytes");
        return Err(NodeError::FileForm { path: path.into(), problem });
    }
    Ok(bytes)
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, NodeError> {
    serde_json::from_slice(&read_bytes(path)?)
        .map_err(|error| NodeError::FileForm { path: path.into(), problem: error.to_string() })
}

fn parse_key(path: &Path, key: &TypedKey) -> Result<SigningKey, NodeError> {
    let bad = |problem: &str| NodeError::FileForm { path: path.into(), problem: problem.into() };
    let bytes = STANDARD.decode(&key.value).map_err(|_| bad("the key is not base64"))?;
    let pair: [u8; 64] = bytes.try_into().map_err(|_| bad("the key has another size"))?;
    SigningKey::from_keypair_bytes(&pair).map_err(|_| bad("the halves of the key do not fit together"))
}

/// CometBFT's name of a node: the first 20 bytes of SHA-256 over its public key.
fn node_id(key: &SigningKey) -> String {
    hex::encode(&Hash32::plain(key.verifying_key().as_bytes()).as_bytes()[..20])
}

fn network_file(document: &Document, nodes: Vec<String>) -> Result<NetworkFile, NodeError> {
    let identity = genesis::of_document(document)?.identity();
    Ok(NetworkFile {
        chain_id: identity.chain_id,
        genesis_hash: identity.genesis_hash,
        nodes,
        trusting_period_days: TRUSTING_PERIOD_DAYS,
    })
}

fn typed(name: &str, key: &[u8]) -> TypedKey {
    TypedKey { r#type: name.into(), value: STANDARD.encode(key) }
}

fn generate_key() -> Result<SigningKey, NodeError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(SigningKey::from_bytes(&seed))
}

pub(crate) fn at(path: &Path, source: std::io::Error) -> NodeError {
    NodeError::File { path: path.into(), source }
}
