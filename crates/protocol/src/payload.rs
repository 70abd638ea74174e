//! What is inside sealed payloads. Each but the answer begins with a version byte; an unknown version is
//! refused, never guessed. (docs/spec/sealed.md, SEAL-7)

use borsh::{BorshDeserialize, BorshSerialize};
use rand_core::CryptoRng;

use crate::{
    AgentAddress, Commitment, ProviderAddress, RelationshipAddress, Timestamp,
    codec::{self, DecodeError, List, Text},
    record::{RecordKind, RecordKinds},
    seal::{MAX_PLAINTEXT_BYTES, Opened, PayloadKind, SealContext, SealError, Sealed, ViewingKey},
    state::{EpisodeId, GrantId, MAX_GUARDIANS, RequestId},
};

/// Most records that one grant can name one by one.
pub const MAX_CHOSEN_RECORDS: usize = 900;
/// Most grants that one answer or share code can carry (one for each relationship).
pub const MAX_GRANTS_IN_ANSWER: usize = 40;
/// Most records in one disclosure.
pub const MAX_DISCLOSED_RECORDS: usize = 100;

/// Why a sealed payload could not be made or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// It does not open, or is too long to be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// It opens, but its content is malformed or of a newer version.
    #[error("the content of this entry is of a newer version or damaged: {0}")]
    Content(#[from] DecodeError),
}

/// A payload that can be sealed.
pub trait Payload: BorshSerialize + BorshDeserialize {
    /// What it is.
    const KIND: PayloadKind;

    /// Seals this payload; `context.kind` is set to [`Self::KIND`].
    fn seal(
        &self,
        key: &ViewingKey,
        epoch: crate::Epoch,
        context: SealContext<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Sealed, SealError> {
        let context = SealContext { kind: Self::KIND, ..context };
        Sealed::seal(key, epoch, &context, &codec::encode(self), rng)
    }

    /// Opens and decodes a payload of this kind.
    fn open(
        sealed: &Sealed,
        key: &ViewingKey,
        context: SealContext<'_>,
    ) -> Result<(Self, Opened), PayloadError> {
        let context = SealContext { kind: Self::KIND, ..context };
        let opened = sealed.open(key, &context)?;
        let payload = codec::decode(&opened.plaintext, MAX_PLAINTEXT_BYTES)?;
        Ok((payload, opened))
    }
}

/// Version byte 1 of every payload here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct V1;

impl BorshSerialize for V1 {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(&[1])
    }
}

impl BorshDeserialize for V1 {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        match u8::deserialize_reader(reader)? {
            1 => Ok(Self),
            other => Err(std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                format!("version {other}, this program knows version 1"),
            )),
        }
    }
}

/// One code from a code system.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Coding {
    /// The code system.
    pub system: CodeSystem,
    /// The code.
    pub code: Text<40>,
}

/// Where a code comes from. Common systems take one byte.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum CodeSystem {
    /// Any other, by its URI.
    Other(Text<120>),
    /// SNOMED CT, `http://snomed.info/sct`.
    Snomed,
    /// LOINC, `http://loinc.org`.
    Loinc,
    /// RxNorm, `http://www.nlm.nih.gov/research/umls/rxnorm`.
    RxNorm,
    /// ATC, `http://www.whocc.no/atc`.
    Atc,
    /// ICD-10, `http://hl7.org/fhir/sid/icd-10`.
    Icd10,
    /// ICD-10-CM, `http://hl7.org/fhir/sid/icd-10-cm`.
    Icd10Cm,
    /// CVX, `http://hl7.org/fhir/sid/cvx`.
    Cvx,
    /// NDC, `http://hl7.org/fhir/sid/ndc`.
    Ndc,
}

const SYSTEMS: [(&str, CodeSystem); 8] = [
    ("http://snomed.info/sct", CodeSystem::Snomed),
    ("http://loinc.org", CodeSystem::Loinc),
    ("http://www.nlm.nih.gov/research/umls/rxnorm", CodeSystem::RxNorm),
    ("http://www.whocc.no/atc", CodeSystem::Atc),
    ("http://hl7.org/fhir/sid/icd-10", CodeSystem::Icd10),
    ("http://hl7.org/fhir/sid/icd-10-cm", CodeSystem::Icd10Cm),
    ("http://hl7.org/fhir/sid/cvx", CodeSystem::Cvx),
    ("http://hl7.org/fhir/sid/ndc", CodeSystem::Ndc),
];

impl CodeSystem {
    /// From a FHIR system URI.
    pub fn from_uri(uri: &str) -> Self {
        let known = SYSTEMS.iter().find(|(known, _)| *known == uri);
        known.map_or_else(|| Self::Other(Text::clipped(uri)), |(_, system)| system.clone())
    }

    /// The FHIR system URI.
    pub fn uri(&self) -> &str {
        match self {
            Self::Other(uri) => uri.as_str(),
            known => SYSTEMS.iter().find(|(_, system)| system == known).map_or("", |(uri, _)| *uri),
        }
    }
}

