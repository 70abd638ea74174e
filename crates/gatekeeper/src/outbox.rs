//! Getting transactions onto the ledger: signed, kept, sent again and again until their effect is seen in the
//! verified log.
//!
//! The same signed bytes are sent until they are seen or their time is over. Fresh bytes take their place
//! only when a verified header is past that time and the log under it does not have the effect: from then on
//! the old bytes can never be included, so nothing happens twice. (REL-7)

use std::time::Duration;

use medrec_protocol::{
    Address, Epoch, RelationshipAddress, Sealed, SignedTx, Timestamp, TxBody, ViewingKey,
    actions::{Action, Refusal},
    codec::List,
    seal::PayloadKind,
    state::Nonce,
    tx::MAX_ACTIONS,
};

use crate::{
    book::marker,
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    ledger_view::{Head, Submitted},
    random::os_random,
    store::{
        Connection, acceptances,
        outbox::{self, NewRow, Purpose, Waiting},
        relationships, snapshots,
    },
};

/// For how long signed bytes are valid, in seconds.
const VALIDITY_SECONDS: u64 = 240;
/// Seconds until the first repetition; each further one doubles the pause.
const FIRST_PAUSE_SECONDS: u64 = 2;
/// Longest pause between two attempts, in seconds.
const LONGEST_PAUSE_SECONDS: u64 = 15;
/// Transactions sent in one round.
const ROUND: u32 = 64;

/// What became of transactions in one round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Still waiting.
    pub waiting: usize,
    /// Seen in the log in this round.
    pub done: usize,
}

impl Gatekeeper {
    /// Signs actions and keeps them for the ledger; the caller commits, then rings the bell.
    pub(crate) async fn queue(
        &self,
        db: &mut Connection,
        purpose: Purpose,
        relationship: RelationshipAddress,
        actions: Vec<Action>,
    ) -> Result<i64> {
        let first = actions.first().ok_or(GatekeeperError::Damaged("a transaction without actions"))?;
        let marker = marker(first);
        let actions = List::new(actions).map_err(|_| GatekeeperError::Damaged("too many actions"))?;
        let (tx, valid_until) = self.sign(actions);
        let row = NewRow { purpose, relationship, marker, tx: &tx.encode(), valid_until };
        outbox::insert(db, &row, self.clock.now()).await
    }

    pub(crate) fn sign(&self, actions: List<Action, MAX_ACTIONS>) -> (SignedTx, Timestamp) {
        let valid_until = self.clock.now().plus(VALIDITY_SECONDS);
        let signer = Address::Provider(self.address);
        let body = TxBody { signer, nonce: Nonce::generate(&mut os_random()), valid_until, actions };
        (body.sign(self.keys.signing(), &self.chain), valid_until)
    }

    /// Sends everything that is due. Returns how many transactions were sent.
    pub async fn send_due(&self) -> Result<usize> {
        let mut read = self.store.read().await?;
        let due = outbox::due(&mut read, self.clock.now(), ROUND).await?;
        drop(read);
        for waiting in &due {
            self.send(waiting).await?;
        }
        Ok(due.len())
    }

    async fn send(&self, waiting: &Waiting) -> Result<()> {
        let tx =
            SignedTx::decode(&waiting.tx).map_err(|_| GatekeeperError::Damaged("a signed transaction"))?;
        let turn = self.turn(&mut *self.store.read().await?, waiting).await?;
        let handed = match self.ledger.submit(&tx, turn).await {
            Ok(handed) => handed,
            Err(problem) => return self.note(waiting, Some(&problem.to_string())).await,
        };
        match handed.said {
            Submitted::Accepted => {
                self.note(waiting, None).await?;
                self.taken(waiting, handed.node, true).await
            }
            // What a node says of bytes that it has: they wait or are in the log already.
            Submitted::Refused(Refusal::Replayed) => {
                self.note(waiting, None).await?;
                self.taken(waiting, handed.node, false).await
            }
            Submitted::Refused(refusal) => self.refused(waiting, refusal).await,
        }
    }

