//! The storage in memory does what every storage has to do.

use medrec_ledger::{
    Changes, Storage,
    testing::{MemoryStorage, conformance::Subject},
};

#[derive(Default)]
struct InMemory(MemoryStorage);

impl Subject for InMemory {
    fn commit(&mut self, changes: &Changes) {
        self.0.apply(changes);
    }

    fn prune(&mut self, keep_from: u64) {
        self.0.prune(keep_from);
    }

    fn reopen(&mut self) {}

    fn view(&self) -> Box<dyn Storage + '_> {
        Box::new(&self.0)
    }
}

medrec_ledger::conformance_tests!(InMemory::default());
