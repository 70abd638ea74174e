//! A provider who signs with its own keys.

use std::sync::Arc;

use ed25519_dalek::SigningKey;
use medrec_client::{HttpNode, LightClient, NetworkFile, Patience};
use medrec_protocol::{
    Address, AgentAddress, Commitment, Epoch, ProviderAddress, PublicKey, RecordKind, RelationshipAddress,
    TxBody, ViewingKey,
    actions::{Action, OpenRelationship, PublishRecord, RecordDisclosure, RequestAccess},
    codec::{List, Text},
    handover::SealingSecret,
    payload::{
        Basis, DisclosurePayload, FutureRecords, MediaType, Payload, Purpose, Recipient, RecordPayload,
        RequestPayload, V1,
    },
    seal::{PayloadKind, SealContext},
    state::{GrantId, Nonce, Provider, RequestId},
};
use tokio::sync::Mutex;

use super::TestClock;
use crate::{Clock, keys::RelationshipKeys, random::os_random};

/// A provider with at most one patient.
pub(crate) struct TestProvider {
    provider: Provider,
    key: SigningKey,
    network: NetworkFile,
    clock: Arc<TestClock>,
    patient: Mutex<Option<(RelationshipAddress, Epoch, ViewingKey)>>,
}

impl TestProvider {
    /// An entry for the directory, and its key.
    pub fn entry(index: usize, name: &str, place: &str) -> (Provider, SigningKey) {
        let seed = u8::try_from(index).unwrap() + 1;
        let key = SigningKey::from_bytes(&[seed; 32]);
        let sealing = SealingSecret::from_bytes([seed; 32].into());
        let provider = Provider {
            name: Text::new(name).unwrap(),
            place: Text::new(place).unwrap(),
            endpoint: Text::new(format!("http://127.0.0.1:{}", 9 + index)).unwrap(),
            signing_key: PublicKey::of(&key),
            sealing_key: sealing.public().unwrap(),
        };
        (provider, key)
    }

    pub fn new(provider: Provider, key: SigningKey, network: NetworkFile, clock: Arc<TestClock>) -> Self {
        Self { provider, key, network, clock, patient: Mutex::new(None) }
    }

    pub fn address(&self) -> ProviderAddress {
        self.provider.address()
    }

    async fn send(&self, actions: Vec<Action>) {
        let body = TxBody {
            signer: Address::Provider(self.address()),
            nonce: Nonce::generate(&mut os_random()),
            valid_until: self.clock.now().plus(300),
            actions: List::new(actions).unwrap(),
        };
        let tx = body.sign(&self.key, &self.network.identity());
        let nodes = HttpNode::all_of(&self.network).unwrap();
        let mut client = LightClient::new(self.network.clone(), nodes, None).unwrap();
        let patience = Patience { poll: std::time::Duration::from_millis(20), ..Patience::default() };
        client.submit_and_wait(&tx, patience, || self.clock.now()).await.unwrap();
    }

    /// Opens the relationship of a patient whose keys these are.
    pub async fn open(&self, keys: &RelationshipKeys) {
        let chain = self.network.identity();
        let open = OpenRelationship::prove_possession(keys.signing(), &chain, self.address());
        self.send(vec![open.into()]).await;
        let viewing = keys.viewing(Epoch::FIRST).unwrap().clone();
        *self.patient.lock().await = Some((keys.address(), Epoch::FIRST, viewing));
    }

    /// Takes the viewing key of a newer epoch.
    pub async fn take_key(&self, epoch: Epoch, key: &ViewingKey) {
        let mut patient = self.patient.lock().await;
        let (address, ..) = patient.take().unwrap();
        *patient = Some((address, epoch, key.clone()));
    }

    fn seal<T: Payload>(
        &self,
        (relationship, epoch, key): &(RelationshipAddress, Epoch, ViewingKey),
        payload: &T,
    ) -> medrec_protocol::Sealed {
        let chain = self.network.identity();
        let signer = Address::Provider(self.address());
        let context =
            SealContext { chain: &chain, relationship: *relationship, signer, kind: PayloadKind::Record };
        payload.seal(key, *epoch, context, &mut os_random()).unwrap()
    }