    async fn note(&self, waiting: &Waiting, problem: Option<&str>) -> Result<()> {
        let doubled = FIRST_PAUSE_SECONDS << waiting.attempts.min(3);
        let next = self.clock.now().plus(doubled.min(LONGEST_PAUSE_SECONDS));
        if let Some(problem) = problem {
            tracing::warn!(row = waiting.id, purpose = ?waiting.purpose, problem, "a transaction could not be sent; it will be sent again");
        }
        let mut tx = self.store.begin().await?;
        outbox::note_attempt(&mut tx, waiting.id, next, problem).await?;
        Ok(tx.commit().await?)
    }

    /// What a command asked for and the rules refuse is told to whoever gave the command. Everything else stays: a release
    /// must be written down, and what could not be published is tried again with fresh bytes, unless the patient has
    /// closed the relationship, as the verified log says and not only a node.
    async fn refused(&self, waiting: &Waiting, refusal: Refusal) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let for_good = match waiting.purpose {
            Purpose::Ask | Purpose::Withdraw => !matches!(refusal, Refusal::Expired | Refusal::WrongEpoch),
            Purpose::Publish => {
                let known = relationships::get(&mut tx, waiting.relationship).await?;
                refusal == Refusal::Closed && known.is_some_and(|known| known.closed.is_some())
            }
            Purpose::Open | Purpose::Disclose => false,
        };
        acceptances::forget(&mut tx, waiting.id).await?;
        if for_good {
            outbox::mark_refused(&mut tx, waiting.id, &refusal.to_string()).await?;
        }
        tx.commit().await?;
        if for_good { Ok(()) } else { self.note(waiting, Some(&refusal.to_string())).await }
    }

    /// Looks for what was sent in the verified logs, and signs anew what can no longer be included. A
    /// relationship whose log cannot be read keeps nobody else waiting; the first such error is returned
    /// when all were looked at.
    pub async fn settle(&self, max_age: Duration) -> Result<Settled> {
        let mut read = self.store.read().await?;
        let awaited = outbox::awaited(&mut read).await?;
        let before = outbox::waiting(&mut read).await?.len();
        drop(read);
        let mut first_error = None;
        for relationship in awaited {
            if let Err(error) = self.settle_one(relationship, max_age).await {
                tracing::warn!(%relationship, %error, "what waits for this relationship could not be settled");
                first_error.get_or_insert(error);
            }
        }
        if let Some(error) = first_error {
            return Err(error);
        }
        let mut read = self.store.read().await?;
        let waiting = outbox::waiting(&mut read).await?.len();
        Ok(Settled { waiting, done: before.saturating_sub(waiting) })
    }

    async fn settle_one(&self, relationship: RelationshipAddress, max_age: Duration) -> Result<()> {
        let current = self.current(relationship, max_age).await?;
        self.renew(relationship, current.at).await
    }

    /// Signs anew what the verified log, under this header, shows to be neither in it nor able to get there: its time is
    /// over, or what it holds is sealed under a viewing key that is in force no more.
    async fn renew(&self, relationship: RelationshipAddress, at: Head) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let (epoch, key) = relationships::key_in_force(&mut tx, relationship).await?;
        let waiting = outbox::waiting(&mut tx).await?;
        for row in waiting.iter().filter(|row| row.relationship == relationship) {
            self.missed(&mut tx, row, at).await?;
            let old =
                SignedTx::decode(&row.tx).map_err(|_| GatekeeperError::Damaged("a signed transaction"))?;
            let other_epoch = |action: &Action| sealed(action).is_some_and(|sealed| sealed.epoch() != epoch);
            let outdated = old.body.actions.as_slice().iter().any(other_epoch);
            match &key {
                Some(key) if outdated => self.renew_one(&mut tx, row, old, Some((epoch, key))).await?,
                _ if !outdated && row.valid_until < at.time => {
                    self.renew_one(&mut tx, row, old, None).await?;
                }
                _ => {}
            }
        }
        Ok(tx.commit().await?)
    }

    /// Seals under another key what was sealed before; everything else stays.
    async fn sealed_anew(
        &self,
        db: &mut Connection,
        actions: &[Action],
        (epoch, key): (Epoch, &ViewingKey),
    ) -> Result<Vec<Action>> {
        let mut fresh = actions.to_vec();
        for action in &mut fresh {
            let Some((relationship, kind, payload)) = sealed_in(action) else { continue };
            let old = relationships::viewing_key(db, relationship, payload.epoch()).await?;
            let old = old.ok_or(GatekeeperError::Damaged("an own entry without its key"))?;
            let context = self.context(relationship, self.address.into(), kind);
            let opened = payload
                .open(&old, &context)
                .map_err(|_| GatekeeperError::Damaged("an own entry that does not open"))?;
            *payload = Sealed::seal(key, epoch, &context, &opened.plaintext, &mut os_random())
                .map_err(|_| GatekeeperError::Damaged("an own entry that is too long"))?;
        }
        Ok(fresh)
    }

    async fn renew_one(
        &self,
        db: &mut Connection,
        row: &Waiting,
        old: SignedTx,
        key: Option<(Epoch, &ViewingKey)>,
    ) -> Result<()> {
        if row.purpose == Purpose::Publish && self.is_partly_known(db, &old).await? {
            outbox::mark_refused(db, row.id, "published by another transaction").await?;
            return snapshots::release_outbox(db, row.id).await;
        }
        let actions = match key {
            Some(key) => self.sealed_anew(db, old.body.actions.as_slice(), key).await?,
            None => old.body.actions.as_slice().to_vec(),
        };
        let marker =
            marker(actions.first().ok_or(GatekeeperError::Damaged("a transaction without actions"))?);
        let actions = List::new(actions).map_err(|_| GatekeeperError::Damaged("too many actions"))?;
        let (fresh, valid_until) = self.sign(actions);
        if outbox::replace(db, row, (marker, &fresh.encode()), valid_until).await? {
            let why = if key.is_some() { "the viewing key changed" } else { "it was not included in time" };
            tracing::info!(row = row.id, purpose = ?row.purpose, why, "a transaction is signed anew");
        }
        Ok(())
    }

    /// True when the log has some pointer of the transaction already: the others go into a new one.
    async fn is_partly_known(&self, db: &mut Connection, tx: &SignedTx) -> Result<bool> {
        for action in tx.body.actions.as_slice() {
            if let Action::PublishRecord(action) = action
                && crate::store::logs::pointer(db, action.relationship, action.commitment).await?.is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What an own action holds sealed, where and of which kind.
fn sealed_in(action: &mut Action) -> Option<(RelationshipAddress, PayloadKind, &mut Sealed)> {
    match action {
        Action::PublishRecord(action) => {
            Some((action.relationship, PayloadKind::Record, &mut action.description))
        }
        Action::RecordDisclosure(action) => {
            Some((action.relationship, PayloadKind::Disclosure, &mut action.disclosure))
        }
        Action::RequestAccess(action) => {
            Some((action.relationship, PayloadKind::Request, &mut action.request))
        }
        Action::WithdrawRecord(action) => {
            Some((action.relationship, PayloadKind::Withdrawal, &mut action.reason))
        }
        _ => None,
    }
}

fn sealed(action: &Action) -> Option<&Sealed> {
    match action {
        Action::PublishRecord(action) => Some(&action.description),
        Action::RecordDisclosure(action) => Some(&action.disclosure),
        Action::RequestAccess(action) => Some(&action.request),
        Action::WithdrawRecord(action) => Some(&action.reason),
        _ => None,
    }
}
