//! A small world for tests: gatekeepers and patients on a ledger in memory that runs the real state machine.

mod helper;
mod ledger;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use ed25519_dalek::SigningKey;
use medrec_exchange::{
    Person, Signer,
    api::{EnrolmentCode, EnrolmentRequest},
    client::Asker,
};
use medrec_protocol::{
    Address, AgentAddress, Epoch, ProviderAddress, RelationshipAddress, Timestamp, ViewingKey,
    actions::{
        Action, AnswerRequest, CloseRelationship, Delegate, EndDelegation, Grant, NewViewingKey, Revoke,
        RotateKeys, RotateViewingKey, SetEmergency, SetHandover,
    },
    codec::Text,
    handover::{HandoverContext, SealedKey, SealingSecret},
    payload::{
        AnswerPayload, DelegationTerms, EmergencyTerms, FutureRecords, GrantHandle, GrantMode, GrantTerms,
        Purpose, RevocationNote, Scope, V1,
    },
    record::RecordKinds,
    seal::{OlderKey, PayloadKind, SealContext},
    sign::Possession,
    state::{Activation, GrantId, Provider, ProviderLeaf, RequestId, Right, SealingKey, StateKey},
};

pub(crate) use helper::Helper;
use ledger::leaf;
pub(crate) use ledger::{LocalLedger, Node};

use crate::{
    clock::{Clock, SetClock},
    config::{Config, Source},
    gatekeeper::{Gatekeeper, Parts},
    home::Home,
    keys::Keys,
    ledger_view::{Ledger, Submitted},
    random::os_random,
    store::Store,
};

/// A provider with its folder, which goes away with it.
pub(crate) struct Clinic {
    pub(crate) gatekeeper: Arc<Gatekeeper>,
    folder: tempfile::TempDir,
    clock: Arc<SetClock>,
}

impl Clinic {
    fn root(folder: &tempfile::TempDir) -> PathBuf {
        folder.path().join("home")
    }

    /// Folder of a patient's files.
    pub(crate) fn files(&self, patient: &str) -> PathBuf {
        let folder = self.folder.path().join("source").join(patient);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Writes a file into a patient's folder, as of some time ago.
    pub(crate) fn write(&self, patient: &str, path: &str, bytes: &[u8]) {
        let path = self.files(patient).join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
    }

    /// What a start after a crash finds: everything in memory is gone.
    pub(crate) async fn restarted(self, world: &World) -> Self {
        self.gatekeeper.store.close().await;
        let root = Self::root(&self.folder);
        let gatekeeper = world.gatekeeper(&root).await;
        Self { gatekeeper, ..self }
    }

    /// Works until nothing waits any more.
    pub(crate) async fn work(&self) {
        self.gatekeeper.take_in_folders().await.unwrap();
        for round in 0..100 {
            if !self.gatekeeper.work_outbox().await.unwrap() {
                return;
            }
            // Releases of one visit are gathered for a while.
            self.clock.advance(u64::from(round > 50));
        }
        panic!("the outbox is never empty");
    }
}

/// Providers, a ledger and a clock.
pub(crate) struct World {
    pub(crate) ledger: Arc<LocalLedger>,
    pub(crate) clock: Arc<SetClock>,
}

impl World {
    /// A ledger with one provider for each endpoint.
    pub(crate) async fn with(endpoints: &[&str]) -> (Self, Vec<Clinic>) {
        let clock = Arc::new(SetClock::at(crate::clock::SystemClock.now()));
        let mut made = Vec::new();
        let mut providers = Vec::new();
        for (number, endpoint) in endpoints.iter().enumerate() {
            let folder = tempfile::tempdir().unwrap();
            providers.push(make_home(&folder, &format!("Clinic {number}"), endpoint).await);
            made.push(folder);
        }
        let ledger = Arc::new(LocalLedger::begin(providers, Arc::clone(&clock)));
        let world = Self { ledger, clock };
        let mut clinics = Vec::new();
        for folder in made {
            let gatekeeper = world.gatekeeper(&Clinic::root(&folder)).await;
            clinics.push(Clinic { gatekeeper, folder, clock: Arc::clone(&world.clock) });
        }
        (world, clinics)
    }

