//! The gatekeeper's side: from a request to who asks for what, and from an answer to a signed one. The web
//! framework stays outside. (API-12 … API-16)

use async_trait::async_trait;
use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{
        ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, RANGE, RETRY_AFTER,
    },
    request::Parts,
};
use medrec_protocol::{
    Address, Commitment, PublicKey, RelationshipAddress, Timestamp, decide::Operation, state::EpisodeId,
};
use serde::Serialize;

use crate::{
    Endpoint, Person, SignatureError, Signer,
    api::{
        DeliveryNoted, DeliveryNotice, EmergencyRequest, EnrolmentRequest, ErrorAnswer, ErrorCode,
        MAX_REQUEST_BYTES, MessageError, RecordHeader, RecordRange, Route, ViewingKeyRequest,
    },
    signature::{
        AnswerShape, CONTENT_DIGEST, ContentDigest, NonceStore, NonceStoreError, RequestBinding,
        RequestTarget, Seen, UnverifiedRequest, VerifiedRequest, sign_answer,
    },
};

/// The keys of accounts could not be looked up.
#[derive(Debug, thiserror::Error)]
#[error("the asker's key cannot be looked up: {0}")]
pub struct KeySourceError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// Knows the signing keys in force: from the ledger's verified state, and, for relationships that are being
/// opened, from the enrolments that were taken.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The key in force of an account; none when there is no such account, or it may not ask.
    async fn key_of(&self, account: Address) -> Result<Option<PublicKey>, KeySourceError>;

    /// The same, when the request is about a relationship: the keys of delegates stand there, and nowhere else.
    async fn key_about(
        &self,
        account: Address,
        about: Option<RelationshipAddress>,
    ) -> Result<Option<PublicKey>, KeySourceError> {
        let _ = about;
        self.key_of(account).await
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To enrol. The signature was made with the key in the request; code, possession and viewing key are not
    /// checked yet.
    Enrol(EnrolmentRequest),
    /// How far the asker's own enrolment is.
    Enrolment(RelationshipAddress),
    /// Which records the asker may see.
    Records {
        /// The relationship.
        relationship: RelationshipAddress,
        /// Only records with a greater log index.
        after: Option<u64>,
        /// The use of emergency access that is claimed.
        emergency: Option<EpisodeId>,
    },
    /// A record.
    Record(RecordRequest),
    /// The newest viewing key, sealed to the asker.
    ViewingKey(RelationshipAddress, ViewingKeyRequest),
    /// To look in an emergency.
    Emergency(RelationshipAddress, EmergencyRequest),
    /// Nothing: the asker tells that it has something.
    Deliver(DeliveryNotice),
}

impl Asked {
    /// The relationship that is asked about.
    pub fn relationship(&self) -> Option<RelationshipAddress> {
        match self {
            Self::Enrolment(relationship)
            | Self::Records { relationship, .. }
            | Self::Record(RecordRequest { relationship, .. })
            | Self::ViewingKey(relationship, _)
            | Self::Emergency(relationship, _) => Some(*relationship),
            Self::Enrol(_) | Self::Deliver(_) => None,
        }
    }
}

/// A request for one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordRequest {
    /// The relationship.
    pub relationship: RelationshipAddress,
    /// The record version.
    pub commitment: Commitment,
    /// To keep it, or to see it.
    pub operation: Operation,
    /// The use of emergency access that is claimed.
    pub emergency: Option<EpisodeId>,
    /// From some byte on; none means the whole.
    pub range: Option<RecordRange>,
    /// The bytes, or only what would come with them.
    pub part: RecordPart,
}

/// What of a record is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordPart {
    /// Header fields and bytes (`GET`).
    Bytes,
    /// Header fields only (`HEAD`).
    HeaderOnly,
}

/// A request whose signature holds and that was not seen before. Whether it is allowed is not decided yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// The account that asks.
    pub asker: Address,
    /// Who looks, as the account states.
    pub person: Person,
    /// What for.
    pub asked: Asked,
    /// What the answer must be bound to.
    pub binding: RequestBinding,
}

