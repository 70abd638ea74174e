use medrec_exchange::api::{EnrolmentCode, EnrolmentSecret};

use crate::{Clock, Code, random::os_random, testing::World, view::RelationshipState};

fn code(world: &World, endpoint: &str) -> EnrolmentCode {
    EnrolmentCode {
        chain_id: world.ledger.network.chain_id.clone(),
        provider: world.provider(0),
        endpoint: endpoint.parse().unwrap(),
        secret: EnrolmentSecret::generate(&mut os_random()),
        expires: world.clock.now().plus(600),
    }
}

/// Where the directory says that the first provider is; nothing listens there.
const DIRECTORY: &str = "http://127.0.0.1:9";

async fn refused(world: &World, code: &EnrolmentCode) -> Code {
    world.wallet.enrol(&code.to_string()).await.unwrap_err().code()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_shown_with_the_provider_that_the_ledger_knows() {
    let world = World::start().await;
    let preview = world.wallet.preview_enrolment(&code(&world, DIRECTORY).to_string()).await.unwrap();
    assert_eq!(preview.provider.to_string(), "Santa Maria (Lisbon)");
    assert_eq!(preview.endpoint, DIRECTORY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_leads_elsewhere_is_over_or_of_another_ledger_begins_nothing() {
    let world = World::start().await;
    assert_eq!(refused(&world, &code(&world, "http://127.0.0.1:10")).await, Code::VerificationFailed);
    let mut over = code(&world, DIRECTORY);
    over.expires = world.clock.now().plus(0);
    world.clock.advance(1);
    assert_eq!(refused(&world, &over).await, Code::Expired);
    let mut other = code(&world, DIRECTORY);
    other.chain_id = "elsewhere".parse().unwrap();
    assert_eq!(refused(&world, &other).await, Code::WrongNetwork);
    let mut stranger = code(&world, DIRECTORY);
    stranger.provider = medrec_protocol::ProviderAddress::from_bytes([4; 20]);
    assert_eq!(refused(&world, &stranger).await, Code::NotFound);
    assert_eq!(world.wallet.enrol("mrenrol1nonsense").await.unwrap_err().code(), Code::InvalidInput);
    assert!(world.wallet.relationships().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_that_could_not_be_sent_goes_on_with_the_same_keys() {
    let world = World::start().await;
    let code = code(&world, DIRECTORY);
    assert_eq!(refused(&world, &code).await, Code::ProviderAway);
    assert_eq!(refused(&world, &code).await, Code::ProviderAway);
    let rows = world.wallet.relationships().await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].state, RelationshipState::Enrolling);
    // The provider has taken it after all, although the answer was lost.
    let chain = world.ledger.network.identity();
    let keys = world.wallet.first_keys(&chain, rows[0].index).await;
    world.ledger.providers[0].open(&keys).await;
    let report = world.sync().await;
    assert_eq!(report.enrolled, ["Santa Maria (Lisbon)"]);
    assert_eq!(refused(&world, &code).await, Code::AlreadyExists);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_view_of_the_ledger_is_not_enrolled_by() {
    let world = World::start().await;
    let mut code = code(&world, DIRECTORY);
    code.expires = world.clock.now().plus(10_000);
    world.clock.advance(500);
    assert_eq!(refused(&world, &code).await, Code::NodeAway);
    assert!(world.wallet.relationships().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relationship_of_another_provider_under_our_keys_is_refused() {
    let world = World::start().await;
    let code = code(&world, DIRECTORY);
    assert_eq!(refused(&world, &code).await, Code::ProviderAway);
    let row = world.wallet.relationships().await.unwrap().remove(0);
    let chain = world.ledger.network.identity();
    let keys = world.wallet.first_keys(&chain, row.index).await;
    // Only a wallet that signed for another provider makes this possible; it is checked nevertheless.
    world.ledger.providers[1].open(&keys).await;
    let error = world.wallet.sync(crate::Control::default()).await.unwrap_err();
    assert_eq!(error.code(), Code::VerificationFailed);
}
