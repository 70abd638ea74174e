//! "This is wrong": the statement on the ledger, and the letter to the provider.

use medrec_protocol::{
    codec::{List, Text},
    payload::{DisputePayload, MAX_DISPUTE_PARAGRAPHS, V1},
};

use crate::{
    Result, Wallet, WalletError,
    sentences::{self, DisputedThing, LetterFacts},
    store::{disclosures, entries, listing, providers, records, relationships},
    view::RelationshipState,
};

/// Longest paragraph in bytes.
const PARAGRAPH_BYTES: usize = 255;

/// A statement as the ledger takes it: short paragraphs. A long one is cut between words into several.
pub(super) fn statement(text: &str) -> Result<DisputePayload> {
    let mut paragraphs: Vec<Text<PARAGRAPH_BYTES>> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut paragraph = String::new();
        for word in line.split_whitespace() {
            if !paragraph.is_empty() && paragraph.len() + 1 + word.len() > PARAGRAPH_BYTES {
                paragraphs.push(Text::new(std::mem::take(&mut paragraph))?);
            }
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(word);
        }
        paragraphs.push(Text::new(paragraph)?);
    }
    if paragraphs.is_empty() {
        return Err(WalletError::CannotAct("say what is wrong"));
    }
    if paragraphs.len() > MAX_DISPUTE_PARAGRAPHS {
        return Err(WalletError::CannotAct("this is too long for the ledger; say it in fewer words"));
    }
    Ok(DisputePayload { version: V1, statement: List::new(paragraphs)? })
}

impl Wallet {
    /// A letter to the provider about an entry of its log, for the person to change, print and send. Nothing is sent.
    pub async fn dispute_letter(
        &self,
        relationship: medrec_protocol::RelationshipAddress,
        position: u64,
        statement: &str,
    ) -> Result<String> {
        let mut read = self.store.read().await?;
        let names = providers::names(&mut read).await?;
        let row = relationships::get(&mut read, relationship).await?;
        let row = row.filter(|row| row.state == RelationshipState::Open);
        let absent = || WalletError::NotFound { what: crate::Thing::Entry, text: position.to_string() };
        let row = row.ok_or_else(absent)?;
        let entry = entries::get(&mut read, relationship, position).await?.ok_or_else(absent)?;
        let record = match records::at_position(&mut read, relationship, position).await? {
            Some(id) => listing::row(&mut read, id, &names).await?,
            None => None,
        };
        let look = disclosures::at_position(&mut read, relationship, position).await?;
        let thing = match (record, look) {
            (Some(record), _) => DisputedThing::Record { title: record.title },
            (None, Some(look)) => DisputedThing::LookUp { by: look.person, reason: look.reason },
            (None, None) => DisputedThing::Entry { action: entry.action.name().to_owned() },
        };
        let facts = LetterFacts {
            who: &self.person().label,
            helped: self.is_helping(),
            provider: &names.of(row.provider).to_string(),
            thing: &thing,
            at: entry.time,
            position,
            today: self.now(),
        };
        Ok(sentences::letter(self.language(), facts, statement.trim()))
    }
}
