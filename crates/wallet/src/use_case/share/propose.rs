//! From a wish to unsigned transactions.

use std::collections::{BTreeMap, BTreeSet};

use medrec_protocol::{
    ChainIdentity, RelationshipAddress, Timestamp, TxBody,
    actions::{Action, AnswerRequest, Grant},
    codec::{self, List},
    decide::{self, RecordFacts},
    payload::{AnswerPayload, FutureRecords, GrantHandle, GrantTerms, Payload as _, Scope as ScopeTerms, V1},
    record::RecordKinds,
    state::{GrantId, LiveGrant, Nonce, RelationshipLeaf, RequestId, Right},
};
use rand_core::Rng as _;

use super::{ShareProposal, Unsigned};
use crate::{
    Result, Thing, Wallet, WalletError,
    keys::RelationshipKeys,
    random::os_random,
    store::{
        StoreError, providers,
        records::{self, Known},
        relationships::Relationship,
        requests,
    },
    view::{
        AllowLess, Future, Mode, Preset, ProviderStanding, RecordId, RelationshipState, ShareId,
        ShareRequest, ShareScope, Skipped, SkippedReason,
    },
};

const SECONDS_PER_DAY: u64 = 86_400;
/// Longest time that access is given for, in days.
const MAX_DAYS: u32 = 3_650;

/// What every grant of a share has in common.
struct Common {
    terms: GrantTerms,
    not_after: Timestamp,
    valid_until: Timestamp,
}

/// Records named one by one: first versions in each relationship.
type Chosen = BTreeMap<RelationshipAddress, BTreeSet<u64>>;

impl Wallet {
    /// Prepares giving access: one grant in the relationship with each provider whose records it opens. Nothing is signed or
    /// sent. The grantee's own records are left out: it has those.
    pub async fn propose_share(&self, request: &ShareRequest) -> Result<ShareProposal> {
        self.propose(request, None).await
    }

    /// Prepares allowing a request, or less than it asks for.
    pub async fn propose_answer(&self, request: RequestId, less: &AllowLess) -> Result<ShareProposal> {
        let mut read = self.store.read().await?;
        let asked = requests::all(&mut read).await?.into_iter().find(|asked| asked.id == request);
        drop(read);
        let asked =
            asked.ok_or_else(|| WalletError::NotFound { what: Thing::Request, text: request.to_string() })?;
        if asked.answered_at.is_some() || asked.not_after < self.now() {
            return Err(WalletError::RequestOver(asked.answered_at.unwrap_or(asked.not_after)));
        }
        let payload = &asked.payload;
        let scope = allowed_scope(payload.kinds, less)?;
        let days = u32::from(payload.days);
        if less.days.is_some_and(|less| less > days) {
            return Err(WalletError::CannotShare("it is for more days than were asked for"));
        }
        let future = if less.without_future { Future::Excluded } else { payload.future.into() };
        let wish = ShareRequest {
            grantee: asked.provider,
            scope,
            future,
            days: less.days.unwrap_or(days),
            why: payload.purpose.into(),
            mode: Mode::Pull,
        };
        self.propose(&wish, Some((request, asked.relationship))).await
    }

    async fn propose(
        &self,
        wish: &ShareRequest,
        answers: Option<(RequestId, RelationshipAddress)>,
    ) -> Result<ShareProposal> {
        self.may_act(Right::Share).await?;
        let joined = self.joined().await?;
        let chain = joined.chain();
        let mut read = self.store.read().await?;
        match providers::standing(&mut read, wish.grantee).await? {
            None => return Err(WalletError::UnknownProvider(wish.grantee)),
            Some(ProviderStanding::Admitted) => {}
            Some(_) => return Err(WalletError::CannotShare("the consortium has suspended this provider")),
        }
        drop(read);
        let chosen = self.chosen(wish).await?;
        let common = self.common(wish, joined.head_time, answers.map(|(id, _)| id))?;
        let mut proposal = ShareProposal {
            share: ShareId(common.terms.share),
            grantee: wish.grantee,
            grants: Vec::new(),
            answer: None,
            skipped: Vec::new(),
            valid_until: common.valid_until,
        };
        let mut handles = Vec::new();
        let rows = self.relationships().await?;
        for row in rows.iter().filter(|row| row.state == RelationshipState::Open) {
            match self.grant_in(row, wish, &common, chosen.as_ref(), &chain).await? {
                Ok((unsigned, handle)) => {
                    proposal.grants.push(unsigned);
                    handles.push(handle);
                }
                Err(reason) => proposal.skipped.push(self.skipped(row, reason).await?),
            }
        }
        if proposal.grants.is_empty() {
            return Err(WalletError::NothingToShare(nothing(&proposal.skipped)));
        }
        if let Some((request, relationship)) = answers {
            let row = rows.iter().find(|row| row.address == relationship);
            let row = row.ok_or(StoreError::Damaged("a request without its relationship"))?;
            let unsigned = self.answer_in(row, request, handles, common.valid_until, &chain).await?;
            proposal.answer = Some((request, unsigned));
        }
        Ok(proposal)
    }