    /// Publishes records of one transaction.
    pub async fn publish(&self, records: &[(RecordKind, &str, Option<&str>)]) {
        let patient = self.patient.lock().await.clone().unwrap();
        let actions = records.iter().map(|(kind, title, date)| {
            let payload = payload(*kind, title, *date);
            pointer(patient.0, title, None, self.seal(&patient, &payload))
        });
        self.send(actions.collect()).await;
    }

    /// Publishes a new version.
    pub async fn correct(&self, old: u64, kind: RecordKind, title: &str) {
        let patient = self.patient.lock().await.clone().unwrap();
        let sealed = self.seal(&patient, &payload(kind, title, None));
        self.send(vec![pointer(patient.0, title, Some(old), sealed)]).await;
    }

    /// Publishes a record whose description is sealed with a key that the patient does not have.
    pub async fn publish_closed(&self, title: &str) {
        let (relationship, epoch, _) = self.patient.lock().await.clone().unwrap();
        let stranger = (relationship, epoch, ViewingKey::from_bytes([9; 32]));
        let sealed = self.seal(&stranger, &payload(RecordKind::Other, title, None));
        self.send(vec![pointer(relationship, title, None, sealed)]).await;
    }

    /// Asks for access.
    pub async fn ask(&self, kinds: &[RecordKind], days: u16) -> RequestId {
        let patient = self.patient.lock().await.clone().unwrap();
        let payload = RequestPayload {
            version: V1,
            kinds: kinds.iter().copied().collect(),
            future: FutureRecords::Included,
            days,
            purpose: Purpose::Treatment,
            reason: Text::clipped("first visit"),
            asked_by: Text::clipped("Dr. Reyes"),
        };
        let id = RequestId::generate(&mut os_random());
        let not_after = self.clock.now().plus(3600);
        let request = self.seal(&patient, &payload);
        self.send(vec![RequestAccess { relationship: patient.0, id, not_after, request }.into()]).await;
        id
    }

    /// Writes down that copies of records with these titles were released.
    pub async fn disclose(&self, recipient: ProviderAddress, grant: GrantId, titles: &[&str]) {
        self.release(Recipient::Provider(recipient), Basis::Grant(grant), titles).await;
    }

    /// The same, to a delegate.
    pub async fn disclose_to_delegate(&self, agent: AgentAddress, titles: &[&str]) {
        self.release(Recipient::Delegate(agent), Basis::Delegate(agent), titles).await;
    }

    async fn release(&self, recipient: Recipient, basis: Basis, titles: &[&str]) {
        let patient = self.patient.lock().await.clone().unwrap();
        let payload = DisclosurePayload {
            version: V1,
            recipient,
            basis,
            records: List::new(titles.iter().map(|title| commitment(title)).collect()).unwrap(),
            at: self.clock.now(),
            person: Text::clipped("Dr. Reyes"),
            reason: Text::default(),
        };
        let disclosure = self.seal(&patient, &payload);
        self.send(vec![RecordDisclosure { relationship: patient.0, disclosure }.into()]).await;
    }
}

fn commitment(title: &str) -> Commitment {
    Commitment::from_bytes(*medrec_protocol::Hash32::plain(title.as_bytes()).as_bytes())
}

fn pointer(
    relationship: RelationshipAddress,
    title: &str,
    supersedes: Option<u64>,
    description: medrec_protocol::Sealed,
) -> Action {
    PublishRecord { relationship, commitment: commitment(title), supersedes, description }.into()
}

fn payload(kind: RecordKind, title: &str, date: Option<&str>) -> RecordPayload {
    RecordPayload {
        version: V1,
        kind,
        title: Text::clipped(title),
        fhir_type: None,
        codes: List::new(Vec::new()).unwrap(),
        status: None,
        date: date.map(Text::clipped),
        author: Some(Text::clipped("Dr. Reyes")),
        place: None,
        media_type: MediaType::new("text/plain"),
        size: 42,
    }
}
