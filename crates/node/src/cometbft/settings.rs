//! What a hospital decides about its engine: `engine.toml`. All else in CometBFT's configuration follows from it.

use std::{fmt, net::SocketAddr, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Hexadecimal digits of a node's id.
const ID_DIGITS: usize = 40;
/// Longest address of a peer in bytes.
const MAX_ADDRESS_BYTES: usize = 260;

/// Another hospital's node: `ID@HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer(String);

impl FromStr for Peer {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let expected =
            || format!("'{text}' is not a peer: ID@HOST:PORT is expected, with an id of 40 digits");
        let (id, address) = text.split_once('@').ok_or_else(expected)?;
        let digits = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if id.len() != ID_DIGITS || !id.bytes().all(digits) || !is_address(address) {
            return Err(expected());
        }
        Ok(Self(text.into()))
    }
}

/// A name or number and a port, without anything that means something in a list of addresses.
fn is_address(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    !host.is_empty()
        && text.len() <= MAX_ADDRESS_BYTES
        && host.bytes().all(plain)
        && port.parse().is_ok_and(|port: u16| port > 0)
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Peer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Peer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A newcomer's start from a snapshot that others offer, instead of all blocks since genesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateSync {
    /// Two nodes or more whose headers are compared, `http://HOST:PORT` or `https://HOST`.
    pub servers: Vec<String>,
    /// Height of a header that somebody trusted has named.
    pub trust_height: u64,
    /// Hash of that header: 64 hexadecimal digits.
    pub trust_hash: String,
}

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where this node takes connections of the other hospitals' nodes.
    pub p2p_listen: SocketAddr,
    /// How they reach it, where that is another address: `HOST:PORT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p2p_address: Option<String>,
    /// The other hospitals' nodes.
    #[serde(default)]
    pub peers: Vec<Peer>,
    /// Least time between blocks while transactions come, in milliseconds.
    #[serde(default = "block_interval_ms")]
    pub block_interval_ms: u32,
    /// How long a validator whose turn it is may be silent before the next one proposes, in milliseconds.
    #[serde(default = "proposal_timeout_ms")]
    pub proposal_timeout_ms: u32,
    /// Time between blocks while nothing happens, in milliseconds. A wallet calls a ledger fresh for a minute.
    #[serde(default = "heartbeat_ms")]
    pub heartbeat_ms: u32,
    /// Heights between snapshots for newcomers; 0 makes none.
    #[serde(default = "snapshot_interval")]
    pub snapshot_interval: u64,
    /// Where Prometheus finds CometBFT's figures; nowhere without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<SocketAddr>,
    /// Start from a snapshot. Counts only while this node has no block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_sync: Option<StateSync>,
}

const fn block_interval_ms() -> u32 {
    500
}

const fn proposal_timeout_ms() -> u32 {
    2_000
}

/// As the embedded engine's.
const fn heartbeat_ms() -> u32 {
    15_000
}

const fn snapshot_interval() -> u64 {
    1_000
}

impl Settings {
    /// The usual settings of a node that listens here.
    pub fn usual(p2p_listen: SocketAddr) -> Self {
        Self {
            p2p_listen,
            p2p_address: None,
            peers: Vec::new(),
            block_interval_ms: block_interval_ms(),
            proposal_timeout_ms: proposal_timeout_ms(),
            heartbeat_ms: heartbeat_ms(),
            snapshot_interval: snapshot_interval(),
            prometheus: None,
            state_sync: None,
        }
    }

    /// Checks what the types do not say.
    pub fn check(&self) -> Result<(), String> {
        if self.p2p_address.as_deref().is_some_and(|address| !is_address(address)) {
            return Err("p2p_address is not HOST:PORT".into());
        }
        let times = [self.block_interval_ms, self.proposal_timeout_ms, self.heartbeat_ms];
        if !times.iter().all(|time| (10..=60_000).contains(time)) {
            return Err("block_interval_ms, proposal_timeout_ms and heartbeat_ms may be 10 to 60000".into());
        }
        let Some(sync) = &self.state_sync else { return Ok(()) };
        let plain = |server: &String| {
            (server.starts_with("http://") || server.starts_with("https://")) && !server.contains([',', ' '])
        };
        if sync.servers.len() < 2 || !sync.servers.iter().all(plain) {
            return Err("state_sync needs two servers or more, http://HOST:PORT or https://HOST".into());
        }
        if sync.trust_height == 0 || hex::decode(&sync.trust_hash).map(|hash| hash.len()) != Ok(32) {
            return Err(
                "state_sync needs the height and hash of a header that somebody trusted has named".into()
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Peer, Settings};

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_peer_is_an_id_and_an_address() {
        for good in ["127.0.0.1:26656", "node.hospital.example:1", "[::1]:26656"] {
            assert!(format!("{ID}@{good}").parse::<Peer>().is_ok(), "{good}");
        }
        for bad in ["127.0.0.1", "host:0", "host:99999", ":1", "a,b:1", "a b:1", "a\":1"] {
            assert!(format!("{ID}@{bad}").parse::<Peer>().is_err(), "{bad}");
        }
        assert!(format!("{}@host:1", &ID[1..]).parse::<Peer>().is_err());
        assert!(format!("{}@host:1", ID.to_uppercase()).parse::<Peer>().is_err());
    }

    #[test]
    fn settings_are_complete_with_one_line_and_take_no_unknown_word() {
        let read = |text: &str| toml::from_str::<Settings>(text);
        let least = read("p2p_listen = \"0.0.0.0:26656\"").unwrap();
        assert_eq!(least, Settings::usual("0.0.0.0:26656".parse().unwrap()));
        least.check().unwrap();
        assert!(read("p2p_listen = \"0.0.0.0:26656\"\npeer = []").is_err());
        let sync = |servers: &str, hash: &str| {
            let text = format!(
                "p2p_listen = \"0.0.0.0:1\"\n[state_sync]\nservers = {servers}\ntrust_height = 5\ntrust_hash = \"{hash}\""
            );
            read(&text).unwrap().check()
        };
        let hash = "ab".repeat(32);
        sync("[\"http://a:1\", \"https://b\"]", &hash).unwrap();
        assert!(sync("[\"http://a:1\"]", &hash).is_err());
        assert!(sync("[\"http://a:1\", \"b\"]", &hash).is_err());
        assert!(sync("[\"http://a:1\", \"https://b\"]", "ab").is_err());
    }
}
