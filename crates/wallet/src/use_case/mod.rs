//! The use cases, one file each.
use std::path::Path;
use crate::*;
use crate::view::*;

/// A share that was prepared and not yet signed. Only [`Wallet::sign`] makes signatures of it.
pub struct ShareProposal {}
/// A share that is signed and not yet sent.
pub struct SignedShare {}

#[allow(unused_variables)]
impl Wallet {
    /// x
    pub async fn join_network(&self, file: &NetworkFile) -> Result<NetworkView> { todo!() }
    /// x
    pub async fn network(&self) -> Result<NetworkView> { todo!() }
    /// x
    pub async fn freshness(&self) -> Result<Freshness> { todo!() }
    /// x
    pub async fn providers(&self, search: Option<&str>) -> Result<Vec<ProviderView>> { todo!() }
    /// x
    pub async fn find_provider(&self, text: &str) -> Result<ProviderAddress> { todo!() }
    /// x
    pub async fn preview_enrolment(&self, code: &str) -> Result<EnrolmentPreview> { todo!() }
    /// x
    pub async fn enrol(&self, code: &str) -> Result<ProviderView> { todo!() }
    /// x
    pub async fn sync(&self, control: Control<SyncProgress>) -> Result<SyncReport> { todo!() }
    /// x
    pub async fn records(&self, filter: &RecordFilter, page: &PageRequest) -> Result<RecordPage> { todo!() }
    /// x
    pub async fn count_records(&self, filter: &RecordFilter) -> Result<u64> { todo!() }
    /// x
    pub async fn record(&self, id: RecordId) -> Result<RecordView> { todo!() }
    /// x
    pub async fn find_record(&self, text: &str) -> Result<RecordId> { todo!() }
    /// x
    pub async fn unreadable(&self) -> Result<Vec<UnreadableEntry>> { todo!() }
    /// x
    pub async fn fetch(&self, id: RecordId, control: Control<FetchProgress>) -> Result<FetchedCopy> { todo!() }
    /// x
    pub async fn read_copy(&self, id: RecordId) -> Result<Vec<u8>> { todo!() }
    /// x
    pub async fn export_copy(&self, id: RecordId, path: &Path) -> Result<u64> { todo!() }
    /// x
    pub async fn summary(&self, id: RecordId) -> Result<Vec<SummaryLine>> { todo!() }
    /// x
    pub async fn propose_share(&self, request: &ShareRequest) -> Result<ShareProposal> { todo!() }
    /// x
    pub async fn propose_answer(&self, request: RequestId, less: &AllowLess) -> Result<ShareProposal> { todo!() }
    /// x
    pub async fn review(&self, proposal: &ShareProposal) -> Result<Review> { todo!() }
    /// x
    pub async fn sign(&self, proposal: ShareProposal) -> Result<SignedShare> { todo!() }
    /// x
    pub async fn submit(&self, share: SignedShare, cancel: CancellationToken) -> Result<ShareOutcome> { todo!() }
    /// x
    pub async fn share_code(&self, share: ShareId) -> Result<String> { todo!() }
    /// x
    pub async fn stop(&self, target: StopTarget, note: &str, cancel: CancellationToken) -> Result<StopOutcome> { todo!() }
    /// x
    pub async fn requests(&self, answered_too: bool) -> Result<Vec<RequestView>> { todo!() }
    /// x
    pub async fn find_request(&self, text: &str) -> Result<RequestId> { todo!() }
    /// x
    pub async fn decline(&self, request: RequestId, note: &str, cancel: CancellationToken) -> Result<GrantProgress> { todo!() }
    /// x
    pub async fn sharing(&self, ended_too: bool) -> Result<Vec<SharingView>> { todo!() }
    /// x
    pub async fn find_grant(&self, text: &str) -> Result<GrantId> { todo!() }
    /// x
    pub async fn find_share(&self, text: &str) -> Result<ShareId> { todo!() }
    /// x
    pub async fn access_log(&self, filter: &AccessFilter, page: &PageRequest) -> Result<AccessPage> { todo!() }
    /// x
    pub async fn pending(&self) -> Result<Vec<PendingView>> { todo!() }
    /// x
    pub async fn sign_again(&self, tx: TxId, cancel: CancellationToken) -> Result<GrantProgress> { todo!() }
    /// x
    pub async fn forget_pending(&self, tx: TxId) -> Result<()> { todo!() }
}
