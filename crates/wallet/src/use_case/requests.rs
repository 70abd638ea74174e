//! Requests for access, and declining them. Allowing is a share: [`Wallet::propose_answer`].

use medrec_protocol::{
    Timestamp, TxBody,
    codec::{List, Text},
    payload::AnswerPayload,
    state::{Nonce, RequestId},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Result, Thing, Wallet, WalletError,
    random::os_random,
    sentences::{self, Language, SeenScope},
    store::{
        Connection, StoreError,
        listing::IdColumn,
        outbox,
        providers::{self, Names},
        relationships,
        requests::{self, Asked},
    },
    view::{GrantProgress, PendingPurpose, RequestState, RequestView},
};

impl Wallet {
    /// Requests that wait for an answer; with `answered_too` also those that were answered or are over. Newest first.
    pub async fn requests(&self, answered_too: bool) -> Result<Vec<RequestView>> {
        let (now, language, whose) = (self.now(), self.language(), self.whose());
        let whose = whose.as_deref();
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        if !answered_too {
            return Ok(waiting(&mut read, now, &names, language, whose).await?);
        }
        let asked = requests::all(&mut read).await?;
        Ok(asked.into_iter().map(|asked| view_of(asked, now, &names, language, whose)).collect())
    }

    /// The request whose id begins with `text`, at least four digits of it.
    pub async fn find_request(&self, text: &str) -> Result<RequestId> {
        self.id_with_prefix(IdColumn::Request, Thing::Request, text).await
    }

    /// Declines a request; `note` is for the provider and may be empty.
    pub async fn decline(
        &self,
        request: RequestId,
        note: &str,
        cancel: CancellationToken,
    ) -> Result<GrantProgress> {
        let note = Text::new(note.trim())?;
        let mut read = self.store.read().await?;
        let asked = requests::all(&mut read).await?.into_iter().find(|asked| asked.id == request);
        let asked =
            asked.ok_or_else(|| WalletError::NotFound { what: Thing::Request, text: request.to_string() })?;
        let row = relationships::get(&mut read, asked.relationship).await?;
        drop(read);
        let row = row.ok_or(StoreError::Damaged("a request without its relationship"))?;
        if asked.answered_at.is_some() || asked.not_after < self.now() {
            return Err(WalletError::RequestOver(asked.answered_at.unwrap_or(asked.not_after)));
        }
        let chain = self.joined().await?.chain();
        let payload = AnswerPayload::Declined(note);
        let action = self.sealed_answer(&row, request, &payload, &chain).await?;
        let keys = self.keys(&chain, &row).await?;
        let body = TxBody {
            signer: keys.signer(),
            nonce: Nonce::generate(&mut os_random()),
            valid_until: self.valid_until(),
            actions: List::new(vec![action.into()])?,
        };
        let signed = body.sign(keys.signing(), &chain);
        let mut db = self.store.begin().await?;
        outbox::insert(&mut db, &signed, row.address, PendingPurpose::Answer, self.now()).await?;
        db.commit().await?;
        let fates = self.dispatch(&[signed.id()], &cancel).await?;
        Ok(fates.get(&signed.id()).map_or(GrantProgress::Waiting, |(progress, _)| *progress))
    }
}

/// Requests that wait for an answer, newest first.
pub(super) async fn waiting(
    db: &mut Connection,
    now: Timestamp,
    names: &Names,
    language: Language,
    whose: Option<&str>,
) -> Result<Vec<RequestView>, StoreError> {
    let asked = requests::waiting(db, now).await?;
    Ok(asked.into_iter().map(|asked| view_of(asked, now, names, language, whose)).collect())
}

fn view_of(
    asked: Asked,
    now: Timestamp,
    names: &Names,
    language: Language,
    whose: Option<&str>,
) -> RequestView {
    let state = match asked {
        Asked { answered_at: Some(_), allowed: Some(false), .. } => RequestState::Declined,
        Asked { answered_at: Some(_), .. } => RequestState::Allowed,
        Asked { not_after, .. } if not_after < now => RequestState::Over,
        _ => RequestState::Waiting,
    };
    let provider = names.of(asked.provider);
    let kinds: Vec<_> = asked.payload.kinds.iter().collect();
    let scope = if kinds.is_empty() { SeenScope::Everything } else { SeenScope::Kinds(kinds.clone()) };
    let (days, future) = (asked.payload.days, asked.payload.future.into());
    RequestView {
        id: asked.id,
        sentence: sentences::asks(language, &provider.to_string(), &scope, whose, days, future),
        provider,
        kinds,
        future,
        days,
        why: asked.payload.purpose.into(),
        reason: asked.payload.reason.to_string(),
        asked_by: asked.payload.asked_by.to_string(),
        asked_at: asked.at,
        answer_until: asked.not_after,
        state,
    }
}
