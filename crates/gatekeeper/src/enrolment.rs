//! Opening relationships: a one-time code, the patient's proof of possession, the viewing key.
//!
//! Everything that an accepted enrolment needs is committed in one transaction: the relationship, its viewing
//! key, the transaction for the ledger, and that the code is used. Whatever is cut short after that goes on
//! from there.

use medrec_exchange::api::{
    Enrolment, EnrolmentCode, EnrolmentError, EnrolmentRequest, EnrolmentSecret, EnrolmentState, ErrorCode,
};
use medrec_protocol::RelationshipAddress;

use crate::{
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    patient::LocalId,
    random::os_random,
    store::{
        codes::{self, Code},
        outbox::Purpose,
        relationships::{self, State},
    },
};

/// Longest time that a code can be valid, in days.
pub const MAX_CODE_DAYS: u16 = 90;
const DAY_SECONDS: u64 = 86_400;

/// Why an enrolment is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotEnrolled {
    /// The code is not one of this gatekeeper.
    #[error("the enrolment code is not known")]
    UnknownCode,
    /// The code was used with another key.
    #[error("the enrolment code was used with another key")]
    UsedCode,
    /// The code is too old.
    #[error("the enrolment code has expired")]
    ExpiredCode,
    /// Proof of possession or viewing key are wrong.
    #[error(transparent)]
    Request(#[from] EnrolmentError),
    /// Something is wrong here.
    #[error(transparent)]
    Fault(#[from] GatekeeperError),
}

impl From<sqlx::Error> for NotEnrolled {
    fn from(error: sqlx::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl NotEnrolled {
    /// What the asker is told.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownCode => ErrorCode::BadCode,
            Self::UsedCode => ErrorCode::UsedCode,
            Self::ExpiredCode => ErrorCode::ExpiredCode,
            Self::Request(EnrolmentError::Possession) => ErrorCode::BadSignature,
            Self::Request(_) => ErrorCode::Malformed,
            Self::Fault(_) => ErrorCode::Unavailable,
        }
    }
}

impl Gatekeeper {
    /// Makes a one-time code for a patient.
    pub async fn make_code(&self, local_id: &LocalId, days: u16) -> Result<EnrolmentCode> {
        if days == 0 || days > MAX_CODE_DAYS {
            return Err(GatekeeperError::Input(format!("a code can be valid for 1 to {MAX_CODE_DAYS} days")));
        }
        let now = self.clock.now();
        let code = EnrolmentCode {
            chain_id: self.chain.chain_id.clone(),
            provider: self.address,
            endpoint: self.config.endpoint.clone(),
            secret: EnrolmentSecret::generate(&mut os_random()),
            expires: now.plus(u64::from(days) * DAY_SECONDS),
        };
        let mut tx = self.store.begin().await?;
        codes::insert(&mut tx, code.secret.fingerprint(), local_id, now, code.expires).await?;
        tx.commit().await?;
        Ok(code)
    }

    /// Takes an enrolment. The same key with the same code again has no further effect.
    pub async fn enrol(&self, request: &EnrolmentRequest) -> Result<Enrolment, NotEnrolled> {
        let relationship = request.relationship();
        let (opening, key) = request.verify(&self.chain, self.address, self.keys.sealing())?;
        let mut tx = self.store.begin().await?;
        let code =
            codes::find(&mut tx, request.secret.fingerprint()).await?.ok_or(NotEnrolled::UnknownCode)?;
        if self.is_taken_already(&code, relationship)? {
            drop(tx);
            let state = self.enrolment(relationship).await?;
            return state.ok_or(NotEnrolled::UnknownCode);
        }
        if relationships::get(&mut tx, relationship).await?.is_some() {
            return Err(NotEnrolled::UsedCode);
        }
        relationships::insert(&mut tx, &code.local_id, &opening, &key, self.clock.now()).await?;
        self.queue(&mut tx, Purpose::Open, relationship, vec![opening.into()]).await?;
        codes::mark_used(&mut tx, request.secret.fingerprint(), relationship).await?;
        tx.commit().await?;
        tracing::info!(%relationship, "an enrolment was taken");
        self.outbox_bell.notify_one();
        Ok(Enrolment { relationship, state: EnrolmentState::Opening })
    }

    fn is_taken_already(&self, code: &Code, relationship: RelationshipAddress) -> Result<bool, NotEnrolled> {
        match code.used_by {
            Some(used_by) if used_by == relationship => Ok(true),
            Some(_) => Err(NotEnrolled::UsedCode),
            None if self.clock.now() > code.expires => Err(NotEnrolled::ExpiredCode),
            None => Ok(false),
        }
    }

    /// How far an enrolment is; none when there was none.
    pub async fn enrolment(&self, relationship: RelationshipAddress) -> Result<Option<Enrolment>> {
        let mut read = self.store.read().await?;
        let known = relationships::get(&mut read, relationship).await?;
        Ok(known.map(|known| {
            let state = match known.state {
                State::Opening => EnrolmentState::Opening,
                State::Open => EnrolmentState::Open,
            };
            Enrolment { relationship, state }
        }))
    }
}
