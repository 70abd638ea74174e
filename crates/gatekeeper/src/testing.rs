//! A small world for tests: gatekeepers and patients on a ledger in memory that runs the real state machine.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use ed25519_dalek::SigningKey;
use medrec_exchange::{
    Person, Signer,
    api::{EnrolmentCode, EnrolmentRequest},
    client::Asker,
};
use medrec_ledger::{
    Storage as _, execute_block, init_chain,
    testing::{MemoryStorage, sample},
};
use medrec_protocol::{
    Address, ChainIdentity, Epoch, ProviderAddress, RelationshipAddress, SignedTx, Timestamp, TxBody,
    ViewingKey,
    actions::{Action, AnswerRequest, Grant, Revoke},
    codec::{List, Text},
    genesis::{AppState, Genesis},
    log::{Frontier, LogEntry, LogId},
    payload::{
        AnswerPayload, FutureRecords, GrantHandle, GrantMode, GrantTerms, Payload as _, Purpose,
        RevocationNote, Scope, V1,
    },
    seal::{PayloadKind, SealContext},
    state::{GrantId, Nonce, Provider, ProviderLeaf, RelationshipLeaf, RequestId, StateKey, decode_leaf},
};

use crate::{
    clock::{Clock, SetClock},
    config::{Config, Source},
    gatekeeper::{Gatekeeper, Parts},
    home::Home,
    keys::Keys,
    ledger_view::{FoundRelationship, Head, Ledger, LedgerProblem, ProvedEntry, RelationshipView, Submitted},
    random::os_random,
    store::Store,
};

/// What the node does with transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// Puts each into a block at once.
    Working,
    /// Says yes and loses them.
    Forgetful,
    /// Does not answer.
    Away,
}

/// The ledger: the real state machine in memory, one block for each transaction.
pub(crate) struct LocalLedger {
    chain: ChainIdentity,
    clock: Arc<SetClock>,
    state: Mutex<State>,
}

struct State {
    storage: MemoryStorage,
    height: u64,
    node: Node,
    /// Seconds by which block time is behind the clock.
    lag: u64,
    /// Transactions that came in, lost ones too.
    received: Vec<SignedTx>,
}

impl LocalLedger {
    fn begin(providers: Vec<Provider>, clock: Arc<SetClock>) -> Self {
        let sample = sample::genesis(&[]);
        let genesis = Genesis {
            time: (clock.now(), 0),
            app_state: AppState { providers, ..sample.app_state.clone() },
            ..sample
        };
        let mut storage = MemoryStorage::default();
        let changes = init_chain(&storage, &genesis).unwrap();
        storage.apply(&changes);
        let state = State { storage, height: 1, node: Node::Working, lag: 0, received: Vec::new() };
        Self { chain: genesis.identity(), clock, state: Mutex::new(state) }
    }

    pub(crate) fn set_node(&self, node: Node) {
        self.state.lock().unwrap().node = node;
    }

    pub(crate) fn set_lag(&self, seconds: u64) {
        self.state.lock().unwrap().lag = seconds;
    }

    pub(crate) fn received(&self) -> Vec<SignedTx> {
        self.state.lock().unwrap().received.clone()
    }

    /// Entries of a relationship's log.
    pub(crate) fn log(&self, relationship: RelationshipAddress) -> Vec<LogEntry> {
        let state = self.state.lock().unwrap();
        let id = LogId::Relationship(relationship);
        let entries = (0..).map_while(|index| state.storage.log_entry(&id, index).unwrap());
        entries.map(|bytes| LogEntry::decode(&bytes).unwrap()).collect()
    }

    fn here(&self) -> Result<std::sync::MutexGuard<'_, State>, LedgerProblem> {
        let state = self.state.lock().unwrap();
        if state.node == Node::Away { Err(LedgerProblem::Away("no node answers".into())) } else { Ok(state) }
    }

    fn head_of(&self, state: &State) -> Head {
        let time = Timestamp::from_seconds(self.clock.now().seconds() - state.lag);
        Head { height: state.height + 1, time }
    }
}

fn leaf<T: borsh::BorshSerialize + borsh::BorshDeserialize>(state: &State, key: StateKey) -> Option<T> {
    state.storage.leaf(&key.encode()).unwrap().map(|bytes| decode_leaf(&bytes).unwrap())
}

#[async_trait]
impl Ledger for LocalLedger {
    async fn head(&self, _: Duration) -> Result<Head, LedgerProblem> {
        let state = self.here()?;
        Ok(self.head_of(&state))
    }

    async fn provider(&self, address: ProviderAddress) -> Result<Option<ProviderLeaf>, LedgerProblem> {
        Ok(leaf(&*self.here()?, StateKey::Provider(address)))
    }

    async fn relationship(
        &self,
        address: RelationshipAddress,
        known: &Frontier,
    ) -> Result<RelationshipView, LedgerProblem> {
        let state = self.here()?;
        let at = self.head_of(&state);
        let found: Option<RelationshipLeaf> = leaf(&state, StateKey::Relationship(address));
        let found = found.map(|leaf| {
            let entry =
                |index| state.storage.log_entry(&LogId::Relationship(address), index).unwrap().unwrap();
            let new_entries = (known.size()..leaf.log.size()).map(entry).collect();
            FoundRelationship { leaf, new_entries }
        });
        Ok(RelationshipView { at, found })
    }

