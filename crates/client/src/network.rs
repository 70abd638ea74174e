//! The network file: which ledger, where its nodes are, and how long a header is trusted.
//!
//! ```json
//! {"chain_id": "medrec-1", "genesis_hash": "…64 hex…",
//!  "nodes": [{"operator": "Santa Maria", "address": "https://node.example"}, "https://ledger.example"],
//!  "trusting_period_days": 180, "anchor": {"height": 4711, "hash": "…64 hex…"}}
//! ```
//!
//! A node is its address, with the name of who runs it where several are listed.
//!
//! Whoever hands the file over says which ledger is the right one; everything else follows from it by
//! verification. (LC-1 to LC-3)

use std::{collections::BTreeSet, fmt, net::IpAddr, str::FromStr, time::Duration};

use medrec_protocol::{
    ChainId, ChainIdentity, Hash32,
    codec::{Text, TextError},
};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::head::Height;

/// Longest network file in bytes.
pub const MAX_NETWORK_FILE_BYTES: usize = 64 * 1024;
/// Most nodes that a network file may name.
pub const MAX_NODES: usize = 32;
/// Longest name of an operator in bytes.
pub const MAX_OPERATOR_BYTES: usize = 80;
const MAX_URL_BYTES: usize = 200;
const MAX_TRUSTING_PERIOD_DAYS: u32 = 3_650;
const SECONDS_PER_DAY: u64 = 86_400;

/// Why a network file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkFileError {
    /// More bytes than a network file has.
    #[error("the network file is too large: {found} bytes, at most {MAX_NETWORK_FILE_BYTES} are read")]
    TooLarge {
        /// Bytes found.
        found: usize,
    },
    /// Not the JSON that is expected.
    #[error("the network file cannot be read: {0}; ask for it again")]
    Malformed(String),
    /// No node, or too many.
    #[error("the network file names {found} nodes; 1 to {MAX_NODES} are allowed")]
    Nodes {
        /// Nodes named.
        found: usize,
    },
    /// One address stands there twice: a node would be compared with itself.
    #[error("the network file names the node {0} twice; ask for a corrected one")]
    Twice(NodeUrl),
}

/// Why a text is not the address of a node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NodeUrlError {
    /// Not a URL, too long, or with parts that an address of a node does not have.
    #[error("'{0}' is not the address of a node: https://name[:port][/path] is expected")]
    Invalid(String),
    /// Plain http to another computer: anybody on the way could read and change it.
    #[error("'{0}' is not encrypted: use https; plain http is for this computer only")]
    NotEncrypted(String),
}

/// A network file whose content was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkFile {
    /// Name of the ledger.
    pub chain_id: ChainId,
    /// See [`medrec_protocol::genesis::Genesis::hash`].
    pub genesis_hash: Hash32,
    /// The first is asked, the others are compared with it and take its place when it fails.
    pub nodes: Vec<NamedNode>,
    /// How long a verified header may be the start of further verification.
    #[serde(default, rename = "trusting_period_days")]
    pub trusting_period: TrustingPeriod,
    /// A newer start than genesis, from a person who knows it to be true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Anchor>,
}

impl NetworkFile {
    /// Reads and checks a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, NetworkFileError> {
        if bytes.len() > MAX_NETWORK_FILE_BYTES {
            return Err(NetworkFileError::TooLarge { found: bytes.len() });
        }
        let file: Self =
            serde_json::from_slice(bytes).map_err(|error| NetworkFileError::Malformed(error.to_string()))?;
        if file.nodes.is_empty() || file.nodes.len() > MAX_NODES {
            return Err(NetworkFileError::Nodes { found: file.nodes.len() });
        }
        let mut seen = BTreeSet::new();
        match file.nodes.iter().find(|node| !seen.insert(&node.address)) {
            Some(twice) => Err(NetworkFileError::Twice(twice.address.clone())),
            None => Ok(file),
        }
    }

    /// The JSON form, for people.
    pub fn to_json(&self) -> String {
        // Text and numbers only: this cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Name and genesis hash together.
    pub fn identity(&self) -> ChainIdentity {
        ChainIdentity { chain_id: self.chain_id.clone(), genesis_hash: self.genesis_hash }
    }
}

/// A node, and who runs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct NamedNode {
    /// The organisation that runs it; a node without a name counts as run by somebody of its own.
    pub operator: Option<Text<MAX_OPERATOR_BYTES>>,
    /// Where it answers.
    pub address: NodeUrl,
}

