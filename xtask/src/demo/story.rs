//! The story itself: what is done, in order, and what each step shows.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;

use xtask::loopback;

use super::Stage;

const CHAIN_ID: &str = "medrec-demo";
const NODE: &str = "medrec-node";
/// More than a slow computer needs to start a program.
const PATIENCE: Duration = Duration::from_secs(30);

/// Tells the story; returns the commands to try next.
pub fn tell(stage: &Stage) -> Result<Vec<String>> {
    let [node] = loopback::free_addresses()?;
    stage.steps.chapter("The ledger");
    make_ledger(stage)?;
    start_node(stage, node, "The ledger node starts: one process, one validator.")?;

    stage.steps.chapter("A power cut");
    stage.processes.kill(NODE)?;
    start_node(
        stage,
        node,
        "The node was killed without warning; it starts again from what it had made durable.",
    )?;
    Ok(vec![format!("curl http://{node}/status")])
}

fn make_ledger(stage: &Stage) -> Result<()> {
    stage.steps.step("A new ledger is made.", || {
        let mut command = stage.program(NODE);
        command.arg("init").arg("--home").arg(stage.inside(NODE)).args(["--chain-id", CHAIN_ID]);
        stage.run(command).map(|printed| ((), printed))
    })
}

fn start_node(stage: &Stage, address: SocketAddr, words: &str) -> Result<()> {
    stage.steps.step(words, || {
        let mut command = stage.program(NODE);
        command.arg("run").arg("--home").arg(stage.inside(NODE)).arg("--listen").arg(address.to_string());
        stage.processes.start(NODE, command)?;
        stage.processes.wait_until(NODE, PATIENCE, || loopback::answers(address, "/health"))?;
        Ok(((), format!("it answers at http://{address}")))
    })
}
