//! Fixed accounts, and a publisher on loopback that can be told to misbehave.
#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    response::Response,
};
use ed25519_dalek::SigningKey;
use futures::stream;
use http::{HeaderValue, Method, StatusCode, header};
use medrec_exchange::{
    Endpoint, GatekeeperClient, Signer,
    api::{
        EmergencyEpisode, ErrorAnswer, ErrorCode, MAX_REQUEST_BYTES, RecordHeader, RecordPage,
        SealedViewingKey, ViewingKeyFor,
    },
    client::{Asker, CopyOrder, Timeouts},
    server::{Admission, Admitted, AnswerDesk, Asked, KeySource, KeySourceError, RecordPart, RecordRequest},
    signature::MemoryNonces,
};
use medrec_protocol::{
    Address, ChainIdentity, Commitment, Epoch, Hash32, ProviderAddress, PublicKey, RecordSalt,
    RelationshipAddress, Timestamp, ViewingKey,
    codec::Text,
    decide::{EPISODE_SECONDS, Operation},
    handover::SealingSecret,
    state::Provider,
};
use rand_core::{TryCryptoRng, TryRng};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

pub fn chain() -> ChainIdentity {
    ChainIdentity { chain_id: "demo-1".parse().unwrap(), genesis_hash: Hash32::new([6; 32]) }
}

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn public(seed: u8) -> PublicKey {
    PublicKey::of(&key(seed))
}

pub fn relationship() -> RelationshipAddress {
    RelationshipAddress::of(&public(1))
}

pub fn patient() -> Signer {
    Signer::new(relationship(), key(1))
}

pub fn publisher() -> Signer {
    Signer::new(ProviderAddress::of(&public(2)), key(2))
}

pub fn grantee() -> Signer {
    Signer::new(ProviderAddress::of(&public(3)), key(3))
}

pub fn stranger() -> Signer {
    Signer::new(ProviderAddress::of(&public(4)), key(4))
}

pub fn sealing_secret() -> SealingSecret {
    SealingSecret::from_bytes(Zeroizing::new([5; 32]))
}

pub fn provider(endpoint: &str) -> Provider {
    Provider {
        name: Text::new("Hospital").unwrap(),
        place: Text::new("Riverside").unwrap(),
        endpoint: Text::new(endpoint).unwrap(),
        signing_key: public(2),
        sealing_key: sealing_secret().public().unwrap(),
    }
}

/// Counts upwards: the same bytes in every run.
pub struct Counting(pub u8);

impl TryRng for Counting {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for byte in bytes {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

/// Keys that a gatekeeper would read from the ledger: patient 1, publisher 2, grantee 3.
pub struct Keys(BTreeMap<Address, PublicKey>);

impl Default for Keys {
    fn default() -> Self {
        let accounts = [patient(), publisher(), grantee()];
        Self(accounts.map(|signer| (signer.address(), signer.public_key())).into())
    }
}

#[async_trait]
impl KeySource for Keys {
    async fn key_of(&self, account: Address) -> Result<Option<PublicKey>, KeySourceError> {
        Ok(self.0.get(&account).copied())
    }
}

/// How the publisher misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Breaks the connection after so many bytes of each answer.
    BreakAfter(usize),
    /// Ends an answer of unknown length early, as if it were whole.
    EndAfter(usize),
    /// Flips a bit of one byte of the record.
    Flip(usize),
    /// Sends one byte more than the record has.
    OneMore,
    /// Ends without sending a byte.
    Nothing,
    /// Sends to another address.
    Redirect,
    /// Answers for another record, properly signed.
    OtherRecord,
    /// Announces another size, properly signed.
    OtherSize,
    /// Shows another salt, properly signed.
    OtherSalt,
    /// Signs with another key.
    OtherKey,
    /// Repeats the first answer's header fields.
    FirstAnswerAgain,
    /// Answers the whole when a part was asked for.
    IgnoreRange,
    /// Changes the announced size after signing.
    AlterSize,
    /// Refuses, properly signed.
    Refuse(ErrorCode),
    /// Refuses without a signature.
    Unsigned(u16),
    /// Sends endless JSON, properly signed for another content.
    EndlessMessage,
    /// Changes a message after signing.
    AlterMessage,
    /// Seals the viewing key for another account.
    OtherRecipient,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub method: Method,
    pub path: String,
    pub query: Option<String>,
    pub range: Option<String>,
}

pub struct Publisher {
    pub endpoint: Endpoint,
    /// Faults for the next answers, in order; then none.
    pub faults: Mutex<Vec<Fault>>,
    pub calls: Mutex<Vec<Call>>,
    pub record: Vec<u8>,
    pub salt: RecordSalt,
    pub page: Mutex<RecordPage>,
    keys: Keys,
    nonces: MemoryNonces,
    first: Mutex<Option<http::HeaderMap>>,
}

pub fn clock() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_seconds(since.as_secs())
}

