//! Watching and stopping work that takes long.

use std::{fmt, sync::Arc};

use tokio_util::sync::CancellationToken;

use crate::{Result, WalletError};

/// Watches and stops one piece of work. `P` is what is told on the way.
pub struct Control<P> {
    /// Stops it. What was done so far is kept.
    pub cancel: CancellationToken,
    /// Is told how far it is; called often, must be quick.
    pub progress: Option<Arc<dyn Fn(P) + Send + Sync>>,
}

impl<P> Control<P> {
    /// Tells `progress` of each step.
    pub fn watched(progress: impl Fn(P) + Send + Sync + 'static) -> Self {
        Self { cancel: CancellationToken::new(), progress: Some(Arc::new(progress)) }
    }

    pub(crate) fn tell(&self, progress: P) {
        if let Some(told) = &self.progress {
            told(progress);
        }
    }

    pub(crate) fn go_on(&self) -> Result<()> {
        if self.cancel.is_cancelled() { Err(WalletError::Cancelled) } else { Ok(()) }
    }
}

impl<P> Default for Control<P> {
    fn default() -> Self {
        Self { cancel: CancellationToken::new(), progress: None }
    }
}

impl<P> Clone for Control<P> {
    fn clone(&self) -> Self {
        Self { cancel: self.cancel.clone(), progress: self.progress.clone() }
    }
}

impl<P> fmt::Debug for Control<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("cancelled", &self.cancel.is_cancelled()).finish_non_exhaustive()
    }
}
