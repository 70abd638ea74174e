//! What happens between wallet and gatekeeper: flipped bytes, broken connections, requests that somebody kept.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios may panic")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use medrec_tests::{Fault, HOSPITAL, PRACTICE, Person, TestTown, Wire, eventually, wait_for_records};
use serde_json::Value;

/// Amélia, whose hospital is reached over a cable; a scan of 3 MB lies among her records there.
fn amelia_over_a_wire() -> (TestTown, Wire, Person, String) {
    let (town, wire) = TestTown::with_wire(HOSPITAL);
    let amelia = town.person("amelia").unwrap();
    let scan: Vec<u8> = (0..3_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let folder = town.site(HOSPITAL).unwrap().source.join(&amelia.local_ids()[HOSPITAL]);
    std::fs::write(folder.join("whole-body-scan.bin"), scan).unwrap();
    amelia.settle(&town, &[HOSPITAL]).unwrap();
    wait_for_records(&amelia, 16);
    let scan = amelia.listed(&["--search", "whole-body"]).unwrap();
    let id = scan[0]["id"].as_str().unwrap().to_owned();
    (town, wire, amelia, id)
}

fn badge(person: &Person, id: &str) -> Value {
    let records = person.listed(&[]).unwrap();
    records.into_iter().find(|record| record["id"] == id).unwrap()["badge"].clone()
}

#[test]
fn a_byte_flipped_on_the_way_is_noticed_and_the_honest_copy_is_taken_later() {
    let (_town, wire, amelia, scan) = amelia_over_a_wire();
    wire.set(Fault::FlipAt(1_500_000));
    let refused = amelia.medrec(&["fetch", &scan, "--json"]).unwrap().refusal().unwrap();
    assert_eq!(refused.code, Some(8), "{refused}");
    assert_eq!(badge(&amelia, &scan), "does_not_match");
    wire.set(Fault::None);
    amelia.json(&["fetch", &scan]).unwrap();
    assert_eq!(badge(&amelia, &scan), "verified");
}

#[test]
fn a_byte_flipped_at_the_gatekeeper_is_noticed() {
    let (town, _wire, amelia, scan) = amelia_over_a_wire();
    let snapshot = town.site(HOSPITAL).unwrap().home.join("snapshots");
    let listed = amelia.listed(&["--search", "whole-body"]).unwrap();
    let commitment = listed[0]["commitment"].as_str().unwrap();
    let file = std::fs::read_dir(snapshot)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_string_lossy().contains(commitment))
        .expect("the snapshot of the scan");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[2_000_000] ^= 0x10;
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, bytes).unwrap();
    let refused = amelia.medrec(&["fetch", &scan, "--json"]).unwrap().refusal().unwrap();
    assert!(matches!(refused.code, Some(4 | 8)), "either side may notice: {refused}");
    assert_ne!(badge(&amelia, &scan), "verified");
}

#[test]
fn a_fetch_that_breaks_off_goes_on_where_it_stopped() {
    let (_town, wire, amelia, scan) = amelia_over_a_wire();
    wire.set(Fault::CutAfter(1_000_000));
    // Each attempt brings a million bytes further; whether one run is enough or not, nothing is lost.
    let _ = amelia.medrec(&["fetch", &scan, "--json"]).unwrap();
    wire.set(Fault::None);
    let fetched = amelia.json(&["fetch", &scan]).unwrap();
    assert_eq!(fetched["fetched"][0]["size"], 3_000_000, "{fetched}");
    assert_eq!(badge(&amelia, &scan), "verified");
}

#[test]
fn a_provider_that_is_away_is_told_as_away() {
    let (_town, wire, amelia, scan) = amelia_over_a_wire();
    wire.set(Fault::Unplugged);
    let refused = amelia.medrec(&["fetch", &scan, "--json"]).unwrap().refusal().unwrap();
    assert_eq!(refused.code, Some(4), "{refused}");
    assert_eq!(badge(&amelia, &scan), "not_fetched");
}

/// Sends raw bytes and reads the first line of the answer.
fn status_of(server: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = vec![0; 64];
    let count = stream.read(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[..count]).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_signed_request_that_somebody_kept_works_neither_again_nor_elsewhere() {
    let (town, wire, amelia, scan) = amelia_over_a_wire();
    let before = wire.heard().len();
    amelia.json(&["fetch", &scan]).unwrap();
    let heard = wire.heard()[before..].to_vec();
    let start = heard.windows(4).position(|four| four == b"GET ").expect("a request was heard");
    let end = start + heard[start..].windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let request = &heard[start..end];

    let again = status_of(wire.address(), request);
    assert!(again.contains(" 4"), "replayed: {again}");
    let elsewhere = status_of(town.site(PRACTICE).unwrap().address, request);
    assert!(elsewhere.contains(" 4"), "sent to another host: {elsewhere}");
    let unsigned = status_of(wire.address(), b"GET /v1/relationships HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(unsigned.contains(" 4"), "{unsigned}");
}

#[test]
fn a_gatekeeper_killed_in_the_middle_of_a_fetch_comes_back_and_the_fetch_goes_on() {
    let (town, wire, amelia, scan) = amelia_over_a_wire();
    wire.set(Fault::CutAfter(700_000));
    let _ = amelia.medrec(&["fetch", &scan, "--json"]).unwrap();
    town.kill_gatekeeper(HOSPITAL).unwrap();
    wire.set(Fault::None);
    town.start_gatekeeper(HOSPITAL).unwrap();
    eventually(Duration::from_mins(1), || amelia.json(&["fetch", &scan]).is_ok());
    assert_eq!(badge(&amelia, &scan), "verified");
}
