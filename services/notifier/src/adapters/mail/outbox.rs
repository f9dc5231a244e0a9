//! The local outbox: mail that no relay carries, one `.eml` file each, for the demo and for an
//! office that has not configured a relay yet.

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs::{self, DirBuilder, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};
use mail_parser::{MessageParser, MimeHeaders};
use tempfile::NamedTempFile;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    CheckFailed, StillOwner,
    message::{Mail, Prepared},
    outcome::{Code, Outcome},
};

/// Enough for the headers that we write; what is longer is not listed in full.
const HEAD_BYTES: u64 = 16 * 1024;
/// How many files are written at once: each waits for the disk.
const AT_ONCE: usize = 8;
const UNFINISHED: &str = "part";

/// A folder of mails, readable by the operating-system user alone.
#[derive(Debug, Clone)]
pub struct Outbox {
    folder: PathBuf,
    uncleared: watch::Sender<Option<String>>,
}

/// One line of the outbox's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxMail {
    /// The file's name without `.eml`: what [`Outbox::read`] takes. It follows from the
    /// Message-ID, so a mail that is sent again replaces the first.
    pub file: Uuid,
    /// The recipient's address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The mail's own date.
    pub date: DateTime<Utc>,
}

/// One mail, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What the list says of it.
    pub head: OutboxMail,
    /// The plain text.
    pub text: String,
    /// The HTML; as untrusted as any mail, so show it in a sandboxed frame.
    pub html: String,
    /// The file as it lies there, RFC 5322.
    pub raw: Vec<u8>,
}

impl Outbox {
    /// Opens the folder, makes it where it is missing, and clears away what a killed process
    /// left unfinished.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder)?;
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension() == Some(OsStr::new(UNFINISHED)) {
                fs::remove_file(path)?;
            }
        }
        Ok(Self { folder, uncleared: watch::Sender::default() })
    }

    /// Stores `mails`; see [`super::Mailer::send`]. Answers once they are on the disk.
    pub async fn send(&self, mails: &[Mail], still_owner: StillOwner<'_>) -> Vec<Outcome> {
        let stored: Vec<_> = mails.iter().map(|mail| self.store(mail, still_owner)).collect();
        let mut outcomes: Vec<Outcome> = stream::iter(stored).buffered(AT_ONCE).collect().await;
        // The names are durable only with their folder.
        let folder = self.folder.clone();
        if blocking(move || File::open(folder)?.sync_all()).await.is_err() {
            for outcome in &mut outcomes {
                if matches!(outcome, Outcome::Accepted { .. }) {
                    *outcome = DISK;
                }
            }
        }
        outcomes
    }

    async fn store(&self, mail: &Mail, still_owner: StillOwner<'_>) -> Outcome {
        if !still_owner() {
            return Outcome::NotSent;
        }
        let prepared = match Prepared::new(mail) {
            Ok(prepared) => prepared,
            Err(outcome) => return outcome,
        };
        let name = Uuid::new_v5(&Uuid::NAMESPACE_OID, mail.message_id.as_bytes());
        let folder = self.folder.clone();
        match blocking(move || write(&folder, name, &prepared.bytes)).await {
            Ok(()) => Outcome::Accepted { code: Code::Local("stored") },
            Err(error) => {
                tracing::warn!(%error, folder = %self.folder.display(), "outbox write failed");
                DISK
            }
        }
    }

    /// Why mail to people who were erased may still lie here; none while it does not.
    pub fn uncleared(&self) -> watch::Receiver<Option<String>> {
        self.uncleared.subscribe()
    }

    pub(crate) fn tell_uncleared(&self, why: Option<String>) {
        self.uncleared.send_if_modified(|told| {
            let changed = *told != why;
            *told = why;
            changed
        });
    }

    /// Writes a probe into the folder and takes it away again.
    pub async fn check(&self) -> Result<(), CheckFailed> {
        let folder = self.folder.clone();
        blocking(move || unfinished(&folder)?.close()).await.map_err(|error| CheckFailed::Outbox {
            folder: self.folder.display().to_string(),
            reason: error.to_string(),
        })
    }

    /// All mails, newest first. Files that are no mail of ours are passed over.
    pub async fn list(&self) -> io::Result<Vec<OutboxMail>> {
        let folder = self.folder.clone();
        blocking(move || {
            let mut mails = Vec::new();
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                let Some(file) = file_id(&path) else { continue };
                let mut bytes = Vec::new();
                match File::open(&path) {
                    Ok(mail) => mail.take(HEAD_BYTES).read_to_end(&mut bytes)?,
                    // Its recipient was erased while the folder was looked through.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(error),
                };
                mails.extend(head(file, &bytes));
            }
            mails.sort_by(|a, b| b.date.cmp(&a.date).then(a.file.cmp(&b.file)));
            Ok(mails)
        })
        .await
    }

    /// Removes the mails of these deliveries, by the part of their Message-ID before the `@`.
    pub async fn remove(&self, names: HashSet<String>) -> io::Result<()> {
        let folder = self.folder.clone();
        blocking(move || {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if file_id(&path).is_none() {
                    continue;
                }
                let mut bytes = Vec::new();
                File::open(&path)?.take(HEAD_BYTES).read_to_end(&mut bytes)?;
                if delivery_of(&bytes).is_some_and(|name| names.contains(&name)) {
                    fs::remove_file(&path)?;
                }
            }
            File::open(&folder)?.sync_all()
        })
        .await
    }

    /// One mail, or none under that name.
    pub async fn read(&self, file: Uuid) -> io::Result<Option<Letter>> {
        let path = self.folder.join(format!("{file}.eml"));
        let raw = match blocking(move || fs::read(path)).await {
            Ok(raw) => raw,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(head) = head(file, &raw) else { return Ok(None) };
        let message = MessageParser::default().parse(&raw);
        let body = |kind: &str| {
            let part = message.as_ref()?.parts.iter().find(|part| {
                let content = part.content_type();
                content.is_some_and(|c| c.subtype() == Some(kind) && c.ctype() == "text")
            })?;
            part.text_contents().map(str::to_owned)
        };
        let (text, html) = (body("plain"), body("html"));
        let (text, html) = (text.unwrap_or_default(), html.unwrap_or_default());
        Ok(Some(Letter { head, text, html, raw }))
    }
}

