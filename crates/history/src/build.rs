//! Putting a verifiable file together. What is put together is checked before it is handed out: no file is made that
//! does not hold.

use std::collections::BTreeSet;

use medrec_client::{NetworkFile, TrustedHead, verify::genesis::GenesisDocument};
use medrec_protocol::{
    ChainIdentity, ProviderAddress, PublicKey, RelationshipAddress, Timestamp,
    codec::Text,
    log::{ConsistencyProof, Frontier},
};
use tendermint::{block::signed_header::SignedHeader, validator};

use crate::{
    bounded::{Blob, Many},
    file::{
        Body, FileError, GenesisPart, HistoryFile, MAX_FILE_BYTES, Opening, ProvenLeaf, ProviderPart,
        RelationshipPart, SetPart, Start,
    },
    verify::{self, Verified, VerifyError},
};

/// Why no file could be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// What was put together does not hold.
    #[error("the file that was put together does not hold: {0}")]
    Verify(#[from] VerifyError),
    /// It would be too long to be read.
    #[error("the history has {found} bytes, a file has at most {MAX_FILE_BYTES}: choose a shorter period")]
    TooLarge {
        /// Bytes that it would have.
        found: usize,
    },
    /// A validator that this ledger cannot have, or a genesis that cannot be written.
    #[error("the ledger's beginning or validators cannot be written: {0}")]
    Ledger(String),
}

/// A file that was made and checked.
#[derive(Clone, Debug)]
pub struct Made {
    /// The file.
    pub bytes: Vec<u8>,
    /// What a reader with the same network file will be told.
    pub verified: Verified,
}

/// Everything of one relationship.
#[derive(Clone, Debug)]
pub struct RelationshipEvidence {
    /// The account.
    pub address: RelationshipAddress,
    /// Its leaf in the state under the last header.
    pub leaf: ProvenLeaf,
    /// For a part that does not begin with entry 0: the right edge of the log before it, and the proof that the log in
    /// the leaf continues it (LOG-6).
    pub start: Option<(Frontier, ConsistencyProof)>,
    /// Encoded entries, as the log hashes them.
    pub entries: Vec<Vec<u8>>,
    /// For a part that does not reach the end of the log: the proof that the log in the leaf continues it.
    pub end: Option<ConsistencyProof>,
    /// What the patient chose to open.
    pub openings: Vec<Opening>,
}

/// A file in the making. The order in which parts are given does not matter, except that of headers.
#[derive(Clone, Debug)]
pub struct Builder {
    body: Body,
    sets: Vec<validator::Set>,
    problem: Option<String>,
}

impl Builder {
    pub(crate) fn new(identity: ChainIdentity) -> Self {
        let body = Body {
            identity,
            whose: Text::default(),
            genesis: None,
            sets: Many::default(),
            headers: Many::default(),
            chain: ProvenLeaf::default(),
            providers: Many::default(),
            relationships: Many::default(),
        };
        Self { body, sets: Vec::new(), problem: None }
    }

    /// The name that the patient chose to put on it; cut to 120 bytes.
    pub fn whose(mut self, name: &str) -> Self {
        self.body.whose = Text::clipped(name);
        self
    }

    /// The ledger's genesis; the first header is then that of block 1. Without it the first header is one that a
    /// network file vouches for.
    pub fn genesis(mut self, document: &GenesisDocument) -> Self {
        match genesis_part(document) {
            Ok(part) => self.body.genesis = Some(part),
            Err(problem) => self.problem = Some(problem),
        }
        self
    }

    /// The next header, with the validators of its height and of the one after it.
    pub fn header(
        mut self,
        signed: &SignedHeader,
        validators: &validator::Set,
        next: &validator::Set,
    ) -> Self {
        self.body.headers.0.push(Blob(verify::encode_header(signed)));
        for set in [validators, next] {
            if self.sets.iter().all(|known| known.hash() != set.hash()) {
                self.sets.push(set.clone());
            }
        }
        self
    }

