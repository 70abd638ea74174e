//! What has happened before the window opens, so that there is something to see in it: records of four providers, one
//! verified copy, one provider that was given access and looked, one request that waits.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xtask::town::{CLINIC, HOSPITAL, PHARMACY, PRACTICE, Person, Town};

use super::steps::Steps;
use super::story::{RECORDS, eventually, open_town, text, wait_for};

/// Lets it happen; returns whose window it is.
pub fn prepare(town: &Town, steps: &Steps) -> Result<Person> {
    steps.chapter("A small town, and a ledger that nobody owns alone");
    open_town(town, steps)?;
    steps.chapter("Amélia Ferreira-Novák, 71, has a wallet");
    let amelia = town.person("amelia")?;
    steps.step("She made it and enrolled with four providers.", || {
        amelia.settle(town, &[HOSPITAL, PRACTICE, PHARMACY, CLINIC])?;
        let records = wait_for(&amelia, RECORDS)?;
        Ok(((), format!("{} records, each proved to be complete and in order", records.len())))
    })?;
    steps.step("She has one verified copy: her discharge letter.", || {
        let letters = amelia.listed(&["--search", "discharge", "--kind", "document"])?;
        let letter = letters.first().context("no discharge letter is listed")?;
        amelia.json(&["fetch", text(letter, "id")])?;
        Ok(((), text(letter, "title").to_owned()))
    })?;
    steps.step("She let the pharmacy see her allergies; it has looked.", || looked(town, &amelia))?;
    steps.step("The clinic asks for more. The request waits for her.", || {
        town.ask_as_clinic(&amelia)?;
        Ok(((), "it is answered in the window, under 'Requests'".into()))
    })?;
    Ok(amelia)
}

fn looked(town: &Town, amelia: &Person) -> Result<((), String)> {
    let shared = amelia.share_with("Lantern Pharmacy", &["--kinds", "allergy", "--days", "90"])?;
    town.hand_over(PHARMACY, &shared)?;
    let fetched = town.fetch_as(PHARMACY, "The pharmacist on duty")?;
    ensure!(fetched.failed.is_empty() && fetched.refused.is_none(), "some copies were not kept: {fetched:?}");
    eventually(|| {
        amelia.json(&["sync"])?;
        let log = amelia.json(&["access-log"])?;
        Ok(log["entries"].as_array().is_some_and(|entries: &Vec<Value>| !entries.is_empty()).then_some(()))
    })?;
    Ok(((), format!("{} copies; it is in her list of who looked", fetched.fetched.len())))
}
