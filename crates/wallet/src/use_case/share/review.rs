//! What the person reads before signing, from the exact bytes that would be signed.

use std::collections::BTreeSet;

use medrec_protocol::{
    Address, ChainIdentity, Hash32, RecordKind, Timestamp,
    actions::{Action, AnswerRequest, Grant},
    payload::{AnswerPayload, GrantHandle, GrantTerms, Payload as _, Scope as ScopeTerms},
    state::LiveGrant,
};

use super::{ShareProposal, Unsigned, propose::covers};
use crate::{
    Result, Wallet, WalletError,
    keys::RelationshipKeys,
    sentences::{self, AccessFacts, SeenScope},
    store::{
        StoreError, listing, providers,
        records::{self, Known},
        relationships,
    },
    view::{Review, ReviewDetail, ReviewedRecords, SkippedReason},
};

/// Records shown for each provider.
const SHOWN: usize = 200;

/// A grant as it was read back from the bytes to be signed.
pub(super) struct ReadBack {
    action: Grant,
    /// What it says, opened.
    pub(super) terms: GrantTerms,
}

impl Wallet {
    /// What a proposal means, read back from its bytes. Fails when they do not say what was prepared.
    pub async fn review(&self, proposal: &ShareProposal) -> Result<Review> {
        let chain = self.joined().await?.chain();
        let mut details = Vec::new();
        let mut grants = Vec::new();
        for unsigned in &proposal.grants {
            let (read_back, detail) = self.read_grant(unsigned, &chain).await?;
            details.push(detail);
            grants.push((unsigned, read_back));
        }
        let handles: Vec<_> = grants.iter().map(|(unsigned, read)| handle(unsigned, read)).collect();
        if let Some((request, unsigned)) = &proposal.answer {
            let (answer, detail) = self.read_answer(unsigned, &chain).await?;
            let (action, payload) = answer;
            let same = matches!(&payload, AnswerPayload::Allowed(said) if said.as_slice() == handles);
            if action.request != *request || !same {
                return Err(WalletError::NotReviewed("the answer"));
            }
            details.push(detail);
        }
        let mut opens = Vec::new();
        for (unsigned, read_back) in &grants {
            opens.push(self.opened_by(unsigned, read_back).await?);
        }
        let facts = self.facts(proposal, &grants, &opens).await?;
        let mut said = sentences::access(self.language(), &facts);
        if self.is_helping() {
            said.push(sentences::for_whom(self.language(), &self.person().label));
        }
        Ok(Review {
            title: sentences::give_access(self.language(), &facts),
            sentences: said,
            opens,
            skipped: proposal.skipped.clone(),
            details,
        })
    }

    pub(super) async fn read_grant(
        &self,
        unsigned: &Unsigned,
        chain: &ChainIdentity,
    ) -> Result<(ReadBack, ReviewDetail)> {
        let (body, keys) = (unsigned.body()?, self.check_signer(unsigned, chain).await?);
        let [Action::Grant(action)] = body.actions.as_slice() else {
            return Err(WalletError::NotReviewed("an action"));
        };
        let key = keys.viewing(action.terms.epoch()).ok_or(WalletError::NotReviewed("the key"))?;
        let context = keys.context(chain, unsigned.relationship);
        let (terms, _) = GrantTerms::open(&action.terms, key, context)?;
        if action.relationship != unsigned.relationship {
            return Err(WalletError::NotReviewed("the relationship"));
        }
        let line = format!(
            "{} {} until {}: {terms:?}",
            body.actions.as_slice()[0].name(),
            action.id,
            action.not_after.seconds()
        );
        let detail = detail(unsigned, vec![line], body.valid_until);
        Ok((ReadBack { action: action.clone(), terms }, detail))
    }

    pub(super) async fn read_answer(
        &self,
        unsigned: &Unsigned,
        chain: &ChainIdentity,
    ) -> Result<((AnswerRequest, AnswerPayload), ReviewDetail)> {
        let (body, keys) = (unsigned.body()?, self.check_signer(unsigned, chain).await?);
        let [Action::AnswerRequest(action)] = body.actions.as_slice() else {
            return Err(WalletError::NotReviewed("an action"));
        };
        let key = keys.viewing(action.answer.epoch()).ok_or(WalletError::NotReviewed("the key"))?;
        let (payload, _) =
            AnswerPayload::open(&action.answer, key, keys.context(chain, unsigned.relationship))?;
        let line = format!("{} {}: {payload:?}", body.actions.as_slice()[0].name(), action.request);
        Ok(((action.clone(), payload), detail(unsigned, vec![line], body.valid_until)))
    }

    /// The keys that sign it, if it says that they do.
    pub(crate) async fn check_signer(
        &self,
        unsigned: &Unsigned,
        chain: &ChainIdentity,
    ) -> Result<RelationshipKeys> {
        let (signer, keys) = (unsigned.body()?.signer, self.keys_of(unsigned, chain).await?);
        is_own(unsigned, signer, &keys)?;
        Ok(keys)
    }

