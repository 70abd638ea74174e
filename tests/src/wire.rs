//! A cable between a server and everybody else, that can be cut, shortened and interfered with. It copies bytes
//! and knows nothing of HTTP.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// What happens to the answers on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Nobody answers.
    Unplugged,
    /// Each connection breaks after so many bytes of answer.
    CutAfter(usize),
    /// The byte at this place of each connection's answer is flipped.
    FlipAt(usize),
}

/// The cable.
pub struct Wire {
    address: SocketAddr,
    fault: Arc<Mutex<Fault>>,
    requests: Arc<Mutex<Vec<u8>>>,
}

impl Wire {
    /// A cable to a server.
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (fault, requests) = (Arc::<Mutex<Fault>>::default(), Arc::<Mutex<Vec<u8>>>::default());
        let (of_thread, heard) = (Arc::clone(&fault), Arc::clone(&requests));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let fault = *of_thread.lock().unwrap_or_else(PoisonError::into_inner);
                let heard = Arc::clone(&heard);
                thread::spawn(move || connect(client, server, fault, &heard));
            }
        });
        Self { address, fault, requests }
    }

    /// Where the cable begins.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What happens from now on to new connections.
    pub fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    /// Everything that clients sent so far, for replaying it.
    pub fn heard(&self) -> Vec<u8> {
        self.requests.lock().unwrap().clone()
    }
}

fn connect(client: TcpStream, server: SocketAddr, fault: Fault, heard: &Mutex<Vec<u8>>) {
    if fault == Fault::Unplugged {
        return;
    }
    let Ok(upstream) = TcpStream::connect(server) else { return };
    let (mut from_client, mut to_client) = (client.try_clone().unwrap(), client);
    let (mut to_server, mut from_server) = (upstream.try_clone().unwrap(), upstream);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut buffer = [0; 16 * 1024];
            while let Ok(count @ 1..) = from_client.read(&mut buffer) {
                heard.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..count]);
                if to_server.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            let _ = to_server.shutdown(Shutdown::Write);
        });
        answer(&mut from_server, &mut to_client, fault);
        let _ = to_client.shutdown(Shutdown::Both);
        let _ = from_server.shutdown(Shutdown::Both);
    });
}

fn answer(server: &mut TcpStream, client: &mut TcpStream, fault: Fault) {
    let mut buffer = [0; 16 * 1024];
    let mut passed = 0;
    while let Ok(count @ 1..) = server.read(&mut buffer) {
        let mut piece = buffer[..count].to_vec();
        match fault {
            Fault::CutAfter(limit) => piece.truncate(limit - passed.min(limit)),
            Fault::FlipAt(place) if (passed..passed + count).contains(&place) => piece[place - passed] ^= 1,
            _ => {}
        }
        passed += count;
        let cut = matches!(fault, Fault::CutAfter(limit) if passed >= limit);
        if client.write_all(&piece).is_err() || cut {
            break;
        }
    }
}