impl Publisher {
    pub async fn start(record: Vec<u8>, faults: &[Fault]) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let publisher = Arc::new(Self {
            endpoint,
            faults: Mutex::new(faults.iter().rev().copied().collect()),
            calls: Mutex::default(),
            record,
            salt: RecordSalt::from_bytes([9; 32]),
            page: Mutex::default(),
            keys: Keys::default(),
            nonces: MemoryNonces::default(),
            first: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(publisher.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        publisher
    }

    pub fn commitment(&self) -> Commitment {
        Commitment::to(&self.salt, &self.record)
    }

    pub fn order(&self) -> CopyOrder {
        CopyOrder {
            relationship: relationship(),
            commitment: self.commitment(),
            operation: Operation::Copy,
            size: Some(self.record.len() as u64),
            limit: 1 << 30,
        }
    }

    pub fn client(&self) -> GatekeeperClient {
        GatekeeperClient::new(&provider(self.endpoint.as_str()), Timeouts::default()).unwrap()
    }

    pub fn ranges(&self) -> Vec<Option<String>> {
        self.calls.lock().unwrap().iter().map(|call| call.range.clone()).collect()
    }

    fn desk(fault: Fault) -> AnswerDesk {
        let signing_key = if fault == Fault::OtherKey { key(4) } else { key(2) };
        AnswerDesk::new(Signer::new(publisher().address(), signing_key))
    }

    fn refuse(code: ErrorCode, admitted: Option<&Admitted>) -> Response {
        let binding = admitted.map(|admitted| &admitted.binding);
        let refusal = ErrorAnswer::new(code).retry_after(0);
        Self::desk(Fault::None).refusal(&refusal, binding, clock()).unwrap().map(Body::from)
    }

    fn message(&self, admitted: &Admitted, fault: Fault) -> Response {
        let page = self.page.lock().unwrap().clone();
        let mut answer = Self::desk(fault).message(&page, &admitted.binding, clock()).unwrap();
        match fault {
            Fault::AlterMessage => answer.body_mut().push(b' '),
            Fault::EndlessMessage => {
                let endless =
                    stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 64 * 1024])));
                return answer.map(|_| Body::from_stream(endless));
            }
            _ => {}
        }
        answer.map(Body::from)
    }

    fn record(&self, admitted: &Admitted, request: RecordRequest, fault: Fault) -> Response {
        let mut record = self.record.clone();
        let mut header =
            RecordHeader { commitment: self.commitment(), salt: self.salt, size: record.len() as u64 };
        match fault {
            Fault::OtherRecord => header.commitment = Commitment::from_bytes([1; 32]),
            Fault::OtherSize => header.size -= 1,
            Fault::OtherSalt => header.salt = RecordSalt::from_bytes([8; 32]),
            Fault::Flip(at) => record[at] ^= 1,
            Fault::OneMore => record.push(0),
            _ => {}
        }
        let range = request.range.filter(|_| fault != Fault::IgnoreRange);
        let Ok(answer) = Self::desk(fault).record(&header, range, &admitted.binding, clock()) else {
            return Self::refuse(ErrorCode::BadRange, Some(admitted));
        };
        let (mut parts, ()) = answer.into_parts();
        let mut first = self.first.lock().unwrap();
        let first = first.get_or_insert_with(|| parts.headers.clone());
        if fault == Fault::FirstAnswerAgain {
            parts.headers = first.clone();
        }
        if fault == Fault::AlterSize {
            parts.headers.insert("medrec-size", HeaderValue::from_static("7"));
        }
        let from = usize::try_from(range.map_or(0, |range| range.from)).unwrap();
        let content =
            if request.part == RecordPart::HeaderOnly { Vec::new() } else { record[from..].to_vec() };
        without_length(Response::from_parts(parts, content_of(content, fault)), fault)
    }
}

