//! What the use cases take and give: plain data in the words of people, ready for a window or for JSON.
//!
//! Times are whole seconds since 1970-01-01T00:00:00Z; ids and addresses are text.

mod access;
mod acting;
mod history;
mod network;
mod overview;
mod pending;
mod person;
mod picture;
mod record;
mod share;
mod words;

pub use access::{AccessBasis, AccessFilter, AccessPage, AccessRow, AccessedRecord, Suspicion};
pub use acting::{
    Act, ActOutcome, ActStep, AppointmentId, AppointmentView, Begins, CodeFound, CodeWanted, DelegateState,
    DelegateView, DisputeView, EmergencyView, GuardianChoice, GuardianView, GuardiansView, HelpedView, Right,
};
pub use history::{CheckedHistory, ExportedHistory, HistoryForm, HistoryLine, HistoryPart, HistoryRequest};
pub use network::{
    EnrolmentPreview, EvidenceView, Freshness, NetworkPreview, NetworkView, ProviderName, ProviderStanding,
    ProviderView, RelationshipState, RelationshipView, SyncProgress, SyncReport, WitnessView,
};
pub use overview::{BeginningView, EndingView, NewRecordsView, OverviewView, RecoveryView};
pub use pending::{PendingState, PendingView, Purpose as PendingPurpose};
pub use person::{Notice, PersonId, PersonView};
pub use picture::Picture;
pub use record::{
    Badge, CodeView, CopyView, Cursor, FetchProgress, FetchedCopy, MAX_PAGE, MismatchView, PageRequest,
    RecordFilter, RecordId, RecordPage, RecordRow, RecordView, SummaryLine, UnreadableEntry,
    UnreadableReason, VersionView,
};
pub use share::{
    AllowLess, Future, GrantOutcome, GrantProgress, GrantState, GrantView, Mode, Preset, RequestState,
    RequestView, Review, ReviewDetail, ReviewedRecords, Scope, Sentence, SentenceCode, ShareId, ShareOutcome,
    ShareRequest, ShareScope, SharingView, Skipped, SkippedReason, StopOutcome, StopTarget, Why,
};
pub use words::WordsQuestion;
