//! What happens between people and providers again and again: one asks, one gives access, one takes the code along.

use anyhow::{Context, Result};
use serde_json::Value;

use super::{CLINIC, Person, Town};

/// Who asks in the clinic's name.
pub const DOCTOR: &str = "Dr. Rhys Mostyn";
/// Why.
pub const REASON: &str = "First visit on 3 December";

impl Person {
    /// Gives a provider access, as `medrec share` says it with these words.
    pub fn share_with(&self, provider: &str, words: &[&str]) -> Result<Value> {
        self.json(&[&["share", "--with", provider, "--yes"], words].concat())
    }
}

impl Town {
    /// Takes the code of a share to a provider that does not hear of it otherwise.
    pub fn hand_over(&self, slug: &str, share: &Value) -> Result<()> {
        let code = share["code"].as_str().context("the share has no code")?;
        self.ask_gatekeeper(slug, "inbox", &["add", code])?.success().map(|_| ())
    }

    /// The clinic asks for medicines, allergies, problems and results for 90 days.
    pub fn ask_as_clinic(&self, person: &Person) -> Result<()> {
        let local_id =
            person.local_ids().get(CLINIC).with_context(|| format!("it does not know {}", person.name()))?;
        let who = ["--patient", local_id, "--by", DOCTOR, "--days", "90"];
        let what = ["--kinds", "medication,allergy,problem,observation", "--reason", REASON];
        self.ask_gatekeeper(CLINIC, "ask", &[who.as_slice(), &what].concat())?.success().map(|_| ())
    }
}
