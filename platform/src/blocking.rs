//! Work that blocks on a disk, off the threads that serve.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::{JoinError, spawn_blocking},
};

/// Runs `work` and waits for it; an error is its panic. Such a task is cancelled only when the
/// program ends, and then whoever waits for it ends with it, without a false alarm in the log.
///
/// A runtime of one thread serves nobody else: there the work is done at once, on this very thread,
/// so that a simulation comes to the same order of things whenever it is run.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
        return Ok(work());
    }
    let answer = Arc::new(Mutex::new(None));
    let slot = answer.clone();
    // Boxed, or each kind of work would have a kind of task of its own in the executable.
    let work: Box<dyn FnOnce() + Send> = Box::new(move || {
        let done = work();
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
    });
    match spawn_blocking(work).await {
        Err(error) if !error.is_cancelled() => return Err(error),
        _ => {}
    }
    let done = answer.lock().unwrap_or_else(PoisonError::into_inner).take();
    match done {
        Some(done) => Ok(done),
        None => std::future::pending().await,
    }
}
