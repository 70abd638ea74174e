//! The cables between hospitals' nodes, which can be cut while everything runs.
//!
//! One front stands before each node's door for other nodes, and is the only address of it that anybody is told. Whoever
//! knocks is found out by the process that holds the other end of the connection, so that nodes keep the configuration of
//! a hospital and may tell each other their peers.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    os::unix::ffi::OsStrExt,
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use medrec_tests::Network;

/// How a cable is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Connections break, and new ones are refused: both ends know at once.
    Closed,
    /// Nothing that is sent arrives, and nobody is told.
    Silent,
}

/// Two nodes, the lower number first.
type Pair = (usize, usize);

#[derive(Default)]
struct Cables {
    cut: BTreeMap<Pair, Cut>,
    connections: BTreeMap<u64, (Pair, TcpStream)>,
    made: u64,
    seen: BTreeSet<Pair>,
}

struct Shared {
    /// Where the nodes' homes are.
    folder: PathBuf,
    cables: Mutex<Cables>,
    changed: Condvar,
}

/// All cables of a network.
pub struct Links(Arc<Shared>);

const fn pair(one: usize, other: usize) -> Pair {
    if one < other { (one, other) } else { (other, one) }
}

impl Links {
    /// Stands between the nodes of a network that was laid out and does not run: their settings name the fronts.
    pub fn between(network: &Network) -> Self {
        let shared = Arc::new(Shared {
            folder: std::path::absolute(network.folder()).unwrap(),
            cables: Mutex::default(),
            changed: Condvar::new(),
        });
        let file = |node: usize| network.home(node).join("engine.toml");
        let read = |node: usize| -> toml::Table {
            std::fs::read_to_string(file(node)).unwrap().parse().expect("settings")
        };
        let mut fronts = BTreeMap::<String, String>::new();
        for node in network.numbers() {
            let door = read(node)["p2p_listen"].as_str().unwrap().to_owned();
            let front = shared.clone().front(node, door.parse().unwrap());
            fronts.insert(door, front.to_string());
        }
        for node in network.numbers() {
            let mut settings = read(node);
            let own = fronts[settings["p2p_listen"].as_str().unwrap()].clone();
            settings.insert("p2p_address".into(), own.into());
            for peer in settings["peers"].as_array_mut().unwrap() {
                let (id, door) = peer.as_str().unwrap().split_once('@').unwrap();
                *peer = format!("{id}@{}", fronts[door]).into();
            }
            std::fs::write(file(node), settings.to_string()).unwrap();
        }
        Self(shared)
    }

    /// Cuts every cable between one of these nodes and one of those.
    pub fn cut(&self, these: &[usize], those: &[usize], how: Cut) {
        let mut cables = self.0.lock();
        for pair in these.iter().flat_map(|one| those.iter().map(|other| pair(*one, *other))) {
            cables.cut.insert(pair, how);
        }
        if how == Cut::Closed {
            let cut = cables.cut.clone();
            for (pair, stream) in cables.connections.values() {
                if cut.contains_key(pair) {
                    // It may be closed already.
                    let _ = stream.shutdown(Shutdown::Both);
                }
            }
        }
        self.0.changed.notify_all();
    }

    /// All cables are whole again.
    pub fn heal(&self) {
        self.0.lock().cut.clear();
        self.0.changed.notify_all();
    }

    /// How many pairs of nodes have been connected at any time.
    pub fn seen(&self) -> usize {
        self.0.lock().seen.len()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Cables> {
        self.cables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes connections for a node. Returns the address.
    fn front(self: Arc<Self>, node: usize, door: SocketAddr) -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let shared = self.clone();
                thread::spawn(move || shared.connect(node, door, client));
            }
        });
        address
    }

    fn connect(&self, node: usize, door: SocketAddr, client: TcpStream) -> Option<()> {
        // Whoever ended meanwhile is not connected.
        let from = self.caller(&client)?;
        let pair = pair(from, node);
        if self.wait(pair) == Some(Cut::Closed) {
            return None;
        }
        let server = TcpStream::connect(door).ok()?;
        for end in [&client, &server] {
            end.set_nodelay(true).ok()?;
        }
        let number = {
            let mut cables = self.lock();
            if cables.cut.get(&pair) == Some(&Cut::Closed) {
                return None;
            }
            cables.made += 1;
            cables.seen.insert(pair);
            let number = cables.made;
            cables.connections.insert(number, (pair, client.try_clone().ok()?));
            number
        };
        let (from, to) = (client.try_clone().ok()?, server.try_clone().ok()?);
        thread::scope(|scope| {
            scope.spawn(|| self.pass_on(pair, from, to));
            self.pass_on(pair, server, client);
        });
        self.lock().connections.remove(&number);
        Some(())
    }

    fn pass_on(&self, pair: Pair, mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = [0; 16 * 1024];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            if self.wait(pair).is_some() || to.write_all(&bytes[..read]).is_err() {
                break;
            }
        }
        // What has ended on one side is over on both.
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }

    /// Waits while this cable is silent; says whether it is closed.
    fn wait(&self, pair: Pair) -> Option<Cut> {
        let silent = |cables: &mut Cables| cables.cut.get(&pair) == Some(&Cut::Silent);
        let cables = self.changed.wait_while(self.lock(), silent).unwrap_or_else(PoisonError::into_inner);
        cables.cut.get(&pair).copied()
    }

    /// The node whose engine holds the other end of this connection.
    fn caller(&self, client: &TcpStream) -> Option<usize> {
        let (theirs, ours) = (client.peer_addr().ok()?.port(), client.local_addr().ok()?.port());
        let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
        // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
        let inode = table.lines().find_map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            let port = |word: &str| u16::from_str_radix(word.rsplit_once(':')?.1, 16).ok();
            let is_it = words.len() > 9 && port(words[1]) == Some(theirs) && port(words[2]) == Some(ours);
            is_it.then(|| words[9].to_owned())
        })?;
        let socket = format!("socket:[{inode}]");
        std::fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
            let node = self.node_of(&std::fs::read(process.path().join("cmdline")).ok()?)?;
            let mut files = std::fs::read_dir(process.path().join("fd")).ok()?.flatten();
            files
                .any(|file| {
                    std::fs::read_link(file.path())
                        .is_ok_and(|to| to.as_os_str() == std::ffi::OsStr::new(&socket))
                })
                .then_some(node)
        })
    }

    /// The node of an engine, by the words that started it.
    fn node_of(&self, line: &[u8]) -> Option<usize> {
        line.split(|byte| *byte == 0).find_map(|word| {
            let rest = word.strip_prefix(self.folder.as_os_str().as_bytes())?.strip_prefix(b"/node-")?;
            std::str::from_utf8(rest).ok()?.strip_suffix("/cometbft")?.parse().ok()
        })
    }
}
