//! From one verified header to a newer one, through a node: skipping where enough validators stayed, halving
//! the distance where not. (LC-9, LC-10)

use std::time::Duration;

use tendermint::{Hash, Time, block::signed_header::SignedHeader, chain, validator};

use crate::{
    error::{ClientError, Lie},
    evidence::Evidence,
    head::Height,
    node::Node,
    verify::{
        header::{self, HeaderFault, Step, UntrustedBlock},
        trusted::{TrustedHead, hash_of},
    },
};

/// Headers that are verified on the way at most: the validators of a consortium change a few times a year.
const MAX_STEPS: usize = 1_000;

/// What every check of a header needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub chain_id: chain::Id,
    pub trusting_period: Duration,
}

/// Validator sets that need not be asked for: that of a hash is the same everywhere.
#[derive(Clone, Copy, Default)]
pub(crate) struct Known<'a> {
    /// What is trusted.
    pub trusted: Option<&'a TrustedHead>,
    /// Headers that wait for one in between.
    pub ahead: &'a [UntrustedBlock],
}

impl<'a> Known<'a> {
    fn set(self, hash: Hash) -> Option<&'a validator::Set> {
        let trusted = self.trusted.and_then(|trusted| trusted.known_set(hash));
        trusted.or_else(|| self.ahead.iter().rev().find_map(|block| block.known_set(hash)))
    }
}

/// One node's headers, judged at one time.
#[derive(Clone, Copy)]
pub(crate) struct Walk<'a> {
    pub node: &'a dyn Node,
    pub rules: &'a Rules,
    pub now: Time,
}

impl Walk<'_> {
    fn lie(&self, lie: impl Into<Lie>) -> ClientError {
        ClientError::lie(self.node.name(), lie)
    }

    /// Refuses a trusted header that is too old to start from.
    pub fn is_within_trusting_period(&self, trusted: Time) -> Result<(), ClientError> {
        let until = trusted.checked_add(self.rules.trusting_period).ok_or(ClientError::Clock)?;
        if until > self.now { Ok(()) } else { Err(ClientError::TrustExpired { since: trusted, until }) }
    }

    /// The newest header of the node; its votes are not yet counted.
    pub async fn newest(&self) -> Result<(Height, SignedHeader), ClientError> {
        let signed = self.node.newest_header().await.map_err(|e| ClientError::node(self.node.name(), e))?;
        let found = signed.header.height.value();
        let height = Height::try_from(found)
            .map_err(|_| self.lie(HeaderFault::Height { expected: Height::FIRST, found }))?;
        Ok((height, self.plausible(signed, height)?))
    }

    /// The header of one height.
    pub async fn header(&self, height: Height) -> Result<SignedHeader, ClientError> {
        let signed = self.node.header(height).await.map_err(|e| ClientError::node(self.node.name(), e))?;
        self.plausible(signed, height)
    }

    /// A header of this height and ledger. The validators of one ledger may also be those of another, so a
    /// header of that other one must never be taken for a second history of this one.
    fn plausible(&self, signed: SignedHeader, height: Height) -> Result<SignedHeader, ClientError> {
        header::header_has_height(&signed, height)
            .and_then(|()| header::is_matching_chain_id(&signed.header, &self.rules.chain_id))
            .map_err(|fault| self.lie(fault))?;
        Ok(signed)
    }

    /// Adds the validators to a header; asks only for sets that are not known by their hash.
    pub async fn complete(
        &self,
        signed: SignedHeader,
        known: Known<'_>,
    ) -> Result<UntrustedBlock, ClientError> {
        let set_of = |hash| known.set(hash).cloned();
        let (now, next) = (signed.header.validators_hash, signed.header.next_validators_hash);
        let height = Height::try_from(signed.header.height.value())
            .map_err(|_| self.lie(HeaderFault::Height { expected: Height::FIRST, found: 0 }))?;
        let validators = match set_of(now) {
            Some(set) => set,
            None => self.validators(height, now).await?,
        };
        let next_validators = match set_of(next) {
            Some(set) => set,
            None if next == now => validators.clone(),
            None => self.validators(height.next().ok_or(ClientError::NotReady)?, next).await?,
        };
        Ok(UntrustedBlock::new(signed, validators, next_validators))
    }

    async fn validators(&self, height: Height, expected: Hash) -> Result<validator::Set, ClientError> {
        let answer = self.node.validators(height).await;
        let list = answer.map_err(|error| ClientError::node(self.node.name(), error))?;
        let set = header::well_formed_set(list).map_err(|fault| self.lie(fault))?;
        let found = set.hash();
        if found == expected { Ok(set) } else { Err(self.lie(HeaderFault::Validators { expected, found })) }
    }

    /// Verifies a header that is newer than the trusted one.
    pub async fn to(&self, from: &TrustedHead, newest: SignedHeader) -> Result<TrustedHead, ClientError> {
        let mut steps = self.steps(from, newest).await?;
        Ok(steps.pop().unwrap_or_else(|| from.clone()))
    }

    /// As [`Self::to`], with every header that was verified on the way, in order, the newest last.
    pub async fn steps(
        &self,
        from: &TrustedHead,
        newest: SignedHeader,
    ) -> Result<Vec<TrustedHead>, ClientError> {
        let mut trusted = from.clone();
        let known = Known { trusted: Some(&trusted), ahead: &[] };
        let mut ahead = vec![self.complete(newest, known).await?];
        let mut done = Vec::new();
        for _ in 0..MAX_STEPS {
            let Some(block) = ahead.last() else { return Ok(done) };
            let height = block.header().height.value();
            let step = header::verify_next(&trusted, block.clone(), self.rules.trusting_period, self.now);
            match step.map_err(|fault| self.lie(fault))? {
                Step::Trusted(verified) => {
                    trusted = *verified;
                    done.push(trusted.clone());
                    ahead.pop();
                }
                Step::TooFar => {
                    let height = Height::try_from(height).map_err(|_| ClientError::NotReady)?;
                    let middle = Height::between(trusted.height(), height);
                    let middle = middle.ok_or_else(|| self.lie(Lie::TooManySteps(MAX_STEPS)))?;
                    let signed = self.header(middle).await?;
                    let known = Known { trusted: Some(&trusted), ahead: &ahead };
                    let block = self.complete(signed, known).await?;
                    ahead.push(block);
                }
            }
        }
        Err(self.lie(Lie::TooManySteps(MAX_STEPS)))
    }

    /// Compares a header with the trusted one of the same height.
    pub fn is_same(&self, trusted: &TrustedHead, shown: &SignedHeader) -> Result<(), ClientError> {
        let (expected, found) = (trusted.head().hash, hash_of(&shown.header));
        if expected == found {
            return Ok(());
        }
        if header::is_signed_by_validators_of(trusted, shown) {
            let kept = (trusted.signed_header(), trusted.validators());
            let shown = (shown.clone(), Some(trusted.validators()));
            return Err(ClientError::Fork(Evidence::new(self.node.name(), kept, shown)));
        }
        Err(self.lie(Lie::Conflict { height: trusted.height(), expected, found }))
    }

    /// What was kept, and the older header that this node shows as its newest.
    pub fn rollback(&self, trusted: &TrustedHead, shown: SignedHeader) -> ClientError {
        let kept = (trusted.signed_header(), trusted.validators());
        ClientError::Rollback(Evidence::new(self.node.name(), kept, (shown, None)))
    }
}
