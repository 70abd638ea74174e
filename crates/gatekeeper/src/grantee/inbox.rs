//! What patients answered, and the grants that this provider holds.

use std::time::Duration;

use medrec_protocol::{
    ProviderAddress, RelationshipAddress, Timestamp,
    share::ShareCode,
    state::{GrantId, RequestId},
};
use serde::Serialize;

use crate::{
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    store::{
        handles::{self, Handle, Origin},
        relationships, requests,
    },
};

/// Requests and grants.
#[derive(Clone, Debug, Serialize)]
pub struct Inbox {
    /// Grants that were received, newest first.
    pub grants: Vec<InboxGrant>,
    /// Requests that were made, newest first.
    pub requests: Vec<InboxRequest>,
    /// Why this may not be the newest state, when the ledger could not be read.
    pub offline: Option<String>,
}

/// A grant.
#[derive(Clone, Debug, Serialize)]
pub struct InboxGrant {
    /// Its id.
    pub grant: GrantId,
    /// Relationship at the publisher.
    pub relationship: RelationshipAddress,
    /// Who publishes there.
    pub publisher: ProviderAddress,
    /// Its name in the ledger's directory.
    pub publisher_name: Option<String>,
    /// Last second in which it holds.
    pub until: Timestamp,
    /// Whether that is over.
    pub over: bool,
    /// Whether the patient stopped it before; none when the ledger could not be asked.
    pub stopped: Option<bool>,
    /// How it became known.
    pub origin: Origin,
    /// The patient, when the answer came on an own relationship.
    pub patient: Option<String>,
    /// Copies fetched so far.
    pub fetched: u64,
}

/// A request.
#[derive(Clone, Debug, Serialize)]
pub struct InboxRequest {
    /// Its id.
    pub request: RequestId,
    /// The patient.
    pub patient: String,
    /// `waiting`, `allowed`, `declined` or `expired`.
    pub state: String,
    /// The reason that was given.
    pub reason: String,
    /// The patient's words when it was declined.
    pub note: Option<String>,
}

impl Gatekeeper {
    /// Reads the logs of all own relationships and shows what was received.
    pub async fn inbox(&self) -> Result<Inbox> {
        let offline = match self.read_all_logs().await {
            Ok(()) => None,
            Err(GatekeeperError::Ledger(problem)) => Some(problem.to_string()),
            Err(error) => return Err(error),
        };
        let mut read = self.store.read().await?;
        let (held, asked) = (handles::all(&mut read).await?, requests::all(&mut read).await?);
        let relationships = relationships::all(&mut read).await?;
        drop(read);
        let mut grants = Vec::new();
        for handle in held {
            grants.push(self.shown(handle).await);
        }
        let now = self.clock.now();
        let asked = asked.into_iter().map(|request| {
            let of = relationships.iter().find(|relationship| relationship.address == request.relationship);
            let over = request.state == "waiting" && request.not_after < now;
            InboxRequest {
                request: request.id,
                patient: of.map(|of| of.local_id.to_string()).unwrap_or_default(),
                state: if over { "expired".to_owned() } else { request.state },
                reason: request.payload.reason.as_str().to_owned(),
                note: request.note,
            }
        });
        Ok(Inbox { grants, requests: asked.collect(), offline })
    }

    /// Reads what is new in the logs of all own relationships: answers, among other things.
    pub(crate) async fn read_all_logs(&self) -> Result<()> {
        let mut read = self.store.read().await?;
        let all = relationships::all(&mut read).await?;
        drop(read);
        self.ledger.head(Duration::ZERO).await?;
        for relationship in all {
            self.current(relationship.address, Duration::from_secs(30)).await?;
        }
        Ok(())
    }

    async fn shown(&self, handle: Handle) -> InboxGrant {
        let leaf = self.ledger.provider(handle.grant.publisher).await.ok().flatten();
        let over = handle.grant.not_after < self.clock.now();
        let stopped = if over { Some(false) } else { self.is_stopped(&handle.grant).await.ok() };
        InboxGrant {
            grant: handle.grant.grant,
            relationship: handle.grant.relationship,
            publisher: handle.grant.publisher,
            publisher_name: leaf.map(|leaf| leaf.provider.name.as_str().to_owned()),
            until: handle.grant.not_after,
            over,
            stopped,
            origin: handle.origin,
            patient: handle.local_id,
            fetched: handle.fetched,
        }
    }

    /// Takes the grants of a share code. Returns how many of them were new.
    pub async fn take_share_code(&self, text: &str) -> Result<usize> {
        let code: ShareCode = text.parse().map_err(|error: medrec_protocol::share::ShareCodeError| {
            GatekeeperError::Input(error.to_string())
        })?;
        if code.chain_id != self.chain.chain_id {
            let what = format!(
                "this share code is for the ledger {}, not for {}",
                code.chain_id, self.chain.chain_id
            );
            return Err(GatekeeperError::Input(what));
        }
        let mut tx = self.store.begin().await?;
        let mut new = 0;
        for grant in code.grants.as_slice() {
            new += usize::from(
                handles::insert(&mut tx, grant, Origin::ShareCode, None, self.clock.now()).await?,
            );
        }
        tx.commit().await?;
        Ok(new)
    }
}
