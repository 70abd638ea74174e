//! The consortium governs by vote: a member makes a motion, members vote, and what more than two thirds of them want is
//! done at once, in the block of the deciding vote.

use std::collections::BTreeSet;

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Accounts, BlockContext, Failure, Refusal, Rules};
use crate::{
    Address, MemberAddress, RelationshipAddress, Timestamp,
    genesis::MAX_MEMBERS,
    log::DirectoryEvent,
    state::{
        MAX_OPEN_MOTIONS, MAX_VALIDATORS, MAX_VOTING_POWER, Motion, MotionId, Pending, ProviderLeaf, Standing,
    },
};

/// Longest time that a motion may wait for votes, in seconds: 90 days.
pub const MAX_MOTION_SECONDS: u64 = 90 * 24 * 60 * 60;

/// A motion. Who makes it votes for it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Propose {
    /// Names the motion.
    pub id: MotionId,
    /// Last second in which it can be voted on.
    pub not_after: Timestamp,
    /// What would be done.
    pub motion: Motion,
}

/// A vote for a motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Vote {
    /// The motion.
    pub motion: MotionId,
}

/// A vote taken back. A motion that nobody is for any more is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Rescind {
    /// The motion.
    pub motion: MotionId,
}

impl Rules for Propose {
    fn relationship(&self) -> Option<RelationshipAddress> {
        None
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        some_member(signer)?;
        match &self.motion {
            Motion::SetValidator { power, .. } if *power > MAX_VOTING_POWER => Err(Refusal::Malformed),
            _ => Ok(()),
        }
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let member = a_member(accounts, signer)?;
        if self.not_after <= block.time || self.not_after > block.time.plus(MAX_MOTION_SECONDS) {
            return Err(Refusal::Date.into());
        }
        let mut directory = accounts.directory().map_err(Failure::State)?;
        let over: Vec<MotionId> =
            directory.motions.iter().filter(|(_, until)| **until < block.time).map(|(id, _)| *id).collect();
        for id in over {
            directory.motions.remove(&id);
            accounts.put_motion(id, None);
        }
        if directory.motions.contains_key(&self.id) {
            return Err(Refusal::MotionIdUsed.into());
        }
        if directory.motions.len() >= MAX_OPEN_MOTIONS {
            return Err(Refusal::TooManyMotions.into());
        }
        is_possible(accounts, &self.motion)?;
        directory.motions.insert(self.id, self.not_after);
        accounts.put_directory(directory);
        let motion = self.motion.clone();
        accounts.tell_directory(block, DirectoryEvent::Proposed { id: self.id, by: member, motion })?;
        let pending = Pending {
            motion: self.motion.clone(),
            not_after: self.not_after,
            votes: BTreeSet::from([member]),
        };
        settle(accounts, block, self.id, pending)
    }
}

impl Rules for Vote {
    fn relationship(&self) -> Option<RelationshipAddress> {
        None
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        some_member(signer).map(|_| ())
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let member = a_member(accounts, signer)?;
        let mut pending = waiting(accounts, block, self.motion)?;
        if !pending.votes.insert(member) {
            return Err(Refusal::Pointless.into());
        }
        accounts
            .tell_directory(block, DirectoryEvent::Voted { id: self.motion, by: member, for_it: true })?;
        settle(accounts, block, self.motion, pending)
    }
}

impl Rules for Rescind {
    fn relationship(&self) -> Option<RelationshipAddress> {
        None
    }

    fn check(&self, signer: Address) -> Result<(), Refusal> {
        some_member(signer).map(|_| ())
    }

    fn apply<A: Accounts>(
        &self,
        signer: Address,
        block: &BlockContext<'_>,
        accounts: &mut A,
    ) -> Result<(), Failure<A::Error>> {
        let member = a_member(accounts, signer)?;
        let mut pending = waiting(accounts, block, self.motion)?;
        if !pending.votes.remove(&member) {
            return Err(Refusal::Pointless.into());
        }
        accounts
            .tell_directory(block, DirectoryEvent::Voted { id: self.motion, by: member, for_it: false })?;
        if pending.votes.is_empty() {
            forget(accounts, self.motion)
        } else {
            accounts.put_motion(self.motion, Some(pending));
            Ok(())
        }
    }
}

fn some_member(signer: Address) -> Result<MemberAddress, Refusal> {
    match signer {
        Address::Member(member) => Ok(member),
        _ => Err(Refusal::NotAllowed),
    }
}

/// The signer, if it is a member now.
fn a_member<A: Accounts>(accounts: &A, signer: Address) -> Result<MemberAddress, Failure<A::Error>> {
    let member = some_member(signer)?;
    let directory = accounts.directory().map_err(Failure::State)?;
    directory.member_key(member).map(|_| member).ok_or(Failure::Refused(Refusal::NotAllowed))
}

fn waiting<A: Accounts>(
    accounts: &A,
    block: &BlockContext<'_>,
    id: MotionId,
) -> Result<Pending, Failure<A::Error>> {
    let pending = accounts.motion(id).map_err(Failure::State)?;
    let pending = pending.filter(|pending| pending.not_after >= block.time);
    pending.ok_or(Failure::Refused(Refusal::UnknownMotion))
}