/// The two forms of a node in the file.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "a node is an address, or an object with operator and address")]
enum Written {
    Address(String),
    Named(WrittenNode),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenNode {
    operator: String,
    address: String,
}

/// Why a node of a network file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NamedNodeError {
    /// Its address.
    #[error(transparent)]
    Address(#[from] NodeUrlError),
    /// The name of its operator.
    #[error("the operator of a node cannot be named so: {0}")]
    Operator(#[from] TextError),
    /// The name of its operator is empty.
    #[error("the operator of a node has an empty name")]
    NoName,
}

impl NamedNode {
    /// Who runs it: the operator's name, or else the address. Nodes of one operator do not vouch for each other.
    pub fn operator(&self) -> String {
        self.operator.as_ref().map_or_else(|| self.address.to_string(), ToString::to_string)
    }
}

impl TryFrom<Written> for NamedNode {
    type Error = NamedNodeError;
    fn try_from(written: Written) -> Result<Self, NamedNodeError> {
        let (operator, address) = match written {
            Written::Address(address) => (None, address),
            Written::Named(node) if node.operator.trim().is_empty() => return Err(NamedNodeError::NoName),
            Written::Named(node) => (Some(Text::new(node.operator)?), node.address),
        };
        Ok(Self { operator, address: address.parse()? })
    }
}

impl From<NamedNode> for Written {
    fn from(node: NamedNode) -> Self {
        let address = node.address.into();
        match node.operator {
            None => Self::Address(address),
            Some(operator) => Self::Named(WrittenNode { operator: operator.to_string(), address }),
        }
    }
}

impl From<NodeUrl> for NamedNode {
    fn from(address: NodeUrl) -> Self {
        Self { operator: None, address }
    }
}

impl FromStr for NamedNode {
    type Err = NodeUrlError;
    fn from_str(address: &str) -> Result<Self, NodeUrlError> {
        address.parse::<NodeUrl>().map(Self::from)
    }
}

impl fmt::Display for NamedNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.operator {
            Some(operator) => write!(f, "{operator} ({})", self.address),
            None => fmt::Display::fmt(&self.address, f),
        }
    }
}

/// A header that a person vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// Height of the header.
    pub height: Height,
    /// Hash of the header.
    pub hash: Hash32,
}

/// How long a verified header is trusted: 1 to 3,650 days, 180 unless said otherwise. After that its
/// validators may have left, and their keys may sign anything without harm to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct TrustingPeriod(u32);

impl TrustingPeriod {
    /// Length in days.
    pub const fn days(self) -> u32 {
        self.0
    }

    /// Length.
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.0) * SECONDS_PER_DAY)
    }
}

impl Default for TrustingPeriod {
    fn default() -> Self {
        Self(180)
    }
}

impl TryFrom<u32> for TrustingPeriod {
    type Error = String;
    fn try_from(days: u32) -> Result<Self, String> {
        if (1..=MAX_TRUSTING_PERIOD_DAYS).contains(&days) {
            Ok(Self(days))
        } else {
            Err(format!("a trusting period of {days} days; 1 to {MAX_TRUSTING_PERIOD_DAYS} are allowed"))
        }
    }
}

impl From<TrustingPeriod> for u32 {
    fn from(period: TrustingPeriod) -> Self {
        period.0
    }
}

/// Address of a node: https, or plain http to this computer; no user, query or fragment.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeUrl(Url);

impl NodeUrl {
    /// The address for an HTTP client.
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// True when the node runs on this computer.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
    }
}

impl FromStr for NodeUrl {
    type Err = NodeUrlError;
    fn from_str(text: &str) -> Result<Self, NodeUrlError> {
        let shown = || text.chars().take(MAX_URL_BYTES).collect::<String>();
        let url = match Url::parse(text) {
            Ok(url) if text.len() <= MAX_URL_BYTES => Self(url),
            _ => return Err(NodeUrlError::Invalid(shown())),
        };
        let has_user = !url.0.username().is_empty() || url.0.password().is_some();
        let has_more = url.0.query().is_some() || url.0.fragment().is_some();
        match url.0.scheme() {
            _ if has_user || has_more || url.0.host().is_none() => Err(NodeUrlError::Invalid(shown())),
            "https" => Ok(url),
            "http" if url.is_loopback() => Ok(url),
            "http" => Err(NodeUrlError::NotEncrypted(shown())),
            _ => Err(NodeUrlError::Invalid(shown())),
        }
    }
}

impl TryFrom<String> for NodeUrl {
    type Error = NodeUrlError;
    fn try_from(text: String) -> Result<Self, NodeUrlError> {
        text.parse()
    }
}

