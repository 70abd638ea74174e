//! What has happened before the window opens, so that there is something to see in it: records of four providers, one
//! verified copy, one provider that was given access and looked, one request that waits.

use anyhow::Result;
use xtask::town::{CLINIC, HOSPITAL, PHARMACY, PRACTICE, Person, Town};

use super::steps::Steps;
use super::story::{RECORDS, open_town, wait_for};

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
    steps.step("She has one verified copy.", || Ok(((), amelia.fetch_letter()?)))?;
    steps.step("She let the pharmacy see her allergies; it has looked.", || {
        let count = town.pharmacy_looks(&amelia)?;
        Ok(((), format!("{count} copies; it is in her list of who looked")))
    })?;
    steps.step("The clinic asks for more. The request waits for her.", || {
        town.ask_as_clinic(&amelia)?;
        Ok(((), "it is answered in the window, under 'Requests'".into()))
    })?;
    Ok(amelia)
}
