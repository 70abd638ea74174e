//! A gatekeeper that runs, reaches the ledger through a node that lies about headers, and is asked for a copy under a live
//! grant: nothing leaves while the node lies, its log says why, and afterwards the copy leaves.

use std::time::Duration;

use medrec_tests::{CLINIC, eventually};
use serde_json::Value;

use crate::{
    desk::{Desk, url},
    lies::{self, Expected, Lie},
    swallowed::{log, reach_by},
};

/// Looks at the copies under a grant, as a doctor of the clinic; how it was refused, if it was.
fn look(desk: &Desk, grant: &str) -> Result<(), String> {
    let words = ["--grant", grant, "--by", "Dr. Rhys Mostyn", "--json"];
    let seen = desk.town.ask_gatekeeper(CLINIC, "view", &words).unwrap();
    match seen.accepted() {
        Ok(text) => {
            let shown: Value = serde_json::from_str(&text).unwrap();
            assert!(!shown.as_array().unwrap().is_empty(), "the grant covers records");
            Ok(())
        }
        Err(refused) => Err(refused.complaint),
    }
}

/// What is wrong with how a lie was taken; nothing when all is well.
fn told(desk: &Desk, grant: &str, lie: Lie) -> Vec<String> {
    let Expected::Alarm { words, .. } = lie.expected else { return Vec::new() };
    let mut wrong = Vec::new();
    let before = log(desk).len();
    desk.liar.lie(move |method, params, answer| (lie.rewrite)(method, params, answer));
    // A header that was asked for up to a second ago is good enough.
    std::thread::sleep(Duration::from_millis(1_100));
    if look(desk, grant).is_ok() {
        wrong.push("a copy left".to_owned());
    }
    let said = log(desk).split_off(before);
    if !said.lines().any(|line| line.contains("a request could not be answered") && line.contains(words)) {
        wrong.push(format!("the log does not say '{words}':\n{said}"));
    }
    desk.liar.repent();
    let mut last = None;
    let began = std::time::Instant::now();
    while began.elapsed() < Duration::from_secs(30) {
        match look(desk, grant) {
            Ok(()) => return wrong,
            Err(why) => last = Some(why),
        }
    }
    wrong.push(format!("afterwards no copy leaves: {last:?}"));
    wrong
}

#[test]
fn no_copy_leaves_a_gatekeeper_whose_node_lies_about_headers() {
    let desk = Desk::open();
    let eleni = desk.town.person("eleni").unwrap();
    let share = eleni.share_with("Abbey Gardens", &["--kinds", "medication", "--days", "30"]).unwrap();
    desk.town.hand_over(CLINIC, &share).unwrap();
    let inbox = desk.town.ask_gatekeeper(CLINIC, "inbox", &["--json"]).unwrap().json().unwrap();
    let live = inbox["grants"].as_array().unwrap().iter().find(|grant| grant["stopped"] == false).unwrap();
    let grant = live["grant"].as_str().unwrap();
    reach_by(&desk, &[("Mallory Clinic", url(desk.liar.address()))]);
    eventually(Duration::from_mins(1), || look(&desk, grant).is_ok());
    let mut wrong = Vec::new();
    let mut count = 0;
    for lie in lies::about_headers(&desk) {
        let name = lie.name;
        count += 1;
        wrong.extend(told(&desk, grant, lie).into_iter().map(|what| format!("{name}: {what}")));
    }
    assert!(count >= 10, "{count} lies");
    assert!(wrong.is_empty(), "of {count} lies:\n{}", wrong.join("\n"));
}