    fn common(
        &self,
        wish: &ShareRequest,
        head_time: Option<Timestamp>,
        request: Option<RequestId>,
    ) -> Result<Common> {
        if wish.days == 0 || wish.days > MAX_DAYS {
            return Err(WalletError::CannotShare("access is given for 1 to 3,650 days"));
        }
        let now = self.now();
        let mut share = [0; 16];
        os_random().fill_bytes(&mut share);
        let scope = match &wish.scope {
            ShareScope::Everything => ScopeTerms::Everything,
            ShareScope::Preset(preset) => ScopeTerms::Kinds(preset_kinds(*preset)),
            ShareScope::Kinds(kinds) if kinds.is_empty() => {
                return Err(WalletError::NothingToShare("no kind of record was chosen"));
            }
            ShareScope::Kinds(kinds) => ScopeTerms::Kinds(kinds.iter().copied().collect()),
            // Each relationship gets its own.
            ShareScope::Records(_) => ScopeTerms::Records(List::default()),
        };
        let terms = GrantTerms {
            version: V1,
            grantee: wish.grantee,
            scope,
            future: wish.future.into(),
            // Block time lags behind the clock; the grant itself is the beginning.
            not_before: head_time.map_or(now, |head| head.min(now)),
            purpose: wish.why.into(),
            mode: wish.mode.into(),
            share,
            request,
        };
        let not_after = now.plus(u64::from(wish.days) * SECONDS_PER_DAY);
        Ok(Common { terms, not_after, valid_until: self.valid_until() })
    }

    /// First versions of the chosen records, by relationship.
    async fn chosen(&self, wish: &ShareRequest) -> Result<Option<Chosen>> {
        let ShareScope::Records(ids) = &wish.scope else { return Ok(None) };
        let mut chosen = Chosen::new();
        let mut read = self.store.read().await?;
        for id in ids {
            let place = records::place(&mut read, *id).await?.ok_or_else(|| no_record(*id))?;
            if !place.readable {
                return Err(WalletError::CannotShare("a chosen record cannot be read"));
            }
            chosen.entry(place.relationship).or_default().insert(place.facts.first_version);
        }
        if chosen.is_empty() {
            return Err(WalletError::NothingToShare("no record was chosen"));
        }
        Ok(Some(chosen))
    }

    /// The grant in one relationship, or why there is none.
    async fn grant_in(
        &self,
        row: &Relationship,
        wish: &ShareRequest,
        common: &Common,
        chosen: Option<&Chosen>,
        chain: &ChainIdentity,
    ) -> Result<Result<(Unsigned, GrantHandle), SkippedReason>> {
        let own = row.provider == wish.grantee;
        let mut terms = common.terms.clone();
        if let Some(chosen) = chosen {
            let Some(positions) = chosen.get(&row.address) else {
                return Ok(Err(SkippedReason::NothingThere));
            };
            let positions = List::new(positions.iter().copied().collect());
            terms.scope = ScopeTerms::Records(positions.map_err(|_| {
                WalletError::CannotShare("more records are chosen than fit into one permission")
            })?);
        }
        if own {
            return Ok(Err(SkippedReason::OwnRecords));
        }
        if row.closed_at().is_some() {
            return Ok(Err(SkippedReason::AccountClosed));
        }
        let leaf = leaf_of(row)?;
        let live = LiveGrant { not_after: common.not_after, entry: leaf.log.size() };
        if terms.future == FutureRecords::Excluded && !self.opens_anything(row, &live, &terms).await? {
            return Ok(Err(SkippedReason::NothingThere));
        }
        let keys = self.keys(chain, row).await?;
        let viewing = keys.must_view(leaf.epoch)?;
        let context = keys.context(chain, row.address);
        let sealed = terms.seal(viewing, leaf.epoch, context, &mut os_random())?;
        let id = GrantId::generate(&mut os_random());
        let action = Grant { relationship: row.address, id, not_after: common.not_after, terms: sealed };
        let handle = GrantHandle {
            relationship: row.address,
            publisher: row.provider,
            grant: id,
            not_after: common.not_after,
        };
        Ok(Ok((unsigned(row, &keys, vec![action.into()], common.valid_until)?, handle)))
    }

