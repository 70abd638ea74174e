//! The list of lies: one row each.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use medrec_client::node::QueryAnswer;
use medrec_protocol::{codec, log::LogEntry, query::LogEntries, state::StateKey};
use medrec_tests::Rewrite;
use medrec_wallet::Code;
use serde_json::{Value, json};
use tendermint::block::{CommitSig, signed_header::SignedHeader};

use crate::{
    desk::Desk,
    forger::{Forger, header, next, twin},
};

/// How a lie is taken.
pub enum Expected {
    /// Both refuse, with these words in the reason.
    Alarm {
        /// The wallet's code.
        code: Code,
        /// The gatekeeper's kind of problem.
        problem: &'static str,
        /// Part of both reasons.
        words: &'static str,
    },
    /// Both see that what they are shown is old: the wallet says so, the gatekeeper releases nothing.
    Old,
}

pub struct Lie {
    pub name: &'static str,
    pub rewrite: Rewrite,
    /// Seconds by which the clocks of both are ahead.
    pub clock_ahead: u64,
    pub expected: Expected,
}

fn lie(
    name: &'static str,
    expected: Expected,
    rewrite: impl Fn(&str, &Value, &mut Value) + Send + Sync + 'static,
) -> Lie {
    Lie { name, rewrite: Arc::new(rewrite), clock_ahead: 0, expected }
}

/// A false answer.
fn false_answer(words: &'static str) -> Expected {
    Expected::Alarm { code: Code::VerificationFailed, problem: "untrue", words }
}

/// Two histories.
fn fork() -> Expected {
    Expected::Alarm {
        code: Code::LedgerForked,
        problem: "forked",
        words: "the ledger's validators signed two different blocks",
    }
}

/// A lie about the newest header.
fn newest(
    name: &'static str,
    words: &'static str,
    change: impl Fn(SignedHeader) -> SignedHeader + Send + Sync + 'static,
) -> Lie {
    lie(name, false_answer(words), move |method, params, answer| {
        if method == "commit" && params["height"].is_null() {
            header(answer, &change);
        }
    })
}

/// A lie about the entries of a log.
fn log(
    name: &'static str,
    words: &'static str,
    change: impl Fn(&mut Vec<Vec<u8>>) + Send + Sync + 'static,
) -> Lie {
    lie(name, false_answer(words), move |method, params, answer| {
        if method != "abci_query" || params["path"] != "/log" {
            return;
        }
        let value = &mut answer["result"]["response"]["value"];
        let Some(bytes) = value.as_str().and_then(|text| BASE64.decode(text).ok()) else { return };
        let Ok(LogEntries(mut entries)) = LogEntries::decode(&bytes) else { return };
        change(&mut entries);
        *value = json!(BASE64.encode(codec::encode(&LogEntries(entries))));
    })
}

/// A lie about the relationship's account; what is said about other accounts is true.
fn account(
    desk: &Desk,
    name: &'static str,
    words: &'static str,
    change: impl Fn(&mut Value) + Send + Sync + 'static,
) -> Lie {
    let key = hex::encode(StateKey::Relationship(desk.relationship).encode());
    lie(name, false_answer(words), move |method, params, answer| {
        let asked = params["data"].as_str().unwrap_or_default();
        if method == "abci_query" && params["path"] == "/state" && asked.eq_ignore_ascii_case(&key) {
            change(&mut answer["result"]["response"]);
        }
    })
}

/// Another answer of an honest node in place of the one that was asked for, said to be about the same key and height.
fn instead(other: QueryAnswer) -> impl Fn(&mut Value) + Send + Sync + 'static {
    move |response| {
        response["value"] = json!(BASE64.encode(&other.value));
        response["proofOps"]["ops"][0]["data"] = json!(BASE64.encode(&other.proof[0].data));
    }
}

fn is(entry: &[u8], action: &str) -> bool {
    LogEntry::decode(entry).is_ok_and(|entry| entry.action.name() == action)
}

