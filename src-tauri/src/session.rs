//! The open wallet, or none.
//!
//! Invariant: at most one person's wallet is open, and all that was learnt with its keys goes with it: proposals, words to be
//! shown, running fetches and the background check end when it is locked. Beside it, the view of one person whom they help
//! may be open: then that view is in front, and commands mean it unless they ask for [`Session::own`].

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use medrec_wallet::{
    ActProposal, AgainProposal, CancellationToken, Home, RecoveryWords, ShareProposal, Wallet, WalletError,
    WordsCheck, WordsQuestion, view::RecordId,
};
use tokio::sync::{Notify, RwLock};

use crate::problem::{Answer, Problem};

/// How long locking waits for commands that still use the wallet; they were told to end.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);
/// Most proposals that wait to be signed; the oldest gives way.
const MAX_PROPOSALS: usize = 8;

/// Names a proposal until it is signed or dropped.
pub type ProposalId = u32;

/// What waits to be read and signed.
pub enum Proposal {
    /// Giving access.
    Share(ShareProposal),
    /// What did not happen, once more.
    Again(AgainProposal),
    /// Any other decision.
    Act(ActProposal),
}

/// A wallet that is open, and what belongs to it.
pub struct Open {
    /// The wallet.
    pub wallet: Wallet,
    /// The number of the offer to help by which it was opened; none for a wallet of one's own.
    pub helping: Option<u32>,
    in_front: AtomicBool,
    /// Cancelled when the wallet is locked. Long work listens to a child of it.
    pub ended: CancellationToken,
    /// Wakes the background check.
    pub check: Notify,
    running_check: Mutex<CancellationToken>,
    proposals: Mutex<BTreeMap<ProposalId, Proposal>>,
    next_proposal: Mutex<ProposalId>,
    fetches: Mutex<BTreeMap<RecordId, CancellationToken>>,
    words: Mutex<Option<RecoveryWords>>,
    words_check: Mutex<Option<WordsCheck>>,
}

impl Open {
    fn new(wallet: Wallet, words: Option<RecoveryWords>, helping: Option<u32>) -> Self {
        Self {
            wallet,
            helping,
            in_front: AtomicBool::new(true),
            ended: CancellationToken::new(),
            check: Notify::new(),
            running_check: Mutex::default(),
            proposals: Mutex::default(),
            next_proposal: Mutex::default(),
            fetches: Mutex::default(),
            words: Mutex::new(words),
            words_check: Mutex::default(),
        }
    }

    /// Keeps a proposal until the person has read it.
    pub fn keep_proposal(&self, proposal: Proposal) -> ProposalId {
        let mut next = lock(&self.next_proposal);
        *next = next.wrapping_add(1);
        let mut kept = lock(&self.proposals);
        while kept.len() >= MAX_PROPOSALS {
            kept.pop_first();
        }
        kept.insert(*next, proposal);
        *next
    }

    /// Gives the proposal of a share out of hand, once.
    pub fn take_share(&self, id: ProposalId) -> Answer<ShareProposal> {
        match lock(&self.proposals).remove(&id) {
            Some(Proposal::Share(proposal)) => Ok(proposal),
            _ => Err(WalletError::ProposalTooOld.into()),
        }
    }

    /// Gives the proposal of what is signed once more out of hand, once.
    pub fn take_again(&self, id: ProposalId) -> Answer<AgainProposal> {
        match lock(&self.proposals).remove(&id) {
            Some(Proposal::Again(proposal)) => Ok(proposal),
            _ => Err(WalletError::ProposalTooOld.into()),
        }
    }

    /// Gives the proposal of any other decision out of hand, once.
    pub fn take_act(&self, id: ProposalId) -> Answer<ActProposal> {
        match lock(&self.proposals).remove(&id) {
            Some(Proposal::Act(proposal)) => Ok(proposal),
            _ => Err(WalletError::ProposalTooOld.into()),
        }
    }

    /// True for the wallet that the window shows.
    pub fn is_in_front(&self) -> bool {
        self.in_front.load(Ordering::Relaxed)
    }

    fn bring_to_front(&self, front: bool) {
        self.in_front.store(front, Ordering::Relaxed);
    }

    /// Forgets a proposal: nothing is signed.
    pub fn drop_proposal(&self, id: ProposalId) {
        lock(&self.proposals).remove(&id);
    }

    /// A token for a fetch of this record; one that runs already is cancelled.
    pub fn begin_fetch(&self, id: RecordId) -> CancellationToken {
        let token = self.ended.child_token();
        if let Some(before) = lock(&self.fetches).insert(id, token.clone()) {
            before.cancel();
        }
        token
    }

