//! Looking in an emergency: at every publisher that a patient's emergency card names, with a reason that the patient reads.

use std::path::Path;

use medrec_exchange::{
    Person,
    api::{CardEntry, EmergencyCard, EmergencyRequest},
};
use medrec_protocol::{codec::Text, state::EpisodeId};

use super::{FetchReport, fetch::refused};
use crate::{
    error::{GatekeeperError, Result},
    gatekeeper::Gatekeeper,
    random::os_random,
    store::received::Ground,
};

impl Gatekeeper {
    /// Fetches and proves all that the patient lets emergency care see. Every publisher writes down that it was looked at,
    /// by whom and why.
    pub async fn look_in_emergency(
        &self,
        card: &str,
        reason: &Text<200>,
        person: &Person,
        out: Option<&Path>,
    ) -> Result<FetchReport> {
        let card: EmergencyCard =
            card.parse().map_err(|error: medrec_exchange::api::EmergencyCardError| {
                GatekeeperError::Input(error.to_string())
            })?;
        if card.chain_id != self.chain.chain_id {
            let what =
                format!("this card is for the ledger {}, not for {}", card.chain_id, self.chain.chain_id);
            return Err(GatekeeperError::Input(what));
        }
        if reason.as_str().trim().is_empty() || person.as_str().trim().is_empty() {
            return Err(GatekeeperError::Input(
                "emergency access needs a reason, and who looks: the patient reads both".into(),
            ));
        }
        self.ledger.head(std::time::Duration::ZERO).await?;
        let request =
            EmergencyRequest { episode: EpisodeId::generate(&mut os_random()), reason: reason.clone() };
        let mut report = FetchReport::default();
        for entry in card.entries.as_slice() {
            self.look_at(entry, &request, person, out, &mut report).await;
        }
        Ok(report)
    }

    async fn look_at(
        &self,
        entry: &CardEntry,
        request: &EmergencyRequest,
        person: &Person,
        out: Option<&Path>,
        report: &mut FetchReport,
    ) {
        let ground = Ground::Emergency(request.episode);
        let mut errand = match self.errand(ground, entry.relationship, entry.publisher, person).await {
            Ok(errand) => errand,
            Err(error) => return report.fail(ground, &entry.publisher.to_string(), None, error),
        };
        match errand.client.in_emergency(&errand.asker, entry.relationship, request).await {
            Ok((client, _)) => errand.client = client,
            Err(error) => {
                let error = match refused(&errand.publisher, &error) {
                    GatekeeperError::NotFound(publisher) => GatekeeperError::NoEmergency(publisher),
                    other => other,
                };
                return report.fail(ground, &errand.publisher, None, error);
            }
        }
        self.run_errand(&errand, out, report).await;
    }
}
