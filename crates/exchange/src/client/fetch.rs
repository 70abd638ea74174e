//! Fetching a record: streamed, verified, resumed.

use std::{fmt, sync::Arc, time::Duration};

use http::Method;
use medrec_protocol::{
    Commitment, RelationshipAddress, commitment::CommitmentHasher, decide::Operation, state::EpisodeId,
};
use reqwest::Response;
use tokio_util::sync::CancellationToken;

use super::{
    Asker, ExchangeError,
    sink::{Beginning, CopySink},
    transport::{Transport, unreachable},
};
use crate::api::{RecordHeader, RecordRange, Route};

/// Attempts in a row without a new byte before giving up.
const ATTEMPTS: u32 = 5;
/// Pause after the first broken attempt; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Longest pause that a gatekeeper can ask for within one fetch.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Bytes read back at once.
const READ_BACK_BYTES: usize = 64 * 1024;

/// Which record, and what is known of it from the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyOrder {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// The commitment on the ledger, verified by the caller.
    pub commitment: Commitment,
    /// To keep it, or to see it.
    pub operation: Operation,
    /// Size in bytes according to the verified description, when the caller has it.
    pub size: Option<u64>,
    /// Most bytes that the caller takes.
    pub limit: u64,
}

/// How far a fetch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are here, those from earlier attempts included.
    pub received: u64,
    /// Bytes of the whole record.
    pub size: u64,
}

/// Watches and stops a fetch.
#[derive(Clone, Default)]
pub struct FetchControl {
    /// Stops it.
    pub cancel: CancellationToken,
    /// Is told after each piece.
    pub progress: Option<Arc<dyn Fn(Progress) + Send + Sync>>,
}

impl fmt::Debug for FetchControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchControl").field("cancelled", &self.cancel.is_cancelled()).finish_non_exhaustive()
    }
}

/// A copy of which some bytes may be in the sink, and the hash of exactly those.
struct Received {
    header: RecordHeader,
    hasher: CommitmentHasher,
    length: u64,
}

struct Fetch<'a> {
    transport: &'a Transport,
    emergency: Option<EpisodeId>,
    asker: &'a Asker,
    order: &'a CopyOrder,
    sink: &'a mut dyn CopySink,
    control: &'a FetchControl,
    received: Option<Received>,
}

pub(super) async fn run(
    (transport, emergency): (&Transport, Option<EpisodeId>),
    asker: &Asker,
    order: &CopyOrder,
    sink: &mut dyn CopySink,
    control: &FetchControl,
) -> Result<RecordHeader, ExchangeError> {
    let mut fetch = Fetch { transport, emergency, asker, order, sink, control, received: None };
    let result = fetch.complete().await;
    if result.as_ref().is_err_and(ExchangeError::spoils_copy) {
        fetch.sink.abort().await?;
    }
    result
}

