//! What a decision means, read back from the bytes that would be signed.

use medrec_protocol::{
    AgentAddress, ChainIdentity, Timestamp,
    actions::Action,
    payload::{DelegationTerms, DisputePayload, EmergencyTerms, GuardianNames, Payload},
    seal::Sealed,
    state::Activation,
};

use super::ActProposal;
use crate::{
    Result, Wallet, WalletError,
    keys::RelationshipKeys,
    sentences::{self, ActFacts},
    store::{
        delegates::{self, AgentNames},
        listing, providers, records,
    },
    use_case::share::{Unsigned, review::detail},
    view::{Begins, Review},
};

const SECONDS_PER_DAY: u32 = 86_400;
const DAY: u64 = SECONDS_PER_DAY as u64;

impl Wallet {
    /// What a proposal means, read back from its bytes. Fails when they do not say one thing.
    pub async fn review_act(&self, proposal: &ActProposal) -> Result<Review> {
        let chain = self.joined().await?.chain();
        let mut facts: Option<ActFacts> = None;
        let (mut details, mut publishers) = (Vec::new(), Vec::new());
        let mut read = self.store.read().await?;
        let provider_names = providers::names(&mut read).await?;
        let names = delegates::names(&mut read).await?;
        drop(read);
        for unsigned in &proposal.unsigned {
            let body = unsigned.body()?;
            let keys = self.check_signer(unsigned, &chain).await?;
            let [action] = body.actions.as_slice() else { return Err(WalletError::NotReviewed("an action")) };
            if action_relationship(action) != Some(unsigned.relationship) {
                return Err(WalletError::NotReviewed("the relationship"));
            }
            let reader = Reader { wallet: self, chain: &chain, unsigned, keys: &keys, names: &names };
            let said = reader.facts(action).await?;
            if facts.as_ref().is_some_and(|facts| *facts != said) {
                return Err(WalletError::NotReviewed("what is decided"));
            }
            let line = format!("{}: {said:?}", action.name());
            facts = Some(said);
            details.push(detail(unsigned, vec![line], body.valid_until));
            publishers.push(provider_names.of(unsigned.publisher).to_string());
        }
        let facts = facts.ok_or(WalletError::NotReviewed("nothing"))?;
        let whom = self.whose();
        let (title, said) = sentences::act(self.language(), &facts, &publishers, whom.as_deref());
        Ok(Review { title, sentences: said, opens: Vec::new(), skipped: Vec::new(), details })
    }
}

fn action_relationship(action: &Action) -> Option<medrec_protocol::RelationshipAddress> {
    use medrec_protocol::actions::Rules as _;
    action.relationship()
}

struct Reader<'a> {
    wallet: &'a Wallet,
    chain: &'a ChainIdentity,
    unsigned: &'a Unsigned,
    keys: &'a RelationshipKeys,
    names: &'a AgentNames,
}

impl Reader<'_> {
    fn open<T: Payload>(&self, sealed: &Sealed) -> Result<T> {
        let context = self.keys.context(self.chain, self.unsigned.relationship);
        Ok(T::open(sealed, self.keys.must_view(sealed.epoch())?, context)?.0)
    }

    fn named(&self, agent: AgentAddress) -> String {
        self.names.name_of(self.unsigned.relationship, agent)
    }

    async fn facts(&self, action: &Action) -> Result<ActFacts> {
        Ok(match action {
            Action::Delegate(action) => {
                let terms: DelegationTerms = self.open(&action.terms)?;
                ActFacts::Appoint {
                    name: terms.name.to_string(),
                    relation: terms.relation.to_string(),
                    right: action.right.into(),
                    begins: match action.activation {
                        Activation::AtOnce => Begins::AtOnce,
                        Activation::AfterWait(seconds) => {
                            Begins::AfterWait { days: seconds / SECONDS_PER_DAY }
                        }
                        Activation::AfterSilence(seconds) => {
                            Begins::AfterSilence { days: seconds / SECONDS_PER_DAY }
                        }
                    },
                    // Its day is what is said, and the same in every account; its second is not.
                    until: Timestamp::from_seconds(action.not_after.seconds() / DAY * DAY),
                }
            }
            Action::EndDelegation(action) => ActFacts::EndDelegation { name: self.named(action.agent) },
            Action::RefuseActivation(action) => ActFacts::RefuseStart { name: self.named(action.agent) },
            Action::SetGuardians(action) => {
                let names: GuardianNames = self.open(&action.names)?;
                if names.names.as_slice().len() != action.guardians.as_slice().len() {
                    return Err(WalletError::NotReviewed("the guardians"));
                }
                ActFacts::SetGuardians {
                    names: names.names.as_slice().iter().map(ToString::to_string).collect(),
                    threshold: action.threshold,
                    days: action.delay / SECONDS_PER_DAY,
                }
            }
            Action::VetoRecovery(_) => ActFacts::VetoRecovery,
            Action::SetEmergency(action) => {
                let terms: EmergencyTerms = self.open(&action.terms)?;
                ActFacts::Emergency { allowed: action.allowed, kinds: terms.kinds.iter().collect() }
            }
            Action::Dispute(action) => {
                let said: DisputePayload = self.open(&action.statement)?;
                ActFacts::Dispute {
                    title: self.title(action.entry).await?,
                    statement: said.statement.as_slice().iter().map(ToString::to_string).collect(),
                }
            }
            Action::RotateViewingKey(_) => ActFacts::ChangeViewingKeys,
            Action::RotateKeys(_) => ActFacts::ChangeKeys,
            Action::SetHandover(action) => ActFacts::Handover { due: action.due },
            Action::CloseRelationship(_) => ActFacts::Close,
            Action::ShowLife(_) => ActFacts::ShowLife,
            Action::AnswerDelegation(action) if action.accepted => ActFacts::Accept,
            Action::AnswerDelegation(_) => ActFacts::GiveUp,
            Action::AskActivation(_) => ActFacts::AskStart,
            Action::ApproveRecovery(_) => ActFacts::ApproveRecovery,
            _ => return Err(WalletError::NotReviewed("an action")),
        })
    }

    /// The title of the record at a place of the log; none for other entries.
    async fn title(&self, position: u64) -> Result<Option<String>> {
        let mut read = self.wallet.store.read().await?;
        let names = providers::names(&mut read).await?;
        let Some(id) = records::at_position(&mut read, self.unsigned.relationship, position).await? else {
            return Ok(None);
        };
        Ok(listing::row(&mut read, id, &names).await?.map(|row| row.title))
    }
}
