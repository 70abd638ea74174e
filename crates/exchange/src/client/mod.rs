//! Asking a gatekeeper. Every answer is verified with the provider's key from the ledger's directory before it
//! is read. (API-17 …)

mod error;
mod fetch;
mod sink;
mod transport;

use http::Method;
use medrec_protocol::{Commitment, RelationshipAddress, Timestamp, decide::Operation, state::Provider};

pub use error::ExchangeError;
pub use fetch::{CopyOrder, FetchControl, Progress};
pub use sink::{Beginning, CopySink, MemorySink, SinkError};
pub use transport::Timeouts;

use crate::{
    Person, Signer,
    api::{Enrolment, EnrolmentRequest, MessageError, RecordHeader, RecordPage, Route},
};
use transport::Transport;

/// Who asks: an account, and the person or role who looks.
#[derive(Clone, Debug)]
pub struct Asker {
    /// The account and its key.
    pub signer: Signer,
    /// Who looks; the patient reads it in the disclosure.
    pub person: Person,
}

impl Asker {
    /// A patient who asks for her own copies.
    pub fn patient(signer: Signer) -> Self {
        Self { signer, person: Person::default() }
    }
}

/// Asks one provider's gatekeeper.
#[derive(Clone, Debug)]
pub struct GatekeeperClient {
    transport: Transport,
}

impl GatekeeperClient {
    /// `provider` is the entry of the ledger's directory, verified by the caller: where to ask, and whose
    /// signature to believe.
    pub fn new(provider: &Provider, timeouts: Timeouts) -> Result<Self, ExchangeError> {
        Ok(Self { transport: Transport::new(provider, timeouts)? })
    }

    /// Enrols. May be sent again with the same request: it has no further effect.
    pub async fn enrol(
        &self,
        signer: &Signer,
        request: &EnrolmentRequest,
    ) -> Result<Enrolment, ExchangeError> {
        let asker = Asker::patient(signer.clone());
        let content = request.encode()?;
        let answer = self.transport.content(&asker, Method::POST, &Route::Enrol, content).await?;
        own_enrolment(&answer, request.relationship())
    }

    /// How far the enrolment of the signer's relationship is.
    pub async fn enrolment(
        &self,
        signer: &Signer,
        relationship: RelationshipAddress,
    ) -> Result<Enrolment, ExchangeError> {
        let asker = Asker::patient(signer.clone());
        let route = Route::Enrolment(relationship);
        own_enrolment(&self.transport.content(&asker, Method::GET, &route, Vec::new()).await?, relationship)
    }

    /// One page of the records that the asker may see.
    pub async fn list_records(
        &self,
        asker: &Asker,
        relationship: RelationshipAddress,
        after: Option<u64>,
    ) -> Result<RecordPage, ExchangeError> {
        let route = Route::Records { relationship, after };
        let answer = self.transport.content(asker, Method::GET, &route, Vec::new()).await?;
        Ok(RecordPage::decode(&answer, after)?)
    }

    /// What would come with a record, without its bytes.
    pub async fn record_header(
        &self,
        asker: &Asker,
        relationship: RelationshipAddress,
        commitment: Commitment,
        operation: Operation,
    ) -> Result<RecordHeader, ExchangeError> {
        let route = Route::Record { relationship, commitment, operation };
        let (header, _) = self.transport.record(asker, Method::HEAD, &route, None).await?;
        if header.commitment == commitment {
            Ok(header)
        } else {
            Err(ExchangeError::Mismatch { expected: commitment, found: header.commitment })
        }
    }

    /// Fetches a record into `sink` and verifies it against its commitment while it streams. Goes on where an
    /// earlier attempt stopped; a broken connection is tried again a few times. On success the sink was told to
    /// finish; on an answer that is worth nothing it was told to abort; otherwise it keeps what came.
    pub async fn fetch_record(
        &self,
        asker: &Asker,
        order: &CopyOrder,
        sink: &mut dyn CopySink,
        control: &FetchControl,
    ) -> Result<RecordHeader, ExchangeError> {
        fetch::run(&self.transport, asker, order, sink, control).await
    }
}

fn own_enrolment(answer: &[u8], relationship: RelationshipAddress) -> Result<Enrolment, ExchangeError> {
    let enrolment = Enrolment::decode(answer)?;
    if enrolment.relationship == relationship {
        Ok(enrolment)
    } else {
        Err(MessageError::Rule("the answer is about another relationship").into())
    }
}

/// This computer's clock, in whole seconds.
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp::from_seconds(since.map_or(0, |since| since.as_secs()))
}
