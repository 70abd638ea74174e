//! Honest nodes, asked often while the ledger goes on and the node is killed and started again: nobody is blamed.
//!
//! With validators that change, and ten thousand times, this is done by the client's own tests (`honest.rs` there).

use crate::{
    desk::{Desk, Hands, evidence_below, read, sync, url},
    runtime,
};

const SYNCS: usize = 200;

#[test]
fn two_hundred_honest_syncs_of_wallet_and_gatekeeper_raise_no_alarm() {
    let desk = Desk::open();
    let nodes = [("Lantern Pharmacy", url(desk.town.node)), ("Abbey Gardens", url(desk.liar.address()))];
    let runtime = runtime();
    let clock = Hands::default();
    let (wallet, wallet_folder) = runtime.block_on(desk.wallet(&clock, &nodes));
    let (mut ledger, mut gatekeeper_folder) = runtime.block_on(desk.gatekeeper(&clock, &nodes));
    let mut entries = 0;
    for number in 1..=SYNCS {
        if number % 50 == 0 {
            desk.town.kill_node().unwrap();
            desk.town.start_node().unwrap();
        }
        if number % 40 == 0 {
            // A gatekeeper that begins anew.
            (ledger, gatekeeper_folder) = runtime.block_on(desk.gatekeeper(&clock, &nodes));
        }
        runtime.block_on(async {
            let report = sync(&wallet).await.unwrap_or_else(|error| panic!("sync {number}: {error}"));
            assert!(report.witnesses.iter().all(|one| one.verdict == "agrees"), "{:?}", report.witnesses);
            assert_eq!(report.witnesses.len(), 1, "sync {number}");
            assert_eq!(report.stale_seconds, None, "sync {number}");
            entries += report.entries;
            read(&ledger, desk.relationship).await.unwrap_or_else(|problem| panic!("{number}: {problem}"));
        });
    }
    assert!(entries > 0);
    assert!(evidence_below(&wallet_folder).is_empty() && evidence_below(&gatekeeper_folder).is_empty());
}
