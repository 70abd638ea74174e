//! What the other nodes say about a head that one node led to. (LC-12)

use std::time::Duration;

use tendermint::block::signed_header::SignedHeader;
use tokio::time::{Instant, timeout};

use crate::{
    error::ClientError,
    evidence::Evidence,
    head::Height,
    node::NodeError,
    verify::{
        header::HeaderFault,
        trusted::{TrustedHead, hash_of},
    },
    walk::Walk,
};

/// Witnesses that one head is compared with at most.
pub const MAX_WITNESSES: usize = 4;
/// How long one witness is listened to, however much it has to say.
pub(crate) const WITNESS_TIME: Duration = Duration::from_secs(10);
/// A witness that could not be asked and took longer than this to say so is left in peace for [`REST`].
const SLOW: Duration = Duration::from_secs(1);
/// How long a slow witness is not asked again: it must not hold up every update.
pub(crate) const REST: Duration = Duration::from_mins(1);
/// A node whose newest header is so many seconds older than a witness's is left behind: blocks come at least every 15 s.
const LAG_SECONDS: i64 = 20;
/// A node that still does not have a block so long after a witness showed it is left behind: blocks reach honest nodes in a
/// fraction of this.
pub(crate) const LATE: Duration = Duration::from_secs(3);

/// What one node said about the new head.
#[derive(Clone, Debug)]
pub struct WitnessReport {
    /// Operator and address of the node.
    pub node: String,
    /// Its verdict, or why it was not gone on with.
    pub verdict: WitnessVerdict,
}

/// A witness's verdict. A witness that shows another header with the validators' votes is no verdict but
/// [`ClientError::Fork`].
#[derive(Clone, Debug)]
pub enum WitnessVerdict {
    /// It has the same header.
    Agrees,
    /// It has not come so far; what it has of the known headers is the same.
    Behind {
        /// Height of its newest header.
        height: u64,
    },
    /// It could not be asked.
    Unreachable(NodeError),
    /// It shows something that its own headers do not support: it counts for nothing.
    Faulty(String),
}

impl WitnessVerdict {
    pub(crate) fn behind(height: Height) -> Self {
        Self::Behind { height: height.get() }
    }

    /// What an error says about the node that it names, when another node may do better. None when no other node
    /// could: the validators signed two histories, trust has expired, or it is this computer's own fault.
    pub(crate) fn of(error: &ClientError) -> Option<Self> {
        match error {
            ClientError::Node { error, .. } => Some(Self::Unreachable(error.clone())),
            ClientError::Rollback(evidence) => {
                Some(Self::Behind { height: evidence.shown.header.height.value() })
            }
            ClientError::Lie { .. } | ClientError::WrongNetwork { .. } | ClientError::NotReady => {
                Some(Self::Faulty(error.to_string()))
            }
            _ => None,
        }
    }
}

/// Where verification began and what it reached.
pub(crate) struct Reached {
    pub from: TrustedHead,
    pub head: TrustedHead,
}

/// A verdict, and whether the witness claims to be so far ahead that it should be asked first.
pub(crate) struct Said {
    pub verdict: WitnessVerdict,
    pub ahead: bool,
    /// The newest height that it showed, where it has the head that was reached.
    pub newest: Option<Height>,
    /// It kept the others waiting for nothing.
    pub slow: bool,
}

impl From<WitnessVerdict> for Said {
    fn from(verdict: WitnessVerdict) -> Self {
        Self { verdict, ahead: false, newest: None, slow: false }
    }
}

/// A witness's answer.
enum Answer {
    Said(Said),
    /// It has a verified header between where verification began and the new head.
    Between(Box<TrustedHead>),
}

/// Asks a witness about the head that the primary led to. An error is a fork, or the primary's fault.
pub(crate) async fn compare(
    witness: &Walk<'_>,
    primary: &Walk<'_>,
    reached: &Reached,
) -> Result<Said, ClientError> {
    let began = Instant::now();
    let said = compared(witness, primary, reached).await?;
    let slow = matches!(said.verdict, WitnessVerdict::Unreachable(_)) && began.elapsed() >= SLOW;
    Ok(Said { slow, ..said })
}