    /// A ledger with one provider.
    pub(crate) async fn with_one() -> (Self, Clinic) {
        let (world, mut clinics) = Self::with(&["http://127.0.0.1:1"]).await;
        (world, clinics.remove(0))
    }

    async fn gatekeeper(&self, root: &std::path::Path) -> Arc<Gatekeeper> {
        let home = Home::open(root).unwrap();
        let keys = Keys::read(&home.keys()).unwrap();
        let store = Store::open(&home.database(), keys.database()).await.unwrap();
        Arc::new(Gatekeeper::new(Parts {
            config: Config::read(&home.config()).unwrap(),
            home,
            keys,
            chain: self.ledger.chain.clone(),
            store,
            ledger: Arc::clone(&self.ledger) as Arc<dyn Ledger>,
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
        }))
    }

    /// A patient who is enrolled at a clinic, with the relationship open.
    pub(crate) async fn enrolled(&self, clinic: &Clinic, local_id: &str) -> Patient {
        let code = clinic.gatekeeper.make_code(&local_id.parse().unwrap(), 7).await.unwrap();
        let patient = self.patient(clinic);
        clinic.gatekeeper.enrol(&patient.request(&code)).await.unwrap();
        clinic.work().await;
        patient
    }

    /// A patient with keys for one clinic, not enrolled yet.
    pub(crate) fn patient(&self, clinic: &Clinic) -> Patient {
        let key = fresh_key();
        let provider: ProviderLeaf =
            leaf(&self.ledger.state.lock().unwrap(), StateKey::Provider(clinic.gatekeeper.address()))
                .unwrap();
        Patient {
            owner: Mutex::new(key.clone()),
            key,
            viewing: Mutex::new(vec![ViewingKey::from_bytes([9; 32])]),
            publisher: provider.provider,
            ledger: Arc::clone(&self.ledger),
            clock: Arc::clone(&self.clock),
        }
    }
}

async fn make_home(folder: &tempfile::TempDir, name: &str, endpoint: &str) -> Provider {
    let home = Home::create(&Clinic::root(folder)).unwrap();
    let keys = Keys::generate(&mut os_random());
    keys.write(&home.keys()).unwrap();
    Store::create(&home.database(), keys.database()).await.unwrap().close().await;
    let source = folder.path().join("source");
    std::fs::create_dir(&source).unwrap();
    let config = Config {
        name: Text::new(name).unwrap(),
        place: Text::new("Mill Street 4").unwrap(),
        endpoint: endpoint.parse().unwrap(),
        source: Some(Source::folder(source)),
    };
    config.write(&home.config()).unwrap();
    Provider {
        name: config.name,
        place: config.place,
        endpoint: Text::new(endpoint).unwrap(),
        signing_key: keys.public(),
        sealing_key: keys.sealing_public().unwrap(),
    }
}

/// A patient in one relationship.
pub(crate) struct Patient {
    pub(crate) key: SigningKey,
    /// Viewing keys by epoch.
    viewing: Mutex<Vec<ViewingKey>>,
    /// The key that owns the account now.
    owner: Mutex<SigningKey>,
    pub(crate) publisher: Provider,
    ledger: Arc<LocalLedger>,
    clock: Arc<SetClock>,
}

impl Patient {
    pub(crate) fn address(&self) -> RelationshipAddress {
        RelationshipAddress::of(&medrec_protocol::PublicKey::of(&self.key))
    }

    pub(crate) fn asker(&self) -> Asker {
        Asker::patient(Signer::new(self.address(), self.owner()))
    }

    /// The key that owns the account now.
    pub(crate) fn owner(&self) -> SigningKey {
        self.owner.lock().unwrap().clone()
    }

    /// The viewing key in force, and its epoch.
    pub(crate) fn viewing(&self) -> (Epoch, ViewingKey) {
        let keys = self.viewing.lock().unwrap();
        (Epoch::new(u32::try_from(keys.len() - 1).unwrap()), keys.last().unwrap().clone())
    }

