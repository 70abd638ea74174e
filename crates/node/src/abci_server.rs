//! The socket on which CometBFT drives the application: protobuf messages, each behind its length as a
//! varint (CometBFT v0.38, spec/abci/abci++_client_server.md). CometBFT opens four connections.
//!
//! After a failed consensus request nothing may follow, so the server ends with an error; its caller ends
//! the process. A failed query is answered as an exception and ends nothing.

use std::{
    io::{self, Read, Write},
    net::Shutdown,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::{Buf, BytesMut};
use prost::Message;
use tendermint_proto::v0_38::abci::{
    Request, Response, ResponseException, request::Value as RequestValue, response::Value as ResponseValue,
};
use tokio::{
    net::{TcpListener, UnixListener},
    sync::mpsc,
};

use crate::{NodeError, app::App};

/// Longest message in bytes: a block of the greatest size and what stands around it.
const MAX_MESSAGE_BYTES: usize = 32 << 20;
/// Most bytes of one read.
const READ_BYTES: usize = 64 << 10;
/// Answers that wait to be sent together, in bytes, before they are sent anyway.
const MAX_WAITING_BYTES: usize = 1 << 20;
/// Longest varint in bytes.
const MAX_VARINT_BYTES: usize = 10;

/// Where CometBFT finds the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// `tcp://host:port`
    Tcp(String),
    /// `unix:///path`
    Unix(PathBuf),
}

impl std::str::FromStr for Address {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            Some(("tcp", address)) if !address.is_empty() => Ok(Self::Tcp(address.into())),
            Some(("unix", path)) if !path.is_empty() => Ok(Self::Unix(path.into())),
            _ => Err("expected tcp://HOST:PORT or unix:///PATH".into()),
        }
    }
}

/// A socket that is bound and not yet served.
pub enum Socket {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix socket, removed when the server ends.
    Unix(UnixListener, PathBuf),
}

impl Socket {
    /// Binds the socket. A Unix socket left behind by a dead process is replaced.
    pub async fn bind(address: &Address) -> Result<Self, NodeError> {
        match address {
            Address::Tcp(address) => {
                let listener = TcpListener::bind(address).await;
                listener
                    .map(Self::Tcp)
                    .map_err(|source| NodeError::Listen { address: address.clone(), source })
            }
            Address::Unix(path) => {
                remove_dead_socket(path).await?;
                let listener = UnixListener::bind(path);
                let failed = |source| NodeError::Listen { address: path.display().to_string(), source };
                Ok(Self::Unix(listener.map_err(failed)?, path.clone()))
            }
        }
    }

    /// The address as CometBFT's `proxy_app` takes it.
    pub fn url(&self) -> Result<String, NodeError> {
        match self {
            Self::Tcp(listener) => {
                let failed = |source| NodeError::Listen { address: "tcp".into(), source };
                Ok(format!("tcp://{}", listener.local_addr().map_err(failed)?))
            }
            Self::Unix(_, path) => Ok(format!("unix://{}", path.display())),
        }
    }

    /// Serves until a consensus request fails. Every connection has its own order of requests.
    pub async fn serve(self, app: Arc<App>) -> Result<(), NodeError> {
        let (fatal, mut failed) = mpsc::channel(1);
        loop {
            tokio::select! {
                Some(error) = failed.recv() => return Err(error),
                accepted = self.accept_one(&app, &fatal) => accepted?,
            }
        }
    }

    async fn accept_one(&self, app: &Arc<App>, fatal: &mpsc::Sender<NodeError>) -> Result<(), NodeError> {
        let failed = |source| NodeError::Listen { address: self.url().unwrap_or_default(), source };
        let wire = match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await.map_err(failed)?;
                stream.set_nodelay(true).map_err(failed)?;
                Wire::Tcp(stream.into_std().map_err(failed)?)
            }
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await.map_err(failed)?;
                Wire::Unix(stream.into_std().map_err(failed)?)
            }
        };
        wire.blocking().map_err(failed)?;
        let (app, fatal) = (app.clone(), fatal.clone());
        std::thread::Builder::new()
            .name("abci".into())
            .spawn(move || connection(wire, &app, &fatal))
            .map_err(failed)?;
        Ok(())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            // Left behind it does no harm: the next start replaces it.
            let _ = std::fs::remove_file(path);
        }
    }
}

async fn remove_dead_socket(path: &Path) -> Result<(), NodeError> {
    use std::os::unix::fs::FileTypeExt;
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    if is_socket && tokio::net::UnixStream::connect(path).await.is_err() {
        std::fs::remove_file(path).map_err(|source| NodeError::File { path: path.into(), source })?;
    }
    Ok(())
}

/// One connection, read and written by one thread of its own.
enum Wire {
    Tcp(std::net::TcpStream),
    Unix(std::os::unix::net::UnixStream),
}