    async fn opens_anything(&self, row: &Relationship, live: &LiveGrant, terms: &GrantTerms) -> Result<bool> {
        let mut read = self.store.read().await?;
        let known = records::known(&mut read, row.address).await?;
        Ok(known.iter().any(|record: &Known| covers(live, terms, record.facts)))
    }

    async fn answer_in(
        &self,
        row: &Relationship,
        request: RequestId,
        handles: Vec<GrantHandle>,
        valid_until: Timestamp,
        chain: &ChainIdentity,
    ) -> Result<Unsigned> {
        let handles = List::new(handles).map_err(|_| {
            WalletError::CannotShare("it would take more permissions than fit into one answer")
        })?;
        let payload = AnswerPayload::Allowed(handles);
        let action = self.sealed_answer(row, request, &payload, chain).await?;
        unsigned(row, &self.keys(chain, row).await?, vec![action.into()], valid_until)
    }

    /// An answer, sealed for the provider that asked.
    pub(crate) async fn sealed_answer(
        &self,
        row: &Relationship,
        request: RequestId,
        payload: &AnswerPayload,
        chain: &ChainIdentity,
    ) -> Result<AnswerRequest> {
        let epoch = leaf_of(row)?.epoch;
        let keys = self.keys(chain, row).await?;
        let viewing = keys.must_view(epoch)?;
        let context = keys.context(chain, row.address);
        let answer = payload.seal(viewing, epoch, context, &mut os_random())?;
        Ok(AnswerRequest { relationship: row.address, request, answer })
    }

    async fn skipped(&self, row: &Relationship, reason: SkippedReason) -> Result<Skipped> {
        let mut read = self.store.read().await?;
        let provider = providers::names(&mut read).await?.of(row.provider);
        Ok(Skipped { provider, reason })
    }
}

/// The rule that gatekeepers decide by.
pub(super) fn covers(live: &LiveGrant, terms: &GrantTerms, facts: RecordFacts) -> bool {
    decide::covers(live, terms, facts)
}

fn allowed_scope(asked: RecordKinds, less: &AllowLess) -> Result<ShareScope> {
    let Some(kinds) = &less.kinds else {
        let kinds: Vec<_> = asked.iter().collect();
        return Ok(if kinds.is_empty() { ShareScope::Everything } else { ShareScope::Kinds(kinds) });
    };
    if !asked.is_empty() && kinds.iter().any(|kind| !asked.contains(*kind)) {
        return Err(WalletError::CannotShare("it has a kind of record that was not asked for"));
    }
    Ok(ShareScope::Kinds(kinds.clone()))
}

fn preset_kinds(preset: Preset) -> RecordKinds {
    preset.kinds().iter().copied().collect()
}

fn no_record(id: RecordId) -> WalletError {
    WalletError::NotFound { what: Thing::Record, text: id.to_string() }
}

fn nothing(skipped: &[Skipped]) -> &'static str {
    match skipped {
        [] => "you are not enrolled with any provider yet",
        skipped if skipped.iter().all(|skipped| skipped.reason == SkippedReason::OwnRecords) => {
            "they have all of your records already, because they published them"
        }
        _ => "no record of yours fits this choice",
    }
}

/// The proved leaf of an open relationship.
pub(crate) fn leaf_of(row: &Relationship) -> Result<&RelationshipLeaf, StoreError> {
    row.leaf.as_ref().ok_or(StoreError::Damaged("an open relationship without its account"))
}

/// The bytes that would be signed.
pub(crate) fn unsigned(
    row: &Relationship,
    keys: &RelationshipKeys,
    actions: Vec<Action>,
    valid_until: Timestamp,
) -> Result<Unsigned> {
    let body = TxBody {
        signer: keys.signer(),
        nonce: Nonce::generate(&mut os_random()),
        valid_until,
        actions: List::new(actions)?,
    };
    Ok(Unsigned { relationship: row.address, publisher: row.provider, bytes: codec::encode(&body) })
}
