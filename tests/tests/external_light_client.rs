//! CometBFT's own light client, in Go, follows blocks that the embedded engine made: a judge that nobody here wrote.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "scenarios may panic"
)]

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use medrec_client::NetworkFile;
use medrec_ledger::testing::{Scribe, sample, sample::Actor};
use medrec_protocol::Timestamp;
use medrec_tests::{Processes, Programs, binaries, eventually};
use serde_json::Value;
use sha1::{Digest, Sha1};
use xtask::loopback;

const NODE: &str = "medrec-node";
const LIGHT: &str = "light";
const PATIENCE: Duration = Duration::from_secs(40);
/// RFC 6455, section 1.3.
const WEBSOCKET: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The Go client wants to open a subscription before it does anything, and never uses it. The embedded engine has none, so
/// this stands before it: it greets those who want one, and passes everything else on.
fn greeter_before(node: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || greet_or_pass(client, node));
        }
    });
    address
}

fn greet_or_pass(mut client: TcpStream, node: SocketAddr) {
    let (mut heard, mut byte) = (Vec::new(), [0]);
    while !heard.ends_with(b"\r\n\r\n") {
        if !matches!(client.read(&mut byte), Ok(1)) {
            return;
        }
        heard.extend(byte);
    }
    let head = String::from_utf8_lossy(&heard).into_owned();
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim().to_owned())
    });
    if let Some(key) = key {
        let accept = STANDARD.encode(Sha1::digest(format!("{key}{WEBSOCKET}")));
        let greeting = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        client.write_all(greeting.as_bytes()).unwrap();
        // Held open and silent.
        while matches!(client.read(&mut byte), Ok(1)) {}
        return;
    }
    let Ok(mut server) = TcpStream::connect(node) else { return };
    server.write_all(&heard).unwrap();
    let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let _ = std::io::copy(&mut server, &mut client);
    let _ = client.shutdown(Shutdown::Both);
}

fn now() -> Timestamp {
    Timestamp::from_seconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

fn newest(node: SocketAddr) -> u64 {
    let status = loopback::json(node, "/status").unwrap();
    status["result"]["sync_info"]["latest_block_height"].as_str().unwrap().parse().unwrap()
}

fn block_id(at: SocketAddr, height: u64) -> Option<String> {
    let commit: Value = loopback::json(at, &format!("/commit?height={height}")).ok()?;
    Some(commit["result"]["signed_header"]["commit"]["block_id"]["hash"].as_str()?.to_owned())
}

#[test]
#[ignore = "needs cometbft: cargo xtask test installs it where Go is present"]
fn external_cometbft_light_client_follows_the_embedded_engine() {
    let cometbft =
        PathBuf::from(std::env::var_os("MEDREC_COMETBFT").expect("MEDREC_COMETBFT names the program"));
    let folder = tempfile::tempdir().unwrap();
    let processes = Processes::new(folder.path().join("logs")).unwrap();
    let programs = Programs::new(binaries(), folder.path().to_owned());
    let [node, proxy] = loopback::free_addresses().unwrap();
    let publisher = Actor::provider(1);
    let entry = folder.path().join("provider.json");
    std::fs::write(&entry, serde_json::to_vec(&sample::provider_entry(&publisher)).unwrap()).unwrap();
    let home = folder.path().join("ledger");
    let mut init = programs.command(NODE);
    init.args(["init", "--chain-id", "medrec-light", "--home"]).arg(&home).arg("--provider").arg(&entry);
    programs.run(init).unwrap().success().unwrap();
    let mut run = programs.command(NODE);
    run.arg("run").arg("--home").arg(&home).arg("--listen").arg(node.to_string());
    processes.start(NODE, run).unwrap();
    processes.wait_until(NODE, PATIENCE, || loopback::answers(node, "/health")).unwrap();

    let file = NetworkFile::parse(&std::fs::read(home.join("network.json")).unwrap()).unwrap();
    let scribe = Scribe::new(file.identity(), publisher, now);
    let send = |tx: Vec<u8>| {
        let tx = hex::encode(tx);
        let answer = loopback::json(node, &format!("/broadcast_tx_commit?tx=0x{tx}")).unwrap();
        assert_eq!(answer["result"]["tx_result"]["code"].as_u64().unwrap_or(0), 0, "{answer}");
    };
    let patient = Actor::patient(1);
    send(scribe.open(&patient));

    let front = format!("http://{}", greeter_before(node));
    let mut light = Command::new(cometbft);
    light.args([
        "light",
        "medrec-light",
        "--sequential",
        "-p",
        &front,
        "-w",
        &front,
        "--height",
        "1",
        "--hash",
    ]);
    light.arg(block_id(node, 1).unwrap()).arg("--home-dir").arg(folder.path().join("light"));
    light.arg("--laddr").arg(format!("tcp://{proxy}"));
    processes.start(LIGHT, light).unwrap();
    processes.wait_until(LIGHT, PATIENCE, || loopback::listens(proxy)).unwrap();
    let mut reached = newest(node);
    for number in 0..30u8 {
        if reached <= 20 {
            send(scribe.publish(&patient, &[number]));
            reached = newest(node);
        }
    }
    assert!(reached > 20, "{reached} blocks");
    // It hands out only what it has verified, here header by header from the first one on.
    for height in [2, 5, reached - 1, reached] {
        eventually(PATIENCE, || block_id(proxy, height).is_some());
        assert_eq!(block_id(proxy, height), block_id(node, height), "block {height}");
    }
    println!("CometBFT's light client verified {reached} headers of the embedded engine, one by one");
}