    /// Stops the fetch of a record, if one runs.
    pub fn cancel_fetch(&self, id: RecordId) {
        if let Some(token) = lock(&self.fetches).remove(&id) {
            token.cancel();
        }
    }

    /// A token for a check of the ledger.
    pub fn begin_check(&self) -> CancellationToken {
        let token = self.ended.child_token();
        *lock(&self.running_check) = token.clone();
        token
    }

    /// Stops the check that runs, if one does.
    pub fn cancel_check(&self) {
        lock(&self.running_check).cancel();
    }

    /// Fresh questions about the words that are shown.
    pub fn ask_words(&self) -> Answer<Vec<WordsQuestion>> {
        let words = self.words();
        let check = WordsCheck::new(words.as_ref().ok_or_else(Problem::locked)?);
        let questions = check.questions();
        lock(&self.words_check).replace(check);
        Ok(questions)
    }

    /// Whether these are the right answers to the questions that were asked last. They can be answered once.
    pub fn answer_words(&self, answers: &[String]) -> bool {
        lock(&self.words_check).take().is_some_and(|check| check.answer(answers))
    }

    /// Recovery words that wait to be shown in their own window.
    pub fn words(&self) -> MutexGuard<'_, Option<RecoveryWords>> {
        lock(&self.words)
    }
}

/// A panic elsewhere leaves these lists usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The wallets of this computer account, and the one that is open.
pub struct Session {
    home: Home,
    open: RwLock<Wallets>,
}

#[derive(Default)]
struct Wallets {
    own: Option<Arc<Open>>,
    helped: Option<Arc<Open>>,
}

impl Session {
    /// Nobody's wallet is open yet.
    pub fn new(home: Home) -> Self {
        Self { home, open: RwLock::default() }
    }

    /// Where the wallets are.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// The wallet that the window shows: of the person who is helped, or else one's own.
    pub async fn open(&self) -> Answer<Arc<Open>> {
        let open = self.open.read().await;
        open.helped.as_ref().or(open.own.as_ref()).cloned().ok_or_else(Problem::locked)
    }

    /// The wallet of the person who unlocked it, whomever they help.
    pub async fn own(&self) -> Answer<Arc<Open>> {
        self.open.read().await.own.clone().ok_or_else(Problem::locked)
    }

    /// Both, for what concerns both.
    pub async fn every(&self) -> Vec<Arc<Open>> {
        let open = self.open.read().await;
        open.own.iter().chain(&open.helped).cloned().collect()
    }

    /// Takes a wallet that was just opened. One that was open before is locked first.
    pub async fn begin(&self, wallet: Wallet, words: Option<RecoveryWords>) -> Arc<Open> {
        self.end().await;
        let open = Arc::new(Open::new(wallet, words, None));
        self.open.write().await.own = Some(Arc::clone(&open));
        open
    }

    /// Brings the view of a person who is helped to the front.
    pub async fn begin_helping(&self, number: u32) -> Answer<Arc<Open>> {
        self.end_helping().await;
        let own = self.own().await?;
        let helped = Arc::new(Open::new(own.wallet.help(number).await?, None, Some(number)));
        let mut open = self.open.write().await;
        // Locked meanwhile: then nobody is helped either.
        if !open.own.as_ref().is_some_and(|now| Arc::ptr_eq(now, &own)) {
            drop(open);
            close(helped).await;
            return Err(Problem::locked());
        }
        own.bring_to_front(false);
        open.helped = Some(Arc::clone(&helped));
        Ok(helped)
    }

    /// Back to one's own wallet.
    pub async fn end_helping(&self) {
        let mut open = self.open.write().await;
        let helped = open.helped.take();
        if let Some(own) = &open.own {
            own.bring_to_front(true);
        }
        drop(open);
        if let Some(helped) = helped {
            close(helped).await;
        }
    }

    /// Locks the wallet that is open, if one is. True when one was.
    pub async fn end(&self) -> bool {
        let Wallets { own, helped } = std::mem::take(&mut *self.open.write().await);
        if let Some(helped) = helped {
            close(helped).await;
        }
        let Some(own) = own else { return false };
        close(own).await;
        true
    }
}

/// Ends whatever uses a wallet, then locks it.
async fn close(mut open: Arc<Open>) {
    open.ended.cancel();
    open.words().take();
    let started = std::time::Instant::now();
    loop {
        match Arc::try_unwrap(open) {
            Ok(alone) => {
                if let Err(error) = alone.wallet.lock().await {
                    tracing::warn!(%error, "the wallet was not closed in order");
                }
                return;
            }
            Err(shared) if started.elapsed() < PATIENCE => open = shared,
            // Whoever holds it was told to end, and closes it when done.
            Err(_) => return,
        }
        tokio::time::sleep(LOOK).await;
    }
}