impl Fetch<'_> {
    async fn complete(&mut self) -> Result<RecordHeader, ExchangeError> {
        self.take_up().await?;
        let mut fruitless = 0;
        while !self.is_whole() {
            let before = self.length();
            let Err(error) = self.attempt().await else { continue };
            fruitless = if self.length() > before { 1 } else { fruitless + 1 };
            if !error.is_transient() || fruitless >= ATTEMPTS {
                return Err(error);
            }
            tracing::debug!(received = self.length(), fruitless, "a fetch broke and is tried again");
            self.pause(&error, fruitless).await?;
        }
        self.verify().await
    }

    /// Rebuilds the hash from what an earlier attempt left in the sink.
    async fn take_up(&mut self) -> Result<(), ExchangeError> {
        let Some(Beginning { header, length }) = self.sink.beginning().await? else { return Ok(()) };
        if header.commitment != self.order.commitment || length > header.size {
            return Ok(self.sink.abort().await?);
        }
        let mut received = Received { header, hasher: CommitmentHasher::new(&header.salt), length: 0 };
        let mut buffer = vec![0; READ_BACK_BYTES];
        while received.length < length {
            if self.control.cancel.is_cancelled() {
                return Err(ExchangeError::Cancelled);
            }
            // Never more than was said to be there: somebody else may be writing to the same place.
            let left = usize::try_from(length - received.length).unwrap_or(READ_BACK_BYTES);
            let wanted = left.min(READ_BACK_BYTES);
            let count = self.sink.read_back(received.length, &mut buffer[..wanted]).await?;
            let Some(bytes) = buffer[..wanted].get(..count).filter(|bytes| !bytes.is_empty()) else {
                return Ok(self.sink.abort().await?);
            };
            received.hasher.update(bytes);
            received.length += bytes.len() as u64;
        }
        self.received = Some(received);
        Ok(())
    }

    fn length(&self) -> u64 {
        self.received.as_ref().map_or(0, |received| received.length)
    }

    fn is_whole(&self) -> bool {
        self.received.as_ref().is_some_and(|received| received.length == received.header.size)
    }

    /// One request, from the first byte that is missing.
    async fn attempt(&mut self) -> Result<(), ExchangeError> {
        let &CopyOrder { relationship, commitment, operation, .. } = self.order;
        let route = Route::Record { relationship, commitment, operation, emergency: self.emergency };
        let from = self.length();
        let range = (from > 0).then_some(RecordRange { from });
        let request = self.transport.record(self.asker, Method::GET, &route, range);
        let (header, answer) = tokio::select! {
            () = self.control.cancel.cancelled() => return Err(ExchangeError::Cancelled),
            answer = request => answer?,
        };
        self.accept(&header).await?;
        self.stream(answer).await
    }

    /// Compares what the answer announces with what is known.
    async fn accept(&mut self, header: &RecordHeader) -> Result<(), ExchangeError> {
        let &CopyOrder { commitment: expected, size, limit, .. } = self.order;
        if header.commitment != expected {
            return Err(ExchangeError::Mismatch { expected, found: header.commitment });
        }
        if let Some(expected) = size.filter(|size| *size != header.size) {
            return Err(ExchangeError::OtherSize { expected, announced: header.size });
        }
        if header.size > limit {
            return Err(ExchangeError::TooLarge { announced: header.size, limit });
        }
        match &self.received {
            Some(received) if received.header != *header => Err(ExchangeError::OtherBeginning),
            Some(_) => Ok(()),
            None => {
                self.sink.begin(header).await?;
                let hasher = CommitmentHasher::new(&header.salt);
                self.received = Some(Received { header: *header, hasher, length: 0 });
                Ok(())
            }
        }
    }

    async fn stream(&mut self, mut answer: Response) -> Result<(), ExchangeError> {
        let Some(received) = &mut self.received else { return Ok(()) };
        let size = received.header.size;
        loop {
            let piece = tokio::select! {
                () = self.control.cancel.cancelled() => return Err(ExchangeError::Cancelled),
                piece = answer.chunk() => piece.map_err(unreachable)?,
            };
            let Some(piece) = piece else { break };
            if piece.len() as u64 > size - received.length {
                return Err(ExchangeError::TooManyBytes { announced: size });
            }
            self.sink.append(&piece).await?;
            received.hasher.update(&piece);
            received.length += piece.len() as u64;
            if let Some(progress) = &self.control.progress {
                progress(Progress { received: received.length, size });
            }
        }
        if received.length == size {
            Ok(())
        } else {
            Err(ExchangeError::Interrupted { received: received.length, size })
        }
    }

    async fn pause(&self, error: &ExchangeError, fruitless: u32) -> Result<(), ExchangeError> {
        let asked = match error {
            ExchangeError::Refused(refusal) => refusal.retry_after.map(|s| Duration::from_secs(s.into())),
            _ => None,
        };
        let pause = asked.unwrap_or(FIRST_PAUSE * 2u32.pow(fruitless.min(ATTEMPTS))).min(LONGEST_PAUSE);
        tokio::select! {
            () = self.control.cancel.cancelled() => Err(ExchangeError::Cancelled),
            () = tokio::time::sleep(pause) => Ok(()),
        }
    }

    async fn verify(&mut self) -> Result<RecordHeader, ExchangeError> {
        let expected = self.order.commitment;
        let Some(received) = self.received.take() else {
            return Err(ExchangeError::Interrupted { received: 0, size: 0 });
        };
        let found = received.hasher.finish();
        if found != expected {
            return Err(ExchangeError::Mismatch { expected, found });
        }
        self.sink.finish(&received.header).await?;
        Ok(received.header)
    }
}