const DISK: Outcome = Outcome::Transient { code: Code::Local("disk") };

/// A file of mode 0600 that vanishes unless it is given its name.
fn unfinished(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().suffix(&format!(".{UNFINISHED}")).tempfile_in(folder)
}

/// Whole or not at all: whoever lists the folder never sees half a mail.
fn write(folder: &Path, name: Uuid, bytes: &[u8]) -> io::Result<()> {
    let mut file = unfinished(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(folder.join(format!("{name}.eml")))?;
    Ok(())
}

fn file_id(path: &Path) -> Option<Uuid> {
    let ours = path.extension() == Some(OsStr::new("eml"));
    path.file_stem().filter(|_| ours)?.to_str()?.parse().ok()
}

fn head(file: Uuid, bytes: &[u8]) -> Option<OutboxMail> {
    let message = MessageParser::default().parse_headers(bytes)?;
    let date = DateTime::from_timestamp(message.date()?.to_timestamp(), 0)?;
    let to = message.to()?.first()?.address()?.to_owned();
    Some(OutboxMail { file, to, subject: message.subject()?.to_owned(), date })
}

/// The name of the delivery that a mail is, from its Message-ID.
fn delivery_of(bytes: &[u8]) -> Option<String> {
    let message = MessageParser::default().parse_headers(bytes)?;
    let (name, _) = message.message_id()?.split_once('@')?;
    Some(name.to_owned())
}

/// Files are read and written on a thread that may wait for the disk.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    linli_platform::blocking::blocking(work).await.map_err(io::Error::other)?
}