    /// The next header, as a light client keeps it.
    pub fn head(self, head: &TrustedHead) -> Self {
        self.header(head.signed_header(), head.validators(), head.next_validators())
    }

    /// The leaf in which the state names its ledger ([`medrec_protocol::state::StateKey::Chain`]).
    pub fn chain_leaf(mut self, leaf: ProvenLeaf) -> Self {
        self.body.chain = leaf;
        self
    }

    /// A provider's leaf, or the proof that it has none. Needed for each of [`Self::providers_named`].
    pub fn provider(mut self, address: ProviderAddress, leaf: ProvenLeaf) -> Self {
        self.body.providers.0.retain(|part| part.address != address);
        self.body.providers.0.push(ProviderPart { address, leaf });
        self
    }

    /// A relationship.
    pub fn relationship(mut self, evidence: RelationshipEvidence) -> Self {
        let mut openings = evidence.openings;
        openings.sort_by_key(|opening| (opening.entry, opening.kind));
        self.body.relationships.0.push(RelationshipPart {
            address: evidence.address,
            leaf: evidence.leaf,
            start: evidence.start.map(|(before, proof)| Start { before, proof }),
            entries: Many(evidence.entries.into_iter().map(Blob).collect()),
            end: evidence.end,
            openings: Many(openings),
        });
        self
    }

    /// Providers whose leaves the file needs: every one that what was put in so far speaks of.
    pub fn providers_named(&self) -> Result<BTreeSet<ProviderAddress>, VerifyError> {
        verify::named_providers(&self.body.relationships.0)
    }

    /// Makes the file, and checks it as a reader with this network file will.
    pub fn build(mut self, network: &NetworkFile) -> Result<Made, BuildError> {
        if let Some(problem) = self.problem {
            return Err(BuildError::Ledger(problem));
        }
        self.sets.sort_by_key(|set| set.hash().as_bytes().to_vec());
        for set in &self.sets {
            self.body.sets.0.push(set_part(set.validators()).map_err(BuildError::Ledger)?);
        }
        self.body.providers.0.sort_by_key(|part| part.address);
        self.body.relationships.0.sort_by_key(|part| part.address);
        let bytes = HistoryFile { body: self.body }.encode();
        if bytes.len() > MAX_FILE_BYTES {
            return Err(BuildError::TooLarge { found: bytes.len() });
        }
        let verified = verify::verify(&bytes, Some(&network.clone().into()))?;
        Ok(Made { bytes, verified })
    }
}

impl From<FileError> for BuildError {
    fn from(error: FileError) -> Self {
        Self::Verify(error.into())
    }
}

fn genesis_part(document: &GenesisDocument) -> Result<GenesisPart, String> {
    const NANOS: i128 = 1_000_000_000;
    let nanos = document.time.unix_timestamp_nanos();
    let text = |error: std::num::TryFromIntError| error.to_string();
    Ok(GenesisPart {
        time: Timestamp::from_seconds(u64::try_from(nanos.div_euclid(NANOS)).map_err(text)?),
        nanos: u32::try_from(nanos.rem_euclid(NANOS)).map_err(text)?,
        validators: set_part(&document.validators)?,
        app_state: Blob(serde_json::to_vec(&document.app_state).map_err(|error| error.to_string())?),
    })
}

fn set_part(validators: &[validator::Info]) -> Result<SetPart, String> {
    let part = |info: &validator::Info| {
        let tendermint::PublicKey::Ed25519(key) = &info.pub_key else {
            return Err("a validator's key is not Ed25519".to_owned());
        };
        let key = <[u8; 32]>::try_from(key.as_bytes()).map_err(|error| error.to_string())?;
        Ok((PublicKey::from_bytes(key), info.power()))
    };
    validators.iter().map(part).collect::<Result<Vec<_>, String>>().map(|all| SetPart(Many(all)))
}
