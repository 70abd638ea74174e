//! Who acts on the ledger, and the actions as a wallet and a gatekeeper make them, with descriptions of ordinary length.

use anyhow::Result;
use ed25519_dalek::SigningKey;
use getrandom::SysRng;
use medrec_protocol::{
    Address, ChainIdentity, Commitment, Epoch, Hash32, ProviderAddress, PublicKey, RecordKind, RecordSalt,
    RelationshipAddress, Sealed, SignedTx, Timestamp, TxBody, ViewingKey,
    actions::{
        Action, AnswerRequest, Grant, OpenRelationship, PublishRecord, RecordDisclosure, RequestAccess,
        Revoke,
    },
    codec::{List, Text},
    payload::{
        AnswerPayload, Basis, CodeSystem, Coding, DisclosurePayload, FhirType, FutureRecords, GrantHandle,
        GrantMode, GrantTerms, MediaType, Payload, Purpose, Recipient, RecordPayload, RequestPayload,
        RevocationNote, Scope, StatedStatus, V1,
    },
    seal::{PayloadKind, SealContext},
    state::{GrantId, Nonce, Provider, RequestId, SealingKey},
};
use rand_core::UnwrapErr;

/// How long a transaction stays valid, in seconds. A network that begins judges by the time of its genesis, which may have been
/// written minutes ago: together they stay below the ten minutes that a transaction may claim.
const VALID_SECONDS: u64 = 120;
const DAY: u64 = 86_400;

/// The operating system's random source.
pub type Random = UnwrapErr<SysRng>;

/// See [`Random`].
pub fn random() -> Random {
    UnwrapErr(SysRng)
}

/// This computer's clock.
pub fn now() -> Result<Timestamp> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(Timestamp::from_seconds(since.as_secs()))
}

/// A signing key from a number.
fn key(what: &str, number: u64) -> SigningKey {
    SigningKey::from_bytes(Hash32::of(what, &[&number.to_be_bytes()]).as_bytes())
}

/// A provider.
pub struct Publisher {
    /// Signs its transactions and answers.
    pub key: SigningKey,
}

impl Publisher {
    /// One of them.
    pub fn number(number: u64) -> Self {
        Self { key: key("figures/provider", number) }
    }

    /// Its address.
    pub fn address(&self) -> ProviderAddress {
        ProviderAddress::of(&PublicKey::of(&self.key))
    }

    /// Its entry in the directory.
    pub fn entry(&self, endpoint: &str) -> Result<Provider> {
        Ok(Provider {
            name: Text::new("Saltmere General Hospital")?,
            place: Text::new("4 Quay Road, Saltmere")?,
            endpoint: Text::new(endpoint)?,
            signing_key: PublicKey::of(&self.key),
            // Nothing is sealed to providers here.
            sealing_key: SealingKey::from_bytes([9; 32]),
        })
    }
}

/// A patient in one relationship.
pub struct Patient {
    /// Signs in this relationship.
    pub key: SigningKey,
    viewing: ViewingKey,
}

impl Patient {
    /// One of them.
    pub fn number(number: u64) -> Self {
        let viewing = Hash32::of("figures/viewing", &[&number.to_be_bytes()]);
        Self { key: key("figures/patient", number), viewing: ViewingKey::from_bytes(*viewing.as_bytes()) }
    }

    /// With the keys that a wallet has.
    pub fn with_keys(key: SigningKey, viewing: ViewingKey) -> Self {
        Self { key, viewing }
    }

    /// The relationship.
    pub fn relationship(&self) -> RelationshipAddress {
        RelationshipAddress::of(&PublicKey::of(&self.key))
    }
}

/// A ledger, one relationship on it, and its publisher.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub chain: &'a ChainIdentity,
    pub publisher: &'a Publisher,
    pub patient: &'a Patient,
}

