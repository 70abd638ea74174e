//! The network, its providers, enrolment.

use medrec_wallet::view::{
    EvidenceView, Freshness, NetworkView, ProviderStanding, ProviderView, RelationshipState,
};
use serde_json::{Value, json};

use super::json::document;
use crate::{
    exit::Exit,
    moment::{Here, counted},
    output::Words,
};

pub fn status_json(network: &NetworkView) -> Value {
    document(network)
}

pub fn evidence_json(kept: &[EvidenceView]) -> Value {
    json!({ "evidence": document(&kept) })
}

pub fn evidence(kept: &[EvidenceView]) -> Words {
    let mut out = Words::new();
    if kept.is_empty() {
        out.line("No node has contradicted what was verified.");
    }
    for one in kept {
        out.line(one.path.display().to_string());
        out.line(match (&one.proves_nothing, one.height) {
            (None, Some(height)) => format!(
                "  Two different blocks {height} are signed; {} signed both. The other one was shown by {}.",
                counted(one.signed_both.len() as u64, "validator"),
                one.node
            ),
            (why, _) => format!(
                "  Shown by {}. It proves no second history: {}.",
                one.node,
                why.as_deref().unwrap_or("it cannot be read")
            ),
        });
    }
    out
}

pub fn joined(network: &NetworkView) -> Words {
    let mut out = Words::new();
    out.line(format!(
        "You have joined the network {}. Its beginning and its newest block are verified.",
        network.chain_id
    ));
    out.line("Next: medrec enrol CODE, with the code from a provider. After restoring: medrec sync.");
    out
}

pub fn status(network: &NetworkView, here: &Here) -> Words {
    let mut out = Words::new();
    out.line(format!("Network       {}", network.chain_id));
    out.line(format!("Genesis hash  {}", network.genesis_hash));
    for (index, node) in network.nodes.iter().enumerate() {
        out.line(format!("{}{node}", if index == 0 { "Nodes         " } else { "              " }));
    }
    if let Some(height) = network.freshness.height {
        out.line(format!("Verified to   block {height}"));
    }
    out.line(checked(&network.freshness, here));
    out
}

/// How old the view of the ledger is, in one line.
pub fn checked(freshness: &Freshness, here: &Here) -> String {
    match freshness.checked_at {
        Some(at) => format!("Checked with the ledger {}.", here.ago(at.seconds())),
        None => "Not yet checked with the ledger: medrec sync".to_owned(),
    }
}

pub fn providers_json(providers: &[ProviderView]) -> Value {
    json!({ "providers": document(&providers) })
}

pub fn providers(providers: &[ProviderView]) -> Words {
    let mut out = Words::new();
    if providers.is_empty() {
        out.line("No provider is known. Join a network and check the ledger: medrec sync");
    }
    for provider in providers {
        out.line(provider.name.to_string());
        out.sub(match &provider.relationship {
            Some(relationship) if relationship.closed_at.is_some() => {
                format!("you closed this account; {}", counted(relationship.records, "record"))
            }
            Some(relationship) if relationship.state == RelationshipState::Open => {
                format!("you are enrolled; {}", counted(relationship.records, "record"))
            }
            Some(_) => "enrolment on its way: medrec sync".to_owned(),
            None => "not enrolled".to_owned(),
        });
        match provider.standing {
            ProviderStanding::Admitted => {}
            ProviderStanding::Suspended => {
                out.sub("suspended: it gets no copies and publishes nothing");
            }
            ProviderStanding::Expelled => {
                out.sub("expelled for good: it gets no copies and publishes nothing");
            }
        }
        if provider.emergency {
            out.sub("gives emergency care");
        }
        out.sub(provider.name.address.to_string());
    }
    out
}

pub fn enrolled_json(provider: &ProviderView) -> Value {
    json!({
        "relationship": provider.relationship.as_ref().map(|relationship| &relationship.address),
        "state": provider.relationship.as_ref().map(|relationship| relationship.state),
        "provider": provider.name,
    })
}

pub fn enrolled(provider: &ProviderView) -> Words {
    let mut out = Words::new();
    if is_open(provider) {
        out.line(format!("You are enrolled with {}.", provider.name));
        out.line("Next: medrec sync, to see what they have written.");
    } else {
        out.line(format!("{} has taken the enrolment; the ledger does not show it yet.", provider.name));
        out.line("It goes on by itself with the next: medrec sync");
    }
    out
}

/// Enrolled only when the ledger has proved it.
pub fn enrolled_exit(provider: &ProviderView) -> Exit {
    if is_open(provider) { Exit::Done } else { Exit::Away }
}

fn is_open(provider: &ProviderView) -> bool {
    provider.relationship.as_ref().is_some_and(|relationship| relationship.state == RelationshipState::Open)
}

#[cfg(test)]
mod tests {
    use super::{super::testing::*, *};

    #[test]
    fn enrolment_counts_only_when_the_ledger_shows_it() {
        let open = provider(RelationshipState::Open);
        assert_eq!(enrolled_exit(&open), Exit::Done);
        let document = enrolled_json(&open);
        assert_eq!(document["provider"]["place"], "Lisbon");
        assert!(document["relationship"].as_str().unwrap().starts_with("mrr1"));
        let waiting = provider(RelationshipState::Enrolling);
        assert_eq!(enrolled_exit(&waiting), Exit::Away);
        assert!(enrolled(&waiting).as_str().contains("medrec sync"));
    }

    #[test]
    fn providers_are_named_with_their_place() {
        let list = providers(&[provider(RelationshipState::Open)]);
        let address = provider_name().address;
        assert_eq!(
            list.as_str(),
            format!("City Clinic (Lisbon)\n    you are enrolled; 2 records\n    {address}\n")
        );
    }

    #[test]
    fn status_says_how_old_the_view_is() {
        let mut network = NetworkView {
            chain_id: "medrec-demo".into(),
            genesis_hash: "00ff".into(),
            nodes: vec!["http://127.0.0.1:1".into(), "http://127.0.0.1:2".into()],
            freshness: Freshness::default(),
        };
        assert!(
            status(&network, &here()).as_str().ends_with("Not yet checked with the ledger: medrec sync\n")
        );
        network.freshness = freshness();
        assert_eq!(
            status(&network, &here()).as_str(),
            "\
Network       medrec-demo
Genesis hash  00ff
Nodes         http://127.0.0.1:1
              http://127.0.0.1:2
Verified to   block 42
Checked with the ledger 2 minutes ago.
"
        );
    }
}