impl From<NodeUrl> for String {
    fn from(url: NodeUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for NodeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for NodeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "1111111111111111111111111111111111111111111111111111111111111111";

    fn file(rest: &str) -> Result<NetworkFile, NetworkFileError> {
        let json = format!(r#"{{"chain_id":"medrec-1","genesis_hash":"{HASH}",{rest}}}"#);
        NetworkFile::parse(json.as_bytes())
    }

    #[test]
    fn a_file_without_period_trusts_for_half_a_year() {
        let file = file(r#""nodes":["https://node.example"]"#).unwrap();
        assert_eq!(file.trusting_period.days(), 180);
        assert_eq!(file.anchor, None);
    }

    #[test]
    fn a_file_reads_back_as_it_was_written() {
        let rest = format!(
            r#""nodes":["http://127.0.0.1:26657"],"trusting_period_days":30,"anchor":{{"height":7,"hash":"{HASH}"}}"#
        );
        let file = file(&rest).unwrap();
        assert_eq!(NetworkFile::parse(file.to_json().as_bytes()).unwrap(), file);
        assert_eq!(file.anchor.unwrap().height.get(), 7);
    }

    #[test]
    fn a_file_with_an_unknown_field_is_refused() {
        let refused = file(r#""nodes":["https://node.example"],"trust":"everybody""#).unwrap_err();
        assert!(refused.to_string().contains("trust"), "{refused}");
    }

    #[test]
    fn a_file_without_nodes_or_with_hundreds_is_refused() {
        assert_eq!(file(r#""nodes":[]"#), Err(NetworkFileError::Nodes { found: 0 }));
        let many = vec![r#""https://node.example""#; 33].join(",");
        assert_eq!(file(&format!(r#""nodes":[{many}]"#)), Err(NetworkFileError::Nodes { found: 33 }));
    }

    #[test]
    fn a_node_is_named_by_its_operator_or_by_its_address() {
        let rest =
            r#""nodes":[{"operator":"Santa Maria","address":"https://a.example"},"https://b.example"]"#;
        let file = file(rest).unwrap();
        let names: Vec<_> = file.nodes.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["Santa Maria (https://a.example)", "https://b.example"]);
        assert_eq!(file.nodes[0].operator(), "Santa Maria");
        assert_eq!(file.nodes[1].operator(), "https://b.example");
        assert_eq!(NetworkFile::parse(file.to_json().as_bytes()).unwrap(), file);
    }

    #[test]
    fn a_node_with_a_deceptive_or_empty_operator_or_an_unknown_field_is_refused() {
        for bad in [
            r#"{"operator":"","address":"https://a.example"}"#,
            r#"{"operator":"Clinic\u202e","address":"https://a.example"}"#,
            r#"{"operator":"Clinic","address":"http://a.example"}"#,
            r#"{"operator":"Clinic","address":"https://a.example","weight":2}"#,
            r#"{"operator":"Clinic"}"#,
            "7",
        ] {
            let refused = file(&format!(r#""nodes":[{bad}]"#));
            assert!(matches!(refused, Err(NetworkFileError::Malformed(_))), "{bad}");
        }
        let long = "x".repeat(MAX_OPERATOR_BYTES + 1);
        assert!(
            file(&format!(r#""nodes":[{{"operator":"{long}","address":"https://a.example"}}]"#)).is_err()
        );
    }

    #[test]
    fn a_file_that_names_an_address_twice_is_refused() {
        let twice =
            file(r#""nodes":["https://a.example",{"operator":"Clinic","address":"https://a.example/"}]"#);
        assert!(matches!(twice, Err(NetworkFileError::Twice(_))), "{twice:?}");
    }

    #[test]
    fn a_period_of_no_days_or_of_a_lifetime_is_refused() {
        assert!(file(r#""nodes":["https://node.example"],"trusting_period_days":0"#).is_err());
        assert!(file(r#""nodes":["https://node.example"],"trusting_period_days":36500"#).is_err());
    }

    #[test]
    fn a_huge_file_is_not_even_parsed() {
        let huge = vec![b' '; MAX_NETWORK_FILE_BYTES + 1];
        assert!(matches!(NetworkFile::parse(&huge), Err(NetworkFileError::TooLarge { .. })));
    }

    #[test]
    fn plain_http_is_for_this_computer_only() {
        for good in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "https://node.example/rpc"]
        {
            assert!(good.parse::<NodeUrl>().is_ok(), "{good}");
        }
        for bad in ["http://node.example", "http://127.0.0.1.example", "http://localhost.example:80"] {
            assert!(matches!(bad.parse::<NodeUrl>(), Err(NodeUrlError::NotEncrypted(_))), "{bad}");
        }
    }

    #[test]
    fn an_address_with_a_user_a_query_or_another_scheme_is_refused() {
        for bad in [
            "https://me:secret@node.example",
            "https://node.example/?a",
            "ftp://node.example",
            "node",
            "file:///x",
        ] {
            assert!(matches!(bad.parse::<NodeUrl>(), Err(NodeUrlError::Invalid(_))), "{bad}");
        }
    }
}