/// Why a request was not admitted: for the gatekeeper's log.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The signature.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The content.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// No such route, method or range.
    #[error("there is no such route, method or range")]
    Route,
    /// Somebody asks for another's enrolment.
    #[error("an enrolment is told only to the one who enrols")]
    Foreign,
    /// Seen requests cannot be remembered.
    #[error(transparent)]
    Nonces(#[from] NonceStoreError),
    /// Keys cannot be looked up.
    #[error(transparent)]
    Keys(#[from] KeySourceError),
}

impl Cause {
    /// What the asker is told.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Signature(error) => error.into(),
            Self::Message(_) | Self::Route => ErrorCode::Malformed,
            Self::Foreign => ErrorCode::NotFound,
            Self::Nonces(_) | Self::Keys(_) => ErrorCode::Unavailable,
        }
    }
}

/// A request that was not admitted.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub struct NotAdmitted {
    /// Why.
    #[source]
    pub cause: Cause,
    /// What the refusal can be bound to, when the request was of the right form.
    pub binding: Option<RequestBinding>,
}

/// Decides who asks for what. Order of checks: form, times, content, key, signature, repetition; so a stranger
/// costs no look-up before the cheap checks and no memory before the signature holds.
#[derive(Clone, Copy)]
pub struct Admission<'a> {
    /// Where this gatekeeper is reached, as the ledger's directory says: requests for other hosts do not verify.
    pub endpoint: &'a Endpoint,
    /// Looks keys up.
    pub keys: &'a dyn KeySource,
    /// Remembers requests.
    pub nonces: &'a dyn NonceStore,
}

impl Admission<'_> {
    /// Admits a request or says why not. `content` is at most [`MAX_REQUEST_BYTES`] long.
    pub async fn admit(
        &self,
        parts: &Parts,
        content: &[u8],
        now: Timestamp,
    ) -> Result<Admitted, NotAdmitted> {
        let request =
            self.parse(parts).map_err(|error| NotAdmitted { cause: error.into(), binding: None })?;
        let binding = Some(request.binding());
        self.judge(request, parts, content, now).await.map_err(|cause| NotAdmitted { cause, binding })
    }

    fn parse(&self, parts: &Parts) -> Result<UnverifiedRequest, SignatureError> {
        let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
        let target = RequestTarget::new(parts.method.clone(), self.endpoint.clone(), path)?;
        UnverifiedRequest::parse(target, &parts.headers)
    }

    async fn judge(
        &self,
        request: UnverifiedRequest,
        parts: &Parts,
        content: &[u8],
        now: Timestamp,
    ) -> Result<Admitted, Cause> {
        if content.len() > MAX_REQUEST_BYTES {
            return Err(MessageError::TooLong { limit: MAX_REQUEST_BYTES }.into());
        }
        request.check(content, now)?;
        let asked = asked(parts, content)?;
        let key = self.key(&request, &asked).await?;
        let verified = request.verify(&key, content, now)?;
        self.first_time(&verified, now).await?;
        if matches!(asked, Asked::Enrolment(relationship) if verified.signer != relationship.into()) {
            return Err(Cause::Foreign);
        }
        Ok(Admitted { asker: verified.signer, person: verified.person, asked, binding: verified.binding })
    }

    async fn key(&self, request: &UnverifiedRequest, asked: &Asked) -> Result<PublicKey, Cause> {
        let signer = request.claimed_signer();
        let key = match asked {
            Asked::Enrol(enrolment) => (signer == enrolment.relationship().into()).then_some(enrolment.owner),
            _ => self.keys.key_about(signer, asked.relationship()).await?,
        };
        key.ok_or(SignatureError::UnknownSigner.into())
    }

    async fn first_time(&self, request: &VerifiedRequest, now: Timestamp) -> Result<(), Cause> {
        let seen = self.nonces.remember(request.signer, request.nonce, request.remember_until, now).await?;
        match seen {
            Seen::FirstTime => Ok(()),
            Seen::Before => Err(SignatureError::Replayed.into()),
        }
    }
}

fn asked(parts: &Parts, content: &[u8]) -> Result<Asked, Cause> {
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let route = Route::parse(path).filter(|route| route.allows(&parts.method)).ok_or(Cause::Route)?;
    if !content.is_empty() && !route.has_content() {
        return Err(Cause::Route);
    }
    Ok(match route {
        Route::Enrol => Asked::Enrol(EnrolmentRequest::decode(content)?),
        Route::Enrolment(relationship) => Asked::Enrolment(relationship),
        Route::ViewingKey(relationship) => {
            Asked::ViewingKey(relationship, ViewingKeyRequest::decode(content)?)
        }
        Route::Emergency(relationship) => Asked::Emergency(relationship, EmergencyRequest::decode(content)?),
        Route::Deliver => Asked::Deliver(DeliveryNotice::decode(content)?),
        Route::Records { relationship, after, emergency } => {
            Asked::Records { relationship, after, emergency }
        }
        Route::Record { relationship, commitment, operation, emergency } => {
            let part = if parts.method == Method::HEAD { RecordPart::HeaderOnly } else { RecordPart::Bytes };
            let range = range(&parts.headers)?;
            Asked::Record(RecordRequest { relationship, commitment, operation, emergency, range, part })
        }
    })
}

