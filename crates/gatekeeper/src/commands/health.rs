//! `health`: is everything well?

use std::fmt::Write as _;

use clap::Args;

use super::{Printing, when};
use crate::{
    error::{GatekeeperError, Result},
    health::Health,
};

#[derive(Debug, Args)]
pub(super) struct HealthCommand {
    #[command(flatten)]
    print: Printing,
}

impl HealthCommand {
    pub(super) async fn execute(self) -> Result<()> {
        let health = self.print.at.with(async |gatekeeper| gatekeeper.health().await).await?;
        self.print.show(&health, || words(&health))?;
        if health.well { Ok(()) } else { Err(GatekeeperError::NotWell) }
    }
}

fn words(health: &Health) -> String {
    let mut text = match (&health.ledger.problem, health.ledger.height, health.ledger.age_seconds) {
        (None, Some(height), Some(age)) => format!("ledger: verified up to block {height}, {age} s old\n"),
        (problem, ..) => format!("ledger: {}\n", problem.as_deref().unwrap_or("not read")),
    };
    for one in &health.ledger.failing_nodes {
        let _ = writeln!(text, "the node {} cannot be relied on: {}", one.node, one.why);
    }
    for one in &health.waiting {
        let whose = one.accepted_by.as_deref().map(|node| format!(", accepted by {node}"));
        let why = one.problem.as_deref().map(|problem| format!(": {problem}"));
        let _ = writeln!(
            text,
            "waiting since {}: {} in {}, handed in {} times{}{}",
            when(one.since),
            one.purpose,
            one.relationship,
            one.attempts,
            whose.unwrap_or_default(),
            why.unwrap_or_default(),
        );
    }
    if health.releases_stopped {
        text.push_str(
            "a release waits for the ledger for too long: NOTHING MORE IS RELEASED until it is there\n",
        );
    }
    for node in &health.swallowing_nodes {
        let _ = writeln!(
            text,
            "the node {} accepted {} transactions that it brought into no block, last on {}: ask its operator, \
             or take it out of the network file",
            node.node,
            node.times,
            when(node.last),
        );
    }
    for file in &health.evidence {
        let _ = writeln!(text, "two histories were signed: {file} proves it; give it to the consortium");
    }
    if health.well {
        text.push_str("all is well\n");
    }
    text
}
