//! Carrying a log, and the vault that goes with it, to another folder or another kind of log.
//!
//! The log's file has one record a line, byte for byte as the log keeps it, in the order of the
//! log. The vault's is sealed under a passphrase.

use std::{
    collections::{HashMap, VecDeque},
    fs::File,
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::Path,
};

use futures::{StreamExt as _, future::BoxFuture, poll};
use linli_platform::{
    commit::{Commit, Recorded, Sum, decode, encode},
    event_log::{AppendError, Done, EventLog, Filter},
    ids::{Position, StreamId, Version},
    service::Platform,
    vault::Vault,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{failure::Failure, output::Progress};

/// Appends under way at once; they are given in the order of the file.
const UNDER_WAY: usize = 256;

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Records that were written.
    pub new: u64,
    /// Records that were there already.
    pub there: u64,
    /// Persons whose keys were taken in.
    pub persons_new: usize,
    /// Persons who were there already.
    pub persons_there: usize,
    /// Persons who were erased here and stay so.
    pub persons_erased: usize,
}

/// Writes all of a log into a new file; says how many records.
pub async fn export_log(
    log: &dyn EventLog,
    to: &Path,
    progress: &Progress,
) -> Result<u64, Failure> {
    let failed = |error| Failure::file(to, "written", &error);
    let file = private(to)?;
    let mut out = BufWriter::new(&file);
    let last = log.last().await?;
    let mut pages = log.follow(Filter::all(), Position(0));
    let mut count = 0;
    let mut upto = Position(0);
    while upto < last {
        let Some(page) = pages.next().await.transpose()? else { break };
        for recorded in page.commits.iter().filter(|recorded| recorded.position <= last) {
            out.write_all(&bytes(recorded)?).map_err(failed)?;
            out.write_all(b"\n").map_err(failed)?;
            count += 1;
        }
        upto = page.upto;
        progress.at(&format!("log: {upto} of {last} written"));
    }
    out.flush().map_err(failed)?;
    drop(out);
    file.sync_all().map_err(failed)?;
    Ok(count)
}

/// A new file for its owner alone.
fn private(path: &Path) -> Result<File, Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = File::options();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).map_err(|error| Failure::file(path, "made", &error))
}

/// The record as the log keeps it.
fn bytes(recorded: &Recorded) -> Result<Vec<u8>, Failure> {
    let Recorded { position, stream, after, entries, prev, sum } = recorded;
    let (stream, entries) = (stream.clone(), entries.clone());
    let (bytes, made) = encode(&Commit { stream, expect: *after, entries }, *prev)?;
    if made == *sum {
        Ok(bytes)
    } else {
        Err(Failure::failed(format!("record {position} is damaged: run `linli verify`")))
    }
}

/// Writes the vault under a passphrase into a new file.
pub async fn export_vault(
    vault: &Vault,
    to: &Path,
    passphrase: SecretString,
) -> Result<(), Failure> {
    let vault = vault.clone();
    let sealed = tokio::task::spawn_blocking(move || vault.export(&passphrase)).await??;
    let mut file = private(to)?;
    let written = file.write_all(&sealed).and_then(|()| file.sync_all());
    written.map_err(|error| Failure::file(to, "written", &error))
}

/// Takes a log and its vault in. Nothing is written unless every stream of the file is new here,
/// or begins as it does here.
pub async fn import(
    platform: &Platform,
    log: &Path,
    vault: &Path,
    passphrase: &SecretString,
    progress: &Progress,
) -> Result<Imported, Failure> {
    let sealed = std::fs::read(vault).map_err(|error| Failure::file(vault, "read", &error))?;
    let mut streams = Streams::new(platform.log.as_ref());
    for recorded in records(log)? {
        let recorded = recorded?;
        progress.at(&format!("{}: line {} checked", log.display(), recorded.position));
        streams.check(&recorded, log).await?;
    }
    // Keys before what is sealed with them.
    let (keys, passphrase) = (platform.vault.clone(), passphrase.clone());
    let persons = tokio::task::spawn_blocking(move || keys.import(&passphrase, &sealed)).await??;
    let mut imported = Imported {
        persons_new: persons.taken,
        persons_there: persons.there,
        persons_erased: persons.erased,
        ..Imported::default()
    };
    let mut appends = Appends::new(platform.log.as_ref());
    for recorded in records(log)? {
        let recorded = recorded?;
        if streams.has(&recorded) {
            imported.there += 1;
            continue;
        }
        imported.new += 1;
        progress.at(&format!("{}: line {} written", log.display(), recorded.position));
        appends.give(recorded).await?;
    }
    appends.finish().await?;
    Ok(imported)
}

