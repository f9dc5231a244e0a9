//! From threads that block to requests over the network.

use std::{sync::mpsc, time::Duration};

use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};

use super::VaultError;

/// No single step of the vault takes longer, unless nothing moves any more.
const STUCK_AFTER: Duration = Duration::from_mins(1);

/// A thread of its own on which the vault's requests wait, so that a thread that blocks for an
/// answer never keeps that answer from being read.
pub(super) struct Bridge(Option<Runtime>);

impl Bridge {
    pub(super) fn new() -> Result<Self, VaultError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("vault")
            .enable_all()
            .build()
            .map_err(|error| VaultError::Unreachable(error.to_string()))?;
        Ok(Self(Some(runtime)))
    }

    /// Runs on while the vault is there.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.0 {
            runtime.spawn(work);
        }
    }

    /// What `work` comes to. The calling thread waits, whichever it is.
    pub(super) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, VaultError>> + Send + 'static,
    ) -> Result<T, VaultError> {
        let (done, wait) = mpsc::sync_channel(1);
        let receive = || {
            self.spawn(async move {
                // Whoever asked may have given up.
                let _ = done.send(work.await);
            });
            let stuck = || VaultError::Unreachable("no answer came".to_owned());
            wait.recv_timeout(STUCK_AFTER).map_err(|_| stuck())?
        };
        match Handle::try_current().map(|handle| handle.runtime_flavor()) {
            Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(receive),
            _ => receive(),
        }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // The last copy of a vault may go on a thread that must not wait.
            runtime.shutdown_background();
        }
    }
}