/// Carries a motion out when enough members are for it; lets it wait otherwise.
fn settle<A: Accounts>(
    accounts: &mut A,
    block: &BlockContext<'_>,
    id: MotionId,
    pending: Pending,
) -> Result<(), Failure<A::Error>> {
    if !accounts.directory().map_err(Failure::State)?.carries(&pending.votes) {
        accounts.put_motion(id, Some(pending));
        return Ok(());
    }
    forget(accounts, id)?;
    // What was possible when it was proposed may be so no more.
    is_possible(accounts, &pending.motion)?;
    carry_out(accounts, block, pending.motion)
}

fn forget<A: Accounts>(accounts: &mut A, id: MotionId) -> Result<(), Failure<A::Error>> {
    let mut directory = accounts.directory().map_err(Failure::State)?;
    directory.motions.remove(&id);
    accounts.put_directory(directory);
    accounts.put_motion(id, None);
    Ok(())
}

/// Refuses what would change nothing and what cannot be.
fn is_possible<A: Accounts>(accounts: &A, motion: &Motion) -> Result<(), Failure<A::Error>> {
    let directory = accounts.directory().map_err(Failure::State)?;
    let provider = |address| -> Result<ProviderLeaf, Failure<A::Error>> {
        let leaf = accounts.provider(address).map_err(Failure::State)?;
        let leaf = leaf.ok_or(Refusal::UnknownProvider)?;
        if leaf.standing == Standing::Expelled { Err(Refusal::Pointless.into()) } else { Ok(leaf) }
    };
    let useful = match motion {
        Motion::AdmitProvider { provider, .. } => {
            accounts.provider(provider.address()).map_err(Failure::State)?.is_none()
        }
        Motion::SetStanding { provider: address, standing } => provider(*address)?.standing != *standing,
        Motion::SetEmergencyRole { provider: address, emergency } => {
            provider(*address)?.emergency != *emergency
        }
        Motion::SetValidator { key, power } => {
            let validators = accounts.validators().map_err(Failure::State)?.power;
            let now = validators.get(key).copied().unwrap_or(0);
            let fits =
                if *power == 0 { validators.len() > 1 } else { now > 0 || validators.len() < MAX_VALIDATORS };
            *power != now && fits
        }
        Motion::AdmitMember(member) => {
            let new = !directory.members.contains(&member.signing_key);
            new && directory.members.len() < MAX_MEMBERS
        }
        Motion::RemoveMember(member) => {
            directory.member_key(*member).is_some() && directory.members.len() > 1
        }
    };
    if useful { Ok(()) } else { Err(Refusal::Pointless.into()) }
}

fn carry_out<A: Accounts>(
    accounts: &mut A,
    block: &BlockContext<'_>,
    motion: Motion,
) -> Result<(), Failure<A::Error>> {
    let event = match motion {
        Motion::AdmitProvider { provider, emergency } => {
            let (address, entry) = (provider.address(), provider.clone());
            let leaf =
                ProviderLeaf { provider, admitted: block.time, standing: Standing::Admitted, emergency };
            accounts.put_provider(address, leaf);
            accounts.tell_directory(block, DirectoryEvent::Admitted(entry))?;
            if !emergency {
                return Ok(());
            }
            DirectoryEvent::EmergencyRole { address, emergency }
        }
        Motion::SetStanding { provider: address, standing } => {
            change_provider(accounts, address, |leaf| leaf.standing = standing)?;
            DirectoryEvent::Standing { address, standing }
        }
        Motion::SetEmergencyRole { provider: address, emergency } => {
            change_provider(accounts, address, |leaf| leaf.emergency = emergency)?;
            DirectoryEvent::EmergencyRole { address, emergency }
        }
        Motion::SetValidator { key, power } => {
            let mut validators = accounts.validators().map_err(Failure::State)?;
            if power == 0 {
                validators.power.remove(&key);
            } else {
                validators.power.insert(key, power);
            }
            accounts.put_validators(validators);
            DirectoryEvent::Validator { key, power }
        }
        Motion::AdmitMember(member) => {
            let mut directory = accounts.directory().map_err(Failure::State)?;
            directory.members.push(member.signing_key);
            accounts.put_directory(directory);
            DirectoryEvent::MemberAdmitted(member)
        }
        Motion::RemoveMember(member) => {
            let mut directory = accounts.directory().map_err(Failure::State)?;
            directory.members.retain(|key| MemberAddress::of(key) != member);
            accounts.put_directory(directory);
            DirectoryEvent::MemberRemoved(member)
        }
    };
    accounts.tell_directory(block, event)
}

fn change_provider<A: Accounts>(
    accounts: &mut A,
    address: crate::ProviderAddress,
    change: impl FnOnce(&mut ProviderLeaf),
) -> Result<(), Failure<A::Error>> {
    let leaf = accounts.provider(address).map_err(Failure::State)?;
    let mut leaf = leaf.ok_or(Refusal::UnknownProvider)?;
    change(&mut leaf);
    accounts.put_provider(address, leaf);
    Ok(())
}