/// Writes all that one log has after a position into another one, in its order.
pub async fn copy(from: &dyn EventLog, after: Position, to: &dyn EventLog) -> Result<(), Failure> {
    let mut appends = Appends::new(to);
    let mut pages = from.follow(Filter::all(), after);
    while let Some(page) = pages.next().await {
        let page = page?;
        for recorded in page.commits {
            appends.give(recorded).await?;
        }
        if page.live {
            break;
        }
    }
    appends.finish().await
}

/// The records of a log's file; their position is the line.
fn records(path: &Path) -> Result<impl Iterator<Item = Result<Recorded, Failure>>, Failure> {
    let file = File::open(path).map_err(|error| Failure::file(path, "read", &error))?;
    let lines = (1..).zip(BufReader::new(file).split(b'\n'));
    Ok(lines.map(move |(line, bytes)| {
        let bytes = bytes.map_err(|error| Failure::file(path, "read", &error))?;
        decode(Position(line), &bytes)
            .map_err(|error| Failure::failed(format!("{}, line {line}: {error}", path.display())))
    }))
}

/// How the streams of a file go with those of the log here.
struct Streams<'a> {
    log: &'a dyn EventLog,
    /// Per stream: the checksums here by the version after each commit, and the last of the file.
    known: HashMap<StreamId, (HashMap<Version, Sum>, Version, Sum)>,
}

impl<'a> Streams<'a> {
    fn new(log: &'a dyn EventLog) -> Self {
        Self { log, known: HashMap::new() }
    }

    async fn check(&mut self, recorded: &Recorded, file: &Path) -> Result<(), Failure> {
        let stream = &recorded.stream;
        if !self.known.contains_key(stream) {
            let here = self.log.read(stream, Version(0)).await?;
            let here = here.into_iter().map(|commit| (commit.version(), commit.sum));
            let first = (here.collect(), Version(0), Sum::default());
            self.known.insert(stream.clone(), first);
        }
        let Some((here, version, sum)) = self.known.get_mut(stream) else { return Ok(()) };
        let at = format!("{}, line {}", file.display(), recorded.position);
        if recorded.after != *version || recorded.prev != *sum {
            return Err(Failure::failed(format!(
                "{at}: a record of {stream} is missing before this one: export the log once more"
            )));
        }
        (*version, *sum) = (recorded.version(), recorded.sum);
        let newest = here.keys().max().copied().unwrap_or_default();
        if *version <= newest && here.get(version) != Some(sum) {
            return Err(Failure::failed(format!(
                "{at}: {stream} is here already, with another history: import into an empty folder"
            )));
        }
        Ok(())
    }

    fn has(&self, recorded: &Recorded) -> bool {
        let known = self.known.get(&recorded.stream);
        known.is_some_and(|(here, ..)| here.contains_key(&recorded.version()))
    }
}

/// Appends in order, many under way at once, so that the log puts them into few transactions.
struct Appends<'a> {
    log: &'a dyn EventLog,
    under_way: VecDeque<(StreamId, BoxFuture<'a, Result<Done, AppendError>>)>,
}

impl<'a> Appends<'a> {
    fn new(log: &'a dyn EventLog) -> Self {
        Self { log, under_way: VecDeque::new() }
    }

    async fn give(&mut self, recorded: Recorded) -> Result<(), Failure> {
        if self.under_way.len() >= UNDER_WAY
            && let Some((_, first)) = self.under_way.pop_front()
        {
            first.await?;
        }
        let Recorded { stream, after, entries, .. } = recorded;
        let of_stream = |(other, _): &(StreamId, _)| *other == stream;
        if !self.log.pipelines() && self.under_way.iter().any(of_stream) {
            self.answered().await?;
        }
        let mut append = self.log.append(Commit { stream: stream.clone(), expect: after, entries });
        // The log takes it when it is first asked: so the file's order is kept.
        if let std::task::Poll::Ready(done) = poll!(&mut append) {
            done?;
        } else {
            self.under_way.push_back((stream, append));
        }
        Ok(())
    }

    /// Waits for all answers.
    async fn answered(&mut self) -> Result<(), Failure> {
        while let Some((_, append)) = self.under_way.pop_front() {
            append.await?;
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<(), Failure> {
        self.answered().await
    }
}

#[cfg(test)]
mod tests;
