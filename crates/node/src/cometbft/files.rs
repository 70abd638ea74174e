//! CometBFT's folder inside a node's home. Its configuration is written anew at each start; only `data` is CometBFT's own.

use std::{
    fs::DirBuilder,
    net::SocketAddr,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use medrec_protocol::tx::MAX_TX_BYTES;
use serde_json::{Value, json};

use super::settings::{Settings, StateSync};
use crate::{
    NodeError,
    engine::mempool,
    home::{Home, at, write_bytes},
};

/// CometBFT's trust in a header that starts a state sync: as the wallets' trusting period.
const TRUST_PERIOD: &str = "4320h";
/// Longest time between two attempts to reach a peer that is away.
const REDIAL: &str = "10s";
/// Nothing was signed yet.
const NOTHING_SIGNED: &[u8] = br#"{"height":"0","round":0,"step":0}"#;

/// CometBFT's folder.
#[derive(Clone, Debug)]
pub struct EngineHome {
    folder: PathBuf,
}

impl EngineHome {
    /// The folder of this home, with everything in it that CometBFT needs to start.
    pub fn prepare(home: &Home, settings: &Settings, rpc: SocketAddr) -> Result<Self, NodeError> {
        let folder = absolute(&home.engine_folder())?;
        let this = Self { folder };
        for folder in [this.folder.clone(), this.folder.join("config"), this.folder.join("data")] {
            let mut builder = DirBuilder::new();
            builder.recursive(true).mode(0o700).create(&folder).map_err(|source| at(&folder, source))?;
        }
        this.remember_signing()?;
        let config = Self::config(home, settings, rpc)?;
        let path = this.folder.join("config/config.toml");
        let text = toml::to_string(&config)
            .map_err(|error| NodeError::FileForm { path: path.clone(), problem: error.to_string() })?;
        write_bytes(&this.folder.join("config"), "config.toml", text.as_bytes(), 0o600)?;
        Ok(this)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// What the key has signed last. CometBFT refuses to start without the file, and so do we where blocks are there: a
    /// validator that forgot what it signed may sign another block of the same height.
    fn remember_signing(&self) -> Result<(), NodeError> {
        let (data, name) = (self.folder.join("data"), "priv_validator_state.json");
        if data.join(name).exists() {
            return Ok(());
        }
        if data.join("blockstore.db").exists() {
            return Err(NodeError::ForgotSigning(data.join(name)));
        }
        write_bytes(&data, name, NOTHING_SIGNED, 0o600)
    }

    fn config(home: &Home, settings: &Settings, rpc: SocketAddr) -> Result<Value, NodeError> {
        let file = |path: PathBuf| Ok::<_, NodeError>(absolute(&path)?.display().to_string());
        let ms = |number: u32| format!("{number}ms");
        let peers: Vec<_> = settings.peers.iter().map(ToString::to_string).collect();
        let (propose, half) = (settings.proposal_timeout_ms, settings.proposal_timeout_ms / 2);
        Ok(json!({
            "log_level": "main:info,statesync:info,*:error",
            "genesis_file": file(home.genesis_path())?,
            "priv_validator_key_file": file(home.validator_key_path())?,
            "priv_validator_state_file": "data/priv_validator_state.json",
            "node_key_file": file(home.node_key_path())?,
            "rpc": { "laddr": format!("tcp://{rpc}") },
            "p2p": {
                "laddr": format!("tcp://{}", settings.p2p_listen),
                "external_address": settings.p2p_address.clone().unwrap_or_default(),
                "persistent_peers": peers.join(","),
                "persistent_peers_max_dial_period": REDIAL,
                // Hospitals may meet in a private network, and several nodes may stand behind one address.
                "addr_book_strict": false,
                "allow_duplicate_ip": true,
            },
            "consensus": {
                "timeout_propose": ms(propose),
                "timeout_propose_delta": ms(half),
                "timeout_prevote": ms(half),
                "timeout_prevote_delta": ms(half),
                "timeout_precommit": ms(half),
                "timeout_precommit_delta": ms(half),
                "timeout_commit": ms(settings.block_interval_ms),
                "create_empty_blocks": false,
                "create_empty_blocks_interval": ms(settings.heartbeat_ms),
            },
            // The application judges again by itself what waits: see `app::checking`.
            "mempool": {
                "recheck": false,
                "size": mempool::MAX_COUNT,
                "max_txs_bytes": mempool::MAX_BYTES,
                "max_tx_bytes": MAX_TX_BYTES,
                "cache_size": mempool::MAX_REMEMBERED,
            },
            "statesync": state_sync(settings.state_sync.as_ref()),
            "instrumentation": {
                "prometheus": settings.prometheus.is_some(),
                "prometheus_listen_addr": settings.prometheus.map(|at| at.to_string()).unwrap_or_default(),
            },
        }))
    }
}

fn state_sync(wanted: Option<&StateSync>) -> Value {
    match wanted {
        None => json!({ "enable": false }),
        Some(sync) => json!({
            "enable": true,
            "rpc_servers": sync.servers.join(","),
            "trust_height": sync.trust_height,
            "trust_hash": sync.trust_hash,
            "trust_period": TRUST_PERIOD,
            "discovery_time": "5s",
            "chunk_request_timeout": "10s",
        }),
    }
}

fn absolute(path: &Path) -> Result<PathBuf, NodeError> {
    std::path::absolute(path).map_err(|source| at(path, source))
}