/// Answers that lie about their length are sent in chunks.
fn without_length(mut answer: Response, fault: Fault) -> Response {
    if matches!(fault, Fault::OneMore | Fault::EndAfter(_) | Fault::Nothing | Fault::OtherSize) {
        answer.headers_mut().remove(header::CONTENT_LENGTH);
    }
    answer
}

fn content_of(content: Vec<u8>, fault: Fault) -> Body {
    let (count, broken) = match fault {
        Fault::BreakAfter(count) => (count, true),
        Fault::EndAfter(count) => (count, false),
        Fault::Nothing => (0, false),
        _ => (content.len(), false),
    };
    let mut pieces: Vec<Result<Bytes, std::io::Error>> = content[..count.min(content.len())]
        .chunks(4096)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    if broken {
        pieces.push(Err(std::io::Error::other("broken on purpose")));
    }
    Body::from_stream(stream::iter(pieces))
}

async fn answer(State(publisher): State<Arc<Publisher>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let range = parts.headers.get(header::RANGE).map(|value| value.to_str().unwrap().to_owned());
    let call = Call {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        range,
    };
    publisher.calls.lock().unwrap().push(call);
    let fault = publisher.faults.lock().unwrap().pop().unwrap_or(Fault::None);
    if fault == Fault::Redirect {
        let elsewhere = publisher.endpoint.uri("/elsewhere");
        return Response::builder()
            .status(307)
            .header(header::LOCATION, elsewhere)
            .body(Body::empty())
            .unwrap();
    }
    if let Fault::Unsigned(status) = fault {
        let status = StatusCode::from_u16(status).unwrap();
        return Response::builder().status(status).body(Body::empty()).unwrap();
    }
    let content = to_bytes(body, MAX_REQUEST_BYTES).await.unwrap();
    let admission =
        Admission { endpoint: &publisher.endpoint, keys: &publisher.keys, nonces: &publisher.nonces };
    let admitted = match admission.admit(&parts, &content, clock()).await {
        Ok(admitted) => admitted,
        Err(refused) => {
            let refusal = ErrorAnswer::new(refused.cause.code());
            let answer = Publisher::desk(fault).refusal(&refusal, refused.binding.as_ref(), clock()).unwrap();
            return answer.map(Body::from);
        }
    };
    match (&admitted.asked, fault) {
        (_, Fault::Refuse(code)) => Publisher::refuse(code, Some(&admitted)),
        (Asked::Record(request), fault) => publisher.record(&admitted, *request, fault),
        (Asked::Records { .. }, fault) => publisher.message(&admitted, fault),
        (Asked::ViewingKey(relationship, request), fault) => {
            let recipient =
                if fault == Fault::OtherRecipient { stranger().address() } else { admitted.asker };
            let (chain, relationship) = (chain(), *relationship);
            let whom = ViewingKeyFor { chain: &chain, recipient, relationship };
            let key = (Epoch::new(3), &ViewingKey::from_bytes([8; 32]));
            let sealed = SealedViewingKey::seal(key, &request.sealing_key, &whom, &mut Counting(1)).unwrap();
            Publisher::desk(fault).message(&sealed, &admitted.binding, clock()).unwrap().map(Body::from)
        }
        (Asked::Emergency(_, request), fault) => {
            let (began, ends) = (NOW, NOW.plus(EPISODE_SECONDS));
            let episode = EmergencyEpisode { episode: request.episode, began, ends };
            Publisher::desk(fault).message(&episode, &admitted.binding, clock()).unwrap().map(Body::from)
        }
        (Asked::Deliver(_), fault) => {
            Publisher::desk(fault).noted(&admitted.binding, clock()).unwrap().map(Body::from)
        }
        _ => Publisher::refuse(ErrorCode::NotFound, Some(&admitted)),
    }
}

pub fn clinic() -> Asker {
    Asker { signer: grantee(), person: medrec_exchange::Person::new("Dr. Ana López").unwrap() }
}
