//! The part of the story that only a network can tell: hospitals whose nodes are away.

use std::time::Duration;

use anyhow::{Result, ensure};
use xtask::loopback;
use xtask::network::Network;
use xtask::town::{Person, Town};

use super::steps::Steps;
use super::story::eventually;

/// Long enough for a network that can make blocks to make some.
const A_WHILE: Duration = Duration::from_secs(4);

/// One node is killed, then two; they come back.
pub fn cut_off(town: &Town, network: &Network, steps: &Steps, amelia: &Person) -> Result<()> {
    let (third, fourth) = (Network::name(3), Network::name(4));
    steps.step("One hospital's node is killed. The others go on: she gives access once more.", || {
        town.processes.kill(&fourth)?;
        let words = ["share", "--with", "Abbey Gardens", "--kinds", "allergy", "--days", "5", "--yes"];
        amelia.json(&words)?;
        Ok(((), "it stands on the ledger, signed by three of four".into()))
    })?;
    steps.step(
        "A second one is killed. Two of four could be outvoted by the others, so they wait.",
        || {
            town.processes.kill(&third)?;
            std::thread::sleep(Duration::from_secs(1));
            let before = newest(network, 1)?;
            std::thread::sleep(A_WHILE);
            ensure!(newest(network, 1)? == before, "two of four made a block");
            Ok(((), format!("no block after block {before}: rather no history than two")))
        },
    )?;
    steps.step("One comes back. The ledger goes on where it stood.", || {
        let before = newest(network, 1)?;
        network.start(&town.processes, 3)?;
        let reached = eventually(|| Ok(Some(newest(network, 1)?).filter(|height| *height > before)))?;
        Ok(((), format!("block {reached}")))
    })?;
    steps.step("The other one comes back and reads what it missed. All four have the same blocks.", || {
        network.start(&town.processes, 4)?;
        let goal = newest(network, 1)?;
        eventually(|| Ok((newest(network, 4).unwrap_or(0) >= goal).then_some(())))?;
        let all: Vec<_> =
            network.numbers().map(|number| block_id(network, number, goal)).collect::<Result<_>>()?;
        ensure!(all.iter().all(|id| *id == all[0]), "the nodes have different blocks: {all:?}");
        Ok(((), format!("block {goal} is {} on all four", all[0])))
    })
}

fn newest(network: &Network, number: usize) -> Result<u64> {
    let status = loopback::json(network.rpc(number), "/status")?;
    let height = status["result"]["sync_info"]["latest_block_height"].as_str().unwrap_or_default();
    Ok(height.parse()?)
}

fn block_id(network: &Network, number: usize, height: u64) -> Result<String> {
    let block = loopback::json(network.rpc(number), &format!("/block?height={height}"))?;
    Ok(block["result"]["block_id"]["hash"].as_str().unwrap_or_default().to_owned())
}
