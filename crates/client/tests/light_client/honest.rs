//! Honest nodes and many syncs: nobody is blamed, nothing is refused, everything arrives.
//!
//! Blocks with and without transactions, validators who come, go and change their weight, nodes that restart, are
//! away for a while or a block behind, wallets that start again from what they kept, come back after days, or join
//! anew. Reproducible: all chance comes from one seed.

use medrec_client::{LightClient, TrustedHead, WitnessVerdict};
use medrec_protocol::log::Frontier;

use crate::{
    chain::Validator,
    node::MemoryNode,
    world::{World, fetch},
};

/// A small generator (xorshift64): the same run each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}

#[derive(Debug, Default)]
struct Tally {
    syncs: u64,
    blocks: u64,
    entries: usize,
    validator_changes: u64,
    restarts: u64,
    joins: u64,
    away: u64,
    a_block_behind: u64,
}

struct Run {
    world: World,
    chance: Chance,
    tally: Tally,
    next_validator: u8,
}

impl Run {
    fn go_on(&mut self) {
        let before = self.world.chain().height();
        if self.chance.one_in(20) {
            self.change_validators();
        }
        match self.chance.below(4) {
            0 => self.world.publish(1),
            1 => {}
            blocks => self.world.chain().seal_empty(usize::try_from(blocks).unwrap()),
        }
        self.tally.blocks += self.world.chain().height() - before;
    }

    /// One of them at a time, as a consortium does it.
    fn change_validators(&mut self) {
        let mut chain = self.world.chain();
        match self.chance.below(3) {
            0 if chain.coming.len() > 4 => drop(chain.coming.remove(0)),
            1 if chain.coming.len() < 8 => {
                chain.coming.push(Validator::new(self.next_validator, 10));
                self.next_validator = self.next_validator.checked_add(1).unwrap_or(20);
            }
            _ => {
                let last = chain.coming.pop().unwrap();
                chain.coming.push(last.with_power(9 + u32::try_from(self.chance.below(3)).unwrap()));
            }
        }
        drop(chain);
        self.tally.validator_changes += 1;
    }

    fn node(&mut self, name: &str) -> MemoryNode {
        let node = MemoryNode::new(name, &self.world.chain);
        match self.chance.below(15) {
            0 => {
                self.tally.away += 1;
                node.away()
            }
            blocks @ 1..=2 => {
                self.tally.a_block_behind += 1;
                node.late_by(usize::try_from(blocks).unwrap())
            }
            _ => node,
        }
    }

    /// One sync of a wallet that kept `stored` and `known`.
    async fn sync(&mut self, stored: Option<TrustedHead>, known: Frontier) -> (LightClient, Frontier) {
        let nodes = vec![
            self.node("first").boxed(),
            MemoryNode::new("always there", &self.world.chain).boxed(),
            self.node("third").boxed(),
        ];
        let behind = stored.as_ref().map_or(0, |stored| stored.height().get());
        let mut client = self.world.client_of(nodes, stored);
        let update = client.update(self.world.now()).await.expect("no alarm");
        for report in &update.witnesses {
            assert!(!matches!(report.verdict, WitnessVerdict::Faulty(_)), "{report:?}");
        }
        assert!(update.head.height.get() >= behind);
        let log = client.snapshot().unwrap().log(self.world.log_id()).await.expect("no alarm");
        let (entries, frontier) = match fetch(&log, known.clone()).await {
            Ok(found) => found,
            Err(error) => panic!("no alarm expected: {error}"),
        };
        self.tally.entries += entries.len();
        self.tally.syncs += 1;
        (client, frontier)
    }
}

async fn honest(syncs: u64, seed: u64) -> Tally {
    let world = World::with_records(3);
    let mut run = Run { world, chance: Chance(seed), tally: Tally::default(), next_validator: 20 };
    let (mut stored, mut known) = (None::<TrustedHead>, Frontier::default());
    for _ in 0..syncs {
        run.go_on();
        if run.chance.one_in(25) {
            run.tally.joins += 1;
            (stored, known) = (None, Frontier::default());
        } else if run.chance.one_in(5) {
            run.tally.restarts += 1;
            stored = stored.map(|kept| TrustedHead::from_json(&kept.to_json()).expect("as it was kept"));
        }
        // A wallet that is not opened for a while.
        if run.chance.one_in(30) {
            run.world.chain().seal_empty(40);
            run.tally.blocks += 40;
        }
        let (client, frontier) = run.sync(stored, known).await;
        (stored, known) = (client.trusted().cloned(), frontier);
    }
    run.tally
}

#[tokio::test]
async fn three_hundred_honest_syncs_raise_no_alarm() {
    let tally = honest(300, 5).await;
    assert_eq!(tally.syncs, 300);
    assert!(tally.validator_changes > 5 && tally.restarts > 20 && tally.joins > 3, "{tally:?}");
    assert!(tally.away > 5 && tally.a_block_behind > 20, "{tally:?}");
}

#[tokio::test]
#[ignore = "takes minutes; by command: cargo test -p medrec-client --test light_client -- --ignored --nocapture ten_thousand"]
async fn ten_thousand_honest_syncs_raise_no_alarm() {
    let began = std::time::Instant::now();
    let tally = honest(10_000, 7).await;
    assert_eq!(tally.syncs, 10_000);
    println!("{tally:?} in {:?}, no alarm", began.elapsed());
}
