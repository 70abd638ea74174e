//! Counts what goes over a connection: requests, and bytes in both directions.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::Result;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// How each request of the ledger's JSON-RPC begins.
const REQUEST_LINE: &[u8] = b"POST / HTTP/1.1\r\n";

/// What went over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// HTTP requests.
    pub requests: usize,
    /// Bytes in both directions, header fields included; TCP's own not.
    pub bytes: usize,
}

/// A listener that passes everything on to a server and counts it.
pub struct Meter {
    address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Everything that clients sent.
    requests: Mutex<Vec<u8>>,
    answered: AtomicUsize,
}

impl Meter {
    /// A meter before a server.
    pub async fn before(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let seen = Arc::<Seen>::default();
        let counted = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, server, Arc::clone(&counted)));
            }
        });
        Ok(Self { address, seen })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What passed so far.
    pub fn traffic(&self) -> Traffic {
        let sent = self.seen.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let requests = sent.windows(REQUEST_LINE.len()).filter(|bytes| *bytes == REQUEST_LINE).count();
        Traffic { requests, bytes: sent.len() + self.seen.answered.load(Ordering::Relaxed) }
    }
}

async fn pass(client: TcpStream, server: SocketAddr, seen: Arc<Seen>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let requests = copy(from_client, to_server, |bytes| {
        seen.requests.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    });
    let answers = copy(from_server, to_client, |bytes| {
        seen.answered.fetch_add(bytes.len(), Ordering::Relaxed);
    });
    tokio::join!(requests, answers);
}

/// Copies until either side is gone.
async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, count: impl Fn(&[u8])) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        count(&buffer[..length]);
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
    // The other side may be gone already; there is nobody left to tell.
    let _ = to.shutdown().await;
}
