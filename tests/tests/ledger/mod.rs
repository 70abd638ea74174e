//! The ledger as somebody reads it who holds no key, and the consortium's key, which lies in the node's folder.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "shared by scenarios, which may panic"
)]

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::SigningKey;
use medrec_client::NetworkFile;
use medrec_protocol::{
    ChainIdentity, MemberAddress, PublicKey, SignedTx, Timestamp, TxBody,
    actions::{Action, Propose},
    codec::List,
    state::{Motion, MotionId, Nonce},
};
use medrec_tests::TestTown;
use serde_json::Value;

fn ask(town: &TestTown, question: &str) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = format!("http://{}/{question}", town.node);
    runtime.block_on(async { reqwest::get(url).await.unwrap().json().await.unwrap() })
}

/// Every transaction that stands in a block, oldest first.
pub fn transactions(town: &TestTown) -> Vec<SignedTx> {
    let status = ask(town, "status");
    let newest = status["result"]["sync_info"]["latest_block_height"].as_str().unwrap();
    let newest: u64 = newest.parse().unwrap();
    let mut found = Vec::new();
    for height in 1..=newest {
        let block = ask(town, &format!("block?height={height}"));
        for tx in block["result"]["block"]["data"]["txs"].as_array().into_iter().flatten() {
            let bytes = BASE64.decode(tx.as_str().unwrap()).unwrap();
            found.push(SignedTx::decode(&bytes).unwrap());
        }
    }
    found
}

/// All actions of one kind.
pub fn actions<T>(town: &TestTown, pick: impl Fn(Action) -> Option<T>) -> Vec<T> {
    let all = transactions(town).into_iter().flat_map(|tx| tx.body.actions.as_slice().to_vec());
    all.filter_map(pick).collect()
}

/// Has the only member of the consortium decide, by the key that `medrec-node init` wrote.
pub fn govern(town: &TestTown, motion: Motion) {
    let file = std::fs::read_to_string(town.node_home().join("member_key.json")).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    let pair = BASE64.decode(file["priv_key"]["value"].as_str().unwrap()).unwrap();
    let key = SigningKey::from_keypair_bytes(&pair.try_into().unwrap()).unwrap();
    let network: NetworkFile =
        serde_json::from_str(&std::fs::read_to_string(town.network_file()).unwrap()).unwrap();
    let chain = ChainIdentity { chain_id: network.chain_id, genesis_hash: network.genesis_hash };
    let now = Timestamp::from_seconds(
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs(),
    );
    let mut rng = rand_core::UnwrapErr(getrandom::SysRng);
    let action = Propose { id: MotionId::generate(&mut rng), not_after: now.plus(3600), motion };
    let body = TxBody {
        signer: MemberAddress::of(&PublicKey::of(&key)).into(),
        nonce: Nonce::generate(&mut rng),
        valid_until: now.plus(300),
        actions: List::new(vec![action.into()]).unwrap(),
    };
    let tx = hex::encode(body.sign(&key, &chain).encode());
    let answer = ask(town, &format!("broadcast_tx_commit?tx=0x{tx}"));
    assert_eq!(answer["result"]["tx_result"]["code"].as_u64().unwrap_or(0), 0, "{answer}");
    assert!(answer["result"].is_object(), "{answer}");
}

/// Length of the longest run of bytes that occurs in all of them.
pub fn longest_in_common(texts: &[Vec<u8>]) -> usize {
    let (first, others) = texts.split_first().unwrap();
    let mut longest = 0;
    for from in 0..first.len() {
        while from + longest < first.len() {
            let run = &first[from..=from + longest];
            if !others.iter().all(|text| text.windows(run.len()).any(|window| window == run)) {
                break;
            }
            longest += 1;
        }
    }
    longest
}
