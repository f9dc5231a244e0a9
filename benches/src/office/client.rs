//! Requests over connections that stay open, each on a thread of its own: so little work that the
//! server's time is what is measured.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

/// One connection.
pub struct Client {
    stream: BufReader<TcpStream>,
}

/// What came back.
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

/// A request as it goes over the wire.
pub fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n").into_bytes()
}

/// The same with a body of JSON.
pub fn post(path: &str, headers: &str, json: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{json}",
        json.len()
    )
    .into_bytes()
}

impl Client {
    pub fn connect(at: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(at)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends a request and reads all of the answer.
    pub fn ask(&mut self, request: &[u8]) -> Result<Reply> {
        self.stream.get_mut().write_all(request)?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            ensure!(self.stream.read_line(&mut head)? > 0, "the server has gone: {head}");
        }
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.with_context(|| format!("no answer: {head}"))?;
        let field = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
        };
        let mut body = Vec::new();
        if let Some(length) = field("content-length") {
            body.resize(length.parse()?, 0);
            self.stream.read_exact(&mut body)?;
        } else if field("transfer-encoding").is_some() {
            while self.chunk(&mut body)? {}
        }
        Ok(Reply { status, head, body })
    }

    /// Reads one part of a body whose length is not known before; false: it was the last.
    fn chunk(&mut self, body: &mut Vec<u8>) -> Result<bool> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16)?;
        let from = body.len();
        body.resize(from + length + 2, 0);
        let Some(part) = body.get_mut(from..) else { return Ok(false) };
        self.stream.read_exact(part)?;
        body.truncate(from + length);
        Ok(length > 0)
    }

    /// Waits for the next event of a stream: its number and what it says; none for what is no event.
    pub fn event(&mut self) -> Result<Option<(u64, String)>> {
        let (mut number, mut says, mut line) = (None, None, String::new());
        loop {
            line.clear();
            ensure!(self.stream.read_line(&mut line)? > 0, "the stream has ended");
            let text = line.trim_end();
            if let Some(id) = text.strip_prefix("id:") {
                number = id.trim().parse().ok();
            } else if let Some(data) = text.strip_prefix("data:") {
                says = Some(data.to_owned());
            } else if text.is_empty() {
                return Ok(number.zip(says));
            }
        }
    }

    /// Sends a request whose answer does not end.
    pub fn open(&mut self, request: &[u8]) -> Result<()> {
        Ok(self.stream.get_mut().write_all(request)?)
    }
}

/// What came of many requests.
pub struct Load {
    /// Answers in a second.
    pub rate: f64,
    /// How long each took, sorted.
    pub took: Vec<Duration>,
    /// When each was answered.
    pub answered: Vec<Instant>,
}

impl Load {
    /// Milliseconds in which so many of a hundred were answered.
    pub fn percentile(&self, percent: usize) -> f64 {
        let at = (self.took.len() * percent / 100).min(self.took.len().saturating_sub(1));
        self.took.get(at).map_or(f64::NAN, |took| took.as_secs_f64() * 1000.0)
    }
}

/// Sends each client's requests one after the other; each must be answered by `status`.
pub fn load(at: SocketAddr, clients: Vec<Vec<Vec<u8>>>, status: u16) -> Result<Load> {
    let mut connected = Vec::new();
    for requests in clients {
        connected.push((Client::connect(at)?, requests));
    }
    let start = Instant::now();
    let threads: Vec<_> = connected
        .into_iter()
        .map(|(mut client, requests)| {
            std::thread::spawn(move || {
                let mut done = Vec::with_capacity(requests.len());
                for request in requests {
                    let asked = Instant::now();
                    let reply = client.ask(&request)?;
                    ensure!(
                        reply.status == status,
                        "{}{}",
                        reply.head,
                        String::from_utf8_lossy(&reply.body)
                    );
                    done.push((asked.elapsed(), Instant::now()));
                }
                Ok(done)
            })
        })
        .collect();
    let (mut took, mut answered) = (Vec::new(), Vec::new());
    for thread in threads {
        let done = thread.join().map_err(|_| anyhow::anyhow!("a client has stopped"))??;
        took.extend(done.iter().map(|(took, _)| *took));
        answered.extend(done.iter().map(|(_, at)| *at));
    }
    let rate = crate::kit::rate(took.len(), start);
    took.sort_unstable();
    answered.sort_unstable();
    Ok(Load { rate, took, answered })
}