    /// A new viewing key for the publisher, or for somebody else: garbage to the publisher.
    fn new_key(&self, to: &SealingKey) -> NewViewingKey {
        let (old_epoch, old) = self.viewing();
        let epoch = old_epoch.next().unwrap();
        let mut bytes = [0; 32];
        rand_core::Rng::fill_bytes(&mut os_random(), &mut bytes);
        let key = ViewingKey::from_bytes(bytes);
        let (chain, relationship) = (&self.ledger.chain, self.address());
        let recipient = self.publisher.address().into();
        let context = HandoverContext { chain, recipient, relationship, epoch };
        let to_publisher = SealedKey::seal(&key, to, &context, &mut os_random()).unwrap();
        let older = OlderKey::seal(&old, &key, chain, relationship, epoch, &mut os_random()).unwrap();
        self.viewing.lock().unwrap().push(key);
        NewViewingKey { epoch, to_publisher, older }
    }

    /// Changes the viewing key.
    pub(crate) async fn change_viewing_key(&self) {
        let key = self.new_key(&self.publisher.sealing_key);
        self.act(RotateViewingKey { relationship: self.address(), key }.into()).await;
    }

    /// Changes the viewing key to one that the publisher cannot open.
    pub(crate) async fn change_viewing_key_badly(&self) {
        let key = self.new_key(&SealingSecret::from_bytes([1; 32].into()).public().unwrap());
        self.act(RotateViewingKey { relationship: self.address(), key }.into()).await;
    }

    /// Moves the account to a new signing key; the old one is returned.
    pub(crate) async fn change_owner(&self) -> SigningKey {
        let new = fresh_key();
        let new_owner = Possession::prove(&new, &self.ledger.chain, Some(self.address()));
        let key = self.new_key(&self.publisher.sealing_key);
        self.act(RotateKeys { relationship: self.address(), new_owner, key }.into()).await;
        std::mem::replace(&mut *self.owner.lock().unwrap(), new)
    }

    /// Promises the account to another key.
    pub(crate) async fn promise(&self, seconds: u64) -> SigningKey {
        let new = fresh_key();
        let new_owner = Possession::prove(&new, &self.ledger.chain, Some(self.address()));
        let due = self.clock.now().plus(seconds);
        self.act(SetHandover { relationship: self.address(), new_owner, due }.into()).await;
        new
    }

    /// Appoints a delegate, who has not accepted yet.
    pub(crate) async fn appoint(&self, right: Right, activation: Activation) -> Helper<'_> {
        let key = fresh_key();
        let helper = Helper { patient: self, key };
        let terms = DelegationTerms {
            version: V1,
            name: Text::new("Rosa").unwrap(),
            relation: Text::default(),
            appointment: [3; 16],
        };
        let action = Delegate {
            relationship: self.address(),
            key: medrec_protocol::PublicKey::of(&helper.key),
            right,
            not_after: self.clock.now().plus(86_400),
            activation,
            terms: self.seal(&terms),
        };
        self.act(action.into()).await;
        helper
    }

    /// Ends a delegation.
    pub(crate) async fn end(&self, agent: AgentAddress) {
        let key = self.new_key(&self.publisher.sealing_key);
        self.act(EndDelegation { relationship: self.address(), agent, key }.into()).await;
    }

    /// Lets emergency care see some kinds, or everything.
    pub(crate) async fn allow_emergency(&self, kinds: RecordKinds) {
        let terms = self.seal(&EmergencyTerms { version: V1, kinds });
        self.act(SetEmergency { relationship: self.address(), allowed: true, terms }.into()).await;
    }

    /// Lets emergency care see nothing.
    pub(crate) async fn forbid_emergency(&self) {
        let terms = self.seal(&EmergencyTerms { version: V1, kinds: RecordKinds::default() });
        self.act(SetEmergency { relationship: self.address(), allowed: false, terms }.into()).await;
    }