fn range(headers: &HeaderMap) -> Result<Option<RecordRange>, Cause> {
    let mut values = headers.get_all(RANGE).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let range = value.to_str().ok().and_then(RecordRange::parse);
            range.map(Some).ok_or(Cause::Route)
        }
        _ => Err(Cause::Route),
    }
}

/// Makes signed answers in the name of one provider.
#[derive(Clone, Debug)]
pub struct AnswerDesk {
    signer: Signer,
}

impl AnswerDesk {
    /// `signer` is the provider, with the key that stands in the ledger's directory.
    pub fn new(signer: Signer) -> Self {
        Self { signer }
    }

    /// A message of [`crate::api`].
    pub fn message<T: Serialize>(
        &self,
        message: &T,
        binding: &RequestBinding,
        now: Timestamp,
    ) -> Result<Response<Vec<u8>>, AnswerError> {
        self.content(StatusCode::OK, message, Some(binding), now)
    }

    /// Status 202: a notice was noted, whatever becomes of it.
    pub fn noted(&self, binding: &RequestBinding, now: Timestamp) -> Result<Response<Vec<u8>>, AnswerError> {
        self.content(StatusCode::ACCEPTED, &DeliveryNoted {}, Some(binding), now)
    }

    /// A refusal. Without `binding`, when the request had no form to be bound to, it is not signed, and no
    /// asker believes it.
    pub fn refusal(
        &self,
        refusal: &ErrorAnswer,
        binding: Option<&RequestBinding>,
        now: Timestamp,
    ) -> Result<Response<Vec<u8>>, AnswerError> {
        let mut answer = self.content(refusal.code.status(), refusal, binding, now)?;
        if let Some(seconds) = refusal.retry_after {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        Ok(answer)
    }

    /// Status and header fields of a record; the bytes from `range` on follow, exactly as many as
    /// `Content-Length` says. A range that begins behind the end is refused.
    pub fn record(
        &self,
        record: &RecordHeader,
        range: Option<RecordRange>,
        binding: &RequestBinding,
        now: Timestamp,
    ) -> Result<Response<()>, AnswerError> {
        let mut headers = HeaderMap::new();
        for (name, value) in record.fields() {
            headers.insert(name, text(&value)?);
        }
        let (status, shape, from) = match range {
            None => (StatusCode::OK, AnswerShape::Record, 0),
            Some(range) => {
                let value = range.content_range(record.size).ok_or(AnswerError::Range)?;
                headers.insert(CONTENT_RANGE, text(&value)?);
                (StatusCode::PARTIAL_CONTENT, AnswerShape::PartOfRecord, range.from)
            }
        };
        headers.insert(CONTENT_LENGTH, HeaderValue::from(record.size - from));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(ETAG, text(&format!("\"{}\"", record.commitment))?);
        sign_answer(&self.signer, status, &mut headers, shape, binding, now)?;
        let mut answer = Response::new(());
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    fn content<T: Serialize>(
        &self,
        status: StatusCode,
        message: &T,
        binding: Option<&RequestBinding>,
        now: Timestamp,
    ) -> Result<Response<Vec<u8>>, AnswerError> {
        let content = serde_json::to_vec(message).map_err(|_| AnswerError::Message)?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CONTENT_DIGEST, text(&ContentDigest::of(&content).header())?);
        if let Some(binding) = binding {
            sign_answer(&self.signer, status, &mut headers, AnswerShape::Content, binding, now)?;
        }
        let mut answer = Response::new(content);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }
}

/// Why an answer could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The range begins behind the end of the record: refuse with [`ErrorCode::BadRange`].
    #[error("the record ends before the part that was asked for")]
    Range,
    /// The signer is no provider, or a header field cannot be written.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The message cannot be written as JSON.
    #[error("the answer cannot be written as JSON")]
    Message,
}

fn text(value: &str) -> Result<HeaderValue, AnswerError> {
    HeaderValue::from_str(value).map_err(|_| SignatureError::MalformedField { field: "(answer)" }.into())
}
