//! Signed transactions of a member of the consortium, as text that any HTTP client can send to a node. Nothing is sent from
//! here: the key may lie on a computer without a network.

use std::{io::Write, path::Path};

use anyhow::{Context, Result};
use medrec_node::{genesis, home::Home, home::read_provider};
use medrec_protocol::{
    MemberAddress, PublicKey, Timestamp, TxBody,
    actions::{Action, Propose, Rescind, Vote},
    codec::List,
    genesis::Member as NewMember,
    state::{Motion, MotionId, Nonce, Standing},
};

use crate::{
    arguments::{Member, NewStanding, What, YesNo},
    motions,
};

/// How long the transaction can be sent, in seconds.
const VALID_SECONDS: u64 = 9 * 60;
const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// Does what a member asks for.
pub fn run(member: Member, now: Timestamp) -> Result<()> {
    let (home, action, motion) = match member {
        Member::Motions(asked) => return motions::list(asked.node, now),
        Member::Move(asked) => {
            let id = MotionId::from_bytes(random()?);
            // An hour short of the days, so that 90 days are not a moment too many for a ledger whose clock is behind.
            let not_after = now.plus(asked.days * SECONDS_PER_DAY - 3_600);
            (asked.home, Action::from(Propose { id, not_after, motion: motion(asked.what)? }), id)
        }
        Member::Vote(on) => (on.home, Vote { motion: on.motion }.into(), on.motion),
        Member::Rescind(on) => (on.home, Rescind { motion: on.motion }.into(), on.motion),
    };
    let tx = sign(&home, action, now)?;
    let mut out = std::io::stdout();
    writeln!(out, "motion      {motion}")?;
    writeln!(out, "transaction 0x{tx}")?;
    writeln!(out, "send it to a node within nine minutes: curl 'http://NODE/broadcast_tx_commit?tx=0x…'")?;
    Ok(())
}

fn motion(what: What) -> Result<Motion> {
    Ok(match what {
        What::Validator { key, power } => Motion::SetValidator { key, power },
        What::AdmitMember { name, key } => Motion::AdmitMember(NewMember { name, signing_key: key }),
        What::RemoveMember { member } => Motion::RemoveMember(member),
        What::AdmitProvider { file, emergency } => {
            Motion::AdmitProvider { provider: read_provider(&file)?, emergency }
        }
        What::Standing { provider, standing } => {
            let standing = match standing {
                NewStanding::Admitted => Standing::Admitted,
                NewStanding::Suspended => Standing::Suspended,
                NewStanding::Expelled => Standing::Expelled,
            };
            Motion::SetStanding { provider, standing }
        }
        What::EmergencyRole { provider, role } => {
            Motion::SetEmergencyRole { provider, emergency: matches!(role, YesNo::Yes) }
        }
    })
}

fn sign(home: &Path, action: Action, now: Timestamp) -> Result<String> {
    let key = Home::member_key(home)?.context("there is no member's key in this home")?;
    let chain = genesis::of_document(&Home::genesis_in(home)?)?.identity();
    let body = TxBody {
        signer: MemberAddress::of(&PublicKey::of(&key)).into(),
        nonce: Nonce::from_bytes(random()?),
        valid_until: now.plus(VALID_SECONDS),
        actions: List::new(vec![action])?,
    };
    Ok(hex::encode(body.sign(&key, &chain).encode()))
}

fn random() -> Result<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
