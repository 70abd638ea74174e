//! People with wallets, through the `medrec` command.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Town;
use super::programs::{Outcome, Programs};

/// The passphrase of every sample person.
pub const PASSPHRASE: &str = "lantern quay marmalade tide otter";

/// Somebody with a wallet folder of their own.
#[derive(Clone, Debug)]
pub struct Person {
    programs: Programs,
    home: PathBuf,
    passphrase_file: PathBuf,
    name: String,
    local_ids: BTreeMap<String, String>,
}

impl Person {
    pub(super) fn new(
        programs: &Programs,
        home: PathBuf,
        name: String,
        local_ids: BTreeMap<String, String>,
    ) -> Result<Self> {
        fs::create_dir_all(&home)?;
        let passphrase_file = home.join("passphrase.txt");
        fs::write(&passphrase_file, PASSPHRASE)?;
        Ok(Self { programs: programs.clone(), home, passphrase_file, name, local_ids })
    }

    /// The same person at another computer: an empty folder.
    pub fn on_another_computer(&self, home: PathBuf) -> Result<Self> {
        Self::new(&self.programs, home, self.name.clone(), self.local_ids.clone())
    }

    /// Name as it is shown.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Folder of the wallet.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The providers that know this person, and by which number.
    pub fn local_ids(&self) -> &BTreeMap<String, String> {
        &self.local_ids
    }

    /// Runs `medrec` with the person's folder and passphrase.
    pub fn medrec(&self, words: &[&str]) -> Result<Outcome> {
        let mut command = self.programs.command("medrec");
        command.arg("--home").arg(&self.home).arg("--passphrase-file").arg(&self.passphrase_file).args(words);
        self.programs.run(command)
    }

    /// Runs `medrec` and reads the JSON that it prints.
    pub fn json(&self, words: &[&str]) -> Result<Value> {
        self.medrec(&[words, &["--json"]].concat())?.json()
    }

    /// The same for somebody whom this person helps.
    pub fn for_them(&self, label: &str, words: &[&str]) -> Result<Value> {
        self.json(&[&["--for", label], words].concat())
    }

    /// An empty computer, the words, and nothing else.
    pub fn restore(&self, home: PathBuf, words: &str, town: &Town) -> Result<Self> {
        let elsewhere = self.on_another_computer(home)?;
        let file = elsewhere.home().join("words.txt");
        fs::write(&file, words)?;
        let file = file.to_string_lossy().into_owned();
        elsewhere.json(&["wallet", "restore", "--label", &self.name, "--words-file", &file])?;
        elsewhere.join(&town.network_file())?;
        elsewhere.json(&["sync"])?;
        Ok(elsewhere)
    }

    /// Offers to help somebody, who is called so in this person's wallet; returns the code.
    pub fn offer_help(&self, label: &str) -> Result<String> {
        let offer = self.json(&["helping", "offer", label])?;
        Ok(offer["code"].as_str().context("no code was printed")?.to_owned())
    }

    /// Appoints somebody who may see and share, with these further words; they accept.
    pub fn appoint(&self, helper: &Self, label: &str, words: &[&str]) -> Result<Value> {
        let code = helper.offer_help(label)?;
        let appointed = self.json(&[&["delegates", "appoint", &code, "--yes"], words].concat())?;
        helper.for_them(label, &["helping", "accept", "--yes"])?;
        Ok(appointed)
    }

    /// Makes a wallet; returns the 24 words.
    pub fn create_wallet(&self) -> Result<String> {
        let made = self.json(&["wallet", "create", "--label", &self.name])?;
        let words = made["words"].as_array().context("no recovery words were printed")?;
        let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
        Ok(words.join(" "))
    }

    /// Joins the town's ledger.
    pub fn join(&self, network: &Path) -> Result<Value> {
        self.json(&["network", "join", &network.to_string_lossy()])
    }

    /// Enrols with a provider by a fresh code.
    pub fn enrol(&self, town: &Town, slug: &str) -> Result<Value> {
        let local_id =
            self.local_ids.get(slug).with_context(|| format!("{slug} does not know {}", self.name))?;
        self.json(&["enrol", &town.enrolment_code(slug, local_id)?])
    }

    /// A wallet on the ledger, enrolled with these providers.
    pub fn settle(&self, town: &Town, slugs: &[&str]) -> Result<String> {
        let words = self.create_wallet()?;
        self.join(&town.network_file())?;
        for slug in slugs {
            self.enrol(town, slug)?;
        }
        Ok(words)
    }

    /// All records that the wallet lists after a sync.
    pub fn records(&self) -> Result<Vec<Value>> {
        self.json(&["sync"])?;
        self.listed(&[])
    }

    /// Records as listed without a sync.
    pub fn listed(&self, words: &[&str]) -> Result<Vec<Value>> {
        let answer = self.json(&[&["records", "--details"], words].concat())?;
        answer["records"].as_array().cloned().context("no list of records was printed")
    }
}
