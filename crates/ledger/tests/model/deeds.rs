//! What people try, in plain numbers. A key is a number; a relationship is named by its first key, a provider, an agent and
//! a member by theirs.

use medrec_protocol::actions::Refusal;

pub type Key = u32;
pub type Time = u64;
/// A relationship, by the key that it was opened with.
pub type Rel = Key;

pub const SEE: u8 = 0;
pub const SHARE: u8 = 1;
pub const MANAGE: u8 = 2;

/// An account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Provider(Key),
    Patient(Rel),
    Agent(Key),
    Member(Key),
}

/// When a delegation begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    AtOnce,
    AfterWait(u32),
    AfterSilence(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Admitted,
    Suspended,
    Expelled,
}

/// What members vote on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Admit { provider: Key, emergency: bool },
    Standing { provider: Key, place: Place },
    Role { provider: Key, emergency: bool },
    Validator { key: Key, power: u64 },
    AdmitMember(Key),
    RemoveMember(Key),
}

/// One action. `epoch` is what a payload is sealed with, `next` the epoch that would begin, `consent` whether the new key's
/// holder signed for just this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Open { key: Key, consent: bool },
    Publish { rel: Rel, supersedes: Option<u64>, epoch: u32 },
    Withdraw { rel: Rel, entry: u64, epoch: u32 },
    Grant { rel: Rel, id: u64, until: Time, epoch: u32 },
    Revoke { rel: Rel, id: u64 },
    RevokeAll { rel: Rel },
    Request { rel: Rel, id: u64, until: Time, epoch: u32 },
    Answer { rel: Rel, id: u64, epoch: u32 },
    Disclose { rel: Rel, epoch: u32 },
    Dispute { rel: Rel, entry: u64, epoch: u32 },
    Appoint { rel: Rel, key: Key, right: u8, until: Time, begin: Begin, epoch: u32 },
    EndDelegation { rel: Rel, agent: Key, next: u32 },
    AnswerDelegation { rel: Rel, yes: bool },
    Ask { rel: Rel },
    Refuse { rel: Rel, agent: Key },
    Guardians { rel: Rel, keys: Vec<Key>, threshold: u8, delay: u32, epoch: u32 },
    Approve { rel: Rel, key: Key, consent: bool },
    Veto { rel: Rel },
    Handover { rel: Rel, key: Key, due: Time, consent: bool },
    Emergency { rel: Rel, allowed: bool, epoch: u32 },
    RotateViewing { rel: Rel, next: u32 },
    RotateKeys { rel: Rel, key: Key, next: u32, consent: bool },
    Life { rel: Rel },
    Close { rel: Rel },
    Update { signing: Key, version: u32 },
    Propose { id: u64, until: Time, wish: Wish },
    Vote { id: u64 },
    Rescind { id: u64 },
}

/// What is wrong with a transaction, whatever it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A byte behind its end.
    Longer,
    /// Signed for another ledger.
    OtherLedger,
}

/// A transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub who: Who,
    /// The key that it is signed with.
    pub key: Key,
    pub nonce: u64,
    pub until: Time,
    pub deeds: Vec<Deed>,
    pub flaw: Option<Flaw>,
}

/// Accepted, or why not.
pub type Verdict = Result<(), Refusal>;

impl Deed {
    /// Whose log it goes to.
    pub fn rel(&self) -> Option<Rel> {
        match self {
            Self::Open { key, .. } => Some(*key),
            Self::Publish { rel, .. }
            | Self::Withdraw { rel, .. }
            | Self::Grant { rel, .. }
            | Self::Revoke { rel, .. }
            | Self::RevokeAll { rel }
            | Self::Request { rel, .. }
            | Self::Answer { rel, .. }
            | Self::Disclose { rel, .. }
            | Self::Dispute { rel, .. }
            | Self::Appoint { rel, .. }
            | Self::EndDelegation { rel, .. }
            | Self::AnswerDelegation { rel, .. }
            | Self::Ask { rel }
            | Self::Refuse { rel, .. }
            | Self::Guardians { rel, .. }
            | Self::Approve { rel, .. }
            | Self::Veto { rel }
            | Self::Handover { rel, .. }
            | Self::Emergency { rel, .. }
            | Self::RotateViewing { rel, .. }
            | Self::RotateKeys { rel, .. }
            | Self::Life { rel }
            | Self::Close { rel } => Some(*rel),
            Self::Update { .. } | Self::Propose { .. } | Self::Vote { .. } | Self::Rescind { .. } => None,
        }
    }
}
