//! What people and emergency departments ask for beside records: the viewing key, and to look in an emergency.

use medrec_exchange::{
    Person,
    api::{EmergencyEpisode, EmergencyRequest, SealedViewingKey, ViewingKeyFor, ViewingKeyRequest},
};
use medrec_protocol::{Address, RelationshipAddress, decide::EPISODE_SECONDS};

use crate::{
    error::GatekeeperError,
    gatekeeper::Gatekeeper,
    random::os_random,
    release::Withheld,
    store::{
        episodes::{self, Declared},
        key_handovers::{self, KeyHandover},
        relationships,
    },
};

/// Why a use of emergency access is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotDeclared {
    /// Not allowed to this asker, or nothing there.
    #[error(transparent)]
    Withheld(#[from] Withheld),
    /// Nobody is named who looks.
    #[error("emergency access needs the name or role of the person who looks")]
    Nobody,
    /// This use has another reason already.
    #[error("this use of emergency access was declared with another reason")]
    OtherReason,
}

impl From<sqlx::Error> for NotDeclared {
    fn from(error: sqlx::Error) -> Self {
        Self::Withheld(error.into())
    }
}

impl From<GatekeeperError> for NotDeclared {
    fn from(error: GatekeeperError) -> Self {
        Self::Withheld(error.into())
    }
}

impl Gatekeeper {
    /// Hands the newest viewing key to the patient or to a delegate who may see, sealed to the key in the request. That it
    /// was handed over is durable before it leaves.
    pub async fn hand_over_key(
        &self,
        asker: Address,
        person: &Person,
        relationship: RelationshipAddress,
        request: &ViewingKeyRequest,
    ) -> Result<SealedViewingKey, Withheld> {
        let case = self.case(asker, relationship, None).await?;
        if !case.is_owner() && !case.is_delegate() {
            tracing::info!(%relationship, "a viewing key was not handed over");
            return Err(Withheld::NotFound);
        }
        let mut tx = self.store.begin().await?;
        let newest = relationships::newest_key(&mut tx, relationship).await?;
        let (epoch, key) = newest.ok_or(GatekeeperError::Damaged("a relationship without a viewing key"))?;
        let whom = ViewingKeyFor { chain: &self.chain, recipient: asker, relationship };
        let sealed = SealedViewingKey::seal((epoch, &key), &request.sealing_key, &whom, &mut os_random());
        let sealed = sealed.map_err(|error| {
            tracing::info!(%relationship, %error, "a viewing key could not be sealed to the key that came");
            Withheld::NotFound
        })?;
        let (person, at) = (person.as_str().to_owned(), case.clock.local);
        let handover = KeyHandover { relationship, recipient: asker, epoch, person, at };
        key_handovers::insert(&mut tx, &handover).await?;
        tx.commit().await?;
        Ok(sealed)
    }

    /// Takes the reason for which a provider must look in an emergency. What came first stays: said again, the use does
    /// not begin anew.
    pub async fn declare_emergency(
        &self,
        asker: Address,
        person: &Person,
        relationship: RelationshipAddress,
        request: &EmergencyRequest,
    ) -> Result<EmergencyEpisode, NotDeclared> {
        if person.as_str().trim().is_empty() {
            return Err(NotDeclared::Nobody);
        }
        let case = self.case(asker, relationship, None).await?;
        if !case.allows_emergency() {
            tracing::info!(%relationship, "emergency access was not allowed");
            return Err(Withheld::NotFound.into());
        }
        let reason = request.reason.as_str().to_owned();
        let new = Declared { reason, person: person.as_str().to_owned(), began: case.clock.local };
        let mut tx = self.store.begin().await?;
        let stands = episodes::declare(&mut tx, relationship, asker, request.episode, &new).await?;
        tx.commit().await?;
        let stands = stands.ok_or(GatekeeperError::Damaged("a use of emergency access"))?;
        if stands.reason != new.reason {
            return Err(NotDeclared::OtherReason);
        }
        tracing::warn!(%relationship, %asker, "a provider looks in an emergency");
        let ends = stands.began.plus(EPISODE_SECONDS);
        Ok(EmergencyEpisode { episode: request.episode, began: stands.began, ends })
    }
}
