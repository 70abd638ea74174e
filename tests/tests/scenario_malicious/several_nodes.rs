//! Several nodes of several operators, one of which lies, lags or is away.

use std::time::{Duration, Instant};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use medrec_gatekeeper::ledger_view::{Ledger as _, LedgerProblem};
use medrec_protocol::{codec, query::LogEntries};
use medrec_tests::LyingNode;
use medrec_wallet::Code;
use serde_json::json;

use crate::{
    desk::{Desk, Hands, evidence_below, header_at, read, sync, url},
    forger::{Forger, header, twin},
    runtime,
};

const HONEST: &str = "Lantern Pharmacy";
const LIAR: &str = "Mallory Clinic";

/// What a node of another operator does, and how the wallet's report speaks of it.
struct Case {
    name: &'static str,
    lie: Box<dyn Fn(&LyingNode)>,
    verdict: &'static str,
}

fn cases(desk: &Desk) -> Vec<Case> {
    let older = header_at(desk.town.node, desk.known);
    let stranger = Forger::stranger();
    let case = |name, verdict, lie: Box<dyn Fn(&LyingNode)>| Case { name, lie, verdict };
    vec![
        case(
            "a false header",
            "faulty",
            Box::new(|liar| {
                liar.lie(|method, params, answer| {
                    if method == "commit" && params["height"].is_null() {
                        answer["result"]["signed_header"]["header"]["app_hash"] = json!("00".repeat(32));
                    }
                });
            }),
        ),
        case(
            "votes of a stranger",
            "faulty",
            Box::new(move |liar| {
                let stranger = stranger.clone();
                liar.lie(move |method, params, answer| {
                    if method == "commit" && params["height"].is_null() {
                        header(answer, |tip| stranger.sign(twin(&tip)));
                    }
                });
            }),
        ),
        case(
            "a log without an entry",
            "faulty",
            Box::new(|liar| {
                liar.lie(|method, params, answer| {
                    if method != "abci_query" || params["path"] != "/log" {
                        return;
                    }
                    let value = &mut answer["result"]["response"]["value"];
                    let bytes = BASE64.decode(value.as_str().unwrap_or_default()).unwrap();
                    let Ok(LogEntries(mut entries)) = LogEntries::decode(&bytes) else { return };
                    if entries.len() > 2 {
                        entries.remove(1);
                        *value = json!(BASE64.encode(codec::encode(&LogEntries(entries))));
                    }
                });
            }),
        ),
        case(
            "a height of half a minute ago",
            "behind",
            Box::new(move |liar| {
                let older = older.clone();
                liar.lie(move |method, params, answer| {
                    if method == "commit" && params["height"].is_null() {
                        answer["result"]["signed_header"] = older.clone();
                    }
                });
            }),
        ),
        case(
            "no answer",
            "unreachable",
            Box::new(|liar| {
                liar.keep_back(&["commit"]);
                liar.lie(|method, _, answer| {
                    if method == "commit" {
                        *answer = json!({"jsonrpc": "2.0", "id": -1,
                        "error": {"code": -32603, "message": "Internal error", "data": "no"}});
                    }
                });
            }),
        ),
    ]
}

fn two_nodes(desk: &Desk, liar_first: bool) -> Vec<(&'static str, String)> {
    let honest = (HONEST, url(desk.town.node));
    let liar = (LIAR, url(desk.liar.address()));
    if liar_first { vec![liar, honest] } else { vec![honest, liar] }
}

