//! What a member votes on: the motions that wait, as a node knows them. It is the member's own node that is asked, and its
//! answer is taken without a proof.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use medrec_protocol::{
    MemberAddress, Timestamp,
    query::STATE,
    state::{DirectoryLeaf, Motion, MotionId, Pending, Standing, StateKey, decode_leaf},
};
use serde_json::Value;

/// How long a node may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// More than an answer about one leaf can be.
const MAX_ANSWER_BYTES: u64 = 1 << 20;

/// Prints every motion that waits for votes.
pub fn list(node: SocketAddr, now: Timestamp) -> Result<()> {
    let directory = leaf(node, StateKey::Directory)?.context("the node has no state yet")?;
    let directory: DirectoryLeaf = decode_leaf(&directory)?;
    let mut out = std::io::stdout();
    let mut none = true;
    for id in directory.motions.keys() {
        // One that was decided just now is gone.
        let Some(bytes) = leaf(node, StateKey::Motion(*id))? else { continue };
        let pending: Pending = decode_leaf(&bytes)?;
        if pending.not_after >= now {
            none = false;
            write!(out, "{}", describe(*id, &pending, &directory)?)?;
        }
    }
    if none {
        writeln!(out, "no motion waits for votes")?;
    }
    Ok(())
}

fn describe(id: MotionId, pending: &Pending, directory: &DirectoryLeaf) -> Result<String> {
    let members: Vec<_> = directory.members.iter().map(MemberAddress::of).collect();
    let votes = pending.votes.iter().filter(|vote| members.contains(vote));
    let names: Vec<_> = votes.map(|vote| format!("            {vote}\n")).collect();
    let until = jiff::Timestamp::from_second(i64::try_from(pending.not_after.seconds())?)?;
    let (count, of, names) = (names.len(), members.len(), names.concat());
    Ok(format!(
        "motion      {id}\nasks        {}\nuntil       {until}\nvotes       {count} of {of} members; more than two thirds decide\n{names}",
        words(&pending.motion)
    ))
}

/// The words after `member move` that make the same motion, and what they mean.
fn words(motion: &Motion) -> String {
    match motion {
        Motion::AdmitProvider { provider, emergency } => format!(
            "admit-provider: {:?}, {:?}, {}, signs with {}{}",
            provider.name.as_str(),
            provider.place.as_str(),
            provider.endpoint.as_str(),
            provider.signing_key,
            if *emergency { ", gives emergency care" } else { "" }
        ),
        Motion::SetStanding { provider, standing } => {
            let standing = match standing {
                Standing::Admitted => "admitted",
                Standing::Suspended => "suspended",
                Standing::Expelled => "expelled",
            };
            format!("standing: {provider} {standing}")
        }
        Motion::SetEmergencyRole { provider, emergency } => {
            format!("emergency-role: {provider} {}", if *emergency { "yes" } else { "no" })
        }
        Motion::SetValidator { key, power: 0 } => format!("validator: remove {key}"),
        Motion::SetValidator { key, power } => format!("validator: {key} with weight {power}"),
        Motion::AdmitMember(member) => {
            format!("admit-member: {:?}, signs with {}", member.name.as_str(), member.signing_key)
        }
        Motion::RemoveMember(member) => format!("remove-member: {member}"),
    }
}

/// A leaf of the newest state.
fn leaf(node: SocketAddr, key: StateKey) -> Result<Option<Vec<u8>>> {
    let question = format!("/abci_query?path=%22{STATE}%22&data=0x{}", hex::encode(key.encode()));
    let answer = get(node, &question).with_context(|| format!("the node at {node} gives no answer"))?;
    let response = &answer["result"]["response"];
    if response.is_null() || response["code"].as_u64().unwrap_or(0) != 0 {
        bail!("the node at {node} answers: {answer}");
    }
    let value = STANDARD.decode(response["value"].as_str().unwrap_or_default())?;
    Ok((!value.is_empty()).then_some(value))
}

/// In HTTP/1.0, so that the answer comes in one piece.
fn get(node: SocketAddr, path: &str) -> Result<Value> {
    let mut stream = TcpStream::connect_timeout(&node, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {node}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER_BYTES).read_to_end(&mut answer)?;
    let body = answer.windows(4).position(|end| end == b"\r\n\r\n").context("it does not speak HTTP")? + 4;
    Ok(serde_json::from_slice(&answer[body..])?)
}
