//! `DIR/linli.sock`: how a command reaches the server that writes in its folder. Only the folder's
//! owner can open it (mode 0600). One request a connection, one JSON object a line:
//! `{"do":"erase",…}`, answered by any number of `{"progress":"…"}` and at last `{"done":…}` or
//! `{"failed":…}`.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use linli_platform::ids::Actor;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
    sync::mpsc,
};

use crate::{
    compose::Node,
    failure::Failure,
    operations::{Request, perform},
    output::Progress,
};

/// The longest request: a list of some hundred thousand residents.
const REQUEST_MAX: u64 = 256 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Progress(String),
    Done(Box<RawValue>),
    Failed(Failure),
}

fn path(data: &Path) -> PathBuf {
    data.join("linli.sock")
}

/// The name of an operating-system user.
fn user(uid: u32) -> String {
    let known = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = known.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| format!("uid-{uid}"))
}

/// Whoever runs this very process.
pub fn operator() -> Actor {
    // Linux gives the directory to the process's effective user.
    let own = fs::metadata("/proc/self").map(|own| user(own.uid()));
    Actor::Operator(own.unwrap_or_else(|_| "unknown".to_owned()))
}

/// The server's end of the socket. Dropping it takes the file away.
pub struct Door {
    listener: UnixListener,
    path: PathBuf,
}

impl Door {
    /// Opens the socket of a folder that this process writes in.
    pub fn open(data: &Path) -> Result<Self, Failure> {
        let path = path(data);
        let failed = |error: std::io::Error| {
            let way = "name a folder with a shorter path with --data";
            Failure::failed(format!("{} can't be made: {error}; {way}", path.display()))
        };
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            // What a killed server left behind: this one has the folder's lock.
            _ => {}
        }
        let listener = UnixListener::bind(&path).map_err(failed)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        Ok(Self { listener, path })
    }

    /// Answers requests as long as the server runs.
    pub async fn serve(self, node: Arc<Node>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let node = node.clone();
                    tokio::spawn(async move {
                        if let Err(error) = answer(stream, &node).await {
                            tracing::warn!(%error, "a command went away");
                        }
                    });
                }
                Err(error) => {
                    tracing::error!(%error, "the socket for commands has failed");
                    return;
                }
            }
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // It may be gone with the folder.
        let _ = fs::remove_file(&self.path);
    }
}

async fn answer(stream: UnixStream, node: &Node) -> std::io::Result<()> {
    let actor = Actor::Operator(user(stream.peer_cred()?.uid()));
    let (read, mut write) = stream.into_split();
    let mut line = Vec::new();
    BufReader::new(read.take(REQUEST_MAX)).read_until(b'\n', &mut line).await?;
    let (told, mut progress) = mpsc::unbounded_channel();
    let work = async {
        let told = Progress::to(move |text| {
            // The command may have gone; its work is finished all the same.
            let _ = told.send(text.to_owned());
        });
        match serde_json::from_slice::<Request>(&line) {
            Ok(request) => perform(node, &actor, request, &told).await,
            Err(error) => Err(Failure::failed(format!(
                "the running server does not understand the command ({error}): use the same \
                 version of linli for both"
            ))),
        }
    };
    tokio::pin!(work);
    let last = loop {
        tokio::select! {
            Some(text) = progress.recv() => send(&mut write, &Answer::Progress(text)).await?,
            done = &mut work => break done,
        }
    };
    let last = match last {
        Ok(value) => Answer::Done(value),
        Err(failure) => Answer::Failed(failure),
    };
    send(&mut write, &last).await
}

async fn send(
    write: &mut tokio::net::unix::OwnedWriteHalf,
    answer: &Answer,
) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    write.write_all(&line).await
}

/// The command's end of the socket.
pub struct Server(UnixStream);

impl Server {
    /// The server that runs in a folder, if there is one.
    pub async fn find(data: &Path) -> Option<Self> {
        UnixStream::connect(path(data)).await.ok().map(Self)
    }

    /// Lets the server do something.
    pub async fn ask(
        self,
        request: &Request,
        progress: &Progress,
    ) -> Result<Box<RawValue>, Failure> {
        let gone = |error: std::io::Error| {
            Failure::failed(format!("the running server does not answer: {error}"))
        };
        let (read, mut write) = self.0.into_split();
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        write.write_all(&line).await.map_err(gone)?;
        let mut lines = BufReader::new(read).lines();
        while let Some(line) = lines.next_line().await.map_err(gone)? {
            match serde_json::from_str(&line)? {
                Answer::Progress(text) => progress.at(&text),
                Answer::Done(value) => return Ok(value),
                Answer::Failed(failure) => return Err(failure),
            }
        }
        Err(Failure::failed(
            "the running server has stopped before it answered: start it and run the command again",
        ))
    }
}
