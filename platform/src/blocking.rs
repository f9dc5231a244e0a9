//! Work that blocks on a disk, off the threads that serve.

use tokio::task::{JoinError, spawn_blocking};

/// Runs `work` and waits for it; an error is its panic. Such a task is cancelled only when the
/// program ends, and then whoever waits for it ends with it, without a false alarm in the log.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    match spawn_blocking(work).await {
        Err(error) if error.is_cancelled() => std::future::pending().await,
        done => done,
    }
}
