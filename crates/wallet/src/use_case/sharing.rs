//! Who can see what.

use std::collections::{BTreeMap, BTreeSet};

use medrec_protocol::{ProviderAddress, Timestamp, payload::Scope as ScopeTerms};

use crate::{
    Result, Wallet,
    sentences::{self, Language, SeenScope},
    store::{
        grants::{self, Given},
        providers::{self, Names},
    },
    view::{GrantState, GrantView, Mode, Scope, Sentence, SharingView},
};

impl Wallet {
    /// Who can see something; with `ended_too` also who could. Those with access first, then by name.
    pub async fn sharing(&self, ended_too: bool) -> Result<Vec<SharingView>> {
        let (now, language) = (self.now(), self.language());
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        let given =
            if ended_too { grants::all(&mut read).await? } else { grants::standing(&mut read, now).await? };
        Ok(by_grantee(&given, now, &names, language, self.whose().as_deref()))
    }
}

/// Grants by who can see something, those with access first, then by name.
pub(super) fn by_grantee(
    given: &[Given],
    now: Timestamp,
    names: &Names,
    language: Language,
    whose: Option<&str>,
) -> Vec<SharingView> {
    let mut by_grantee: BTreeMap<ProviderAddress, Vec<GrantView>> = BTreeMap::new();
    for given in given {
        by_grantee.entry(given.terms.grantee).or_default().push(view_of(given, now, names));
    }
    let mut views: Vec<_> = by_grantee
        .into_iter()
        .map(|(grantee, grants)| {
            let (uses, last_used) = (
                grants.iter().map(|grant| grant.uses).sum(),
                grants.iter().filter_map(|grant| grant.last_used).max(),
            );
            SharingView {
                grantee: names.of(grantee),
                live: grants.iter().any(|grant| grant.state == GrantState::Live),
                sentences: in_words(language, whose, &grants, uses, last_used),
                uses,
                last_used,
                grants,
            }
        })
        .collect();
    views.sort_by_cached_key(|view| (!view.live, view.grantee.name.clone(), view.grantee.address));
    views
}

fn view_of(given: &Given, now: Timestamp, names: &Names) -> GrantView {
    let terms = &given.terms;
    let state = if given.revoked_at.is_some() {
        GrantState::Stopped
    } else if given.live.not_after < now {
        GrantState::Ended
    } else if terms.not_before > now {
        GrantState::NotYet
    } else {
        GrantState::Live
    };
    GrantView {
        id: given.id,
        share: given.share(),
        publisher: names.of(given.publisher),
        scope: match &terms.scope {
            ScopeTerms::Everything => Scope::Everything,
            ScopeTerms::Kinds(kinds) => Scope::Kinds { kinds: kinds.iter().collect() },
            ScopeTerms::Records(chosen) => Scope::Records { count: chosen.as_slice().len() },
        },
        future: terms.future.into(),
        mode: terms.mode.into(),
        why: terms.purpose.into(),
        since: terms.not_before,
        until: given.live.not_after,
        stopped_at: given.revoked_at,
        state,
        uses: given.uses,
        copies: given.copies,
        last_used: given.last_used,
    }
}

/// One sentence for each share that holds, and how often all were used.
fn in_words(
    language: Language,
    whose: Option<&str>,
    grants: &[GrantView],
    uses: u64,
    last_used: Option<Timestamp>,
) -> Vec<Sentence> {
    let mut said = Vec::new();
    let live = || grants.iter().filter(|grant| grant.state == GrantState::Live);
    let shares: BTreeSet<_> = live().map(|grant| grant.share).collect();
    for share in shares {
        let of_share: Vec<_> = live().filter(|grant| grant.share == share).collect();
        let Some(first) = of_share.first() else { continue };
        let mode: Mode = first.mode;
        said.push(sentences::sees(language, &together(&of_share), whose, mode, first.until));
    }
    said.push(sentences::used(language, uses, last_used));
    said
}

/// The scopes of one share's grants: the same everywhere, except that chosen records are counted together.
fn together(grants: &[&GrantView]) -> SeenScope {
    let chosen: usize = grants
        .iter()
        .map(|grant| match grant.scope {
            Scope::Records { count } => count,
            _ => 0,
        })
        .sum();
    match grants.first().map(|grant| &grant.scope) {
        Some(Scope::Kinds { kinds }) => SeenScope::Kinds(kinds.clone()),
        Some(Scope::Records { .. }) => SeenScope::Records(chosen),
        Some(Scope::Everything) | None => SeenScope::Everything,
    }
}