    pub(crate) async fn keys_of(
        &self,
        unsigned: &Unsigned,
        chain: &ChainIdentity,
    ) -> Result<RelationshipKeys> {
        let mut read = self.store.read().await?;
        let row = relationships::get(&mut read, unsigned.relationship).await?;
        drop(read);
        let row = row.ok_or(StoreError::Damaged("a relationship that is gone"))?;
        self.keys(chain, &row).await
    }

    async fn opened_by(&self, unsigned: &Unsigned, read_back: &ReadBack) -> Result<ReviewedRecords> {
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        let row = relationships::get(&mut read, unsigned.relationship).await?;
        let size = row.and_then(|row| row.leaf).map_or(0, |leaf| leaf.log.size());
        let live = LiveGrant { not_after: read_back.action.not_after, entry: size };
        let known = records::known(&mut read, unsigned.relationship).await?;
        let covered = known.iter().filter(|record| covers(&live, &read_back.terms, record.facts));
        let (current, older): (Vec<&Known>, Vec<&Known>) = covered.partition(|record| record.current);
        let shown: Vec<_> = current.iter().take(SHOWN).map(|record| record.row).collect();
        Ok(ReviewedRecords {
            provider: names.of(unsigned.publisher),
            records: current.len() as u64,
            older_versions: older.len() as u64,
            newest: listing::rows(&mut read, &shown, &names).await?,
        })
    }

    /// What the grants have in common; that they do is checked here.
    async fn facts(
        &self,
        proposal: &ShareProposal,
        grants: &[(&Unsigned, ReadBack)],
        opens: &[ReviewedRecords],
    ) -> Result<AccessFacts> {
        let (_, first) = grants.first().ok_or(WalletError::NotReviewed("the permissions"))?;
        let (terms, not_after) = (&first.terms, first.action.not_after);
        let uniform = grants.iter().all(|(_, other)| {
            let scope = other.terms.scope.clone();
            let same = GrantTerms { scope, ..terms.clone() };
            other.terms == same && other.action.not_after == not_after
        });
        if !uniform || terms.grantee != proposal.grantee || terms.share != proposal.share.0 {
            return Err(WalletError::NotReviewed("the permissions"));
        }
        let mut read = self.store.read().await?;
        let grantee = providers::names(&mut read).await?.of(terms.grantee);
        Ok(AccessFacts {
            grantee,
            whose: self.whose(),
            scope: seen(grants)?,
            future: terms.future.into(),
            mode: terms.mode.into(),
            why: terms.purpose.into(),
            today: self.now(),
            until: not_after,
            publishers: opens.iter().map(|open| open.provider.to_string()).collect(),
            records: opens.iter().map(|open| open.records).sum(),
            leaves_out_own: proposal
                .skipped
                .iter()
                .any(|skipped| skipped.reason == SkippedReason::OwnRecords),
            answers_request: proposal.answer.is_some(),
        })
    }
}

fn handle(unsigned: &Unsigned, read: &ReadBack) -> GrantHandle {
    GrantHandle {
        relationship: unsigned.relationship,
        publisher: unsigned.publisher,
        grant: read.action.id,
        not_after: read.action.not_after,
    }
}

pub(crate) fn is_own(unsigned: &Unsigned, signer: Address, keys: &RelationshipKeys) -> Result<()> {
    let account = match signer {
        Address::Relationship(address) => address == unsigned.relationship,
        Address::Agent(_) => true,
        _ => false,
    };
    if account && signer == keys.signer() { Ok(()) } else { Err(WalletError::NotReviewed("the signer")) }
}

pub(crate) fn detail(unsigned: &Unsigned, actions: Vec<String>, valid_until: Timestamp) -> ReviewDetail {
    ReviewDetail {
        relationship: unsigned.relationship,
        body_hash: Hash32::plain(&unsigned.bytes).to_string(),
        actions,
        valid_until,
    }
}

/// All scopes of a share together: the same kinds everywhere, or the chosen records counted.
fn seen(grants: &[(&Unsigned, ReadBack)]) -> Result<SeenScope> {
    let mut kinds: BTreeSet<Vec<RecordKind>> = BTreeSet::new();
    let (mut everything, mut chosen) = (0, 0);
    for (_, grant) in grants {
        match &grant.terms.scope {
            ScopeTerms::Everything => everything += 1,
            ScopeTerms::Kinds(set) => {
                kinds.insert(set.iter().collect());
            }
            ScopeTerms::Records(positions) => chosen += positions.as_slice().len(),
        }
    }
    match (everything, kinds.pop_first(), kinds.is_empty(), chosen) {
        (count, None, true, 0) if count == grants.len() => Ok(SeenScope::Everything),
        (0, Some(kinds), true, 0) => Ok(SeenScope::Kinds(kinds)),
        (0, None, true, chosen) if chosen > 0 => Ok(SeenScope::Records(chosen)),
        _ => Err(WalletError::NotReviewed("what can be seen")),
    }
}
