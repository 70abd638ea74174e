//! The part of the story in which others act: a daughter for her mother, and an emergency department without asking.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xtask::town::{CLINIC, DOCTOR, EMERGENCY, Person, Town};

use super::steps::Steps;
use super::story::{eventually, list, text};

/// What the daughter calls her mother in her own wallet.
const MOTHER: &str = "Mother";

/// The daughter offers help, the mother appoints her, the daughter sees.
pub fn appoint(town: &Town, steps: &Steps, amelia: &Person) -> Result<Person> {
    let sofia = town.person("sofia")?;
    let code = steps.step(
        "Her daughter Sofia has a wallet of her own, and offers help: a code without any secret.",
        || {
            sofia.settle(town, &[])?;
            let code = sofia.offer_help(MOTHER)?;
            let shown: String = code.chars().take(24).collect();
            Ok((code, format!("{shown}… holds sixteen keys, one for each account")))
        },
    )?;
    steps.step("Amélia appoints her: she may see and share, for a year.", || {
        let words = ["--right", "share", "--relation", "daughter", "--yes"];
        amelia.json(&["sync"])?;
        let appointed = amelia.json(&[&["delegates", "appoint", &code], words.as_slice()].concat())?;
        Ok(((), reviewed(&appointed)?))
    })?;
    steps.step("Sofia accepts. Each gatekeeper hands the key over, sealed to her.", || {
        sofia.for_them(MOTHER, &["helping", "accept", "--yes"])?;
        let here = amelia.listed(&[])?.len();
        eventually(|| {
            sofia.for_them(MOTHER, &["sync"])?;
            let seen = sofia.for_them(MOTHER, &["records"])?;
            Ok((list(&seen, "records")?.len() == here).then_some(()))
        })?;
        Ok((
            (),
            format!(
                "she sees the same {here} records; nobody can tell her appointments apart from strangers'"
            ),
        ))
    })?;
    Ok(sofia)
}

/// The clinic asks once more, and the daughter answers.
pub fn allow_for_her_mother(town: &Town, steps: &Steps, amelia: &Person, sofia: &Person) -> Result<()> {
    let id = steps.step("The clinic asks once more. Sofia sees the request.", || {
        town.ask_as_clinic(amelia)?;
        let request = eventually(|| {
            sofia.for_them(MOTHER, &["sync"])?;
            Ok(list(&sofia.for_them(MOTHER, &["requests"])?, "requests")?.first().cloned())
        })?;
        Ok((text(&request, "id").to_owned(), format!("reason given: {}", text(&request, "reason"))))
    })?;
    steps.step("She allows allergies, signed with her own key.", || {
        let words = ["requests", "allow", &id, "--kinds", "allergy", "--days", "30", "--yes"];
        let allowed = sofia.for_them(MOTHER, &words)?;
        let fetched = eventually(|| {
            let fetched = town.fetch_as(CLINIC, DOCTOR)?;
            let count = fetched.fetched.len() + fetched.kept_before.len();
            Ok((count > 0 && fetched.refused.is_none()).then_some(count))
        })?;
        Ok(((), format!("{}\nthe clinic has {fetched} copies under it", reviewed(&allowed)?)))
    })?;
    steps.step("In Amélia's wallet the request stands as allowed.", || {
        amelia.json(&["sync"])?;
        let requests = amelia.json(&["requests", "--answered"])?;
        let requests = list(&requests, "requests")?;
        let answered = requests.iter().find(|request| request["id"] == id.as_str());
        let answered = answered.context("the request is not in her list")?;
        ensure!(answered["state"] == "allowed", "the request is {}", answered["state"]);
        Ok(((), text(answered, "state").to_owned()))
    })
}

/// An emergency department looks, and the patient is told.
pub fn emergency(town: &Town, steps: &Steps, amelia: &Person) -> Result<()> {
    steps.step(
        "She lets emergency care see medicines and allergies without asking, and carries a card.",
        || {
            let words = ["emergency", "allow", "--kinds", "medication,allergy", "--yes"];
            let allowed = amelia.json(&words)?;
            amelia.json(&["sync"])?;
            Ok(((), reviewed(&allowed)?))
        },
    )?;
    steps.step("The hospital's emergency department uses the card, and must say why.", || {
        let looked = eventually(|| {
            let looked = town.look_in_emergency(amelia)?;
            Ok((!list(&looked, "fetched")?.is_empty()).then_some(looked))
        })?;
        Ok(((), format!("{} copies; reason given: {EMERGENCY}", list(&looked, "fetched")?.len())))
    })?;
    steps.step("Amélia is told at once.", || {
        let look = eventually(|| emergencies(amelia).map(|looks| looks.into_iter().next()))?;
        Ok((
            (),
            format!(
                "{} ({}): {}",
                text(&look["recipient"], "name"),
                text(&look, "person"),
                text(&look, "reason")
            ),
        ))
    })
}

