//! Ports and readiness on this computer's own loopback address.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// How long an answer may take before a server counts as not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where ports are taken from: below those that systems give to outgoing connections (Linux from 32768, others higher),
/// so that no connection of anybody's can sit on one of ours.
const PORTS: std::ops::Range<u16> = 15_000..32_000;

/// `N` different addresses on 127.0.0.1 that nobody listens on.
///
/// None is given out twice by one program, so towns that are laid out at the same time never meet. Programs start to
/// look at different places; one that takes a port between this call and its use is not ruled out, only unlikely.
pub fn free_addresses<const N: usize>() -> Result<[SocketAddr; N]> {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let count = PORTS.end - PORTS.start;
    let start = u16::try_from(std::process::id().wrapping_mul(97) % u32::from(count))?;
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); N];
    for address in &mut addresses {
        *address = loop {
            let step = GIVEN.fetch_add(1, Ordering::Relaxed);
            ensure!(step < count, "no free port on 127.0.0.1 from {} to {}", PORTS.start, PORTS.end);
            let port = PORTS.start + (start + step) % count;
            if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
                break listener.local_addr()?;
            }
        };
    }
    Ok(addresses)
}

/// Whether something takes connections at `address`.
pub fn listens(address: SocketAddr) -> bool {
    TcpStream::connect_timeout(&address, PATIENCE).is_ok()
}

/// Whether the HTTP server at `address` answers `GET path` with a status of 200 to 299.
pub fn answers(address: SocketAddr, path: &str) -> bool {
    status(address, path).is_ok_and(|status| (200..300).contains(&status))
}

/// The JSON that the HTTP server at `address` answers to `GET path`.
pub fn json(address: SocketAddr, path: &str) -> Result<Value> {
    let mut stream = get(address, path)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let body = answer.windows(4).position(|end| end == b"\r\n\r\n").context("no answer")? + 4;
    serde_json::from_slice(&answer[body..]).context("the answer is no JSON")
}

fn status(address: SocketAddr, path: &str) -> Result<u16> {
    let mut stream = get(address, path)?;
    // "HTTP/1.1 200"
    let mut start = [0; 12];
    stream.read_exact(&mut start)?;
    std::str::from_utf8(&start)?.split(' ').nth(1).context("no status")?.parse().context("no status")
}

/// Asks; the answer is still to be read. In HTTP/1.0, so that it comes in one piece.
fn get(address: SocketAddr, path: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener};

    use super::{answers, free_addresses, listens};

    fn server(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            stream.write_all(answer.as_bytes()).unwrap();
        });
        address
    }

    #[test]
    fn only_a_good_answer_counts_as_ready() {
        assert!(answers(server("HTTP/1.1 204 No Content\r\n\r\n"), "/health"));
        assert!(!answers(server("HTTP/1.1 503 Service Unavailable\r\n\r\n"), "/health"));
        assert!(!answers(server("SSH-2.0-OpenSSH"), "/health"));
        let [nobody] = free_addresses().unwrap();
        assert!(!listens(nobody) && listens(server("")));
        assert!(!answers(nobody, "/health"));
    }

    #[test]
    fn no_address_is_given_out_twice_also_when_many_ask_at_once() {
        let ask = || free_addresses::<8>().unwrap();
        let threads: Vec<_> = (0..8).map(|_| std::thread::spawn(ask)).collect();
        let given: Vec<SocketAddr> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        let different: BTreeSet<_> = given.iter().collect();
        assert_eq!(different.len(), given.len());
    }
}
