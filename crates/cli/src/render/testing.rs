//! Views for tests of rendering.

use std::collections::BTreeMap;

use medrec_wallet::{
    ProviderAddress, RecordKind, RelationshipAddress, Timestamp,
    view::{
        Badge, Freshness, ProviderName, ProviderStanding, ProviderView, RecordId, RecordRow,
        RelationshipState, RelationshipView, Sentence, SentenceCode,
    },
};

use crate::moment::Here;

/// 4 May 2026, 12:05:00 UTC.
pub const NOW: u64 = 1_777_896_300;

/// A reader two hours east of Greenwich.
pub fn here() -> Here {
    Here::at(NOW, 2)
}

pub fn time(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

pub fn freshness() -> Freshness {
    Freshness {
        height: Some(42),
        head_time: Some(time(NOW - 131)),
        checked_at: Some(time(NOW - 130)),
        age_seconds: Some(130),
        fresh: false,
    }
}

pub fn provider_name() -> ProviderName {
    let address = ProviderAddress::from_bytes([1; 20]);
    ProviderName { address, name: "City Clinic".into(), place: "Lisbon".into() }
}

pub fn relationship() -> RelationshipAddress {
    RelationshipAddress::from_bytes([2; 20])
}

pub fn provider(state: RelationshipState) -> ProviderView {
    ProviderView {
        name: provider_name(),
        endpoint: "https://clinic.example".into(),
        standing: ProviderStanding::Admitted,
        emergency: false,
        relationship: Some(RelationshipView {
            address: relationship(),
            state,
            opened_at: None,
            closed_at: None,
            records: 2,
        }),
    }
}

pub fn record_id() -> RecordId {
    "0123456789abcdef0123456789abcdef".parse().unwrap()
}

pub fn row() -> RecordRow {
    RecordRow {
        id: record_id(),
        provider: provider_name(),
        kind: RecordKind::Medication,
        title: "Metoprolol 50 mg".into(),
        fhir_type: Some("MedicationRequest".into()),
        status: Some("active".into()),
        date: Some("2026-03".into()),
        author: Some("Dr. Inês Lopes".into()),
        place: None,
        media_type: "application/fhir+json".into(),
        size: 1_449,
        published_at: time(NOW - 3600),
        versions: 1,
        badge: Badge::NotFetched,
        has_copy: false,
    }
}

pub fn sentence(text: &str) -> Sentence {
    Sentence {
        code: SentenceCode::CanSee,
        args: BTreeMap::default(),
        values: BTreeMap::default(),
        text: text.into(),
    }
}