/// She was not there.
pub fn dispute(steps: &Steps, amelia: &Person) -> Result<()> {
    steps.step("She was at home that day. She says so, on the ledger, where nothing is erased.", || {
        let look = emergencies(amelia)?.into_iter().next().context("there is no emergency look")?;
        let entry = look["position"].to_string();
        let publisher = text(&look["publisher"], "name");
        let statement = "I was at home that day. Somebody took me for another person.";
        let about = ["dispute", "--provider", publisher, "--entry", &entry, "--statement", statement];
        let letter = amelia.json(&[&about[..], &["--letter"]].concat())?;
        amelia.json(&[&about[..], &["--yes"]].concat())?;
        amelia.json(&["sync"])?;
        let disputes = amelia.json(&["disputes"])?;
        ensure!(list(&disputes, "disputes")?.len() == 1, "the dispute is not in her list");
        Ok(((), format!("and a letter for the post:\n{}", text(&letter, "letter"))))
    })
}

fn emergencies(amelia: &Person) -> Result<Vec<Value>> {
    amelia.json(&["sync"])?;
    let log = amelia.json(&["access-log"])?;
    Ok(list(&log, "entries")?.iter().filter(|entry| entry["basis"] == "emergency").cloned().collect())
}

fn reviewed(signed: &Value) -> Result<String> {
    let sentences = list(signed, "review")?.iter().filter_map(Value::as_str);
    Ok(sentences.collect::<Vec<_>>().join("\n"))
}

/// The history goes out, and is checked where nothing of hers is.
pub fn history(town: &Town, steps: &Steps, amelia: &Person) -> Result<()> {
    let folder = amelia.home().with_file_name("history");
    std::fs::create_dir_all(&folder)?;
    let (file, pages) = (folder.join("amelia.medrec-history"), folder.join("amelia.pdf"));
    let in_text = |path: &std::path::Path| path.display().to_string();
    steps.step(
        "Amélia exports what was decided: pages for a court, and a file that anybody can check.",
        || {
            let export = |form: &str, path: &std::path::Path| {
                amelia.json(&["history", "export", "--form", form, "--out", &in_text(path)])
            };
            export("pdf", &pages)?;
            let exported = export("verifiable", &file)?;
            Ok((
                (),
                format!(
                    "{} entries, {} of them open\n{}",
                    exported["entries"],
                    exported["opened"],
                    in_text(&pages)
                ),
            ))
        },
    )?;
    let elsewhere = amelia.on_another_computer(folder.join("elsewhere"))?;
    let network = in_text(&town.network_file());
    let verify = |path: &std::path::Path| {
        elsewhere.medrec(&["history", "verify", &in_text(path), "--anchor", &network, "--json"])
    };
    steps.step(
        "On a computer that has only the network's file, without a network, it is checked.",
        || {
            let checked = verify(&file)?.json()?;
            ensure!(checked["anchored"] == true, "it is not anchored in the ledger");
            let parts = list(&checked, "parts")?;
            ensure!(
                parts.iter().all(|part| part["from"] == 0 && part["to"] == part["of"]),
                "it is not complete"
            );
            let said: Vec<&str> = parts
                .iter()
                .flat_map(|part| part["lines"].as_array().into_iter().flatten())
                .filter_map(|line| line["text"].as_str())
                .collect();
            let told = |word: &str| said.iter().find(|line| line.contains(word)).copied();
            let daughter = told("Sofia").context("the daughter is not in it")?;
            let emergency = told("emergency").context("the emergency is not in it")?;
            Ok((
                (),
                format!(
                    "complete with {} providers, proved by the ledger\n{daughter}\n{emergency}",
                    parts.len()
                ),
            ))
        },
    )?;
    steps.step("One letter of it is changed, and it is refused.", || {
        let mut bytes = std::fs::read(&file)?;
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let altered = folder.join("altered.medrec-history");
        std::fs::write(&altered, bytes)?;
        let answer = verify(&altered)?;
        ensure!(answer.accepted().is_err(), "an altered file was believed");
        Ok(((), "damaged or altered: nothing of it is believed".to_owned()))
    })
}