/// A short word from a table that both sides know, or any other word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $max:literal, [$($word:literal),* $(,)?]) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(Text<$max>);

        impl $name {
            const KNOWN: &'static [&'static str] = &[$($word),*];

            /// From a word; longer ones are cut.
            pub fn new(word: &str) -> Self {
                Self(Text::clipped(word))
            }

            /// The word.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl BorshSerialize for $name {
            fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
                match Self::KNOWN.iter().position(|known| *known == self.as_str()) {
                    Some(index) => writer.write_all(&[u8::try_from(index + 1).unwrap_or(0)]),
                    None => (0u8, &self.0).serialize(writer),
                }
            }
        }

        impl BorshDeserialize for $name {
            fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
                match u8::deserialize_reader(reader)? {
                    0 => Ok(Self(Text::deserialize_reader(reader)?)),
                    index => Self::KNOWN.get(usize::from(index) - 1).map(|word| Self::new(word)).ok_or_else(|| {
                        std::io::Error::new(std::io::ErrorKind::InvalidData, "unknown word")
                    }),
                }
            }
        }
    };
}

words! {
    /// FHIR resource type; common ones take one byte. New words are added at the end only.
    FhirType, 40, [
        "MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration",
        "Medication", "Condition", "AllergyIntolerance", "Observation", "DiagnosticReport", "Immunization",
        "Procedure", "Encounter", "CarePlan", "CareTeam", "DocumentReference", "ImagingStudy", "Device",
        "Patient", "Practitioner", "Organization", "Claim", "ExplanationOfBenefit", "Goal", "Location",
        "Provenance", "Binary", "Composition", "Bundle", "ServiceRequest", "FamilyMemberHistory",
        "SupplyDelivery", "Media", "List", "QuestionnaireResponse", "Coverage",
    ]
}
words! {
    /// Status as the record states it; common ones take one byte. New words are added at the end only.
    StatedStatus, 40, [
        "active", "completed", "stopped", "on-hold", "cancelled", "draft", "entered-in-error", "unknown",
        "final", "preliminary", "amended", "corrected", "resolved", "inactive", "recurrence", "relapse",
        "remission", "finished", "in-progress", "planned", "not-done", "current", "superseded", "available",
        "registered", "arrived", "confirmed", "unconfirmed", "refuted", "provisional", "differential",
    ]
}
words! {
    /// Media type (RFC 6838); common ones take one byte. New words are added at the end only.
    MediaType, 80, [
        "application/fhir+json", "application/pdf", "image/png", "image/jpeg", "text/plain",
        "application/octet-stream", "application/dicom", "text/xml", "application/json", "image/tiff",
    ]
}

/// Description of a record version, sealed in its pointer.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordPayload {
    /// Version of this layout.
    pub version: V1,
    /// What the record is about.
    pub kind: RecordKind,
    /// In words a person understands.
    pub title: Text<120>,
    /// FHIR resource type, for FHIR records.
    pub fhir_type: Option<FhirType>,
    /// Codes as the record states them, best known systems first.
    pub codes: List<Coding, 4>,
    /// Status as the record states it.
    pub status: Option<StatedStatus>,
    /// Clinically relevant date as a FHIR `dateTime`, perhaps partial.
    pub date: Option<Text<35>>,
    /// Who wrote it, as the record states.
    pub author: Option<Text<80>>,
    /// Where, if it is not the publisher's own place.
    pub place: Option<Text<80>>,
    /// Media type of the bytes.
    pub media_type: MediaType,
    /// Size of the record in bytes.
    pub size: u64,
}

impl Payload for RecordPayload {
    const KIND: PayloadKind = PayloadKind::Record;
}

/// Ties the grants of one share in the window together. 16 random bytes.
pub type ShareId = [u8; 16];

/// Which records of one relationship a grant opens.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Scope {
    /// All of them.
    Everything,
    /// Those of some kinds.
    Kinds(RecordKinds),
    /// Those named one by one: log indexes of their first versions, ascending.
    Records(List<u64, MAX_CHOSEN_RECORDS>),
}

/// Whether a grant reaches records that are published after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum FutureRecords {
    /// Only what stands in the log before the grant.
    Excluded,
    /// Also what matches later, newer versions included.
    Included,
}

/// What the grantee may do with what it sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum GrantMode {
    /// The grantee fetches copies and keeps them.
    Pull,
    /// As pull, and the publisher delivers matching new records.
    Push,
    /// Shown, not to be stored.
    View,
}

/// Why access is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Purpose {
    /// Treatment (HL7 ActReason TREAT).
    Treatment,
    /// Coordination of care (COC).
    Coordination,
    /// A second opinion.
    SecondOpinion,
    /// Insurance or payment (HPAYMT).
    Payment,
    /// Research (HRESCH).
    Research,
    /// At the patient's own wish (PATRQT).
    PatientRequest,
}

/// Terms of a grant, sealed in it: to whom, what, from when, why and how. Until when stands in clear.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct GrantTerms {
    /// Version of this layout.
    pub version: V1,
    /// The one provider that may fetch.
    pub grantee: ProviderAddress,
    /// Which records.
    pub scope: Scope,
    /// Records published later, too?
    pub future: FutureRecords,
    /// First second in which it holds.
    pub not_before: Timestamp,
    /// Why.
    pub purpose: Purpose,
    /// How.
    pub mode: GrantMode,
    /// Ties the grants of one share together.
    pub share: ShareId,
    /// The request that this grant answers, if any.
    pub request: Option<RequestId>,
}

