//! What a code says that somebody handed over, before anything is decided with it.

use medrec_protocol::offer::{HandoverRequest, HelpOffer, TakeOverOffer};

use crate::{
    Result, Wallet, WalletError,
    view::{CodeFound, CodeWanted},
};

impl Wallet {
    /// Reads a code at its field: the same reading as when it is used, so that a wrong one is not met only there.
    pub async fn check_code(&self, wanted: CodeWanted, text: &str) -> Result<CodeFound> {
        let chain = self.joined().await?.chain();
        let text = text.trim();
        let from = match wanted {
            CodeWanted::HelpOffer => Some(HelpOffer::for_ledger(text, &chain)?.name),
            CodeWanted::HandoverRequest => {
                HandoverRequest::for_ledger(text, &chain)?;
                None
            }
            CodeWanted::Recovery | CodeWanted::HandoverAnswer => {
                let offer = TakeOverOffer::for_ledger(text, &chain)?;
                let for_accounts = wanted == CodeWanted::HandoverAnswer;
                if offer.keys.as_slice().iter().any(|key| key.relationship.is_some() != for_accounts) {
                    return Err(WalletError::CannotAct(if for_accounts {
                        "this code asks for a recovery; ask the child for the answer to your code"
                    } else {
                        "this code answers a parent; ask for the code of somebody who lost everything"
                    }));
                }
                Some(offer.name)
            }
        };
        Ok(CodeFound { from: from.map(|name| name.to_string()) })
    }
}