impl Scene<'_> {
    /// Signed by the publisher.
    pub fn by_publisher(&self, actions: Vec<Action>) -> Result<SignedTx> {
        self.sign(self.publisher.address().into(), &self.publisher.key, actions)
    }

    /// Signed by the patient.
    pub fn by_patient(&self, actions: Vec<Action>) -> Result<SignedTx> {
        self.sign(self.patient.relationship().into(), &self.patient.key, actions)
    }

    fn sign(&self, signer: Address, key: &SigningKey, actions: Vec<Action>) -> Result<SignedTx> {
        let body = TxBody {
            signer,
            nonce: Nonce::generate(&mut random()),
            valid_until: now()?.plus(VALID_SECONDS),
            actions: List::new(actions)?,
        };
        Ok(body.sign(key, self.chain))
    }

    fn seal<P: Payload>(&self, payload: &P, signer: Address) -> Result<Sealed> {
        let relationship = self.patient.relationship();
        let context = SealContext { chain: self.chain, relationship, signer, kind: PayloadKind::Record };
        Ok(payload.seal(&self.patient.viewing, Epoch::FIRST, context, &mut random())?)
    }

    fn seal_as_publisher<P: Payload>(&self, payload: &P) -> Result<Sealed> {
        self.seal(payload, self.publisher.address().into())
    }

    fn seal_as_patient<P: Payload>(&self, payload: &P) -> Result<Sealed> {
        self.seal(payload, self.patient.relationship().into())
    }

    /// The relationship is opened.
    pub fn open(&self) -> Action {
        OpenRelationship::prove_possession(&self.patient.key, self.chain, self.publisher.address()).into()
    }

    /// A pointer to a record, perhaps in the place of an older version; each call another one.
    pub fn pointer(&self, supersedes: Option<u64>) -> Result<Action> {
        let description = RecordPayload {
            version: V1,
            kind: RecordKind::Medication,
            title: Text::new("Metformin hydrochloride 850 mg oral tablet, twice a day")?,
            fhir_type: Some(FhirType::new("MedicationRequest")),
            codes: List::new(vec![
                Coding { system: CodeSystem::RxNorm, code: Text::new("861007")? },
                Coding { system: CodeSystem::Atc, code: Text::new("A10BA02")? },
            ])?,
            status: Some(StatedStatus::new("active")),
            date: Some(Text::new("2026-03-14")?),
            author: Some(Text::new("Dra. Inês Carvalho")?),
            place: None,
            media_type: MediaType::new("application/fhir+json"),
            size: 1843,
        };
        self.pointer_to(&description, supersedes)
    }

    /// A pointer to a record that is described so.
    pub fn pointer_to(&self, description: &RecordPayload, supersedes: Option<u64>) -> Result<Action> {
        Ok(PublishRecord {
            relationship: self.patient.relationship(),
            commitment: Commitment::to(&RecordSalt::generate(&mut random()), b"the bytes of a record"),
            supersedes,
            description: self.seal_as_publisher(description)?,
        }
        .into())
    }

    /// The patient lets a provider see medicines and allergies for ninety days.
    pub fn grant(&self) -> Result<Action> {
        let terms = GrantTerms {
            version: V1,
            grantee: Publisher::number(2).address(),
            scope: Scope::Kinds([RecordKind::Medication, RecordKind::Allergy].into_iter().collect()),
            future: FutureRecords::Included,
            not_before: now()?,
            purpose: Purpose::Treatment,
            mode: GrantMode::Pull,
            share: [1; 16],
            request: Some(RequestId::generate(&mut random())),
        };
        Ok(Grant {
            relationship: self.patient.relationship(),
            id: GrantId::generate(&mut random()),
            not_after: now()?.plus(90 * DAY),
            terms: self.seal_as_patient(&terms)?,
        }
        .into())
    }

    /// The patient stops a grant.
    pub fn revoke(&self) -> Result<Action> {
        let note = RevocationNote { version: V1, note: Text::new("I have changed doctors.")? };
        Ok(Revoke {
            relationship: self.patient.relationship(),
            grant: GrantId::generate(&mut random()),
            note: self.seal_as_patient(&note)?,
        }
        .into())
    }

    /// The provider asks for access.
    pub fn request(&self) -> Result<Action> {
        let request = RequestPayload {
            version: V1,
            kinds: [RecordKind::Medication].into_iter().collect(),
            future: FutureRecords::Excluded,
            days: 30,
            purpose: Purpose::Treatment,
            reason: Text::new("First visit on Monday; we would like to see your medicines before it.")?,
            asked_by: Text::new("Dr. Rui Tavares, cardiology")?,
        };
        Ok(RequestAccess {
            relationship: self.patient.relationship(),
            id: RequestId::generate(&mut random()),
            not_after: now()?.plus(30 * DAY),
            request: self.seal_as_publisher(&request)?,
        }
        .into())
    }

    /// The patient allows a request, with one grant.
    pub fn answer(&self) -> Result<Action> {
        let handle = GrantHandle {
            relationship: self.patient.relationship(),
            publisher: self.publisher.address(),
            grant: GrantId::generate(&mut random()),
            not_after: now()?.plus(30 * DAY),
        };
        Ok(AnswerRequest {
            relationship: self.patient.relationship(),
            request: RequestId::generate(&mut random()),
            answer: self.seal_as_patient(&AnswerPayload::Allowed(List::new(vec![handle])?))?,
        }
        .into())
    }

    /// The publisher writes down that a copy was released.
    pub fn disclose(&self) -> Result<Action> {
        let disclosure = DisclosurePayload {
            version: V1,
            recipient: Recipient::Provider(Publisher::number(2).address()),
            basis: Basis::Grant(GrantId::generate(&mut random())),
            records: List::new(vec![Commitment::from_bytes([6; 32])])?,
            at: now()?,
            person: Text::new("Dr. Rui Tavares")?,
            reason: Text::default(),
        };
        let disclosure = self.seal_as_publisher(&disclosure)?;
        Ok(RecordDisclosure { relationship: self.patient.relationship(), disclosure }.into())
    }
}
