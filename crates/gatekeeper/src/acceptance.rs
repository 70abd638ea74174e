//! A node's yes is a word, not a deed. What a node accepted is watched until the verified log has it; a node that accepted
//! it and brought it into no block is named to the operator, and another one gets it. (REL-10)

use std::time::Duration;

use crate::{
    error::Result,
    gatekeeper::Gatekeeper,
    ledger_view::Head,
    store::{
        Connection,
        acceptances::{self, Acceptance},
        outbox::Waiting,
    },
};

/// Nodes pass on at once what they accept: after this time, in seconds, another node knows it, or it was not passed on.
const HEARSAY_SECONDS: u64 = 5;
/// Blocks come at least every 15 s: after three of them the ledger has what a node would have brought into it.
const INCLUSION_SECONDS: u64 = 45;
const INCLUSION_BLOCKS: u64 = 3;

impl Gatekeeper {
    /// At which node, counted from the one that is asked first, it is handed in now: the one that took it gets it once
    /// more, for it may have lost it in a crash; after that all take turns.
    pub(crate) async fn turn(&self, db: &mut Connection, waiting: &Waiting) -> Result<u32> {
        let taken = acceptances::of(db, waiting.id).await?.is_some();
        Ok(if taken { waiting.attempts.saturating_sub(1) } else { waiting.attempts })
    }

    /// A node took it: as new, or because it says that it has it already.
    pub(crate) async fn taken(&self, waiting: &Waiting, node: String, as_new: bool) -> Result<()> {
        // Without one there is nothing to measure by; it is handed in again anyway.
        let Ok(head) = self.ledger.head(Duration::MAX).await else { return Ok(()) };
        let mut tx = self.store.begin().await?;
        let before = acceptances::of(&mut tx, waiting.id).await?;
        let of_another = before.as_ref().filter(|before| before.node != node);
        if before.is_some() && !(as_new && of_another.is_some()) {
            return Ok(());
        }
        let now = self.clock.now();
        let acceptance = Acceptance { node, at: now, head, missed: false };
        let waits = acceptances::set(&mut tx, waiting.id, &waiting.tx, &acceptance).await?;
        if let Some(before) = of_another.filter(|before| waits && before.missed) {
            let seconds = now.seconds().saturating_sub(before.at.seconds());
            tracing::error!(node = before.node, purpose = ?waiting.purpose, seconds, other = acceptance.node,
                "a ledger node accepted a transaction and did not pass it on; another node has it now");
            acceptances::note_swallowed(&mut tx, &before.node, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The log verified under this header does not have it.
    pub(crate) async fn missed(&self, db: &mut Connection, waiting: &Waiting, at: Head) -> Result<()> {
        let Some(taken) = acceptances::of(db, waiting.id).await? else { return Ok(()) };
        let now = self.clock.now();
        let gone_on = at.height >= taken.head.height.saturating_add(INCLUSION_BLOCKS)
            && at.time >= taken.head.time.plus(INCLUSION_SECONDS);
        if gone_on {
            let seconds = now.seconds().saturating_sub(taken.at.seconds());
            tracing::error!(node = taken.node, purpose = ?waiting.purpose, seconds,
                "a ledger node accepted a transaction that is in no block; it is kept and sent again");
            acceptances::note_swallowed(db, &taken.node, now).await?;
            return acceptances::forget(db, waiting.id).await;
        }
        if !taken.missed && now >= taken.at.plus(HEARSAY_SECONDS) {
            acceptances::set_missed(db, waiting.id).await?;
        }
        Ok(())
    }
}
