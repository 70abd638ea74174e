//! A publisher's side of the exchange on loopback: it admits signed requests and answers them signed, as a gatekeeper
//! does, with one large record.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};
use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures::stream;
use medrec_exchange::{
    Endpoint, Signer,
    api::{MAX_REQUEST_BYTES, RecordHeader},
    server::{Admission, AnswerDesk, Asked, KeySource, KeySourceError},
    signature::MemoryNonces,
};
use medrec_protocol::{
    Address, PublicKey, RecordSalt, RelationshipAddress, commitment::CommitmentHasher, state::Provider,
};
use tokio::{net::TcpListener, runtime::Runtime, task::spawn_blocking};

use super::people::{Patient, Publisher, now, random};

/// Bytes read and sent at once, as a gatekeeper does.
const PIECE_BYTES: u64 = 128 * 1024;

/// A server with one record of one patient.
pub struct RecordServer {
    /// Its entry in the directory.
    pub provider: Provider,
    /// The record.
    pub header: RecordHeader,
    /// Threads of its own, as if it were another computer.
    _runtime: Runtime,
}

/// What the server knows.
struct Desk {
    endpoint: Endpoint,
    keys: OnePatient,
    nonces: MemoryNonces,
    answers: AnswerDesk,
    header: RecordHeader,
    record: PathBuf,
}

/// The key of the only account that may ask.
struct OnePatient {
    relationship: RelationshipAddress,
    key: PublicKey,
}

#[async_trait]
impl KeySource for OnePatient {
    async fn key_of(&self, account: Address) -> Result<Option<PublicKey>, KeySourceError> {
        Ok((account == self.relationship.into()).then_some(self.key))
    }
}

impl RecordServer {
    /// Serves the file to the patient.
    pub fn start(record: &Path, patient: &Patient) -> Result<Self> {
        let runtime = Runtime::new()?;
        let publisher = Publisher::number(1);
        let header = header_of(record)?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let url = format!("http://{}", listener.local_addr()?);
        let desk = Desk {
            endpoint: url.parse()?,
            keys: OnePatient { relationship: patient.relationship(), key: PublicKey::of(&patient.key) },
            nonces: MemoryNonces::default(),
            answers: AnswerDesk::new(Signer::new(publisher.address(), publisher.key.clone())),
            header,
            record: record.to_owned(),
        };
        let router = Router::new().fallback(serve).with_state(Arc::new(desk));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Ok(Self { provider: publisher.entry(&url)?, header, _runtime: runtime })
    }
}

fn header_of(record: &Path) -> Result<RecordHeader> {
    let salt = RecordSalt::generate(&mut random());
    let mut hasher = CommitmentHasher::new(&salt);
    let mut file = File::open(record)?;
    let mut buffer = vec![0; usize::try_from(PIECE_BYTES)?];
    let mut size = 0;
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok(RecordHeader { commitment: hasher.finish(), salt, size });
        }
        hasher.update(&buffer[..length]);
        size += u64::try_from(length)?;
    }
}

async fn serve(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    match desk.answer(request).await {
        Ok(answer) => answer,
        Err(error) => (StatusCode::BAD_REQUEST, format!("{error:#}")).into_response(),
    }
}

impl Desk {
    async fn answer(&self, request: Request) -> Result<Response> {
        let (parts, body) = request.into_parts();
        let content = to_bytes(body, MAX_REQUEST_BYTES).await?;
        let admission = Admission { endpoint: &self.endpoint, keys: &self.keys, nonces: &self.nonces };
        let admitted = admission.admit(&parts, &content, now()?).await?;
        let Asked::Record(asked) = &admitted.asked else { anyhow::bail!("only the record can be asked for") };
        let answer = self.answers.record(&self.header, asked.range, &admitted.binding, now()?)?;
        let from = asked.range.map_or(0, |range| range.from);
        let left = self.header.size.checked_sub(from).context("a range behind the end")?;
        let mut file = File::open(&self.record)?;
        file.seek(SeekFrom::Start(from))?;
        Ok(answer.map(|()| pieces(file, left)))
    }
}

fn pieces(file: File, left: u64) -> Body {
    Body::from_stream(stream::try_unfold((file, left), |(file, left)| async move {
        if left == 0 {
            return Ok::<_, std::io::Error>(None);
        }
        let read = spawn_blocking(move || piece(file, left)).await.map_err(std::io::Error::other)?;
        read.map(|(piece, file, left)| Some((piece, (file, left))))
    }))
}

fn piece(mut file: File, left: u64) -> std::io::Result<(Bytes, File, u64)> {
    let length = left.min(PIECE_BYTES);
    let mut piece = vec![0; usize::try_from(length).map_err(std::io::Error::other)?];
    file.read_exact(&mut piece)?;
    Ok((Bytes::from(piece), file, left - length))
}
