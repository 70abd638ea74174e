//! A small world for tests: a real ledger node in this process, providers who sign with their own keys, and wallets on
//! temporary folders.

mod ledger;
mod provider;

pub(crate) use ledger::{Ledger, TestClock};
pub(crate) use provider::TestProvider;

use std::sync::Arc;

use medrec_protocol::{Epoch, RecordKind};
use medrec_vault::{KdfParams, Passphrase};

use crate::{
    Control, Home, Wallet,
    store::{
        relationships::{self, Relationship},
        viewing_keys,
    },
    view::{RelationshipState, SyncReport},
    wallet::genesis_of,
};

/// The passphrase of everybody in tests.
pub(crate) fn passphrase() -> Passphrase {
    Passphrase::new("lantern gravel tuba oyster").unwrap()
}

/// A home in a folder, with the weakest work factor that is allowed.
pub(crate) fn home(folder: &std::path::Path, clock: &Arc<TestClock>) -> Home {
    Home::at(folder).with_work_factor(KdfParams::FLOOR).with_clock(clock.clone())
}

/// A ledger with three providers, and one person's wallet that has joined it.
pub(crate) struct World {
    pub folder: tempfile::TempDir,
    pub ledger: Ledger,
    pub clock: Arc<TestClock>,
    pub home: Home,
    pub wallet: Wallet,
}

impl World {
    /// The ledger and the wallet, without relationships.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::default());
        let ledger = Ledger::start(&folder.path().join("node")).await;
        let home = home(&folder.path().join("home"), &clock);
        let (wallet, _) = home.create("Amélia", &passphrase()).await.unwrap();
        wallet.join_network(&ledger.network).await.unwrap();
        wallet.sync(Control::default()).await.unwrap();
        Self { folder, ledger, clock, home, wallet }
    }

    /// With relationships with all three providers, and records of two of them.
    pub async fn with_records() -> Self {
        let mut world = Self::start().await;
        for index in 0..3 {
            world.open_relationship(index).await;
        }
        world.publish(0, &[(RecordKind::Medication, "Metformin 850 mg", Some("2026-05-04"))]).await;
        world.publish(0, &[(RecordKind::Problem, "Crème brûlée allergy suspected", None)]).await;
        world
            .publish(
                1,
                &[
                    (RecordKind::Medication, "Ramipril 5 mg", Some("2026-03")),
                    (RecordKind::Document, "Letter from Dr. Novák", Some("2025")),
                ],
            )
            .await;
        world.sync().await;
        world
    }

    pub async fn sync(&self) -> SyncReport {
        self.wallet.sync(Control::default()).await.unwrap()
    }

    /// What enrolment does, without the gatekeeper between: the wallet takes keys, the provider opens the relationship.
    pub async fn open_relationship(&mut self, provider: usize) {
        let chain = self.ledger.network.identity();
        let genesis = genesis_of(&chain);
        let index =
            self.wallet.change_vault(|networks| networks.take_relationship_index(genesis)).await.unwrap();
        let keys = self.wallet.first_keys(&chain, index).await;
        let row = Relationship {
            address: keys.address(),
            provider: self.ledger.providers[provider].address(),
            index,
            state: RelationshipState::Enrolling,
            code: None,
            leaf: None,
            opened_at: None,
        };
        let mut tx = self.wallet.store.begin().await.unwrap();
        relationships::insert(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
        self.ledger.providers[provider].open(&keys).await;
        let report = self.sync().await;
        assert_eq!(report.enrolled.len(), 1);
    }

    /// Another person on another computer, who has joined the same network.
    pub async fn another(&self, name: &str) -> Wallet {
        let (wallet, _) = self.home_of(name).create(name, &passphrase()).await.unwrap();
        wallet.join_network(&self.ledger.network).await.unwrap();
        wallet.sync(Control::default()).await.unwrap();
        wallet
    }

    /// A wallet that has nothing but this one's words and the network file, in the folder of this name.
    pub async fn restored(&self, wallet: &Wallet, name: &str) -> (Wallet, SyncReport) {
        let words = wallet.recovery_words(&passphrase()).await.unwrap();
        let restored = self.home_of(name).restore("Amélia", &passphrase(), &words).await.unwrap();
        restored.join_network(&self.ledger.network).await.unwrap();
        let report = restored.sync(Control::default()).await.unwrap();
        (restored, report)
    }

    fn home_of(&self, name: &str) -> Home {
        home(&self.folder.path().join(name), &self.clock)
    }

    /// What the publishers' gatekeepers do for a delegate whose time has come: they hand over the viewing keys.
    pub async fn hand_over_keys(&self, helper: &Wallet) {
        let chain = self.ledger.network.identity();
        let mut tx = helper.store.begin().await.unwrap();
        for page in self.wallet.pages(&chain).await.unwrap() {
            if relationships::get(&mut tx, page.row.address).await.unwrap().is_none() {
                continue;
            }
            for epoch in (0..=page.leaf.epoch.count()).map(Epoch::new) {
                let key = page.keys.viewing(epoch).unwrap();
                viewing_keys::put(&mut tx, page.row.address, epoch, key).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
    }

    /// Lets time pass for everybody.
    pub async fn pass(&self, seconds: i64) {
        self.clock.advance(seconds);
        self.ledger.pass(seconds).await;
    }

    /// The provider publishes records.
    pub async fn publish(&self, provider: usize, records: &[(RecordKind, &str, Option<&str>)]) {
        self.ledger.providers[provider].publish(records).await;
    }

    /// The address of a provider.
    pub fn provider(&self, index: usize) -> medrec_protocol::ProviderAddress {
        self.ledger.providers[index].address()
    }
}