impl Wire {
    fn blocking(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_nonblocking(false),
            Self::Unix(stream) => stream.set_nonblocking(false),
        }
    }

    fn hang_up(&self) {
        // The other side may have done so already.
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn connection(mut wire: Wire, app: &App, fatal: &mpsc::Sender<NodeError>) {
    let ended = converse(&mut wire, app);
    wire.hang_up();
    match ended {
        Ok(()) => tracing::debug!("an ABCI connection was closed"),
        Err(error @ NodeError::Consensus(_)) => {
            tracing::error!(%error, "consensus stopped");
            // Full only when another connection has failed before; one failure is enough.
            let _ = fatal.try_send(error);
        }
        Err(error) => tracing::warn!(%error, "an ABCI connection was given up"),
    }
}

/// Answers requests in order until no more come. What came together is answered together; nothing follows an answer that
/// failed.
fn converse(wire: &mut Wire, app: &App) -> Result<(), NodeError> {
    let (mut incoming, mut outgoing) = (BytesMut::new(), Vec::new());
    let mut piece = vec![0; READ_BYTES];
    loop {
        let length = match wire.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(broken)?,
        };
        if length == 0 {
            return Ok(());
        }
        incoming.extend_from_slice(piece.get(..length).unwrap_or_default());
        while let Some(request) = unframe::<Request>(&mut incoming)? {
            let request =
                request.value.ok_or_else(|| NodeError::Frame("a request without content".into()))?;
            answer(app, request, &mut outgoing)?;
            if outgoing.len() > MAX_WAITING_BYTES {
                send(wire, &mut outgoing)?;
            }
        }
        send(wire, &mut outgoing)?;
    }
}

fn send(wire: &mut Wire, outgoing: &mut Vec<u8>) -> Result<(), NodeError> {
    wire.write_all(outgoing).map_err(broken)?;
    outgoing.clear();
    Ok(())
}

fn answer(app: &App, request: RequestValue, outgoing: &mut Vec<u8>) -> Result<(), NodeError> {
    let consensus = is_consensus(&request);
    // A panic is as good as any other failure: nothing may follow it.
    let handled = catch_unwind(AssertUnwindSafe(|| app.handle(request))).unwrap_or(Err(NodeError::Halted));
    outgoing.extend(frame(&Response { value: Some(answered(handled, consensus)?) }));
    Ok(())
}

fn answered(handled: Result<ResponseValue, NodeError>, consensus: bool) -> Result<ResponseValue, NodeError> {
    match handled {
        Err(error) if consensus => Err(NodeError::Consensus(Box::new(error))),
        Err(error) => Ok(ResponseValue::Exception(ResponseException { error: error.to_string() })),
        Ok(response) => Ok(response),
    }
}

fn is_consensus(request: &RequestValue) -> bool {
    matches!(
        request,
        RequestValue::InitChain(_)
            | RequestValue::PrepareProposal(_)
            | RequestValue::ProcessProposal(_)
            | RequestValue::FinalizeBlock(_)
            | RequestValue::Commit(_)
            | RequestValue::OfferSnapshot(_)
            | RequestValue::ApplySnapshotChunk(_)
    )
}

fn broken(error: std::io::Error) -> NodeError {
    NodeError::Frame(error.to_string())
}

/// A message behind its length.
pub fn frame<M: Message>(message: &M) -> Vec<u8> {
    message.encode_length_delimited_to_vec()
}

/// Takes the next message out of what came so far; `None` when it is not complete.
pub fn unframe<M: Message + Default>(incoming: &mut BytesMut) -> Result<Option<M>, NodeError> {
    let mut rest = incoming.as_ref();
    let length = match prost::encoding::decode_varint(&mut rest) {
        Ok(length) => usize::try_from(length).unwrap_or(usize::MAX),
        Err(_) if incoming.len() < MAX_VARINT_BYTES => return Ok(None),
        Err(error) => return Err(NodeError::Frame(error.to_string())),
    };
    if length > MAX_MESSAGE_BYTES {
        return Err(NodeError::Frame(format!("{length} bytes, at most {MAX_MESSAGE_BYTES} are allowed")));
    }
    if rest.len() < length {
        return Ok(None);
    }
    incoming.advance(incoming.len() - rest.len());
    let message = M::decode(incoming.split_to(length).freeze());
    message.map(Some).map_err(|error| NodeError::Frame(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tendermint_proto::v0_38::abci::RequestEcho;

    fn echo(message: &str) -> Request {
        Request { value: Some(RequestValue::Echo(RequestEcho { message: message.into() })) }
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_refused_or_waited_for_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut incoming = BytesMut::from(bytes.as_slice());
            while let Ok(Some(_)) = unframe::<Request>(&mut incoming) {}
        }

        #[test]
        fn messages_come_out_as_they_went_in_however_they_are_cut(
            messages in prop::collection::vec(".{0,200}", 1..8),
            cut in 1usize..40,
        ) {
            let sent: Vec<u8> = messages.iter().flat_map(|message| frame(&echo(message))).collect();
            let (mut incoming, mut received) = (BytesMut::new(), Vec::new());
            for piece in sent.chunks(cut) {
                incoming.extend_from_slice(piece);
                while let Some(message) = unframe::<Request>(&mut incoming).unwrap() {
                    received.push(message);
                }
            }
            prop_assert_eq!(received, messages.iter().map(|message| echo(message)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_anything_comes() {
        let mut incoming = BytesMut::new();
        prost::encoding::encode_varint(MAX_MESSAGE_BYTES as u64 + 1, &mut incoming);
        assert!(unframe::<Request>(&mut incoming).is_err());
    }

    #[test]
    fn addresses_are_tcp_or_unix() {
        assert_eq!("tcp://127.0.0.1:1".parse(), Ok(Address::Tcp("127.0.0.1:1".into())));
        assert_eq!("unix:///run/app".parse(), Ok(Address::Unix("/run/app".into())));
        for bad in ["", "127.0.0.1:1", "tcp://", "unix://", "http://x"] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }
}