#[test]
fn a_node_that_fails_is_named_by_its_operator_and_the_next_one_takes_its_place() {
    let desk = Desk::open();
    // The header that the slow node shows is older than the honest node's by more than a heartbeat.
    std::thread::sleep(Duration::from_secs(21));
    let runtime = runtime();
    for case in cases(&desk) {
        for liar_first in [true, false] {
            runtime.block_on(async {
                let clock = Hands::default();
                let nodes = two_nodes(&desk, liar_first);
                let (wallet, _) = desk.wallet(&clock, &nodes[1 - usize::from(!liar_first)..][..1]).await;
                // Joined through the honest node alone, then with both.
                wallet.join_network(&desk.network(&nodes)).await.unwrap();
                let (ledger, _) = desk.gatekeeper(&clock, &nodes).await;
                (case.lie)(&desk.liar);
                let report = sync(&wallet).await.unwrap_or_else(|error| panic!("{}: {error}", case.name));
                assert!(report.entries > 0, "{}: everything arrived", case.name);
                let named = report.witnesses.iter().find(|witness| witness.node.starts_with(LIAR));
                let found = named.map(|witness| witness.verdict.as_str());
                let liar_reads_only = case.name == "a log without an entry" && !liar_first;
                let expected = if liar_reads_only { "agrees" } else { case.verdict };
                assert_eq!(found, Some(expected), "{} {liar_first}: {:?}", case.name, report.witnesses);
                // A gatekeeper asks again by itself; a lie in a read costs one answer.
                if let Err(problem) = read(&ledger, desk.relationship).await {
                    assert!(problem.to_string().contains(LIAR), "{}: {problem}", case.name);
                    read(&ledger, desk.relationship).await.unwrap();
                }
                // Its operator is told, also by `medrec-gatekeeper health`; a node that is only behind is no fault.
                let failing = ledger.failing().await;
                let told = failing.iter().any(|one| one.node.starts_with(LIAR));
                assert_eq!(
                    told,
                    !matches!(expected, "agrees" | "behind"),
                    "{} {liar_first}: {failing:?}",
                    case.name
                );
                desk.liar.repent();
            });
        }
    }
}

#[test]
fn two_signed_histories_stop_wallet_and_gatekeeper_and_leave_evidence() {
    let desk = Desk::open();
    let ours = Forger::of(&desk.town);
    let known = desk.known;
    let runtime = runtime();
    for liar_first in [true, false] {
        let ours = ours.clone();
        runtime.block_on(async {
            let clock = Hands::default();
            let nodes = two_nodes(&desk, liar_first);
            let (wallet, folder) = desk.wallet(&clock, &nodes).await;
            let (ledger, home) = desk.gatekeeper(&clock, &nodes).await;
            ledger.head(Duration::ZERO).await.unwrap();
            let before = wallet.network().await.unwrap().freshness.height;
            desk.liar.lie(move |method, _, answer| {
                if method == "commit" {
                    header(answer, |signed| match signed.header.height.value() {
                        height if height > known.get() => ours.sign(twin(&signed)),
                        _ => signed,
                    });
                }
            });
            for _ in 0..2 {
                let error = sync(&wallet).await.unwrap_err();
                assert_eq!(error.code(), Code::LedgerForked, "{error}");
                assert!(error.to_string().contains("tell the consortium"), "{error}");
            }
            assert_eq!(wallet.network().await.unwrap().freshness.height, before, "nothing is trusted");
            let problem = read(&ledger, desk.relationship).await.unwrap_err();
            assert!(matches!(problem, LedgerProblem::Forked(_)), "{problem}");
            assert!(problem.to_string().contains("no record is released"), "{problem}");
            for folder in [folder, home] {
                let evidence = evidence_below(&folder);
                assert!(!evidence.is_empty(), "{}", folder.display());
                for evidence in evidence {
                    assert_eq!(evidence.check().unwrap().signed_both.len(), 1);
                    assert!(evidence.node.contains("http"), "{}", evidence.node);
                }
            }
            let listed = wallet.kept_evidence().unwrap();
            assert!(listed.iter().all(|one| one.proves_nothing.is_none()), "{listed:?}");
            desk.liar.repent();
            assert!(sync(&wallet).await.is_ok());
        });
    }
}