/// Leaves every entry of this action out.
fn hidden(action: &'static str) -> impl Fn(&mut Vec<Vec<u8>>) + Send + Sync + 'static {
    move |entries| entries.retain(|entry| !is(entry, action))
}

const NOT_ON_THE_LEDGER: &str = "are not the ones on the ledger";

pub fn all(desk: &Desk) -> Vec<Lie> {
    let mut lies = headers(desk);
    lies.extend(majorities(desk));
    lies.extend(logs());
    lies.extend(accounts(desk));
    lies
}

/// Those about headers that need no other clock.
pub fn about_headers(desk: &Desk) -> Vec<Lie> {
    headers(desk).into_iter().chain(majorities(desk)).filter(|lie| lie.clock_ahead == 0).collect()
}

fn headers(desk: &Desk) -> Vec<Lie> {
    let ours = Forger::of(&desk.town);
    let sign = |change: fn(&mut tendermint::block::Header)| {
        let ours = ours.clone();
        move |tip: SignedHeader| {
            let mut header = next(&tip);
            change(&mut header);
            ours.sign(header)
        }
    };
    let after_signing = |change: fn(&mut SignedHeader)| {
        let sign = sign(|_| ());
        move |tip: SignedHeader| {
            let mut signed = sign(tip);
            change(&mut signed);
            signed
        }
    };
    // The first tip that is asked for is shown for ever.
    let frozen = std::sync::OnceLock::new();
    let (known, town) = (desk.known, desk.town.node);
    let older = crate::desk::header_at(town, known.previous().unwrap());
    vec![
        Lie {
            clock_ahead: 300,
            ..lie("frozen height", Expected::Old, move |method, params, answer| {
                if method == "commit" && params["height"].is_null() {
                    let shown = &mut answer["result"]["signed_header"];
                    let first: &Value = frozen.get_or_init(|| shown.clone());
                    *shown = first.clone();
                }
            })
        },
        newest(
            "future header",
            "check this computer's clock",
            sign(|header| {
                header.time = (header.time + std::time::Duration::from_hours(1)).unwrap();
            }),
        ),
        lie(
            "header older than trusted",
            false_answer("shows the ledger only up to block"),
            move |method, params, answer| {
                if method == "commit" && params["height"].is_null() {
                    answer["result"]["signed_header"] = older.clone();
                }
            },
        ),
        newest(
            "wrong chain",
            "header of the ledger",
            sign(|header| {
                header.chain_id = "medrec-elsewhere".parse().unwrap();
            }),
        ),
        newest(
            "wrong app hash",
            "votes for header",
            after_signing(|signed| {
                signed.header.app_hash = vec![1; 32].try_into().unwrap();
            }),
        ),
        newest(
            "less than two thirds",
            "none signed",
            after_signing(|signed| {
                signed.commit.signatures = vec![CommitSig::BlockIdFlagAbsent];
            }),
        ),
        newest(
            "duplicate votes",
            "not those of the validators",
            after_signing(|signed| {
                let vote = signed.commit.signatures[0].clone();
                signed.commit.signatures.push(vote);
            }),
        ),
        newest("signature over another block", "signature of validator", {
            let ours = ours.clone();
            move |tip| {
                let mut signed = ours.sign(next(&tip));
                signed.commit.signatures = ours.sign(twin(&signed)).commit.signatures;
                signed
            }
        }),
        newest("votes for another block", "votes for header", {
            let ours = ours.clone();
            move |tip| {
                let signed = ours.sign(next(&tip));
                let other = ours.sign(twin(&signed));
                SignedHeader::new(signed.header, other.commit).unwrap()
            }
        }),
        Lie {
            clock_ahead: 200 * 86_400,
            ..lie(
                "expired trust",
                Expected::Alarm {
                    code: Code::TrustExpired,
                    problem: "unusable",
                    words: "ask the consortium for a new network file with an anchor",
                },
                |_, _, _| (),
            )
        },
    ]
}

/// What needs a key: that of a stranger, or that of the validators themselves.
fn majorities(desk: &Desk) -> Vec<Lie> {
    let (ours, stranger) = (Forger::of(&desk.town), Forger::stranger());
    let foreign = {
        let stranger = stranger.clone();
        lie("foreign validator set", false_answer("validators with hash"), move |method, params, answer| {
            match method {
                "commit" if params["height"].is_null() => header(answer, |tip| {
                    let mut header = next(&tip);
                    header.validators_hash = stranger.set_hash();
                    header.next_validators_hash = stranger.set_hash();
                    stranger.sign(header)
                }),
                "validators" => stranger.validators(answer),
                _ => {}
            }
        })
    };
    let swapped =
        {
            let (ours, stranger) = (ours.clone(), stranger);
            lie("swapped next set", false_answer("votes for header"), move |method, params, answer| {
                match method {
                    "commit" if params["height"].is_null() => header(answer, |tip| {
                        let mut signed = ours.sign(next(&tip));
                        signed.header.next_validators_hash = stranger.set_hash();
                        signed
                    }),
                    "validators" => stranger.validators(answer),
                    _ => {}
                }
            })
        };
    let rewritten = {
        let (ours, known) = (ours.clone(), desk.known);
        lie("fork by old keys", fork(), move |method, _, answer| {
            if method == "commit" {
                header(answer, |signed| match signed.header.height.value() {
                    height if height >= known.get() => ours.sign(twin(&signed)),
                    _ => signed,
                });
            }
        })
    };
    vec![foreign, swapped, rewritten]
}

fn logs() -> Vec<Lie> {
    vec![
        log("dropped tail", "holds back entries", |entries| drop(entries.pop())),
        log("dropped middle", NOT_ON_THE_LEDGER, |entries| {
            if entries.len() > 2 {
                entries.remove(1);
            }
        }),
        log("duplicate", "at most", |entries| {
            if let Some(first) = entries.first().cloned() {
                entries.insert(0, first);
            }
        }),
        log("duplicate in the place of another", NOT_ON_THE_LEDGER, |entries| {
            if entries.len() > 1 {
                entries[1] = entries[0].clone();
            }
        }),
        log("reorder", NOT_ON_THE_LEDGER, |entries| {
            if entries.len() > 1 {
                entries.swap(0, 1);
            }
        }),
        log("altered payload", NOT_ON_THE_LEDGER, |entries| {
            if let Some(last) = entries.last_mut().and_then(|entry| entry.last_mut()) {
                *last ^= 1;
            }
        }),
        log("hidden revocation", "gave a false answer: log:", hidden("revoke")),
        log("hidden disclosure", "gave a false answer: log:", hidden("record_disclosure")),
        log("huge entry", "an entry of at most", |entries| {
            if let Some(first) = entries.first_mut() {
                first.resize(20_000, 0);
            }
        }),
    ]
}

fn accounts(desk: &Desk) -> Vec<Lie> {
    let relationship = StateKey::Relationship(desk.relationship);
    let tip = desk.state_at(&relationship, desk.known).height.unwrap();
    let stranger = desk.state_at(&StateKey::Directory, tip);
    let before = desk.state_at(&relationship, desk.known);
    let granted = desk.state_at(&relationship, desk.granted);
    assert_ne!(before.value, granted.value, "the grant changed the account");
    let proofless =
        |data: String| move |response: &mut Value| response["proofOps"]["ops"][0]["data"] = json!(data);
    vec![
        account(desk, "alternative head", "does not lead to app hash", |response| {
            let mut leaf = BASE64.decode(response["value"].as_str().unwrap()).unwrap();
            // Size and peaks of the log stand in the leaf.
            *leaf.last_mut().unwrap() ^= 1;
            response["value"] = json!(BASE64.encode(leaf));
        }),
        account(desk, "proof for another key", "does not lead to app hash", instead(stranger)),
        account(desk, "answer about another key", "another key", |response| {
            response["key"] = json!(BASE64.encode(StateKey::Directory.encode()));
        }),
        account(desk, "stale proof with a fresh header", "does not lead to app hash", instead(before)),
        account(desk, "hidden revocation in the account", "does not lead to app hash", instead(granted)),
        account(desk, "hidden account", "does not lead to app hash", |response| {
            response["value"] = Value::Null;
        }),
        account(desk, "malformed proof", "cannot be read", proofless(BASE64.encode([7; 40]))),
        account(desk, "proof longer than any", "a proof of at most", proofless(BASE64.encode([0; 20_000]))),
        account(desk, "huge answer", "has more than", proofless("A".repeat(5 << 20))),
        account(desk, "no proof", "one proof of kind", |response| response["proofOps"] = Value::Null),
    ]
}
