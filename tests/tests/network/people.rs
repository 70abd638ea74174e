//! Those around a network: patients with the `medrec` command, members whose key lies on a computer without a network.

use std::path::PathBuf;

use medrec_tests::{PASSPHRASE, Programs};
use serde_json::Value;

use super::{Net, until};

/// Somebody with a wallet on this network, as `medrec` makes it.
pub struct Wallet {
    programs: Programs,
    home: PathBuf,
}

impl Wallet {
    /// A new wallet that has joined by the file that a hospital's node writes for these nodes, and never synced.
    pub fn joined(net: &Net, name: &str, nodes: &[usize]) -> Self {
        let home = net.folder().join("wallets").join(name);
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("passphrase.txt"), PASSPHRASE).unwrap();
        let this = Self { programs: net.programs.clone(), home };
        this.json(&["wallet", "create", "--label", name]);
        let file = net.network_file(nodes);
        this.json(&["network", "join", file.to_str().unwrap()]);
        this
    }

    /// What a command prints, which must succeed.
    pub fn json(&self, words: &[&str]) -> Value {
        let mut command = self.programs.command("medrec");
        command.arg("--home").arg(&self.home).arg("--passphrase-file").arg(self.home.join("passphrase.txt"));
        command.args(words).arg("--json");
        self.programs.run(command).unwrap().json().unwrap()
    }

    /// Whether a provider of this name is among those that it has verified.
    pub fn knows(&self, provider: &str) -> bool {
        let listed = self.json(&["providers"]);
        listed["providers"].as_array().unwrap().iter().any(|one| one["name"] == provider)
    }

    /// Brings it up to date; returns the height of the header that it has verified.
    pub fn sync(&self) -> u64 {
        self.json(&["sync"])["height"].as_u64().unwrap()
    }

    /// It has kept nothing that says that the ledger has two histories.
    pub fn assert_no_evidence(&self) {
        let kept = self.json(&["network", "evidence"]);
        assert_eq!(kept["evidence"].as_array().map(Vec::len), Some(0), "{kept}");
    }
}

impl Net {
    /// A file for wallets, as `medrec-node network` writes it.
    pub fn network_file(&self, nodes: &[usize]) -> PathBuf {
        let mut command = self.programs.command("medrec-node");
        command.arg("network").arg("--home").arg(self.network.home(1));
        for node in nodes {
            command.arg("--node").arg(format!("http://{}", self.network.rpc(*node)));
        }
        PathBuf::from(self.programs.run(command).unwrap().success().unwrap().trim())
    }

    /// A folder with nothing but a member's key and the genesis, as it may lie on a computer without a network.
    pub fn member_elsewhere(&self, node: usize) -> PathBuf {
        let folder = self.folder().join(format!("member-{node}"));
        std::fs::create_dir_all(&folder).unwrap();
        for file in ["member_key.json", "genesis.json"] {
            std::fs::copy(self.network.home(node).join(file), folder.join(file)).unwrap();
        }
        std::fs::remove_file(self.network.home(node).join("member_key.json")).unwrap();
        folder
    }

    /// What a member reads at the node of its hospital before it votes.
    pub fn motions(&self, node: usize) -> String {
        let mut command = self.programs.command("medrec-node");
        command.args(["member", "motions", "--node", &self.network.rpc(node).to_string()]);
        self.programs.run(command).unwrap().success().unwrap()
    }

    /// Has members move and vote, each through a node, as docs/operations.md tells a hospital to. What they vote on says
    /// `meaning`.
    pub async fn decide(&self, members: &[PathBuf], what: &[&str], meaning: &str) {
        let (first, others) = members.split_first().unwrap();
        let (motion, tx) = self.network.signed(first, &[&["move"], what].concat()).unwrap();
        self.commit_hex(1, &tx).await.unwrap();
        let mut shown = String::new();
        until("the others see the motion", async || {
            shown = self.motions(2);
            shown.contains(&motion)
        })
        .await;
        assert!(shown.contains(meaning) && shown.contains("1 of 4 members"), "{shown}");
        for member in others {
            let (_, tx) = self.network.signed(member, &["vote", &motion]).unwrap();
            self.commit_hex(2, &tx).await.unwrap();
        }
        until("nothing waits", async || self.motions(2).contains("no motion waits")).await;
    }
}
