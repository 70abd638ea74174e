//! Asking a gatekeeper. Every answer is verified with the provider's key from the ledger's directory before it
//! is read. (API-17 …)

mod error;
mod fetch;
mod sink;
mod transport;

use http::Method;
use medrec_protocol::{
    ChainIdentity, Commitment, Epoch, RelationshipAddress, Timestamp, ViewingKey,
    decide::Operation,
    handover::SealingSecret,
    state::{EpisodeId, Provider},
};
use zeroize::Zeroizing;

pub use error::ExchangeError;
pub use fetch::{CopyOrder, FetchControl, Progress};
pub use sink::{Beginning, CopySink, MemorySink, SinkError};
pub use transport::Timeouts;

use crate::{
    Person, Signer,
    api::{
        DeliveryNoted, DeliveryNotice, EmergencyEpisode, EmergencyRequest, Enrolment, EnrolmentRequest,
        MessageError, RecordHeader, RecordPage, Route, SealedViewingKey, ViewingKeyFor, ViewingKeyRequest,
    },
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
    emergency: Option<EpisodeId>,
}

impl GatekeeperClient {
    /// `provider` is the entry of the ledger's directory, verified by the caller: where to ask, and whose
    /// signature to believe.
    pub fn new(provider: &Provider, timeouts: Timeouts) -> Result<Self, ExchangeError> {
        Ok(Self { transport: Transport::new(provider, timeouts)?, emergency: None })
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

    /// The newest viewing key of a relationship, for its patient or a delegate who may see. With it, everything older
    /// opens too.
    pub async fn viewing_key(
        &self,
        asker: &Asker,
        chain: &ChainIdentity,
        relationship: RelationshipAddress,
    ) -> Result<(Epoch, ViewingKey), ExchangeError> {
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(secret.as_mut()).map_err(ExchangeError::Randomness)?;
        let secret = SealingSecret::from_bytes(secret);
        let sealing_key =
            secret.public().map_err(|_| MessageError::Rule("no key to seal to could be made"))?;
        let content = ViewingKeyRequest { sealing_key }.encode()?;
        let route = Route::ViewingKey(relationship);
        let answer = self.transport.content(asker, Method::POST, &route, content).await?;
        let whom = ViewingKeyFor { chain, recipient: asker.signer.address(), relationship };
        let opened = SealedViewingKey::decode(&answer)?.open(&secret, &whom);
        Ok(opened.map_err(|_| {
            MessageError::Rule("the viewing key was not sealed for this asker and relationship")
        })?)
    }

    /// Says why this provider must look in an emergency. What is asked for with the client that comes back is asked for
    /// under this use. May be said again with the same reason: the use does not begin anew.
    pub async fn in_emergency(
        &self,
        asker: &Asker,
        relationship: RelationshipAddress,
        request: &EmergencyRequest,
    ) -> Result<(Self, EmergencyEpisode), ExchangeError> {
        let route = Route::Emergency(relationship);
        let answer = self.transport.content(asker, Method::POST, &route, request.encode()?).await?;
        let episode = EmergencyEpisode::decode(&answer)?;
        if episode.episode != request.episode {
            return Err(MessageError::Rule("the answer is about another use of emergency access").into());
        }
        Ok((Self { emergency: Some(request.episode), ..self.clone() }, episode))
    }

    /// Tells a grantee that there is something for it.
    pub async fn tell(&self, asker: &Asker, notice: &DeliveryNotice) -> Result<(), ExchangeError> {
        let answer = self.transport.content(asker, Method::POST, &Route::Deliver, notice.encode()?).await?;
        DeliveryNoted::decode(&answer)?;
        Ok(())
    }

    /// One page of the records that the asker may see.
    pub async fn list_records(
        &self,
        asker: &Asker,
        relationship: RelationshipAddress,
        after: Option<u64>,
    ) -> Result<RecordPage, ExchangeError> {
        let route = Route::Records { relationship, after, emergency: self.emergency };
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
        let route = Route::Record { relationship, commitment, operation, emergency: self.emergency };
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
        fetch::run((&self.transport, self.emergency), asker, order, sink, control).await
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
