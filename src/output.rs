//! What a command prints: results on stdout, progress and problems on stderr.

use std::{
    fmt::Display,
    io::{self, ErrorKind, IsTerminal as _, Write as _},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::Serialize;

use crate::failure::Failure;

fn written(result: io::Result<()>) -> Result<(), Failure> {
    result.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::Closed,
        _ => Failure::failed(format!("the output can't be written: {error}")),
    })
}

/// Prints one line.
pub fn line(text: impl Display) -> Result<(), Failure> {
    written(writeln!(io::stdout().lock(), "{text}"))
}

/// Prints bytes as they are.
pub fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    written(out.write_all(bytes).and_then(|()| out.flush()))
}

/// Prints a value as one line of JSON.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    line(serde_json::to_string(value)?)
}

/// Tells whoever sits at the machine something beside the result.
pub fn tell(text: impl Display) {
    // Without a stderr there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// How far long work is, on stderr: on a terminal one line that changes, else a line now and then.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(&str) + Send + Sync>);

impl Progress {
    /// On this process's stderr.
    pub fn on_stderr() -> Self {
        let last = Mutex::new(Instant::now());
        Self(Arc::new(move |text| {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            let terminal = io::stderr().is_terminal();
            // What is done at once needs no progress.
            let pause = Duration::from_millis(if terminal { 200 } else { 2_000 });
            if last.elapsed() < pause {
                return;
            }
            *last = Instant::now();
            if terminal {
                // Back to the line's start, and away with what stood there.
                let _ = write!(io::stderr().lock(), "\r\u{1b}[K{text}\r");
            } else {
                tell(text);
            }
        }))
    }

    /// To somebody else.
    pub fn to(told: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    /// Tells how far the work is.
    pub fn at(&self, text: &str) {
        (self.0)(text);
    }
}