impl Payload for GrantTerms {
    const KIND: PayloadKind = PayloadKind::Grant;
}

/// Why a grant was stopped, sealed in the revocation.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RevocationNote {
    /// Version of this layout.
    pub version: V1,
    /// In the patient's words; may be empty.
    pub note: Text<120>,
}

impl Payload for RevocationNote {
    const KIND: PayloadKind = PayloadKind::Revocation;
}

/// What a provider asks for.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RequestPayload {
    /// Version of this layout.
    pub version: V1,
    /// Kinds of records asked for; empty means everything.
    pub kinds: RecordKinds,
    /// Records published later, too?
    pub future: FutureRecords,
    /// For how many days from the answer.
    pub days: u16,
    /// Why.
    pub purpose: Purpose,
    /// The reason in the provider's words, shown to the patient.
    pub reason: Text<200>,
    /// Who asks: a person or role at the provider.
    pub asked_by: Text<80>,
}

impl Payload for RequestPayload {
    const KIND: PayloadKind = PayloadKind::Request;
}

/// One grant as its grantee needs it to fetch.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct GrantHandle {
    /// The relationship whose records are opened.
    pub relationship: RelationshipAddress,
    /// Its publisher: the directory says where its gatekeeper is.
    pub publisher: ProviderAddress,
    /// The grant.
    pub grant: GrantId,
    /// Last second in which it holds.
    pub not_after: Timestamp,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum AnswerPayload {
    /// Allowed: the grants, perhaps for less than was asked.
    Allowed(List<GrantHandle, MAX_GRANTS_IN_ANSWER>),
    /// Declined.
    Declined(Text<120>),
}

impl Payload for AnswerPayload {
    const KIND: PayloadKind = PayloadKind::Answer;
}

/// Under what a copy was released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Basis {
    /// To the patient.
    Owner,
    /// Under a grant.
    Grant(GrantId),
    /// To a delegate.
    Delegate(AgentAddress),
    /// In an emergency, under the rule that the patient had set.
    Emergency(EpisodeId),
}

/// Who received copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Recipient {
    /// The patient.
    Patient,
    /// A provider.
    Provider(ProviderAddress),
    /// A delegate.
    Delegate(AgentAddress),
}

/// That copies were released: to whom, which, under what.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DisclosurePayload {
    /// Version of this layout.
    pub version: V1,
    /// Who received the copies.
    pub recipient: Recipient,
    /// Under what.
    pub basis: Basis,
    /// Which record versions.
    pub records: List<Commitment, MAX_DISCLOSED_RECORDS>,
    /// When the release was decided, by the gatekeeper's clock.
    pub at: Timestamp,
    /// Person or role at the recipient, as the recipient stated; may be empty.
    pub person: Text<80>,
    /// Why, as the recipient stated: of emergency access only; else empty.
    pub reason: Text<200>,
}

impl Payload for DisclosurePayload {
    const KIND: PayloadKind = PayloadKind::Disclosure;
}

/// Why a record pointer was taken back.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct WithdrawalPayload {
    /// Version of this layout.
    pub version: V1,
    /// In the publisher's words.
    pub reason: Text<200>,
}

impl Payload for WithdrawalPayload {
    const KIND: PayloadKind = PayloadKind::Withdrawal;
}

/// Most paragraphs of a dispute.
pub const MAX_DISPUTE_PARAGRAPHS: usize = 12;

/// What is wrong with an entry, in the patient's words, paragraph by paragraph.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DisputePayload {
    /// Version of this layout.
    pub version: V1,
    /// The statement.
    pub statement: List<Text<255>, MAX_DISPUTE_PARAGRAPHS>,
}

impl Payload for DisputePayload {
    const KIND: PayloadKind = PayloadKind::Dispute;
}

/// Who a delegate is, in the patient's words.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DelegationTerms {
    /// Version of this layout.
    pub version: V1,
    /// Name of the delegate.
    pub name: Text<80>,
    /// What the delegate is to the patient, such as "daughter"; may be empty.
    pub relation: Text<40>,
    /// Ties the appointments of one person in several relationships together.
    pub appointment: ShareId,
}

impl Payload for DelegationTerms {
    const KIND: PayloadKind = PayloadKind::Delegation;
}

/// Who the guardians are, in the patient's words.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct GuardianNames {
    /// Version of this layout.
    pub version: V1,
    /// One name for each guardian, in the order of the entry.
    pub names: List<Text<80>, MAX_GUARDIANS>,
}

impl Payload for GuardianNames {
    const KIND: PayloadKind = PayloadKind::Guardians;
}

/// What emergency care may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EmergencyTerms {
    /// Version of this layout.
    pub version: V1,
    /// Kinds of records; empty means everything.
    pub kinds: RecordKinds,
}

impl Payload for EmergencyTerms {
    const KIND: PayloadKind = PayloadKind::Emergency;
}
