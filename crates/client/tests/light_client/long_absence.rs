//! A client that was away for longer than a header is trusted goes on from the anchor of a newer network file.

use medrec_client::{
    Anchor, ClientError, Lie, LightClient, NetworkFile, TrustedHead, verify::header::HeaderFault,
};
use medrec_protocol::Hash32;

use crate::{chain::sign, node::MemoryNode, world::World};

const DAY: u64 = 86_400;

/// What the client verified, a ledger that went on a year later, and a new network file that vouches for a late block.
async fn a_year_away() -> (World, TrustedHead, NetworkFile) {
    let world = World::with_records(1);
    let kept = world.client().await.trusted().cloned().unwrap();
    let mut chain = world.chain();
    chain.ledger.now = chain.ledger.now.plus(365 * DAY);
    chain.seal_empty(10);
    let anchor = &chain.blocks[chain.blocks.len() - 5].signed.header;
    let height = anchor.height.value().try_into().unwrap();
    let hash = Hash32::new(anchor.hash().as_bytes().try_into().unwrap());
    drop(chain);
    let file = NetworkFile { anchor: Some(Anchor { height, hash }), ..world.network() };
    (world, kept, file)
}

fn client(file: NetworkFile, node: MemoryNode, kept: &TrustedHead) -> LightClient {
    LightClient::new(file, vec![node.boxed()], Some(kept.clone())).unwrap()
}

#[tokio::test]
async fn a_new_network_file_with_an_anchor_ends_a_long_absence() {
    let (world, kept, file) = a_year_away().await;
    let mut before = client(world.network(), world.honest(), &kept);
    let error = before.update(world.now()).await.unwrap_err();
    assert!(matches!(error, ClientError::TrustExpired { .. }), "{error}");

    let mut after = client(file, world.honest(), &kept);
    let head = after.update(world.now()).await.unwrap().head;
    assert_eq!(head.height.get(), world.chain().height());
    assert_eq!(after.update(world.now()).await.unwrap().head, head);
}

#[tokio::test]
async fn an_anchor_does_not_replace_a_head_that_is_still_trusted() {
    let (world, _, file) = a_year_away().await;
    let mut first = LightClient::new(file.clone(), vec![world.honest().boxed()], None).unwrap();
    first.update(world.now()).await.unwrap();
    let kept = first.trusted().cloned().unwrap();
    let wrong = Anchor { hash: Hash32::new([1; 32]), ..file.anchor.unwrap() };
    let mut client = client(NetworkFile { anchor: Some(wrong), ..file }, world.honest(), &kept);
    assert_eq!(client.update(world.now()).await.unwrap().head, kept.head());
}

#[tokio::test]
async fn another_history_before_the_anchor_is_noticed_after_a_long_absence() {
    let (world, kept, file) = a_year_away().await;
    let (height, validators) = (kept.height().get(), world.validators.clone());
    for (votes, is_fork) in [(4, true), (1, false)] {
        let validators = validators.clone();
        let node = world.honest().header(move |honest| {
            if honest.header.height.value() != height {
                return Ok(honest);
            }
            let mut other = honest.header;
            other.app_hash = vec![1; 32].try_into().unwrap();
            Ok(sign(other, &validators, &validators[..votes]))
        });
        let mut client = client(file.clone(), node, &kept);
        let error = client.update(world.now()).await.unwrap_err();
        assert_eq!(matches!(error, ClientError::Fork(_)), is_fork, "{error}");
        let conflict =
            matches!(&error, ClientError::Lie { lie, .. } if matches!(**lie, Lie::Conflict { .. }));
        assert_eq!(conflict, !is_fork, "{error}");
        assert_eq!(client.trusted(), Some(&kept), "a refused history must change nothing");
    }
}

#[tokio::test]
async fn after_a_long_absence_another_header_than_the_anchor_names_is_refused() {
    let (world, kept, file) = a_year_away().await;
    let wrong = Anchor { hash: Hash32::new([1; 32]), ..file.anchor.unwrap() };
    let mut client = client(NetworkFile { anchor: Some(wrong), ..file }, world.honest(), &kept);
    let ClientError::Lie { lie, .. } = client.update(world.now()).await.unwrap_err() else {
        panic!("no lie was noticed")
    };
    assert!(matches!(*lie, Lie::Header(HeaderFault::Anchor { .. })), "{lie}");
}

#[tokio::test]
async fn an_old_anchor_does_not_end_a_long_absence() {
    let (world, kept, file) = a_year_away().await;
    let head = kept.head();
    let old = Anchor { height: head.height, hash: head.hash };
    let mut client = client(NetworkFile { anchor: Some(old), ..file }, world.honest(), &kept);
    let error = client.update(world.now()).await.unwrap_err();
    assert!(matches!(error, ClientError::TrustExpired { .. }), "{error}");
}
