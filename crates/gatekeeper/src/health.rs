//! Is everything well? What an operator, or the operator's monitoring, asks.

use std::{path::Path, time::Duration};

use medrec_protocol::{RelationshipAddress, Timestamp};
use serde::Serialize;

use crate::{
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    ledger_view::FailingNode,
    store::{
        acceptances::{self, Swallowing},
        outbox,
    },
};

/// A transaction that waits longer than this, in seconds, is not well.
const MAX_WAIT_SECONDS: u64 = 60;
/// Records leave under a header at most so old, in seconds.
const MAX_HEAD_AGE_SECONDS: u64 = 120;
/// For how long a node that did not keep its word is shown, in seconds: a week.
const MEMORY_SECONDS: u64 = 7 * 86_400;

/// What there is to know.
#[derive(Clone, Debug, Serialize)]
pub struct Health {
    /// Nothing below needs anybody.
    pub well: bool,
    /// The newest verified header, asked for now.
    pub ledger: LedgerHealth,
    /// Transactions on their way to the ledger, oldest first.
    pub waiting: Vec<WaitingTransaction>,
    /// A release waits for the ledger for too long: nothing more is released.
    pub releases_stopped: bool,
    /// Nodes that accepted transactions and brought them into no block.
    pub swallowing_nodes: Vec<Swallowing>,
    /// Files that prove that the ledger's validators signed two histories.
    pub evidence: Vec<String>,
}

/// How the ledger answers.
#[derive(Clone, Debug, Serialize)]
pub struct LedgerHealth {
    /// Height of the newest verified header.
    pub height: Option<u64>,
    /// How old it is, in seconds.
    pub age_seconds: Option<u64>,
    /// Why it could not be asked.
    pub problem: Option<String>,
    /// Nodes that lie or are away.
    pub failing_nodes: Vec<FailingNode>,
}

/// A transaction that waits.
#[derive(Clone, Debug, Serialize)]
pub struct WaitingTransaction {
    /// What it is for.
    pub purpose: &'static str,
    /// In whose log it will stand.
    pub relationship: RelationshipAddress,
    /// Since when it waits.
    pub since: Timestamp,
    /// How often it was handed in.
    pub attempts: u32,
    /// The node that accepted it.
    pub accepted_by: Option<String>,
    /// What the last attempt met.
    pub problem: Option<String>,
}

impl Gatekeeper {
    /// Asks the ledger, and looks at what waits and what was noticed.
    pub async fn health(&self) -> Result<Health> {
        let ledger = self.ledger_health().await;
        let now = self.clock.now();
        let mut read = self.store.read().await?;
        let mut waiting = Vec::new();
        for row in outbox::waiting(&mut read).await? {
            waiting.push(WaitingTransaction {
                purpose: row.purpose.as_str(),
                relationship: row.relationship,
                since: row.created,
                attempts: row.attempts,
                accepted_by: acceptances::of(&mut read, row.id).await?.map(|accepted| accepted.node),
                problem: row.problem,
            });
        }
        let since = Timestamp::from_seconds(now.seconds().saturating_sub(MEMORY_SECONDS));
        let swallowing_nodes = acceptances::swallowing(&mut read, since).await?;
        let releases_stopped = self.disclosures_are_stuck(&mut read).await?;
        let evidence = evidence(&self.home.evidence())?;
        let overdue = waiting.iter().any(|one| one.since.plus(MAX_WAIT_SECONDS) < now);
        let fresh = ledger.age_seconds.is_some_and(|age| age <= MAX_HEAD_AGE_SECONDS);
        let nodes = ledger.failing_nodes.is_empty() && swallowing_nodes.is_empty();
        let well = fresh && nodes && !overdue && !releases_stopped && evidence.is_empty();
        Ok(Health { well, ledger, waiting, releases_stopped, swallowing_nodes, evidence })
    }
}

impl Gatekeeper {
    async fn ledger_health(&self) -> LedgerHealth {
        let asked = self.ledger.head(Duration::ZERO).await;
        let failing_nodes = self.ledger.failing().await;
        match asked {
            Ok(head) => {
                let age = self.clock.now().seconds().saturating_sub(head.time.seconds());
                LedgerHealth {
                    height: Some(head.height),
                    age_seconds: Some(age),
                    problem: None,
                    failing_nodes,
                }
            }
            Err(problem) => {
                let problem = Some(problem.to_string());
                LedgerHealth { height: None, age_seconds: None, problem, failing_nodes }
            }
        }
    }
}

/// Names of the files that hold evidence of two histories.
fn evidence(folder: &Path) -> Result<Vec<String>> {
    let failed = || GatekeeperError::file("cannot read", folder);
    let files = match std::fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed()(error)),
    };
    let mut names = Vec::new();
    for file in files {
        let name = file.map_err(failed())?.file_name().to_string_lossy().into_owned();
        if name.starts_with("evidence-") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
