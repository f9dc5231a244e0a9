//! Redis on a socket of its own, for as long as a bench runs.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use super::Absent;
use crate::{kit::rate, ranking::who};

const ABSENT: Absent =
    Absent { name: "Redis", way: "apt-get install redis-server (it need not run)" };
/// Commands that are sent before an answer is read.
const PIPELINED: usize = 100;
/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server that keeps nothing on disk.
pub struct Redis {
    child: Child,
    folder: TempDir,
}

fn command(parts: &[&str]) -> Vec<u8> {
    let mut text = format!("*{}\r\n", parts.len());
    for part in parts {
        // Nothing can go wrong in memory.
        let _ = write!(text, "${}\r\n{part}\r\n", part.len());
    }
    text.into_bytes()
}

impl Redis {
    /// Starts one, if it is installed.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let socket = folder.path().join("redis");
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&socket)
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|_| ABSENT)?;
        let server = Self { child, folder };
        let since = Instant::now();
        while !socket.exists() {
            ensure!(since.elapsed() < PATIENCE, "redis-server has not started");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(server)
    }

    fn connect(&self) -> Result<BufReader<UnixStream>> {
        Ok(BufReader::new(UnixStream::connect(self.folder.path().join("redis"))?))
    }

    /// Adds points to one sorted set, many commands in a row; how many in a second.
    pub fn credit(&self, credits: usize) -> Result<f64> {
        let mut server = self.connect()?;
        let numbers: Vec<usize> = (0..credits).collect();
        let start = Instant::now();
        for some in numbers.chunks(PIPELINED) {
            let commands: Vec<u8> = some
                .iter()
                .flat_map(|n| command(&["ZINCRBY", "board", "2", &format!("r{}", who(*n))]))
                .collect();
            server.get_mut().write_all(&commands)?;
            for _ in some {
                text(&mut server)?.context("no sum")?;
            }
        }
        Ok(rate(credits, start))
    }

    /// Reads the ten best of that set; how often in a second.
    pub fn best(&self, times: usize) -> Result<f64> {
        let mut server = self.connect()?;
        let ask = command(&["ZREVRANGE", "board", "0", "9", "WITHSCORES"]);
        let start = Instant::now();
        for _ in 0..times {
            server.get_mut().write_all(&ask)?;
            let mut line = String::new();
            server.read_line(&mut line)?;
            let parts: usize = line.trim_start_matches('*').trim().parse()?;
            ensure!(parts == 20, "{parts} parts instead of 20");
            for _ in 0..parts {
                text(&mut server)?.context("no part")?;
            }
        }
        Ok(rate(times, start))
    }
}

/// One text of an answer.
fn text(server: &mut BufReader<UnixStream>) -> Result<Option<Vec<u8>>> {
    let mut line = String::new();
    server.read_line(&mut line)?;
    let Some(length) = line.strip_prefix('$').and_then(|length| length.trim().parse().ok()) else {
        return Ok(None);
    };
    let length: usize = length;
    let mut text = vec![0; length + 2];
    server.read_exact(&mut text)?;
    Ok(Some(text))
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
