//! The server that takes mail and forgets it: one thread a connection, as little work as can be.

use std::{
    io::{BufRead as _, BufReader, BufWriter, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result};

const HELLO: &[u8] = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n";

/// Listens, prints the port, and takes mail until its input ends.
pub fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let mut out = std::io::stdout();
    writeln!(out, "{port}")?;
    out.flush()?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || take(stream));
        }
    });
    // Whoever started us has gone.
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn take(stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut to = BufWriter::new(stream.try_clone()?);
    let mut from = BufReader::with_capacity(1 << 16, stream);
    to.write_all(b"220 sink\r\n")?;
    let (mut line, mut in_body) = (Vec::with_capacity(1024), false);
    loop {
        if from.buffer().is_empty() {
            to.flush()?;
        }
        line.clear();
        if from.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if in_body {
            if line == b".\r\n" {
                in_body = false;
                to.write_all(b"250 taken\r\n")?;
            }
            continue;
        }
        match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_slice() {
            b"EHLO" => to.write_all(HELLO)?,
            b"DATA" => {
                in_body = true;
                to.write_all(b"354 go on\r\n")?;
            }
            b"QUIT" => {
                to.write_all(b"221 bye\r\n")?;
                return to.flush();
            }
            _ => to.write_all(b"250 ok\r\n")?,
        }
    }
}

/// A server that runs beside us.
pub struct Sink {
    child: Child,
    /// Where it listens.
    pub port: u16,
}

impl Sink {
    /// Starts ourselves once more.
    pub fn start() -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(super::SINK)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        Ok(Self { child, port: line.trim().parse()? })
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // Its input ends, and with it the server.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
