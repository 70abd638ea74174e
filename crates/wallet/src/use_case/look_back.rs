//! Finding relationships again from the key tree and the ledger alone.
//!
//! Keys are looked up one after the other until twenty in a row are proved to be absent. Nobody learns which ones belong
//! together from the ledger; the node that is asked could guess it.

use futures::future;
use medrec_client::Snapshot;
use medrec_protocol::{ChainIdentity, state::RelationshipLeaf};
use medrec_vault::RelationshipIndex;

use crate::{
    Control, Result, Wallet,
    store::{
        network,
        relationships::{self, Relationship},
    },
    view::{RelationshipState, SyncProgress},
    wallet::genesis_of,
};

/// Keys in a row that are proved to be unused before looking stops.
const GAP: u32 = 20;

impl Wallet {
    /// Looks for relationships from key `from` on; gives how many were found that were not known.
    pub(crate) async fn look_for_relationships(
        &self,
        from: u32,
        snapshot: &Snapshot,
        chain: &ChainIdentity,
        control: &Control<SyncProgress>,
    ) -> Result<u64> {
        let (mut next, mut unused, mut found) = (from, 0, 0);
        while unused < GAP {
            control.go_on()?;
            let looked =
                (next..next.saturating_add(GAP - unused)).map(|index| self.look_at(index, snapshot, chain));
            for (row, leaf) in future::try_join_all(looked).await? {
                next += 1;
                match leaf {
                    None => unused += 1,
                    Some(leaf) => {
                        unused = 0;
                        found += u64::from(self.take_over(row, &leaf, chain).await?);
                    }
                }
            }
            let known = u32::try_from(found).unwrap_or(u32::MAX);
            control.tell(SyncProgress::Looking { looked_at: next, found: known });
            // What lies behind a found one is looked at again after a crash; what lies before it is not.
            self.scan_from(Some(next.saturating_sub(unused))).await?;
        }
        self.scan_from(None).await?;
        Ok(found)
    }

    pub(crate) async fn look_at(
        &self,
        index: u32,
        snapshot: &Snapshot,
        chain: &ChainIdentity,
    ) -> Result<(Relationship, Option<RelationshipLeaf>)> {
        let index = RelationshipIndex::new(index)?;
        let keys = self.first_keys(chain, index).await;
        let (address, leaf) = self.owned(&keys, snapshot).await?.unzip();
        let address = address.unwrap_or_else(|| keys.address());
        // Without a leaf the row is not kept, so its provider does not matter.
        let nobody = medrec_protocol::ProviderAddress::from_bytes([0; 20]);
        let provider = leaf.as_ref().map_or(nobody, |leaf| leaf.publisher);
        let state = RelationshipState::Open;
        Ok((Relationship { address, provider, index, state, code: None, leaf: None, opened_at: None }, leaf))
    }

    /// Keeps a relationship; true when it was not known.
    pub(crate) async fn take_over(
        &self,
        row: Relationship,
        leaf: &RelationshipLeaf,
        chain: &ChainIdentity,
    ) -> Result<bool> {
        let genesis = genesis_of(chain);
        self.change_vault(|networks| networks.mark_used(genesis, row.index)).await?;
        let mut tx = self.store.begin().await?;
        let known = relationships::get(&mut tx, row.address).await?.is_some();
        relationships::insert(&mut tx, &row).await?;
        relationships::set_leaf(&mut tx, row.address, leaf).await?;
        tx.commit().await?;
        Ok(!known)
    }

    async fn scan_from(&self, from: Option<u32>) -> Result<()> {
        let mut tx = self.store.begin().await?;
        network::set_scan(&mut tx, from).await?;
        Ok(tx.commit().await?)
    }
}