    /// Closes the relationship.
    pub(crate) async fn close(&self) {
        let note = self.seal(&RevocationNote { version: V1, note: Text::default() });
        self.act(CloseRelationship { relationship: self.address(), note }.into()).await;
    }

    fn seal<P: medrec_protocol::payload::Payload>(&self, payload: &P) -> medrec_protocol::Sealed {
        let (epoch, key) = self.viewing();
        let context = self.context(self.address().into(), P::KIND);
        payload.seal(&key, epoch, context, &mut os_random()).unwrap()
    }

    /// What the wallet sends with a code.
    pub(crate) fn request(&self, code: &EnrolmentCode) -> EnrolmentRequest {
        let (chain, now) = (&self.ledger.chain, self.clock.now());
        let (_, viewing) = self.viewing();
        EnrolmentRequest::new(chain, code, &self.publisher, &self.key, &viewing, now, &mut os_random())
            .unwrap()
    }

    fn context(&self, signer: Address, kind: PayloadKind) -> SealContext<'_> {
        SealContext { chain: &self.ledger.chain, relationship: self.address(), signer, kind }
    }

    async fn act(&self, action: Action) {
        let submitted = self.ledger.act(self.address().into(), &self.owner(), action).await;
        assert_eq!(submitted, Ok(Submitted::Accepted));
    }

    /// Gives access until some seconds from now.
    pub(crate) async fn grant(&self, terms: GrantTerms, seconds: u64) -> GrantHandle {
        self.grant_as(GrantId::generate(&mut os_random()), terms, seconds).await
    }

    /// Gives access under an id of its own choice.
    pub(crate) async fn grant_as(&self, id: GrantId, terms: GrantTerms, seconds: u64) -> GrantHandle {
        let not_after = self.clock.now().plus(seconds);
        let terms = self.seal(&terms);
        self.act(Grant { relationship: self.address(), id, not_after, terms }.into()).await;
        GrantHandle {
            relationship: self.address(),
            publisher: self.publisher.address(),
            grant: id,
            not_after,
        }
    }

    /// Stops a grant.
    pub(crate) async fn revoke(&self, grant: GrantId) {
        let note = self.seal(&RevocationNote { version: V1, note: Text::default() });
        self.act(Revoke { relationship: self.address(), grant, note }.into()).await;
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, request: RequestId, answer: AnswerPayload) {
        let answer = self.seal(&answer);
        self.act(AnswerRequest { relationship: self.address(), request, answer }.into()).await;
    }

    /// What the patient reads in the log, as far as it is of one kind.
    pub(crate) fn read<P: medrec_protocol::payload::Payload>(&self) -> Vec<P> {
        let entries = self.ledger.log(self.address());
        let sealed = entries.iter().filter_map(|entry| {
            let sealed = match &entry.action {
                Action::PublishRecord(action) => &action.description,
                Action::RecordDisclosure(action) => &action.disclosure,
                Action::RequestAccess(action) => &action.request,
                Action::WithdrawRecord(action) => &action.reason,
                _ => return None,
            };
            let context = self.context(entry.signer, P::KIND);
            let key = self.viewing.lock().unwrap()[sealed.epoch().count() as usize].clone();
            P::open(sealed, &key, context).ok().map(|(payload, _)| payload)
        });
        sealed.collect()
    }
}

fn fresh_key() -> SigningKey {
    let mut seed = [0; 32];
    rand_core::Rng::fill_bytes(&mut os_random(), &mut seed);
    SigningKey::from_bytes(&seed)
}

/// Terms that let a provider fetch everything that is there.
pub(crate) fn terms(grantee: ProviderAddress) -> GrantTerms {
    GrantTerms {
        version: V1,
        grantee,
        scope: Scope::Everything,
        future: FutureRecords::Included,
        not_before: Timestamp::from_seconds(0),
        purpose: Purpose::Treatment,
        mode: GrantMode::Pull,
        share: [1; 16],
        request: None,
    }
}

pub(crate) fn person(name: &str) -> Person {
    Person::new(name).unwrap()
}