#[test]
fn a_gatekeeper_whose_node_hides_the_newest_blocks_has_them_seconds_after_another_node() {
    let desk = Desk::open();
    runtime().block_on(async {
        let clock = Hands::default();
        let (ledger, _) = desk.gatekeeper(&clock, &two_nodes(&desk, true)).await;
        let frozen = ledger.head(Duration::ZERO).await.unwrap();
        let tip = header_at(desk.town.node, frozen.height.try_into().unwrap());
        desk.liar.lie(move |method, params, answer| {
            if method == "commit" && params["height"].is_null() {
                answer["result"]["signed_header"] = tip.clone();
            }
        });
        let (honest, _) = desk.gatekeeper(&clock, &two_nodes(&desk, false)[..1]).await;
        let began = Instant::now();
        while honest.head(Duration::ZERO).await.unwrap().height == frozen.height {
            // As a gatekeeper does that is asked for copies: less than twenty seconds of it are a lag that no header shows.
            assert!(began.elapsed() < Duration::from_secs(20), "no block comes");
            ledger.head(Duration::ZERO).await.unwrap();
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        let there = Instant::now();
        while ledger.head(Duration::ZERO).await.unwrap().height == frozen.height {
            assert!(there.elapsed() < Duration::from_secs(6), "{:?}", there.elapsed());
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        read(&ledger, desk.relationship).await.unwrap();
        desk.liar.repent();
    });
}

#[test]
fn a_flood_of_witnesses_stops_nothing() {
    let desk = Desk::open();
    let liar = url(desk.liar.address());
    let names: Vec<String> = (1..32).map(|number| format!("Mallory {number}")).collect();
    let flood = names.iter().enumerate().map(|(number, name)| (name.as_str(), format!("{liar}/{number}")));
    let nodes: Vec<_> = std::iter::once((HONEST, url(desk.town.node))).chain(flood).collect();
    runtime().block_on(async {
        let clock = Hands::default();
        let (wallet, _) = desk.wallet(&clock, &nodes).await;
        let (ledger, _) = desk.gatekeeper(&clock, &nodes).await;
        let stranger = Forger::stranger();
        desk.liar.lie(move |method, _, answer| {
            if method == "commit" {
                header(answer, |signed| stranger.sign(twin(&signed)));
            }
        });
        let began = Instant::now();
        let report = sync(&wallet).await.unwrap();
        assert_eq!(report.witnesses.len(), 4, "{:?}", report.witnesses);
        assert!(report.witnesses.iter().all(|witness| witness.verdict == "faulty"), "{:?}", report.witnesses);
        read(&ledger, desk.relationship).await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        desk.liar.repent();
    });
}

#[test]
fn a_share_that_is_accepted_and_never_included_is_not_said_to_be_on_the_ledger() {
    let desk = Desk::open();
    let eleni = desk.person_before();
    eleni.json(&["sync"]).unwrap();
    desk.liar.keep_back(&["broadcast_tx_sync", "tx"]);
    desk.liar.lie(|method, params, answer| match method {
        "broadcast_tx_sync" => {
            answer["result"] =
                json!({"code": 0, "data": "", "log": "", "codespace": "", "hash": "00".repeat(32)});
        }
        "tx" => {
            let hash = BASE64.decode(params["hash"].as_str().unwrap_or_default()).unwrap_or_default();
            answer["result"] = json!({
                "hash": hex::encode_upper(hash), "height": "2", "index": 0, "tx": "AA==",
                "tx_result": {"code": 0, "data": null, "log": "", "info": "", "gas_wanted": "0",
                    "gas_used": "0", "events": [], "codespace": ""},
            });
        }
        _ => {}
    });
    let words =
        ["share", "--with", "Abbey Gardens", "--kinds", "medication", "--days", "30", "--yes", "--json"];
    let refused = eleni.medrec(&words).unwrap().refusal().unwrap();
    let pending = eleni.json(&["pending"]).unwrap().to_string();
    assert!(pending.contains("does not"), "{refused}\n{pending}");
    desk.liar.repent();
    eleni.json(&["sync"]).unwrap();
    medrec_tests::eventually(Duration::from_mins(1), || {
        eleni.json(&["sync"]).unwrap()["pending"].as_array().is_some_and(Vec::is_empty)
    });
    assert!(
        !eleni.json(&["sharing"]).unwrap()["sharing"].as_array().unwrap().is_empty(),
        "it was sent again"
    );
}