async fn compared(witness: &Walk<'_>, primary: &Walk<'_>, reached: &Reached) -> Result<Said, ClientError> {
    let Ok(answer) = timeout(WITNESS_TIME, ask(witness, reached)).await else {
        let reason = format!("no end of its answers within {} s", WITNESS_TIME.as_secs());
        return Ok(WitnessVerdict::Unreachable(NodeError::Unreachable { reason }).into());
    };
    match answer {
        Ok(Answer::Said(said)) => Ok(said),
        Ok(Answer::Between(theirs)) => {
            has_same_in_between(primary, witness, reached, &theirs).await?;
            Ok(WitnessVerdict::behind(theirs.height()).into())
        }
        Err(ClientError::Fork(evidence)) => Err(ClientError::Fork(evidence)),
        Err(error) => {
            Ok(WitnessVerdict::of(&error).unwrap_or_else(|| WitnessVerdict::Faulty(error.to_string())).into())
        }
    }
}

async fn ask(walk: &Walk<'_>, reached: &Reached) -> Result<Answer, ClientError> {
    let (from, head) = (&reached.from, &reached.head);
    let (height, newest) = walk.newest().await?;
    if height < from.height() {
        return Ok(Answer::Said(WitnessVerdict::behind(height).into()));
    }
    let ahead = is_far_ahead(walk, head, &newest);
    let at = |wanted: Height| {
        let newest = newest.clone();
        async move { if wanted == height { Ok(newest) } else { walk.header(wanted).await } }
    };
    if height < head.height() {
        walk.is_same(from, &at(from.height()).await?)?;
        if height == from.height() {
            return Ok(Answer::Said(WitnessVerdict::behind(height).into()));
        }
        return Ok(Answer::Between(Box::new(walk.to(from, newest).await?)));
    }
    let shown = at(head.height()).await?;
    match walk.is_same(head, &shown) {
        Ok(()) => {
            let newest = Some(height);
            Ok(Answer::Said(Said { verdict: WitnessVerdict::Agrees, ahead, newest, slow: false }))
        }
        // Signed by others than the head's validators: are they validators by the witness's own headers?
        Err(ClientError::Lie { .. }) => Err(judge(walk, reached, shown).await),
        Err(other) => Err(other),
    }
}

/// Claims only: whether it is so shows when the witness is asked first.
fn is_far_ahead(walk: &Walk<'_>, head: &TrustedHead, newest: &SignedHeader) -> bool {
    let seconds = |time: tendermint::Time| time.unix_timestamp();
    let (theirs, ours) = (seconds(newest.header.time), seconds(head.header().time));
    newest.header.height > head.header().height
        && theirs.saturating_sub(ours) > LAG_SECONDS
        && theirs <= seconds(walk.now).saturating_add(LAG_SECONDS)
}

async fn judge(walk: &Walk<'_>, reached: &Reached, shown: SignedHeader) -> ClientError {
    if reached.head.height() == reached.from.height() {
        let found =
            HeaderFault::Signers("its votes for a header of that height are not the validators'".into());
        return ClientError::lie(walk.node.name(), found);
    }
    match walk.to(&reached.from, shown).await {
        Ok(theirs) => fork(walk, &reached.head, &theirs),
        Err(error) => error,
    }
}

/// A node that runs ahead of the others must have their headers too.
async fn has_same_in_between(
    primary: &Walk<'_>,
    witness: &Walk<'_>,
    reached: &Reached,
    theirs: &TrustedHead,
) -> Result<(), ClientError> {
    let ours = primary.header(theirs.height()).await?;
    if hash_of(&ours.header) == theirs.head().hash {
        return Ok(());
    }
    let ours = primary.to(&reached.from, ours).await?;
    Err(fork(witness, &ours, theirs))
}

fn fork(witness: &Walk<'_>, kept: &TrustedHead, shown: &TrustedHead) -> ClientError {
    ClientError::Fork(Evidence::new(
        witness.node.name(),
        (kept.signed_header(), kept.validators()),
        (shown.signed_header().clone(), Some(shown.validators())),
    ))
}
