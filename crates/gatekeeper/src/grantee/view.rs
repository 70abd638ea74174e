//! Showing a record without keeping it: what a grant in mode view is for.

use medrec_exchange::{
    Person,
    api::ListedRecord,
    client::{CopyOrder, FetchControl, MemorySink},
};
use medrec_protocol::{Commitment, decide::Operation, payload::MediaType, state::GrantId};
use serde::Serialize;

use super::fetch::{Errand, refused};
use crate::{
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    store::{handles, received::Ground},
};

/// Largest record that is held in memory to be shown, in bytes.
const MAX_SHOWN_BYTES: u64 = 16 << 20;

/// A record as it is shown. It is proved as a copy is, and stored nowhere.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Name of the publisher.
    pub publisher: String,
    /// Its commitment.
    pub commitment: Commitment,
    /// Its title.
    pub title: String,
    /// Its media type.
    pub media_type: String,
    /// Its text, without characters that steer a terminal; none when it is no text, or too large.
    pub text: Option<String>,
}

impl Gatekeeper {
    /// Shows the records of a grant, or one of them.
    pub async fn view(
        &self,
        grant: GrantId,
        record: Option<Commitment>,
        person: &Person,
    ) -> Result<Vec<Shown>> {
        self.read_all_logs().await?;
        let mut read = self.store.read().await?;
        let held = handles::all(&mut read).await?;
        drop(read);
        let held: Vec<_> = held.into_iter().filter(|held| held.grant.grant == grant).collect();
        if held.is_empty() {
            return Err(GatekeeperError::NoGrant(grant.to_string()));
        }
        let mut shown = Vec::new();
        for held in held {
            let handle = held.grant;
            let ground = Ground::Grant(handle.grant);
            let errand = self.errand(ground, handle.relationship, handle.publisher, person).await?;
            for listed in errand.list().await? {
                if record.is_none_or(|record| record == listed.commitment) {
                    shown.push(self.show(&errand, &listed).await?);
                }
            }
        }
        match record {
            Some(record) if shown.is_empty() => Err(GatekeeperError::NotFound(record.to_string())),
            _ => Ok(shown),
        }
    }

    async fn show(&self, errand: &Errand, record: &ListedRecord) -> Result<Shown> {
        let (_, payload) = self.prove(errand, record).await?;
        let is_shown = is_text(&payload.media_type) && payload.size <= MAX_SHOWN_BYTES;
        let mut text = None;
        // What cannot be shown is not asked for, so the patient is not told that it was seen.
        if is_shown {
            let order = CopyOrder {
                relationship: errand.relationship,
                commitment: record.commitment,
                operation: Operation::View,
                size: Some(payload.size),
                limit: MAX_SHOWN_BYTES,
            };
            let mut sink = MemorySink::default();
            let fetched =
                errand.client.fetch_record(&errand.asker, &order, &mut sink, &FetchControl::default()).await;
            fetched.map_err(|error| refused(&errand.publisher, &error))?;
            text = sink.copy().map(|bytes| plain(&String::from_utf8_lossy(bytes)));
        }
        Ok(Shown {
            publisher: errand.publisher.clone(),
            commitment: record.commitment,
            title: payload.title.as_str().to_owned(),
            media_type: payload.media_type.as_str().to_owned(),
            text,
        })
    }
}

fn is_text(media_type: &MediaType) -> bool {
    let media_type = media_type.as_str();
    media_type.starts_with("text/") || matches!(media_type, "application/fhir+json" | "application/json")
}

/// A record could steer the terminal that shows it; lines and tabs are all that it may.
fn plain(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace("\r\n", "\n").replace(steers, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_never_steers_the_terminal() {
        assert_eq!(plain("a\tb\r\nc\n"), "a\tb\nc\n");
        let shown = plain("a\u{1b}[2Jb\u{7}c\rd\u{202e}e\u{9b}1m");
        assert!(shown.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{shown:?}");
    }
}
