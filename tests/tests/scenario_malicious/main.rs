//! Every lie that a ledger node can tell, told to a wallet and to a gatekeeper by a node that stands before a real one:
//! each is noticed with the right words, nothing false is kept, and the honest node is believed again.
//!
//! What only the majority of validators can do (two histories) is done here with the key of the ledger's only validator;
//! the same with four validators, and keys that were retired, stands in the client's own tests (`passed_by.rs`).
//!
//! | lies | wallet | gatekeeper |
//! | --- | --- | --- |
//! | all rows of [`lies`]: headers, votes, validators, logs, accounts and their proofs, age, expired trust | this file | this file |
//! | those about headers, while a copy is asked for | releases nothing | `released.rs` |
//! | equivocation, a flood of witnesses, another operator's node that lies, is away or behind | `several_nodes.rs` | `several_nodes.rs` |
//! | the newest blocks hidden for a while | says the age (frozen height) | `several_nodes.rs`, and frozen height |
//! | accepted and never included | `several_nodes.rs` | `swallowed.rs` |
//! | said to stand in a block where it does not | `several_nodes.rs` | never asks: it looks into the verified log |
//! | refused although the rules allow it | shown as that node's word (LC-22) | client: `submitting.rs`; gatekeeper: `tests/outbox.rs` |

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios may panic")]

mod desk;
mod forger;
mod honest;
mod lies;
mod released;
mod several_nodes;
mod swallowed;

use std::sync::Arc;

use desk::{Desk, Hands, evidence_below, read, sync};
use lies::{Expected, Lie};
use medrec_gatekeeper::ledger_view::LedgerProblem;
use medrec_tests::Rewrite;
use medrec_wallet::{Clock as _, Code};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn kind(problem: &LedgerProblem) -> &'static str {
    match problem {
        LedgerProblem::Away(_) => "away",
        LedgerProblem::Untrue(_) => "untrue",
        LedgerProblem::Forked(_) => "forked",
        LedgerProblem::Unusable(_) => "unusable",
    }
}

/// What is wrong with how a lie was taken; nothing when all is well.
async fn told(desk: &Desk, lie: Lie) -> Vec<String> {
    let clock = Hands::default();
    let mut wrong = Vec::new();
    let (wallet, wallet_folder) = desk.wallet(&clock, &[]).await;
    let (ledger, gatekeeper_folder) = desk.gatekeeper(&clock, &[]).await;
    if let Err(problem) = read(&ledger, desk.relationship).await {
        return vec![format!("an honest node is not believed: {problem}")];
    }
    let rewrite: Rewrite = Arc::clone(&lie.rewrite);
    desk.liar.lie(move |method, params, answer| rewrite(method, params, answer));
    clock.set_ahead(lie.clock_ahead);
    let by_wallet = sync(&wallet).await;
    let by_gatekeeper = read(&ledger, desk.relationship).await;
    desk.liar.repent();
    match (&lie.expected, by_wallet) {
        (Expected::Old, Ok(report)) if report.stale_seconds.is_some() => {}
        (Expected::Alarm { code, words, .. }, Err(error))
            if error.code() == *code && error.to_string().contains(words) => {}
        (_, Ok(report)) => wrong.push(format!("the wallet is content: {report:?}")),
        (_, Err(error)) => wrong.push(format!("the wallet says {}: {error}", error.code())),
    }
    match (&lie.expected, by_gatekeeper) {
        // Records are released under a header at most two minutes old (`release.rs`).
        (Expected::Old, Ok(head)) if clock.now().seconds() > head.time.seconds() + 120 => {}
        (Expected::Alarm { problem, words, .. }, Err(found))
            if kind(&found) == *problem && found.to_string().contains(words) => {}
        (_, Ok(head)) => wrong.push(format!("the gatekeeper is content: {head:?}")),
        (_, Err(found)) => wrong.push(format!("the gatekeeper says {}: {found}", kind(&found))),
    }
    if matches!(lie.expected, Expected::Alarm { code: Code::LedgerForked, .. }) {
        for folder in [&wallet_folder, &gatekeeper_folder] {
            let evidence = evidence_below(folder);
            if evidence.len() != 1 || evidence.iter().any(|evidence| evidence.check().is_err()) {
                wrong.push(format!("evidence in {}: {}", folder.display(), evidence.len()));
            }
        }
    }
    clock.set_ahead(0);
    match sync(&wallet).await {
        Ok(report) if report.entries > 0 || matches!(lie.expected, Expected::Old) => {}
        other => wrong.push(format!("afterwards the wallet has: {other:?}")),
    }
    if let Err(problem) = read(&ledger, desk.relationship).await {
        wrong.push(format!("afterwards the gatekeeper has: {problem}"));
    }
    wrong
}

#[test]
fn every_lie_is_noticed_by_wallet_and_gatekeeper_with_the_right_words() {
    let desk = Desk::open();
    let lies = lies::all(&desk);
    let count = lies.len();
    let runtime = runtime();
    let mut wrong = Vec::new();
    for lie in lies {
        let name = lie.name;
        wrong.extend(runtime.block_on(told(&desk, lie)).into_iter().map(|what| format!("{name}: {what}")));
    }
    assert!(wrong.is_empty(), "of {count} lies:\n{}", wrong.join("\n"));
    println!("{count} lies, each noticed twice");
}