    async fn leaf(&self, address: RelationshipAddress) -> Result<Option<RelationshipLeaf>, LedgerProblem> {
        Ok(leaf(&*self.here()?, StateKey::Relationship(address)))
    }

    async fn entry(
        &self,
        relationship: RelationshipAddress,
        index: u64,
    ) -> Result<Option<ProvedEntry>, LedgerProblem> {
        let state = self.here()?;
        let at = self.head_of(&state);
        let Some(leaf) = leaf(&state, StateKey::Relationship(relationship)) else { return Ok(None) };
        let entry = state.storage.log_entry(&LogId::Relationship(relationship), index).unwrap();
        Ok(entry.map(|bytes| ProvedEntry { at, leaf, entry: LogEntry::decode(&bytes).unwrap() }))
    }

    async fn submit(&self, tx: &SignedTx) -> Result<Submitted, LedgerProblem> {
        let mut state = self.here()?;
        state.received.push(tx.clone());
        if state.node == Node::Forgetful {
            return Ok(Submitted::Accepted);
        }
        let time = self.head_of(&state).time;
        let height = state.height + 1;
        let outcome = execute_block(&state.storage, &self.chain, height, time, &[tx.encode()]).unwrap();
        if let Some(refusal) = outcome.results[0].refusal {
            return Ok(Submitted::Refused(refusal));
        }
        state.storage.apply(&outcome.changes);
        state.height = height;
        Ok(Submitted::Accepted)
    }
}

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
        let mut seed = [0; 32];
        rand_core::Rng::fill_bytes(&mut os_random(), &mut seed);
        let provider: ProviderLeaf =
            leaf(&self.ledger.state.lock().unwrap(), StateKey::Provider(clinic.gatekeeper.address()))
                .unwrap();
        Patient {
            key: SigningKey::from_bytes(&seed),
            viewing: ViewingKey::from_bytes([9; 32]),
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
    viewing: ViewingKey,
    pub(crate) publisher: Provider,
    ledger: Arc<LocalLedger>,
    clock: Arc<SetClock>,
}

impl Patient {
    pub(crate) fn address(&self) -> RelationshipAddress {
        RelationshipAddress::of(&medrec_protocol::PublicKey::of(&self.key))
    }

    pub(crate) fn asker(&self) -> Asker {
        Asker::patient(Signer::new(self.address(), self.key.clone()))
    }

    /// What the wallet sends with a code.
    pub(crate) fn request(&self, code: &EnrolmentCode) -> EnrolmentRequest {
        let (chain, now) = (&self.ledger.chain, self.clock.now());
        EnrolmentRequest::new(chain, code, &self.publisher, &self.key, &self.viewing, now, &mut os_random())
            .unwrap()
    }

    fn context(&self, signer: Address, kind: PayloadKind) -> SealContext<'_> {
        SealContext { chain: &self.ledger.chain, relationship: self.address(), signer, kind }
    }

    async fn act(&self, action: Action) {
        let body = TxBody {
            signer: self.address().into(),
            nonce: Nonce::generate(&mut os_random()),
            valid_until: self.clock.now().plus(60),
            actions: List::new(vec![action]).unwrap(),
        };
        let submitted = self.ledger.submit(&body.sign(&self.key, &self.ledger.chain)).await;
        assert_eq!(submitted, Ok(Submitted::Accepted));
    }

    /// Gives access until some seconds from now.
    pub(crate) async fn grant(&self, terms: GrantTerms, seconds: u64) -> GrantHandle {
        self.grant_as(GrantId::generate(&mut os_random()), terms, seconds).await
    }

    /// Gives access under an id of its own choice.
    pub(crate) async fn grant_as(&self, id: GrantId, terms: GrantTerms, seconds: u64) -> GrantHandle {
        let not_after = self.clock.now().plus(seconds);
        let context = self.context(self.address().into(), PayloadKind::Grant);
        let terms = terms.seal(&self.viewing, Epoch::FIRST, context, &mut os_random()).unwrap();
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
        let note = RevocationNote { version: V1, note: Text::default() };
        let context = self.context(self.address().into(), PayloadKind::Revocation);
        let note = note.seal(&self.viewing, Epoch::FIRST, context, &mut os_random()).unwrap();
        self.act(Revoke { relationship: self.address(), grant, note }.into()).await;
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, request: RequestId, answer: AnswerPayload) {
        let context = self.context(self.address().into(), PayloadKind::Answer);
        let answer = answer.seal(&self.viewing, Epoch::FIRST, context, &mut os_random()).unwrap();
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
                _ => return None,
            };
            let context = self.context(entry.signer, P::KIND);
            P::open(sealed, &self.viewing, context).ok().map(|(payload, _)| payload)
        });
        sealed.collect()
    }
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
