//! What happens between people and providers again and again: one asks, one gives access, one takes the code along.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{CLINIC, HOSPITAL, PHARMACY, Person, Town};

/// Who asks in the clinic's name.
pub const DOCTOR: &str = "Dr. Rhys Mostyn";
/// More than a slow computer needs until something is on the ledger.
const PATIENCE: Duration = Duration::from_mins(2);
/// Who looks in the hospital's emergency department.
pub const EMERGENCY_DOCTOR: &str = "Dr. Nadia Brandt, emergency department";
/// Why.
pub const EMERGENCY: &str = "Brought in confused after a fall";
/// Why.
pub const REASON: &str = "First visit on 3 December";

impl Person {
    /// Gives a provider access, as `medrec share` says it with these words.
    pub fn share_with(&self, provider: &str, words: &[&str]) -> Result<Value> {
        self.json(&[&["share", "--with", provider, "--yes"], words].concat())
    }

    /// Fetches the discharge letter and returns its title.
    pub fn fetch_letter(&self) -> Result<String> {
        let letters = self.listed(&["--search", "discharge", "--kind", "document"])?;
        let letter = letters.first().context("no discharge letter is listed")?;
        let text = |name: &str| letter[name].as_str().with_context(|| format!("the letter has no {name}"));
        self.json(&["fetch", text("id")?])?;
        Ok(text("title")?.to_owned())
    }
}

impl Town {
    /// Takes the code of a share to a provider that does not hear of it otherwise.
    pub fn hand_over(&self, slug: &str, share: &Value) -> Result<()> {
        let code = share["code"].as_str().context("the share has no code")?;
        self.ask_gatekeeper(slug, "inbox", &["add", code])?.success().map(|_| ())
    }

    /// The person lets the pharmacy see allergies, it fetches them, and the person's wallet knows. Returns how many.
    pub fn pharmacy_looks(&self, person: &Person) -> Result<usize> {
        let shared = person.share_with("Lantern Pharmacy", &["--kinds", "allergy", "--days", "90"])?;
        self.hand_over(PHARMACY, &shared)?;
        let mut taken = 0;
        eventually("the pharmacy fetches all copies", || {
            let fetched = self.fetch_as(PHARMACY, "The pharmacist on duty")?;
            taken += fetched.fetched.len();
            Ok(fetched.failed.is_empty() && fetched.refused.is_none())
        })?;
        eventually("the look is on the ledger", || {
            person.json(&["sync"])?;
            let log = person.json(&["access-log"])?;
            Ok(log["entries"].as_array().is_some_and(|entries| !entries.is_empty()))
        })?;
        Ok(taken)
    }

    /// The hospital's emergency department looks, with the person's card and a reason.
    pub fn look_in_emergency(&self, person: &Person) -> Result<Value> {
        let card = person.json(&["emergency", "card"])?;
        let card = card["card"].as_str().context("no card was printed")?;
        let words = ["--card", card, "--reason", EMERGENCY, "--person", EMERGENCY_DOCTOR, "--json"];
        self.ask_gatekeeper(HOSPITAL, "emergency", &words)?.json()
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

/// Asks until it is so.
fn eventually(what: &str, mut so: impl FnMut() -> Result<bool>) -> Result<()> {
    let started = Instant::now();
    while !so()? {
        ensure!(started.elapsed() < PATIENCE, "not after {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(250));
    }
    Ok(())
}
